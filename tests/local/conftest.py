"""A browser and an empty program, shared by the tests of a file."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    from tests.local.browser import chromium  # not everybody who runs tests has one

    async with chromium() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a program without an example company, shared by the small tests."""
    from tests.local.browser import running

    async with running(tmp_path_factory.mktemp("empty"), "--empty") as address:
        yield address


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures go."""
    folder = Path(os.environ.get("LOTSE_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
