"""What was to be told to somebody who left: theirs alone ends or moves, what others hear stays."""

from __future__ import annotations

from datetime import datetime

from handlers.attention import matters
from handlers.kit.commands import call as called
from handlers.kit.messages import Button
from storage.engine.ids import PersonId
from tests.ownership.test_ownership import leaves
from tests.pretend.stage import BERLIN, Say, Stage

MORNING = datetime(2026, 11, 23, 10, tzinfo=BERLIN)  # a Monday


def note(bot: Stage, person: str, key: str, words: str, *, survey: bool = False) -> None:
    button = Button("Yes", called("status"))
    bot.inside(lambda ctx: matters.note(ctx, PersonId(person), key, words, button, survey=survey))


def states(bot: Stage, key: str) -> dict[str, str]:
    rows = bot.rows("select person, key, state from matters where workspace = :workspace")
    return {row["person"]: row["state"] for row in rows if row["key"] == key}


def test_a_tap_that_several_are_asked_for_ends_with_the_leaver_alone(
    ben: Say, carla: Say, bot: Stage
) -> None:
    bot.wind(to=MORNING)
    for person in ("ben", "carla", "anna"):
        note(bot, person, "relief:x:2026-W48", "Relief?", survey=True)
    leaves(bot, PersonId("ben"))
    assert states(bot, "relief:x:2026-W48") == {"ben": "settled", "carla": "open", "anna": "open"}
    bot.wind(to=datetime(2026, 11, 24, 12, tzinfo=BERLIN))
    assert "Relief?" in carla.sees()[-1]


def test_what_two_were_to_hear_ends_with_the_leaver_and_is_told_once(
    ben: Say, chris: Say, bot: Stage
) -> None:
    bot.wind(to=MORNING)
    for person in ("ben", "chris"):
        note(bot, person, "quiet:1", f"It is quiet, {person}.")
    leaves(bot, PersonId("ben"))
    assert states(bot, "quiet:1") == {"ben": "settled", "chris": "open"}
    bot.wind(to=datetime(2026, 11, 24, 12, tzinfo=BERLIN))
    assert sum("It is quiet" in each for each in chris.sees()) == 1
