"""What managers set for the whole company."""
