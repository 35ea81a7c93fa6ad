"""Which incident is meant, whose it is, and what happens to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from handlers import rights
from handlers.incidents import channels as incident_channels
from handlers.incidents.cards import headline, label
from handlers.kit.commands import Ask, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.folding import plain
from handlers.kit.messages import Button
from handlers.kit.readers import IncidentReader
from handlers.kit.readers.placeholders import is_placeholder
from handlers.kit.words import _, shortened
from storage import incidents
from storage.engine.ids import PersonId
from storage.incidents import Incident
from storage.incidents import lists as incident_lists
from storage.incidents import timeline as incident_timeline
from storage.incidents.states import IncidentState, TimelineKind

# docs/rules.md, incidents
NEWS = {"normal": timedelta(minutes=60), "serious": timedelta(minutes=30)}

UNDO = timedelta(minutes=2)
TWICE = timedelta(minutes=2)  # the same words within this time are no second incident

Named = Annotated[int, IncidentReader(lambda _tx, _number: True), Ask(_("Number"))]
Ref = Annotated[int, IncidentReader(incidents.exists), Ask(_("Number"))]


def meant(ctx: Context, word: str, number: int | None, text: str = "") -> Incident:
    """Return the named incident, else the one of this thread or channel, else the asker's

    only open one; else ask which.
    """
    if number is None:
        number = incident_channels.about(ctx)
    if number is not None:
        return find(ctx, number)
    if word in AFTER:
        open_ones = incident_lists.undone(ctx.tx, person=ctx.person.id) or incident_lists.undone(
            ctx.tx
        )
    else:
        open_ones = incident_lists.open_ones(ctx.tx)
    mine = [each for each in open_ones if _FITS[word](ctx, each)]
    if not mine and word == "update":  # who declared it may say how it stands as well
        mine = [each for each in open_ones if is_mine(ctx, each)]
    if len(mine) == 1:
        return mine[0]
    mine = mine or [each for each in open_ones if rights.may_for(ctx, word, each)]
    args = {"text": text} if text else {}
    if mine:
        raise Refusal(
            _("Which one do you mean?"),
            buttons=tuple(
                Button(shortened(headline(each)), call(word, number=each.number, **args))
                for each in mine[:5]
            ),
        )
    if word in AFTER:
        raise Refusal(
            _("You have no incident to finish right now.")
            if open_ones
            else _("There is nothing left to finish."),
            buttons=(Button(_("Open incidents"), call("incidents")),),
        )
    declares = (Button(_("Declare this as an incident"), call("incident", title=ctx.typed)),)
    raise Refusal(
        _("Other people are responsible for the open incidents.")
        if open_ones
        else _("No incident is open."),
        buttons=declares if text and ctx.typed else (),
        kept=ctx.typed if text else None,
    )


def same_words(ctx: Context, text: str) -> Incident | None:
    """Return what the asker declared with the same words within two minutes, if it is open."""
    said = plain(text)
    for number, words in incident_lists.said_since(ctx.tx, ctx.person.id, ctx.now - TWICE):
        if plain(words) == said:
            return incidents.find(ctx.tx, number)
    return None


def declared_already(ctx: Context, incident: Incident, text: str) -> Refusal:
    """Name what the same words have declared, with a way to declare another one all the same."""
    another = call("incident", title=text, another=ctx.new_id())
    return Refusal(
        _(
            "{incident} is declared already: {title}",
            incident=label(incident.number),
            title=incident.title,
        ),
        buttons=(
            Button(_("Open it"), call("show", number=incident.number)),
            Button(_("Declare another"), another, "quiet"),
        ),
    )


def waits_for_me(ctx: Context, incident: Incident) -> bool:
    """Say whether the asker may take it now: nobody answered, or they were asked."""
    open_to_all = incident.unanswered or incident.silent
    return (open_to_all and rights.may_for(ctx, "ack", incident)) or (
        incident.proposed_to == ctx.person.id
    )


def is_mine(ctx: Context, incident: Incident) -> bool:
    """Say whether the asker has to do with it, in any role."""
    return ctx.person.id in (
        incident.responsible,
        incident.acknowledged_by,
        incident.proposed_to,
        incident.declared_by,
    )


def _with_me(ctx: Context, incident: Incident) -> bool:
    return incident.responsible == ctx.person.id


def _in_my_hands(ctx: Context, incident: Incident) -> bool:
    return _with_me(ctx, incident) or (
        incident.acknowledged_by is None and incident.declared_by == ctx.person.id
    )


_FITS: dict[str, Callable[[Context, Incident], bool]] = {
    "ack": waits_for_me,
    "update": _in_my_hands,
    "restored": _in_my_hands,
    "done": _with_me,
}
AFTER = ("done",)  # words for what works again


def find(ctx: Context, number: int) -> Incident:
    """Return an incident by its number, or refuse."""
    incident = incidents.find(ctx.tx, number)
    if incident is None:
        raise Refusal(
            _("There is no incident {incident}.", incident=label(number)),
            buttons=(Button(_("Open incidents"), call("incidents")),),
        )
    return incident


def find_open(ctx: Context, number: int) -> Incident:
    """Return an incident that is still open, or refuse."""
    incident = find(ctx, number)
    if incident.state != IncidentState.OPEN:
        raise not_open(ctx, incident)
    return incident


def not_open(ctx: Context, incident: Incident, text: str = "") -> Refusal:
    """Say how it ended; words meant for it are given back, and offered as a new incident."""
    name = label(incident.number)
    if incident.state == IncidentState.WITHDRAWN:
        said = _("{incident} was withdrawn.", incident=name)
    elif incident.state == IncidentState.DONE:
        said = _("{incident} has been done since {at}.", incident=name, at=incident.ended_at)
    elif incident.state == IncidentState.CLOSED:
        said = _("{incident} was closed on {at}.", incident=name, at=incident.ended_at)
    else:
        said = _(
            "{incident} was marked as working again on {at}.",
            incident=name,
            at=incident.restored_at,
        )
    offer = Button(_("Declare this as an incident"), call("incident", title=text))
    return Refusal(said, kept=text or None, buttons=(offer,) if text else ())


def note(
    ctx: Context,
    number: int,
    kind: TimelineKind,
    detail: str = "",
    *,
    person: PersonId | None = None,
) -> Incident:
    """Write a line into the timeline and return the incident as it is now.

    It is told of the asker, unless of another `person`.
    """
    write_timeline(ctx, number, kind, detail, person=person)
    return find(ctx, number)


def write_timeline(
    ctx: Context,
    number: int,
    kind: TimelineKind,
    detail: str = "",
    *,
    person: PersonId | None = None,
) -> None:
    """Write a line into the timeline: the asker, or another `person`, did something."""
    incident_timeline.add(
        ctx.tx,
        number,
        id=ctx.new_id(),
        at=ctx.now,
        kind=kind,
        person=person or ctx.person.id,
        detail=detail,
    )


def no_placeholder(text: str, field: str) -> None:
    """Refuse what only keeps the place for what is still to be said; `field` asked for it."""
    if is_placeholder(text):
        raise Refusal(
            _("That is only a placeholder. Please write what you know so far."),
            field=field,
            kept=text,
        )
