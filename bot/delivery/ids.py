"""Ids: short, unique, and in the order of their making."""

from __future__ import annotations

import itertools
import random
import time

_count = itertools.count()
_chance = random.Random()  # no secrets: ids only have to differ


def new_id() -> str:
    """Return 26 hex digits: milliseconds, a counter within the process, chance (40 bits).

    Rows with the same stored moment sort by it in the order they were made.
    """
    now, count, chance = time.time_ns() // 1_000_000, next(_count), _chance.getrandbits(40)
    return f"{now:012x}{count & 0xFFFF:04x}{chance:010x}"
