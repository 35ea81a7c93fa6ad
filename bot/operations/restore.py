"""Brings a backup back: held, with everybody erased again who was erased since."""

from __future__ import annotations

import contextlib
import uuid
from collections import defaultdict
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.config import Settings
from bot.delivery.clock import utc
from bot.delivery.ids import new_id
from bot.operations import backup, postgres_tools, sealing
from handlers import FEATURES
from handlers.kit.context import LOTSE, Context
from handlers.privacy import erasing
from storage import operations, workspaces
from storage.engine import Database, StorageError, Tx, copying, opening
from storage.engine.file import lock_file
from storage.engine.sql import as_moment, as_text
from storage.operations import hold


class CannotRestore(StorageError):
    """A backup cannot be brought back; the text says why, and nothing was changed."""


def restore(settings: Settings, file: Path, key: str = "", *, replace: bool = False) -> int:
    """Bring a backup back into the configured database; return how many were erased again.

    `key` is the private one, for a sealed backup. With `replace` the SQLite file that is there
    is put aside. Raises `CannotRestore` or another `StorageError`.
    """
    if not file.is_file():
        raise CannotRestore(f"There is no {file}.")
    sqlite = settings.database_url.startswith(backup.SQLITE)
    named = backup.NAME.fullmatch(file.name)
    if named and (named[2] == "db") != sqlite:
        other = "PostgreSQL" if sqlite else "SQLite"
        raise CannotRestore(
            f"{file.name} is a backup of {other}; DATABASE_URL names another kind of store."
        )
    if sqlite:
        return _into_file(settings, file, key, replace=replace)
    return _into_postgres(settings, file, key)


def _into_file(settings: Settings, file: Path, key: str, *, replace: bool) -> int:
    target = Path(settings.database_url.removeprefix(backup.SQLITE)).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    locked = target.with_name(f"{target.name}.lock")
    unknown = not locked.exists()
    with lock_file(target):  # nobody runs on it, and nobody starts meanwhile
        try:
            return _onto(settings, file, target, key, replace=replace)
        finally:
            if unknown and not target.exists():  # nothing came of it, and nothing is left of it
                with contextlib.suppress(OSError):  # Windows keeps it while it is held
                    locked.unlink()


def _onto(settings: Settings, file: Path, target: Path, key: str, *, replace: bool) -> int:
    if target.exists() and not replace:
        raise CannotRestore(
            f"{target.name} exists already. --replace puts it aside, as {target.name}.before-…"
        )
    coming = target.with_name(f"{target.name}.restoring")
    try:
        _opened(file, coming, key)
        copying.check(coming, file.name)
        database = opening.open_database(f"{backup.SQLITE}{coming}")
        try:
            erased = came_back(database, settings, utc())
        finally:
            database.close()
        copying.sync(coming)
        if target.exists():
            _put_aside(target)
        coming.replace(target)
        copying.sync(target)
    finally:
        for left in target.parent.glob(f"{coming.name}*"):
            left.unlink()
    return erased


def _into_postgres(settings: Settings, file: Path, key: str) -> int:
    folder = backup.prepared(settings.backups)
    plain, script = folder / ".restoring.dump", folder / ".restoring.sql"
    # What is restored says in the same transaction that it is a copy: whoever starts holds.
    taken = backup.taken_at(file) or utc()
    last = (
        f"insert into public.instance (name, value) values ('{operations.COPIED}', "
        f"'{as_text(taken)}') on conflict (name) do update set value = excluded.value;"
    )
    try:
        _opened(file, plain, key)
        postgres_tools.load(settings.database_url, plain, script, last)
    finally:
        plain.unlink(missing_ok=True)
    database = opening.open_database(settings.database_url)
    try:
        return came_back(database, settings, utc())
    finally:
        database.close()


def came_back(database: Database, settings: Settings, now: datetime) -> int:
    """If this store is a copy: hold it, and erase again; return how many were erased."""
    taken = database.read(partial(operations.noted, name=operations.COPIED))
    if taken is None:
        return 0
    erased: defaultdict[str, set[str]] = defaultdict(set)
    for each in backup.read_erasures(settings.backups):
        erased[each["workspace"]].add(each["erased"])

    def work(tx: Tx) -> int:
        if operations.noted(tx, operations.COPIED) is None:
            return 0  # another process was faster
        count = 0
        for workspace in workspaces.all_ids(tx):
            inside = _context(tx.within(workspace), now)
            count += erasing.again(inside, frozenset(erased[workspace]))
        hold.begin(tx, as_moment(taken), now)
        operations.drop(tx, operations.COPIED)
        return count

    return database.transact(work)


def _context(tx: Tx, now: datetime) -> Context:
    return Context(
        tx=tx,
        workspace=workspaces.get(tx),
        person=LOTSE,
        place=None,
        now=now,
        new_id=new_id,
        new_secret=_secret,
        address="",
        features=FEATURES,
    )


def _secret() -> str:
    return str(uuid.uuid4())


def _opened(file: Path, to: Path, key: str) -> None:
    """Write the backup's plain bytes to a new file."""
    to.unlink(missing_ok=True)
    to.touch(mode=0o600)
    sealed = sealing.is_sealed(file)
    if sealed and not key:
        raise CannotRestore(
            f"{file.name} is sealed. --key-file names the file with the private key."
        )
    with file.open("rb") as source, to.open("wb") as out:
        if not sealed:
            while piece := source.read(sealing.PIECE):
                out.write(piece)
            return
        try:
            opens = sealing.private(key)
        except ValueError as wrong:
            raise CannotRestore(
                f"--key-file does not hold a private key of backups ({wrong}). "
                "python -m bot key --backup made a pair; it is the one that was put away."
            ) from None
        try:
            sealing.open_sealed(source, out, opens)
        except sealing.NotOpened as wrong:
            raise CannotRestore(f"{file.name} cannot be opened. {wrong}") from None


def read_key(file: Path | None) -> str:
    """Return the private key that a file holds; raises `CannotRestore`."""
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CannotRestore(f"--key-file {file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CannotRestore(f"--key-file {file} is no key: it is no text.") from None


def _put_aside(target: Path) -> None:
    stamp = utc().strftime(backup.STAMP)
    for each in target.parent.glob(f"{target.name}*"):
        ending = each.name.removeprefix(target.name)
        if ending in ("", "-wal", "-shm"):
            each.rename(target.with_name(f"{target.name}.before-{stamp}{ending}"))
