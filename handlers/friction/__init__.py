"""Friction: what gets in people's way, in a sentence."""
