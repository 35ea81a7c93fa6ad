"""Forty lines of the table through the pretend Slack and Teams, as each sends them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from storage.engine.sqlite import Sqlite
from tests.conversation import table
from tests.conversation.table import Line
from tests.pretend.slack_stage import slack_stage
from tests.pretend.teams_stage import teams_stage

MANY = 40
MEANINGS = ("declare", "offer", "greet", "thanks", "sign", "emergency")


def drawn(surfaces: tuple[str, ...]) -> list[Line]:
    """Return forty lines, spread over the table, that need nothing of the demo's company."""
    found = [
        each
        for each in table.lines()
        if each.id.startswith("h") and each.context == "none" and each.meaning in MEANINGS
        and not re.search("noch|still|weiterhin", each.text.casefold())  # means the open ones
        and each.text.strip("„“”\"").casefold() not in ("hilfe", "help")  # a button said before
        and each.surface in surfaces and each.text.strip() and "\n" not in each.text
        and not set(each.text) & set("\u200b\t<>*_~`[]()#:") and len(each.text) < 120
    ]  # fmt: skip
    return found[:: len(found) // MANY][:MANY]


def fits(line: Line, titles: list[str], said: str) -> str:
    """Return what is wrong with an answer, empty when it is as the table says."""
    if line.meaning == "declare":
        right = titles == [line.detail] and "is declared." in said
    elif line.meaning in ("offer", "emergency"):
        right = not titles and "Declare this as an incident" in said
        right = right and ("112" in said) == (line.meaning == "emergency")
    else:
        right = not titles and bool(said) and "Declare this as an incident" not in said
    return "" if right else f"{line.id} {line.text!r}: {line.meaning}, got {titles} {said[:120]!r}"


def test_forty_lines_are_drawn_of_every_meaning() -> None:
    for surfaces in (("chat", "slash", "direct"), ("chat",)):
        lines = drawn(surfaces)
        assert len(lines) == MANY and {"declare", "offer", "greet"} <= {x.meaning for x in lines}


@pytest.mark.parametrize("over", ["http", "socket"])
async def test_forty_lines_in_slack(sqlite: Sqlite, over: str) -> None:
    wrong = []
    async with slack_stage(sqlite, over, strict=False) as stage:
        anna = stage.client("anna")
        for line in drawn(("chat", "slash", "direct")):
            stage.clock.wind(stage.clock.now() + timedelta(minutes=3))  # not the same words twice
            before = len(stage.rows("select number from incidents where workspace = :workspace"))
            if line.surface == "chat":
                said = await anna.says(line.text)
            else:
                name = "/lotse" if line.surface == "slash" else "/incident"
                said = await anna.types(f"{name} {line.text}")
            rows = stage.rows(
                "select number, title from incidents where workspace = :workspace order by number"
            )
            wrong.append(fits(line, [row["title"] for row in rows[before:]], said))
    assert [each for each in wrong if each] == []


async def test_forty_lines_in_teams(sqlite: Sqlite) -> None:
    wrong = []
    async with teams_stage(sqlite, strict=False) as stage:
        anna = stage.client("anna")
        for line in drawn(("chat",)):
            stage.clock.wind(stage.clock.now() + timedelta(minutes=3))  # not the same words twice
            before = len(stage.rows("select number from incidents where workspace = :workspace"))
            said = await anna.says(line.text)
            rows = stage.rows(
                "select number, title from incidents where workspace = :workspace order by number"
            )
            wrong.append(fits(line, [row["title"] for row in rows[before:]], said))
    assert [each for each in wrong if each] == []
