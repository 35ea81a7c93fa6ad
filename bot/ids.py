"""Ids: short, unique, and in the order of their making."""

from __future__ import annotations

import itertools
import os
import time

_count = itertools.count()


def new_id() -> str:
    """Return 26 hex digits: milliseconds, a counter within the process, chance (40 bits).

    Rows with the same stored moment sort by it in the order they were made.
    """
    return f"{time.time_ns() // 1_000_000:012x}{next(_count) & 0xFFFF:04x}{os.urandom(5).hex()}"
