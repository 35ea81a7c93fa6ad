"""What stood in the last message to somebody: its buttons, so that their labels can be typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId, PlaceId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Shown:
    """The buttons (JSON) of the last message to a person: where, and when it was made."""

    place: PlaceId
    buttons: str
    at: datetime


def keep(tx: Tx, person: PersonId, place: PlaceId, buttons: str, now: datetime) -> None:
    """Keep the buttons of a message that is now the last one to `person`; empty when it has none.

    `place` is empty for what goes to the person's own direct place. Of somebody who has just
    been erased nothing is kept.
    """
    tx.write(
        """
        insert into last_buttons (workspace, person, place, buttons, at)
        select p.workspace, p.id, :place, :buttons, :now from people p
        where p.workspace = :workspace and p.id = :person
        on conflict (workspace, person) do update set
            place = excluded.place, buttons = excluded.buttons, at = excluded.at
        """,
        person=person,
        place=place,
        buttons=buttons,
        now=as_text(now),
    )


def drop(tx: Tx, person: PersonId) -> None:
    """Keep nothing of the last message to somebody."""
    tx.write(
        "delete from last_buttons where workspace = :workspace and person = :person", person=person
    )


def last(tx: Tx, person: PersonId) -> Shown | None:
    """Return what stood in the last message to somebody, None when there was none."""
    rows = tx.rows(
        "select place, buttons, at from last_buttons where workspace = :workspace"
        " and person = :person",
        person=person,
    )
    if not rows:
        return None
    return Shown(rows[0]["place"], rows[0]["buttons"], as_moment(rows[0]["at"]))


def forget(tx: Tx, before: datetime) -> int:
    """Delete what is too old to be answered, of all workspaces."""
    return tx.run("delete from last_buttons where at < :before", before=as_text(before))


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return what is kept of somebody here: `what`, `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'last_buttons.person' as what, '' as subject, at as at
            from last_buttons where workspace = :workspace and person = :person
            union all
            select 'takings.person' as what, 'INC-' || number as subject, at as at
            from takings where workspace = :workspace and person = :person
            union all
            select 'takings.held_by' as what, 'INC-' || number as subject, held_since as at
            from takings where workspace = :workspace and held_by = :person
            union all
            select 'takings.acknowledged_by' as what, 'INC-' || number as subject,
                acknowledged_at as at
            from takings where workspace = :workspace and acknowledged_by = :person
        ) as found order by at, what, subject
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put `to` in the place of a person; of two last messages the one of `to` stays.

    Buttons may name anybody, so all of them are let go of: they can still be pressed, not typed.
    """
    tx.run("update last_buttons set buttons = '' where workspace = :workspace")
    tx.run(
        """
        delete from last_buttons where workspace = :workspace and person = :person and exists (
            select 1 from last_buttons l where l.workspace = :workspace and l.person = :to)
        """,
        person=person,
        to=to,
    )
    tx.run(
        """
        update last_buttons set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    tx.run(
        """
        update takings set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    tx.run(
        """
        update takings set held_by = :to
        where workspace = :workspace and held_by = :person
        """,
        person=person,
        to=to,
    )
    tx.run(
        """
        update takings set acknowledged_by = :to
        where workspace = :workspace and acknowledged_by = :person
        """,
        person=person,
        to=to,
    )


def forget_here(tx: Tx, before: datetime) -> int:
    """Delete what was shown, offered and taken before a moment, of this company."""
    at = as_text(before)
    return (
        tx.run("delete from last_buttons where workspace = :workspace and at < :at", at=at)
        + tx.run("delete from takings where workspace = :workspace and at < :at", at=at)
        + tx.run("delete from used_offers where workspace = :workspace and at < :at", at=at)
    )
