"""Runs that are reported by e-mail: for tools that can send a mail and call nothing."""
