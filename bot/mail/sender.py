"""Sends messages by SMTP, as plain text and as HTML. Off unless LOTSE_SMTP is set."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import urlsplit

from bot.delivery.platform import Away, Impossible, NotAccepted, Rate, Uncertain
from bot.http import board_pages
from handlers.kit.messages import Buttons, Chart, Facts, Items, Message, Text, Title
from handlers.kit.words import Link, Phrase, Words, flat, naming
from storage.delivery import places
from storage.engine import Database
from storage.engine.ids import PlaceId

PATIENCE = 20.0  # seconds for one answer of the server
LOOPBACK = ("127.0.0.1", "localhost", "::1")
STYLE = "font: 16px/1.5 sans-serif; max-width: 40rem"


@dataclass(frozen=True, slots=True)
class Account:
    """Where mail is handed in, and from whom it comes. `address` is smtp:// or smtps://."""

    address: str
    sender: str
    user: str = ""
    password: str = ""


class Mail:
    """A platform whose places are mail addresses: `mail:<id>`, the address is the place's name."""

    name = "mail"
    idempotent = False
    finds = False
    rate: Rate | None = Rate(1.0, 5)

    def __init__(
        self,
        account: Account,
        database: Database,
        connect: Callable[[Account], smtplib.SMTP] | None = None,
    ) -> None:
        self._account = account
        self._database = database
        self._connect = connect or connected

    async def create(self, workspace: str, place: PlaceId, parcel: str, message: Message) -> str:
        return await asyncio.to_thread(self._create, workspace, place, parcel, message)

    async def edit(
        self, workspace: str, place: PlaceId, external_id: str, message: Message
    ) -> None:
        """Leave a mail as it is: what was sent cannot be changed, and twice is worse."""

    async def find(
        self, workspace: str, place: PlaceId, parcel: str, since: datetime, near: str | None
    ) -> str | None:
        raise Impossible("nobody can tell whether a mail arrived")

    async def knock(self, workspace: str) -> None:
        await asyncio.to_thread(self._knock)

    def _create(self, workspace: str, place: PlaceId, parcel: str, message: Message) -> str:
        found = self._database.read(lambda tx: places.find(tx.within(workspace), place))
        if found is None or "@" not in found.name:
            raise Impossible("this address was removed")
        mail = written(message, self._account.sender, found.name, parcel)
        with self._opened() as server:
            try:
                server.send_message(mail)
            except smtplib.SMTPRecipientsRefused as refused:
                code, said = next(iter(refused.recipients.values()))
                raise _refused(code, said) from None
            except smtplib.SMTPResponseException as refused:
                raise _refused(refused.smtp_code, refused.smtp_error) from None
            except (smtplib.SMTPServerDisconnected, OSError) as error:
                raise Uncertain(type(error).__name__) from None
        return str(mail["Message-ID"])

    def _knock(self) -> None:
        with self._opened() as server:
            server.noop()

    def _opened(self) -> smtplib.SMTP:
        try:
            return self._connect(self._account)
        except smtplib.SMTPAuthenticationError:
            raise NotAccepted("the mail server does not take user and password") from None
        except smtplib.SMTPNotSupportedError:
            raise NotAccepted("the mail server offers no TLS or no sign-in") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Away(type(error).__name__) from None


def _refused(code: int, said: bytes | str) -> NotAccepted | Impossible:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    reason = f"{code} {text}"[:200]
    return Impossible(reason) if code >= 500 else NotAccepted(reason)


def connected(account: Account) -> smtplib.SMTP:
    """Connect, in TLS but on this machine itself, and sign in if there is a user."""
    parts = urlsplit(account.address)
    host = parts.hostname or ""
    tls = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=PATIENCE, context=tls)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=PATIENCE)
        if host not in LOOPBACK:
            server.starttls(context=tls)
    if account.user:
        server.login(account.user, account.password)
    return server


def written(message: Message, sender: str, to: str, parcel: str) -> EmailMessage:
    """Return a mail in plain text and in HTML; the same parcel has the same Message-ID."""
    mail = EmailMessage()
    title = next((flat(part.words) for part in message.parts if isinstance(part, Title)), "Lotse")
    mail["Subject"] = " ".join(title.split())[:200]
    mail["From"], mail["To"] = sender, to
    mail["Message-ID"] = f"<{parcel}@{sender.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain(message))
    body = board_pages.drawn(message, leads=False)
    mail.add_alternative(f'<html><body style="{STYLE}">{body}</body></html>', subtype="html")
    return mail


def plain(message: Message) -> str:
    """Write a message as plain text; its buttons stay in chat."""
    lines: list[str] = []
    for part in message.parts:
        match part:
            case Title(words):
                lines += ["", _said(words).upper() if not lines else _said(words), ""]
            case Text(words):
                lines.append(_said(words))
            case Facts(rows):
                lines += [f"{naming(_said(label))}{_said(value)}" for label, value in rows]
            case Items(items):
                lines += [f"- {_said(each)}" for each in items]
            case Chart(alt):
                lines.append(_said(alt))
            case Buttons():
                pass  # they stay in chat
    return "\n".join(lines).strip() + "\n"


def _said(words: Words) -> str:
    """Return words with the addresses of their links."""
    phrase: Phrase = words if isinstance(words, tuple) else (flat(words),)
    return "".join(
        f"{each.label}: {each.url}" if isinstance(each, Link) else flat((each,)) for each in phrase
    )
