"""Feedback: what people say about what they use, without their names."""
