"""The start of the demo: what is thrown away is told first, what is in the way is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from bot import app
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.delivery.requests import Request
from bot.local import demo, start
from bot.lotse import DEMO, Lotse
from storage.engine import AlreadyRunning, Database, StorageError
from storage.engine.ids import PlaceId
from tests.pretend.stage import MONDAY


async def company(settings: Settings, database: Database) -> Lotse:
    """An empty company on Monday at nine."""
    clock = HandClock(MONDAY.astimezone(UTC))
    lotse = app.build(settings, database, clock, demo=True)
    await demo.prepare(lotse, empty=True)
    return lotse


async def declare(lotse: Lotse) -> None:
    request = Request(
        "one", DEMO, "local:anna", "Anna", PlaceId("local:@anna"), "störung Kasse weg"
    )
    await lotse.dispatcher.handle(request)
    await lotse.settle()


async def test_fresh_says_what_it_throws_away_while_it_is_still_there(folder: Path) -> None:
    settings = Settings(data=folder)
    database = start.opened(settings, fresh=True, tell=lambda _said: pytest.fail("Nothing is."))
    lotse = await company(settings, database)
    await declare(lotse)
    database.close()
    said: list[str] = []

    def tell(words: str) -> None:
        assert (folder / "demo.db").exists()
        said.append(words)

    database = start.opened(settings, fresh=True, tell=tell)
    assert said == [
        f"--fresh throws away {folder / 'demo.db'}: "
        "1 incident, 0 services and 2 messages since 2026-11-23."
    ]
    assert start.first_steps(await company(settings, database), empty=True).startswith(
        "This company is empty."
    )
    database.close()


def test_fresh_takes_nothing_from_a_lotse_that_runs(folder: Path) -> None:
    settings = Settings(data=folder)
    running = start.opened(settings, fresh=False)
    before = (folder / "demo.db").stat().st_ino
    for fresh in (True, False):
        with pytest.raises(AlreadyRunning) as caught:
            start.opened(settings, fresh=fresh, tell=lambda _said: pytest.fail("It is in use."))
        assert "DATABASE_URL" not in str(caught.value)
        assert f"LOTSE_DATA={folder}-2 PORT=3001 make run" in str(caught.value)
    assert (folder / "demo.db").stat().st_ino == before
    running.close()
    beside = Settings(data=Path(f"{folder}-2"))
    start.opened(beside, fresh=False).close()


def test_fresh_gets_rid_of_what_cannot_be_read(folder: Path) -> None:
    (folder / "demo.db").write_bytes(b"no database" * 500)
    said: list[str] = []
    start.opened(Settings(data=folder), fresh=True, tell=said.append).close()
    assert said == [f"--fresh throws away {folder / 'demo.db'}, which cannot be read."]


def _a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file"


def _inside_a_file(folder: Path) -> Path:
    return _a_file(folder) / "deeper"


@pytest.mark.parametrize("make", [_a_file, _inside_a_file])
def test_an_unusable_folder_is_named(folder: Path, make: Callable[[Path], Path]) -> None:
    data = make(folder)
    with pytest.raises(StorageError) as caught:
        start.opened(Settings(data=data), fresh=False)
    assert str(caught.value).startswith(f"LOTSE_DATA: “{data}” cannot be used")
    assert "(it is a file, or inside one)" in str(caught.value)
    assert "LOTSE_DATA=$HOME/lotse" in str(caught.value)


async def test_empty_gives_the_first_steps_and_says_when_it_comes_too_late(folder: Path) -> None:
    settings = Settings(data=folder)
    database = start.opened(settings, fresh=False)
    lotse = await company(settings, database)
    for empty in (True, False):
        assert "as Chris “service new”" in start.first_steps(lotse, empty=empty)
    await declare(lotse)
    assert start.first_steps(lotse, empty=False) == ""
    assert "--fresh --empty" in start.first_steps(lotse, empty=True)
    database.close()
