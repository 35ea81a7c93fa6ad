"""Looks whether everything is in order, and says what to do next."""
