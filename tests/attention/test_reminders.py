"""The reminders of real things come with the bundle: once a working day, true, none is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.kit import calendar
from handlers.kit.commands import call as called
from storage.engine.ids import PersonId
from storage.engine.sqlite import Sqlite
from tests.attention.test_attention import BUNDLE, OTHER, away_for
from tests.closing.test_closing import finished
from tests.mandate.test_mandate import do
from tests.ownership.test_ownership import leaves
from tests.pretend.stage import BERLIN, Say, Stage, staged

Wind = Callable[..., None]
UNDONE = re.compile(r"^(?:Noch abzuschließen|To finish): INC-(\d+) ", re.M)
SERVICES = {"ben": "Kasse", "carla": "Webshop"}


def restored(bot: Stage, who: str) -> int:
    """Let something of somebody's fail and work again; return its number."""
    number = len(bot.rows("select number from incidents where workspace = :workspace")) + 1
    Say(bot, "anna")(f"incident {SERVICES[who]} tot, Fall {number}")
    do(Say(bot, who), "restored", number=str(number))
    return number


def closed(bot: Stage, number: int) -> None:
    values = {"number": str(number), "reason": "Es war die Probe der Notstromanlage."}
    bot.handle(bot.request("chris", call=called("close anyway", **values), submitted=True))
    bot.carry()


def test_ten_due_on_christmas_eve_with_one_person_away(ben: Say, carla: Say, bot: Stage) -> None:
    """Eight incidents that are not done and two tasks; on the eve itself nobody works."""
    chris = Say(bot, "chris")
    bot.wind(to=datetime(2026, 12, 21, 9, tzinfo=BERLIN))
    for _number in range(8):
        restored(bot, "carla")
    for item in ("Lizenzen zählen", "Den Schrank beschriften"):
        do(chris, "mandate action", item=item, who="carla", due="2026-12-29")
    carla("vertreten ben 23.12.2026 bis 10.1.2027")
    ben.press(calls="cover confirm")
    do(chris, "settings hours", times="Mo-Fr 7-17", closed="24.12.2026")
    before = len(ben.sees()), len(carla.sees())
    bot.wind(to=datetime(2026, 12, 28, 8, 59, tzinfo=BERLIN))
    assert (len(ben.sees()), len(carla.sees())) == before, "neither at Christmas nor at the weekend"
    bot.wind(to=datetime(2026, 12, 28, 9, tzinfo=BERLIN))
    assert (len(ben.sees()), len(carla.sees())) == (before[0] + 1, before[1])
    told = ben.sees()[-1]
    assert told.startswith("10 Sachen für dich")
    assert len(UNDONE.findall(told)) == 8 and "Lizenzen" in told and "Schrank" in told


def test_a_reminder_comes_at_their_own_hour(ben: Say, bot: Stage) -> None:
    values = {"hour": "6:15", "pace": "daily"}
    bot.handle(bot.request("ben", call=called("attention", **values), submitted=True))
    restored(bot, "ben")
    before = len(ben.sees())
    bot.wind(to=datetime(2026, 11, 26, 6, 14, tzinfo=BERLIN))
    assert len(ben.sees()) == before
    bot.wind(to=datetime(2026, 11, 26, 6, 15, tzinfo=BERLIN))
    assert len(ben.sees()) == before + 1


def test_a_reminder_waits_under_status_once_and_says_how_much_is_open_now(
    ben: Say, bot: Stage
) -> None:
    restored(bot, "ben")
    bot.wind(to=datetime(2026, 11, 26, 8, tzinfo=BERLIN))
    assert ben("stand").count("INC-1 · ") == 1, "held back, and not beside it a second time"
    do(ben, "fill", number="1", cause="Das Netzteil war durchgebrannt.", kind="hardware")
    bot.wind(to=datetime(2026, 11, 26, 9, tzinfo=BERLIN))
    assert "INC-1 · Kasse tot, Fall 1; 6 von 7 Punkten sind offen." in ben.sees()[-1]
    do(ben, "fill", number="1", evidence="https://wiki.example/netzteil")
    assert "5 von 7 Punkten sind offen." in ben.sees()[-1]
    do(Say(bot, "chris"), "reopen", number="1", reason="Sie ist wieder aus.")
    assert "Noch abzuschließen" not in "".join(ben.sees())


def test_a_reminder_goes_along_to_whoever_is_responsible_now(
    ben: Say, carla: Say, bot: Stage
) -> None:
    restored(bot, "ben")
    bot.wind(to=datetime(2026, 11, 26, 10, tzinfo=BERLIN))
    assert UNDONE.findall(ben.sees()[-1]) == ["1"]
    leaves(bot, PersonId("ben"))
    bot.wind(to=datetime(2026, 11, 27, 9, tzinfo=BERLIN))
    assert UNDONE.findall("\n".join(carla.sees())) == ["1"]
    assert UNDONE.findall("\n".join(ben.sees())) == []


def test_what_only_waits_for_the_check_is_taken_out(ben: Say, carla: Say, bot: Stage) -> None:
    restored(bot, "ben")
    bot.wind(to=datetime(2026, 11, 26, 9, tzinfo=BERLIN))
    assert UNDONE.findall(ben.sees()[-1]) == ["1"]
    finished(ben, carla)
    assert UNDONE.findall("\n".join(ben.sees())) == []


ACTS = ("restored", "restored", "done", "reopened", "wait", "wait", "hour", "cover")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.sampled_from(("ben", "carla")),
        st.integers(0, 6),
    ),
    min_size=4,
    max_size=14,
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(steps=STEPS, start=st.dates(date(2026, 12, 10), date(2027, 4, 2)))
def test_any_series_is_one_bundle_a_day_none_lost_none_about_something_settled(
    steps: list[tuple[str, str, int]], start: date
) -> None:
    """Of incidents that work again, over holidays, covers and what people answer."""
    database = Sqlite()
    with staged(database) as bot:
        bot.wind(to=datetime.combine(start, time(8), BERLIN))
        numbers: list[int] = []
        for act, who, n in steps:
            if act == "restored":
                numbers.append(restored(bot, who))
            elif act == "done" and numbers:
                closed(bot, numbers[n % len(numbers)])
            elif act == "reopened" and numbers:
                values = {"number": str(numbers[n % len(numbers)]), "reason": "Es kam wieder."}
                ask = bot.request("chris", call=called("reopen", **values), submitted=True)
                bot.handle(ask)
                bot.carry()
            elif act == "hour":
                values = {"hour": f"{6 + 2 * n}:30", "pace": "daily"}
                bot.handle(bot.request(who, call=called("attention", **values), submitted=True))
            elif act == "cover":
                away_for(bot, who, days=n)
            else:
                bot.wind(minutes=60 * 23 * (n + 1))
        bot.wind(minutes=60 * 24 * 20)
        states = {
            each["number"]: each["state"]
            for each in bot.rows("select number, state from incidents where workspace = :workspace")
        }
        shown = [text for who in OTHER for text in Say(bot, who).sees()]
        told = {int(each) for text in shown for each in UNDONE.findall(text)}
        assert told == {each for each, state in states.items() if state == "restored"}
        assert all(BUNDLE.match(text) for text in shown if UNDONE.search(text)), "never alone"
        for who in OTHER:
            made = [each for each in bot.chat.created(f"local:@{who}") if BUNDLE.match(each)]
            days = bundles(bot, who)
            assert len(made) == len(set(days)), "two bundles on one day"
            assert all(calendar.is_working_day(each, "DE") for each in days)
        waits = "select key from matters where workspace = :workspace and state = 'open'"
        assert bot.rows(waits) == [], "none is lost"
    database.close()


def bundles(bot: Stage, who: str) -> list[date]:
    """Return the days of somebody's bundles, as their messages are called."""
    rows = bot.rows(
        "select distinct key from outbox where workspace = :workspace and key like :key",
        key=f"bundle:{who}:%",
    )
    return [date.fromisoformat(each["key"].rpartition(":")[2]) for each in rows]


@pytest.mark.parametrize("many", [13, 30])
def test_a_bundle_has_room_for_twelve_and_the_rest_comes_next(
    ben: Say, bot: Stage, many: int
) -> None:
    """Teams refuses a card with more; nothing is cut off, and nothing is lost."""
    for _number in range(many):
        restored(bot, "ben")
    bot.wind(to=datetime(2026, 11, 26, 9, tzinfo=BERLIN))
    first = ben.sees()[-1]
    assert first.startswith("12 Sachen für dich") and len(UNDONE.findall(first)) == 12
    assert f"{many - 12} weitere" in first and "[Alles zeigen]" in first
    bot.wind(to=datetime(2026, 12, 1, 9, tzinfo=BERLIN))
    told = [each for text in ben.sees() for each in UNDONE.findall(text)]
    assert sorted(map(int, told)) == list(range(1, many + 1))
