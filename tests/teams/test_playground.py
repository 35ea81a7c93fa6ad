"""The whole story in a client of Microsoft's own: the Microsoft 365 Agents Playground.

It has no dialogs and shows no card to one person only; those are tried out elsewhere
(tests/test_teams*.py). Set `LOTSE_SCREENSHOTS` to a folder to keep the pictures.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import aiohttp
import pytest

from bot import serving as bot_serving
from storage.engine import opening
from tests.pretend import node

try:
    from playwright.async_api import Locator, Page, async_playwright, expect
except ImportError:
    pytest.skip("Teams is not tried out: Playwright is missing.", allow_module_level=True)

from bot import app
from bot.config import Settings
from bot.delivery.clock import Clock
from bot.lotse import Lotse
from tests.local.browser import CHROMIUM, LAUNCH

CLI = node.packages("playground", "make playground") / "@microsoft/m365agentsplayground/cli.js"
COMPANY = node.TOOLS / "playground" / "company.yml"
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
BEGIN = datetime(2026, 11, 18, 9, tzinfo=UTC)  # a Wednesday
MONDAY = datetime(2026, 11, 23, 7, 31, tzinfo=UTC)  # half past eight in Berlin has just passed
SWITCH = 700  # milliseconds
WAIT = 20_000  # milliseconds; nothing takes that long unless it is broken
PERSONAL, GROUP, CHANNEL, GENERAL = "Personal Chat", "Spätschicht", "Störungen", "General"

# Patterns of what is read, and the very words of what is typed and pressed.
STORY = {
    "de": {
        "language": "sprache de", "spoken": "Von jetzt an spreche ich Deutsch mit dir.",
        "settings": "einstellungen", "manage": "Leitung übernehmen", 
        "managed": "Du gehörst jetzt zur Leitung.",
        "incidents": "Für Störungen",
        "digest": "Für den Wochenbericht",
        "declare": "störung {}", "declared": "INC-{} ist gemeldet.",
        "privately": "Die Antwort steht in deinem persönlichen Chat mit mir.",
        "waits": "Wartet darauf, dass", "climbed": "Seit 11 Minuten kümmert sich niemand",
        "ack": "Ich kümmere mich", "acked": "Anna Hansen kümmert sich seit",
        "update": "meldung 1 Ersatzdrucker ist unterwegs", "news": "Ersatzdrucker ist unterwegs",
        "restore": "behoben {} Drucker getauscht", "works": "Läuft wieder seit|läuft wieder",
        "friction": "reibung Liefertermine werden dreimal abgetippt", "noted": "Notiert. Danke.",
        "nameless": "Ohne meinen Namen", "gone": "Dein Name ist weg",
        "week": "KW 47 · ",
        "till": "Kasse in Köln druckt nicht", "lamp": "Licht an Regal 7 flackert",
        "door": "Tor 3 öffnet nicht",
    },
    "en": {
        "language": "language en", "spoken": "From now on I speak English with you.",
        "settings": "settings", "manage": "Manage Lotse", "managed": "You are a manager now.",
        "incidents": "For incidents",
        "digest": "For the weekly digest",
        "declare": "incident {}", "declared": "INC-{} is declared.",
        "privately": "The answer is in your personal chat with me.",
        "waits": "Waiting for", "climbed": "Nobody has picked this up for 11 minutes",
        "ack": "I'll look after it", "acked": "Anna Hansen has been looking after it",
        "update": "update 1 A spare printer is on its way", "news": "A spare printer is on its way",
        "restore": "restored {} Printer swapped", "works": "Working again since",
        "friction": "friction Delivery dates are typed three times", "noted": "Noted. Thank you.",
        "nameless": "Without my name", "gone": "Your name is gone",
        "week": "Week 47 · ",
        "till": "Till in Cologne does not print", "lamp": "The light at shelf 7 flickers",
        "door": "Gate 3 does not open",
    },
}  # fmt: skip


@dataclass(slots=True)
class Anna:
    """Anna before the Playground, with Lotse behind it."""

    page: Page
    lotse: Lotse
    pictures: Path | None
    language: str
    taken: int = 0

    async def go(self, chat: str) -> None:
        """Open a chat or a channel."""
        name = f"Werk - {chat}" if chat in (CHANNEL, GENERAL) else chat
        await self.page.get_by_role("treeitem", name=name, exact=True).click()
        await self.page.wait_for_timeout(SWITCH)  # nothing in the page says that it has switched

    async def say(self, words: str) -> None:
        """Write to Lotse in the chat that is open."""
        await self._box().last.click()
        await self.page.keyboard.type(words)
        await self.page.get_by_label("Send Message").last.click()

    async def mention(self, words: str) -> None:
        """Write in the chat or channel that is open, with a mention of Lotse in front."""
        posts = self.page.get_by_role("button", name="Post", exact=True)
        in_channel = await posts.count() > 0
        await (self._box().first if in_channel else self._box().last).click()
        await self.page.keyboard.type("@")
        option = self.page.get_by_role("option", name="Lotse")
        await option.or_(self.page.get_by_role("menuitem", name="Lotse")).first.click()
        await self.page.keyboard.type(f" {words}")
        await (posts.first if in_channel else self.page.get_by_label("Send Message").last).click()

    async def see(self, words: str) -> None:
        """Wait until something that a pattern describes can be read in the chat that is open."""
        found = self.page.get_by_text(re.compile(words)).last
        await expect(found).to_be_visible(timeout=WAIT)

    async def press(self, label: str) -> None:
        """Press the newest button of that name."""
        await self.page.get_by_role("button", name=label, exact=True).last.click()

    async def wind(self, to: datetime) -> None:
        """Let time pass, and everything that is due then happen."""
        self.lotse.clock.wind(to)
        await self.lotse.settle()

    async def picture(self, name: str) -> None:
        """Keep a picture, if pictures are wanted."""
        self.taken += 1
        if self.pictures is not None:
            file = f"playground.{self.language}.{self.taken:02}-{name}.png"
            await self.page.screenshot(path=self.pictures / file)

    def _box(self) -> Locator:
        return self.page.locator("div[role=textbox][contenteditable=true]")


@pytest.mark.parametrize("language", ["de", "en"])
async def test_the_whole_story_in_microsofts_own_client(language: str, tmp_path: Path) -> None:
    said = STORY[language]
    async with open_for_anna(language, tmp_path) as anna:
        await anna.see("ich bin Lotse|I am Lotse")
        await anna.say(said["language"])
        await anna.see(said["spoken"])
        await anna.say(said["settings"])
        await anna.press(said["manage"])
        await anna.see(said["managed"])
        await anna.picture("managed")
        for place, button in ((CHANNEL, said["incidents"]), (GENERAL, said["digest"])):
            await anna.go(place)
            await anna.mention(said["settings"])
            await anna.see(said["privately"])
            await anna.go(PERSONAL)
            await anna.press(button)
            await anna.see(rf"#{place} .*\.$")
        await anna.picture("channels")

        await anna.go(CHANNEL)
        await anna.mention(said["declare"].format(said["till"]))
        await anna.see(f"INC-1 · {said['till']}")
        await anna.see(said["waits"])
        await anna.picture("channel")
        await anna.go(GROUP)
        await anna.say(f"Not for Lotse: {said['lamp']}")
        await anna.mention(said["declare"].format(said["lamp"]))
        await anna.see(said["privately"])
        await anna.picture("group")
        await anna.go(PERSONAL)
        await anna.see(said["declared"].format(2))
        await anna.say(said["declare"].format(said["door"]))
        await anna.see(said["declared"].format(3))
        await anna.picture("personal")

        await anna.wind(anna.lotse.clock.now() + timedelta(minutes=11))
        await anna.see(said["climbed"])
        await anna.picture("climbed")
        await anna.say(said["restore"].format(2))
        await anna.say(said["restore"].format(3))
        await anna.go(CHANNEL)
        first = anna.page.get_by_role("button", name=said["ack"], exact=True)
        await expect(first).to_have_count(1, timeout=WAIT)  # the others work again
        await first.click()
        await anna.see(said["acked"])
        await anna.picture("acknowledged")
        await anna.go(PERSONAL)
        await anna.say(said["update"])
        await anna.go(CHANNEL)
        await anna.see(said["news"])
        await anna.picture("news")
        await anna.go(PERSONAL)
        await anna.say(said["restore"].format(1))
        await anna.go(CHANNEL)
        await anna.see(said["works"])
        await anna.picture("works-again")

        await anna.go(PERSONAL)
        await anna.say(said["friction"])
        await anna.see(said["noted"])
        await anna.press(said["nameless"])
        await anna.see(said["gone"])
        await anna.picture("friction")
        await anna.wind(MONDAY)
        await anna.go(GENERAL)
        await anna.see(said["week"])
        await anna.picture("digest")


@contextlib.asynccontextmanager
async def open_for_anna(language: str, folder: Path, me: str = "Anna") -> AsyncIterator[Anna]:
    """Start Lotse as the README does, the Playground before it, and a browser before that.

    `me` is who sits before it, and whom the story calls Anna.
    """
    if CHROMIUM is None:
        pytest.skip("Teams is not tried out: Chromium is missing.")
    kept = os.environ.get("LOTSE_SCREENSHOTS")
    async with (
        serving(language, folder) as (lotse, address),
        playground(address, folder, me) as url,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(LAUNCH))
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(WAIT)
        await page.route(
            lambda url: not re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]", url),
            lambda route: route.abort(),
        )
        await page.goto(url, wait_until="domcontentloaded")
        await page.get_by_role("treeitem", name=PERSONAL).wait_for()
        await page.get_by_role("button", name="Hide log panel").click()  # it repeats all words
        anna = Anna(page, lotse, Path(kept) if kept else None, language)
        try:
            yield anna
        except BaseException:
            await anna.picture("failed")
            raise
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def serving(language: str, folder: Path) -> AsyncIterator[tuple[Lotse, str]]:
    """Serve Lotse with `TEAMS_DEV_LOOPBACK=1`; give it and its address for messages."""
    port = free_port()
    env = {
        "TEAMS_DEV_LOOPBACK": "1", "PORT": str(port), "LOTSE_LANGUAGE": language,
        "DATABASE_URL": f"sqlite:///{folder / 'lotse.db'}",
    }  # fmt: skip
    settings = Settings.from_env(env)
    database = opening.open_database(settings.database_url)
    clock = Clock(BEGIN - datetime.now(UTC))
    lotse = app.build(settings, database, clock, demo=False)
    server = asyncio.create_task(bot_serving.serve(lotse))
    try:
        await answers(f"http://127.0.0.1:{port}/health", server)
        yield lotse, f"http://127.0.0.1:{port}/api/messages"
    finally:
        server.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await server
        database.close()


@contextlib.asynccontextmanager
async def playground(address: str, folder: Path, me: str = "Anna") -> AsyncIterator[str]:
    """Start the Playground before an address; give its own."""
    company = COMPANY.read_text(encoding="utf-8")
    anna, mine = (re.findall(f"{{.*name: {each} .*}}", company)[0] for each in ("Anna", me))
    company = company.replace(anna, "{0}").replace(mine, anna).replace("{0}", mine)
    (folder / ".m365agentsplayground.yml").write_text(company, encoding="utf-8")
    port = free_port()
    with (folder / "playground.log").open("wb") as log:
        program = await _started(address, folder, port, log)
        watched = asyncio.create_task(program.wait())
        try:
            await answers(f"http://127.0.0.1:{port}/", watched)
            yield f"http://127.0.0.1:{port}/"
        finally:
            if program.returncode is None:
                os.killpg(program.pid, signal.SIGTERM)  # it leads a group of its own
            async with asyncio.timeout(15):
                await watched


async def _started(
    address: str, folder: Path, port: int, log: IO[bytes]
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        shutil.which("node") or "node", *node.LEASH, str(CLI), "start", "-e", address,
        "-c", "msteams", "-p", str(port), "--dt", "true",
        cwd=folder, stdin=asyncio.subprocess.PIPE, stdout=log, stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip


async def answers(url: str, alive: asyncio.Future[Any]) -> None:
    """Wait until something answers there; fails when what should answer has ended."""
    async with asyncio.timeout(60), aiohttp.ClientSession() as web:
        while not alive.done():
            try:
                async with web.get(url):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)
    raise AssertionError(f"nothing answers at {url}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
