"""As a stranger starts it with Teams: `python -m bot`, and nobody who does not use it waits."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import app
from bot.config import Settings
from bot.delivery.platform import Undelivered
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import SECRET, TOKEN, Fault
from tests.pretend.teams_peer import APP, PASSWORD, TENANT, Peer
from tests.pretend.teams_person import Client
from tests.pretend.teams_stage import TeamsStage
from tests.slack.test_start import ROOT, peer, started

GENERAL = "19:gen@thread.tacv2"


@asynccontextmanager
async def teams() -> AsyncIterator[tuple[Peer, Client]]:
    """Give a pretend Teams with Anna in it."""
    found = Peer()
    found.person("Anna")
    found.room(GENERAL, "channel", "general")
    await found.start()

    async def moment() -> None:
        """Wait until nothing new has come for a while."""
        count, quiet = -1, 0  # whom nobody knows is looked up first: one pause is no end
        while quiet < 5:
            await asyncio.sleep(0.15)
            quiet = quiet + 1 if count == len(found.calls) else 0
            count = len(found.calls)

    yield found, Client(found, "29:anna", moment, moment)
    await found.stop()


def environment(found: Peer, folder: Path, **more: str) -> dict[str, str]:
    """Return the settings that a stranger makes."""
    return {
        "MICROSOFT_APP_ID": APP,
        "MICROSOFT_APP_PASSWORD": PASSWORD,
        "MICROSOFT_APP_TENANTID": TENANT,
        "TEAMS_LOGIN_URL": found.login,
        "TEAMS_SERVICE_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder / 'lotse.db'}",
        "LOTSE_LANGUAGE": "en",
        **more,
    }


def address(said: str) -> str:
    found = re.search(r"http://127[.]0[.]0[.]1:[0-9]+/api/messages", said)
    assert found, said
    return found[0]


async def test_the_first_incident_is_one_line_away(folder: Path) -> None:
    async with teams() as (found, anna), started(**environment(found, folder)) as lotse:
        found.bot_url = address(lotse.said)
        assert "INC-1 is declared." in await anna.says("incident Till is dead")
        assert (await found.post(b"{}", {"Authorization": "Bearer x"})).status == 401


async def test_the_playground_needs_no_credentials(folder: Path) -> None:
    async with teams() as (found, anna):
        given = {
            "TEAMS_DEV_LOOPBACK": "1", "DATABASE_URL": f"sqlite:///{folder / 'lotse.db'}",
            "LOTSE_LANGUAGE": "en",
        }  # fmt: skip
        found.checks = False
        async with started(**given) as lotse:
            found.bot_url = address(lotse.said)
            assert "INC-1 is declared." in await anna.says("incident Till is dead")


@pytest.mark.slow
async def test_in_both_chats_there_is_one_company(folder: Path) -> None:
    async with teams() as (found, anna), peer("http") as (slack, sam):
        given = environment(
            found, folder, SLACK_BOT_TOKEN=TOKEN, SLACK_SIGNING_SECRET=SECRET,
            SLACK_API_URL=slack.url,
        )  # fmt: skip
        async with started(**given) as lotse:
            found.bot_url = address(lotse.said)
            slack.request_url = found.bot_url.replace("/api/messages", "/slack/events")
            assert "INC-1 is declared." in await anna.says("incident Till is dead")
            assert "INC-2 is declared." in await sam.types("/incident Light is out", at="C1")
            assert "Till is dead" in await sam.types("/lotse incidents")
            assert "Light is out" in await anna.says("incidents")
        assert lotse.process.returncode == 0


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"MICROSOFT_APP_PASSWORD": "wrong-canary"}, "MICROSOFT_APP_PASSWORD"),
        ({"MICROSOFT_APP_PASSWORD": ""}, "also needs MICROSOFT_APP_PASSWORD"),
        ({"MICROSOFT_APP_TENANTID": ""}, "also needs MICROSOFT_APP_TENANTID"),
        ({"MICROSOFT_APP_ID": ""}, "also needs MICROSOFT_APP_ID"),
        ({"TEAMS_DEV_LOOPBACK": "1"}, "leave either out"),
    ],
)
async def test_what_is_wrong_is_said_in_a_sentence(
    folder: Path, changed: dict[str, str], sentence: str
) -> None:
    async with teams() as (found, _anna):
        async with started(**{**environment(found, folder), **changed}) as lotse:
            assert lotse.said == ""
            _out, problem = await lotse.process.communicate()
        assert sentence in problem.decode()
        assert "Traceback" not in problem.decode()
        assert "canary" not in problem.decode() and PASSWORD not in problem.decode()
        assert lotse.process.returncode == 1


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ({}, "smba.trafficmanager.net"),
        ({"TEAMS_CLOUD": "gcc"}, "smba.infra.gcc.teams.microsoft.com"),
        ({"TEAMS_CLOUD": "gcch"}, "smba.infra.gov.teams.microsoft.us"),
        ({"TEAMS_CLOUD": "dod"}, "smba.infra.dod.teams.microsoft.us"),
        ({"TEAMS_SERVICE_HOSTS": "smba.other.example"}, "smba.other.example"),
    ],
)
async def test_our_token_goes_to_the_hosts_of_the_chosen_cloud_alone(
    sqlite: Sqlite, given: dict[str, str], host: str
) -> None:
    registration = {
        "MICROSOFT_APP_ID": APP, "MICROSOFT_APP_PASSWORD": PASSWORD,
        "MICROSOFT_APP_TENANTID": TENANT,
    }  # fmt: skip
    teams = app.build(Settings.from_env({**registration, **given}), sqlite, demo=False).teams
    assert teams is not None
    asked: list[str] = []

    async def get() -> str:
        asked.append("token")
        raise Undelivered("far enough")

    teams.tokens.get = get  # type: ignore[method-assign]
    for where in ("smba.trafficmanager.net", "smba.infra.gov.teams.microsoft.us", host):
        asked.clear()
        with pytest.raises(Undelivered):
            await teams.connector.member(f"https://{where}/teams/", "19:x", "29:y")
        assert bool(asked) == (where == host), where


def test_nobody_waits_for_a_library_that_they_do_not_use() -> None:
    asked = (
        "import sys; import bot.app; from bot.__main__ import main;"
        "print([each for each in sys.modules if each.startswith(('botbuilder', 'msrest', 'jwt'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_teams_switches_the_demo_off() -> None:
    assert Settings().demo
    assert not Settings(microsoft_app_id=APP).demo
    assert not Settings(teams_dev_loopback=True).demo


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_hiccup_of_the_sign_in_ends_no_start(sqlite: Sqlite, status: int) -> None:
    stage = TeamsStage(sqlite)
    stage.furnish()
    stage.peer.plan("token", Fault(str(status), status, b'{"error": "temporarily_unavailable"}'))
    await stage.start()
    try:
        assert "INC-1" in await stage.client("Anna").says("incident Till is dead")
    finally:
        await stage.stop()


async def test_what_comes_before_the_start_is_sent_again(sqlite: Sqlite) -> None:
    stage = TeamsStage(sqlite)
    stage.furnish()
    await stage.start()
    try:
        session, stage.edge._session = stage.edge._session, None
        got = await stage.peer.post(b"{}", {"Authorization": "Bearer x"})
        stage.edge._session = session
        assert got.status == 503
    finally:
        await stage.stop()
