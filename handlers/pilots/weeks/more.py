"""What else belongs to a pilot: its steps, what was improved, what is for later."""

from __future__ import annotations

from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Text, Title
from handlers.kit.words import _
from handlers.pilots.weeks import progress
from handlers.pilots.weeks.kinds import CHANGES, KINDS
from storage.pilots import Pilot, log
from storage.pilots.states import LaterState

CANDIDATES = 3
SHOWN = 5


def card(ctx: Context, pilot: Pilot) -> Message:
    """Return what does not stand on the card itself, with what can be done and corrected."""
    parts: list[Part] = [Title(pilot.name)]
    if pilot.started_on is not None:
        steps = tuple(each.said for each in progress.steps(ctx, pilot))
        parts += [Text(_("The twelve weeks:")), Items(steps)]
    parts += [*_improvement_parts(ctx, pilot), *_later(ctx, pilot)]
    row = [
        Button(_("For later"), call("pilot later", pilot=pilot.id)),
        Button(_("Values from a table"), call("pilot import", pilot=pilot.id)),
        Button(_("Workflows to choose from"), call("pilot candidates", pilot=pilot.id)),
        Button(_("What runs for it"), call("pilot connect", pilot=pilot.id)),
        Button(_("IT's view"), call("pilot it", pilot=pilot.id)),
    ]
    about = [
        Button(_("Name people"), call("pilot people", pilot=pilot.id)),
        Button(_("Name users"), call("pilot users", pilot=pilot.id)),
        Button(_("Describe it"), call("pilot describe", pilot=pilot.id)),
        Button(_("Measure"), call("pilot measure", pilot=pilot.id)),
        Button(_("Correct something"), call("pilot corrections", pilot=pilot.id), "quiet"),
    ]
    end = [
        Button(_("Decide"), call("pilot decide", pilot=pilot.id)),
        Button(_("Result card"), call("pilot result", pilot=pilot.id)),
        Button(_("History"), call("pilot history", pilot=pilot.id), "quiet"),
    ]
    return Message((*parts, Buttons(tuple(row)), Buttons(tuple(about)), Buttons(tuple(end))))


def _improvement_parts(ctx: Context, pilot: Pilot) -> list[Part]:
    done = log.iterations(ctx.tx, pilot.id)
    items = tuple(
        _("{day}, {kind}: {words}", day=each.done_on, kind=CHANGES[each.kind], words=each.words)
        for each in done
    )
    return [Text(_("Improved:")), Items(items)] if items else []


def _later(ctx: Context, pilot: Pilot) -> list[Part]:
    waiting = [each for each in log.later(ctx.tx, pilot.id) if each.state is LaterState.LATER]
    parts: list[Part] = [Text(_("For later:"))] if waiting else []
    for each in waiting[:SHOWN]:
        parts.append(Text(_("{kind}: {words}", kind=KINDS[each.kind], words=each.words)))
        take = call("pilot schedule", pilot=pilot.id, item=each.id)
        parts.append(Buttons((Button(_("Take it up"), take, "quiet"),)))
    taken = [each for each in log.later(ctx.tx, pilot.id) if each.state is LaterState.SCHEDULED]
    if taken:
        items = tuple(
            _("{kind}: {words}", kind=KINDS[each.kind], words=each.words) for each in taken[-SHOWN:]
        )
        parts += [Text(_("Taken up:")), Items(items)]
    return parts


def candidates(ctx: Context, pilot: Pilot) -> Message:
    """Return the workflows to choose from, or which one was chosen."""
    parts: list[Part] = [Title(_("Workflows to choose from"))]
    known = log.candidates(ctx.tx, pilot.id)
    chosen = any(each.chosen for each in known)
    for each in known:
        said = _(
            "{workflow}: {takes} → {gives}",
            workflow=each.workflow,
            takes=each.takes,
            gives=each.gives,
        )
        if each.chosen:
            said = _("Chosen: {said}", said=said)
        elif chosen:
            said = _("Parked: {said}", said=said)
        parts.append(Text(said))
        if not chosen:
            take = call("pilot choose", pilot=pilot.id, candidate=each.id)
            parts.append(Buttons((Button(_("Choose this one"), take),)))
    if len(known) < CANDIDATES and not chosen:
        add = Button(_("Add one"), call("pilot candidate", pilot=pilot.id))
        parts.append(Buttons((add,)))
    return Message(tuple(parts))
