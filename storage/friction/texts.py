"""What people typed about friction: words taken out of notes, patterns and what was decided."""

from __future__ import annotations

from collections.abc import Sequence

from storage.engine import Tx
from storage.engine.ids import NoteId, PatternId


def remove_from_note(tx: Tx, note: NoteId, words: str, mark: str) -> int:
    """Put `mark` where `words` stand in a note; return how often that was."""
    return tx.run(
        """
        update friction set sentence = replace(sentence, :words, :mark)
        where workspace = :workspace and id = :id and replace(sentence, :words, '') <> sentence
        """,
        id=note,
        words=words,
        mark=mark,
    )


def remove_from_patterns(tx: Tx, patterns: Sequence[PatternId], words: str, mark: str) -> int:
    """Put `mark` where `words` stand in patterns, their notes, answers and history."""
    return sum(_from_pattern(tx, each, words, mark) for each in patterns)


def _from_pattern(tx: Tx, pattern: PatternId, words: str, mark: str) -> int:
    values = {"pattern": pattern, "words": words, "mark": mark}
    changed = tx.run(
        """
        update friction set sentence = replace(sentence, :words, :mark)
        where workspace = :workspace and pattern = :pattern
        and replace(sentence, :words, '') <> sentence
        """,
        **values,
    )
    changed += tx.run(
        """
        update patterns set title = replace(title, :words, :mark),
            reason = replace(reason, :words, :mark)
        where workspace = :workspace and id = :pattern
        and (replace(title, :words, '') <> title or replace(reason, :words, '') <> reason)
        """,
        **values,
    )
    changed += tx.run(
        """
        update pattern_history set words = replace(words, :words, :mark)
        where workspace = :workspace and pattern = :pattern
        and replace(words, :words, '') <> words
        """,
        **values,
    )
    return changed
