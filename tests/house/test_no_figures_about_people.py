"""No figure about a person anywhere: all that can be read, all that is told, all that is stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import storage
from handlers.digest import schedule as digest_schedule
from handlers.kit import tables
from handlers.kit.commands import all_commands
from handlers.kit.doors import Filter
from handlers.kit.messages import Call
from storage import people
from storage.engine import Database, Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sqlite import Sqlite
from tests.closing.test_closing import POINTS
from tests.pretend.stage import Say, Stage, answered, plain, staged

READINGS = {  # every command that reads, and those that only show, with values where it needs some
    "auto": {}, "auto category": {"category": "data"}, "auto register": {}, "auto retired": {},
    "auto timetable": {}, "bans": {}, "computed": {}, "data": {}, "rule history": {},
    "definition": {"name": "done"}, "definitions": {},
    "digest": {}, "held": {}, "help": {}, "history": {"number": "2"}, "home": {},
    "incidents": {"which": "all"}, "night": {}, "pilot": {}, "problem": {"number": "1"},
    "problem history": {"number": "1"}, "service": {"service": "kasse"}, "settings": {},
    "rules": {},
    "find": {"words": "Kasse"}, "find more": {"words": "Kasse", "page": "1"},
    "service history": {"service": "kasse"}, "list filter": {"name": "incidents", "which": "all"},
    "show": {"number": "2"}, "status": {}, "text": {"number": "2"}, "who": {"service": "kasse"},
    "definition edit": {"name": "done"}, "service edit": {"service": "kasse"},
    "decide": {"key": "incident:2"}, "decisions": {}, "undone": {},
    "lists": {}, "list": {"name": "incidents", "which": "all"},
    "mandate": {}, "mandate stops": {}, "mandate unlinked": {}, "template": {}, "digest teams": {},
    "digest for team": {"team": "x"},
    "patterns": {}, "pattern": {"pattern": "x"}, "friction mine": {},
    "pattern history": {"pattern": "x"}, "friction list": {}, "friction answerers": {},
    "friction like": {"note": "x"}, "pilot corrections": {"pilot": "x"},
    "pilot more": {"pilot": "x"}, "pilot candidates": {"pilot": "x"},
    "pilot history": {"pilot": "x"}, "pilot result": {"pilot": "x"}, "retention": {},
    "feedback sentences": {"pilot": "x"},
}  # fmt: skip


def test_every_reading_command_is_looked_at(bot: Stage) -> None:
    """A new one has to be added above, and to hold."""
    reads = {each.name for each in all_commands(bot.dispatcher.features) if each.reads}
    assert reads | {"computed"} == set(READINGS)


CROWD = ("dora", "emil", "frida", "gero", "hanna", "ivo", "jana", "kurt")  # managers, too


def lived(
    database: Database,
    hands: tuple[str, ...],
    look: Callable[[Stage], None],
    crowd: tuple[str, ...] = (),
) -> None:
    """Play two weeks of repeats, a problem, alarms that escalate; `hands` take turns."""
    with staged(database) as bot:
        now = bot.clock.now()
        for each in crowd:
            furnished = partial(
                people.find_or_create,
                identity=f"local:{each}",
                name=each.title(),
                id=PersonId(each),
                key=f"key-{each}",
                now=now,
                manager=True,
            )
            bot.store(furnished)
        bot.store(
            lambda tx: digest_schedule.plan(
                tx, id="plan", now=now, zone="Europe/Berlin", region="DE"
            )
        )
        for number in range(1, 9):
            hand = hands[number % len(hands)]
            who = Say(bot, hand)
            Say(bot, "anna")(f"incident Kasse druckt nicht {'' if number < 5 else number * 1111}")
            bot.wind(minutes=25 if number % 2 else 3)
            who(f"ack {number}")
            who(f"update {number} Techniker kommt")
            bot.wind(minutes=600 if number == 3 else 20)
            who(f"restored {number}")
            if 1 < number < 5:
                who(f"repeat {number} of 1")
            elif number >= 5:
                filled(bot, hand, number)
            bot.wind(minutes=24 * 60)
        bot.wind(minutes=6 * 24 * 60)
        look(bot)


def filled(bot: Stage, who: str, number: int) -> None:
    values = {name: value for each in POINTS.values() for name, value in each.items()}
    day = bot.now()
    values |= {"fixer": who, "ended": f"{day:%Y-%m-%d %H:%M}", "on": "2026-12-02"}
    call = Call("fill", {"number": str(number), **values})
    bot.handle(bot.request(who, call=call, submitted=True))
    bot.handle(bot.request("chris", call=Call("checked", {"number": str(number)})))
    bot.carry()


def everything(bot: Stage) -> dict[str, str]:
    """Return all that can be read, told and taken along as a file."""
    seen = {}
    for who in ("anna", "chris"):
        for word, values in READINGS.items():
            given = {**values, **({"number": "8"} if word in ("show", "history") else {})}
            answer = bot.handle(bot.request(who, call=Call(word, given)))
            seen[f"{who}: {word}"] = answered(answer)
    for place in ("stoerungen", "leitung", "@chris"):
        told = bot.chat.at(f"local:{place}")
        seen[place] = "\n".join(plain(each.message) for each in told)

    def export(tx: Tx) -> dict[str, str]:
        chris = people.find(tx, PersonId("chris"))
        assert chris is not None
        ctx = bot.dispatcher.context(tx, chris, bot.clock.now())
        lists = [each for feature in ctx.features for each in feature.all_lists]
        return {
            f"{each.key}.csv": tables.as_csv(
                ctx, each, tables.everything(ctx, each, Filter(each.which[-1]))
            )
            for each in lists
        }

    exported: dict[str, str] = bot.store(export)
    return seen | exported


@pytest.fixture(scope="module")
def worlds() -> list[dict[str, str]]:
    """What can be read where Ben did all of it, and where Ben and Carla shared it."""
    found: list[dict[str, str]] = []

    def look(bot: Stage) -> None:
        found.append(everything(bot))

    for hands in (("ben",), ("ben", "carla", "carla", "ben")):
        database = Sqlite()
        lived(database, hands, look)
        database.close()
    return found


def test_who_did_how_much_changes_no_figure(worlds: list[dict[str, str]]) -> None:
    """The same happens, by one pair of hands or by two: every number that is told is the same."""
    alone, shared = worlds
    assert alone.keys() == shared.keys()
    for where, text in alone.items():
        assert sorted(re.findall(r"\d+", text)) == sorted(re.findall(r"\d+", shared[where])), where
    assert alone != shared  # the names differ: it was really done by two
    assert "Abgeschlossen: 3 Störungen" in alone["leitung"]
    assert "4 times in 30 days" in alone["chris: bans"]


@pytest.mark.slow
def test_one_two_four_five_and_eight_people_are_behind_the_same_figures() -> None:
    """Eight people could have done it; how many of them did changes no number anywhere."""
    told: dict[int, dict[str, str]] = {}
    for number in (1, 2, 4, 5, 8):
        database = Sqlite()

        def look(bot: Stage, number: int = number) -> None:
            told[number] = everything(bot)

        lived(database, CROWD[:number], look, CROWD)
        database.close()
    for number, world in told.items():
        for where, text in world.items():
            digits = sorted(re.findall(r"\d+", text))
            assert digits == sorted(re.findall(r"\d+", told[1][where])), (number, where)
            assert not re.search(rf"{NAMES}(?:: | – | \()\d+(?! ?(?:Nov|Dec|Dez|\.|:))\b", text)
    assert len({str(sorted(each.items())) for each in told.values()}) == 5


NAMES = r"(?:Anna|Ben|Carla|Chris|Dora|Emil|Frida|Gero|Hanna|Ivo|Jana|Kurt)"


def test_no_name_stands_beside_a_count(worlds: list[dict[str, str]]) -> None:
    for world in worlds:
        for where, text in world.items():
            assert not re.search(rf"{NAMES}(?:: | – | \()\d+(?! ?(?:Nov|Dec|Dez|\.|:))\b", text), (
                where
            )


# --- what is stored and asked ------------------------------------------------------------

# Who somebody is or what they did, in any table.
PERSONS = (
    "person", "person_key", "responsible", "acknowledged_by", "declared_by", "restored_by",
    "ended_by", "accountable", "deputy", "fixer", "checker", "verified_by", "asked_by",
    "override_by", "fix_done_by", "owner", "fixed_by", "author", "cover", "successor",
    "proposed_to", "news_by", "champion", "set_by", "entered_by",
    "modeler", "integrator", "confirmed_by", "answered_by", "checked_by", "changed_by",
    "answerer", "named_by", "voter",
)  # fmt: skip
FLAGS = {"active", "manager", "admin"}


def test_no_table_keeps_a_number_for_a_person(sqlite: Sqlite) -> None:
    def tables(tx: Tx) -> dict[str, list[Row]]:
        names = tx.rows("select name from sqlite_schema where type = 'table'")
        return {each["name"]: tx.rows(f"pragma table_info({each['name']})") for each in names}

    seen = 0
    for table, columns in sqlite.read(tables).items():
        keyed = {row["name"] for row in columns if row["pk"]} & {*PERSONS}
        numbers = {row["name"] for row in columns if row["type"] in ("INTEGER", "integer", "real")}
        local = table.startswith("local_")  # how far somebody has read, on the local page
        if (keyed and not local) or table == "people":
            seen += 1
            assert numbers <= FLAGS, (table, numbers)
    assert seen >= 1


def test_no_query_counts_by_person() -> None:
    """Neither grouped by somebody nor for somebody; the local page's own chat counts what is new.

    `after_hours.py` asks whether exactly one person restored a service, and returns the service.
    """
    persons = "|".join(PERSONS)
    counting = 0
    for path in sorted(Path(storage.__file__).parent.rglob("*.py")):
        if path.name == "local.py":
            continue
        for sql in re.findall(r'"""(.*?)"""', path.read_text("utf-8"), re.DOTALL):
            if not re.search(r"\b(?:count|sum|avg)\(", sql):
                continue
            counting += 1
            assert not re.search(rf"group by[^)]*\b(?:{persons})\b", sql), (path.name, sql)
            assert not re.search(rf"\b(?:{persons}) = :", sql), (path.name, sql)
            listed = re.search(r"select\s(.*?)\sfrom\s", sql, re.DOTALL)
            assert listed, sql
            assert not re.search(rf"\b(?:{persons})\b", listed[1]), (path.name, sql)
    assert counting >= 8
