"""The swap of decision 13, rehearsed: the tests of Teams with the Agents SDK for botbuilder.

It needs microsoft-agents-activity and microsoft-agents-hosting-core, which nothing else does.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
THERE = importlib.util.find_spec("microsoft_agents") is not None


@pytest.mark.slow
@pytest.mark.skipif(not THERE, reason="the Microsoft 365 Agents SDK is not installed")
def test_teams_is_the_same_with_the_agents_sdk() -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "tests.teams.swapped", "-p", "no:xdist",
            "-W", "default", "-m", "not slow", "-k", "not postgres and not playground",
            "tests/teams",
        ],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]


def test_the_plugin_s_own_run_finds_every_test_without_xdist() -> None:
    """Also where the SDK is not installed: the run itself is not what fails."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "--collect-only",
         "tests/teams"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "tests collected" in done.stdout, done.stdout[-2000:]


def test_the_twin_offers_what_the_edge_asks_for() -> None:
    """Also where the SDK is not installed: what is rehearsed is what runs."""
    own = ROOT / "bot" / "teams" / "botbuilder.py"
    twin = ROOT / "tests" / "teams" / "agents_sdk.py"

    def offers(path: Path) -> set[str]:
        lines = path.read_text("utf-8").splitlines()
        found = (each.strip().partition("(")[0].partition(":")[0] for each in lines)
        return {each for each in found if each.startswith(("class ", "async def ", "def "))}

    assert offers(own) <= offers(twin)
