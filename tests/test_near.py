"""`make near` takes the tests of the rooms that changed, and the rules of the house."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.near import ROOT, changed, near


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small house: rooms in folders, a room of one file, and one without tests of its own."""
    for name, text in {
        "tests/house/test_layers.py": "",
        "tests/incidents/test_updates.py": "from handlers.kit.words import flat\n",
        "tests/incidents/test_lists.py": "",
        "tests/slack/test_sender.py": "from handlers.kit import readers, words\n",
        "tests/test_help.py": "",
        "tests/pretend/stage.py": "",
        "tests/friction/test_friction.py": "from tests.pretend.stage import Say\n",
        "tests/local/test_page.py": "",
        "tests/engine/test_migrate.py": "",
        "tests/slack/test_typed.py": "ROWS = DATA / 'typed.tsv'\n",
        "storage/migrations/0002_incidents.sql": "create table incidents (\n);\n",
        "storage/migrations/0003_more.sql": "alter table notes add column area text;\n",
        "storage/incidents/__init__.py": "'select number from incidents where'\n",
        "storage/friction.py": "'update notes set area'\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("handlers/incidents/cards.py", ["tests/incidents"]),
        ("storage/incidents/__init__.py", ["tests/incidents"]),
        ("storage/incidents.py", ["tests/incidents"]),
        ("bot/slack/sender.py", ["tests/slack"]),
        ("handlers/help/commands.py", ["tests/test_help.py"]),
        ("tests/incidents/test_lists.py", ["tests/incidents"]),
        ("tests/test_help.py", ["tests/test_help.py"]),
        ("tests/test_gone.py", []),
        (
            "handlers/kit/words.py",
            ["tests/incidents/test_updates.py", "tests/slack/test_sender.py"],
        ),
        ("handlers/kit/readers.py", ["tests/slack/test_sender.py"]),
        ("tests/pretend/stage.py", ["tests/friction/test_friction.py"]),
        ("bot/local/static/app.js", ["tests/local"]),
        ("handlers/friction/themes.txt", ["tests/friction"]),
        ("storage/migrations/0002_incidents.sql", ["tests/engine", "tests/incidents"]),
        ("storage/migrations/0003_more.sql", ["tests/engine", "tests/friction"]),
        ("storage/migrations/0004_gone.sql", ["tests/engine"]),
        ("tests/data/typed.tsv", ["tests/slack/test_typed.py"]),
        ("docs/speed.md", []),
        ("handlers/locale/de/LC_MESSAGES/lotse.po", []),
        ("Makefile", []),
    ],
)
def test_what_is_near_a_file(house: Path, path: str, found: list[str]) -> None:
    assert near(house, [path]) == sorted(["tests/house", *found])


def test_each_test_is_taken_once(house: Path) -> None:
    paths = ["handlers/kit/words.py", "handlers/incidents/cards.py", "bot/incidents.py"]
    assert near(house, paths) == ["tests/house", "tests/incidents", "tests/slack/test_sender.py"]


def test_what_has_no_tests_is_told(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert near(house, ["bot/lonely.py"]) == ["tests/house"]
    assert "bot/lonely.py" in capsys.readouterr().err


def test_the_rules_of_the_house_are_found_here() -> None:
    assert any("layers" in path or path == "tests/house" for path in near(ROOT, []))


def test_a_branch_that_is_not_there_is_named() -> None:
    with pytest.raises(SystemExit, match="no nowhere here"):
        changed("nowhere")
