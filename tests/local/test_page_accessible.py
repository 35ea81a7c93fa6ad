"""The page for everybody: an accessibility checker, the keyboard alone, and many choices.

axe-core looks at the main views in both languages, light and dark, wide and narrow.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.local import start
from bot.lotse import DEMO
from tests.local.browser import (
    LANGUAGES,
    MARKS,
    WIDE,
    Browser,
    Client,
    client,
    expect,
    running,
)
from tests.pretend import crowd
from tests.pretend.node import packages

pytestmark = MARKS

SIZES = [WIDE, (390, 844)]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def faults(c: Client, axe: str) -> list[str]:
    """Return what the checker finds, each with the elements that it is about."""
    await c.page.evaluate(axe)
    found: dict[str, Any] = await c.page.evaluate(
        "rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", RULES
    )
    return [
        f"{each['id']}: {each['help']} – {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in found["violations"]
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=["wide", "phone"])
async def test_the_checker_finds_nothing(
    browser: Browser, empty: str, pictures: Path, language: str, dark: bool, size: tuple[int, int]
) -> None:
    axe = (packages("page", "make accessible") / "axe-core" / "axe.min.js").read_text("utf-8")
    name = f"axe-{language}-{'dark' if dark else 'light'}-{size[0]}"
    phone = size[0] < 760
    found: list[str] = []

    async with client(browser, empty, pictures, size=size, dark=dark) as c:

        async def look(view: str) -> None:
            found.extend(f"{view}: {each}" for each in await faults(c, axe))
            await c.picture(f"{name}-{view}")

        if phone:
            await c.page.locator(".menu").click()
            await expect(c.page.locator(".side")).to_be_in_viewport()
            await look("drawer")
        await c.language(language)
        if phone:
            await c.page.keyboard.press("Escape")
        await c.say(f"incident Kasse {name}")
        await expect(c.page.locator(".line:not(.private)").last).to_contain_text(name)
        await look("channel")
        await c.say("help")
        await expect(c.page.locator(".line:not(.mine)").last.locator(".title")).to_be_visible()
        await look("help")
        await c.page.locator(".composer .plainicon").click()
        await expect(c.page.locator(".proposal").first).to_be_visible()
        await look("commands")
        await c.page.keyboard.press("Escape")
        await c.say("incident")
        dialog = c.page.locator("dialog")
        await expect(dialog).to_be_visible()
        await dialog.locator("[type=submit]").click()
        await expect(dialog.locator(".error:not(:empty)").first).to_be_visible()
        await look("form")
        await c.page.keyboard.press("Escape")
        if phone:
            await c.page.locator(".menu").click()
        await c.page.locator(".side footer .sidebutton").first.click()
        await look("settings")
    assert not found, "\n".join(found)


async def test_a_form_with_very_many_choices_opens_and_is_searched(
    browser: Browser, folder: Path, pictures: Path
) -> None:
    settings = Settings(data=folder)
    async with running(folder, "--empty"):
        pass  # the company is made
    database = start.opened(settings, fresh=False)
    database.transact(lambda tx: crowd.furnish(tx.within(DEMO), "ben", "carla"))
    database.close()
    async with running(folder) as address, client(browser, address, pictures, opens=False) as c:
        await c.open(address)
        await c.be("chris")
        await c.go("@")
        dialog = c.page.locator("dialog")
        for typed in ("service new", "incident Etwas ganz anderes"):
            await c.say(typed)
            if typed.startswith("incident"):
                await expect(c.page.locator('.line.private [data-call="move"]')).to_be_visible()
                await c.press("move", ".line.private")
            search = dialog.locator("[role=combobox]").first
            await expect(search).to_be_visible()
            options = dialog.locator(".option")
            if typed.startswith("incident"):
                await search.press_sequentially("ham")
                # Those that begin with it go first, then whose second word does.
                await expect(options.first).to_have_text("Hamburger Tor")
                await expect(options.nth(1)).to_have_text("Lager Hamburg")
                await c.picture("search")
                await search.press("Enter")
                await expect(search).to_have_value("Hamburger Tor")
                await expect(options.first).to_be_hidden()
                await dialog.locator("[type=submit]").click()
            else:
                await search.press_sequentially("Person 99")
                await expect(options).to_have_count(11)  # 99 and 990 to 999
                await search.press("ArrowDown")
                await expect(search).to_have_attribute(
                    "aria-activedescendant", re.compile("-list-1$")
                )
                await search.press("Escape")
                await expect(dialog).to_be_visible()  # only the list is closed
                await c.page.keyboard.press("Escape")
            await expect(dialog).to_have_count(0)
        await expect(c.page.locator(".line.private").last).to_contain_text("Hamburger Tor")
        # The people at the side are found by typing, too.
        await c.page.locator(".side .filter").fill("Person 777")
        await expect(c.page.locator(".persons li")).to_have_count(2)


async def test_the_keyboard_alone_declares_looks_and_leaves_a_form(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        await c.be("anna")
        await c.go("stoerungen")
        keys = c.page.keyboard
        await c.page.evaluate("document.activeElement.blur()")
        await c.page.reload()
        await expect(c.page.locator(".log > *").first).to_be_visible()
        await c.page.evaluate("document.activeElement.blur()")
        # The first stop leads past everything, to the box.
        await c.page.evaluate("document.body.focus()")
        skip = c.page.locator(".skip")
        await skip.focus()
        await expect(skip).to_be_in_viewport()
        await c.picture("skip")
        await keys.press("Enter")
        await expect(c.page.locator(".box")).to_be_focused()
        await keys.type("incident ")
        await keys.press("Enter")
        dialog = c.page.locator("dialog")
        await expect(dialog).to_be_visible()
        inside = "document.activeElement.closest('dialog') !== null"
        assert await c.page.evaluate(inside)
        for _each in range(12):  # the focus does not leave the dialog for what lies below it
            await keys.press("Tab")
            assert await c.page.evaluate(f"{inside} || document.activeElement === document.body")
        await keys.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(c.page.locator(".box")).to_be_focused()
        # Wherever the focus goes, it is seen.
        for _each in range(25):
            await keys.press("Tab")
            seen = await c.page.evaluate(
                """() => {
                    const each = document.activeElement, how = getComputedStyle(each);
                    if (each === document.body) return true;
                    const row = each.closest('.boxrow');
                    return how.outlineStyle !== 'none'
                        || (row && getComputedStyle(row).boxShadow !== 'none');
                }"""
            )
            assert seen, await c.page.evaluate("document.activeElement.outerHTML")
