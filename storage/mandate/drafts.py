"""The mandate as it is drafted, confirmed by two people, released and replaced; and who read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import PersonId, hidden_voter
from storage.engine.sql import as_moment, as_text

QUESTIONS = ("problems", "levers", "risks", "along")


class MandateState(StrEnum):
    """Which mandate it is: the one being written, the one that holds, one of before."""

    DRAFT = "draft"
    RELEASED = "released"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Mandate:
    """A draft, the released mandate, or one of before."""

    id: str
    state: MandateState
    problems: str
    levers: str
    risks: str
    along: str
    cases: str
    valid_until: date | None
    it_contact: PersonId | None
    lead_by: PersonId | None
    it_by: PersonId | None
    released_at: datetime | None
    secret: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An area that may become a focus area."""

    key: str
    area: str
    chosen: bool


def draft(tx: Tx) -> Mandate | None:
    """Return the draft, if there is one."""
    return _in_state(tx, MandateState.DRAFT)


def released(tx: Tx) -> Mandate | None:
    """Return the mandate that was released last, also when its time is over."""
    return _in_state(tx, MandateState.RELEASED)


def _in_state(tx: Tx, state: MandateState) -> Mandate | None:
    rows = tx.rows(
        """
        select id, state, problems, levers, risks, along, cases, valid_until, it_contact,
            lead_by, it_by, released_at, secret
        from mandates where workspace = :workspace and state = :state
        """,
        state=state,
    )
    return _mandate(rows[0]) if rows else None


def _mandate(row: Row) -> Mandate:
    until, at = row["valid_until"], row["released_at"]
    values = {
        **row,
        "state": MandateState(row["state"]),
        "valid_until": date.fromisoformat(until) if until else None,
        "released_at": as_moment(at) if at else None,
    }
    return Mandate(**values)


def begin(tx: Tx, id: str, *, by: PersonId, secret: str, now: datetime) -> None:
    """Begin a draft; it takes over what the released mandate says."""
    before = released(tx)
    kept = {each: getattr(before, each) if before else "" for each in (*QUESTIONS, "cases")}
    tx.insert(
        "mandates",
        id=id,
        begun_by=by,
        begun_at=as_text(now),
        secret=secret,
        it_contact=before.it_contact if before else None,
        **kept,
    )


def change(
    tx: Tx,
    id: str,
    *,
    problems: str | None = None,
    levers: str | None = None,
    risks: str | None = None,
    along: str | None = None,
    cases: str | None = None,
    valid_until: str | None = None,
    it_contact: PersonId | None = None,
) -> None:
    """Change what is given of a draft; whoever confirmed it before has not confirmed this."""
    tx.write(
        """
        update mandates set problems = coalesce(:problems, problems),
            levers = coalesce(:levers, levers), risks = coalesce(:risks, risks),
            along = coalesce(:along, along), cases = coalesce(:cases, cases),
            valid_until = coalesce(:valid_until, valid_until),
            it_contact = coalesce(:it_contact, it_contact)
        where workspace = :workspace and id = :id and state = 'draft'
        """,
        id=id,
        problems=problems,
        levers=levers,
        risks=risks,
        along=along,
        cases=cases,
        valid_until=valid_until,
        it_contact=it_contact,
    )
    unconfirm(tx, id)


def unconfirm(tx: Tx, id: str) -> None:
    """Ask both for their confirmation again, because something about the draft changed."""
    tx.write(
        """
        update mandates set lead_by = null, lead_at = null, it_by = null, it_at = null
        where workspace = :workspace and id = :id and state = 'draft'
        """,
        id=id,
    )


def confirm_lead(tx: Tx, id: str, by: PersonId, now: datetime) -> None:
    """Write down the confirmation of the leadership."""
    tx.write(
        """
        update mandates set lead_by = :by, lead_at = :now
        where workspace = :workspace and id = :id and state = 'draft'
        """,
        id=id,
        by=by,
        now=as_text(now),
    )


def confirm_it(tx: Tx, id: str, by: PersonId, now: datetime) -> None:
    """Write down the confirmation of the IT."""
    tx.write(
        """
        update mandates set it_by = :by, it_at = :now
        where workspace = :workspace and id = :id and state = 'draft'
        """,
        id=id,
        by=by,
        now=as_text(now),
    )


def release(tx: Tx, id: str, now: datetime) -> bool:
    """Let a draft hold that both have confirmed, in place of the mandate before."""
    ready = tx.rows(
        """
        select id from mandates where workspace = :workspace and id = :id and state = 'draft'
        and lead_by is not null and it_by is not null and lead_by <> it_by
        """,
        id=id,
    )
    if not ready:
        return False
    tx.write(
        """
        update mandates set state = 'replaced' where workspace = :workspace and state = 'released'
        """
    )
    return (
        tx.run(
            """
            update mandates set state = 'released', released_at = :now
            where workspace = :workspace and id = :id and state = 'draft'
            """,
            id=id,
            now=as_text(now),
        )
        == 1
    )


def candidates(tx: Tx, id: str) -> list[Candidate]:
    """Return the candidate areas of a draft, by name."""
    rows = tx.rows(
        """
        select area_key as key, area, chosen from mandate_candidates
        where workspace = :workspace and mandate = :id order by area_key
        """,
        id=id,
    )
    return [Candidate(row["key"], row["area"], bool(row["chosen"])) for row in rows]


def set_candidates(tx: Tx, id: str, areas: dict[str, str], chosen: set[str]) -> None:
    """Set the candidate areas of a draft, and which of them are chosen."""
    tx.write("delete from mandate_candidates where workspace = :workspace and mandate = :id", id=id)
    for key, area in areas.items():
        tx.insert(
            "mandate_candidates", mandate=id, area_key=key, area=area, chosen=int(key in chosen)
        )


def read(tx: Tx, mandate: Mandate, person: PersonId) -> bool:
    """Count somebody as a reader, once, without their name; False when they were counted."""
    voter = hidden_voter(mandate.secret, person)
    return (
        tx.run(
            """
            insert into mandate_reads (workspace, mandate, reader)
            values (:workspace, :mandate, :reader) on conflict do nothing
            """,
            mandate=mandate.id,
            reader=voter,
        )
        == 1
    )


def has_read(tx: Tx, mandate: Mandate, person: PersonId) -> bool:
    """Say whether somebody has said that they read it."""
    voter = hidden_voter(mandate.secret, person)
    return bool(
        tx.rows(
            """
            select 1 as one from mandate_reads
            where workspace = :workspace and mandate = :mandate and reader = :reader
            """,
            mandate=mandate.id,
            reader=voter,
        )
    )


def reads(tx: Tx, id: str) -> int:
    """Return how many have read a mandate."""
    rows = tx.rows(
        """
        select count(*) as n from mandate_reads where workspace = :workspace and mandate = :id
        """,
        id=id,
    )
    return int(rows[0]["n"])


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'mandates.it_contact' as what, state as subject, null as at
            from mandates where workspace = :workspace and it_contact = :person
            union all
            select 'mandates.begun_by', state, begun_at
            from mandates where workspace = :workspace and begun_by = :person
            union all
            select 'mandates.lead_by', state, lead_at
            from mandates where workspace = :workspace and lead_by = :person
            union all
            select 'mandates.it_by', state, it_at
            from mandates where workspace = :workspace and it_by = :person
            union all
            select 'mandate_actions.owner', item, accepted_at
            from mandate_actions where workspace = :workspace and owner = :person
            union all
            select 'mandate_actions.set_by', item, set_at
            from mandate_actions where workspace = :workspace and set_by = :person
            union all
            select 'mandate_stops.set_by', item, set_at
            from mandate_stops where workspace = :workspace and set_by = :person
            union all
            select 'mandate_questions.asked_by', words, asked_at
            from mandate_questions where workspace = :workspace and asked_by = :person
            union all
            select 'mandate_questions.answered_by', words, null
            from mandate_questions where workspace = :workspace and answered_by = :person
        ) as found order by at, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put somebody else, or a pseudonym, in the place of a person."""
    tx.write(
        """
        update mandates set it_contact = :to
        where workspace = :workspace and it_contact = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update mandates set begun_by = :to
        where workspace = :workspace and begun_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update mandates set lead_by = :to
        where workspace = :workspace and lead_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update mandates set it_by = :to
        where workspace = :workspace and it_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update mandate_actions set owner = :to
        where workspace = :workspace and owner = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update mandate_actions set set_by = :to
        where workspace = :workspace and set_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update mandate_stops set set_by = :to
        where workspace = :workspace and set_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update mandate_questions set asked_by = :to
        where workspace = :workspace and asked_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update mandate_questions set answered_by = :to
        where workspace = :workspace and answered_by = :person
        """,
        person=person,
        to=to,
    )
