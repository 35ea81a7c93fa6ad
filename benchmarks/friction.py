"""How well like friction is found: by the words of labelled sentences, never by their authors."""

from __future__ import annotations

import argparse
import csv
import itertools
from dataclasses import dataclass
from pathlib import Path

from handlers.friction import proposals

LABELLED = Path(__file__).parent.parent / "tests" / "data" / "friction.csv"


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


def labelled(most: int | None = None) -> list[tuple[str, str]]:
    """Return (sentence, kind), the kind empty where it is like no other."""
    with LABELLED.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["pattern"]) for row in csv.DictReader(file)]
    return rows[:most]


def measure(rows: list[tuple[str, str]]) -> Found:
    """Compare every sentence with every other one."""
    texts, kinds = [text for text, _kind in rows], [kind for _text, kind in rows]
    vectors = proposals.vectors(texts)
    scores = {
        (one, other): proposals.cosine(vectors[one], vectors[other])
        for one, other in itertools.combinations(range(len(rows)), 2)
    }

    def same(one: int, other: int) -> bool:
        return bool(kinds[one]) and kinds[one] == kinds[other]

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
    groups = proposals.groups(texts)
    whole = sum(
        2 * max(sum(same(at, other) for other in group) for at in group) > len(group)
        for group in groups
    )
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
    )


def halves(rows: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the half on which weights were chosen, and the one that is only measured."""
    kinds = sorted({kind for _text, kind in rows if kind})
    chosen = [
        (text, kind)
        for at, (text, kind) in enumerate(rows)
        if (kinds.index(kind) if kind else at) % 2 == 0
    ]
    return chosen, [row for row in rows if row not in chosen]


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a part only")
    rows = labelled(60 if parser.parse_args().smoke else None)
    chosen, measured = halves(rows)
    for name, half in (("chosen on", chosen), ("only measured", measured), ("all", rows)):
        found = measure(half)
        print(f"{name}: {found.sentences} sentences, {found.pairs} pairs that say the same")
        print(f"  proposed pairs: {found.proposed}, right: {found.right}")
        print(f"  nearest says the same: {found.first} of {found.of}")
        print(f"  one of the nearest five does: {found.among_five} of {found.of}")
        print(f"  groups of three: {found.groups}, mostly of one kind: {found.whole}")


if __name__ == "__main__":
    main()
