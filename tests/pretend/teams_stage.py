"""The stage for Teams' tests: the company of the tour in a pretend Teams, and Lotse before it.

The edge is the real one, spoken to over real sockets; dispatcher, courier and scheduler are
those of every stage. At the end nothing may be left that nobody looked at: no message, no
refusal, no planned fault.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from typing import Any

from aiohttp import web

from bot.delivery.answering import FIRST, LIFE
from bot.delivery.clock import HandClock
from bot.delivery.courier import Courier
from bot.delivery.dispatch import Dispatcher
from bot.delivery.outages.catching_up import CatchingUp
from bot.delivery.scheduler import Scheduler, long_timers
from bot.delivery.senders.introductions import Introductions
from bot.teams.edge import App, TeamsEdge
from bot.teams.tokens import cloud
from handlers import FEATURES
from handlers.digest import schedule as digest_schedule
from handlers.settings.platform_notices import PlatformTimer
from storage.delivery.places import PlaceRole
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.teams import conversations
from storage.workspaces import Workspace
from tests.pretend.adaptive_card import user_id
from tests.pretend.company import NAMES, Answered, Company, furnish, rest
from tests.pretend.stage import MONDAY, Ids
from tests.pretend.teams_peer import APP, PASSWORD, TENANT, Peer
from tests.pretend.teams_person import Client
from tests.pretend.timed import MAIN, Timed

INCIDENTS, MANAGERS = "19:inc@thread.tacv2", "19:man@thread.tacv2"
GENERAL, GROUP = "19:gen@thread.tacv2", "19:group@thread.v2"
SPEAKS = {"Anna": "en", "Ben": "de", "Carla": "de", "Chris": "en"}
CHANNELS = (
    (INCIDENTS, "incidents", PlaceRole.INCIDENTS),
    (MANAGERS, "management", PlaceRole.MANAGERS),
)


def app(peer: Peer, **given: Any) -> App:
    """Return the registration of the tests, at the pretend Microsoft."""
    found = cloud("public", ("127.0.0.1",), peer.login)
    return App(**{
        "id": APP, "password": PASSWORD, "single": True, "tenants": (TENANT,), "cloud": found,
        **given,
    })  # fmt: skip


class TeamsStage(Timed):
    """Everything between the pretend Teams and the store."""

    def __init__(self, database: Database, **given: Any) -> None:
        self.database = database
        self.clock = HandClock(MONDAY.astimezone(UTC))
        self.peer = Peer()
        self.new_id = Ids()
        self.edge: TeamsEdge
        self._features = given.pop("features", FEATURES)
        self._given = given
        self._clients: dict[str, Client] = {}
        self._runner: web.AppRunner | None = None
        for name in NAMES:
            self.peer.person(name)
        for id, name, _role in CHANNELS:
            self.peer.room(id, "channel", name)
        self.peer.room(GENERAL, "channel", "general")
        self.peer.room(GROUP, "groupChat", "Planning")

    async def start(self) -> None:
        """Start both sides and let them know each other."""
        await self.peer.start()
        self.dispatcher = Dispatcher(self.database, self._features, self.clock, self.new_id)
        self.dispatcher.patience = 60.0  # a slow machine changes no conversation
        own: dict[str, Any] = {"key_limit": 0.8, "answer_life": LIFE, "answer_wait": FIRST}
        own = {name: self._given.pop(name, usual) for name, usual in own.items()}
        self.edge = TeamsEdge(
            dispatcher=self.dispatcher, database=self.database, workspace=MAIN,
            app=app(self.peer, **self._given), clock=self.clock, ids=self.new_id, **own,
        )  # fmt: skip
        self.edge.platform.rate = None
        self.courier = Courier(
            self.database,
            {"teams": self.edge.platform},
            self.clock,
            random.Random(1),
            follows=CatchingUp(self.new_id),
        )
        introductions = Introductions(
            self.database, self.dispatcher.handle, self.clock, {"teams": self.edge.introduce}
        )
        self.scheduler = Scheduler(
            self.database,
            self.dispatcher.run_timer,
            self.clock,
            {PlatformTimer.INTRODUCE: introductions.keep},
            long_timers(FEATURES),
        )
        await self.edge.start()
        site = web.Application()
        self.edge.add_to(site)
        self._runner = web.AppRunner(site, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.peer.bot_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/messages"
        self.database.transact(self._reachable)

    async def stop(self) -> None:
        """Stop both sides."""
        await self.edge.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        await self.peer.stop()

    # --- the company -----------------------------------------------------------------

    def furnish(self, language: str = "en", *, known: bool = True, chosen: bool = True) -> None:
        """Put the company into the store; `known` people have been looked up before.

        `chosen` says that they have chosen their languages.
        """
        self._known = known

        def work(tx: Tx) -> None:
            now = self.clock.now()
            main = Workspace(MAIN, "Demo", language, "Europe/Berlin", "DE")
            till = "Till" if language == "en" else "Kasse"
            whole = Company(
                channels=tuple((f"teams:{id}", name, role) for id, name, role in CHANNELS),
                services=(Answered("till", till, (f"{till}s",), "Ben", "Carla"), rest(language)),
                id=user_id,
                identity=lambda name: f"teams:{TENANT}:{user_id(name)}",
                direct=lambda name: f"teams:@{user_id(name)}",
                names=NAMES,
                speaks=SPEAKS if chosen else {},
            )
            nobody = replace(whole, channels=(), services=(), names=())
            furnish(tx, main, whole if known else nobody, now)
            tx = tx.within(MAIN)
            digest_schedule.plan(tx, id="digest", now=now, zone=main.zone, region=main.region)

        self.database.transact(work)

    def _reachable(self, tx: Tx) -> None:
        """Let Lotse have been installed everywhere before."""
        tx = tx.within(MAIN)
        ways: list[tuple[str, str, str | None]] = [
            (f"teams:{id}", id, None) for id, _name, _role in CHANNELS
        ]
        for id, each in self.peer.people.items():
            ways.append((f"teams:@{each['aadObjectId']}", self.peer.personal(id).id, id))
        for place, conversation, member in ways if self._known else ():
            conversations.hear(
                tx, PlaceId(place), conversation=conversation, service_url=self.peer.service_url,
                tenant=TENANT, member=member, now=self.clock.now(),
            )  # fmt: skip

    def client(self, name: str) -> Client:
        """Return somebody in front of their screen."""
        if name not in self._clients:
            self._clients[name] = Client(self.peer, f"29:{name.lower()}", self.settle, self.carry)
        return self._clients[name]

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
            *self.peer.unexpected(),
            *self.peer.refusals,
            *self.peer.planned,
            *(f"{each['place']} is stuck: {each['reason']}" for each in stuck),
        ]


@asynccontextmanager
async def teams_stage(
    database: Database, *, language: str = "en", known: bool = True, chosen: bool = True,
    strict: bool = True, **given: Any,
) -> AsyncIterator[TeamsStage]:  # fmt: skip
    """Set up a stage; at its end, look whether anything is left over."""
    stage = TeamsStage(database, **given)
    stage.furnish(language, known=known, chosen=chosen)
    try:
        await stage.start()
        yield stage
        await stage.carry()
        if strict:
            assert not stage.left_over(), "\n".join(["left over:", *stage.left_over()])
    finally:
        await stage.stop()
