"""Find: one search through what all rooms let be found."""
