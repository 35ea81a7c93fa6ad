"""What an alarm says: why it comes to this person now, and what older ones become."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.incidents import cards
from handlers.incidents.cards import service_name
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Message, Text, Title, Tone
from handlers.kit.people import PLATFORMS, name
from handlers.kit.words import Sentence, Words, _
from handlers.on_call import duty
from storage.delivery.heartbeat import Standstill
from storage.engine.ids import PersonId
from storage.incidents import Incident, alarms
from storage.incidents.states import Severity


def why_late(
    ctx: Context, incident: Incident, since: datetime, stood: Standstill | None
) -> Sentence:
    """Return the reason of an alarm whose time came while nothing of ours ran."""
    if stood is None:
        return why_again(ctx, incident, since)
    if incident.unanswered:
        return _(
            "Nobody has picked this up since {since}. Lotse did not run from {start} "
            "to {end}. Will you look after it?",
            since=since,
            start=stood.start,
            end=stood.end,
        )
    return _(
        "An update has been missing since {since}. Lotse did not run from {start} "
        "to {end}. Will you look after it?",
        since=since,
        start=stood.start,
        end=stood.end,
    )


def why_again(ctx: Context, incident: Incident, since: datetime) -> Sentence:
    """Return the reason of an alarm that begins anew after a rest."""
    if incident.unanswered:
        return _("Nobody has picked this up since {since}. Will you look after it?", since=since)
    return _(
        "An update from {who} has been missing since {since}. Will you look after it?",
        who=name(ctx, incident.responsible),
        since=since,
    )


def why_unreachable(ctx: Context, gone: list[tuple[PersonId, str]]) -> Sentence:
    """Return the reason of an alarm that comes early: whoever was alarmed cannot be reached."""
    return _("{gone}, so it comes to you. Will you look after it?", gone=unreachable(ctx, gone))


def unreachable(ctx: Context, gone: list[tuple[PersonId, str]]) -> list[Sentence]:
    """Return who cannot be reached where."""
    return [
        _(
            "{who} cannot be reached in {where}",
            who=name(ctx, person),
            where=PLATFORMS.get(platform, platform),
        )
        for person, platform in gone
    ]


def folded_alarm(incident: Incident) -> Message:
    """Return what an older alarm becomes when the next one of its incident comes."""
    words = _("{title}: a newer alert is below.", title=cards.headline(incident))
    return Message((Text(words, small=True),), Tone.QUIET)


def pause_buttons(
    ctx: Context, incident: Incident, person: PersonId, position: int
) -> tuple[Button, ...]:
    """Return the button that pauses one's own alarms, from somebody's second alarm on."""
    sent = alarms.of(ctx.tx, incident.number)
    if not any(each.person == person and each.position < position for each in sent):
        return ()
    return (Button(_("Pause my alerts"), call("alarms pause", number=incident.number), "quiet"),)


def reached_top(ctx: Context, incident: Incident) -> Message:
    """Tell whoever declared it that it has escalated to the top."""
    said = _("Nobody has answered yet. Now the managers have been alerted, too.")
    buttons: tuple[Button, ...] = ()
    if incident.severity == Severity.NORMAL:
        buttons = (Button(_("It is serious"), call("serious", number=incident.number)),)
    parts = (Title(cards.headline(incident)), Text(said))
    return Message((*parts, Buttons(buttons)) if buttons else parts, Tone.ALARM)


def rests(ctx: Context, incident: Incident, until: datetime) -> Message:
    """Tell whoever declared it that nobody is alarmed until work begins again."""
    number = incident.number
    return Message(
        (
            Title(cards.headline(incident)),
            Text(
                _(
                    "Nobody has answered, the managers included. Outside working hours the "
                    "alert rests now and begins again on {until}. If it cannot wait, say so.",
                    until=until,
                )
            ),
            Buttons((Button(_("It is serious"), call("serious", number=number), "primary"),)),
        ),
        Tone.ALARM,
    )


def minutes_between(since: datetime, now: datetime) -> int:
    """Return whole minutes."""
    return int((now - since) / timedelta(minutes=1))


def overdue(incident: Incident) -> Words:
    """Return an incident that somebody promised news of as a line of their list."""
    return _(
        "{title}: an update was due by {at}. How is it going?",
        title=cards.headline(incident),
        at=incident.next_news_at,
    )


def list_line(ctx: Context, incident: Incident) -> Words:
    """Return an incident that waits as a line of a list of alarms."""
    values = {
        "title": cards.headline(incident),
        "service": cards.service_name(ctx, incident),
        "since": cards.waits_since(incident),
    }
    if incident.severity == Severity.SERIOUS:
        return _("{title} (serious, {service}) has been waiting since {since}", **values)
    return _("{title} ({service}) has been waiting since {since}", **values)


def why_first(ctx: Context, incident: Incident) -> Sentence:
    """Return the reason of the first alarm."""
    service = ctx.service_of(incident.service)
    if service is not None and service.accountable != incident.responsible:
        owner = name(ctx, service.accountable)
        if not duty.is_here(ctx, service.accountable):
            return _(
                "{service}: {owner} is no longer active. Will you look after it?",
                owner=owner,
                service=service.name,
            )
        if duty.acting(ctx, service.accountable) != service.accountable:
            return _(
                "{service}: {owner} is away. Will you look after it?",
                owner=owner,
                service=service.name,
            )
        return _("{service}: you are responsible. Will you look after it?", service=service.name)
    if service is not None and service.fallback:
        return _("No service was recognised, so it comes to you. Will you look after it?")
    return _(
        "You are accountable for {service}. Will you look after it?",
        service=service_name(ctx, incident),
    )
