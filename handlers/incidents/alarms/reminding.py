"""Reminders of what works again and is not done, and of late fixes: told in bundles, kept true.

When each is due says `transitions.next_step`; here is what it says, and when it is over.
"""

from __future__ import annotations

from handlers.attention import matters
from handlers.bans import blocks as ban_blocks
from handlers.incidents import checklist, keys
from handlers.incidents.cards import finish, headline, label
from handlers.incidents.checklist import Point
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Message, Post, line
from handlers.kit.words import Sentence, _, shortened
from storage import closing as closings
from storage.closing import Closing
from storage.engine.ids import IncidentNumber
from storage.incidents import Incident
from storage.incidents.states import IncidentState


def remind(ctx: Context, incident: Incident) -> None:
    """Let whoever is responsible hear with their next bundle what is still to finish."""
    key = keys.undone_key(incident.number)
    matters.note(ctx, incident.responsible, key, _words(ctx, incident), finish(incident.number))


def _words(ctx: Context, incident: Incident) -> Sentence:
    count = len(checklist.missing_of(ctx, incident))
    return _(
        "To finish: {title}; {open}.",
        title=shortened(headline(incident), 100),
        open=checklist.open_of_all(count),
    )


def _message(ctx: Context, incident: Incident) -> Message:
    return line(_words(ctx, incident), finish(incident.number))


def remind_of_fix(ctx: Context, incident: Incident, closing: Closing, *, late: bool) -> None:
    """Let whoever fixes the cause hear of its day: before it, or once it has passed."""
    assert closing.fixer is not None, "somebody fixes it"
    key = keys.fix_keys(incident.number, closing.fix_on)[late]
    words = _fix_words(incident, closing, late=late)
    matters.note(ctx, closing.fixer, key, words, *fix_buttons(incident.number))


def _fix_words(incident: Incident, closing: Closing, *, late: bool) -> Sentence:
    values = {"title": shortened(headline(incident), 100), "on": closing.fix_on}
    if late:
        return _("{title}: the date {on} has passed. Is the cause fixed?", **values)
    return _("{title}: the cause is to be fixed by {on}. How is it going?", **values)


def _fix(incident: Incident, closing: Closing, *, late: bool) -> Message:
    return line(_fix_words(incident, closing, late=late), *fix_buttons(incident.number))


def fix_buttons(number: IncidentNumber) -> tuple[Button, ...]:
    """Return the buttons of whoever fixes the cause behind a workaround."""
    return (
        Button(_("The cause is fixed"), call("fixed", number=number), "primary"),
        Button(_("New date"), call("fix date", number=number)),
        Button(label(number), call("show", number=number), "quiet"),
    )


def current(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Keep an incident's reminders true, whoever holds it now; return the bundles that change."""
    if incident.state == IncidentState.OPEN and incident.reopened_at is None:
        return ()  # nobody was reminded of anything yet
    key = keys.undone_key(incident.number)
    if incident.state == IncidentState.RESTORED and not _is_said(ctx, incident):
        posts = matters.move(ctx, key, incident.responsible)
        posts += matters.renew(ctx, key, _message(ctx, incident))
    else:
        posts = matters.settle(ctx, key)
    if incident.state != IncidentState.DONE:
        return (*posts, *fix_settled(ctx, incident))
    closing = closings.find(ctx.tx, incident.number)
    told = keys.fix_keys(incident.number, closing.fix_on) if closing.fix_on else ()
    for late, key in enumerate(told):
        posts += matters.renew(ctx, key, _fix(incident, closing, late=bool(late)))
    return posts


def _is_said(ctx: Context, incident: Incident) -> bool:
    """Say whether all that can be said is said: it waits for a check, or for a ban's end."""
    if checklist.waits_for_check(ctx, incident):
        return True
    rest = checklist.missing_of(ctx, incident)
    return rest in ([], [Point.CHECKED]) and ban_blocks.blocks(ctx, incident) is not None


def fix_settled(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Drop what was told of a fix by its day: it is done, has another day, or is asked anew."""
    closing = closings.find(ctx.tx, incident.number)
    if closing.fix_on is None:
        return ()
    told = [*keys.fix_keys(incident.number, closing.fix_on)]
    if incident.state not in (IncidentState.RESTORED, IncidentState.DONE):
        told.append(keys.heir_key(incident.number, closing.fixer))
    return tuple(post for key in told for post in matters.settle(ctx, key))
