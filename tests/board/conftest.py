"""A lived-in company for the board's browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.engine.sqlite import Sqlite
from tests.pretend.stage import Stage, staged


@pytest.fixture
def sqlite_stage(sqlite: Sqlite) -> Iterator[Stage]:
    """Give a stage over SQLite in which every page of the board has something on it."""
    from tests.board.test_board_in_browser import lived

    with staged(sqlite) as bot:
        lived(bot)
        yield bot
