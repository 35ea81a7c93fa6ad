"""Listens for e-mails that report runs: `name@…`, or `anything+name@…`. Off by default.

The name is that of the automation for calls, or the secret of its address. Kept are the kind of a
run and when it came; neither sender nor text. Who is not of an allowed domain is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from bot.delivery.dispatch import Dispatcher
from bot.http.dialects import Call
from bot.http.hooks import SECRET, SLUG, Found, Misses, at_address, values_of
from bot.mail import reading
from handlers.automations.intake.odd import Odd
from storage.automations import intake
from storage.engine import StorageError, Tx

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST = 1024 * 1024  # bytes of an e-mail; attachments are no part of a report
PATIENCE = 30.0  # seconds without a word until a connection is closed
NOBODY = "550 5.1.1 nobody of that name reports here"
REFUSED = "550 5.7.1 this sender is not allowed"
LATER = "451 4.3.0 not stored, please send it again"


class MissingExtra(Exception):
    """The package that listens is not installed; the text says how it is."""


class Mailbox:
    """What becomes of an e-mail. `workspace` is the company whose names are meant."""

    def __init__(
        self, dispatcher: Dispatcher, workspace: str, allowed: tuple[str, ...], misses: Misses
    ) -> None:
        self._dispatcher = dispatcher
        self._workspace = workspace
        self._allowed = allowed
        self._misses = misses
        self._hook = next(
            each for feature in dispatcher.features for each in feature.hooks if each.path == "ping"
        )

    async def handle_RCPT(  # the name is the library's
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient that is somebody; refuse any other in the same words."""
        peer = str(session.peer[0]) if session.peer else ""
        name = reading.name_of(address)
        if not name or (self._misses.too_many(peer) and not self._misses.was_found(name)):
            return NOBODY
        try:
            found = await self._dispatcher.find(partial(self._locate, name))
            if found is None or found.expired:
                self._misses.add(peer)
                return NOBODY
            if found.automation is None:
                return await self._nobody(envelope, found)
        except StorageError:
            return LATER
        self._misses.found(name)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # the name is the library's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Report a run for each recipient; answered after it is stored."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content or "").encode()
        told = reading.read(raw, envelope.mail_from or "", self._allowed)
        call = Call(told.kind, once=told.once)
        if not told.is_allowed:
            call = Call(odd=Odd.SENDER.value, counts=False)
        try:
            for each in envelope.rcpt_tos:
                name = reading.name_of(each)
                found = await self._dispatcher.find(partial(self._locate, name))
                if found is not None and found.automation is not None:
                    await self._dispatcher.report(
                        self._hook, found.workspace, found.automation, values_of(call)
                    )
        except StorageError:
            return LATER
        return "250 2.0.0 OK" if told.is_allowed else REFUSED

    def _locate(self, name: str, tx: Tx, now: datetime) -> Found | None:
        if SECRET.fullmatch(name):
            return at_address(intake.address(name)(tx), now)
        named = intake.by_slug(tx.within(self._workspace), name)
        if len(named) == 1:
            return Found(self._workspace, named[0], name)
        return Found(self._workspace, None, name) if SLUG.fullmatch(name) else None

    async def _nobody(self, envelope: Envelope, found: Found) -> str:
        """List a name that fits nothing, if somebody wrote it who may."""
        if reading.domain_of(envelope.mail_from or "") in self._allowed:
            values = {**values_of(Call()), "slug": found.slug, "create": ""}
            await self._dispatcher.report(self._hook, found.workspace, "", values)
        return NOBODY


@contextlib.asynccontextmanager
async def listening(mailbox: Mailbox, host: str, port: int) -> AsyncIterator[int]:
    """Listen while the block runs; give the port."""
    try:
        from aiosmtpd.smtp import SMTP
    except ImportError:
        raise MissingExtra(
            "LOTSE_MAIL_LISTEN is set, and the package that listens for e-mails is missing: "
            "pip install 'lotse-bot[mail]'."
        ) from None
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it writes down who called

    def connected() -> asyncio.Protocol:
        made: asyncio.Protocol = SMTP(
            mailbox, data_size_limit=LARGEST, hostname="lotse", ident="Lotse", timeout=PATIENCE
        )
        return made

    server = await asyncio.get_running_loop().create_server(connected, host, port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()
