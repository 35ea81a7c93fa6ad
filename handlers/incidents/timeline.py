"""What happened to an incident, told in order."""

from __future__ import annotations

from datetime import date, datetime

from handlers import rights
from handlers.bans.rules import CALM
from handlers.incidents import cards, checklist
from handlers.kit.context import Context
from handlers.kit.messages import Items, Message, Title, Tone
from handlers.kit.people import PLATFORMS, name
from handlers.kit.words import Sentence, Words, _, _n
from storage import incidents as storage_incidents
from storage.engine.ids import NOBODY, PersonId, ServiceId
from storage.incidents import Happening, Incident

ABOUT_PERSONS = ("alarmed", "unreached", "paused")


def history(ctx: Context, incident: Incident) -> Message:
    """Return the timeline; who was alarmed when is for those who have to do with it."""
    tied = rights.tied(ctx, incident)
    lines: list[Words] = [
        _("{at}: {what}", at=each.at, what=_happening(ctx, each))
        for each in storage_incidents.timeline(ctx.tx, incident.number)
        if tied or each.kind not in ABOUT_PERSONS
    ]
    return Message((Title(cards.headline(incident)), Items(tuple(lines))), Tone.QUIET)


def _happening(ctx: Context, each: Happening) -> Sentence:
    who = name(ctx, each.person or NOBODY)
    match each.kind:
        case "declared":
            return _("Declared by {who}.", who=who)
        case "alarmed":
            people = [name(ctx, PersonId(id)) for id in each.detail.split(",") if id]
            return _("Alert to {people}.", people=people)
        case "at the top":
            return _("Nobody answered; it reached the manager.")
        case "rests":
            return _("Nobody answered; it rests until work begins.")
        case "widened":
            return _("Nobody answered for hours; every other manager was alerted.")
        case "unreached":
            person, _colon, platform = each.detail.rpartition(":")
            where = PLATFORMS.get(platform, platform)
            return _(
                "{who} cannot be reached in {where}.", who=name(ctx, PersonId(person)), where=where
            )
        case "paused":
            until = datetime.fromisoformat(each.detail)
            return _("{who} stopped their own alerts until {until}.", who=who, until=until)
        case "acknowledged":
            return _("{who} looks after it.", who=who)
        case "given back":
            return _("{who} gave it back.", who=who)
        case "promised":
            return _("Next update announced by {who}: in {n} minutes.", who=who, n=int(each.detail))
        case "asked":
            return _(
                "{who} asked {other} to take it.", who=who, other=name(ctx, PersonId(each.detail))
            )
        case "declined":
            return _("{who} does not take it over.", who=who)
        case "news":
            return _("{who}: {news}", who=who, news=each.detail)
        case "silent":
            return _("No update came at the agreed time.")
        case "serious":
            return _("{who} called it serious.", who=who)
        case "normal":
            return _("{who} called it normal.", who=who)
        case "moved":
            found = ctx.service_of(ServiceId(each.detail))
            return _(
                "{who} changed the service to {service}.",
                who=who,
                service=found.name if found else "?",
            )
        case "handed on":
            return _(
                "{who} is no longer active; now responsible: {other}.",
                who=who,
                other=name(ctx, PersonId(each.detail)),
            )
        case "fix handed on":
            return _(
                "{who} is no longer active; {other} fixes the cause now.",
                who=who,
                other=name(ctx, PersonId(each.detail)),
            )
        case "restored":
            return _("{who} says it works again.", who=who)
        case "withdrawn":
            return _("{who} withdrew it.", who=who)
        case "same":
            return _("{who} says it is the same as {incident}.", who=who, incident=each.detail)
        case "other":
            return _("{who} says it is not the same as {incident}.", who=who, incident=each.detail)
        case "checking":
            return _(
                "{who} asked {other} to check it.", who=who, other=name(ctx, PersonId(each.detail))
            )
        case "checked":
            return _("Checked by {who}.", who=who)
        case "quiet":
            calm = int(each.detail or CALM)
            return _n("Has not come back for {n} day.", "Has not come back for {n} days.", calm)
        case "overridden":
            return _("Finished by {who} with open points: {why}", who=who, why=each.detail)
        case "done":
            return _("Reported as done by {who}.", who=who)
        case "closed":
            return _("Closed by {who}.", who=who)
        case "reason":
            return _("{who}, on closing: {why}", who=who, why=each.detail)
        case "reopened":
            return _("{who} opened it again: {why}", who=who, why=each.detail)
        case "reminded":
            return _("{who} was reminded to finish it.", who=name(ctx, PersonId(each.detail)))
        case "retitled":
            return _("{who} corrected the title. Before: “{title}”", who=who, title=each.detail)
        case "words removed":
            return _("{who} removed words that were typed by mistake.", who=who)
        case "fixed":
            return _("{who} says that the cause is fixed.", who=who)
        case "postponed":
            day = date.fromisoformat(each.detail)
            return _("New date for the fix, by {who}: {until}.", who=who, until=day)
        case kind if kind.startswith("said "):
            point = checklist.Point(kind.removeprefix("said "))
            return _(
                "{who}, {point}: {said}",
                who=who,
                point=checklist.NAMES[point],
                said=checklist.answer_words(ctx, point, each.detail),
            )
        case _:
            pass
    raise ValueError(f"a happening of unknown kind: {each.kind}")
