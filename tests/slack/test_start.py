"""As a stranger starts it: `python -m bot` with a token in the environment, nothing else."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.encryption import new_key
from tests.pretend.slack_peer import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, SECRET, TOKEN, Peer
from tests.pretend.slack_person import Client
from tests.pretend.slack_stage import Browser

ROOT = Path(__file__).parent.parent.parent
INHERITED = ("PATH", "HOME", "LANG", "SYSTEMROOT")


@dataclass(slots=True)
class Started:
    """A running Lotse and what it said at first."""

    process: asyncio.subprocess.Process
    said: str


@asynccontextmanager
async def started(**settings: str) -> AsyncIterator[Started]:
    """Start Lotse with these settings and nothing else; stop it the way an operator does."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", cwd=ROOT, env={**kept, "PORT": "0", **settings},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            said = (await process.stdout.readline()).decode()
        yield Started(process, said)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


QUIET = 5  # times that nothing new has come


@asynccontextmanager
async def peer(over: str) -> AsyncIterator[tuple[Peer, Client]]:
    """Give a pretend Slack with Anna in it."""
    slack = Peer(over)
    slack.user("UANNA", "Anna")
    slack.channel("C1", "one")
    await slack.start()

    yield slack, Client(slack, "UANNA", moment(slack), moment(slack))
    await slack.stop()


def moment(slack: Peer) -> Callable[[], Awaitable[None]]:
    """Return what waits until nothing new has come for a while."""

    async def wait() -> None:
        count, quiet = -1, 0  # whom nobody knows is looked up first: one pause is no end
        while quiet < QUIET:
            await asyncio.sleep(0.15)
            quiet = quiet + 1 if count == len(slack.calls) else 0
            count = len(slack.calls)

    return wait


def environment(slack: Peer, folder: Path, **more: str) -> dict[str, str]:
    """Return the settings that a stranger makes."""
    return {
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_API_URL": slack.url,
        "DATABASE_URL": f"sqlite:///{folder / 'lotse.db'}",
        **more,
    }


async def test_over_http_the_first_incident_is_one_line_away(folder: Path) -> None:
    async with peer("http") as (slack, anna):
        given = environment(slack, folder, SLACK_SIGNING_SECRET=SECRET, LOTSE_LANGUAGE="en")
        async with started(**given) as lotse:
            address = re.search(r"http://127[.]0[.]0[.]1:[0-9]+/slack/events", lotse.said)
            assert address, lotse.said
            slack.request_url = address[0]
            assert "INC-1 is declared." in await anna.types("/incident Till is dead", at="C1")
            assert slack.sees("C1")[0].startswith("INC-1 · Till is dead")
            assert (await slack.post(b"{}", "application/json", secret="wrong")).status == 401
        assert lotse.process.returncode == 0


@pytest.mark.slow
async def test_over_socket_mode_no_address_is_needed(folder: Path) -> None:
    async with peer("socket") as (slack, anna):
        given = environment(slack, folder, SLACK_APP_TOKEN=APP_TOKEN, LOTSE_LANGUAGE="en")
        async with started(**given, SLACK_SIGNING_SECRET=SECRET) as lotse:
            assert "Socket Mode" in lotse.said
            await slack.connected(2)
            assert "INC-1 is declared." in await anna.types("/incident Till is dead", at="C1")
            assert slack.sees("C1")[0].startswith("INC-1 · Till is dead")
        assert lotse.process.returncode == 0
        async with started(**given) as lotse:  # what was stored is still there
            await slack.connected(2)
            assert "INC-2 is declared." in await anna.types("/incident Till 2 is dead", at="C1")


@pytest.mark.slow
async def test_many_workspaces_need_no_token_and_install_by_themselves(folder: Path) -> None:
    async with peer("http") as (slack, _anna):
        there = slack.other("T2")
        there.user("UANNA", "Anna")
        there.channel("C1", "one")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        given = environment(
            slack, folder, SLACK_BOT_TOKEN="", SLACK_SIGNING_SECRET=SECRET,
            SLACK_CLIENT_ID=CLIENT_ID, SLACK_CLIENT_SECRET=CLIENT_SECRET, PORT=str(port),
            LOTSE_KEYS=f"a={new_key()}", LOTSE_URL=f"http://127.0.0.1:{port}",
        )  # fmt: skip
        slack.request_url = f"http://127.0.0.1:{port}/slack/events"
        anna = Client(there, "UANNA", moment(there), moment(there))
        for number in (1, 2):  # what was installed is still there after a restart
            async with started(**given) as lotse:
                assert "speaks to Slack" in lotse.said, lotse.said
                if number == 1:
                    assert "Lotse is not installed" in await anna.types("/incident Till is dead")
                    async with Browser(given["LOTSE_URL"]) as browser:
                        status, shown = await browser.install(slack, there, "UANNA")
                    assert status == 200 and "Lotse is installed in Company T2" in shown
                said = await anna.types(f"/incident Till no {number} is dead", at="C1")
                assert f"INC-{number} " in said
                assert len(there.sees("C1")) == number
            assert lotse.process.returncode == 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"SLACK_BOT_TOKEN": "", "SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "x",
          "SLACK_SIGNING_SECRET": SECRET, "LOTSE_URL": "https://lotse.example.com"},
         "python -m bot key"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong", "SLACK_SIGNING_SECRET": SECRET}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": TOKEN}, "also needs SLACK_APP_TOKEN"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_in_a_sentence(
    folder: Path, settings: dict[str, str], sentence: str
) -> None:
    async with peer("http") as (slack, _anna):
        given = {**environment(slack, folder), **settings}
        async with started(**given) as lotse:
            assert lotse.said == ""
            _out, problem = await lotse.process.communicate()
        assert sentence in problem.decode()
        assert "Traceback" not in problem.decode()
        assert "xoxb" not in problem.decode() and SECRET not in problem.decode()
        assert lotse.process.returncode == 1
