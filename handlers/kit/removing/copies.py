"""What was typed by mistake goes out of everything that repeats it, wherever that is stored.

What people typed of the thing itself is the affair of its room. Here follow the copies: messages
that were sent or wait, answers, buttons, drafts, timers, digests that are kept, and what was
learnt. Words that nobody typed elsewhere are taken out of every copy; those that others use as
well, and those that Lotse says itself, only where the copy is about the thing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from handlers.kit.context import Context
from handlers.kit.folding import folded
from handlers.kit.readers.removed_words import LEAST, MARK
from handlers.kit.words import catalogue
from storage.delivery import copies, outbox
from storage.delivery.copies import COPIES
from storage.delivery.outbox import ParcelKind
from storage.engine import Row

# What no text of anybody's is, in a stored message or call.
FIXED = {"kind", "tone", "word", "style", "outcome", "language"}


@dataclass(frozen=True, slots=True)
class Thing:
    """What words are taken out of: `names` as texts name it, and `key`, with which its posts begin.

    `names` are labels (`INC-7`) or ids.
    """

    names: tuple[str, ...]
    key: str


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Return a stored message, answer or call with every text in it changed."""
    if isinstance(value, dict):
        return {
            key: each if key in FIXED else each_text(each, change) for key, each in value.items()
        }
    if isinstance(value, list):
        return [each_text(each, change) for each in value]
    return change(value) if isinstance(value, str) else value


def take_out(ctx: Context, words: str, *things: Thing) -> None:
    """Put a mark where `words` stand in a copy; what stands in a chat is edited there."""
    ours = said_by_lotse(words)
    everywhere = not ours and not copies.is_said(ctx.tx, words)
    cut = _cut(words)
    stands = re.compile("|".join(map(re.escape, (words, *cut))))

    def without(text: str) -> str:
        # A value that is nothing but a word of ours may be a choice, and not a text.
        return text if ours and text == words else stands.sub(MARK, text)

    sent = reword(
        ctx, (words, *cut), without,
        lambda row: everywhere or any(_about(row, each) for each in things),
    )  # fmt: skip
    unlearn(ctx, words, MARK)
    edit(ctx, sent)


def reword(
    ctx: Context,
    words: Iterable[str],
    change: Callable[[str], str],
    meant: Callable[[Row], bool] = lambda _row: True,
) -> list[str]:
    """Change every copy that is meant in which one of `words` stands; return what was sent."""
    needles = sorted({form for each in words for form in (each, _written(each))})
    sent: list[str] = []
    for where in COPIES:
        for row in copies.holding(ctx.tx, where, needles):
            if not meant(row):
                continue
            text = row["text"]
            if where.written:
                text = json.dumps(each_text(json.loads(text), change), ensure_ascii=False)
            else:
                text = change(text)
            if text == row["text"]:
                continue
            copies.reword(ctx.tx, where, row, text)
            if where.table == "outbox":
                sent.append(row["id"])
    return sent


def unlearn(ctx: Context, words: str, mark: str) -> None:
    """Take each word that nobody typed anywhere any more out of what was learnt."""
    for each in set(re.findall(r"\w+", words)):
        if len(each) >= LEAST and not copies.is_said(ctx.tx, each):
            copies.drop_word(ctx.tx, tuple({each, each.lower(), folded(each)}), mark)


def said_by_lotse(words: str) -> bool:
    """Say whether words stand in a sentence of ours, in either language."""
    return words in _sentences()


@lru_cache(maxsize=1)
def _sentences() -> str:
    known: dict[Any, str] = getattr(catalogue("de"), "_catalog", {})
    english = (each[0] if isinstance(each, tuple) else each for each in known)
    return "\n".join([*english, *known.values()])


def _cut(words: str) -> tuple[str, ...]:
    """Return how words read where a long text was cut within them: `Kundin…`."""
    parts = words.split(" ")
    return tuple(f"{' '.join(parts[:at])}…" for at in range(len(parts) - 1, 0, -1))


def _written(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)[1:-1]


def _about(row: Row, thing: Thing) -> bool:
    about = row["about"]
    if about == thing.key or about.startswith(f"{thing.key}:"):
        return True
    return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", row["text"]) for each in thing.names)


def edit(ctx: Context, sent: list[str]) -> None:
    """Let what stands in a chat read as it is stored now; what still waits goes out like that."""
    for id in sent:
        stands = copies.newest(ctx.tx, id)
        if stands is not None:
            place, key, message = stands
            outbox.add(
                ctx.tx,
                id=ctx.new_id(),
                place=place,
                key=key,
                kind=ParcelKind.CARD,
                message=message,
                now=ctx.now,
            )
    if sent:
        ctx.tx.signal()
