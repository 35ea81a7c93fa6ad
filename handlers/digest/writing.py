"""Writing a digest: decide first, then know, out of the rooms' sections."""

from __future__ import annotations

from datetime import timedelta

from handlers import rights
from handlers.digest import decisions, useful
from handlers.digest.measures import DECISIONS
from handlers.kit import calendar
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.doors import Section, Task, Team, Week, figure
from handlers.kit.figures import shown
from handlers.kit.messages import Button, Buttons, Chart, Facts, Items, Message, Part, Text, Title
from handlers.kit.readers import folded
from handlers.kit.words import Words, _, _n
from storage import digest as digests
from storage.digest import teams
from storage.workspaces import UNNAMED


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
    told = [*merged_before(ctx, week), week]
    parts: list[Part] = [_heading(ctx, told)]
    found = decisions.sections(ctx, bounds(ctx, told))
    undecided = decisions.undecided(ctx, found)
    parts.append(Text(_verdict(undecided, found)))
    if late:
        parts.append(Text(_("This comes late: Lotse did not run when it was due."), small=True))
    if skipped:
        those = [_("week {number}", number=int(each[6:])) for each in skipped]
        parts.append(Text(_("Not posted, because Lotse did not run: {weeks}.", weeks=those)))
    parts += decisions.first_parts(undecided, aloud=aloud)
    if short:
        parts.append(Buttons((Button(_("All of it"), call("digest"), "quiet"), _less())))
        return Message(tuple(parts))
    parts += together([part for section in found for part in section.parts])
    told_ = undecided or any(each.parts or each.solved or each.left or each.last for each in found)
    if not told_:  # nothing happened: two lines
        return Message((*parts, _buttons(ctx, week, parts, aloud=aloud)))
    parts += [*_solved(found), *_quiet(found)]
    parts += [part for section in found for part in section.last]
    parts += _foot(ctx, week, parts, aloud=aloud)
    return Message(tuple(parts))


def _solved(found: list[Section]) -> list[Part]:
    """Return what is done."""
    done = [words for section in found for words in section.solved]
    return [Title(_("Solved")), Items(tuple(done))] if done else []


def _quiet(found: list[Section]) -> list[Part]:
    """Return what had no findings, by its names in one line, and what is deliberately not done."""
    quiet = [words for section in found for words in section.quiet]
    left = [words for section in found for words in section.left]
    said: list[Words] = []
    if quiet:
        said.append(_("Nothing to report: {those}", those=quiet))
    if left:
        said.append(_("Deliberately not: {those}", those=left))
    if len(said) == 2:
        return [Text(_("{words} · {more}", words=said[0], more=said[1]))]
    return [Text(each) for each in said]


def _foot(ctx: Context, week: str, told: list[Part], *, aloud: bool) -> list[Part]:
    counted: Words = _("This counts processes, not people; answers are shown from five votes on.")
    said = useful.summary(ctx)
    if said is not None:
        counted = _("{words} {more}", words=counted, more=said)
    foot = Text(counted, small=True)
    return [foot, _buttons(ctx, week, [*told, foot], aloud=aloud)]


def explains(told: list[Part]) -> Button:
    """Return the button that explains exactly the figures of a message."""
    return Button(_("How is this computed?"), call("computed", only=",".join(shown(told))), "quiet")


def _buttons(ctx: Context, week: str, told: list[Part], *, aloud: bool) -> Buttons:
    foot = [
        explains(told),
        Button(_("Lists and CSV"), call("lists"), "quiet"),
    ]
    if not aloud and rights.may("settings", rights.general(ctx)):
        foot.append(Button(_("Less often"), call("digest less"), "quiet"))
        foot.append(_less())
    if useful.is_asked(ctx, week):
        foot += useful.buttons(week)
    return Buttons(tuple(foot))


def team(ctx: Context, week: str, ours: teams.Team) -> Message | None:
    """Write what concerns one team: friction, pilots, learning, solved; None without any."""
    whole = bounds(ctx, [*merged_before(ctx, week), week])
    areas = frozenset(folded(each) for each in ours.areas)
    theirs = Week(whole.name, whole.start, whole.end, Team(areas, frozenset(ours.services)))
    found = decisions.sections(ctx, theirs)
    parts = [*together([part for section in found for part in section.parts]), *_solved(found)]
    if not parts:
        return None
    counted = _("This counts processes, not people; answers are shown from five votes on.")
    computed = explains(parts)
    title = _("{team}: week {number}", team=ours.name, number=int(week[6:]))
    foot = (Text(counted, small=True), Buttons((computed,)))
    return Message((Title(title), *parts, *foot))


def _less() -> Button:
    return Button(_("How I get it"), call("digest way"), "quiet")


def _heading(ctx: Context, weeks: list[str]) -> Title:
    """Return which week it is, and of which company: some people read that of several."""
    first = calendar.monday(weeks[0])
    last = calendar.monday(weeks[-1]) + timedelta(days=6)
    number = int(weeks[0][6:])
    said = _("Week {number} · {first} to {last}", number=number, first=first, last=last)
    if len(weeks) > 1:
        those = [_("week {number}", number=int(each[6:])) for each in weeks]
        said = _("{weeks} · {first} to {last}", weeks=those, first=first, last=last)
    company = ctx.workspace.name if ctx.workspace.name != UNNAMED else ""
    return Title(_("{words} · {more}", words=said, more=company) if company else said)


def bounds(ctx: Context, weeks: list[str]) -> Week:
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
    """Put what stands under an equal title together: rooms may share a chapter.

    Pictures come last and without a title, which would stand alone where they cannot be drawn.
    """
    pictures = [part for part in parts if isinstance(part, Chart)]
    chapters: dict[Title | None, list[Part]] = {}
    title: Title | None = None
    for part in parts:
        if isinstance(part, Chart):
            continue
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
    words = [
        part for title, each in chapters.items() for part in ((title, *each) if title else each)
    ]
    return [*words, *pictures]


def merged_before(ctx: Context, week: str) -> list[str]:
    """Return the weeks before `week` that its digest tells of as well."""
    merged: list[str] = []
    stands = dict(digests.weeks(ctx.tx))
    while stands.get(before := calendar.after(merged[0] if merged else week, -1)) == "merged":
        merged.insert(0, before)
    return merged
