"""The doctor: each finding once, what to do about it, and never a secret."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import app, serving
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.delivery.menus import SCOPES
from bot.doctor import report as doctor_report
from bot.doctor.findings import Mark
from bot.generate import docs
from bot.lotse import MAIN
from storage import people as storage_people
from storage import services, workspaces
from storage.delivery import places
from storage.delivery.places import PlaceKind, PlaceRole
from storage.engine import Tx, opening
from storage.engine.ids import PersonId, PlaceId, ServiceId
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from storage.services import Service
from storage.workspaces import Workspace
from tests.pretend import server
from tests.pretend.stage import MONDAY

NOW = MONDAY.astimezone(UTC)
BOT = "xoxb-1111-2222-abcdefCANARY"
APP = "xapp-1-A0-3333-0123CANARY"
SIGNING = "0123456789abcdef0123456789abcdef"
SECRETS = (BOT, APP, SIGNING, "CANARY")
PORT_OF_NOBODY = "1"  # nothing listens there


# --- a small Web API ---------------------------------------------------------------------


@dataclass
class Slack:
    """A pretend Web API: what it answers is planned, what it is asked is noted."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    scopes: str | None = ",".join(SCOPES)
    date: datetime = NOW
    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.asked.append((method, request.headers.get("Authorization", "")))
        known = {
            "auth.test": {"ok": True, "team": "Hafen GmbH", "user": "lotse", "team_id": "T1"},
            "apps.connections.open": {"ok": True, "url": "wss://slack.example.com/?ticket=CANARY"},
        }
        said = self.answers.get(method, known[method])
        headers = {"Date": format_datetime(self.date, usegmt=True)}
        if self.scopes is not None:
            headers["x-oauth-scopes"] = self.scopes
        text = said if isinstance(said, str) else json.dumps(said)
        return web.Response(text=text, status=self.status, headers=headers)

    def refuses(self, method: str, code: str) -> None:
        """Let a method answer with an error."""
        self.answers[method] = {"ok": False, "error": code}


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A Web API that takes both tokens."""
    pretend = Slack()
    site = web.Application()
    site.router.add_post("/api/{method}", pretend.answer)
    async with TestServer(site) as running:
        pretend.url = str(running.make_url("/api/"))
        yield pretend


# --- asking ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Findings:
    """What the doctor said, line by line."""

    lines: tuple[str, ...]

    def one(self, part: str) -> str:
        """Return the only line with these words in it."""
        found = [each for each in self.lines if part in each]
        assert len(found) == 1, f"“{part}” stands in {len(found)} of\n" + "\n".join(self.lines)
        return found[0]

    def marked(self, mark: Mark) -> list[str]:
        """Return all lines with this mark."""
        return [each for each in self.lines if each.startswith(mark)]


async def ask(given: Mapping[str, str] | None = None, now: datetime = NOW, **more: str) -> Findings:
    """Ask the doctor with these settings; no answer may hold a secret or break a line."""
    env = {"PORT": PORT_OF_NOBODY, **(given or {}), **more}
    found = [f"{each.mark} {each.said}" async for each in doctor_report.examine(env, lambda: now)]
    for each in found:
        assert not [secret for secret in SECRETS if secret in each], each
        assert each.isprintable()
        assert each.endswith((".", "?", ")")), each
    return Findings(tuple(found))


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A database of a company that is all set up."""
    path = tmp_path / "lotse.db"
    database = Sqlite(path)
    database.transact(company)
    database.close()
    return f"sqlite:///{path}"


def company(tx: Tx) -> None:
    """Put in whoever manages, the two channels and a service."""
    workspaces.ensure(tx, Workspace(MAIN, "Lotse", "de", "Europe/Berlin", "DE"), NOW)
    tx = tx.within(MAIN)
    storage_people.find_or_create(
        tx, "slack:T1:U1", "Chris", id=PersonId("chris"), key="k", now=NOW, manager=True
    )
    places.ensure(tx, PlaceId("slack:C1"), PlaceKind.CHANNEL, "störungen", role=PlaceRole.INCIDENTS)
    places.ensure(tx, PlaceId("slack:C2"), PlaceKind.CHANNEL, "leitung", role=PlaceRole.MANAGERS)
    kasse = Service(
        ServiceId("kasse"), "Kasse", (), PersonId("chris"), PersonId("ben"), fallback=False
    )
    storage_people.find_or_create(tx, "slack:T1:U2", "Ben", id=PersonId("ben"), key="l", now=NOW)
    services.add(tx, kasse, name_key="kasse", now=NOW)


def changed(store: str, work: Callable[[Tx], object]) -> None:
    """Change something in the company's database."""
    database = Sqlite(store.removeprefix("sqlite:///"))
    database.transact(lambda tx: work(tx.within(MAIN)))
    database.close()


@pytest.fixture
def socket(slack: Slack, store: str) -> dict[str, str]:
    """All settings for Socket Mode."""
    return {
        "SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "SLACK_API_URL": slack.url,
        "DATABASE_URL": store,
    }  # fmt: skip


@pytest.fixture
def http(slack: Slack, store: str) -> dict[str, str]:
    """All settings for HTTP."""
    return {
        "SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": SIGNING, "SLACK_API_URL": slack.url,
        "DATABASE_URL": store,
    }  # fmt: skip


def names_in(folder: Path) -> list[str]:
    """Return what was left behind."""
    return sorted(each.name for each in folder.iterdir())


def block(file: Path) -> None:
    """Put a folder where a file should be, which stops even an administrator."""
    file.unlink()
    file.mkdir()


# --- all is well -------------------------------------------------------------------------


async def test_with_everything_in_order_nothing_is_wrong(
    socket: dict[str, str], slack: Slack
) -> None:
    found = await ask(socket)
    assert not found.marked(Mark.WRONG)
    # The Web API is a pretend one, and most machines have an older SQLite.
    assert len(found.marked(Mark.LOOK)) <= 2
    assert "! SLACK_API_URL is set" in found.one("another Web API")
    assert found.one("The settings fit") == (
        "✓ The settings fit. Set here: DATABASE_URL, PORT, SLACK_BOT_TOKEN, SLACK_APP_TOKEN, "
        "SLACK_API_URL."
    )
    assert found.one("opens, and is up to date").startswith("✓")
    assert found.one("where the database lies").startswith("✓")
    assert found.one("knows the bot") == "✓ Slack knows the bot: lotse in Hafen GmbH."
    assert found.one("scopes").startswith("✓")
    assert found.one("clock") == "✓ The clock agrees with Slack's."
    assert found.one("Socket Mode") == (
        "✓ Slack opens Socket Mode connections for the app token."
    )  # fmt: skip
    assert found.one("manages").startswith("✓")
    assert found.one("incidents and their cards").startswith("✓ #störungen is for")
    assert found.one("the weekly digest").startswith("✓ #leitung is for")
    left = names_in(Path(socket["DATABASE_URL"].removeprefix("sqlite:///")).parent)
    assert left == ["lotse.db", "lotse.db.lock"]
    assert slack.asked == [
        ("auth.test", f"Bearer {BOT}"), ("apps.connections.open", f"Bearer {APP}"),
    ]  # fmt: skip


async def test_over_http_the_signing_secret_is_looked_at_and_no_socket_opened(
    http: dict[str, str], slack: Slack
) -> None:
    found = await ask(http)
    assert not found.marked(Mark.WRONG)
    assert found.one("signing secret").startswith("✓ The signing secret has the right form.")
    assert [method for method, _token in slack.asked] == ["auth.test"]


# --- settings and versions ---------------------------------------------------------------


async def test_mistakes_in_the_settings_are_told_each_on_its_line() -> None:
    found = await ask(PORT="http", LOTSE_ZONE="Atlantis", SLACK_BOT_TOKEN=BOT)
    assert len(found.marked(Mark.WRONG)) == 3
    assert found.one("PORT").startswith("✗ PORT: “http” does not fit")
    assert found.one("Socket Mode, no public address").startswith("✗")


async def test_without_a_platform_it_is_the_demo_and_the_way_on_is_told(tmp_path: Path) -> None:
    found = await ask(LOTSE_DATA=str(tmp_path))
    assert not found.marked(Mark.WRONG)
    assert "python -m bot manifest slack --socket" in found.one("! No platform")
    assert found.one("demo.db is not there yet").startswith("✓")
    assert names_in(tmp_path) == []


def test_packages_that_are_too_old_or_missing_are_named() -> None:
    def installed(name: str) -> str:
        if name == "sqlite-utils":
            raise metadata.PackageNotFoundError(name)
        return {"slack-bolt": "1.28.9", "aiohttp": "3.13.4"}[name]

    said = [f"{each.mark} {each.said}" for each in doctor_report.versions(installed)]
    assert said[0].startswith("✗ slack-bolt 1.28.9 is too old; Lotse needs 1.29 or newer.")
    assert said[1].startswith("✗ sqlite-utils is not installed")
    assert said[2].startswith("✓ Python") and "aiohttp 3.13.4" in said[2]


def test_the_versions_are_those_of_the_project() -> None:
    project = (docs.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name, least in doctor_report.NEEDED.items():
        assert f'"{name}>={".".join(str(each) for each in least)}"' in project


@pytest.mark.parametrize(
    ("version", "mark"),
    [("3.40.1", "!"), ("3.51.2", "!"), ("3.51.3", "✓"), ("3.53.0", "✓"), ("4.0", "✓")],
)
def test_an_sqlite_that_may_damage_a_file_is_named(version: str, mark: str) -> None:
    found = doctor_report.of_sqlite(version)
    assert found.mark == mark
    assert version in found.said


# --- the database ------------------------------------------------------------------------


async def test_a_database_that_is_not_there_yet_is_no_mistake(tmp_path: Path) -> None:
    found = await ask(
        SLACK_BOT_TOKEN="x", SLACK_APP_TOKEN="y", DATABASE_URL=f"sqlite:///{tmp_path}/new/lotse.db"
    )
    assert found.one("not there yet").startswith("✓")
    assert names_in(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has a folder like this")
async def test_a_database_that_cannot_be_made_is_wrong() -> None:
    found = await ask(
        SLACK_BOT_TOKEN="x", SLACK_APP_TOKEN="y", DATABASE_URL="sqlite:////proc/lotse/lotse.db"
    )
    assert found.one("cannot be made").startswith("✗")


async def test_a_file_that_is_no_database_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "lotse.db"
    path.write_text("This is a letter to the harbour master. " * 100)
    found = await ask(
        SLACK_BOT_TOKEN="x", SLACK_APP_TOKEN="y", DATABASE_URL=f"sqlite:///{path}"
    )  # fmt: skip
    assert found.one("could not be used").startswith("✗")


async def test_a_lock_that_cannot_be_taken_is_wrong(store: str) -> None:
    block(Path(f"{store.removeprefix('sqlite:///')}.lock"))
    found = await ask(SLACK_BOT_TOKEN="x", SLACK_APP_TOKEN="y", DATABASE_URL=store)
    assert found.one("cannot be written").startswith("✗")


async def test_a_database_from_before_an_update_is_told_and_left_alone(
    socket: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "old.db"
    path.touch()
    socket["DATABASE_URL"] = f"sqlite:///{path}"
    found = await ask(socket)
    assert found.one("python -m bot migrate").startswith(f"! {path} lacks")
    assert path.stat().st_size == 0


async def test_a_database_of_a_newer_program_is_wrong(socket: dict[str, str], store: str) -> None:
    newer = "insert into migrations values (9999, 'newer', 'tomorrow')"
    changed(store, lambda tx: tx.run(newer))
    found = await ask(socket)
    assert found.one("schema 9999").startswith("✗")


def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path) -> None:
    assert doctor_report.room(tmp_path, little=2**80).mark is Mark.LOOK
    assert doctor_report.room(tmp_path, little=0).mark is Mark.GOOD


async def test_postgresql_is_looked_at_in_the_same_way(
    socket: dict[str, str], postgres: Postgres
) -> None:
    postgres.transact(company)
    found = await ask({**socket, "DATABASE_URL": postgres.url})
    assert found.one("PostgreSQL opens") == "✓ PostgreSQL opens, and is up to date."
    assert found.one("manages").startswith("✓")
    assert not found.marked(Mark.WRONG)


async def test_an_empty_postgresql_is_told_and_left_alone(
    socket: dict[str, str], postgres_url: str
) -> None:
    with server.database(postgres_url, "lotse_test_doctor") as url:
        found = await ask({**socket, "DATABASE_URL": url})
        assert found.one("to this program").startswith("! PostgreSQL lacks")
        with psycopg.connect(url) as connection:
            assert connection.execute("select to_regclass('migrations')").fetchone() == (None,)
            name = connection.info.dbname
            connection.execute(f'alter database "{name}" set synchronous_commit = off'.encode())
        found = await ask({**socket, "DATABASE_URL": url})
        assert found.one("synchronous_commit=off").startswith("✗")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://lotse:CANARY@127.0.0.1:1/lotse",
        "postgresql://lotse:CANARY@x@127.0.0.1:1/lotse",
        "postgresql://lotse:CANARY/x@127.0.0.1:1/lotse",
        "postgresql://lotse:pass:CANARY@127.0.0.1:1/lotse",
        "postgresql://127.0.0.1:1/lotse?password=CANARY",
        "postgresql://lotse:100%CANARY@127.0.0.1:1/lotse",
        "postgresql://lotse@127.0.0.1:CANARY@x/lotse?connect_timeout=x",
        "postgresql://127.0.0.1:1/lotse?nonsense=1&password=CANARY",
    ],
)
async def test_a_postgresql_that_does_not_answer_is_wrong_and_its_password_hidden(url: str) -> None:
    found = await ask(SLACK_BOT_TOKEN="x", SLACK_APP_TOKEN="y", DATABASE_URL=url)
    assert any("DATABASE_URL" in each for each in found.marked(Mark.WRONG))


# --- a running Lotse ---------------------------------------------------------------------


@asynccontextmanager
async def answering(said: object, status: int = 200) -> AsyncIterator[str]:
    """Let something answer at /health; gives its port."""

    async def health(_request: web.Request) -> web.Response:
        return web.Response(
            text=said if isinstance(said, str) else json.dumps(said), status=status
        )  # fmt: skip

    site = web.Application()
    site.router.add_get("/health", health)
    async with TestServer(site) as running:
        yield str(running.port)


async def test_beside_a_running_lotse_everything_can_be_asked(
    socket: dict[str, str], store: str
) -> None:
    settings = Settings(database_url=store)
    database = opening.open_database(store)
    lotse = app.build(settings, database, HandClock(NOW), demo=False)
    lotse.works = False
    async with TestServer(await serving.site(lotse, "token")) as running:
        found = await ask({**socket, "PORT": str(running.port)})
        assert found.one("Lotse runs on port").startswith("✓")
        assert found.one("opens, and is up to date").startswith("✓")
        assert found.one("#störungen").startswith("✓")
        assert not found.marked(Mark.WRONG)
    found = await ask(socket)
    assert found.one("Another process uses the database").startswith("!")
    database.close()


async def test_a_lotse_that_is_not_well_is_wrong(socket: dict[str, str]) -> None:
    ill: tuple[tuple[dict[str, object], str], ...] = (
        ({"scheduler": "stalled", "timers": {"overdue": 0}}, "its scheduler stands still"),
        ({"scheduler": "running", "timers": {"overdue": 3}}, "3 timers are overdue"),
        ({"reason": "the database does not answer"}, "the database does not answer"),
    )
    for told, said in ill:
        async with answering({"ok": False, **told}, 503) as port:
            found = await ask({**socket, "PORT": port})
        assert found.one("is not well").startswith("✗")
        assert said in found.one("is not well")


async def test_messages_that_are_stuck_are_told(store: str) -> None:
    well = {"ok": True, "scheduler": "running", "stuck": [{"place": "slack:C1"}] * 2}
    async with answering(well) as port:
        finding = await doctor_report.running(
            Settings(database_url=store, port=int(port)), used=True
        )
    assert finding.mark is Mark.LOOK
    assert "2 messages could not be delivered" in finding.said


async def test_what_waits_for_each_platform_is_told(store: str) -> None:
    well = {"ok": True, "scheduler": "running", "backlog": {"slack": 12, "teams": 0}}
    async with answering(well) as port:
        settings = Settings(database_url=store, port=int(port))
        finding = await doctor_report.running(settings, used=True)
        assert finding.said.endswith("all is well. Messages that wait: 12 for slack.")
    async with answering({**well, "backlog": {"slack": 0}}) as port:
        settings = Settings(database_url=store, port=int(port))
        finding = await doctor_report.running(settings, used=True)
        assert finding.said.endswith("and all is well.")


async def test_who_cannot_be_reached_is_told_beside_a_lotse_that_does_not_run(
    socket: dict[str, str], store: str
) -> None:
    def shut(tx: Tx) -> None:
        places.ensure(tx, PlaceId("slack:@U2"), PlaceKind.DIRECT, "Ben", person=PersonId("ben"))
        places.park(tx, PlaceId("slack:@U2"), "user_not_found")

    changed(store, shut)
    assert (await ask(socket)).one("Ben cannot be reached (slack)").startswith("!")
    changed(store, lambda tx: places.reopen(tx, PlaceId("slack:@U2")))
    assert not [each for each in (await ask(socket)).lines if "cannot be reached (slack)" in each]


async def test_a_lotse_with_another_database_is_told(socket: dict[str, str]) -> None:
    async with answering({"ok": True, "scheduler": "running", "stuck": []}) as port:
        found = await ask({**socket, "PORT": port})
    assert found.one("uses another database").startswith("!")


@pytest.mark.parametrize("said", ["<h1>It works!</h1>", "[]", '{"status": "up"}'])
async def test_another_program_on_the_port_is_wrong(socket: dict[str, str], said: str) -> None:
    async with answering(said) as port:
        found = await ask({**socket, "PORT": port})
    assert found.one("Another program answers").startswith("✗")
    assert f"PORT={int(port) + 1} make run" in found.one("Another program answers")


async def test_a_lotse_that_says_nothing_is_wrong(store: str) -> None:
    over = asyncio.Event()

    async def silent(_request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    site = web.Application()
    site.router.add_get("/health", silent)
    async with TestServer(site) as running:
        settings = Settings(database_url=store, port=running.port or 0)
        finding = await doctor_report.running(settings, used=True, patience=0.1)
        over.set()
    assert finding.mark is Mark.WRONG
    assert "does not answer" in finding.said


async def test_a_free_port_is_good_and_port_0_is_not_asked(socket: dict[str, str]) -> None:
    assert (await ask(socket)).one("the port is free").startswith("✓")
    assert (await ask({**socket, "PORT": "0"})).one("PORT is 0").startswith("✓")


# --- Slack: the bot token ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "mark", "said"),
    [
        ("invalid_auth", "✗", "Bot User OAuth Token"),
        ("account_inactive", "✗", "Install it again"),
        ("token_revoked", "✗", "Install it again"),
        ("org_login_required", "✗", "(org_login_required)"),
        ("ratelimited", "!", "in a minute"),
        ("<b>CANARY</b>", "✗", "(an unknown error)"),
    ],
)
async def test_a_bot_token_that_slack_refuses(
    socket: dict[str, str], slack: Slack, code: str, mark: str, said: str
) -> None:
    slack.refuses("auth.test", code)
    found = await ask(socket)
    assert found.one(said).startswith(mark)


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (APP, "holds the app token"),
        ("xoxp-1-CANARY", "does not look like a bot token"),
        ("xoxb-1 CANARY", "does not look like a bot token"),
    ],
)
async def test_what_is_no_bot_token_is_never_sent(
    socket: dict[str, str], slack: Slack, token: str, said: str
) -> None:
    found = await ask({**socket, "SLACK_BOT_TOKEN": token})
    assert found.one(said).startswith("✗ SLACK_BOT_TOKEN")
    assert [method for method, _token in slack.asked] == ["apps.connections.open"]


async def test_a_slack_out_of_reach_is_told_once(socket: dict[str, str]) -> None:
    found = await ask({**socket, "SLACK_API_URL": "http://127.0.0.1:1/api/"})
    assert found.one("cannot be reached").startswith("✗ 127.0.0.1 cannot be reached")


async def test_a_page_in_between_is_not_taken_for_slack(
    socket: dict[str, str], slack: Slack
) -> None:
    slack.answers["auth.test"] = "<html>Please log in</html>"
    found = await ask(socket)
    assert found.one("is not Slack").startswith("✗")
    slack.answers["auth.test"] = "[]"
    assert "(an unknown error)" in (await ask(socket)).one("refuses SLACK_BOT_TOKEN")


async def test_a_name_from_slack_stays_on_its_line(socket: dict[str, str], slack: Slack) -> None:
    slack.answers["auth.test"] = {"ok": True, "team": "Hafen\n✓ \x1b[31mGmbH", "user": "lotse"}
    assert "Hafen ✓  [31mGmbH" in (await ask(socket)).one("knows the bot")


async def test_missing_scopes_are_wrong_each_with_its_reason(
    socket: dict[str, str], slack: Slack
) -> None:
    slack.scopes = ", ".join(each for each in SCOPES if each not in ("im:history", "users:read"))
    said = (await ask(socket)).one("Scopes are missing")
    assert said.startswith("✗")
    for each in ("im:history", "users:read"):
        assert f"{each} ({SCOPES[each]})" in said
    assert "chat:write" not in said


async def test_surplus_scopes_are_told(socket: dict[str, str], slack: Slack) -> None:
    slack.scopes = ",".join([*SCOPES, "files:read", "admin"])
    said = (await ask(socket)).one("more than Lotse uses")
    assert said.startswith("! Slack granted more than Lotse uses: admin, files:read.")


async def test_scopes_that_slack_does_not_tell_are_left_to_the_operator(
    socket: dict[str, str], slack: Slack
) -> None:
    slack.scopes = None
    assert (await ask(socket)).one("did not say which scopes").startswith("!")


@pytest.mark.parametrize(
    ("seconds", "mark", "said"),
    [(-29, "✓", "agrees"), (31, "!", "31 seconds ahead"), (-400, "!", "400 seconds behind")],
)
async def test_a_clock_that_is_off_is_told(
    socket: dict[str, str], seconds: int, mark: str, said: str
) -> None:
    found = await ask(socket, NOW + timedelta(seconds=seconds))
    assert said in found.one("lock ")
    assert found.one("lock ").startswith(mark)


async def test_over_http_a_clock_far_off_is_wrong_since_every_request_is_refused(
    http: dict[str, str],
) -> None:
    assert (await ask(http, NOW + timedelta(seconds=200))).one("200 seconds").startswith("!")
    found = await ask(http, NOW + timedelta(seconds=400))
    assert found.one("refused as too old").startswith("✗")


# --- Slack: the ways in ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "mark", "said"),
    [
        ("missing_scope", "✗", "connections:write"),
        ("invalid_auth", "✗", "Copy it again"),
        ("not_allowed_token_type", "✗", "Copy it again"),
        ("socket_mode_is_off", "✗", "Switch it on"),
        ("ratelimited", "!", "in a minute"),
    ],
)
async def test_an_app_token_that_opens_no_connection(
    socket: dict[str, str], slack: Slack, code: str, mark: str, said: str
) -> None:
    slack.refuses("apps.connections.open", code)
    assert (await ask(socket)).one(said).startswith(mark)


@pytest.mark.parametrize(
    ("token", "said"),
    [(BOT, "holds the bot token"), ("xapp CANARY", "does not look like an app token")],
)
async def test_what_is_no_app_token_is_never_sent(
    socket: dict[str, str], slack: Slack, token: str, said: str
) -> None:
    found = await ask({**socket, "SLACK_APP_TOKEN": token})
    assert found.one(said).startswith("✗ SLACK_APP_TOKEN")
    assert [method for method, _token in slack.asked] == ["auth.test"]


@pytest.mark.parametrize("secret", ["CANARY", SIGNING.upper(), SIGNING[:31], SIGNING + "0"])
async def test_what_is_no_signing_secret_is_wrong(http: dict[str, str], secret: str) -> None:
    found = await ask({**http, "SLACK_SIGNING_SECRET": secret})
    assert found.one("SLACK_SIGNING_SECRET does not look like one").startswith("✗")


async def test_both_ways_at_once_are_told(socket: dict[str, str]) -> None:
    found = await ask({**socket, "SLACK_SIGNING_SECRET": SIGNING})
    assert found.one("are both set").startswith("!")


# --- the first steps in Slack ------------------------------------------------------------


async def test_the_first_steps_are_told_until_they_are_taken(
    socket: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "fresh.db"
    Sqlite(path).close()
    found = await ask({**socket, "DATABASE_URL": f"sqlite:///{path}"})
    assert not found.marked(Mark.WRONG)
    assert "“Manage Lotse” (“Leitung übernehmen”)" in found.one("! Nobody manages Lotse yet")
    assert "/invite @Lotse" in found.one("! No channel is chosen for incidents")
    assert "/invite @Lotse" in found.one("! No channel is chosen for the weekly digest")
    assert "/lotse service new" in found.one("! No service is entered")


async def test_a_channel_that_lotse_was_thrown_out_of_is_told(
    socket: dict[str, str], store: str
) -> None:
    changed(store, lambda tx: places.park(tx, PlaceId("slack:C1"), "not_in_channel"))
    found = await ask(socket)
    assert found.one("cannot post to #störungen").startswith("!")


async def test_a_private_channel_has_no_name_that_slack_would_tell(
    socket: dict[str, str], store: str
) -> None:
    nameless = "update places set name = '' where workspace = :workspace and id = 'slack:C2'"
    changed(store, lambda tx: tx.run(nameless))
    assert (await ask(socket)).one("a private channel (slack:C2)").startswith("✓")


# --- the command line --------------------------------------------------------------------


def test_the_exit_status_says_whether_something_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {"LOTSE_DATA": str(tmp_path), "PORT": PORT_OF_NOBODY}
    assert doctor_report.run(env) == 0
    assert "\n0 wrong (✗)" in capsys.readouterr().out
    assert doctor_report.run({**env, "LOTSE_LANGUAGE": "fr"}) == 1
    assert "✗ LOTSE_LANGUAGE" in capsys.readouterr().out


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment of a new process that finds the program, and nothing else of ours."""
    names = {each.metadata["env"] for each in fields(Settings)}
    env = {name: value for name, value in os.environ.items() if name not in names}
    yield {**env, "PYTHONPATH": str(docs.ROOT), "PYTHONIOENCODING": "ascii"}


def test_the_command_changes_nothing_and_speaks_on_every_terminal(
    tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"],
        cwd=tmp_path, env={**elsewhere, "PORT": PORT_OF_NOBODY}, capture_output=True, timeout=60,
    )  # fmt: skip
    assert told.returncode == 0
    assert "! No platform is configured" in told.stdout.decode()
    assert told.stderr == b""
    assert names_in(tmp_path) == []


async def test_what_was_chosen_in_the_chat_wins_and_the_difference_is_told(
    socket: dict[str, str], store: str
) -> None:
    changed(store, lambda tx: workspaces.set_where(tx, "Europe/Vienna", "AT"))
    found = await ask(socket, LOTSE_ZONE="Europe/Berlin", LOTSE_LANGUAGE="de")
    said = found.one("LOTSE_ZONE is")
    assert said.startswith("! LOTSE_ZONE is Europe/Berlin here, but the company has Europe/Vienna")
    assert not [each for each in found.lines if "LOTSE_LANGUAGE is" in each]
    assert not [each for each in found.lines if "LOTSE_REGION is" in each], "it is not set here"
