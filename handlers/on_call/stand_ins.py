"""Covers: somebody is away, somebody else stands in, from one day to another.

Only who stands in when is kept, and not for long; nothing is counted (docs/rules.md, duty).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated

from handlers.kit import calendar
from handlers.kit.commands import UNASKED, Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Glance, Known, Question, Task, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Post, Reply, Text, Title, Tone, line
from handlers.kit.people import name, traced
from handlers.kit.readers import PersonReader, TextReader
from handlers.kit.readers.dates import DateReader, read_day, split_range, today_of
from handlers.kit.words import Sentence, _
from storage import on_call as stand_ins
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import CoverId, PersonId
from storage.on_call import Cover, CoverState
from storage.people import Person

feature = Feature(_("Services"))

LONGEST = 366  # days
FROM = r"(?:von|vom|from|ab)\s+"


@dataclass(frozen=True, slots=True)
class FirstDayReader(DateReader):
    """The first day of `23.12.–2.1.` or `from Monday to Friday`."""

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        text = re.sub(f"^{FROM}", "", text, flags=re.IGNORECASE)
        ends = split_range(text, today_of(ctx))
        if ends is not None:
            return read_day(ends[0], today_of(ctx)), ends[1]
        return DateReader.take(self, text, ctx, last=last)


CoverRef = Annotated[CoverId, TextReader(long=False), Ask(_("Cover"))]


def _may_ask(ctx: Context, away: Person | None = None) -> None:
    if away is not None and away.id != ctx.person.id and not ctx.person.manager:
        raise Refusal(_("For somebody else a manager names who stands in."))


def _somebody_else(ctx: Context, person: Person, away: Person | None = None) -> None:
    if person.id == (away or ctx.person).id:
        raise Refusal(_("Please choose somebody else."), field="person")


def _not_over(ctx: Context, until: date) -> None:
    if until < today_of(ctx):
        raise Refusal(_("That is over already."), field="until")


def _in_order(_ctx: Context, start: date, until: date) -> None:
    if until < start:
        raise Refusal(_("The last day is before the first."), field="until")
    if (until - start).days > LONGEST:
        raise Refusal(_("That is more than a year; please choose a shorter time."), field="until")


@feature.command(
    "cover",
    "vertreten",
    help=_("Ask somebody to stand in for you, from one day to another; they confirm by button."),
    submit=_("Ask"),
    checks=(_may_ask, _somebody_else, _in_order, _not_over),
)
def cover(
    ctx: Context,
    person: Annotated[Person, PersonReader(), Ask(_("Who stands in?"), short=_("person"))],
    start: Annotated[date, FirstDayReader(), Ask(_("From"), short=_("from"))],
    until: Annotated[date, DateReader(), Ask(_("Until"), _("The last day."), short=_("until"))],
    *,
    away: Annotated[Person, PersonReader(), UNASKED] | None = None,
) -> Reply:
    absent = away or ctx.person
    zone = ctx.workspace.zone
    asked = Cover(
        id=CoverId(ctx.new_id()),
        person=absent.id,
        cover=person.id,
        asked_by=absent.id,
        starts_at=calendar.midnight(start, zone),
        ends_at=calendar.midnight(until + timedelta(days=1), zone),
        state=CoverState.ASKED,
    )
    _must_be_free(ctx, asked)
    if absent.id != ctx.person.id and person.id == ctx.person.id:  # a manager stands in
        agreed = replace(asked, state=CoverState.CONFIRMED)
        changed = _add(ctx, agreed) + ctx.follow(Event.AGREED, agreed.id)
        said = _agreed_words(ctx, agreed)
        told = Post(f"{key_of(agreed.id)}:told", line(said), f"direct:{absent.id}", ParcelKind.NOTE)
        return Reply(line(said), posts=(told, *changed), subject=traced(ctx, absent.id))
    posts = ask(ctx, asked)
    if absent.id != ctx.person.id:
        return Reply(line(_cover_words(ctx, asked)), posts=posts, subject=traced(ctx, person.id))
    swap = Button(
        _("No, I stand in for {who}", who=person.name),
        call("cover swap", cover=asked.id),
        "quiet",
    )
    return Reply(line(_cover_words(ctx, asked), swap), posts=posts, subject=traced(ctx, person.id))


def ask(ctx: Context, asked: Cover) -> tuple[Post, ...]:
    """Store a cover, and ask the other side."""
    return (*_ask(ctx, asked), *_add(ctx, asked))


def _add(ctx: Context, asked: Cover) -> tuple[Post, ...]:
    """Store a cover; where it takes the place of one who left, the managers' card follows."""
    gone = stand_ins.settle_left(ctx.tx, asked)
    stand_ins.add(ctx.tx, asked)
    return tuple(post for each in gone for post in ctx.follow(Event.PEOPLE_CHANGED, each))


def _cover_words(ctx: Context, asked: Cover) -> Sentence:
    other = name(ctx, asked.other)
    if asked.person != ctx.person.id and asked.cover != ctx.person.id:
        return _(
            "I have asked {who} to stand in for {person} {days}. Until they agree, "
            "nothing changes.",
            who=other,
            person=name(ctx, asked.person),
            days=days(ctx, asked),
        )
    if asked.other == asked.cover:
        return _(
            "I ask {who} to stand in for you {days}. Until they agree, nothing changes.",
            who=other,
            days=days(ctx, asked),
        )
    return _(
        "I have asked {who} whether you stand in {days}. Until they agree, nothing changes.",
        who=other,
        days=days(ctx, asked),
    )


def days(ctx: Context, asked: Cover) -> Sentence:
    """Return the days of a cover, the first and the last one."""
    first = calendar.day_of(asked.starts_at, ctx.workspace.zone)
    last = calendar.day_of(asked.ends_at, ctx.workspace.zone) - timedelta(days=1)
    if first == last:
        return _("on {first}", first=first)
    return _("from {first} to {last}", first=first, last=last)


def _must_be_free(ctx: Context, asked: Cover) -> None:
    """Refuse where somebody stands in for that person already, or the stand-in is away."""
    found = stand_ins.overlapping(ctx.tx, asked.person, asked.starts_at, asked.ends_at)
    if found is not None:
        raise Refusal(
            _(
                "{cover} stands in for {person} {days} already.",
                cover=name(ctx, found.cover),
                person=name(ctx, found.person),
                days=days(ctx, found),
            ),
            buttons=_end(ctx, found),
        )
    away = stand_ins.overlapping(ctx.tx, asked.cover, asked.starts_at, asked.ends_at)
    if away is not None:
        raise Refusal(
            _("{cover} is away {days}.", cover=name(ctx, asked.cover), days=days(ctx, away)),
            buttons=_end(ctx, away),
        )


def _end(ctx: Context, found: Cover) -> tuple[Button, ...]:
    if ctx.person.id not in (found.person, found.cover):
        return ()
    return (Button(_("End it"), call("cover end", cover=found.id)),)


def key_of(id: CoverId) -> str:
    """Return the key of the message that asks about a cover."""
    return f"cover:{id}"


def _ask(ctx: Context, asked: Cover) -> tuple[Post, ...]:
    """Ask the other side: in working time, unless it begins before the next working day ends."""
    message = Message(
        (
            Title(_question(ctx, asked)),
            Text(
                _(
                    "{who} asks you. Whoever stands in is alerted first meanwhile, and it ends "
                    "by itself.",
                    who=ctx.who,
                )
            ),
            Buttons(_answers(asked)),
        )
    )
    question = Question(asked.other, key_of(asked.id), message, asked.starts_at)
    return ctx.follow(Event.ASKED, question)


def _question(ctx: Context, asked: Cover) -> Sentence:
    if asked.other == asked.cover:
        absent = name(ctx, asked.person)
        return _("Will you stand in for {who} {days}?", who=absent, days=days(ctx, asked))
    who = name(ctx, asked.asked_by)
    return _("Shall {who} stand in for you {days}?", who=who, days=days(ctx, asked))


def _answers(asked: Cover) -> tuple[Button, Button]:
    return (
        Button(_("Yes, agreed"), call("cover confirm", cover=asked.id), "primary"),
        Button(_("No, I cannot"), call("cover end", cover=asked.id)),
    )


@feature.command("cover swap", "vertretung tauschen", help=_("The other way round."), hidden=True)
def swap(ctx: Context, cover: CoverRef) -> Reply:
    if not stand_ins.swap(ctx.tx, cover, ctx.person.id):
        raise Refusal(_("This question has been answered already."))
    posts = ctx.follow(Event.ANSWERED, key_of(cover))  # it was put the other way round
    asked = _find(ctx, cover)
    _must_be_free(ctx, asked)
    posts += _ask(ctx, asked)
    return Reply(line(_cover_words(ctx, asked)), posts=posts, subject=traced(ctx, asked.other))


@feature.command("cover confirm", "vertretung bestätigen", help=_("Agreed."), hidden=True)
def confirm(ctx: Context, cover: CoverRef) -> Reply:
    asked = stand_ins.find(ctx.tx, cover)
    if asked is not None and asked.ends_at <= ctx.now:
        raise Refusal(_("That is over already."))
    if not stand_ins.confirm(ctx.tx, cover, ctx.person.id):
        raise Refusal(_("This question has been answered already."))
    agreed = _find(ctx, cover)
    clash = stand_ins.overlapping(ctx.tx, agreed.person, agreed.starts_at, agreed.ends_at)
    if clash is not None and clash.id != agreed.id:
        _must_be_free(ctx, agreed)
    said = _agreed_words(ctx, agreed)
    ends = _end(ctx, agreed)
    told = line(said, *ends, tone=Tone.QUIET)
    return Reply(
        line(said),
        posts=(
            *ctx.follow(Event.ANSWERED, key_of(agreed.id)),
            *ctx.follow(Event.AGREED, agreed.id),
            Post(key_of(agreed.id), told),
            Post(f"{key_of(agreed.id)}:told", told, f"direct:{agreed.asked_by}", ParcelKind.NOTE),
        ),
        subject=traced(ctx, agreed.asked_by),
    )


def _agreed_words(ctx: Context, agreed: Cover) -> Sentence:
    return _(
        "Agreed: {cover} stands in for {person} {days}.",
        cover=name(ctx, agreed.cover),
        person=name(ctx, agreed.person),
        days=days(ctx, agreed),
    )


@feature.command("cover end", "vertretung beenden", help=_("End it now."), hidden=True)
def end(ctx: Context, cover: CoverRef) -> Reply:
    before = stand_ins.find(ctx.tx, cover)
    if before is None or not stand_ins.end(ctx.tx, cover, ctx.person.id):
        raise Refusal(_("This is settled already, or no longer concerns you."))
    ended = replace(before, state=CoverState.ENDED)
    said = ended_words(ctx, before)
    told = line(said, tone=Tone.QUIET)
    other = ended.cover if ctx.person.id == ended.person else ended.person
    posts = [*ctx.follow(Event.ANSWERED, key_of(ended.id))]
    posts += [Post(key_of(ended.id), told), Post(f"{key_of(ended.id)}:told", told)]
    posts.append(Post(f"{key_of(ended.id)}:ended", told, f"direct:{other}", ParcelKind.NOTE))
    return Reply(line(said), posts=tuple(posts), subject=traced(ctx, other))


def ended_words(ctx: Context, before: Cover) -> Sentence:
    """Say that a cover ended, or was declined; `before` is how it was."""
    sides = {"cover": name(ctx, before.cover), "person": name(ctx, before.person)}
    if before.state == CoverState.ASKED:
        return _(
            "Declined: {cover} does not stand in for {person} {days}.",
            days=days(ctx, before),
            **sides,
        )
    return _("{cover} does not stand in for {person} any more.", **sides)


@feature.waits(30)
def waiting(ctx: Context) -> list[Task]:
    """Return the covers that the asker has to confirm."""
    return [
        Task(_question(ctx, each), _answers(each))
        for each in stand_ins.to_come(ctx.tx, ctx.person.id, ctx.now)
        if each.state == CoverState.ASKED and each.other == ctx.person.id
    ]


def cover_lines(ctx: Context) -> list[Sentence]:
    """Return the covers that concern the asker now or later, as lines."""
    return [
        _(
            "{cover} stands in for {person} {days}",
            cover=name(ctx, each.cover),
            person=name(ctx, each.person),
            days=days(ctx, each),
        )
        for each in stand_ins.to_come(ctx.tx, ctx.person.id, ctx.now)
        if each.state == CoverState.CONFIRMED
    ]


def _find(ctx: Context, id: CoverId) -> Cover:
    found = stand_ins.find(ctx.tx, id)
    assert found is not None
    return found


@feature.knows(
    50,
    _("Standing in"),
    {
        "covers": (
            "person",
            "cover",
            "asked_by",
        ),
    },
    replace=stand_ins.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        stand_ins.of_person(ctx.tx, person),
        {
            "covers.person": _("Is stood in for"),
            "covers.cover": _("Stands in"),
            "covers.asked_by": _("Asked for it"),
        },
        say=lambda row: name(ctx, row["subject"]),
    )


@feature.glance(50)
def glance(ctx: Context) -> list[Glance]:
    """Return what is agreed about who stands in."""
    return [Glance(_("Who stands in"), tuple(cover_lines(ctx)))]
