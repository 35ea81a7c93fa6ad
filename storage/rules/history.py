"""What was done with rules, each time with what the rule said: so a removed one can come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import PersonId, RuleId
from storage.engine.sql import as_moment, as_text
from storage.rules import RuleKind


class Done(StrEnum):
    """What was done with a rule."""

    ENTERED = "entered"
    LEARNT = "learnt"
    STRAIGHT = "straight"
    ASK = "ask"
    REMOVED = "removed"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of a rule. `person` is None where Lotse did it, from what people corrected."""

    id: str
    rule: RuleId
    kind: RuleKind
    words: tuple[str, ...]
    shown: str
    target: str
    what: Done
    person: PersonId | None
    at: datetime


COLUMNS = "id, rule, kind, words, shown, target, what, person, at"


def add(tx: Tx, entry: Entry) -> None:
    """Write down what was done."""
    tx.insert(
        "rule_history",
        id=entry.id,
        rule=entry.rule,
        kind=entry.kind,
        words="\n".join(entry.words),
        shown=entry.shown,
        target=entry.target,
        what=entry.what,
        person=entry.person,
        at=as_text(entry.at),
    )


def latest(tx: Tx, first: int, most: int) -> list[Entry]:
    """Return what was done with any rule, the latest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from rule_history where workspace = :workspace
        order by at desc, id desc limit :most offset :first
        """,
        first=first,
        most=most,
    )
    return [_entry(row) for row in rows]


def count(tx: Tx) -> int:
    """Return how many changes are kept."""
    rows = tx.rows("select count(*) as n from rule_history where workspace = :workspace")
    return int(rows[0]["n"])


def find(tx: Tx, id: str) -> Entry | None:
    """Return one change."""
    rows = tx.rows(
        f"select {COLUMNS} from rule_history where workspace = :workspace and id = :id", id=id
    )
    return _entry(rows[0]) if rows else None


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select 'rule_history.person' as what, shown as subject, at from rule_history
        where workspace = :workspace and person = :person order by at, id
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    return tx.run(
        "update rule_history set person = :to where workspace = :workspace and person = :person",
        person=person,
        to=to,
    )


def forget_people(tx: Tx, before: datetime, former: PersonId) -> int:
    """Put `former` in the place of everybody in what was done before a moment."""
    return tx.run(
        """
        update rule_history set person = :former
        where workspace = :workspace and at < :before and person <> :former
        """,
        before=as_text(before),
        former=former,
    )


def _entry(row: Row) -> Entry:
    row["words"] = tuple(row["words"].split("\n"))
    row["kind"] = RuleKind(row["kind"])
    row["what"], row["at"] = Done(row["what"]), as_moment(row["at"])
    return Entry(**row)
