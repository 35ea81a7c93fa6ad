"""Doors: no table with a person in it, and nothing that somebody answers for, is forgotten."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from handlers import FEATURES
from storage.engine import Tx
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import Stage

ROOT = Path(__file__).parent.parent.parent

# What somebody did or said, or to whom something was said: nobody answers for it afterwards.
DEEDS = re.compile(r".*_by|person|author|cover|successor_of|told_to")
# What an edge or the local page keeps for itself.
OWN = {"identities", "places", "presses", "local_messages", "local_reads"}


def person_columns() -> frozenset[str]:
    return frozenset(each for each in named() if each.split(".")[0] not in OWN)


@cache
def named() -> frozenset[str]:
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
        if people.fullmatch(column) and column != "closed_into"
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


# Rooms that are still to open this door: the list may only get shorter.
NOT_YET_KNOWN: set[str] = set()
# What an edge keeps to recognise a repeated press; and the local page's own chat, in the demo.
EDGES = {"presses.person", "local_messages.author", "local_reads.person", "local_reads.up_to"}
# Tables without an age of their own, each with the reason; everything else is behind *keeps*.
AGELESS = {
    "workspaces": "as long as the company is here", "settings": "until they are changed",
    "counters": "numbers are never given twice", "people": "until they are erased",
    "identities": "as long as the person", "places": "as long as the platform has them",
    "services": "as long as they are in use, with who answers", "repeats": "as the incident",
    "likeness": "as the incident", "likenesses": "as the incident", "closings": "as the incident",
    "problems": "as the incident", "problem_history": "as the problem",
    "changes": "as the service", "overrides": "as the problem",
    "rules": "until they are removed", "rooms": "as the incident",
    "definitions": "every version stays", "attention": "until it is changed",
    "messages": "as long as what they show",
    "slack_installations": "until it is uninstalled", "conversations": "as the place",
    # What the edges and the road let go of by themselves (bot/delivery/scheduler.py, clean).
    "deliveries": "30 days", "drafts": "7 days", "lost_answers": "7 days",
    "held_requests": "1 day, and no longer than until their sender is known",
    "outbox": "14 days; that it was sent, 90", "timers": "90 days after they ran",
    "covers": "90 days after", "presses": "two minutes", "slack_states": "ten minutes",
    "patterns": "decisions stay", "pattern_checks": "as the pattern",
    "pattern_history": "as the pattern", "friction_answerers": "until they are changed",
    "pilots": "decisions stay", "pilot_taps": "until the week's round closes",
    "pilot_users": "as the pilot", "pilot_values": "as the pilot",
    "pilot_satisfaction": "as the pilot",
    "pilot_candidates": "as the pilot", "pilot_obstacles": "as the pilot",
    "pilot_later": "as the pilot", "pilot_iterations": "as the pilot",
    "pilot_history": "as the pilot", "pilot_questions": "as the pilot; nobody's",
    "mandate_goals": "until they are changed", "mandate_areas": "until they are changed",
    "mandates": "decisions stay", "mandate_candidates": "as the mandate",
    "mandate_reads": "as the mandate; nobody's", "mandate_actions": "as the mandate",
    "automation_goals": "as the automation",
    "automation_taps": "until the week's round closes",
    "guardrails": "every version stays", "guardrail_confirmations": "as the version",
    "scheduler_beats": "one row", "standstills": "90 days",
    "alarms": "until they are settled, and a while", "alarm_pauses": "until they end",
    # Only in the demo.
    "local_messages": "the demo's own", "local_reads": "the demo's own",
    "migrations": "the store's own", "instance": "the store's own",
    "audit_seals": "as the audit",
    "starters": "one row", "starter_steps": "as the starter",
    "digests": "keys, for ever", "digest_choices": "while its owner is",
    "digest_teams": "until they are removed",
}  # fmt: skip
# Rooms that are still to open this door: the list may only get shorter.
NOT_YET_KEPT: set[str] = set()


def test_whatever_is_stored_about_somebody_is_behind_a_door() -> None:
    """So that `data` shows it, erasing replaces it, and linking moves it."""
    known = {
        f"{table}.{column}"
        for feature in FEATURES
        for each in feature.all_knows
        for table, columns in each.tables.items()
        for column in columns
    }
    assert named() - known - EDGES == NOT_YET_KNOWN
    assert known <= named(), known - named()


def test_what_is_known_of_somebody_is_replaced_and_told(bot: Stage) -> None:
    """Each column behind the door is one that the room's statement really touches."""
    source = "".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "storage").rglob("*.py"))
    )
    for feature in FEATURES:
        for each in feature.all_knows:
            for table, columns in each.tables.items():
                for column in columns:
                    if table in ("identities", "places", "drafts", "link_codes", "attention"):
                        continue  # deleted or moved by storage/privacy.py
                    assert re.search(rf"update {table} set {column} = :to\b", source), column


def test_whatever_is_stored_is_kept_for_a_time() -> None:
    """A new table is behind *keeps*, or says here why it has no age of its own."""
    database = Sqlite()
    tables = database.read(
        lambda tx: {
            row["name"] for row in tx.rows("select name from sqlite_schema where type = 'table'")
        }
    )
    database.close()
    kept = {table for feature in FEATURES for each in feature.all_keeps for table in each.tables}
    assert tables - kept - set(AGELESS) == NOT_YET_KEPT
    assert kept <= tables
