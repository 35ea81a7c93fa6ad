"""Opens the store that an address names."""

from __future__ import annotations

from storage.engine import Database, StorageError


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
        raise StorageError(
            "PostgreSQL needs the extra packages: pip install 'psycopg[binary]'."
        ) from None
    return Postgres(url)
