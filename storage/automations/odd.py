"""Calls that could not be used, and names that fit nothing: the rule and when, nothing of whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.engine import Tx
from storage.engine.ids import AutomationId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Odd:
    """Calls that could not be used: when the last one came, the name of the rule, how many."""

    at: datetime
    why: str
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Stray:
    """A name that was called with our key and fits nothing."""

    slug: str
    first_at: datetime
    last_at: datetime
    calls: int


def note_odd(
    tx: Tx, automation: AutomationId, *, id: str, at: datetime, why: str, once: timedelta
) -> None:
    """List a call that could not be used; one like it within `once` is counted on its line."""
    if goes_on(tx, automation, why, at, once):
        return
    tx.insert(
        "automation_odd_calls", id=id, automation=automation, at=as_text(at), why=why, calls=1
    )


def goes_on(tx: Tx, automation: AutomationId, why: str, at: datetime, within: timedelta) -> bool:
    """Count a call on the line of one like it that came just before; False without such a one."""
    return (
        tx.run(
            """
            update automation_odd_calls set at = :at, calls = calls + 1
            where workspace = :workspace and automation = :automation and why = :why
            and at > :since
            """,
            automation=automation,
            at=as_text(at),
            why=why,
            since=as_text(at - within),
        )
        > 0
    )


def odd_calls(tx: Tx, automation: AutomationId, since: datetime) -> list[Odd]:
    """Return the calls since a moment that could not be used, the latest first."""
    rows = tx.rows(
        """
        select at, why, calls from automation_odd_calls
        where workspace = :workspace and automation = :automation and at >= :since
        order by at desc, id desc
        """,
        automation=automation,
        since=as_text(since),
    )
    return [Odd(as_moment(row["at"]), row["why"], row["calls"]) for row in rows]


def note_stray(tx: Tx, slug: str, now: datetime, most: int) -> bool:
    """List a name that fits nothing; False when the list is full."""
    return (
        tx.run(
            """
            insert into automation_strays (workspace, slug, first_at, last_at)
            select :workspace, :slug, :now, :now
            where (select count(*) from automation_strays where workspace = :workspace) < :most
            or exists (
                select 1 from automation_strays where workspace = :workspace and slug = :slug
            )
            on conflict (workspace, slug) do update set
                last_at = excluded.last_at, calls = automation_strays.calls + 1
            """,
            slug=slug,
            now=as_text(now),
            most=most,
        )
        == 1
    )


def strays(tx: Tx) -> list[Stray]:
    """Return the names that fit nothing, the latest first."""
    rows = tx.rows(
        """
        select slug, first_at, last_at, calls from automation_strays
        where workspace = :workspace order by last_at desc, slug
        """
    )
    return [
        Stray(row["slug"], as_moment(row["first_at"]), as_moment(row["last_at"]), row["calls"])
        for row in rows
    ]


def forget_stray(tx: Tx, slug: str) -> None:
    """A name fits something now."""
    tx.run("delete from automation_strays where workspace = :workspace and slug = :slug", slug=slug)
