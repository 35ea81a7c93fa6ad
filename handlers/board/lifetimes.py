"""How long the board's links and browsers last."""

from __future__ import annotations

from datetime import timedelta

LINK = timedelta(minutes=5)  # how long a link waits to be used
SESSION = timedelta(days=1)  # how long a browser stays signed in
