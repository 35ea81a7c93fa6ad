"""Seals of the audit trail: a hash of each day's rows and of the seal before, as a chain.

Whole days, since what is nameless is written with its day alone: a seal must not tell when on
the day it came. Within a day the order is that of the ids.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from storage.engine import Row, Tx
from storage.engine.sql import as_moment, as_text

FIRST = "0" * 64  # what stands before the first seal
SHORT = 16  # digits of a row's hash that the seal keeps, so that the row can be named
AFTER = timedelta(minutes=10)  # what began on a day is written by then


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of looking at a chain: its newest hash, and every fault as a sentence."""

    days: int
    rows: int
    head: str
    faults: tuple[str, ...]


def seal(tx: Tx, now: datetime) -> int:
    """Seal every whole day that is not sealed yet; return how many."""
    last, before = _last(tx)
    today = (now - AFTER).astimezone(UTC).date()
    sealed = 0
    while (day := _next_day(tx, last)) is not None and day < today:
        rows = _rows_of(tx, day)
        hashes = [_hash(row) for row in rows]
        before = _chained(before, day, hashes)
        tx.insert(
            "audit_seals",
            day=day.isoformat(),
            rows=len(rows),
            hashes=" ".join(each[:SHORT] for each in hashes),
            hash=before,
        )
        last, sealed = day, sealed + 1
    return sealed


def head(tx: Tx) -> str:
    """Return the newest hash: whoever keeps it elsewhere can prove what stood before it."""
    return _last(tx)[1]


def has(tx: Tx, hash: str) -> bool:
    """Say whether some seal has this hash."""
    return bool(
        tx.rows(
            "select 1 as one from audit_seals where workspace = :workspace and hash = :hash",
            hash=hash,
        )
    )


def verify(tx: Tx, pruned_before: date) -> Verdict:
    """Look whether the trail is as it was sealed.

    Of a day from before `pruned_before` rows may be gone: its seal stays as the anchor.
    """
    seals = tx.rows(
        "select day, rows, hashes, hash from audit_seals where workspace = :workspace order by day"
    )
    faults: list[str] = []
    before, count = FIRST, 0
    for each in seals:
        day = date.fromisoformat(each["day"])
        rows = _rows_of(tx, day)
        count += len(rows)
        hashes = [_hash(row) for row in rows]
        young = day >= pruned_before
        faults += _compared(each, rows, hashes, young=young)
        whole = young or len(rows) == each["rows"]
        if whole and not faults and _chained(before, day, hashes) != each["hash"]:
            faults.append(f"{each['day']}: the seal does not follow from the one before.")
        before = each["hash"]
    faults += _unsealed(tx, {each["day"] for each in seals})
    return Verdict(len(seals), count, before, tuple(faults))


def _compared(sealed: Row, rows: list[Row], hashes: list[str], *, young: bool) -> list[str]:
    known = sealed["hashes"].split()
    short = [each[:SHORT] for each in hashes]
    found = [
        f"{sealed['day']}: row {row['id']} was changed or added."
        for row, each in zip(rows, short, strict=True)
        if each not in known
    ]
    gone = len([each for each in known if each not in short])
    if gone and young:
        found.append(f"{sealed['day']}: {gone} of {sealed['rows']} rows are gone or changed.")
        found += _gaps(sealed, rows, short)
    return found


def _gaps(sealed: Row, rows: list[Row], short: list[str]) -> list[str]:
    """Name the rows that are gone by their place in the day, and by those on both sides."""
    known = sealed["hashes"].split()
    at = {each: place for place, each in enumerate(short)}
    found: list[str] = []
    gap: list[int] = []
    before = -1  # where the row before the gap stands now
    for place, each in enumerate([*known, ""], start=1):
        after = at.get(each, len(rows))
        if each and each not in at:
            gap.append(place)
            continue
        inside = after - before - 1  # what stands there instead was changed or added
        if len(gap) > inside:
            sides = rows[before] if before >= 0 else None, rows[after] if each else None
            found.append(f"{sealed['day']}: {_gap_words(gap, inside, *sides)}")
        before, gap = after, []
    return found


def _gap_words(gap: list[int], inside: int, before: Row | None, after: Row | None) -> str:
    """Say which rows are gone; `inside` others stand in their place, and are named as changed."""
    rows = f"row {gap[0]}" if len(gap) == 1 else f"rows {gap[0]} to {gap[-1]}"
    gone = f"{rows} {'is' if len(gap) == 1 else 'are'} gone"
    if inside:
        gone = f"{len(gap) - inside} of the {rows} {'is' if len(gap) - inside == 1 else 'are'} gone"
    sides = [
        f"{word} row {row['id']} of {row['at']}"
        for word, row in (("after", before), ("before", after))
        if row is not None
    ]
    return f"{gone}, {' and '.join(sides)}." if sides else f"{gone}: no row of the day is left."


def _unsealed(tx: Tx, sealed: set[str]) -> list[str]:
    """Find rows of days that lie before a seal and have none."""
    if not sealed:
        return []
    rows = tx.rows(
        """
        select distinct substr(at, 1, 10) as day from audit
        where workspace = :workspace and at < :last order by day
        """,
        last=max(sealed),
    )
    return [f"{row['day']}: its seal is gone." for row in rows if row["day"] not in sealed]


def _last(tx: Tx) -> tuple[date | None, str]:
    rows = tx.rows(
        """
        select day, hash from audit_seals where workspace = :workspace
        order by day desc limit 1
        """
    )
    return (date.fromisoformat(rows[0]["day"]), rows[0]["hash"]) if rows else (None, FIRST)


def _next_day(tx: Tx, last: date | None) -> date | None:
    after = "" if last is None else as_text(_midnight(last + timedelta(days=1)))
    rows = tx.rows(
        "select min(at) as at from audit where workspace = :workspace and at >= :after",
        after=after,
    )
    return as_moment(rows[0]["at"]).date() if rows[0]["at"] else None


def _rows_of(tx: Tx, day: date) -> list[Row]:
    return tx.rows(
        """
        select id, at, person_key, command, subject, outcome from audit
        where workspace = :workspace and at >= :begin and at < :end order by id
        """,
        begin=as_text(_midnight(day)),
        end=as_text(_midnight(day + timedelta(days=1))),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _hash(row: Row) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()


def _chained(before: str, day: date, hashes: list[str]) -> str:
    return hashlib.sha256("\n".join([before, day.isoformat(), *hashes]).encode()).hexdigest()
