"""The page keeps its place: addresses, Back, drafts, what was typed, and where one reads."""

from __future__ import annotations

import re
from pathlib import Path

from aiohttp import ClientSession

from tests.local.browser import MARKS, Browser, Caller, Client, client, expect, running

pytestmark = MARKS


def address_of(c: Client) -> str:
    """Return the address within the page."""
    return c.page.url.partition("#")[2]


async def drawn(c: Client, name: str) -> None:
    """Wait until a place is open."""
    await expect(c.page.locator(".where h1")).to_have_text(name)
    await expect(c.page.locator(".log > *").first).to_be_visible()


async def test_back_and_reload_keep_place_person_and_draft(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        box = c.page.locator(".box")
        await c.be("anna")
        await c.go("stoerungen")
        await box.fill("incident half a sent")
        await c.go("allgemein")
        assert address_of(c) == "/allgemein"
        await expect(box).to_have_value("")
        await c.be("ben")
        await expect(box).to_have_value("")  # nobody reads another one's draft
        await c.go("@")
        assert address_of(c) == "/@ben"
        await box.fill("for ben alone")
        for me, name, draft in (
            ("ben", "#allgemein", ""),
            ("anna", "#allgemein", ""),
            ("anna", "#störungen", "incident half a sent"),
        ):
            await c.page.go_back()
            await drawn(c, name)
            row = c.page.locator(f'.persons [data-key="{me}"] button')
            await expect(row).to_have_attribute("aria-pressed", "true")
            await expect(box).to_have_value(draft)
        await c.page.reload()
        await drawn(c, "#störungen")
        await expect(box).to_have_value("incident half a sent")
        for _each in range(3):
            await c.page.go_forward()
        await drawn(c, "Lotse")
        await expect(box).to_have_value("for ben alone")
        await c.page.reload()
        await drawn(c, "Lotse")
        assert address_of(c) == "/@ben"
        await expect(box).to_have_value("for ben alone")
        await box.fill("")
        await c.page.reload()
        await drawn(c, "Lotse")
        await expect(box).to_have_value("")


async def test_a_form_keeps_what_was_typed_over_a_reload(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        await c.be("chris")
        field = c.page.locator("dialog input[type=text]").first
        await c.say("service new")
        await field.fill("Verladerampe")
        await c.page.reload()
        await expect(c.page.locator(".log > *").first).to_be_visible()
        await c.say("service new")
        await expect(field).to_have_value("Verladerampe")


async def test_a_form_shows_all_that_is_wrong_and_goes_to_the_first(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        await c.be("chris")
        await c.say("service new")
        dialog = c.page.locator("dialog")
        fields = {"name": "Diesen Namen gibt es schon.", "deputy": "Bitte wähle jemand anderen."}

        async def refuse(route: object) -> None:
            answer = {"outcome": "refused", "fields": fields, "message": None, "form": None}
            await route.fulfill(json=answer)  # type: ignore[attr-defined]

        await c.page.route("**/page/api/submit", refuse)
        await dialog.locator("[type=submit]").click()
        wrong = dialog.locator(".error:not(:empty)")
        await expect(wrong).to_have_text(list(fields.values()))
        await expect(dialog.locator("[aria-invalid=true]")).to_have_count(2)
        await expect(dialog.locator("input[type=text]").first).to_be_focused()
        await c.picture("several-errors")


async def test_an_incident_and_a_message_have_an_address(
    browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    async with running(tmp_path, "--empty") as address:
        base, _hash, token = address.partition("#token=")
        async with (
            ClientSession(base, headers={"X-Lotse-Token": token}) as session,
            client(browser, address, pictures, opens=False) as c,
        ):
            caller = Caller(session)
            await caller.say("anna", "stoerungen", ["incident Waage zeigt nichts an"])
            asked = [f"Was ist mit Tor {each}?" for each in range(120)]
            await caller.say("anna", "stoerungen", asked)
            await c.open(address)
            await c.be("anna")
            await c.go("allgemein")
            # The card stands before the lines that are fetched at first.
            await c.page.goto(f"{base}#/INC-1")
            card = c.page.locator(".line.target")
            await expect(card).to_contain_text("Waage zeigt nichts an")
            await expect(card).to_be_in_viewport()
            await expect(card).to_be_focused()
            await c.picture("address-of-an-incident")
            await expect(card.locator("a.at")).to_have_attribute("href", "#/INC-1")
            # A message's own time leads to it; Back leads to where one was.
            line = c.page.locator(".line.mine").nth(5)
            await line.locator("a.at").click()
            await expect(line).to_have_class(re.compile("target"))
            assert re.fullmatch(r"/stoerungen/\w+", address_of(c))
            await c.page.reload()
            await expect(c.page.locator(".line.target")).to_be_in_viewport()
            await c.page.go_back()
            await expect(card).to_contain_text("Waage zeigt nichts an")
            # What is not there is told, and nobody is thrown out.
            await c.page.goto(f"{base}#/INC-99")
            await expect(c.page.locator(".toast")).to_contain_text("INC-99")
            await drawn(c, "#störungen")
            await c.page.locator(".box").fill("half a sent")
            for address, told in (
                ("PRB-9", "PRB-9"), ("keller", "keller"), ("@nobody", "@nobody"),
                ("stoerungen/nothing", "nicht mehr"),
            ):  # fmt: skip
                await c.page.goto(f"{base}#/{address}")
                await expect(c.page.locator(".toast").last).to_contain_text(told)
                await drawn(c, "#störungen")
                await expect(c.page.locator(".box")).to_have_value("half a sent")
            c.wrong = [each for each in c.wrong if "404" not in each]


async def test_a_long_answer_opens_at_its_beginning_whatever_comes_first(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures, size=(900, 420)) as c:
        await c.be("carla")
        await c.go("@")
        await c.say("Ist da jemand?")
        held = True

        async def late(route: object) -> None:
            """Hold back the answer until the stream has drawn the line, or do not."""
            response = await route.fetch()  # type: ignore[attr-defined]
            if held:
                await expect(c.page.locator(".line")).to_have_count(before + 2)
            await route.fulfill(response=response)  # type: ignore[attr-defined]

        await c.page.route("**/page/api/say", late)
        for held in (True, False):
            before = await c.page.locator(".line").count()
            await c.say("help")
            await expect(c.page.locator(".line")).to_have_count(before + 2)
            title = c.page.locator(".line").last.locator(".title")
            await expect(title).to_be_in_viewport()
            await c.picture(f"long-answer-{'late' if held else 'early'}")


async def test_a_text_that_is_too_long_is_given_back_whole_below_the_reason(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        await c.be("carla")
        await c.go("@")
        text = " ".join(f"Wort{number}" for number in range(1500))
        assert len(text) > 10000
        await c.say(text)
        answer = c.page.locator(".line:not(.mine)").last
        await expect(answer).to_contain_text("Wort1499")
        reason = answer.locator(".text").first
        await expect(reason).to_be_in_viewport()
        await expect(reason).not_to_contain_text("Wort")
        assert text in "".join(await answer.locator(".text").all_text_contents())
        await c.picture("too-long")


async def test_the_arrow_brings_back_what_was_typed(
    browser: Browser, empty: str, pictures: Path
) -> None:
    async with client(browser, empty, pictures) as c:
        await c.be("ben")
        await c.go("@")
        for typed in ("Erste Frage?", "Zweite Frage?", "Zweite Frage?"):
            await c.say(typed)
            await expect(c.page.locator(".line.mine").last).to_contain_text(typed)
        await expect(c.page.locator(".line.mine", has_text="Zweite")).to_have_count(2)
        await c.page.reload()
        await expect(c.page.locator(".line.mine").first).to_be_visible()
        box = c.page.locator(".box")
        for key, value in (
            ("ArrowUp", "Zweite Frage?"),
            ("ArrowUp", "Erste Frage?"),
            ("ArrowDown", "Zweite Frage?"),
            ("ArrowDown", ""),
            ("ArrowUp", "Zweite Frage?"),
        ):
            await box.press(key)
            await expect(box).to_have_value(value)
        await box.press("End")
        await box.press_sequentially("!")
        await box.press("ArrowUp")  # it is a text of its own now
        await expect(box).to_have_value("Zweite Frage?!")


LISTEN = """() => {
    window.heard = [];
    window.Notification = class extends EventTarget {
        static permission = 'default';
        static async requestPermission() { return (this.permission = 'granted'); }
        constructor(title, { body }) { super(); heard.push(`${title}|${body}`); }
        close() {}
    };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (at) { heard.push('tone'); start.call(this, at); };
}"""


async def test_an_alarm_is_heard_and_notified_only_by_those_who_asked(
    browser: Browser, empty: str, pictures: Path
) -> None:
    base, _hash, token = empty.partition("#token=")
    async with (
        ClientSession(base, headers={"X-Lotse-Token": token}) as session,
        client(browser, empty, pictures, opens=False) as c,
    ):
        caller = Caller(session)
        await c.page.add_init_script(f"({LISTEN})()")
        await c.open(empty)
        await c.be("chris")
        await c.go("allgemein")
        unread = c.page.locator('[data-key="local:@chris"] .badge')

        async def alarm(title: str) -> list[str]:
            before = await unread.count() and int(await unread.inner_text())
            await caller.say("anna", "stoerungen", [f"incident {title}"])
            await expect(unread).to_have_text(str(before + 1))
            heard: list[str] = await c.page.evaluate("window.heard.splice(0)")
            return heard

        assert await alarm("Kasse eins") == []
        await expect(c.page.locator("#alarmed")).to_contain_text("Kasse eins")
        await c.page.locator(".side footer .sidebutton").first.click()
        boxes = c.page.locator(".alarms input")
        await expect(boxes).to_have_count(2)
        for each in await boxes.all():
            await expect(each).not_to_be_checked()
            await each.check()
        await c.picture("alarms")
        await c.page.keyboard.press("Escape")
        await c.page.evaluate("window.heard.splice(0)")
        heard = await alarm("Kasse zwei")
        assert heard.count("tone") == 3
        [notice] = [each for each in heard if "|" in each]
        assert "Kasse zwei" in notice
        # It is kept in this browser, and is nobody else's alarm.
        await c.page.locator('.persons [data-key="anna"] button').click()
        await c.go("stoerungen")
        await caller.say("ben", "stoerungen", ["incident Kasse drei"])
        card = c.page.locator(".line:not(.private)", has_text="Kasse drei")
        await expect(card.first).to_be_visible()
        assert await c.page.evaluate("window.heard") == []
        await c.page.reload()
        await c.page.locator(".side footer .sidebutton").first.click()
        await expect(boxes.first).to_be_checked()


async def test_an_empty_company_shows_its_first_steps_until_it_is_none(
    browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    async with running(tmp_path, "--empty") as address, client(browser, address, pictures) as c:
        tries, box = c.page.locator(".tries"), c.page.locator(".box")
        await expect(tries).to_contain_text("noch leer")
        await c.picture("empty")
        await tries.get_by_text("Als Chris: dienst neu").click()
        await expect(box).to_have_value("dienst neu")
        pressed = c.page.locator('.persons [data-key="chris"] button')
        await expect(pressed).to_have_attribute("aria-pressed", "true")
        await box.press("Escape")
        await box.press("Enter")
        dialog = c.page.locator("dialog")
        await dialog.locator("input[type=text]").first.fill("Kasse")
        await dialog.locator("select").nth(0).select_option("ben")
        await dialog.locator("select").nth(1).select_option("carla")
        await dialog.locator("[type=submit]").click()
        await expect(dialog).to_have_count(0)
        await expect(c.page.get_by_text("noch leer")).to_have_count(0)
