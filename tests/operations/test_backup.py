"""Backups: a true copy of a store in use, sealed, rotated; restored it holds and forgets again."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import __main__ as command
from bot import app
from bot.config import BadSettings, Settings
from bot.lotse import Lotse
from bot.operations import backup, command_line, postgres_tools, restore, sealing
from storage import privacy
from storage.engine import Row, StorageError, Tx, copying, opening
from storage.engine.ids import PersonId
from storage.engine.sqlite import Sqlite
from storage.operations import hold
from tests.conftest import Logged
from tests.pretend import server
from tests.pretend.stage import DEMO, MONDAY, Say, Stage, furnish, staged

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def settings(folder: Path, **given: str) -> Settings:
    url = given.pop("DATABASE_URL", f"sqlite:///{folder / 'lotse.db'}")
    return Settings.from_env(
        {"DATABASE_URL": url, "LOTSE_BACKUPS": str(folder / "backups"), **given}
    )


@pytest.fixture(params=["sqlite", "postgres"])
def url(
    request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Give the address of a new store of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'lotse.db'}"
        return
    given = request.getfixturevalue("postgres_url")
    if "TEST_POSTGRES_URL" not in os.environ:
        monkeypatch.setenv("PATH", f"{server.programs(given)}:{os.environ['PATH']}")
    with server.database(given, "lotse_test_backup") as there:
        yield there


def incidents(url: str) -> list[Row]:
    with opening.look_into(url) as tx:
        return tx.rows("select number, title, state from incidents order by number")


def empty(url: str, folder: Path) -> None:
    """Make the machine an empty one."""
    if url.startswith("sqlite"):
        for each in folder.glob("lotse.db*"):
            each.unlink()
        return
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")


def test_a_restored_store_holds_and_has_everything_of_before(url: str, folder: Path) -> None:
    ours = settings(folder, DATABASE_URL=url)
    with closing(opening.open_database(url)) as database, staged(database) as bot:
        anna = Say(bot, "anna")
        anna("incident Kasse tot", carry=False)
        file = backup.take(ours, NOW)
        anna("incident Webshop langsam")
    empty(url, folder)
    assert restore.restore(ours, file) == 0
    assert [row["title"] for row in incidents(url)] == ["Kasse tot"]
    with closing(opening.open_database(url)) as database:
        with_hold = database.read(lambda tx: hold.current(tx.within(DEMO)))
        assert with_hold is not None and with_hold.taken_at == NOW
        stage = Stage(database, new_id=bot.new_id)
        stage._requests = bot._requests
        stage.wind(minutes=3 * 24 * 60)
        assert stage.chat.ledger == []
        chris = Say(stage, "chris")
        chris("held")
        chris.press("Alarms of open incidents")
        assert any("Kasse tot" in each.text for each in stage.chat.ledger)
        stage.close()


def test_whoever_was_erased_since_is_erased_again(url: str, folder: Path) -> None:
    ours = settings(folder, DATABASE_URL=url)
    with closing(opening.open_database(url)) as database, staged(database) as bot:
        dora = Say(bot, "dora")
        dora("incident Kasse tot")
        dora("sprache en")
        file = backup.take(ours, NOW)
        dora("data")
        dora.press("Erase me")
        dora.press("Erase me")
        assert backup.write_erasures(database, ours.backups, NOW) == 1
        assert backup.write_erasures(database, ours.backups, NOW) == 0
        assert "dora" not in (ours.backups / backup.ERASURES).read_text("utf-8").lower()
    empty(url, folder)
    assert restore.restore(ours, file) == 1
    with closing(opening.open_database(url)) as database:
        inside = database.read(lambda tx: tx.within(DEMO).rows("select id, name from people"))
        assert not any("dora" in str(row).lower() for row in inside)
        assert database.read(privacy.erasures), "it is known after the restore as well"


def erased_at(bot: Stage, lotse: Lotse) -> str:
    """Let Dora erase herself at a Lotse that keeps backups; return what she reads."""
    lotse.dispatcher.patience = 60.0
    bot.dispatcher = lotse.dispatcher
    dora = Say(bot, "dora")
    dora("sprache en")
    dora("data")
    dora.press("Erase me")
    return dora.press("Erase me", calls="data erased", carry=False)


def test_who_reads_that_they_are_erased_lies_beside_the_backups(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the disk, whatever becomes of the machine in the next moment."""
    ours, on_disk = settings(folder, DATABASE_URL=url), []
    monkeypatch.setattr(copying, "sync", lambda file: on_disk.append(file.name))
    with closing(opening.open_database(url)) as database, staged(database) as bot:
        said = erased_at(bot, app.build(ours, database, bot.clock, demo=False))
        assert said.startswith("You are erased. If you write to me again")
        assert len(backup.read_erasures(ours.backups)) == 1
        assert on_disk[-1] == backup.ERASURES
        assert [each.name for each in ours.backups.iterdir()] == [backup.ERASURES]


def test_who_does_not_lie_there_yet_is_told_so(folder: Path, logged: Logged) -> None:
    ours = settings(folder)
    ours.backups.write_text("a file where the folder should be")
    with closing(Sqlite(folder / "lotse.db")) as database, staged(database) as bot:
        lotse = app.build(ours, database, bot.clock, demo=False)
        assert "a backup that is loaded would bring you back" in erased_at(bot, lotse)
        logged.take("Who was erased could not be written beside the backups")
        ours.backups.unlink()
        swept: list[int] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "sweep", lambda: swept.append(1))
            bot.run(lotse.caretaker.round())
            bot.run(app.build(ours, database, bot.clock, demo=False).caretaker.round())
        assert len(backup.read_erasures(ours.backups)) == 1
        assert swept == [1], "once, by whichever process comes first"


def test_what_a_killed_process_left_undone_is_done_at_the_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = settings(folder)
    with closing(Sqlite(folder / "lotse.db")) as database, staged(database) as bot:
        lotse = app.build(ours, database, bot.clock, demo=False)
        bot.store(lambda tx: privacy.note_erasure(tx, PersonId("dora"), bot.clock.now()))

        async def stop(_seconds: float) -> None:
            raise asyncio.CancelledError

        monkeypatch.setattr("asyncio.sleep", stop)
        with pytest.raises(asyncio.CancelledError):
            bot.run(lotse.caretaker.run())
        assert len(backup.read_erasures(ours.backups)) == 1


def test_two_that_write_at_once_lose_nobody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process puts an older list in the place of ours: we look again."""
    ours = settings(folder)
    with closing(Sqlite(folder / "lotse.db")) as database, staged(database) as bot:
        bot.store(lambda tx: privacy.note_erasure(tx, PersonId("dora"), bot.clock.now()))
        others: list[int] = []
        sync = copying.sync

        def meanwhile(file: Path) -> None:
            sync(file)
            if file.name == backup.ERASURES and not others:
                others.append(1)
                bot.store(lambda tx: privacy.note_erasure(tx, PersonId("emil"), bot.clock.now()))
                file.write_text("")

        monkeypatch.setattr(copying, "sync", meanwhile)
        assert backup.write_erasures(database, ours.backups, NOW) == 3
        assert len(backup.read_erasures(ours.backups)) == 2


def test_beside_the_demo_the_demo_is_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    (folder / "data").mkdir()
    for name, declared in (("lotse", 0), ("demo", 1)):
        with (
            closing(Sqlite(folder / "data" / f"{name}.db")) as database,
            staged(database) as stage,
        ):
            for _each in range(declared):
                Say(stage, "anna")("incident Kasse steht", carry=False)
    monkeypatch.setenv("LOTSE_BACKUPS", str(folder / "backups"))
    assert command.main(["backup"]) == 0
    assert "demo.db" in capsys.readouterr().out
    (copy,) = (folder / "backups").glob("lotse-*.db")
    assert len(incidents(f"sqlite:///{copy}")) == 1


def test_a_copy_put_there_by_hand_holds_when_it_starts(folder: Path) -> None:
    ours = settings(folder)
    with closing(Sqlite(folder / "lotse.db")) as database, staged(database) as bot:
        Say(bot, "anna")("incident Kasse tot", carry=False)
        file = backup.take(ours, NOW)
    empty(ours.database_url, folder)
    shutil.copy(file, folder / "lotse.db")
    with closing(opening.open_database(ours.database_url)) as again:
        command_line.hold_if_copy(again, ours)
        assert again.read(hold.everywhere) == [DEMO]
        command_line.hold_if_copy(again, ours)  # the next start holds nothing anew
        holds = again.read(lambda tx: tx.rows("select restored_at from holds"))
        assert len(holds) == 1


def test_a_copy_under_load_is_whole_and_lacks_nothing_answered_before(folder: Path) -> None:
    """Counters are written together by one thread: in a copy they must agree."""
    database = Sqlite(folder / "lotse.db")
    database.transact(lambda tx: furnish(tx, DEMO, MONDAY))
    ends = threading.Event()
    answered = [0]

    def count(tx: Tx) -> None:
        for name in ("one", "two"):
            tx.within(DEMO).run(
                "insert into counters (workspace, name, value) values (:workspace, :name, 1) "
                "on conflict (workspace, name) do update set value = counters.value + 1",
                name=name,
            )

    def load() -> None:
        while not ends.is_set():
            database.transact(count)
            answered[0] += 1

    writer = threading.Thread(target=load)
    writer.start()
    try:
        for n in range(3):
            while answered[0] <= n * 20:
                ends.wait(0.001)
            before = answered[0]
            file = backup.take(settings(folder), NOW + timedelta(seconds=n))
            with closing(sqlite3.connect(file)) as copy:
                found = dict(copy.execute("select name, value from counters").fetchall())
            assert found["one"] == found["two"] >= before
    finally:
        ends.set()
        writer.join()
        database.close()


def test_backups_are_only_ours_and_rotated_but_never_the_newest(folder: Path) -> None:
    ours = settings(folder, LOTSE_BACKUP_DAYS="2")
    Sqlite(folder / "lotse.db").close()
    files = [backup.take(ours, NOW + timedelta(days=n)) for n in range(5)]
    left = [each.file for each in backup.all_in(ours.backups)]
    assert left == files[2:]
    assert backup.rotate(ours.backups, timedelta(0), NOW + timedelta(days=900)) == files[2:4]
    assert files[4].stat().st_mode & 0o077 == 0
    assert ours.backups.stat().st_mode & 0o077 == 0
    assert [each.name for each in ours.backups.iterdir()] == [files[4].name]


def test_a_damaged_copy_is_refused_and_nothing_is_changed(folder: Path) -> None:
    ours = settings(folder)
    with closing(Sqlite(folder / "lotse.db")) as database, staged(database) as bot:
        for n in range(40):
            Say(bot, "anna")(f"incident Kasse {n}x ist tot", carry=False)
    file = backup.take(ours, NOW)
    whole = file.read_bytes()
    before = incidents(ours.database_url)
    middle = len(whole) // 2
    for broken in (whole[:middle], b"x" * 4096 + whole[4096:], whole[:4096]):
        file.write_bytes(broken)
        with pytest.raises(StorageError):
            restore.restore(ours, file, replace=True)
        assert incidents(ours.database_url) == before
        assert not list(folder.glob("*.restoring*"))


def test_a_running_lotse_is_not_replaced(folder: Path) -> None:
    ours = settings(folder)
    with closing(Sqlite(folder / "lotse.db")):
        file = backup.take(ours, NOW)
        with pytest.raises(StorageError, match="Another Lotse"):
            restore.restore(ours, file, replace=True)


def test_what_is_there_is_put_aside_only_when_asked(folder: Path) -> None:
    ours = settings(folder)
    Sqlite(folder / "lotse.db").close()
    file = backup.take(ours, NOW)
    with pytest.raises(restore.CannotRestore, match="--replace"):
        restore.restore(ours, file)
    restore.restore(ours, file, replace=True)
    assert len(list(folder.glob("lotse.db.before-*Z"))) == 1


def test_a_backup_of_another_kind_of_store_is_refused(folder: Path) -> None:
    there = folder / "lotse-20261123T120000Z.dump"
    there.write_bytes(b"PGDMP")
    with pytest.raises(restore.CannotRestore, match="PostgreSQL"):
        restore.restore(settings(folder), there)
    with pytest.raises(restore.CannotRestore, match="There is no"):
        restore.restore(settings(folder), folder / "lotse-20261124T120000Z.db")


# --- sealed ------------------------------------------------------------------------------


def test_a_sealed_backup_opens_with_its_private_key_only(folder: Path) -> None:
    public, private = sealing.pair()
    ours = settings(folder, LOTSE_BACKUP_KEY=public)
    with closing(Sqlite(folder / "lotse.db")) as database, staged(database) as bot:
        Say(bot, "anna")("incident Canaryvogel tot", carry=False)
    file = backup.take(ours, NOW)
    assert file.name.endswith(".db.sealed") and b"Canaryvogel" not in file.read_bytes()
    assert len(list(ours.backups.iterdir())) == 1, "no plain copy lies beside it"
    empty(ours.database_url, folder)
    with pytest.raises(restore.CannotRestore, match="--key-file"):
        restore.restore(ours, file)
    with pytest.raises(restore.CannotRestore, match="not sealed to this key"):
        restore.restore(ours, file, sealing.pair()[1])
    with pytest.raises(restore.CannotRestore, match="does not hold a private key of backups"):
        restore.restore(ours, file, public)
    assert not list(folder.glob("lotse.db*")) or not (folder / "lotse.db").exists()
    restore.restore(ours, file, private)
    assert incidents(ours.database_url)[0]["title"] == "Canaryvogel tot"


@given(
    size=st.integers(0, 5) | st.sampled_from([-1, 0, 1]).map(lambda n: sealing.PIECE + n),
    wrong=st.integers(0, 10_000),
)
def test_sealing_is_undone_by_opening_and_any_change_is_noticed(size: int, wrong: int) -> None:
    public, private = sealing.pair()
    plain = os.urandom(size)
    sealed = io.BytesIO()
    sealing.seal(io.BytesIO(plain), sealed, sealing.public(public))
    opened = io.BytesIO()
    sealing.open_sealed(io.BytesIO(sealed.getvalue()), opened, sealing.private(private))
    assert opened.getvalue() == plain
    whole = bytearray(sealed.getvalue())
    whole[wrong % len(whole)] ^= 1
    with pytest.raises(sealing.NotOpened):
        sealing.open_sealed(io.BytesIO(bytes(whole)), io.BytesIO(), sealing.private(private))


@pytest.mark.parametrize(("holds", "said"), [
    (None, "key.txt cannot be read: No such file or directory."),
    (sealing.pair()[0].encode(), "--key-file does not hold a private key of backups (it begins"),
    (b"\xff\xfe", "key.txt is no key: it is no text."),
], ids=["missing", "public", "bytes"])  # fmt: skip
def test_a_key_file_that_is_none_is_named(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    holds: bytes | None,
    said: str,
) -> None:
    ours = settings(folder, LOTSE_BACKUP_KEY=sealing.pair()[0])
    with closing(Sqlite(folder / "lotse.db")) as database, staged(database):
        file = backup.take(ours, NOW)
    if holds is not None:
        (folder / "key.txt").write_bytes(holds)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder / 'new.db'}")
    assert command.main(["restore", str(file), "--key-file", str(folder / "key.txt")]) == 1
    told = capsys.readouterr().err
    assert said in told and "could not start" not in told
    assert list(folder.glob("new.db*")) == []


def test_a_damaged_copy_is_called_as_it_was_given_and_leaves_nothing(folder: Path) -> None:
    copy = folder / "of-friday.db"
    copy.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    ours = settings(folder, DATABASE_URL=f"sqlite:///{folder / 'new.db'}")
    with pytest.raises(copying.Damaged, match=r"^of-friday\.db is damaged"):
        restore.restore(ours, copy)
    assert list(folder.glob("new.db*")) == []


@pytest.mark.parametrize(
    "words", [["audit", "--since", "gestern"], ["retention", "--by", "2027-99-99"]]
)
def test_a_day_that_is_none_is_told_how_it_is_written(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit):
        command.main(words)
    told = capsys.readouterr().err
    assert f"“{words[-1]}” is not a day; it is written 2026-11-23" in told
    assert "isoformat" not in told


def test_who_has_read_enough_ends_it_quietly(folder: Path) -> None:
    """As `| head` does: the pipe breaks, and nobody is told that Lotse could not start."""
    Sqlite(folder / "lotse.db").close()
    given = {**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'lotse.db'}"}
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [sys.executable, "-m", "bot", "audit"],
        env=given, stdout=writes, stderr=subprocess.PIPE, timeout=60, check=False, text=True,
    )  # fmt: skip
    os.close(writes)
    assert done.stderr == ""


def test_a_sealed_file_that_was_cut_at_a_piece_is_refused() -> None:
    public, private = sealing.pair()
    sealed = io.BytesIO()
    sealing.seal(io.BytesIO(b"x" * (2 * sealing.PIECE)), sealed, sealing.public(public))
    head = len(sealing.MAGIC) + sealing.RAW
    cut = sealed.getvalue()[: head + sealing.PIECE + sealing.TAG]
    with pytest.raises(sealing.NotOpened):
        sealing.open_sealed(io.BytesIO(cut), io.BytesIO(), sealing.private(private))


@pytest.mark.parametrize("name", ["LOTSE_BACKUP_KEY", "LOTSE_BACKUP_AT", "LOTSE_BACKUP_DAYS"])
def test_settings_that_do_not_fit_are_told(folder: Path, name: str) -> None:
    with pytest.raises(BadSettings, match=name):
        settings(folder, **{name: "900"})


# --- the command line --------------------------------------------------------------------


def test_the_words_of_the_page_are_enough(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = settings(folder)
    with closing(Sqlite(folder / "lotse.db")) as database, staged(database) as bot:
        Say(bot, "anna")("incident Kasse tot", carry=False)
    monkeypatch.setenv("DATABASE_URL", ours.database_url)
    monkeypatch.setenv("LOTSE_BACKUPS", str(ours.backups))
    assert command.main(["backup"]) == 0
    (taken,) = backup.all_in(ours.backups)
    empty(ours.database_url, folder)
    assert command.main(["restore", str(taken.file)]) == 0
    assert "Nothing from before goes out" in capsys.readouterr().out
    assert command.main(["held"]) == 0
    assert "Alarm of" in capsys.readouterr().out
    assert command.main(["release", "nothing"]) == 0
    assert command.main(["held"]) == 0
    assert "Nothing is held back." in capsys.readouterr().out


def test_a_missing_program_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(postgres_tools.ToolFailed, match="pg_dump is not installed"):
        postgres_tools.dump("postgresql://nobody@127.0.0.1:1/x", folder / "x.dump")


def test_a_password_is_shown_to_nobody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$@ $PGPASSWORD" > {folder}/seen\nexit 1\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    with pytest.raises(postgres_tools.ToolFailed) as failed:
        postgres_tools.dump("postgresql://u:ca%27nary@127.0.0.1:1/x", folder / "x.dump")
    seen = (folder / "seen").read_text()
    assert seen.rstrip().endswith("ca'nary") and seen.count("nary") == 1
    assert "nary" not in str(failed.value)


def test_a_file_that_refers_to_nothing_is_damaged(folder: Path) -> None:
    Sqlite(folder / "lotse.db").close()
    with closing(sqlite3.connect(folder / "lotse.db")) as db:
        db.execute("insert into settings values ('nobody', 'a', 'b')")
        db.commit()
    with pytest.raises(copying.Damaged, match="settings refers"):
        copying.check(folder / "lotse.db")
