"""Who answers friction, by area; whoever is named accepts or declines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text


class AnswererState(StrEnum):
    """What became of the question whether somebody answers friction of an area."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Answerer:
    """Somebody who answers friction of an area, or was asked to."""

    area: str
    answerer: PersonId
    state: AnswererState


def all(tx: Tx) -> list[Answerer]:
    """Return everybody who answers or was asked, by area."""
    rows = tx.rows(
        """
        select area, answerer, state from friction_answerers
        where workspace = :workspace and state <> 'declined' order by area, answerer
        """
    )
    return [Answerer(row["area"], row["answerer"], AnswererState(row["state"])) for row in rows]


def of(tx: Tx, person: PersonId, state: AnswererState) -> list[str]:
    """Return the areas for which somebody is in this state: asked or accepted."""
    rows = tx.rows(
        """
        select area from friction_answerers
        where workspace = :workspace and answerer = :person and state = :state order by area
        """,
        person=person,
        state=state,
    )
    return [row["area"] for row in rows]


def ask(
    tx: Tx, area: str, person: PersonId, *, state: AnswererState, by: PersonId, now: datetime
) -> bool:
    """Ask somebody to answer the friction of an area; False when they do so already."""
    asked = tx.run(
        """
        insert into friction_answerers (workspace, area, answerer, state, named_by, named_at)
        values (:workspace, :area, :person, :state, :by, :now)
        on conflict (workspace, area, answerer) do update
        set state = excluded.state, named_by = excluded.named_by, named_at = excluded.named_at
        where friction_answerers.state <> 'accepted'
        """,
        area=area,
        person=person,
        state=state,
        by=by,
        now=as_text(now),
    )
    return asked == 1


def decide(tx: Tx, area: str, person: PersonId, state: AnswererState) -> bool:
    """Accept or decline; False when nobody asked."""
    return (
        tx.run(
            """
            update friction_answerers set state = :state
            where workspace = :workspace and area = :area and answerer = :person
            and state = 'asked'
            """,
            area=area,
            person=person,
            state=state,
        )
        == 1
    )


def hand_on(tx: Tx, area: str, person: PersonId, to: PersonId, now: datetime) -> bool:
    """Ask `to` to answer an area in somebody's place; False when they do so already."""
    tx.write(
        """
        delete from friction_answerers
        where workspace = :workspace and area = :area and answerer = :person
        """,
        area=area,
        person=person,
    )
    return ask(tx, area, to, state=AnswererState.ASKED, by=person, now=now)


def drop(tx: Tx, person: PersonId) -> int:
    """Let somebody answer nothing any more."""
    return tx.run(
        "delete from friction_answerers where workspace = :workspace and answerer = :person",
        person=person,
    )


def replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put `to` in somebody's place; where both answer an area, once is enough."""
    tx.write(
        """
        update friction_answerers set answerer = :to
        where workspace = :workspace and answerer = :person and not exists (
            select 1 from friction_answerers f
            where f.workspace = :workspace and f.area = friction_answerers.area
            and f.answerer = :to
        )
        """,
        person=person,
        to=to,
    )
    drop(tx, person)
    tx.write(
        """
        update friction_answerers set named_by = :to
        where workspace = :workspace and named_by = :person
        """,
        person=person,
        to=to,
    )
