"""How an incident stands: news of it, and that it works again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from handlers import rights
from handlers.incidents import channels as incident_channels
from handlers.incidents import checklist, escalation, keys, transitions
from handlers.incidents.cards import finish, headline, label, settled_alarm
from handlers.incidents.lookup import NEWS, UNDO, Ref, find, meant, not_open, note
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text, Tone, line
from handlers.kit.readers import NameReader, TextReader, titles
from handlers.kit.readers.removed_words import MARK, WordsField
from handlers.kit.readers.required_text import TitleReader
from handlers.kit.removing.copies import Thing, take_out
from handlers.kit.words import Words, _
from handlers.working_time.after_hours import rest
from storage import incidents
from storage.delivery import copies
from storage.engine import Tx
from storage.engine.ids import IncidentNumber
from storage.incidents import Incident, alarms, texts
from storage.incidents import lists as incident_lists
from storage.incidents.states import TimelineKind
from storage.problems import texts as problem_texts

feature = Feature(_("Incidents"))

NAMED = 3  # other incidents with the same words that are named


@feature.command("update", "meldung", help=_("Post an update; the card shows it."))
def update(
    ctx: Context,
    number: Ref | None = None,
    text: Annotated[
        str, TextReader(), Ask(_("What is the latest?"), short=_("text"), needed=True)
    ] = "",
) -> Reply:
    incident = meant(ctx, "update", number, text)
    rights.need_for(ctx, "update", incident)
    number, was_silent = incident.number, incident.silent
    # While nobody has taken it, it goes on escalating: news is no answer.
    next_news = None if incident.unanswered else ctx.now + NEWS[incident.severity]
    with transitions.changing(ctx, number, goes_on=(number,) if incident.unanswered else ()):
        if not incidents.tell(ctx.tx, number, ctx.person.id, text, ctx.now, next_news):
            raise not_open(ctx, find(ctx, number), text)
        incident = note(ctx, number, TimelineKind.NEWS, text)
        if next_news is not None:
            escalation.wait_for_news(ctx, incident, next_news)
    show = escalation.ended_posts if was_silent else escalation.card_posts
    posts = show(ctx, incident)
    said = _("Thank you. The card of {incident} shows it now.", incident=label(number))
    return Reply(line(said), posts=posts, subject=label(number))


@feature.command(
    "update back",
    "meldung zurück",
    help=_("Take back the update that you posted last."),
    hidden=True,
)
def update_back(ctx: Context, number: Ref) -> Reply:
    rights.need_for(ctx, "update", find(ctx, number))
    if not texts.take_news_back(ctx.tx, number, ctx.person.id, ctx.now - UNDO):
        raise Refusal(
            _(
                "That works for {n} minutes. *Remove words* takes words out later as well.",
                n=int(UNDO.total_seconds() // 60),
            ),
            buttons=(Button(_("Remove words"), call("remove words", number=number)),),
        )
    said = _("The update is taken back; the card of {incident} shows it no more.",
             incident=label(number))  # fmt: skip
    posts = escalation.card_posts(ctx, find(ctx, number))
    return Reply(line(said), posts=posts, subject=label(number))


@dataclass(frozen=True, slots=True)
class Current:
    """An open incident, as a choice."""

    id: str
    name: str


def _current(tx: Tx) -> list[Current]:
    return [Current(str(each.number), headline(each)) for each in incident_lists.open_ones(tx)]


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
    text: Annotated[str, TextReader(), Ask(_("What is the latest?"))],
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
        until = _(
            "Not finished yet: {open}. This does not have to be now.",
            open=checklist.open_of_all(count),
        )
        parts += [Text(until, small=True), Buttons((finish(number),))]
    hint = rest.rest_hint(ctx)
    if hint is not None:
        parts.append(Text(hint, small=True))
    return Reply(
        Message(tuple(parts), Tone.GOOD),
        posts=(*escalation.ended_posts(ctx, incident), *escalation.declarer_posts(ctx, incident)),
        subject=label(number),
    )


# --- correcting what was typed ------------------------------------------------------------


def _title_now(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    number = fixed.get("number", "")
    found = incidents.find(ctx.tx, IncidentNumber(int(number))) if number.isdecimal() else None
    return {"title": found.title} if found is not None else {}


def _another_title(ctx: Context, number: IncidentNumber, title: str) -> None:
    incident = find(ctx, number)
    rights.need_for(ctx, "retitle", incident)
    if titles.split(title)[0] == incident.title:
        raise Refusal(_("It is called that already."), field="title")


@feature.command(
    "retitle",
    "titel ändern",
    help=_("Correct the title of an incident."),
    hidden=True,
    submit=_("Save"),
    current=_title_now,
    checks=(_another_title,),
)
def retitle(
    ctx: Context,
    number: Ref,
    *,
    title: Annotated[str, TitleReader(), Ask(_("Title"))],
) -> Reply:
    incident = find(ctx, number)
    new, _rest = titles.split(title)
    texts.set_title(ctx.tx, number, new)
    now = note(ctx, number, TimelineKind.RETITLED, incident.title)
    said = _("{incident} is called “{title}” now.", incident=label(number), title=new)
    return Reply(line(said), posts=_card_posts(ctx, now), subject=label(number))


@feature.command(
    "remove words",
    "wörter entfernen",
    help=_("Take words out that were typed by mistake: everywhere, for good."),
    hidden=True,
    submit=_("Remove"),
)
def remove_words(
    ctx: Context,
    number: Ref,
    *,
    words: WordsField,
) -> Reply:
    incident = find(ctx, number)
    rights.need_for(ctx, "remove words", incident)
    if not texts.remove_words(ctx.tx, number, words, MARK):
        raise Refusal(
            _("These words do not stand in {incident}.", incident=label(number)), field="words"
        )
    problems = (
        Thing((f"PRB-{each}",), f"problem:{each}") for each in problem_texts.of_root(ctx.tx, number)
    )
    take_out(ctx, words, Thing((label(number),), keys.card_key(number)), *problems)
    now = note(ctx, number, TimelineKind.WORDS_REMOVED)
    said = _(
        "The words are gone from title, text, history and cards of {incident}. The history says "
        "that words were removed, not which.",
        incident=label(number),
    )
    # Neither the words nor the answer are kept against repetition.
    incident_channels.rename(ctx, now)
    posts = (*_card_posts(ctx, now), *ctx.follow(Event.WORDS_REMOVED, str(number)))
    told = Message((Text(said), *_elsewhere(ctx, words)))
    return Reply(told, posts=posts, secret=True, subject=label(number))


def _elsewhere(ctx: Context, words: str) -> tuple[Part, ...]:
    """Say which other incidents say the words, in texts of their own: those are theirs."""
    found = copies.numbers_saying(ctx.tx, words, NAMED + 1)
    if not found:
        return ()
    named = [label(each) for each in found[:NAMED]]
    said: Words = _("The same words also stand in {incidents}.", incidents=named)
    if len(found) > NAMED:
        said = _("The same words also stand in {incidents}, and in others.", incidents=named)
    opens = [Button(label(each), call("show", number=each), "quiet") for each in found[:NAMED]]
    return (Text(said), Buttons(tuple(opens)))


def correcting(ctx: Context, incident: Incident) -> tuple[Part, ...]:
    """Return what can be corrected, by whoever may; stands below the history."""
    offered = (
        ("retitle", Button(_("Correct the title"), call("retitle", number=incident.number))),
        ("remove words", Button(_("Remove words"), call("remove words", number=incident.number))),
    )
    mine = tuple(each for right, each in offered if rights.may_for(ctx, right, incident))
    return (Buttons(mine),) if mine else ()


def _card_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return an incident as it reads now, wherever it stands."""
    live = {each.position for each in alarms.of(ctx.tx, incident.number) if each.live}
    quiet = settled_alarm(ctx, incident)
    settled = [
        Post(keys.alarm_key(incident.number, position), quiet)
        for position in range(incident.alarms)
        if position not in live
    ]
    told = [
        Post(key, quiet) for key in (keys.top_key(incident.number), keys.rests_key(incident.number))
    ]
    return (
        *escalation.card_posts(ctx, incident),
        *escalation.renewed_alarms(ctx, incident),
        *settled,
        *told,
        *escalation.declarer_edits(ctx, incident),
    )
