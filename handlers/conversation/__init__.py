"""Understands what people type that is no command: answers to what was asked, questions, thanks."""
