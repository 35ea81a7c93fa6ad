"""E-mail: runs that are reported by it, and the weekly digest for those who sit in no chat."""
