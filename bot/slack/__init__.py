"""Slack's edge: what comes in, what goes out, and who has it installed."""
