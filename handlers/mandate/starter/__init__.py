"""From nothing to named owners, definitions and a first digest in ten working days."""
