"""The scheduler: what is due happens once, also after an outage, and no failure stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.platform import NotAccepted
from bot.delivery.scheduler import Scheduler, clean, long_timers
from handlers import FEATURES
from handlers.digest.schedule import DigestTimer
from handlers.incidents.keys import IncidentTimer
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Post, Reply, line
from handlers.kit.words import _
from storage import workspaces
from storage.delivery import drafts, timers
from storage.delivery.outbox import ParcelKind
from storage.delivery.timers import Timer, TimerKind
from storage.engine import Tx, Unavailable
from storage.engine.ids import PersonId
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.conftest import Logged
from tests.delivery.test_timers import let_leases_run_out
from tests.pretend.stage import Chat, Say, Stage, Troubled, furnish, staged

FAILED = "A timer failed: poison"


class Tried(TimerKind):
    """Timers of these tests; no room carries out the last one."""

    COUNT = "count"
    POISON = "poison"
    OLD = "from an older version"


def with_test_timers() -> Feature:
    """Declare a timer that counts itself in a setting, and one that fails after writing."""
    feature = Feature(_("Test"))

    @feature.timer(Tried.COUNT)
    def count(ctx: Context, name: str) -> Reply:
        seen = int(workspaces.setting(ctx.tx, name) or 0)
        workspaces.set_setting(ctx.tx, name, str(seen + 1))
        said = line(_("{name} is due.", name=name))
        return Reply(posts=(Post(name, said, "direct:ben", ParcelKind.NOTE),))

    @feature.timer(Tried.POISON)
    def poison(ctx: Context, name: str) -> Reply:
        workspaces.set_setting(ctx.tx, name, "half")
        raise ZeroDivisionError

    return feature


@pytest.fixture
def timed(bot: Stage) -> Iterator[Stage]:
    """The stage, with timers made for tests."""
    stage = Stage(
        bot.database, bot.clock, bot.chat, features=(with_test_timers(),), new_id=bot.new_id
    )
    yield stage
    stage.close()


def put(stage: Stage, key: str, minutes: float = 0, kind: TimerKind = Tried.COUNT) -> None:
    """Set a timer."""
    due = stage.clock.now() + timedelta(minutes=minutes)
    stage.store(lambda tx: timers.set(tx, id=key, kind=kind, key=key, due=due, name=key))


def counted(stage: Stage) -> dict[str, str]:
    """Return how often each timer took effect."""
    rows = stage.rows("select name, value from settings where workspace = :workspace")
    return {row["name"]: row["value"] for row in rows}


def state_of(stage: Stage, key: str) -> tuple[str, str | None]:
    """Return a timer's state and reason."""
    (row,) = stage.rows(
        "select state, reason from timers where workspace = :workspace and key = :key", key=key
    )
    return row["state"], row["reason"]


def let_pass(stage: Stage, minutes: float) -> None:
    """Let time pass, and the scheduler look."""
    stage.clock.wind(stage.clock.now() + timedelta(minutes=minutes))
    stage.run(stage.scheduler.round())


def test_what_is_due_happens_once_and_its_posts_go_out(timed: Stage, chat: Chat) -> None:
    put(timed, "a", 10)
    let_pass(timed, 9)
    assert counted(timed) == {}
    let_pass(timed, 1)
    let_pass(timed, 100)
    assert counted(timed) == {"a": "1"}
    timed.carry()
    assert chat.created("local:@ben") == ["a is due."]
    assert state_of(timed, "a") == ("done", None)


def test_many_that_are_due_at_once_all_happen(timed: Stage) -> None:
    for n in range(50):
        put(timed, f"{n:02}", n / 100)
    let_pass(timed, 5)
    assert counted(timed) == {f"{n:02}": "1" for n in range(50)}


def test_each_timer_leaves_its_line_in_the_audit_trail(timed: Stage, logged: Logged) -> None:
    put(timed, "a")
    put(timed, "b", kind=Tried.POISON)
    let_pass(timed, 0)
    logged.take(FAILED)
    rows = timed.rows(
        "select command, subject, outcome from audit where workspace = :workspace order by subject"
    )
    assert rows == [
        {"command": "count", "subject": "a", "outcome": "done"},
        {"command": "poison", "subject": "b", "outcome": "failed"},
    ]


def test_one_that_fails_leaves_nothing_and_is_given_up_after_five_tries(
    timed: Stage, logged: Logged
) -> None:
    put(timed, "bad", kind=Tried.POISON)
    for n in range(6):
        put(timed, f"good {n}", n * 10)
    tries = 0
    for _each in range(60):
        let_pass(timed, 1)
        if logged.records:
            logged.take(FAILED)
            tries += 1
    assert tries == 5
    assert state_of(timed, "bad") == ("dead", "ZeroDivisionError")
    assert counted(timed) == {f"good {n}": "1" for n in range(6)}
    assert timed.database.read(lambda tx: timers.health(tx, timed.clock.now())) == (0, 1)


def test_the_waits_between_tries_grow(timed: Stage, logged: Logged) -> None:
    put(timed, "bad", kind=Tried.POISON)
    waits = []
    for _each in range(4):
        let_pass(timed, 0)
        logged.take(FAILED)
        due = timed.store(lambda tx: timers.due_of(tx, "bad"))
        waits.append((due - timed.clock.now()).total_seconds())
        timed.clock.wind(due)
    assert waits == [20, 40, 80, 160]
    let_pass(timed, 0)
    logged.take(FAILED)


def test_a_timer_whose_kind_nobody_knows_any_more_stops_nothing(
    timed: Stage, logged: Logged
) -> None:
    put(timed, "old", kind=Tried.OLD)
    put(timed, "good")
    let_pass(timed, 0)
    logged.take("A timer failed: from an older version")
    assert counted(timed) == {"good": "1"}


def test_a_store_that_fails_at_one_timer_does_not_hold_up_the_others(
    timed: Stage, logged: Logged
) -> None:
    for key in ("a", "b", "c"):
        put(timed, key)
    store = Troubled(timed.database)
    store.plan(None, None, None, Unavailable("locked"))  # the second of the three, after the beat
    features = (with_test_timers(),)
    with closing(
        Stage(store, timed.clock, timed.chat, features=features, new_id=timed.new_id)
    ) as other:
        other.run(other.scheduler.round())
    logged.take("The timers wait until the store can be used")
    assert counted(timed) == {"a": "1", "c": "1"}
    let_leases_run_out(timed.database)
    let_pass(timed, 0)
    assert counted(timed) == {"a": "1", "b": "1", "c": "1"}


def test_no_failure_of_the_store_stops_the_scheduler(timed: Stage, logged: Logged) -> None:
    put(timed, "a")
    store = Troubled(timed.database)
    store.plan(Unavailable("disk full"), KeyError("a mistake of ours"))
    scheduler = Scheduler(store, timed.dispatcher.run_timer, timed.clock)

    async def story() -> None:
        task = asyncio.ensure_future(scheduler.run())
        async with asyncio.timeout(10):
            while not counted(timed):
                assert not task.done(), "the scheduler has stopped"
                scheduler.wake()
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    timed.run(story())
    assert len(logged.records) == 2
    logged.records.clear()
    assert scheduler.looked is not None


def test_nobodys_alarm_stands_behind_many_digests(timed: Stage) -> None:
    """What falls due while one of them is written comes before the next one."""
    names = ("a", "b", "c")
    for at, name in enumerate(names):
        due = timed.clock.now() - timedelta(seconds=len(names) - at)
        timed.store(
            lambda tx, name=name, due=due: timers.set(
                tx, id=name, kind=DigestTimer.WRITTEN, key=name, due=due, name=name
            )
        )
    order: list[str] = []

    async def run(timer: Timer) -> None:
        order.append(timer.key)
        if timer.key in names:
            put(timed, f"alarm {len(order)}")
        timed.store(lambda tx: timers.finish(tx, timer))

    scheduler = Scheduler(timed.database, run, timed.clock, long=long_timers(FEATURES))
    count = timed.run(scheduler.round())
    assert order == ["a", "alarm 1", "b", "alarm 3", "c", "alarm 5"] and count == 6


def test_a_timer_that_somebody_stopped_at_the_last_moment_does_nothing(timed: Stage) -> None:
    put(timed, "a")
    (held,) = timed.store(lambda tx: timers.claim(tx, timed.clock.now()))
    timed.store(lambda tx: timers.cancel(tx, "a"))
    timed.run(timed.dispatcher.run_timer(held))
    assert counted(timed) == {}
    assert timed.rows("select id from audit where workspace = :workspace") == []


def test_a_worker_that_died_is_followed_by_another_one(timed: Stage) -> None:
    put(timed, "a")
    (held,) = timed.store(lambda tx: timers.claim(tx, timed.clock.now()))
    let_pass(timed, 1)
    assert counted(timed) == {}, "the lease holds"
    let_leases_run_out(timed.database)
    let_pass(timed, 0)
    timed.run(timed.dispatcher.run_timer(held))  # the dead one was only slow
    assert counted(timed) == {"a": "1"}


def test_schedulers_in_several_processes_do_each_thing_once(postgres: Postgres) -> None:
    features = (with_test_timers(),)
    with staged(postgres, features=features) as stage:

        def fill(tx: Tx) -> None:
            for n in range(300):
                timers.set(
                    tx, id=f"{n}", kind=Tried.COUNT, key=f"{n}", due=stage.now(), name=f"{n}"
                )

        stage.store(fill)
        schedulers = [
            Scheduler(postgres, stage.dispatcher.run_timer, stage.clock) for _each in range(3)
        ]

        async def together() -> None:
            counts = await asyncio.gather(*(each.round() for each in schedulers))
            assert sum(counts) == 300
            assert all(counts), "all of them had something to do"

        stage.run(together())
        assert counted(stage) == {f"{n}": "1" for n in range(300)}


# --- outages -----------------------------------------------------------------------------


def test_what_became_due_while_nothing_ran_happens_after_the_start(tmp_path: Path) -> None:
    path = tmp_path / "lotse.db"
    with closing(Sqlite(path)) as database, staged(database) as stage:
        Say(stage, "anna")("incident Kasse tot")
        due = stage.clock
    due.wind(due.now() + timedelta(minutes=11))
    with (
        closing(Sqlite(path)) as database,
        closing(Stage(database, due, stage.chat, new_id=stage.new_id)) as again,
    ):
        again.carry()
        (alarm,) = again.sees("@carla")
        assert "11 Minuten" in alarm


@pytest.mark.parametrize("hours", [1, 3, 8.5, 24, 720])
def test_after_a_standstill_everybody_of_every_step_that_was_due_is_alarmed_once(
    bot: Stage, anna: Say, chat: Chat, hours: float
) -> None:
    bot.carry()
    anna("incident Kasse tot")
    before = len(chat.ledger)
    bot.sleep_through(minutes=hours * 60)
    new = [each for each in chat.ledger[before:] if each.kind == "create"]
    alarms = [each for each in new if "[Ich kümmere mich]" in each.text or "[I'll" in each.text]
    places = ["local:@ben", "local:@carla", "local:@chris"]
    assert sorted(each.place for each in alarms) == places, "nobody is skipped, nobody twice"
    words = [each.text for each in alarms if each.place == "local:@chris"][0]
    assert "since Mon 23 Nov, 09:00. Lotse did not run from Mon 23 Nov, 09:00 to " in words
    assert len([each for each in chat.ledger[before:] if each.place == "local:stoerungen"]) == 1


def test_after_a_restart_at_night_the_others_are_alarmed_when_work_begins(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    bot.wind(to="2026-11-23 17:55")
    anna("incident Kasse tot")
    bot.sleep_through(to="2026-11-24 01:00")
    assert (len(ben.sees()), len(carla.sees()), len(chris.sees())) == (2, 0, 0)
    assert "Darum ruht der Alarm" in " ".join(anna.sees()) or "rests" in " ".join(anna.sees())
    bot.wind(to="2026-11-24 06:59")
    assert (len(ben.sees()), len(carla.sees()), len(chris.sees())) == (2, 0, 0)
    bot.wind(to="2026-11-24 07:00")
    assert (len(ben.sees()), len(carla.sees()), len(chris.sees())) == (2, 1, 1)
    anna("incident Webshop steht")
    anna.press("It is serious")
    bot.sleep_through(to="2026-11-25 02:00")
    assert [len([t for t in each.sees() if "INC-2" in t]) for each in (ben, carla, chris)] == [
        1,
        2,
        1,
    ], "a serious one waits for no morning"


def test_a_timer_from_before_goes_on(bot: Stage, anna: Say, carla: Say, chris: Say) -> None:
    anna("incident Kasse tot")
    for level in (1, 2):
        since = bot.clock.now() - timedelta(minutes=10 * level)
        old = {"number": 1, "level": level, "since": since.isoformat()}
        due = bot.clock.now()

        def put_old(tx: Tx, due: datetime = due, old: dict[str, Any] = old) -> None:
            timers.set(
                tx, id="old", kind=IncidentTimer.ESCALATION, key="incident:1:climb", due=due, **old
            )

        bot.store(put_old)
        bot.carry()
    assert len(carla.sees()) == 1
    assert "20 minutes" in chris.sees()[-1]


def test_after_a_short_outage_the_step_that_is_due_is_made(
    bot: Stage, anna: Say, chat: Chat
) -> None:
    anna("incident Kasse tot")
    bot.sleep_through(minutes=15)
    assert len(chat.created("local:@carla")) == 1
    assert chat.created("local:@chris") == []
    bot.wind(minutes=10)
    assert len(chat.created("local:@chris")) == 1, "and from there it escalates on"


def test_each_incident_is_caught_up_with_once(bot: Stage, anna: Say, ben: Say, chat: Chat) -> None:
    for n in range(5):
        anna(f"incident Kasse {n} tot")
    ben("ack 3")
    before = len(chat.ledger)
    bot.sleep_through(minutes=180)
    bot.wind(minutes=1 / 60)  # a list is written once for all of them
    new = [each for each in chat.ledger[before:] if each.kind == "create"]
    direct = [each for each in new if each.place != "local:@anna"]
    # One list for each of the three; the news that Ben promised is asked of him alone.
    assert sorted(each.place for each in direct) == ["local:@ben", "local:@carla", "local:@chris"]
    assert [n for n in range(1, 6) if f"INC-{n} ·" in bot.sees("@ben")[-1]] == [1, 2, 3, 4, 5]
    assert "INC-3 ·" not in bot.sees("@carla")[-1]
    assert all(f"INC-{n}" in bot.sees("@carla")[-1] for n in (1, 2, 4, 5))


def test_an_answer_after_the_outage_stops_what_is_overdue(
    bot: Stage, anna: Say, ben: Say, chat: Chat
) -> None:
    anna("incident Kasse tot")
    bot.clock.wind(bot.clock.now() + timedelta(hours=3))
    ben("ack 1")  # the very first thing after the start
    assert (chat.created("local:@carla"), chat.created("local:@chris")) == ([], [])


# --- letting go --------------------------------------------------------------------------


def test_what_is_kept_no_longer_is_let_go_of(
    bot: Stage, anna: Say, wind: Callable[..., None]
) -> None:
    anna("Ein sehr langer Text. " * 100)  # its button needs a draft
    anna("status")

    def look() -> tuple[int, int, int]:
        now = bot.clock.now()
        bot.database.transact(lambda tx: clean(tx, now))
        kept = bot.rows("select answer from deliveries where workspace = :workspace")
        answers = [row for row in kept if row["answer"] is not None]
        unsent = bot.rows("select id from drafts where workspace = :workspace")
        return len(kept), len(answers), len(unsent)

    assert look() == (2, 2, 1)
    bot.clock.wind(bot.clock.now() + timedelta(days=7, seconds=-1))
    assert look() == (2, 2, 1)
    bot.clock.wind(bot.clock.now() + timedelta(seconds=2))
    assert look() == (2, 0, 0)
    bot.clock.wind(bot.clock.now() + timedelta(days=24))
    assert look() == (0, 0, 0)


def test_that_it_was_sent_and_that_it_ran_is_known_for_ninety_days(bot: Stage, anna: Say) -> None:
    anna("incident Kasse tot")

    def plan(tx: Tx) -> None:
        for key in ("over", "waits"):
            timers.set(tx, id=key, kind=IncidentTimer.ESCALATION, key=key, due=bot.now())
        timers.cancel(tx, "over")

    bot.store(plan)

    def look() -> tuple[bool, bool, bool]:
        now = bot.clock.now()
        bot.database.transact(lambda tx: clean(tx, now))
        sent = bot.rows("select id from outbox where workspace = :workspace and state = 'sent'")
        kept = [row["id"] for row in bot.rows("select id from timers where workspace = :workspace")]
        return bool(sent), "over" in kept, "waits" in kept

    bot.clock.wind(bot.clock.now() + timedelta(days=89))
    assert look() == (True, True, True)
    bot.clock.wind(bot.clock.now() + timedelta(days=2))
    assert look() == (False, False, True), "what has still to run stays"


def test_letting_go_reaches_every_company(bot: Stage) -> None:
    def prepare(tx: Tx) -> None:
        furnish(tx, "other", bot.now())
        for each in ("demo", "other"):
            drafts.add(tx.within(each), id="d", person=PersonId("anna"), call="{}", now=bot.now())

    bot.database.transact(prepare)
    later = bot.clock.now() + timedelta(days=8)
    bot.database.transact(lambda tx: clean(tx, later))
    assert bot.database.read(lambda tx: tx.rows("select id from drafts")) == []


def test_an_errand_to_a_platform_keeps_nobody_waiting(timed: Stage) -> None:
    """Alarms escalate while a platform takes its time; what it did not take is tried again."""
    went: list[str] = []
    returns = asyncio.Event()

    async def slow(timer: Timer) -> None:
        if timer.key != "errand":
            return
        went.append(timer.key)
        await returns.wait()
        if len(went) == 1:
            raise NotAccepted("down")

    scheduler = Scheduler(
        timed.database, timed.dispatcher.run_timer, timed.clock, {Tried.COUNT: slow}
    )

    async def begin() -> None:
        await scheduler.round()
        await asyncio.sleep(0)

    async def end() -> None:
        returns.set()
        await scheduler.round()
        await scheduler.settle()

    put(timed, "errand")
    put(timed, "other")
    timed.run(begin())
    while "other" not in counted(timed):
        timed.run(begin())
    timed.run(end())
    assert went == ["errand"] and counted(timed) == {"other": "1"}
    assert state_of(timed, "errand") == ("pending", "down")
    timed.clock.wind(timed.clock.now() + timedelta(seconds=30))
    timed.run(end())
    assert went == ["errand", "errand"] and counted(timed) == {"errand": "1", "other": "1"}
