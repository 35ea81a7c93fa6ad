"""Clients that nobody here wrote: one of PyPI, curl, and the recipes as a shell runs them."""

from __future__ import annotations

import asyncio
import shutil
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.http import hooks
from handlers.automations.intake import recipes
from storage import automations
from storage.automations import Automation, intake
from storage.automations.states import AutomationState
from storage.engine import Tx
from storage.engine.ids import AutomationId, PersonId
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO, Stage, furnish

with warnings.catch_warnings():  # it is written for an older pydantic
    warnings.simplefilter("ignore")
    from healthchecks_io import AsyncClient, CheckNotFoundError, CheckTrap, NonUniqueSlugError

SECRET = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
KEY = "7a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")


@dataclass
class Machine:
    """A machine with a shell, and the address that it reports to."""

    host: str
    stage: Stage

    @property
    def address(self) -> str:
        """The secret address."""
        return f"{self.host}/ping/{SECRET}"

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
        for id, slug in (("b", "backup"), ("one", "twin"), ("two", "twin")):
            made = Automation(AutomationId(id), id, "x", PersonId("ben"), PersonId("carla"), None,
                              1, AutomationState.ACTIVE, now, None, None,
                              rhythm="every 1 day", slug=slug)  # fmt: skip
            automations.add(inside, made, name_key=id)
        intake.give_address(inside, AutomationId("b"), SECRET, now)
        intake.give_key(inside, KEY, now)

    sqlite.transact(prepare)
    app = web.Application()
    hooks.add_routes(app, stage.dispatcher)
    async with TestServer(app) as server:
        yield Machine(f"http://127.0.0.1:{server.port}", stage)
    stage.close()


@needs_curl
async def test_curl_with_retries_reports_the_exit_status(machine: Machine) -> None:
    curl = "curl -fsS -m 10 --retry 3 -o /dev/null"
    assert await machine.runs(f"false; {curl} {machine.address}/$?") == 0
    assert await machine.runs(f"true; {curl} {machine.address}/$?") == 0
    assert await machine.runs(f"{curl} {machine.address}/256") == 22  # curl's word for a refusal
    assert machine.kinds() == ["fail", "ok"]


@needs_curl
async def test_the_recipe_for_cron_runs_as_it_is_shown(machine: Machine) -> None:
    (line,) = recipes.lines("cron", machine.address)
    script = line.removeprefix("0 2 * * * ").replace("/path/to/job", "(exit 7)")
    assert await machine.runs(script) == 0
    assert machine.kinds() == ["start", "fail"]


@needs_curl
@pytest.mark.parametrize(
    ("status", "kind"), [("0", "ok"), ("3", "fail"), ("TERM", "fail"), ("", "fail")]
)
async def test_the_recipe_for_systemd_runs_with_the_status_that_it_gets(
    machine: Machine, status: str, kind: str
) -> None:
    lines = recipes.lines("systemd", machine.address)
    command = lines[-1].removeprefix("ExecStopPost=-").replace("$$", "$")
    assert await machine.runs(f"export EXIT_STATUS={status}; {command}") == 0
    assert machine.kinds() == [kind]


@needs_curl
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


@needs_curl
async def test_a_job_goes_on_when_nobody_answers(machine: Machine) -> None:
    (line,) = recipes.lines("other", "http://127.0.0.1:9/ping/x")
    assert await machine.runs(line.replace("--retry 3", "--retry 0") + " 2>/dev/null") == 0


@needs_curl
@pytest.mark.parametrize(("said", "kind"), [("up", "ok"), ("down", "fail")])
async def test_the_address_of_a_push_monitor_of_uptime_kuma(
    machine: Machine, said: str, kind: str
) -> None:
    # As Uptime Kuma prints it for its push monitors, with our host and secret.
    address = f"{machine.host}/api/push/{SECRET}?status={said}&msg=OK&ping="
    assert await machine.runs(f"curl -fsS '{address}' | grep -q '\"ok\": *true'") == 0
    assert machine.kinds() == [kind]


# --- the client of PyPI, which nobody here wrote -------------------------------------------


@pytest.fixture
async def client(machine: Machine) -> AsyncIterator[AsyncClient]:
    """The client as its documentation makes it; only the host is ours."""
    made = AsyncClient(api_key="none", ping_key=KEY, ping_url=f"{machine.host}/ping/")
    yield made
    await made._client.aclose()


@pytest.mark.parametrize("who", [{"uuid": SECRET}, {"slug": "backup"}])
async def test_the_client_of_pypi_works_with_another_host(
    machine: Machine, client: AsyncClient, who: dict[str, str]
) -> None:
    assert await client.start_ping(**who) == (True, "OK")
    assert await client.success_ping(**who, data="canary") == (True, "OK")
    assert await client.fail_ping(**who) == (True, "OK")
    assert await client.exit_code_ping(0, **who) == (True, "OK")
    assert await client.exit_code_ping(3, **who) == (True, "OK")
    assert machine.kinds() == ["start", "ok", "fail", "ok", "fail"]


async def test_its_trap_reports_a_block_that_went_well_and_one_that_did_not(
    machine: Machine, client: AsyncClient
) -> None:
    async with CheckTrap(client, uuid=SECRET):
        pass
    with pytest.raises(ZeroDivisionError):
        async with CheckTrap(client, slug="backup"):
            _nothing = 1 / 0
    assert machine.kinds() == ["start", "ok", "start", "fail"]


async def test_it_understands_that_a_name_is_unknown_or_ambiguous(
    machine: Machine, client: AsyncClient
) -> None:
    with pytest.raises(CheckNotFoundError):
        await client.success_ping(slug="nothing")
    with pytest.raises(NonUniqueSlugError):
        await client.success_ping(slug="twin")
    assert machine.kinds() == []
