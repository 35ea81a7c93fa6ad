"""Advisories are found in a copy of OSV's database, by name and version, and nothing else is."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests import advisories


def told(id: str, name: str, *versions: str, **more: Any) -> dict[str, Any]:
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "versions": list(versions)}
    return {"id": id, "modified": "2026-11-01T00:00:00Z", "affected": [affected], **more}


def copy(folder: Path, *found: dict[str, Any]) -> Path:
    path = folder / "all.zip"
    with zipfile.ZipFile(path, "w") as file:
        for each in found:
            file.writestr(f"{each['id']}.json", json.dumps(each))
    return path


def test_the_lock_is_read_whole() -> None:
    packages = advisories.locked(advisories.LOCK.read_text("utf-8"))
    assert {"aiohttp", "slack-bolt", "botbuilder-core"} <= set(packages) and len(packages) > 30


def test_what_is_affected_is_named_and_nothing_else(tmp_path: Path) -> None:
    packages = {"aiohttp": "3.14.5", "slack-bolt": "1.30.0"}
    npm = told("N-1", "aiohttp", "3.14.5")
    npm["affected"][0]["package"]["ecosystem"] = "npm"
    path = copy(
        tmp_path,
        told("A-1", "AioHTTP", "3.14.4", "3.14.5"),
        told("A-2", "slack_bolt", "1.29.0"),
        told("A-3", "aiohttp", "3.14.5", withdrawn="2026-11-02T00:00:00Z"),
        npm,
    )
    assert advisories.known(packages, path) == ([("aiohttp", "A-1")], 3, "2026-11-01")


def test_it_fails_where_something_is_known_and_where_nothing_could_be_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = advisories.locked(advisories.LOCK.read_text("utf-8"))["aiohttp"]
    for found, ends in (
        ((told("A-1", "aiohttp", version),), 1),
        ((told("A-1", "aiohttp", "0.1"),), 0),
        ((), 1),
    ):
        monkeypatch.setattr(sys, "argv", ["x", str(copy(tmp_path, *found))])
        with pytest.raises(SystemExit) as end:
            advisories.main()
        assert int(end.value.code or 0) == ends
    assert "aiohttp: A-1" in capsys.readouterr().out
