"""Repeat bans: what they say, what they forbid, and their rules."""
