"""Takes the picture of the README: `python -m tests.pictures.picture` writes docs/page.png.

It shows the local page of the example company, right after Anna has declared an
incident. Needs Chromium and Playwright, as the tests in the browser do.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright, expect

from tests.local.browser import CHROMIUM, LAUNCH, ROOT, client, running
from tests.local.test_page_in_browser import STORY

SIZE = (1280, 800)
MOST = 250_000  # bytes; the README is read over slow lines, too


async def take(folder: Path) -> None:
    """Write page.png into `folder`."""
    with tempfile.TemporaryDirectory() as data:
        async with async_playwright() as playwright, running(Path(data)) as address:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(LAUNCH))
            async with client(browser, address, folder, size=SIZE) as c:
                await c.be("anna")
                await c.go("stoerungen")
                await c.say(STORY["de"]["till"])
                await expect(c.page.locator(".line:not(.private) .tone-alarm")).to_be_visible()
                await expect(c.page.locator(".persons .badge")).to_have_text("1")
                await c.page.locator(".box").blur()
                await c.page.mouse.move(0, 0)
                await c.picture("page")
            await browser.close()


if __name__ == "__main__":
    asyncio.run(take(ROOT / "docs"))
    written = ROOT / "docs" / "page.png"
    assert written.stat().st_size <= MOST
    print(f"{written.relative_to(ROOT)}: {written.stat().st_size // 1000} kB")
