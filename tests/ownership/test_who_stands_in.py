"""The card about who left says who stands in for what, and what nobody does."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.engine.ids import PersonId
from tests.mandate.test_mandate import do
from tests.ownership.test_ownership import leaves
from tests.pretend import machines
from tests.pretend.stage import BERLIN, Say, Stage

SATURDAY = datetime(2026, 11, 28, 23, tzinfo=BERLIN)
MONDAY = datetime(2026, 11, 30, 12, tzinfo=BERLIN)
ALL = "Somebody stands in for all of it"


def card(chris: Say) -> str:
    return next(each for each in reversed(chris.sees()) if each.startswith("No longer active"))


def test_an_automation_without_its_people_has_nobody_and_asks_nobody(
    ben: Say, chris: Say, bot: Stage
) -> None:
    machines.enter(ben, accountable="ben", deputy="carla")
    (row,) = bot.rows("select id, name from automations where workspace = :workspace")
    leaves(bot, PersonId("ben"))
    assert "Nobody stands in" not in card(chris)
    leaves(bot, PersonId("carla"))
    told = card(chris)
    assert ALL not in told and row["name"] in told.partition("Nobody stands in")[2]
    before = {each.id: len(each.sees()) for each in (ben, Say(bot, "carla"))}
    said = do(chris, "auto ask", automation=row["id"])
    assert "Nobody who is active answers for" in said
    assert before == {each.id: len(each.sees()) for each in (ben, Say(bot, "carla"))}


def test_what_somebody_did_for_the_mandate_has_nobody(ben: Say, chris: Say, bot: Stage) -> None:
    do(chris, "mandate action", item="Angebote messen", who="ben", due="2026-12-04")
    ben.press(calls="mandate action accept")
    leaves(bot, PersonId("ben"))
    told = card(chris)
    assert ALL not in told and "Angebote messen" in told.partition("Nobody stands in")[2]
    assert "Carla (" in told, "what she stands in for is named"


def test_the_friction_of_an_area_stands_on_the_card_and_is_theirs_again(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    do(chris, "friction name", area="Versand", who="anna")
    anna.press(calls="friction accept")
    leaves(bot, PersonId("anna"))
    assert "Versand" in card(chris)
    assert "Anna (no longer active)" in do(chris, "friction answerers")
    leaves(bot, PersonId("anna"), active=True)
    assert "Back and in charge again: Anna" in chris.sees()[-1]
    assert "Versand: Anna\n" in do(chris, "friction answerers") + "\n"


def test_who_was_asked_for_an_area_and_left_is_asked_again_when_back(
    anna: Say, chris: Say, bot: Stage
) -> None:
    bot.wind(to=SATURDAY)
    do(chris, "friction name", area="Versand", who="anna")
    leaves(bot, PersonId("anna"))
    assert "Versand" in card(chris)
    leaves(bot, PersonId("anna"), active=True)
    bot.wind(to=MONDAY)
    assert sum("Versand" in each for each in anna.sees()) == 1
    anna.press(calls="friction accept")


def test_of_two_leavers_nothing_comes_beside_the_card(
    ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    bot.wind(to=SATURDAY)
    leaves(bot, PersonId("ben"))
    bot.wind(to=SATURDAY + timedelta(minutes=3))
    leaves(bot, PersonId("carla"))
    bot.wind(to=MONDAY + timedelta(days=1))
    assert not any("You stand in until" in each for each in chris.sees())


def stands_in(who: Say) -> list[str]:
    """Return what somebody has heard of standing in for who left."""
    said = ("You stand in until", "Du springst ein")
    return [each for each in who.sees() if any(words in each for words in said)]


def left_with_deputy(bot: Stage) -> None:
    """Ben leaves; Carla acts for what he was accountable for, then Chris would."""
    leaves(bot, PersonId("ben"))
    bot.wind(to=datetime(2026, 11, 24, 12, tzinfo=BERLIN))


def test_the_next_who_stands_in_hears_so_when_the_first_leaves_too(
    ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    left_with_deputy(bot)
    assert len(stands_in(carla)) == 1 and stands_in(chris) == []
    leaves(bot, PersonId("carla"))
    bot.wind(to=datetime(2026, 11, 26, 12, tzinfo=BERLIN))
    told = [each for each in stands_in(chris) if "Ben is no longer active." in each]
    assert len(told) == 1, chris.sees()
    rows = bot.rows(
        "select person, state from matters where workspace = :workspace and key = 'left:ben:acts'"
    )
    assert {each["person"] for each in rows if each["state"] != "settled"} == {"chris"}


def test_who_stands_in_for_who_stands_in_hears_so_while_they_are_away(
    anna: Say, ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    """Carla is away when Ben leaves at the weekend, and comes back after she was to be told."""
    do(carla, "cover", person="anna", start="2026-11-30", until="2026-12-04")
    (row,) = bot.rows("select id from covers where workspace = :workspace")
    do(anna, "cover confirm", cover=str(row["id"]))
    bot.wind(to=SATURDAY)
    leaves(bot, PersonId("ben"))
    bot.wind(to=MONDAY)
    assert len(stands_in(anna)) == 1, anna.sees()
    assert stands_in(carla) == [], "she is away"


def test_who_stood_in_and_left_is_nobody_s_line(
    ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    """Before she was told: it goes to the next one, in their own words, and once."""
    bot.wind(to=SATURDAY)
    leaves(bot, PersonId("ben"))
    bot.wind(to=SATURDAY + timedelta(hours=2))
    leaves(bot, PersonId("carla"))
    bot.wind(to=MONDAY)
    assert sum("Ben is no longer active." in each for each in stands_in(chris)) == 1
    assert stands_in(carla) == []


def agree(who: Say, cover: Say, start: str, until: str) -> str:
    """Let `cover` stand in for `who` from one day to another; return the cover's id."""
    said = do(who, "cover", person=cover.id, start=start, until=until)
    sql = "select id from covers where workspace = :workspace and person = :who and state = 'asked'"
    found = who.stage.rows(sql, who=who.id)
    assert len(found) == 1, said
    do(cover, "cover confirm", cover=str(found[0]["id"]))
    return str(found[0]["id"])


def also(who: Say) -> list[str]:
    """Return what somebody has heard of standing in because who did so is away."""
    words = ("you also stand in", "springst du auch")
    return [each for each in who.sees() if any(said in each for said in words)]


def test_the_second_who_stands_in_hears_so_when_the_first_was_told_and_goes_away_later(
    anna: Say, ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    left_with_deputy(bot)
    assert len(stands_in(carla)) == 1
    agree(carla, anna, "2026-11-26", "2026-11-27")
    bot.wind(to=datetime(2026, 11, 25, 12, tzinfo=BERLIN))
    assert also(anna) == [], "Carla is here still"
    bot.wind(to=datetime(2026, 11, 26, 12, tzinfo=BERLIN))
    (told,) = also(anna)
    assert "Carla is away until Fri 27 Nov. Until then you also stand in for Ben" in told
    assert also(chris) == [] and also(carla) == []


def test_of_whom_is_away_only_too(anna: Say, ben: Say, carla: Say, chris: Say, bot: Stage) -> None:
    """Ben is away, Carla stands in, and goes away later; then Anna, who stands in for her."""
    agree(ben, carla, "2026-11-24", "2026-12-04")
    first = agree(carla, anna, "2026-11-26", "2026-12-02")
    bot.wind(to=datetime(2026, 11, 26, 12, tzinfo=BERLIN))
    assert [each.count("Ben") for each in also(anna)] == [1]
    agree(anna, chris, "2026-11-27", "2026-11-27")
    bot.wind(to=datetime(2026, 11, 27, 12, tzinfo=BERLIN))
    (told,) = also(chris)
    assert "Ben" in told and "Carla" in told
    do(anna, "cover end", cover=first)
    rows = bot.rows("select state from matters where workspace = :workspace and key = :key",
                    key=f"cover:{first}:also")  # fmt: skip
    assert {each["state"] for each in rows} == {"settled"}


def test_whoever_stands_in_for_one_alone_hears_nothing_more(
    anna: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    agree(carla, anna, "2026-11-25", "2026-11-26")
    bot.wind(to=datetime(2026, 11, 30, 12, tzinfo=BERLIN))
    assert also(anna) == []


def test_it_is_over_with_the_absence(anna: Say, ben: Say, carla: Say, bot: Stage) -> None:
    left_with_deputy(bot)
    cover = agree(carla, anna, "2026-11-25", "2026-11-26")
    bot.wind(to=datetime(2026, 11, 27, 0, 30, tzinfo=BERLIN))
    rows = bot.rows("select state from matters where workspace = :workspace and key = :key",
                    key=f"cover:{cover}:also")  # fmt: skip
    assert [each["state"] for each in rows] == ["settled"]
