"""Who is asked when something no longer runs: by one timetable, once, until it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from handlers.automations.escalation import AutomationTimer
from storage.automations import outages
from storage.automations.intake import Outage
from storage.engine.ids import PersonId
from tests.ownership.test_ownership import leaves
from tests.pretend.machines import enter, reports
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]


def asked(who: Say) -> list[str]:
    """Return what somebody has been asked about it, oldest first."""
    return [each for each in who.sees() if "Mail-Sortierung" in each]


def silent_since_november(ben: Say, bot: Stage, wind: Wind) -> str:
    """Let a daily job report until the beginning of January and then no more."""
    secret = enter(ben, rhythm="täglich")
    reports(bot, secret)
    for day in range(24, 31):
        wind(to=f"2026-11-{day} 08:00")
        reports(bot, secret)
    return secret


def test_the_timetable_asks_four_times_and_nobody_more(
    ben: Say, carla: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    secret = silent_since_november(ben, bot, wind)
    carla.press(calls="auto accept")
    wind(to="2026-12-28 12:00")
    assert not [each for each in asked(ben) if "noch gebraucht" in each]
    # 28 days of silence, without the holidays in them, are over at the end of the year.
    wind(to="2027-01-05 12:00")
    (first,) = [each for each in asked(ben) if "noch gebraucht" in each]
    assert "letzter nützlicher Lauf Mo. 30. Nov., 08:00, erwartet jeden Tag" in first
    assert "[In Gebrauch]" in first and "[Wir machen es anders]" in first
    wind(to="2027-01-12 12:00")
    assert len([each for each in asked(ben) if "Noch einmal gefragt" in each]) == 1
    assert not [each for each in asked(carla) if "noch gebraucht" in each]
    wind(to="2027-01-19 12:00")
    assert len([each for each in asked(carla) if "noch gebraucht" in each]) == 1
    assert not [each for each in chris.sees() if "still needed" in each]
    wind(to="2027-02-02 12:00")
    (manager,) = [each for each in chris.sees() if "still needed" in each]
    assert "without an answer" in manager
    wind(to="2027-03-01 12:00")
    assert len([each for each in chris.sees() if "still needed" in each]) == 1, "nobody further"
    reports(bot, secret)
    assert bot.rows("select ended_how from automation_questions where workspace = :workspace") == [
        {"ended_how": "ran"}
    ]


def test_a_run_takes_the_question_back(ben: Say, bot: Stage, wind: Wind) -> None:
    secret = silent_since_november(ben, bot, wind)
    wind(to="2027-01-05 12:00")
    assert [each for each in asked(ben) if "[In Gebrauch]" in each]
    reports(bot, secret)
    bot.carry()
    assert not [each for each in asked(ben) if "[In Gebrauch]" in each]
    wind(to="2027-01-06 12:00")
    assert not [each for each in asked(ben) if "[In Gebrauch]" in each]


def test_in_use_holds_and_a_second_one_without_a_run_is_a_manager_s_question(
    ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    silent_since_november(ben, bot, wind)
    wind(to="2027-01-05 12:00")
    assert "fragt Lotse nach dem" in ben.press("In Gebrauch")
    wind(to="2027-03-31 12:00")
    assert not [each for each in asked(ben) if "[In Gebrauch]" in each]
    wind(to="2027-04-07 12:00")
    assert [each for each in asked(ben) if "[In Gebrauch]" in each]
    ben.press("In Gebrauch")
    wind(to="2027-04-08 12:00")
    assert [each for each in chris.sees() if "a second time" in each]


def test_paused_then_a_call_stays_paused_and_the_run_is_kept(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    secret = silent_since_november(ben, bot, wind)
    ben("auto mail-sortierung")
    ben.press(calls="auto rhythm")
    ben.fill(rhythm="täglich", pause="2027-01-15")
    reports(bot, secret)
    card = anna("auto mail-sortierung")
    assert "Use: paused until Fri 15 Jan 2027" in card
    assert "Used: 9 useful runs in 28 days" in card
    wind(to="2027-01-14 12:00")
    assert not [each for each in asked(ben) if "[In Gebrauch]" in each]
    ben("auto mail-sortierung")
    ben.press(calls="auto go on")
    assert "paused" not in anna("auto mail-sortierung").splitlines()[1]


def test_somebody_who_leaves_while_it_is_open_hands_the_question_to_the_deputy(
    ben: Say, carla: Say, bot: Stage, wind: Wind
) -> None:
    silent_since_november(ben, bot, wind)
    wind(to="2027-01-05 12:00")
    leaves(bot, PersonId("ben"))
    wind(to="2027-01-07 12:00")
    assert [each for each in asked(carla) if "noch gebraucht" in each]


def test_a_failure_is_told_once_and_is_neither_late_nor_unused(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    secret = silent_since_november(ben, bot, wind)
    for day in range(1, 12):
        wind(to=f"2026-12-{day:02} 08:00")
        reports(bot, secret, kind="fail")
    wind(to="2026-12-11 12:00")
    told = [each for each in asked(ben) if "fehlgeschlagen" in each or "erwartet und hat" in each]
    assert len(told) == 1 and "ist am Di. 1. Dez., 08:00 fehlgeschlagen" in told[0]
    wind(to="2026-12-28 12:00")
    card = anna("auto mail-sortierung")
    assert "Use: new" not in card
    assert "11 runs in a row failed" in card
    reports(bot, secret)
    assert "failed" not in anna("auto mail-sortierung")


def test_told_from_the_third_failure_if_somebody_wants_that(
    ben: Say, bot: Stage, wind: Wind
) -> None:
    secret = silent_since_november(ben, bot, wind)
    ben("auto mail-sortierung")
    ben.press(calls="auto rhythm")
    ben.fill(rhythm="täglich", tell_from="3", at_once="yes")
    reports(bot, secret, kind="fail")
    reports(bot, secret, kind="fail")
    bot.carry()
    assert not [each for each in asked(ben) if "fehlgeschlagen" in each]
    reports(bot, secret, kind="fail")
    bot.carry()
    assert [each for each in asked(ben) if "3-mal in Folge fehlgeschlagen" in each]


def test_something_that_fails_for_a_week_from_its_first_day_is_asked_about_once(
    ben: Say, bot: Stage, wind: Wind
) -> None:
    secret = enter(ben, rhythm="täglich")

    def told(words: str) -> int:
        return len([each for each in asked(ben) if words in each])

    for day in range(24, 30):
        wind(to=f"2026-11-{day} 08:30")
        reports(bot, secret, kind="fail")
    wind(to="2026-11-30 12:00")
    assert (told("ist am Di. 24. Nov., 08:30 fehlgeschlagen"), told("seit dem ersten Aufruf")) == (
        1, 0
    )  # fmt: skip
    for day in range(1, 12):
        wind(to=f"2026-12-{day:02} 08:30")
        reports(bot, secret, kind="fail")
    wind(to="2026-12-14 12:00")
    assert told("seit dem ersten Aufruf") == 1
    assert told("fehlgeschlagen") == 1 and not told("erwartet und hat")


def test_nothing_is_told_at_night_on_weekends_or_over_christmas(
    ben: Say, bot: Stage, wind: Wind
) -> None:
    secret = silent_since_november(ben, bot, wind)
    wind(to="2026-12-01 08:00")
    reports(bot, secret)
    wind(to="2026-12-03 06:30")  # late since midnight
    assert not [each for each in asked(ben) if "erwartet" in each]
    wind(to="2026-12-03 09:30")
    (told,) = [each for each in asked(ben) if "erwartet und hat" in each]
    assert "wurde bis Do. 3. Dez., 00:00 erwartet" in told
    wind(to="2026-12-23 12:00")
    assert len([each for each in asked(ben) if "erwartet und hat" in each]) == 1, "told once"


def test_two_days_without_lotse_raise_nothing_and_the_card_says_so(
    ben: Say, anna: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    names = [f"Job {n}" for n in range(20)]
    secrets = [enter(ben, name=name, rhythm="0 8 * * *") for name in names]
    for day in range(24, 28):
        wind(to=f"2026-11-{day} 08:00")
        for secret in secrets:
            reports(bot, secret)
    begin = bot.clock.now() + timedelta(hours=1)
    bot.sleep_through(to="2026-12-01 09:30")
    bot.store(lambda tx: outages.note(tx, Outage(begin, bot.clock.now())))
    bot.carry()
    wind(to="2026-12-01 20:00")
    assert not [each for each in ben.sees() if "erwartet und hat" in each]
    card = anna("auto Job 3")
    assert "Lotse did not run from Fri 27 Nov, 09:00 to Tue 1 Dec, 09:30" in card
    assert "Use: unknown, Lotse did not run" in card
    digest = chris("digest")
    assert "Unknown because of Lotse: 20 (“Job 0”" in digest
    assert "Never reported" not in digest


def test_what_was_carried_over_is_not_asked_about_for_ten_working_days(
    ben: Say, bot: Stage, wind: Wind
) -> None:
    enter(ben, rhythm="täglich")
    old = bot.clock.now() - timedelta(days=200)
    text = old.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    bot.store(
        lambda tx: tx.run(
            """
            update automations set carried = 1, phase = 'incomplete', registered_at = :old,
                first_report_at = :old, last_report_at = :old, last_useful_at = :old, look_at = null
            where workspace = :workspace
            """,
            old=text,
        )
    )
    bot.run(bot.dispatcher.fire_timer(bot.workspace, AutomationTimer.LOOK))
    bot.carry()
    wind(to="2026-12-04 12:00")
    assert not [each for each in asked(ben) if "noch gebraucht" in each]
    wind(to="2026-12-09 12:00")
    assert [each for each in asked(ben) if "noch gebraucht" in each]


def test_managers_choose_other_numbers_of_days_and_the_help_prints_them(
    ben: Say, carla: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    silent_since_november(ben, bot, wind)

    def shown(who: Say) -> str:
        who("auto")
        return who.press(calls="auto timetable")

    assert "after 5 working days: one reminder" in shown(chris)
    chris.press("Change when to ask")
    assert "Each step comes later" in chris.fill(reminder="3", deputy="3", manager="9")
    shown(chris)
    chris.press("Change when to ask")
    chris.fill(reminder="1", deputy="4", manager="9")
    assert "after 1 working day: one reminder" in shown(chris)
    assert "nach 4 Arbeitstagen: die Vertretung" in shown(ben)
    assert "[Fristen für Rückfragen]" not in shown(ben), "managers choose"
    wind(to="2027-01-04 12:00")
    assert not [each for each in asked(carla) if "noch gebraucht" in each]
    wind(to="2027-01-06 12:00")
    assert [each for each in asked(carla) if "noch gebraucht" in each], "after four, not ten"


def test_what_is_late_can_be_declared_as_an_incident_and_nothing_is_by_itself(
    ben: Say, bot: Stage, wind: Wind
) -> None:
    silent_since_november(ben, bot, wind)
    wind(to="2026-12-02 12:00")
    assert [each for each in asked(ben) if "erwartet und hat" in each]
    assert bot.rows("select number from incidents where workspace = :workspace") == []
    ben.press("Störung melden", about="erwartet und hat")
    (row,) = bot.rows("select title from incidents where workspace = :workspace")
    assert row == {"title": "Mail-Sortierung läuft nicht"}
