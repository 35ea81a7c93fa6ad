"""Everything that can be done in Slack can be done in Teams, or it is written here why not."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from bot.delivery import menus
from bot.slack import blocks as slack_blocks
from bot.teams import cards as teams_cards
from bot.teams import connector as teams_connector
from bot.teams import dialogs as teams_dialogs
from bot.teams import manifest as teams_manifest
from bot.teams import sender as teams_sender
from handlers import FEATURES
from handlers.kit.commands import Command, all_commands, by_name, vocabulary
from handlers.kit.messages import Button, Call, Field, FieldKind, Form, line
from handlers.kit.readers import folded
from handlers.kit.words import LANGUAGES
from storage.engine.ids import PlaceId
from tests.pretend import adaptive_card
from tests.slack.test_manifest import METHODS

EDGE = Path(teams_sender.__file__).parent
APP = "1b2c3d4e-0000-4000-8000-000000000000"
COMMANDS = tuple(all_commands(FEATURES))

# What Slack tells us of, and by what Teams does (a word of bot/teams/ that hears it).
TWINS = {
    "app_mention": "addressed",
    "message.im": "personal",
    "member_joined_channel": "installation_update",
    "app_uninstalled": "remove-upgrade",
}
EXCEPTIONS = {
    "app_home_opened": "Teams has no home tab without a web page of our own; status, incidents "
    "and settings show the same in the personal chat",
    "channel_unarchive": "Teams tells nobody; the next message that arrives there, or a word "
    "from there, brings what waited",
    "group_unarchive": "as for channels: the next success, or a word from there, brings it",
    "tokens_revoked": "credentials belong to us there; a refused token is noticed when it is used",
    "user_change": "the roster is looked at again after a quarter of an hour, and who leaves "
    "their last place counts as gone",
}
# What we ask of Slack, and what does the same in Teams: a call of its connector, or an answer.
DOES = {
    "auth.test": "Tokens",
    "chat.postMessage": "post",
    "chat.update": "put",
    "users.info": "member",
    "views.open": "dialog",
    "views.push": "dialog",
    "views.update": "answer_dialog",
}
ROOMS = (
    "a channel of its own would take a permission, and Lotse asks Teams for none; the form says so"
)
NOT_DONE = {
    "chat.postEphemeral": "a message there has no single reader; the personal chat takes its place",
    "api.test": "whether the connector answers is asked of it by a look at a roster (knock)",
    "conversations.history": "Teams lets nobody read what was said; an uncertain card stays so",
    "views.publish": EXCEPTIONS["app_home_opened"],
    "oauth.v2.access": "an administrator of Teams adds the app; there is nothing to exchange",
    "files.getUploadURLExternal": "a picture is part of the card itself, so no file is uploaded",
    "files.completeUploadExternal": "a picture is part of the card itself, so no file is uploaded",
    "conversations.create": ROOMS,
    "conversations.rename": ROOMS,
    "conversations.setTopic": ROOMS,
    "conversations.invite": ROOMS,
    "conversations.archive": ROOMS,
}


def test_all_that_we_do_in_slack_is_done_in_teams_or_excused() -> None:
    assert set(METHODS) == set(DOES) | set(NOT_DONE)
    assert all(len(reason) > 40 for reason in NOT_DONE.values())
    there = {*vars(teams_sender), *vars(teams_connector), *vars(teams_connector.Connector)}
    there |= {*vars(teams_dialogs)}
    assert set(DOES.values()) <= there
    rooms = by_name("settings rooms", FEATURES)
    assert rooms is not None and "In Teams there are none" in str(rooms.parameters[0].ask.hint)


def test_all_that_slack_tells_us_of_is_told_by_teams_or_excused() -> None:
    assert set(menus.EVENTS) == set(TWINS) | set(EXCEPTIONS)
    assert all(len(reason) > 40 for reason in EXCEPTIONS.values())
    sources = sorted(EDGE.rglob("*.py"))
    assert len(sources) > 10, "the rule looks at nothing"
    source = "".join(each.read_text(encoding="utf-8") for each in sources)
    assert [word for word in TWINS.values() if word not in source] == []
    # The excuse for the home tab names commands that show what it shows.
    assert {"status", "incidents", "settings"} <= set(vocabulary(FEATURES))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shortcut_and_slash_command_has_its_twin(language: str) -> None:
    ours = menus.manifest(language)["features"]
    links = teams_manifest.Links()
    theirs = teams_manifest.manifest(APP, language, links, "", "1.0.0")
    extensions = {each["id"]: each["title"] for each in theirs["composeExtensions"][0]["commands"]}
    for each in ours["shortcuts"]:
        assert extensions[each["callback_id"]] == each["name"]
    [offered] = theirs["bots"][0]["commandLists"]
    words = {each["title"] for each in offered["commands"]}
    slashes = {each["command"].removeprefix("/") for each in ours["slash_commands"]}
    assert {folded(each) for each in slashes - {"lotse"}} <= {folded(each) for each in words}


@pytest.mark.parametrize("command", COMMANDS, ids=[each.name for each in COMMANDS])
def test_a_button_of_every_command_works_in_both(command: Command) -> None:
    """A whole call is carried out; one that lacks a value opens a form, in Teams a dialog."""
    needed = [each.name for each in command.parameters if each.required]
    for args in ({}, dict.fromkeys(needed, "1")):
        call = Call(command.name, args)
        shown = line(("x",), Button(("Go",), call))
        [block] = [each for each in slack_blocks.render(shown) if each["type"] == "actions"]
        assert slack_blocks.button_call(block["elements"][0]) == call
        card = teams_cards.card(shown)
        assert adaptive_card.mistakes(card) == []
        [made] = card["body"][-1]["actions"]
        assert teams_cards.call_of(made["data"]) == call
        opens = "task/fetch" in str(made["data"].get("msteams"))
        assert opens == (command.asks or bool(needed and not args))


@pytest.mark.parametrize("kind", FieldKind)
def test_every_kind_of_question_can_be_asked_in_both(kind: FieldKind) -> None:
    field = Field("it", ("It",), kind, choices=(("a", ("A",)), ("b", ("B",))))
    form = Form(("Form",), Call("x"), (field,), ("Go",))
    asked = slack_blocks.view(form, "{}", "Close")["blocks"][-1]["element"]["type"]
    card = teams_dialogs.dialog(form, PlaceId(""), "en")["task"]["value"]["card"]["content"]
    twin = card["body"][0]
    assert ("select" in asked) == (twin["type"] == "Input.ChoiceSet"), (asked, twin["type"])


def test_a_command_that_answers_with_a_form_says_so() -> None:
    """Else its button in Teams would need a second one, which opens the form."""
    answers = {each.name for each in COMMANDS if "Reply(form=" in inspect.getsource(each.run)}
    assert answers == {each.name for each in COMMANDS if each.asks}
    assert teams_cards.opens_form(Call("point", {"number": "1"}))
