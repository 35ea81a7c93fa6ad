"""`python -m bot ping NAME -- COMMAND`: run a command and report its start, end and exit status.

It works from inside a firewall: only a call outward. Whatever becomes of the report, the command
runs, and its exit status is the one that is returned.
"""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Sequence

PATIENCE = 10.0  # seconds for a report
TRIES = 2


def run(name: str, command: Sequence[str], items: int | None = None) -> int:
    """Run `command` (nothing is only a report), and report it; return its exit status."""
    where = address(name)
    if where is None:
        print(
            "Where to report is not known: set LOTSE_URL and LOTSE_PING_KEY, or give the whole "
            "address.",
            file=sys.stderr,
        )
        return _started(command) if command else 2
    rid = str(uuid.uuid4())
    if not command:
        return 0 if report(where, "", {**_count(items)}) else 1
    report(where, "/start", {"rid": rid})
    code = _started(command)
    report(where, f"/{code}", {"rid": rid, **_count(items)})
    return code


def _started(command: Sequence[str]) -> int:
    """Run a command; return its exit status as a shell would."""
    try:
        status = subprocess.call(list(command))
    except OSError as error:
        print(f"{command[0]} could not be started: {error.strerror}", file=sys.stderr)
        return 126 if isinstance(error, PermissionError) else 127
    if status < 0:
        return 128 - status  # ended by a signal
    return min(status, 255)


def _count(items: int | None) -> dict[str, str]:
    return {} if items is None else {"n": str(items)}


def address(name: str) -> str | None:
    """Return where `name` reports: itself, if it is an address, else below the company's key."""
    if name.startswith(("http://", "https://")):
        return name.rstrip("/")
    base, key = os.environ.get("LOTSE_URL", ""), os.environ.get("LOTSE_PING_KEY", "")
    if not base or not key:
        return None
    return f"{base.rstrip('/')}/ping/{key}/{urllib.parse.quote(name, safe='')}"


def report(where: str, tail: str, query: dict[str, str]) -> bool:
    """Call the address; say whether it was heard. Nothing is raised."""
    asked = f"?{urllib.parse.urlencode(query)}" if query else ""
    request = urllib.request.Request(f"{where}{tail}{asked}", method="POST", data=b"")
    for _each in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return bool(answer.status < 300)
        except urllib.error.HTTPError as error:
            if error.code != 503:
                print(f"Lotse answers {error.code}.", file=sys.stderr)
                return False
        except (OSError, ValueError):
            pass
    print("Lotse could not be reached; the command goes on.", file=sys.stderr)
    return False
