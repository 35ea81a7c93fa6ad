"""How long a platform wants to be left alone, read from its Retry-After."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable, Mapping
from typing import Any

PAUSE = 30.0  # seconds to wait when it does not say how long
LONGEST_PAUSE = 3600.0


def retry_after(headers: Mapping[str, Any], now: Callable[[], float] = time.time) -> float:
    """Return how many seconds a 429 asks to wait: a number, a date, or nothing that can be read."""
    found = {key.lower(): value for key, value in headers.items()}.get("retry-after", "")
    text = str(found[0] if isinstance(found, list) and found else found).strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - now()
        except (TypeError, ValueError):
            seconds = PAUSE
    if not 0 <= seconds <= LONGEST_PAUSE:  # also what is no number at all
        seconds = PAUSE if seconds < 0 or seconds != seconds else LONGEST_PAUSE
    return max(seconds, 1.0)
