"""How an incident stands: news of it, and that it works again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from handlers import rights
from handlers.after_hours import rest
from handlers.incidents import checklist, escalation, transitions
from handlers.incidents.cards import finish, headline, label
from handlers.incidents.lookup import NEWS, Ref, find, meant, not_open, note
from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Buttons, Message, Part, Reply, Text, Tone, line
from handlers.kit.readers import NameReader, TextReader
from handlers.kit.words import _
from storage import incidents
from storage.engine import Tx

feature = Feature(_("Incidents"))


@feature.command("update", "meldung", help=_("Tell how it stands; the card shows it."))
def update(
    ctx: Context,
    number: Ref | None = None,
    text: Annotated[
        str, TextReader(), Ask(_("How does it stand?"), short=_("text"), needed=True)
    ] = "",
) -> Reply:
    incident = meant(ctx, "update", number, text)
    rights.need_for(ctx, "update", incident)
    number, was_silent = incident.number, incident.silent
    # While nobody has taken it, it goes on climbing: news is no answer.
    next_news = None if incident.unanswered else ctx.now + NEWS[incident.severity]
    with transitions.changing(ctx, number, goes_on=(number,) if incident.unanswered else ()):
        if not incidents.tell(ctx.tx, number, ctx.person.id, text, ctx.now, next_news):
            raise not_open(ctx, find(ctx, number), text)
        incident = note(ctx, number, "news", text)
        if next_news is not None:
            escalation.wait_for_news(ctx, incident, next_news)
    show = escalation.ended_posts if was_silent else escalation.card_posts
    posts = show(ctx, incident)
    said = _("Thank you. The card of {incident} shows it now.", incident=label(number))
    return Reply(line(said), posts=posts, subject=label(number))


@dataclass(frozen=True, slots=True)
class Current:
    """An open incident, as a choice."""

    id: str
    name: str


def _current(tx: Tx) -> list[Current]:
    return [Current(str(each.number), headline(each)) for each in incidents.open_ones(tx)]


def _not_current(name: str, known: list[str]) -> Refusal:
    if not known:
        return Refusal(_("No incident is open."))
    return Refusal(_("There is no open incident “{name}”.", name=name[:80]))


@feature.command(
    "belongs",
    "gehört",
    help=_("This belongs to an open incident."),
    hidden=True,
    submit=_("Post an update"),
)
def belongs(
    ctx: Context,
    incident: Annotated[Current, NameReader(_current, _not_current), Ask(_("Which incident?"))],
    text: Annotated[str, TextReader(), Ask(_("How does it stand?"))],
) -> Reply:
    return update(ctx, int(incident.id), text)


@feature.command("restored", "behoben", help=_("The service works again."))
def restored(
    ctx: Context,
    number: Ref | None = None,
    text: Annotated[str, TextReader(), Ask(_("What helped?"), short=_("text"))] = "",
) -> Reply:
    incident = meant(ctx, "restored", number, text)
    rights.need_for(ctx, "restored", incident)
    incident = transitions.restore(ctx, incident.number, text)
    number = incident.number
    said = _("{incident}: it works again. Thank you.", incident=label(number))
    parts: list[Part] = [Text(said)]
    if rights.may_for(ctx, "done", incident):
        count = len(checklist.missing_of(ctx, incident))
        until = _("Restored is not done: {open}.", open=checklist.open_of_all(count))
        parts += [Text(until, small=True), Buttons((finish(number),))]
    hint = rest.rest_hint(ctx)
    if hint is not None:
        parts.append(Text(hint, small=True))
    return Reply(
        Message(tuple(parts), Tone.GOOD),
        posts=(*escalation.ended_posts(ctx, incident), *escalation.declarer_posts(ctx, incident)),
        subject=label(number),
    )
