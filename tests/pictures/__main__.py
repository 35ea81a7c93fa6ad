"""Pictures of all cards and forms, as Slack and Teams show them: `make pictures`.

What people see in a week (tests/pictures/cards.py) is drawn by Node for Slack
(`tools/slack/cards.mjs`) and by Microsoft's own renderer for Teams
(`tools/teams/page.js`), and photographed in a browser, light and dark, and again as wide as
a phone (390 pixels). The pictures are for looking at; what runs out of its card is named.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.pictures.album import PEOPLE, Card
from tests.pictures.cards import LANGUAGES, album
from tests.pretend import block_kit

if TYPE_CHECKING:
    from playwright.async_api import Page

ROOT = Path(__file__).parent.parent.parent
SLACK = ROOT / "tools" / "slack"
TEAMS = ROOT / "tools" / "teams"
SHOTS = ROOT / "shots"
THEMES = ("light", "dark")
WIDTH = 1500
PHONE, COLUMNS = 390, 4  # pixels of a card on a phone; so many of them stand side by side
NARROW = f"main {{ columns: {COLUMNS} !important; column-gap: 20px !important }}"
# What is wider than the card, or the button, that it stands in: a phone would cut it off. So it
# does with the dots of a capital letter in too low a line, and a word has no two lines.
OUTSIDE = r"""() => [...document.querySelectorAll(".card")].filter((card) => {
  const edge = card.getBoundingClientRect().right + 1;
  const cut = (each) => each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1;
  const low = (each) => getComputedStyle(each).overflow === "hidden"
    && each.clientHeight < 1.3 * parseFloat(getComputedStyle(each).fontSize);
  const broken = () => {
    const texts = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (texts.nextNode()) {
      const node = texts.currentNode;
      for (const word of node.data.matchAll(/(?<![^\s(])[\p{L}]{2,24}[,.:;!?]?(?!\S)/gu)) {
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const tops = [...range.getClientRects()].map((each) => each.top);
        if (Math.max(...tops) - Math.min(...tops) > 8) return true;
      }
    }
    return false;
  };
  return [...card.querySelectorAll("*")].some((each) => each.getBoundingClientRect().right > edge)
    || [...card.querySelectorAll("button, button *")].some((each) => cut(each) || low(each))
    || broken();
}).map((card) => card.querySelector(".caption b").textContent)"""


def slack_page(language: str, theme: str) -> str:
    """Return one page of all cards as Slack shows them, drawn by Node."""
    users = [{"id": block_kit.user_id(name), "name": name} for name in PEOPLE]
    cards = [
        {"caption": each.caption, "seen": each.seen, "shown": each.shown}
        for each in album(language)
        if each.shown
    ]
    given = {"language": language, "theme": theme, "users": users, "cards": cards}
    drawn = subprocess.run(
        [shutil.which("node") or "node", SLACK / "cards.mjs"],
        input=json.dumps(given), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if drawn.returncode:
        sys.exit(f"The cards could not be drawn. Is there a Node.js 20?\n{drawn.stderr}")
    return drawn.stdout


def teams_page(language: str, theme: str) -> str:
    """Return one page of all cards as Teams shows them; it is drawn when a browser opens it."""
    return drawn_by_microsoft(
        album(language), title=f"Lotse in Microsoft Teams · {language} · {theme}", theme=theme
    )


def drawn_by_microsoft(cards: tuple[Card, ...], *, title: str, theme: str) -> str:
    """Return a page on which Microsoft's renderer draws cards."""
    modules = TEAMS / "node_modules"
    scripts = [
        modules / "adaptivecards" / "dist" / "adaptivecards.min.js",
        modules / "markdown-it" / "dist" / "browser" / "markdown-it.umd.min.js",
        TEAMS / "page.js",
    ]
    shown = [{"caption": each.caption, "seen": each.seen, "shown": each.teams} for each in cards]
    given = json.dumps({"title": title, "theme": theme, "cards": shown})
    code = "\n".join(each.read_text(encoding="utf-8") for each in scripts)
    # Nothing in a script may look like its end.
    given, code = given.replace("<", "\\u003c"), code.replace("</script", "<\\/script")
    style = (TEAMS / "page.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html><html class="{theme}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{style}</style><body><script>const GIVEN = {given};\n{code}</script></html>\n"
    )


async def take(pages: dict[str, str]) -> None:
    """Photograph every page from top to bottom."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("The pages are in shots/; there is no Chromium to photograph them.")
    from playwright.async_api import async_playwright

    from tests.local.browser import LAUNCH

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(LAUNCH))
        for name, html in pages.items():
            tab = await browser.new_page(viewport={"width": WIDTH, "height": 900})
            await shown(tab, html)
            await tab.screenshot(path=SHOTS / f"{name}.png", full_page=True)
            for caption in await on_a_phone(tab):
                print(f"{name}: “{caption}” runs out of its card on a phone")
            await tab.screenshot(path=SHOTS / f"{name}.phone.png", full_page=True)
            await tab.close()
        await browser.close()


async def shown(tab: Page, html: str) -> None:
    """Show a page of cards; it loads nothing."""
    await tab.route("**/*", lambda route: route.abort())
    await tab.set_content(html)


async def on_a_phone(tab: Page) -> list[str]:
    """Make every card as wide as a phone; return the captions of those out of which something

    runs.
    """
    width = COLUMNS * PHONE + (COLUMNS - 1) * 20 + 2 * 24
    await tab.set_viewport_size({"width": width, "height": 900})
    await tab.add_style_tag(content=NARROW)
    found: list[str] = await tab.evaluate(OUTSIDE)
    return found


def main() -> None:
    """Write a page and its picture for each language and theme."""
    SHOTS.mkdir(exist_ok=True)
    pages = {
        f"{platform}.{language}.{theme}": page(language, theme)
        for platform, page in (("slack", slack_page), ("teams", teams_page))
        for language in LANGUAGES
        for theme in THEMES
    }
    for name, html in pages.items():
        (SHOTS / f"{name}.html").write_text(html, encoding="utf-8")
    asyncio.run(take(pages))
    for name in pages:
        print(f"shots/{name}.png, shots/{name}.phone.png")


if __name__ == "__main__":
    main()
