"""The local page in a real browser, before the real program. Needs Chromium and Playwright.

Set `LOTSE_SCREENSHOTS` to a folder to keep the pictures that the stories take.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession

try:
    from playwright.async_api import Browser as Browser
    from playwright.async_api import Page as Page
    from playwright.async_api import async_playwright as async_playwright
    from playwright.async_api import expect as expect
except ImportError:
    pytest.skip("The page is not tried out: Playwright is missing.", allow_module_level=True)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("The page is not tried out: Chromium is missing.", allow_module_level=True)

MARKS = [
    pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow, pytest.mark.xdist_group("browser"),
]  # fmt: skip
ROOT = Path(__file__).parent.parent.parent
LAUNCH = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
Json = dict[str, Any]
WAIT = 8000  # milliseconds; nothing takes that long unless it is broken
LANGUAGES = ("de", "en")
WIDE, PHONE = (1280, 840), (360, 740)


@asynccontextmanager
async def running(data: Path, *options: str) -> AsyncIterator[str]:
    """Start `python -m bot` on a free port; give the address that it prints."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("LOTSE_")}
    env |= {"PORT": "0", "LOTSE_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryFile() as log:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *options, cwd=ROOT, env=env,
            stdout=asyncio.subprocess.PIPE, stderr=log,
        )  # fmt: skip
        try:
            yield await address(program)
        finally:
            if program.returncode is None:
                program.terminate()
            async with asyncio.timeout(15):
                await program.communicate()
            log.seek(0)
            logged = log.read().decode()
    assert (program.returncode, logged) == (0, "")


async def address(program: asyncio.subprocess.Process) -> str:
    """Return the address with the token, from what the program prints at the start."""
    assert program.stdout is not None
    async with asyncio.timeout(60):
        while text := (await program.stdout.readline()).decode():
            if found := re.search(r"http://\S+#token=\S+", text):
                return found[0]
    raise AssertionError("The program ended without printing an address.")


@dataclass(slots=True)
class Client:
    """Somebody before the page. Whatever goes wrong in the page fails the test at the end."""

    page: Page
    base: str
    pictures: Path
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note errors, dialogs of scripts, and requests that leave."""
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}"))
        self.page.on("console", lambda said: self._unless(said.type == "log", said.text))
        self.page.on(
            "request",
            lambda request: self._unless(request.url.startswith(self.base), request.url),
        )

    def _unless(self, fine: bool, words: str) -> None:
        if not fine:
            self.wrong.append(words)

    async def open(self, address: str) -> None:
        """Open the printed address."""
        await self.page.goto(address)
        await expect(self.page.locator(".log > *").first).to_be_visible()

    async def be(self, person: str) -> None:
        """Switch to somebody."""
        row = self.page.locator(f'.persons [data-key="{person}"] button')
        await row.click()
        await expect(row).to_have_attribute("aria-pressed", "true")
        await expect(self.page.locator(".log > *").first).to_be_visible()

    async def go(self, place: str) -> None:
        """Open a channel, or with "@" the own direct place."""
        kind = '[data-key^="local:@"]' if place == "@" else f'[data-key="local:{place}"]'
        row = self.page.locator(f".places {kind} button")
        await row.click()
        await expect(row).to_have_attribute("aria-current", "page")

    async def say(self, text: str) -> None:
        """Type something and send it."""
        box = self.page.locator(".box")
        await box.fill(text)
        await box.press("Escape")
        await box.press("Enter")
        await expect(box).to_have_value("")

    async def press(self, call: str, within: str = ".line") -> None:
        """Press the newest button that does `call`."""
        await self.page.locator(f'{within} [data-call="{call}"]').last.click()

    async def wind(self, by: str) -> None:
        """Wind the clock, and wait until everything has happened."""
        button = self.page.locator(f'[data-by="{by}"]')
        async with self.page.expect_response("**/page/api/wind") as response:
            await button.click()
        assert (await response.value).ok
        await expect(button).to_be_enabled()

    async def all_of(self, place: str) -> str:
        """Return all text that a place shows, from its first line on."""
        await self.go(place)
        lines, earlier = self.page.locator(".log > .line"), self.page.locator(".earlier")
        await expect(lines.first).to_be_visible()
        while await earlier.is_visible():
            await earlier.click()
            await expect(earlier).to_be_enabled()
        return "\n".join(await lines.all_text_contents())

    async def language(self, language: str) -> None:
        """Let everybody read this language, by the dialog."""
        await self.page.locator(".side footer .sidebutton").first.click()
        await self.page.locator("#company-language").select_option(language)
        await self.page.locator("dialog [type=submit]").click()
        await expect(self.page.locator("dialog")).to_have_count(0)
        await expect(self.page.locator("html")).to_have_attribute("lang", language)

    async def picture(self, name: str) -> None:
        """Keep what the page looks like."""
        await self.page.screenshot(path=self.pictures / f"{name}.png")


@dataclass(slots=True)
class Caller:
    """Somebody who makes the page's calls without a page, a few at once."""

    session: ClientSession
    answers: list[Json] = field(default_factory=list)

    async def send(self, act: str, bodies: Iterable[dict[str, object]]) -> None:
        """Send all of it, and expect all of it to be taken."""
        few = asyncio.Semaphore(4)

        async def one(body: dict[str, object]) -> None:
            async with few, self.session.post(f"/page/api/{act}", json=body) as response:
                assert response.status == 200
                answer = await response.json()
                assert answer.get("outcome", "done") == "done", (body, answer)
                self.answers.append(answer)

        await asyncio.gather(*(one({"id": uuid4().hex, **body}) for body in bodies))

    async def say(self, who: str, place: str, texts: Iterable[str]) -> None:
        """Type each of `texts`."""
        around = {"person": who, "place": f"local:{place}"}
        await self.send("say", ({**around, "text": text} for text in texts))

    async def submit(self, who: str, word: str, forms: Iterable[dict[str, str]]) -> None:
        """Submit each of `forms`."""
        around = {"person": who, "place": f"local:@{who}", "call": {"word": word, "args": {}}}
        await self.send("submit", ({**around, "values": values} for values in forms))


@asynccontextmanager
async def client(
    browser: Browser, address: str, pictures: Path, *,
    size: tuple[int, int] = WIDE, dark: bool = False, opens: bool = True,
) -> AsyncIterator[Client]:  # fmt: skip
    """Open a browser window of its own."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
    )
    context.set_default_timeout(WAIT)
    found = Client(await context.new_page(), address.partition("#")[0], pictures)
    found.watch()
    if opens:
        await found.open(address)
    yield found
    await context.close()
    assert not found.wrong


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start the browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(LAUNCH))
        yield browser
        await browser.close()
