"""The board in the browser: one-time links, rights, pages, files."""
