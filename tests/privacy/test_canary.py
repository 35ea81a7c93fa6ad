"""Whoever is erased is found nowhere: no row, no file, no log, no export, no backup (G9)."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from bot.config import Settings
from bot.operations import backup
from handlers import FEATURES
from storage.engine import Database, Tx
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.pilots.test_pilots import started
from tests.pretend.stage import Say, Stage, staged
from tests.privacy.chats import in_chats

HISTORIES = 1000 if os.environ.get("LOTSE_SOAK") == "1" else 20
NAME = "Zyxophila"  # no word of ours, and no part of one


def lives(bot: Stage, chance: random.Random, steps: int) -> None:
    """Let her do all kinds of things in any order, among others."""
    her, ben, anna = Say(bot, NAME.lower()), Say(bot, "ben"), Say(bot, "anna")
    deeds: list[Callable[[int], object]] = [
        lambda n: her(f"incident Kasse {n}x ist tot"),
        lambda n: her("serious 1"),
        lambda n: her(f"update 1 Meldung {n}x"),
        lambda n: her(f"friction Formular {n}x doppelt"),
        lambda n: her("sprache en"),
        lambda n: her("status"),
        lambda n: her("data"),
        lambda n: her("verbinden"),
        lambda n: her("find Kasse"),
        lambda n: her("service new"),  # a draft of a form
        lambda n: ben(f"assign 1 {NAME}"),
        lambda n: ben("ack 1"),
        lambda n: anna("incidents"),
        lambda n: anna("show 1"),
        lambda n: ben("restored 1 neues Kabel"),
        lambda n: bot.wind(minutes=chance.choice((1, 12, 90, 600))),
    ]
    in_chats(bot, **{NAME.lower(): "slack"})
    her("incident Kasse tot")
    for n in range(steps):
        chance.choice(deeds)(n)


def erase(bot: Stage) -> None:
    her = Say(bot, NAME.lower())
    her("sprache en")
    her("data")
    her.press("Erase me")
    if "You still answer for" in (her.press("Erase me", calls="data erase") or ""):
        raise AssertionError("she answers for something")
    her.press("Erase me", calls="data erased")


def traces(bot: Stage, folder: Path) -> list[str]:
    """Return where she is still found."""
    found = [f"row: {row}" for row in rows(bot.database) if NAME.lower() in row.lower()]
    for file in folder.rglob("*"):
        if file.is_file() and NAME.lower().encode() in file.read_bytes().lower():
            found.append(f"file: {file.name}")
    return found


def rows(database: Database) -> Iterator[str]:
    def look(tx: Tx) -> list[str]:
        if isinstance(database, Postgres):
            names = tx.rows("select tablename as name from pg_tables where schemaname = 'public'")
        else:
            names = tx.rows("select name from sqlite_schema where type = 'table'")
        return [
            f"{each['name']} {row}"
            for each in names
            for row in tx.rows(f"select * from {each['name']}")
        ]

    return iter(database.read(look))


@pytest.mark.slow
@pytest.mark.soak
def test_after_erasing_she_is_in_no_row_and_in_no_file(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "lotse")
    for seed in range(HISTORIES):
        there = folder / str(seed)
        chance = random.Random(seed)
        with closing(Sqlite(there / "lotse.db")) as database, staged(database) as bot:
            lives(bot, chance, chance.randint(0, 25))
            assert traces(bot, there), "she was there before"
            free(bot)
            erase(bot)
            bot.carry()
            database.sweep()
            url = f"sqlite:///{there / 'lotse.db'}"
            ours = Settings.from_env({"DATABASE_URL": url, "LOTSE_BACKUPS": str(there / "b")})
            backup.write_erasures(database, ours.backups, bot.clock.now())
            backup.take(ours, datetime(2026, 11, 24, tzinfo=UTC))
            assert traces(bot, there) == [], f"seed {seed}"
        assert not [each for each in caplog.messages if NAME in each], f"seed {seed}"


def free(bot: Stage) -> None:
    """Let nothing be hers any more, as erasing asks."""
    ben = Say(bot, "ben")
    for row in bot.rows("select number from incidents where workspace = :workspace"):
        ben(f"ack {row['number']}")
        ben(f"restored {row['number']} neues Kabel")


def test_on_postgresql_no_row_is_left_and_vacuum_is_called(postgres: Postgres) -> None:
    with staged(postgres) as bot:
        lives(bot, random.Random(3), 20)
        free(bot)
        erase(bot)
        bot.carry()
        assert [each for each in rows(postgres) if NAME.lower() in each.lower()] == []
        postgres.sweep()
        with psycopg.connect(postgres.url) as connection:
            dead = connection.execute(
                "select last_vacuum from pg_stat_user_tables where relname = 'people'"
            ).fetchone()
        assert dead is not None and dead[0] is not None


def test_her_cards_say_former_person_on_the_platform_as_well(bot: Stage) -> None:
    her = Say(bot, NAME.lower())
    her("incident Kasse tot")
    Say(bot, "ben")("ack 1")
    Say(bot, "ben")("restored 1 Kabel")
    assert NAME in bot.sees("stoerungen")[-1]
    erase(bot)
    bot.carry()
    assert NAME not in bot.sees("stoerungen")[-1]
    assert "ehemalige Person" in bot.sees("stoerungen")[-1]


def test_what_is_stored_about_her_is_all_told_before(bot: Stage) -> None:
    """By comparison: each table that a search finds her in is behind a door, or lets go of it."""
    her = Say(bot, NAME.lower())
    started(bot)
    in_chats(bot, **{NAME.lower(): "slack"})
    her("incident Kasse tot")
    her("friction Formular doppelt")
    her("verbinden")
    me = bot.rows("select id from people where workspace = :workspace and name = :name", name=NAME)[
        0
    ]["id"]
    holding = {row.split(" ", 1)[0] for row in rows(bot.database) if f"'{me}'" in row}
    known = {table for feature in FEATURES for each in feature.all_knows for table in each.tables}
    let_go = {"people", "outbox", "deliveries", "local_reads", "presses", "local_messages"}
    assert holding - known - let_go == set()
