"""A stage for stories, and pretend platforms that behave as the real ones do."""
