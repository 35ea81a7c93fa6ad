"""In front of Bolt nothing is parsed before Slack's signature has been checked.

Rules: the signature is an HMAC-SHA256 over `v0:timestamp:raw body`, the window is
five minutes both ways (docs/rules.md, Slack), and a request is taken once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from urllib.parse import unquote_to_bytes

from bot.http import payload_limits

WINDOW = 300  # seconds a request may be old, or early
REMEMBERED = 2 * WINDOW
MOST_REMEMBERED = 100_000
STAMP = re.compile(r"[0-9]{1,11}", re.ASCII)
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
TYPES = ("application/json", "application/x-www-form-urlencoded")


class Guard:
    """Tells Slack's own requests from all others."""

    def __init__(self, secret: str, now: Callable[[], float] = time.time) -> None:
        """`secret` is the app's signing secret; raises ValueError when it is empty."""
        if not secret:
            raise ValueError("a signing secret is needed")
        self._secret = secret.encode()
        self._now = now
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def refuses(self, headers: Mapping[str, list[str]], body: bytes) -> int | None:
        """Return the status to refuse with (401 or 400), or None for a request of Slack's.

        `headers` by lower-case name, each with all its values. The same signature
        a second time is a replay: Slack signs its own retries anew.
        """
        stamps = headers.get("x-slack-request-timestamp", [])
        signatures = headers.get("x-slack-signature", [])
        if len(stamps) != 1 or len(signatures) != 1:
            return 401
        if not STAMP.fullmatch(stamps[0]) or not SIGNATURE.fullmatch(signatures[0]):
            return 401
        if abs(self._now() - int(stamps[0])) > WINDOW:
            return 401
        signed = b"v0:" + stamps[0].encode() + b":" + body
        expected = "v0=" + hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), signatures[0].encode()):
            return 401
        if self._replayed(signatures[0].encode()):
            return 401
        kinds = headers.get("content-type", [""])
        if len(kinds) != 1 or kinds[0].partition(";")[0].strip().lower() not in TYPES:
            return 400
        return 400 if too_deep(body) else None

    def forget(self, headers: Mapping[str, list[str]]) -> None:
        """Take the same request again: it could not be stored, and Slack may repeat it at once."""
        self._seen.pop(headers["x-slack-signature"][0].encode(), None)

    def _replayed(self, signature: bytes) -> bool:
        now = self._now()
        while self._seen and next(iter(self._seen.values())) < now - REMEMBERED:
            self._seen.popitem(last=False)
        if signature in self._seen:
            return True
        self._seen[signature] = now
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return False


def too_deep(body: bytes) -> bool:
    """Say whether a form or JSON is nested too deep; in forms brackets are written as %5B."""
    return payload_limits.too_deep(unquote_to_bytes(body))
