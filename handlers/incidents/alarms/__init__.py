"""Alarms and reminders: who is alarmed at which step, how it is said, and how nobody is flooded."""
