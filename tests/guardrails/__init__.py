"""Tests of the guardrails as everybody meets them."""
