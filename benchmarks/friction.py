"""How well like friction is found: by the words of labelled sentences, never by their authors."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.size import Size
from handlers.friction import proposals

DATA = Path(__file__).parent.parent / "tests" / "data"
LABELLED = DATA / "friction.csv"
MORE = DATA / "friction_more.csv"  # on which weights and words were chosen as well
OTHER_KINDS = DATA / "friction_other_kinds.csv"  # of which the table of themes knows nothing


class Row(NamedTuple):
    """A labelled sentence: its kind is empty where it is like no other."""

    text: str
    kind: str
    area: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of the labelled sentences."""

    sentences: int
    pairs: int  # that say the same, by hand
    proposed: int  # pairs at the threshold
    right: int  # of those
    first: int  # sentences whose nearest one says the same
    among_five: int  # sentences with one that says the same among the nearest five
    of: int  # sentences that have another one
    groups: int
    whole: int  # groups in which most say the same
    together: int  # pairs that say the same and lie in one group


def labelled(most: int | None = None, source: Path = LABELLED) -> list[Row]:
    """Return labelled sentences."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = [Row(row["text"], row["pattern"], row["area"]) for row in csv.DictReader(file)]
    return rows[:most]


def measure(rows: Sequence[Row]) -> Found:
    """Compare every sentence with every other one."""
    said = [proposals.Said(each.text, each.area) for each in rows]
    seen = proposals.seen(said)
    scores = {
        (one, other): proposals.similarity(seen[one], seen[other])
        for one, other in itertools.combinations(range(len(rows)), 2)
    }

    def same(one: int, other: int) -> bool:
        return bool(rows[one].kind) and rows[one].kind == rows[other].kind

    proposed = [pair for pair, score in scores.items() if score >= proposals.ALIKE]
    first = among = of = 0
    for at in range(len(rows)):
        if not any(same(at, other) for other in range(len(rows)) if other != at):
            continue
        of += 1
        near = sorted(
            (other for other in range(len(rows)) if other != at),
            key=lambda other, at=at: -scores[min(at, other), max(at, other)],  # type: ignore[misc]
        )
        first += same(at, near[0])
        among += any(same(at, other) for other in near[:5])
    groups = proposals.groups(said)
    whole = sum(_mostly(rows, group) != "" for group in groups)
    together = [pair for group in groups for pair in itertools.combinations(group, 2)]
    return Found(
        len(rows),
        sum(same(*pair) for pair in scores),
        len(proposed),
        sum(same(*pair) for pair in proposed),
        first,
        among,
        of,
        len(groups),
        whole,
        sum(same(*pair) for pair in together),
    )


def among_few(rows: Sequence[Row], others: int = 6) -> tuple[int, int, int]:
    """Lay each kind among a few others, as in a small company that has just begun.

    Return of how many kinds a group was proposed, how many groups were wrong, and how many kinds
    there are.
    """
    kinds = sorted({each.kind for each in rows if each.kind})
    found = wrong = 0
    for at, kind in enumerate(kinds):
        mine = [each for each in rows if each.kind == kind]
        rest = [each for each in rows if each.kind != kind][at * others : (at + 1) * others]
        small = mine + rest
        groups = proposals.groups([proposals.Said(each.text, each.area) for each in small])
        most = [_mostly(small, group) for group in groups]
        found += kind in most
        wrong += most.count("")
    return found, wrong, len(kinds)


def _mostly(rows: Sequence[Row], group: Sequence[int]) -> str:
    """Return the kind of more than half of a group, empty without one."""
    kind, count = Counter(rows[at].kind for at in group).most_common(1)[0]
    return kind if 2 * count > len(group) else ""


def halves(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return the half on which weights were chosen, and the one that is only measured."""
    kinds = sorted({each.kind for each in rows if each.kind})
    chosen = [
        each
        for at, each in enumerate(rows)
        if (kinds.index(each.kind) if each.kind else at) % 2 == 0
    ]
    return chosen, [row for row in rows if row not in chosen]


def sets(most: int | None = None) -> dict[str, list[Row]]:
    """Return what is measured, by its name."""
    rows = labelled(most)
    chosen, measured = halves(rows)
    return {
        "chosen on": chosen,
        "only measured": measured,
        "all of these": rows,
        "more, chosen on": labelled(most, MORE),
        "other kinds": labelled(most, OTHER_KINDS),
    }


def table(size: Size) -> Iterator[str]:
    """Give the lines of what was found."""
    yield "Friction that says the same (docs/pilots.md), by labelled sentences:\n"
    yield (
        "| set | sentences | pairs | proposed | right | nearest | of five | groups | mostly one "
        "| together | among six others | wrong |"
    )
    yield f"|{' --- |' * 12}"
    for name, rows in sets(size.notes).items():
        found = measure(rows)
        few = among_few(rows)
        yield (
            f"| {name} | {found.sentences} | {found.pairs} | {found.proposed} | {found.right} "
            f"| {found.first}/{found.of} | {found.among_five}/{found.of} | {found.groups} "
            f"| {found.whole} | {found.together} | {few[0]}/{few[2]} | {few[1]} |"
        )
