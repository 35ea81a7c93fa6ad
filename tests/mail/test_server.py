"""E-mails that report runs, sent by Python's own client to a port of this machine."""

from __future__ import annotations

import asyncio
import logging
import smtplib
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage

import pytest

from bot.config import BadSettings, Settings
from bot.http.hooks import MISSES, Misses
from bot.mail import server
from storage import automations
from storage.automations import Automation, intake
from storage.automations.states import AutomationState
from storage.engine import Database, Row, Tx, Unavailable
from storage.engine.ids import AutomationId, PersonId
from tests.pretend.stage import DEMO, Stage, Troubled, furnish

SECRET = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
SENDER = "erp@firma.example"


class Sender:
    """A program that sends e-mails, and a look into the store."""

    def __init__(self, stage: Stage, port: int) -> None:
        self.stage = stage
        self.port = port

    async def __call__(
        self, to: str, subject: str = "Export", *, envelope: str = SENDER, written: str = SENDER,
        id: str = "", text: str = "canary-body",
    ) -> int:  # fmt: skip
        """Send one; return what the server says."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = written, to, subject
        if id:
            message["Message-ID"] = f"<{id}@firma.example>"
        message["X-Who"] = "canary-header"
        message.set_content(text)

        def send() -> int:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as client:
                try:
                    client.send_message(message, envelope, [to])
                except smtplib.SMTPRecipientsRefused as refused:
                    return next(iter(refused.recipients.values()))[0]
                except smtplib.SMTPResponseException as refused:
                    return refused.smtp_code
            return 250

        return await asyncio.to_thread(send)

    def rows(self, sql: str) -> list[Row]:
        return self.stage.rows(f"select {sql} where workspace = :workspace order by id")

    def kinds(self) -> list[str]:
        return [each["kind"] for each in self.rows("kind from automation_runs")]

    def odd(self) -> list[str]:
        return [each["why"] for each in self.rows("why from automation_odd_calls")]


@pytest.fixture
def troubled(database: Database) -> Troubled:
    """A store that can be told to fail."""
    return Troubled(database)


@pytest.fixture
async def sends(troubled: Troubled) -> AsyncIterator[Sender]:
    stage = Stage(troubled)
    now = stage.clock.now()

    def prepare(tx: Tx) -> None:
        furnish(tx, DEMO, now)
        inside = tx.within(DEMO)
        made = Automation(AutomationId("b"), "Backup", "x", PersonId("ben"), PersonId("carla"),
                          None, 1, AutomationState.ACTIVE, now, None, None,
                          rhythm="every 1 day", slug="backup")  # fmt: skip
        automations.add(inside, made, name_key="backup")
        intake.give_address(inside, AutomationId("b"), SECRET, now)

    troubled.transact(prepare)
    mailbox = server.Mailbox(stage.dispatcher, DEMO, ("firma.example",), Misses())
    async with server.listening(mailbox, "127.0.0.1", 0) as port:
        yield Sender(stage, port)
    stage.close()


@pytest.mark.parametrize(
    "to", ["backup@runs.example", "lotse+backup@runs.example", f"{SECRET}@runs.example"]
)
async def test_an_email_is_a_run_of_what_it_is_sent_to(sends: Sender, to: str) -> None:
    assert await sends(to) == 250
    assert await sends(to, "Export fehlgeschlagen") == 250
    assert await sends(to, "Export gestartet") == 250
    assert sends.kinds() == ["ok", "fail", "start"]


async def test_a_forged_sender_is_refused_and_listed_on_the_card(sends: Sender) -> None:
    forged = {"envelope": "x@evil.example"}, {"written": "x@evil.example"}
    for each in forged:
        assert await sends("backup@runs.example", **each) == 550
    assert (sends.kinds(), sends.odd()) == ([], ["sender"])


async def test_the_same_email_counts_once(sends: Sender) -> None:
    for _again in range(2):
        assert await sends("backup@runs.example", id="1") == 250
    assert (sends.kinds(), sends.odd()) == (["ok"], ["used"])


async def test_a_name_that_fits_nothing_is_listed_only_if_an_allowed_sender_wrote_it(
    sends: Sender,
) -> None:
    assert await sends("nightly@runs.example", envelope="x@evil.example") == 550
    assert await sends("nobody@runs.example") == 550
    strays = sends.stage.rows("select slug from automation_strays where workspace = :workspace")
    assert strays == [{"slug": "nobody"}]
    assert sends.kinds() == []


async def test_guesses_get_one_answer_also_past_the_limit_and_write_nothing(
    sends: Sender,
) -> None:
    answers: set[tuple[int, bytes]] = set()

    def guess() -> None:
        with smtplib.SMTP("127.0.0.1", sends.port, timeout=10) as client:
            client.ehlo()
            client.mail("x@evil.example")
            for n in range(MISSES + 50):
                answers.add(client.rcpt(f"{n:08x}-0000-4000-8000-{n:012x}@runs.example"))

    await asyncio.to_thread(guess)
    assert answers == {(550, server.NOBODY.removeprefix("550 ").encode())}
    assert (sends.kinds(), sends.odd()) == ([], [])


async def test_what_could_not_be_stored_is_to_be_sent_again(
    sends: Sender, troubled: Troubled
) -> None:
    troubled.plan(Unavailable("disk full"))
    assert await sends("backup@runs.example") == 451
    assert sends.kinds() == []
    assert await sends("backup@runs.example") == 250
    assert sends.kinds() == ["ok"]


async def test_neither_sender_nor_text_is_kept_or_logged(
    sends: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="lotse"):
        await sends("backup@runs.example", "canary-subject", id="canary-id")

    def everything(tx: Tx) -> str:
        tables = ("automation_runs", "automation_odd_calls", "automations", "audit", "outbox",
                  "automation_days", "automation_history", "timers", "matters")  # fmt: skip
        return "\n".join(str(tx.rows(f"select * from {each}")) for each in tables)

    kept = sends.stage.database.read(everything) + caplog.text
    assert "Backup" in kept
    for word in ("canary", "erp@", "firma.example", "127.0.0.1"):
        assert word not in kept, word


def test_it_is_off_by_default_and_asks_for_the_senders() -> None:
    assert Settings.from_env({}).mail_listen is None
    with pytest.raises(BadSettings, match="LOTSE_MAIL_SENDERS"):
        Settings.from_env({"LOTSE_MAIL_LISTEN": "127.0.0.1:2525"})
    found = Settings.from_env(
        {"LOTSE_MAIL_LISTEN": "127.0.0.1:2525", "LOTSE_MAIL_SENDERS": "Firma.example, b.example"}
    )
    assert found.mail_listen == ("127.0.0.1", 2525)
    assert found.mail_senders == ("firma.example", "b.example")


@pytest.mark.parametrize(
    ("name", "text"), [("LOTSE_MAIL_LISTEN", "2525"), ("LOTSE_MAIL_LISTEN", "host:x"),
                       ("LOTSE_MAIL_SENDERS", "firma"), ("LOTSE_MAIL_SENDERS", "a@b.example")]
)  # fmt: skip
def test_settings_that_do_not_fit_say_what_they_take(name: str, text: str) -> None:
    with pytest.raises(BadSettings, match=name):
        Settings.from_env({name: text})


def test_without_the_package_it_says_what_to_install(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "aiosmtpd.smtp", None)

    async def listen() -> None:
        stage_box = server.Mailbox.__new__(server.Mailbox)
        async with server.listening(stage_box, "127.0.0.1", 0):
            raise AssertionError("nobody listens")

    wait: Callable[[], None] = lambda: asyncio.run(listen())  # noqa: E731
    with pytest.raises(server.MissingExtra, match="lotse-bot\\[mail\\]"):
        wait()
