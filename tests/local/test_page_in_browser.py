"""The local page as people use it, from the first page of the README to what would do harm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.local.browser import (
    LANGUAGES,
    MARKS,
    PHONE,
    WIDE,
    Browser,
    Caller,
    Client,
    client,
    expect,
    running,
)
from tests.pretend.payloads import BUNDLES, NAMES, PAYLOADS, SEEDS

pytestmark = MARKS

# --- the story of the first page of the README --------------------------------------------

STORY = {
    "de": {
        "till": "störung Kasse Köln druckt nicht",
        "shop": "störung Webshop zeigt nur eine weiße Seite",
        "friction": "reibung Inventurliste wird von Hand abgetippt",
        "computed": "So wird gerechnet",
        "feedback": "feedback Reparatur-Triage",
        "digest": "wochenbericht",
    },
    "en": {
        "till": "incident Kasse in Cologne does not print",
        "shop": "incident Webshop shows nothing but a white page",
        "friction": "friction Stocktaking list is typed by hand",
        "computed": "How this is computed",
        "feedback": "feedback Reparatur-Triage",
        "digest": "digest",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_whole_story(
    browser: Browser, tmp_path: Path, pictures: Path, language: str
) -> None:
    words = STORY[language]
    async with running(tmp_path) as address, client(browser, address, pictures) as c:
        await c.language(language)
        public = c.page.locator(".line:not(.private)")
        private = c.page.locator(".line.private:not(.mine)")
        waiting = c.page.locator(".persons .badge")
        channel = public.last
        # Anna declares in one line; the card stands in the channel, Ben alone is alarmed.
        await c.be("anna")
        await c.go("stoerungen")
        await c.say(words["till"])
        await expect(channel).to_contain_text(words["till"].partition(" ")[2])
        await expect(channel.locator(".tone-alarm")).to_be_visible()
        await expect(private.last).to_contain_text("Ben")
        await c.picture(f"{language}-1-declared")
        # Ben looks after it, from his direct message; the card is edited in place.
        await c.be("ben")
        await c.go("@")
        await c.press("ack", ".line:not(.private)")
        await expect(private.last).to_be_visible()
        await c.picture(f"{language}-2-acknowledged")
        await c.go("stoerungen")
        await expect(channel.locator(".tone-active")).to_be_visible()
        await expect(channel.locator(".edited")).to_be_visible()
        # The next one: nobody answers, so it escalates to Carla, and then to Chris.
        await c.be("anna")
        await c.go("stoerungen")
        await c.say(words["shop"])
        await expect(channel).to_contain_text(words["shop"].partition(" ")[2])
        await c.wind("10min")
        await expect(waiting.first).to_be_visible()
        await c.be("carla")
        await c.go("@")
        await expect(public.last).to_contain_text(words["shop"].partition(" ")[2])
        await expect(public.last.locator(".tone-alarm")).to_be_visible()
        await c.picture(f"{language}-3-escalated")
        await c.press("ack", ".line:not(.private)")
        await expect(private.last).to_be_visible()
        # A friction, and a tap for the pilot.
        await c.be("anna")
        await c.go("allgemein")
        await c.say(words["friction"])
        await expect(private.last).to_contain_text(words["friction"].partition(" ")[2])
        await c.say(words["feedback"])
        await c.press("relief")
        await expect(private).to_have_count(3)
        await c.picture(f"{language}-4-friction-and-pilot")
        # On Monday Chris reads what came back and what nobody uses.
        await c.wind("monday")
        await c.be("chris")
        await c.go("leitung")
        digest = public.filter(has=c.page.locator('[data-call="computed"]')).last
        for what in ("Etikettendrucker", "Rechnungsabgleich", "Lieferschein-Export"):
            await expect(digest).to_contain_text(what)
        await digest.scroll_into_view_if_needed()
        await c.picture(f"{language}-5-monday")
        # A figure that Chris wonders about says how it is computed, and nothing else.
        await digest.locator(".figure").first.click()
        await expect(private.last).to_contain_text(words["computed"])
        await expect(private.last.locator("dt")).to_have_count(1)
        await c.picture(f"{language}-5-computed")
        # Carla decides there: the rest is opened for her alone, and what Lotse says stands further
        # down, and is told above the box.
        await c.be("carla")
        await c.go("leitung")
        await expect(digest).to_contain_text("Etikettendrucker")
        await digest.locator('[data-call="decisions"]').click()
        below = c.page.locator(".newest")
        await expect(below).to_contain_text(re.compile(r"[4-9] "))  # by the day of the week
        await below.click()
        await expect(below).to_be_hidden()
        await expect(private.last).to_contain_text("Reparatur-Triage")
        await private.last.locator('[data-call="undone"]').first.click()
        await expect(private.last).to_contain_text("INC-")
        await expect(private.last).to_be_in_viewport()
        await c.picture(f"{language}-6-decided")
        # Everything is still there after a reload, as the same person in the same place.
        # (The line above what was new is gone then, as everything has been seen; until then it
        # parts an answer from the one before it, and the answer has its author's name again.)
        said = await private.last.text_content() or ""
        decided = re.compile(rf"^(Lotse)?{re.escape(said.removeprefix('Lotse'))}$")
        await c.go("@")
        await c.go("leitung")
        await expect(private.last).to_have_text(decided)
        before = await c.page.locator(".log").evaluate(WORDS)
        await c.page.reload()
        await expect(private.last).to_have_text(decided)
        assert await c.page.locator(".log").evaluate(WORDS) == before


ENDS = {
    "de": ("störung Kasse Köln druckt nicht", "Der Drucker wird in seinem Schrank zu heiß."),
    "en": ("incident Kasse in Cologne does not print", "The printer overheats in its cabinet."),
}
KIND = {"de": "Art der Ursache", "en": "Kind of cause"}


@pytest.mark.parametrize(("language", "size"), [("de", WIDE), ("en", PHONE)])
async def test_restored_is_not_done(
    browser: Browser, tmp_path: Path, pictures: Path, language: str, size: tuple[int, int]
) -> None:
    title, cause = ENDS[language]
    wide = size == WIDE
    async with running(tmp_path) as address, client(browser, address, pictures) as c:
        await c.language(language)
        await c.be("ben")
        await c.go("@")
        await c.say(title)
        # The demo's older incidents have buttons in the same place: those of this one count.
        alarm = c.page.locator(".line:not(.private)", has_text=title.partition(" ")[2]).last
        await expect(alarm.locator('[data-call="ack"]')).to_be_visible()
        await alarm.locator('[data-call="restored"]').click()
        last = c.page.locator(".line.private:not(.mine)").last
        await last.locator('[data-call="done"]').click()
        # What is missing, each with its button.
        await expect(last).to_contain_text(title.partition(" ")[2])
        await expect(last.locator('[data-call="point"]')).to_have_count(7)
        if not wide:
            await c.page.set_viewport_size({"width": size[0], "height": size[1]})
        await last.scroll_into_view_if_needed()
        await c.picture(f"{language}-6-missing")
        # One form for all of it; a placeholder is refused at its field, and nothing is lost.
        await last.locator('[data-call="point"]').first.click()
        form = c.page.locator("dialog form")
        await form.get_by_label(KIND[language]).select_option("hardware")
        await form.locator("textarea").fill("TBD")
        await c.picture(f"{language}-7-form")
        await form.locator("[type=submit]").click()
        await expect(form.locator(".error").filter(has_text=re.compile("."))).to_have_count(1)
        await c.picture(f"{language}-8-refused")
        await form.locator("textarea").fill(cause)
        await form.locator("[type=submit]").click()
        await expect(c.page.locator("dialog")).to_have_count(0)
        await expect(last.locator('[data-call="point"]')).to_have_count(5)
        await expect(last).not_to_contain_text(cause)
        await c.picture(f"{language}-9-fewer")
        # Closing anyway needs a reason, which stays on the card.
        await last.locator('[data-call="close anyway"]').click()
        await form.locator("textarea").fill(cause)
        await form.locator("[type=submit]").click()
        await expect(c.page.locator("dialog")).to_have_count(0)
        await c.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        await c.go("stoerungen")
        card = c.page.locator(".line:not(.private)").last
        await expect(card.locator(".tone-quiet")).to_be_visible()
        await expect(card).to_contain_text(cause)
        await c.picture(f"{language}-10-done")


WORDS = """log => {
    const copy = log.cloneNode(true);
    for (const each of copy.querySelectorAll(".news")) each.remove();
    return copy.textContent;
}"""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_nothing_sticks_out(
    browser: Browser, empty: str, pictures: Path, language: str, dark: bool, size: tuple[int, int]
) -> None:
    name = f"{language}-{'dark' if dark else 'light'}-{size[0]}"
    async with client(browser, empty, pictures, size=size, dark=dark) as c:
        phone = size == PHONE
        if phone:
            await c.page.locator(".menu").click()
            await expect(c.page.locator(".side")).to_be_in_viewport()
            await c.picture(f"{name}-drawer")
        await c.language(language)
        if phone:
            await c.page.keyboard.press("Escape")
        await c.say("incident " + "Rindfleischetikettierungsüberwachungsaufgaben" * 4)
        await c.say("help")
        await expect(c.page.locator(".line.private:not(.mine)").last).to_be_visible()
        for _each in range(2):
            width = await c.page.evaluate("document.scrollingElement.scrollWidth")
            assert width <= size[0]
            sticking = await c.page.evaluate(
                """() => [...document.querySelectorAll('.main *')].filter((each) => {
                    const { left, right, width } = each.getBoundingClientRect();
                    return width && (right > innerWidth + 1 || left < -1)
                        && !each.closest('.unseen');
                }).map((each) => each.className)"""
            )
            assert sticking == []
            await c.picture(name)
            await c.say("incident")
            await expect(c.page.locator("dialog")).to_be_visible()
            await c.picture(f"{name}-form")
            await c.page.keyboard.press("Escape")


# --- how it is used ------------------------------------------------------------------


async def test_commands_are_completed_by_the_keyboard(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        await c.language("en")
        box, proposals = c.page.locator(".box"), c.page.locator(".proposal")
        await box.press_sequentially("stör")  # the German word, too
        await expect(proposals.first).to_contain_text("incident")
        await c.picture("completion")
        await box.press("Tab")
        await expect(box).to_have_value("incident ")
        await expect(proposals).to_have_count(0)
        await expect(c.page.locator("#box-hint b")).to_contain_text("incident <")
        await box.fill("")
        await box.press_sequentially("inc")
        await box.press("ArrowDown")
        await expect(proposals.nth(1)).to_have_attribute("aria-selected", "true")
        await expect(box).to_have_attribute("aria-activedescendant", "proposal-1")
        await box.press("Enter")
        await expect(box).to_have_value("incidents ")
        await box.press("Enter")
        await expect(box).to_have_value("")
        await box.press_sequentially("line one")
        await box.press("Shift+Enter")
        await box.press_sequentially("line two")
        await expect(box).to_have_value("line one\nline two")


async def test_a_form_shows_its_errors_and_keeps_what_was_typed(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        await c.be("chris")
        await c.say("service new")
        dialog = c.page.locator("dialog")
        await dialog.locator("input[type=text]").first.fill("Förderband")
        await dialog.locator("[type=submit]").click()
        wrong = dialog.locator(".error:not(:empty)")
        await expect(wrong.first).to_be_visible()
        await expect(dialog.locator("input[type=text]").first).to_have_value("Förderband")
        await c.picture("form-error")
        await c.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await c.page.keyboard.type("service new ")  # closed by mistake: it is all still there
        await c.page.keyboard.press("Enter")
        await expect(dialog.locator("input[type=text]").first).to_have_value("Förderband")
        people = dialog.locator("select")
        await people.nth(0).select_option("ben")
        await people.nth(1).select_option("carla")
        await dialog.locator("[type=submit]").click()
        await expect(dialog).to_have_count(0)
        await expect(c.page.locator(".line.private").last).to_contain_text("Förderband")


async def test_a_secret_address_is_shown_once_and_stands_nowhere(
    browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    async with running(tmp_path, "--empty") as address, client(browser, address, pictures) as c:
        await c.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await c.be("ben")
        await c.go("allgemein")
        dialog = c.page.locator("dialog")
        shown = dialog.locator(".address code")
        card = c.page.locator(".line.private:not(.mine)").last

        async def look_and_close() -> str:
            """Return the address in the dialog; close it and see that nothing of it is left."""
            secret = await shown.inner_text()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/ping/[0-9a-f-]{36}", secret)
            await dialog.locator(".address button").click()
            await expect(dialog.locator(".address button")).to_have_text("Kopiert")
            assert await c.page.evaluate("navigator.clipboard.readText()") == secret
            await c.picture("secret")
            await dialog.locator(".ends .primary").click()
            await expect(dialog).to_have_count(0)
            return secret

        # Typed, and the form filled in.
        await c.say("auto neu")
        await dialog.locator("input[type=text]").first.fill("Nachtlauf")
        await dialog.locator("textarea").nth(0).fill("Schreibt nachts die Bestände ab.")
        await dialog.locator("textarea").nth(1).fill("Ändert keine Preise.")
        people = dialog.locator("select")
        await people.nth(0).select_option("ben")
        await people.nth(1).select_option("carla")
        await dialog.locator("input[type=text]").nth(1).fill("1")
        await dialog.locator("[type=submit]").click()
        await expect(shown).to_be_visible()
        first = await look_and_close()
        assert (await c.page.context.request.get(first)).ok
        await c.say("auto Nachtlauf")
        await expect(card).to_contain_text("1 nützlicher Lauf")
        # By a button, and by the way from the dialog to the card.
        await c.press("auto address")
        await expect(shown).to_be_visible()
        second = await shown.inner_text()
        await dialog.locator('[data-call="auto"]').click()
        await expect(dialog).to_have_count(0)
        await expect(c.page.locator(".line.private:not(.mine)")).to_have_count(2)
        secrets = {first, second}
        assert [(await c.page.context.request.get(each)).ok for each in secrets] == [True, True]
        # Nobody and nothing remembers them.
        for _again in range(2):
            held = await c.page.evaluate(
                "[document.documentElement.outerHTML, document.body.innerText,"
                " JSON.stringify(localStorage), JSON.stringify(sessionStorage),"
                " JSON.stringify(history.state)].join()"
            )
            assert "Nachtlauf" in held
            assert not [each for each in secrets if each.rpartition("/")[2] in held]
            await c.page.reload()
            await expect(card).to_contain_text("Nachtlauf")
        stored = everything_in(tmp_path)
        assert "Schreibt nachts die Bestände ab.".encode() in stored
        assert not [each for each in secrets if each.rpartition("/")[2].encode() in stored]


def everything_in(folder: Path) -> bytes:
    """Return all that is stored in a folder."""
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


async def test_two_pages_see_the_same_live(browser: Browser, empty: str, pictures: Path) -> None:
    async with (
        client(browser, empty, pictures) as one,
        client(browser, empty, pictures) as other,
    ):
        await other.be("ben")
        await other.go("stoerungen")
        await one.be("anna")
        await one.go("stoerungen")
        await one.say("incident Schranke klemmt, zwei Fenster")
        card = other.page.locator(".line:not(.private)").last
        await expect(card).to_contain_text("Schranke klemmt, zwei Fenster")
        spoken = other.page.locator("#spoken")
        await expect(spoken).to_contain_text("Schranke klemmt, zwei Fenster")
        await one.press("serious", ".line:not(.private)")
        await expect(card.locator(".edited")).to_be_visible()


async def test_an_edit_of_an_old_card_leaves_no_gap(
    browser: Browser, empty: str, pictures: Path
) -> None:
    base, _hash, token = empty.partition("#token=")
    async with (
        ClientSession(base, headers={"X-Lotse-Token": token}) as session,
        client(browser, empty, pictures, opens=False) as c,
    ):
        caller = Caller(session)
        await caller.say("anna", "stoerungen", ["incident Waage zeigt nichts an"])
        [number] = re.findall(r"INC-(\d+)", str(caller.answers))
        asked = [f"Was ist mit Tor {each}?" for each in range(60)]
        await caller.say("anna", "stoerungen", asked)
        await c.open(empty)
        await c.be("anna")
        await c.go("stoerungen")
        log = c.page.locator(".log")
        await expect(log).to_contain_text(asked[-1])
        await caller.say("chris", "stoerungen", [f"update {number} Der Monteur kommt"])
        await c.say("help")
        await expect(log).not_to_contain_text("Der Monteur kommt")
        shown = await c.all_of("stoerungen")
        assert "Der Monteur kommt" in shown
        assert [shown.count(each) for each in asked] == [2] * len(asked)  # typed, and offered


async def test_what_could_not_be_sent_stays_in_the_box_and_counts_once(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        await c.be("anna")
        await c.go("stoerungen")
        cut = True

        async def perhaps(route: object) -> None:
            nonlocal cut
            if cut:  # it arrives, but the answer is lost
                cut = False
                await route.fetch()  # type: ignore[attr-defined]
                await route.abort()  # type: ignore[attr-defined]
            else:
                await route.continue_()  # type: ignore[attr-defined]

        await c.page.route("**/page/api/say", perhaps)
        box = c.page.locator(".box")
        await box.fill("incident Rolltor geht nicht zu")
        await box.press("Enter")
        await expect(c.page.locator(".boxtrouble")).not_to_be_empty()
        await expect(box).to_have_value("incident Rolltor geht nicht zu")
        await c.picture("not-sent")
        await box.press("Enter")
        await expect(box).to_have_value("")
        cards = c.page.locator(".line:not(.private)", has_text="Rolltor")
        await expect(cards).to_have_count(1)
        await expect(c.page.locator(".line.mine", has_text="Rolltor")).to_have_count(1)
        c.wrong.clear()  # the browser's note about the request that we cut


async def test_without_the_key_the_page_says_what_to_do(
    browser: Browser, empty: str, pictures: Path
) -> None:
    base = empty.partition("#")[0]
    async with client(browser, empty, pictures, opens=False) as c:
        for bad in (base, f"{base}#token=from-yesterday"):
            await c.page.goto("about:blank")
            await c.page.goto(bad)
            await expect(c.page.locator("#gate")).to_be_visible()
            await expect(c.page.locator("#gate")).to_contain_text("Terminal")
            await expect(c.page.locator("#app")).to_be_hidden()
        await c.picture("gate")
        c.wrong.clear()  # the browser's note about the 401, and about:blank
        await c.page.goto(empty)  # the right one, in the same tab
        await expect(c.page.locator(".log > *").first).to_be_visible()
        assert "token" not in c.page.url


async def test_the_token_is_in_no_address_that_the_server_sees(
    browser: Browser, empty: str, pictures: Path
) -> None:
    token = empty.partition("#token=")[2]
    async with client(browser, empty, pictures, opens=False) as c:
        seen: list[str] = []
        c.page.on("request", lambda request: seen.append(request.url.partition("#")[0]))
        await c.open(empty)
        await c.say("help")
        assert seen
        assert not [url for url in seen if token in url]


async def test_everything_is_reached_by_the_keyboard(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        await c.be("carla")
        await c.go("allgemein")
        reached: set[str] = set()
        for _each in range(60):
            await c.page.keyboard.press("Tab")
            found = await c.page.evaluate(
                "(() => { const e = document.activeElement;"
                " return e.dataset.by || e.dataset.language || e.className || e.tagName; })()"
            )
            reached.add(found.split(" ")[0])
        wanted = {"person", "place", "sidebutton", "10min", "1h", "monday", "de", "en", "box", "go"}
        assert wanted <= reached


# --- nothing that is typed is ever more than text ---------------------------------------

# Elements that only a payload could have made, and attributes that run something.
FOREIGN = """() => [...document.querySelectorAll('body *')].filter((each) =>
    each.matches(`script, img, iframe, object, embed, link, style, base, meta, form:not(.form),
        video, audio, details, template, math, marquee, a:not(.at)`) && !each.closest('.gate')
    || [...each.attributes].some((attribute) => /^on/.test(attribute.name))
).map((each) => each.outerHTML)"""


async def attack(caller: Caller) -> None:
    """Put payloads into every field there is, as words and as values of forms."""
    pair = {"accountable": "ben", "deputy": "carla"}
    # The same words twice would be asked about, and some payloads differ in signs alone.
    incidents = [
        f"incident {each}" + (f" Nr{number}" if len(each) < 100 else "")
        for number, each in enumerate(PAYLOADS)
    ]
    await caller.say("anna", "stoerungen", incidents)
    await caller.say("chris", "stoerungen", (f"update {n} {b}" for n, b in enumerate(BUNDLES, 1)))
    cured = [f"restored {n} {b}" for n, b in enumerate(BUNDLES, 9)]
    await caller.say("chris", "stoerungen", cured)
    await caller.say("anna", "allgemein", (f"friction {each}" for each in BUNDLES))
    await caller.say("anna", "allgemein", BUNDLES)
    about = {"goal": "Schneller reparieren", "champion": "ben"}
    pilots = [{"name": each, "problem": each, **about} for each in NAMES]
    await caller.submit("chris", "mandate edit", [{"goals": about["goal"]}])
    await caller.submit("chris", "pilot new", pilots)
    said = [{"pilot": NAMES[0], "sentence": each} for each in BUNDLES]
    await caller.submit("anna", "feedback", said)
    autos = [
        {"name": each, "purpose": each, "not_for": each, "rhythm": "1", **pair} for each in NAMES
    ]
    await caller.submit("ben", "auto new", autos)
    await caller.say("ben", "@ben", ["auto", *(f"auto {each}" for each in NAMES)])
    services = [{"name": each, "words": each, **pair} for each in NAMES]
    await caller.submit("chris", "service new", services)


async def nothing_happened(c: Client) -> None:
    """Check that no payload has become an element, or ran."""
    assert await c.page.evaluate(FOREIGN) == []
    assert await c.page.evaluate("typeof window.pwned") == "undefined"


def unmarked(text: str) -> str:
    """Return text without the isolates in which what turns text is shown."""
    return text.translate({0x2068: None, 0x2069: None})


async def test_no_payload_runs_and_nothing_leaves(
    browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    assert len(set(PAYLOADS)) == len(set(NAMES)) == 200
    async with running(tmp_path, "--empty") as address:
        base, _hash, token = address.partition("#token=")
        async with (
            ClientSession(base, headers={"X-Lotse-Token": token}) as session,
            client(browser, address, pictures, opens=False) as c,
        ):
            caller = Caller(session)
            await attack(caller)
            await c.open(address)
            # It all stands there, as the text that it is.
            await c.be("anna")
            incidents = unmarked(await c.all_of("stoerungen"))
            await nothing_happened(c)
            for each in map(unmarked, PAYLOADS):
                assert f"incident {each}" in incidents
                assert re.search(rf"INC-\d+ · {re.escape(each[:100])}", incidents), each
            await c.be("anna")
            elsewhere = unmarked(await c.all_of("allgemein"))
            await nothing_happened(c)
            await c.be("anna")
            feedback = unmarked(await c.all_of("@"))
            await nothing_happened(c)
            for each in map(unmarked, BUNDLES):
                assert incidents.count(each) >= 2, each  # on cards: as news, as the cure
                assert elsewhere.count(each) >= 4, each  # typed and answered: noted, offered
                assert each in feedback
            await c.be("chris")
            pilots_and_services = await c.all_of("@")
            await nothing_happened(c)
            await c.be("ben")
            automations = await c.all_of("@")
            await nothing_happened(c)
            for each in NAMES:
                assert pilots_and_services.count(each) >= 3, each
                assert each in automations
            # The same in dialogs: what is shown once, and services to choose from.
            dialog = c.page.locator("dialog")
            card = c.page.locator(".line", has_text=NAMES[190])
            await card.locator('[data-call="auto address"]').last.click()
            await expect(dialog).to_contain_text(NAMES[190], timeout=30_000)  # a very long page
            await c.page.keyboard.press("Escape")
            await c.be("anna")
            await c.go("stoerungen")
            await c.say(f"incident {PAYLOADS[0]} Nr999")
            await c.press("move", ".line.private")
            await dialog.locator("[role=combobox]").fill(NAMES[-1].partition(" ")[0])
            await expect(dialog.locator(".option", has_text=NAMES[-1])).to_have_count(1)
            await c.picture("payloads-form")
            await nothing_happened(c)
            await c.page.keyboard.press("Escape")  # the list of what fits, then the dialog
            await c.page.keyboard.press("Escape")
            await expect(dialog).to_have_count(0)
            # The names of people, four at a time: at the side, and where they are mentioned.
            await c.be("carla")
            await c.go("leitung")
            await c.say("wer Alles andere")
            people = ("anna", "ben", "carla", "chris")
            shown, mentioned = c.page.locator(".persons .name"), c.page.locator(".log .who")
            for start in range(0, len(NAMES), len(people)):
                names = NAMES[start : start + len(people)]
                both = zip(people, names, strict=True)
                await caller.send("person", ({"person": who, "name": name} for who, name in both))
                await expect(shown).to_have_text(list(names))
                await expect(mentioned).to_have_text([names[3], names[2], names[3]])
                await nothing_happened(c)
            # And by hand, through the box and the dialogs.
            for each in PAYLOADS[: len(SEEDS) : 3]:
                await c.say(each)
                await expect(c.page.locator(".line.private:not(.mine)").last).to_contain_text(each)
            await c.page.locator(".side footer .sidebutton").first.click()
            await dialog.locator("input[type=text]").first.fill(NAMES[5])
            await dialog.locator("[type=submit]").click()
            await expect(shown.first).to_have_text(NAMES[5])
            await c.go("stoerungen")
            await c.say("incident")
            await dialog.locator("textarea").fill(BUNDLES[0])
            await dialog.locator("[type=submit]").click()
            card = c.page.locator(".line:not(.private)").last
            await expect(card).to_contain_text(PAYLOADS[0])
            await card.get_by_role("button", name="Ganzen Text zeigen").click()
            await expect(c.page.locator(".line.private").last).to_contain_text(PAYLOADS[24])
            await nothing_happened(c)
            await c.picture("payloads")


async def test_the_policy_of_the_page_would_stop_a_script_anyway(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        ran = await c.page.evaluate(
            """async () => {
                const script = document.createElement('script');
                script.textContent = 'window.pwned = 1';
                document.body.append(script);
                const image = document.createElement('img');
                const told = new Promise((done) => { image.onload = () => done('loaded');
                    image.onerror = () => done('stopped'); });
                image.src = 'http://127.0.0.1:9/x.png';
                const sent = await fetch('http://127.0.0.1:9/', { mode: 'no-cors' })
                    .then(() => 'sent', () => 'stopped');
                return [typeof window.pwned, await told, sent];
            }"""
        )
        assert ran == ["undefined", "stopped", "stopped"]
        assert len(c.wrong) >= 3
        c.wrong.clear()  # we did it ourselves
