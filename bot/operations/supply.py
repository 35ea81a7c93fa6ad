"""`python -m bot sbom`: what Lotse is made of, as CycloneDX, with the licence of each part."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
NAME = "lotse-bot"
REQUIRED = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?")
CLASSIFIER = "License :: OSI Approved :: "
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """An installed distribution, its licence, and what it needs itself."""

    name: str
    version: str
    licence: str
    needs: tuple[str, ...]


def parts() -> list[Part]:
    """Return every installed distribution that Lotse needs, also through others."""
    found: dict[str, Part] = {}
    waiting = [*_ours()]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            there = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another system, or an extra that is not installed
        needs = tuple(sorted(set(_needed(there.requires or []))))
        found[name] = Part(name, there.version, _licence(there), needs)
        waiting += needs
    return [found[name] for name in sorted(found)]


def sbom() -> str:
    """Return the bill of materials as CycloneDX 1.5, in JSON."""
    known = parts()
    names = {each.name: _reference(each) for each in known}
    whole = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": NAME, "name": NAME, "version": version(),
                "licenses": [{"expression": "MIT"}],
            }
        },
        "components": [
            {
                "type": "library", "bom-ref": _reference(each), "name": each.name,
                "version": each.version, "purl": _reference(each), "licenses": _licences(each),
            }
            for each in known
        ],
        "dependencies": [
            {"ref": NAME, "dependsOn": sorted({names[n] for n in _ours() if n in names})},
            *(
                {"ref": names[each.name], "dependsOn": [names[n] for n in each.needs if n in names]}
                for each in known
            ),
        ],
    }  # fmt: skip
    return json.dumps(whole, indent=1) + "\n"


def licences() -> str:
    """Return the licences as Markdown."""
    lines = ["| package | version | licence |", "| --- | --- | --- |"]
    lines += [f"| {each.name} | {each.version} | {each.licence} |" for each in parts()]
    return "\n".join(lines) + "\n"


def version() -> str:
    """Return our own version: of the installed package, or of this checkout."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return str(_project()["version"])


def _ours() -> Iterator[str]:
    try:
        required = metadata.distribution(NAME).requires or []
    except metadata.PackageNotFoundError:
        project = _project()
        required = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    for each in required:
        yield from _names(each)


def _project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)["project"]
    return found


def _needed(required: list[str]) -> Iterator[str]:
    for each in required:
        if "extra ==" not in each:
            yield from _names(each)


def _names(requirement: str) -> Iterator[str]:
    """Give a requirement's package; of an extra such as `psycopg[binary]` also what it brings."""
    found = REQUIRED.match(requirement)
    if found is None:
        return
    name = _plain(found[1])
    yield name
    for extra in (found[2] or "").split(","):
        if extra.strip():
            try:
                behind = metadata.distribution(name).requires or []
            except metadata.PackageNotFoundError:
                return
            for each in behind:
                if re.search(rf"""extra == ["']{re.escape(extra.strip())}["']""", each):
                    yield from _names(each)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(there: metadata.Distribution) -> str:
    about = there.metadata
    if expression := _said(about, "License-Expression"):
        return expression
    classified = [
        each.removeprefix(CLASSIFIER)
        for each in about.get_all("Classifier") or []
        if each.startswith(CLASSIFIER)
    ]
    if classified:
        return ", ".join(classified)
    said = _said(about, "License").splitlines() or _written(there)
    return said[0].strip()[:60] if said else UNKNOWN


def _said(about: metadata.PackageMetadata, name: str) -> str:
    return str(about[name]).strip() if name in about else ""


def _written(there: metadata.Distribution) -> list[str]:
    """Return the lines of the licence that lies in the package."""
    for each in there.files or []:
        if each.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            lines = each.read_text(encoding="utf-8").splitlines()
            return [line for line in lines if line.strip()]
    return []


def _licences(part: Part) -> list[dict[str, Any]]:
    return [{"license": {"name": part.licence}}]


def _reference(part: Part) -> str:
    return f"pkg:pypi/{part.name}@{part.version}"
