"""The core of the mandate: business goals, two to three focus areas, guardrails by version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import GoalId, PersonId
from storage.engine.sql import as_text


@dataclass(frozen=True, slots=True)
class Goal:
    """A business goal that pilots point to."""

    id: GoalId
    name: str


@dataclass(frozen=True, slots=True)
class Guardrails:
    """Four texts that everybody confirms once a version."""

    version: str
    data: str
    security: str
    responsibility: str
    communication: str


def goals(tx: Tx) -> list[Goal]:
    """Return the goals that stand, in the order in which they were set."""
    rows = tx.rows(
        """
        select id, name from mandate_goals
        where workspace = :workspace and retired_at is null order by set_at, name_key
        """
    )
    return [Goal(**row) for row in rows]


def goal(tx: Tx, id: GoalId) -> Goal | None:
    """Return a goal by id, also one that stands no longer."""
    rows = tx.rows(
        "select id, name from mandate_goals where workspace = :workspace and id = :id", id=id
    )
    return Goal(**rows[0]) if rows else None


def add_goal(tx: Tx, goal: Goal, *, key: str, by: PersonId, now: datetime) -> None:
    """Set a goal."""
    tx.insert(
        "mandate_goals",
        id=goal.id,
        name=goal.name,
        name_key=key,
        set_by=by,
        set_at=as_text(now),
    )


def retire_goal(tx: Tx, id: GoalId, now: datetime) -> None:
    """Let a goal stand no longer; what points to it keeps its name."""
    tx.write(
        """
        update mandate_goals set retired_at = :now
        where workspace = :workspace and id = :id and retired_at is null
        """,
        id=id,
        now=as_text(now),
    )


def focus(tx: Tx) -> dict[str, str]:
    """Return the focus areas: how each is compared, and how it is written."""
    rows = tx.rows(
        """
        select area_key, area from mandate_areas
        where workspace = :workspace order by set_at, area_key
        """
    )
    return {row["area_key"]: row["area"] for row in rows}


def set_focus(tx: Tx, areas: dict[str, str], *, by: PersonId, now: datetime) -> None:
    """Set the focus areas, in place of those before."""
    tx.write("delete from mandate_areas where workspace = :workspace")
    for key, area in areas.items():
        tx.insert("mandate_areas", area_key=key, area=area, set_by=by, set_at=as_text(now))


def guardrails(tx: Tx) -> Guardrails | None:
    """Return the newest guardrails, None when there are none yet."""
    rows = tx.rows(
        """
        select version, data_rule as data, security_rule as security,
            responsibility_rule as responsibility, communication_rule as communication
        from guardrails where workspace = :workspace
        order by set_at desc, version desc limit 1
        """
    )
    return Guardrails(**rows[0]) if rows else None


def versions(tx: Tx) -> int:
    """Return how many versions of the guardrails there have been."""
    rows = tx.rows("select count(*) as n from guardrails where workspace = :workspace")
    return int(rows[0]["n"])


def set_guardrails(tx: Tx, rules: Guardrails, *, by: PersonId, now: datetime) -> None:
    """Write a new version; the ones before stay."""
    tx.insert(
        "guardrails",
        version=rules.version,
        data_rule=rules.data,
        security_rule=rules.security,
        responsibility_rule=rules.responsibility,
        communication_rule=rules.communication,
        set_by=by,
        set_at=as_text(now),
    )


def confirm(tx: Tx, version: str, person: PersonId, now: datetime) -> bool:
    """Write down that somebody has read this version; False when they had already."""
    return (
        tx.run(
            """
            insert into guardrail_confirmations (workspace, version, person, confirmed_at)
            values (:workspace, :version, :person, :now)
            on conflict do nothing
            """,
            version=version,
            person=person,
            now=as_text(now),
        )
        == 1
    )


def confirmed(tx: Tx, person: PersonId) -> list[str]:
    """Return which versions somebody has confirmed."""
    rows = tx.rows(
        """
        select version from guardrail_confirmations
        where workspace = :workspace and person = :person order by confirmed_at
        """,
        person=person,
    )
    return [row["version"] for row in rows]


def replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put `to` in somebody's place; where both confirmed a version, once is enough."""
    tx.write(
        "update mandate_goals set set_by = :to where workspace = :workspace and set_by = :person",
        person=person,
        to=to,
    )
    tx.write(
        "update mandate_areas set set_by = :to where workspace = :workspace and set_by = :person",
        person=person,
        to=to,
    )
    tx.write(
        "update guardrails set set_by = :to where workspace = :workspace and set_by = :person",
        person=person,
        to=to,
    )
    tx.write(
        """
        update guardrail_confirmations set person = :to
        where workspace = :workspace and person = :person and not exists (
            select 1 from guardrail_confirmations g
            where g.workspace = :workspace and g.version = guardrail_confirmations.version
            and g.person = :to
        )
        """,
        person=person,
        to=to,
    )
    tx.write(
        "delete from guardrail_confirmations where workspace = :workspace and person = :person",
        person=person,
    )


def forget_people(tx: Tx, before: datetime, former: str) -> int:
    """Put `former` in the place of who set something before a moment.

    Who confirmed a version that is not the newest any more is deleted.
    """
    changed = 0
    changed += tx.run(
        """
        update mandate_goals set set_by = :former
        where workspace = :workspace and set_by <> :former and set_at < :before
        """,
        former=former,
        before=as_text(before),
    )
    changed += tx.run(
        """
        update mandate_areas set set_by = :former
        where workspace = :workspace and set_by <> :former and set_at < :before
        """,
        former=former,
        before=as_text(before),
    )
    changed += tx.run(
        """
        update guardrails set set_by = :former
        where workspace = :workspace and set_by <> :former and set_at < :before
        """,
        former=former,
        before=as_text(before),
    )
    changed += tx.run(
        """
        delete from guardrail_confirmations
        where workspace = :workspace and confirmed_at < :before and version <> (
            select version from guardrails where workspace = :workspace
            order by set_at desc, version desc limit 1
        )
        """,
        before=as_text(before),
    )
    return changed
