"""The door in front of Bolt: what is not Slack's own request stays outside, without a trace."""

from __future__ import annotations

import json
import logging
import os
import random
import time
import urllib.parse
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.http.payload_limits import DEEPEST, LARGEST
from bot.slack.signature import WINDOW, Guard, too_deep
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import SECRET, Got, sign
from tests.pretend.slack_stage import SlackStage, slack_stage

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
NOW = 1_790_000_000.0


def headers(body: bytes, at: float = NOW, **given: str) -> dict[str, list[str]]:
    """Return a request's headers as the edge hands them in."""
    found = {name.lower(): [value] for name, value in sign(body, str(int(at))).items()}
    return {**found, "content-type": [JSON], **{k.replace("_", "-"): [v] for k, v in given.items()}}


def guard(at: float = NOW) -> Guard:
    return Guard(SECRET, lambda: at)


def test_slack_s_own_example_fits() -> None:
    # From Slack's documentation of signatures; the secret there is public.
    secret = "8f742231b10e8888abcd99yyyzzz85a5"
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    found = {
        "x-slack-request-timestamp": ["1531420618"],
        "x-slack-signature": [
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        ],
        "content-type": [FORM],
    }
    assert Guard(secret, lambda: 1531420618.0).refuses(found, body) is None
    assert Guard(secret + "x", lambda: 1531420618.0).refuses(found, body) == 401


def test_a_guard_needs_a_secret() -> None:
    with pytest.raises(ValueError, match="secret"):
        Guard("")


@pytest.mark.parametrize("late", [-WINDOW, -1, 0, WINDOW])
def test_five_minutes_both_ways_are_fine(late: int) -> None:
    assert guard(NOW + late).refuses(headers(b"{}"), b"{}") is None


@pytest.mark.parametrize("late", [-WINDOW - 1, WINDOW + 1, 10**9, -(10**9)])
def test_older_or_earlier_is_refused(late: int) -> None:
    assert guard(NOW + late).refuses(headers(b"{}"), b"{}") == 401


@pytest.mark.parametrize(
    "stamp",
    ["", " 1790000000", "1790000000 ", "+1790000000", "-1", "1e9", "1790000000.0", "0x6ab", "inf",
     "١٧٩٠٠٠٠٠٠٠", "1_790_000_000", "9" * 400, "nan", "1790000000\n"],
)  # fmt: skip
def test_a_timestamp_that_is_no_number_is_refused(stamp: str) -> None:
    given = {**headers(b"{}"), "x-slack-request-timestamp": [stamp]}
    assert guard().refuses(given, b"{}") == 401


@pytest.mark.parametrize("name", ["x-slack-signature", "x-slack-request-timestamp"])
@pytest.mark.parametrize("count", [0, 2])
def test_a_header_missing_or_twice_is_refused(name: str, count: int) -> None:
    given = headers(b"{}")
    given[name] *= count
    assert guard().refuses(given, b"{}") == 401


def test_the_same_request_is_taken_once_and_again_when_it_was_not_stored() -> None:
    here = guard()
    assert here.refuses(headers(b"{}"), b"{}") is None
    assert here.refuses(headers(b"{}"), b"{}") == 401
    here.forget(headers(b"{}"))
    assert here.refuses(headers(b"{}"), b"{}") is None
    assert here.refuses(headers(b"{}", NOW + 1), b"{}") is None, "Slack signs a retry anew"


def test_what_was_refused_is_not_remembered() -> None:
    here = guard()
    broken = {**headers(b"{}"), "x-slack-signature": ["v0=" + "0" * 64]}
    for _each in range(3):
        assert here.refuses(broken, b"{}") == 401
    assert here.refuses(headers(b"{}"), b"{}") is None


def test_memory_is_let_go_after_the_window() -> None:
    moment = [NOW]
    here = Guard(SECRET, lambda: moment[0])
    for n in range(50):
        body = b"%d" % n
        assert here.refuses(headers(body, moment[0]), body) is None
    moment[0] += 3 * WINDOW
    assert here.refuses(headers(b"{}", moment[0]), b"{}") is None
    assert len(here._seen) == 1


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "multipart/form-data"])
def test_other_kinds_of_content_are_bad_requests(kind: str) -> None:
    assert guard().refuses(headers(b"{}", content_type=kind), b"{}") == 400


@given(st.binary(max_size=200), st.binary(max_size=200), st.text(max_size=80))
def test_only_the_right_signature_opens(body: bytes, other: bytes, signature: str) -> None:
    assert guard().refuses(headers(body), body) in (None, 400)
    if other != body:
        assert guard().refuses(headers(body), other) == 401
    given = {**headers(body), "x-slack-signature": [signature]}
    assert guard().refuses(given, body) == 401
    wrong = {name.lower(): [value] for name, value in sign(body, str(int(NOW)), "other").items()}
    assert guard().refuses({**headers(body), **wrong}, body) == 401


def test_deep_nesting_is_no_payload() -> None:
    assert not too_deep(b"[" * DEEPEST + b"]" * DEEPEST)
    assert too_deep(b"[" * (DEEPEST + 1))
    assert too_deep(b"%7B" * (DEEPEST + 1))
    assert too_deep(b"%7b" * (DEEPEST + 1))
    assert not too_deep(b"[]" * 500)
    body = b"[" * 100_000
    assert guard().refuses(headers(body), body) == 400


# --- over the wire -----------------------------------------------------------------------------

CANARY = "canary-5d1f"


@pytest.fixture
async def slack(sqlite: Sqlite) -> AsyncIterator[SlackStage]:
    """Lotse behind its HTTP address."""
    async with slack_stage(sqlite) as stage:
        yield stage


def genuine(slack: SlackStage) -> list[tuple[bytes, str]]:
    """Return bodies such as Slack sends them, of every kind."""
    anna = slack.client("anna")
    command = anna.command(f"/incident {CANARY} 1")
    event = {"type": "message", "channel_type": "im", "user": "UANNA",
             "text": f"incident {CANARY} 2", "channel": "DANNA", "ts": "1.1"}  # fmt: skip
    press = {
        "type": "block_actions", "team": {"id": "T1"}, "user": anna.user, "trigger_id": "1.2",
        "container": {"channel_id": "DANNA"}, "api_app_id": "A1",
        "actions": [{"type": "button", "action_id": "x", "action_ts": "1", "block_id": "b",
                     "value": json.dumps({"word": "incident", "args": {"title": f"{CANARY} 3"}})}],
    }  # fmt: skip
    private = {"call": {"word": "incident", "args": {}}, "place": "slack:@UANNA"}
    submitted = {
        "type": "view_submission", "team": {"id": "T1"}, "user": anna.user, "trigger_id": "1.3",
        "view": {"id": "V1", "type": "modal", "callback_id": "form", "blocks": [],
                 "private_metadata": json.dumps(private),
                 "state": {"values": {"title": {"value": {"type": "plain_text_input",
                                                          "value": CANARY}}}}},
    }  # fmt: skip
    return [
        (urllib.parse.urlencode(command).encode(), FORM),
        (json.dumps(slack.peer.event(event)).encode(), JSON),
        (urllib.parse.urlencode({"payload": json.dumps(press)}).encode(), FORM),
        (urllib.parse.urlencode({"payload": json.dumps(submitted)}).encode(), FORM),
    ]


async def test_what_is_mutated_below_is_taken_as_it_is(slack: SlackStage) -> None:
    for body, kind in genuine(slack):
        assert (await slack.peer.post(body, kind)).status == 200
    assert slack.count("incidents") == 4
    await slack.carry()
    for each in slack.peer.ledger:
        each.seen = True


async def mutated(slack: SlackStage, chance: random.Random, body: bytes, kind: str) -> Got:
    """Send a request in which something is not as Slack would have it."""
    stamp = str(int(time.time()))
    right = sign(body, stamp)
    match chance.randrange(10):
        case 0:  # one bit of the body
            at = chance.randrange(len(body))
            changed = body[:at] + bytes([body[at] ^ (1 << chance.randrange(8))]) + body[at + 1 :]
            return await slack.peer.post(changed, kind, headers=right)
        case 1:  # one digit of the signature
            at = chance.randrange(3, 67)
            digit = chance.choice("0123456789abcdefgA-")
            wrong = right["X-Slack-Signature"]
            digit = "x" if wrong[at] == digit else digit
            return await slack.peer.post(
                body,
                kind,
                headers={**right, "X-Slack-Signature": wrong[:at] + digit + wrong[at + 1 :]},
            )
        case 2:
            other = chance.choice(["v1=", "", "v0", "V0=", "v0= "])
            bad = other + right["X-Slack-Signature"][3:]
            return await slack.peer.post(body, kind, headers={**right, "X-Slack-Signature": bad})
        case 3:  # another moment, signed for the first
            later = str(int(stamp) + chance.choice([-1, 1, 60]))
            return await slack.peer.post(
                body, kind, headers={**right, "X-Slack-Request-Timestamp": later}
            )
        case 4:  # rightly signed, too old or too early
            moved = time.time() + chance.choice([-1, 1]) * chance.uniform(WINDOW + 5, 10**6)
            return await slack.peer.post(body, kind, at=moved)
        case 5:
            return await slack.peer.post(body, kind, secret=chance.choice(["", "x", SECRET + " "]))
        case 6:  # the end is missing
            return await slack.peer.post(body[: chance.randrange(len(body))], kind, headers=right)
        case 7:  # something is added
            more = chance.choice([b"&user_id=UBEN", b" ", b"&ssl_check=1", b"\x00"])
            return await slack.peer.post(body + more, kind, headers=right)
        case 8:  # rightly signed, and not what Slack makes
            size = chance.randrange(1, 60)
            noise = chance.choice(
                [chance.randbytes(size), b"[" * size, b"[]",
                 b'"x"', b"{}", b"null", b"1", b"", b"\xff",
                 b"payload=[]", b"payload={", b"payload=null", b"payload=%ff", b"payload=", b"=&=&"]
            )  # fmt: skip
            return await slack.peer.post(noise + b"\xff" * chance.randrange(2), kind)
        case _:
            strange = chance.choice(["text/plain", "text/html", "application/xml", "x"])
            return await slack.peer.post(body + b" " * chance.randrange(9), strange)


@pytest.mark.soak
async def test_mutated_requests_leave_no_trace(
    slack: SlackStage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    chance = random.Random(20261120)
    bodies = genuine(slack)
    count = 10_000 if os.environ.get("LOTSE_SOAK") else 1_000
    statuses: dict[int | None, int] = {}
    for _each in range(count):
        got = await mutated(slack, chance, *chance.choice(bodies))
        statuses[got.status] = statuses.get(got.status, 0) + 1
        assert got.status in (400, 401) and got.body == "", got
    assert sum(statuses.values()) == count and len(statuses) == 2
    assert slack.count("deliveries") == slack.count("audit") == slack.count("incidents") == 0
    print(f"{count:>8}  requests forged\n{slack.count('deliveries'):>8}  written")
    assert CANARY not in caplog.text and SECRET not in caplog.text


async def test_a_large_body_is_refused_before_it_is_looked_at(slack: SlackStage) -> None:
    assert (await slack.peer.post(b"x" * (LARGEST + 1), FORM)).status == 413
    assert (await slack.peer.post(b"x" * LARGEST, FORM)).status == 400


async def test_slack_s_first_question_is_answered(slack: SlackStage) -> None:
    asked = {"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}
    got = await slack.peer.post(json.dumps(asked).encode(), JSON)
    assert got.status == 200 and "3eZbrw1a" in json.dumps(got.body)


async def test_signed_payloads_with_anything_missing_never_break_anything(
    slack: SlackStage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    chance = random.Random(3)
    for body, kind in genuine(slack) * 60:
        if kind == JSON:
            data = pruned(json.loads(body), chance)
            body = json.dumps(data).encode()
        else:
            fields = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
            if "payload" in fields:
                fields["payload"] = json.dumps(pruned(json.loads(fields["payload"]), chance))
            else:
                fields.pop(chance.choice(sorted(fields)))
            body = urllib.parse.urlencode(fields).encode()
        got = await slack.peer.post(body, kind)
        assert got.status in (200, 400, 401), got
    assert CANARY not in "".join(each.getMessage() for each in caplog.records)
    await slack.carry()
    for each in slack.peer.ledger:
        each.seen = True
    slack.peer.refusals.clear()


def pruned(data: object, chance: random.Random) -> object:
    """Take one thing away, or put something else in its place."""
    if isinstance(data, dict) and data and chance.random() < 0.8:
        name = chance.choice(sorted(data))
        rest = dict(data)
        if isinstance(rest[name], dict | list) and chance.random() < 0.6:
            rest[name] = pruned(rest[name], chance)
        elif chance.random() < 0.5:
            del rest[name]
        else:
            rest[name] = chance.choice([None, 1, "", [], {}, [1], {"a": 1}, "\x00", True])
        return rest
    if isinstance(data, list) and data:
        return [pruned(data[0], chance), *data[1:]]
    return chance.choice([None, 1, "x", [], {}])
