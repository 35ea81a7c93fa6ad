"""Somebody who is named for one of everything leaves on a Saturday night: played on each surface.

Nothing of theirs stays with nobody, the managers get one card, and bundles go to who stands in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot import app, serving
from bot.config import Settings
from bot.delivery.clock import HandClock
from handlers import FEATURES
from storage.engine.sqlite import Sqlite
from tests.local.test_page import TOKEN, Visitor
from tests.pilots.test_pilots import ABOUT, GOAL, MEASURE
from tests.pretend.machines import FORM
from tests.pretend.slack_stage import slack_stage
from tests.pretend.stage import BERLIN, DEMO, MONDAY, furnish
from tests.pretend.teams_stage import teams_stage
from tests.stories.leaving import InSlack, InTeams, InTheTerminal, OnThePage, Surface

SATURDAY = datetime(2026, 11, 28, 23, tzinfo=BERLIN)
NEXT = datetime(2026, 11, 30, 9, 1, tzinfo=BERLIN)  # Monday, after nine
SURFACES = ("page", "terminal", "slack", "teams")
ACTION = "select id from mandate_actions where workspace = :workspace"
OBSTACLE = "Die Testdaten fehlen noch"


@asynccontextmanager
async def surface(which: str, sqlite: Sqlite) -> AsyncIterator[Surface]:
    """Set a surface up, with Anna, Ben, Carla and Chris."""
    if which == "slack":
        async with slack_stage(sqlite, strict=False) as stage:
            yield InSlack(stage)
    elif which == "teams":
        async with teams_stage(sqlite, strict=False) as teams:
            yield InTeams(teams)
    else:
        clock = HandClock(MONDAY.astimezone(UTC))
        sqlite.transact(lambda tx: furnish(tx, DEMO, clock.now()))
        lotse = app.build(Settings(), sqlite, clock, demo=True)
        if which == "terminal":
            terminal = InTheTerminal(lotse)
            yield terminal
            await terminal.ends()
        else:
            async with TestClient(TestServer(await serving.site(lotse, TOKEN))) as client:
                yield OnThePage(Visitor(client, lotse))


async def one(at: Surface, sql: str) -> str:
    """Return the only value that a look into the store finds."""
    (row,) = await at.rows(sql)
    (value,) = row.values()
    return str(value)


async def named_for_one_of_everything(at: Surface) -> None:
    """Let Ben answer for one of everything, and be asked for whatever one can be asked for."""
    ben, carla, chris = (at.id(each) for each in ("Ben", "Carla", "Chris"))
    await at.do("Chris", "service new", name="Waage", accountable=carla, deputy=ben)
    scale = await one(at, "select id from services where workspace = :workspace and name = 'Waage'")
    for who in ("Carla", "Ben"):
        await at.do(who, "service accept", service=scale)
    till = await one(
        at,
        "select id from services where workspace = :workspace and name in ('Kasse', 'Till')",
    )
    for number in ("1", "2", "3"):  # what came back three times: Ben owns the cause
        await at.do("Anna", "incident", title=f"Bondrucker leer {number}", service=till)
        await at.do("Ben", "ack", number=number)
        await at.do("Carla", "restored", number=number)
        await at.wind(at.dispatcher._clock.now() + timedelta(minutes=40))
    await at.do("Chris", "repeat", number="2", earlier="1")
    await at.do("Chris", "repeat", number="3", earlier="1")
    await at.do("Carla", "ask check", number="1", person=ben)
    await at.do("Carla", "fill", number="2", which="ending", ending="workaround")
    await at.do("Carla", "fill", number="2", which="fix", fixer=ben, on="2026-12-10")
    await at.do("Anna", "incident", title="Bon bleibt weiss", service=till)
    await at.do("Ben", "ack", number="4")
    await at.do("Ben", "auto new", **{**FORM, "accountable": ben, "deputy": carla})
    await at.do("Chris", "mandate edit", goals=GOAL, focus="Service\nVersand")
    await at.do("Chris", "pilot new", **{"goal": GOAL, **ABOUT})
    pilot = await one(at, "select id from pilots where workspace = :workspace")
    await at.do("Chris", "pilot measure", pilot=pilot, **MEASURE)
    roles = {"champion": ben, "modeler": carla, "integrator": chris}
    await at.do("Chris", "pilot people", pilot=pilot, **roles)
    for role, who in (("champion", "Ben"), ("modeler", "Carla"), ("integrator", "Chris")):
        if who != "Chris":
            await at.do(who, "pilot accept", pilot=pilot, role=role)
    await at.do("Chris", "pilot users", pilot=pilot, who="everybody")
    await at.do("Chris", "pilot start", pilot=pilot)
    await at.do("Chris", "mandate draft")
    await at.do("Chris", "mandate it", who=ben)
    await at.do("Chris", "mandate action", item="Testdaten holen", who=ben, due="2026-12-11")
    await at.do("Ben", "mandate action accept", action=await one(at, ACTION))
    await at.do("Chris", "friction name", area="Einkauf", who=ben)
    await at.do("Ben", "friction accept", area="Einkauf")
    await at.do("Chris", "hand over", to=ben, deputy=carla)  # what Chris has, he is asked for
    await at.do("Carla", "cover", person=ben, start="2026-12-07", until="2026-12-08")
    cover = await one(at, "select id from covers where workspace = :workspace")
    await at.do("Ben", "cover confirm", cover=cover)
    await at.wind(SATURDAY)
    await at.do("Chris", "pilot obstacle", pilot=pilot, words=OBSTACLE, due="2026-12-04")


# What would wait for somebody who is gone: in which column, and which rows are open.
WAITS = (
    ("incidents", "responsible", "state in ('open', 'restored')"),
    ("incidents", "proposed_to", "state = 'open'"),
    ("closings", "checker", "verified_at is null"),
    ("closings", "fixer", "fix_done_at is null"),
    ("problems", "proposed_to", "state = 'open'"),
    ("handovers", "successor", "state = 'asked'"),
    ("automations", "offered_to", "true"),
    ("automation_questions", "asked", "ended_at is null"),
    ("friction_answerers", "answerer", "state = 'asked'"),
    ("matters", "person", "state = 'open'"),
    ("covers", "cover", "state <> 'ended'"),
)  # fmt: skip
# What somebody answers for by name until another takes it over; who acts meanwhile is another.
ANSWERS = (
    ("services", "accountable"), ("services", "deputy"), ("problems", "owner"),
    ("automations", "accountable"), ("automations", "deputy"), ("pilots", "champion"),
    ("pilots", "modeler"), ("pilots", "integrator"), ("mandate_actions", "owner"),
    ("mandates", "it_contact"),
)  # fmt: skip


def test_the_story_looks_at_every_role_there_is() -> None:
    """A room that opens *holds* for another column has to stand in this story."""
    columns = {
        each for feature in FEATURES for holds in feature.all_holds for each in holds.columns
    }
    looked = {f"{table}.{column}" for table, column, _open in WAITS}
    looked |= {f"{table}.{column}" for table, column in ANSWERS}
    # Who acknowledged and what was told are past; a named second deputy is asked for nothing yet.
    assert columns - looked == {"incidents.acknowledged_by", "matters.told_to", "handovers.deputy"}


async def still(at: Surface, where: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return in which columns Ben still stands."""
    ben, found = at.id("Ben"), []
    for table, column, *open_ones in where:
        rows = await at.rows(
            f"select {column} as who from {table} where workspace = :workspace"
            f" and {(open_ones or ['true'])[0]}"
        )
        if ben in {each["who"] for each in rows}:
            found.append(f"{table}.{column}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("which", SURFACES)
async def test_nothing_of_theirs_stays_with_nobody(which: str, sqlite: Sqlite) -> None:
    async with surface(which, sqlite) as at:
        await named_for_one_of_everything(at)
        named = await still(at, WAITS) + await still(at, ANSWERS)
        assert len(named) >= 11, f"Ben is not named for everything yet, only for {named}"
        told = await at.made("Ben")
        await at.leaves("Ben")

        assert await still(at, WAITS) == [], "what was asked of Ben waits for nobody"
        cards = [each for each in await at.sees("Chris") if "No longer active: Ben." in each]
        assert len(cards) == 1, "one card for the managers"
        for each in ("Waage", "PRB-1", "Mail-Sortierung", "Reparatur-Triage"):
            assert each in cards[0], each

        await at.sees("Anna")  # a terminal shows at once what comes for whoever is looked at
        await at.wind(NEXT)
        seen = {each: await at.sees(each) for each in ("Carla", "Chris")}
        acts = [each for each in seen["Carla"] if "Du springst ein" in each]
        assert len(acts) == 1, "who acts meanwhile hears it once, on the next working day"
        (matter,) = await at.rows(
            "select told_to, message from matters where workspace = :workspace"
            f" and state = 'told' and message like '%{OBSTACLE}%'"
        )
        heard = next(each for each in ("Carla", "Chris") if at.id(each) == matter["told_to"])
        assert [each for each in seen[heard] if OBSTACLE in each], "in their bundle"
        assert await at.made("Ben") == told, "nobody writes to who is gone"

        await at.press("Chris", "Hand everything over", about="No longer active: Ben.")
        await at.fill("Chris", to="Carla", deputy="Chris")
        await at.press("Carla", "Ich übernehme das", about="Übernimmst du von Ben?")
        assert await still(at, ANSWERS) == []
        cards = [each for each in await at.sees("Chris") if "No longer active: Ben." in each]
        assert len(cards) == 1 and "All of it has somebody new." in cards[0]
