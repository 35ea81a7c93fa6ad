"""Doors: no table with a person in it, and nothing that somebody answers for, is forgotten."""

from __future__ import annotations

import re
from functools import cache

from handlers import FEATURES
from storage.engine import Tx
from storage.engine.sqlite import Sqlite

# What somebody did or said, or to whom something was said: nobody answers for it afterwards.
DEEDS = re.compile(r".*_by|person|author|cover|successor_of|told_to")
# What an edge or the local page keeps for itself.
OWN = {"identities", "places", "presses", "local_messages", "local_reads"}


@cache
def person_columns() -> frozenset[str]:
    """Return every stored column that names a person, as `table.column`, from the schema."""
    database = Sqlite()

    def look(tx: Tx) -> dict[str, tuple[list[str], set[str]]]:
        names = tx.rows("select name from sqlite_schema where type = 'table'")
        return {
            each["name"]: (
                [row["name"] for row in tx.rows(f"pragma table_info({each['name']})")],
                {
                    row["from"]
                    for row in tx.rows(f"pragma foreign_key_list({each['name']})")
                    if row["table"] == "people" and row["from"] != "workspace"
                },
            )
            for each in names
        }

    tables = database.read(look)
    database.close()
    keys = {name for _columns, people in tables.values() for name in people}
    people = re.compile("|".join([*sorted(keys), ".*_by", ".*_to", "author"]))
    return frozenset(
        f"{table}.{column}"
        for table, (columns, _people) in tables.items()
        for column in columns
        if people.fullmatch(column) and table not in OWN and column != "closed_into"
    )


def test_the_rules_below_see_the_schema() -> None:
    assert {"services.accountable", "problems.proposed_to", "incidents.declared_by"} <= (
        person_columns()
    )
    assert "incidents.title" not in person_columns()


def test_whatever_somebody_answers_for_is_behind_a_door() -> None:
    """A new column that names who answers for something needs a room that hands it on."""
    behind = {
        column for feature in FEATURES for each in feature.all_holds for column in each.columns
    }
    answers = {each for each in person_columns() if not DEEDS.fullmatch(each.split(".")[1])}
    assert answers - behind == set()
    assert behind <= person_columns(), behind - person_columns()
