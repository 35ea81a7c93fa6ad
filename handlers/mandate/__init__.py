"""The core of the mandate: goals, focus, guardrails."""
