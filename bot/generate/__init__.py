"""Writes what is made from the program: catalogues and pages of the docs."""
