"""Socket Mode: Slack without a public address, over two connections of our own opening.

An envelope is acknowledged only after its transaction was committed. When one
connection is refreshed, the other one serves; a connection that has gone
silent is thrown away and made anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.payloads import UNREADABLE, unreadable
from storage.engine import StorageError

log = logging.getLogger("lotse.slack")

CONNECTIONS = 2
SILENT = 60.0  # seconds without a sign of life until a connection is made anew
LOOK = 5.0
PING = 10.0
CROWDED = '"too_many_websockets"'
AT_ONCE = 64  # envelopes of one connection in work at the same time


class _Socket(SocketModeClient):
    """The library's connection, which does not open another one where there are too many.

    The library tries for ever to connect; `refused` hears why Slack does not let it.
    """

    crowded = False
    refused: Callable[[str], None]

    async def issue_new_wss_url(self) -> str:
        try:
            return await super().issue_new_wss_url()
        except SlackApiError as error:
            self.refused(str(error.response.get("error", "?")))
            raise

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        if not self.crowded:
            await super().connect_to_new_endpoint(force)


class Sockets:
    """Keeps two connections open until cancelled."""

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        app_token: str,
        *,
        silent: float = SILENT,
        look: float = LOOK,
        ping: float = PING,
    ) -> None:
        self._app = app
        self._client = client
        self._app_token = app_token
        self._silent, self._look, self._ping = silent, look, ping
        self._room = asyncio.Semaphore(AT_ONCE)
        self.connected = 0
        self.reason = ""  # why there is no connection, for the operator

    async def run(self) -> None:
        """Keep the connections, each on its own."""
        await asyncio.gather(*(self._keep() for _each in range(CONNECTIONS)))

    async def _keep(self) -> None:
        """Keep one connection; whatever ends it, a new one follows with growing waits."""
        wait = 1.0
        while True:
            began = time.monotonic()
            try:
                await self._one()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("A connection to Slack ended: %s", type(error).__name__)
            wait = 1.0 if time.monotonic() - began > self._silent else min(wait * 2, 60.0)
            await asyncio.sleep(wait * self._look / LOOK)

    async def _one(self) -> None:
        quiet = logging.getLogger("lotse.socket")
        quiet.setLevel(logging.WARNING)  # more talkative, the library logs whole payloads
        socket = _Socket(
            app_token=self._app_token,
            web_client=self._client,
            ping_interval=self._ping,
            logger=quiet,
            auto_reconnect_enabled=True,
        )
        socket.refused = self._refused
        alive = time.monotonic()

        async def sign(message: aiohttp.WSMessage) -> None:
            nonlocal alive
            alive = time.monotonic()
            if message.type is aiohttp.WSMsgType.TEXT and CROWDED in message.data:
                socket.crowded = True

        socket.on_message_listeners.append(sign)
        socket.socket_mode_request_listeners.append(self._received)
        try:
            await socket.connect()  # type: ignore[no-untyped-call]
            self.connected += 1
            self.reason = ""
            try:
                # The library keeps its signs of life as a number; there is nothing to wait for.
                while time.monotonic() - max(alive, _pong(socket)) < self._silent:
                    if socket.crowded:
                        self.reason = "Slack says that there are too many connections"
                        log.warning("%s; waiting before there is another one", self.reason)
                        return
                    await asyncio.sleep(self._look)
                log.warning("A connection to Slack has gone silent; making a new one")
            finally:
                self.connected -= 1
        finally:
            with contextlib.suppress(Exception):
                await socket.close()  # type: ignore[no-untyped-call]

    def _refused(self, code: str) -> None:
        reason = f"Slack refuses Socket Mode ({code})"
        if reason != self.reason:
            log.error("%s", reason)
        self.reason = reason

    async def _received(
        self, socket: AsyncBaseSocketModeClient, request: SocketModeRequest
    ) -> None:
        async with self._room:
            try:
                answer = await run_async_bolt_app(self._app, request)
            except StorageError as error:
                log.error("Slack's request could not be stored: %s", error)
                return  # without an acknowledgement Slack sends it again
            except UNREADABLE as error:
                unreadable(error)
                return
        if answer.status not in (200, 404):  # 404: nobody listens to it
            return
        payload = None
        if answer.body:
            kind = answer.headers.get("content-type", [""])[0]
            payload = (
                json.loads(answer.body)
                if kind.startswith("application/json")
                else {"text": answer.body}
            )
        try:
            await socket.send_socket_mode_response(
                SocketModeResponse(envelope_id=request.envelope_id, payload=payload)
            )
        except (aiohttp.ClientError, ConnectionError) as error:
            # It is stored. Slack sends it again, and hears then what became of it.
            log.warning("An acknowledgement did not reach Slack: %s", type(error).__name__)


def _pong(socket: SocketModeClient) -> float:
    """Return when the last pong came, on the monotonic clock; the library keeps wall time."""
    if socket.last_ping_pong_time is None:
        return 0.0
    return time.monotonic() - max(time.time() - socket.last_ping_pong_time, 0.0)
