"""What has to be decided: gathered from the rooms' sections, in one order for everybody."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.doors import Section, Task, Week
from handlers.kit.messages import Button, Buttons, Part, Text, Title
from handlers.kit.words import _, _n

MOST = 3  # decisions that are shown; the rest is counted


def sections(ctx: Context, week: Week) -> list[Section]:
    """Return each room's part, the lowest rank first."""
    doors = sorted(
        (
            each
            for feature in ctx.features
            for each in feature.all_sections
            if each.team or week.team is None
        ),
        key=lambda each: each.rank,
    )
    return [found for each in doors if (found := each.run(ctx, week)) is not None]


def undecided(ctx: Context, found: Sequence[Section]) -> list[Task]:
    """Return what nobody has decided yet: what nobody looks after first, then the oldest."""
    tasks = [task for section in found for task in section.decisions]
    return sorted(tasks, key=lambda each: (not each.first, each.since or ctx.now))


def first_parts(tasks: Sequence[Task], *, aloud: bool) -> list[Part]:
    """Return the first decisions, and one button that opens exactly the others.

    Where several people read (`aloud`), a button of theirs could refuse them: there *Decide*
    opens a private answer with what its reader may do.
    """
    if not tasks:
        return []
    parts: list[Part] = [Title(_("Still to decide"))]
    for each in tasks[:MOST]:
        parts.append(Text(each.words))
        parts += buttons(each, aloud=aloud)
    rest = len(tasks) - MOST
    if rest > 0:
        without = " ".join(each.key for each in tasks[:MOST])
        more = _n("Show {n} more", "Show {n} more", rest)
        parts.append(Buttons((Button(more, call("decisions", without=without)),)))
    return parts


def buttons(task: Task, *, aloud: bool) -> list[Part]:
    """Return a decision's buttons; where several people read it, *Decide* alone."""
    decide = (Button(_("Decide"), call("decide", key=task.key)),) if task.key else ()
    found = decide if aloud else task.buttons
    return [Buttons(found)] if found else []
