"""What the digest asks of the store: as much with few automations as with many, early or late."""

from __future__ import annotations

from benchmarks.digest import CLOSE, DAYS, FILL, MOMENT, REGISTER, RUNS
from storage.engine import Database
from storage.engine.sql import as_text
from storage.engine.sqlite import Sqlite
from tests.pretend import grown
from tests.pretend.grown import Steps
from tests.pretend.stage import DEMO, MONDAY, Say, staged

YEAR = 365 * 86_400


def _register(database: Database, count: int) -> None:
    """Enter automations in operation, that run every day until after this week."""
    born = as_text(MONDAY.replace(month=9))

    def run(sql: str, **values: object) -> None:
        database.transact(lambda tx: tx.within(DEMO).run(sql, **values))

    run(REGISTER, count=count, born=born, last=as_text(MONDAY))
    run("update automations set live_at = :born where workspace = :workspace", born=born)
    runs = 80 * count
    report = RUNS.format(moment=MOMENT["SQLite"])
    start = "2026-09-14 00:00:00"
    run(report, first=1, last=runs, start=start, step=f"{86_400 / count}", automations=count)
    for n in range(count):
        run(DAYS, automation=f"a{n}")


def _declare(database: Database, count: int, start: str, first: int = 1000) -> None:
    """Let so many incidents of a year have ended."""

    def run(sql: str, **values: object) -> None:
        database.transact(lambda tx: tx.within(DEMO).run(sql, **values))

    last = first + count - 1
    fill = FILL.format(moment=MOMENT["SQLite"])
    run(fill, first=first, last=last, start=start, step=f"{YEAR / (first + count)}")
    run(CLOSE, first=first, last=last)


def _told(automations: int = 0, earlier: int = 0) -> Steps:
    """Return what this week's digest asks of the store in such a company."""
    database = Sqlite()
    with staged(database) as stage:
        if automations:
            _register(database, automations)
        _declare(database, earlier, "2020-01-01 00:00:00")
        chris = Say(stage, "chris")
        chris("digest")
        with grown.counted() as steps:
            chris("digest")
    database.close()
    return steps


def test_many_automations_take_no_more_statements_than_few() -> None:
    few, many = _told(automations=3), _told(automations=30)
    more = {sql: n for sql, n in (many.times - few.times).items() if "automation" in sql}
    assert many.all > few.all, "there was more to read"
    assert not more, more


def test_incidents_of_earlier_years_cost_it_nothing() -> None:
    short, long = _told(earlier=10), _told(earlier=4_000)
    assert short.all > 100, "something was read"
    assert long.all <= short.all * 1.2 + 100, long.grown(short)
