"""Each parser of foreign bytes takes what is kept of it, and something like it; more by hand.

`python -m tests.fuzz` goes on from the corpus that is kept in `tests/data/corpus/`.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.delivery.kill import seed_of_today
from tests.fuzz import __main__ as fuzz
from tests.fuzz.targets import BY_NAME, TARGETS, Target

RUNS = 250  # of each; those of all together are what every change is tried with


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_was_found_once_fails_no_more(target: Target) -> None:
    for data in fuzz.corpus(target.name):
        target.takes(data)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_something_like_it_breaks_nothing(target: Target) -> None:
    seed = seed_of_today()
    print(f"LOTSE_SEED={seed}")
    chance, known = random.Random(seed), fuzz.corpus(target.name)
    for _each in range(RUNS):
        target.takes(fuzz.mutated(chance, known))


def test_two_thousand_bodies_are_tried_with_each_change() -> None:
    assert RUNS * len(TARGETS) >= 2000


def test_what_fails_is_kept_and_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def takes(data: bytes) -> None:
        if b"{" in data:
            raise OverflowError

    monkeypatch.setattr(fuzz, "CORPUS", tmp_path)
    monkeypatch.setitem(BY_NAME, "mail", Target("mail", takes, (b"honest",)))
    assert fuzz.tried("mail", 500, seed=1) == 1
    (kept,) = (tmp_path / "mail").glob("failed-*")
    assert b"{" in kept.read_bytes()
    assert "mail: OverflowError in takes" in capsys.readouterr().out
    assert fuzz.corpus("mail") == [b"honest", kept.read_bytes()], "the next run goes on from it"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("mail", b"Subject: =?ut\xffff-8?q?Backup_failed?=\n\n"),
        ("table", b"day;value\r2026-11-02;3"),
        ("table", b"2026-11-02;" + b"9" * 40),
        ("services", b'"' + b"x" * 200_000),
    ],
)
def test_what_fuzzing_found_first_is_refused_kindly(name: str, data: bytes) -> None:
    BY_NAME[name].takes(data)
