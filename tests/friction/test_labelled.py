"""Labelled sentences: like ones are proposed, and the page tells how well (docs/pilots.md)."""

from __future__ import annotations

from pathlib import Path

from benchmarks import friction

PAGE = Path(__file__).parent.parent.parent / "docs" / "pilots.md"


def test_what_the_page_says_is_what_is_measured() -> None:
    rows = friction.labelled()
    found = friction.measure(friction.halves(rows)[1])
    said = PAGE.read_text(encoding="utf-8")
    assert f"{found.right} of {found.proposed} proposed pairs" in said
    assert f"{found.whole} of {found.groups} proposed groups" in said
    assert f"for {found.among_five} of {found.of} sentences" in said
    assert len(rows) >= 120


def test_proposals_do_not_get_worse() -> None:
    found = friction.measure(friction.halves(friction.labelled())[1])
    assert found.right / found.proposed > 0.65 and found.whole / found.groups > 0.8
