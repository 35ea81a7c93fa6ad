"""The ban cannot be passed without a trace: any order of what people do, looked at after each."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.delivery.clock import HandClock
from handlers.kit.messages import Call
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import MONDAY, Stage, furnish
from tests.problems.test_problems import blocked

PEOPLE = st.sampled_from(("anna", "ben", "carla", "chris"))
NUMBERS = st.integers(1, 7)
PROBLEMS = st.integers(1, 2)
LINK = "https://tickets.example.com/77"
# What may end a ban: each of them leaves its line, with a person wherever one did it.
TRACES = {"verified", "quiet", "overridden", "parted", "dropped", "merged"}


class Ban(RuleBasedStateMachine):
    """People declare, judge, fix, verify, override, undo; time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Sqlite()
        self.stage = Stage(self.database, HandClock(MONDAY.astimezone(UTC)))
        self.database.transact(lambda tx: furnish(tx, "demo", self.stage.clock.now()))
        self.blocked: set[int] = set()
        self.traces = 0
        self.incidents = 0

    def teardown(self) -> None:
        self.stage.close()
        self.database.close()

    def do(self, person: str, word: str, **args: object) -> None:
        values = {name: str(value) for name, value in args.items()}
        request = self.stage.request(person, call=Call(word, values), submitted=True)
        assert self.stage.handle(request).outcome in ("done", "refused")

    @initialize()
    def three_times(self) -> None:
        """Begin with a ban, so that there is something to get past."""
        for _each in range(3):
            self.declare(serious=False)
        self.do("chris", "repeat", number=2, earlier=1)
        self.do("chris", "repeat", number=3, earlier=2)
        self.nothing_is_free_without_a_trace()
        assert self.blocked == {1, 2, 3}

    @precondition(lambda self: self.incidents < 7)
    @rule(serious=st.booleans())
    def declare(self, serious: bool) -> None:
        self.incidents += 1
        self.do("anna", "incident", title="Etikettendrucker offline")
        if serious:
            self.do("anna", "serious", number=self.incidents)
        self.do("ben", "restored", number=self.incidents)
        self.stage.wind(minutes=31)  # later it is a repeat, and no longer the same outage

    @rule(person=PEOPLE, one=NUMBERS, other=NUMBERS)
    def same(self, person: str, one: int, other: int) -> None:
        self.do(person, "repeat", number=one, earlier=other)

    @rule(person=PEOPLE, one=NUMBERS, other=NUMBERS)
    def unlike(self, person: str, one: int, other: int) -> None:
        self.do(person, "unlike", number=one, earlier=other)

    @rule(person=PEOPLE, number=PROBLEMS)
    def fix(self, person: str, number: int) -> None:
        self.do(person, "problem cause", number=number, kind="hardware", cause="Netzteil zu heiß")
        self.do(person, "problem fixed", number=number, what="Netzteil getauscht", evidence=LINK)

    @rule(person=PEOPLE, number=PROBLEMS)
    def verify(self, person: str, number: int) -> None:
        self.do(person, "problem verify", number=number)

    @rule(person=PEOPLE, number=PROBLEMS)
    def reopen(self, person: str, number: int) -> None:
        self.do(person, "problem reopen", number=number, reason="Er ist wieder ausgefallen")

    @rule(person=PEOPLE, number=PROBLEMS)
    def override(self, person: str, number: int) -> None:
        until = self.stage.now().date().isoformat()
        self.do(person, "problem override", number=number, reason="Weihnachten", until=until)

    @rule(number=NUMBERS)
    def undo(self, number: int) -> None:
        self.do("anna", "undo", number=number)

    @rule(days=st.integers(1, 16))
    def later(self, days: int) -> None:
        self.stage.wind(minutes=days * 24 * 60)

    @invariant()
    def nothing_is_free_without_a_trace(self) -> None:
        said = self.stage.rows(
            "select kind, person from problem_history where workspace = :workspace"
        )
        traces = [row for row in said if row["kind"] in TRACES]
        for row in traces:
            automatic = row["kind"] in ("quiet", "dropped", "merged")
            assert automatic == (row["person"] is None), row
        now = {each for each in range(1, self.incidents + 1) if blocked(self.stage, each)}
        if self.blocked - now:
            assert len(traces) > self.traces, f"{self.blocked - now} got free, and nobody knows how"
        self.blocked, self.traces = now, len(traces)

    @invariant()
    def one_problem_stands_for_one_thing_and_for_often_enough(self) -> None:
        roots = self.stage.rows(
            "select root from problems where workspace = :workspace and state in ('open', 'fixed')"
        )
        assert len({row["root"] for row in roots}) == len(roots)
        for row in roots:
            members = self.stage.rows(
                "select incident from repeats where workspace = :workspace and root = :root",
                root=row["root"],
            )
            assert len(members) >= 2

    @invariant()
    def groups_are_called_by_their_lowest_number(self) -> None:
        for row in self.stage.rows(
            "select root, min(incident) as low from repeats where workspace = :workspace "
            "group by root"
        ):
            assert row["root"] == row["low"]

    @invariant()
    def a_fix_is_verified_by_somebody_else(self) -> None:
        assert not self.stage.rows(
            "select 1 as one from problems where workspace = :workspace and verified_by = fixed_by"
        )


TestBan = pytest.mark.slow(Ban.TestCase)
TestBan.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
