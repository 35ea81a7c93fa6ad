"""Every card and form as people would see it."""
