"""The doctor: looks whether everything is in order, and says what to do next, in plain words.

It changes nothing, may be asked beside a running Lotse, and never shows a secret.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot import app
from bot.clock import Clock
from bot.config import BadSettings, Settings
from handlers.kit.words import Sentence, _, text
from storage import installations, people, places, services
from storage.engine import AlreadyRunning, StorageError, Tx
from storage.installations import Stored
from storage.places import Place

SLACK = "https://slack.com/api/"
APP = "api.slack.com/apps → Lotse"
NEEDED = {"slack-bolt": (1, 29), "aiohttp": (3, 13, 4), "sqlite-utils": (4, 0)}
SQLITE = (3, 51, 3)  # the first without the WAL-reset bug
LITTLE = 500 * 1024 * 1024  # bytes of free disk
SLOW = 10.0  # seconds to wait for an answer
APART = 30.0  # seconds that two clocks may differ
WINDOW = 300.0  # seconds after which a signed request is refused (bot/slack_guard.py)
BOT_TOKEN = re.compile(r"xoxb-[\w-]+", re.ASCII)
APP_TOKEN = re.compile(r"xapp-[\w-]+", re.ASCII)
SECRET = re.compile(r"[0-9a-f]{32}", re.ASCII)
CODE = re.compile(r"[a-z_]{1,60}", re.ASCII)


class Mark(StrEnum):
    """How a finding is to be taken."""

    GOOD = "✓"
    LOOK = "!"
    WRONG = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was found, and what to do about it."""

    mark: Mark
    said: str


def good(said: str) -> Finding:
    return Finding(Mark.GOOD, said)


def look(said: str) -> Finding:
    return Finding(Mark.LOOK, said)


def wrong(said: str) -> Finding:
    return Finding(Mark.WRONG, said)


@dataclass(slots=True)
class Store:
    """What the database told. `used` says that another process holds it."""

    findings: list[Finding] = field(default_factory=list)
    used: bool = False
    known: Known | None = None
    installed: Sequence[Stored] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What was chosen in the chat so far."""

    managers: int
    services: int
    incidents: Place | None
    digest: Place | None


def run(env: Mapping[str, str] | None = None) -> int:
    """Print every finding as it comes; return 1 when something is wrong, else 0."""
    return asyncio.run(_run(os.environ if env is None else env))


async def _run(env: Mapping[str, str]) -> int:
    marks: list[Mark] = []
    async for each in examine(env):
        print(f"{each.mark} {each.said}", flush=True)
        marks.append(each.mark)
    broken, open_ones = marks.count(Mark.WRONG), marks.count(Mark.LOOK)
    print(f"\n{broken} wrong (✗), {open_ones} to look at (!).")
    return 1 if broken else 0


async def examine(
    env: Mapping[str, str], now: Callable[[], datetime] | None = None
) -> AsyncIterator[Finding]:
    """Give one finding after the other."""
    for each in versions():
        yield each
    try:
        settings = Settings.from_env(env)
    except BadSettings as mistakes:
        for mistake in str(mistakes).splitlines():
            yield wrong(mistake)
        return
    yield good(_settings(env))
    store = _store(settings)
    for each in store.findings:
        yield each
    yield await running(settings, store.used)
    if settings.demo:
        yield look(
            "No platform is configured, so this is the demo: make run shows it in the browser. "
            "On to Slack: python -m bot manifest slack --socket, then docs/slack.md."
        )
    if settings.slack:
        async for each in _slack(settings, store, now or Clock().now):
            yield each
        if store.known is not None and settings.slack_bot_token:
            for each in chosen(store.known):
                yield each


# --- this machine ------------------------------------------------------------------------


def versions(installed: Callable[[str], str] = metadata.version) -> Iterator[Finding]:
    """Look at the packages that have to be new enough."""
    fitting: list[str] = []
    for name, least in NEEDED.items():
        newest = ".".join(str(each) for each in least)
        try:
            version = installed(name)
        except metadata.PackageNotFoundError:
            yield wrong(f"{name} is not installed; make run installs all that is needed.")
            continue
        if numbers(version) < least:
            yield wrong(
                f"{name} {version} is too old; Lotse needs {newest} or newer. "
                "make run installs what fits."
            )
        else:
            fitting.append(f"{name} {version}")
    yield good(f"Python {platform.python_version()}, {', '.join(fitting)}.")


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, to be compared."""
    return tuple(int(each) for each in re.findall(r"\d+", version)[:3])


def _settings(env: Mapping[str, str]) -> str:
    names = [each.metadata["env"] for each in fields(Settings)]
    given = [name for name in names if env.get(name) or env.get(f"{name}_FILE")]
    return f"The settings fit. Set here: {', '.join(given) or 'none'}."


# --- the database ------------------------------------------------------------------------


def _store(settings: Settings) -> Store:
    url = app.demo_url(settings) if settings.demo else settings.database_url
    store = Store()
    if url.startswith("sqlite:///"):
        _sqlite(url.removeprefix("sqlite:///"), store)
    else:
        _postgres(url, store)
    return store


def _sqlite(path: str, store: Store) -> None:
    from storage.engine import sqlite

    said = store.findings
    said.append(of_sqlite(sqlite.version()))
    folder = _existing(Path(path).resolve().parent)
    try:
        if not Path(path).exists():
            sqlite.refuse_network(Path(path).resolve())
            said.append(_new(path, folder))
        else:
            with sqlite.glance(path) as (tx, missing):
                _looked(tx, missing, path, store)
            sqlite.try_writing(path)  # last, since it also tidies up behind the look
    except AlreadyRunning:
        store.used = True
    except StorageError as error:
        said.append(wrong(str(error)))
    except OSError as error:
        said.append(wrong(f"{path} cannot be written ({error.strerror}). Whose file is it?"))
    said.append(room(folder))


def of_sqlite(version: str) -> Finding:
    """Look at SQLite itself."""
    if numbers(version) < SQLITE:
        return look(
            f"SQLite {version} can damage a file that two programs write (fixed in 3.51.3). "
            "Lotse alone is safe; let nothing else write to its file, and back up as "
            "docs/operate.md says."
        )
    return good(f"SQLite {version}.")


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.is_dir())


def _new(path: str, folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return wrong(f"{path} cannot be made: nothing can be written there ({error.strerror}).")
    return good(f"{path} is not there yet; the first start makes it.")


def room(folder: Path, little: int = LITTLE) -> Finding:
    """Look how much is free on the disk."""
    free = shutil.disk_usage(folder).free
    if free < little:
        return look(
            f"Only {free // 1024**2} MB are free where the database lies; make room in time."
        )
    return good(f"{free // 1024**3} GB are free where the database lies.")


def _postgres(url: str, store: Store) -> None:
    try:
        from storage.engine import postgres
    except ImportError:
        store.findings.append(
            wrong("PostgreSQL needs the extra packages: pip install 'psycopg[binary,pool]'.")
        )
        return
    try:
        with postgres.glance(url) as (tx, missing):
            _looked(tx, missing, "PostgreSQL", store)
    except StorageError as error:
        store.findings.append(wrong(f"{veiled(plain(str(error)), url)} Check DATABASE_URL."))


def _looked(tx: Tx, missing: int, name: str, store: Store) -> None:
    if missing:
        steps = f"{missing} step{'s' * (missing > 1)}"
        store.findings.append(
            look(
                f"{name} lacks {steps} to this program; the next start brings it up to date, "
                "or python -m bot migrate."
            )
        )
        return
    store.findings.append(good(f"{name} opens, and is up to date."))
    store.installed = installations.all(tx)
    tx = tx.within(app.MAIN)
    store.known = Known(
        len(people.managers(tx)),
        sum(not each.fallback for each in services.all(tx)),
        places.find(tx, places.INCIDENTS),
        places.find(tx, places.MANAGERS),
    )


def veiled(said: str, url: str) -> str:
    """Take out of a driver's words what may be a password, also where the URL is malformed."""
    _scheme, _slashes, rest = url.partition("://")
    user, at, _host = rest.rpartition("@")
    secret = user.partition(":")[2] if at else ""
    given = [secret, *re.split(r"[@/:?#&=]", secret), *re.findall(r"password=([^&]*)", url)]
    for each in sorted(filter(None, given), key=len, reverse=True):
        said = said.replace(each, "…")
    return said


# --- a running Lotse ---------------------------------------------------------------------


async def running(settings: Settings, used: bool, patience: float = SLOW) -> Finding:
    """Ask the Lotse on this port, if there is one, how it is."""
    port = settings.port
    if port == 0:
        return good("PORT is 0: each start takes a free port, so a running Lotse is not asked.")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/health"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=patience)) as web,
            web.get(address) as answer,
        ):
            told = json.loads(await answer.text())
            if not isinstance(told, dict) or "ok" not in told:
                raise ValueError("that is not Lotse's health")
    except aiohttp.ClientConnectorError:
        if used:
            return look(
                f"Another process uses the database, but no Lotse answers on port {port}. "
                "Ask with the same HOST and PORT as that one has."
            )
        return good(f"No Lotse runs on port {port} yet, and the port is free: make run starts it.")
    except TimeoutError:
        return wrong(f"What runs on port {port} does not answer. Restart it, if it is Lotse.")
    except (aiohttp.ClientError, ValueError):
        return wrong(
            f"Another program answers on port {port}. "
            f"PORT={port + 1} make run starts Lotse beside it."
        )
    return _healthy(told, port, settings, used)


def _healthy(told: Mapping[str, Any], port: int, settings: Settings, used: bool) -> Finding:
    if not told["ok"]:
        return wrong(
            f"The Lotse on port {port} is not well: {_ill(told)}. See its log, and restart it."
        )
    if not used and settings.database_url.startswith("sqlite:///"):
        return look(
            f"The Lotse on port {port} uses another database than these settings name: "
            "the demo perhaps, or it was started with other settings."
        )
    if stuck := len(told.get("stuck") or []):
        return look(
            f"Lotse runs on port {port}; {stuck} message{'s' * (stuck > 1)} could not be "
            "delivered for sure, and /health there names them."
        )
    return good(f"Lotse runs on port {port}, and all is well.")


def _ill(told: Mapping[str, Any]) -> str:
    timers = told.get("timers")
    overdue = timers.get("overdue") if isinstance(timers, dict) else 0
    if "reason" in told:
        return plain(str(told["reason"]))
    if told.get("scheduler") == "stalled":
        return "its scheduler stands still"
    return f"{overdue} timers are overdue"


# --- Slack -------------------------------------------------------------------------------


class Unheard(Exception):
    """Slack did not answer, or what answered is not Slack; the text says which."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer of the Web API; `code` is empty when all went well."""

    data: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """Return the error's code; what does not look like one is not repeated."""
        if self.data.get("ok") is True:
            return ""
        code = str(self.data.get("error"))
        return code if CODE.fullmatch(code) else "an unknown error"


async def _slack(
    settings: Settings, store: Store, now: Callable[[], datetime]
) -> AsyncIterator[Finding]:
    if settings.slack_api_url:
        yield look("SLACK_API_URL is set: that is another Web API than Slack's own.")
    limit = aiohttp.ClientTimeout(total=SLOW)
    async with aiohttp.ClientSession(timeout=limit, trust_env=True) as web:
        try:
            if settings.slack_bot_token:
                for each in await _bot_token(settings, web, now):
                    yield each
            if settings.slack_app_token:
                yield await _app_token(settings, web)
            if settings.slack_client_id:
                from bot import doctor_installed

                async for each in doctor_installed.many(settings, store.installed, web):
                    yield each
        except Unheard as error:
            yield wrong(str(error))
    for each in _way_in(settings):
        yield each


async def ask(settings: Settings, web: aiohttp.ClientSession, method: str, token: str) -> Heard:
    """Ask a method of the Web API with a token; raises `Unheard`."""
    base = (settings.slack_api_url or SLACK).rstrip("/")
    try:
        async with web.post(
            f"{base}/{method}", headers={"Authorization": f"Bearer {token}"}, allow_redirects=False
        ) as answer:
            data = json.loads(await answer.text())
            headers = {name.lower(): value for name, value in answer.headers.items()}
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unheard(
            f"{urlsplit(base).hostname} cannot be reached ({type(error).__name__}). Is there a "
            "way out to the internet? Behind a proxy, set HTTPS_PROXY."
        ) from error
    except ValueError as error:
        raise Unheard(
            f"What answers as {urlsplit(base).hostname} is not Slack; perhaps a proxy or a "
            "login page stands between."
        ) from error
    return Heard(data if isinstance(data, dict) else {}, headers)


async def _bot_token(
    settings: Settings, web: aiohttp.ClientSession, now: Callable[[], datetime]
) -> list[Finding]:
    where = f"Copy it from {APP} → OAuth & Permissions → Bot User OAuth Token (xoxb-…)."
    token = settings.slack_bot_token
    if APP_TOKEN.fullmatch(token):
        return [
            wrong(f"SLACK_BOT_TOKEN holds the app token; it belongs to SLACK_APP_TOKEN. {where}")
        ]
    if not BOT_TOKEN.fullmatch(token):
        return [wrong(f"SLACK_BOT_TOKEN does not look like a bot token. {where}")]
    heard = await ask(settings, web, "auth.test", token)
    clocks = _clocks(settings, heard, now())
    match heard.code:
        case "":
            pass
        case "account_inactive" | "token_revoked":
            return [
                wrong(
                    f"The app was removed from Slack ({heard.code}). Install it again at {APP} → "
                    "Install App, and copy the new bot token."
                ),
                *clocks,
            ]
        case "ratelimited":
            return [look("Slack asks to wait (ratelimited). Ask again in a minute."), *clocks]
        case code:
            return [wrong(f"Slack refuses SLACK_BOT_TOKEN ({code}). {where}"), *clocks]
    name, team = plain(str(heard.data.get("user"))), plain(str(heard.data.get("team")))
    return [good(f"Slack knows the bot: {name} in {team}."), _scopes(heard), *clocks]


def _scopes(heard: Heard) -> Finding:
    from bot.manifest import ROOM_SCOPES, SCOPES

    if "x-oauth-scopes" not in heard.headers:
        return look("Slack did not say which scopes were granted; compare them with docs/slack.md.")
    granted = {each.strip() for each in heard.headers["x-oauth-scopes"].split(",")} - {""}
    missing = [f"{each} ({why})" for each, why in SCOPES.items() if each not in granted]
    surplus = sorted(
        each
        for each in granted - SCOPES.keys() - ROOM_SCOPES.keys()
        if re.fullmatch(r"[\w.:-]+", each)
    )
    if missing:
        return wrong(
            f"Scopes are missing: {'; '.join(missing)}. Put the manifest in again at {APP} → "
            "App Manifest, then Install App → Reinstall."
        )
    if surplus:
        return look(
            f"Slack granted more than Lotse uses: {', '.join(surplus)}. Take it out at {APP} → "
            "OAuth & Permissions, and reinstall."
        )
    return good("The scopes are exactly those that Lotse uses.")


def _clocks(settings: Settings, heard: Heard, now: datetime) -> list[Finding]:
    try:
        apart = (now - parsedate_to_datetime(heard.headers["date"])).total_seconds()
    except (KeyError, ValueError, TypeError):
        return []
    if abs(apart) <= APART:
        return [good("The clock agrees with Slack's.")]
    side = "ahead of" if apart > 0 else "behind"
    said = (
        f"This machine's clock is {abs(apart):.0f} seconds {side} Slack's. "
        "Switch time synchronisation on (timedatectl set-ntp true)."
    )
    if abs(apart) > WINDOW and not settings.slack_app_token:
        return [wrong(f"{said} Until then each request of Slack's is refused as too old.")]
    return [look(said)]


async def _app_token(settings: Settings, web: aiohttp.ClientSession) -> Finding:
    where = f"{APP} → Basic Information → App-Level Tokens (xapp-…)."
    token = settings.slack_app_token
    if BOT_TOKEN.fullmatch(token):
        return wrong(f"SLACK_APP_TOKEN holds the bot token. The app token is at {where}")
    if not APP_TOKEN.fullmatch(token):
        return wrong(f"SLACK_APP_TOKEN does not look like an app token. Copy it from {where}")
    heard = await ask(settings, web, "apps.connections.open", token)
    match heard.code:
        case "":
            return good("Slack opens Socket Mode connections for the app token.")
        case "missing_scope":
            return wrong(
                "The app token lacks the scope connections:write. Generate another one with it "
                f"at {where}"
            )
        case "ratelimited":
            return look("Slack asks to wait (ratelimited). Ask again in a minute.")
        case "invalid_auth" | "not_authed" | "token_revoked" | "not_allowed_token_type" as code:
            return wrong(f"Slack refuses SLACK_APP_TOKEN ({code}). Copy it again from {where}")
        case code:
            return wrong(
                f"Slack opens no Socket Mode connection ({code}). Switch it on at {APP} → "
                "Socket Mode, and see that the app token has the scope connections:write."
            )


def _way_in(settings: Settings) -> Iterator[Finding]:
    """Look at the signing secret, which only HTTP needs; only Slack could say more of it."""
    if settings.slack_app_token:
        if settings.slack_signing_secret:
            yield look(
                "SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are both set: Socket Mode is used, and "
                "nothing is served over HTTP. Leave out the one you do not use."
            )
        return
    if SECRET.fullmatch(settings.slack_signing_secret):
        yield good(
            "The signing secret has the right form. Slack's requests go to your public address "
            f"with /slack/events behind it, and from there to port {settings.port}."
        )
    else:
        yield wrong(
            "SLACK_SIGNING_SECRET does not look like one (32 characters, 0-9 and a-f). Copy it "
            f"from {APP} → Basic Information → App Credentials → Signing Secret."
        )


def chosen(known: Known) -> Iterator[Finding]:
    """Look whether the first steps in Slack were taken."""
    if known.managers:
        yield good("Somebody manages Lotse.")
    else:
        yield look(
            "Nobody manages Lotse yet. In Slack, an administrator types /lotse settings and "
            f"presses {both(_('I manage Lotse'))}."
        )
    for place, what in (
        (known.incidents, "incidents and their cards"),
        (known.digest, "the weekly digest"),
    ):
        if place is None:
            yield look(
                f"No channel is chosen for {what}. In the channel: /invite @Lotse, then "
                "/lotse settings and its button."
            )
        elif place.state != "open":
            yield look(
                f"Lotse cannot post to {_named(place)}, which is for {what}. "
                "In the channel: /invite @Lotse."
            )
        else:
            yield good(f"{_named(place)} is for {what}.")
    if not known.services:
        yield look(
            "No service is entered, so each incident goes to the first manager. "
            "In Slack: /lotse service new."
        )


def _named(place: Place) -> str:
    return f"#{plain(place.name)}" if place.name else f"a private channel ({plain(place.id)})"


# --- words -------------------------------------------------------------------------------


def both(words: Sentence) -> str:
    """Return words of the chat in both languages: nobody knows here who reads which."""
    return f"“{text(words, 'en')}” (“{text(words, 'de')}”)"


def plain(said: str) -> str:
    """Return foreign words on one line, without anything that a terminal would obey."""
    return "".join(each if each.isprintable() else " " for each in " ".join(said.split()))[:300]
