"""Talks: the only place with async, the only one that knows platforms."""
