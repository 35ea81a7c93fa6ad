"""Automations: what runs by itself, and who answers for it."""
