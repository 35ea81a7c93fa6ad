"""Where words stand that were typed of one thing: at home, and wherever they were repeated.

`COPIES` hold what was said elsewhere: messages, answers, buttons, drafts, timers. `TYPED` are the
words of people themselves. A test reads the schema: every column of text is one of the two, or
holds no words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from storage import workspaces
from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber, PlaceId
from storage.engine.sql import letters
from storage.local import COUNTER


@dataclass(frozen=True, slots=True)
class Copies:
    """A column that repeats what was said: `ids` name a row, `key` what it is about, if it says so.

    A `written` one holds JSON, else plain text. `counter` gives the version by which whoever
    watches notices a change.
    """

    table: str
    ids: tuple[str, ...]
    column: str
    key: str = ""
    written: bool = True
    counter: str = ""


COPIES = (
    Copies("outbox", ("id",), "message", "key"),
    Copies("matters", ("id",), "message", "key"),
    Copies("timers", ("id",), "payload", "key"),
    Copies("takings", ("number", "person"), "timer"),
    Copies("deliveries", ("identity",), "answer"),
    Copies("last_buttons", ("person",), "buttons"),
    Copies("drafts", ("id",), "call"),
    Copies("held_requests", ("identity",), "request"),
    Copies("digest_texts", ("week", "language"), "message"),
    Copies("local_messages", ("id",), "body", counter=COUNTER),
    Copies("rooms", ("incident",), "topic", written=False),
)
TYPED: Mapping[str, tuple[str, ...]] = {
    "incidents": ("title", "body", "news"),
    "timeline": ("detail",),
    "closings": ("cause", "evidence", "override_reason", "runbook"),
    "problems": ("title", "cause", "fix", "evidence"),
    "problem_history": ("detail",),
    "overrides": ("reason",),
    "changes": ("what",),
    "friction": ("sentence", "area"),
    "patterns": ("title", "area", "reason", "result"),
    "pattern_history": ("words",),
    "pattern_checks": ("changing", "written"),
    "services": ("name", "words", "serious_when", "runbook"),
    "service_history": ("before", "after"),
    "definitions": ("words",),
    "corrections": ("wrong", "answer"),
    "guardrails": (
        "data_rule", "security_rule", "responsibility_rule", "communication_rule",
    ),
    "mandate_actions": ("item",),
    "mandate_areas": ("area",),
    "mandate_candidates": ("area",),
    "mandate_goals": ("name",),
    "mandate_questions": ("words", "answer"),
    "mandate_stops": ("item", "reason"),
    "mandates": ("problems", "levers", "risks", "along", "cases"),
    "automations": ("name", "purpose", "last_result"),
    "automation_changes": ("area", "words"),
    "automation_checks": ("note",),
    "automation_history": ("before", "after"),
    "automation_profile": ("value",),
    "automation_reviews": ("change", "why", "words"),
    "automation_signals": ("reason", "words", "answer"),
    "pilots": (
        "name", "problem", "area", "goal", "workflow", "takes", "gives", "metric", "unit",
        "baseline_source", "guard", "guard_limit", "touched", "too_big", "template", "it_note",
        "reason", "learnt", "docs",
    ),
    "pilot_candidates": ("workflow", "takes", "gives"),
    "pilot_history": ("words",),
    "pilot_iterations": ("words",),
    "pilot_later": ("words",),
    "pilot_obstacles": ("words",),
    "pilot_questions": ("words", "answer"),
    "pilot_satisfaction": ("source",),
    "pilot_sentences": ("sentence",),
    "pilot_values": ("source",),
    "digest_teams": ("name", "areas"),
    "people": ("name", "own_name"),
}  # fmt: skip


def holding(tx: Tx, where: Copies, needles: Sequence[str]) -> list[Row]:
    """Return the rows of a column in which one of `needles` stands, as `text`, with their key."""
    names: dict[str, object] = {f"n_{letters(at)}": each for at, each in enumerate(needles)}
    table, column, ids = where.table, where.column, ", ".join(where.ids)
    key = where.key or "''"
    there = _say((column,), names)
    return tx.rows(
        f"""
        select {ids}, {key} as about, {column} as text from {table}
        where workspace = :workspace and ({there})
        """,
        **names,
    )


def reword(tx: Tx, where: Copies, row: Row, text: str) -> None:
    """Let a row that `holding` gave say something else."""
    table, column = where.table, where.column
    this = " and ".join(f"{each} = :{each}" for each in where.ids)
    values = {each: row[each] for each in where.ids}
    also = ""
    if where.counter:
        also, values["version"] = ", version = :version", workspaces.next_number(tx, where.counter)
    tx.write(
        f"update {table} set {column} = :text{also} where workspace = :workspace and {this}",
        text=text,
        **values,
    )


def is_said(tx: Tx, words: str) -> bool:
    """Say whether words stand in anything that people typed, about whatever it is."""
    for table, columns in TYPED.items():
        there = _say(columns, ("words",))
        if tx.rows(
            f"select 1 as one from {table} where workspace = :workspace and ({there}) limit 1",
            words=words,
        ):
            return True
    return False


def typed_saying(tx: Tx, words: str) -> list[tuple[str, str, str]]:
    """Return each different text in which people typed `words`, with its table and column."""
    found = []
    for table, columns in TYPED.items():
        for column in columns:
            there = _say((column,), ("words",))
            rows = tx.rows(
                f"""
                select distinct {column} as text from {table}
                where workspace = :workspace and {there}
                """,
                words=words,
            )
            found += [(table, column, row["text"]) for row in rows]
    return found


def reword_typed(tx: Tx, table: str, column: str, before: str, text: str) -> None:
    """Let whatever `typed_saying` gave say something else."""
    tx.write(
        f"update {table} set {column} = :text where workspace = :workspace and {column} = :before",
        before=before,
        text=text,
    )


def numbers_saying(tx: Tx, words: str, most: int) -> list[IncidentNumber]:
    """Return the newest incidents in whose title, text or last update words stand."""
    there = _say(TYPED["incidents"], ("words",))
    rows = tx.rows(
        f"""
        select number from incidents where workspace = :workspace and ({there})
        order by number desc limit :most
        """,
        words=words,
        most=most,
    )
    return [IncidentNumber(row["number"]) for row in rows]


def drop_word(tx: Tx, forms: Sequence[str], mark: str) -> None:
    """Take a word, in all its forms, out of what was learnt: likenesses, rules, their history."""
    names: dict[str, object] = {f"f_{letters(at)}": each for at, each in enumerate(forms)}
    alone, both, shown = (
        _say(columns, names) for columns in (("words",), ("words", "shown"), ("shown",))
    )
    for row in tx.rows(
        f"""
        select earlier, later, words from likenesses
        where workspace = :workspace and ({alone})
        """,
        **names,
    ):
        left = [
            each for each in row["words"].split("\n") if not any(form in each for form in forms)
        ]
        tx.write(
            """
            update likenesses set words = :words
            where workspace = :workspace and earlier = :earlier and later = :later
            """,
            words="\n".join(left),
            earlier=row["earlier"],
            later=row["later"],
        )
    tx.write(
        f"""
        delete from rules where workspace = :workspace and origin = 'learnt' and ({both})
        """,
        **names,
    )
    tx.write(
        f"""
        update rule_history set words = :mark, shown = :mark
        where workspace = :workspace and ({both})
        """,
        mark=mark,
        **names,
    )
    tx.write(
        f"""
        update rule_routings set shown = :mark where workspace = :workspace and ({shown})
        """,
        mark=mark,
        **names,
    )


def newest(tx: Tx, id: str) -> tuple[PlaceId, str, str] | None:
    """Return place, key and text of a sending, if it is the last of what stands there, or will."""
    rows = tx.rows(
        """
        select o.place, o.key, o.message from outbox o
        left join messages m on m.workspace = :workspace and m.place = o.place and m.key = o.key
        where o.workspace = :workspace and o.id = :id
        and (m.key is not null or o.state = 'leased') and not exists (
            select 1 from outbox later
            where later.workspace = o.workspace and later.place = o.place and later.key = o.key
            and (later.created_at > o.created_at
                or (later.created_at = o.created_at and later.id > o.id))
        )
        """,
        id=id,
    )
    return (rows[0]["place"], rows[0]["key"], rows[0]["message"]) if rows else None


def _say(columns: Iterable[str], names: Iterable[str]) -> str:
    """Return the condition that one of these columns says one of the named values."""
    return " or ".join(
        f"replace({column}, :{name}, '') <> {column}" for column in columns for name in names
    )
