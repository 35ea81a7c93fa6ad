"""Platforms and places that cannot be reached for a while, and what follows when they can."""
