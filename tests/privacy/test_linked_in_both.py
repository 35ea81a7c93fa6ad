"""Ben in Slack and Ben in Teams become one person: played through the pretend Slack and Teams.

Both edges are the real ones, over real sockets, before one store with one courier; a code is
shown in Slack and typed in Teams.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from bot.delivery.courier import Courier
from bot.delivery.outages.catching_up import CatchingUp
from bot.delivery.requests import Request
from handlers.attention import matters
from handlers.kit.commands import call
from handlers.kit.context import LOTSE
from storage.engine import Tx
from storage.engine.ids import PersonId, PlaceId
from storage.engine.sqlite import Sqlite
from tests.mandate.test_mandate import RAILS
from tests.pretend.adaptive_card import user_id
from tests.pretend.company import Company, welcome
from tests.pretend.slack_peer import TEAM, direct
from tests.pretend.slack_stage import INCIDENTS, SlackStage, slack_stage, user
from tests.pretend.stage import BERLIN
from tests.pretend.teams_peer import TENANT
from tests.pretend.teams_stage import TeamsStage
from tests.pretend.timed import MAIN

BEN, TEAMS_BEN = user("ben"), user_id("Ben")
BUNDLE = re.compile(r"^\d+ Sachen? für dich")


class Both:
    """A company with a Slack and a Teams; Ben uses both, the others are in Slack."""

    def __init__(self, slack: SlackStage, teams: TeamsStage) -> None:
        self.slack, self.teams = slack, teams
        self.ben, self.teams_ben = slack.client("ben"), teams.client("Ben")

    async def carry(self) -> None:
        """Let everything happen that is due, on both sides."""
        await self.slack.carry()
        await self.teams.settle()

    async def wind(self, **given: object) -> None:
        """Let time pass."""
        await self.slack.wind(**given)  # type: ignore[arg-type]
        await self.carry()

    def in_slack(self) -> list[str]:
        """Return what stands in Ben's chat with Lotse in Slack."""
        return self.slack.peer.sees(direct(BEN))

    def in_teams(self) -> list[str]:
        """Return what stands in Ben's chat with Lotse in Teams."""
        return self.teams.peer.sees(self.teams_ben.chat)

    async def declared(self, title: str) -> tuple[int, int]:
        """Let Anna declare something; return how many alarms of it Ben has in Slack, in Teams."""
        await self.slack.client("anna").types(f"/incident {title}", at=INCIDENTS)
        await self.carry()
        return self.alarms(title)

    def alarms(self, title: str) -> tuple[int, int]:
        """Return how many messages about an incident Ben has in Slack, and in Teams."""
        slack, teams = (
            [each for each in shown if title in each.splitlines()[0]]
            for shown in (self.in_slack(), self.in_teams())
        )
        return len(slack), len(teams)

    async def link(self) -> str:
        """Show the code in Slack, type it in Teams, and confirm in Slack."""
        shown = await self.ben.types("/lotse verbinden")
        found = re.search(r"verbinden ([0-9a-f]{4}-[0-9a-f]{4})", shown)
        assert found is not None, shown
        said = await self.teams_ben.says(f"verbinden {found[1]}")
        assert "im anderen Chat" in said, said
        await self.carry()
        return await self.ben.press(calls="link yes")


@asynccontextmanager
async def both(sqlite: Sqlite) -> AsyncIterator[Both]:
    """Set both platforms up before one store."""
    async with slack_stage(sqlite, strict=False) as slack:
        teams = TeamsStage(sqlite)
        teams.clock, teams.new_id, teams._known = slack.clock, slack.new_id, True

        def known(tx: Tx) -> None:
            company = Company(
                channels=(),
                services=(),
                id=user_id,
                identity=lambda name: f"teams:{TENANT}:{user_id(name)}",
                direct=lambda name: f"teams:@{user_id(name)}",
                names=("Ben",),
                speaks={"Ben": "de"},
                key="teams",
            )
            welcome(tx.within(MAIN), company, "Ben", slack.clock.now())

        sqlite.transact(known)
        await teams.start()
        try:
            platforms: dict[str, Any] = {"slack": slack.edge.platform, "teams": teams.edge.platform}
            follows = CatchingUp(slack.new_id)
            courier = Courier(sqlite, platforms, slack.clock, random.Random(1), follows=follows)
            slack.courier = teams.courier = courier
            teams.scheduler = slack.scheduler
            yield Both(slack, teams)
            stuck = slack.rows(
                "select place, reason from outbox where workspace = :workspace "
                "and state in ('ambiguous', 'parked', 'dead')"
            )
            refused = [*slack.peer.refusals, *teams.peer.refusals]
            assert (stuck, refused) == ([], []), "left over"
        finally:
            await teams.stop()


async def test_a_code_shown_in_slack_and_typed_in_teams_makes_one_person(sqlite: Sqlite) -> None:
    async with both(sqlite) as company:
        assert "wartet nichts" in await company.teams_ben.says("stand")
        assert await company.declared("Till is dead") == (1, 0)
        said = await company.link()
        assert "Beide sind jetzt eine Person" in said or "eine Person" in said, said
        assert "INC-1" in await company.teams_ben.says("stand"), "what waits follows"
        assert "INC-1" in await company.teams_ben.says("ack 1"), "and the right to answer it"
        await company.carry()
        assert "Ben" in company.slack.peer.sees(INCIDENTS)[0]
        assert "kümmer" in company.in_slack()[0], "the alarm in Slack says that it is answered"
        people = company.slack.rows(
            "select person from identities where workspace = :workspace and person = :ben", ben=BEN
        )
        assert len(people) == 2


async def test_alarms_go_where_they_are_answered_and_to_both_if_unanswered(sqlite: Sqlite) -> None:
    async with both(sqlite) as company:
        await company.link()
        assert await company.declared("Till is dead") == (1, 1), "nobody knows yet where he answers"
        await company.teams_ben.says("ack 1")
        await company.carry()
        assert await company.declared("Printer is offline at the Till") == (0, 1)
        await company.wind(minutes=1)
        assert company.alarms("Printer is offline at the Till") == (0, 1)
        await company.wind(minutes=1.5)
        assert company.alarms("Printer is offline at the Till") == (1, 1), "unanswered: both"
        await company.ben.types("/lotse ack 2")
        await company.carry()
        assert await company.declared("Light is out at the Till") == (1, 0), (
            "he answers in Slack now"
        )


async def test_a_bundle_comes_once_and_nothing_that_waited_is_lost(sqlite: Sqlite) -> None:
    """Before they were one, both had been told of the guardrails, and each had a matter alone."""
    async with both(sqlite) as company:
        await rails(company)
        assert waiting(company) == {BEN: 1, TEAMS_BEN: 1}
        await company.link()
        assert waiting(company) == {BEN: 1}, "the same thing once"
        await company.wind(to=datetime(2026, 11, 24, 9, tzinfo=BERLIN))
        told = [*company.in_slack(), *company.in_teams()]
        assert len([each for each in told if BUNDLE.match(each)]) == 1, told
        await company.ben.press(calls="mandate confirm")
        await company.carry()
        assert "Alles davon ist erledigt. Danke." in company.in_slack()
        told = [*company.in_slack(), *company.in_teams()]
        await company.wind(to=datetime(2026, 11, 26, 9, tzinfo=BERLIN))
        assert [*company.in_slack(), *company.in_teams()] == told, "and never again"


async def test_what_was_told_in_teams_before_is_taken_out_there_when_it_is_over(
    sqlite: Sqlite,
) -> None:
    """And what only Teams-Ben was to be told waits for nobody else."""
    async with both(sqlite) as company:
        await rails(company)
        await company.wind(to=datetime(2026, 11, 24, 9, tzinfo=BERLIN))
        for shown in (company.in_slack(), company.in_teams()):
            assert BUNDLE.match(shown[-1]), shown
        only_there = matter(company, TEAMS_BEN, "alone", "Nur in Teams.")
        await company.link()
        await company.wind(to=datetime(2026, 11, 25, 9, tzinfo=BERLIN))
        told = [*company.in_slack(), *company.in_teams()]
        assert len([each for each in told if only_there in each]) == 1
        assert await company.ben.press(calls="mandate confirm")
        await company.carry()
        whole = "\n".join([*company.in_slack(), *company.in_teams()])
        assert "Leitplanken gelesen" not in whole, whole


def matter(company: Both, person: str, key: str, words: str) -> str:
    """Note something for a person."""
    slack = company.slack

    def note(tx: Tx) -> None:
        ctx = slack.dispatcher._context(tx.within(MAIN), LOTSE, None, slack.clock.now())
        matters.note(ctx, PersonId(person), key, words)

    slack.database.transact(note)
    return words


async def rails(company: Both) -> None:
    """Let Chris write the guardrails, of which everybody is told."""
    chris = user("chris")
    request = Request(
        "rails", MAIN, f"slack:{TEAM}:{chris}", "Chris", PlaceId(f"slack:@{chris}"),
        call=call("mandate guardrails", **RAILS), submitted=True,
    )  # fmt: skip
    answer = await company.slack.dispatcher.handle(request)
    assert answer.outcome == "done"
    await company.carry()


def waiting(company: Both) -> dict[str, int]:
    """Return how many matters wait for each Ben."""
    rows = company.slack.rows(
        "select person, count(*) as n from matters where workspace = :workspace "
        "and state = 'open' and person in (:one, :other) group by person",
        one=BEN, other=TEAMS_BEN,
    )  # fmt: skip
    return {each["person"]: each["n"] for each in rows}
