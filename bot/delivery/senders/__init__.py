"""Who sends something: found or made known, and asked about where nobody knows."""
