"""Settings of the whole company."""

from __future__ import annotations

from bot.delivery.requests import Request
from tests.pretend.stage import Say, Stage, plain


def test_a_channel_is_chosen_from_wherever_its_settings_are_read(chris: Say, bot: Stage) -> None:
    chris("settings", at="leitung")
    call = next(each.button.call for each in chris.buttons() if "place" in each.button.call.word)
    # In Teams the answer to what was asked in a channel stands in the personal chat.
    elsewhere = Request("pressed", bot.workspace, "local:chris", "Chris", "local:@chris", call=call)
    answer = bot.handle(elsewhere)
    assert answer.message is not None
    assert plain(answer.message) == "#leitung is for incidents and their cards now."
