"""The stage for Slack's tests: the company of the tour in a pretend Slack, and Lotse before it.

The edge is the real one, spoken to over real sockets; dispatcher, courier and
scheduler are those of every stage. At the end nothing may be left that nobody
looked at: no message, no refusal, no planned fault.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from typing import Any

import aiohttp
from aiohttp import web

from bot.delivery.channels import Rooms
from bot.delivery.clock import HandClock
from bot.delivery.courier import Courier
from bot.delivery.dispatch import Dispatcher
from bot.delivery.outages.catching_up import CatchingUp
from bot.delivery.scheduler import Scheduler, long_timers
from bot.delivery.senders.introductions import Introductions
from bot.encryption import TokenCipher, new_key
from bot.http.limits import LimitedRunner
from bot.slack.edge import SlackEdge
from bot.slack.installations import OAuth
from bot.slack.socket_mode import Sockets
from handlers import FEATURES
from handlers.digest import schedule as digest_schedule
from handlers.incidents.keys import IncidentTimer
from handlers.settings.platform_notices import PlatformTimer
from storage.delivery.places import PlaceRole
from storage.engine import Database, Tx
from storage.workspaces import Workspace
from tests.pretend.company import NAMES, Answered, Company, furnish, rest
from tests.pretend.slack_peer import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, SECRET, TEAM, TOKEN, Peer
from tests.pretend.slack_person import Client
from tests.pretend.stage import MONDAY, Ids
from tests.pretend.timed import MAIN as MAIN
from tests.pretend.timed import Timed

INCIDENTS, GENERAL, MANAGERS = "CINC", "CGEN", "CMAN"
SPEAKS = {"Anna": "en", "Ben": "de", "Carla": "de", "Chris": "en"}
CHANNELS = (
    (INCIDENTS, "incidents", PlaceRole.INCIDENTS),
    (MANAGERS, "management", PlaceRole.MANAGERS),
)


def user(name: str) -> str:
    """Return a person's id in the pretend Slack."""
    return f"U{name.upper()}"


class SlackStage(Timed):
    """Everything between the pretend Slack and the store."""

    def __init__(self, database: Database, over: str = "http", **given: Any) -> None:
        self.database = database
        self.clock = HandClock(MONDAY.astimezone(UTC))
        self.peer = Peer(over)
        self.new_id = Ids()
        self.edge: SlackEdge
        self._token = str(given.pop("token", TOKEN))
        self._many = bool(given.pop("many", False))
        self.cipher = TokenCipher(given.pop("keys", None) or {"k": new_key()})
        self.address = ""
        self._given = given
        self._clients: dict[str, Client] = {}
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Task[None] | None = None
        for name in NAMES:
            self.peer.user(user(name), name)
        for id, name, _role in CHANNELS:
            self.peer.channel(id, name)
        self.peer.channel(GENERAL, "general")

    async def start(self, sockets: Callable[..., Sockets] = Sockets) -> None:
        """Start both sides and let them know each other."""
        await self.peer.start()
        self.dispatcher = Dispatcher(
            self.database,
            self._given.pop("features", FEATURES),
            self.clock,
            self.new_id,
            self._stir,
        )
        self.dispatcher.patience = 60.0  # a slow machine changes no conversation
        http = self.peer.over == "http"
        door = socket.create_server(("127.0.0.1", 0))
        here = f"http://127.0.0.1:{door.getsockname()[1]}"
        if self._many:
            self.address = here
            oauth = OAuth(CLIENT_ID, CLIENT_SECRET, self.cipher)
            company = Workspace(MAIN, "Demo", "en", "Europe/Berlin", "DE")
            self._given = {"company": company, **self._given, "oauth": oauth, "address": here}
        self.edge = SlackEdge(
            dispatcher=self.dispatcher, database=self.database, workspace=MAIN, token=self._token,
            now=self.clock.now,
            signing_secret=SECRET if http else "", app_token="" if http else APP_TOKEN,
            api_url=self.peer.url, sockets=sockets, **{"settle": 0.0, **self._given},
        )  # fmt: skip
        self.edge.platform.rate = None
        self.courier = Courier(
            self.database,
            {"slack": self.edge.platform},
            self.clock,
            random.Random(1),
            follows=CatchingUp(self.new_id),
        )
        self.scheduler = Scheduler(
            self.database,
            self.dispatcher.run_timer,
            self.clock,
            {
                IncidentTimer.CHANNEL: Rooms(self.database, {"slack": self.edge.rooms}).keep,
                PlatformTimer.INTRODUCE: Introductions(
                    self.database,
                    self.dispatcher.handle,
                    self.clock,
                    {"slack": self.edge.introduce},
                ).keep,
            },
            long_timers(FEATURES),
        )
        try:
            await self.edge.start()
        except BaseException:
            door.close()
            await self.peer.stop()
            raise
        app = web.Application()
        self.edge.add_to(app)
        self._runner = LimitedRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.SockSite(self._runner, door).start()
        self.peer.request_url = f"{here}/slack/events"
        if not http:
            self._listening = asyncio.create_task(self.edge.listen())
            await self.peer.connected()

    def _stir(self) -> None:
        self.edge.refresh_home_tabs()

    async def stop(self) -> None:
        """Stop both sides."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self.edge.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        await self.peer.stop()

    # --- the company -----------------------------------------------------------------

    def furnish(self, language: str = "en", *, known: bool = True, chosen: bool = True) -> None:
        """Put the company into the store; `known` people have shown their profiles before.

        `chosen` says that they have chosen their languages.
        """

        def work(tx: Tx) -> None:
            now = self.clock.now()
            main = Workspace(MAIN, "Demo", language, "Europe/Berlin", "DE")
            till = "Till" if language == "en" else "Kasse"
            whole = Company(
                channels=tuple((f"slack:{id}", name, role) for id, name, role in CHANNELS),
                services=(Answered("till", till, (f"{till}s",), "Ben", "Carla"), rest(language)),
                id=user,
                identity=lambda name: f"slack:{TEAM}:{user(name)}",
                direct=lambda name: f"slack:@{user(name)}",
                names=NAMES,
                speaks=SPEAKS if chosen else {},
            )
            nobody = replace(whole, channels=(), services=(), names=())
            furnish(tx, main, whole if known else nobody, now)
            tx = tx.within(MAIN)
            digest_schedule.plan(tx, id="digest", now=now, zone=main.zone, region=main.region)

        self.database.transact(work)

    def client(self, name: str) -> Client:
        """Return somebody in front of their screen."""
        if name not in self._clients:
            self._clients[name] = Client(self.peer, user(name), self.settle, self.carry)
        return self._clients[name]

    # --- other companies -------------------------------------------------------------

    def company(self, team: str = "T2") -> Peer:
        """Let there be another company with the same people and channels; it has no Lotse yet."""
        made = self.peer.other(team)
        for name in NAMES:
            made.user(user(name), name)
        for id, name, _role in CHANNELS:
            made.channel(id, name)
        made.channel(GENERAL, "general")
        return made

    async def install(self, there: Peer, name: str = "anna", **given: str) -> tuple[int, str]:
        """Let somebody of a company install Lotse in a browser; return what is shown at the end."""
        async with Browser(self.address, **given) as browser:
            return await browser.install(self.peer, there, user(name))

    def at(self, there: Peer, name: str) -> Client:
        """Return somebody of another company in front of their screen."""
        return Client(there, user(name), self.settle, self.carry)

    # --- time ------------------------------------------------------------------------

    async def settle(self) -> None:
        """Let everything that follows an answer come to its end."""
        await self.edge.settle()

    async def carry(self) -> None:
        """Carry out what is due now, and deliver what may be delivered now."""
        await self.scheduler.round()
        await self.scheduler.settle()
        await self.courier.drain()
        await self.edge.settle()

    # --- looking ---------------------------------------------------------------------

    def left_over(self) -> list[str]:
        """Return what nobody expected: messages, refusals, faults that never happened."""
        stuck = self.rows(
            "select place, reason from outbox where workspace = :workspace "
            "and state in ('ambiguous', 'parked', 'dead')"
        )
        return [
            *(
                f"{each.team}: {left}"
                for each in (self.peer, *self.peer.others.values())
                for left in (*each.unexpected(), *each.refusals, *each.planned)
            ),
            *(f"{each['place']} is stuck: {each['reason']}" for each in stuck),
        ]


class Browser:
    """Somebody's browser, with its cookies and its language."""

    def __init__(self, address: str, language: str = "en") -> None:
        self.address = address
        self._language = language

    async def __aenter__(self) -> Browser:
        self.session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"Accept-Language": self._language},
        )
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.session.close()

    async def begin(self) -> str:
        """Press “Install”; return where on Slack's side that leads."""
        async with self.session.get(
            f"{self.address}/slack/install", allow_redirects=False
        ) as answer:
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"]

    async def go(self, address: str) -> tuple[int, str]:
        """Go to an address; return what is shown."""
        async with self.session.get(address, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def install(self, slack: Peer, there: Peer, user: str) -> tuple[int, str]:
        """Install Lotse into a company's workspace."""
        return await self.go(slack.grants.agree(await self.begin(), there, user))


@asynccontextmanager
async def slack_stage(
    database: Database, over: str = "http", *, language: str = "en", known: bool = True,
    chosen: bool = True, strict: bool = True, sockets: Callable[..., Sockets] = Sockets,
    **given: Any,
) -> AsyncIterator[SlackStage]:  # fmt: skip
    """Set up a stage; at its end, look whether anything is left over."""
    stage = SlackStage(database, over, **given)
    stage.furnish(language, known=known, chosen=chosen)
    await stage.start(sockets)
    try:
        yield stage
        await stage.carry()
        if strict:
            assert not stage.left_over(), "\n".join(["left over:", *stage.left_over()])
    finally:
        await stage.stop()
