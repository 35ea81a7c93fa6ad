"""What people tell about automations, and what follows: signals, checks, reviews."""
