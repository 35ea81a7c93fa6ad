"""Services that fail outside working hours."""
