"""What people type and press in Teams, in all the ways in which Teams may write it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.teams import payloads
from bot.teams.botbuilder import Reader
from storage.engine.sqlite import Sqlite
from tests.pretend.teams_peer import BOT
from tests.pretend.teams_stage import INCIDENTS, teams_stage


def read(text: str, **given: Any) -> payloads.Typed:
    """Read a message."""
    data = {
        "type": "message", "id": "1", "text": text, "textFormat": "plain",
        "from": {"id": "29:a"}, "recipient": {"id": BOT}, "conversation": {"id": "19:x"}, **given,
    }  # fmt: skip
    return payloads.typed(Reader().read(data))


def mention(text: str, name: str = "Lotse") -> dict[str, Any]:
    return {"type": "mention", "text": text, "mentioned": {"id": BOT, "name": name}}


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("<at>Lotse</at> status", "<at>Lotse</at>"),
        ('<at id="0">Lotse</at> status', "<at>Lotse</at>"),
        ("<at>Lotse Test</at> status", "<at>Lotse</at>"),
        ("status", "<at>Lotse</at>"),
        ("status", ""),
    ],
)
def test_a_mention_counts_by_its_entity(text: str, entity: str) -> None:
    words = read(text, entities=[mention(entity)])
    assert (words.addressed, words.text) == (True, "status")


def test_without_an_entity_nobody_is_addressed() -> None:
    assert not read("<at>Lotse</at> status").addressed


@pytest.mark.parametrize("entities", [[None], [None, mention("<at>Lotse</at>")]])
def test_empty_entities_break_nothing(entities: list[Any]) -> None:
    assert read("<at>Lotse</at> status", entities=entities).text.endswith("status")


@pytest.mark.parametrize(
    ("text", "said"),
    [("/störung Kasse", "störung Kasse"), ("\u200bstörung", "störung"), ("/ 7", "/ 7"),
     ("/7", "/7")],
)  # fmt: skip
def test_a_slash_and_what_nobody_sees_do_not_matter(text: str, said: str) -> None:
    assert read(text).text == said


def test_what_was_typed_as_an_entity_stays() -> None:
    shown = {"contentType": "text/html", "content": "<p>a &amp;amp; b</p>"}
    assert read("a &amp; b", attachments=[shown]).text == "a &amp; b"
    shown = {"contentType": "text/html", "content": "<p>a &amp; b</p>"}
    assert read("a &amp; b", attachments=[shown]).text == "a & b"


def test_two_actions_on_two_messages_are_two() -> None:
    def key(command: str, message: str) -> tuple[str, str]:
        data = {
            "type": "invoke", "name": "composeExtension/fetchTask", "id": "1",
            "from": {"id": "29:a"}, "recipient": {"id": BOT}, "conversation": {"id": "19:x"},
            "value": {"commandId": command, "messagePayload": {"id": message}},
        }  # fmt: skip
        activity = Reader().read(data)
        return payloads.press_key(activity, payloads.data_of(activity))

    assert len({key("report", "1"), key("report", "2"), key("note", "1")}) == 3
    assert key("report", "1") == key("report", "1")


async def test_after_an_acknowledgement_the_card_still_asks_for_its_newest_view(
    sqlite: Sqlite,
) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        await stage.client("Anna").says("incident Till is dead", at=INCIDENTS)
        await stage.carry()
        ben = stage.client("Ben")
        await ben.press(calls="ack", about="Till is dead")
        assert ben.last is not None and "refresh" in str(ben.last.body)
