"""After a backup was loaded: what of before the restore goes out is said by a person."""

from __future__ import annotations

from datetime import datetime
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
)
from handlers.kit.readers import ChoiceReader
from handlers.kit.words import Words, _, _n
from handlers.operations.held import CHOICES, Choice, held_line
from storage.operations import hold

feature = Feature(_("After a backup was loaded"))

SHOWN = 30  # lines of the list


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
        parts.append(Items(tuple(held_line(each) for each in waiting[:SHOWN])))
        if len(waiting) > SHOWN:
            more = len(waiting) - SHOWN
            parts.append(Text(_n("and {n} more", "and {n} more", more), small=True))
    else:
        parts.append(Text(_("Nothing would have gone out.")))
    parts.append(Buttons(buttons() if waiting else (_end(),)))
    return Reply(Message(tuple(parts)), secret=True)


def _end() -> Button:
    """Return what ends a hold in which nothing waits: there is nothing to choose."""
    return Button(_("End it"), call("held release", choice=Choice.NOTHING))


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
def forget_holds(ctx: Context, before: datetime) -> int:
    """Delete holds that ended a year ago."""
    return hold.forget(ctx.tx, before)
