"""What happened to a pilot, the newest first."""

from __future__ import annotations

from handlers.kit import calendar
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Items, Message, Reply, Title
from handlers.kit.people import name
from handlers.kit.words import Words, _
from handlers.pilots import editing, roles
from handlers.pilots.lookup import PilotRef
from handlers.pilots.weeks.kinds import CHANGES
from handlers.pilots.weeks.past_words import past_words
from storage.pilots import log
from storage.pilots.states import PilotEvent

feature = Feature(_("Pilots"))

HISTORY: dict[str, Words] = {
    PilotEvent.CREATED: _("created"),
    PilotEvent.RENAMED: _("renamed"),
    PilotEvent.DESCRIBED: _("described"),
    PilotEvent.MEASURED: _("measure set"),
    PilotEvent.BASELINE: _("baseline corrected"),
    PilotEvent.USERS: _("users named"),
    PilotEvent.STARTED: _("started"),
    PilotEvent.WAITING: _("put on the waiting list"),
    PilotEvent.CANDIDATE: _("workflow described"),
    PilotEvent.CHOSEN: _("workflow chosen"),
    PilotEvent.VALUE: _("value"),
    PilotEvent.IMPORTED: _("values read in"),
    PilotEvent.SATISFACTION: _("customers' satisfaction read in"),
    PilotEvent.OBSTACLE: _("in the way"),
    PilotEvent.SOLVED: _("out of the way"),
    PilotEvent.LATER: _("for later"),
    PilotEvent.SCHEDULED: _("taken up"),
    PilotEvent.IMPROVED: _("improved"),
    PilotEvent.SOURCING: _("who connects it"),
    PilotEvent.IT: _("IT's view"),
    PilotEvent.OPERATE: _("into operation"),
    PilotEvent.AGAIN: _("one more round"),
    PilotEvent.STOP: _("stopped"),
    PilotEvent.POSTED: _("result posted"),
    PilotEvent.ANSWERED: _("question answered"),
    PilotEvent.CORRECTED: _("corrected"),
    PilotEvent.CONNECTED: _("runs connected"),
    PilotEvent.RUN_OUT: _("sixteen weeks are over"),
    PilotEvent.ALIVE: _("asked after half a year"),
    PilotEvent.BACK: _("taken up again"),
}


@feature.command(
    "pilot history",
    "pilot verlauf",
    help=_("What happened to a pilot."),
    hidden=True,
    reads=True,
)
def past(ctx: Context, pilot: PilotRef) -> Reply:
    found = editing.own(ctx, pilot)
    items = tuple(
        _line(
            past_words(ctx, each.kind, each.words),
            kind=_kind(each.kind),
            who=name(ctx, each.by),
            day=calendar.day_of(each.at, ctx.workspace.zone),
        )
        for each in log.history(ctx.tx, found.id)[:25]
    )
    return Reply(Message((Title(found.name), Items(items))))


def _line(words: str, **values: object) -> Words:
    return (
        _("{day}: {kind}, {who}. {words}", words=words, **values)
        if words
        else _("{day}: {kind}, {who}", **values)
    )


def _kind(kind: str) -> Words:
    what, _space, role = kind.partition(" ")
    if what == "named":
        return _("asked: {role}", role=roles.LABELS[role])
    if what == "accepted":
        return _("accepted: {role}", role=roles.LABELS[role])
    if what == "improved" and role:
        return _("improved: {kind}", kind=CHANGES[role])
    if what == "vacant":
        return _("vacant: {role}", role=roles.LABELS[role])
    return HISTORY[kind]
