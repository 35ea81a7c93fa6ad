"""What is fuzzed: each parser of foreign bytes, what it may raise, and what always holds.

A target is handed bytes. What it raises beyond what its caller in the bot expects is a fault.
"""

from __future__ import annotations

import email.utils
import json
import re
import urllib.parse
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.delivery.requests import Named, Request, cleaned, kept, read_request
from bot.http import dialects
from bot.http.payload_limits import read_json, too_deep_json
from bot.mail import reading
from bot.slack import blocks
from bot.slack import payloads as slack
from bot.slack.signature import Guard, too_deep
from bot.teams import cards
from bot.teams import payloads as teams
from bot.teams.botbuilder import Reader
from handlers.kit.errors import Refusal
from handlers.kit.messages import Message, Text, line, spoken
from handlers.pilots import measure
from handlers.services import entering
from storage.engine.ids import PlaceId

NOW = 1_800_000_000
READER = Reader()
MARKUP = re.compile(r"<[!@#]")


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, what it is for, and honest bytes to begin with."""

    name: str
    takes: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def as_object(data: bytes) -> dict[str, Any] | None:
    """Return what the edges take for JSON; None for what they refuse before."""
    try:
        found = read_json(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


# --- Slack ---------------------------------------------------------------------------------


def signed(data: bytes) -> None:
    """Nothing that nobody signed gets in, whatever its headers are."""
    head, _space, body = data.partition(b"\n\n")
    lines = [each.partition(b":") for each in head.split(b"\n")]
    headers: dict[str, list[str]] = {}
    for name, _colon, value in lines:
        headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    assert Guard("secret", lambda: NOW).refuses(headers, body) in (400, 401)


def deep(data: bytes) -> None:
    """What is let through can be read without an end of the stack."""
    for is_too_deep in (too_deep, too_deep_json):
        if not is_too_deep(data):
            with suppress(ValueError):
                json.loads(data)


def slack_payload(data: bytes) -> None:
    """Each reader of a payload gives what it says, or refuses in a foreseen way."""
    body = None if too_deep(data) else as_object(data)
    if body is None:
        return
    event = body.get("event")
    readers: list[Callable[[], object]] = [
        lambda: slack.team_of(body), lambda: slack.sender_of(body), lambda: slack.command_key(body),
        lambda: slack.view_key(body), lambda: slack.event_key(body),
        lambda: slack.shortcut_key(body), lambda: slack.command_words(body),
        lambda: slack.place_of(body), lambda: slack.channel_name(body),
        lambda: slack.thread_of(body), lambda: slack.thread_root(body),
        lambda: slack.pressed_on(body),
        lambda: slack.response_url(body), lambda: slack.submitted(body["view"]),
        lambda: slack.pressed(body["actions"][0]), lambda: slack.enclosed(body["message"]),
        lambda: slack.action_key(body, body["actions"][0]),
    ]  # fmt: skip
    if isinstance(event, dict):
        readers += [lambda: slack.event_words(event, "UBOT"), lambda: slack.enclosed(event)]
    for each in readers:
        with suppress(*slack.UNREADABLE):
            each()


def words(data: bytes) -> None:
    """Whatever is typed stays words on both platforms, and is read back as it was typed."""
    text = data.decode(errors="replace")
    said = slack.typed(text)
    assert isinstance(said.text, str) and all(len(each) == 2 for each in said.mentions)
    assert slack.typed(blocks.escaped(text)).text == text
    message = Message((Text(text),))
    for shown in (spoken(line(text), "en", "UTC"), spoken(message, "de", "UTC")):
        for each in marked(blocks.render(shown)):
            assert not MARKUP.search(each), each
        json.dumps(cards.card(shown)).encode()


def marked(value: Any) -> list[str]:
    """Return every text of Slack's that is read as markup."""
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        return own + [text for each in value.values() for text in marked(each)]
    return [text for each in value for text in marked(each)] if isinstance(value, list) else []


# --- Teams ---------------------------------------------------------------------------------


def activity(data: bytes) -> None:
    """An activity is read, or refused as unreadable; nothing of it breaks a reader."""
    body = None if too_deep_json(data) else as_object(data)
    if body is None or not isinstance(body.get("type"), str):
        return
    try:
        found = READER.read(body)
    except (ValueError, TypeError, AttributeError, LookupError):
        return  # refused with 400
    readers: list[Callable[[], object]] = [
        lambda: teams.typed(found), lambda: teams.enclosed(found), lambda: teams.data_of(found),
        lambda: teams.forwarded_words(found), lambda: teams.gone(found), lambda: teams.come(found),
        lambda: teams.command_of(found), lambda: teams.payload_words(found.value or {}),
        lambda: teams.press_key(found, teams.data_of(found)),
    ]  # fmt: skip
    try:
        sender = teams.sender_of(found)
        where = teams.where_of(found, sender)
    except teams.Unreadable:
        return
    readers += [
        lambda: teams.activity_key(found, sender), lambda: teams.thread_of(where),
        lambda: teams.pressed_on(found, where), lambda: teams.asking_about(sender, where, ()),
    ]  # fmt: skip
    for each in readers:
        with suppress(teams.Unreadable):
            each()
    with suppress(ValueError):  # somebody else's button
        cards.call_of(teams.data_of(found))


# --- what machines report ------------------------------------------------------------------


def called(data: bytes) -> None:
    """An address, its query and an event are read, or refused with a reason."""
    head, _line, body = data.partition(b"\n\n")
    tail, _query, query = head.decode("latin-1").partition("?")
    asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    with suppress(dialects.BadCall):
        must_be_bounded(dialects.read(tail, asked))
    for kind in ("application/cloudevents+json", "application/json"):
        headers = {"Content-Type": kind, "ce-specversion": "1.0", "ce-id": tail or "1",
                   "ce-source": "x", "ce-type": query or "run.done"}  # fmt: skip
        with suppress(dialects.BadCall):
            must_be_bounded(dialects.event(headers, body, asked))


def must_be_bounded(call: dialects.Call) -> None:
    assert call.kind in ("start", "ok", "fail", "log"), call.kind
    for number in (call.items, call.seconds, call.saved):
        assert number is None or 0 <= number < 2**31, call


def mail(data: bytes) -> None:
    """A mail's header says how a run went; nobody outside of what is allowed may say so."""
    told = reading.read(data, "machine@allowed.example", ("allowed.example",))
    assert told.kind in ("start", "ok", "fail")
    recipient = data[:200].decode("latin-1")
    assert isinstance(reading.name_of(recipient), str)
    _name, written = email.utils.parseaddr(recipient)
    assert isinstance(reading.domain_of(written), str)


# --- what people paste ---------------------------------------------------------------------


def table(data: bytes) -> None:
    """A pasted table becomes weekly values, or the line that is none is named."""
    with suppress(measure.Unreadable):
        values = measure.aggregated(data.decode(errors="replace"))
        if values:
            measure.as_baseline(values)


def services(data: bytes) -> None:
    """A pasted list of services has lines with cells, or is refused."""
    with suppress(Refusal):
        for each in entering.read(data.decode(errors="replace")):
            assert each.number > 0 and any(each.cells)


def request(data: bytes) -> None:
    """What is kept of a request until it is known who sent it is read back as it was."""
    text = data.decode("utf-16", errors="surrogatepass") if len(data) % 2 == 0 else repr(data)
    place, named = PlaceId(f"slack:{text}"), (Named(text, text, PlaceId(text)),)
    made = cleaned(
        Request(text, text, f"slack:T:{text}", text, place, text, mentions=named, thread=text)
    )
    assert read_request(kept(made)) == made
    kept(made).encode()  # any store takes it


SLACK_BODIES: tuple[Mapping[str, Any], ...] = (
    {"command": "/incident", "text": "Till &lt;b&gt; <@U1|ben> <https://a.b|a.b>", "team_id": "T1",
     "user_id": "U1", "user_name": "anna", "channel_id": "C1", "channel_name": "one",
     "trigger_id": "1.2", "response_url": "https://a.b"},
    {"type": "event_callback", "team_id": "T1", "event_id": "E1", "api_app_id": "A1",
     "authorizations": [{"team_id": "T1"}],
     "event": {"type": "message", "channel_type": "im", "user": "U1", "text": "help",
               "channel": "D1", "ts": "1.1", "thread_ts": "1.0",
               "attachments": [{"is_share": True, "text": "x", "from_url": "https://a.b"}],
               "files": [{"mimetype": "image/png", "permalink": "https://a.b"}]}},
    {"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1", "name": "anna"},
     "trigger_id": "1.2", "container": {"channel_id": "C1", "message_ts": "1.1"},
     "actions": [{"action_id": "x", "action_ts": "1.1",
                  "value": '{"word": "ack", "args": {"number": "1"}}'}],
     "message": {"text": "INC-1", "ts": "1.1"}},
    {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1"},
     "view": {"id": "V1", "private_metadata":
              '{"call": {"word": "incident", "args": {}}, "place": "slack:@U1"}',
              "state": {"values": {"title": {"title": {"type": "plain_text_input",
                                                       "value": "Till"}}}}}},
)  # fmt: skip
ACTIVITIES: tuple[Mapping[str, Any], ...] = (
    {"type": "message", "id": "1", "text": "<at>Lotse</at> help", "serviceUrl": "https://a.b/",
     "textFormat": "plain", "locale": "de-DE", "replyToId": "2",
     "from": {"id": "29:1", "aadObjectId": "a", "name": "Anna"}, "recipient": {"id": "28:1"},
     "conversation": {"id": "19:x@thread.tacv2;messageid=1", "conversationType": "channel",
                      "tenantId": "t"},
     "channelData": {"tenant": {"id": "t"}, "channel": {"id": "19:x", "name": "one"}},
     "entities": [{"type": "mention", "text": "<at>Lotse</at>", "mentioned": {"id": "28:1"}}],
     "attachments": [{"contentType": "text/html", "content": "<p>x</p>"},
                     {"contentType": "application/vnd.microsoft.teams.file.download.info",
                      "content": {"fileType": "png"}}]},
    {"type": "invoke", "name": "adaptiveCard/action", "id": "3", "serviceUrl": "https://a.b/",
     "from": {"id": "29:1", "aadObjectId": "a"}, "recipient": {"id": "28:1"},
     "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": "t"},
     "value": {"action": {"data": {"call": {"word": "ack", "args": {"number": "1"}}}}}},
    {"type": "conversationUpdate", "id": "4", "membersAdded": [{"id": "29:2", "aadObjectId": "b"}],
     "membersRemoved": [{"id": "28:1"}], "from": {"id": "29:1"}, "recipient": {"id": "28:1"},
     "conversation": {"id": "19:x", "tenantId": "t"}},
    {"type": "invoke", "name": "composeExtension/submitAction", "id": "5",
     "from": {"id": "29:1", "aadObjectId": "a"}, "recipient": {"id": "28:1"},
     "conversation": {"id": "19:x", "tenantId": "t"},
     "value": {"commandId": "incident", "parameters": [{"name": "q", "value": "x"}],
               "messagePayload": {"id": "1", "body": {"contentType": "html",
                                                       "content": "<b>x</b>"}}}},
)  # fmt: skip


def written(each: Mapping[str, Any]) -> bytes:
    return json.dumps(each).encode()


TARGETS = (
    Target("signed", signed, (
        b"X-Slack-Request-Timestamp:1800000000\nX-Slack-Signature:v0=" + b"a" * 64
        + b"\nContent-Type:application/json\n\n{}",
    )),
    Target("deep", deep, (b'{"a": [[["b"]]]}', b"payload=%7B%22a%22%3A%5B1%5D%7D", b'"[[["')),
    Target("slack_payload", slack_payload, tuple(map(written, SLACK_BODIES))),
    Target("words", words, (
        b"Till <@U1|ben> &amp; <!channel> <#C1|one> <https://a.b|a.b>", b"*bold* _it_ `code`",
        "<at>Ben</at> [x](javascript:1) {{DATE(2026-01-01)}} \u202e".encode(),
    )),
    Target("activity", activity, tuple(map(written, ACTIVITIES))),
    Target("called", called, (
        b"fail?n=3&saved=5&rid=11111111-1111-4111-8111-111111111111&metric=duration:3&env=test",
        b'?state=complete&series=1\n\n{"specversion": "1.0", "id": "1", "source": "s", '
        b'"type": "com.example.run.failed", "data": {"status": "failed"}}',
    )),
    Target("mail", mail, (
        b"From: Machine <machine@allowed.example>\r\nSubject: =?utf-8?q?Backup_failed?=\r\n"
        b"Message-ID: <1@a>\r\nAuthentication-Results: x; spf=pass\r\n\r\nbody",
    )),
    Target("table", table, (
        b"day;value\n2026-11-02;3,5\n2026-11-03;4",
        b"2026-11-02 08:00,2026-11-02 09:30,2026-11-03 10:00\n", b"02.11.2026\t1.5",
    )),
    Target("services", services, (
        b"Service;Accountable;Deputy\r\nTill;Ben;Carla;tills, checkout\n- Printer", b'"a\tb"\tc',
    )),
    Target("request", request, ("Kasse tot".encode("utf-16"), b"update #1 x")),
)  # fmt: skip
BY_NAME = {each.name: each for each in TARGETS}
