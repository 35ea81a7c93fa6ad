"""The pages: what is generated is current, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.generate import docs
from handlers import FEATURES
from handlers.kit.commands import all_commands

ROOT = docs.ROOT
MARKDOWN = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("path", docs.pages(), ids=lambda path: path.name)
def test_a_generated_page_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == docs.pages()[path], "run `make docs`"


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in LINK.findall(prose(path)):
        if link.startswith(("https://", "http://")):
            continue
        file, _hash, anchor = link.partition("#")
        target = path.parent / file if file else path
        assert target.exists(), f"{path.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{path.name}: {link}"


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_is_named_exists(path: Path) -> None:
    named = re.findall(r"`((?:bot|handlers|storage|tests|docs|benchmarks)/[\w./-]*)`", prose(path))
    missing = [each for each in named if not (ROOT / each).exists()]
    assert missing == []


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_there_is_one_sentence_a_line(path: Path) -> None:
    for line in prose(path).splitlines():
        if not line.startswith(("|", "#")):
            assert not re.search(r"[a-zäöüß`)”“][.?] [A-ZÄÖÜ„“`]", line), line


def test_the_worked_diff_is_what_stands_in_the_code() -> None:
    page = (ROOT / "docs" / "add-a-command.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```diff\n\+\+\+ (\S+)\n(.*?)^```$", page, flags=re.M | re.S)
    assert len(blocks) == page.count("```diff") > 5
    for path, block in blocks:
        code = re.sub(r"^\+", "", block, flags=re.M)
        assert f"\n{code}" in (ROOT / path).read_text(encoding="utf-8"), path


def test_each_command_is_found_by_the_name_of_its_room() -> None:
    """docs/where.md is read from the table of contents; every typed command has its room there."""
    listed = (ROOT / "docs" / "where.md").read_text(encoding="utf-8")
    rooms = {each.name for each in (ROOT / "handlers").iterdir() if each.is_dir()}
    for command in all_commands(FEATURES):
        path = docs.file_of(command)
        assert f"| `{command.name}` | `{path}` | `{command.run.__name__}` |" in listed
        assert path.split("/")[1] in rooms, path
        assert f"def {command.run.__name__}(" in (ROOT / path).read_text(encoding="utf-8")


def test_what_the_readme_shows_is_a_piece_of_the_tour() -> None:
    """The tests play the tour, so what the README shows is true as well."""
    tour = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```chat\n(.*?)^```$", readme, flags=re.M | re.S)
    assert shown.count("\n") > 10 and shown in tour


def prose(path: Path) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", prose(path), flags=re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_each_practice_that_a_comment_names_is_explained() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").partition("## Practices")[2]
    told = set(re.findall(r"\b[A-E]\d\d\b", page))
    told |= {f"C{number:02}" for number in range(3, 7)}  # in one row
    named = {
        each
        for layer in ("bot", "handlers", "storage")
        for path in (ROOT / layer).rglob("*.py")
        for each in re.findall(r"\b[A-E](?:0[1-9]|[1-3]\d)\b", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 10 and named <= told, sorted(named - told)
