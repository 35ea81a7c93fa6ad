"""Mail: the weekly digest for those who sit in no chat."""
