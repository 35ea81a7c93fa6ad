"""The page about adding a room, played in a copy of the project: with all of it, and without."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages import pofile

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "add-a-room.md"
COPIED = ("bot", "handlers", "storage", "tests", "docs", "pyproject.toml", "README.md",
          "CHANGELOG.md", ".env.example", "LICENSE")  # fmt: skip
HUBS = ("handlers/help", "handlers/digest", "handlers/privacy", "handlers/ownership",
        "handlers/settings", "bot/")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the page: what is done to which file."""

    how: str  # new, add, change, words
    file: str
    where: str
    text: str


def blocks() -> list[Block]:
    """Return the blocks of the page, in order."""
    found = re.findall(r"^```(new|add|change|words) ?(.*?)\n(.*?)^```$", PAGE.read_text("utf-8"),
                       flags=re.M | re.S)  # fmt: skip
    made = []
    for how, head, text in found:
        file, _space, where = head.partition(" ")
        made.append(Block(how, file, where, text))
    return made


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a copy of the project with the page carried out."""
    place = tmp_path_factory.mktemp("room")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(source, place / name, ignore=ignored)
        elif source.exists():
            shutil.copy(source, place / name)
    for block in blocks():
        carry_out(place, block)
    yield place


def carry_out(place: Path, block: Block) -> None:
    """Do what a block says."""
    if block.how == "words":
        words(place, block.text)
        return
    file = place / block.file
    if block.how == "new":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
        return
    side, _colon, anchor = block.where.partition(": ")
    text = file.read_text(encoding="utf-8")
    anchor = f"{anchor}\n" if f"\n{anchor}\n" in text else anchor
    assert text.count(anchor) == 1, f"{block.file}: {anchor} is not there once"
    anchor = anchor.rstrip("\n")
    added = block.text.rstrip("\n")
    replaced = {
        "after": f"{anchor}\n{added}", "before": f"{added}\n{anchor}", "from": added,
    }[side]  # fmt: skip
    file.write_text(text.replace(anchor, replaced), encoding="utf-8")


def words(place: Path, text: str) -> None:
    """Bring the sentences into the catalogue and put the German below each."""
    run(place, "-m", "bot.generate.texts")
    path = place / "handlers" / "locale" / "de" / "LC_MESSAGES" / "lotse.po"
    with path.open("rb") as file:
        catalogue = pofile.read_po(file, locale="de")
    for line in text.splitlines():
        english, _is, german = line.partition(" = ")
        message = catalogue.get(english.split(" | ")[0])
        assert message is not None, f"the code does not say “{english}”"
        message.string = tuple(german.split(" | ")) if " | " in german else german
    with path.open("wb") as file:
        pofile.write_po(file, catalogue, width=100)
    run(place, "-m", "bot.generate.texts")
    run(place, "-m", "bot", "docs")


def run(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy."""
    return subprocess.run(
        [sys.executable, *words], cwd=place, capture_output=True, text=True, timeout=240
    )


def checked(place: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests of the copy on SQLite."""
    return run(
        place, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-n", "0",
        "-k", "not postgres", *tests,
    )  # fmt: skip


HOUSE = ("tests/house/test_layers.py", "tests/house/test_doors.py", "tests/house/test_texts.py")


@pytest.mark.slow
def test_with_all_of_it_the_room_works_and_the_house_is_content(copy: Path) -> None:
    done = checked(copy, "tests/wishes", *HOUSE)
    assert done.returncode == 0, done.stdout[-3000:]


def test_at_most_ten_files_are_touched_and_no_hub() -> None:
    files = {each.file for each in blocks() if each.how != "words"} | {"lotse.po"}
    assert len(files) <= 10, files
    assert not [each for each in files if each.startswith(HUBS)]


# What is left out, and which test says so.
FORGOTTEN = {
    "@feature.holds(95": ("tests/house/test_doors.py", "behind a door"),
    "@feature.knows(95": ("tests/house/test_doors.py", ""),
    "@feature.keeps(": ("tests/house/test_doors.py", ""),
    "@feature.waits(95": ("tests/wishes", ""),
    "@feature.section(95": ("tests/wishes", ""),
}


@pytest.mark.slow
@pytest.mark.parametrize("door", FORGOTTEN)
def test_a_forgotten_door_is_told(copy: Path, door: str) -> None:
    file = copy / "handlers" / "wishes" / "commands.py"
    whole = file.read_text(encoding="utf-8")
    line = next(each for each in whole.splitlines() if each.startswith(door))
    file.write_text(whole.replace(f"{line}\n", ""), encoding="utf-8")
    try:
        done = checked(copy, FORGOTTEN[door][0])
        assert done.returncode == 1, done.stdout[-2000:]
    finally:
        file.write_text(whole, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("block", ["handlers/rights.py", "handlers/__init__.py",
                                   "tests/house/order_of_rooms.txt"])  # fmt: skip
def test_a_forgotten_line_elsewhere_is_told(copy: Path, block: str) -> None:
    file = copy / block
    whole = file.read_text(encoding="utf-8")
    file.write_text((ROOT / block).read_text(encoding="utf-8"), encoding="utf-8")
    try:
        done = checked(copy, "tests/wishes", "tests/house/test_layers.py")
        assert done.returncode in (1, 2, 4), done.stdout[-2000:]
    finally:
        file.write_text(whole, encoding="utf-8")


def test_the_page_names_the_next_number() -> None:
    """A lower one would never run where a higher one did."""
    steps = (ROOT / "storage" / "migrations").glob("[0-9]*.sql")
    last = max(int(each.name[:4]) for each in steps)
    named = [each.file for each in blocks() if each.file.startswith("storage/migrations/")]
    assert named and int(named[0].rpartition("/")[2][:4]) == last + 1
