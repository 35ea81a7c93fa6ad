"""Closings: what is needed until an incident is done, one row per incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from storage.closing.states import Ending
from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber, PersonId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Closing:
    """What has been said for the end of an incident.

    Each point counts since the moment of the same name; reopening takes the moments away
    and keeps the words, so that they can be confirmed or corrected. `ending` is workaround
    or fixed. A `runbook` of None with its moment says "none yet". `quiet_at` says that
    nothing came back for long enough, `override_open` names the points that were open.
    """

    incident: IncidentNumber
    impact_ended_at: datetime | None = None
    impact_ended_since: datetime | None = None
    cause_class: str | None = None
    cause: str | None = None
    cause_since: datetime | None = None
    evidence: str | None = None
    evidence_since: datetime | None = None
    ending: Ending | None = None
    ending_since: datetime | None = None
    fixer: PersonId | None = None
    fix_on: date | None = None
    fix_since: datetime | None = None
    runbook: str | None = None
    runbook_since: datetime | None = None
    asked_by: PersonId | None = None
    asked_at: datetime | None = None
    checker: PersonId | None = None
    verified_by: PersonId | None = None
    verified_at: datetime | None = None
    quiet_at: datetime | None = None
    customer: bool = False
    money: bool = False
    strain: bool = False
    outside: bool = False
    override_by: PersonId | None = None
    override_at: datetime | None = None
    override_reason: str | None = None
    override_open: str | None = None
    fix_done_by: PersonId | None = None
    fix_done_at: datetime | None = None
    reminded_at: datetime | None = None


COLUMNS = """incident, impact_ended_at, impact_ended_since, cause_class, cause, cause_since,
evidence, evidence_since, ending, ending_since, fixer, fix_on, fix_since, runbook, runbook_since,
asked_by, asked_at, checker, verified_by, verified_at, quiet_at, customer, money, strain, outside,
override_by, override_at, override_reason, override_open, fix_done_by, fix_done_at, reminded_at"""
OF_CLOSINGS = ", ".join(f"c.{each.strip()}" for each in COLUMNS.split(","))
MOMENTS = (
    "impact_ended_at", "impact_ended_since", "cause_since", "evidence_since", "ending_since",
    "fix_since", "runbook_since", "asked_at", "verified_at", "quiet_at", "override_at",
    "fix_done_at", "reminded_at",
)  # fmt: skip
# Of each point its columns, and the one that says since when it counts.
POINTS = {
    "end": (("impact_ended_at",), "impact_ended_since"),
    "cause": (("cause_class", "cause"), "cause_since"),
    "evidence": (("evidence",), "evidence_since"),
    "ending": (("ending",), "ending_since"),
    "fix": (("fixer", "fix_on"), "fix_since"),
    "runbook": (("runbook",), "runbook_since"),
}
IMPACTS = ("customer", "money", "strain", "outside")
# A point is said while its incident works again and is not done, and never afterwards.
RESTORED = """incident = :incident and exists (select 1 from incidents i
where i.workspace = :workspace and i.number = :incident and i.state = 'restored')"""


def begin(tx: Tx, incident: IncidentNumber) -> None:
    """Keep room for an incident's closing; nothing happens when there is."""
    tx.run(
        """
        insert into closings (workspace, incident) values (:workspace, :incident)
        on conflict (workspace, incident) do nothing
        """,
        incident=incident,
    )


def find(tx: Tx, incident: IncidentNumber) -> Closing:
    """Return an incident's closing; an empty one when nothing was said yet."""
    rows = tx.rows(
        f"select {COLUMNS} from closings where workspace = :workspace and incident = :incident",
        incident=incident,
    )
    return from_row(rows[0]) if rows else Closing(incident)


def say(
    tx: Tx, incident: IncidentNumber, point: str, said: Mapping[str, str | None], now: datetime
) -> bool:
    """Say a point of `POINTS`, all its columns; False when the incident is not restored."""
    columns, since = POINTS[point]
    put = ", ".join(f"{each} = :{each}" for each in columns)
    return _changed(
        tx.run(
            f"""
            update closings set {put}, {since} = :now
            where workspace = :workspace and {RESTORED}
            """,
            incident=incident,
            now=as_text(now),
            **{each: said[each] for each in columns},
        )
    )


def says_already(closing: Closing, point: str, said: Mapping[str, str | None]) -> bool:
    """Say whether a point counts with these very words."""
    columns, since = POINTS[point]
    return getattr(closing, since) is not None and all(
        str(getattr(closing, each) or "") == (said[each] or "") for each in columns
    )


def set_impact(tx: Tx, incident: IncidentNumber, impacts: set[str]) -> bool:
    """Say what it cost: any of `IMPACTS`."""
    return _changed(
        tx.run(
            f"""
            update closings set customer = :customer, money = :money, strain = :strain,
                outside = :outside
            where workspace = :workspace and {RESTORED}
            """,
            incident=incident,
            **{each: int(each in impacts) for each in IMPACTS},
        )
    )


def ask(tx: Tx, incident: IncidentNumber, person: PersonId, now: datetime) -> bool:
    """Ask for done; False when somebody did already."""
    return _changed(
        tx.run(
            f"""
            update closings set asked_by = :person, asked_at = :now
            where workspace = :workspace and {RESTORED} and asked_by is null
            and verified_by is null
            """,
            incident=incident,
            person=person,
            now=as_text(now),
        )
    )


def ask_to_check(tx: Tx, incident: IncidentNumber, checker: str) -> bool:
    """Ask somebody to check; False when they are asked already."""
    return _changed(
        tx.run(
            f"""
            update closings set checker = :checker
            where workspace = :workspace and {RESTORED} and (checker is null or checker <> :checker)
            """,
            incident=incident,
            checker=checker,
        )
    )


def ask_nobody(tx: Tx, incident: IncidentNumber) -> None:
    """Nobody is left to check it; it can still stay quiet for long enough."""
    tx.write(
        f"""
        update closings set checker = null
        where workspace = :workspace and {RESTORED} and verified_by is null
        """,
        incident=incident,
    )


def verify(tx: Tx, incident: IncidentNumber, person: PersonId, now: datetime) -> bool:
    """Somebody has checked it: neither who restored it nor who asked for done."""
    return _changed(
        tx.run(
            f"""
            update closings set verified_by = :person, verified_at = :now
            where workspace = :workspace and {RESTORED} and verified_by is null
            and (asked_by is null or asked_by <> :person)
            and not exists (select 1 from incidents r where r.workspace = :workspace
                and r.number = :incident and r.restored_by = :person)
            """,
            incident=incident,
            person=person,
            now=as_text(now),
        )
    )


def stay_quiet(tx: Tx, incident: IncidentNumber, now: datetime) -> bool:
    """Nothing came back for long enough."""
    return _changed(
        tx.run(
            f"""
            update closings set quiet_at = :now
            where workspace = :workspace and {RESTORED} and quiet_at is null
            """,
            incident=incident,
            now=as_text(now),
        )
    )


def override(
    tx: Tx, incident: IncidentNumber, person: PersonId, reason: str, still_open: str, now: datetime
) -> bool:
    """Keep who closes it although points are open, and why; `still_open` names them."""
    return _changed(
        tx.run(
            f"""
            update closings set override_by = :person, override_at = :now,
                override_reason = :reason, override_open = :still_open
            where workspace = :workspace and {RESTORED}
            """,
            incident=incident,
            person=person,
            reason=reason,
            still_open=still_open,
            now=as_text(now),
        )
    )


def forget_moments(tx: Tx, incident: IncidentNumber) -> None:
    """Reopened: every point is open again; the words stay, to be confirmed or corrected."""
    tx.run(
        """
        update closings set impact_ended_at = null, impact_ended_since = null, cause_since = null,
            evidence_since = null, ending_since = null, fix_since = null, runbook_since = null,
            asked_by = null, asked_at = null, checker = null, verified_by = null,
            verified_at = null, quiet_at = null, override_by = null, override_at = null,
            override_reason = null, override_open = null, fix_done_by = null, fix_done_at = null,
            reminded_at = null
        where workspace = :workspace and incident = :incident
        """,
        incident=incident,
    )


def remind(tx: Tx, incident: IncidentNumber, now: datetime) -> bool:
    """Keep that the reminder was sent; False when it was before."""
    return _changed(
        tx.run(
            f"""
            update closings set reminded_at = :now
            where workspace = :workspace and {RESTORED} and reminded_at is null
            """,
            incident=incident,
            now=as_text(now),
        )
    )


def fix(tx: Tx, incident: IncidentNumber, person: PersonId, now: datetime) -> bool:
    """The cause behind a workaround is fixed; False when it was before."""
    return _changed(
        tx.run(
            """
            update closings set fix_done_by = :person, fix_done_at = :now
            where workspace = :workspace and incident = :incident and fix_done_at is null
            and exists (select 1 from incidents i where i.workspace = :workspace
                and i.number = :incident and i.state = 'done')
            """,
            incident=incident,
            person=person,
            now=as_text(now),
        )
    )


def move_fix(tx: Tx, incident: IncidentNumber, on: date) -> bool:
    """Give a fix that has not happened another date."""
    return _changed(
        tx.run(
            """
            update closings set fix_on = :fix_on
            where workspace = :workspace and incident = :incident
            and fix_on is not null and fix_on <> :fix_on and fix_done_at is null
            and exists (select 1 from incidents i where i.workspace = :workspace
                and i.number = :incident and i.state = 'done')
            """,
            incident=incident,
            fix_on=on.isoformat(),
        )
    )


def hand_fix(tx: Tx, incident: IncidentNumber, before: str, person: PersonId) -> bool:
    """Let `person` fix the cause behind a workaround in place of `before`."""
    return _changed(
        tx.run(
            """
            update closings set fixer = :person
            where workspace = :workspace and incident = :incident and fixer = :before
            and fix_done_at is null
            """,
            incident=incident,
            before=before,
            person=person,
        )
    )


def to_fix(tx: Tx, person: PersonId) -> list[Closing]:
    """Return the workarounds whose cause `person` has still to fix, the earliest day first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from closings c where workspace = :workspace and fixer = :person
        and ending = 'workaround' and fix_since is not null and fix_done_at is null
        and exists (select 1 from incidents i where i.workspace = :workspace
            and i.number = c.incident and i.state in ('restored', 'done'))
        order by fix_on, incident
        """,
        person=person,
    )
    return [from_row(row) for row in rows]


def to_check(tx: Tx, person: PersonId) -> list[IncidentNumber]:
    """Return the incidents that `person` is asked to check and that nobody has checked."""
    rows = tx.rows(
        """
        select incident from closings c where workspace = :workspace and checker = :person
        and asked_by is not null and asked_by <> :person and verified_by is null
        and exists (select 1 from incidents i where i.workspace = :workspace
            and i.number = c.incident and i.state = 'restored')
        order by incident
        """,
        person=person,
    )
    return [row["incident"] for row in rows]


def _changed(count: int) -> bool:
    return count == 1


def from_row(row: Row) -> Closing:
    for name in MOMENTS:
        row[name] = as_moment(row[name]) if row[name] else None
    for name in IMPACTS:
        row[name] = bool(row[name])
    row["ending"] = Ending(row["ending"]) if row["ending"] else None
    row["fix_on"] = date.fromisoformat(row["fix_on"]) if row["fix_on"] else None
    return Closing(**row)
