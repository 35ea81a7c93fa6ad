"""Conversations and presses: how a place is reached, and what is the same thing done again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from storage import workspaces
from storage.delivery import claims, outbox, places, waiting
from storage.delivery.outbox import Parcel, ParcelKind
from storage.delivery.places import PlaceKind
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.teams import button_presses, conversations
from storage.workspaces import Workspace
from tests.pretend.stage import MONDAY

PLACE = PlaceId("teams:@ben")
HOME, AWAY = "home", "away"


@pytest.fixture
def store(database: Database) -> Callable[..., Any]:
    """Return what runs something in one of two companies."""
    for each in (HOME, AWAY):
        company = Workspace(each, each, "de", "Europe/Berlin", "DE")
        database.transact(partial(workspaces.ensure, workspace=company, now=MONDAY))

    def run(work: Callable[[Tx], Any], workspace: str = HOME) -> Any:
        return database.transact(lambda tx: work(tx.within(workspace)))

    return run


Run = Callable[..., Any]


def look(tx: Tx, sql: str) -> list[Any]:
    return list(tx.rows(sql))


def hear(place: PlaceId = PLACE, **given: Any) -> Callable[[Tx], None]:
    said = {
        "conversation": "a:1", "service_url": "https://x/", "tenant": "t", "member": "29:ben",
        "now": MONDAY, **given,
    }  # fmt: skip
    return lambda tx: conversations.hear(tx, place, **said)


def test_what_is_heard_last_counts_and_what_is_not_told_stays(store: Run) -> None:
    store(hear())
    store(hear(conversation=None, member=None, service_url="https://y/"))
    found = store(lambda tx: conversations.find(tx, PLACE))
    assert (found.conversation, found.member, found.service_url) == ("a:1", "29:ben", "https://y/")


def test_a_blocked_place_is_opened_by_hearing_from_it_and_not_by_meeting_somebody(
    store: Run,
) -> None:
    store(hear())
    store(lambda tx: conversations.block(tx, PLACE, "blocked by Ben"))
    store(hear(conversation=None))
    assert store(lambda tx: conversations.find(tx, PLACE)).blocked == "blocked by Ben"
    store(hear())
    assert store(lambda tx: conversations.find(tx, PLACE)).blocked is None


def test_a_lost_conversation_is_opened_anew(store: Run) -> None:
    store(hear())
    store(lambda tx: conversations.lose(tx, PLACE))
    assert store(lambda tx: conversations.find(tx, PLACE)).conversation is None
    store(lambda tx: conversations.keep_direct(tx, PLACE, "a:2"))
    assert store(lambda tx: conversations.find(tx, PLACE)).conversation == "a:2"


def test_people_are_found_by_their_other_id_and_channels_by_having_none(store: Run) -> None:
    store(hear())
    store(
        hear(
            PlaceId("teams:19:x"), conversation="19:x", member=None, now=MONDAY + timedelta(hours=1)
        )
    )
    assert store(lambda tx: conversations.of_member(tx, "29:ben")).place == PLACE
    assert store(lambda tx: conversations.of_member(tx, "29:eve")) is None
    assert [each.place for each in store(conversations.channels)] == ["teams:19:x"]
    assert store(conversations.latest).place == "teams:19:x"


def test_a_place_is_welcomed_once(store: Run) -> None:
    store(hear())
    welcomed = [store(lambda tx: conversations.welcome(tx, PLACE, MONDAY)) for _each in range(3)]
    assert welcomed == [True, False, False]


def press(store: Run, what: str, identity: str, at: datetime = MONDAY, **given: str) -> str:
    said = {"card": "c", "sender": "p", **given}
    since = at - timedelta(minutes=2)
    found = store(
        lambda tx: button_presses.same(
            tx, what=what, identity=identity, now=at, since=since, **said
        )
    )
    return str(found)


def test_the_same_thing_again_is_known_under_its_first_identity(store: Run) -> None:
    assert press(store, "ack", "one") == "one"
    assert press(store, "ack", "one") == "one"
    assert press(store, "ack", "two") == "one"
    assert press(store, "ack", "three", MONDAY + timedelta(minutes=3)) == "three"


def test_something_else_between_makes_it_new(store: Run) -> None:
    found = [press(store, what, f"{n}") for n, what in enumerate(("a", "b", "a"))]
    assert found == ["0", "1", "2"]


def test_others_and_other_cards_are_other_things(store: Run) -> None:
    assert press(store, "ack", "one") == "one"
    assert press(store, "ack", "two", sender="q") == "two"
    assert press(store, "ack", "three", card="d") == "three"


def test_presses_are_forgotten(store: Run) -> None:
    press(store, "ack", "one")
    assert store(lambda tx: button_presses.forget(tx, MONDAY)) == 0
    assert store(lambda tx: button_presses.forget(tx, MONDAY + timedelta(seconds=1))) == 1


CHANGES: dict[str, Callable[[Tx], object]] = {
    "hear": hear(service_url="https://evil/"),
    "opened": lambda tx: conversations.keep_direct(tx, PLACE, "a:9"),
    "lose": lambda tx: conversations.lose(tx, PLACE),
    "block": lambda tx: conversations.block(tx, PLACE, "x"),
    "welcome": lambda tx: conversations.welcome(tx, PLACE, MONDAY),
    "press": lambda tx: button_presses.same(
        tx, card="c", sender="p", what="other", identity="z", now=MONDAY, since=MONDAY
    ),
    "release": lambda tx: waiting.release(tx, PLACE, MONDAY),
}


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_of_one_company_is_touched_from_another(store: Run, name: str) -> None:
    def rows() -> list[Any]:
        tables = ("conversations", "presses", "outbox")
        return [
            store(
                lambda tx, table=table: tx.rows(f"select * from {table} where workspace = 'home'")
            )
            for table in tables
        ]

    store(hear())
    press(store, "ack", "one")
    parked(store, "k")
    before = rows()
    store(CHANGES[name], AWAY)
    assert rows() == before
    store(CHANGES[name], HOME)
    assert rows() != before, "this change does nothing at home either: the test could not fail"


# --- what was parked -----------------------------------------------------------------------


def parked(store: Run, key: str, *, id: str = "o1", kind: ParcelKind = ParcelKind.NOTE) -> None:
    """Put a message into the outbox and park it."""

    def work(tx: Tx) -> None:
        outbox.add(tx, id=id, place=PLACE, key=key, kind=kind, message="{}", now=MONDAY)
        (parcel,) = claims.claim(tx, MONDAY, set())
        outbox.park(tx.within(HOME), parcel, "blocked", MONDAY)

    store(work)


def states(store: Run) -> dict[str, str]:
    rows = store(lambda tx: tx.rows("select id, state from outbox where workspace = :workspace"))
    return {row["id"]: row["state"] for row in rows}


def sent(store: Run, now: datetime) -> dict[str, str]:
    """Send all that may go out, one after the other; return what each said."""
    said: dict[str, str] = {}
    while taken := store(lambda tx: claims.claim(tx, now, set())):
        for each in taken:
            said[each.id] = each.message
            store(partial(finished, parcel=each, now=now))
    return said


def finished(tx: Tx, parcel: Parcel, now: datetime) -> bool:
    return outbox.mark_sent(tx, parcel, f"m-{parcel.id}", now)


def test_what_was_parked_goes_out_once_something_is_heard(store: Run) -> None:
    parked(store, "a")
    parked(store, "b", id="o2")
    assert store(lambda tx: waiting.release(tx, PlaceId("teams:@carla"), MONDAY)) == 0
    assert store(lambda tx: waiting.release(tx, PLACE, MONDAY)) == 2
    assert sorted(sent(store, MONDAY)) == ["o1", "o2"]


def test_of_several_only_the_newest_goes_out(store: Run) -> None:
    parked(store, "a")
    parked(store, "a", id="o2")
    assert store(lambda tx: waiting.release(tx, PLACE, MONDAY)) == 1
    assert states(store) == {"o1": "cancelled", "o2": "pending"}


def test_what_is_no_longer_needed_stays_where_it_is(store: Run) -> None:
    parked(store, "a")
    assert store(lambda tx: outbox.cancel(tx, "a", "no longer needed")) == 1
    assert store(lambda tx: waiting.release(tx, PLACE, MONDAY)) == 0


def test_a_card_that_comes_late_says_what_it_says_elsewhere(store: Run) -> None:
    parked(store, "a", kind=ParcelKind.CARD)
    parked(store, "b", id="o2")
    later = MONDAY + timedelta(hours=1)
    for key in ("a", "b"):
        store(
            partial(
                outbox.add,
                id=f"new-{key}",
                place=PlaceId("teams:19:x"),
                key=key,
                kind=ParcelKind.CARD,
                message='{"new": 1}',
                now=later,
            )
        )
    store(lambda tx: waiting.release(tx, PLACE, later))
    said = sent(store, later)
    assert (said["o1"], said["o2"]) == ('{"new": 1}', "{}")


def test_while_slack_shuts_us_out_teams_beside_it_goes_on(store: Run) -> None:
    def furnish(tx: Tx) -> None:
        workspaces.shut_out(tx, "slack")
        for n, place in enumerate(("slack:C1", PLACE)):
            outbox.add(
                tx,
                id=f"{n}",
                place=PlaceId(place),
                key="k",
                kind=ParcelKind.NOTE,
                message="{}",
                now=MONDAY,
            )

    store(furnish)
    taken = store(lambda tx: claims.claim(tx, MONDAY, set()))
    assert [each.place for each in taken] == [PLACE]


# --- one channel for each purpose, on each platform --------------------------------------------


def test_a_purpose_has_one_channel_on_each_platform(store: Run) -> None:
    def furnish(tx: Tx) -> None:
        for id in ("slack:C1", "slack:C2", "teams:19:a", "teams:19:b"):
            places.ensure(tx, PlaceId(id), PlaceKind.CHANNEL, id)
            places.set_role(tx, PlaceId(id), places.PlaceRole.INCIDENTS)

    store(furnish)
    found = store(lambda tx: places.with_role(tx, places.PlaceRole.INCIDENTS))
    assert [each.id for each in found] == ["slack:C2", "teams:19:b"]
    assert store(lambda tx: places.with_role(tx, places.PlaceRole.MANAGERS)) == []
