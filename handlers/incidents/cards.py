"""What an incident looks like: its card, its alarms, its line in a list."""

from __future__ import annotations

from datetime import datetime

from handlers.bans import cards as ban_cards
from handlers.incidents import checklist
from handlers.incidents.alarms import targets
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Facts, Message, Part, Text, Title, Tone
from handlers.kit.people import PLATFORMS, name, person
from handlers.kit.words import Sentence, Words, _, _n, shortened
from handlers.rules import routing
from storage import closing as closings
from storage import rules
from storage.engine.ids import NOBODY, IncidentNumber, PersonId
from storage.incidents import Incident, alarms, duplicates
from storage.incidents import timeline as incident_timeline
from storage.incidents.states import ClosedAs, IncidentState, Severity, TimelineKind
from storage.rules import Led, RoutingState


def label(number: IncidentNumber) -> str:
    """Return how an incident is called: `INC-7`."""
    return f"INC-{number}"


def headline(incident: Incident) -> str:
    """Return number and title, as typed."""
    return f"{label(incident.number)} · {incident.title}"


def service_name(ctx: Context, incident: Incident) -> str:
    """Return the name of the incident's service."""
    found = ctx.service_of(incident.service)
    return found.name if found else incident.service


def tone(incident: Incident) -> Tone:
    """Return how the incident looks from afar."""
    if incident.state == IncidentState.RESTORED:
        return Tone.GOOD
    if incident.state in (IncidentState.WITHDRAWN, IncidentState.DONE, IncidentState.CLOSED):
        return Tone.QUIET
    if incident.unanswered or incident.silent:
        return Tone.ALARM
    return Tone.ACTIVE


def standing(ctx: Context, incident: Incident, *, pings: bool = True) -> Sentence:
    """Return in one sentence how it stands; who has to act is mentioned if it `pings`."""
    if incident.state == IncidentState.WITHDRAWN:
        return _("Withdrawn by {who}.", who=name(ctx, incident.declared_by))
    if incident.state == IncidentState.RESTORED:
        return _(
            "Working again since {at}, says {who}.",
            at=incident.restored_at,
            who=name(ctx, incident.restored_by or incident.responsible),
        )
    if incident.state == IncidentState.DONE:
        return _done_words(ctx, incident)
    if incident.state == IncidentState.CLOSED:
        return _closed_words(ctx, incident)
    if incident.unanswered:
        mentioned = person if pings else name
        who = mentioned(ctx, incident.responsible)
        return _("Waiting for {who} to look after it.", who=who)
    if incident.silent:
        return _(
            "{who} is looking after it; the next update is still to come.",
            who=name(ctx, incident.responsible),
        )
    return _(
        "{who} has been looking after it since {at}.",
        who=name(ctx, incident.responsible),
        at=incident.responsible_since,
    )


def _done_words(ctx: Context, incident: Incident) -> Sentence:
    closing = closings.find(ctx.tx, incident.number)
    values = {"at": incident.ended_at, "who": name(ctx, incident.ended_by or incident.responsible)}
    if closing.verified_by is not None:
        return _(
            "Done since {at}; {who} has checked it.",
            at=incident.ended_at,
            who=name(ctx, closing.verified_by),
        )
    if closing.quiet_at is not None:
        return _("Done since {at}; it has not come back.", at=incident.ended_at)
    return _("Done since {at}, says {who}.", **values)


def _closed_words(ctx: Context, incident: Incident) -> Sentence:
    values = {"at": incident.ended_at, "who": name(ctx, incident.ended_by or incident.responsible)}
    into = label(duplicates.end(ctx.tx, incident))
    if incident.closed_as is ClosedAs.DUPLICATE:
        return _("Closed on {at} by {who}: duplicate of {incident}.", **values, incident=into)
    if incident.closed_as is ClosedAs.SUPERSEDED:
        return _("Closed on {at} by {who}: part of {incident}.", **values, incident=into)
    return _("Closed on {at} by {who}: false alarm.", **values)


def waits_since(incident: Incident) -> datetime:
    """Return since when it waits for an answer, or for promised news."""
    if incident.unanswered or incident.next_news_at is None:
        return max(incident.begun_at, incident.responsible_since)
    return incident.next_news_at


def _waiting(ctx: Context, incident: Incident) -> list[tuple[Words, Words]]:
    """Return since when it waits and which roles are alarmed: no names beside times, no counts."""
    if incident.state != IncidentState.OPEN or not (incident.unanswered or incident.silent):
        return []
    since = waits_since(incident)
    roles = targets.roles_of(ctx, incident, targets.alarmed(ctx, incident))
    said = _("since {since}; alerted: {roles}", since=since, roles=roles)
    rows: list[tuple[Words, Words]] = [(_("Waiting"), said)]
    if gone := targets.unreached(ctx, incident):
        rows.append(
            (_("Not reached"), _("{names}", names=[_reached_words(ctx, each) for each in gone]))
        )
    paused = alarms.paused(ctx.tx, incident.number, ctx.now)
    for who, until in paused.items():
        role = targets.roles_of(ctx, incident, [who])
        rows.append((_("Alerts paused"), _("{roles} until {until}", roles=role, until=until)))
    return rows


def _reached_words(ctx: Context, gone: tuple[PersonId, str]) -> Sentence:
    who, platform = gone
    return _("{who} ({where})", who=name(ctx, who), where=PLATFORMS.get(platform, platform))


def card(ctx: Context, incident: Incident) -> Message:
    """Return the card: one per incident, edited as things change."""
    rows: list[tuple[Words, Words]] = [
        (_("State"), standing(ctx, incident)),
        (_("Service"), service_name(ctx, incident)),
        (_("Responsible"), name(ctx, incident.responsible)),
        (
            _("Declared"),
            _("{at} by {who}", at=incident.declared_at, who=name(ctx, incident.declared_by)),
        ),
    ]
    if incident.reopened_at is not None:
        rows.append((_("Opened again"), _reopened_words(ctx, incident)))
    rows[1:1] = _waiting(ctx, incident)
    if incident.severity == Severity.SERIOUS:
        rows.insert(1, (_("Severity"), _("serious")))
    if incident.gap:
        rows.append((_("Note"), _("No service recognised.")))
    if incident.proposed_to and incident.state == IncidentState.OPEN:
        rows.append((_("Asked to take it"), name(ctx, incident.proposed_to)))
    if incident.news:
        rows.append(
            (
                _("Latest update"),
                _(
                    "{news} ({who}, {at})",
                    news=incident.news,
                    at=incident.news_at,
                    who=name(ctx, incident.news_by or NOBODY),
                ),
            )
        )
    if incident.next_news_at and incident.state == IncidentState.OPEN:
        rows.append((_("Next update"), _("by {at}", at=incident.next_news_at)))
    rows += checklist.rows(ctx, incident)
    repeated, more = ban_cards.of_incident(ctx, incident)
    parts: list[Part] = [Title(headline(incident)), Facts((*rows, *repeated))]
    buttons = (*card_buttons(incident), *more)
    if buttons:
        parts.append(Buttons(buttons))
    parts += about_question(ctx, incident)
    parts += ban_cards.question(ctx, incident)
    return Message(tuple(parts), tone(incident))


def about_question(ctx: Context, incident: Incident) -> tuple[Part, ...]:
    """Ask whether it is about the service that only its meaning or a rule points at.

    Where a rule led it there without a question, say by which, and offer to take it back.
    """
    number = incident.number
    if incident.state != IncidentState.OPEN:
        return ()
    led = rules.led(ctx.tx, Led.INCIDENT, str(number))
    by = (Text(routing.by(ctx, led), small=True),) if led is not None else ()
    guessed = ctx.service_of(incident.guessed) if incident.guessed else None
    if guessed is None:
        here = ctx.service_of(incident.service)
        if led is None or here is None or led.target != here.id or led.state == RoutingState.STANDS:
            return ()
        name = shortened(here.name, 40)
        no = Button(_("Not about {service}", service=name), call("not about", number=number))
        return (*by, Buttons((no,)))
    return (
        Text(_("Is it about {service}?", service=guessed.name)),
        *(by if led is not None and led.target == guessed.id else ()),
        Buttons(
            (
                Button(
                    _("Yes, {service}", service=guessed.name),
                    call("move", number=number, service=guessed.id),
                ),
                Button(_("No, something else"), call("not about", number=number)),
            )
        ),
    )


def _reopened_words(ctx: Context, incident: Incident) -> Sentence:
    newest = [
        each
        for each in incident_timeline.of(ctx.tx, incident.number)
        if each.kind == TimelineKind.REOPENED
    ][-1]
    return _(
        "{why} ({who}, {at})",
        why=newest.detail,
        at=newest.at,
        who=name(ctx, newest.person or NOBODY),
    )


def take(number: IncidentNumber) -> Button:
    """Return the button that acknowledges."""
    return Button(_("I'll look after it"), call("ack", number=number), "primary")


def works_again(number: IncidentNumber) -> Button:
    """Return the button that says it works again."""
    return Button(_("It works again"), call("restored", number=number))


def tell(number: IncidentNumber) -> Button:
    """Return the button that asks for an update."""
    return Button(_("Post an update"), call("update", number=number), "primary")


def finish(number: IncidentNumber) -> Button:
    """Return the button that asks what is missing until it is done."""
    return Button(_("Finish it"), call("done", number=number), "primary")


def open_again(number: IncidentNumber) -> Button:
    """Return the button that opens it again."""
    return Button(_("Open again"), call("reopen", number=number))


def whole_text(incident: Incident) -> tuple[Button, ...]:
    """Return the button that opens the text below the title, if there is more than the title."""
    if not incident.body:
        return ()
    return (Button(_("Show the whole text"), call("text", number=incident.number), "quiet"),)


def card_buttons(incident: Incident) -> tuple[Button, ...]:
    """Return what can be done with an incident in its present state."""
    number = incident.number
    history = Button(_("History"), call("history", number=number), "quiet")
    if incident.state == IncidentState.WITHDRAWN:
        return ()
    if incident.state == IncidentState.RESTORED:
        return (finish(number), open_again(number), *whole_text(incident), history)
    if incident.state in (IncidentState.DONE, IncidentState.CLOSED):
        return (open_again(number), *whole_text(incident), history)
    if incident.unanswered or incident.silent:
        first: tuple[Button, ...] = (take(number),)
    else:
        first = (tell(number),)
    serious = (
        (Button(_("It is serious"), call("serious", number=number)),)
        if incident.severity == Severity.NORMAL
        else ()
    )
    return (*first, works_again(number), *serious, *whole_text(incident), history)


def alarm(
    ctx: Context, incident: Incident, why: Sentence, more: tuple[Button, ...] = ()
) -> Message:
    """Return the alarm that one person gets, with the reason why they get it."""
    number = incident.number
    return Message(
        (
            Title(headline(incident)),
            Text(why),
            Facts(
                (
                    (_("Service"), service_name(ctx, incident)),
                    (
                        _("Declared"),
                        _(
                            "{at} by {who}",
                            at=incident.declared_at,
                            who=name(ctx, incident.declared_by),
                        ),
                    ),
                )
            ),
            Buttons(
                (
                    take(number),
                    works_again(number),
                    *whole_text(incident),
                    *more,
                )
            ),
            *about_question(ctx, incident),
            *ban_cards.question(ctx, incident),
        ),
        Tone.ALARM,
    )


def settled_alarm(ctx: Context, incident: Incident) -> Message:
    """Return what an alarm says once it needs nobody any more."""
    return Message((Text(settled_words(ctx, incident)),), tone(incident))


def settled_words(ctx: Context, incident: Incident) -> Sentence:
    """Return an incident that needs nobody any more in one line."""
    return _("{title} – {standing}", title=headline(incident), standing=standing(ctx, incident))


def why_escalated(ctx: Context, incident: Incident, minutes: int) -> Sentence:
    """Return the reason of a later alarm; `minutes` since the incident needs somebody."""
    who = name(ctx, incident.responsible)
    if incident.unanswered:
        return _(
            "Nobody has picked this up for {time}. {who} was alerted first. Will you "
            "look after it?",
            time=lasting(minutes),
            who=who,
        )
    return _(
        "An update from {who} has been missing for {time}. Will you look after it?",
        time=lasting(minutes),
        who=who,
    )


def lasting(minutes: int) -> Sentence:
    """Return how long something has lasted: minutes, from two hours on hours, then days."""
    if minutes < 120:
        return _n("{n} minute", "{n} minutes", minutes)
    if minutes < 48 * 60:
        return _n("{n} hour", "{n} hours", minutes // 60)
    return _n("{n} day", "{n} days", minutes // (24 * 60))


def why_silent(incident: Incident) -> Sentence:
    """Return the question to whoever promised news."""
    return _("An update was due at {at:time}. How is it going?", at=incident.next_news_at)


def question(ctx: Context, incident: Incident) -> Message:
    """Ask whoever is responsible how it stands."""
    number = incident.number
    return Message(
        (
            Title(headline(incident)),
            Text(why_silent(incident)),
            Buttons(
                (
                    tell(number),
                    works_again(number),
                )
            ),
        ),
        Tone.ALARM,
    )


def list_line(ctx: Context, incident: Incident) -> Sentence:
    """Return an incident as one line of a list."""
    values = {
        "title": shortened(headline(incident), 100),
        "service": service_name(ctx, incident),
        "standing": standing(ctx, incident, pings=False),
    }
    if incident.severity == Severity.SERIOUS and incident.state == IncidentState.OPEN:
        return _("{title} (serious, {service}): {standing}", **values)
    return _("{title} ({service}): {standing}", **values)


def undone_line(ctx: Context, incident: Incident) -> Sentence:
    """Return what works again and is not done as one line of a list, with whom it is."""
    count = len(checklist.missing_of(ctx, incident))
    return _(
        "{title} ({service}): {open}; responsible: {who}",
        title=shortened(headline(incident), 100),
        service=service_name(ctx, incident),
        open=checklist.open_of_all(count),
        who=name(ctx, incident.responsible),
    )
