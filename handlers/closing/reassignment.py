"""Whoever checks an incident or fixes its cause leaves: somebody else is asked to."""

from __future__ import annotations

from datetime import datetime

from handlers.closing import cards
from handlers.closing.reminders import fix_buttons
from handlers.incidents import escalation, keys
from handlers.incidents import transitions as incident_transitions
from handlers.incidents.cards import headline, settled_alarm
from handlers.incidents.lookup import find, note
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Held, Known, known
from handlers.kit.messages import Buttons, Message, Part, Post, Text, Title
from handlers.kit.people import former, name
from handlers.kit.words import _
from handlers.on_call import duty
from storage import closing as closings
from storage import people
from storage.closing import Closing
from storage.delivery import outbox
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import PersonId
from storage.incidents import Incident
from storage.incidents.states import IncidentState, TimelineKind

feature = Feature(_("Done"))


def second_person(ctx: Context, incident: Incident, asked_by: PersonId) -> PersonId | None:
    """Return who is asked to check: deputy or accountable, else a manager, else the declarer.

    Neither who restored it nor `asked_by`, who asked for done; None when nobody else is here.
    """
    service = ctx.service_of(incident.service)
    ids = [service.accountable, service.deputy] if service is not None else []
    ids += [each.id for each in people.managers(ctx.tx)] + [incident.declared_by]
    for id in [duty.stands_in(ctx, each) for each in ids]:
        if duty.is_here(ctx, id) and id not in (asked_by, incident.restored_by):
            return id
    return None


def ask(
    ctx: Context, incident: Incident, checker: PersonId, asked_by: PersonId
) -> tuple[Post, ...]:
    """Ask somebody to check, once, because `asked_by` says that it is done."""
    if not closings.ask_to_check(ctx.tx, incident.number, checker):
        return ()
    note(ctx, incident.number, TimelineKind.CHECKING, checker, person=asked_by)
    question = cards.question(ctx, incident, asked_by)
    key = keys.check_key(incident.number, checker)
    return (Post(key, question, f"direct:{checker}", ParcelKind.NOTE),)


def _hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Ask others for the checks that were asked of somebody who left, and for their fixes."""
    posts: tuple[Post, ...] = ()
    for number in closings.to_check(ctx.tx, person):
        posts += _check(ctx, find(ctx, number), person)
    for closing in closings.to_fix(ctx.tx, person):
        posts += _fix(ctx, closing, person)
    return posts


@feature.holds(30, "closings.checker", "closings.fixer", left=_hand_on)
def held(_ctx: Context, _person: str) -> list[Held]:
    """Return nothing to hand over by a tap: checks and fixes go on at once."""
    return []


def _check(ctx: Context, incident: Incident, person: PersonId) -> tuple[Post, ...]:
    number = incident.number
    with incident_transitions.changing(ctx, number):
        asked_by = closings.find(ctx.tx, number).asked_by or incident.responsible
        checker = second_person(ctx, incident, asked_by)
        posts = ask(ctx, incident, checker, asked_by) if checker is not None else ()
        if checker is None:  # then only the quiet time decides
            closings.ask_nobody(ctx.tx, number)
    incident = find(ctx, number)
    old = keys.check_key(number, person)
    outbox.cancel(ctx.tx, old, "no longer needed")
    return (*posts, Post(old, settled_alarm(ctx, incident)), *escalation.card_posts(ctx, incident))


def _fix(ctx: Context, closing: Closing, person: PersonId) -> tuple[Post, ...]:
    number = closing.incident
    incident = find(ctx, number)
    service = ctx.service_of(incident.service)
    heir = duty.on_duty(ctx, service) if service is not None else incident.responsible
    if heir == person:
        return ()
    with incident_transitions.changing(ctx, number):
        if not closings.hand_fix(ctx.tx, number, person, heir):
            return ()
        incident = note(ctx, number, TimelineKind.FIX_HANDED_ON, heir, person=person)
    said = _(
        "{who} is no longer active, so please take over fixing the cause. It is due on {on}.",
        who=name(ctx, person),
        on=closing.fix_on,
    )
    parts: tuple[Part, ...] = (Title(headline(incident)), Text(said))
    if incident.state == IncidentState.DONE:
        parts += (Buttons(fix_buttons(number)),)
    _before, _after, key = incident_transitions.fix_keys(ctx, number)
    told = Post(key, Message(parts), f"direct:{heir}", ParcelKind.NOTE)
    return (told, *escalation.card_posts(ctx, incident))


@feature.knows(
    30,
    _("Done"),
    {
        "closings": (
            "fixer",
            "checker",
            "asked_by",
            "verified_by",
            "override_by",
            "fix_done_by",
        ),
    },
    replace=closings.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        closings.of_person(ctx.tx, person),
        {
            "closings.fixer": _("Fixes the cause"),
            "closings.checker": _("Asked to check it"),
            "closings.asked_by": _("Asked for done"),
            "closings.verified_by": _("Checked it"),
            "closings.override_by": _("Finished it anyway"),
            "closings.fix_done_by": _("Fixed the cause"),
        },
    )


@feature.keeps(
    "closings",
    what=_("Who closed, checked and fixed what an incident left"),
    days=365,
    then=_("“former person” stands there; times and durations stay"),
)
def forget_people(ctx: Context, before: datetime) -> int:
    """Let go of names in closings of incidents that ended long ago."""
    return closings.forget_people(ctx.tx, before, former(ctx), former(ctx, other=True))
