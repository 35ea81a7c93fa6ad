"""Nothing that anybody types into any form is more than text on any page of the board (M17)."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import cycle

import pytest

from bot.http import board_pages
from handlers.digest import schedule
from handlers.kit.commands import all_commands
from handlers.kit.doors import Listing
from handlers.kit.messages import Call, FieldKind
from storage import people
from storage.engine import Tx
from storage.engine.ids import PersonId
from tests.board.test_board import Browser, signed_in
from tests.pilots.test_pilots import started
from tests.pretend import machines
from tests.pretend.payloads import PAYLOADS
from tests.pretend.stage import Say, Stage
from tests.repeats.test_repeats import declared

MARK = "pwned"
WHO = "chris"  # manages, so that most forms open
ELEMENTS = {
    "html", "head", "meta", "title", "link", "body", "header", "nav", "main", "form", "button",
    "ul", "li", "a", "h1", "h2", "p", "dl", "dt", "dd", "div", "table", "thead", "tbody", "tr",
    "th", "td", "label", "select", "option", "input", "figure", "picture", "source", "img",
    "details", "summary", "strong", "em", "code", "pre", "span", "br",
}  # fmt: skip
HEAD = {"meta", "link"}  # twice and once, on every page
# What ends something that the walk still needs, or leaves the company.
LAST = re.compile(r"data|.*(erase|retire|drop|end|remove|close|stop|leave|link|split|merge)")


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[str] = Counter()
        self.links: list[str] = []
        self.wrong: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        if tag not in ELEMENTS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("srcdoc", "style", "autofocus"):
                self.wrong.append(f"{tag} {name}={value!r}")
            if name in ("href", "src", "srcset", "action", "formaction"):
                if not (value or "").startswith("/board"):
                    self.wrong.append(f"{tag} {name}={value!r}")
                elif name == "href":
                    self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"a comment: {data!r}")


@pytest.fixture
def filled(bot: Stage, browser: Browser) -> Counter[str]:
    """Put payloads into every field of every form there is; return what became of each."""
    chris = Say(bot, WHO)
    chris("sprache en")
    payloads = cycle(PAYLOADS)
    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="plan", now=now, zone="Europe/Berlin", region="DE"))
    declared(bot, Say(bot, "anna"), "Drucker offline", "Drucker geht wieder nicht")
    Say(bot, "anna")("incident label printer is offline")
    for each in ("repeat 2 of 1", "repeat 3 of 1"):
        chris(each)
    machines.enter(chris, name="Abgleich", rhythm="2", accountable=WHO, deputy="carla")
    refs = {
        "pilot": started(bot),
        "number": "1",
        "service": "kasse",
        "automation": id_of_the_only_automation(bot),
    }

    def renamed(tx: Tx) -> None:
        for id in ("anna", "ben", "carla"):
            people.rename(tx, PersonId(id), " ".join(next(payloads)[:60].split()) or "x")

    found: Counter[str] = Counter()
    commands = sorted(all_commands(bot.dispatcher.features), key=lambda each: each.name)
    for command in sorted(commands, key=lambda each: bool(LAST.fullmatch(each.name))):
        names = {each.name for each in command.parameters}
        call = Call(command.name, {key: refs[key] for key in names & refs.keys()})
        answer = bot.handle(bot.request(WHO, call=call))
        for _try in range(4):  # a refusal may be about one payload: too long, or a name that is
            if answer.form is None:
                break
            values = {
                each.name: value(each.kind, each.choices, next(payloads))
                for each in answer.form.fields
            }
            full = Call(answer.form.call.word, {**answer.form.call.args, **values})
            sent = bot.handle(bot.request(WHO, call=full, submitted=True))
            found[f"{command.name}: {sent.outcome}"] += 1
            assert sent.outcome in ("done", "refused"), (command.name, sent)
            if sent.outcome == "done":
                break
    # Whichever payload the forms of incidents happened to get: one with the mark is open for sure.
    marked = next(each for each in PAYLOADS if MARK in each and each.isprintable())
    Say(bot, "anna")(f"incident Waage {marked}")
    bot.store(renamed)
    bot.wind(to=datetime(2026, 12, 7, 9, 30, tzinfo=UTC))
    return found


def id_of_the_only_automation(bot: Stage) -> str:
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    return str(row["id"])


def value(kind: FieldKind, choices: tuple[tuple[str, object], ...], payload: str) -> str:
    match kind:
        case FieldKind.LONG:
            return f"{payload}\n{payload}"
        case FieldKind.DATE:
            return "2026-12-04"
        case FieldKind.NUMBER:
            return "2"
        case FieldKind.PERSON:
            return "carla"
        case _ if choices:
            return choices[0][0]
        case _:
            return " ".join(payload[:70].split())


@pytest.fixture
def browser(bot: Stage) -> Browser:
    bot.dispatcher.address = "https://lotse.example"
    return Browser(bot)


def test_no_text_of_anybody_becomes_an_element_of_any_page(
    bot: Stage, browser: Browser, filled: Counter[str]
) -> None:
    if "postgres" in type(bot.database).__module__:
        pytest.skip("the pages are the same")
    done = {each.partition(":")[0] for each in filled if each.endswith("done")}
    assert len(done) >= 40, sorted(filled)
    signed_in(browser, Say(bot, WHO))
    waiting, seen = ["/board/"], dict[str, Page]()
    while waiting:
        path = waiting.pop()
        got = browser.get(path)
        assert got.status == 200, (path, got.status)
        if not got.headers["Content-Type"].startswith("text/html"):
            seen[path] = Page("")
            continue
        page = seen[path] = Page(got.text)
        assert page.wrong == [], (path, page.wrong[:3])
        assert {each: page.elements[each] for each in HEAD} == {"meta": 2, "link": 1}, path
        waiting += [each for each in page.links if each not in seen and each not in waiting]
    lists = {f"/board/{each.key}" for each in listed(bot)}
    assert lists <= {path.partition("?")[0] for path in seen}
    # The walk is worth something only where people's text is really shown.
    shown = {path.partition("?")[0] for path, page in seen.items() if MARK in page.text}
    assert {"/board/incidents", "/board/services", "/board/week", "/board/data"} <= shown, shown
    assert any(path.startswith("/board/digest/") for path in shown), shown


def listed(bot: Stage) -> list[Listing]:
    def look(tx: Tx) -> list[Listing]:
        person = people.find(tx, PersonId(WHO))
        assert person is not None
        return list(board_pages.lists(bot.dispatcher.context(tx, person, bot.clock.now())))

    found: list[Listing] = bot.store(look)
    return found
