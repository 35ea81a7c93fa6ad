"""The doors of a feature beside commands, timers and hooks; who shows everything walks them.

No page imports features one by one: `status`, home, settings, leaving, `data`, the digest,
lists and retention ask each feature of the table of contents for its part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.kit.messages import Button, Call, Part, Post
from handlers.kit.words import Sentence, Words

if TYPE_CHECKING:
    from handlers.kit.context import Context


class Event(StrEnum):
    """What other rooms add their posts to, in the same transaction."""

    MADE_SERIOUS = "an incident was made serious"  # subject: its number
    WITHDRAWN = "an incident was withdrawn"  # subject: its number
    PEOPLE_CHANGED = "somebody holds a role no longer"  # subject: the person's id
    CAME_BACK = "somebody is here again"  # subject: the person's id


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


@dataclass(frozen=True, slots=True)
class Held:
    """One role in which somebody answers for something, and how it is handed on.

    `give(to, other)` names `to` for it and returns what is said; where `to` would then hold two
    roles that one person may not hold (`clash(to)`), `other` takes the second one. `acts` is who
    acts while its holder is away, None when nobody does.
    """

    name: str
    role: Sentence
    give: Callable[[str, str | None], tuple[Post, ...]]
    clash: Callable[[str], bool] = lambda _to: False
    acts: str | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """What people answer for in a room. `columns` are the stored ones, as `table.column`.

    `held(ctx, person)` lists it. `left(ctx, person)` lets at once follow what has to when they
    are not there any more: questions that were put to them go to who acts now.
    """

    rank: int
    columns: tuple[str, ...]
    held: Callable[[Context, str], Sequence[Held]]
    left: Callable[[Context, str], tuple[Post, ...]]


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about somebody in one room: rows of label and value, told in order."""

    rows: tuple[tuple[Words, Words], ...]


@dataclass(frozen=True, slots=True)
class Knows:
    """What a room stores about people: `tables` names each table with its columns of people.

    `run(ctx, person)` tells it; `erase(ctx, person, key)` takes it away or puts the pseudonym
    `key` in its place, whatever the room needs to go on, and returns how many rows it changed.
    """

    rank: int
    title: Sentence
    tables: Mapping[str, tuple[str, ...]]
    run: Callable[[Context, str], Known]
    erase: Callable[[Context, str, str], int]


@dataclass(frozen=True, slots=True)
class Keeps:
    """How long a kind of record is kept, and what becomes of it then.

    `run(ctx, before)` deletes or makes nameless what is older than `before`, and returns how
    many rows it changed; a dry run is the same, rolled back. `days` None: kept while its owner is.
    """

    tables: tuple[str, ...]
    what: Sentence
    days: int | None
    then: Sentence
    run: Callable[[Context, datetime], int] | None


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the digest: its ISO name, its bounds, and whether only its asker reads it."""

    name: str
    start: datetime
    end: datetime
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A room's part of the digest: what must be decided (the oldest first), and what to know."""

    decisions: tuple[Task, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Sections:
    """Where a room's part of the digest stands, and how it is written; None when it has none."""

    rank: int
    run: Callable[[Context, Week], Section | None]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is asked for: `which` (open, mine, all), a service's id, and since when."""

    which: str = "open"
    service: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: a value for each column, and the call that opens it.

    Closed rows carry no person and no minute (settled: lists carry a person only as the role of
    something open).
    """

    values: tuple[Words, ...]
    opens: Call | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list for chat, board and CSV: `columns` are (key, label).

    `count(ctx, filter)` is the true total; `rows(ctx, filter, first, most)` a page of it.
    """

    key: str
    title: Sentence
    columns: tuple[tuple[str, Sentence], ...]
    count: Callable[[Context, Filter], int]
    rows: Callable[[Context, Filter, int, int], Sequence[Row]]
