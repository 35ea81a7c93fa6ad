"""Remembers: records, and the questions we ask of them."""
