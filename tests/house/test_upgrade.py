"""A database that earlier versions wrote, with rows in every state, is brought to today's."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.delivery.clock import HandClock
from handlers import FEATURES
from handlers.kit.messages import Call, dump, line, spoken
from storage import similarity
from storage.engine import Database
from storage.engine.sql import as_text
from storage.engine.sqlite import Sqlite
from tests.pretend import earlier
from tests.pretend.stage import DEMO, MONDAY, Ids, Stage, plain

Rows = list[dict[str, Any]]
RELEASED = frozenset({0, 1, 2, 3, 4, 90})  # what the first release had
LATER = RELEASED | {5, 6}  # the last step before the check of incidents' states changes
COMPANIES = (DEMO, "other")  # two that use the same ids
THEN = as_text(MONDAY - timedelta(days=1))
DUE = as_text(MONDAY + timedelta(hours=1))
OUTBOX = ("pending", "leased", "sent", "ambiguous", "parked", "cancelled", "dead")
TIMERS = ("pending", "done", "cancelled", "dead")
HELLO = dump(spoken(line("Hello"), "en", "UTC"))
CLIMBING = f'{{"number": 1, "level": 1, "since": "{THEN}"}}'  # nobody has taken it for a day
STATES = ("open", "restored", "withdrawn")
TYPED = "Die Waage am Tor zeigt seit heute früh nur noch Striche"
DRAFT = f'{{"word": "incident", "args": {{"title": "{TYPED}"}}}}'
# What the buttons of the first release carried: they still stand in chats.
BUTTONS: dict[str, dict[str, str]] = {
    "ack": {"number": "1"}, "promise": {"number": "1", "minutes": "30"},
    "update": {"number": "1"}, "restored": {"number": "1"}, "serious": {"number": "1"},
    "normal": {"number": "1"}, "move": {"number": "1"}, "show": {"number": "1"},
    "history": {"number": "1"}, "undo": {"number": "1"}, "incident": {"title": "Waage steht"},
    "incidents": {}, "status": {}, "help": {"word": "ack"}, "computed": {}, "digest": {},
    "auto": {"automation": "m"}, "auto accept": {"automation": "m"}, "auto new": {},
    "auto address": {"automation": "m"}, "auto ask": {"automation": "m"},
    "auto handover": {"automation": "m"}, "auto keep": {"automation": "m"},
    "auto retire": {"automation": "m"}, "feedback": {}, "friction": {}, "hint": {"id": "f"},
    "nameless": {"id": "f"}, "pilot": {"pilot": "p"}, "pilot new": {},
    "relief": {"pilot": "p", "answer": "yes"}, "service": {}, "service new": {},
    "settings": {}, "settings begin": {}, "settings manager": {},
    "settings place": {"role": "incidents"},
}  # fmt: skip


def written(workspace: str) -> dict[str, Rows]:
    """Return what an earlier version kept of a company, in an order that foreign keys allow."""
    incidents = [
        {
            "number": number, "title": f"Kasse {state}", "service": "till", "gap": 0,
            "severity": "serious" if acknowledged else "normal", "state": state,
            "declared_by": "anna", "declared_at": THEN, "responsible": "ben",
            "responsible_since": THEN,
            "acknowledged_by": "ben" if acknowledged else None,
            "acknowledged_at": THEN if acknowledged else None,
            "restored_by": "ben" if state == "restored" else None,
            "restored_at": THEN if state == "restored" else None,
        }
        for number, (state, acknowledged) in enumerate(
            itertools.product(STATES, (False, True)), start=1
        )
    ]  # fmt: skip
    rows: dict[str, Rows] = {
        "workspaces": [
            {"id": workspace, "name": workspace, "language": "en", "zone": "Europe/Berlin",
             "region": "DE", "created_at": THEN}
        ],
        "settings": [{"name": "a", "value": "1"}],
        "counters": [{"name": "incident", "value": len(incidents)}],
        "people": [
            {"id": id, "name": id.title(), "kind": "member", "manager": int(id == "chris"),
             "person_key": f"key-{id}", "first_seen_at": THEN}
            for id in ("anna", "ben", "chris")
        ],
        "identities": [{"identity": f"local:{id}", "person": id} for id in ("anna", "ben")],
        "places": [
            {"id": "local:desk", "kind": "channel", "name": "desk", "role": "incidents"},
            {"id": "slack:C1", "kind": "channel", "name": "till", "role": None},
            {"id": "local:@ben", "kind": "direct", "name": "Ben", "person": "ben"},
        ],
        "services": [
            {"id": "till", "name": "Kasse", "name_key": "kasse", "words": "kasse",
             "accountable": "ben", "deputy": "chris", "created_at": THEN},
            {"id": "rest", "name": "Rest", "name_key": "rest", "words": "", "fallback": 1,
             "accountable": "chris", "deputy": "chris", "created_at": THEN},
        ],
        "incidents": incidents,
        "timeline": [
            {"id": f"t{each['number']}", "incident": each["number"], "at": THEN, "kind": "declared"}
            for each in incidents
        ],
        "friction": [{"id": "f", "sentence": "slow", "author": "anna", "noted_at": THEN}],
        "pilots": [
            {"id": "p", "name": "P", "name_key": "p", "problem": "x", "champion": "anna",
             "started_on": "2026-11-01"}
        ],
        "pilot_answers": [{"pilot": "p", "week": "2026-W47", "answer": "yes", "count": 2}],
        "automations": [
            {"id": "m", "name": "M", "name_key": "m", "purpose": "x", "accountable": "anna",
             "deputy": "ben", "rhythm_days": 7, "registered_at": THEN}
        ],
        "automation_addresses": [{"secret_hash": f"hash of {workspace}", "automation": "m"}],
        "automation_runs": [{"id": "r", "automation": "m", "at": THEN, "kind": "run"}],
        "digests": [{"week": "2026-W46", "state": "posted", "at": THEN}],
        "deliveries": [
            {"identity": f"d{n}", "at": THEN, "outcome": "done", "answer": answer}
            for n, answer in enumerate((None, '{"outcome": "done"}'))
        ],
        "drafts": [{"id": "draft", "person": "anna", "call": DRAFT, "created_at": THEN}],
        "outbox": [
            {"id": f"o{n}", "place": "local:@ben", "key": f"k{n}", "kind": "card", "priority": 2,
             "message": HELLO, "state": state, "not_before": DUE, "created_at": THEN,
             "lease_until": THEN if state == "leased" else None}
            for n, state in enumerate(OUTBOX)
        ],
        "messages": [{"place": "local:desk", "key": "incident:1", "external_id": "m1"}],
        "timers": [
            {"id": f"c{n}", "kind": "digest", "key": f"key {n}", "payload": '{"week": "2026-W48"}',
             "due_at": DUE, "state": state}
            for n, state in enumerate(TIMERS)
        ] + [
            {"id": "climb", "kind": "climb", "key": "incident:1:climb", "payload": CLIMBING,
             "due_at": DUE, "state": "pending"}
        ],
        "audit": [
            {"id": "a", "at": THEN, "person_key": "key-anna", "command": "incident",
             "subject": "1", "outcome": "done"}
        ],
        "local_messages": [
            {"id": "l", "place": "local:desk", "number": 1, "version": 1, "author": "anna",
             "body": "{}", "parcel": "o", "created_at": THEN}
        ],
    }  # fmt: skip
    return {
        table: [each if table == "workspaces" else {"workspace": workspace, **each} for each in all]
        for table, all in rows.items()
    }


def fill(connection: earlier.Connection, holder: str) -> None:
    """Store what two companies had."""
    for company in COMPANIES:
        for table, rows in written(company).items():
            for row in rows:
                values = ", ".join([holder] * len(row))
                sql = f"insert into {table} ({', '.join(row)}) values ({values})"
                connection.execute(sql, tuple(row.values()))


@pytest.fixture(params=[RELEASED, LATER], ids=["released", "later"])
def steps(request: pytest.FixtureRequest) -> frozenset[int]:
    """Give the steps that the earlier version had made."""
    made: frozenset[int] = request.param
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def upgraded(
    request: pytest.FixtureRequest, tmp_path: Path, steps: frozenset[int]
) -> Iterator[Database]:
    """Give the database of an earlier version, opened by today's."""
    with earlier.opened(request, tmp_path, steps.__contains__, fill, THEN) as database:
        yield database


def kept(database: Database, table: str, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return these columns of all rows."""
    sql = f"select {', '.join(columns)} from {table}"
    return database.read(lambda tx: tx.rows(sql))


def in_order(rows: Rows) -> list[str]:
    """Return rows so that they can be compared, whatever their order."""
    return sorted(repr(sorted(row.items())) for row in rows)


def test_no_row_is_lost_changed_or_mixed_up(upgraded: Database) -> None:
    for table in written(DEMO):
        before = [row for company in COMPANIES for row in written(company)[table]]
        columns = tuple(dict.fromkeys(name for row in before for name in row))
        before = [{name: row.get(name) for name in columns} for row in before]
        now = kept(upgraded, table, columns)
        if table == "timers":
            now = [row for row in now if not row["key"].endswith(":after")]
        if table == "friction":  # a note knows its day only, so that its time tells nothing
            for row in before:
                row["noted_at"] = f"{row['noted_at'][:10]}T00:00:00.000000Z"
        if table in ("places", "services"):  # a column that some rows left to its default
            for row in before:
                row.update({k: 0 for k, v in row.items() if k == "fallback" and v is None})
        assert in_order(now) == in_order(before), table


def test_sqlite_finds_nothing_wrong_in_the_file(upgraded: Database) -> None:
    if not isinstance(upgraded, Sqlite):
        pytest.skip("these are SQLite's own checks")
    for pragma, says in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
        with closing(sqlite3.connect(upgraded.path)) as file:
            assert file.execute(f"pragma {pragma}").fetchall() == says
            assert file.execute("pragma writable_schema").fetchone() == (0,)


def test_an_incident_may_be_in_each_state_of_today_and_in_no_other(upgraded: Database) -> None:
    change = "update incidents set state = :state where workspace = :workspace and number = 1"
    for state in ("done", "closed", "restored", "withdrawn", "open"):
        upgraded.transact(lambda tx, to=state: tx.within(DEMO).run(change, state=to))  # type: ignore[misc]
    for wrong, values in (
        (change, {"state": "nonsense"}),
        ("update incidents set service = :id where workspace = :workspace", {"id": "nowhere"}),
        ("delete from services where workspace = :workspace and id = :id", {"id": "till"}),
        ("update incidents set severity = :it where workspace = :workspace", {"it": "awful"}),
    ):
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
            upgraded.transact(lambda tx, sql=wrong, v=values: tx.within(DEMO).run(sql, **v))  # type: ignore[misc]


def test_an_escalation_of_the_first_release_goes_on(upgraded: Database) -> None:
    with closing(Stage(upgraded, HandClock(MONDAY.astimezone(UTC)), new_id=Ids())) as stage:
        stage.wind(minutes=59)
        assert not [each for each in stage.chat.ledger if "Kasse open" in each.text]
        stage.wind(minutes=61)
        for company in COMPANIES:
            alarms = [
                each.text for each in stage.chat.ledger
                if each.workspace == company and "Kasse open" in each.text
                and each.place == "local:@ben"
            ]  # fmt: skip
            assert "Nobody has picked this up for 25 hours" in alarms[0], alarms
            ask = [each for each in alarms if "newer alert" not in each]
            assert 1 <= len(ask) <= 2, "what climbs asks again, once in an hour at the most"
        (left,) = stage.rows(
            "select payload, state, attempts from timers where workspace = :workspace"
            " and key = 'incident:1:climb'"
        )
        assert left["state"] == "pending" and json.loads(left["payload"])["level"] > 1, left


def test_each_platform_has_its_own_places(upgraded: Database) -> None:
    found = {(row["id"], row["platform"]) for row in kept(upgraded, "places", ("id", "platform"))}
    assert found == {("local:desk", "local"), ("slack:C1", "slack"), ("local:@ben", "local")}


def test_work_goes_on_and_earlier_incidents_are_found_again(upgraded: Database) -> None:
    stage = Stage(upgraded, HandClock(MONDAY.astimezone(UTC)), new_id=Ids())
    found = upgraded.read(lambda tx: similarity.since(tx.within(DEMO), 0))
    assert sorted(each.number for each in found) == [1, 2, 3, 4]
    stage.wind(minutes=60 * 24)
    for company in COMPANIES:
        hello = [each.text for each in stage.chat.ledger if each.workspace == company]
        assert hello.count("Hello") == 1, "what was on its way is delivered once"
        (answer,) = stage.handle_together(
            stage.request("anna", "incident Kasse tot", workspace=company)
        )
        assert answer.message is not None
        assert plain(answer.message).startswith("INC-7")
    assert [each.number for each in upgraded.read(lambda tx: similarity.since(tx.within(DEMO), 5))]
    stage.close()


def test_a_button_of_the_first_release_still_does_what_it_says(upgraded: Database) -> None:
    with closing(Stage(upgraded, HandClock(MONDAY.astimezone(UTC)), new_id=Ids())) as stage:
        for word, args in BUTTONS.items():
            answer = stage.handle(stage.request("anna", call=Call(word, args)))
            said = plain(answer.message) if answer.message else ""
            assert answer.outcome in ("done", "refused") and (answer.form or said), (word, answer)
            assert "older version" not in said and "no longer" not in said, (word, said)


def test_the_timers_of_the_first_release_still_have_somebody_who_runs_them() -> None:
    kinds = {each.kind for feature in FEATURES for each in feature.timers}
    assert {"climb", "digest", "unused"} <= kinds


def test_a_draft_of_an_earlier_version_opens_and_is_declared(upgraded: Database) -> None:
    with closing(Stage(upgraded, HandClock(MONDAY.astimezone(UTC)), new_id=Ids())) as stage:
        answer = stage.handle(stage.request("anna", call=Call("draft", {"id": "draft"})))
        assert answer.outcome == "done", answer
        titles = stage.rows(
            "select title from incidents where workspace = :workspace order by number"
        )
    assert titles[-1]["title"] == TYPED
