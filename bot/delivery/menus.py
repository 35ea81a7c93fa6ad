"""Slack's app manifest, written from the program: its commands, shortcuts, events and scopes."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.delivery.shortcuts import SHORTCUTS
from handlers import FEATURES
from handlers.kit.commands import Command, by_name
from handlers.kit.readers import folded
from handlers.kit.words import Sentence, _, text

NAME = "Lotse"
COMMAND = "/lotse"
DIRECT = ("incident", "friction", "feedback")  # words that are slash commands of their own
HINTED = ("incident", "friction", "status", "help")  # words in the usage hint of /lotse
ROUTE = "/slack/events"
BACK = "/slack/oauth_redirect"  # where a browser comes back to that installs the app
SOMEWHERE = "https://lotse.example.com"  # stands where no address was given
SLOGAN = _("Incidents get somebody who looks after them, and what is in the way gets heard.")
ADDRESS = re.compile(r"https://[\w.-]+\w(:\d{1,5})?(/[\w./~-]*)?", re.ASCII)

SCOPES = {
    # The least that works, each with its reason (docs/slack.md shows this table).
    "app_mentions:read": "hear “@Lotse …” in channels that Lotse was invited to",
    "channels:read": "be told that Lotse was invited to a channel",
    "chat:write": "answer, post cards and edit them, where Lotse was invited",
    "commands": "slash commands and shortcuts",
    "groups:read": "be told that Lotse was invited to a private channel",
    "im:history": "read what people write to Lotse directly",
    "users:read": "names, languages and time zones; who is a guest, an administrator or gone",
}
# Asked for only where incidents shall have channels of their own (`--channels`).
ROOM_SCOPES = {"channels:manage": "make, name and archive channels for incidents"}
# Asked for only where the weekly picture shall be shared below the digest (`--pictures`).
PICTURE_SCOPES = {"files:write": "share the picture of twelve weeks below the weekly digest"}
EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_unarchive",
    "group_unarchive",
    "member_joined_channel",
    "message.im",
    "tokens_revoked",
    "user_change",
)
SHORTCUT_WORDS: dict[str, tuple[Sentence, Sentence]] = {
    # callback id -> name in Slack's menus, and what it does
    "report": (_("Report as incident"), _("Declare an incident, in a form.")),
    "note": (_("Note what is in the way"), _("Note what gets in the way, in a form.")),
    "report_message": (_("Report as incident"), _("Declare what this message says.")),
    "note_message": (_("Note what is in the way"), _("Note what this message says.")),
    "belongs_message": (_("Belongs to …"), _("Add this message to an incident.")),
}


class BadAddress(ValueError):
    """A platform cannot use this address; the text says what would do."""


class BadApp(ValueError):
    """An app's id or number does not fit; the text says what would do."""


def scopes(*, rooms: bool, pictures: bool = False) -> list[str]:
    """Return what Slack is asked for, with what channels and pictures need, or without."""
    return sorted(
        {**SCOPES, **(ROOM_SCOPES if rooms else {}), **(PICTURE_SCOPES if pictures else {})}
    )


def written(
    language: str,
    address: str = "",
    install: str = "",
    *,
    rooms: bool = False,
    pictures: bool = False,
) -> str:
    """Return the manifest as JSON; without an address it is one for Socket Mode."""
    made = manifest(language, address, install, rooms=rooms, pictures=pictures)
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def manifest(
    language: str,
    address: str = "",
    install: str = "",
    *,
    rooms: bool = False,
    pictures: bool = False,
) -> dict[str, Any]:
    """Return the manifest. `address` is where Slack reaches Lotse; "" means Socket Mode.

    With `install`, companies install the app by themselves: that is where their browsers
    come back to. With `rooms` it lets Lotse make channels for incidents, with
    `pictures` share the weekly one. Raises `BadAddress`.
    """
    back = {"redirect_urls": [f"{base(install)}{BACK}"]} if install else {}
    url = {"url": endpoint(address)} if address else {}
    request_url = {"request_url": endpoint(address)} if address else {}
    search = {"message_menu_options_url": endpoint(address)} if address else {}
    return {
        "display_information": {
            "name": NAME,
            "description": text(SLOGAN, language),
            "long_description": text(about(), language),
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "shortcuts": [_shortcut(id, language) for id in SHORTCUTS],
            "slash_commands": [{**each, **url} for each in _commands(language)],
        },
        "oauth_config": {**back, "scopes": {"bot": scopes(rooms=rooms, pictures=pictures)}},
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **request_url, **search},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not address,
            "token_rotation_enabled": False,
        },
    }


def endpoint(address: str) -> str:
    """Return where Slack sends everything, from Lotse's public address."""
    return f"{base(address)}{ROUTE}"


def base(address: str) -> str:
    """Return Lotse's public address, also from one of the addresses behind it."""
    found = ADDRESS.fullmatch(address.strip())
    if found is None:
        raise BadAddress(
            f"“{address}” does not fit; it takes Lotse's public address, such as {SOMEWHERE}."
        )
    return found[0].rstrip("/").removesuffix(ROUTE).removesuffix(BACK)


def about() -> Sentence:
    """Return what Lotse is, for a platform's directory of apps."""
    return _(
        "One line declares an incident, and exactly one accountable person is "
        "alerted. If nobody answers, the alert goes on to the next. People note "
        "what gets in the way, and say with one tap whether a pilot helps. "
        "Monday's digest shows what came back, what nobody uses and what is "
        "undecided. Lotse counts processes, never people."
    )


def _commands(language: str) -> list[dict[str, Any]]:
    hint = " | ".join([_command(word).word(language) for word in HINTED])
    about = text(_("Everything that Lotse can do; alone it shows a menu."), language)
    return [
        _slash(COMMAND, about, f"[{hint}]"),
        *(_direct(_command(word), language) for word in DIRECT),
    ]


def _direct(command: Command, language: str) -> dict[str, Any]:
    _word, _space, usage = command.usage(language).partition(" ")
    return _slash(f"/{folded(command.word(language))}", text(command.help, language), usage)


def _slash(name: str, about: str, usage: str) -> dict[str, Any]:
    # Escaped, so that we see who was named; the rest is turned back into what was typed.
    return {
        "command": name,
        "description": about,
        "usage_hint": usage,
        "should_escape": True,
    }


def _shortcut(id: str, language: str) -> dict[str, Any]:
    _word, fills = SHORTCUTS[id]
    name, about = SHORTCUT_WORDS[id]
    return {
        "name": text(name, language),
        "type": "message" if fills else "global",
        "callback_id": id,
        "description": text(about, language),
    }


def _command(word: str) -> Command:
    command = by_name(word, FEATURES)
    assert command is not None, word
    return command
