"""What Microsoft's own renderer makes of our cards: it complains of nothing, and text is text."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import unicodedata
from typing import Any

import pytest

from bot.teams import cards as teams_cards
from handlers.kit.messages import Button, Buttons, Call, Facts, Items, Message, Text, Title
from handlers.kit.words import Link, Who
from tests.pictures import __main__
from tests.pictures import cards as pictures_cards
from tests.pictures.album import Card
from tests.pretend import node
from tests.teams.test_cards import ANNA, NASTY

Json = dict[str, Any]


@pytest.mark.parametrize("language", pictures_cards.LANGUAGES)
def test_everything_in_the_pictures_fits_teams(language: str) -> None:
    shown = pictures_cards.album(language)
    assert len(shown) > 140  # each was held against the rules when it was made
    assert {"task" in each.teams for each in shown} == {True, False}


@pytest.mark.parametrize("language", pictures_cards.LANGUAGES)
def test_the_renderer_complains_of_nothing(language: str) -> None:
    node.packages("teams", "make pictures")
    found = [
        content(each)
        for shown in pictures_cards.album(language)
        for each in activities(shown.teams)
    ]
    assert [each for each in events(found) if each] == []
    broken = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "Marquee"}]}
    assert "Marquee" in str(events([broken]))


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
async def test_what_somebody_wrote_is_drawn_as_text() -> None:
    node.packages("teams", "make pictures")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    playwright = pytest.importorskip("playwright.async_api", reason="Playwright is missing.")
    if chromium is None:
        pytest.skip("The cards are not drawn: Chromium is missing.")
    from tests.local.browser import LAUNCH

    shown = tuple(
        Card(str(n), "", {}, {"attachments": [teams_cards.attachment(hostile(nasty))]})
        for n, nasty in enumerate(NASTY)
    )
    page = __main__.drawn_by_microsoft(shown, title="Text is text", theme="light")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium, args=list(LAUNCH))
        tab = await browser.new_page()
        wrong: list[str] = []
        tab.on("dialog", lambda dialog: wrong.append(dialog.message))
        tab.on("request", lambda request: wrong.append(request.url))
        await tab.route("**/*", lambda route: route.abort())
        await tab.set_content(page)
        drawn = await tab.evaluate(
            """() => [...document.querySelectorAll(".paper")].map((paper) => ({
                said: paper.textContent,
                marked: [...paper.querySelectorAll(
                    "strong, em, s, a, code, pre, ul, ol, li, h1, h2, hr, img, script, b, table",
                )].map((each) => each.outerHTML),
                people: [...paper.querySelectorAll(".at")].map((each) => each.textContent),
            }))"""
        )
        complaints = await tab.evaluate("EVENTS")
        await browser.close()
    assert (wrong, complaints) == ([], [])
    assert len(drawn) == len(NASTY)
    for nasty, found in zip(NASTY, drawn, strict=True):
        links = found["marked"]  # the one that is ours, unless the text has no room for it
        assert len(links) == (len(nasty) < 1000), (nasty, links)
        assert all('href="https://lotse.example.com/%28a%29"' in each for each in links)
        assert found["people"] in (["Anna"], [])
        words = letters(nasty)[:250]  # a longer title is cut
        assert letters(found["said"]).count(words) >= (4 if len(words) < 250 else 3), nasty


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_nothing_runs_out_of_its_card_on_a_phone() -> None:
    node.packages("teams", "make pictures")
    node.packages("slack", "make pictures")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    playwright = pytest.importorskip("playwright.async_api", reason="Playwright is missing.")
    if chromium is None:
        pytest.skip("The cards are not drawn: Chromium is missing.")
    from tests.local.browser import LAUNCH

    wide = Message(
        (
            Buttons(
                (Button("Allow an exception: new software for till number 3 on Monday", Call("x")),)
            ),
        )
    )
    sent = {"attachments": [teams_cards.attachment(teams_cards.card(wide))]}
    pages = {
        "wide": __main__.drawn_by_microsoft((Card("wide", "", {}, sent),), title="", theme="dark"),
        **{f"Slack {each}": __main__.slack_page(each, "dark") for each in pictures_cards.LANGUAGES},
        **{f"Teams {each}": __main__.teams_page(each, "dark") for each in pictures_cards.LANGUAGES},
    }

    async def look() -> dict[str, list[str]]:
        async with playwright.async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=chromium, args=list(LAUNCH))
            found = {}
            for name, page in pages.items():
                tab = await browser.new_page()
                await __main__.shown(tab, page)
                found[name] = await __main__.on_a_phone(tab)
            await browser.close()
        return found

    found = asyncio.run(look())
    assert found.pop("wide") == ["wide"]
    assert found == dict.fromkeys(found, [])


def hostile(nasty: str) -> Json:
    """Return a card that shows what somebody wrote, alone and beside a mention and a link."""
    who, link = Who(ANNA, "Anna"), Link("here", "https://lotse.example.com/(a)")
    parts = (
        Title((nasty,)),
        Text((who, " says: ", nasty, "\n", link)),
        Facts(((("It",), (nasty,)),)),
        Items(((nasty,),)),
    )
    return teams_cards.card(Message(parts))


def letters(text: str) -> str:
    """Return what of a text must be there to be read, however it is broken into lines."""
    seen = (each for each in text if unicodedata.category(each) != "Cf")
    return "".join("".join(seen).split())


def activities(shown: Json) -> list[Json]:
    """Return what holds cards: the activity or the dialog itself, or the results of a search."""
    if "composeExtension" in shown:
        return [{"attachments": [each]} for each in shown["composeExtension"]["attachments"]]
    return [] if "text" in shown else [shown]


def content(shown: Json) -> Json:
    """Return the card of an activity or a dialog, without what only Teams knows."""
    card = (
        shown["task"]["value"]["card"] if "task" in shown else shown["attachments"][0]
    )["content"]  # fmt: skip
    body = [
        {**{key: value for key, value in each.items() if key != "choices.data"}, "choices": [ONE]}
        if "choices.data" in each
        else each
        for each in card["body"]
    ]
    return {**card, "body": body}


ONE = {"title": "Anna", "value": ANNA}


def events(found: list[Json]) -> list[list[str]]:
    """Return what the renderer says of each card."""
    said = subprocess.run(
        [shutil.which("node") or "node", __main__.TEAMS / "events.mjs"],
        input=json.dumps(found), capture_output=True, text=True, check=True,
    )  # fmt: skip
    told: list[list[str]] = json.loads(said.stdout)
    return told
