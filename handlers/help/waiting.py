"""Everything that waits for one person."""

from __future__ import annotations

from handlers.attention.matters import HELD
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.messages import Call


def waiting(ctx: Context) -> list[Task]:
    """Return everything that waits for the asker, what is most urgent first.

    What they will be told in a bundle stands here once: where its room shows it, only there.
    """
    doors = sorted(
        (each for feature in ctx.features for each in feature.all_waits),
        key=lambda each: each.rank,
    )
    found = [task for each in doors for task in each.run(ctx)]
    held = [first for each in found if each.key == HELD and (first := _first(each)) is not None]
    if not held:
        return found
    numbers = {each.args.get("number") for each in held}
    shown = [
        button.call
        for each in found
        if each.key != HELD and (not each.about or each.about in numbers)  # of many, few are told
        for button in each.buttons
    ]
    return [each for each in found if each.key != HELD or _first(each) not in shown]


def _first(task: Task) -> Call | None:
    return task.buttons[0].call if task.buttons else None
