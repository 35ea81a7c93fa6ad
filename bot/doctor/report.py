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
from importlib import metadata
from pathlib import Path
from typing import Any

import aiohttp

from bot import lotse
from bot.config import BadSettings, Settings
from bot.delivery.clock import Clock
from bot.doctor import slack, teams
from bot.doctor.findings import SLOW, Finding, Known, Mark, chosen, good, look, plain, wrong
from storage import people, services, workspaces
from storage.delivery import places
from storage.engine import AlreadyRunning, StorageError, Tx
from storage.slack import installations
from storage.slack.installations import Stored
from storage.workspaces import Workspace

NEEDED = {"slack-bolt": (1, 29), "aiohttp": (3, 13, 4), "sqlite-utils": (4, 0)}
SQLITE = (3, 51, 3)  # the first without the WAL-reset bug
LITTLE = 500 * 1024 * 1024  # bytes of free disk


@dataclass(slots=True)
class Store:
    """What the database told. `used` says that another process holds it.

    `company` is as the environment describes it, `given` which settings stand there.
    """

    company: Workspace
    given: frozenset[str]
    findings: list[Finding] = field(default_factory=list)
    used: bool = False
    known: Known | None = None
    installed: Sequence[Stored] = ()


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
    store = _store(settings, env)
    for each in store.findings:
        yield each
    yield await running(settings, store.used)
    if settings.demo:
        yield look(
            "No platform is configured, so this is the demo: make run shows it in the browser. "
            "On to Slack: python -m bot manifest slack --socket, then docs/slack.md. "
            "On to Microsoft Teams: docs/teams.md."
        )
    now = now or Clock().now
    if settings.slack:
        async for each in slack.examined(settings, store.installed, now):
            yield each
    if settings.teams:
        async for each in teams.examined(settings, store.used, now):
            yield each
    if store.known is not None and (settings.slack_bot_token or settings.teams):
        steps = slack.STEPS if settings.slack_bot_token else teams.STEPS
        for each in chosen(store.known, steps):
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
    return f"The settings fit. Set here: {', '.join(_given(env)) or 'none'}."


def _given(env: Mapping[str, str]) -> list[str]:
    names = [each.metadata["env"] for each in fields(Settings)]
    return [name for name in names if env.get(name) or env.get(f"{name}_FILE")]


# --- the database ------------------------------------------------------------------------


def _store(settings: Settings, env: Mapping[str, str]) -> Store:
    url = lotse.running_url(settings)
    company = lotse.company(lotse.DEMO if settings.demo else lotse.MAIN, settings)
    store = Store(company, frozenset(_given(env)))
    if url.startswith("sqlite:///"):
        _sqlite(url.removeprefix("sqlite:///"), store)
    else:
        _postgres(url, store)
    return store


def _sqlite(path: str, store: Store) -> None:
    from storage.engine import file, sqlite

    said = store.findings
    said.append(of_sqlite(sqlite.version()))
    folder = _existing(Path(path).resolve().parent)
    try:
        if not Path(path).exists():
            file.refuse_network(Path(path).resolve())
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
            wrong("PostgreSQL needs the extra packages: pip install 'psycopg[binary]'.")
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
    store.findings += _differences(tx, store)
    tx = tx.within(lotse.MAIN)
    store.findings += [
        look(
            f"{plain(each.name or each.id)} cannot be reached ({each.id.partition(':')[0]}). What "
            "waits goes out once they write to Lotse there, or invite it again."
        )
        for each in places.parked(tx)
        if each.role is None  # a channel with a role has its own line
    ]
    store.known = Known(
        len(people.managers(tx)),
        sum(not each.fallback for each in services.all(tx)),
        places.find(tx, places.PlaceRole.INCIDENTS),
        places.find(tx, places.PlaceRole.MANAGERS),
    )


CHOSEN = {"LOTSE_LANGUAGE": "language", "LOTSE_ZONE": "zone", "LOTSE_REGION": "region"}


def _differences(tx: Tx, store: Store) -> Iterator[Finding]:
    """Say where the company has chosen something else than the environment names: that holds."""
    if not workspaces.known(tx, store.company.id):
        return
    ours = workspaces.get(tx.within(store.company.id))
    for name, part in CHOSEN.items():
        here, there = getattr(store.company, part), getattr(ours, part)
        if name in store.given and here != there:
            yield look(
                f"{name} is {plain(here)} here, but the company has {plain(there)}, and that "
                "holds: the environment is only asked at the first start. Managers change the "
                "time zone and the region in the chat (settings, “Change working time”)."
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
    if told.get("state") == "yellow" and told.get("reasons"):
        why = "; ".join(plain(str(each)) for each in told["reasons"])
        return look(f"Lotse runs on port {port}, and something wants a look: {why}.{_waits(told)}")
    if stuck := len(told.get("stuck") or []):
        return look(
            f"Lotse runs on port {port}; {stuck} message{'s' * (stuck > 1)} could not be "
            "delivered for sure, and /health there names them."
        )
    return good(f"Lotse runs on port {port}, and all is well.{_waits(told)}")


def _waits(told: Mapping[str, Any]) -> str:
    """Return how many messages wait for each platform, as a sentence; empty if none does."""
    backlog = told.get("backlog")
    if not isinstance(backlog, dict):
        return ""
    waiting = [f"{number} for {plain(str(name))}" for name, number in backlog.items() if number]
    return f" Messages that wait: {', '.join(waiting)}." if waiting else ""


def _ill(told: Mapping[str, Any]) -> str:
    timers = told.get("timers")
    overdue = timers.get("overdue") if isinstance(timers, dict) else 0
    if "reason" in told:
        return plain(str(told["reason"]))
    if isinstance(told.get("reasons"), list) and told["reasons"]:
        return "; ".join(plain(str(each)) for each in told["reasons"])
    if told.get("scheduler") == "stalled":
        return "its scheduler stands still"
    return f"{overdue} timers are overdue"
