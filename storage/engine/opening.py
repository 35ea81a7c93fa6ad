"""Opens the store that an address names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from storage.engine import Database, StorageError, Tx

EXTRA = "PostgreSQL needs the extra packages: pip install 'psycopg[binary]'."


def open_database(url: str) -> Database:
    """Open the store that a `DATABASE_URL` names, brought up to date.

    Raises `StorageError` with a sentence for the operator.
    """
    if url.startswith("sqlite:///"):
        from storage.engine.sqlite import Sqlite

        return Sqlite(url.removeprefix("sqlite:///"))
    try:
        from storage.engine.postgres import Postgres
    except ImportError:
        raise StorageError(EXTRA) from None
    return Postgres(url)


@contextlib.contextmanager
def look_into(url: str) -> Iterator[Tx]:
    """Give a transaction that only reads, also beside a running Lotse.

    Raises `StorageError` when the store cannot be used, or is not up to date.
    """
    if url.startswith("sqlite:///"):
        from storage.engine import sqlite

        looking = sqlite.glance(url.removeprefix("sqlite:///"))
    else:
        try:
            from storage.engine import postgres
        except ImportError:
            raise StorageError(EXTRA) from None
        looking = postgres.glance(url)
    with looking as (tx, missing):
        if missing:
            raise StorageError("The database is not up to date: python -m bot migrate does that.")
        yield tx
