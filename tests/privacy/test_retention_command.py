"""`python -m bot retention`: the table of what is kept, with what would go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import __main__ as program
from bot.delivery.clock import Clock
from bot.lotse import MAIN
from storage import audit, workspaces
from storage.engine import AlreadyRunning, Database, Tx, opening
from storage.workspaces import Workspace
from tests.pretend.stage import Say


def test_it_says_what_would_go_by_a_day_and_changes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = Clock().now()

    def prepare(tx: Tx) -> None:
        workspaces.ensure(tx, Workspace(MAIN, "Lotse", "en", "Europe/Berlin", "DE"), now)
        for days in (0, 300):
            audit.add(
                tx.within(MAIN), id=f"a{days}", at=now - timedelta(days=days), person_key="k",
                command="status", subject="", outcome="done",
            )  # fmt: skip

    database.transact(prepare)
    monkeypatch.setattr(opening, "open_database", lambda _url: database)
    monkeypatch.setattr(type(database), "close", lambda _self: None)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "0" * 32)
    assert program.main(["retention"]) == 0
    (line,) = [each for each in capsys.readouterr().out.splitlines() if "(audit trail)" in each]
    assert line.split()[:2] == ["365", "0"] and line.endswith("(audit trail): deleted")
    by = (now + timedelta(days=90)).date().isoformat()
    assert program.main(["retention", "--by", by]) == 0
    (line,) = [each for each in capsys.readouterr().out.splitlines() if "(audit trail)" in each]
    assert line.split()[:2] == ["365", "1"]
    kept = database.read(lambda tx: audit.latest(tx.within(MAIN)))
    assert [each["id"] for each in kept] == ["a0", "a300"]
    assert program.main(["retention", "--by", "9999-12-31"]) == 0
    assert program.main(["retention", "--workspace", "T9"]) == 1


def test_beside_a_running_lotse_the_chat_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def running(_url: str) -> Database:
        raise AlreadyRunning("in use")

    monkeypatch.setattr(opening, "open_database", running)
    assert program.main(["retention"]) == 1
    assert "aufbewahrung" in capsys.readouterr().err


def test_a_day_at_the_end_of_the_calendar_is_a_day_too(chris: Say) -> None:
    chris("retention")
    chris.press("What is gone by a day?")
    assert "did not work" not in chris.fill(day="9999-12-31")


@pytest.mark.parametrize(
    ("said", "company", "words"),
    [
        ({"LANG": "en_GB.UTF-8"}, "de", "deleted"), ({"LANG": "de_DE.UTF-8"}, "en", "gelöscht"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "en_US.UTF-8"}, "de", "deleted"),
        ({"LANG": "C.UTF-8"}, "de", "gelöscht"), ({}, "en", "deleted"),
        ({"LANG": "fr_FR.UTF-8"}, "en", "deleted"),
    ],
)  # fmt: skip
def test_it_speaks_the_language_of_whoever_runs_it(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    said: dict[str, str], company: str, words: str,
) -> None:  # fmt: skip
    ours = Workspace(MAIN, "Lotse", company, "Europe/Berlin", "DE")
    database.transact(lambda tx: workspaces.ensure(tx, ours, Clock().now()))
    monkeypatch.setattr(opening, "open_database", lambda _url: database)
    monkeypatch.setattr(type(database), "close", lambda _self: None)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "0" * 32)
    for each in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(each, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert program.main(["retention"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(each.endswith(words) for each in lines)
    assert lines[0].split()[0] == ("Tage" if words == "gelöscht" else "days")
