"""Settings of the whole company."""

from __future__ import annotations

from bot.delivery.requests import Request
from storage.engine.ids import PlaceId
from tests.pretend.stage import Say, Stage, plain


def test_a_channel_is_chosen_from_wherever_its_settings_are_read(chris: Say, bot: Stage) -> None:
    chris("settings", at="leitung")
    call = next(each.button.call for each in chris.buttons() if "place" in each.button.call.word)
    # In Teams the answer to what was asked in a channel stands in the personal chat.
    elsewhere = Request(
        "pressed", bot.workspace, "local:chris", "Chris", PlaceId("local:@chris"), call=call
    )
    answer = bot.handle(elsewhere)
    assert answer.message is not None
    assert plain(answer.message) == "#leitung is for incidents and their cards now."


def test_managers_name_and_remove_managers_and_they_are_told(chris: Say, ben: Say) -> None:
    chris("settings")
    chris.press("Add a manager")
    assert chris.fill(person="ben") == "Ben is a manager now, too."
    assert ben.sees()[-1].startswith("Chris bittet dich, auch zur Leitung zu gehören.")
    ben("einstellungen")
    ben.press(calls="settings manager remove")
    assert ben.fill(person="chris") == "Chris gehört nicht mehr zur Leitung."
    assert chris.sees()[-1] == (
        "You are no longer a manager; Ben has changed that. Thank you for your help."
    )
    assert chris("settings").startswith("Managers do this here.")


def test_the_last_manager_stays(chris: Say) -> None:
    chris("settings")
    chris.press("Remove a manager")
    assert "is the only manager" in chris.fill(person="chris")
    assert "Managers: Chris" in chris("settings")
