"""Figures and how each is computed."""
