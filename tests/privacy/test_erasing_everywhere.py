"""Nothing refuses an erasure: somebody stands in every column that can name a person."""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from handlers.kit.messages import dump, line, spoken
from handlers.kit.words import Who, _
from handlers.privacy import erasing
from handlers.settings import managers
from storage import local
from storage.delivery import places
from storage.delivery.copies import COPIES, Copies
from storage.delivery.places import PlaceKind
from storage.engine import Database, Tx
from storage.engine.ids import PersonId, PlaceId
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.house.test_doors import named
from tests.pretend.stage import DEMO, Say, Stage, staged
from tests.privacy.test_canary import NAME, rows

HER = PersonId(NAME.lower())
PLAYED = {"incidents"}  # its cards are written anew: of a real one, then
NO_PERSON = {"local_reads.up_to"}
THEN = "2026-11-23T08:00:00.000000Z"
LATER = "2026-11-24T08:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: whether a row may do without it, its choices, and what is set along with it."""

    name: str
    type: str
    free: bool
    choices: tuple[str, ...]
    along: tuple[str, ...]


def schema() -> dict[str, list[Column]]:
    """Return the columns of every table; both stores have the same."""
    with closing(Sqlite()) as database:

        def look(tx: Tx) -> dict[str, list[Column]]:
            names = tx.rows("select name, sql from sqlite_schema where type = 'table'")
            return {
                each["name"]: [
                    Column(
                        row["name"],
                        row["type"],
                        free=not row["pk"]
                        and (not row["notnull"] or row["dflt_value"] is not None),
                        choices=choices(each["sql"], row["name"]),
                        along=along(each["sql"], row["name"]),
                    )
                    for row in tx.rows(f"pragma table_info({each['name']})")
                ]
                for each in names
            }

        return database.read(look)


def choices(sql: str, column: str) -> tuple[str, ...]:
    """Return what a table's checks let a column hold."""
    found = re.search(rf"\b{column} in \(([^)]*)\)", sql)
    return tuple(re.findall(r"[\w-]+", found[1])) if found else ()


def along(sql: str, column: str) -> tuple[str, ...]:
    """Return which columns are set where this one is."""
    pairs = re.findall(r"\((\w+) is null\) = \((\w+) is null\)", sql)
    return tuple(each for pair in pairs if column in pair for each in pair if each != column)


def rows_of_hers() -> Iterator[tuple[str, dict[str, object]]]:
    """Make one row for each column that names a person, in which she stands there alone."""
    naming, tables = named() - NO_PERSON, schema()
    for number, column in enumerate(sorted(naming), start=1000):
        table, _dot, hers = column.partition(".")
        if table in PLAYED:
            continue
        row: dict[str, object] = {"workspace": DEMO, hers: HER}
        needed = {each.name for each in tables[table] if not each.free} | {hers}
        needed |= {other for each in tables[table] if each.name in needed for other in each.along}
        others = itertools.cycle(("anna", "ben", "carla", "chris"))
        for each in tables[table]:
            if each.name in row or each.name not in needed:
                continue
            person = f"{table}.{each.name}" in naming
            row[each.name] = next(others) if person else value(each, number)
        if table == "covers":  # one of both asks
            row["person"] = HER if hers == "asked_by" else row["person"]
            row["asked_by"] = row["person"]
        for copy in COPIES:
            if copy.table == table and copy.written and copy.column in row:
                row[copy.column] = "{}"
        yield table, row


def value(column: Column, number: int) -> object:
    """Return something that a column takes."""
    if column.choices:
        return column.choices[-1]  # the first is often what nobody has decided yet
    if column.type == "utc_text" or column.name.endswith("_at"):
        return LATER if column.name.startswith("end") else THEN
    return f"x{number}" if column.type.lower() == "text" else number + (column.name == "later")


def store(database: Database, made: Iterable[tuple[str, dict[str, object]]]) -> None:
    """Store rows, whatever else they refer to; one that is there already stays."""
    if isinstance(database, Postgres):
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")
            for table, row in made:
                connection.execute(insert(table, row, "%({})s").encode(), row)
        return
    assert isinstance(database, Sqlite)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        for table, row in made:
            other.execute(insert(table, row, ":{}"), row)


def insert(table: str, row: dict[str, object], mark: str) -> str:
    values = ", ".join(mark.format(each) for each in row)
    return f"insert into {table} ({', '.join(row)}) values ({values}) on conflict do nothing"


@pytest.fixture(params=["sqlite", "postgres"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """Give a stage over a store that a second connection can reach."""
    if request.param == "postgres":
        with staged(request.getfixturevalue("postgres")) as bot:
            yield bot
        return
    with closing(Sqlite(tmp_path / "lotse.db")) as database, staged(database) as bot:
        yield bot


def stand_in_each_part_of(tx: Tx, table: str) -> None:
    """Let her stand in every column of the rows that are there; what is done was done at a time."""
    mine = [each.split(".")[1] for each in named() if each.startswith(f"{table}.")]
    there = {each.name for each in schema()[table]}
    times = {each.replace("_by", "_at") for each in mine if each.endswith("_by")} & there
    sets = [*(f"{each} = :her" for each in mine), *(f"{each} = declared_at" for each in times)]
    tx.run(f"update {table} set {', '.join(sets)} where workspace = :workspace", her=HER)


def erase(bot: Stage, person: PersonId = HER) -> None:
    bot.inside(lambda ctx: erasing.put_former(ctx, person))


def test_no_column_that_names_a_person_refuses(stage: Stage) -> None:
    """A new table with a foreign key to people is tried by itself, as soon as it is there."""
    her = Say(stage, HER)
    her("incident Kasse tot")
    stage.store(lambda tx: stand_in_each_part_of(tx, "incidents"))
    store(stage.database, rows_of_hers())
    held = [each for each in rows(stage.database) if f"'{HER}'" in each]
    assert {each.split(" ", 1)[0] for each in held} >= {each.split(".")[0] for each in named()}
    erase(stage)
    assert [each for each in rows(stage.database) if HER in each.lower()] == []


def test_who_has_opened_a_channel_of_the_page_can_be_erased(bot: Stage) -> None:
    her = Say(bot, HER)
    her("daten")
    bot.store(lambda tx: local.read_up_to(tx, HER, PlaceId("local:stoerungen"), 3))
    her.press("Mich löschen")
    assert "Du bist gelöscht" in her.press("Mich löschen", calls="data erased")
    assert bot.rows("select person from local_reads where workspace = :workspace") == []


def test_her_name_goes_out_of_every_line_of_the_page(bot: Stage) -> None:
    """In a text, and inside a value that stands for her, whoever wrote it; hers are gone."""
    Say(bot, HER)("daten")
    version = bot.store(local.version)
    naming = line(_("I have asked {who}.", who=Who(HER, NAME)))
    asked = dump(spoken(naming, "de", "Europe/Berlin"))
    told = dump(line((f"Vertrittst du {NAME} ab morgen?",)))
    typed = dump(line((f"zuweisen 3 {NAME}",)))

    def stored(tx: Tx) -> None:
        place = PlaceId("local:@ben")
        places.ensure(tx, place, PlaceKind.DIRECT, "Ben", person=PersonId("ben"))
        for number, (author, body) in enumerate(
            (("lotse", asked), ("lotse", told), ("ben", typed), (HER, typed))
        ):
            local.add(
                tx, id=f"l{number}", place=place, author=author, body=body, parcel=f"p{number}",
                now=bot.clock.now(), only_for=HER if author == HER else None,
            )  # fmt: skip

    bot.store(stored)
    erase(bot)
    left = bot.rows("select author, body, version from local_messages where workspace = :workspace")
    assert sorted(each["author"] for each in left) == ["ben", "lotse", "lotse"]
    assert all("ehemalige Person" in each["body"] for each in left)
    assert all(each["version"] > version + 4 for each in left), "open pages notice"
    assert HER not in str(left).lower()


@pytest.mark.parametrize("copy", COPIES, ids=lambda each: each.table)
def test_no_copy_keeps_her_name(copy: Copies, stage: Stage) -> None:
    """Each column that repeats what was said is walked, as for removed words."""
    Say(stage, HER)("daten")
    naming = line(_("I have asked {who}.", who=Who(HER, NAME)))
    said = dump(spoken(naming, "de", "Europe/Berlin")) if copy.written else NAME
    row: dict[str, object] = {"workspace": DEMO}
    for number, each in enumerate(schema()[copy.table], start=700):
        if each.name not in row and not each.free:
            row[each.name] = value(each, number)
    row |= {copy.column: said}
    store(stage.database, [(copy.table, row)])
    assert any(NAME in each for each in rows(stage.database) if each.startswith(copy.table))
    erase(stage)
    assert [each for each in rows(stage.database) if NAME in each] == []


def test_what_was_to_happen_for_her_does_not_happen(bot: Stage) -> None:
    Say(bot, HER)("daten")
    bot.store(lambda tx: managers.notice(tx, HER, id="t-her", now=bot.clock.now()))
    erase(bot)
    assert bot.rows("select state from timers where workspace = :workspace and id = 't-her'") == [
        {"state": "cancelled"}
    ]
    assert HER not in str(bot.rows("select key, payload from timers where workspace = :workspace"))
