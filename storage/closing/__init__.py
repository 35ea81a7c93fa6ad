"""Closings: what is needed until an incident is done, one row per incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId, ServiceId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Closing:
    """What has been said for the end of an incident.

    Each point counts since the moment of the same name; reopening takes the moments away
    and keeps the words, so that they can be confirmed or corrected. `ending` is workaround
    or fixed. A `runbook` of None with its moment says "none yet". `quiet_at` says that
    nothing came back for long enough, `override_open` names the points that were open.
    """

    incident: int
    impact_ended_at: datetime | None = None
    impact_ended_since: datetime | None = None
    cause_class: str | None = None
    cause: str | None = None
    cause_since: datetime | None = None
    evidence: str | None = None
    evidence_since: datetime | None = None
    ending: str | None = None
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


def begin(tx: Tx, incident: int) -> None:
    """Keep room for an incident's closing; nothing happens when there is."""
    tx.run(
        """
        insert into closings (workspace, incident) values (:workspace, :incident)
        on conflict (workspace, incident) do nothing
        """,
        incident=incident,
    )


def find(tx: Tx, incident: int) -> Closing:
    """Return an incident's closing; an empty one when nothing was said yet."""
    rows = tx.rows(
        f"select {COLUMNS} from closings where workspace = :workspace and incident = :incident",
        incident=incident,
    )
    return _closing(rows[0]) if rows else Closing(incident)


def say(tx: Tx, incident: int, point: str, said: Mapping[str, str | None], now: datetime) -> bool:
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


def set_impact(tx: Tx, incident: int, impacts: set[str]) -> bool:
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


def ask(tx: Tx, incident: int, person: PersonId, now: datetime) -> bool:
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


def ask_to_check(tx: Tx, incident: int, checker: str) -> bool:
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


def ask_nobody(tx: Tx, incident: int) -> None:
    """Nobody is left to check it; it can still stay quiet for long enough."""
    tx.write(
        f"""
        update closings set checker = null
        where workspace = :workspace and {RESTORED} and verified_by is null
        """,
        incident=incident,
    )


def verify(tx: Tx, incident: int, person: PersonId, now: datetime) -> bool:
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


def stay_quiet(tx: Tx, incident: int, now: datetime) -> bool:
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
    tx: Tx, incident: int, person: PersonId, reason: str, still_open: str, now: datetime
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


def forget_moments(tx: Tx, incident: int) -> None:
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


def remind(tx: Tx, incident: int, now: datetime) -> bool:
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


def fix(tx: Tx, incident: int, person: PersonId, now: datetime) -> bool:
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


def move_fix(tx: Tx, incident: int, on: date) -> bool:
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


def hand_fix(tx: Tx, incident: int, before: str, person: PersonId) -> bool:
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
    return [_closing(row) for row in rows]


def to_check(tx: Tx, person: PersonId) -> list[int]:
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


@dataclass(frozen=True, slots=True)
class Ended:
    """What a span's closings say together: how many are done, how they ended, what they cost."""

    done: int
    said: int
    fixed: int
    customer: int
    money: int
    strain: int
    outside: int


def ended(tx: Tx, start: datetime, end: datetime) -> Ended:
    """Return the sums over the incidents that became done from `start` until before `end`."""
    row = tx.rows(
        """
        select count(*) as done, count(c.ending) as said,
        coalesce(sum(case when c.ending = 'fixed' then 1 else 0 end), 0) as fixed,
        coalesce(sum(c.customer), 0) as customer, coalesce(sum(c.money), 0) as money,
        coalesce(sum(c.strain), 0) as strain, coalesce(sum(c.outside), 0) as outside
        from closings c
        where c.workspace = :workspace and c.done_at >= :start and c.done_at < :end
        """,
        start=as_text(start),
        end=as_text(end),
    )[0]
    return Ended(**{name: int(value) for name, value in row.items()})


def overridden(tx: Tx, start: datetime, end: datetime) -> list[Closing]:
    """Return the closings with open points that became done in the span."""
    rows = tx.rows(
        f"""
        select {OF_CLOSINGS} from closings c
        join incidents i on i.workspace = c.workspace and i.number = c.incident
        where c.workspace = :workspace and c.override_by is not null
        and c.override_at >= :since and i.state = 'done'
        and i.ended_at >= :start and i.ended_at < :end
        order by c.incident
        """,
        since=as_text(start),
        start=as_text(start),
        end=as_text(end),
    )
    return [_closing(row) for row in rows]


def endings(tx: Tx, start: datetime, end: datetime) -> tuple[int, int]:
    """Return how many incidents became done by a fixed cause, and how many in all that say how."""
    rows = tx.rows(
        """
        select count(*) as said, sum(case when c.ending = 'fixed' then 1 else 0 end) as fixed
        from closings c
        where c.workspace = :workspace and c.done_at >= :start and c.done_at < :end
        and c.ending is not null
        """,
        start=as_text(start),
        end=as_text(end),
    )
    return int(rows[0]["fixed"] or 0), int(rows[0]["said"])


def unfixed(tx: Tx, before: date) -> list[Closing]:
    """Return the workarounds whose fix should have happened before a day, and has not."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from closings c where workspace = :workspace
        and ending = 'workaround' and fix_on < :before and fix_done_at is null and exists (
            select 1 from incidents i where i.workspace = :workspace and i.number = c.incident
            and i.state = 'done')
        order by fix_on, incident
        """,
        before=before.isoformat(),
    )
    return [_closing(row) for row in rows]


def services_without_runbook(tx: Tx) -> list[ServiceId]:
    """Return the services of which the newest closing said that there is no runbook yet."""
    rows = tx.rows(
        """
        select s.id as service from services s where s.workspace = :workspace and (
            select case when c.runbook is null then 1 else 0 end
            from incidents i join closings c on c.workspace = i.workspace and c.incident = i.number
            where i.workspace = :workspace and i.service = s.id
            and i.ended_at is not null and c.runbook_since is not null
            order by i.ended_at desc, i.number desc limit 1
        ) = 1
        """
    )
    return [row["service"] for row in rows]


def _changed(count: int) -> bool:
    return count == 1


def _closing(row: Row) -> Closing:
    for name in MOMENTS:
        row[name] = as_moment(row[name]) if row[name] else None
    for name in IMPACTS:
        row[name] = bool(row[name])
    row["fix_on"] = date.fromisoformat(row["fix_on"]) if row["fix_on"] else None
    return Closing(**row)


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'closings.fixer' as what, 'INC-' || incident as subject, fix_since as at
            from closings where workspace = :workspace and fixer = :person
            union all
            select 'closings.checker' as what, 'INC-' || incident as subject, asked_at as at
            from closings where workspace = :workspace and checker = :person
            union all
            select 'closings.asked_by' as what, 'INC-' || incident as subject, asked_at as at
            from closings where workspace = :workspace and asked_by = :person
            union all
            select 'closings.verified_by' as what, 'INC-' || incident as subject, verified_at as at
            from closings where workspace = :workspace and verified_by = :person
            union all
            select 'closings.override_by' as what, 'INC-' || incident as subject, override_at as at
            from closings where workspace = :workspace and override_by = :person
            union all
            select 'closings.fix_done_by' as what, 'INC-' || incident as subject, fix_done_at as at
            from closings where workspace = :workspace and fix_done_by = :person
        ) as found order by at, subject, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    changed = tx.run(  # who were two when one asked and the other checked
        """
        update closings set asked_by = null where workspace = :workspace
        and ((asked_by = :person and verified_by = :to)
            or (asked_by = :to and verified_by = :person))
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set fixer = :to
        where workspace = :workspace and fixer = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set checker = :to
        where workspace = :workspace and checker = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set asked_by = :to
        where workspace = :workspace and asked_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set verified_by = :to
        where workspace = :workspace and verified_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set override_by = :to
        where workspace = :workspace and override_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set fix_done_by = :to
        where workspace = :workspace and fix_done_by = :person
        """,
        person=person,
        to=to,
    )
    return changed


def forget_people(tx: Tx, before: datetime, former: str, other: str) -> int:
    """Put `former` in everybody's place where the incident ended before a moment.

    Who checked it becomes `other`: that is never who asked for it. Who is still to fix the cause
    stays.
    """
    return tx.run(
        """
        update closings set
            asked_by = case when asked_by is null then null else :former end,
            checker = case when checker is null then null else :former end,
            verified_by = case when verified_by is null then null else :other end,
            override_by = case when override_by is null then null else :former end,
            fix_done_by = case when fix_done_by is null then null else :former end,
            fixer = case
                when fixer is null or (ending = 'workaround' and fix_done_at is null) then fixer
                else :former end
        where workspace = :workspace and incident in (
            select number from incidents
            where workspace = :workspace and state in ('done', 'closed', 'withdrawn')
            and coalesce(ended_at, restored_at, declared_at) < :before
        ) and (
            asked_by <> :former or checker <> :former or verified_by <> :other
            or override_by <> :former or fix_done_by <> :former
            or (fixer <> :former and (ending <> 'workaround' or fix_done_at is not null))
        )
        """,
        before=as_text(before),
        former=former,
        other=other,
    )
