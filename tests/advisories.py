"""Known advisories about what is locked, out of a copy of the OSV database: no network is asked.

`python -m tests.advisories all.zip` reads what OSV publishes for an ecosystem (a zip of one JSON
file an advisory, for PyPI with every version that is affected); a folder of these files will do.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent.parent / "requirements.lock"
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def normal(name: str) -> str:
    """Return a package's name as it is compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> dict[str, str]:
    """Return what a lock holds: version by name."""
    return {normal(name): version for name, version in LOCKED.findall(text)}


def advisories(source: Path) -> Iterator[dict[str, Any]]:
    """Give every advisory of a copy that was not withdrawn."""
    if source.is_dir():
        texts: Iterator[bytes] = (each.read_bytes() for each in sorted(source.rglob("*.json")))
    else:
        copy = zipfile.ZipFile(source)
        texts = (copy.read(name) for name in copy.namelist() if name.endswith(".json"))
    for text in texts:
        found = json.loads(text)
        if "withdrawn" not in found:
            yield found


def known(packages: dict[str, str], source: Path) -> tuple[list[tuple[str, str]], int, str]:
    """Return (package, advisory) of what is affected; how many were read, and the newest's day."""
    found, number, newest = set(), 0, ""
    for each in advisories(source):
        number += 1
        newest = max(newest, str(each.get("modified", ""))[:10])
        for affected in each.get("affected", ()):
            package = affected.get("package", {})
            name = normal(str(package.get("name", "")))
            if package.get("ecosystem") == "PyPI" and packages.get(name) in affected.get(
                "versions", ()
            ):
                found.add((name, str(each["id"])))
    return sorted(found), number, newest


def main() -> None:
    """Say what is known; fail where something is, and where the copy holds nothing."""
    packages = locked(LOCK.read_text("utf-8"))
    found, number, newest = known(packages, Path(sys.argv[1]))
    today = datetime.now(UTC).date().isoformat()
    print(
        f"Advisories: {len(packages)} packages against {number} of a copy, the newest of {newest} "
        f"(today is {today}), {len(found)} found."
    )
    for name, id in found:
        print(f"  {name}: {id}")
    sys.exit(bool(found) or not number)


if __name__ == "__main__":
    main()
