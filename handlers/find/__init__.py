"""Find: one search through what all rooms let be found, and all of it as lists."""
