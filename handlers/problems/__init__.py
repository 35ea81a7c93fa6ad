"""Problems: what came back too often, its cause, and its fix."""
