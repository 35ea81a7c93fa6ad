"""The same thing again: shown to a person, who decides."""
