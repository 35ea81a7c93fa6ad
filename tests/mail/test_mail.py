"""The digest by mail: entered by a manager, confirmed by its owner, off by default."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.config import BadSettings, Settings
from bot.delivery.courier import Courier
from bot.delivery.platform import Away, Impossible, NotAccepted, Uncertain
from bot.mail import pages
from bot.mail.sender import Account, Mail
from handlers.digest import schedule
from handlers.kit.messages import Message, Text
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine.ids import PlaceId
from tests.mandate.test_mandate import do
from tests.pretend.stage import Say, Stage


@dataclass
class Post:
    """A mail server on this machine. `answer` is what it says to a command instead of 250."""

    mails: list[EmailMessage] = field(default_factory=list)
    answer: dict[str, str] = field(default_factory=dict)
    port: int = 0


@pytest.fixture
def post() -> Iterator[Post]:
    told = Post()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline():
                word = line.decode().split()[0].upper() if line.split() else ""
                if word in told.answer:
                    self.say(told.answer[word])
                elif word == "DATA":
                    self.say("354 go on")
                    data = b""
                    while (line := self.rfile.readline()) != b".\r\n":
                        data += line
                    if "END" in told.answer:
                        return  # the connection is cut, and nobody knows
                    told.mails.append(email.message_from_bytes(data, policy=email.policy.default))
                    self.say("250 taken")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 good")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def mailing(bot: Stage, post: Post) -> Stage:
    """Give a company that sends mail through the server of this machine."""
    bot.dispatcher.mails = True
    bot.dispatcher.address = "https://lotse.example"
    mail = Mail(Account(f"smtp://127.0.0.1:{post.port}", "lotse@example.com"), bot.database)
    bot.courier = Courier(bot.database, {bot.chat.name: bot.chat, "mail": mail}, bot.clock)
    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="plan", now=now, zone="Europe/Berlin", region="DE"))
    return bot


def ask(bot: Stage, method: str, path: str, **form: str) -> tuple[int, str]:
    async def asked() -> tuple[int, str]:
        app = web.Application()
        pages.add_routes(app, bot.database)
        async with TestClient(TestServer(app, host="127.0.0.1")) as client:
            answer = await client.request(method, path, data=form or None)
            return answer.status, await answer.text()

    return asyncio.run(asked())


def link(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    text = str(body.get_content())
    return "/mail/" + text.split("https://lotse.example/mail/")[1].split()[0]


def test_nothing_is_sent_before_its_owner_has_pressed(
    mailing: Stage, post: Post, chris: Say, wind: Callable[..., None]
) -> None:
    said = do(chris, "digest mail", address="Hof@Example.com")
    assert said.startswith("Hof@Example.com is asked by mail.")
    assert [each["To"] for each in post.mails] == ["hof@example.com"]
    path = link(post.mails[0])
    wind(to="2026-11-30 08:30")
    assert len(post.mails) == 1  # no digest yet
    for _each in range(3):  # scanners and previews use nothing up, and confirm nothing
        status, page = ask(mailing, "GET", path)
        assert status == 200 and "<form" in page
    wind(to="2026-12-07 08:30")
    assert len(post.mails) == 1
    assert ask(mailing, "POST", path, do="confirm")[0] == 200
    wind(to="2026-12-14 08:30")
    assert len(post.mails) == 2
    told = post.mails[1]
    assert told["Subject"].startswith("KW 50")
    plain, rich = told.get_body(("plain",)), told.get_body(("html",))
    assert plain is not None and rich is not None
    assert "0 Entscheidungen offen" in plain.get_content()
    assert "<h2>KW 50" in rich.get_content()
    assert ask(mailing, "POST", link(told), do="leave")[0] == 200
    wind(to="2026-12-21 08:30")
    assert len(post.mails) == 2
    assert ask(mailing, "GET", path)[0] == 404
    rows = mailing.rows("select name from places where workspace = :workspace and kind = 'mail'")
    assert rows == [{"name": ""}]  # the address is gone everywhere


def test_it_is_off_by_default_and_only_managers_enter_addresses(
    bot: Stage, chris: Say, anna: Say
) -> None:
    assert do(chris, "digest mail", address="a@example.com").startswith("No mail is sent")
    assert do(anna, "digest mail", address="a@example.com").startswith("Managers do this here.")
    assert "by mail" not in chris("settings")
    assert Settings.from_env({}).smtp == ""
    with pytest.raises(BadSettings, match="LOTSE_MAIL_FROM"):
        Settings.from_env({"LOTSE_SMTP": "smtps://mail.example.com"})
    with pytest.raises(BadSettings, match="LOTSE_SMTP"):
        Settings.from_env({"LOTSE_SMTP": "mail.example.com"})


@pytest.mark.parametrize("address", ["x", "a@b", "a b@example.com", "a@example.com\nBcc: b@x.de"])
def test_what_is_no_address_is_refused(mailing: Stage, chris: Say, address: str) -> None:
    assert "is no mail address." in do(chris, "digest mail", address=address)


def test_a_manager_removes_an_address(mailing: Stage, post: Post, chris: Say) -> None:
    do(chris, "digest mail", address="a@example.com")
    assert "entered already" in do(chris, "digest mail", address="A@example.com")
    ask(mailing, "POST", link(post.mails[0]), do="confirm")
    do(chris, "digest mails")
    id = mailing.rows("select id from digest_mails where workspace = :workspace")[0]["id"]
    assert do(chris, "digest mail remove", mail=id).startswith("No more digests go there")
    assert mailing.rows("select id from digest_mails where workspace = :workspace") == []


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        ({"RCPT": "550 nobody here"}, Impossible),
        ({"RCPT": "450 later"}, NotAccepted),
        ({"DATA": "451 full"}, NotAccepted),
        ({"END": ""}, Uncertain),
        (None, Away),
    ],
)
def test_what_goes_wrong_is_told_as_what_it_is(
    mailing: Stage, post: Post, answer: dict[str, str] | None, raised: type[Exception]
) -> None:
    mailing.store(lambda tx: places.ensure(tx, PlaceId("mail:x"), PlaceKind.MAIL, "a@example.com"))
    port = post.port
    if answer is None:  # nothing listens there
        port = 1
    else:
        post.answer.update(answer)
    mail = Mail(Account(f"smtp://127.0.0.1:{port}", "lotse@example.com"), mailing.database)
    with pytest.raises(raised) as caught:
        mailing.run(mail.create("demo", PlaceId("mail:x"), "p1", Message((Text(("Hallo",)),))))
    assert type(caught.value) is raised
    with pytest.raises(Impossible):
        mailing.run(mail.create("demo", PlaceId("mail:nobody"), "p1", Message((Text(("Hallo",)),))))
