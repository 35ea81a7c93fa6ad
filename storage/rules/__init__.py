"""Rules: what means a service or an area here; learnt or entered, removable, and what they led."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import RuleId
from storage.engine.sql import as_text

FIELD = "="  # in a condition: a field of the form and its value, `hint=again`


class RuleKind(StrEnum):
    """What a rule leads to: a service, or an area of friction."""

    SERVICE = "service"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class Rule:
    """Whoever says all of `words` (plain forms, in order of the alphabet) means `target`.

    One with `FIELD` in it is no word but a field of the form. `shown` is how they were said.
    `learnt` says that corrections taught it. `straight` is without a question, as it was
    `marked` for the nth time; `since_check` counts what went that way since one was checked, the
    last time in `checked_week`.
    """

    id: RuleId
    kind: RuleKind
    words: tuple[str, ...]
    shown: str
    target: str
    learnt: bool
    straight: bool = False
    marked: int = 0
    since_check: int = 0
    checked_week: str = ""


class RoutingState(StrEnum):
    """What became of what a rule led."""

    OPEN = "open"
    STANDS = "stands"
    CORRECTED = "corrected"


class Led(StrEnum):
    """What a rule led: an incident, or a note of friction."""

    INCIDENT = "incident"
    FRICTION = "friction"


@dataclass(frozen=True, slots=True)
class Routing:
    """What a rule led: an incident by its number, or a note by its id; and what became of it.

    It knows what the rule said then, so that it is still told when the rule is gone.
    `corrected_target` is where somebody said that it belongs, empty while a person has to sort it.
    """

    kind: Led
    subject: str
    rule: RuleId
    shown: str
    target: str
    straight: bool
    marked: int
    sampled: bool
    state: RoutingState
    corrected_target: str = ""


COLUMNS = "id, kind, words, shown, target, origin, straight, marked, since_check, checked_week"
LED = "kind, subject, rule, shown, target, straight, marked, sampled, state, corrected_target"


def add(tx: Tx, rule: Rule, now: datetime) -> bool:
    """Keep a rule; False when there is the same one. What is entered replaces what was learnt."""
    forget_learnt(tx, rule.kind, rule.words)
    return (
        tx.run(
            """
            insert into rules (workspace, id, kind, words, shown, target, origin, at, straight,
                marked)
            values (:workspace, :id, :kind, :words, :shown, :target, :origin, :now, :straight,
                :straight)
            on conflict (workspace, kind, words, target) do nothing
            """,
            id=rule.id,
            kind=rule.kind,
            words="\n".join(rule.words),
            shown=rule.shown,
            target=rule.target,
            origin="learnt" if rule.learnt else "entered",
            now=as_text(now),
            straight=int(rule.straight),
        )
        == 1
    )


def forget_learnt(tx: Tx, kind: RuleKind, words: tuple[str, ...]) -> None:
    """Unlearn what these very words meant."""
    tx.run(
        """
        delete from rules
        where workspace = :workspace and kind = :kind and words = :words and origin = 'learnt'
        """,
        kind=kind,
        words="\n".join(words),
    )


def all(tx: Tx, kind: RuleKind) -> list[Rule]:
    """Return every rule of a kind, by its words."""
    return tx.recall_as(
        f"""
        select {COLUMNS} from rules where workspace = :workspace and kind = :kind
        order by words, target
        """,
        _rule,
        kind=kind,
    )


def of(tx: Tx, kind: RuleKind, target: str) -> list[Rule]:
    """Return the rules that lead to something, by their words."""
    return [each for each in all(tx, kind) if each.target == target]


def find(tx: Tx, id: RuleId) -> Rule | None:
    """Return a rule."""
    rows = tx.rows(f"select {COLUMNS} from rules where workspace = :workspace and id = :id", id=id)
    return _rule(rows[0]) if rows else None


def remove(tx: Tx, id: RuleId) -> bool:
    """Take a rule away; False when it is gone already."""
    return tx.run("delete from rules where workspace = :workspace and id = :id", id=id) == 1


def set_straight(tx: Tx, id: RuleId, straight: bool) -> None:
    """Let a rule lead on without a question, or with one; its checks begin anew."""
    tx.write(
        """
        update rules set straight = :straight, marked = marked + :straight, since_check = 0,
            checked_week = ''
        where workspace = :workspace and id = :id
        """,
        id=id,
        straight=int(straight),
    )


def count_check(tx: Tx, id: RuleId, since: int, week: str) -> None:
    """Keep how many went straight through since one was checked, and in which week that was."""
    tx.write(
        """
        update rules set since_check = :since, checked_week = :week
        where workspace = :workspace and id = :id
        """,
        id=id,
        since=since,
        week=week,
    )


# --- what they led -----------------------------------------------------------------------


def lead(tx: Tx, routing: Routing, day: date) -> None:
    """Keep what a rule led; not when on the day, and not who was led."""
    tx.write(
        f"""
        insert into rule_routings (workspace, {LED}, day)
        values (:workspace, :kind, :subject, :rule, :shown, :target, :straight, :marked, :sampled,
            :state, :corrected_target, :day)
        on conflict (workspace, kind, subject) do update
        set rule = excluded.rule, shown = excluded.shown, target = excluded.target,
            straight = excluded.straight, marked = excluded.marked,
            sampled = excluded.sampled, state = excluded.state,
            corrected_target = excluded.corrected_target, day = excluded.day
        """,
        kind=routing.kind,
        subject=routing.subject,
        rule=routing.rule,
        shown=routing.shown,
        target=routing.target,
        straight=int(routing.straight),
        marked=routing.marked,
        sampled=int(routing.sampled),
        state=routing.state,
        corrected_target=routing.corrected_target,
        day=day.isoformat(),
    )


def led(tx: Tx, kind: Led, subject: str) -> Routing | None:
    """Return which rule led something."""
    found = tx.recall_as(
        f"""
        select {LED} from rule_routings
        where workspace = :workspace and kind = :kind and subject = :subject
        """,
        _routing,
        kind=kind,
        subject=subject,
    )
    return found[0] if found else None


def newest_led(tx: Tx, rule: Rule, limit: int) -> list[Routing]:
    """Return what a rule led without a question since it was marked so, the newest days first."""
    rows = tx.rows(
        f"""
        select {LED} from rule_routings
        where workspace = :workspace and rule = :rule and straight = 1 and marked = :marked
        order by day desc, subject limit :limit
        """,
        rule=rule.id,
        marked=rule.marked,
        limit=limit,
    )
    return [_routing(row) for row in rows]


def count_led(tx: Tx, rule: RuleId) -> tuple[int, int]:
    """Return how often a rule led, and how often of these without a question."""
    row = tx.rows(
        """
        select count(*) as n, coalesce(sum(straight), 0) as straight from rule_routings
        where workspace = :workspace and rule = :rule
        """,
        rule=rule,
    )[0]
    return int(row["n"]), int(row["straight"])


def correct_to(tx: Tx, kind: Led, subject: str, to: str) -> None:
    """Write down where something belongs that a rule led wrongly."""
    tx.write(
        """
        update rule_routings set corrected_target = :to
        where workspace = :workspace and kind = :kind and subject = :subject
        """,
        kind=kind,
        subject=subject,
        to=to,
    )


def corrections(tx: Tx, rule: RuleId) -> list[tuple[str, int]]:
    """Return to what the ones that a rule led were corrected, and how often; the most first."""
    rows = tx.rows(
        """
        select corrected_target, count(*) as n from rule_routings
        where workspace = :workspace and rule = :rule and state = 'corrected'
        group by corrected_target order by n desc, corrected_target
        """,
        rule=rule,
    )
    return [(row["corrected_target"], int(row["n"])) for row in rows]


def settle(tx: Tx, kind: Led, subject: str, state: RoutingState) -> bool:
    """Write down whether a routing stands or was corrected; False when that was known.

    What stands after all was corrected to nothing else.
    """
    return (
        tx.run(
            """
            update rule_routings set state = :state, corrected_target = ''
            where workspace = :workspace and kind = :kind and subject = :subject
            and state <> :state
            """,
            kind=kind,
            subject=subject,
            state=state,
        )
        == 1
    )


def call_anew(tx: Tx, kind: Led, subject: str, new: str) -> None:
    """Let a routing follow what it led to its new id."""
    tx.write(
        """
        update rule_routings set subject = :new
        where workspace = :workspace and kind = :kind and subject = :subject
        """,
        kind=kind,
        subject=subject,
        new=new,
    )


def forget_led(tx: Tx, before: date) -> int:
    """Delete what rules led long ago."""
    return tx.run(
        "delete from rule_routings where workspace = :workspace and day < :before",
        before=before.isoformat(),
    )


def _routing(row: Row) -> Routing:
    return Routing(
        **{
            **row,
            "kind": Led(row["kind"]),
            "state": RoutingState(row["state"]),
            "straight": bool(row["straight"]),
            "sampled": bool(row["sampled"]),
        }
    )


def _rule(row: Row) -> Rule:
    return Rule(
        row["id"],
        RuleKind(row["kind"]),
        tuple(row["words"].split("\n")),
        shown=row["shown"],
        target=row["target"],
        learnt=row["origin"] == "learnt",
        straight=bool(row["straight"]),
        marked=row["marked"],
        since_check=row["since_check"],
        checked_week=row["checked_week"],
    )
