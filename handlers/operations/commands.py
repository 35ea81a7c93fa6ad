"""After a backup was loaded: what of before the restore goes out is said by a person."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from handlers import rights
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Items,
    Message,
    Part,
    Reply,
    Text,
    Title,
    line,
    load,
)
from handlers.kit.readers import ChoiceReader
from handlers.kit.words import Words, _, _n, flat, shortened
from storage.operations import hold
from storage.operations.hold import Held

feature = Feature(_("After a backup was loaded"))

SHOWN = 30  # lines of the list
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


@feature.command(
    "held",
    "zurückgehalten",
    help=_("What is held back since a backup was loaded, and what of it goes out."),
    reads=True,
    needs="settings",
)
def show(ctx: Context) -> Reply:
    found = hold.current(ctx.tx)
    if found is None:
        return Reply(line(_("Nothing is held back.")))
    waiting = hold.listed(ctx.tx, ctx.now)
    facts: list[tuple[Words, Words]] = [(_("Loaded"), _("{at}", at=found.restored_at))]
    if found.taken_at is not None:
        facts.append((_("Copy of"), _("{at}", at=found.taken_at)))
    parts: list[Part] = [
        Title(_("Held back since the backup was loaded")),
        Facts(tuple(facts)),
        Text(_("Nothing from before goes out until you say so. What is new goes out as ever.")),
    ]
    if waiting:
        parts.append(Items(tuple(said(each) for each in waiting[:SHOWN])))
        if len(waiting) > SHOWN:
            more = len(waiting) - SHOWN
            parts.append(Text(_n("and {n} more", "and {n} more", more), small=True))
    else:
        parts.append(Text(_("Nothing would have gone out.")))
    parts.append(Buttons(buttons()))
    return Reply(Message(tuple(parts)), secret=True)


def said(each: Held) -> Words:
    """Write one line of what would have gone out."""
    if each.what == "due":
        return _("Was due {at}: {what}", at=each.at, what=_planned(each.key))
    return _(
        "{kind} of {at} to {place}: {text}",
        kind=KINDS.get(each.kind, each.kind),
        at=each.at,
        place=each.place.partition(":")[2] or each.place,
        text=first_line(each.message),
    )


def _planned(key: str) -> Words:
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


def buttons() -> tuple[Button, ...]:
    """Return the three ways to end a hold."""
    return tuple(
        Button(label, call("held release", choice=choice)) for choice, label in CHOICES.items()
    )


@feature.command(
    "held release",
    "zurückgehalten freigeben",
    help=_("Say what of what is held back goes out."),
    hidden=True,
    needs="settings",
)
def release(
    ctx: Context,
    choice: Annotated[Choice, ChoiceReader(Choice, CHOICES, {}), Ask(_("What goes out?"))],
) -> Reply:
    if not hold.release(ctx.tx, choice, ctx.now):
        raise Refusal(_("Nothing is held back any more."))
    words = {
        Choice.ALL: _("All of it goes out now."),
        Choice.ALARMS: _("The alarms of open incidents go out now, nothing else of before."),
        Choice.NOTHING: _("Nothing of before goes out. Open incidents stand under “incidents”."),
    }
    return Reply(line(words[choice]), subject=f"hold {choice}")


@feature.waits(5)
def waiting_here(ctx: Context) -> list[Task]:
    """Return for managers that something is held back."""
    if not rights.may("settings", rights.general(ctx)):
        return []
    found = hold.current(ctx.tx)
    if found is None:
        return []
    words = _("Lotse runs on a backup; what is older is held back.")
    shown = Button(_("Show what is held back"), call("held"))
    return [Task(words, (shown,), since=found.restored_at, first=True)]


@feature.keeps(
    "holds", what=_("Holding back after a backup was loaded"), days=365, then=_("deleted")
)
def kept(ctx: Context, before: datetime) -> int:
    """Delete holds that ended a year ago."""
    return hold.forget(ctx.tx, before)
