"""The twelve weeks: what is done along them, looked at each day, corrected, and decided."""
