"""Forms with many choices: how long until one is open, and until three letters have found one.

A company of 300 services and 1,000 people, on each surface: a pretend Slack, whose `views.open`
and `block_suggestion` come over loopback; a pretend Teams, whose dialog and `application/search`
do; and the local page in Chromium, from the key that is pressed to what is seen.
"""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from benchmarks.size import Size
from bot.config import Settings
from bot.local import start
from bot.lotse import DEMO, MAIN
from storage.engine import Database
from storage.engine.sqlite import Sqlite
from tests.pretend import crowd
from tests.pretend.adaptive_card import user_id
from tests.pretend.slack_stage import slack_stage, user
from tests.pretend.teams_stage import teams_stage

LETTERS = "ham"
Step = Callable[[], Awaitable[object]]
Steps = tuple[Step, Step]  # open the form; type the three letters


def measure(size: Size) -> Iterator[str]:
    """Give the lines of a table: medians, and the slowest of them."""
    yield f"A form with {size.services} services, in a company of {size.people:,} people:\n"
    yield "| surface | open (aim 3,000 ms) | slowest | three letters | slowest |"
    yield "| --- | --- | --- | --- | --- |"
    for name, surface in (("Slack", _slack), ("Teams", _teams), ("local page", _page)):
        if surface is _page and not _browser():
            yield "| local page | no Chromium here | | | |"
            continue
        found = asyncio.run(_timed(surface, size))
        cells = [f"{each(times):.0f} ms" for times in found for each in (statistics.median, max)]
        yield f"| {name} | {' | '.join(cells)} |"


def _browser() -> bool:
    there = shutil.which("chromium") or shutil.which("chromium-browser")
    return bool(there) and importlib.util.find_spec("playwright") is not None


async def _timed(
    surface: Callable[[Size], AsyncIterator[Steps]], size: Size
) -> tuple[list[float], list[float]]:
    """Return how long each round took, in milliseconds: to open, and to find."""
    times: tuple[list[float], list[float]] = ([], [])
    async with asynccontextmanager(surface)(size) as steps:
        for _round in range(size.starts):
            for kept, step in zip(times, steps, strict=True):
                begun = time.perf_counter()
                await step()
                kept.append((time.perf_counter() - begun) * 1000)
    return times


async def _slack(size: Size) -> AsyncIterator[Steps]:
    with closing(Sqlite()) as database:
        async with slack_stage(database, "http", strict=False) as stage:
            _crowd(database, MAIN, user("ben"), user("carla"), size)
            anna = stage.client("anna")

            async def find() -> None:
                found = await anna.searches("service", LETTERS)
                assert [each["text"]["text"] for each in found] == list(crowd.NAMES)

            yield lambda: anna.types("/incident"), find


async def _teams(size: Size) -> AsyncIterator[Steps]:
    with closing(Sqlite()) as database:
        async with teams_stage(database, strict=False) as stage:
            _crowd(database, MAIN, user_id("Ben"), user_id("Carla"), size)
            anna = stage.client("anna")

            async def find() -> None:
                found = await anna.searches("service", LETTERS)
                assert [each["title"] for each in found] == list(crowd.NAMES)

            yield lambda: anna.extension("report"), find


async def _page(size: Size) -> AsyncIterator[Steps]:
    from tests.local.browser import chromium, client, expect, running

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with running(folder, "--empty"):
            pass  # the company is made
        with closing(start.opened(Settings(data=folder), fresh=False)) as database:
            _crowd(database, DEMO, "ben", "carla", size)
        async with (
            running(folder) as address, chromium() as browser,
            client(browser, address, folder) as c,
        ):  # fmt: skip
            await c.be("anna")
            await c.go("@")
            search = c.page.locator("dialog [role=combobox]").first

            async def show() -> None:
                if await search.is_visible():
                    await c.page.keyboard.press("Escape")
                    await c.page.keyboard.press("Escape")
                await expect(search).to_be_hidden()
                await c.say("incident")
                await expect(search).to_be_visible()

            async def find() -> None:
                await search.fill("")  # what was typed before is kept
                await search.press_sequentially(LETTERS)
                await expect(c.page.locator("dialog .option").first).to_have_text(crowd.NAMES[0])

            yield show, find


def _crowd(database: Database, workspace: str, accountable: str, deputy: str, size: Size) -> None:
    database.transact(
        lambda tx: crowd.furnish(
            tx.within(workspace), accountable, deputy, some=size.services, many=size.people
        )
    )
