"""Parsers of what strangers send, fuzzed: `python -m tests.fuzz` (`docs/proofs.md`)."""
