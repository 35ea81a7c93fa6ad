"""The log: one line of JSON, no secret and no text of people, one line for an outage."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from bot.operations.logs import Json, Plain, Repeats, redacted


def record(message: str, *args: object, at: float = 0.0, error: bool = False) -> logging.LogRecord:
    info = None
    if error:
        try:
            raise ValueError("what Anna typed")
        except ValueError:
            info = sys.exc_info()
    made = logging.LogRecord("lotse", logging.ERROR, __file__, 1, message, args, info)
    made.created = at
    return made


@pytest.mark.parametrize("secret", [
    "xoxb-123-456-abcDEF", "xapp-1-A0-9-ff", "eyJhbGciOi.eyJhdWQi.c2ln",
    "https://hooks.slack.com/commands/T0/1/abc", "anna.muster@example.com",
    "lotse-backup-private-abc_DEF-9",
])  # fmt: skip
def test_no_secret_is_written(secret: str) -> None:
    for form in (Plain(), Json()):
        assert secret not in form.format(record("It said %s here", secret))


def test_a_password_and_an_address_of_an_automation_are_left_out() -> None:
    said = redacted("postgresql://lotse:geheim@db/x and GET /ping/3f2a-99 and Bearer abc.def")
    assert "geheim" not in said and "3f2a" not in said and "abc.def" not in said
    assert "@db/x" in said


def test_json_is_one_line_with_the_place_of_an_error_and_not_its_text() -> None:
    written = Json().format(record("A timer failed: %s", "climb", error=True))
    assert "\n" not in written and "Anna" not in written
    line = json.loads(written)
    assert line["error"] == "ValueError" and line["message"] == "A timer failed: climb"
    assert line["where"].startswith("test_logs.py:") and line["level"] == "error"


def test_an_outage_is_one_line_and_the_next_says_how_many_were_left_out() -> None:
    repeats = Repeats()
    passed = [
        each for each in (record("Slack is away", at=n) for n in range(601)) if repeats.filter(each)
    ]
    assert [each.getMessage() for each in passed] == [
        "Slack is away",
        "Slack is away (and 599 times since the last such line)",
    ]
    assert repeats.filter(record("Another thing", at=3))
    info = record("Slack is away", at=602)
    info.levelno = logging.INFO
    assert repeats.filter(info)
