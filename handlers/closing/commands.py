"""Restored is not done: *done* shows what is missing, each with its button, then finishes.

Every change of an incident's state is made by `handlers/incidents/transitions.py`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from handlers import rights
from handlers.attention import matters
from handlers.closing import cards, points, reassignment
from handlers.incidents import checklist, escalation, keys
from handlers.incidents import transitions as incident_transitions
from handlers.incidents.cards import finish, label
from handlers.incidents.checklist import CAUSES, COSTS, ENDINGS, Cause, Cost, Point
from handlers.incidents.lookup import Ref, find, meant, note
from handlers.kit import commands
from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Post, Reply, Tone, line
from handlers.kit.people import person as named
from handlers.kit.readers import ChoiceReader, ChoicesReader, PersonReader, TextReader
from handlers.kit.readers.dates import DateReader
from handlers.kit.readers.evidence import EvidenceReader
from handlers.kit.readers.timestamps import PastReader, written
from handlers.kit.words import Who, _
from storage import closing as closings
from storage.closing import Closing
from storage.closing.states import Ending
from storage.engine.ids import NOBODY, IncidentNumber, PersonId
from storage.incidents import Incident
from storage.incidents.states import IncidentState, TimelineKind
from storage.people import Person

feature = Feature(_("Incidents"))


class Which(StrEnum):
    """Which points a form asks for: one, what it cost, what is missing, or everything."""

    END = "end"
    CAUSE = "cause"
    EVIDENCE = "evidence"
    ENDING = "ending"
    FIX = "fix"
    RUNBOOK = "runbook"
    COST = "cost"
    MISSING = "missing"
    EVERY = "every"


WHICH = ChoiceReader(Which, {each.value: each.value for each in Which}, {})
FIELDS: dict[str, tuple[str, ...]] = {
    **{each.point: each.fields for each in points.ENTRIES},
    "cost": ("cost",),
}
TYPED = {"workaround": ("umgehung",), "fixed": ("behoben",)}
NONE_YET = ("none yet", "none", "noch keins", "keins", "noch keine", "keine", "noch keiner")


@feature.command(
    "done",
    "fertig",
    help=_("Finish an incident: shows what is missing until then."),
)
def done(ctx: Context, number: Ref | None = None) -> Reply:
    incident = meant(ctx, "done", number)
    rights.need_for(ctx, "done", incident)
    incident_transitions.must_go(ctx, incident, IncidentState.DONE)
    return _go_on(ctx, incident)


def _go_on(ctx: Context, incident: Incident) -> Reply:
    """Finish the incident, or show what is missing, or wait for the second person."""
    number = incident.number
    still_open = checklist.missing_of(ctx, incident)
    hindrance = incident_transitions.obstacle(ctx, incident)
    if [each for each in still_open if each is not Point.CHECKED] or hindrance is not None:
        shown = cards.missing(ctx, incident, still_open, hindrance or "")
        return Reply(shown, posts=escalation.card_posts(ctx, incident), subject=label(number))
    closing = closings.find(ctx.tx, number)
    if not still_open:
        return _finish(ctx, number, closing.asked_by or ctx.person.id)
    with incident_transitions.changing(ctx, number):
        if closing.asked_by not in (None, ctx.person.id) and _may_check(ctx, incident, closing):
            return Reply(cards.check_it(incident, named(ctx, closing.asked_by or NOBODY)))
        closings.ask(ctx.tx, number, ctx.person.id, ctx.now)
        until = checklist.quiet_until(ctx, incident)
        if until <= ctx.now:
            closings.stay_quiet(ctx.tx, number, ctx.now)
            return _finish(ctx, number, ctx.person.id)
        posts: tuple[Post, ...] = ()
        checker = closing.checker or reassignment.second_person(ctx, incident, ctx.person.id)
        if closing.checker is None and checker is not None:
            posts = reassignment.ask(ctx, incident, checker, ctx.person.id)
        elif checker is not None:  # it shows what was corrected meanwhile
            key = keys.check_key(number, checker)
            shown = cards.question(ctx, incident, ctx.person.id)
            posts = (Post(key, shown), *matters.renew(ctx, key, shown))
    incident = find(ctx, number)
    who = named(ctx, checker) if checker is not None else None
    return Reply(
        cards.waits(ctx, incident, who, until),
        posts=(*posts, *escalation.card_posts(ctx, incident)),
        subject=label(number),
    )


def _finish(ctx: Context, number: IncidentNumber, person: PersonId) -> Reply:
    incident = incident_transitions.finish(ctx, number, person)
    said = _("{incident} is done. Thank you.", incident=label(number))
    posts = (*escalation.ended_posts(ctx, incident), *escalation.declarer_edits(ctx, incident))
    return Reply(line(said, tone=Tone.GOOD), posts=posts, subject=label(number))


# --- the points --------------------------------------------------------------------------


@feature.command("point", "punkt", help=_("Enter what is missing."), hidden=True, asks=True)
def point(
    ctx: Context, number: Ref, which: Annotated[Which, WHICH, Ask(_("Point"))] = Which.MISSING
) -> Reply:
    incident = find(ctx, number)
    rights.need_for(ctx, "done", incident)
    incident_transitions.must_go(ctx, incident, IncidentState.DONE)
    command = commands.by_name("fill", ctx.features)
    assert command is not None
    shown = [which.value]
    if which is Which.MISSING:
        shown = [*checklist.missing_of(ctx, incident), "cost"]
    elif which is Which.EVERY:
        shown = list(FIELDS)
    names = [name for each in shown for name in FIELDS.get(each, ())]
    filled = _form_values(ctx, incident, closings.find(ctx.tx, number))
    form = commands.form_for(command, ctx, fixed={"number": str(number)}, filled=filled)
    unsaid = which is Which.EVERY  # a correction may leave out what was not said before
    fields = tuple(
        replace(each, required=each.name != "cost" and not (unsaid and not each.value))
        for each in form.fields
        if each.name in names
    )
    title = cards.form_title(number, which)
    asks = replace(form.call, args={**form.call.args, "which": which.value})
    return Reply(form=replace(form, title=title, call=asks, fields=fields))


def _form_values(ctx: Context, incident: Incident, closing: Closing) -> dict[str, str]:
    """Return what the fields of a form show: what was said, or what is likely."""
    zone = ctx.workspace.zone
    ended = closing.impact_ended_at or incident.restored_at
    service = ctx.service_of(incident.service)
    runbook = closing.runbook or (service.runbook if service else None) or ""
    if closing.runbook_since is not None and closing.runbook is None:
        runbook = ctx.text(_("none yet"))
    found = {
        "ended": written(ended, zone, ctx.language) if ended else "",
        "kind": closing.cause_class or "",
        "cause": closing.cause or "",
        "evidence": closing.evidence or "",
        "ending": closing.ending or "",
        "fixer": closing.fixer or incident.responsible,
        "on": closing.fix_on.isoformat() if closing.fix_on else "",
        "runbook": runbook,
        "cost": ",".join(each for each in closings.IMPACTS if getattr(closing, each)),
    }
    return {name: value for name, value in found.items() if value}


def _form(which: Which | None, **values: Any) -> points.Form:
    asked = {which.value} if which is not None else set()
    if which in (Which.MISSING, Which.EVERY):
        asked = {"cost"}
    return points.Form(**values, asked=frozenset(asked))


def _fits_points(
    ctx: Context, number: IncidentNumber, which: Which | None = None, **said: Any
) -> None:
    """Refuse what the points do not take of what could be read."""
    incident = find(ctx, number)
    rights.need_for(ctx, "done", incident)
    incident_transitions.must_go(ctx, incident, IncidentState.DONE)
    points.check(ctx, incident, _form(which, **said))


@feature.command(
    "fill",
    "ausfüllen",
    help=_("Say what is missing until it is done."),
    hidden=True,
    checks=(_fits_points,),
)
def fill(
    ctx: Context,
    number: Ref,
    *,
    which: Annotated[Which, WHICH, Ask(_("Point"))] | None = None,
    ended: Annotated[datetime, PastReader(), Ask(_("When did it work again?"), _("Local time."))]
    | None = None,
    kind: Annotated[Cause, ChoiceReader(Cause, CAUSES, {}), Ask(_("Kind of cause"))] | None = None,
    cause: Annotated[str, TextReader(), Ask(_("The cause in one sentence"))] = "",
    evidence: Annotated[
        str, EvidenceReader(), Ask(_("Where can it be looked up?"), _("A link, or a ticket."))
    ] = "",
    ending: Annotated[
        Ending, ChoiceReader(Ending, ENDINGS, TYPED), Ask(_("Workaround or cause fixed?"))
    ]
    | None = None,
    fixer: Annotated[Person, PersonReader(), Ask(_("Who fixes the cause, or has fixed it?"))]
    | None = None,
    on: Annotated[date, DateReader(), Ask(_("Date"))] | None = None,
    runbook: Annotated[
        str,
        EvidenceReader(NONE_YET),
        Ask(_("Runbook"), _("A link, or “none yet”; that stays to be seen as a gap.")),
    ]
    | None = None,
    cost: Annotated[
        frozenset[Cost],
        ChoicesReader(Cost, COSTS),
        Ask(_("What were the consequences?"), _("If you like; only sums are shown.")),
    ] = frozenset(),
) -> Reply:
    incident = find(ctx, number)
    rights.need_for(ctx, "done", incident)
    incident_transitions.must_go(ctx, incident, IncidentState.DONE)
    form = _form(
        which,
        ended=ended,
        kind=kind,
        cause=cause,
        evidence=evidence,
        ending=ending,
        fixer=fixer,
        on=on,
        runbook=runbook,
        cost=cost,
    )
    with incident_transitions.changing(ctx, number):
        closings.begin(ctx.tx, number)
        points.say(ctx, incident, form)
    return _go_on(ctx, find(ctx, number))


# --- the second person -------------------------------------------------------------------


def _may_check(ctx: Context, incident: Incident, closing: Closing) -> bool:
    first = (incident.restored_by, closing.asked_by)
    return ctx.person.id not in first and rights.may_for(ctx, "check", incident)


def _can_check(ctx: Context, number: IncidentNumber, person: Person) -> None:
    """Refuse whoever took part in it, has been asked already, or is asked too late."""
    incident = find(ctx, number)
    rights.need_for(ctx, "done", incident)
    incident_transitions.must_go(ctx, incident, IncidentState.DONE)
    closing = closings.find(ctx.tx, number)
    if person.id in (incident.restored_by, closing.asked_by or ctx.person.id):
        raise _needs_another(ctx, person.id, field="person")
    if closing.verified_by is not None:
        raise Refusal(
            _(
                "{who} has checked {incident} already.",
                who=named(ctx, closing.verified_by),
                incident=label(number),
            )
        )
    if closing.checker == person.id:
        raise Refusal(
            _(
                "{who} has been asked to check {incident} already.",
                who=Who(person.id, person.name),
                incident=label(number),
            ),
            field="person",
        )


@feature.command(
    "ask check",
    "prüfung bitten",
    help=_("Ask somebody to check it."),
    hidden=True,
    submit=_("Ask"),
    checks=(_can_check,),
)
def ask_check(
    ctx: Context, number: Ref, person: Annotated[Person, PersonReader(), Ask(_("Person"))]
) -> Reply:
    incident = find(ctx, number)
    with incident_transitions.changing(ctx, number):
        closings.begin(ctx.tx, number)
        closings.ask(ctx.tx, number, ctx.person.id, ctx.now)
        posts = reassignment.ask(ctx, incident, person.id, ctx.person.id)
    incident = find(ctx, number)
    said = _(
        "I have asked {who} to check {incident}.",
        who=Who(person.id, person.name),
        incident=label(number),
    )
    return Reply(
        line(said), posts=(*posts, *escalation.card_posts(ctx, incident)), subject=label(number)
    )


def _needs_another(ctx: Context, person: PersonId, field: str | None = None) -> Refusal:
    who = named(ctx, person)
    return Refusal(
        _(
            "Please choose somebody else: {who} was part of the repair or asked to finish it.",
            who=who,
        ),
        field=field,
    )


@feature.command("checked", "geprüft", help=_("I have checked it."), hidden=True)
def checked(ctx: Context, number: Ref) -> Reply:
    incident = find(ctx, number)
    incident_transitions.must_go(ctx, incident, IncidentState.DONE)
    closing = closings.find(ctx.tx, number)
    if ctx.person.id in (incident.restored_by, closing.asked_by):
        raise _needs_another(ctx, ctx.person.id)
    rights.need_for(ctx, "check", incident)
    if closing.asked_by is None:
        raise Refusal(_("Nobody has asked for a check of {incident} yet.", incident=label(number)))
    with incident_transitions.changing(ctx, number):
        if closings.verify(ctx.tx, number, ctx.person.id, ctx.now):
            note(ctx, number, TimelineKind.CHECKED)
        still_open = checklist.missing_of(ctx, incident)
        if not still_open and incident_transitions.obstacle(ctx, incident) is None:
            return _finish(ctx, number, closing.asked_by)
    incident = find(ctx, number)
    said = _(
        "Thank you, your check is recorded. Other points of {incident} are still open.",
        incident=label(number),
    )
    buttons = (finish(number),) if rights.may_for(ctx, "done", incident) else ()
    return Reply(
        line(said, *buttons), posts=escalation.card_posts(ctx, incident), subject=label(number)
    )
