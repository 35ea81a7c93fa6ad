"""The weekly digest: what must be decided, what came back, what nobody uses. One screen.

It walks the rooms' sections and knows none of them. What is counted are processes, never people.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from handlers.digest import decisions, mails, schedule, writing
from handlers.digest.measures import DECISIONS
from handlers.digest.schedule import DigestTimer
from handlers.kit import calendar, working_hours
from handlers.kit.ahead import LookAhead
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Task, figure
from handlers.kit.messages import (
    Button,
    Buttons,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
    dump,
    spoken,
)
from handlers.kit.readers import NumberReader, TextReader
from handlers.kit.tables import within
from handlers.kit.words import LANGUAGES, _, _n
from storage import digest as digests
from storage import people
from storage.delivery import places, timers
from storage.delivery.outbox import ParcelKind
from storage.delivery.places import PlaceRole
from storage.digest import teams, texts

feature = Feature(_("Weekly digest"))

LATEST = timedelta(hours=48)  # later than that it is marked late, or skipped and named
PAGE = 5  # decisions on one page of the rest


@feature.follows(Event.WORKING_TIME_CHANGED)
def reschedule(ctx: Context, _subject: str) -> tuple[Post, ...]:
    """Let the digest come when the company now wants it."""
    zone, region = ctx.workspace.zone, ctx.workspace.region
    schedule.reschedule(ctx.tx, new_id=ctx.new_id, now=ctx.now, zone=zone, region=region)
    return ()


@feature.timer(DigestTimer.DIGEST)
def post(ctx: Context, week: str) -> Reply:
    """Post the digest on `week`, once, and plan the next one."""
    zone, region = ctx.workspace.zone, ctx.workspace.region
    following = calendar.after(week)
    schedule.set_timer(ctx.tx, following, id=ctx.new_id(), zone=zone, region=region)
    closed = ctx.follow(Event.WEEK_ENDED, following)
    ours, chosen = working_hours.company(ctx), working_hours.digest_at(ctx.tx)
    due = schedule.due(week, ours, chosen)
    if schedule.due(following, ours, chosen) <= due:  # nobody works in the week that follows
        digests.add(ctx.tx, week, "merged", ctx.now)
        return Reply(posts=closed)
    late = ctx.now - due > LATEST
    newer = schedule.due(following, ours, chosen) <= ctx.now  # the next one is due by now, too
    if not digests.add(ctx.tx, week, "skipped" if newer else "posted", ctx.now) or newer:
        return Reply(posts=closed)
    skipped = _skipped_before(ctx, week)
    texts.close_rounds(ctx.tx, week)
    texts.open_round(ctx.tx, week, ctx.new_secret(), calendar.day_of(ctx.now, zone))
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=DigestTimer.WRITTEN,
        key=f"{schedule.key(week)}:written",
        due=ctx.now,
        week=week,
        skipped=skipped,
        late=late,
    )
    return Reply(posts=closed)


def _write(
    ctx: Context, *, week: str, skipped: list[str], late: bool
) -> tuple[Message, tuple[Post, ...]]:
    aloud = writing.compose(ctx, week, skipped, late=late, aloud=True)
    return aloud, _posts(ctx, week, skipped, aloud, late=late)


WRITTEN = LookAhead(_write)


@feature.timer(DigestTimer.WRITTEN, ahead=WRITTEN, takes_long=True)
def send(ctx: Context, *, week: str, skipped: list[str], late: bool) -> Reply:
    """Send the digest on `week`, and keep it for the board.

    It is written before the transaction: over many incidents that takes long, and nobody's
    command waits for it.
    """
    written = WRITTEN.found(ctx) or _write(ctx, week=week, skipped=skipped, late=late)
    aloud, posts = written
    for language in LANGUAGES:
        said = dump(spoken(aloud, language, ctx.workspace.zone, ctx.year))
        texts.keep(ctx.tx, week, language, said, ctx.now)
    return Reply(posts=posts)


def _posts(
    ctx: Context, week: str, skipped: list[str], aloud: Message, *, late: bool
) -> tuple[Post, ...]:
    """Return the digest for the managers' channel, and for each manager who chose otherwise.

    Where there is no channel, everybody else gets it directly; nobody gets it twice.
    """
    key = schedule.key(week)
    chosen = digests.choices(ctx.tx)
    posts: list[Post] = []
    channel = places.find(ctx.tx, PlaceRole.MANAGERS) is not None
    if channel:
        posts.append(Post(key, aloud, PlaceRole.MANAGERS, ParcelKind.DIGEST))
    for manager in people.managers(ctx.tx):
        way = chosen.get(manager.id)
        if way is not None or not channel:
            theirs = replace(ctx, person=manager)
            short = way == "short" or (way == "seldom" and not schedule.is_first_of_month(week))
            message = writing.compose(theirs, week, skipped, late=late, short=short)
            posts.append(Post(key, message, f"direct:{manager.id}", ParcelKind.DIGEST))
    posts += mails.posts(ctx, key, aloud)
    for team in teams.all(ctx.tx):
        told = writing.team(ctx, week, team)
        if told is not None:
            posts.append(Post(f"{key}:team:{team.id}", told, team.place, ParcelKind.DIGEST))
    return tuple(posts)


@feature.command(
    "digest",
    "wochenbericht",
    help=_("This week so far, as it would be posted."),
    reads=True,
    needs="digest",
)
def preview(ctx: Context) -> Reply:
    return Reply(writing.compose(ctx, calendar.week_of(ctx.now, ctx.workspace.zone), []))


@feature.command(
    "decide", "entscheiden", help=_("What I may do about it."), hidden=True, reads=True
)
def decide(ctx: Context, key: Annotated[str, TextReader(long=False), Ask(_("Which"))]) -> Reply:
    task = next((each for each in _open(ctx) if each.key == key), None)
    if task is None:
        return Reply(Message((Text(_("This has been decided by now. Thank you.")),)))
    if task.buttons:
        return Reply(Message((Text(task.words), Buttons(task.buttons))))
    return Reply(
        Message((Text(task.words), Text(_("This decision is somebody else's."), small=True)))
    )


@feature.command(
    "decisions", "entscheidungen", help=_("What nobody has decided yet."), reads=True, hidden=True
)
def rest(
    ctx: Context,
    *,
    without: Annotated[str, TextReader(long=False), Ask(_("Without"))] = "",
    page: Annotated[int, NumberReader(1, 1000), Ask(_("Page"))] = 1,
) -> Reply:
    known = set(without.split())
    tasks = [each for each in _open(ctx) if each.key not in known]
    page = within(page, len(tasks), PAGE)
    first = (page - 1) * PAGE
    if not tasks[first:]:
        return Reply(Message((Text(_("There is nothing left to decide here.")),)))
    parts: list[Part] = [
        Title(_n("{n} decision open", "{n} decisions open", figure(DECISIONS, len(tasks))))
    ]
    for each in tasks[first : first + PAGE]:
        parts.append(Text(each.words))
        if each.buttons:
            parts.append(Buttons(each.buttons))
    if len(tasks) > first + PAGE:
        more = call("decisions", without=without, page=page + 1)
        parts.append(Buttons((Button(_("More"), more),)))
    return Reply(Message(tuple(parts)))


def _open(ctx: Context) -> list[Task]:
    """Return what is undecided now, with the buttons that obey the asker."""
    week = calendar.week_of(ctx.now, ctx.workspace.zone)
    found = decisions.sections(ctx, writing.bounds(ctx, [week]))
    return decisions.undecided(ctx, found)


def _skipped_before(ctx: Context, week: str) -> list[str]:
    """Return the weeks without a digest since the last one that was posted."""
    skipped: list[str] = []
    for earlier, how in reversed(digests.weeks(ctx.tx)):
        if earlier >= week:
            continue
        if how == "merged":
            continue
        if how != "skipped":
            break
        skipped.append(earlier)
    return skipped[::-1]
