"""The board in a real browser: by keyboard alone, and before an accessibility checker."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

try:
    from playwright.async_api import Page, async_playwright
except ImportError:
    pytest.skip("The board is not tried out: Playwright is missing.", allow_module_level=True)

from bot.http.board import Board
from handlers.digest import schedule
from tests.local.browser import CHROMIUM, LAUNCH
from tests.mandate.test_mandate import do
from tests.pilots.test_pilots import started
from tests.pretend import machines
from tests.pretend.node import packages
from tests.pretend.stage import Say, Stage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

PAGES = (
    "", "incidents?which=all", "services", "automations", "pilots", "week", "digests",
    "digest/2026-W48", "picture", "template", "figures",
)  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def lived(bot: Stage) -> None:
    """Let every page have something on it."""
    anna, ben, chris = (Say(bot, each) for each in ("anna", "ben", "chris"))
    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="plan", now=now, zone="Europe/Berlin", region="DE"))
    for n in range(3):
        anna(f"incident Kasse {n} druckt keinen Bon und hat einen langen Titel")
    ben("behoben 1")
    machines.reports(bot, machines.enter(ben, name="Abgleich", rhythm="2"))
    pilot = started(bot)
    bot.wind(to=datetime(2026, 11, 30, 9, 30, tzinfo=UTC))
    do(chris, "pilot value", pilot=pilot, value="6,4", number="41")


def driven(
    bot: Stage, who: str, work: Callable[[Page, str], Awaitable[None]], **given: Any
) -> None:
    """Open the board's link in a browser of its own, and let `work` go on from there."""

    async def drive() -> None:
        app = web.Application()
        Board(bot.dispatcher, bot.database, bot.clock).add_to(app)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        bot.dispatcher.address = address
        answer = await bot.dispatcher.handle(bot.request(who, "board"))
        path = re.search(r"(/board/in/[\w/-]+)", repr(answer.message))
        assert path
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=CHROMIUM, args=list(LAUNCH)
                )
                page = await browser.new_page(**given)
                await page.goto(address + path[1])
                await work(page, address)
                await browser.close()
        finally:
            await runner.cleanup()

    bot.run(drive())


async def focused(page: Page) -> str:
    said = await page.evaluate(
        "() => { const e = document.activeElement; return e.name || e.innerText || e.tagName }"
    )
    return str(said)


async def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until what has the focus is called so; where it is must be seen."""
    for _each in range(60):
        await page.keyboard.press("Tab")
        if await focused(page) == wanted:
            outline = await page.evaluate(
                "() => getComputedStyle(document.activeElement).outlineStyle"
            )
            assert outline != "none", wanted
            return
    raise AssertionError(f"Tab never reaches “{wanted}”")


def test_by_keyboard_alone_from_the_link_to_a_file_and_out(sqlite_stage: Stage) -> None:
    async def work(page: Page, address: str) -> None:
        await tab_to(page, "Sign in with this browser")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/board/")
        await tab_to(page, "Incidents")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/board/incidents")
        await tab_to(page, "All")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**which=all")
        assert await page.locator("tbody tr").count() == 3
        await tab_to(page, "service")  # the form narrows without a script
        await page.keyboard.press("K")
        await tab_to(page, "Show")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**service=kasse**")
        assert await page.locator("tbody tr").count() == 3
        await tab_to(page, "CSV")
        async with page.expect_download() as download:
            await page.keyboard.press("Enter")
        assert (await download.value).suggested_filename == "incidents.csv"
        await tab_to(page, "Sign out")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Type “board” in your chat")

    driven(sqlite_stage, "chris", work)


TOUCHING = """() => {
  const boxes = [...document.querySelectorAll("form select, form input:not([type=hidden])")]
    .map((each) => each.getBoundingClientRect());
  return boxes.some((one) => boxes.some((other) => one.bottom > other.top - 4
    && one.top < other.top && one.left < other.right && other.left < one.right));
}"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("who", ["chris", "ben"], ids=["en", "de"])
def test_every_page_fits_and_the_checker_finds_nothing(
    sqlite_stage: Stage, who: str, width: int, dark: bool
) -> None:
    folder = os.environ.get("LOTSE_SCREENSHOTS")
    axe = _axe()
    found: list[str] = []

    async def work(page: Page, address: str) -> None:
        await page.locator("button").click()
        for path in PAGES:
            await page.goto(f"{address}/board/{path}")
            wide = await page.evaluate("() => document.documentElement.scrollWidth")
            if wide > width:
                found.append(f"{path}: {wide} pixels wide in {width}")
            if await page.evaluate(TOUCHING):
                found.append(f"{path}: fields touch each other in {width}")
            if folder:
                name = f"board-{who}-{width}-{'dark' if dark else 'light'}-{path[:9]}.png"
                shot = Path(folder) / name.replace("/", "-").replace("?", "-")
                await page.screenshot(path=str(shot), full_page=True)
            if axe:
                await page.evaluate(axe)
                said = await page.evaluate(
                    "rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", RULES
                )
                found.extend(
                    f"{path}: {each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
                    for each in said["violations"]
                )

    driven(
        sqlite_stage, who, work,
        viewport={"width": width, "height": 844}, color_scheme="dark" if dark else "light",
    )  # fmt: skip
    assert not found, "\n".join(found)


def _axe() -> str:
    """Return the checker; without it only the widths are looked at, and CI insists on it."""
    try:
        folder = packages("page", "make accessible")
    except pytest.skip.Exception:
        return ""
    return (folder / "axe-core" / "axe.min.js").read_text("utf-8")
