"""The log: text or JSON, one line each, without secrets; what repeats itself is counted."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime

SECRETS = re.compile(
    r"""
    xox[a-z]-[\w-]+ | xapp-[\w-]+                        # Slack's tokens
    | (?<=Bearer\ )\S+ | eyJ[\w-]+\.[\w-]+\.[\w-]*       # Microsoft's, and any JWT
    | (?<=/ping/)[\w-]+ | (?<=response_url=)\S+          # addresses that are a secret
    | https://hooks\.slack\.com/\S+
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)                    # user:password@ of an address
    | lotse-backup-private-[\w-]+
    | [\w.+-]+@[\w-]+\.[\w.-]+                           # mail addresses
    """,
    re.VERBOSE,
)
WINDOW = 600.0  # seconds in which the same line is counted rather than written again


def begin(*, as_json: bool) -> None:
    """Write the log to the standard error, in one form for everything."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if as_json else Plain())
    handler.addFilter(Repeats())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class Plain(logging.Formatter):
    """A line of text; a traceback below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class Json(logging.Formatter):
    """One line of JSON. Of an error its kind and place: its text may hold what people typed."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "at": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if record.exc_info and record.exc_info[0] is not None:
            kind, _error, trace = record.exc_info
            line["error"] = kind.__name__
            line["where"] = " < ".join(
                f"{each.filename.rpartition('/')[2]}:{each.lineno} {each.name}"
                for each in reversed(traceback.extract_tb(trace)[-8:])
            )
        return json.dumps(line, ensure_ascii=False)


class Repeats(logging.Filter):
    """Lets a line pass once in ten minutes; how often it was left out stands at its next end."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        kind = record.exc_info[0] if record.exc_info else None
        key = (record.name, record.levelno, record.getMessage(), kind)
        first, left_out = self._seen.get(key, (record.created, -1))
        if left_out >= 0 and record.created - first < WINDOW:
            self._seen[key] = (first, left_out + 1)
            return False
        if left_out > 0:
            record.msg = f"{record.getMessage()} (and {left_out} times since the last such line)"
            record.args = ()
        self._seen[key] = (record.created, 0)
        if len(self._seen) > 1000:
            self._seen.pop(next(iter(self._seen)))
        return True


def redacted(text: str) -> str:
    """Return a text without what opens anything."""
    return SECRETS.sub("***", text)
