"""Listens and works until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

from bot import health
from bot.config import Settings
from bot.delivery import standing
from bot.delivery.platform import Refused
from bot.http import hooks, limits, metrics
from bot.http.alive import Alive
from bot.http.board import Board
from bot.lotse import DEMO, MAIN, Lotse, company
from bot.mail import server as mail_server
from storage import workspaces
from storage.engine import Tx

if TYPE_CHECKING:
    from bot.slack.edge import SlackEdge
    from bot.teams.edge import TeamsEdge


class CannotListen(Exception):
    """The address cannot be listened on; the text says what to do."""


async def site(lotse: Lotse, token: str) -> web.Application:
    """Return the web application: health, machines' addresses, and in the demo the page."""
    app = web.Application(client_max_size=256 * 1024)

    async def healthy(request: web.Request) -> web.Response:
        # What is stuck names places: for the operator on this machine, not through a proxy.
        return await health.health(lotse, details=health.for_us(request))

    app.router.add_get("/health", healthy)
    hooks.add_routes(app, lotse.dispatcher)
    Board(lotse.dispatcher, lotse.database, lotse.clock).add_to(app)
    metrics.add_route(app, lotse)
    if lotse.settings.smtp:
        from bot.mail import pages as mail_pages

        mail_pages.add_routes(app, lotse.database)
    if lotse.slack is not None:
        lotse.slack.add_to(app)
    if lotse.teams is not None:
        lotse.teams.add_to(app)
    if lotse.local is not None:
        from bot.local.page import Page

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


async def serve(lotse: Lotse, *, works: bool = True) -> None:
    """Listen until cancelled; with `works`, carry and schedule in the same process."""
    lotse.works = works
    await asyncio.to_thread(begin, lotse)
    token = secrets.token_urlsafe(24)
    runner = limits.LimitedRunner(await site(lotse, token))
    await runner.setup()
    listener = web.TCPSite(runner, lotse.settings.host, lotse.settings.port)
    try:
        try:
            await listener.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                host = lotse.settings.host
                why = error.strerror or error
                raise CannotListen(f"HOST: Lotse cannot listen on “{host}” ({why}).") from None
            port = lotse.settings.port
            raise CannotListen(
                f"Port {port} is in use, perhaps by another Lotse. "
                f"PORT={port + 1} make run starts this one beside it."
            ) from None
        port = runner.addresses[0][1]
        here = f"http://{lotse.settings.host}:{port}"
        lotse.dispatcher.address = lotse.settings.url or here
        alive = Alive(lotse.database, lotse.clock)
        await alive.beat(started=True)  # before anything is said to be missing
        works_here = lotse.working() if works else contextlib.nullcontext()
        async with platforms(lotse) as refused, works_here, mail(lotse):
            print(greeting(lotse, port, token), flush=True)
            beating = asyncio.create_task(alive.run(), name="alive")
            try:
                await refused
            finally:
                beating.cancel()
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def mail(lotse: Lotse) -> AsyncIterator[None]:
    """Listen for e-mails that report runs while the block runs, if somebody wants that."""
    where = lotse.settings.mail_listen
    if where is None:
        yield
        return
    workspace = DEMO if lotse.settings.demo else MAIN
    mailbox = mail_server.Mailbox(
        lotse.dispatcher, workspace, lotse.settings.mail_senders, hooks.Misses()
    )
    async with contextlib.AsyncExitStack() as listening:
        try:
            await listening.enter_async_context(mail_server.listening(mailbox, *where))
        except (mail_server.MissingExtra, OSError) as error:
            raise CannotListen(str(error)) from None
        yield


@contextlib.asynccontextmanager
async def platforms(lotse: Lotse, *, listens: bool = True) -> AsyncIterator[asyncio.Future[None]]:
    """Speak to the configured platforms while the block runs; `listens` says: also hear.

    Raises `Refused` when a platform does not let us in. One that does not answer is asked
    again meanwhile; what the block is given raises `Refused` then, and else never ends.
    """
    refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    await asyncio.to_thread(begin, lotse)
    async with contextlib.AsyncExitStack() as speaking:
        starting = []
        for edge in (lotse.slack, lotse.teams):
            if edge is not None:
                starting.append(_started(edge, speaking))
        await asyncio.gather(*starting)  # one that does not answer holds up no other
        tasks = []
        if lotse.slack is not None:
            tasks.append(asyncio.create_task(_look(lotse.slack, refused), name="introduction"))
            if listens and lotse.slack.over_socket:
                tasks.append(asyncio.create_task(lotse.slack.listen(), name="slack sockets"))
        try:
            yield refused
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            refused.cancel()


async def _started(edge: SlackEdge | TeamsEdge, speaking: contextlib.AsyncExitStack) -> None:
    await edge.start()
    speaking.push_async_callback(edge.stop)


async def _look(slack: SlackEdge, refused: asyncio.Future[None]) -> None:
    """Tell when Slack refuses us only once it answers."""
    try:
        await slack.identify_us()
    except Refused as error:
        if not refused.done():
            refused.set_exception(error)


def begin(lotse: Lotse) -> None:
    """Make the workspace of the environment, before anybody is heard."""
    if lotse.settings.slack_bot_token or lotse.teams is not None:
        lotse.database.transact(lambda tx: prepare(tx, lotse.settings, lotse.clock.now()))


def prepare(tx: Tx, settings: Settings, now: datetime) -> None:
    """Make the one workspace of the environment, and plan its digest."""
    ours = company(MAIN, settings)
    workspaces.ensure(tx, ours, now)
    tx = tx.within(MAIN)
    standing.plan(tx, now=now, zone=ours.zone, region=ours.region)


async def work(lotse: Lotse) -> None:
    """Only carry and schedule, until cancelled."""
    async with platforms(lotse, listens=False) as refused, lotse.working():
        print("Lotse works.", flush=True)
        await refused


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
