"""Three people type at once, on the page, in Slack and in Teams: each line means what it means.

Anna, Ben and Carla type lines drawn from the table, for ten minutes of the clock in `make soak`
and for one otherwise. What becomes of each is looked at where it is carried out, in its own
transaction; afterwards nobody was alerted about what nobody declared, and nobody was left out.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.clock import HandClock
from bot.delivery.dispatch import Dispatcher
from bot.delivery.requests import Request, Response
from handlers.kit.messages import Call
from storage import people
from storage.engine import Database, Row, Tx
from storage.engine.ids import PlaceId
from storage.engine.sqlite import Sqlite
from tests.conversation import table
from tests.conversation.table import Became, Line
from tests.local.test_page import Visitor, visitor  # noqa: F401  the fixture
from tests.pretend.slack_stage import slack_stage
from tests.pretend.stage import DEMO
from tests.pretend.teams_stage import teams_stage
from tests.pretend.timed import MAIN

MINUTES = 10 if os.environ.get("LOTSE_SOAK") else 1
PAUSE = 15  # seconds of the clock between what the three type at once
TYPISTS = ("anna", "ben", "carla")
SITUATIONS = ("none", "alarmed", "declared", "acked", "other", "restored")
QUIET = ("offer", "greet", "thanks", "emergency")  # what changes nothing for anybody else
FREE = ("declare", *QUIET)
ABOUT = {  # what whoever is asked types
    "alarmed": ("ack", "restored", "update", "retract", "decline", "thanks", "greet"),
    "declared": ("press", "retract", "still", "same", "thanks", "offer"),
    "acked": ("restored", "update", "press", "thanks"),
    "other": ("update", "still", "thanks", "greet"),
    "restored": ("thanks", "greet", "offer", "still"),
}
TWISTS = set("\u200b\t<>*_~`[]()#:")  # what a platform's box makes something else of
Says = Callable[[str, str], Awaitable[object]]


@dataclass
class Floor:
    """Where people type: a database, a road in, and what became of each line."""

    database: Database
    dispatcher: Dispatcher
    workspace: str
    says: Says
    wind: Callable[[float], Awaitable[object]]
    twists: set[str]
    heard: dict[str, Became] = field(default_factory=dict)

    def __post_init__(self) -> None:
        handle = self.dispatcher._handle

        def watched(tx: Tx, request: Request, *ahead: Any) -> Response:
            inside = tx.within(self.workspace)
            before, audited = self._incidents(inside), table._audited(inside)
            answer = handle(tx, request, *ahead)
            known = people.by_identity(inside, request.person)
            if request.call is None and known is not None:
                words = [word for id, word in table._audited(inside).items() if id not in audited]
                calls = tuple(table._calls(inside, answer.message, known.id))
                after = self._incidents(inside)
                self.heard[_first_name(known.name)] = Became(
                    answer, before, after, (words or [""])[0], calls
                )
            return answer

        self.dispatcher._handle = watched  # type: ignore[method-assign, assignment]

    def _incidents(self, tx: Tx) -> dict[int, Row]:
        """Return every incident, with names where ids of people stand."""
        names = {each.id: _first_name(each.name) for each in people.everyone(tx)}
        return {
            number: {name: names.get(value, value) for name, value in row.items()}
            for number, row in table._incidents(tx).items()
        }

    def rows(self, sql: str, **values: object) -> list[Row]:
        return self.database.read(lambda tx: tx.within(self.workspace).rows(sql, **values))

    def alerts(self) -> list[int]:
        found = self.rows("select incident from alarms where workspace = :workspace")
        return sorted(int(row["incident"]) for row in found)

    def newest(self) -> int:
        said = "select max(number) as n from incidents where workspace = :workspace"
        return int(self.rows(said)[0]["n"] or 0)

    async def close(self) -> None:
        """Let a manager close what is open, as a false alarm, so that the next lines are alone."""
        chris = self.rows(
            "select p.name, i.identity from people p join identities i on i.workspace = p.workspace"
            " and i.person = p.id where p.workspace = :workspace and lower(p.name) like 'chris%'"
        )[0]
        for row in self.rows(
            "select number from incidents where workspace = :workspace"
            " and state in ('open', 'restored')"
        ):
            values = {"number": str(row["number"]), "kind": "false_alarm"}
            call = Call("close as", {**values, "reason": "Nur eine Probe, nichts war kaputt"})
            asked = Request(
                f"close-{row['number']}", self.workspace, chris["identity"], chris["name"],
                PlaceId(f"local:@{chris['name']}"), "", call, submitted=True,
            )  # fmt: skip
            answer = await self.dispatcher.handle(asked)
            assert answer.outcome == "done", answer


def _first_name(name: str) -> str:
    return name.split()[0].casefold()


def drawn(floor: Floor, context: str, meanings: tuple[str, ...]) -> list[Line]:
    """Return the lines of a context that mean one of these, and can be typed here as they are."""
    return [
        each
        for each in table.lines()
        if each.id.startswith("h") and each.surface == "chat" and each.context == context
        and each.meaning in meanings and each.text.strip() and "\n" not in each.text
        and len(each.text) < 120 and not set(each.text) & floor.twists
        and not re.search("INC-?[37]|PRB", each.text, re.IGNORECASE)
        and (context != "none" or not re.search("noch|still|weiterhin", each.text.casefold()))
    ]  # fmt: skip


async def happens(floor: Floor, context: str) -> None:
    """Let happen what the context says has happened before."""
    before = table.BEFORE[context]
    for number, (who, minutes, text) in enumerate(before):
        await floor.says(who, text)
        later = before[number + 1][1] if number + 1 < len(before) else 0
        await floor.wind(minutes - later)


async def typed(floor: Floor, chance: random.Random) -> tuple[int, list[str]]:
    """Let the three type for the whole time; return how many lines, and what was wrong."""
    wrong: list[str] = []
    count = 0
    pool = {
        context: chance.sample(found, len(found))
        for context in SITUATIONS
        if (found := drawn(floor, context, FREE if context == "none" else ABOUT[context]))
    }
    for number in range(MINUTES * 60 // PAUSE):
        context = SITUATIONS[number % len(SITUATIONS)]
        first = floor.newest() + 1
        await happens(floor, context)
        alerts = floor.alerts()
        asked = table.WHO[context] if context != "none" else ""
        lines: dict[str, Line] = {}
        for who in TYPISTS:
            stock = pool[context] if who == asked else pool["none"]
            fits = [each for each in stock if who == asked or not asked or each.meaning in QUIET]
            if (
                who == "ben" and context == "declared"
            ):  # he is asked; here he only says other things
                fits = [each for each in fits if each.meaning == "offer"]
            lines[who] = fits[0]
            stock.remove(fits[0])
            stock.append(fits[0])
        floor.heard.clear()
        await asyncio.gather(*(floor.says(who, each.typed(first)) for who, each in lines.items()))
        declared: list[int] = []
        for who, line in lines.items():
            count += 1
            became = floor.heard.get(who)
            if became is None:
                wrong.append(f"{line.id} {line.text!r} of {who}: nobody heard it")
                continue
            declared += [int(row["number"]) for row in became.new]
            if not table.holds(line, became, first):
                wrong.append(
                    f"{line.id} {context} {line.text!r} of {who}: {line.meaning} "
                    f"{line.said(first)!r}, became {became.word} {became.answer.outcome} "
                    f"{[row['title'] for row in became.new]} {became.texts[:90]!r}"
                )
        if sorted([*alerts, *declared]) != floor.alerts():
            told = [each for each in floor.alerts() if each not in alerts]
            wrong.append(f"declared {declared}, alerted {told}: {lines}")
        await floor.close()
        await floor.wind(PAUSE / 60)
    print(f"{count:>8}  sentences typed\n{len(wrong):>8}  answered wrong")
    return count, wrong


@pytest.mark.soak
async def test_three_people_type_on_the_page(visitor: Visitor) -> None:  # noqa: F811
    lotse = visitor.lotse

    async def wind(minutes: float) -> None:
        clock = lotse.dispatcher._clock
        assert isinstance(clock, HandClock)
        clock.wind(clock.now() + timedelta(minutes=minutes))
        await lotse.settle()

    floor = Floor(
        lotse.database, lotse.dispatcher, DEMO, visitor.says, wind, set()
    )  # fmt: skip
    count, wrong = await typed(floor, random.Random(3))
    assert wrong == [] and count >= 12


@pytest.mark.soak
@pytest.mark.parametrize("platform", ["slack", "teams"])
async def test_three_people_type_in_a_chat(sqlite: Sqlite, platform: str) -> None:
    opened: Any = slack_stage if platform == "slack" else teams_stage
    async with opened(sqlite, language="de", strict=False) as stage:

        async def says(who: str, text: str) -> None:
            await stage.client(who).says(text)

        async def wind(minutes: float) -> None:
            await stage.wind(minutes=minutes)

        floor = Floor(stage.database, stage.dispatcher, MAIN, says, wind, TWISTS)
        count, wrong = await typed(floor, random.Random(5))
        assert wrong == [] and count >= 12
