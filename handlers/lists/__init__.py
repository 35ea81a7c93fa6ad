"""Lists: everything that there is, page by page, filtered, with the true total."""
