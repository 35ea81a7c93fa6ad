"""Other ends of an incident: closed anyway, as something else, opened again; and the late fix."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from handlers import rights
from handlers.attention import matters
from handlers.closing import points
from handlers.incidents import checklist, escalation, keys
from handlers.incidents import transitions as incident_transitions
from handlers.incidents.alarms import reminding
from handlers.incidents.cards import headline, label
from handlers.incidents.lookup import Ref, find, no_placeholder, not_open, note
from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Post, Reply, Tone, line
from handlers.kit.people import person as named
from handlers.kit.readers import ChoiceReader, IncidentReader, TextReader
from handlers.kit.readers.dates import DateReader, today_of
from handlers.kit.words import Words, _, shortened
from storage import closing as closings
from storage import incidents
from storage.closing.states import Ending
from storage.engine.ids import IncidentNumber
from storage.incidents import Incident
from storage.incidents.states import ClosedAs, IncidentState, TimelineKind

feature = Feature(_("Incidents"))

OTHERS: dict[str, Words] = {
    "duplicate": _("the same as another incident"),
    "false_alarm": _("a false alarm"),
    "superseded": _("part of another incident"),
}


def _says_why(_ctx: Context, reason: str) -> None:
    """Refuse a reason that only keeps the place for one."""
    no_placeholder(reason, "reason")


def _may_reopen(ctx: Context, number: IncidentNumber) -> None:
    rights.need_for(ctx, "reopen", find(ctx, number))


@feature.command(
    "reopen",
    "wiederöffnen",
    help=_("It came back, or was not over: open an incident again."),
    submit=_("Open again"),
    checks=(_may_reopen, _says_why),
)
def reopen(
    ctx: Context,
    number: Ref,
    reason: Annotated[str, TextReader(), Ask(_("Why?"), short=_("reason"))],
) -> Reply:
    incident = find(ctx, number)
    rights.need_for(ctx, "reopen", incident)
    incident = incident_transitions.reopen(ctx, number, reason)
    before = (
        *escalation.ended_posts(ctx, incident),
        *escalation.following_posts(ctx, incident),
        *escalation.declarer_edits(ctx, incident),
    )
    position = incidents.count_alarm(ctx.tx, number)
    said = _(
        "{incident} is open again; {who} is responsible and has been alerted.",
        incident=label(number),
        who=named(ctx, incident.responsible),
    )
    return Reply(
        line(said),
        posts=(*before, *escalation.start(ctx, incident, position)),
        subject=label(number),
    )


def _may_close_anyway(ctx: Context, number: IncidentNumber) -> None:
    rights.need_for(ctx, "close anyway", find(ctx, number))


@feature.command(
    "close anyway",
    "trotzdem fertig",
    help=_("Finish it although points are open."),
    hidden=True,
    submit=_("Finish it anyway"),
    checks=(_may_close_anyway, _says_why),
)
def close_anyway(
    ctx: Context,
    number: Ref,
    reason: Annotated[
        str,
        TextReader(),
        Ask(
            _("Why, although points are open?"),
            _("It stays on the card with your name, and will be in the weekly digest."),
        ),
    ],
) -> Reply:
    incident = find(ctx, number)
    rights.need_for(ctx, "close anyway", incident)
    count = len(checklist.missing_of(ctx, incident))
    incident = incident_transitions.finish(ctx, number, ctx.person.id, reason)
    said = _(
        "{incident} is finished; {open}. The reason stays on its card, with your name.",
        incident=label(number),
        open=checklist.open_of_all(count),
    )
    posts = (*escalation.ended_posts(ctx, incident), *escalation.declarer_edits(ctx, incident))
    return Reply(line(said), posts=posts, subject=label(number))


def _may_close(ctx: Context, number: IncidentNumber) -> None:
    rights.need_for(ctx, "close as", find(ctx, number))


def _names_target(_ctx: Context, kind: ClosedAs, target: IncidentNumber | None = None) -> None:
    if kind is not ClosedAs.FALSE_ALARM and target is None:
        raise Refusal(_("Which incident is it part of? Its number, please."), field="target")


def _goes_on_in(
    ctx: Context, number: IncidentNumber, kind: ClosedAs, target: IncidentNumber | None = None
) -> None:
    if kind is not ClosedAs.FALSE_ALARM and target is not None:
        incident_transitions.root(ctx, number, target)


@feature.command(
    "close as",
    "beenden als",
    help=_("It was a false alarm, a duplicate, or part of another incident."),
    hidden=True,
    submit=_("Close it"),
    checks=(_may_close, _names_target, _goes_on_in, _says_why),
)
def close_as(
    ctx: Context,
    number: Ref,
    *,
    kind: Annotated[ClosedAs, ChoiceReader(ClosedAs, OTHERS, {}), Ask(_("What was it?"))],
    target: Annotated[
        IncidentNumber,
        IncidentReader(incidents.exists),
        Ask(_("Which incident?"), _("Its number, for “duplicate” and “part of another incident”.")),
    ]
    | None = None,
    reason: Annotated[str, TextReader(), Ask(_("How did you notice?"))],
) -> Reply:
    incident = find(ctx, number)
    rights.need_for(ctx, "close as", incident)
    if kind is ClosedAs.FALSE_ALARM:
        target = None
    incident = incident_transitions.close(ctx, number, kind, target, reason)
    told = escalation.declarer_posts(ctx, incident)
    also = escalation.following_posts(ctx, incident)
    posts = (*escalation.ended_posts(ctx, incident), *also, *told)
    if incident.closed_into is None:
        return Reply(
            line(_("{incident} is closed: false alarm.", incident=label(number))),
            posts=posts,
            subject=label(number),
        )
    other = find(ctx, incident.closed_into)
    said = _(
        "{incident} is closed; it goes on in {other}.",
        incident=label(number),
        other=shortened(headline(other)),
    )
    return Reply(line(said), posts=posts, subject=label(number))


# --- the cause behind a workaround -------------------------------------------------------


@feature.command("fixed", "ursache behoben", help=_("The cause is fixed."), hidden=True)
def fixed(ctx: Context, number: Ref) -> Reply:
    incident = _with_late_fix(ctx, number)
    closing = closings.find(ctx.tx, number)
    over = reminding.fix_settled(ctx, incident)
    over += matters.settle(ctx, keys.heir_key(number, closing.fixer))
    with incident_transitions.changing(ctx, number):
        if not closings.fix(ctx.tx, number, ctx.person.id, ctx.now):
            raise Refusal(_("The cause of {incident} is fixed already.", incident=label(number)))
        incident = note(ctx, number, TimelineKind.FIXED)
    said = line(
        _("Good to hear: the cause of {incident} is fixed.", incident=label(number)), tone=Tone.GOOD
    )
    told = (*keys.fix_keys(number, closing.fix_on), keys.heir_key(number, closing.fixer))
    over += tuple(Post(key, said) for key in told)  # where one stands alone, from before
    return Reply(said, posts=(*escalation.card_posts(ctx, incident), *over), subject=label(number))


def _fix_ahead(ctx: Context, number: IncidentNumber, on: date) -> None:
    _with_late_fix(ctx, number)
    if on < today_of(ctx):
        raise Refusal(_("That day has passed. By when will the cause be fixed?"), field="on")
    points.no_far_day(on, today_of(ctx))


@feature.command(
    "fix date",
    "neuer termin",
    help=_("By when the cause is fixed."),
    hidden=True,
    submit=_("Save"),
    checks=(_fix_ahead,),
)
def fix_date(
    ctx: Context, number: Ref, on: Annotated[date, DateReader(), Ask(_("New date"))]
) -> Reply:
    incident = _with_late_fix(ctx, number)
    over = reminding.fix_settled(ctx, incident)
    with incident_transitions.changing(ctx, number):
        if closings.move_fix(ctx.tx, number, on):
            note(ctx, number, TimelineKind.POSTPONED, on.isoformat())
    incident = find(ctx, number)
    said = _("The cause of {incident} is due to be fixed by {on}.", incident=label(number), on=on)
    posts = (*escalation.card_posts(ctx, incident), *over)
    return Reply(line(said), posts=posts, subject=label(number))


def _with_late_fix(ctx: Context, number: IncidentNumber) -> Incident:
    """Return an incident that is done with a workaround, or refuse."""
    incident = find(ctx, number)
    rights.need_for(ctx, "fixed", incident)
    closing = closings.find(ctx.tx, number)
    if (
        incident.state != IncidentState.DONE
        or closing.ending is not Ending.WORKAROUND
        or closing.fix_on is None
    ):
        raise Refusal(
            _("No workaround is entered for {incident}.", incident=label(number))
            if incident.state in (IncidentState.OPEN, IncidentState.DONE)
            else not_open(ctx, incident).words
        )
    return incident
