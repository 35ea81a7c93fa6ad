"""Microsoft Teams' edge: what comes in, what goes out, and who is in which team."""
