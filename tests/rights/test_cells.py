"""Who may do what: every cell of the table, and every cell as it is met in an incident (G8)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from bot.delivery.requests import Response
from handlers import FEATURES
from handlers.kit.commands import all_commands
from handlers.kit.messages import Call
from handlers.rights import RIGHTS, Tie, may
from storage import people
from storage.engine import Row, Tx
from storage.people import Person, PersonKind
from tests.pretend.stage import DEMO, Say, Stage, plain

CELLS = Path(__file__).parent / "cells.txt"
REFUSALS = (
    "somebody else decides",
    "Managers do this here",
    "only for people of this company",
    "do not know yet who you",
)
# What a request writes whatever it comes to: that it came, what was answered, and the audit row.
ROAD = {"deliveries", "audit", "last_buttons"}

AUDIT = "select id, person_key, command, outcome from audit where workspace = :workspace"


class Undone(Exception):
    """It was only tried; nothing of it stays."""


def written_down() -> dict[str, set[str]]:
    lines = CELLS.read_text(encoding="utf-8").splitlines()
    parted = [line.partition(": ") for line in lines if line and not line.startswith("#")]
    return {action: set(ties.split(", ")) for action, _colon, ties in parted}


@pytest.mark.parametrize(("action", "tie"), list(product(RIGHTS, Tie)))
def test_each_cell_is_as_it_was_decided(action: str, tie: Tie) -> None:
    assert may(action, {tie}) == (tie.name.lower() in written_down()[action])


def test_the_table_is_whole_and_what_it_does_not_name_nobody_may() -> None:
    assert set(written_down()) == set(RIGHTS)
    assert not may("fly", set(Tie)) and not any(may(action, set()) for action in RIGHTS)
    assert {each.needs for each in all_commands(FEATURES)} <= set(RIGHTS)


# --- tried, and undone -------------------------------------------------------------------


def attempt(
    bot: Stage, person: str, call: Call | None = None, text: str = ""
) -> tuple[Response, bool, Row]:
    """Try something; return the answer, whether anything changed, and its audit row."""
    request = bot.request(person, text, call=call, submitted=call is not None)
    found: list[tuple[Response, bool, Row]] = []

    def work(tx: Tx) -> None:
        inside = tx.within(DEMO)
        before, trail = everything(inside), inside.rows(AUDIT)
        answer = bot.dispatcher._handle(tx, request, bot.dispatcher._command_of(request), None)
        changed = everything(inside) != before
        (audited,) = [each for each in inside.rows(AUDIT) if each not in trail]
        found.append((answer, changed, audited))
        raise Undone

    with pytest.raises(Undone):
        bot.database.transact(work)
    return found[0]


def everything(tx: Tx) -> dict[str, list[Row]]:
    """Return all rows of a company, without those of the road in."""
    names = [
        row["name"] for row in tx.rows("select name from sqlite_schema where type = 'table'")
        if row["name"] not in ROAD
    ]  # fmt: skip
    return {
        name: tx.rows(f"select * from {name} where workspace = :workspace")
        for name in names
        if any(column["name"] == "workspace" for column in tx.rows(f"pragma table_info({name})"))
    }


@pytest.fixture
def sqlite_only(bot: Stage) -> None:
    if "postgres" in type(bot.database).__module__:
        pytest.skip("the schema is read in SQLite's way; the table is the same")


ROLES = {  # who each is to incident 1, which Dora declared: how they are called in the table
    "dora": {"member", "declarer"},
    "ben": {"member", "responsible", "accountable"},
    "carla": {"member", "deputy"},
    "chris": {"member", "manager"},
    "anna": {"member"},
    "gustav": set[str](),  # a guest
    "nora": {"new"},  # nobody has told yet who she is
    "left": set[str](),  # deactivated
}
STATES: dict[str, Callable[[Say, Say], None]] = {
    "open": lambda ben, carla: None,
    "acknowledged": lambda ben, carla: (ben("ack 1"), None)[1],
    "restored": lambda ben, carla: (ben("ack 1"), ben("restored 1 neues Kabel"), None)[2],
}
ACTIONS = {  # command: its action, and values
    "ack": ("ack", {}),
    "assign": ("assign", {"person": "carla"}),
    "serious": ("serious", {}),
    "retitle": ("retitle", {"title": "Kasse 1 tot"}),
    "remove words": ("remove words", {"words": "tot"}),
    "move": ("move", {"service": "webshop"}),
    "update": ("update", {"text": "Es dauert noch"}),
    "restored": ("restored", {"text": "Kabel getauscht"}),
    "undo": ("undo", {}),
    "done": ("done", {}),
    "close as": ("close as", {"kind": "false_alarm", "reason": "Das war nur ein Versuch"}),
    "close anyway": ("close anyway", {"reason": "Es wird nicht mehr gebraucht"}),
    "reopen": ("reopen", {"reason": "Es ist wieder ausgefallen"}),
    "show": ("read", {}),
    "history": ("read", {}),
    "settings": ("settings", None),
    "service new": ("service", None),
    "friction": ("friction", {"text": "Formulare doppelt"}),
    "incident": ("declare", {"title": "Etwas anderes ist ganz kaputt"}),
}  # fmt: skip


def company(bot: Stage) -> None:
    """Put everybody of the table on the stage, and one incident of Dora's."""
    dora = Say(bot, "dora")
    dora("sprache en")
    for each in ("ben", "carla", "gustav", "nora", "left"):
        Say(bot, each)("sprache en")
    kinds = {"gustav": PersonKind.GUEST, "nora": PersonKind.NEW}

    def change(tx: Tx) -> None:
        for name, kind in kinds.items():
            people.set_kind(tx, known(tx, name).id, kind)
        people.set_active(tx, known(tx, "left").id, False)

    bot.store(change)
    dora("incident Kasse tot")


def known(tx: Tx, name: str) -> Person:
    found = people.by_identity(tx, f"local:{name}")
    assert found is not None
    return found


def ties(role: str, state: str) -> set[str]:
    found = set(ROLES[role])
    if role == "dora" and state == "open":
        found.add("unacknowledged")
    return found


@pytest.mark.parametrize("state", STATES)
def test_each_role_may_do_in_each_state_what_the_table_says(
    bot: Stage, sqlite_only: None, state: str
) -> None:
    company(bot)
    STATES[state](Say(bot, "ben"), Say(bot, "carla"))
    cells = written_down()
    for role, (command, (action, values)) in product(ROLES, ACTIONS.items()):
        args = {} if values is None or command in ("friction", "incident") else {"number": "1"}
        answer, changed, audited = attempt(bot, role, Call(command, {**args, **(values or {})}))
        allowed = bool(cells[action] & ties(role, state))
        said = plain(answer.message) if answer.message else ""
        where = f"{role} does {command} while it is {state}: {said}"
        refused = any(each in said for each in REFUSALS)
        assert not (refused and allowed), where
        if not allowed:
            assert answer.outcome == "refused" and not changed, where
            assert audited["outcome"] == "refused", where
            assert (audited["person_key"] == "nobody") == (command == "friction"), where
    assert len(ROLES) * len(STATES) * len(ACTIONS) > 400


@pytest.mark.parametrize("who", ["gustav", "nora", "left"])
def test_guests_strangers_and_who_left_change_nothing_by_any_button(
    bot: Stage, sqlite_only: None, who: str
) -> None:
    company(bot)
    tried = 0
    for command in all_commands(bot.dispatcher.features):
        if who == "nora" and "new" in written_down()[command.needs]:
            continue
        answer, changed, _audited = attempt(bot, who, Call(command.name, {"number": "1"}))
        assert answer.outcome == "refused" and answer.form is None, command.name
        assert not changed, command.name
        tried += 1
    assert tried > 200


def test_no_word_of_anybody_without_a_right_changes_anything(bot: Stage, sqlite_only: None) -> None:
    company(bot)
    for command in all_commands(bot.dispatcher.features):
        for word in () if command.hidden else command.words["en"]:
            answer, changed, _audited = attempt(bot, "gustav", text=f"{word} 1 Kasse")
            said = plain(answer.message) if answer.message else ""
            asked = said.startswith("Declare this as an incident?")  # and that is refused, too
            assert answer.outcome == "refused" or asked, (word, said)
            assert not changed and "Kasse tot" not in said, (word, said)


# --- forged, stale, somebody else's ------------------------------------------------------


def test_a_form_that_somebody_else_submits_is_theirs(bot: Stage, sqlite_only: None) -> None:
    company(bot)
    ben = Say(bot, "ben")
    ben("abgeben 1")
    anna, changed, _row = attempt(bot, "anna", Call("assign", {"number": "1", "person": "carla"}))
    assert anna.outcome == "refused" and not changed


@pytest.mark.parametrize("args", [
    {"number": "999"}, {"number": "-1"}, {"number": "1; drop table incidents"}, {"number": ""},
    {"number": "1", "person": "x' or '1'='1"}, {"number": "1", "workspace": "other"},
    {"word": "settings"}, {},
])  # fmt: skip
def test_a_forged_button_does_no_more_than_its_presser_may(
    bot: Stage, sqlite_only: None, args: dict[str, str]
) -> None:
    company(bot)
    for command in ("ack", "assign", "done", "undo", "settings manager", "data erased", "\0"):
        answer, changed, _row = attempt(bot, "anna", Call(command, args))
        if command != "data erased":  # Anna's own
            assert answer.outcome == "refused" and not changed, (command, args)


def test_a_card_from_before_changes_nothing(bot: Stage, sqlite_only: None) -> None:
    company(bot)
    ben = Say(bot, "ben")
    ben("ack 1")
    ben("restored 1 neues Kabel")
    for role in ("ben", "carla", "chris"):
        answer, changed, _row = attempt(bot, role, Call("ack", {"number": "1"}))
        assert answer.outcome == "refused" and not changed, role
