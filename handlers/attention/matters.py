"""The one way for what is no alarm: noted with what makes it, told in a bundle, dropped when over.

Rule (docs/rules.md, attention): at most one bundled message a person and working day, at their
hour; never on holidays; to who stands in while somebody is away; at most two taps a week.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from handlers.kit import calendar, working_hours
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import (
    WRITER,
    Button,
    Buttons,
    Message,
    Part,
    Post,
    Text,
    Title,
    Tone,
    as_data,
    from_data,
    line,
    spoken,
)
from handlers.kit.words import LANGUAGES, Words, _, _n
from handlers.kit.working_hours import WorkingTime
from handlers.on_call import duty
from storage import attention as stored
from storage.attention import Matter, MatterKind, MatterState, Wish
from storage.delivery import timers
from storage.delivery.outbox import ParcelKind
from storage.delivery.timers import TimerKind
from storage.engine.ids import PersonId

HELD = "held back"  # the key of each task that shows what somebody has not been told yet
USUAL = Wish("09:00", "daily")
LOOK = time(0, 10)  # local: when a day's reminders are noted, before anybody's hour
LATE = timedelta(minutes=30)  # after its hour a bundle may come outside working time
ROOM = 12  # matters in one bundle; every chat shows so many whole, the rest waits a day
FARTHEST = 400  # days that a bundle may lie ahead
TAPS = 2  # taps that somebody is asked for in a week (requirement C32)


class AttentionTimer(TimerKind):
    """What somebody is told later."""

    BUNDLE = "bundle"
    QUESTIONS = "questions"


def note(
    ctx: Context,
    person: PersonId,
    key: str,
    words: Words,
    *buttons: Button,
    survey: bool = False,
    nameless: bool = False,
    personal: bool = False,
) -> None:
    """Let somebody know with their next bundle; the same `key` again only changes the words.

    What is `personal` concerns them alone: it waits until they are here, and ends with them.
    `survey` marks a tap that is asked for: it goes to nobody else, and waits past two a week.
    `nameless` is what somebody said without their name: neither time nor id tells when.
    """
    kind = MatterKind.SURVEY if survey else MatterKind.MATTER
    message = line(words, *buttons)
    _keep(ctx, person, key, kind, message, nameless=nameless, personal=personal)
    _plan(ctx, person, nameless=nameless)


def ask(
    ctx: Context,
    person: PersonId,
    key: str,
    message: Message,
    *,
    begins: datetime | None = None,
    personal: bool = False,
) -> tuple[Post, ...]:
    """Let a question that a person asks reach somebody: at once in working time, else next.

    What `begins` before the next working day is over waits for nothing. A `personal` one only
    they can answer: it comes to them, whoever stands in.
    """
    acts = person if personal else duty.acting(ctx, person) or person
    ours = working_hours.company(ctx)
    start = ours.next_start(ctx.now)
    if start <= ctx.now or (begins is not None and begins < _end_of(ours, start)):
        stored.settle(ctx.tx, key)  # held back until now: it was asked of somebody before
        return (Post(key, message, f"direct:{acts}", ParcelKind.NOTE),)
    _keep(ctx, person, key, MatterKind.QUESTION, message, personal=personal)
    _plan_questions(ctx, person)
    return ()


def _end_of(ours: WorkingTime, start: datetime) -> datetime:
    """Return when the working day that begins at `start` is over."""
    return ours.next_end(start) or calendar.midnight(
        calendar.day_of(start, ours.zone) + timedelta(days=1), ours.zone
    )


def renew(
    ctx: Context, key: str, message: Message, *, person: PersonId | None = None
) -> tuple[Post, ...]:
    """Put other words to a matter wherever it waits or was told; nobody is told anew.

    Only to a `person`'s, where it says something else to everybody.
    """
    told: set[tuple[PersonId, str]] = set()
    for each in stored.standing(ctx.tx, key):
        if person not in (None, each.person):
            continue
        _keep(ctx, each.person, key, each.kind, message)
        if each.told_to and each.told_on:
            told.add((each.told_to, each.told_on))
    return _edits(ctx, told)


def move(ctx: Context, key: str, to: PersonId) -> tuple[Post, ...]:
    """Let a matter be `to`'s: they are told, and it stands in nobody else's bundle any more."""
    told: set[tuple[PersonId, str]] = set()
    for each in stored.standing(ctx.tx, key):
        if each.person == to:
            continue
        give(ctx, each, to)
        if each.told_to and each.told_on:
            told.add((each.told_to, each.told_on))
    return _edits(ctx, told)


def settle(ctx: Context, key: str) -> tuple[Post, ...]:
    """Drop a matter everywhere; return the bundles that named it, without it."""
    told = {
        (each.told_to, each.told_on)
        for each in stored.settle(ctx.tx, key)
        if each.told_to and each.told_on
    }
    return _edits(ctx, told)


def _edits(ctx: Context, told: set[tuple[PersonId, str]]) -> tuple[Post, ...]:
    """Return bundles that were told to somebody on a day, as they read now."""
    return tuple(Post(_bundle_key(to, day), bundle(ctx, to, day)) for to, day in sorted(told))


def give(ctx: Context, matter: Matter, to: PersonId) -> None:
    """Let a matter be `to`'s, who is told as it was to be told before."""
    before = matter.person
    if matter.key.endswith(f":{before}") and any(
        each.person == to
        for each in stored.standing(ctx.tx, f"{matter.key.removesuffix(before)}{to}")
    ):
        stored.settle_of(ctx.tx, matter.key, before)  # each manager is asked under a key of theirs
        return
    stored.move(ctx.tx, matter.key, before, to)
    if matter.kind == MatterKind.QUESTION:
        _plan_questions(ctx, to)
    else:
        _plan(ctx, to)


def bundle(ctx: Context, person: PersonId, day: str) -> Message:
    """Return somebody's bundle of a day as it reads now: what is settled is left out."""
    found = stored.told_on(ctx.tx, person, day)
    live = [each for each in found if each.state != MatterState.SETTLED]
    if not live:
        return line(_("All of this is settled. Thank you."), tone=Tone.QUIET)
    parts: list[Part] = [
        Title(_n("{n} thing for you", "{n} things for you", len(live))),
        *(part for each in live for part in said(ctx, each.message, person).parts),
    ]
    ways: tuple[Button, ...] = (Button(_("When and how often?"), call("attention"), "quiet"),)
    waits = _waiting(ctx, person) if len(found) >= ROOM else ()
    rest = sum(1 for each in waits if each.kind == MatterKind.MATTER)
    if rest:
        more = _n("{n} more comes next time.", "{n} more come next time.", rest)
        parts.append(Text(more, small=True))
        ways = (Button(_("Show all"), call("status"), "quiet"), *ways)
    return Message((*parts, Buttons(ways)))


def due(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Tell now what is due for whoever acts for `person`; return the bundle, if there is one."""
    acts = duty.acting(ctx, person)
    if acts is None:  # nobody is here: it waits, and leaving hands it on
        return ()
    today = _today(ctx, acts)
    told_today = stored.told_on(ctx.tx, acts, today.isoformat())
    if told_today or not _may_hear(ctx, acts, today) or not _in_time(ctx, acts, today):
        _plan(ctx, person)
        return ()
    told = list(islice(_tellable(ctx, acts, today), ROOM))
    for each in told:
        stored.tell(ctx.tx, each.id, acts, today.isoformat())
    for left in sorted({each.person for each in stored.waiting(ctx.tx)}):
        if duty.acting(ctx, left) == acts:  # what had no room today
            _plan(ctx, left)
    if not told:
        return ()
    key = _bundle_key(acts, today.isoformat())
    return (Post(key, bundle(ctx, acts, today.isoformat()), f"direct:{acts}", ParcelKind.NOTE),)


def questions(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Return the questions that waited for the start of work."""
    posts: list[Post] = []
    for each in stored.open_of(ctx.tx, person):
        to = person if each.personal else duty.acting(ctx, person)
        if each.kind == MatterKind.QUESTION and to is not None and duty.is_here(ctx, to):
            stored.tell(ctx.tx, each.id, to, _today(ctx, to).isoformat())
            message = said(ctx, each.message, to)
            posts.append(Post(each.key, message, f"direct:{to}", ParcelKind.NOTE))
    return tuple(posts)


def wish_of(ctx: Context, person: PersonId) -> Wish:
    """Return when somebody wants to be told."""
    return stored.wish(ctx.tx, person) or USUAL


def held_back(ctx: Context, person: PersonId) -> list[Matter]:
    """Return what somebody has not been told yet, also for whom they stand in."""
    return [
        each
        for whom in duty.acts_for(ctx, person)
        for each in stored.open_of(ctx.tx, whom)
        if whom == person or not (each.personal or each.kind == MatterKind.SURVEY)
    ]


def replan(ctx: Context, person: PersonId) -> None:
    """Set the timer anew, with the hour that somebody has just chosen."""
    timers.cancel(ctx.tx, _timer_key(person))
    found = stored.open_of(ctx.tx, person)
    if found:
        _plan(ctx, person)
    if any(each.kind == MatterKind.QUESTION for each in found):
        _plan_questions(ctx, person)


def replan_all(ctx: Context) -> None:
    """Let every bundle come sooner that may: the company's working time has changed."""
    for person in dict.fromkeys(each.person for each in stored.waiting(ctx.tx)):
        _plan(ctx, person)


def said(ctx: Context, written: str, to: PersonId) -> Message:
    """Return what was noted in the language of whoever hears it; before, it had one alone."""
    kept = json.loads(written)
    if "parts" in kept:
        return from_data(kept)
    reader = ctx.person_of(to)
    return from_data(kept[(reader.language if reader else None) or ctx.workspace.language])


def _tellable(ctx: Context, acts: PersonId, today: date) -> Iterator[Matter]:
    """Give what may stand in the bundle of whoever acts: theirs, and that of whom they cover."""
    monday = today - timedelta(days=today.weekday())
    taps = len(stored.surveys_since(ctx.tx, acts, monday.isoformat()))
    for each in _waiting(ctx, acts):
        if each.kind == MatterKind.SURVEY:
            if each.person != acts or taps >= TAPS:
                continue
            taps += 1
        yield each


def _waiting(ctx: Context, acts: PersonId) -> Iterator[Matter]:
    """Give what waits for the bundle of whoever acts."""
    for each in stored.waiting(ctx.tx):
        alone = each.personal and each.person != acts
        if each.kind != MatterKind.QUESTION and duty.acting(ctx, each.person) == acts and not alone:
            yield each


def _keep(
    ctx: Context,
    person: PersonId,
    key: str,
    kind: MatterKind,
    message: Message,
    *,
    nameless: bool = False,
    personal: bool = False,
) -> None:
    zone = _zone(ctx, person)
    told = {each: as_data(spoken(message, each, zone, ctx.year)) for each in LANGUAGES}
    written = WRITER.encode(told)
    id, now = ctx.new_id(), ctx.now
    if nameless:
        zone = ctx.workspace.zone
        id, now = ctx.new_secret(), calendar.midnight(calendar.day_of(now, zone), zone)
    stored.note(
        ctx.tx,
        id=id,
        person=person,
        key=key,
        kind=kind,
        message=written,
        now=now,
        personal=personal,
    )


def _plan(ctx: Context, person: PersonId, *, nameless: bool = False) -> None:
    """Let the bundle come at the next hour that fits; one that is planned sooner stays."""
    when = _next_hour(ctx, person)
    before = timers.due_of(ctx.tx, _timer_key(person))
    if before is None or not ctx.now < before <= when:
        timers.set(
            ctx.tx,
            id=ctx.new_secret() if nameless else ctx.new_id(),
            kind=AttentionTimer.BUNDLE,
            key=_timer_key(person),
            due=when,
            person=person,
        )


def _plan_questions(ctx: Context, person: PersonId) -> None:
    """Let what a person asks come at the start of work."""
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=AttentionTimer.QUESTIONS,
        key=f"questions:{person}",
        due=working_hours.company(ctx).next_start(ctx.now),
        person=person,
    )


def _next_hour(ctx: Context, person: PersonId) -> datetime:
    """Return the next moment at which somebody, or who stands in, may be told."""
    acts = duty.acting(ctx, person) or person
    today = _today(ctx, acts)
    for day in (today + timedelta(days=n) for n in range(FARTHEST)):
        when = _hour_on(ctx, acts, day)
        told = stored.told_on(ctx.tx, acts, day.isoformat())
        if when > ctx.now and _may_hear(ctx, acts, day) and not told:
            return when
    return _hour_on(ctx, acts, today + timedelta(days=1))  # nobody works for a year


def _hour_on(ctx: Context, person: PersonId, day: date) -> datetime:
    """Return when somebody is told on a day: at their hour, else at nine or when work begins."""
    wish = stored.wish(ctx.tx, person)
    when = calendar.at(day, time.fromisoformat((wish or USUAL).hour), _zone(ctx, person))
    ours = working_hours.company(ctx)
    hours = ours.hours_on(day)
    if wish is not None or hours is None or ours.is_working(when):
        return when
    return calendar.at(day, hours.start, ours.zone)


def _in_time(ctx: Context, person: PersonId, day: date) -> bool:
    """Say whether it is still the hour, or working time: a late bundle disturbs no evening."""
    late = ctx.now - _hour_on(ctx, person, day)
    return timedelta(0) <= late <= LATE or working_hours.company(ctx).is_working(ctx.now)


def _may_hear(ctx: Context, person: PersonId, day: date) -> bool:
    """Say whether a day is one on which somebody may be told."""
    ours = working_hours.company(ctx)
    if not ours.is_working_day(day):
        return False
    if wish_of(ctx, person).pace == "daily":
        return True
    monday = day - timedelta(days=day.weekday())
    return day == ours.working_day_from(monday)


def _today(ctx: Context, person: PersonId) -> date:
    return ctx.now.astimezone(ZoneInfo(_zone(ctx, person))).date()


def _zone(ctx: Context, person: PersonId) -> str:
    found = ctx.person_of(person)
    return (found.zone if found else None) or ctx.workspace.zone


def _timer_key(person: PersonId) -> str:
    return f"bundle:{person}"


def _bundle_key(person: PersonId, day: str) -> str:
    return f"bundle:{person}:{day}"
