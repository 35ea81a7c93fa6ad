"""The stage for Slack's tests: the company of the tour in a pretend Slack, and Lotse before it.

The edge is the real one, spoken to over real sockets; dispatcher, courier and
scheduler are those of every stage. At the end nothing may be left that nobody
looked at: no message, no refusal, no planned fault.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

from aiohttp import web

from bot.clock import HandClock
from bot.courier import Courier
from bot.dispatch import Dispatcher
from bot.scheduler import Scheduler
from bot.slack import SlackEdge
from bot.slack_socket import Sockets
from handlers import FEATURES, digest
from handlers.kit.readers import folded
from storage import people, places, services, workspaces
from storage.engine import Database, Tx
from storage.services import Service
from storage.workspaces import Workspace
from tests.slack_peer import APP_TOKEN, SECRET, TEAM, TOKEN, Client, Peer
from tests.stage import MONDAY, Ids
from tests.timed import MAIN as MAIN
from tests.timed import Timed

PEOPLE = (
    ("anna", "en", False),
    ("ben", "de", False),
    ("carla", "de", False),
    ("chris", "en", True),
)
INCIDENTS, GENERAL, MANAGERS = "CINC", "CGEN", "CMAN"
CHANNELS = ((INCIDENTS, "incidents", "incidents"), (MANAGERS, "management", "managers"))


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
        self._given = given
        self._clients: dict[str, Client] = {}
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Task[None] | None = None
        for name, *_rest in PEOPLE:
            self.peer.user(user(name), name.title())
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
        http = self.peer.over == "http"
        self.edge = SlackEdge(
            dispatcher=self.dispatcher, database=self.database, workspace=MAIN, token=TOKEN,
            signing_secret=SECRET if http else "", app_token="" if http else APP_TOKEN,
            api_url=self.peer.url, sockets=sockets, **{"settle": 0.0, **self._given},
        )  # fmt: skip
        self.edge.platform.rate = None
        self.courier = Courier(
            self.database, {"slack": self.edge.platform}, self.clock, random.Random(1)
        )
        self.scheduler = Scheduler(self.database, self.dispatcher.run_timer, self.clock)
        await self.edge.start()
        if http:
            app = web.Application()
            self.edge.add_to(app)
            self._runner = web.AppRunner(app, shutdown_timeout=0.1)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            port = self._runner.addresses[0][1]
            self.peer.request_url = f"http://127.0.0.1:{port}/slack/events"
        else:
            self._listening = asyncio.create_task(self.edge.listen())
            await self.peer.connected()

    def _stir(self) -> None:
        self.edge.stir()

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
            company = Workspace(MAIN, "Lotse", language, "Europe/Berlin", "DE")
            workspaces.ensure(tx, company, now)
            tx = tx.within(MAIN)
            for name, speaks, manages in PEOPLE if known else ():
                people.meet(
                    tx, f"slack:{TEAM}:{user(name)}", name.title(), id=user(name), now=now,
                    key=f"key-{name}", language=speaks if chosen else None, manager=manages,
                )  # fmt: skip
                places.ensure(tx, f"slack:@{user(name)}", "direct", name.title(), person=user(name))
            for id, name, role in CHANNELS if known else ():
                places.ensure(tx, f"slack:{id}", "channel", name, role=role)
            till, rest = (
                ("Till", "Everything else") if language == "en" else ("Kasse", "Alles andere")
            )
            for service in (
                (
                    Service("till", till, (f"{till}s",), "UBEN", "UCARLA", fallback=False),
                    Service("rest", rest, (), "UCHRIS", "UCARLA", fallback=True),
                )
                if known
                else ()
            ):
                services.add(tx, service, name_key=folded(service.name), now=now)
            digest.plan(tx, id="digest", now=now, zone=company.zone, region=company.region)

        self.database.transact(work)

    def client(self, name: str) -> Client:
        """Return somebody in front of their screen."""
        if name not in self._clients:
            self._clients[name] = Client(self.peer, user(name), self.settled, self.carry)
        return self._clients[name]

    # --- time ------------------------------------------------------------------------

    async def settled(self) -> None:
        """Let everything that follows an answer come to its end."""
        await self.edge.settled()

    async def carry(self) -> None:
        """Carry out what is due now, and deliver what may be delivered now."""
        await self.scheduler.round()
        await self.courier.drain()
        await self.edge.settled()

    # --- looking ---------------------------------------------------------------------

    def left_over(self) -> list[str]:
        """Return what nobody expected: messages, refusals, faults that never happened."""
        stuck = self.rows(
            "select place, reason from outbox where workspace = :workspace "
            "and state in ('ambiguous', 'parked', 'dead')"
        )
        return [
            *self.peer.unexpected(),
            *self.peer.refusals,
            *self.peer.planned,
            *(f"{each['place']} is stuck: {each['reason']}" for each in stuck),
        ]


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
