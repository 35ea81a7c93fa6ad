"""Node's packages that some tests need: installed by make, and CI may not do without."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TOOLS = Path(__file__).parent.parent.parent / "tools"
# For a program that leads a group of its own and reads nothing: it ends when we do, killed or not.
LEASH = ("--require", str(TOOLS / "leash.cjs"))


def packages(folder: str, command: str) -> Path:
    """Return where the packages of `tools/<folder>` are; skips when nobody installed them.

    `command` installs them. With NODE_TOOLS=needed in the environment it fails instead.
    """
    found = TOOLS / folder / "node_modules"
    if not (found / ".installed").exists():
        said = f"Not tried out: tools/{folder} is not installed (`{command}` does it)."
        if os.environ.get("NODE_TOOLS") == "needed":
            pytest.fail(said, pytrace=False)
        pytest.skip(said, allow_module_level=True)
    return found
