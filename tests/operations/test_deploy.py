"""What lies in deploy/: settings that exist, commands that exist, units that systemd can read."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from bot.__main__ import COMMANDS
from bot.config import Settings
from bot.operations import supply

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
KNOWN = {each.metadata["env"] for each in fields(Settings)}
OURS = re.compile(r"\b((?:LOTSE|SLACK|MICROSOFT|TEAMS|DATABASE)_[A-Z_]+)\b")


@pytest.mark.parametrize(
    "path", [each for each in DEPLOY.rglob("*") if each.is_file()], ids=lambda path: path.name
)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    for name in OURS.findall(path.read_text(encoding="utf-8")):
        assert name.removesuffix("_FILE") in KNOWN, f"{path.name}: {name}"


def test_every_command_that_is_started_exists() -> None:
    started = re.findall(r"bin/lotse(?: (\w+))?$", "\n".join(map(_text, UNITS)), re.MULTILINE)
    started += re.findall(r"^    command: \[(\w+)\]$", _text(DEPLOY / "compose.yaml"), re.MULTILINE)
    assert sorted(started) == ["", "serve", "serve", "work", "work"]
    assert set(started) - {""} <= set(COMMANDS)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_each_unit(unit: Path, folder: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    copy = folder / unit.name
    copy.write_text(_text(unit).replace("/opt/lotse/bin/lotse", "/bin/true"), encoding="utf-8")
    said = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False
    )
    complaints = [line for line in said.stderr.splitlines() if unit.name in line]
    assert complaints == []


def test_whatever_lies_beside_the_code_is_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]
    matched = {
        file
        for package, globs in patterns.items()
        for pattern in globs
        for file in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    beside = {
        file
        for layer in ("bot", "handlers", "storage")
        for file in (ROOT / layer).rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc", ".mo")
    }
    assert beside - matched == set()
    assert project["project"]["scripts"] == {"lotse": "bot.__main__:main"}


def test_each_part_of_lotse_is_named_with_a_licence() -> None:
    found = {each.name: each for each in supply.parts()}
    declared = set(supply._ours())
    assert declared <= set(found) and {"multidict", "cffi", "msal"} <= set(found)
    assert not [each.name for each in found.values() if each.licence == supply.UNKNOWN]
    # None that would force our own licence on somebody; psycopg's is named in a decision.
    strong = [each.name for each in found.values() if re.search(r"\bA?GPL", each.licence)]
    assert strong == []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
