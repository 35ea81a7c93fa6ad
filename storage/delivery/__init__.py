"""What is on its way: messages, timers, drafts, places, and what has been received."""
