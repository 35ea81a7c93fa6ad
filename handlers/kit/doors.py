"""The doors of a feature beside commands, timers and hooks; who shows everything walks them.

No page imports features one by one: `status`, home, settings, leaving, `data`, the digest,
lists and retention ask each feature of the table of contents for its part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, cast

from handlers.kit.messages import Button, Call, Message, Part, Post
from handlers.kit.words import Counted, Measured, Named, Sentence, Words, _
from storage.engine import Tx
from storage.engine.ids import PersonId, ServiceId
from storage.engine.sql import as_moment

if TYPE_CHECKING:
    from handlers.kit.context import Context


class Event(StrEnum):
    """What other rooms add their posts to, in the same transaction."""

    MADE_SERIOUS = "an incident was made serious"  # subject: its number
    WITHDRAWN = "an incident was withdrawn"  # subject: its number
    WORDS_REMOVED = "words were taken out of an incident"  # subject: its number
    WEEK_ENDED = "a week of the digest is over"  # subject: the week that runs now, "2026-W48"
    WORKING_TIME_CHANGED = "the company's working time or digest hour was changed"
    PEOPLE_CHANGED = "somebody holds a role no longer"  # subject: the person's id
    MET = "Lotse meets somebody"  # subject: the person's id; what follows waits for their bundle
    CAME_BACK = "somebody is here again"  # subject: the person's id
    MANAGERS_CHANGED = "somebody manages Lotse now"  # subject: the person's id
    AGREED = "somebody stands in for another one"  # subject: the cover's id
    ASKED = "somebody is asked something"  # subject: the question
    ANSWERED = "a question needs no answer any more"  # subject: its key


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks `person`, who alone can answer it; `begins` is when it is about."""

    person: PersonId
    key: str
    message: Message
    begins: datetime | None = None


@dataclass(frozen=True, slots=True)
class Follow:
    """What else is said when an event happened in another room."""

    event: Event
    run: Callable[[Context, Any], tuple[Post, ...]]


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for somebody: what it is, with the buttons that settle it.

    `since` is when it began to wait, None when nobody can say. A decision of the digest has a
    `key` that names it for good (`incident:7`); those that come `first` stand before older ones.
    Where `about` is set, it is the `number` that each of its buttons carries.
    """

    words: Words
    buttons: tuple[Button, ...] = ()
    since: datetime | None = None
    key: str = ""
    first: bool = False
    about: str = ""


class Untold(Task):
    """A task that is put into words only when somebody looks at it: of many, few are shown."""

    __slots__ = ("_tell", "_told")
    _tell: Callable[[], Task]
    _told: Task | None

    def __init__(
        self,
        tell: Callable[[], Task],
        since: datetime | None = None,
        key: str = "",
        *,
        first: bool = False,
        about: str = "",
    ) -> None:
        """`tell` gives the whole task; what orders it and names it is known without it."""
        put = object.__setattr__  # one by one: thousands of them are made at a time
        put(self, "_tell", tell)
        put(self, "_told", None)
        put(self, "since", since)
        put(self, "key", key)
        put(self, "first", first)
        put(self, "about", about)

    @property
    def words(self) -> Words:
        return self._whole().words

    @property
    def buttons(self) -> tuple[Button, ...]:
        return self._whole().buttons

    def _whole(self) -> Task:
        if self._told is None:
            object.__setattr__(self, "_told", self._tell())
        assert self._told is not None
        return self._told


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for the asker now. The lowest `rank` is shown first."""

    rank: int
    run: Callable[[Context], Sequence[Task]]


@dataclass(frozen=True, slots=True)
class Glance:
    """A chapter of home: its first lines, and how many there are in all, if these are not.

    `rest` is what shows all of them.
    """

    title: Words
    items: tuple[Words, ...]
    total: int = 0
    rest: Call | None = None


@dataclass(frozen=True, slots=True)
class Glances:
    """Chapters of home for the asker. The lowest `rank` is shown first."""

    rank: int
    run: Callable[[Context], Sequence[Glance]]


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
    acts while its holder is away, None when nobody does. `gap` says that then nobody at all does.
    `back` is who has it when its holder just goes, where they have never said yes to it.
    """

    name: str
    role: Sentence
    give: Callable[[PersonId, PersonId | None], tuple[Post, ...]]
    clash: Callable[[PersonId], bool] = lambda _to: False
    acts: PersonId | None = None
    gap: bool = False
    back: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """What people answer for in a room. `columns` are the stored ones, as `table.column`.

    `held(ctx, person)` lists it. `left(ctx, person)` lets at once follow what has to when they
    are not there any more: questions that were put to them go to who acts now.
    """

    rank: int
    columns: tuple[str, ...]
    held: Callable[[Context, PersonId], Sequence[Held]]
    left: Callable[[Context, PersonId], tuple[Post, ...]]


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about somebody in one room: rows of label and value, told in order.

    `more` leads to where they can change it, if that is a place of its own.
    """

    rows: tuple[tuple[Words, Words], ...]
    more: Button | None = None


def known(
    rows: Sequence[Mapping[str, Any]],
    roles: Mapping[str, Sentence],
    say: Callable[[Mapping[str, Any]], Words] = lambda row: row["subject"],
) -> Known:
    """Return stored places as lines: the role that `roles` has for `what`, the subject, the time.

    `rows` are what a storage module's `of_person` returns. `say(row)` puts the subject in words
    where it is stored as a key: nobody is shown one.
    """
    return Known(tuple((roles[row["what"]], _place(say(row), row["at"])) for row in rows))


def _place(subject: Words, at: str | None) -> Words:
    if not at:
        return subject
    if len(at) == len("2026-11-23"):
        day = date.fromisoformat(at)
        return (
            _("{subject}, {day:day}", subject=subject, day=day)
            if subject
            else _("{day:day}", day=day)
        )
    moment = as_moment(at)
    return _("{subject}, {at}", subject=subject, at=moment) if subject else _("{at}", at=moment)


@dataclass(frozen=True, slots=True)
class Knows:
    """What a room stores about people: `tables` names each table with its columns of people.

    `run(ctx, person)` tells it. `replace(tx, person, to)` puts `to` in their place everywhere:
    the same person under another identity, or a pseudonym when they are erased.
    """

    rank: int
    title: Sentence
    tables: Mapping[str, tuple[str, ...]]
    run: Callable[[Context, PersonId], Known]
    replace: Callable[[Tx, PersonId, PersonId], object]


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
class Invariant:
    """What must never be: `count(tx, now)` says how often it is, over all companies.

    `words` name the kind of trouble, nobody and no text.
    """

    key: str
    words: Sentence
    count: Callable[[Tx, datetime], int]


@dataclass(frozen=True, slots=True)
class Team:
    """Whom a team's digest is for: its areas, folded, and the ids of its services."""

    areas: frozenset[str]
    services: frozenset[ServiceId]


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the digest: its ISO name and its bounds; `team` where it is a team's."""

    name: str
    start: datetime
    end: datetime
    team: Team | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A room's part of the digest: what must be decided, and what to know.

    The buttons of `decisions` are those that obey the asker. `verdict` goes into the one line
    that says how the week was, `solved` into what is done. What had no findings says its name in
    `quiet`, and what is deliberately not done stands in `left`: both go into one line at the end.
    `last` stands behind all of that.
    Parts of two rooms under an equal title stand together.
    """

    decisions: tuple[Task, ...] = ()
    parts: tuple[Part, ...] = ()
    verdict: tuple[Words, ...] = ()
    solved: tuple[Words, ...] = ()
    quiet: tuple[Words, ...] = ()
    left: tuple[Words, ...] = ()
    last: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Sections:
    """Where a room's part of the digest stands, and how it is written; None when it has none.

    `team` says that it knows what concerns one team alone.
    """

    rank: int
    run: Callable[[Context, Week], Section | None]
    team: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: its name on the cards, how it is computed, and the stored rows it comes from."""

    id: str
    name: Sentence
    formula: Sentence
    rows: tuple[str, ...]


W = TypeVar("W", int, float, Sentence, list[str], list[Words])


def figure(measure: Measure, value: W) -> W:
    """Return a figure that knows which entry explains it; whoever reads it can open that one."""
    if isinstance(value, Sentence):
        return replace(value, measure=measure.id)
    marked: Any
    if isinstance(value, int):
        marked = Counted(value)
    elif isinstance(value, float):
        marked = Measured(value)
    else:
        marked = Named(value)
    marked.measure = measure.id
    return cast(W, marked)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is asked for: `which` (open, mine, all), a service's id, and since when."""

    which: str = "open"
    service: ServiceId | None = None
    since: datetime | None = None


Cell = Words | date | int | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: a value for each column, and the call that opens it.

    Closed rows carry no person and no minute (settled: lists carry a person only as the role of
    something open).
    """

    values: tuple[Cell, ...]
    opens: Call | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list for chat, board and CSV: `columns` are (key, label), `which` the ways to look at it.

    `count(ctx, filter)` is the true total; `rows(ctx, filter, first, most)` a page of it.
    `narrows` are the parts of a filter that its rows know: a list without services has no such
    field, and is never said to be of one.
    """

    key: str
    title: Sentence
    columns: tuple[tuple[str, Sentence], ...]
    count: Callable[[Context, Filter], int]
    rows: Callable[[Context, Filter, int, int], Sequence[Row]]
    which: tuple[str, ...] = ("open", "all")
    narrows: tuple[str, ...] = ("service", "since")

    def able(self, asked: Filter) -> Filter:
        """Return a filter without what this list's rows do not know.

        A way that lists have, but not this one, becomes its first one; any other (one
        automation's history) is the room's own.
        """
        general = asked.which in ("open", "mine", "all", "retired")
        return Filter(
            self.which[0] if general and asked.which not in self.which else asked.which,
            asked.service if "service" in self.narrows else None,
            asked.since if "since" in self.narrows else None,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a search found: what kind of thing it is, and where the words stood.

    `score` is from 0 to 1, the share of the words that it says, in other words too, more
    where they were its number; `at` puts
    those of the same score in order, the newest first. `own` says that nobody but the asker
    knows of it: such a search leaves no trace of who asked.
    """

    key: str
    kind: Words
    title: str
    where: Words
    state: Words
    button: Button
    score: float
    at: datetime | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Finds:
    """What of a room can be found by words. Of the same score, the lowest `rank` is first.

    `run(ctx, words)` returns only what the asker may see.
    """

    rank: int
    run: Callable[[Context, str], Sequence[Found]]
