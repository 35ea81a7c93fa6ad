"""Takes a backup: a true copy, looked at, on the disk, sealed if there is a key, rotated."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.config import Settings
from bot.operations import postgres_tools, sealing
from storage import privacy
from storage.engine import Database, Row, copying
from storage.engine.sql import as_text
from storage.operations import COPIED

NAME = re.compile(r"lotse-(\d{8}T\d{6}Z)\.(db|dump)(\.sealed)?")
STAMP = "%Y%m%dT%H%M%SZ"
ERASURES = "erasures.jsonl"
ERASURES_KEPT = timedelta(days=400)
SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that lies in the folder."""

    file: Path
    taken_at: datetime


def take(settings: Settings, now: datetime) -> Path:
    """Take a backup of the configured database; return its file. Raises `StorageError`.

    It may be taken beside a running Lotse, which goes on as ever.
    """
    folder = prepared(settings.backups)
    url = settings.database_url
    ending = "db" if url.startswith(SQLITE) else "dump"
    file = folder / f"lotse-{now.strftime(STAMP)}.{ending}"
    taking = folder / f".taking-{os.getpid()}.{ending}"
    taking.unlink(missing_ok=True)
    try:
        if ending == "db":
            copying.copy(url.removeprefix(SQLITE), taking, _mark(now))
        else:
            postgres_tools.dump(url, taking)
        if settings.backup_key:
            taking, file = (
                _sealed(taking, settings.backup_key),
                file.with_name(f"{file.name}.sealed"),
            )
        copying.sync(taking)
        taking.replace(file)
        copying.sync(file)
    finally:
        for left in folder.glob(f".taking-{os.getpid()}.*"):
            left.unlink()
    rotate(folder, timedelta(days=settings.backup_days), now)
    return file


def all_in(folder: Path) -> list[Backup]:
    """Return the backups of a folder, the oldest first."""
    found = [(taken_at(file), file) for file in folder.glob("lotse-*")]
    named = [Backup(file, taken) for taken, file in found if taken is not None]
    return sorted(named, key=lambda each: each.taken_at)


def taken_at(file: Path) -> datetime | None:
    """Return when a backup was taken, by its name."""
    named = NAME.fullmatch(file.name)
    return datetime.strptime(named[1], STAMP).replace(tzinfo=UTC) if named else None


def rotate(folder: Path, keep: timedelta, now: datetime) -> list[Path]:
    """Delete the backups that are too old, never the newest; return which."""
    gone = [each.file for each in all_in(folder)[:-1] if each.taken_at < now - keep]
    for file in gone:
        file.unlink()
    return gone


def prepared(folder: Path) -> Path:
    """Return a folder that only we can look into."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


# --- who was erased since ----------------------------------------------------------------


def write_erasures(database: Database, folder: Path, now: datetime) -> int:
    """Write who was erased beside the backups; return how many are new there.

    On the disk when it returns. Of several that write at once the last looks again: nobody whom
    another has written is lost.
    """
    new = 0
    while count := _write_new_erasures(database, folder, now):
        new += count
    return new


def _write_new_erasures(database: Database, folder: Path, now: datetime) -> int:
    known = {(each["workspace"], each["erased"]): each for each in read_erasures(folder)}
    stored = {(each["workspace"], each["erased"]): each for each in database.read(privacy.erasures)}
    oldest = as_text(now - ERASURES_KEPT)
    new = {key for key in stored.keys() - known.keys() if stored[key]["at"] >= oldest}
    if not new:
        return 0
    rows = sorted(
        (each for each in {**known, **stored}.values() if each["at"] >= oldest),
        key=lambda each: (each["at"], each["workspace"], each["erased"]),
    )
    file = prepared(folder) / ERASURES
    beside = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}.new")
    beside.touch(mode=0o600)
    beside.write_text("".join(f"{json.dumps(each)}\n" for each in rows), encoding="utf-8")
    copying.sync(beside)
    beside.replace(file)
    copying.sync(file)
    return len(new)


def read_erasures(folder: Path) -> list[Row]:
    """Return who was erased, as it lies beside the backups."""
    file = folder / ERASURES
    if not file.exists():
        return []
    return [json.loads(each) for each in file.read_text(encoding="utf-8").splitlines() if each]


def _mark(now: datetime) -> Callable[[Callable[..., object]], None]:
    def mark(run: Callable[..., object]) -> None:
        run(
            "insert into instance (name, value) values (?, ?) "
            "on conflict (name) do update set value = excluded.value",
            (COPIED, as_text(now)),
        )

    return mark


def _sealed(plain: Path, key: str) -> Path:
    sealed = plain.with_name(f"{plain.name}.sealed")
    sealed.touch(mode=0o600)
    with plain.open("rb") as source, sealed.open("wb") as to:
        sealing.seal(source, to, sealing.public(key))
    plain.unlink()
    return sealed
