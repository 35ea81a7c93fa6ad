"""An activity through our whole Teams road, against botbuilder's adapter and our Slack road.

Each server is a process of its own; the load comes from this one, over loopback, every
request with a valid token or signature. The variants take turns within one run:

cloud   botbuilder's CloudAdapterBase with its own authentication, as it comes; the bot
        that it leads to does nothing
teams   ours: token, activity, one transaction, the answer as a dialog
slack   ours: signature, Bolt, one transaction, the answer in Block Kit
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
import urllib.parse
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from benchmarks.size import Size
from bot import serving
from bot.lotse import MAIN
from storage import people as storage_people
from storage.engine import opening
from storage.engine.ids import PersonId, ServiceId
from tests.pretend import slack_peer, teams_peer
from tests.pretend.slack_peer import SECRET, TOKEN
from tests.pretend.teams_peer import APP, PASSWORD, TENANT

VARIANTS = ("cloud", "teams", "slack")


@dataclass(frozen=True, slots=True)
class Load:
    """Medians over the rounds: requests per second, p50 and p99 in milliseconds."""

    rate: float
    p50: float
    p99: float


Loads = dict[tuple[str, int], Load]


def measure(size: Size) -> Loads:
    """Measure all variants."""
    return asyncio.run(_measure(size))


async def _measure(size: Size) -> Loads:
    loads: Loads = {}
    async with _platforms() as (teams, slack), contextlib.AsyncExitStack() as running:
        lanes: dict[str, tuple[int, Callable[[], bytes]]] = {}
        for each in VARIANTS:
            api = slack.url if each == "slack" else teams.login
            port = await running.enter_async_context(_served(each, api))
            asks = _command if each == "slack" else _activity(teams)
            lanes[each] = (port, asks)
        for at_once in _at_once(size):
            rounds: dict[str, list[Load]] = {each: [] for each in VARIANTS}
            for each in VARIANTS if size.warm else ():
                await _load(*lanes[each], at_once, size.seconds)
            for _round in range(size.loads):
                for each in VARIANTS:
                    rounds[each].append(await _load(*lanes[each], at_once, size.seconds))
            for each, found in rounds.items():
                loads[each, at_once] = _middle(found)
    return loads


def _at_once(size: Size) -> tuple[int, ...]:
    return tuple(each for each in size.at_once if each <= size.busy)


def _middle(found: list[Load]) -> Load:
    middle = statistics.median
    return Load(
        middle(each.rate for each in found),
        middle(each.p50 for each in found),
        middle(each.p99 for each in found),
    )


def table(loads: Loads, size: Size) -> Iterator[str]:
    """Give the lines of the report."""
    yield "Activity with token check, stored, answered (rate per s; p50, p99 in ms):\n"
    yield "| at once | CloudAdapter | Teams | Slack | Teams / CloudAdapter | Teams / Slack |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for at_once in _at_once(size):
        cloud, teams, slack = (loads[each, at_once] for each in VARIANTS)
        cells = [
            f"{each.rate:.0f}; {each.p50:.2f}, {each.p99:.2f}" for each in (cloud, teams, slack)
        ]
        ratios = [f"{teams.rate / cloud.rate:.2f}", f"{teams.rate / slack.rate:.2f}"]
        yield f"| {at_once} | " + " | ".join([*cells, *ratios]) + " |"
    yield "\nAims: 10 of the CloudAdapter, 0.7 of Slack."


# --- the load --------------------------------------------------------------------------------


async def _load(port: int, asks: Callable[[], bytes], at_once: int, seconds: float) -> Load:
    """Keep `at_once` requests in flight for a while, each over a connection of its own."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def one_after_the_other() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end or len(times) < 2:
            request = asks()
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - began)
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _lane in range(at_once)))
    took = time.perf_counter() - began
    cuts = statistics.quantiles(times, n=100)
    return Load(len(times) / took, cuts[49] * 1000, cuts[98] * 1000)


_numbers = itertools.count(time.time_ns())


def _activity(peer: teams_peer.Peer) -> Callable[[], bytes]:
    """Return what makes a form that declares an incident: sent with an invoke, answered in it."""
    token = peer.token()

    def made() -> bytes:
        number = next(_numbers)
        data = {
            "call": {"word": "incident", "args": {}},
            "place": "teams:19:gen@thread.tacv2",
            "in.title": f"Kasse druckt nicht {number}",
        }
        activity = peer.activity(
            "invoke",
            "29:anna",
            "19:gen@thread.tacv2",
            id=str(number),
            name="task/submit",
            value={"data": data},
        )
        return _http(
            "/api/messages", "application/json", json.dumps(activity), {"Authorization": token}
        )

    return made


def _command() -> bytes:
    number = next(_numbers)
    fields = {
        "command": "/incident",
        "text": f"Kasse druckt nicht {number}",
        "team_id": "T1",
        "user_id": "UANNA",
        "user_name": "anna",
        "channel_id": "C1",
        "channel_name": "one",
        "api_app_id": "A1",
        "trigger_id": str(number),
        "response_url": "http://127.0.0.1:9/",
    }
    body = urllib.parse.urlencode(fields)
    signed = slack_peer.sign(body.encode(), str(int(time.time())))
    return _http("/slack/events", "application/x-www-form-urlencoded", body, signed)


def _http(path: str, kind: str, body: str, headers: dict[str, str]) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    length = len(body.encode())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"
    )
    return f"{head}{more}\r\n{body}".encode()


@contextlib.asynccontextmanager
async def _platforms() -> AsyncIterator[tuple[teams_peer.Peer, slack_peer.Peer]]:
    teams, slack = teams_peer.Peer(), slack_peer.Peer()
    for name in ("Anna", "Ben", "Carla", "Chris"):
        teams.person(name)
        slack.user(f"U{name.upper()}", name)
    teams.room("19:gen@thread.tacv2", "channel", "general")
    slack.channel("C1", "one")
    await teams.start()
    await slack.start()
    yield teams, slack
    await teams.stop()
    await slack.stop()


# --- the servers ---------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _served(variant: str, api: str) -> AsyncIterator[int]:
    """Start a server in a process of its own and give its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.teams",
        variant,
        api,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def _serve(variant: str, api: str, folder: Path) -> None:
    app = web.Application()
    async with contextlib.AsyncExitStack() as running:
        if variant == "cloud":
            _cloud(app, api)
        else:
            await running.enter_async_context(_ours(app, variant, api, folder))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def _ours(app: web.Application, variant: str, api: str, folder: Path) -> AsyncIterator[None]:
    """Serve Lotse on one of both platforms, with the same company behind it."""
    from bot import app as lotse
    from bot.config import Settings
    from storage import services
    from storage.engine import Tx
    from storage.services import Service
    from tests.pretend.adaptive_card import user_id

    slack = variant == "slack"
    settings = (
        Settings(slack_bot_token=TOKEN, slack_signing_secret=SECRET, slack_api_url=api)
        if slack
        else Settings(
            microsoft_app_id=APP,
            microsoft_app_password=PASSWORD,
            microsoft_app_tenants=(TENANT,),
            teams_login_url=api,
            teams_hosts=("127.0.0.1",),
        )
    )
    database = opening.open_database(f"sqlite:///{folder / 'road.db'}")
    parts = lotse.build(settings, database, demo=False)

    def furnish(tx: Tx) -> None:
        tx = tx.within(MAIN)
        for name in ("Anna", "Ben", "Carla", "Chris"):
            id = f"U{name.upper()}" if slack else user_id(name)
            identity = f"slack:T1:{id}" if slack else f"teams:{TENANT}:{id}"
            storage_people.find_or_create(
                tx, identity, name, id=PersonId(id), key=name, now=parts.clock.now()
            )
        ben, carla = ("UBEN", "UCARLA") if slack else (user_id("Ben"), user_id("Carla"))
        for each in (
            Service(
                ServiceId("kasse"),
                "Kasse",
                ("Kassen",),
                PersonId(ben),
                PersonId(carla),
                fallback=False,
            ),
            Service(
                ServiceId("rest"), "Alles andere", (), PersonId(carla), PersonId(ben), fallback=True
            ),
        ):
            services.add(tx, each, name_key=each.id, now=parts.clock.now())

    async with serving.platforms(parts):
        database.transact(furnish)
        edge = parts.slack if slack else parts.teams
        assert edge is not None
        edge.add_to(app)
        yield


def _cloud(app: web.Application, api: str) -> None:
    """Serve a bot that does nothing behind botbuilder's own adapter and authentication."""
    from botbuilder.core import CloudAdapterBase, TurnContext
    from botbuilder.schema import Activity
    from botframework.connector.auth import (
        BotFrameworkAuthenticationFactory,
        PasswordServiceClientCredentialFactory,
    )

    issuer = "https://api.botframework.com"
    adapter = CloudAdapterBase(
        BotFrameworkAuthenticationFactory.create(
            channel_service="",
            validate_authority=True,
            to_channel_from_bot_login_url=f"https://login.microsoftonline.com/{TENANT}",
            to_channel_from_bot_oauth_scope=issuer,
            to_bot_from_channel_token_issuer=issuer,
            oauth_url="https://token.botframework.com",
            to_bot_from_channel_open_id_metadata_url=f"{api}/.well-known/openidconfiguration",
            to_bot_from_emulator_open_id_metadata_url=f"{api}/.well-known/openidconfiguration",
            credential_factory=PasswordServiceClientCredentialFactory(APP, PASSWORD, TENANT),
        )
    )

    async def bot(_turn: TurnContext) -> None:
        return None

    async def received(request: web.Request) -> web.Response:
        activity = Activity().deserialize(await request.json())
        activity.type = "message"  # what is asked of it: let in, and do nothing
        await adapter.process_activity(request.headers["Authorization"], activity, bot)
        return web.Response()

    app.router.add_post("/api/messages", received)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(_serve(sys.argv[1], sys.argv[2], Path(place)))
