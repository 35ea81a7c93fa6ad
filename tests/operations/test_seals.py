"""The audit trail is a chain: one row changed, added or taken away is named (M25)."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from bot import __main__ as command
from storage.engine import Tx
from storage.engine.sqlite import Sqlite
from storage.operations import seals
from tests.pretend.stage import DEMO, Say, Stage, staged

NEVER = date(2000, 1, 1)


def three_days(bot: Stage, anna: Say, ben: Say) -> None:
    for n in range(3):
        anna(f"incident Kasse {n}x tot")
        anna("reibung Formulare doppelt")
        ben(f"ack {n + 1}")
        ben(f"restored {n + 1} Kabel")
        bot.wind(minutes=24 * 60)
    assert bot.store(lambda tx: seals.seal(tx, bot.clock.now())) >= 3


def tamper(bot: Stage, sql: str) -> None:
    """Do what whoever has the database in their hands can do."""
    guard = ["audit_no_update", "audit_no_delete"]
    if "postgres" in type(bot.database).__module__:
        guard = []
        bot.store(lambda tx: tx.run("alter table audit disable trigger user"))
    for each in guard:
        bot.store(lambda tx, each=each: tx.run(f"drop trigger if exists {each}"))
    bot.store(lambda tx: tx.run(sql))
    if not guard:
        bot.store(lambda tx: tx.run("alter table audit enable trigger user"))


def verdict(bot: Stage) -> seals.Verdict:
    found: seals.Verdict = bot.store(lambda tx: seals.verify(tx, NEVER))
    return found


def test_a_trail_that_nobody_touched_is_whole_and_sealed_once(
    bot: Stage, anna: Say, ben: Say
) -> None:
    three_days(bot, anna, ben)
    first = verdict(bot)
    assert first.faults == () and first.rows > 10 and len(first.head) == 64
    assert bot.store(lambda tx: seals.seal(tx, bot.clock.now())) == 0
    anna("incident Webshop langsam")  # today is not sealed yet
    assert verdict(bot) == first
    bot.wind(minutes=2 * 24 * 60)
    bot.store(lambda tx: seals.seal(tx, bot.clock.now()))
    assert verdict(bot).faults == () and verdict(bot).head != first.head


ROW = "(select min(id) from audit where workspace = :workspace and at < '2026-11-24')"


@pytest.mark.parametrize(("sql", "said"), [
    (f"update audit set outcome = 'refused' where workspace = :workspace and id = {ROW}",
     "was changed or added"),
    (f"delete from audit where workspace = :workspace and id = {ROW}", "rows are gone"),
    ("insert into audit (workspace, id, at, person_key, command, subject, outcome) values "
     "(:workspace, 'new', '2026-11-23T12:00:00.000000Z', 'x', 'ack', '', 'done')",
     "row new was changed or added"),
    ("delete from audit where workspace = :workspace and at < '2026-11-24'", "rows are gone"),
    ("delete from audit_seals where workspace = :workspace and day = '2026-11-24'",
     "its seal is gone"),
    ("update audit_seals set hash = 'x' where workspace = :workspace and day = '2026-11-23'",
     "does not follow"),
])  # fmt: skip
def test_whatever_is_changed_is_named(bot: Stage, anna: Say, ben: Say, sql: str, said: str) -> None:
    three_days(bot, anna, ben)
    tamper(bot, sql)
    assert any(said in each for each in verdict(bot).faults), verdict(bot).faults


def ids_of(bot: Stage, day: str) -> list[str]:
    rows = bot.rows(
        "select id from audit where workspace = :workspace and substr(at, 1, 10) = :day "
        "order by id", day=day,
    )  # fmt: skip
    return [row["id"] for row in rows]


@pytest.mark.parametrize(("gone", "said"), [
    ((2,), "row 3 is gone, after row {1} of 2026-11-24"),
    ((1, 2), "rows 2 to 3 are gone, after row {0} of 2026-11-24"),
    ((0,), "row 1 is gone, before row {1} of 2026-11-24"),
    ((3,), "row 4 is gone, after row {2} of 2026-11-24"),
])  # fmt: skip
def test_a_row_that_was_taken_away_is_named_by_its_place(
    bot: Stage, anna: Say, ben: Say, gone: tuple[int, ...], said: str
) -> None:
    three_days(bot, anna, ben)
    ids = ids_of(bot, "2026-11-24")
    assert len(ids) == 4
    for each in gone:
        tamper(bot, f"delete from audit where workspace = :workspace and id = '{ids[each]}'")
    faults = verdict(bot).faults
    assert any(said.format(*ids) in each for each in faults), faults
    assert len([each for each in faults if " gone, " in each]) == 1, "each gap once, and no other"


def test_a_gap_beside_a_change_says_how_many_of_it_are_gone(
    bot: Stage, anna: Say, ben: Say
) -> None:
    three_days(bot, anna, ben)
    ids = ids_of(bot, "2026-11-24")
    tamper(bot, f"delete from audit where workspace = :workspace and id = '{ids[1]}'")
    tamper(
        bot,
        f"update audit set outcome = 'refused' where workspace = :workspace and id = '{ids[2]}'",
    )
    said = f"2026-11-24: 1 of the rows 2 to 3 is gone, after row {ids[0]} of "
    assert any(each.startswith(said) for each in verdict(bot).faults), verdict(bot).faults


def test_a_day_that_is_gone_altogether_is_named(bot: Stage, anna: Say, ben: Say) -> None:
    three_days(bot, anna, ben)
    n = len(ids_of(bot, "2026-11-24"))
    tamper(bot, "delete from audit where workspace = :workspace and substr(at,1,10)='2026-11-24'")
    assert f"2026-11-24: rows 1 to {n} are gone: no row of the day is left." in verdict(bot).faults


def test_old_days_may_go_and_leave_their_anchor(bot: Stage, anna: Say, ben: Say) -> None:
    three_days(bot, anna, ben)
    head = verdict(bot).head
    tamper(bot, "delete from audit where workspace = :workspace and at < '2026-11-24'")
    found = bot.store(lambda tx: seals.verify(tx, date(2026, 11, 24)))
    assert found.faults == () and found.head == head


def test_a_seal_tells_nothing_about_when_on_the_day(bot: Stage, anna: Say, ben: Say) -> None:
    """Rows of a day are in the order of their ids, and nameless ones have random ones."""
    three_days(bot, anna, ben)
    days = bot.rows("select day, rows from audit_seals where workspace = :workspace")
    assert all(each["rows"] > 1 and len(each["day"]) == len("2026-11-23") for each in days)


def test_the_command_says_which_and_knows_a_head_kept_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "lotse.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
    with closing(Sqlite(file)) as database, staged(database) as bot:
        three_days(bot, Say(bot, "anna"), Say(bot, "ben"))
        head = verdict(bot).head
    assert command.main(["audit", "--since", "2026-11-23"]) == 0
    said = capsys.readouterr().out
    assert "demo,2026-11-23,a person,incident,INC-1,done" in said and "key-demo" not in said
    assert command.main(["audit", "--since", "2026-11-23", "--until", "2026-11-23", "--keys"]) == 0
    assert "key-demo-anna" in capsys.readouterr().out
    assert command.main(["verify", "--head", head]) == 0
    assert "is as it was sealed" in capsys.readouterr().out
    assert command.main(["verify", "--head", "f" * 64]) == 1
    assert "made anew" in capsys.readouterr().out

    def forge(tx: Tx) -> None:
        tx.run("drop trigger audit_no_update")
        tx.within(DEMO).run("update audit set person_key = 'x' where workspace = :workspace")

    with closing(Sqlite(file)) as database:
        database.transact(forge)
    assert command.main(["verify"]) == 1
    assert "was changed or added" in capsys.readouterr().out
