"""Incidents and their timeline. Every change is one statement with its condition in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage import similarity
from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber, PersonId, PlaceId, ServiceId
from storage.engine.sql import as_moment, as_text
from storage.incidents.states import ClosedAs, IncidentState, Severity


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident. `responsible` is never empty; `gap` says that no service was recognised.

    `state` is open, restored, done, closed or withdrawn; `severity` normal or serious.
    `body` is the whole text of the declaration where the title is not all of it.
    `silent` says that the promised news did not come. `alarms` counts the alarms sent.
    A closed one says as what: duplicate, false_alarm or superseded, and perhaps into which.
    `guessed` is the service that only its meaning points at, until somebody has said.
    """

    number: IncidentNumber
    title: str
    service: ServiceId
    gap: bool
    severity: Severity
    state: IncidentState
    declared_by: PersonId
    declared_at: datetime
    declared_in: PlaceId | None
    responsible: PersonId
    responsible_since: datetime
    alarms: int
    acknowledged_by: PersonId | None = None
    acknowledged_at: datetime | None = None
    proposed_to: PersonId | None = None
    silent: bool = False
    news: str | None = None
    news_by: PersonId | None = None
    news_at: datetime | None = None
    next_news_at: datetime | None = None
    restored_by: PersonId | None = None
    restored_at: datetime | None = None
    reopened_at: datetime | None = None
    ended_by: PersonId | None = None
    ended_at: datetime | None = None
    closed_as: ClosedAs | None = None
    closed_into: IncidentNumber | None = None
    body: str = ""
    guessed: ServiceId | None = None

    @property
    def begun_at(self) -> datetime:
        """Since when it needs somebody: declared, or reopened the last time."""
        return self.reopened_at or self.declared_at

    @property
    def unanswered(self) -> bool:
        """Say whether the responsible person has still to say that they look after it.

        Also after the incident was handed on: the first acknowledgement keeps its time.
        """
        return self.acknowledged_by is None or self.acknowledged_by != self.responsible


COLUMNS = """number, title, service, gap, severity, state, declared_by, declared_at, declared_in,
responsible, responsible_since, acknowledged_by, acknowledged_at, proposed_to, silent, alarms,
news, news_by, news_at, next_news_at, restored_by, restored_at, reopened_at, ended_by, ended_at,
closed_as, closed_into, body, guessed"""
SLOTS = tuple(f"n_{one}{two}" for one in "abcdefghij" for two in "abcde")  # asked for at once
NUMBERS = ", ".join(f":{slot}" for slot in SLOTS)
MOMENTS = (
    "declared_at",
    "responsible_since",
    "acknowledged_at",
    "news_at",
    "next_news_at",
    "restored_at",
    "reopened_at",
    "ended_at",
)


def add(
    tx: Tx,
    *,
    number: IncidentNumber,
    title: str,
    service: ServiceId,
    gap: bool,
    severity: Severity,
    declared_by: PersonId,
    declared_in: PlaceId | None,
    responsible: PersonId,
    now: datetime,
    body: str = "",
    guessed: ServiceId | None = None,
) -> Incident:
    """Store a new, open incident and return it; `body` is its text if the title is not all."""
    tx.insert(
        "incidents",
        number=number,
        title=title,
        body=body,
        service=service,
        gap=int(gap),
        severity=severity,
        state=IncidentState.OPEN,
        declared_by=declared_by,
        declared_at=as_text(now),
        declared_in=declared_in,
        responsible=responsible,
        responsible_since=as_text(now),
        alarms=1,
        guessed=guessed,
    )
    similarity.note(tx, number)
    return Incident(
        number=number,
        title=title,
        body=body,
        service=service,
        gap=gap,
        severity=severity,
        state=IncidentState.OPEN,
        declared_by=declared_by,
        declared_at=now,
        declared_in=declared_in,
        responsible=responsible,
        responsible_since=now,
        alarms=1,
        guessed=guessed,
    )


def find(tx: Tx, number: IncidentNumber) -> Incident | None:
    """Return an incident by its number."""
    rows = tx.rows(
        f"select {COLUMNS} from incidents where workspace = :workspace and number = :number",
        number=number,
    )
    return from_row(rows[0]) if rows else None


def several(tx: Tx, numbers: Sequence[IncidentNumber]) -> list[Incident]:
    """Return these incidents, in no order."""
    found: list[Incident] = []
    for start in range(0, len(numbers), len(SLOTS)):
        part = numbers[start : start + len(SLOTS)]
        values = dict.fromkeys(SLOTS, -1) | dict(zip(SLOTS, part, strict=False))
        rows = tx.rows(
            f"""
            select {COLUMNS} from incidents where workspace = :workspace
            and number in ({NUMBERS})
            """,
            **values,
        )
        found += [from_row(row) for row in rows]
    return found


def exists(tx: Tx, number: IncidentNumber) -> bool:
    """Say whether there is, or was, an incident with this number."""
    rows = tx.rows(
        "select 1 as one from incidents where workspace = :workspace and number = :number",
        number=number,
    )
    return bool(rows)


def acknowledge(
    tx: Tx, number: IncidentNumber, person: PersonId, now: datetime, next_news: datetime
) -> bool:
    """Make `person` responsible; False when somebody else was first and keeps their word.

    Whoever was asked to take it may, and after silence anybody who is allowed to.
    An earlier acknowledgement's time is kept: it is never back-dated nor overwritten.
    """
    return (
        tx.run(
            """
            update incidents set
                responsible = :person, responsible_since = :now, acknowledged_by = :person,
                acknowledged_at = case when acknowledged_at is null
                                  then :now else acknowledged_at end,
                proposed_to = null, silent = 0, next_news_at = :next_news
            where workspace = :workspace and number = :number and state = 'open'
            and (acknowledged_by is null or acknowledged_by <> responsible
                 or proposed_to = :person
                 or (silent = 1 and acknowledged_by <> :person))
            """,
            number=number,
            person=person,
            now=as_text(now),
            next_news=as_text(next_news),
        )
        == 1
    )


def propose(tx: Tx, number: IncidentNumber, person: PersonId) -> bool:
    """Ask `person` to take it over; nothing changes until they accept."""
    return (
        tx.run(
            """
            update incidents set proposed_to = :person
            where workspace = :workspace and number = :number and state = 'open'
            """,
            number=number,
            person=person,
        )
        == 1
    )


def decline(tx: Tx, number: IncidentNumber, person: PersonId) -> bool:
    """End the question to `person`; False when they are not asked any more."""
    return (
        tx.run(
            """
            update incidents set proposed_to = null
            where workspace = :workspace and number = :number and state = 'open'
            and proposed_to = :person
            """,
            number=number,
            person=person,
        )
        == 1
    )


def tell(
    tx: Tx,
    number: IncidentNumber,
    person: PersonId,
    news: str,
    now: datetime,
    next_news: datetime | None,
) -> bool:
    """Keep the newest word on an open incident."""
    return (
        tx.run(
            """
            update incidents set news = :news, news_by = :person, news_at = :now,
                next_news_at = :next_news, silent = 0
            where workspace = :workspace and number = :number and state = 'open'
            """,
            number=number,
            person=person,
            news=news,
            now=as_text(now),
            next_news=as_text(next_news) if next_news else None,
        )
        == 1
    )


def promise(tx: Tx, number: IncidentNumber, person: PersonId, next_news: datetime) -> bool:
    """Promise the next news; only whoever is responsible and has acknowledged can."""
    return (
        tx.run(
            """
            update incidents set next_news_at = :next_news, silent = 0
            where workspace = :workspace and number = :number and state = 'open'
            and acknowledged_by = :person and responsible = :person
            """,
            number=number,
            person=person,
            next_news=as_text(next_news),
        )
        == 1
    )


def set_severity(tx: Tx, number: IncidentNumber, severity: Severity) -> bool:
    """Call an open incident serious or normal; False when it is already."""
    return (
        tx.run(
            """
            update incidents set severity = :severity
            where workspace = :workspace and number = :number and state = 'open'
            and severity <> :severity
            """,
            number=number,
            severity=severity,
        )
        == 1
    )


def move(tx: Tx, number: IncidentNumber, service: ServiceId, responsible: PersonId) -> bool:
    """Give an open incident to another service; an acknowledged one keeps its responsible."""
    changed = (
        tx.run(
            """
            update incidents set service = :service, gap = 0, guessed = null,
                responsible = case when acknowledged_by is null or acknowledged_by <> responsible
                              then :responsible else responsible end
            where workspace = :workspace and number = :number and state = 'open'
            and service <> :service
            """,
            number=number,
            service=service,
            responsible=responsible,
        )
        == 1
    )
    if changed:
        similarity.note(tx, number)
    return changed


def forget_guess(tx: Tx, number: IncidentNumber) -> bool:
    """It is not about what was guessed; False when nothing is guessed any more."""
    return (
        tx.run(
            """
            update incidents set guessed = null
            where workspace = :workspace and number = :number and guessed is not null
            """,
            number=number,
        )
        == 1
    )


def mark_silent(tx: Tx, number: IncidentNumber) -> bool:
    """The promised news did not come; False when it is not awaited any more."""
    return (
        tx.run(
            """
            update incidents set silent = 1
            where workspace = :workspace and number = :number and state = 'open'
            and acknowledged_by = responsible
            """,
            number=number,
        )
        == 1
    )


def hand_on(tx: Tx, number: IncidentNumber, before: str, person: PersonId, now: datetime) -> bool:
    """Make `person` responsible in place of `before`, who left, until the incident has ended.

    An open one they have to answer for; an earlier acknowledgement's time is kept.
    """
    return (
        tx.run(
            """
            update incidents set responsible = :person, responsible_since = :now, silent = 0,
                next_news_at = null,
                proposed_to = case when proposed_to = :before then null else proposed_to end
            where workspace = :workspace and number = :number and state in ('open', 'restored')
            and responsible = :before
            """,
            number=number,
            before=before,
            person=person,
            now=as_text(now),
        )
        == 1
    )


def count_alarm(tx: Tx, number: IncidentNumber) -> int:
    """Count one more alarm; return its position (0 is the first)."""
    rows = tx.rows(
        """
        update incidents set alarms = alarms + 1
        where workspace = :workspace and number = :number returning alarms
        """,
        number=number,
    )
    return int(rows[0]["alarms"]) - 1


def from_row(row: Row) -> Incident:
    row["gap"], row["silent"] = bool(row["gap"]), bool(row["silent"])
    row["state"], row["severity"] = IncidentState(row["state"]), Severity(row["severity"])
    row["closed_as"] = ClosedAs(row["closed_as"]) if row["closed_as"] else None
    for name in MOMENTS:
        row[name] = as_moment(row[name]) if row[name] else None
    return Incident(**row)
