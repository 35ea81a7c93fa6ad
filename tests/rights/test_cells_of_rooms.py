"""Who may do what with a pilot, an automation and a problem: every role, state and action (G8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import product

import pytest

from handlers.kit.messages import Call
from storage import people
from storage.engine import Tx
from storage.engine.sqlite import Sqlite
from storage.people import PersonKind
from tests.pilots.test_pilots import MEASURE, do, prepared
from tests.pretend import machines
from tests.pretend.stage import Say, Stage, plain, staged
from tests.repeats.test_repeats import declared
from tests.rights.test_cells import REFUSALS, attempt, known, written_down

SOMEBODY_ELSE = (
    *REFUSALS,
    "is verified by somebody who has to do with it",
    "The fix came from you",
    "Please ask",
)
PROBLEM_TITLES = ("Drucker offline", "Drucker geht wieder nicht", "label printer is offline")
OUTSIDE = {
    "gustav": set[str](),  # a guest
    "nora": {"new"},  # nobody has told yet who she is
    "left": set[str](),  # deactivated
    "robert": {"member"},  # a manager who had what is stored about him restricted
}
Values = Mapping[str, str]


@dataclass(frozen=True)
class Room:
    """What is tried with one thing: by whom, in which states, and with which values.

    `ties` are how each person stands to it; an action is the line of the table that decides.
    `anybody` names the states in which everybody of the company may do what is the thing's own,
    and `also` who may do an action beside those of its line.
    """

    build: Callable[[Stage], Values]
    ties: Mapping[str, set[str]]
    states: Mapping[str, Callable[[Stage, Values], None]]
    actions: Mapping[str, tuple[str, Values]]
    also: Mapping[str, set[str]]
    anybody: tuple[str, ...] = ()


def nothing(_bot: Stage, _values: Values) -> None:
    """It is as it was built."""


# --- a pilot: Carla champions and models, Ben integrates --------------------------------


def a_pilot(bot: Stage) -> Values:
    return {"pilot": prepared(bot, people=("carla", "carla", "ben"))}


def a_running_pilot(bot: Stage, values: Values) -> None:
    do(Say(bot, "chris"), "pilot start", **values)


PILOT = Room(
    build=a_pilot,
    ties={
        "carla": {"member", "role"},
        "ben": {"member", "role"},
        "chris": {"member", "manager"},
        "anna": {"member"},
        **OUTSIDE,
    },
    states={"ready": nothing, "running": a_running_pilot},
    actions={
        "pilot": ("read", {}),
        "pilot history": ("pilot's own", {}),
        "pilot describe": ("pilot's own", {
            "name": "Andere", "problem": "Es dauert", "workflow": "Annahme", "takes": "Anruf",
            "gives": "Ticket",
        }),
        "pilot measure": ("pilot's own", {**MEASURE}),
        "pilot people": ("pilot's own", {
            "champion": "chris", "modeler": "carla", "integrator": "ben",
        }),
        "pilot users": ("pilot's own", {"who": "everybody"}),
        "pilot wait": ("pilot's own", {}),
        "pilot more": ("pilot's own", {}),
        "pilot candidates": ("pilot's own", {}),
        "pilot corrections": ("pilot's own", {}),
        "pilot later": ("pilot's own", {"words": "Auch für Hamburg", "kind": "exception"}),
        "pilot obstacle": ("pilot", {"words": "Der Zugang fehlt", "due": "2026-12-01"}),
    },
    also={},
    anybody=("ready",),
)  # fmt: skip


# --- an automation: Ben is accountable, Carla his deputy ------------------------------------


def an_automation(bot: Stage) -> Values:
    machines.enter(Say(bot, "ben"))
    rows = bot.rows("select id from automations where workspace = :workspace")
    return {"automation": rows[0]["id"]}


def paused(bot: Stage, values: Values) -> None:
    do(Say(bot, "ben"), "auto pause", until="2026-12-01", **values)


def retired(bot: Stage, values: Values) -> None:
    do(Say(bot, "ben"), "auto retire", **values)


AUTOMATION = Room(
    build=an_automation,
    ties={
        "ben": {"member", "accountable"},
        "carla": {"member", "deputy"},
        "chris": {"member", "manager"},
        "anna": {"member"},
        **OUTSIDE,
    },
    states={"entered": nothing, "paused": paused, "retired": retired},
    actions={
        "auto": ("read", {}),
        "auto history": ("read", {}),
        "auto keep": ("automation's own", {}),
        "auto around": ("automation's own", {"because": "Das Format ist ein anderes"}),
        "auto retire": ("automation's own", {}),
        "auto pause": ("automation's own", {"until": "2026-12-02"}),
        "auto go on": ("automation's own", {}),
        "auto snooze": ("automation's own", {"until": "2026-12-02"}),
        "auto rhythm": ("automation's own", {"rhythm": "7"}),
        "auto handover": ("automation's own", {"to": "anna"}),
        "auto rename": ("automation's own", {"name": "Anderer Name"}),
        "auto back": ("automation's own", {}),
        "auto address": ("automation's own", {}),
        "auto people": ("automation's own", {"accountable": "carla", "deputy": "ben"}),
    },
    also=dict.fromkeys(("auto back", "auto address", "auto people", "auto rename"), {"manager"}),
)  # fmt: skip


# --- a problem: Ben owns its cause, Anna declared its incidents, Chris judged ---------------


def a_problem(bot: Stage) -> Values:
    declared(bot, Say(bot, "anna"), *PROBLEM_TITLES[:2])
    Say(bot, "anna")(f"incident {PROBLEM_TITLES[2]}")
    chris = Say(bot, "chris")
    chris("repeat 2 of 1")
    chris("repeat 3 of 1")
    chris("restored 3")
    assert bot.rows("select number from problems where workspace = :workspace")
    return {"number": "1"}


def with_a_cause(bot: Stage, values: Values) -> None:
    cause = {"kind": "hardware", "cause": "Das Netzteil wird zu heiß"}
    do(Say(bot, "ben"), "problem cause", **values, **cause)


def fixed(bot: Stage, values: Values) -> None:
    with_a_cause(bot, values)
    found = {"what": "Neues Netzteil", "evidence": "https://tickets.example.com/7"}
    do(Say(bot, "ben"), "problem fixed", **values, **found)
    assert bot.rows("select state from problems where workspace = :workspace") == [
        {"state": "fixed"}
    ]


PROBLEM = Room(
    build=a_problem,
    ties={
        "ben": {"member", "owner", "accountable"},
        "carla": {"member", "deputy"},
        "chris": {"member", "manager"},
        "anna": {"member", "witness"},
        "dora": {"member"},
        **OUTSIDE,
    },
    states={"open": nothing, "with a cause": with_a_cause, "fixed": fixed},
    actions={
        "problem": ("read", {}),
        "problem history": ("read", {}),
        "problem retitle": ("problem", {"title": "Der Drucker ist zu heiß"}),
        "problem cause": ("problem", {"kind": "configuration", "cause": "Der Treiber ist zu alt"}),
        "problem owner": ("problem", {"person": "carla"}),
        "problem due": ("problem", {"day": "2026-12-04"}),
        "problem fixed": ("cause fixed", {"what": "Neu", "evidence": "OPS-8"}),
        "problem verify": ("verify", {}),
        "problem reopen": ("doubt", {"reason": "Er ist wieder offline"}),
        "problem override": ("override ban", {
            "reason": "Inventur am Samstag", "until": "2026-11-30",
        }),
    },
    also={},
)  # fmt: skip


def company(bot: Stage, room: Room) -> Values:
    """Put everybody of the table on the stage, and the one thing that all of it is about."""
    for each in room.ties:
        Say(bot, each)("sprache en")
    values = room.build(bot)
    kinds = {"gustav": PersonKind.GUEST, "nora": PersonKind.NEW}

    def change(tx: Tx) -> None:
        for name, kind in kinds.items():
            people.set_kind(tx, known(tx, name).id, kind)
        people.set_active(tx, known(tx, "left").id, False)
        people.set_manager(tx, known(tx, "robert").id)
        people.restrict(tx, known(tx, "robert").id, bot.now().date())

    bot.store(change)
    return values


ROOMS = {"a pilot": PILOT, "an automation": AUTOMATION, "a problem": PROBLEM}


@pytest.mark.parametrize("name", ROOMS)
def test_each_role_may_do_with_it_what_the_table_says(name: str) -> None:
    room = ROOMS[name]
    done: set[str] = set()
    for state in room.states:
        database = Sqlite()
        with closing(database), staged(database) as bot:
            done |= tried(bot, room, state)
    # What nobody could do in any state was refused for another reason, and proves nothing.
    assert set(room.actions) - done == set()


def tried(bot: Stage, room: Room, state: str) -> set[str]:
    """Let every role try every action; return those that somebody could do."""
    values = company(bot, room)
    room.states[state](bot, values)
    cells = written_down()
    done: set[str] = set()
    for role, (command, (action, given)) in product(room.ties, room.actions.items()):
        answer, changed, audited = attempt(bot, role, Call(command, {**values, **given}))
        decides = cells[action] | room.also.get(command, set())
        if state in room.anybody and action.endswith("own"):
            decides = {"member"}
        allowed = bool(decides & room.ties[role])
        said = plain(answer.message) if answer.message else ""
        where = f"{role} does {command} while it is {state}: {answer.outcome}, {said}"
        refused = answer.outcome == "refused" and any(each in said for each in SOMEBODY_ELSE)
        if not allowed:
            assert refused and answer.form is None and not changed, where
            assert audited["outcome"] == "refused", where
            continue
        own_fix = (command, role, state) == ("problem verify", "ben", "fixed")
        assert own_fix == ("The fix came from you" in said), where
        assert own_fix or not refused, where
        if answer.outcome == "done" and answer.form is None:
            done.add(command)
    return done
