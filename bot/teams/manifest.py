"""The app package for Microsoft Teams, written from the program: what Teams' menus offer.

A zip of the manifest, its words in the other language, and two icons. It asks for no
permission beyond those of every bot: Lotse hears what mentions it, and looks people up
in the rosters of the places it is in.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.delivery.menus import (
    ADDRESS,
    NAME,
    SHORTCUT_WORDS,
    SLOGAN,
    SOMEWHERE,
    BadAddress,
    BadApp,
    about,
)
from bot.delivery.shortcuts import SHORTCUTS
from bot.teams.cards import ENTRA
from handlers import FEATURES
from handlers.kit.commands import Command, by_name
from handlers.kit.readers import folded
from handlers.kit.words import LANGUAGES, Sentence, _, text

Json = dict[str, Any]

VERSION = "1.22"  # of Teams' schema
SCHEMAS = f"https://developer.microsoft.com/json-schemas/teams/v{VERSION}"
ICONS = Path(__file__).parent / "icons"
COLOUR = "#17456b"
SCOPES = ("personal", "team", "groupChat")
OFFERED = (  # what Teams offers while somebody writes to Lotse; it takes ten
    "incident", "ack", "update", "restored", "incidents", "who", "friction", "feedback",
    "status", "help",
)  # fmt: skip
SEARCH = "search"
SEARCH_WORDS: tuple[Sentence, Sentence] = (
    _("Open incidents"),
    _("Find an open incident by its number or its words, and show its card."),
)
NUMBER = re.compile(r"\d{1,5}(\.\d{1,5}){2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that Teams shows about the app; each company has its own."""

    website: str = SOMEWHERE
    privacy: str = f"{SOMEWHERE}/privacy"
    terms: str = f"{SOMEWHERE}/terms"


def package(
    app: str, language: str, links: Links | None = None, address: str = "", release: str = "1.0.0"
) -> bytes:
    """Return the zip, the same bytes each time. `address` is where Teams reaches Lotse, if known.

    `release` is a number such as 1.0.1: Teams takes a changed package only under a higher one.
    Raises `BadApp` and `BadAddress`.
    """
    links = links or Links()
    made: dict[str, bytes] = {
        "manifest.json": _written(manifest(app, language, links, address, release)),
        **{f"{each}.json": _written(other(each)) for each in LANGUAGES if each != language},
        **{f"{each}.png": (ICONS / f"{each}.png").read_bytes() for each in ("color", "outline")},
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as file:
        for name, data in made.items():
            info = zipfile.ZipInfo(name)  # as old as a zip may be, so that equal bytes come out
            info.external_attr = 0o644 << 16
            info.create_system = 3
            file.writestr(info, data)
    return written.getvalue()


def manifest(app: str, language: str, links: Links, address: str, release: str) -> Json:
    """Return the manifest, with the words of one language."""
    if not ENTRA.fullmatch(app):
        raise BadApp(
            f"--app-id: “{app}” does not fit; it takes the application (client) id of the app "
            "registration, such as 1b2c3d4e-0000-4000-8000-000000000000."
        )
    if not NUMBER.fullmatch(release):
        raise BadApp(f"--release: “{release}” does not fit; it takes a number such as 1.0.1.")
    return {
        "$schema": f"{SCHEMAS}/MicrosoftTeams.schema.json",
        "manifestVersion": VERSION,
        "version": release,
        "id": app.lower(),
        "developer": {
            "name": NAME,
            "websiteUrl": _https("--website", links.website),
            "privacyUrl": _https("--privacy", links.privacy),
            "termsOfUseUrl": _https("--terms", links.terms),
        },
        "name": {"short": NAME, "full": _full(language)},
        "description": {"short": text(SLOGAN, language), "full": text(about(), language)},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": COLOUR,
        "localizationInfo": {
            "defaultLanguageTag": language,
            "additionalLanguages": [
                {"languageTag": each, "file": f"{each}.json"}
                for each in LANGUAGES
                if each != language
            ],
        },
        "bots": [
            {
                "botId": app.lower(),
                "scopes": list(SCOPES),
                "commandLists": [{"scopes": list(SCOPES), "commands": _commands(language)}],
            }
        ],
        "composeExtensions": [{"botId": app.lower(), "commands": _extensions(language)}],
        "validDomains": _domains(address),
        "defaultInstallScope": "team",
        "defaultGroupCapability": {"team": "bot", "groupchat": "bot"},
    }


def other(language: str) -> Json:
    """Return the file that puts the manifest into another language."""
    words = {
        "name.short": NAME,
        "name.full": _full(language),
        "description.short": text(SLOGAN, language),
        "description.full": text(about(), language),
    }
    for place, commands in (
        ("bots[0].commandLists[0]", _commands(language)),
        ("composeExtensions[0]", _extensions(language)),
    ):
        for n, each in enumerate(commands):
            words |= {f"{place}.commands[{n}].{key}": each[key] for key in ("title", "description")}
            for m, parameter in enumerate(each.get("parameters", [])):
                at = f"{place}.commands[{n}].parameters[{m}]"
                words |= {f"{at}.{key}": parameter[key] for key in ("title", "description")}
    return {"$schema": f"{SCHEMAS}/MicrosoftTeams.Localization.schema.json", **words}


def _commands(language: str) -> list[Json]:
    return [
        {"title": folded(each.word(language)), "description": text(each.help, language)}
        for each in map(_command, OFFERED)
    ]


def _extensions(language: str) -> list[Json]:
    """Return the shortcuts, beside a message or where one writes, and the search."""
    shortcuts = [
        {
            "id": id,
            "type": "action",
            "title": text(SHORTCUT_WORDS[id][0], language),
            "description": text(SHORTCUT_WORDS[id][1], language),
            "context": ["message"] if fills else ["compose", "commandBox"],
            "fetchTask": True,
        }
        for id, (_word, fills) in SHORTCUTS.items()
    ]
    title, what = (text(each, language) for each in SEARCH_WORDS)
    parameter = {"name": "words", "title": title, "description": what, "inputType": "text"}
    return [
        *shortcuts,
        {
            "id": SEARCH,
            "type": "query",
            "title": title,
            "description": what,
            "context": ["compose", "commandBox"],
            "initialRun": True,
            "parameters": [parameter],
        },
    ]


def _full(language: str) -> str:
    return text(_("Lotse: incidents, friction, digest"), language)


def _domains(address: str) -> list[str]:
    return [str(urlsplit(_https("--url", address)).hostname)] if address else []


def _https(option: str, address: str) -> str:
    found = ADDRESS.fullmatch(address.strip())
    if found is None:
        raise BadAddress(
            f"{option}: “{address}” does not fit; it takes an address such as {SOMEWHERE}."
        )
    return found[0]


def _command(word: str) -> Command:
    command = by_name(word, FEATURES)
    assert command is not None, word
    return command


def _written(data: Json) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()
