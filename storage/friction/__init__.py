"""Friction: what gets in the way, with its words as typed. The author is for the answer only.

A note knows its day and no time, and its id is random: nothing can be laid beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import NoteId, PatternId, PersonId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody noted, without its author.

    `pattern` may also be a mark: notes that people put together before anybody confirmed it
    (`JOINED`), or one of which somebody said that it is like no other (`ALONE`).
    """

    id: NoteId
    sentence: str
    hint: str | None
    area: str
    noted_at: datetime
    pattern: PatternId | None
    answered: bool

    @property
    def loose(self) -> bool:
        """Whether it is in no pattern yet."""
        return self.pattern is None or self.pattern.startswith((JOINED, ALONE))


JOINED, ALONE = "joined:", "alone:"


COLUMNS = """
    f.id, f.sentence, f.hint, f.area, f.noted_at, f.pattern,
    (p.answered_at is not null) as answered
"""
WITH_PATTERN = "friction f left join patterns p on p.workspace = f.workspace and p.id = f.pattern"


def add(
    tx: Tx,
    *,
    id: NoteId,
    sentence: str,
    hint: str | None,
    author: PersonId | None,
    day: datetime,
    area: str = "",
) -> None:
    """Note a friction point; `author` None when it is given without a name, `day` its midnight."""
    tx.insert(
        "friction",
        id=id,
        sentence=sentence,
        hint=hint,
        area=area,
        author=author,
        noted_at=as_text(day),
    )


def find(tx: Tx, id: NoteId) -> Note | None:
    """Return a note by its id."""
    rows = tx.rows(
        f"select {COLUMNS} from {WITH_PATTERN} where f.workspace = :workspace and f.id = :id", id=id
    )
    return _note(rows[0]) if rows else None


def hint(tx: Tx, id: NoteId, author: PersonId, hint: str) -> bool:
    """Add the kind of friction; only its author can."""
    return (
        tx.run(
            """
            update friction set hint = :hint
            where workspace = :workspace and id = :id and author = :author
            """,
            id=id,
            author=author,
            hint=hint,
        )
        == 1
    )


def reword(tx: Tx, id: NoteId, author: PersonId, sentence: str) -> bool:
    """Put another sentence in the place of one's own, while nobody has answered it."""
    return (
        tx.run(
            """
            update friction set sentence = :sentence
            where workspace = :workspace and id = :id and author = :author
            """,
            id=id,
            author=author,
            sentence=sentence,
        )
        == 1
    )


def forget_author(tx: Tx, id: NoteId, author: PersonId, *, new: NoteId) -> bool:
    """Take the name away for good; False when there is none of this author any more.

    The note is called `new` from then on: an old button or a draft does not lead to it.
    """
    return (
        tx.run(
            """
            update friction set author = null, id = :new
            where workspace = :workspace and id = :id and author = :author
            """,
            id=id,
            author=author,
            new=new,
        )
        == 1
    )


def mine(tx: Tx, author: PersonId) -> list[Note]:
    """Return what somebody noted under their name, the newest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from {WITH_PATTERN}
        where f.workspace = :workspace and f.author = :author
        order by f.noted_at desc, f.id
        """,
        author=author,
    )
    return [_note(row) for row in rows]


def replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put `to` in somebody's place: another identity of theirs, or nobody in particular."""
    tx.write(
        "update friction set author = :to where workspace = :workspace and author = :person",
        person=person,
        to=to,
    )


def all(
    tx: Tx,
    *,
    hint: str = "",
    area: str = "",
    which: str = "all",
    before: datetime | None = None,
    since: datetime | None = None,
) -> list[Note]:
    """Return the notes that fit, newest days first; `which` is open, answered or all."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from {WITH_PATTERN}
        where f.workspace = :workspace
        and (:hint = '' or f.hint = :hint)
        and (:which = 'all' or (p.answered_at is not null) = (:which = 'answered'))
        and (:before = '' or f.noted_at < :before) and f.noted_at >= :since
        order by f.noted_at desc, f.id
        """,
        hint=hint,
        which=which,
        before=as_text(before) if before else "",
        since=as_text(since) if since else "",
    )
    return [_note(row) for row in rows if not area or row["area"].casefold() == area.casefold()]


def areas(tx: Tx) -> list[str]:
    """Return the areas that notes name."""
    rows = tx.rows(
        """
        select distinct area from friction
        where workspace = :workspace and area <> '' order by area
        """
    )
    return [row["area"] for row in rows]


def count(tx: Tx, start: datetime, end: datetime) -> int:
    """Return how many were noted from `start` until before `end`."""
    return int(
        tx.rows(
            """
            select count(*) as n from friction
            where workspace = :workspace and noted_at >= :start and noted_at < :end
            """,
            start=as_text(start),
            end=as_text(end),
        )[0]["n"]
    )


def open_counts(tx: Tx) -> list[tuple[str, int]]:
    """Return how many notes have no answer yet, by workspace. Looks across workspaces."""
    rows = tx.rows(
        f"""
        select f.workspace, count(*) as n from {WITH_PATTERN}
        where p.answered_at is null
        group by f.workspace order by f.workspace
        """
    )
    return [(row["workspace"], int(row["n"])) for row in rows]


def authors(tx: Tx, patterns: list[PatternId]) -> list[PersonId]:
    """Return who noted something in these patterns under their name: for the answer only."""
    found: set[PersonId] = set()
    for pattern in patterns:
        rows = tx.rows(
            """
            select distinct author from friction
            where workspace = :workspace and pattern = :pattern and author is not null
            """,
            pattern=pattern,
        )
        found |= {row["author"] for row in rows}
    return sorted(found)


def _authors(tx: Tx, notes: Iterable[NoteId]) -> list[PersonId | None]:
    return [
        row["author"]
        for each in notes
        for row in tx.rows(
            "select author from friction where workspace = :workspace and id = :id", id=each
        )
    ]


def authors_of(tx: Tx, notes: list[NoteId]) -> list[PersonId]:
    """Return who noted these under their name: for the answer only."""
    return sorted({each for each in _authors(tx, notes) if each is not None})


def people(tx: Tx, notes: Iterable[NoteId]) -> int:
    """Return how many people noted these: whoever did twice is one, a note without a name too."""
    found = _authors(tx, notes)
    return len({each for each in found if each is not None}) + found.count(None)


def named_since(
    tx: Tx, answered_before: datetime, noted_before: datetime
) -> list[tuple[NoteId, PersonId]]:
    """Return (id, author) of notes answered, or noted, so long ago that the name has to go."""
    rows = tx.rows(
        f"""
        select f.id, f.author from {WITH_PATTERN}
        where f.workspace = :workspace and f.author is not null
        and (p.answered_at < :answered or f.noted_at < :noted)
        """,
        answered=as_text(answered_before),
        noted=as_text(noted_before),
    )
    return [(row["id"], row["author"]) for row in rows]


def set_area(tx: Tx, id: NoteId, area: str) -> bool:
    """Put a note into another area; empty for none."""
    return (
        tx.run(
            """
            update friction set area = :area where workspace = :workspace and id = :id
            """,
            id=id,
            area=area,
        )
        == 1
    )


# --- patterns ----------------------------------------------------------------------------


def put(tx: Tx, id: NoteId, pattern: PatternId | None) -> bool:
    """Put a note into a pattern, or out of it."""
    return (
        tx.run(
            """
            update friction set pattern = :pattern where workspace = :workspace and id = :id
            """,
            id=id,
            pattern=pattern,
        )
        == 1
    )


def members(tx: Tx, patterns: list[PatternId]) -> list[Note]:
    """Return the notes of these patterns, newest days first."""
    found = [
        _note(row)
        for pattern in patterns
        for row in tx.rows(
            f"""
            select {COLUMNS} from {WITH_PATTERN}
            where f.workspace = :workspace and f.pattern = :pattern
            """,
            pattern=pattern,
        )
    ]
    return sorted(found, key=lambda each: (-each.noted_at.timestamp(), each.id))


def _note(row: Row) -> Note:
    row["noted_at"] = as_moment(row["noted_at"])
    row["answered"] = bool(row["answered"])
    return Note(**row)
