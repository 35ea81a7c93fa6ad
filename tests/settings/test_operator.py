"""`python -m bot manager`: the operator names who manages Lotse."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot import __main__ as program
from bot.lotse import MAIN
from storage import audit, people, workspaces
from storage.delivery import places
from storage.delivery.places import PlaceKind, PlaceRole
from storage.engine import AlreadyRunning, Database, Tx, opening
from storage.engine.ids import PersonId, PlaceId
from storage.people import PersonKind
from storage.workspaces import Workspace
from tests.pretend.stage import MONDAY

Run = Callable[..., tuple[int, str]]
PEOPLE = (
    ("U1", "Chris", PersonKind.MEMBER),
    ("U2", "Ben", PersonKind.MEMBER),
    ("U3", "Gast", PersonKind.GUEST),
    ("U4", "Ben", PersonKind.MEMBER),
)


def furnished(tx: Tx) -> None:
    workspaces.ensure(tx, Workspace(MAIN, "Lotse", "de", "Europe/Berlin", "DE"), MONDAY)
    tx = tx.within(MAIN)
    for id, name, kind in PEOPLE:
        people.find_or_create(
            tx,
            f"slack:T1:{id}",
            name,
            id=PersonId(id),
            key=f"key-{id}",
            now=MONDAY,
            kind=kind,
            manager=id == "U1",
        )
    places.ensure(tx, PlaceId("slack:C1"), PlaceKind.CHANNEL, "incidents", role=PlaceRole.INCIDENTS)


@pytest.fixture
def run(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Give the command, on a store of either kind."""
    database.transact(furnished)
    monkeypatch.setattr(opening, "open_database", lambda _url: database)
    monkeypatch.setattr(type(database), "close", lambda _self: None)
    for name, value in (("SLACK_BOT_TOKEN", "xoxb-1"), ("SLACK_SIGNING_SECRET", "0" * 32)):
        monkeypatch.setenv(name, value)

    def typed(*words: str) -> tuple[int, str]:
        status = program.main(["manager", *words])
        said = capsys.readouterr()
        return status, (said.out + said.err).strip()

    return typed


def managers(database: Database) -> list[str]:
    return [each.id for each in database.read(lambda tx: people.managers(tx.within(MAIN)))]


def test_somebody_is_added_and_removed(run: Run, database: Database) -> None:
    assert run("list") == (0, "Chris (slack:T1:U1)")
    assert run("add", "slack:T1:U2") == (0, "Ben manages Lotse now.")
    assert run("add", "slack:T1:U2") == (0, "Ben manages Lotse already.")
    assert run("remove", "chris") == (0, "Chris is no longer a manager.")
    assert managers(database) == ["U2"]
    rows = database.read(lambda tx: audit.latest(tx.within(MAIN)))
    done = [(each["person_key"], each["command"], each["subject"]) for each in rows]
    assert done == [("operator", "manager remove", "key-U1"), ("operator", "manager add", "key-U2")]


def test_the_last_one_stays(run: Run, database: Database) -> None:
    status, said = run("remove", "chris")
    assert status == 1 and "is the last" in said
    assert managers(database) == ["U1"]


def test_who_is_meant_has_to_be_clear(run: Run, database: Database) -> None:
    status, said = run("add", "Ben")
    assert status == 1 and "not one person only" in said
    assert said.splitlines()[1:] == ["  Ben (slack:T1:U2)", "  Ben (slack:T1:U4)"]
    status, said = run("add", "Nobody")
    assert status == 1 and "nobody whom Lotse knows" in said and "slack:T1:U3" not in said
    status, said = run("add", "Gast")
    assert status == 1 and "guest" in said
    assert run("add", "Chris", "--workspace", "T9")[0] == 1
    assert managers(database) == ["U1"]


def test_beside_a_running_lotse_it_says_where_else_managers_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def running(_url: str) -> Database:
        raise AlreadyRunning("in use")

    monkeypatch.setattr(opening, "open_database", running)
    assert program.main(["manager", "add", "chris"]) == 1
    assert "Add a manager" in capsys.readouterr().err
