"""What a chat platform tells of itself, said to those who can do something about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Post, Reply, line
from handlers.kit.words import _
from storage import people, workspaces
from storage.engine.sql import as_text

feature = Feature(_("Platforms"))

HELD_BACK = "held back"  # the timer, and when it was last told
OFTEN = timedelta(hours=1)


@feature.timer(HELD_BACK)
def held_back(ctx: Context) -> Reply:
    """Tell the managers, once an hour, that the platform holds events back."""
    told = workspaces.setting(ctx.tx, HELD_BACK)
    if told is not None and ctx.now - datetime.fromisoformat(told) < OFTEN:
        return Reply()
    workspaces.set_setting(ctx.tx, HELD_BACK, as_text(ctx.now))
    said = line(
        _(
            "Slack holds back some of what happens here, because there is so much of it. "
            "Commands and buttons work; mentions of Lotse may come late or not at all."
        )
    )
    key = f"{HELD_BACK} {as_text(ctx.now)}"
    return Reply(
        posts=tuple(
            Post(key, said, f"direct:{each.id}", "note") for each in people.managers(ctx.tx)
        )
    )
