"""What somebody asks for costs the store as much after years as on the first day.

Counted are the steps of SQLite's own machine (`tests/pretend/grown.py`): they are the same on
every computer, and a statement that goes through a whole table takes more the longer it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from bot.operations.auditor import Auditor
from handlers.incidents.keys import IncidentTimer
from handlers.kit.messages import Call
from storage.delivery import claims, outbox, timers
from storage.delivery.outbox import ParcelKind
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.engine.sqlite import Sqlite
from storage.incidents.keys import number_in
from storage.operations import hold
from tests.pretend import grown
from tests.pretend.grown import Steps
from tests.pretend.stage import DEMO, MONDAY, Say, Stage, staged

COPIES = 40
LATER = MONDAY + timedelta(hours=1)
DECLARED = (
    "Kasse druckt nicht",
    "Drucker klemmt am Eingang",
    "Webshop ist langsam",
    "Waage zeigt nur Striche",
    "Kasse 3 nimmt keine Karte",
)


@dataclass(frozen=True, slots=True)
class Past:
    """A company in which a little has happened, and what its people do."""

    stage: Stage

    def live(self) -> None:
        """Let something of everything happen."""
        anna, ben = Say(self.stage, "anna"), Say(self.stage, "ben")
        for each in DECLARED:
            anna(f"incident {each}")
        ben("ack 1")
        ben("ack 2")
        ben("update 1 Techniker kommt")
        ben("restored 2")
        self.deliver()
        self.stage.wind(minutes=20)

    def declare(self) -> None:
        Say(self.stage, "anna")("incident Der Scanner am Tor piept seit heute")

    def take(self) -> None:
        Say(self.stage, "ben")("ack 3")

    def tell(self) -> None:
        Say(self.stage, "ben")("update 3 kommt gleich")

    def deliver(self) -> None:
        self.stage.run(self.stage.courier.drain())

    def repair(self) -> None:
        Say(self.stage, "ben")("restored 3")

    def open_ones(self) -> None:
        Say(self.stage, "anna")("incidents")

    def every_one(self) -> None:
        Say(self.stage, "anna")("incidents all")

    def a_page(self) -> None:
        call = Call("list", {"name": "incidents", "which": "open", "page": "2"})
        self.stage.handle(self.stage.request("anna", call=call))

    def lists(self) -> None:
        Say(self.stage, "anna")("lists")

    def one(self) -> None:
        Say(self.stage, "anna")("INC-3")

    def its_past(self) -> None:
        call = Call("history", {"number": "3"})
        self.stage.handle(self.stage.request("anna", call=call))

    def say_something(self) -> None:
        Say(self.stage, "anna")("schöne Grüße aus dem Lager")

    def what_waits(self) -> None:
        Say(self.stage, "ben")("status")

    def home(self) -> None:
        self.stage.handle(self.stage.request("ben", call=Call("home", {})))

    def digest(self) -> None:
        Say(self.stage, "chris")("digest")


WALKED = 75  # steps for each row of what waits for somebody, which is looked at once
COUNTED = 8  # steps for each row of a number that is shown, told by an index alone
DOES: dict[str, tuple[Callable[[Past], None], int]] = {
    "declare": (Past.declare, 0),
    "deliver": (Past.deliver, 0),
    "take": (Past.take, 0),
    "tell": (Past.tell, 0),
    "repair": (Past.repair, 0),
    "one": (Past.one, 0),
    "its past": (Past.its_past, 0),
    "say something": (Past.say_something, WALKED),  # no command: it looks at what waits
    "open ones": (Past.open_ones, COUNTED),
    "every one": (Past.every_one, COUNTED),
    "a page": (Past.a_page, COUNTED),
    "lists": (Past.lists, COUNTED),
    "what waits": (Past.what_waits, WALKED),
    "home": (Past.home, WALKED),
    "digest": (Past.digest, 2 * WALKED),
}


def _counted(work: Callable[[], object]) -> Steps:
    with grown.counted() as steps:
        work()
    return steps


@contextmanager
def _after(copies: int) -> Iterator[Past]:
    """Give a company on SQLite in which all this has happened so many times more."""
    database = Sqlite()
    with staged(database) as stage:
        past = Past(stage)
        past.live()
        database.transact(lambda tx: grown.grow(tx.within(DEMO), copies))
        Say(stage, "anna")("incident Der Beamer im Saal flackert")  # all before is read in by that
        past.deliver()
        yield past
    database.close()


@pytest.fixture(scope="module")
def before_and_after() -> Iterator[dict[str, tuple[Steps, Steps]]]:
    """Give the steps of everything that is done, before and after the company has grown."""
    found: list[dict[str, Steps]] = []
    for copies in (0, COPIES):
        with _after(copies) as past:
            found.append({name: _counted(partial(does, past)) for name, (does, _) in DOES.items()})
    early, late = found
    yield {name: (early[name], late[name]) for name in DOES}


@pytest.mark.parametrize("name", DOES)
def test_what_somebody_does_costs_as_much_after_years(
    before_and_after: dict[str, tuple[Steps, Steps]], name: str
) -> None:
    early, late = before_and_after[name]
    rows = COPIES * (len(DECLARED) + 1)
    assert early.all > 100, "something was done"
    assert late.all <= early.all * 1.2 + 100 + DOES[name][1] * rows, late.grown(early)


def test_the_check_of_each_minute_grows_no_faster_than_what_it_checks() -> None:
    """Twice as much takes twice as long: it compares no row with every other one."""
    found: list[int] = []
    for copies in (COPIES, 2 * COPIES):
        with _after(copies) as past:
            stage = past.stage
            auditor = Auditor(stage.database, stage.dispatcher.features, stage.clock)
            found.append(_counted(partial(_look, stage, auditor)).all)
    assert found[1] <= found[0] * 2.3, found


def test_what_waits_in_front_is_found_behind_any_number() -> None:
    """Ten times as many wait for one place: the next one is found with as much work."""
    found: list[int] = []
    for count in (300, 3_000):
        with _after(0) as past:
            database = past.stage.database

            def fill(tx: Tx, count: int = count) -> None:
                for n in range(count):
                    _wait(tx.within(DEMO), f"{n:05}", "local:stoerungen")

            database.transact(fill)
            claim = partial(claims.claim, now=LATER, busy=set())
            found.append(_counted(partial(database.transact, claim)).all)
    assert found[1] <= found[0] * 1.2, found


def test_each_place_has_its_turn_behind_a_crowd(database: Database) -> None:
    """A hundred older ones of one place hide no other place, on either store."""

    def fill(tx: Tx) -> None:
        inside = tx.within(DEMO)
        for n in range(150):
            _wait(inside, f"crowd-{n:03}", "local:stoerungen")
        for n in range(30):
            _wait(inside, f"late-{n:02}", f"local:place-{n:02}")

    with staged(database):
        database.transact(fill)
        first = database.transact(lambda tx: claims.claim(tx, MONDAY, set()))
        second = database.transact(lambda tx: claims.claim(tx, MONDAY, set()))
    ids = [each.id for each in first]
    assert ids == ["crowd-000", *(f"late-{n:02}" for n in range(19))]
    assert [each.id for each in second] == [f"late-{n:02}" for n in range(19, 30)]


def test_the_message_that_may_stand_there_is_the_newest_of_its_key(database: Database) -> None:
    def fill(tx: Tx) -> None:
        inside = tx.within(DEMO)
        for n, key in enumerate(("a", "a", "b")):
            _wait(inside, f"unsure-{n}", "local:stoerungen", key)
            inside.run("update outbox set state = 'ambiguous' where workspace = :workspace")
        _wait(inside, "next", "local:stoerungen", "a")

    with staged(database):
        database.transact(fill)
        (parcel,) = database.transact(lambda tx: claims.claim(tx, MONDAY, set()))
    assert (parcel.id, parcel.unsure) == ("next", "unsure-1")


def test_many_that_are_due_are_looked_at_no_further_than_asked(database: Database) -> None:
    def fill(tx: Tx) -> None:
        for n in range(7):
            timers.set(
                tx.within(DEMO), id=f"t{n}", kind=IncidentTimer.ESCALATION, key=f"k{n}", due=MONDAY
            )

    with staged(database):
        database.transact(fill)
        for many, expected in ((7, True), (8, False)):

            def ask(tx: Tx, many: int = many) -> bool:
                return timers.many_due(tx.within(DEMO), IncidentTimer.ESCALATION, MONDAY, many)

            assert database.read(ask) is expected
        early = MONDAY - timedelta(seconds=1)
        assert not database.read(
            lambda tx: timers.many_due(tx.within(DEMO), IncidentTimer.ESCALATION, early, 1)
        )


def test_whether_many_are_due_costs_the_same_behind_any_number_still_to_come() -> None:
    """It is asked at each escalation: incidents that escalate later do not slow it down."""
    found: list[int] = []
    for count in (300, 3_000):
        with _after(0) as past:
            database = past.stage.database

            def fill(tx: Tx, count: int = count) -> None:
                for n in range(count):
                    timers.set(
                        tx.within(DEMO),
                        id=f"t{n}",
                        kind=IncidentTimer.ESCALATION,
                        key=f"k{n}",
                        due=LATER + timedelta(hours=1),
                    )

            def ask(tx: Tx) -> bool:
                return timers.many_due(tx.within(DEMO), IncidentTimer.ESCALATION, MONDAY, 3)

            database.transact(fill)
            found.append(_counted(partial(database.read, ask)).all)
    assert found[1] <= found[0] * 1.2, found


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("incident:12:climb", 12),
        ("incident:7", None),
        ("incident::climb", None),
        ("incident:x:climb", None),
        ("incident:007:climb", None),
        ("incident:12x:climb", None),
        ("incident:1234567890123:climb", None),
        ("pilot:12:climb", None),
        ("", None),
    ],
)
def test_a_key_names_its_incident(database: Database, key: str, number: int | None) -> None:
    sql = f"select {number_in('k.key')} as number from (select cast(:key as text) as key) k"
    assert database.read(lambda tx: tx.rows(sql, key=key))[0]["number"] == number


def test_a_hold_finds_what_escalates_by_its_number() -> None:
    """After a restore each timer is looked up once, not compared with every incident."""
    found: list[int] = []
    for copies in (COPIES, 2 * COPIES):
        with _after(copies) as past:
            found.append(_counted(partial(past.stage.database.read, _escalating)).all)
    assert found[1] <= found[0] * 2.3, found


def _escalating(tx: Tx) -> int:
    ask = f"select count(*) as n from timers where workspace = :workspace and {hold.CLIMBS}"
    return int(tx.within(DEMO).rows(ask)[0]["n"])


def _look(stage: Stage, auditor: Auditor) -> None:
    stage.run(auditor.look())


def _wait(tx: Tx, id: str, place: str, key: str = "") -> None:
    outbox.add(
        tx,
        id=id,
        place=PlaceId(place),
        key=key or id,
        kind=ParcelKind.CARD,
        message="{}",
        now=MONDAY,
    )
