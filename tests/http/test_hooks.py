"""Addresses for machines: a run is stored before it is answered, once, and nothing else is."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.http import hooks
from storage import automations
from storage.automations import Automation, intake
from storage.automations.states import AutomationState
from storage.engine import Database, Row, Tx, Unavailable
from storage.engine.ids import AutomationId, PersonId
from tests.pretend import machines
from tests.pretend.stage import DEMO, Chat, Say, Stage, Troubled, furnish

SECRET = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
OLD = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-2222-4333-8444-555555555555"
RUN = "5fc4b5e0-9f0d-4a7e-8f2b-1c2d3e4f5a6b"
RUN_2 = "5fc4b5e0-9f0d-4a7e-8f2b-1c2d3e4f5a6c"


@dataclass(slots=True)
class Caller:
    """A script somewhere, and a look into the store."""

    stage: Stage
    client: TestClient[web.Request, web.Application]

    async def calls(
        self, path: str, method: str = "GET", agent: str = "curl/8", **query: str
    ) -> int:
        """Call an address; return the status."""
        response = await self.client.request(
            method, f"/ping/{path}", params=query, headers={"User-Agent": agent}
        )
        await response.read()
        return response.status

    def runs(self, kind: str = "ok") -> int:
        """Count the runs that are stored."""
        rows = self.look("select kind from automation_runs where workspace = :workspace")
        return [row["kind"] for row in rows].count(kind)

    def look(self, sql: str, **values: object) -> list[Row]:
        """Look into the store."""
        return self.stage.rows(sql, **values)


@pytest.fixture
def troubled(database: Database) -> Troubled:
    """A store that can be told to fail."""
    return Troubled(database)


@pytest.fixture
async def caller(troubled: Troubled, chat: Chat) -> AsyncIterator[Caller]:
    """An automation of two companies each, and the addresses that they have."""
    stage = Stage(troubled, chat=chat)
    now = stage.clock.now()

    def prepare(tx: Tx) -> None:
        for workspace, secret in ((DEMO, OLD), ("other", OTHER)):
            furnish(tx, workspace, now)
            inside = tx.within(workspace)
            made = Automation(
                AutomationId("backup"),
                "Backup",
                "saves us",
                PersonId("ben"),
                PersonId("carla"),
                None,
                7,
                AutomationState.ACTIVE,
                now,
                None,
                None,
            )
            automations.add(inside, made, name_key="backup")
            intake.give_address(inside, AutomationId("backup"), secret, now)
        intake.give_address(
            tx.within(DEMO), AutomationId("backup"), SECRET, now + timedelta(days=7)
        )

    troubled.transact(prepare)
    app = web.Application()
    hooks.add_routes(app, stage.dispatcher)
    async with TestClient(TestServer(app)) as client:
        yield Caller(stage, client)
    stage.close()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_a_call_is_a_run(caller: Caller, method: str) -> None:
    assert await caller.calls(SECRET, method) == 200
    assert caller.runs() == 1
    (row,) = caller.look("select last_run_at from automations where workspace = :workspace")
    assert row["last_run_at"] == "2026-11-23T08:00:00.000000Z"


async def test_each_call_is_a_run_of_its_own(caller: Caller) -> None:
    for _each in range(3):
        await caller.calls(SECRET)
    assert caller.runs() == 3


async def test_two_hundred_calls_in_a_minute_are_one_burst(caller: Caller) -> None:
    statuses = await asyncio.gather(*(caller.calls(SECRET) for _each in range(200)))
    assert set(statuses) == {200}
    assert caller.runs() == 1
    odd = caller.look("select why, calls from automation_odd_calls where workspace = :workspace")
    assert odd == [{"why": "burst", "calls": 195}], "each refused call is counted"
    day = caller.look("select kind, count from automation_days where workspace = :workspace")
    assert day == [{"kind": "ok", "count": 1}]
    asked = caller.look("select key from matters where workspace = :workspace")
    assert len(asked) == 1


async def test_the_same_run_reported_twice_counts_once(caller: Caller) -> None:
    for _each in range(3):
        assert await caller.calls(SECRET, rid=RUN) == 200
    assert caller.runs() == 1
    assert await caller.calls(SECRET, rid=RUN_2) == 200
    assert caller.runs() == 2


async def test_a_run_id_of_another_company_is_another_run(caller: Caller) -> None:
    await caller.calls(SECRET, rid=RUN)
    await caller.calls(OTHER, rid=RUN)
    assert caller.runs() == 1
    rows = caller.stage.database.read(
        lambda tx: tx.rows("select workspace from automation_runs order by workspace")
    )
    assert [row["workspace"] for row in rows] == [DEMO, "other"]


RANDOM = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=7000))


@pytest.mark.parametrize("rid", ["\0", RANDOM, "🚢" * 500, "\ud800", "a\nb", "%00", "' or 1=1"])
async def test_no_run_id_does_harm(caller: Caller, rid: str) -> None:
    path = f"{SECRET}?rid=" + "".join(
        f"%{byte:02X}" for byte in rid.encode("utf-8", "surrogatepass")
    )
    for _again in range(2):
        response = await caller.client.get(f"/ping/{path}")
        assert response.status in (200, 400), await response.text()
    assert caller.runs() <= 1


@pytest.mark.parametrize("kind", ["start", "fail", "log"])
async def test_a_start_or_a_failure_is_kept_but_is_no_finished_run(
    caller: Caller, kind: str
) -> None:
    assert await caller.calls(f"{SECRET}/{kind}") == 200
    assert (caller.runs(kind), caller.runs()) == (1, 0)
    (row,) = caller.look("select last_run_at from automations where workspace = :workspace")
    assert row["last_run_at"] is None


UNKNOWN = [
    "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4e",
    "backup",
    "",
    "x" * 36,
    f"{SECRET}x",
    SECRET.replace("-", ""),
    "%00",
    "..%2f..%2fhealth",
    "' or '1'='1",
]


@pytest.mark.parametrize("path", UNKNOWN)
async def test_what_is_no_address_is_not_found_and_tells_nothing(caller: Caller, path: str) -> None:
    for method in ("GET", "POST"):
        assert await caller.calls(path, method) == 404
    rows = caller.stage.database.read(lambda tx: tx.rows("select id from automation_runs"))
    assert rows == []


async def test_unknown_and_malformed_addresses_cannot_be_told_apart(caller: Caller) -> None:
    answers = set()
    for path in (UNKNOWN[0], "x" * 36, UNKNOWN[1]):
        response = await caller.client.get(f"/ping/{path}")
        answers.add((response.status, await response.text(), response.content_type))
    assert len(answers) == 1


PREVIEWS = [
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slackbot 1.0 (+https://api.slack.com/robots)",
    "Slack-ImgProxy (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; MicrosoftPreview/2.0)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "facebookexternalhit/1.1",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23",
    "Mozilla/5.0 (compatible; bingpreview/2.0)",
]


@pytest.mark.parametrize("agent", PREVIEWS)
async def test_a_preview_of_a_pasted_address_is_no_run(caller: Caller, agent: str) -> None:
    for method in ("GET", "HEAD"):
        await caller.calls(SECRET, method, agent)
    assert caller.runs() == 0


async def test_an_old_address_works_for_a_week_and_then_no_more(caller: Caller) -> None:
    clock = caller.stage.clock
    assert await caller.calls(OLD) == 200
    clock.wind(clock.now() + timedelta(days=7))
    assert await caller.calls(OLD) == 200
    clock.wind(clock.now() + timedelta(seconds=1))
    assert await caller.calls(OLD) == 404
    assert await caller.calls(SECRET) == 200
    odd = caller.look("select why, calls from automation_odd_calls where workspace = :workspace")
    assert odd == [{"why": "expired", "calls": 1}], "its card says that something still calls it"


async def test_what_could_not_be_stored_is_said_so_that_the_script_calls_again(
    caller: Caller, troubled: Troubled
) -> None:
    troubled.plan(Unavailable("disk full"))
    assert await caller.calls(SECRET, rid=RUN) == 503
    assert caller.runs() == 0
    assert await caller.calls(SECRET, rid=RUN) == 200
    assert caller.runs() == 1


async def test_nothing_about_the_caller_and_no_secret_is_kept_or_logged(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        response = await caller.client.post(
            f"/ping/{SECRET}?rid={RUN}&name=canary-query&series=canary-series",
            data="canary-body",
            headers={"User-Agent": "canary-agent", "Referer": "http://canary-referer/"},
        )
        assert response.status == 200

    def everything(tx: Tx) -> str:
        return "\n".join(
            str(tx.rows(f"select * from {table}"))
            for table in ("automation_runs", "automation_days", "automation_odd_calls",
                          "automations", "automation_addresses", "automation_strays",
                          "deliveries", "audit", "timers", "outbox")
        )  # fmt: skip

    kept = caller.stage.database.read(everything)
    assert "backup" in kept
    for word in ("canary", SECRET, RUN, "127.0.0.1"):
        assert word not in kept
    ours = [each for each in caplog.records if each.name.startswith("lotse")]
    assert not [each for each in ours if SECRET in each.getMessage()]


async def test_each_run_leaves_a_line_in_the_audit_trail(caller: Caller) -> None:
    await caller.calls(SECRET)
    rows = caller.look(
        "select command, person_key, outcome from audit where workspace = :workspace"
    )
    assert rows == [{"command": "ping", "person_key": "lotse", "outcome": "done"}]


async def test_a_program_of_one_company_says_nothing_about_the_other_s(caller: Caller) -> None:
    assert await caller.calls(OTHER) == 200
    assert caller.runs() == 0
    (row,) = caller.look("select last_run_at from automations where workspace = :workspace")
    assert row["last_run_at"] is None


def test_an_address_is_shown_once_and_stored_nowhere(bot: Stage, ben: Say, anna: Say) -> None:
    secret = machines.enter(ben, name="Backup")
    assert hooks.SECRET.fullmatch(secret)

    def everything(tx: Tx) -> str:
        return "\n".join(
            str(tx.rows(f"select * from {table}"))
            for table in ("deliveries", "drafts", "outbox", "automation_addresses", "audit")
        )

    assert secret not in bot.database.read(everything)
    found = bot.database.read(lambda tx: intake.by_address(tx, secret, bot.clock.now()))
    assert found is not None
    assert found[0] == DEMO
