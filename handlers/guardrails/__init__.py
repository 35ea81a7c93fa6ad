"""Guardrails: the four texts as everybody meets them who registers something."""
