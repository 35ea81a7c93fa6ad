"""A year of the example company, made from a fixed seed: its digests against its raw events."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.digest.writing import compose
from handlers.kit import calendar, tables
from handlers.kit.doors import Filter
from handlers.kit.messages import spoken
from handlers.kit.working_hours import WorkingTime
from storage import people
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text
from tests.pretend.stage import Stage, plain

ZONE = "Europe/Berlin"
BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
SERVICES = ("kasse", "drucker", "webshop", "rest")


@dataclass(frozen=True)
class Event:
    """One incident of the year, as it happened."""

    number: int
    service: str
    declared: datetime
    ended: datetime | None
    state: str
    ending: str | None
    cost: tuple[int, int]
    gap: bool

    def declared_in(self, start: datetime, end: datetime) -> bool:
        return start <= self.declared < end and self.state != "withdrawn"

    def done_in(self, start: datetime, end: datetime) -> bool:
        return self.state == "done" and self.ended is not None and start <= self.ended < end


def year(seed: int = 16) -> list[Event]:
    """Return about three hundred incidents: quiet weeks, a storm, some withdrawn."""
    rng = random.Random(seed)
    events: list[Event] = []
    for week in range(52):
        storm = 25 if week == 30 else 0
        for _each in range(storm + (0 if week % 9 == 4 else rng.randrange(10))):
            declared = BEGINS + timedelta(weeks=week, minutes=rng.randrange(7 * 24 * 60))
            state = rng.choices(("done", "withdrawn", "closed"), (80, 10, 10))[0]
            done = state in ("done", "closed")
            ended = declared + timedelta(minutes=rng.randrange(20_000)) if done else None
            ending = rng.choice(("workaround", "fixed", None)) if state == "done" else None
            cost = (rng.randrange(2), rng.randrange(2)) if state == "done" else (0, 0)
            service = rng.choice(SERVICES)
            events.append(
                Event(len(events) + 1, service, declared, ended, state, ending, cost,
                      service == "rest")
            )  # fmt: skip
    return events


def stored(tx: Tx, events: list[Event]) -> None:
    for each in events:
        declared = as_text(each.declared)
        tx.insert(
            "incidents", number=each.number, title=f"Störung {each.number}",
            service=each.service, gap=int(each.gap), severity="normal", state=each.state,
            declared_by="anna", declared_at=declared, responsible="ben",
            responsible_since=declared, acknowledged_by="ben", acknowledged_at=declared,
            closed_as="false_alarm" if each.state == "closed" else None,
            ended_at=as_text(each.ended) if each.ended else None,
        )  # fmt: skip
        if each.ending is not None or each.state == "done":
            tx.insert(
                "closings", incident=each.number, ending=each.ending, customer=each.cost[0],
                money=each.cost[1],
                done_at=as_text(each.ended) if each.ended and each.state == "done" else None,
            )  # fmt: skip


@pytest.fixture
def lived(bot: Stage) -> list[Event]:
    events = year()
    bot.store(lambda tx: stored(tx, events))
    return events


def digests(bot: Stage) -> dict[str, str]:
    """Return the digest of every week, written when the week had just ended."""

    def write(tx: Tx) -> dict[str, str]:
        chris = people.find(tx, PersonId("chris"))
        assert chris is not None
        found, week = {}, "2026-W02"
        for _each in range(52):
            now = calendar.bounds(week, ZONE)[1] + timedelta(hours=8, minutes=30)
            ctx = bot.dispatcher.context(tx, chris, now)
            found[week] = plain(spoken(compose(ctx, week, []), "en", ZONE))
            week = calendar.after(week)
        return found

    told: dict[str, str] = bot.store(write)
    return told


def several(n: int, one: str) -> str:
    return f"{n} {one}{'' if n == 1 else 's'}"


def trend(lived: list[Event], end: datetime) -> str:
    """Return the share of fixed causes in three times four weeks; "" where one has none."""
    told, day = [], end.astimezone(ZoneInfo(ZONE)).date()
    for weeks in (12, 8, 4):
        begins, ends = (
            calendar.midnight(day - timedelta(weeks=n), ZONE) for n in (weeks, weeks - 4)
        )
        said = [each.ending for each in lived if each.done_in(begins, ends) and each.ending]
        if not said:
            return ""
        told.append(f"{round(100 * said.count('fixed') / len(said))} % of {len(said)}")
    return f"{told[0]}, then {told[1]}, now {told[2]}"


def test_every_week_of_the_year_says_what_happened(bot: Stage, lived: list[Event]) -> None:
    told, hours = digests(bot), WorkingTime(ZONE, "DE")
    assert len(told) == 52 and 150 < len(lived) < 400
    for week, text in told.items():
        start, end = calendar.bounds(week, ZONE)
        before = calendar.bounds(calendar.after(week, -1), ZONE)[0]
        ours = [each for each in lived if each.declared_in(start, end)]
        earlier = sum(each.declared_in(before, start) for each in lived)
        change = len(ours) - earlier
        said = (
            "as the week before" if change == 0
            else f"{abs(change)} {'more' if change > 0 else 'fewer'} than the week before"
        )  # fmt: skip
        assert f"{several(len(ours), 'incident')} ({said})" in text, week
        done = [each for each in lived if each.done_in(start, end)]
        assert (f"\nDone: {several(len(done), 'incident')}\n" in text) == bool(done), week
        ways = [each.ending for each in done if each.ending]
        if ways:
            fixed = round(100 * ways.count("fixed") / len(ways))
            line = f"workaround {100 - fixed} %, cause fixed {fixed} % (of {len(ways)})"
            assert line in text, week
            assert trend(lived, end) in text, week
        for position, label in enumerate(("customers noticed", "it cost money")):
            count = sum(each.cost[position] for each in done)
            assert (f"{label}: {count}" in text) == bool(count), (week, label)
        late = sum(not hours.is_working(each.declared) for each in ours)
        outside = f"Outside working hours: {late} of {several(len(ours), 'incident')} ("
        assert (outside in text) == bool(late), week
        gaps = sum(each.gap for each in ours)
        assert (f"{several(gaps, 'incident')} of the week belonged" in text) == bool(gaps), week


def test_a_hand_counted_week(bot: Stage) -> None:
    """Three declared, one of them withdrawn; two done, one of them fixed."""
    monday = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    noon = monday + timedelta(hours=3)
    events = [
        Event(1, "kasse", monday, noon, "done", "fixed", (1, 0), False),
        Event(2, "rest", monday, noon, "done", "workaround", (1, 1), True),
        Event(3, "kasse", monday, None, "withdrawn", None, (0, 0), False),
    ]  # fmt: skip
    bot.store(lambda tx: stored(tx, events))
    text = digests(bot)["2026-W10"]
    assert "2 incidents (2 more than the week before)" in text
    assert (
        "Done: 2 incidents\nWorkaround or cause fixed: workaround 50 %, cause fixed 50 % (of 2)"
        in text
    )  # noqa: E501
    assert "customers noticed: 2 and it cost money: 1" in text
    assert "1 incident of the week belonged to no known service." in text


def test_a_pivot_over_the_exported_year_finds_no_person_s_times(
    bot: Stage, lived: list[Event]
) -> None:
    """Settled 58: closed rows carry service, state and day; grouping by anything names nobody."""

    def write(tx: Tx) -> tuple[str, str]:
        chris = people.find(tx, PersonId("chris"))
        assert chris is not None
        ctx = bot.dispatcher.context(tx, chris, bot.clock.now())
        listing = tables.find(ctx.features, "incidents")
        assert listing is not None
        rows = tables.everything(ctx, listing, Filter("all"))
        return tables.as_csv(ctx, listing, rows), tables.as_json(ctx, listing, rows)

    text, written = bot.store(write)
    found = json.loads(written)
    assert len(found) == len(lived)
    names = {"Anna", "Ben", "Carla", "Chris"}
    for each in found:
        values = {str(value) for value in each.values()}
        if each["state"] != "open":
            assert not values & names, each
        assert not any(re.search(r"[0-9]{1,2}:[0-9]{2}", value) for value in values), each
    assert not re.search(r"[0-9]{2}:[0-9]{2}", text)
    groups: dict[str, set[str]] = {}
    for each in found:  # what a pivot would do: the days of every value of every column
        for key, value in each.items():
            groups.setdefault(f"{key}={value}", set()).add(str(each["declared"]))
    assert not [key for key in groups if key.partition("=")[2] in names]
