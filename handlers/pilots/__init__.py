"""Pilots: one thing tried for twelve weeks, and whether anybody is relieved."""
