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

feature = Feature(_("Pilots"))

HISTORY: dict[str, Words] = {
    "created": _("created"), "renamed": _("renamed"), "described": _("described"),
    "measured": _("measure set"), "baseline": _("baseline corrected"), "users": _("users named"),
    "started": _("started"), "waiting": _("put on the waiting list"),
    "candidate": _("workflow described"), "chosen": _("workflow chosen"), "value": _("value"),
    "imported": _("values read in"), "satisfaction": _("customers' satisfaction read in"),
    "obstacle": _("in the way"), "solved": _("out of the way"),
    "later": _("for later"), "scheduled": _("taken up"), "improved": _("improved"),
    "sourcing": _("who connects it"), "it": _("IT's view"), "operate": _("into operation"),
    "again": _("one more round"), "stop": _("stopped"), "posted": _("result posted"),
    "answered": _("question answered"),
    "corrected": _("corrected"), "connected": _("runs connected"), "arrived": _("in operation"),
    "run out": _("sixteen weeks are over"),
    "alive": _("asked after half a year"), "back": _("taken up again"),
}  # fmt: skip


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
