"""How people write: every line of the table means what the table says (docs/rules.md, typing)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from bot import app
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.local import demo
from bot.lotse import Lotse
from handlers import FEATURES
from handlers.kit import grammar
from handlers.kit.arguments import Incomplete, Parsed, Unfit
from handlers.kit.context import Context
from handlers.kit.grammar import Outcome, Reserved, Unknown
from storage import people, workspaces
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sqlite import Sqlite
from tests.conversation import table
from tests.conversation.table import Line
from tests.pretend.stage import DEMO

EVERY = table.lines()
BY_HAND = [each for each in EVERY if each.id.startswith("h")]
BY_RULE = [each for each in EVERY if not each.id.startswith("h")]


@pytest.fixture(scope="module")
def company() -> Iterator[Lotse]:
    """Give the demo's company, as it is on its first morning."""
    database = Sqlite()
    lotse = app.build(Settings(), database, HandClock(table.NOW), demo=True)
    asyncio.run(demo.prepare(lotse, empty=False))
    yield lotse
    database.close()


def wrong(company: Lotse, lines: list[Line]) -> list[str]:
    """Return the lines that became something else than the table says."""
    found = []
    for line in lines:
        became, first = table.tried(company.dispatcher, company.database, line)
        if not table.holds(line, became, first):
            found.append(
                f"{line.id} {line.surface} {line.context} {line.text!r}: {line.meaning}"
                f" {line.said(first)!r}, became {became.word} {became.answer.outcome}"
                f" {[row['title'] for row in became.new]} {became.texts[:90]!r}"
                f" {[(label, call.word) for label, call in became.calls]}"
            )
    return found


@pytest.mark.parametrize("context", sorted(table.BEFORE))
def test_lines_by_hand_mean_what_the_table_says(company: Lotse, context: str) -> None:
    found = wrong(company, [each for each in BY_HAND if each.context == context])
    if os.environ.get("SHOW"):
        print("\n".join(found))
    assert found == []


def meaning(outcome: Outcome) -> tuple[str, str]:
    """Return what the grammar alone makes of a line, in the words of the table."""
    match outcome:
        case None:
            return "empty", "menu"
        case Parsed(command, values) if command.name == "incident":
            return "declare", str(values["title"])
        case Incomplete(command) if command.name == "incident":
            return "empty", "form"
        case Parsed(command) | Incomplete(command):
            return "command", command.name
        case Unfit(command):
            return "unfit", command.name
        case Reserved(_word, name):
            return "reserved", name
        case Unknown(_text, near):
            return "offer", " ".join(each.name for each in near)


def test_lines_by_rule_are_read_as_the_table_says(company: Lotse) -> None:
    """Every beginning of a command's word, every word, and every ordinary word."""

    def look(tx: Tx) -> list[str]:
        inside = tx.within(DEMO)
        anna = people.find(inside, PersonId("anna"))
        assert anna is not None
        ctx = Context(inside, workspaces.get(inside), anna, None, table.NOW, str, str, "", FEATURES)
        found = []
        for line in BY_RULE:
            read = grammar.parse(line.typed(0), ctx, direct=line.surface == "direct")
            kind, detail = meaning(read)
            if line.meaning == "offer" and kind == "offer":
                near = line.detail in detail or line.detail in grammar.RESERVED
                right = not line.detail or near
            elif line.meaning == "reserved":
                right = detail == line.detail and kind in ("reserved", "command")
            else:
                right = (kind, detail) == (line.meaning, line.detail)
            if not right:
                found.append(f"{line.id} {line.text!r}: {line.meaning} {line.detail}, not {kind}"
                             f" {detail}")  # fmt: skip
        return found

    found = company.database.read(look)
    if os.environ.get("SHOW"):
        print("\n".join(found))
    assert found == []


def test_an_ordinary_word_brings_no_command_near() -> None:
    """Nobody who begins with an article meant the command that begins with it."""
    for line in ("die Kaffeemaschine ist kaputt", "Das Licht geht nicht", "her lamp is off"):
        assert grammar.near(line, FEATURES) == ()
    assert "service" in {each.name for each in grammar.near("dienstt Kasse", FEATURES)}


def test_a_service_in_front_brings_no_command_near(company: Lotse) -> None:
    """“kasse” is spelled like “lassen”, and nobody means that with it."""
    for text, near in (("kasse brennt", set()), ("lasse brennt", {"stop"})):
        line = Line("", "chat", "none", text, "offer", "")
        became, _first = table.tried(company.dispatcher, company.database, line)
        assert {call.word for _label, call in became.calls} - {"incident", "help"} == near
