"""Incidents: declared, acknowledged, escalated, restored, done."""
