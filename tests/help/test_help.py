"""What waits for one person, on one screen."""

from __future__ import annotations

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


def test_status_shows_what_waits_for_me(anna: Say, ben: Say) -> None:
    anna("incident Kasse tot")
    assert ben("stand").splitlines()[0] == "1 Sache wartet auf dich"
    assert ben.press("Ich kümmere mich").startswith("Du kümmerst dich")
    assert anna("status") == "Nothing waits for you."
