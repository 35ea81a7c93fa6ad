"""Everything at once, in any order, against a plain model: what people do, time, faults, crashes.

`python -m tests.operations.machine --examples 5000 --steps 100 --store postgres --seed 7`
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.delivery.clock import HandClock
from bot.delivery.requests import Request, Response
from bot.operations.auditor import Auditor
from handlers import FEATURES
from handlers.kit.messages import Call
from storage import workspaces
from storage.engine import Database
from storage.engine.ids import PersonId
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.ownership.test_ownership import leaves
from tests.pilots.test_pilots import started
from tests.pretend import machines, server
from tests.pretend.stage import (
    DEMO,
    MONDAY,
    Died,
    Say,
    Stage,
    dies,
    furnish,
    gone,
    lost_after,
    lost_before,
    refuses,
    waits,
)

T = TypeVar("T")
OTHER = "other"  # a second company, in which the same people do something now and then
PEOPLE = ("anna", "ben", "carla", "chris")
VISITORS = ("dora", "emil", "finn")
NUMBERS = st.integers(1, 6)
LONG_AGO = "2000-01-01T00:00:00.000000Z"
FAULTS: tuple[Callable[[], Any], ...] = (
    refuses, lost_before, lost_after, gone, lambda: waits(2), lambda: waits(1, everywhere=True),
)  # fmt: skip
WORKS = frozenset({"done", "refused"})


class Promises(RuleBasedStateMachine):
    """The company lives; after each step every promise is looked at."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.stage = Stage(database, HandClock(MONDAY.astimezone(UTC)))
        for each in (DEMO, OTHER):
            database.transact(lambda tx, each=each: furnish(tx, each, self.stage.clock.now()))  # type: ignore[misc]
        self.auditor = Auditor(database, FEATURES, self.stage.clock)
        # The model: what must be true, written down as plainly as can be.
        self.declared = 0
        self.met: set[str] = set()
        self.handled: dict[str, tuple[Request, Response]] = {}
        self.erased: set[str] = set()
        self.away: set[str] = set()
        self.parked = False
        self.crashes = 0

    def teardown(self) -> None:
        self.stage.close()
        if isinstance(self.database, Sqlite):
            self.database.close()

    # --- what happens ------------------------------------------------------------------

    @initialize()
    def furnished(self) -> None:
        self.secret = machines.enter(Say(self.stage, "ben"))
        self.pilot = started(self.stage)

    def do(self, who: str, word: str, **args: object) -> Response:
        values = {name: str(value) for name, value in args.items()}
        return self.send(self.stage.request(who, call=Call(word, values), submitted=True))

    def send(self, request: Request) -> Response:
        answer = self.stage.handle(request)
        assert answer.outcome in WORKS, (request, answer)
        self.handled[request.identity] = (request, answer)
        self.carry()
        return answer

    def carry(self) -> None:
        """Deliver what may be delivered; who dies on the way is started again."""
        try:
            self.stage.carry()
        except Died:
            self.start_again()

    @precondition(lambda self: self.declared < 6)
    @rule(who=st.sampled_from(PEOPLE + VISITORS), serious=st.booleans())
    def declare(self, who: str, serious: bool) -> None:
        if who in self.erased | self.away:
            return
        title = f"Gerät {'abcdef'[self.declared] * 5} steht still"
        answer = self.do(who, "incident", title=title)
        if answer.outcome == "done":
            self.declared += 1
            self.met |= {who} & set(VISITORS)
        if serious:
            self.do(who, "serious", number=self.declared)

    @rule(who=st.sampled_from(PEOPLE), number=NUMBERS)
    def acknowledge(self, who: str, number: int) -> None:
        self.do(who, "ack", number=number)

    @rule(who=st.sampled_from(PEOPLE), number=NUMBERS, to=st.sampled_from(PEOPLE))
    def reassign(self, who: str, number: int, to: str) -> None:
        self.do(who, "assign", number=number, person=to)

    @rule(who=st.sampled_from(PEOPLE), number=NUMBERS)
    def restore(self, who: str, number: int) -> None:
        self.do(who, "restored", number=number, text="Kabel getauscht")

    @rule(who=st.sampled_from(PEOPLE), number=NUMBERS)
    def finish(self, who: str, number: int) -> None:
        self.do(who, "done", number=number)

    @rule(who=st.sampled_from(PEOPLE), number=NUMBERS)
    def reopen(self, who: str, number: int) -> None:
        self.do(who, "reopen", number=number, reason="Es ist wieder ausgefallen")

    @rule(who=st.sampled_from(PEOPLE))
    def friction(self, who: str) -> None:
        self.do(who, "friction", text="Formulare doppelt ausfüllen")

    @rule(who=st.sampled_from(PEOPLE), answer=st.sampled_from(("yes", "no", "partly")))
    def feedback(self, who: str, answer: str) -> None:
        self.do(who, "relief", pilot=self.pilot, answer=answer)

    @rule(kind=st.sampled_from(("", "fail", "start")))
    def heartbeat(self, kind: str) -> None:
        machines.reports(self.stage, self.secret, kind=kind)
        self.carry()

    @rule(minutes=st.sampled_from((1, 6, 11, 45, 24 * 60)))
    def advance(self, minutes: int) -> None:
        try:
            self.stage.wind(minutes=minutes)
        except Died:
            self.start_again()

    @precondition(lambda self: bool(self.handled))
    @rule(data=st.data())
    def deliver_twice(self, data: st.DataObject) -> None:
        """The platform did not hear us and delivers the same again: it gets the same answer."""
        identity = data.draw(st.sampled_from(sorted(self.handled)))
        request, before = self.handled[identity]
        counts = self.counts()
        again = self.stage.handle(request)
        if before.outcome == "done":
            assert again.outcome in ("done", "seen")
            assert self.counts() == counts, f"{identity} had its effect twice"
        else:
            self.handled[identity] = (request, again)  # a form that is sent again is looked at
            self.declared = self.count("incidents")

    @rule()
    def crash(self) -> None:
        """The process dies in the middle of a sending, and is started again."""
        self.stage.chat.plan(dies(accepts=self.crashes % 2 == 0))
        self.carry()
        self.stage.chat.recover()

    def start_again(self) -> None:
        self.crashes += 1
        self.stage.chat.recover()
        before = self.stage
        before.close()
        self.stage = Stage(self.database, before.clock, before.chat, new_id=before.new_id)
        self.stage._requests = before._requests
        for table in ("outbox", "timers"):  # the dead one's leases run out
            sql = f"update {table} set lease_until = :past where lease_until is not null"
            self.database.transact(lambda tx, sql=sql: tx.run(sql, past=LONG_AGO))  # type: ignore[misc]
        self.carry()

    @rule(fault=st.sampled_from(FAULTS), number=st.integers(1, 3))
    def faults(self, fault: Callable[[], Any], number: int) -> None:
        self.stage.chat.plan(*(fault() for _each in range(number)))

    @rule()
    def revoke_or_let_in(self) -> None:
        self.parked = not self.parked
        how = workspaces.shut_out if self.parked else workspaces.let_in
        self.stage.store(lambda tx: how(tx, "local"))
        self.carry()

    @rule(who=st.sampled_from(("ben", "carla")))
    def leave_or_come_back(self, who: PersonId) -> None:
        back = who in self.away
        with contextlib.suppress(Died):
            leaves(self.stage, who, active=back)
        self.away ^= {who}

    @precondition(lambda self: bool(self.met - self.erased))
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.met - self.erased)))
        if self.do(who, "data erased").outcome == "done":
            self.erased.add(who)
            # What the platform would deliver again was theirs, and is not known any more.
            self.handled = {
                id: each for id, each in self.handled.items() if each[0].person != f"local:{who}"
            }

    @rule()
    def next_door(self) -> None:
        """The other company has an incident of its own."""
        Say(self.stage, "anna", OTHER)("incident Kanarienvogel tot", carry=False)
        self.carry()

    # --- what must be true ---------------------------------------------------------------

    def rows(self, sql: str) -> list[dict[str, Any]]:
        return self.stage.rows(sql)

    def count(self, table: str) -> int:
        return int(
            self.rows(f"select count(*) as n from {table} where workspace = :workspace")[0]["n"]
        )

    def counts(self) -> dict[str, int]:
        return {
            table: self.count(table)
            for table in ("incidents", "timeline", "friction", "audit", "deliveries")
        }

    @invariant()
    def each_input_has_its_effect_once(self) -> None:
        rows = self.rows("select number, title from incidents where workspace = :workspace")
        assert sorted(row["number"] for row in rows) == list(range(1, self.declared + 1))
        assert len({row["title"] for row in rows}) == len(rows)

    @invariant()
    def whatever_is_open_is_watched_and_nothing_else_escalates(self) -> None:
        assert self.stage.unwatched() == []
        stray = self.rows(
            "select t.key from timers t join incidents i on i.workspace = t.workspace "
            "and t.key = 'incident:' || i.number || ':climb' "
            "where t.workspace = :workspace and t.state = 'pending' and i.state <> 'open'"
        )
        assert stray == []

    @invariant()
    def nothing_arrives_more_often_than_it_may(self) -> None:
        kinds = {
            row["id"]: row["kind"]
            for row in self.rows("select id, kind from outbox where workspace = :workspace")
        }
        for (parcel, _place), n in Counter(
            (each.parcel, each.place) for each in self.stage.chat.standing
            if each.workspace == DEMO
        ).items():  # fmt: skip
            assert n <= (2 if kinds.get(parcel) == "alarm" else 1), (parcel, n)

    @invariant()
    def there_is_one_digest_a_week(self) -> None:
        weeks = self.rows("select week from digests where workspace = :workspace")
        assert len({row["week"] for row in weeks}) == len(weeks)

    @invariant()
    def nothing_reaches_the_other_company(self) -> None:
        for each in self.stage.chat.ledger:
            assert ("Kanarienvogel" in each.text) <= (each.workspace == OTHER)
            assert ("Gerät" in each.text) <= (each.workspace == DEMO)

    @invariant()
    def whoever_is_erased_is_known_no_more(self) -> None:
        for who in self.erased:
            found = self.rows("select name from people where workspace = :workspace")
            assert who.title() not in {row["name"] for row in found}
            texts = self.rows("select message from outbox where workspace = :workspace")
            assert not [row for row in texts if who.title() in row["message"]], who

    @invariant()
    def every_change_has_its_audit_row(self) -> None:
        orphans = self.rows(
            "select identity from deliveries where workspace = :workspace and outcome = 'begun'"
        )
        assert orphans == []

    @invariant()
    def the_auditor_finds_nothing(self) -> None:
        found = {
            each.invariant.key: each.count
            for each in self.database.read(
                lambda tx: self.auditor._count(tx, self.stage.clock.now())
            )
        }
        broken = {key for key, n in found.items() if n}
        # While the token is revoked messages wait, and leases of the dead may be seen.
        assert broken <= {"expired leases", "old messages"} | (
            {"overdue timers"} if self.stage.chat.planned else set()
        ), found


def run(
    make: Callable[[], Database],
    examples: int,
    steps: int,
    number: int | None = None,
    *,
    shrink: bool = False,
) -> None:
    """Play so many stories of so many steps; raises with one that breaks a promise.

    With `shrink` it is the shortest one, which takes a while to find.
    """

    class Machine(Promises):
        def __init__(self) -> None:
            super().__init__(make())

    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    machine: Any = seed(number)(Machine) if number is not None else Machine
    run_state_machine_as_test(machine, settings=chosen)


def main() -> None:
    """Play it from the command line, and print what was played."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args()
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        if options.store == "sqlite":
            make: Callable[[], Database] = Sqlite
        else:
            url = stack.enter_context(server.postgres())
            make = _emptied(Postgres(url))
        run(make, options.examples, options.steps, options.seed, shrink=True)
    print(
        f"{options.examples} stories of up to {options.steps} steps on {options.store}, "
        f"seed {options.seed}, {time.monotonic() - begin:.0f} s: every promise held."
    )


def _emptied(database: Postgres) -> Callable[[], Database]:
    import psycopg

    from tests.conftest import empty

    connection = psycopg.connect(database.url, autocommit=True)
    connection.execute("set session_replication_role = replica")

    def make() -> Database:
        empty(connection)
        database.beside.clear()
        return database

    return make


if __name__ == "__main__":
    main()
