"""Killed at named points of its work: each is there, and a program that is broken is noticed.

All of them: `python -m tests.delivery.crash_points`, which `.ci/run` plays with each change.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.delivery import crash_points
from tests.delivery.kill import ROOT, seed_of_today

pytestmark = pytest.mark.slow
TWICE = "from storage.delivery import inbox; inbox.begin = lambda tx, identity, now: True; "


def played(*options: str, broken: str = "") -> subprocess.CompletedProcess[str]:
    """Play it as a process of its own, which forks."""
    words = f"{broken}from tests.delivery import crash_points; crash_points.main()"
    return subprocess.run(
        [sys.executable, "-c", words, *options], cwd=ROOT, capture_output=True, text=True
    )


def test_killed_at_some_of_forty_points_and_more_it_ends_as_if_unharmed() -> None:
    seed = seed_of_today()
    print(f"LOTSE_SEED={seed}")
    done = played("--most", "3", "--seed", str(seed))
    assert done.returncode == 0, done.stderr
    found = re.search(r"(\d+)  named points", done.stdout)
    assert found and int(found[1]) >= 40
    assert re.search(r"\b3  kills at one of them", done.stdout)


def test_what_counts_twice_is_noticed() -> None:
    done = played("--most", "1", "--seed", "1", broken=TWICE)
    assert done.returncode != 0 and "AssertionError" in done.stderr


def test_another_order_of_the_story_is_the_same_for_the_same_seed() -> None:
    first = crash_points.shuffled(5)
    assert first == crash_points.shuffled(5) != crash_points.STORY
    assert sorted(map(str, first)) == sorted(map(str, crash_points.STORY))
