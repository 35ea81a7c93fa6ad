"""Vectors kept current: each title becomes one soon after it was declared, and is stored."""

from __future__ import annotations

from handlers.similarity.meaning import Meanings, as_text, coarse, told_by
from storage import similarity
from storage.engine import Tx

PART = 200  # titles at once: a fifth of a second


def unread(tx: Tx, after: int) -> list[tuple[int, str]]:
    """Return version and title of what has no vector yet, the oldest after a version."""
    return similarity.without_meaning(tx, after, PART)


def made(meanings: Meanings, found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return version and vector of these titles; takes computing, and no store."""
    rows = coarse(meanings.vectors([told_by(title) for _version, title in found]))
    return [(version, as_text(row)) for (version, _title), row in zip(found, rows, strict=True)]


def keep(tx: Tx, vectors: list[tuple[int, str]]) -> None:
    """Store them, each unless its incident has changed meanwhile."""
    for version, vector in vectors:
        similarity.keep_meaning(tx, version, vector)
