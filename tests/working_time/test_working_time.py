"""Working time: set in chat by managers, and one module answers what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.attention import matters
from handlers.kit import working_hours
from handlers.kit.commands import call as called
from handlers.kit.messages import Button
from handlers.kit.working_hours import Closed, WorkingTime
from handlers.working_time import hours
from storage import workspaces
from storage.delivery import timers
from storage.engine.ids import PersonId
from tests.pretend.stage import MONDAY, Say, Stage

BERLIN = "Europe/Berlin"
CHRISTMAS = Closed(date(2000, 12, 24), date(2001, 1, 1), yearly=True)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


OURS = WorkingTime(BERLIN, "DE-NW", closed=(CHRISTMAS, Closed(date(2027, 5, 7), date(2027, 5, 7))))


@pytest.mark.parametrize(
    ("at", "starts"),
    [("2026-11-20 12:00", "2026-11-20 12:00"), ("2026-11-20 03:00", "2026-11-20 07:00"),
     ("2026-11-20 18:00", "2026-11-23 07:00"), ("2026-12-23 19:00", "2027-01-04 07:00"),
     ("2027-05-06 12:00", "2027-05-10 07:00"), ("2027-03-27 12:00", "2027-03-30 07:00")],
)  # fmt: skip
def test_work_begins_again_after_nights_weekends_holidays_and_closing_days(
    at: str, starts: str
) -> None:
    assert OURS.next_start(moment(at)) == moment(starts)


def test_working_days_between_leave_out_closing_days_and_holidays() -> None:
    assert OURS.working_days_between(date(2026, 12, 18), date(2027, 1, 5)) == 5
    assert OURS.working_days_after(date(2026, 12, 23), 1) == date(2027, 1, 4)
    assert OURS.working_days_after(date(2027, 1, 4), -1) == date(2026, 12, 23)


@given(st.integers(0, 3 * 365 * 24 * 60), st.sampled_from(["07:00–18:00", "Sa–So 0–24", "Mi 8–9"]))
def test_work_always_begins_again_and_the_beginning_is_working_time(at: int, week: str) -> None:
    ours = WorkingTime(BERLIN, "DE-BY", working_hours.read(week) or (), (CHRISTMAS,))
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=at)
    begins = ours.next_start(now)
    assert begins >= now
    assert ours.is_working(begins)
    assert (begins == now) is ours.is_working(now)


def test_what_falls_outside_a_day_s_hours_moves_to_its_beginning() -> None:
    late = WorkingTime(BERLIN, "DE", working_hours.read("10–16") or ())
    assert late.on(date(2026, 11, 20), time(9)) == moment("2026-11-20 10:00")
    assert OURS.on(date(2026, 11, 20), time(9)) == moment("2026-11-20 09:00")


def test_a_setting_of_before_keeps_working(bot: Stage, anna: Say) -> None:
    bot.store(lambda tx: workspaces.set_setting(tx, "hours", "06:00–14:30"))
    assert "Working hours are Mon–Fri 06:00–14:30." in anna("night")


@pytest.mark.parametrize(
    ("text", "read"),
    [("24.12.–1.1.", "24 Dec to 1 Jan every year"), ("24.12.2026–1.1.2027",
      "24 December 2026 to 1 January 2027"), ("26.5.2028", "26 May 2028"),
     ("24.12.–1.1.2027", "24 December 2026 to 1 January 2027"), ("24.12., 31.12.",
      "24 Dec every year and 31 Dec every year"), ("", "none"),
     ("24.12.-1.1.", "24 Dec to 1 Jan every year"), ("24.12. - 1.1.",
      "24 Dec to 1 Jan every year"), ("24.12-1.1", "24 Dec to 1 Jan every year"), ("24.12. ‑1.1.",
      "24 Dec to 1 Jan every year"), ("24.-26.12.", "24 Dec to 26 Dec every year"),
     ("24 bis 26.12.2026", "24 December 2026 to 26 December 2026"), ("24 Dec-Jan 1",
      "24 Dec to 1 Jan every year"), ("2026-12-24-2027-01-01",
      "24 December 2026 to 1 January 2027"), ("2026-12-24", "24 December 2026"),
     ("from 24.12.26 to 1.1.27", "24 December 2026 to 1 January 2027"),
     ("24.12.-1.1., 26.5.2028", "24 Dec to 1 Jan every year and 26 May 2028"),
     ("morgen", "24 November 2026"), ("Freitag", "27 November 2026")],
)  # fmt: skip
def test_closing_days_are_read_as_people_write_them(chris: Say, text: str, read: str) -> None:
    chris("settings")
    chris.press("Change working time")
    assert f"Closing days: {read}\n" in chris.fill(times="7-18", closed=text)


@pytest.mark.parametrize(
    "text", ["bald", "1.1.–30.11.", "24.12.-31.2.", "2.1.2027–1.1.2027", "31.2."]
)
def test_what_are_no_closing_days_is_refused(chris: Say, text: str) -> None:
    chris("settings")
    chris.press("Change working time")
    assert "Please write it like 24.12.–1.1." in chris.fill(times="7-18", closed=text)


NINE = "Mon–Fri 09:00–17:00"


@pytest.mark.parametrize(
    ("text", "read"),
    [("9am–5pm", NINE), ("9 am - 5 pm", NINE), ("9 a.m. to 5 p.m.", NINE), ("9–17", NINE),
     ("9 bis 17 Uhr", NINE), ("von 9 bis 17", NINE), ("09:00-17:00 Uhr", NINE), ("9-5pm", NINE),
     ("9am-5", NINE), ("from 9am until 5pm", NINE), ("weekdays 9‑17", NINE), ("9h - 17h", NINE),
     ("9–17 Uhr (Mo–Fr)", NINE), ("von Montag bis Freitag von 9 bis 17 Uhr", NINE),
     ("montags bis freitags 9-17", NINE), ("Mo–Fr 9–17, Sa frei", NINE), ("Mo-Fr 9-17.", NINE),
     ("9.00 – 17.00 Uhr", NINE), ("Mo–Fr 8–16", "Mon–Fri 08:00–16:00"),
     ("1-5pm", "Mon–Fri 13:00–17:00"), ("8am-12pm", "Mon–Fri 08:00–12:00"),
     ("2pm–12am", "Mon–Fri 14:00–24:00"), ("12am-6am", "Mon–Fri 00:00–06:00"),
     ("12:30pm-8:15pm", "Mon–Fri 12:30–20:15"), ("täglich 0–24", "Mon–Sun 00:00–24:00"),
     ("Mo–Do 8–16 und Fr 8–14", "Mon–Thu 08:00–16:00 and Fri 08:00–14:00"),
     ("9-17, Fr frei", "Mon–Thu 09:00–17:00"), ("Mo und Mi 9-17",
      "Mon 09:00–17:00 and Wed 09:00–17:00")],
)  # fmt: skip
def test_working_hours_are_read_as_people_write_them(chris: Say, text: str, read: str) -> None:
    chris("settings")
    chris.press("Change working time")
    assert f"Working hours: {read}\n" in chris.fill(times=text)


@pytest.mark.parametrize(
    "text", ["9", "9am", "17–9", "9-5", "13pm–15pm", "0am-5pm", "9:75-10", "25–26", "vormittags",
             "Mo–Fr 8–12 und 13–17", "Sa 8–12, 13–17", "werktags 8-16", "immer mal 9–17", "frei",
             "Mo–Fr frei", "108-16", "8-1600"],
)  # fmt: skip
def test_what_are_no_hours_is_refused_with_an_example_and_nothing_is_stored(
    chris: Say, bot: Stage, text: str
) -> None:
    before = chris("settings")
    chris.press("Change working time")
    assert "Please write it like 07:00–18:00, or" in chris.fill(times=text, closed="26.5.2028")
    assert chris("settings") == before
    assert bot.rows("select name from settings where workspace = :workspace") == []


@pytest.mark.parametrize(
    ("text", "over"),
    [("26.5.2026", "26 May 2026"), ("1.1.2020", "1 January 2020"), ("22.11.2026",
      "22 November 2026"), ("24.12.–1.1.2026", "24 December 2025 to 1 January 2026"),
     ("24.12.–1.1., 2.10.2026", "2 October 2026")],
)  # fmt: skip
def test_a_closing_day_that_is_over_is_told_and_nothing_is_stored(
    chris: Say, bot: Stage, text: str, over: str
) -> None:
    before = chris("settings")
    chris.press("Change working time")
    said = chris.fill(times="9–17", closed=text)
    assert f"This is over already: {over}. Please give days that are still to come" in said
    assert chris("settings") == before
    assert bot.rows("select name from settings where workspace = :workspace") == []


def test_a_closing_day_that_was_set_in_time_hinders_no_later_change(chris: Say, bot: Stage) -> None:
    chris("settings")
    chris.press("Change working time")
    chris.fill(times="9–17", closed="24.11.2026, 23.11.2026–25.11.2026")
    bot.wind(to="2026-12-07 10:00")
    chris("settings")
    chris.press("Change working time")
    said = chris.fill(times="8–16")
    assert "Working hours: Mon–Fri 08:00–16:00" in said and "24 November 2026" in said
    chris.press("Change working time")
    assert "Closing days: none" in chris.fill(times="8–16", closed="keine")


def test_a_service_has_hours_as_people_write_them(chris: Say) -> None:
    chris("service edit kasse")
    chris.fill(hours="9am–5pm")
    assert "09:00–17:00" in chris("service kasse")


@pytest.mark.parametrize(
    ("text", "hour"),
    [("5pm", "17:00"), ("5 p.m.", "17:00"), ("12 am", "00:00"), ("9 Uhr", "09:00"),
     ("um 9:30 Uhr", "09:30"), ("9h", "09:00"), ("9.30", "09:30")],
)  # fmt: skip
def test_an_hour_is_read_as_people_write_it(anna: Say, text: str, hour: str) -> None:
    anna("attention")
    assert f"at {hour}," in anna.fill(hour=text)


@pytest.mark.parametrize("text", ["13pm", "25", "9:75", "bald", ""])
def test_what_is_no_hour_is_refused(anna: Say, text: str) -> None:
    anna("attention")
    assert "reaches you at" not in anna.fill(hour=text)


@pytest.mark.parametrize("text", ["Mon 8am", "Monday at 8 a.m.", "montags 8 Uhr", "Mo 8"])
def test_the_digest_s_hour_is_read_as_people_write_it(chris: Say, text: str) -> None:
    chris("settings")
    chris.press("Change working time")
    assert "The digest comes: Mon 08:00" in chris.fill(times="9-17", digest=text)


def test_a_week_without_any_hours_is_refused(chris: Say) -> None:
    chris("settings")
    chris.press("Change working time")
    assert "At least one day needs hours." in chris.fill(times="Mo–Fr")


def test_managers_set_the_whole_working_time_in_chat(chris: Say, anna: Say, bot: Stage) -> None:
    chris("settings")
    shown = chris.press("Change working time")
    assert "Time zone: Europe/Berlin" in shown
    said = chris.fill(
        times="Mo–Do 7–17, Fr 7–15", closed="24.12.–1.1.", region="Bayern", zone="Vienna",
        digest="Dienstag 7.45 Uhr",
    )  # fmt: skip
    assert "Working hours: Mon–Thu 07:00–17:00 and Fri 07:00–15:00\n" in said
    assert "Holidays and time zone: Bavaria, Europe/Vienna\n" in said
    assert "The digest comes: Tue 07:45\n" in said
    kept = bot.store(workspaces.get)
    assert (kept.zone, kept.region) == ("Europe/Vienna", "DE-BY")
    assert said.splitlines()[1] in chris("settings")
    for field, wrong in (("region", "Atlantis"), ("zone", "Mond"), ("digest", "gelegentlich")):
        chris.press("Change working time")
        said = chris.fill(carry=True, times="7-18", **{field: wrong})
        assert said.startswith(("I do not know", "Please give a weekday"))
    anna("settings")
    assert "Change working time" not in [str(each.button.label) for each in anna.buttons()]


def test_the_digest_comes_when_managers_want_it(bot: Stage, chris: Say) -> None:
    from handlers.digest import schedule

    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="d", now=now, zone=BERLIN, region="DE"))
    chris("settings")
    chris.press("Change working time")
    chris.fill(times="7-18", closed="1.12.2026", digest="Di 10:00")
    due = bot.store(lambda tx: timers.due_of(tx, schedule.key("2026-W48")))
    assert due == moment("2026-12-02 10:00"), "Tuesday is a closing day"
    bot.wind(to="2026-12-02 10:00")
    assert len(bot.sees("leitung")) == 1


def digest_weeks(bot: Stage) -> list[tuple[str, str]]:
    rows = bot.rows("select week, state from digests where workspace = :workspace order by week")
    return [(row["week"], row["state"]) for row in rows]


def test_a_digest_on_fridays_comes_over_christmas(bot: Stage, chris: Say) -> None:
    """On a holiday it waits for the next working day, and is no digest of long ago by then."""
    from handlers.digest import schedule

    bot.wind(to="2026-12-14 09:00")
    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="d", now=now, zone=BERLIN, region="DE"))
    chris("settings")
    chris.press("Change working time")
    chris.fill(times="Mo–Fr 7-18", digest="Fr 15:00")
    bot.wind(to="2027-01-09 09:00")
    assert digest_weeks(bot)[-3:] == [
        ("2026-W51", "posted"),
        ("2026-W52", "posted"),
        ("2026-W53", "posted"),
    ]


def test_a_digest_on_a_day_when_nobody_works_comes_the_next_day(bot: Stage, chris: Say) -> None:
    from handlers.digest import schedule

    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="d", now=now, zone=BERLIN, region="DE"))
    chris("settings")
    chris.press("Change working time")
    chris.fill(times="Mo–Do 7-17", digest="Fr 15:00")
    bot.wind(to="2026-12-22 09:00")
    assert {how for _week, how in digest_weeks(bot)} == {"posted"} and len(digest_weeks(bot)) >= 3


def test_closing_days_leave_a_day_of_work_in_a_year(chris: Say) -> None:
    chris("settings")
    chris.press("Change working time")
    said = chris.fill(
        times="7-18",
        closed="1.1.-28.2., 29.2., 1.3.-30.4., 1.5.-30.6., 1.7.-31.8., 1.9.-31.10., 1.11.-31.12.",
    )
    assert "With these closing days nobody would work for a year." in said


def test_closing_days_taken_back_bring_bundles_forward(bot: Stage, chris: Say, ben: Say) -> None:
    chris("settings")
    chris.press("Change working time")
    chris.fill(times="7-18", closed="24.11.–20.12.")
    button = Button("x", called("status"))
    bot.inside(lambda ctx: matters.note(ctx, PersonId("ben"), "one", "About one.", button))
    chris("settings")
    chris.press("Change working time")
    assert "Closing days" in chris.fill(times="7-18", closed="")
    bot.wind(to="2026-11-24 09:30")
    assert "About one" in "".join(ben.sees())


def test_a_service_has_hours_of_its_own_or_is_answered_around_the_clock(
    chris: Say, bot: Stage
) -> None:
    def shown() -> str:
        return chris("service Kasse")

    for typed, said in (
        ("rund um die Uhr", "Working hours: answered around the clock\n"),
        ("Mo–So 6–22", "Working hours: Mon–Sun 06:00–22:00\n"),
    ):
        shown()
        chris.press("Edit")
        assert said in chris.fill(hours=typed)
    shown()
    chris.press("Edit")
    assert chris.fill(hours="Mo–So").startswith("Please write it like")
    shown()
    chris.press("Edit")
    assert "Working hours" not in chris.fill(hours="")


@pytest.mark.parametrize(
    ("text", "code"),
    [("NW", "DE-NW"), ("Nordrhein-Westfalen", "DE-NW"), ("de-by", "DE-BY"), ("AT", "AT"),
     ("thueringen", "DE-TH"), ("DE", "DE"), ("XX", None), ("DE-XX", None)],
)  # fmt: skip
def test_regions_are_known_by_name_and_code(text: str, code: str | None) -> None:
    assert hours.region_of(text) == code


def test_the_stage_begins_in_working_time(wind: Callable[..., None]) -> None:
    assert OURS.is_working(MONDAY)
