"""Attention: what is no alarm and was not asked for reaches a person once a working day."""
