"""The courier: each outcome of a sending is treated as guarantee G5 says."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.delivery.courier import Courier
from bot.delivery.platform import Impossible, Rate
from handlers.incidents.keys import IncidentTimer
from handlers.kit.messages import Message, dump, line, spoken
from storage.delivery import claims, outbox, timers
from storage.delivery import stuck as stuck_parcels
from storage.delivery.outbox import Parcel, ParcelKind
from storage.engine import Unavailable
from storage.engine.ids import PlaceId
from storage.engine.postgres import Postgres
from tests.conftest import Logged
from tests.delivery.test_outbox import let_leases_run_out
from tests.pretend.stage import (
    DEMO,
    Chat,
    Died,
    Fault,
    Say,
    Stage,
    Troubled,
    breaks,
    dies,
    furnish,
    gone,
    hangs,
    impossible,
    lost_after,
    lost_before,
    plain,
    refuses,
    waits,
)

BEN = "local:@ben"
CARLA = "local:@carla"
ROOM = "local:stoerungen"


def put(
    bot: Stage,
    says: str,
    place: str = BEN,
    *,
    key: str = "key",
    kind: ParcelKind = ParcelKind.CARD,
    otherwise: str | None = None,
) -> None:
    """Store a message, as dispatch does."""
    message = dump(spoken(line(says), "en", "UTC"))
    bot.store(
        lambda tx: outbox.add(
            tx, id=bot.new_id(), place=PlaceId(place), key=key, kind=kind, message=message,
            now=bot.clock.now(), otherwise=otherwise,
        )
    )  # fmt: skip


def carry(bot: Stage) -> None:
    """Let the courier deliver what may go now."""
    bot.run(bot.courier.drain())


def wind(bot: Stage, seconds: float) -> None:
    """Let seconds pass, and the courier look again."""
    bot.clock.wind(bot.clock.now() + timedelta(seconds=seconds))
    carry(bot)


def states(bot: Stage) -> list[str]:
    """Return the state of every row, oldest first."""
    rows = bot.rows("select state from outbox where workspace = :workspace order by id")
    return [row["state"] for row in rows]


def reasons(bot: Stage) -> list[tuple[str, str]]:
    """Return state and reason of what somebody should look at."""
    found: list[stuck_parcels.Stuck] = bot.store(stuck_parcels.of_company)
    return [(each.state, each.reason) for each in found]


def escalate_at(bot: Stage, minutes: float = 10) -> None:
    """Set the timer that comes next when an alarm is not answered."""
    due = bot.clock.now() + timedelta(minutes=minutes)
    bot.store(lambda tx: timers.set(tx, id="t", kind=IncidentTimer.ESCALATION, key="next", due=due))


def escalation_due(bot: Stage) -> bool:
    """Say whether the next step is due now."""
    due = bot.store(lambda tx: timers.due_of(tx, "next"))
    assert due is not None
    return bool(due <= bot.clock.now())


# --- without a fault ---------------------------------------------------------------------


def test_a_message_is_delivered_once(bot: Stage, chat: Chat) -> None:
    put(bot, "hello")
    carry(bot)
    carry(bot)
    assert chat.created(BEN) == ["hello"]
    assert states(bot) == ["sent"]


def test_the_newest_state_is_shown_by_editing(bot: Stage, chat: Chat) -> None:
    put(bot, "one")
    carry(bot)
    put(bot, "two")
    put(bot, "three")
    carry(bot)
    assert bot.sees("@ben") == ["three"]
    assert chat.created(BEN) == ["one"]
    assert [each.text for each in chat.ledger] == ["one", "three"], "the middle one is left out"


def test_one_key_in_two_places_is_two_messages(bot: Stage) -> None:
    for place in (BEN, ROOM):
        put(bot, "one", place)
    carry(bot)
    put(bot, "two", ROOM)
    carry(bot)
    assert (bot.sees("@ben"), bot.sees("stoerungen")) == (["one"], ["two"])


def test_a_place_that_no_platform_reaches_is_parked(bot: Stage) -> None:
    put(bot, "hello", "fax:4711")
    carry(bot)
    assert reasons(bot) == [("parked", "there is no way to reach fax:4711")]


# --- known not to have arrived -----------------------------------------------------------


def test_what_was_not_accepted_is_tried_again(bot: Stage, chat: Chat) -> None:
    chat.plan(refuses(), refuses())
    put(bot, "hello")
    carry(bot)
    assert chat.created(BEN) == []
    bot.wind(minutes=1)
    assert chat.created(BEN) == ["hello"]
    assert chat.tries == 3


def test_the_waits_grow_and_vary(bot: Stage, chat: Chat) -> None:
    chat.plan(*(refuses() for _each in range(12)))
    put(bot, "hello")
    carry(bot)
    seconds: list[float] = []
    while chat.planned:
        due = bot.database.read(outbox.next_due)
        assert due is not None
        seconds.append((due - bot.clock.now()).total_seconds())
        wind(bot, seconds[-1])
    for tries, each in enumerate(seconds):
        usual = min(2.0**tries, 300)
        assert usual * 0.5 <= each <= usual * 1.5, (tries, each)
    assert len({each / 2**tries for tries, each in enumerate(seconds[:8])}) > 1, "they vary"
    assert sum(seconds[-3:]) > 450, "and they have grown"


def test_after_twenty_tries_it_is_given_up_and_what_comes_next_happens(
    bot: Stage, chat: Chat, logged: Logged
) -> None:
    chat.plan(*(refuses("name not found") for _each in range(20)))
    escalate_at(bot, 10_000)
    put(bot, "hello", kind=ParcelKind.ALARM, otherwise="next")
    carry(bot)
    for _each in range(19):
        assert not escalation_due(bot)
        wind(bot, 450)
    assert chat.tries == 20
    assert reasons(bot) == [("dead", "name not found")]
    assert escalation_due(bot)
    logged.take("Given up")


def test_a_pause_is_kept_and_is_no_failed_try(bot: Stage, chat: Chat) -> None:
    chat.plan(*(waits(30) for _each in range(50)))
    put(bot, "hello")
    carry(bot)
    for _each in range(49):
        wind(bot, 29)
        wind(bot, 1)
    assert chat.tries == 50, "never a moment too early"
    assert states(bot) == ["pending"]
    wind(bot, 29)
    assert chat.created(BEN) == []
    wind(bot, 1)
    assert chat.created(BEN) == ["hello"]


def test_while_one_place_pauses_the_others_get_theirs(bot: Stage, chat: Chat) -> None:
    chat.plan(Fault(waits(30).raises, place=BEN))
    for n in range(4):
        put(bot, f"ben {n}", BEN, key=f"{n}")
        put(bot, f"carla {n}", CARLA, key=f"{n}")
    carry(bot)
    assert chat.tries == 5, "after the first “wait” nothing more is tried there"
    assert len(chat.created(CARLA)) == 4
    put(bot, "ben 4", BEN, key="4")
    wind(bot, 29)
    assert chat.created(BEN) == []
    wind(bot, 1)
    assert sorted(chat.created(BEN)) == [f"ben {n}" for n in range(5)]


def test_a_pause_for_everybody_holds_everywhere(bot: Stage, chat: Chat) -> None:
    chat.plan(Fault(waits(30, everywhere=True).raises, place=BEN))
    for n in range(3):
        put(bot, f"{n}", BEN, key=f"{n}", kind=ParcelKind.ALARM)
    carry(bot)
    put(bot, "later", CARLA)
    wind(bot, 29)
    assert chat.ledger == []
    assert chat.tries == 1
    wind(bot, 1)
    assert (len(chat.created(BEN)), len(chat.created(CARLA))) == (3, 1)


def test_each_place_gets_its_messages_at_its_own_pace(bot: Stage) -> None:
    chat = Chat(rate=Rate(seconds=1, burst=3))
    bot.courier = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1))
    for n in range(8):
        put(bot, f"ben {n}", BEN, key=f"b{n}")
    put(bot, "carla", CARLA)
    carry(bot)
    assert (len(chat.created(BEN)), len(chat.created(CARLA))) == (3, 1)
    for second in range(1, 6):
        wind(bot, 1)
        assert len(chat.created(BEN)) == 3 + second
    assert {row["attempts"] for row in bot.rows(
        "select attempts from outbox where workspace = :workspace")} == {1}  # fmt: skip


def test_where_the_whole_workspace_is_short_of_room_alarms_go_first(bot: Stage) -> None:
    chat = Chat(rate=Rate(seconds=0.1, burst=50, whole=Rate(seconds=1, burst=10)))
    bot.courier = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1))
    for n in range(12):
        put(bot, f"digest {n}", BEN, key=f"d{n}", kind=ParcelKind.DIGEST)
        put(bot, f"card {n}", CARLA, key=f"c{n}", kind=ParcelKind.CARD)
        put(bot, f"alarm {n}", BEN if n % 2 else CARLA, key=f"a{n}", kind=ParcelKind.ALARM)
    carry(bot)

    def sent(kind: str) -> int:
        return sum(each.startswith(kind) for each in chat.created(BEN) + chat.created(CARLA))

    assert [sent(kind) for kind in ("alarm", "card", "digest")] == [10, 0, 0]
    wind(bot, 2)
    assert [sent(kind) for kind in ("alarm", "card", "digest")] == [12, 0, 0]
    wind(bot, 5)
    assert [sent(kind) for kind in ("alarm", "card", "digest")] == [12, 2, 0]
    put(bot, "alarm at last", BEN, kind=ParcelKind.ALARM)
    carry(bot)
    assert sent("alarm") == 13, "cards leave room for it"
    for _second in range(60):
        wind(bot, 1)
    assert [sent(kind) for kind in ("alarm", "card", "digest")] == [13, 12, 12]


def test_one_workspace_s_room_is_not_another_s(bot: Stage) -> None:
    chat = Chat(rate=Rate(seconds=0.1, burst=50, whole=Rate(seconds=60, burst=2)))
    bot.courier = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1))
    bot.database.transact(lambda tx: furnish(tx, "other", bot.clock.now()))
    for n in range(4):
        put(bot, f"{n}", BEN, key=f"{n}", kind=ParcelKind.ALARM)
    carry(bot)
    assert len(chat.created(BEN)) == 2
    bot.database.transact(
        lambda tx: outbox.add(
            tx.within("other"), id="o", place=PlaceId(BEN), key="o", kind=ParcelKind.ALARM,
            message=dump(line(("other",))), now=bot.clock.now(),
        )
    )  # fmt: skip
    carry(bot)
    assert len(chat.ledger) == 3


def test_when_two_places_are_told_to_wait_the_whole_workspace_waits(bot: Stage, chat: Chat) -> None:
    chat.plan(Fault(waits(30).raises, place=BEN), Fault(waits(30).raises, place=CARLA))
    put(bot, "ben", BEN)
    put(bot, "carla", CARLA)
    carry(bot)
    put(bot, "chris", "local:@chris")
    wind(bot, 29)
    assert chat.tries == 2
    wind(bot, 1)
    assert len(chat.ledger) == 3


def test_one_platform_s_pauses_hold_up_no_other(bot: Stage, chat: Chat) -> None:
    """Slack and Teams may serve one workspace."""
    slack = Chat()
    bot.courier = Courier(
        bot.database, {"local": chat, "slack": slack}, bot.clock, random.Random(1)
    )
    put(bot, "edited here", CARLA, key="k")
    put(bot, "edited there", "slack:ROOM", key="k")
    carry(bot)
    chat.plan(
        Fault(waits(30).raises, place=BEN),
        Fault(waits(30).raises, place=CARLA),
        Fault(waits(30).raises, place=ROOM),
    )
    for place in (BEN, CARLA, ROOM):
        put(bot, "waits", place, key=f"of {place}")
        carry(bot)
    slack.plan(Fault(waits(30).raises, place="slack:ONE"))
    put(bot, "waits alone", "slack:ONE")
    put(bot, "goes out", "slack:TWO")
    carry(bot)
    assert slack.created("slack:TWO") == ["goes out"]
    wind(bot, 31)
    chat.plan(Fault(waits(30, everywhere=True).raises, place=CARLA))
    put(bot, "edited later", CARLA, key="k")
    carry(bot)
    put(bot, "edited now", "slack:ROOM", key="k")
    carry(bot)
    assert [each.kind for each in slack.ledger if each.place == "slack:ROOM"] == ["create", "edit"]


def test_a_pause_of_edits_lets_new_messages_through(bot: Stage, chat: Chat) -> None:
    put(bot, "first", BEN, key="k")
    carry(bot)
    chat.plan(Fault(waits(30, everywhere=True).raises, place=BEN))
    put(bot, "second", BEN, key="k")
    carry(bot)
    put(bot, "new", CARLA)
    carry(bot)
    assert chat.created(CARLA) == ["new"]
    wind(bot, 29)
    assert [each.kind for each in chat.ledger] == ["create", "create"]
    wind(bot, 1)
    assert [each.kind for each in chat.ledger] == ["create", "create", "edit"]


# --- perhaps arrived ---------------------------------------------------------------------

UNKNOWN: dict[str, Callable[[], Fault]] = {
    "cut before": lost_before,
    "cut after": lost_after,
    "timeout": lambda: Fault(TimeoutError()),
    "timeout after": lambda: Fault(TimeoutError(), accepts=True),
    "surprise": breaks,
    "surprise after": lambda: breaks(accepts=True),
}


def expect(logged: Logged, fault: str) -> None:
    """A failure that no platform names is a mistake of ours, and logged as one."""
    if fault.startswith("surprise"):
        logged.take("A platform failed in a way that it does not name")


@pytest.mark.parametrize("fault", UNKNOWN)
@pytest.mark.parametrize("kind", [ParcelKind.CARD, ParcelKind.NOTE, ParcelKind.DIGEST])
def test_a_card_that_may_have_arrived_is_not_sent_twice_and_is_shown(
    bot: Stage, chat: Chat, logged: Logged, fault: str, kind: ParcelKind
) -> None:
    chat.plan(UNKNOWN[fault]())
    put(bot, "hello", kind=kind)
    carry(bot)
    wind(bot, 3600)
    assert chat.tries == 1
    assert [state for state, _reason in reasons(bot)] == ["ambiguous"]
    expect(logged, fault)


@pytest.mark.parametrize("lost", [lost_before, lost_after])
def test_where_nobody_can_look_such_a_card_is_never_posted_a_second_time(
    bot: Stage, chat: Chat, lost: Callable[[], Fault]
) -> None:
    chat.plan(lost())
    put(bot, "hello")
    carry(bot)
    assert bot.store(lambda tx: outbox.places_of(tx, "key")) == [BEN]
    put(bot, "changed")
    carry(bot)
    bot.wind(minutes=10)
    assert chat.tries == 1
    assert {state for state, _reason in reasons(bot)} == {"ambiguous"}


def test_what_may_have_arrived_is_looked_for_and_edited_where_it_stands(
    bot: Stage, chat: Chat
) -> None:
    chat.finds = True
    chat.plan(lost_after())
    put(bot, "hello")
    carry(bot)
    put(bot, "changed")
    bot.wind(minutes=1)
    assert [each.text for each in chat.ledger] == ["hello", "changed"]
    assert bot.sees("@ben") == ["changed"]
    assert states(bot) == ["sent"]


def test_what_was_looked_for_and_is_not_there_is_posted(bot: Stage, chat: Chat) -> None:
    chat.finds = True
    chat.plan(lost_before())
    put(bot, "hello")
    carry(bot)
    assert chat.created(BEN) == []
    bot.wind(minutes=1)
    assert (chat.created(BEN), states(bot)) == (["hello"], ["sent"])


def test_a_card_from_before_that_is_uncertain_is_looked_for_with_the_next_change(
    bot: Stage, chat: Chat
) -> None:
    chat.plan(lost_after())
    put(bot, "hello")
    carry(bot)
    assert states(bot) == ["ambiguous"]
    chat.finds = True  # the scope was granted meanwhile
    put(bot, "changed")
    bot.wind(minutes=1)
    assert [each.text for each in chat.ledger] == ["hello", "changed"]
    assert states(bot) == ["sent", "sent"]


@pytest.mark.parametrize("fault", UNKNOWN)
def test_an_alarm_that_may_have_arrived_goes_out_once_more_and_no_more(
    bot: Stage, chat: Chat, logged: Logged, fault: str
) -> None:
    chat.plan(UNKNOWN[fault]())
    escalate_at(bot)
    put(bot, "come", kind=ParcelKind.ALARM, otherwise="next")
    carry(bot)
    wind(bot, 4)
    assert chat.tries == 1
    wind(bot, 1)
    assert chat.tries == 2
    assert bot.sees("@ben")[-1] == "come"
    bot.wind(minutes=5)
    assert chat.tries == 2
    assert states(bot) == ["sent"]
    assert not escalation_due(bot)
    expect(logged, fault)


def test_an_alarm_whose_second_copy_is_unknown_too_hands_on_to_the_next_person(
    bot: Stage, chat: Chat
) -> None:
    chat.plan(lost_after(), refuses(), lost_after())
    escalate_at(bot)
    put(bot, "come", kind=ParcelKind.ALARM, otherwise="next")
    carry(bot)
    for _each in range(10):
        wind(bot, 5)
    assert chat.created(BEN) == ["come", "come"], "at most two copies"
    assert chat.tries == 3
    assert reasons(bot) == [("ambiguous", "no answer")]
    assert escalation_due(bot)


def test_an_edit_that_may_have_arrived_is_simply_repeated(bot: Stage, chat: Chat) -> None:
    put(bot, "one")
    carry(bot)
    chat.plan(lost_after(), lost_before(), Fault(TimeoutError()), lost_after())
    put(bot, "two")
    carry(bot)
    bot.wind(minutes=1)
    assert bot.sees("@ben") == ["two"]
    assert chat.created(BEN) == ["one"]
    assert states(bot) == ["sent", "sent"]


def test_where_the_same_parcel_makes_one_message_it_is_simply_repeated(
    bot: Stage, chat: Chat
) -> None:
    chat.idempotent = True
    chat.plan(lost_after(), lost_before(), Fault(TimeoutError()), lost_after())
    put(bot, "hello")
    carry(bot)
    bot.wind(minutes=1)
    assert chat.created(BEN) == ["hello"]
    assert states(bot) == ["sent"]


def test_a_platform_that_never_answers_is_waited_for_only_so_long(bot: Stage, chat: Chat) -> None:
    bot.courier = Courier(bot.database, {"local": chat}, bot.clock, limit=0.05)
    chat.plan(hangs(accepts=True))
    put(bot, "hello")
    put(bot, "hello", CARLA)
    carry(bot)
    assert [state for state, _reason in reasons(bot)] == ["ambiguous"]
    assert chat.created(CARLA) == ["hello"]


# --- cannot arrive -----------------------------------------------------------------------


def test_what_cannot_be_delivered_is_parked_and_the_next_person_is_asked(
    bot: Stage, chat: Chat
) -> None:
    chat.plan(Fault(impossible("account disabled").raises, place=BEN))
    escalate_at(bot)
    put(bot, "come", kind=ParcelKind.ALARM, otherwise="next")
    put(bot, "come", CARLA, kind=ParcelKind.ALARM)
    carry(bot)
    assert chat.created(CARLA) == ["come"]
    assert reasons(bot) == [("parked", "account disabled")]
    assert escalation_due(bot)
    wind(bot, 500)
    assert chat.tries == 2, "it is not tried again"


def test_a_message_that_somebody_deleted_is_made_again_once(bot: Stage, chat: Chat) -> None:
    put(bot, "one")
    carry(bot)
    chat.delete(BEN)
    put(bot, "two")
    carry(bot)
    assert bot.sees("@ben") == ["two"]
    put(bot, "three")
    carry(bot)
    assert bot.sees("@ben") == ["three"]
    assert chat.created(BEN) == ["one", "two"]


def test_a_platform_that_calls_a_new_message_gone_does_not_keep_us_busy(
    bot: Stage, chat: Chat
) -> None:
    chat.plan(gone(), gone())
    put(bot, "one")
    carry(bot)
    assert chat.tries == 1, "not at once again, and again"
    bot.wind(minutes=1)
    assert bot.sees("@ben") == ["one"]


def test_an_alarm_that_fails_after_the_acknowledgement_hurries_nobody(
    bot: Stage, anna: Say
) -> None:
    class Meanwhile(Chat):
        """Ben's alarm cannot be delivered, and that turns out only after Carla said yes."""

        async def create(self, workspace: str, place: str, parcel: str, message: Message) -> str:
            if place == BEN and not self.ledger:
                await bot.dispatcher.handle(bot.request("carla", "ack 1"))
                raise Impossible("account disabled")
            return await super().create(workspace, place, parcel, message)

    chat = Meanwhile()
    bot.courier = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1))
    anna("incident Kasse tot")
    bot.wind(minutes=59)
    assert [each.text for each in chat.ledger if each.place == CARLA] == []
    (incident,) = bot.rows("select silent, alarms from incidents where workspace = :workspace")
    assert incident == {"silent": 0, "alarms": 1}
    assert reasons(bot) == [("parked", "account disabled")]
    bot.wind(minutes=1)
    assert len(chat.created(CARLA)) == 1, "and when the news is overdue she is asked"


# --- couriers that vanish, or come late --------------------------------------------------


@pytest.mark.parametrize("accepts", [False, True])
@pytest.mark.parametrize("kind", [ParcelKind.ALARM, ParcelKind.CARD])
def test_a_courier_that_dies_while_sending_leaves_an_unknown_outcome(
    bot: Stage, chat: Chat, kind: ParcelKind, accepts: bool
) -> None:
    chat.plan(dies(accepts=accepts))
    escalate_at(bot)
    put(bot, "hello", kind=kind, otherwise="next")
    with pytest.raises(Died):
        carry(bot)
    wind(bot, 60)
    assert chat.tries == 1, "its lease still holds"
    let_leases_run_out(bot.database)
    carry(bot)
    wind(bot, 5)
    if kind == "alarm":
        assert chat.created(BEN) == ["hello"] * (1 + accepts)
        assert states(bot) == ["sent"]
    else:
        assert chat.created(BEN) == ["hello"] * accepts
        assert reasons(bot) == [("ambiguous", "the courier vanished while sending")]


def test_an_alarm_has_two_copies_at_most_however_often_couriers_die(bot: Stage, chat: Chat) -> None:
    chat.plan(dies(accepts=True), dies(accepts=True))
    escalate_at(bot)
    put(bot, "come", kind=ParcelKind.ALARM, otherwise="next")
    for _each in range(2):
        with pytest.raises(Died):
            wind(bot, 5)
        let_leases_run_out(bot.database)
        carry(bot)  # somebody finds it
    assert chat.created(BEN) == ["come", "come"]
    assert escalation_due(bot)
    for _each in range(5):
        wind(bot, 30)
        let_leases_run_out(bot.database)
    assert chat.tries == 2


class Slow(Chat):
    """A chat where something happens while a message is under way."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    async def create(self, workspace: str, place: str, parcel: str, message: Message) -> str:
        await asyncio.to_thread(self.meanwhile)
        return await super().create(workspace, place, parcel, message)


def test_a_courier_that_comes_back_too_late_changes_nothing(bot: Stage) -> None:
    taken_over: list[Parcel] = []

    def take_over() -> None:
        let_leases_run_out(bot.database)
        taken_over.extend(bot.database.transact(claims.expired))

    put(bot, "hello")
    late = Courier(bot.database, {"local": Slow(take_over)}, bot.clock)
    bot.run(late.round())
    assert states(bot) == ["leased"], "it belongs to the other one"
    (parcel,) = taken_over
    assert bot.store(lambda tx: outbox.mark_sent(tx, parcel, "m9", bot.clock.now()))
    assert states(bot) == ["sent"]
    (message,) = bot.rows("select external_id from messages where workspace = :workspace")
    assert message == {"external_id": "m9"}


class Paused(Chat):
    """A chat whose next sending reaches it only after its courier has stood still for long."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = None

    async def _stand_still(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await asyncio.to_thread(meanwhile)

    async def create(self, workspace: str, place: str, parcel: str, message: Message) -> str:
        await self._stand_still()
        return await super().create(workspace, place, parcel, message)

    async def edit(self, workspace: str, place: str, external_id: str, message: Message) -> None:
        await self._stand_still()
        await super().edit(workspace, place, external_id, message)


def with_an_edit(bot: Stage) -> Paused:
    """Let one message stand there, and an edit of it wait."""
    chat = Paused()
    bot.courier = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1))
    put(bot, "one")
    carry(bot)
    put(bot, "two")
    return chat


def stand_still(bot: Stage, chat: Paused, says: str, *faults: Fault, limit: float = 10) -> None:
    """Let a courier stand still while it sends, and another one take over and carry more."""

    def meanwhile() -> None:
        let_leases_run_out(bot.database)
        other = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1))
        asyncio.run(other.drain())
        bot.clock.wind(bot.clock.now() + timedelta(seconds=6))
        asyncio.run(other.drain())
        put(bot, says)
        asyncio.run(other.drain())
        chat.plan(*faults)

    chat.meanwhile = meanwhile
    late = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1), limit)
    bot.run(late.round())


@pytest.mark.parametrize("faults", [(), (lost_after(),), (breaks(accepts=True),)])
def test_an_edit_that_comes_too_late_leaves_nothing_old_standing(
    bot: Stage, faults: tuple[Fault, ...], logged: Logged
) -> None:
    """Stopped just before the write for longer than its lease, it writes over what is newer."""
    chat = with_an_edit(bot)
    stand_still(bot, chat, "three", *faults)
    assert [each.text for each in chat.ledger] == ["one", "two", "three", "two"]
    if faults:
        expect(logged, str(faults[0].raises))
    wind(bot, 30)
    assert [plain(each.message) for each in chat.at(BEN)] == ["three"]
    assert set(states(bot)) == {"sent"}
    wind(bot, 30)
    assert len(chat.ledger) == 5, "once is enough"


def test_a_late_edit_of_a_row_that_says_something_newer_leaves_nothing_old(bot: Stage) -> None:
    """What was put back may be replaced before it goes: the same row then says something else."""
    chat = with_an_edit(bot)

    def meanwhile() -> None:
        let_leases_run_out(bot.database)
        other = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1))
        asyncio.run(other.round())  # it is put back, for a moment later
        put(bot, "three")
        bot.clock.wind(bot.clock.now() + timedelta(seconds=6))
        asyncio.run(other.drain())

    chat.meanwhile = meanwhile
    bot.run(Courier(bot.database, {"local": chat}, bot.clock, random.Random(1)).round())
    assert [each.text for each in chat.ledger] == ["one", "three", "two"]
    assert len(states(bot)) == 2, "one row said two things"
    wind(bot, 30)
    assert [plain(each.message) for each in chat.at(BEN)] == ["three"]
    wind(bot, 30)
    assert len(chat.ledger) == 4, "once is enough"


def test_an_edit_that_is_taken_back_as_late_waits_for_what_is_newer(bot: Stage) -> None:
    """What is on its way or waits is newer than what stood there last."""
    chat = with_an_edit(bot)

    def meanwhile() -> None:
        let_leases_run_out(bot.database)
        asyncio.run(Courier(bot.database, {"local": chat}, bot.clock, random.Random(1)).drain())
        put(bot, "three")

    chat.meanwhile = meanwhile
    bot.run(Courier(bot.database, {"local": chat}, bot.clock, random.Random(1)).round())
    wind(bot, 30)
    wind(bot, 30)
    assert [plain(each.message) for each in chat.at(BEN)] == ["three"]
    assert [each.text for each in chat.ledger].count("three") == 1


def test_a_card_that_arrives_too_late_is_uncertain_no_more(bot: Stage) -> None:
    chat = Paused()
    bot.courier = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1))
    put(bot, "one")
    stand_still(bot, chat, "two")
    assert chat.created(BEN) == ["one"]
    carry(bot)
    assert [plain(each.message) for each in chat.at(BEN)] == ["two"]
    assert reasons(bot) == [] and set(states(bot)) == {"sent"}


def test_an_alarm_that_arrives_too_late_needs_no_second_copy(bot: Stage) -> None:
    chat = Paused()
    bot.courier = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1))
    put(bot, "come", kind=ParcelKind.ALARM)

    def meanwhile() -> None:
        let_leases_run_out(bot.database)
        asyncio.run(Courier(bot.database, {"local": chat}, bot.clock, random.Random(1)).drain())

    chat.meanwhile = meanwhile
    bot.run(Courier(bot.database, {"local": chat}, bot.clock, random.Random(1)).round())
    wind(bot, 10)
    assert chat.created(BEN) == ["come"]
    assert states(bot) == ["sent"]


def test_what_was_not_begun_in_time_is_put_back_and_not_called_uncertain(bot: Stage) -> None:
    """What holds up the process must not make it a lost message."""

    def slow() -> None:
        bot.clock.wind(bot.clock.now() + timedelta(seconds=25))

    chat = Slow(slow)
    bot.courier = Courier(bot.database, {"local": chat}, bot.clock, random.Random(1))
    put(bot, "first", BEN)
    put(bot, "second", CARLA)
    bot.run(bot.courier.round())
    assert chat.created(BEN) == ["first"]
    assert chat.created(CARLA) == [], "the lease is nearly over then"
    let_leases_run_out(bot.database)
    carry(bot)
    assert chat.created(CARLA) == ["second"]
    assert reasons(bot) == []


@pytest.mark.parametrize("seed", range(3))
def test_couriers_in_several_processes_deliver_each_message_once_and_in_order(
    postgres: Postgres, seed: int
) -> None:
    """Three couriers at once, while cards keep changing: no doubles, and the newest stays."""
    stage = Stage(postgres)
    chance = random.Random(seed)
    postgres.transact(lambda tx: furnish(tx, DEMO, stage.clock.now()))
    couriers = [
        Courier(postgres, {"local": stage.chat}, stage.clock, random.Random(n)) for n in range(3)
    ]

    async def change() -> None:
        for n in range(60):
            key = f"key {chance.randint(1, 4)}"
            place = chance.choice((BEN, CARLA, ROOM))
            message = dump(spoken(line(f"{n:03}"), "en", "UTC"))
            await asyncio.to_thread(
                stage.store,
                lambda tx, key=key, place=place, message=message: outbox.add(
                    tx,
                    id=stage.new_id(),
                    place=place,
                    key=key,
                    kind=ParcelKind.CARD,
                    message=message,
                    now=stage.clock.now(),
                ),
            )
            newest[(place, key)] = f"{n:03}"

    newest: dict[tuple[str, str], str] = {}

    async def everything() -> None:
        changed = asyncio.ensure_future(change())

        async def deliver(courier: Courier) -> None:
            while not changed.done() or await courier.round():
                await courier.round()

        await asyncio.gather(changed, *(deliver(each) for each in couriers))

    stage.run(everything())
    for place in (BEN, CARLA, ROOM):
        keys = [key for where, key in newest if where == place]
        assert len(stage.chat.at(place)) == len(keys), "one message for each key"
        shown = sorted(stage.sees(place.removeprefix("local:")))
        assert shown == sorted(newest[(place, key)] for key in keys)
    stage.close()


# --- the loop ----------------------------------------------------------------------------


async def run_until(courier: Courier, done: Callable[[], bool]) -> None:
    """Let the courier's own loop run until something is so."""
    task = asyncio.ensure_future(courier.run())
    try:
        async with asyncio.timeout(10):
            while not done():
                assert not task.done(), "the courier has stopped"
                courier.wake()
                await asyncio.sleep(0)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_mistake_of_ours_does_not_stop_the_courier(
    bot: Stage, chat: Chat, logged: Logged
) -> None:
    put(bot, "unreadable", key="bad")
    bot.store(lambda tx: tx.run("update outbox set message = 'x' where workspace = :workspace"))
    put(bot, "readable", CARLA)
    bot.run(run_until(bot.courier, lambda: bool(chat.created(CARLA))))
    assert chat.created(CARLA) == ["readable"]
    logged.take("A platform failed in a way that it does not name")


def test_a_store_that_fails_for_a_while_does_not_stop_the_courier(
    bot: Stage, chat: Chat, logged: Logged
) -> None:
    put(bot, "hello")
    store = Troubled(bot.database)
    # The first look fails, then the claim, then marking it sent.
    store.plan(Unavailable("disk full"), None, KeyError("ours"), None, None, Unavailable("again"))
    courier = Courier(store, {"local": chat}, bot.clock)
    bot.run(run_until(courier, lambda: len(logged.records) == 3))
    assert chat.created(BEN) == ["hello"]
    logged.records.clear()
    let_leases_run_out(bot.database)
    carry(bot)
    assert [state for state, _reason in reasons(bot)] == ["ambiguous"]
    assert chat.tries == 1


def test_what_fails_in_one_place_stops_no_other(bot: Stage, logged: Logged) -> None:
    class Slow(Chat):
        async def create(self, workspace: str, place: str, parcel: str, message: Message) -> str:
            if place == CARLA:
                await asyncio.sleep(0.05)
            return await super().create(workspace, place, parcel, message)

    put(bot, "hello", BEN, kind=ParcelKind.ALARM)
    put(bot, "hello", CARLA)
    store, chat = Troubled(bot.database), Slow()
    store.plan(None, None, Unavailable("disk full"))
    with pytest.raises(Unavailable):
        bot.run(Courier(store, {"local": chat}, bot.clock).round())
    assert (chat.created(BEN), chat.created(CARLA)) == (["hello"], ["hello"])
    assert states(bot) == ["leased", "sent"]


def test_a_clean_end_finishes_what_is_being_sent_and_puts_the_rest_back(bot: Stage) -> None:
    """A restart is no fault: exactly one copy of each message, and none is uncertain."""

    async def story() -> None:
        loop, sending, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

        def slowly() -> None:
            loop.call_soon_threadsafe(sending.set)
            assert go_on.wait(10)

        courier = Courier(bot.database, {"local": Slow(slowly)}, bot.clock)
        task = asyncio.ensure_future(courier.run())
        await asyncio.wait_for(sending.wait(), 10)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    for n in range(3):
        put(bot, f"{n}", key=f"{n}", kind=ParcelKind.ALARM)
    bot.run(story())
    assert states(bot) == ["sent", "pending", "pending"]
    carry(bot)  # the next process
    assert states(bot) == ["sent", "sent", "sent"]
    attempts = bot.rows("select attempts from outbox where workspace = :workspace")
    assert {row["attempts"] for row in attempts} == {1}


def test_a_message_is_carried_as_soon_as_it_is_stored(bot: Stage) -> None:
    async def seconds_until_it_arrives() -> float:
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        chat = Slow(lambda: loop.call_soon_threadsafe(arrived.set))
        courier = Courier(bot.database, {"local": chat}, bot.clock)
        task = asyncio.ensure_future(courier.run())
        await asyncio.sleep(0.05)  # it rests now, for a second if nobody wakes it
        await asyncio.to_thread(put, bot, "hello", key=bot.new_id())
        began = loop.time()
        courier.wake()
        await asyncio.wait_for(arrived.wait(), 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return loop.time() - began

    # A busy machine may be slow once, but not three times.
    assert min(bot.run(seconds_until_it_arrives()) for _each in range(3)) < 0.5


def test_when_it_dies_one_message_for_each_place_is_uncertain(bot: Stage) -> None:
    for n in range(5):
        put(bot, f"{n}", BEN, key=f"{n}")
        put(bot, f"{n}", CARLA, key=f"{n}")
    bot.chat.plan(Fault(Died(), accepts=True, place=BEN))
    with pytest.raises(Died):
        bot.run(bot.courier.round())
    let_leases_run_out(bot.database)
    carry(bot)
    uncertain = bot.rows("select place from outbox where state = 'ambiguous'")
    assert [each["place"] for each in uncertain] == [BEN]
    assert sorted(bot.chat.created(CARLA)) == [f"{n}" for n in range(5)]
