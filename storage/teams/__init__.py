"""What Teams' edge remembers."""
