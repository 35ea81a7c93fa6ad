"""The papers are made from what is stored: nothing that names people is missing in any language."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot import __main__ as command
from bot.config import Settings
from bot.generate.papers import build
from handlers import FEATURES
from handlers.kit.doors import Keeps
from storage.engine.sqlite import Sqlite
from tests.house.test_doors import EDGES, named
from tests.pretend.stage import MONDAY, furnish

SEVEN = 7


def test_there_are_seven_in_both_languages_and_each_is_filled() -> None:
    found = build.papers(Settings(), "Muster GmbH")
    for language in build.LANGUAGES:
        assert len([name for name in found if name.startswith(language)]) == SEVEN
    assert not [name for name, written in found.items() if "{{" in written]
    assert "Muster GmbH" in found["de/verarbeitungsverzeichnis.md"]


@pytest.mark.parametrize("paper", [
    "de/verarbeitungsverzeichnis.md", "en/record-of-processing.md",
    "de/datenblatt-betriebsrat.md", "en/works-council-data-sheet.md",
    "de/muster-betriebsvereinbarung.md", "en/works-agreement-template.md",
])  # fmt: skip
def test_every_stored_column_that_names_somebody_is_listed(paper: str) -> None:
    written = build.papers(Settings())[paper]
    for each in named() - EDGES:
        table, _dot, column = each.partition(".")
        lines = [line for line in written.splitlines() if f"`{table}`" in line]
        assert any(f"`{column}`" in line for line in lines), f"{each} is missing in {paper}"


def test_a_period_is_the_one_that_the_program_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    feature = next(each for each in FEATURES if any("friction" in k.tables for k in each.all_keeps))
    changed: list[Keeps] = [
        replace(each, days=77) if "friction" in each.tables else each for each in feature.all_keeps
    ]
    monkeypatch.setattr(feature, "all_keeps", changed)
    found = build.papers(Settings())
    assert "| `friction` | 77 Tage |" in found["de/loeschkonzept.md"]
    assert "77 days after it" in found["en/works-council-data-sheet.md"]


def test_they_say_what_this_installation_does() -> None:
    settings = Settings.from_env({
        "SLACK_BOT_TOKEN": "xoxb-x", "SLACK_SIGNING_SECRET": "x", "LOTSE_BACKUP_AT": "03:30",
        "LOTSE_BACKUP_DAYS": "9",
    })  # fmt: skip
    found = build.papers(settings)
    assert "Slack als Auftragsverarbeiter" in found["de/verarbeitungsverzeichnis.md"]
    assert "9 days, taken each day at 03:30, not sealed" in found["en/deletion-concept.md"]
    assert "xoxb" not in "".join(found.values())


def test_nobody_is_ordered_or_counted_in_them() -> None:
    for name, written in build.papers(Settings()).items():
        for word in ("Ranking", "Score", "Top "):
            assert word not in written, name


def test_the_command_writes_them_with_the_register_of_what_uses_ai(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_DATA", str(folder))
    with closing(Sqlite(folder / "demo.db")) as database:
        database.transact(lambda tx: furnish(tx, "demo", MONDAY))
    assert command.main(["papers", "--out", str(folder / "papers")]) == 0
    assert len(list((folder / "papers").rglob("*.md"))) == 2 * SEVEN
    assert "Demo" in (folder / "papers/de/verarbeitungsverzeichnis.md").read_text("utf-8")


def test_what_the_scheduler_lets_go_of_stands_with_its_days() -> None:
    written = build.papers(Settings())["en/record-of-processing.md"]
    assert "| `drafts` | `person` | 7 days | deleted |" in written
    assert "| `link_codes` | `person` | 1 day | deleted |" in written
