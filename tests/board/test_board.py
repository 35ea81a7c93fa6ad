"""The board: a link from chat signs one browser in; it shows what its person may read, no more."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.http.board import COOKIE, Board
from handlers.digest import schedule
from storage import board, people
from storage.engine import Tx
from storage.engine.ids import PersonId
from tests.mandate.test_mandate import do
from tests.pilots.test_pilots import started
from tests.pretend import machines
from tests.pretend.stage import Say, Stage


@dataclass
class Got:
    """An answer of the board."""

    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Browser:
    """A browser with its own cookies, over a real server on this machine."""

    bot: Stage
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Got:
        return self._ask("GET", path)

    def post(self, path: str) -> Got:
        return self._ask("POST", path)

    def _ask(self, method: str, path: str) -> Got:
        async def ask() -> Got:
            app = web.Application()
            Board(self.bot.dispatcher, self.bot.database, self.bot.clock).add_to(app)
            jar = CookieJar(unsafe=True)
            async with TestClient(TestServer(app, host="127.0.0.1"), cookie_jar=jar) as client:
                answer = await client.request(
                    method, path, cookies=self.cookies, allow_redirects=False
                )
                for name, morsel in answer.cookies.items():
                    self.cookies[name] = morsel.value
                return Got(answer.status, await answer.text(), dict(answer.headers))

        return asyncio.run(ask())


@pytest.fixture
def browser(bot: Stage) -> Iterator[Browser]:
    bot.dispatcher.address = "https://lotse.example"
    yield Browser(bot)


def link(who: Say) -> str:
    answer = who.stage.handle(who.stage.request(who.id, "board"))
    found = re.search(r"https://lotse\.example(/board/in/[\w/-]+)", repr(answer.message))
    assert found, answer.message
    return found[1]


def signed_in(browser: Browser, who: Say) -> Browser:
    assert browser.post(link(who)).status == 303
    return browser


def test_a_link_works_once_and_looking_at_it_uses_nothing_up(
    browser: Browser, bot: Stage, chris: Say
) -> None:
    path = link(chris)
    for _each in range(3):
        shown = browser.get(path)
        assert shown.status == 200 and "<form method" in shown.text
    assert browser.get("/board/").status == 401
    assert browser.post(path).status == 303
    assert browser.get("/board/").status == 200
    other = Browser(bot)
    assert other.post(path).status == other.get(path).status == 401
    assert other.get("/board/").status == 401


def test_a_link_is_five_minutes_old_at_most_and_a_browser_a_day(
    browser: Browser, bot: Stage, chris: Say, wind: Callable[..., None]
) -> None:
    path = link(chris)
    wind(minutes=6)
    assert browser.post(path).status == 401
    signed_in(browser, chris)
    wind(minutes=23 * 60)
    assert browser.get("/board/").status == 200
    wind(minutes=61)
    assert browser.get("/board/").status == 401


def test_past_digests_are_files_of_figures_without_people(
    browser: Browser, bot: Stage, anna: Say, chris: Say, wind: Callable[..., None]
) -> None:
    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="plan", now=now, zone="Europe/Berlin", region="DE"))
    anna("incident Kasse tot")
    wind(to="2026-11-30 08:30")
    anna("incident Webshop hängt")
    wind(to="2026-12-07 08:30")
    signed_in(browser, chris)
    page = browser.get("/board/digests").text
    assert page.count("/board/digest/2026-W") == 2 and "/board/digests.csv?" in page
    assert page.count('href="/board/digests"') == 1, "one entry of the navigation"
    rows = table(browser.get("/board/digests.csv").text)
    assert [(each["Week"], each["First day"]) for each in rows] == [
        ("2026-W49", "2026-11-30"), ("2026-W48", "2026-11-23"),
    ]  # fmt: skip
    assert "1 incident" in rows[1]["In short"]
    since = browser.get("/board/digests.json?since=2026-11-30")
    assert [each["week"] for each in json.loads(since.text)] == ["2026-W49"]
    assert browser.get("/board/digests?since=2026-11-30").text.count("/board/digest/2026") == 1
    assert "/board/digest/2026-W48.csv" in browser.get("/board/digest/2026-W48").text
    figures = browser.get("/board/digest/2026-W48.csv")
    assert figures.headers["Content-Disposition"] == 'attachment; filename="digest-2026-W48.csv"'
    entries = {each.id for feature in bot.dispatcher.features for each in feature.measures}
    found = table(figures.text)
    assert found and {each["Figure"] for each in found} <= entries
    assert {"Figure": "incidents", "Value": "1"}.items() <= found[1].items()
    named = [each["Value"] for each in found if each["Value"] in ("Ben", "Carla", "Chris")]
    assert not named and "Ben" not in figures.text
    told = json.loads(browser.get("/board/digest/2026-W48.json").text)
    assert [each["value"] for each in told] == [each["Value"] for each in found]
    assert browser.get("/board/digest/2026-W40.csv").status == 404


def table(text: str) -> list[dict[str, str]]:
    """Return a CSV as a spreadsheet reads it back."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


@pytest.mark.parametrize(
    "path", ["nothing", "incidents?since=nonsense", "digest/2026-W40", "pilot/none.light.svg"]
)
def test_what_is_not_there_is_said_in_both_languages_and_not_cached(
    browser: Browser, chris: Say, path: str
) -> None:
    got = signed_in(browser, chris).get(f"/board/{path}")
    assert got.status in (400, 404)
    assert got.headers["Cache-Control"] == "no-store"
    assert "There is nothing at this address." in got.text
    assert "Unter dieser Adresse gibt es nichts." in got.text


def test_a_figure_made_of_several_names_is_one_link(
    browser: Browser, anna: Say, chris: Say
) -> None:
    for each in ("Kasse tot", "Etikettendrucker tot", "Webshop tot"):
        anna(f"incident {each}")
    links = re.findall(
        r'<a class="figure"[^>]*>([^<]*)</a>', signed_in(browser, chris).get("/board/week").text
    )
    assert "Etikettendrucker, Kasse, and Webshop" in links
    assert all(each.strip(" ,.;") and each.strip() != "and" for each in links)


def test_nothing_is_cached_scripted_or_framed(browser: Browser, chris: Say) -> None:
    signed_in(browser, chris)
    for path in (
        "/board/",
        "/board/incidents",
        "/board/week",
        "/board/figures",
        "/board/incidents.csv",
    ):
        got = browser.get(path)
        assert got.status == 200, path
        assert got.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in got.headers["Content-Security-Policy"]
        assert "<script" not in got.text


def test_lists_have_pages_filters_and_files(
    browser: Browser, bot: Stage, anna: Say, chris: Say
) -> None:
    for n in range(60):
        anna(f"incident Kasse {n} tot")
    anna("incident =1+1 <b>Webshop</b>")
    signed_in(browser, chris)
    first = browser.get("/board/incidents?which=all")
    assert "61 in all" in first.text and first.text.count("<tr>") == 51
    assert "&lt;b&gt;" in first.text and "<b>" not in first.text
    assert "page=2" in first.text
    second = browser.get("/board/incidents?which=all&page=2")
    assert second.text.count("<tr>") == 12
    few = browser.get("/board/incidents.csv?which=all&service=webshop")
    assert few.headers["Content-Disposition"] == 'attachment; filename="incidents.csv"'
    rows = list(csv.DictReader(io.StringIO(few.text.removeprefix("\ufeff")), delimiter=";"))
    assert [each["Title"] for each in rows] == ["'=1+1 <b>Webshop</b>"]
    beyond = browser.get("/board/incidents?which=all&page=99").text
    assert beyond == browser.get("/board/incidents?which=all&page=2").text, "the last one"
    assert browser.get("/board/incidents?since=nonsense").status == 400
    assert browser.get("/board/nothing").status == 404


def test_it_speaks_the_language_and_goes_by_the_rights_of_the_moment(
    browser: Browser, bot: Stage, ben: Say
) -> None:
    signed_in(browser, ben)
    assert "<h1>Die Tafel</h1>" in browser.get("/board/").text

    def leave(tx: Tx) -> None:
        tx.run("update people set active = 0 where workspace = :workspace and id = 'ben'")

    bot.store(leave)
    assert browser.get("/board/").status == 401


def test_signing_out_ends_it(browser: Browser, chris: Say) -> None:
    signed_in(browser, chris)
    kept = browser.cookies[COOKIE]
    browser.post("/board/out")
    browser.cookies = {COOKIE: kept}
    assert browser.get("/board/").status == 401


def test_a_cookie_of_another_company_opens_nothing(browser: Browser, chris: Say) -> None:
    signed_in(browser, chris)
    token = browser.cookies[COOKIE].partition(".")[2]
    for made in (f"other.{token}", f"demo.x{token}", "demo.", ".", "demo"):
        browser.cookies = {COOKIE: made}
        assert browser.get("/board/").status == 401, made


def test_without_a_public_address_there_is_no_board_in_chat(bot: Stage, chris: Say) -> None:
    bot.dispatcher.address = "http://127.0.0.1:3000"
    assert "/board/in/" in str(bot.handle(bot.request("chris", "board")).message)  # the local page


def test_the_pages_of_all_lists_show_no_minute(
    browser: Browser, anna: Say, ben: Say, chris: Say
) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    ben("behoben 1")
    signed_in(browser, chris)
    for name in ("incidents", "problems", "services", "automations", "pilots"):
        shown = browser.get(f"/board/{name}?which=all").text
        table = shown[shown.index("<table>") : shown.index("</table>")]
        assert not re.search(r"\d\d:\d\d", table), name


def test_what_is_over_is_deleted(bot: Stage, chris: Say) -> None:
    bot.dispatcher.address = "https://lotse.example"
    link(chris)
    later = bot.clock.now() + timedelta(days=3)
    assert bot.store(lambda tx: board.forget(tx, later)) == 1
    assert bot.store(lambda tx: people.find(tx, PersonId("chris"))) is not None


def test_a_past_digest_has_an_address_and_the_page_prints_in_both_languages(
    browser: Browser, bot: Stage, anna: Say, chris: Say, wind: Callable[..., None]
) -> None:
    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="plan", now=now, zone="Europe/Berlin", region="DE"))
    anna("incident <b>Kasse</b> tot")
    wind(to="2026-11-30 08:30")
    signed_in(browser, chris)
    assert '<a href="/board/digest/2026-W48">' in browser.get("/board/digests").text
    said = browser.get("/board/digest/2026-W48").text
    assert "Still to decide" in said and "&lt;b&gt;Kasse" in said
    assert browser.get("/board/digest/2026-W40").status == 404
    german = browser.get("/board/template?language=de").text
    assert '<html lang="de">' in german and "Rollen" in german and "Kasse" in german
    assert "Roles" in browser.get("/board/template").text
    assert browser.get("/board/template?language=xx").status == 200


def test_the_picture_tells_what_its_numbers_and_its_words_tell(
    browser: Browser, bot: Stage, anna: Say, ben: Say, chris: Say, wind: Callable[..., None]
) -> None:
    for number in range(1, 4):
        anna("incident Etikettendrucker offline")
        ben(f"behoben {number}")
        wind(minutes=31)
        if number > 1:
            ben(f"wiederholung {number} von 1")
    secret = machines.enter(ben, name="Abgleich", rhythm="2")
    machines.reports(bot, secret)
    wind(to="2026-12-01 10:00")
    signed_in(browser, chris)
    page = browser.get("/board/picture")
    assert "img-src 'self'" in page.headers["Content-Security-Policy"]
    week = re.search(r'<td data-label="Week">48</td>(.*?)</tr>', page.text)
    assert week and re.findall(r">(\d+)<", week[1]) == ["3", "2", "1"]
    alt = re.search(r'alt="([^"]+)"', page.text)
    assert alt and "0, 0, 3; came back" in alt[1] and alt[1].endswith("0, 0, 1.")
    for theme, ground in (("light", "#ffffff"), ("dark", "#16191d")):
        got = browser.get(f"/board/picture.{theme}.svg")
        assert got.headers["Content-Type"].startswith("image/svg+xml")
        tree = ElementTree.fromstring(got.text)
        assert ground in got.text and "<script" not in got.text
        bars = [each for each in tree.iter() if each.tag.endswith("rect")]
        assert len(bars) == 1 + 3 * 12
    assert browser.get("/board/picture.blue.svg").status == 404


def test_a_pilot_s_values_stand_between_its_baseline_and_its_target(
    browser: Browser, bot: Stage, chris: Say, wind: Callable[..., None]
) -> None:
    signed_in(browser, chris)
    assert browser.get("/board/pilot/nobody.light.svg").status == 404
    pilot = started(bot)
    wind(to="2026-12-08 10:00")
    do(chris, "pilot value", pilot=pilot, value="6,4", number="41")
    signed_in(browser, chris)
    page = browser.get("/board/picture").text
    assert "before 8" in page and "target 6" in page
    drawn = browser.get(f"/board/pilot/{pilot}.dark.svg").text
    ys = [float(each) for each in re.findall(r'<line [^>]*y1="([\d.]+)"', drawn)]
    dot = re.search(r'<circle [^>]*cy="([\d.]+)"', drawn)
    assert dot and min(ys) < float(dot[1]) < max(ys)


def test_a_day_begins_at_midnight_where_the_company_is(
    browser: Browser, bot: Stage, anna: Say, wind: Callable[..., None], chris: Say
) -> None:
    wind(to="2026-11-24 00:30")  # in UTC it is still the day before
    anna("incident Kasse tot")
    signed_in(browser, chris)
    page = browser.get("/board/incidents?which=all&since=2026-11-24").text
    assert "Kasse tot" in page and 'value="2026-11-24"' in page and "since=2026-11-24" in page
    assert "Kasse tot" not in browser.get("/board/incidents?which=all&since=2026-11-25").text


def test_a_list_is_narrowed_by_a_form_without_a_script(
    browser: Browser, anna: Say, chris: Say
) -> None:
    anna("incident Kasse tot")
    anna("incident Webshop leer")
    signed_in(browser, chris)
    page = browser.get("/board/incidents?which=all&service=webshop&since=2026-11-23").text
    assert '<option value="webshop" selected>' in page and 'value="2026-11-23"' in page
    assert "Webshop leer" in page and "Kasse tot" not in page
    assert browser.get("/board/incidents?which=all&service=&since=").status == 200
