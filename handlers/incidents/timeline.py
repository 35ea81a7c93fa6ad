"""What happened to an incident, told in order."""

from __future__ import annotations

from datetime import date, datetime
from typing import assert_never

from handlers import rights
from handlers.bans.rules import CALM
from handlers.incidents import cards, checklist
from handlers.kit.context import Context
from handlers.kit.messages import Items, Message, Title, Tone
from handlers.kit.people import PLATFORMS, name
from handlers.kit.words import Sentence, Words, _, _n
from storage.engine.ids import NOBODY, PersonId, ServiceId
from storage.incidents import Incident
from storage.incidents import timeline as incident_timeline
from storage.incidents.states import TimelineKind
from storage.incidents.timeline import Happening

ABOUT_PERSONS = (TimelineKind.ALARMED, TimelineKind.UNREACHED, TimelineKind.PAUSED)


def history(ctx: Context, incident: Incident) -> Message:
    """Return the timeline; who was alarmed when is for those who have to do with it."""
    tied = rights.tied(ctx, incident)
    lines: list[Words] = [
        _("{at}: {what}", at=each.at, what=_happening(ctx, each))
        for each in incident_timeline.of(ctx.tx, incident.number)
        if tied or each.kind not in ABOUT_PERSONS
    ]
    return Message((Title(cards.headline(incident)), Items(tuple(lines))), Tone.QUIET)


def _happening(ctx: Context, each: Happening) -> Sentence:
    who = name(ctx, each.person or NOBODY)
    match each.kind:
        case TimelineKind.DECLARED:
            return _("Declared by {who}.", who=who)
        case TimelineKind.ALARMED:
            people = [name(ctx, PersonId(id)) for id in each.detail.split(",") if id]
            return _("Alert to {people}.", people=people)
        case TimelineKind.AT_THE_TOP:
            return _("Nobody answered; it reached the manager.")
        case TimelineKind.RESTS:
            return _("Nobody answered; it rests until work begins.")
        case TimelineKind.WIDENED:
            return _("Nobody answered for hours; every other manager was alerted.")
        case TimelineKind.UNREACHED:
            person, _colon, platform = each.detail.rpartition(":")
            where = PLATFORMS.get(platform, platform)
            return _(
                "{who} cannot be reached in {where}.", who=name(ctx, PersonId(person)), where=where
            )
        case TimelineKind.PAUSED:
            until = datetime.fromisoformat(each.detail)
            return _("{who} stopped their own alerts until {until}.", who=who, until=until)
        case TimelineKind.ACKNOWLEDGED:
            return _("{who} looks after it.", who=who)
        case TimelineKind.GIVEN_BACK:
            return _("{who} gave it back.", who=who)
        case TimelineKind.PROMISED:
            return _("Next update announced by {who}: in {n} minutes.", who=who, n=int(each.detail))
        case TimelineKind.ASKED:
            return _(
                "{who} asked {other} to take it.", who=who, other=name(ctx, PersonId(each.detail))
            )
        case TimelineKind.DECLINED:
            return _("{who} does not take it over.", who=who)
        case TimelineKind.NEWS:
            return _("{who}: {news}", who=who, news=each.detail)
        case TimelineKind.SILENT:
            return _("No update came at the agreed time.")
        case TimelineKind.SERIOUS:
            return _("{who} called it serious.", who=who)
        case TimelineKind.NORMAL:
            return _("{who} called it normal.", who=who)
        case TimelineKind.MOVED:
            found = ctx.service_of(ServiceId(each.detail))
            return _(
                "{who} changed the service to {service}.",
                who=who,
                service=found.name if found else "?",
            )
        case TimelineKind.HANDED_ON:
            return _(
                "{who} is no longer active; now responsible: {other}.",
                who=who,
                other=name(ctx, PersonId(each.detail)),
            )
        case TimelineKind.FIX_HANDED_ON:
            return _(
                "{who} is no longer active; {other} fixes the cause now.",
                who=who,
                other=name(ctx, PersonId(each.detail)),
            )
        case TimelineKind.RESTORED:
            return _("{who} says it works again.", who=who)
        case TimelineKind.WITHDRAWN:
            return _("{who} withdrew it.", who=who)
        case TimelineKind.SAME:
            return _("{who} says it is the same as {incident}.", who=who, incident=each.detail)
        case TimelineKind.OTHER:
            return _("{who} says it is not the same as {incident}.", who=who, incident=each.detail)
        case TimelineKind.CHECKING:
            return _(
                "{who} asked {other} to check it.", who=who, other=name(ctx, PersonId(each.detail))
            )
        case TimelineKind.CHECKED:
            return _("Checked by {who}.", who=who)
        case TimelineKind.QUIET:
            calm = int(each.detail or CALM)
            return _n("Has not come back for {n} day.", "Has not come back for {n} days.", calm)
        case TimelineKind.OVERRIDDEN:
            return _("Finished by {who} with open points: {why}", who=who, why=each.detail)
        case TimelineKind.DONE:
            return _("Reported as done by {who}.", who=who)
        case TimelineKind.CLOSED:
            return _("Closed by {who}.", who=who)
        case TimelineKind.REASON:
            return _("{who}, on closing: {why}", who=who, why=each.detail)
        case TimelineKind.REOPENED:
            return _("{who} opened it again: {why}", who=who, why=each.detail)
        case TimelineKind.REMINDED:
            return _("{who} was reminded to finish it.", who=name(ctx, PersonId(each.detail)))
        case TimelineKind.RETITLED:
            return _("{who} corrected the title. Before: “{title}”", who=who, title=each.detail)
        case TimelineKind.WORDS_REMOVED:
            return _("{who} removed words that were typed by mistake.", who=who)
        case TimelineKind.FIXED:
            return _("{who} says that the cause is fixed.", who=who)
        case TimelineKind.POSTPONED:
            day = date.fromisoformat(each.detail)
            return _("New date for the fix, by {who}: {until}.", who=who, until=day)
        case (
            TimelineKind.SAID_END
            | TimelineKind.SAID_CAUSE
            | TimelineKind.SAID_EVIDENCE
            | TimelineKind.SAID_ENDING
            | TimelineKind.SAID_FIX
            | TimelineKind.SAID_RUNBOOK
        ):
            point = checklist.Point(each.kind.removeprefix("said "))
            return _(
                "{who}, {point}: {said}",
                who=who,
                point=checklist.NAMES[point],
                said=checklist.answer_words(ctx, point, each.detail),
            )
    assert_never(each.kind)
