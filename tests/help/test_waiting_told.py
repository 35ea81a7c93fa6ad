"""Of the many things that wait for somebody only those are put into words that are shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handlers.attention import matters
from handlers.incidents import cards, lists
from handlers.kit.doors import Task, Untold
from handlers.kit.messages import Button, Call
from handlers.kit.words import Sentence
from storage.engine.ids import IncidentNumber, PersonId
from tests.pretend.stage import Say, Stage

TWENTY, OTHER = (cards.take(IncidentNumber(each)) for each in (20, 99))


def test_a_task_is_told_once_and_only_when_looked_at() -> None:
    told: list[str] = []

    def tell() -> Task:
        told.append("told")
        return Task("words", (Button("Do", Call("do", {})),))

    since = datetime(2026, 11, 23, tzinfo=UTC)
    task = Untold(tell, since, "incident:7", first=True, about="7")
    assert (task.since, task.key, task.first, told) == (since, "incident:7", True, [])
    assert task.about == "7" and not told
    assert (task.words, task.buttons[0].label, told) == ("words", "Do", ["told"])


def many_open(bot: Stage) -> None:
    for n in range(25):
        Say(bot, "anna")(f"incident Kasse {'abcdefghij'[n % 10] * (n // 10 + 2)} steht")


def put_into_words(bot: Stage, monkeypatch: pytest.MonkeyPatch, word: str) -> list[object]:
    """Answer a command; return whatever was put into a line of an incident for it."""
    listed = cards.list_line
    said: list[object] = []

    def counting(*given: object) -> Sentence:
        said.append(given)
        return listed(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(lists, "list_line", counting)
    answer = bot.handle(bot.request("ben", call=Call(word, {})))
    assert answer.outcome == "done"
    return said


@pytest.mark.parametrize(("word", "shown"), [("status", 5), ("home", 5)])
def test_what_is_not_shown_is_not_put_into_words(
    bot: Stage, monkeypatch: pytest.MonkeyPatch, word: str, shown: int
) -> None:
    many_open(bot)
    said = put_into_words(bot, monkeypatch, word)
    glances = 5 if word == "home" else 0
    assert shown <= len(said) <= shown + glances + 3, "three with other ties were looked at"


@pytest.mark.parametrize(("word", "glances"), [("status", 0), ("home", 5)])
def test_what_is_held_back_is_compared_only_with_what_is_about_the_same(
    bot: Stage, monkeypatch: pytest.MonkeyPatch, word: str, glances: int
) -> None:
    """It stands there once where an incident's own line has its button; of others none is told."""
    many_open(bot)
    bot.inside(lambda ctx: matters.note(ctx, PersonId("ben"), "one", "About 20.", TWENTY))
    bot.inside(lambda ctx: matters.note(ctx, PersonId("ben"), "two", "About 99.", OTHER))
    said = put_into_words(bot, monkeypatch, word)
    assert len(said) <= 5 + glances + 3 + 1, "and the one that is held back"
    rest = bot.handle(bot.request("ben", call=Call("status", {"page": "6"})))
    assert rest.message is not None
    words = str(rest.message)
    assert "About 99." in words and "About 20." not in words
