"""What a machine's call says, in the words of five services; pure.

Healthchecks, Sentry, Cronitor, Uptime Kuma and CloudEvents: what is read here is a kind and a few
numbers, and nothing else is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.http.payload_limits import read_json

UUID = re.compile(r"[0-9a-f]{8}(-?)(?:[0-9a-f]{4}\1){3}[0-9a-f]{12}", re.IGNORECASE)
EXIT_STATUS = re.compile(r"[0-9]{1,9}")
MOST_ITEMS = 1_000_000_000
MOST_MINUTES = 24 * 60
MOST_SECONDS = 31 * 24 * 3600

# The words of the others, and what they say of a run.
WORDS = {
    "in_progress": "start", "run": "start", "running": "start", "start": "start",
    "ok": "ok", "complete": "ok", "success": "ok", "up": "ok", "tick": "ok",
    "error": "fail", "fail": "fail", "failure": "fail", "down": "fail", "timeout": "fail",
    "missed": "fail",
}  # fmt: skip
STARTED = {"started", "start", "begin", "begun", "queued", "running", "initiated"}
FAILED = {"failed", "fail", "failure", "error", "errored", "aborted", "cancelled", "timeout",
          "timedout"}  # fmt: skip
ENDED = {"ok", "success", "succeeded", "succeed", "completed", "complete", "finished", "done",
         "ended"}  # fmt: skip
OUTCOMES = ("outcome", "result", "status", "state", "conclusion")
TESTS = {"test", "testing"}


class BadCall(Exception):
    """It cannot be understood; the text is what healthchecks answers."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a call says. `run` is the machine's id of the run, `once` that of the call itself.

    `odd` names the rule by which it does not count, or by which a part of it was left out;
    `posted` says that it came by POST, which alone counts where somebody wants that.
    """

    kind: str = "ok"
    items: int | None = None
    seconds: int | None = None
    saved: int | None = None
    run: str | None = None
    once: str | None = None
    odd: str = ""
    counts: bool = True
    posted: bool = True


def read(tail: str, query: Mapping[str, str]) -> Call:
    """Read a call by its address: what stands behind the secret, and the query.

    Raises `BadCall`.
    """
    kind, odd = _kind(tail, query)
    run = query.get("rid") or query.get("check_in_id")
    if run is not None and not UUID.fullmatch(run):
        raise BadCall("invalid uuid format")
    metrics = _metrics(query.get("metric", ""))
    items, wrong_items = _number(query.get("n", metrics.get("count")), MOST_ITEMS)
    saved, wrong_saved = _number(query.get("saved"), MOST_MINUTES)
    seconds, wrong_time = _seconds(query, metrics)
    if wrong_items or wrong_saved or wrong_time:
        odd = odd or "form"
    tests = {query.get(name, "").lower() for name in ("env", "environment")} & TESTS
    return Call(
        kind=kind or "log",
        items=items,
        seconds=seconds,
        saved=saved,
        run=run.lower().replace("-", "") if run else query.get("series") or None,
        once=None,
        odd="test" if tests else odd,
        counts=not tests and kind is not None,
    )


def _kind(tail: str, query: Mapping[str, str]) -> tuple[str | None, str]:
    """Return the kind of a call, None if its word is unknown, and what is odd about it."""
    if tail in ("start", "fail", "log"):
        return tail, ""
    if tail:
        if not EXIT_STATUS.fullmatch(tail) or int(tail) > 255:
            raise BadCall("invalid url format")
        return "ok" if int(tail) == 0 else "fail", ""
    word = query.get("status") or query.get("state")
    if word is not None:
        found = WORDS.get(word.lower())
        return found, "" if found else "form"
    code = query.get("status_code", "")
    return "fail" if code and code.strip() not in ("0", "200") else "ok", ""


def _metrics(text: str) -> dict[str, str]:
    """Read Cronitor's `count:3,duration:2.5`, also written with `=`."""
    pairs = (each.replace("=", ":", 1).partition(":") for each in text.split(","))
    return {name.strip(): value.strip() for name, _colon, value in pairs if value.strip()}


def _number(text: str | None, most: int) -> tuple[int | None, bool]:
    """Return a whole number, and whether it is none that can be used."""
    if text is None:
        return None, False
    if re.fullmatch(r"[0-9]{1,10}(?:\.0*)?", text):
        found = int(text.partition(".")[0])
        if found <= most:
            return found, False
    return None, True


def _seconds(query: Mapping[str, str], metrics: Mapping[str, str]) -> tuple[int | None, bool]:
    """Return how long it took: seconds of Sentry and Cronitor, Kuma's milliseconds."""
    ping = query.get("ping") or None
    text = query.get("duration", metrics.get("duration", ping))
    if text is None:
        return None, False
    if not re.fullmatch(r"[0-9]{1,10}(?:\.[0-9]{1,12})?", text):
        return None, True
    seconds = float(text) / (1000 if text == ping else 1)
    return (round(seconds), False) if seconds <= MOST_SECONDS else (None, True)


# --- Sentry --------------------------------------------------------------------------------

CHECK_IN = ("status", "check_in_id", "duration", "environment")


def check_in(body: bytes) -> Mapping[str, str]:
    """Return what the body of a check-in says beside its query; raises `BadCall`.

    Its schedule and its contexts are not looked at.
    """
    if not body.strip():
        return {}
    said = _json_or_none(body)
    if not isinstance(said, dict) or not isinstance(said.get("status"), str):
        raise BadCall("no check-in")
    return {
        name: str(said[name])
        for name in CHECK_IN
        if isinstance(said.get(name), str | int | float) and not isinstance(said[name], bool)
    }


# --- CloudEvents ---------------------------------------------------------------------------


def is_event(headers: Mapping[str, str]) -> bool:
    """Say whether a call is a CloudEvent, in binary or structured mode."""
    return "ce-specversion" in headers or is_structured(headers)


def is_structured(headers: Mapping[str, str]) -> bool:
    """Say whether a CloudEvent stands in the body."""
    return headers.get("Content-Type", "").lower().startswith("application/cloudevents")


def event(headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> Call:
    """Read a CloudEvent 1.0; raises `BadCall`. Its data is looked at for its outcome only."""
    said: Mapping[str, object]
    data: object
    if is_structured(headers):
        said = _json(body)
        data = said.get("data")
    else:
        names = ("specversion", "id", "source", "type")
        said = {name: headers.get(f"ce-{name}") for name in names}
        json_data = "json" in headers.get("Content-Type", "").lower()
        data = _json_or_none(body) if json_data else None
    version, id, source, kind = (said.get(name) for name in ("specversion", "id", "source", "type"))
    if version != "1.0" or not all(isinstance(each, str) and each for each in (id, source, kind)):
        raise BadCall("not a CloudEvent of version 1.0")
    found = _event_kind(str(kind), data)
    call = read("", {name: query[name] for name in ("env", "n", "saved") if name in query})
    return Call(
        kind=found or "log",
        items=call.items,
        seconds=None,
        saved=call.saved,
        run=None,
        once=f"{source}\n{id}",
        odd=call.odd or ("" if found else "type"),
        counts=call.counts and found is not None,
    )


def _event_kind(type: str, data: object) -> str | None:
    """Return start, ok or fail by a type such as `com.example.run.failed` or `…finished.0.2.0`."""
    words = [each for each in re.split(r"[^a-z]+", _split_camel(type).lower()) if each]
    for word in reversed(words):
        if word in STARTED:
            return "start"
        if word in FAILED:
            return "fail"
        if word in ENDED:
            return "fail" if _failed(data) else "ok"
    return None


def _split_camel(text: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", ".", text)


def _failed(data: object) -> bool:
    """Say whether the data of an event say that it went wrong."""
    if not isinstance(data, dict):
        return False
    found = [data.get(name) for name in OUTCOMES]
    inner = data.get("subject")
    if isinstance(inner, dict) and isinstance(inner.get("content"), dict):  # CDEvents
        found += [inner["content"].get(name) for name in OUTCOMES]
    return any(isinstance(each, str) and each.lower() in FAILED for each in found)


def _json(body: bytes) -> Mapping[str, object]:
    found = _json_or_none(body)
    if not isinstance(found, dict):
        raise BadCall("not a CloudEvent of version 1.0")
    return found


def _json_or_none(body: bytes) -> object:
    try:
        found: object = read_json(body)
    except (ValueError, RecursionError):
        return None
    return found
