"""Rules: words that mean something here, such as a service; learnt or entered, and removable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.sql import as_text

SERVICE = "service"  # the words mean this service


@dataclass(frozen=True, slots=True)
class Rule:
    """Whoever says all of `words` (plain forms, in order of the alphabet) means `target`.

    `shown` is how they were said. `learnt` says that corrections taught it.
    """

    id: str
    kind: str
    words: tuple[str, ...]
    shown: str
    target: str
    learnt: bool


COLUMNS = "id, kind, words, shown, target, origin"


def add(tx: Tx, rule: Rule, now: datetime) -> bool:
    """Keep a rule; False when there is the same one. What is entered replaces what was learnt."""
    forget_learnt(tx, rule.kind, rule.words)
    return (
        tx.run(
            """
            insert into rules (workspace, id, kind, words, shown, target, origin, at)
            values (:workspace, :id, :kind, :words, :shown, :target, :origin, :now)
            on conflict (workspace, kind, words, target) do nothing
            """,
            id=rule.id,
            kind=rule.kind,
            words="\n".join(rule.words),
            shown=rule.shown,
            target=rule.target,
            origin="learnt" if rule.learnt else "entered",
            now=as_text(now),
        )
        == 1
    )


def forget_learnt(tx: Tx, kind: str, words: tuple[str, ...]) -> None:
    """Unlearn what these very words meant."""
    tx.run(
        """
        delete from rules
        where workspace = :workspace and kind = :kind and words = :words and origin = 'learnt'
        """,
        kind=kind,
        words="\n".join(words),
    )


def all(tx: Tx, kind: str) -> list[Rule]:
    """Return every rule of a kind, by its words."""
    rows = tx.recall(
        f"""
        select {COLUMNS} from rules where workspace = :workspace and kind = :kind
        order by words, target
        """,
        kind=kind,
    )
    return [_rule(row) for row in rows]


def of(tx: Tx, kind: str, target: str) -> list[Rule]:
    """Return the rules that lead to something, by their words."""
    return [each for each in all(tx, kind) if each.target == target]


def find(tx: Tx, id: str) -> Rule | None:
    """Return a rule."""
    rows = tx.rows(f"select {COLUMNS} from rules where workspace = :workspace and id = :id", id=id)
    return _rule(rows[0]) if rows else None


def remove(tx: Tx, id: str) -> bool:
    """Take a rule away; False when it is gone already."""
    return tx.run("delete from rules where workspace = :workspace and id = :id", id=id) == 1


def _rule(row: Row) -> Rule:
    return Rule(
        row["id"],
        row["kind"],
        tuple(row["words"].split("\n")),
        row["shown"],
        row["target"],
        row["origin"] == "learnt",
    )
