"""SQLite's file: lost, replaced, or held by another program; and readers beside the writer."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from storage import workspaces
from storage.engine import DatabaseLost, Locked, OnlyReading, Tx
from storage.engine.sqlite import READERS, Sqlite, connect
from storage.workspaces import Workspace
from tests.pretend.stage import MONDAY

WAIT = 0.3  # seconds that somebody waits for a foreign lock


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Sqlite]:
    """Give an empty database in a folder of its own, with workspace a."""
    with closing(Sqlite(tmp_path / "here" / "lotse.db", wait=WAIT)) as database:
        company = Workspace("a", "a", "de", "Europe/Berlin", "DE")
        database.transact(lambda tx: workspaces.ensure(tx, company, MONDAY))
        yield database


def note(name: str) -> Callable[[Tx], None]:
    """Return a piece of work that stores a setting in workspace a."""
    return lambda tx: workspaces.set_setting(tx.within("a"), name, "x")


def noted(database: Sqlite) -> list[str]:
    """Return what was noted."""
    rows = database.read(lambda tx: tx.rows("select name from settings order by name"))
    return [row["name"] for row in rows]


# --- a file that is gone -----------------------------------------------------------------


def away(path: Path) -> None:
    """Somebody moves the file."""
    path.rename(path.with_suffix(".away"))


def folder_away(path: Path) -> None:
    """Somebody deletes the folder."""
    shutil.rmtree(path.parent)


def replaced(path: Path) -> None:
    """Somebody copies a backup over it, as a new file."""
    copy = path.with_suffix(".copy")
    shutil.copy(path, copy)
    copy.replace(path)


def log_away(path: Path) -> None:
    """Somebody tidies up, and deletes the log with what was stored last."""
    path.with_name(f"{path.name}-wal").unlink()


@pytest.mark.parametrize("lose", [away, folder_away, replaced, log_away])
def test_a_file_that_is_gone_is_noticed_and_nothing_is_said_to_be_stored(
    file: Sqlite, lose: Callable[[Path], None]
) -> None:
    file.transact(note("before"))
    assert file.trouble() is None
    lose(Path(file.path))
    assert "deleted or replaced" in (file.trouble() or "")
    with pytest.raises(DatabaseLost, match="nothing is stored any more"):
        file.transact(note("after"))
    with pytest.raises(DatabaseLost):
        noted(file)
    assert not Path(file.path).exists() or lose in (replaced, log_away), "none was made instead"


def test_a_file_that_goes_while_it_is_written_is_noticed_before_anybody_is_told(
    file: Sqlite,
) -> None:
    def work(tx: Tx) -> None:
        note("half")(tx)
        folder_away(Path(file.path))

    with pytest.raises(DatabaseLost):
        file.transact(work)


def test_who_reads_makes_no_file_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connect(str(tmp_path / "lotse.db"), writes=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_put_back_is_used_again(file: Sqlite) -> None:
    path = Path(file.path)
    away(path)
    with pytest.raises(DatabaseLost):
        file.transact(note("lost"))
    path.with_suffix(".away").rename(path)
    file.transact(note("after"))
    assert file.trouble() is None
    assert noted(file) == ["after"]


# --- another program's lock --------------------------------------------------------------


@contextmanager
def locked(path: str) -> Iterator[sqlite3.Connection]:
    """Hold the write lock, as a curious person with another program does."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("begin immediate")
        yield other


class Order:
    """Notes in which order futures are done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def watch(self, name: str, future: Future[Any]) -> Future[Any]:
        """Note it under this name."""
        future.add_done_callback(lambda _future: self.done.append(name))
        return future


def test_who_came_behind_somebody_that_waits_is_told_as_soon(file: Sqlite) -> None:
    """Not after the wait of whoever was first and then their own."""
    order = Order()
    with locked(file.path) as other:
        patient = order.watch("patient", file.submit(note("patient"), patient=True))
        while file.trouble() is None:  # until the writer has met the lock
            noted(file)
        futures = [order.watch("somebody", file.submit(note(f"{n}"))) for n in range(100)]
        for each in futures:
            error = each.exception(5)
            assert isinstance(error, Locked)
        assert noted(file) == [], "reading goes on, and nothing is half done"
        assert "Another program" in (file.trouble() or "")
        assert order.done == ["somebody"] * 100, "work that nobody waits for is tried on"
        other.execute("commit")
        assert patient.exception(10) is None
    assert file.trouble() is None
    assert noted(file) == ["patient"]


def test_by_itself_it_waits_for_less_than_what_slack_waits_for(tmp_path: Path) -> None:
    from storage.engine import sqlite

    assert sqlite.WAIT + 2 * sqlite.BUSY / 1000 < 2.5
    assert sqlite.PATIENCE > 10


def test_what_waits_is_done_in_the_end_when_it_closes_meanwhile(tmp_path: Path) -> None:
    database = Sqlite(tmp_path / "lotse.db", wait=WAIT)
    with locked(database.path):
        waiting = database.submit(lambda tx: None)
        database.close()
        assert isinstance(waiting.exception(5), Locked)


# --- readers -----------------------------------------------------------------------------


def test_a_slow_reader_holds_up_neither_the_writer_nor_other_readers(file: Sqlite) -> None:
    go_on = threading.Event()
    slow = [file.submit_read(lambda tx: go_on.wait(30)) for _n in range(READERS - 1)]
    try:
        file.submit(note("1")).result(10)
        assert noted(file) == ["1"]
    finally:
        go_on.set()
    for each in slow:
        assert each.result(10)


def test_a_reader_is_not_held_up_by_the_writer(file: Sqlite) -> None:
    go_on = threading.Event()
    started = threading.Event()

    def slow(tx: Tx) -> None:
        note("half")(tx)
        started.set()
        go_on.wait(30)

    writing = file.submit(slow)
    try:
        assert started.wait(10)
        assert noted(file) == []
    finally:
        go_on.set()
    writing.result(10)
    assert noted(file) == ["half"]


def test_a_reader_sees_one_moment_from_its_first_look_to_its_last(file: Sqlite) -> None:
    count = "select count(*) as n from settings"

    def look(tx: Tx) -> tuple[object, object]:
        first = tx.rows(count)[0]["n"]
        file.submit(note("meanwhile")).result(10)
        return first, tx.rows(count)[0]["n"]

    assert file.read(look) == (0, 0)
    assert noted(file) == ["meanwhile"]


@pytest.mark.parametrize("memory", [False, True])
def test_a_reader_that_writes_is_told_by_name_and_harms_nobody(file: Sqlite, memory: bool) -> None:
    with closing(Sqlite()) as inside:
        database = inside if memory else file
        with pytest.raises(OnlyReading):
            database.read(lambda tx: tx.run("insert into settings values ('a', 'sneaked', 'x')"))
        assert noted(database) == []


def _put(name: str, value: str, tx: Tx) -> None:
    workspaces.set_setting(tx.within("a"), name, value)


def test_a_swept_file_holds_nothing_of_what_rows_said_before_they_moved(file: Sqlite) -> None:
    """Whoever writes meanwhile waits, and is not refused."""
    place = Path(file.path)
    for n in range(400):
        file.transact(partial(_put, f"n{n:03}", "geheim" * (n % 40)))
    for n in range(0, 400, 2):
        file.transact(partial(_put, f"n{n:03}", "offen" * (n % 90)))
    sql = "update settings set value = '' where workspace = 'a' and value like 'geheim%'"
    file.transact(lambda tx: tx.run(sql))
    beside = [file.submit(note(f"beside{n}")) for n in range(20)]
    file.sweep()
    for each in beside:
        each.result()
    log = Path(f"{place}-wal")
    assert b"geheim" not in place.read_bytes() + (log.read_bytes() if log.exists() else b"")
    assert len(noted(file)) == 420


def test_a_held_file_is_not_swept_and_says_so(file: Sqlite) -> None:
    with locked(file.path), pytest.raises(Locked):
        file.sweep()
    file.sweep()
