"""What is held back after a backup was loaded, in words, and the ways to let it go."""

from __future__ import annotations

import re
from enum import StrEnum

from handlers.kit.messages import Text, Title, load
from handlers.kit.words import Words, _, flat, shortened
from storage.engine.ids import PlaceId
from storage.operations.hold import Held

LINE = 120  # characters of one message

KINDS: dict[str, Words] = {
    "alarm": _("Alarm"),
    "note": _("Note"),
    "card": _("Card"),
    "digest": _("Digest"),
}


WEEK = re.compile(r"\d{4}-W\d\d")
FAMILIES: dict[str, Words] = {  # of what is planned, by the beginning of its key
    "digest": _("Weekly digest"),
    "automation": _("Automations"),
    "pilot": _("Pilots"),
    "mandate": _("Mandate"),
    "stop": _("Stop list"),
    "action": _("Who does what by when"),
    "bottleneck": _("What holds us up"),
    "bundle": _("Bundled message"),
    "person": _("Somebody left"),
}


class Choice(StrEnum):
    """What goes out of what was held."""

    ALL = "all"
    ALARMS = "alarms"
    NOTHING = "nothing"


CHOICES: dict[str, Words] = {
    Choice.ALARMS: _("Alarms of open incidents"),
    Choice.ALL: _("All that is held"),
    Choice.NOTHING: _("Nothing of it"),
}


def held_line(each: Held) -> Words:
    """Write one line of what would have gone out."""
    if each.what == "due":
        return _("Was due {at}: {what}", at=each.at, what=_timer_words(each.key))
    return _(
        "{kind} of {at} to {place}: {text}",
        kind=KINDS.get(each.kind, each.kind),
        at=each.at,
        place=each.where or _called(each.place),
        text=first_line(each.message),
    )


def _called(place: PlaceId) -> Words:
    """Return how a place is told that has no name for people; ids of people are none."""
    id = place.partition(":")[2] or place
    return _("“name not shown”") if id.startswith("@") else id


def _timer_words(key: str) -> Words:
    """Return what was planned under a key, such as `incident:7:climb` or `digest:2026-W48`."""
    family, _colon, rest = key.partition(":")
    about = rest.partition(":")[0]
    match family:
        case "incident":
            return f"INC-{about}"
        case "problem":
            return f"PRB-{about}"
        case "digest" if WEEK.fullmatch(about):
            return _("Weekly digest, week {number}", number=int(about[-2:]))
        case _:
            return FAMILIES.get(family, family)


def first_line(message: str) -> str:
    """Return what a stored message says first."""
    for part in load(message).parts if message else ():
        if isinstance(part, (Title, Text)):
            return shortened(flat(part.words), LINE)
    return "…"
