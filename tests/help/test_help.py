"""What waits for one person, on one screen."""

from __future__ import annotations

import pytest

from handlers.kit.commands import all_commands
from tests.pretend.stage import Say, Stage, plain


def test_home_says_how_much_more_waits(anna: Say, bot: Stage) -> None:
    def home() -> str:
        seen = bot.run(bot.dispatcher.look(bot.workspace, "local:chris", "home"))
        assert seen is not None and seen.message is not None
        return plain(seen.message)

    for floor in range(5):
        anna(f"incident Licht flackert im Stock {floor}")
    assert "[Show all]" not in home()
    anna("incident Licht ist aus")
    anna("incident Licht ist noch aus")
    assert "and 2 more\n[Show all]" in home()


def test_everything_that_waits_has_its_buttons_page_by_page(
    bot: Stage, anna: Say, ben: Say
) -> None:
    for n in range(7):
        anna(f"incident Kasse {n} tot")
    first = ben("stand")
    assert first.splitlines()[0] == "7 Sachen warten auf dich"
    assert first.count("[Ich kümmere mich]") == 5
    second = ben.press("2 weitere zeigen")
    assert second.count("[Ich kümmere mich]") == 2 and "INC-7" in second


def test_managers_see_the_whole_area_from_there(bot: Stage, anna: Say, chris: Say) -> None:
    anna("incident Kasse tot")
    assert chris("status").endswith("[The whole area]")
    assert "[Incidents: 1]" in chris.press("The whole area")
    assert "whole area" not in anna("status")


@pytest.mark.parametrize(
    "typed", ["status all", "stand gesamt", "Stand alles", "/lotse status all"]
)
def test_the_whole_area_can_be_typed_as_well_as_pressed(chris: Say, anna: Say, typed: str) -> None:
    """The same table behind the button and the words; what everybody may read refuses nobody."""
    chris("status")
    whole = chris.press("The whole area")
    assert chris(typed) == whole
    for each in ("Incidents: ", "Problems", "Pilots: ", "Automations: "):
        assert each in whole
    assert anna(typed) == whole


def test_status_shows_what_waits_for_me(anna: Say, ben: Say) -> None:
    anna("incident Kasse tot")
    assert ben("stand").splitlines()[0] == "1 Sache wartet auf dich"
    assert ben.press("Ich kümmere mich").startswith("Du kümmerst dich")
    assert anna("status") == "Nothing is waiting for you right now."


def test_a_command_does_not_name_itself_among_its_other_names(
    bot: Stage, anna: Say, ben: Say
) -> None:
    shown = [each for each in all_commands(bot.dispatcher.features) if not each.hidden]
    assert len(shown) > 20
    for say, language, label in ((anna, "en", "Also: "), (ben, "de", "Auch: ")):
        named = 0
        for command in shown:
            page = say(f"{'help' if language == 'en' else 'hilfe'} {command.word(language)}")
            also = [each for each in page.splitlines() if each.startswith(label)]
            others = also[0].removeprefix(label).split(", ") if also else []
            assert command.word(language) not in others and "" not in others, page
            assert len(others) == len(set(others)), page
            named += len(others)
        assert named > len(shown) / 2
