"""A true copy of an SQLite file, also of one that is in use; on the disk, and looked at."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from storage.engine import StorageError, Unavailable


class Damaged(StorageError):
    """A copy is not whole; the text says what is wrong with it."""


def copy(source: str | Path, to: Path, mark: Callable[[Callable[..., object]], None]) -> None:
    """Write all of `source`, as of one moment, into the new file `to`.

    Whoever writes is not held up. What was deleted is not in it. `mark(run)` says in the copy
    that it is one. Raises `StorageError`; what was begun is taken away.
    """
    uri = f"{Path(source).resolve().as_uri()}?mode=ro"
    to.touch(mode=0o600, exist_ok=False)
    try:
        with contextlib.closing(
            sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10.0)
        ) as db:
            db.execute("vacuum into ?", (str(to),))
        with contextlib.closing(sqlite3.connect(to, isolation_level=None)) as db:
            db.execute("pragma journal_mode = delete")
            db.execute("pragma synchronous = full")
            mark(db.execute)
        check(to)
        sync(to)  # SQLite does not promise it for what `vacuum into` writes
    except BaseException as error:
        to.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error):
            raise Unavailable(f"No copy could be taken: {error}.") from error
        raise


def check(file: Path, name: str = "") -> None:
    """Raise `Damaged` unless a file is a whole database with all that its rows refer to.

    It is called `name` then, if it is known to somebody under another one.
    """
    name = name or file.name
    try:
        with contextlib.closing(
            sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        ) as db:
            found = [row[0] for row in db.execute("pragma integrity_check(5)")]
            if found != ["ok"]:
                raise Damaged(f"{name} is damaged: {found[0]}.")
            orphan = db.execute("pragma foreign_key_check").fetchone()
            if orphan is not None:
                raise Damaged(f"{name} is damaged: {orphan[0]} refers to what is not there.")
            if not db.execute("select 1 from sqlite_master where name = 'migrations'").fetchall():
                raise Damaged(f"{name} is no database of Lotse's.")
    except sqlite3.Error as error:
        raise Damaged(f"{name} is damaged: {error}.") from error


def sync(file: Path) -> None:
    """Wait until a file, and its name in its folder, are on the disk."""
    for each, flags in ((file, os.O_RDONLY), (file.parent, os.O_RDONLY)):
        if each.is_dir() and os.name == "nt":
            continue  # Windows has no folders that can be waited for
        handle = os.open(each, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
