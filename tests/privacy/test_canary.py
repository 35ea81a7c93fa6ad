"""Whoever is erased is found nowhere: no row, no file, no log, no export, no backup (G9)."""

from __future__ import annotations

import logging
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from bot.config import Settings
from bot.operations import backup
from handlers import FEATURES
from handlers.kit.commands import call
from storage import people
from storage.engine import Database, Tx
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.pilots.test_pilots import started
from tests.pretend.stage import Say, Stage, staged
from tests.privacy.chats import in_chats

HISTORIES = 1000 if os.environ.get("LOTSE_SOAK") == "1" else 20
FOUND = (167,)  # where rows moved from page to page, old bytes stayed between two of them
NAME = "Zyxophila"  # no word of ours, and no part of one


def lives(bot: Stage, chance: random.Random, steps: int) -> None:
    """Let her do all kinds of things in any order, among others."""
    her, ben, anna = Say(bot, NAME.lower()), Say(bot, "ben"), Say(bot, "anna")
    pilot = started(bot)
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
        lambda n: sends(her, "relief", pilot=pilot, answer=chance.choice(("relieved", "burdened"))),
        lambda n: sends(her, "feedback bypassed", pilot=pilot, reason="slower"),
        lambda n: sends(her, "mandate ask", words=f"Gilt das {n}x auch für die Ausbildung?"),
        lambda n: sends(her, "data correct", name=NAME, wrong=f"Die Notiz {n}x ist nicht von mir"),
        lambda n: sends(her, "serious", number="1", reason=f"{NAME} sagt {n}x"),
        lambda n: sends(ben, "update", number="1", text=f"{NAME} war {n}x da"),
        lambda n: ben(f"assign 1 {NAME}") and ben("cover") and her("handover"),
        lambda n: her("board"),
        lambda n: her("digest"),
        lambda n: her("data export"),
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


def sends(me: Say, word: str, **values: str) -> None:
    """Send a form; whether it is taken is the story's own affair."""
    me.stage.handle(me.stage.request(me.id, call=call(word, **values), submitted=True))
    me.stage.carry()


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
    deeds = 0
    seeds = dict.fromkeys((*range(HISTORIES), *FOUND))
    for seed in seeds:
        there = folder / str(seed)
        chance = random.Random(seed)
        with closing(Sqlite(there / "lotse.db")) as database, staged(database) as bot:
            steps = chance.randint(0, 25)
            deeds += steps
            lives(bot, chance, steps)
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
        shutil.rmtree(there)
    print(f"{len(seeds):>8}  lives erased\n{deeds:>8}  deeds in them\n{0:>8}  traces left")


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


def test_what_others_wrote_of_her_names_her_no_more(bot: Stage) -> None:
    """In every room, in the genitive as well, and on the cards; parts of other words stay."""
    her, ben = Say(bot, NAME.lower()), Say(bot, "ben")
    her("language")  # known here
    ben(f"incident Kasse von {NAME} tot, {NAME}s Karte klemmt")
    ben("ack 1")
    ben(f"update 1 {NAME}ismus hat sie es genannt, {NAME} selbst")
    ben(f"friction {NAME} tippt alles zweimal ab")
    ben(f"störung {NAME}s Waage hängt")  # likened, asked about, a draft
    erase(bot)
    bot.carry()
    left = [each for each in rows(bot.database) if NAME in each.replace(f"{NAME}ismus", "")]
    assert left == []
    card = bot.sees("stoerungen")[0]
    assert "Kasse von „ehemalige Person“ tot, „ehemalige Person“ Karte klemmt" in card
    assert f"{NAME}ismus hat sie es genannt, „ehemalige Person“ selbst" in card, "another word"


def test_where_two_have_one_name_nobody_knows_whom_others_meant(bot: Stage) -> None:
    her, twin, ben = Say(bot, NAME.lower()), Say(bot, "twin"), Say(bot, "ben")
    her("language")
    Say(bot, f"{NAME.lower()}s")("language")  # another name, and no genitive then
    twin("language")
    (found,) = bot.rows("select id from people where workspace = :workspace and name = 'Twin'")
    bot.store(lambda tx: people.rename(tx, found["id"], NAME))
    ben(f"incident Kasse von {NAME} tot")
    erase(bot)
    (row,) = bot.rows("select title from incidents where workspace = :workspace")
    assert row["title"] == f"Kasse von {NAME} tot"
    bot.store(lambda tx: people.rename(tx, found["id"], "Twin"))
    ben(f"incident Waage von {NAME}s tot")
    her("language")
    erase(bot)
    (row,) = bot.rows("select title from incidents where workspace = :workspace and number = 2")
    assert row["title"] == f"Waage von {NAME}s tot"


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
