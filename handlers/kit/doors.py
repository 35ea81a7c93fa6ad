"""The doors of a feature beside commands, timers and hooks; who shows everything walks them.

No page imports features one by one: `status`, home, settings, leaving, `data`, the digest,
lists and retention ask each feature of the table of contents for its part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.kit.messages import Button, Post
from handlers.kit.words import Words

if TYPE_CHECKING:
    from handlers.kit.context import Context


class Event(StrEnum):
    """What other rooms add their posts to, in the same transaction."""

    MADE_SERIOUS = "an incident was made serious"  # subject: its number
    WITHDRAWN = "an incident was withdrawn"  # subject: its number
    PEOPLE_CHANGED = "somebody holds a role no longer"  # subject: the person's id


@dataclass(frozen=True, slots=True)
class Follow:
    """What else is said when an event happened in another room."""

    event: Event
    run: Callable[[Context, str], tuple[Post, ...]]


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for somebody: what it is, with the buttons that settle it.

    `since` is when it began to wait, None when nobody can say.
    """

    words: Words
    buttons: tuple[Button, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for the asker now. The lowest `rank` is shown first."""

    rank: int
    run: Callable[[Context], Sequence[Task]]


@dataclass(frozen=True, slots=True)
class Setting:
    """A line of the company's settings, with the button that changes it, if one does."""

    label: Words
    value: Words
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class Sets:
    """A feature's lines in the settings. The lowest `rank` is shown first."""

    rank: int
    run: Callable[[Context], Sequence[Setting]]
