"""Puts everything together, by plain calls from top to bottom; nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from bot import door, hooks
from bot.clock import Clock
from bot.config import Settings
from bot.courier import Courier
from bot.dispatch import Dispatcher
from bot.ids import new_id
from bot.local import Local
from bot.platform import Platform
from bot.rooms import RoomMaker, Rooms
from bot.scheduler import Scheduler
from handlers import FEATURES, digest
from storage import outbox, timers, workspaces
from storage.engine import Database, StorageError, Tx
from storage.workspaces import Workspace

if TYPE_CHECKING:
    from bot.slack import SlackEdge
    from bot.teams import TeamsEdge

log = logging.getLogger("lotse")

DEMO = "demo"
MAIN = "main"  # the one workspace that the environment configures
AHEAD = "clock.ahead"  # the demo's setting: seconds it was wound forward
STALLED = 60.0  # seconds without a look at the timers until /health is red


class CannotListen(Exception):
    """The address cannot be listened on; the text says what to do."""


@dataclass(slots=True)
class Lotse:
    """The parts of one process. `local` is the page's chat, in the demo only.

    `works` says whether this process carries and schedules, or only serves.
    """

    settings: Settings
    database: Database
    clock: Clock
    dispatcher: Dispatcher
    courier: Courier
    scheduler: Scheduler
    local: Local | None
    slack: SlackEdge | None = None
    teams: TeamsEdge | None = None
    works: bool = True

    async def settle(self) -> None:
        """Carry out what is due now and deliver what there is to deliver."""
        self.scheduler.wake()
        self.courier.wake()
        await self.scheduler.round()
        await self.courier.drain()

    async def wind(self, to: datetime) -> None:
        """Wind the demo's clock forward, remember it, and let everything due happen."""
        ahead = self.clock.wind(to)
        seconds = str(ahead.total_seconds())

        def keep(tx: Tx) -> None:
            workspaces.set_setting(tx.within(DEMO), AHEAD, seconds)

        await asyncio.wrap_future(self.database.submit(keep))
        await self.settle()

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Carry and schedule in the background while the block runs."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # a signal after the end: the loop is closed
                loop.call_soon_threadsafe(self.courier.wake)
                loop.call_soon_threadsafe(self.scheduler.wake)

        self.database.listen(wake)
        tasks = [
            asyncio.create_task(self.scheduler.run(), name="scheduler"),
            asyncio.create_task(self.courier.run(), name="courier"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def open_database(url: str) -> Database:
    """Open the store that a `DATABASE_URL` names, brought up to date.

    Raises `StorageError` with a sentence for the operator.
    """
    if url.startswith("sqlite:///"):
        from storage.engine.sqlite import Sqlite

        return Sqlite(url.removeprefix("sqlite:///"))
    try:
        from storage.engine.postgres import Postgres
    except ImportError:
        raise StorageError(
            "PostgreSQL needs the extra packages: pip install 'psycopg[binary]'."
        ) from None
    return Postgres(url)


def build(
    settings: Settings, database: Database, clock: Clock | None = None, *, demo: bool
) -> Lotse:
    """Put the parts of one process together; `demo` adds the local chat and its own clock."""
    if clock is None:
        ahead = timedelta(seconds=database.read(_ahead) if demo else 0)
        clock = Clock(ahead, database.wall)  # where several machines share it, they share its time
    local = Local(database, clock) if demo else None
    platforms: dict[str, Platform] = {}
    if local is not None:
        platforms[local.name] = local
    courier = Courier(database, platforms, clock)

    def committed() -> None:
        courier.wake()
        scheduler.wake()
        if slack is not None:
            slack.stir()

    dispatcher = Dispatcher(database, FEATURES, clock, new_id, committed)
    slack = _slack(settings, database, dispatcher, clock) if settings.slack else None
    if slack is not None:
        platforms[slack.platform.name] = slack.platform
    teams = _teams(settings, database, dispatcher, clock) if settings.teams else None
    if teams is not None:
        platforms[teams.platform.name] = teams.platform
    makers: dict[str, RoomMaker] = {}
    if local is not None:
        makers[local.name] = local
    if slack is not None:
        makers[slack.platform.name] = slack.rooms
    rooms = Rooms(database, makers)
    scheduler = Scheduler(database, dispatcher.run_timer, clock, {"room": rooms.keep})
    return Lotse(settings, database, clock, dispatcher, courier, scheduler, local, slack, teams)


def _slack(
    settings: Settings, database: Database, dispatcher: Dispatcher, clock: Clock
) -> SlackEdge:
    from bot.slack import SlackEdge  # only who uses Slack waits for its library
    from bot.slack_installed import OAuth

    oauth = None
    if settings.slack_client_id:
        from bot.seal import Seal, keys_from

        oauth = OAuth(
            settings.slack_client_id,
            settings.slack_client_secret,
            Seal(keys_from(settings.keys)),
            settings.slack_channels,
        )
    return SlackEdge(
        dispatcher=dispatcher,
        database=database,
        workspace=MAIN,
        now=clock.now,
        oauth=oauth,
        address=settings.url,
        company=company(MAIN, settings),
        token=settings.slack_bot_token,
        signing_secret="" if settings.slack_app_token else settings.slack_signing_secret,
        app_token=settings.slack_app_token,
        api_url=settings.slack_api_url,
    )


def _teams(
    settings: Settings, database: Database, dispatcher: Dispatcher, clock: Clock
) -> TeamsEdge:
    from bot.teams import App, TeamsEdge  # its library takes a second to import
    from bot.teams_auth import cloud

    app = App(
        settings.microsoft_app_id,
        settings.microsoft_app_password,
        settings.microsoft_app_type == "SingleTenant",
        settings.microsoft_app_tenants,
        cloud(settings.teams_cloud, settings.teams_hosts, settings.teams_login_url),
        settings.teams_dev_loopback,
    )
    return TeamsEdge(dispatcher=dispatcher, database=database, workspace=MAIN, app=app, clock=clock)


def demo_url(settings: Settings) -> str:
    """Return where the demo remembers: a file of its own."""
    return f"sqlite:///{settings.data / 'demo.db'}"


def _ahead(tx: Tx) -> float:
    return float(workspaces.setting(tx.within(DEMO), AHEAD) or 0)


async def site(lotse: Lotse, token: str) -> web.Application:
    """Return the web application: health, machines' addresses, and in the demo the page."""
    app = web.Application(client_max_size=256 * 1024)

    async def healthy(request: web.Request) -> web.Response:
        # What is stuck names places: for the operator on this machine, not through a proxy.
        here = request.remote in ("127.0.0.1", "::1")
        proxied = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
        return await health(lotse, details=here and not proxied)

    app.router.add_get("/health", healthy)
    hooks.add_routes(app, lotse.dispatcher)
    if lotse.slack is not None:
        lotse.slack.add_to(app)
    if lotse.teams is not None:
        lotse.teams.add_to(app)
    if lotse.local is not None:
        from bot.web import Page

        page = Page(
            dispatcher=lotse.dispatcher,
            database=lotse.database,
            local=lotse.local,
            clock=lotse.clock,
            workspace=DEMO,
            token=token,
            wind=lotse.wind,
        )
        page.add_to(app)
    return app


async def health(lotse: Lotse, *, details: bool = True) -> web.Response:
    """Answer 200 while all is well, else 503, with the numbers behind it.

    `details` names what is stuck, each with its place and reason.
    """
    now = lotse.clock.now()

    def look(tx: Tx) -> dict[str, object]:
        overdue, dead = timers.health(tx, now)
        return {
            "timers": {"overdue": overdue, "dead": dead},
            "outbox": outbox.health(tx, now),
            "stuck": [asdict(each) for each in outbox.stuck_anywhere(tx)] if details else None,
        }

    try:
        found = await asyncio.wrap_future(lotse.database.submit_read(look))
    except StorageError:
        return web.json_response(
            {"ok": False, "reason": "the database does not answer"}, status=503
        )
    looked = lotse.scheduler.looked
    stalled = lotse.works and (looked is None or time.monotonic() - looked > STALLED)
    found["scheduler"] = "stalled" if stalled else "running" if lotse.works else "elsewhere"
    red = stalled or found["timers"]["overdue"]  # type: ignore[index]
    return web.json_response({"ok": not red, **found}, status=503 if red else 200)


async def serve(lotse: Lotse, *, works: bool = True) -> None:
    """Listen until cancelled; with `works`, carry and schedule in the same process."""
    lotse.works = works
    token = secrets.token_urlsafe(24)
    runner = door.Door(await site(lotse, token))
    await runner.setup()
    listener = web.TCPSite(runner, lotse.settings.host, lotse.settings.port)
    try:
        try:
            await listener.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            port = lotse.settings.port
            raise CannotListen(
                f"Port {port} is in use, perhaps by another Lotse. "
                f"PORT={port + 1} make run starts this one beside it."
            ) from None
        port = runner.addresses[0][1]
        here = f"http://{lotse.settings.host}:{port}"
        lotse.dispatcher.address = lotse.settings.url or here
        async with platforms(lotse), lotse.working() if works else contextlib.nullcontext():
            print(greeting(lotse, port, token), flush=True)
            await asyncio.Event().wait()
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def platforms(lotse: Lotse, *, listens: bool = True) -> AsyncIterator[None]:
    """Speak to the configured platforms while the block runs; `listens` says: also hear.

    Raises `Refused` when a platform does not let us in.
    """
    if lotse.slack is None and lotse.teams is None:
        yield
        return
    if lotse.settings.slack_bot_token or lotse.teams is not None:
        lotse.database.transact(lambda tx: prepare(tx, lotse.settings, lotse.clock.now()))
    async with contextlib.AsyncExitStack() as speaking:
        for edge in (lotse.slack, lotse.teams):
            if edge is not None:
                await edge.start()
                speaking.push_async_callback(edge.stop)
        sockets = None
        if listens and lotse.slack is not None and lotse.slack.over_socket:
            sockets = asyncio.create_task(lotse.slack.listen(), name="slack sockets")
        try:
            yield
        finally:
            if sockets is not None:
                sockets.cancel()
                await asyncio.gather(sockets, return_exceptions=True)


def prepare(tx: Tx, settings: Settings, now: datetime) -> None:
    """Make the one workspace of the environment, and plan its digest."""
    ours = company(MAIN, settings)
    workspaces.ensure(tx, ours, now)
    tx = tx.within(MAIN)
    digest.plan(tx, id=new_id(), now=now, zone=ours.zone, region=ours.region)


def company(id: str, settings: Settings) -> Workspace:
    """Return a company as the settings describe it."""
    return Workspace(id, "Lotse", settings.language, settings.zone, settings.region)


async def work(lotse: Lotse) -> None:
    """Only carry and schedule, until cancelled."""
    async with platforms(lotse, listens=False), lotse.working():
        print("Lotse works.", flush=True)
        await asyncio.Event().wait()


def greeting(lotse: Lotse, port: int, token: str) -> str:
    """Return what the terminal shows once Lotse listens."""
    address = f"http://{lotse.settings.host}:{port}"
    if lotse.local is None:
        return " and ".join([f"Lotse listens on {address}", *_ways(lotse, address)]) + "."
    return (
        "Lotse runs. Open this address in a browser (it works on this machine only):\n\n"
        f"    {address}/#token={token}\n\n"
        "Ctrl+C stops it; what happened is kept."
    )


def _ways(lotse: Lotse, address: str) -> list[str]:
    ways = []
    if lotse.slack is not None:
        ways.append(
            "speaks to Slack (Socket Mode)"
            if lotse.slack.over_socket
            else f"speaks to Slack (send its requests to {address}/slack/events)"
        )
    if lotse.teams is not None:
        ways.append(f"speaks to Teams (send its messages to {address}/api/messages)")
    return ways


def forget_demo(settings: Settings) -> None:
    """Delete the demo's database."""
    for path in Path(settings.data).glob("demo.db*"):
        if not path.name.endswith(".lock"):
            path.unlink()
