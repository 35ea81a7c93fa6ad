"""`status` shows what is held back for whoever acts: theirs, and that of whom they cover."""

from __future__ import annotations

from handlers.attention import matters
from handlers.kit.commands import call as called
from handlers.kit.messages import Button, line
from storage.engine.ids import PersonId
from tests.attention.test_leavers import note
from tests.pretend.stage import Say, Stage

BUTTON = Button("Yes", called("status"))


def covered(ben: Say, carla: Say) -> None:
    carla("vertreten ben heute bis 10.12.2026")
    ben.press(calls="cover confirm")


def test_all_of_a_bundle_is_shown_to_who_stands_in(ben: Say, carla: Say, bot: Stage) -> None:
    covered(ben, carla)
    for number in range(14):
        note(bot, "carla", f"m{number}", f"About m{number}.")
    bot.wind(minutes=60 * 24)
    assert "2 weitere" in ben.sees()[-1]
    shown = ben.press("Alles zeigen")
    assert "About m12." in shown and "About m13." in shown


def test_what_they_alone_can_answer_is_shown_to_nobody_else(
    ben: Say, carla: Say, bot: Stage
) -> None:
    covered(ben, carla)
    who = PersonId("carla")
    bot.inside(lambda ctx: matters.note(ctx, who, "p", "Hers alone.", BUTTON, personal=True))
    bot.inside(lambda ctx: matters.note(ctx, who, "s", "A tap.", BUTTON, survey=True))
    bot.inside(lambda ctx: matters.note(ctx, who, "m", "A matter.", BUTTON))
    shown = ben("stand")
    assert "A matter." in shown and "Hers alone." not in shown and "A tap." not in shown
    assert "Hers alone." in carla("stand")


def test_a_question_that_waits_stands_there_for_who_stands_in(
    ben: Say, carla: Say, bot: Stage
) -> None:
    covered(ben, carla)
    bot.wind(minutes=60 * 13)  # late in the evening
    bot.inside(lambda ctx: matters.ask(ctx, PersonId("carla"), "q", line("Needed?", BUTTON)))
    assert "Needed?" in ben("stand")
