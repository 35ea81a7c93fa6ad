"""What Slack sends, read: who, where, which words, and a key for each delivery."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import payloads as slack_payloads
from bot.slack.answers import asked_for
from bot.slack.listeners import spoken_by_a_person
from bot.slack.payloads import Sender

Json = dict[str, Any]


def as_slack_sends(text: str) -> str:
    """Escape text the way Slack does."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@given(st.text())
def test_any_text_comes_back_as_it_was_typed(text: str) -> None:
    assert slack_payloads.typed(as_slack_sends(text)).text == text
    assert slack_payloads.typed(as_slack_sends(text)).mentions == ()


@given(st.text(), st.text())
def test_text_around_a_mention_comes_back_too(before: str, after: str) -> None:
    sent = f"{as_slack_sends(before)}<@U2|ben>{as_slack_sends(after)}"
    found = slack_payloads.typed(sent)
    assert found.text == f"{before}@ben{after}"
    assert found.mentions == (("ben", "U2"),)


@given(st.text("<>@!#|U1&;amplt", max_size=40))
def test_nothing_that_looks_like_an_entity_breaks_the_reading(text: str) -> None:
    slack_payloads.typed(text)
    slack_payloads.mention_words(text, "UBOT")


@pytest.mark.parametrize(
    ("sent", "text", "mentions"),
    [
        ("<@U2>", "@U2", (("U2", "U2"),)),
        ("<@U2|ben.m>", "@ben.m", (("ben.m", "U2"),)),
        ("<@U2|a &amp; b>", "@a & b", (("a & b", "U2"),)),
        ("<@U2|&amp;lt;>", "@&lt;", (("&lt;", "U2"),)),
        ("<#C1|lager>", "#lager", ()),
        ("<#C1>", "#C1", ()),
        ("<!here>", "@here", ()),
        ("<!here|here>", "@here", ()),
        ("<!subteam^S1|@ops>", "@ops", ()),
        ("<!subteam^S1>", "@subteam", ()),
        ("<http://till.de|till.de>", "till.de", ()),
        ("<mailto:a@b.de|a@b.de>", "a@b.de", ()),
        ("<mailto:a@b.de>", "a@b.de", ()),
        ("<tel:110|110>", "110", ()),
        ("a &lt;!channel&gt; b", "a <!channel> b", ()),
        ("&amp;lt;", "&lt;", ()),
        ("&copy; &#60; &nbsp;", "&copy; &#60; &nbsp;", ()),
    ],
)
def test_entities_are_turned_back(sent: str, text: str, mentions: tuple[Any, ...]) -> None:
    assert slack_payloads.typed(sent) == slack_payloads.Typed(text, mentions)


@pytest.mark.parametrize(
    ("command", "text", "words"),
    [
        ("/lotse", "status", "status"),
        ("/lotse", "", ""),
        ("/Lotse", "status", "status"),
        ("/incident", "till is dead", "incident till is dead"),
        ("/incident", "", "incident"),
        ("/Störung", "x", "störung x"),
        ("/reibung", " x ", "reibung  x"),
    ],
)
def test_a_direct_name_is_its_own_word(command: str, text: str, words: str) -> None:
    assert slack_payloads.command_words({"command": command, "text": text}).text == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<@UBOT> status", "status"),
        ("<@UBOT|lotse>, status", "status"),
        ("<@UBOT>: status", "status"),
        ("please <@UBOT> status", "please status"),
        ("<@UBOT>", ""),
        ("<@UBOT> ask <@UBOT>", "ask @UBOT"),
        ("<@UBOT2> status", "@UBOT2 status"),
    ],
)
def test_our_own_mention_is_taken_out_once(text: str, words: str) -> None:
    assert slack_payloads.mention_words(text, "UBOT").text == words


COMMAND: Json = {"command": "/x", "team_id": "T1", "user_id": "U1", "user_name": "anna",
                 "trigger_id": "1.1", "channel_id": "C1", "channel_name": "one"}  # fmt: skip
EVENT: Json = {
    "type": "event_callback", "team_id": "T8", "api_app_id": "A1", "event_id": "Ev1",
    "authorizations": [{"team_id": "T1"}],
    "event": {"type": "app_mention", "user": "U1", "user_team": "T9", "channel": "C1"},
}  # fmt: skip
PRESS: Json = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "trigger_id": "1.1",
    "user": {"id": "U1", "name": "anna", "team_id": "T1"},
    "channel": {"id": "C1"},
}


def test_the_installed_team_counts_and_a_person_s_own() -> None:
    assert slack_payloads.sender_of(COMMAND) == Sender("T1", "U1", "anna", "")
    sender = slack_payloads.sender_of(EVENT)
    assert (sender.team, sender.home, sender.identity) == ("T1", "T9", "slack:T9:U1")
    assert sender.external
    assert not slack_payloads.sender_of(PRESS).external
    shared = {**PRESS, "team": {"id": "T9"}, "view": {"app_installed_team_id": "T1"}}
    assert slack_payloads.sender_of(shared).team == "T1"
    org = {**PRESS, "team": None, "enterprise": {"id": "E1"}}
    assert slack_payloads.sender_of(org).team == "T1"
    assert slack_payloads.sender_of({**EVENT, "authorizations": []}).team == "T8"


@pytest.mark.parametrize(
    ("body", "place", "name"),
    [
        (COMMAND, "slack:C1", "one"),
        ({**COMMAND, "channel_name": "privategroup"}, "slack:C1", ""),
        ({**COMMAND, "channel_id": "G1", "channel_name": "mpdm-a--b-1"}, "slack:G1", ""),
        ({**COMMAND, "channel_id": "D1", "channel_name": "directmessage"}, "slack:@U1", None),
        (EVENT, "slack:C1", ""),
        ({**EVENT, "event": {"user": "U1", "channel": "D1"}}, "slack:@U1", None),
        (PRESS, "slack:C1", ""),
        ({**PRESS, "channel": {"id": "C1", "name": "one"}}, "slack:C1", "one"),
        ({**PRESS, "channel": None, "container": {"channel_id": "C2"}}, "slack:C2", ""),
        ({**PRESS, "channel": None, "view": {"type": "home"}}, "slack:@U1", None),
    ],
)
def test_a_place_is_a_channel_or_the_sender_s_own(body: Json, place: str, name: str | None) -> None:
    assert slack_payloads.place_of(body) == place
    assert slack_payloads.channel_name(body) == name


def test_the_same_delivery_has_the_same_key_and_another_has_another() -> None:
    action = {"action_ts": "1.5"}
    view = {"id": "V1", "state": {"values": {"a": {"value": {"type": "t", "value": "x"}}}}}
    submission = {**PRESS, "view": view}
    other = {**PRESS, "view": {**view, "state": {}}}
    keys = [
        slack_payloads.command_key(COMMAND),
        slack_payloads.command_key({**COMMAND, "trigger_id": "1.2"}),
        slack_payloads.command_key({**COMMAND, "team_id": "T2"}),
        slack_payloads.event_key(EVENT),
        slack_payloads.event_key({**EVENT, "event_id": "Ev2"}),
        slack_payloads.action_key(PRESS, action),
        slack_payloads.action_key(PRESS, {"action_ts": "1.6"}),
        slack_payloads.view_key(submission),
        slack_payloads.view_key(other),
        slack_payloads.shortcut_key({**PRESS, "action_ts": "1.5"}),
    ]
    assert len(set(keys)) == len(keys)
    assert slack_payloads.event_key({**EVENT, "event_time": 7}) == slack_payloads.event_key(EVENT)
    mixed = {**submission, "trigger_id": "9.9", "response_urls": []}
    assert slack_payloads.view_key(mixed) == slack_payloads.view_key(submission)


def test_only_new_messages_of_people_count() -> None:
    said = {"type": "message", "user": "U1", "text": "x"}
    assert spoken_by_a_person(said)
    assert spoken_by_a_person({**said, "subtype": "file_share"})
    assert spoken_by_a_person({**said, "subtype": "thread_broadcast"})
    for more in (
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
        {"bot_id": "B1"},
        {"edited": {"user": "U1"}},
        {"user": ""},
    ):
        assert not spoken_by_a_person({**said, **more}), more


@pytest.mark.parametrize("seed", range(40))
def test_a_payload_with_something_else_in_it_is_unreadable_and_no_more(seed: int) -> None:
    chance = random.Random(seed)
    for whole in (COMMAND, EVENT, PRESS):
        broken = {**whole, chance.choice(sorted(whole)): chance.choice([None, 1, "", [], {}, [[]]])}
        for read in (
            slack_payloads.sender_of, slack_payloads.place_of, slack_payloads.channel_name,
            slack_payloads.thread_of,
            slack_payloads.command_key, slack_payloads.event_key, slack_payloads.view_key,
            slack_payloads.shortcut_key,
            slack_payloads.command_words,
        ):  # fmt: skip
            try:
                read(broken)
            except slack_payloads.UNREADABLE:
                continue


def test_an_error_about_what_is_not_asked_stands_at_the_first_field() -> None:
    view = {
        "blocks": [
            {"type": "rich_text"},
            {"type": "input", "block_id": "text"},
            {"type": "input", "block_id": "person"},
        ]
    }
    assert asked_for(view, "person") == "person"
    assert asked_for(view, "number") == "text", "Slack takes no error for a field it does not show"
    assert asked_for(view, None) is None
    assert asked_for({"blocks": []}, "number") is None
