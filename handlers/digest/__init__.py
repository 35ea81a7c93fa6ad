"""Monday's message."""
