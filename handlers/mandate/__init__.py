"""What the company wants of all this: goals, focus, guardrails, stop list, who does what."""
