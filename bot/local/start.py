"""Opens the demo's own file; says first what is thrown away, and by name what is in the way."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime

from bot.config import Settings
from bot.lotse import DEMO, Lotse, demo_url
from storage import local
from storage.engine import AlreadyRunning, Database, StorageError, opening


def opened(settings: Settings, *, fresh: bool, tell: Callable[[str], object] = print) -> Database:
    """Open the demo's database, with `fresh` a new one.

    Raises `StorageError` with a sentence that says what to do.
    """
    _look_at_folder(settings)
    try:
        if fresh and (settings.data / "demo.db").exists():
            tell(_farewell(settings))
            _throw_away(settings)
        return opening.open_database(demo_url(settings))
    except AlreadyRunning:
        raise AlreadyRunning(
            f"Another Lotse runs already and uses {settings.data / 'demo.db'}. Its page's address "
            "stands in its terminal; Ctrl+C there stops it. A second one beside it needs a folder "
            f"and a port of its own: LOTSE_DATA={settings.data}-2 PORT={settings.port + 1} make run"
        ) from None


def first_steps(lotse: Lotse, *, empty: bool) -> str:
    """Return what one does first in an empty company, or that this one is not; else nothing."""
    held = lotse.database.read(lambda tx: local.held(tx.within(DEMO)))
    if held.services == held.incidents == 0:
        return (
            "This company is empty. First steps: as Chris “service new” enters a service, "
            "as Anna “incident …” declares an incident, “help” tells the rest.\n"
        )
    if empty:
        return (
            "--empty is for a new demo, and this one has been used. --fresh --empty throws it "
            "away and starts without an example.\n"
        )
    return ""


def _look_at_folder(settings: Settings) -> None:
    folder = settings.data
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        a_file = isinstance(error, (FileExistsError, NotADirectoryError))
        reason = "it is a file, or inside one" if a_file else error.strerror or error
        raise StorageError(
            f"LOTSE_DATA: “{folder}” cannot be used as the folder of the demo ({reason}). "
            "Name a folder that you may write to, such as LOTSE_DATA=$HOME/lotse, "
            "or change this one."
        ) from None


def _farewell(settings: Settings) -> str:
    """Say what is thrown away. Raises `AlreadyRunning` while somebody uses it."""
    file = settings.data / "demo.db"
    try:
        database = opening.open_database(demo_url(settings))
        try:
            held = database.read(lambda tx: local.held(tx.within(DEMO)))
        finally:
            database.close()
    except AlreadyRunning:
        raise
    except Exception:  # whatever is wrong with it: it goes
        return f"--fresh throws away {file}, which cannot be read."
    if held.since is None:
        return f"--fresh throws away {file}, in which nothing has happened yet."
    begin = datetime.fromisoformat(held.since).date().isoformat()
    return (
        f"--fresh throws away {file}: {_count(held.incidents, 'incident')}, "
        f"{_count(held.services, 'service')} and {_count(held.messages, 'message')} "
        f"since {begin}."
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _throw_away(settings: Settings) -> None:
    for path in settings.data.glob("demo.db*"):
        if not path.name.endswith(".lock"):
            path.unlink()
