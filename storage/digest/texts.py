"""What digests said, as they were posted; and whether people found them useful."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from storage.engine import Tx
from storage.engine.ids import PersonId, hidden_voter
from storage.engine.sql import as_text


def keep(tx: Tx, week: str, language: str, message: str, now: datetime) -> None:
    """Keep what the digest of a week said in a language; the first text stays."""
    tx.write(
        """
        insert into digest_texts (workspace, week, language, message, at)
        values (:workspace, :week, :language, :message, :now)
        on conflict (workspace, week, language) do nothing
        """,
        week=week,
        language=language,
        message=message,
        now=as_text(now),
    )


def of(tx: Tx, week: str, language: str) -> str | None:
    """Return what the digest of a week said, None when that is not kept."""
    rows = tx.rows(
        """
        select message from digest_texts
        where workspace = :workspace and week = :week and language = :language
        """,
        week=week,
        language=language,
    )
    return rows[0]["message"] if rows else None


def weeks(tx: Tx) -> list[str]:
    """Return the weeks whose digest is kept, the newest first."""
    rows = tx.rows(
        """
        select distinct week from digest_texts where workspace = :workspace order by week desc
        """
    )
    return [row["week"] for row in rows]


def forget(tx: Tx, before: datetime) -> int:
    """Delete what was said before then; return how many texts."""
    return tx.run(
        "delete from digest_texts where workspace = :workspace and at < :before",
        before=as_text(before),
    )


def rename(tx: Tx, name: str, to: str) -> None:
    """Put another name in the place of one, in everything that digests said."""
    tx.write(
        """
        update digest_texts set message = replace(message, :name, :to)
        where workspace = :workspace
        """,
        name=json.dumps(name, ensure_ascii=False)[1:-1],
        to=json.dumps(to, ensure_ascii=False)[1:-1],
    )


# --- useful? -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Useful:
    """How many said yes and no about a week's digest, once it is counted."""

    week: str
    yes: int
    no: int


def open_round(tx: Tx, week: str, secret: str, on: date) -> None:
    """Let people say whether the digest of a week is useful."""
    tx.write(
        """
        insert into digest_rounds (workspace, week, secret, opened_on)
        values (:workspace, :week, :secret, :on)
        on conflict (workspace, week) do nothing
        """,
        week=week,
        secret=secret,
        on=on.isoformat(),
    )


def is_open(tx: Tx, week: str) -> bool:
    """Say whether people may answer about the digest of a week."""
    return bool(
        tx.rows(
            """
            select 1 as one from digest_rounds
            where workspace = :workspace and week = :week and secret is not null
            """,
            week=week,
        )
    )


def tap(tx: Tx, week: str, person: PersonId, choice: str) -> bool:
    """Keep an answer, in place of one before; False when the week is over."""
    rows = tx.rows(
        "select secret from digest_rounds where workspace = :workspace and week = :week", week=week
    )
    if not rows or rows[0]["secret"] is None:
        return False
    voter = hidden_voter(rows[0]["secret"], person)
    tx.write(
        """
        insert into digest_taps (workspace, week, voter, choice)
        values (:workspace, :week, :voter, :choice)
        on conflict (workspace, week, voter) do update set choice = excluded.choice
        """,
        week=week,
        voter=voter,
        choice=choice,
    )
    return True


def close_rounds(tx: Tx, before: str) -> None:
    """Count the rounds of weeks before this one, and destroy their secrets and taps."""
    rows = tx.rows(
        """
        select week from digest_rounds
        where workspace = :workspace and week < :before and secret is not null
        """,
        before=before,
    )
    for row in rows:
        taps = tx.rows(
            "select choice from digest_taps where workspace = :workspace and week = :week",
            week=row["week"],
        )
        tx.write(
            """
            update digest_rounds set secret = null, useful = :yes, useless = :no
            where workspace = :workspace and week = :week
            """,
            week=row["week"],
            yes=sum(each["choice"] == "yes" for each in taps),
            no=sum(each["choice"] == "no" for each in taps),
        )
        tx.write(
            "delete from digest_taps where workspace = :workspace and week = :week",
            week=row["week"],
        )


def counted(tx: Tx) -> Useful | None:
    """Return the newest week that is counted."""
    rows = tx.rows(
        """
        select week, useful, useless from digest_rounds
        where workspace = :workspace and secret is null order by week desc limit 1
        """
    )
    return Useful(rows[0]["week"], rows[0]["useful"], rows[0]["useless"]) if rows else None


def forget_rounds(tx: Tx, before: date) -> int:
    """Delete what was counted long ago; return how many weeks."""
    return tx.run(
        """
        delete from digest_rounds
        where workspace = :workspace and opened_on < :before and secret is null
        """,
        before=before.isoformat(),
    )
