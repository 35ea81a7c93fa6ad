"""The weekly digest: what must be decided, what came back, what nobody uses. One screen.

It walks the rooms' sections and knows none of them. What is counted are processes, never people.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from handlers import rights
from handlers.digest import decisions, schedule
from handlers.kit import calendar, working_hours
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Section, Task, Week, figure
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Items,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
)
from handlers.kit.readers import NumberReader, TextReader
from handlers.kit.words import Words, _, _n
from storage import digest as digests
from storage import people
from storage.delivery import places
from storage.delivery.places import MANAGERS

feature = Feature(_("Weekly digest"))

LATEST = timedelta(hours=48)  # later than that it is marked late, or skipped and named
PAGE = 5  # decisions on one page of the rest

DECISIONS = feature.measure(
    "decisions",
    _("Decisions open"),
    _(
        "Incidents that nobody looks after, or whose next update is missing. "
        "Incidents that have worked again for three working days and are not done. "
        "Causes whose date has passed. Services that somebody left, and those that "
        "nobody has taken over for three working days. Automations that are "
        "possibly unused, or have not reported for a week"
    ),
    "incidents",
    "closings",
    "problems",
    "services",
    "automations",
)


@feature.follows(Event.WORKING_TIME_CHANGED)
def moved(ctx: Context, _subject: str) -> tuple[Post, ...]:
    """Let the digest come when the company now wants it."""
    zone, region = ctx.workspace.zone, ctx.workspace.region
    schedule.moved(ctx.tx, new_id=ctx.new_id, now=ctx.now, zone=zone, region=region)
    return ()


@feature.timer("digest")
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
    newer = calendar.week_of(ctx.now, zone) > following  # a later week has ended since
    if not digests.add(ctx.tx, week, "skipped" if newer else "posted", ctx.now) or newer:
        return Reply(posts=closed)
    return Reply(posts=(*closed, *_posts(ctx, week, _skipped_before(ctx, week), late=late)))


def _posts(ctx: Context, week: str, skipped: list[str], *, late: bool) -> tuple[Post, ...]:
    """Return the digest for the managers' channel, and for each manager who chose otherwise.

    Where there is no channel, everybody else gets it directly; nobody gets it twice.
    """
    key = schedule.key(week)
    chosen = digests.choices(ctx.tx)
    posts: list[Post] = []
    channel = places.find(ctx.tx, MANAGERS) is not None
    if channel:
        message = compose(ctx, week, skipped, late=late, aloud=True)
        posts.append(Post(key, message, MANAGERS, "digest"))
    for boss in people.managers(ctx.tx):
        way = chosen.get(boss.id)
        if way is not None or not channel:
            theirs = replace(ctx, person=boss)
            message = compose(theirs, week, skipped, late=late, short=way == "short")
            posts.append(Post(key, message, f"direct:{boss.id}", "digest"))
    return tuple(posts)


@feature.command(
    "digest",
    "wochenbericht",
    help=_("This week so far, as it would be posted."),
    reads=True,
    needs="digest",
)
def preview(ctx: Context) -> Reply:
    return Reply(compose(ctx, calendar.week_of(ctx.now, ctx.workspace.zone), []))


def compose(
    ctx: Context,
    week: str,
    skipped: list[str],
    *,
    late: bool = False,
    aloud: bool = False,
    short: bool = False,
) -> Message:
    """Write the digest on `week`: decide first, then know; a `short` one ends after deciding.

    The asker reads buttons that obey them; where several read it (`aloud`), each has *Decide*.
    """
    told = [*_merged_before(ctx, week), week]
    parts: list[Part] = [_heading(told)]
    found = decisions.sections(ctx, _bounds(ctx, told))
    undecided = decisions.undecided(ctx, found)
    parts.append(Text(_verdict(undecided, found)))
    if late:
        parts.append(Text(_("This comes late: Lotse did not run when it was due."), small=True))
    if skipped:
        those = [_("week {number}", number=int(each[6:])) for each in skipped]
        parts.append(Text(_("Not posted, because Lotse did not run: {weeks}.", weeks=those)))
    parts += decisions.shown(undecided, aloud=aloud)
    if short:
        parts.append(Buttons((Button(_("All of it"), call("digest"), "quiet"), _less())))
        return Message(tuple(parts))
    parts += together([part for section in found for part in section.parts])
    for title, each in (
        (_("Solved"), [words for section in found for words in section.solved]),
        (_("Nothing to report"), [words for section in found for words in section.quiet]),
    ):
        if each:
            parts += [Title(title), Items(tuple(each))]
    counted = _("This counts processes, not people; answers are shown from five votes on.")
    parts.append(Text(counted, small=True))
    foot = [Button(_("How is this computed?"), call("computed"), "quiet")]
    if not aloud and rights.may("settings", rights.general(ctx)):
        foot.append(_less())
    parts.append(Buttons(tuple(foot)))
    return Message(tuple(parts))


def _less() -> Button:
    return Button(_("How I get it"), call("digest way"), "quiet")


def _heading(weeks: list[str]) -> Title:
    first = calendar.monday(weeks[0])
    last = calendar.monday(weeks[-1]) + timedelta(days=6)
    if len(weeks) == 1:
        number = int(weeks[0][6:])
        return Title(_("Week {number} · {first} to {last}", number=number, first=first, last=last))
    those = [_("week {number}", number=int(each[6:])) for each in weeks]
    return Title(_("{weeks} · {first} to {last}", weeks=those, first=first, last=last))


def _bounds(ctx: Context, weeks: list[str]) -> Week:
    """Return the weeks that one digest tells of, from the first one's Monday."""
    zone = ctx.workspace.zone
    start, end = calendar.bounds(weeks[0], zone)[0], calendar.bounds(weeks[-1], zone)[1]
    return Week(weeks[-1], start, end)


def _verdict(undecided: list[Task], found: list[Section]) -> Words:
    count = figure(DECISIONS, len(undecided))
    said: Words = _n("{n} decision open", "{n} decisions open", count)
    for section in found:
        for each in section.verdict:
            said = _("{words} · {more}", words=said, more=each)
    return said


def together(parts: list[Part]) -> list[Part]:
    """Put what stands under an equal title together: rooms may share a chapter."""
    chapters: dict[Title | None, list[Part]] = {}
    title: Title | None = None
    for part in parts:
        if isinstance(part, Title):
            title = part
            continue
        chapter = chapters.setdefault(title, [])
        match (chapter[-1] if chapter else None, part):
            case (Facts(before), Facts(rows)):
                chapter[-1] = Facts((*before, *rows))
            case (Items(before), Items(items)):
                chapter[-1] = Items((*before, *items))
            case _:
                chapter.append(part)
    return [
        part for title, each in chapters.items() for part in ((title, *each) if title else each)
    ]


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
    found = decisions.sections(ctx, _bounds(ctx, [week]))
    return decisions.undecided(ctx, found)


def _merged_before(ctx: Context, week: str) -> list[str]:
    """Return the weeks before `week` that its digest tells of as well."""
    merged: list[str] = []
    stands = dict(digests.weeks(ctx.tx))
    while stands.get(before := calendar.after(merged[0] if merged else week, -1)) == "merged":
        merged.insert(0, before)
    return merged


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
