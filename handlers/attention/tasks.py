"""What was noted for somebody, as a task of what waits for them."""

from __future__ import annotations

from handlers.attention import matters
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.messages import Buttons, Text, Title
from handlers.kit.words import Words
from storage import attention as stored
from storage.attention import Matter


def task(ctx: Context, matter: Matter) -> Task:
    """Return a matter with its first buttons."""
    parts = matters.said(ctx, matter.message, ctx.person.id).parts
    buttons = next((part.buttons for part in parts if isinstance(part, Buttons)), ())
    return Task(words(ctx, matter.message), buttons, matter.noted_at, matters.HELD)


def words(ctx: Context, message: str) -> Words:
    """Return what a stored message says first, to the asker."""
    parts = matters.said(ctx, message, ctx.person.id).parts
    return next((part.words for part in parts if isinstance(part, Text | Title)), "")


def still_open(ctx: Context, key: str) -> list[Task]:
    """Return what the asker was told under `key` and nobody has answered since."""
    return [
        task(ctx, each) for each in stored.standing(ctx.tx, key) if each.told_to == ctx.person.id
    ]
