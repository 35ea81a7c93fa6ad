"""Which tests are near what changed: `make near` runs them.

Prints the tests of the rooms whose files differ from main (or from what is named instead),
committed or not, and the rules of the house. A room has one name in every layer and in tests/;
for a file whose room has no tests, those that import it are taken, or name it if it is no module.
A step of the schema is near the rooms that ask for its tables.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent
LAYERS = ("bot", "handlers", "storage")
READ = (".py", ".js", ".mjs", ".css", ".html", ".sql", ".txt", ".csv", ".tsv", ".json")
HOUSE = ("layers", "texts", "docs", "workspaces_apart", "no_figures_about_people")


def changed(base: str) -> list[str]:
    """Return every file that differs from where this branch left `base`, new ones too."""

    def git(*words: str) -> list[str]:
        asked = ["git", "-C", str(ROOT), *words]
        pipe = subprocess.PIPE
        said = subprocess.run(asked, check=True, stdout=pipe, stderr=pipe, text=True).stdout
        return [each for each in said.split("\0") if each]

    try:
        (fork,) = git("merge-base", base, "HEAD")
    except subprocess.CalledProcessError:
        sys.exit(f"There is no {base} here to compare with. Name one: make near BASE=origin/main")
    tracked = git("diff", "-z", "--name-only", "--no-renames", fork.strip())
    return tracked + git("ls-files", "-z", "--others", "--exclude-standard")


def near(root: Path, paths: Iterable[str]) -> list[str]:
    """Return the tests of these files' rooms and the rules of the house, each once."""
    found = {each for path in paths for each in _near(root, PurePosixPath(path))}
    found.update(_house(root))
    inside = {each for each in found if any(str(up) in found for up in PurePosixPath(each).parents)}
    return sorted(found - inside)


def _near(root: Path, path: PurePosixPath) -> Iterator[str]:
    if path.suffix not in READ or len(path.parts) < 2:
        return
    if path.suffix == ".sql":
        yield from _asking(root, path)
        return
    layer, room = path.parts[0], path.parts[1].removesuffix(".py")
    if path.name.startswith("test_"):
        room = room.removeprefix("test_")
    own = list(_of(root, room)) if layer in (*LAYERS, "tests") else list(_of(root, layer))
    if not own:
        own = list(_importing(root, path) if path.suffix == ".py" else _naming(root, path))
        if not own:
            print(f"{path}: no tests are near it.", file=sys.stderr)
    yield from own


def _of(root: Path, room: str) -> Iterator[str]:
    """Give the folder or file of a room's tests, if there is one."""
    for name in (f"tests/{room}", f"tests/test_{room}.py"):
        path = root / name
        if path.is_file() or any(path.rglob("test_*.py")):
            yield name


def _importing(root: Path, path: PurePosixPath) -> Iterator[str]:
    """Give the tests that import a module, found by the words of the import."""
    module = path.with_suffix("") if path.name != "__init__.py" else path.parent
    package, name = ".".join(module.parts[:-1]), module.name
    whole, parted = f"{package}.{name} import ", f"from {package} import "
    for test in sorted((root / "tests").rglob("test_*.py")):
        for line in test.read_text(encoding="utf-8").splitlines():
            names = line.removeprefix(parted).replace(",", " ").split()
            if whole in line or (line.startswith(parted) and name in names):
                yield test.relative_to(root).as_posix()
                break


def _naming(root: Path, path: PurePosixPath) -> Iterator[str]:
    """Give the tests in which a file's name stands."""
    for test in sorted((root / "tests").rglob("test_*.py")):
        if path.name in test.read_text(encoding="utf-8"):
            yield test.relative_to(root).as_posix()


def _asking(root: Path, path: PurePosixPath) -> Iterator[str]:
    """Give the tests of the engine, and of the rooms whose statements name a step's tables."""
    yield from _of(root, "engine")
    step = root / path
    text = step.read_text(encoding="utf-8") if step.is_file() else ""
    tables = set(re.findall(r"\b(?:table|into|update|from|on) (\w+)", text))
    asks = re.compile(rf"\b(?:from|into|join|update) (?:{'|'.join(sorted(tables)) or '-'})\b")
    for module in sorted((root / "storage").rglob("*.py")):
        if asks.search(module.read_text(encoding="utf-8")):
            yield from _near(root, PurePosixPath(module.relative_to(root)))


def _house(root: Path) -> Iterator[str]:
    """Give the rules of the house."""
    if (root / "tests" / "house").is_dir():
        yield "tests/house"
    else:
        yield from (each for name in HOUSE for each in _of(root, name))


if __name__ == "__main__":
    print(*near(ROOT, changed(*(sys.argv[1:] or ["main"]))))
