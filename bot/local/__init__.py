"""The local page and the terminal: a chat of our own, to try Lotse without any account."""
