"""Clients that nobody here wrote: curl with retries, and the recipes as a shell runs them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.http import hooks
from handlers.automations.intake import recipes
from storage import automations
from storage.automations import Automation, intake
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO, Stage, furnish

SECRET = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")


@dataclass
class Machine:
    """A machine with a shell, and the address that it reports to."""

    address: str
    stage: Stage

    async def runs(self, script: str) -> int:
        """Run a script in a shell; return its exit status."""
        process = await asyncio.create_subprocess_exec("/bin/sh", "-c", script)
        async with asyncio.timeout(30):
            return await process.wait()

    def kinds(self) -> list[str]:
        rows = self.stage.rows(
            "select kind from automation_runs where workspace = :workspace order by id"
        )
        return [each["kind"] for each in rows]


@pytest.fixture
async def machine(sqlite: Sqlite) -> AsyncIterator[Machine]:
    stage = Stage(sqlite)
    now = stage.clock.now()

    def prepare(tx: Tx) -> None:
        furnish(tx, DEMO, now)
        inside = tx.within(DEMO)
        made = Automation(
            "b",
            "B",
            "x",
            PersonId("ben"),
            PersonId("carla"),
            None,
            1,
            "active",
            now,
            None,
            None,
            rhythm="every 1 day",
        )
        automations.add(inside, made, name_key="b")
        intake.give_address(inside, "b", SECRET, now)

    sqlite.transact(prepare)
    app = web.Application()
    hooks.add_routes(app, stage.dispatcher)
    async with TestServer(app) as server:
        yield Machine(f"http://127.0.0.1:{server.port}/ping/{SECRET}", stage)
    stage.close()


async def test_curl_with_retries_reports_the_exit_status(machine: Machine) -> None:
    curl = "curl -fsS -m 10 --retry 3 -o /dev/null"
    assert await machine.runs(f"false; {curl} {machine.address}/$?") == 0
    assert await machine.runs(f"true; {curl} {machine.address}/$?") == 0
    assert await machine.runs(f"{curl} {machine.address}/256") == 22  # curl's word for a refusal
    assert machine.kinds() == ["fail", "ok"]


async def test_the_recipe_for_cron_runs_as_it_is_shown(machine: Machine) -> None:
    (line,) = recipes.lines("cron", machine.address)
    script = line.removeprefix("0 2 * * * ").replace("/path/to/job", "(exit 7)")
    assert await machine.runs(script) == 0
    assert machine.kinds() == ["start", "fail"]


@pytest.mark.parametrize(("failed", "kind"), [("", "ok"), ("/fail", "fail")])
async def test_the_step_for_github_runs_once_its_runner_has_filled_it_in(
    machine: Machine, failed: str, kind: str
) -> None:
    lines = recipes.lines("github", "")
    script = lines[-1].strip()
    script = script.replace("${{ secrets.LOTSE_RUNS }}", machine.address)
    head, _open, rest = script.partition("${{ job.status")
    script = head + failed + rest.partition("}}")[2]
    assert await machine.runs(script) == 0
    assert machine.kinds() == [kind]


async def test_a_job_goes_on_when_nobody_answers(machine: Machine) -> None:
    (line,) = recipes.lines("other", "http://127.0.0.1:9/ping/x")
    assert await machine.runs(line.replace("--retry 3", "--retry 0") + " 2>/dev/null") == 0
