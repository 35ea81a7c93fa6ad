"""Transitions: one place for every change of state, and what must hold whatever people do."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from handlers.incidents import checklist, escalation, keys
from handlers.incidents import transitions as incident_transitions
from handlers.incidents.lookup import note
from handlers.kit.context import Context
from handlers.kit.messages import Call
from handlers.kit.words import Sentence, _
from storage import people
from storage.delivery import timers
from storage.engine import Database, Tx
from storage.engine.ids import PersonId
from storage.engine.postgres import Postgres
from storage.engine.sql import as_moment
from storage.engine.sqlite import Sqlite
from storage.incidents import Incident
from storage.incidents import transitions as states
from storage.incidents.states import ClosedAs, TimelineKind
from tests.closing.test_closing import POINTS, say, state
from tests.house.test_layers import called, imported, trees
from tests.ownership.test_ownership import leaves
from tests.pretend.stage import Say, Stage, furnish

# --- one place ---------------------------------------------------------------------------


def written_states() -> Iterator[tuple[str, str]]:
    """Give every function of storage/ whose SQL writes an incident's state."""
    for name, tree in trees("storage").items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                sql = ast.unparse(node)
                if re.search(r"update incidents set[^;]*?\bstate = (?!:)'\w+'[^']*?where", sql):
                    yield name, node.name


def test_only_transitions_change_the_state_of_an_incident() -> None:
    wrote = set(written_states())
    functions = {
        name for name, each in vars(states).items()
        if inspect.isfunction(each) and each.__module__ == states.__name__
    }  # fmt: skip
    assert {name for name, _function in wrote} == {"storage/incidents/transitions.py"}
    assert {function for _name, function in wrote} == functions - {"lock"}
    asking = {
        name for name, tree in trees("bot", "handlers", "storage").items()
        if "storage.incidents.transitions" in set(imported(tree))
    }  # fmt: skip
    assert asking == {"handlers/incidents/transitions.py"}
    for name, tree in trees().items():  # nor by a road around the function
        if name != "handlers/incidents/transitions.py":
            assert not {each for each in called(tree) if each.startswith("states.")}, name


def test_only_one_place_knows_the_order_of_locks() -> None:
    """Timers before rows, and the smaller number first: written once, and gone around by nobody."""
    owned = {"escalation.stop", "escalation.lock", "timers.lock", "states.lock"}
    found = {
        (name, each)
        for name, tree in trees("bot", "handlers").items()
        for each in called(tree)
        if each in owned
    }
    assert found == {
        ("handlers/incidents/transitions.py", "escalation.stop"),
        ("handlers/incidents/transitions.py", "escalation.lock"),
        ("handlers/incidents/transitions.py", "states.lock"),
        ("handlers/incidents/escalation.py", "timers.lock"),  # which is `lock`
    }


@pytest.mark.parametrize(("closed", "into"), [(1, 2), (2, 1)])
def test_two_incidents_are_locked_in_the_same_order_whichever_is_closed(
    bot: Stage, ben: Say, monkeypatch: pytest.MonkeyPatch, closed: int, into: int
) -> None:
    taken: list[object] = []

    def noting(module: object, name: str) -> None:
        real = getattr(module, name)

        def note(first: object, what: object, *more: object) -> object:
            taken.append(what)
            return real(first, what, *more)

        monkeypatch.setattr(module, name, note)

    ben("incident Kasse tot")
    ben("incident Kassen in Halle 2 sind aus")
    noting(escalation, "lock")
    noting(states, "lock")

    def close(tx: Tx) -> None:
        person = people.find(tx, PersonId("ben"))
        assert person is not None
        ctx = bot.dispatcher._context(tx, person, None, bot.clock.now())
        incident_transitions.close(ctx, closed, ClosedAs.SUPERSEDED, into, "one")

    bot.store(close)
    assert taken[:3] == [1, 2, [1, 2]]


def test_an_incident_is_locked_by_its_timer_also_where_nothing_escalates(
    bot: Stage, ben: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever sets the timer meanwhile waits for the incident, and the incident for them."""
    ben("incident Kasse tot")
    ben("restored 1 ja")
    locked: list[str] = []
    real = timers.lock

    def noting(tx: Tx, key: str) -> None:
        locked.append(key)
        real(tx, key)

    monkeypatch.setattr(timers, "lock", noting)
    ben("reopen 1 again")
    assert locked == [keys.escalation_key(1)]


def test_what_the_table_of_moves_says_is_what_the_store_lets_happen(bot: Stage, anna: Say) -> None:
    changes = {
        "restored": lambda tx: states.restore(tx, 1, PersonId("ben"), bot.clock.now()),
        "done": lambda tx: states.finish(tx, 1, PersonId("ben"), bot.clock.now()),
        "closed": lambda tx: states.close(
            tx, 1, PersonId("ben"), bot.clock.now(), closed_as=ClosedAs.FALSE_ALARM, target=None
        ),
        "open": lambda tx: states.reopen(tx, 1, PersonId("ben"), bot.clock.now()),
        "withdrawn": lambda tx: states.withdraw(tx, 1, PersonId("anna"), bot.clock.now()),
    }
    anna("incident Kasse tot")
    for before, after in incident_transitions.MOVES.items():
        for to, change in changes.items():
            bot.store(
                lambda tx, before=before: tx.run(
                    "update incidents set state = :state where workspace = :workspace",
                    state=before,
                )
            )
            assert bot.store(change) == (to in after), f"{before} → {to}"
    bot.store(
        lambda tx: tx.run("update incidents set state = 'withdrawn' where workspace = :workspace")
    )


def test_what_blocks_is_said_and_holds_for_everybody(
    anna: Say, ben: Say, carla: Say, bot: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def banned(_ctx: Context, incident: Incident) -> Sentence | None:
        return _("No incident is open.") if incident.number == 1 else None

    monkeypatch.setattr(incident_transitions, "BLOCKERS", (banned,))
    anna("incident Kasse tot")
    ben("behoben 1")
    assert "Keine Störung ist offen." in say(ben, *POINTS)
    assert state(bot) == "restored"
    call = Call("close anyway", {"number": "1", "reason": "Das muss heute weg"})
    assert bot.handle(bot.request("chris", call=call)).outcome == "refused"
    monkeypatch.setattr(incident_transitions, "BLOCKERS", ())
    ben("fertig 1")
    carla.press("Ich habe es geprüft")
    assert state(bot) == "done"


# --- whatever people do ------------------------------------------------------------------

PEOPLE = ("anna", "ben", "carla", "chris")
SERVICES = ("kasse", "webshop")
NUMBERS = st.integers(1, 3)
ANY = {name: value for each in POINTS.values() for name, value in each.items()}


class Lives(RuleBasedStateMachine):
    """A company that does anything with three incidents, in any order, through the front door."""

    fresh: ClassVar[Callable[[], Database]]  # gives an empty store for each life

    def __init__(self) -> None:
        super().__init__()
        self.database = type(self).fresh()
        self.stage = Stage(self.database)
        now = self.stage.clock.now()
        self.database.transact(lambda tx: furnish(tx, self.stage.workspace, now))
        self.seen: dict[int, dict[str, object]] = {}  # each incident as the last step left it

    def teardown(self) -> None:
        self.stage.wind(minutes=60)
        self.holds()
        self.stage.close()
        if isinstance(self.database, Sqlite):
            self.database.close()

    def ask(self, who: str, word: str, **args: str) -> None:
        """Press a button, as anybody might; what is not allowed is refused and changes nothing."""
        call = Call(word, args)
        answer = self.stage.handle(self.stage.request(who, call=call, submitted=True))
        assert answer.outcome in ("done", "refused"), answer
        self.stage.carry()

    @rule(who=st.sampled_from(PEOPLE), what=st.sampled_from(("Kasse", "Webshop", "Licht")))
    @precondition(lambda self: len(self.rows()) < 3)
    def declare(self, who: str, what: str) -> None:
        self.ask(who, "incident", title=f"{what} tot")

    @rule(
        who=st.sampled_from(PEOPLE),
        number=NUMBERS,
        word=st.sampled_from(("ack", "restored", "done", "checked", "undo", "serious", "fixed")),
    )
    def press(self, who: str, number: int, word: str) -> None:
        self.ask(who, word, number=str(number))

    @rule(who=st.sampled_from(PEOPLE), number=NUMBERS, some=st.sets(st.sampled_from(sorted(ANY))))
    def fill(self, who: str, number: int, some: set[str]) -> None:
        ended = self.stage.now().strftime("%Y-%m-%d %H:%M")
        values = {**ANY, "ended": ended, "on": self.stage.now().strftime("%Y-%m-%d")}
        self.ask(who, "fill", number=str(number), **{name: values[name] for name in some})

    @rule(who=st.sampled_from(PEOPLE), number=NUMBERS)
    def fill_all(self, who: str, number: int) -> None:
        self.fill(who, number, set(ANY))

    # What is rare by chance, and where most can go wrong, has rules of its own: pressed by who
    # may, at what is in the state for it.

    def some(self, data: st.DataObject, *states: str) -> dict[str, object] | None:
        """Choose an incident in one of these states."""
        fitting = [each for each in self.rows() if each["state"] in states]
        return data.draw(st.sampled_from(fitting)) if fitting else None

    @rule(data=st.data())
    def look_after(self, data: st.DataObject) -> None:
        row = self.some(data, "open")
        if row is not None:
            self.ask(str(row["responsible"]), "ack", number=str(row["number"]))

    @rule(data=st.data(), minutes=st.sampled_from((0, 1, 3)))
    def declare_and_undo(self, data: st.DataObject, minutes: int) -> None:
        if len(self.rows()) >= 3:
            return
        who = data.draw(st.sampled_from(PEOPLE))
        self.ask(who, "incident", title="Versehen tot")
        self.stage.wind(minutes=minutes)
        for row in self.rows():
            if row["title"] == "Versehen tot" and row["state"] == "open":
                self.ask(str(row["declared_by"]), "undo", number=str(row["number"]))

    @rule(data=st.data())
    def works_again(self, data: st.DataObject) -> None:
        row = self.some(data, "open")
        if row is not None:
            self.ask("chris", "restored", number=str(row["number"]), text="Kabel getauscht")

    @rule(data=st.data())
    def finish_whole(self, data: st.DataObject) -> None:
        row = self.some(data, "restored")
        if row is not None:
            self.fill_all("chris", int(str(row["number"])))
            self.ask("carla", "checked", number=str(row["number"]))
            self.ask("chris", "done", number=str(row["number"]))

    @rule(data=st.data())
    def open_again(self, data: st.DataObject) -> None:
        row = self.some(data, "restored", "done", "closed")
        if row is not None:
            self.ask("chris", "reopen", number=str(row["number"]), reason="Es kam wieder")

    @rule(
        who=st.sampled_from(PEOPLE),
        number=NUMBERS,
        word=st.sampled_from(("reopen", "close anyway", "update")),
        reason=st.sampled_from(("it came back", "TBD", "")),
    )
    def give_a_reason(self, who: str, number: int, word: str, reason: str) -> None:
        key = "text" if word == "update" else "reason"
        self.ask(who, word, number=str(number), **{key: reason})

    @rule(
        who=st.sampled_from(PEOPLE),
        number=NUMBERS,
        other=NUMBERS,
        kind=st.sampled_from(("duplicate", "false_alarm", "superseded")),
    )
    def close_as(self, who: str, number: int, other: int, kind: str) -> None:
        self.ask(
            who, "close as", number=str(number), target=str(other), kind=kind, reason="we looked"
        )

    @rule(who=st.sampled_from(PEOPLE), number=NUMBERS, to=st.sampled_from(PEOPLE))
    def assign(self, who: str, number: int, to: str) -> None:
        self.ask(who, "assign", number=str(number), person=to)

    @rule(
        who=st.sampled_from(PEOPLE), number=NUMBERS, service=st.sampled_from(("kasse", "webshop"))
    )
    def move(self, who: str, number: int, service: str) -> None:
        self.ask(who, "move", number=str(number), service=service)

    @rule(who=st.sampled_from(PEOPLE), to=st.sampled_from(PEOPLE))
    def hand_over(self, who: str, to: str) -> None:
        self.ask(who, "hand over", to=to)
        asked = self.stage.rows(
            "select id from handovers where workspace = :workspace and state = 'asked'"
        )
        for each in asked:
            self.ask(to, "hand over accept", handover=each["id"])

    @rule(who=st.sampled_from(PEOPLE), to=st.sampled_from(PEOPLE))
    def stand_in(self, who: str, to: str) -> None:
        today = self.stage.now().strftime("%Y-%m-%d")
        self.ask(who, "cover", person=to, start=today, until=today)
        asked = self.stage.rows(
            "select id from covers where workspace = :workspace and state = 'asked'"
        )
        for each in asked:
            self.ask(to, "cover confirm", cover=each["id"])

    @rule(who=st.sampled_from(PEOPLE), here=st.booleans())
    def leave_or_come_back(self, who: PersonId, here: bool) -> None:
        leaves(self.stage, who, active=here)

    @rule(
        who=st.sampled_from(PEOPLE),
        number=NUMBERS,
        earlier=NUMBERS,
        word=st.sampled_from(("repeat", "unlike")),
    )
    def judge(self, who: str, number: int, earlier: int, word: str) -> None:
        self.ask(who, word, number=str(number), earlier=str(earlier))

    @rule(
        who=st.sampled_from(PEOPLE),
        step=st.sampled_from(
            ("problem cause", "problem fixed", "problem verify", "problem override")
        ),
    )
    def work_on_the_problem(self, who: str, step: str) -> None:
        today = self.stage.now().strftime("%Y-%m-%d")
        values = {
            "problem cause": {"kind": "hardware", "cause": "the power supply gets too hot"},
            "problem fixed": {"what": "a new power supply", "evidence": "OPS-7"},
            "problem override": {"reason": "the stocktaking needs it", "until": today},
        }
        self.ask(who, step, number="1", **values.get(step, {}))

    @rule(who=st.sampled_from(PEOPLE), number=NUMBERS, to=st.sampled_from(PEOPLE))
    def ask_check(self, who: str, number: int, to: str) -> None:
        self.ask(who, "ask check", number=str(number), person=to)

    @rule(minutes=st.sampled_from((1, 7, 12, 65)))
    def wait(self, minutes: int) -> None:
        self.stage.wind(minutes=minutes)

    @precondition(lambda self: all(each["state"] != "open" for each in self.rows()))
    @rule(days=st.sampled_from((1, 4, 8)))
    def wait_long(self, days: int) -> None:
        self.stage.wind(minutes=days * 24 * 60)

    def rows(self) -> list[dict[str, object]]:
        return self.stage.rows("select * from incidents where workspace = :workspace")

    @invariant()
    def holds(self) -> None:
        """Look at what must be true after whatever was done."""
        escalating = self.stage.rows(
            """
            select key, state from timers where workspace = :workspace and kind = 'climb'
            and state in ('pending', 'dead')
            """
        )
        rows = self.rows()
        # Exactly one live chain for each open incident, and none for any other.
        opened = sorted(f"incident:{row['number']}:climb" for row in rows if row["state"] == "open")
        assert sorted(each["key"] for each in escalating) == opened
        assert all(each["state"] == "pending" for each in escalating)
        alarms = self.stage.rows(
            """
            select key from outbox where workspace = :workspace and kind = 'alarm'
            and state = 'pending'
            """
        )
        calm = {row["number"] for row in rows if row["state"] != "open" or (
            row["acknowledged_by"] is not None and not row["silent"])}  # fmt: skip
        for each in alarms:  # acknowledging stops every step that is still to come
            assert int(each["key"].split(":")[1]) not in calm, each
        here = {row["id"] for row in self.stage.rows(
            "select id from people where workspace = :workspace and active = 1")}  # fmt: skip
        for row in rows:
            ended = row["state"] not in ("open", "restored")
            assert row["responsible"], row
            assert ended or row["responsible"] in here or not here, row
            self._ended_well(row)
            self._went_as_it_may(row)
        self._nobody_waits_for_whoever_left(here)
        self.seen = {int(str(row["number"])): dict(row) for row in rows}

    def _went_as_it_may(self, row: dict[str, object]) -> None:
        """Compare an incident with what it was a step ago: every way there is one that exists."""
        declared = {**row, "state": "open", "acknowledged_by": None}
        before = self.seen.get(int(str(row["number"])), declared)
        was, now = str(before["state"]), str(row["state"])
        if row["reopened_at"] != before["reopened_at"]:
            # Nobody has acknowledged it this time, and what ended it then is not said any more.
            begun_anew = ("acknowledged_by", "acknowledged_at", "restored_by", "ended_by")
            assert now != "open" or not [each for each in begun_anew if row[each]], row
        if was == "withdrawn":
            assert row["alarms"] == before["alarms"] and now == was, row
        if now == "withdrawn" != was:
            assert was == "open" and row["acknowledged_by"] == before["acknowledged_by"], row
            taken_back = self.stage.rows(
                """
                select at from timeline where workspace = :workspace and incident = :number
                and kind = 'withdrawn'
                """,
                number=row["number"],
            )
            late = as_moment(taken_back[0]["at"]) - as_moment(str(row["declared_at"]))
            assert late <= timedelta(minutes=2), row
        if was in ("done", "closed", "restored") and now == was:
            assert row["alarms"] == before["alarms"], "nobody is alarmed about what is over"

    def _nobody_waits_for_whoever_left(self, here: set[str]) -> None:
        """A check or a fix that is still to come is asked of somebody who is here."""
        waiting = self.stage.rows(
            """
            select c.checker, c.fixer, c.ending, c.verified_by, c.fix_done_at, i.state
            from closings c join incidents i on i.workspace = c.workspace
            and i.number = c.incident where c.workspace = :workspace
            and i.state in ('restored', 'done')
            """
        )
        for row in waiting:
            to_check = row["state"] == "restored" and row["verified_by"] is None
            assert not (to_check and row["checker"]) or row["checker"] in here, row
            to_fix = row["ending"] == "workaround" and row["fix_done_at"] is None
            assert not (to_fix and row["fixer"]) or row["fixer"] in here or not here, row

    def _ended_well(self, row: dict[str, object]) -> None:
        if row["state"] != "done":
            return
        found = self.stage.rows(
            "select * from closings where workspace = :workspace and incident = :number",
            number=row["number"],
        )[0]
        said = all(
            found[f"{each}_since"]
            for each in ("impact_ended", "cause", "evidence", "ending", "fix", "runbook")
        )
        second = found["verified_by"] not in (None, row["restored_by"], row["ended_by"])
        overridden = found["override_by"] is not None and found["override_reason"]
        assert overridden or (said and (second or found["quiet_at"])), (row, found)
        if overridden:
            assert found["override_by"] in ("ben", "carla", "chris")


HURRY = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def live(fresh: Callable[[], Database], lives: int, steps: int) -> None:
    """Play so many lives, each on an empty store."""
    machine = type("LivesHere", (Lives,), {"fresh": staticmethod(fresh)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=lives, stateful_step_count=steps, deadline=None,
            suppress_health_check=HURRY, derandomize=True,
            phases=(Phase.generate,),  # a failing life is short enough, and shrinking takes minutes
        ),
    )  # fmt: skip


LIVES, STEPS = 25, 30  # the usual number


def keeps_the_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    real = states.reopen

    def reopen(tx: Tx, number: int, responsible: PersonId, now: datetime) -> bool:
        row = tx.rows(
            """
            select acknowledged_by, acknowledged_at from incidents
            where workspace = :workspace and number = :number
            """,
            number=number,
        )[0]
        done = real(tx, number, responsible, now)
        tx.run(
            """
            update incidents set acknowledged_by = :acknowledged_by,
                acknowledged_at = :acknowledged_at
            where workspace = :workspace and number = :number
            """,
            number=number,
            **row,
        )
        return done

    patch.setattr(states, "reopen", reopen)


def lets_the_timer_of_what_is_withdrawn_go_on(patch: pytest.MonkeyPatch) -> None:
    def withdraw(ctx: Context, number: int, since: datetime) -> Incident | None:
        if not states.withdraw(ctx.tx, number, ctx.person.id, since):
            return None
        return note(ctx, number, TimelineKind.WITHDRAWN)

    patch.setattr(incident_transitions, "withdraw", withdraw)


def takes_back_whatever_is_old(patch: pytest.MonkeyPatch) -> None:
    real = states.withdraw
    patch.setattr(
        states, "withdraw",
        lambda tx, number, person, since: real(tx, number, person, since - timedelta(days=1)),
    )  # fmt: skip


def stops_no_timer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(escalation, "stop", escalation.lock)


def misses_no_point(patch: pytest.MonkeyPatch) -> None:
    for module in (incident_transitions, checklist):
        patch.setattr(module, "missing_of", lambda ctx, incident: [])


def reopens_without_a_timer(patch: pytest.MonkeyPatch) -> None:
    real = timers.set

    def set_(tx: Tx, **given: Any) -> Any:
        rows = tx.rows(
            "select 1 from incidents where workspace = :workspace and reopened_at is not null"
        )
        return None if rows and given["kind"] == "climb" else real(tx, **given)

    patch.setattr(timers, "set", set_)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [
    keeps_the_acknowledgement, lets_the_timer_of_what_is_withdrawn_go_on,
    takes_back_whatever_is_old, stops_no_timer, misses_no_point, reopens_without_a_timer,
])  # fmt: skip
def test_it_notices(
    monkeypatch: pytest.MonkeyPatch, fault: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """The machine is worth what it finds: each of these, within its usual number of lives."""
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        live(Sqlite, LIVES, STEPS)


@pytest.mark.slow
def test_whatever_people_do_one_chain_lives_and_done_goes_through_the_gate() -> None:
    live(Sqlite, LIVES, STEPS)


def test_the_same_on_postgres(postgres: Postgres, sweep: Callable[[], None]) -> None:
    def emptied() -> Database:
        sweep()
        return postgres

    live(emptied, 4, 20)
