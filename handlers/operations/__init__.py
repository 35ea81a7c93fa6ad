"""What whoever operates Lotse is asked in chat."""
