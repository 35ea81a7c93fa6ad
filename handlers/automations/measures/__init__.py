"""Figures of automations: those that are computed from runs, and those that people enter."""
