"""Attention: ten due things are one message, to the right person, on a working day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.attention import matters
from handlers.kit import calendar
from handlers.kit.commands import call as called
from handlers.kit.messages import Button, line
from handlers.privacy import linking
from storage import on_call
from storage.engine.ids import CoverId, PersonId
from storage.engine.sql import as_text
from storage.engine.sqlite import Sqlite
from storage.on_call import Cover, CoverState
from tests.pretend.stage import BERLIN, Say, Stage, staged

Wind = Callable[..., None]


def note(bot: Stage, person: str, key: str, *, survey: bool = False) -> None:
    button = Button(key, called("status"))
    bot.inside(
        lambda ctx: matters.note(ctx, PersonId(person), key, f"About {key}.", button, survey=survey)
    )


def test_ten_matters_are_one_message_at_nine(ben: Say, bot: Stage, wind: Wind) -> None:
    wind(minutes=60)
    for number in range(10):
        note(bot, "ben", f"m{number}")
    wind(minutes=60 * 23 - 1)
    assert ben.sees() == []
    wind(minutes=1)
    (told,) = ben.sees()
    assert told.startswith("10 Sachen für dich")
    assert all(f"About m{number}." in told for number in range(10))
    wind(minutes=60 * 24)
    assert len(ben.sees()) == 1


def test_what_is_settled_is_left_out_before_and_taken_out_afterwards(
    ben: Say, bot: Stage, wind: Wind
) -> None:
    for key in ("one", "two", "three"):
        note(bot, "ben", key)
    bot.inside(lambda ctx: matters.settle(ctx, "one"))
    wind(minutes=60 * 24)
    (told,) = ben.sees()
    assert "About one" not in told and told.startswith("2 Sachen für dich")
    bot.inside(lambda ctx: matters.settle(ctx, "two"))
    assert "About two" not in ben.sees()[-1] and ben.sees()[-1].startswith("1 Sache für dich")
    bot.inside(lambda ctx: matters.settle(ctx, "three"))
    assert ben.sees() == ["Alles davon ist erledigt. Danke."]


def test_ten_matters_on_christmas_eve_with_one_person_away(
    ben: Say, carla: Say, bot: Stage
) -> None:
    bot.wind(to=datetime(2026, 12, 23, 12, tzinfo=BERLIN))
    carla("vertreten ben 24.12.2026 bis 10.1.2027")
    ben.press(calls="cover confirm")
    bot.wind(to=datetime(2026, 12, 24, 15, tzinfo=BERLIN))
    before = len(ben.sees()), len(carla.sees())
    for number in range(10):
        note(bot, "carla", f"m{number}")
    bot.wind(to=datetime(2026, 12, 28, 8, 59, tzinfo=BERLIN))
    assert (len(ben.sees()), len(carla.sees())) == before, "neither at Christmas nor at the weekend"
    bot.wind(to=datetime(2026, 12, 28, 9, tzinfo=BERLIN))
    assert (len(ben.sees()), len(carla.sees())) == (before[0] + 1, before[1])
    assert ben.sees()[-1].startswith("10 Sachen für dich")


def test_at_most_two_taps_a_week_and_never_to_who_stands_in(
    ben: Say, bot: Stage, wind: Wind
) -> None:
    for number in range(5):
        note(bot, "ben", f"tap{number}", survey=True)
    wind(minutes=60 * 24 * 4)
    assert "\n".join(ben.sees()).count("About tap") == 2
    wind(minutes=60 * 24 * 7)
    assert "\n".join(ben.sees()).count("About tap") == 4


def test_everybody_chooses_their_hour_and_less(ben: Say, bot: Stage, wind: Wind) -> None:
    ask = bot.request("ben", call=called("attention", hour="7", pace="weekly"), submitted=True)
    bot.handle(ask)
    note(bot, "ben", "one")
    wind(minutes=60 * 24 * 6)
    assert ben.sees() == []
    bot.wind(to=datetime(2026, 11, 30, 7, tzinfo=BERLIN))
    assert len(ben.sees()) == 1
    refused = bot.handle(
        bot.request("ben", call=called("attention", hour="25", pace="daily"), submitted=True)
    )
    assert refused.field == "hour"


def test_what_waits_stands_under_status(ben: Say, bot: Stage) -> None:
    note(bot, "ben", "one")
    assert "About one." in ben("stand")


def test_what_a_person_asks_comes_at_once_by_day_and_at_the_start_of_work_by_night(
    ben: Say, bot: Stage
) -> None:
    bot.inside(lambda ctx: matters.ask(ctx, PersonId("ben"), "q1", line("Will you?")))
    assert ben.sees() == ["Will you?"]
    bot.wind(to=datetime(2026, 11, 27, 21, tzinfo=BERLIN))
    bot.inside(lambda ctx: matters.ask(ctx, PersonId("ben"), "q2", line("And this?")))
    bot.wind(to=datetime(2026, 11, 30, 6, 59, tzinfo=BERLIN))
    assert ben.sees() == ["Will you?"]
    bot.wind(to=datetime(2026, 11, 30, 7, tzinfo=BERLIN))
    assert ben.sees() == ["Will you?", "And this?"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ("note", "note", "note", "settle", "wait", "wait", "hour", "tap", "cover", "answer")
        ),
        st.sampled_from(("ben", "carla")),
        st.integers(0, 6),
    ),
    min_size=5,
    max_size=40,
)
OTHER = {"ben": "carla", "carla": "ben"}
BUNDLE = re.compile(r"\d+ Sachen? für dich")


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, start=st.dates(date(2026, 10, 20), date(2027, 4, 2)))
def test_any_series_is_at_most_one_bundle_a_day_none_lost_none_about_something_settled(
    steps: list[tuple[str, str, int]], start: date
) -> None:
    """Over holidays, weekends, changes of clocks, covers and answers."""
    database = Sqlite()
    with staged(database) as bot:
        bot.wind(to=max(bot.now(), datetime.combine(start, time(8), BERLIN)))
        noted: set[tuple[str, str]] = set()
        for act, who, n in steps:
            if act in ("note", "tap"):
                key = f"{who}-{act}-{n}"
                note(bot, who, key, survey=act == "tap")
                noted.add((who, key))
            elif act in ("settle", "answer"):  # settled elsewhere, or by whoever was told
                key = f"{who}-note-{n}"
                if act == "answer":
                    bot.wind(minutes=60 * 25)
                bot.inside(lambda ctx, key=key: matters.settle(ctx, key))  # type: ignore[misc]
                noted.discard((who, key))
            elif act == "hour":
                values = {"hour": f"{6 + 2 * n}:30", "pace": "daily"}
                bot.handle(bot.request(who, call=called("attention", **values), submitted=True))
            elif act == "cover":
                away_for(bot, who, days=n)
            else:
                bot.wind(minutes=60 * 7 * (n + 1))
        bot.wind(minutes=60 * 24 * 50)
        shown = "\n".join(text for who in OTHER for text in Say(bot, who).sees())
        for who in OTHER:
            told = bot.rows(
                "select distinct told_on from matters where workspace = :workspace"
                " and told_to = :who",
                who=who,
            )
            days = [date.fromisoformat(each["told_on"]) for each in told if each["told_on"]]
            made = [each for each in bot.chat.created(f"local:@{who}") if BUNDLE.match(each)]
            assert len(made) == len(days), "two bundles on one day"
            assert all(calendar.is_working_day(each, "DE") for each in days)
            for act, person, n in steps:
                key = f"{person}-{act}-{n}"
                if person == who and act in ("note", "tap"):
                    assert (f"About {key}." in shown) == ((person, key) in noted), key
        waits = "select key from matters where workspace = :workspace and state = 'open'"
        assert bot.rows(waits) == [], "none is lost"
    database.close()


def away_for(bot: Stage, who: str, *, days: int) -> None:
    """Let the other stand in for somebody from now on, unless one of the two is away already."""
    now = bot.clock.now()
    taken = bot.rows(
        "select id from covers where workspace = :workspace and ends_at > :now", now=as_text(now)
    )
    if not taken:
        cover = Cover(
            id=CoverId(bot.new_id()),
            person=PersonId(who),
            cover=PersonId(OTHER[who]),
            asked_by=PersonId(who),
            starts_at=now,
            ends_at=now + timedelta(days=days + 1),
            state=CoverState.CONFIRMED,
        )
        bot.store(lambda tx: on_call.add(tx, cover))


def test_a_bundle_that_is_late_disturbs_no_evening(ben: Say, bot: Stage) -> None:
    """Lotse did not run from before nine until the evening."""
    bot.wind(minutes=60)
    note(bot, "ben", "one")
    bot.sleep_through(to=datetime(2026, 11, 24, 21, tzinfo=BERLIN))
    bot.carry()
    assert ben.sees() == []
    bot.wind(to=datetime(2026, 11, 25, 9, tzinfo=BERLIN))
    assert len(ben.sees()) == 1


def test_where_work_begins_later_than_nine_it_comes_then(ben: Say, chris: Say, bot: Stage) -> None:
    hours = called("settings hours", times="Mo-Fr 10-18")
    bot.handle(bot.request("chris", call=hours, submitted=True))
    bot.wind(minutes=60 * 3)
    note(bot, "ben", "one")
    bot.wind(to=datetime(2026, 11, 24, 9, 59, tzinfo=BERLIN))
    assert ben.sees() == []
    bot.wind(minutes=1)
    assert len(ben.sees()) == 1


def test_who_becomes_one_person_is_told_all_of_it_once(ben: Say, anna: Say, bot: Stage) -> None:
    """What both were to be told, what one alone was, and what a person asked at night."""
    bot.wind(to=datetime(2026, 11, 23, 21, tzinfo=BERLIN))
    for who in ("ben", "anna"):
        note(bot, who, f"both:{who}")
    note(bot, "anna", "alone")
    bot.inside(lambda ctx: matters.ask(ctx, PersonId("anna"), "q1", line("Will you?")))
    bot.inside(lambda ctx: linking.join(ctx, PersonId("anna"), PersonId("ben")))
    bot.wind(to=datetime(2026, 11, 24, 9, tzinfo=BERLIN))
    asked, told = [*ben.sees(), *bot.sees("@anna")]  # both chats are his now
    assert asked == "Will you?" and told.startswith("2 Sachen für dich")
    assert "About alone." in told and told.count("About both:") == 1
    timers = bot.rows("select key from timers where workspace = :workspace and key like '%anna%'")
    assert timers == []


def test_it_is_typed_and_stands_in_the_help(ben: Say, anna: Say) -> None:
    anna("attention")
    said = anna.fill(hour="17:30", pace="weekly")
    assert said.startswith("What is no alert reaches you at 17:30, at most once a week.")
    assert "sammelnachricht" in ben("hilfe sammelnachricht")
