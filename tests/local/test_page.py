"""The local page's calls: who may come in, and what happens to what they bring."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientResponse, ClientTimeout
from aiohttp.test_utils import TestClient, TestServer

from bot import app, serving
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.delivery.platform import Impossible, MessageGone
from bot.delivery.requests import Response
from bot.local import demo
from bot.local.chat import Local
from bot.local.page import BODY, FOLDER
from bot.local.page_data import ahead, unslashed, wrong_fields
from bot.local.page_words import LABELS
from bot.lotse import Lotse
from handlers import FEATURES
from handlers.kit.messages import line
from storage import local as storage_local
from storage import people
from storage.engine import Database, Tx, Unavailable
from storage.engine.ids import PersonId, PlaceId
from storage.engine.sqlite import Sqlite
from tests.conftest import Logged
from tests.pretend.stage import DEMO, MONDAY, furnish

TOKEN = "the-token-of-this-start"
BERLIN = ZoneInfo("Europe/Berlin")
LOOKS = ("state", "lines", "find", "stream")
ACTS = ("say", "press", "submit", "read", "wind", "person", "company")
CHANNEL = "local:stoerungen"


@dataclass(slots=True)
class Visitor:
    """A browser that has the page open."""

    client: TestClient[Any, Any]
    lotse: Lotse
    _ids: int = field(default=0)

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return self.client.port or 0

    async def get(self, what: str, **values: object) -> dict[str, Any]:
        """Look at something and expect it to be there."""
        response = await self.client.get(f"/page/api/{what}", params=_text(values), headers=_key())
        assert response.status == 200, await response.text()
        found: dict[str, Any] = await response.json()
        return found

    async def post(self, what: str, **body: object) -> ClientResponse:
        """Do something."""
        return await self.client.post(f"/page/api/{what}", json=body, headers=_key())

    async def says(
        self, person: str, text: str, place: str = CHANNEL, id: str = ""
    ) -> dict[str, Any]:
        """Type something, and let everything that follows happen."""
        self._ids += 1
        id = id or f"page-id-{self._ids:04d}"
        response = await self.post("say", id=id, person=person, place=place, text=text)
        assert response.status == 200, await response.text()
        await self.lotse.settle()
        answer: dict[str, Any] = await response.json()
        return answer

    async def presses(
        self, person: str, call: dict[str, Any], place: str = CHANNEL
    ) -> dict[str, Any]:
        """Press a button."""
        self._ids += 1
        id = f"page-id-{self._ids:04d}"
        response = await self.post("press", id=id, person=person, place=place, call=call)
        assert response.status == 200, await response.text()
        await self.lotse.settle()
        answer: dict[str, Any] = await response.json()
        return answer

    async def sees(self, person: str, place: str = CHANNEL) -> list[dict[str, Any]]:
        """Return the lines of a place."""
        lines: list[dict[str, Any]] = (await self.get("lines", person=person, place=place))["lines"]
        return lines


def _key() -> dict[str, str]:
    return {"X-Lotse-Token": TOKEN}


def _text(values: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _words(line: dict[str, Any]) -> str:
    """Return what a line says, as text."""
    return json.dumps(line["body"], ensure_ascii=False)


@pytest.fixture
async def visitor(tmp_path: Path) -> AsyncIterator[Visitor]:
    database = Sqlite()
    clock = HandClock(MONDAY.astimezone(UTC))
    database.transact(lambda tx: furnish(tx, DEMO, clock.now()))
    lotse = app.build(Settings(backups=tmp_path), database, clock, demo=True)
    async with TestClient(TestServer(await serving.site(lotse, TOKEN))) as client:
        yield Visitor(client, lotse)
    database.close()


# --- who may come in -------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/page/app.css", "/page/icon.svg"])
async def test_files_come_with_strict_headers(visitor: Visitor, path: str) -> None:
    response = await visitor.client.get(path)
    assert response.status == 200
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert TOKEN not in await response.text()


async def test_answers_are_never_kept_by_a_browser(visitor: Visitor) -> None:
    for response in (
        await visitor.client.get("/page/api/state?person=anna", headers=_key()),
        await visitor.client.get("/page/api/state?person=anna"),
        await visitor.post("say"),
    ):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_only_our_own_host_is_answered(visitor: Visitor) -> None:
    port = visitor.port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", f"LocalHost:{port}"):
        response = await visitor.client.get("/", headers={"Host": host})
        assert response.status == 200, host
    for host in (
        "rebound.example", f"rebound.example:{port}", f"localhost.rebound.example:{port}",
        f"127.0.0.1.rebound.example:{port}", "localhost", "127.0.0.1", f"localhost:{port + 1}",
        f"127.0.0.2:{port}", f"0.0.0.0:{port}", f"[::]:{port}", f"localhost.:{port}",
    ):  # fmt: skip
        for path in ("/", "/page/app.js", "/page/api/state?person=anna"):
            response = await visitor.client.get(path, headers={"Host": host, **_key()})
            assert response.status == 403, host


async def test_other_origins_are_turned_away(visitor: Visitor) -> None:
    port = visitor.port
    ours = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}", **_key()}
    response = await visitor.client.get("/page/api/state?person=anna", headers=ours)
    assert response.status == 200
    for origin in (
        "null", "https://attack.example", f"http://attack.example:{port}", "http://127.0.0.1",
        f"https://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", f"http://localhost:{port}",
        f"http://127.0.0.1:{port}.attack.example", "",
    ):  # fmt: skip
        headers = {"Origin": origin, **_key()}
        for act in ACTS:
            response = await visitor.client.post(f"/page/api/{act}", json={}, headers=headers)
            assert response.status == 403, origin
        for look in LOOKS:
            response = await visitor.client.get(f"/page/api/{look}", headers=headers)
            assert response.status == 403, origin


@pytest.mark.parametrize("token", [None, "", "another-token", TOKEN[:-1], TOKEN + "x", "ü"])
async def test_every_call_needs_the_token(visitor: Visitor, token: str | None) -> None:
    headers = {} if token is None else {"X-Lotse-Token": token}
    for look in LOOKS:
        response = await visitor.client.get(f"/page/api/{look}?person=anna", headers=headers)
        assert response.status == 401
        assert await response.json() == {"error": "token"}
    for act in ACTS:
        response = await visitor.client.post(f"/page/api/{act}", json={}, headers=headers)
        assert response.status == 401


async def test_only_json_is_taken(visitor: Visitor) -> None:
    body = json.dumps({"id": "form-1234", "person": "anna", "place": CHANNEL, "text": "help"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        headers = {"Content-Type": kind, **_key()}
        response = await visitor.client.post("/page/api/say", data=body, headers=headers)
        assert response.status == 415, kind


async def test_large_bodies_are_turned_away(visitor: Visitor) -> None:
    headers = {"Content-Type": "application/json", **_key()}
    response = await visitor.client.post("/page/api/say", data=b" " * (BODY + 1), headers=headers)
    assert response.status == 413

    async def drops() -> AsyncIterator[bytes]:
        for _drop in range(BODY // 1024 + 1):
            yield b" " * 1024

    response = await visitor.client.post("/page/api/say", data=drops(), headers=headers)
    assert response.status == 413


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", "1", '"x"', "[" * 20000, '{"id": NaN}', "\ufeff{}"]
)
async def test_broken_json_is_turned_away(visitor: Visitor, body: str) -> None:
    headers = {"Content-Type": "application/json", **_key()}
    response = await visitor.client.post("/page/api/say", data=body.encode(), headers=headers)
    assert response.status == 400


GOOD: dict[str, dict[str, Any]] = {
    "say": {"id": "page-1234", "person": "anna", "place": CHANNEL, "text": "help"},
    "press": {"id": "page-1234", "person": "anna", "place": CHANNEL, "call": {"word": "help"}},
    "submit": {
        "id": "page-1234", "person": "anna", "place": CHANNEL, "call": {"word": "help"},
        "values": {},
    },
    "read": {"person": "anna", "place": CHANNEL, "number": 1},
    "wind": {"by": "1h"},
    "person": {"person": "anna", "name": "Anna", "language": "de"},
    "company": {"language": "en"},
}  # fmt: skip
WRONG: tuple[object, ...] = (None, 7, True, [], {}, "", "\ud800", "x" * 5000, {"word": 1}, -1, 1e9)


@pytest.mark.parametrize("act", ACTS)
async def test_no_value_of_a_wrong_kind_does_harm(visitor: Visitor, act: str) -> None:
    assert (await visitor.post(act, **GOOD[act])).status == 200
    for name in GOOD[act]:
        for wrong in WRONG:
            response = await visitor.post(act, **{**GOOD[act], name: wrong})
            assert response.status in (200, 400, 404), (name, wrong)


def test_the_page_asks_for_the_words_that_there_are() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js"))
    asked = set(re.findall(r'\bt\("([a-z_0-9]+)"', code))
    assert asked <= set(LABELS)
    assert not [key for key in LABELS if key not in code and not key.startswith("wind_")]
    assert "innerHTML" not in code
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)\w", code)  # nothing from elsewhere


# --- saying something ------------------------------------------------------------------


async def test_what_is_said_and_answered_is_kept_for_one_person_only(visitor: Visitor) -> None:
    await visitor.says("anna", "incident Kasse Köln druckt nicht")
    typed, answer, card = sorted(await visitor.sees("anna"), key=lambda line: not line["private"])
    assert (typed["author"], typed["private"]) == ("anna", True)
    assert "incident Kasse Köln druckt nicht" in _words(typed)
    assert (answer["author"], answer["private"]) == ("lotse", True)
    assert (card["author"], card["private"]) == ("lotse", False)
    assert [line["id"] for line in await visitor.sees("ben")] == [card["id"]]


async def test_the_same_words_ten_times_have_one_effect(visitor: Visitor) -> None:
    body = {"id": "page-again", "person": "anna", "place": CHANNEL, "text": "incident Webshop weg"}
    responses = await asyncio.gather(*(visitor.post("say", **body) for _each in range(10)))
    await visitor.lotse.settle()
    answers = [await response.json() for response in responses]
    assert answers == [answers[0]] * 10
    assert answers[0]["outcome"] == "done"
    assert len(await visitor.sees("anna")) == 3  # typed, answer, card


async def test_an_archived_channel_stays_while_somebody_looks_at_it(visitor: Visitor) -> None:
    await visitor.presses("chris", {"word": "settings rooms", "args": {"which": "always"}})
    await visitor.says("anna", "störung Kasse druckt nicht")

    async def place(of: str = "") -> dict[str, Any] | None:
        places = (await visitor.get("state", person="anna", place=of))["places"]
        return next((each for each in places if each["name"].startswith("inc-1-")), None)

    room = await place()
    assert room is not None
    assert room["about"].startswith("INC-1 · Kasse druckt nicht")
    await visitor.presses("anna", {"word": "undo", "args": {"number": "1"}}, room["id"])
    assert await place() is None
    seen = await place(room["id"])
    assert seen is not None
    assert seen["about"].startswith("Archived · INC-1")
    assert await visitor.sees("anna", room["id"])


async def test_other_peoples_direct_places_are_closed(visitor: Visitor) -> None:
    for place in ("local:@ben", "local:nowhere", "incidents", "direct:ben", ""):
        body = {"id": "page-5678", "person": "anna", "place": place}
        assert (await visitor.post("say", **body, text="help")).status == 404
        assert (await visitor.post("press", **body, call={"word": "help"})).status == 404
        assert (await visitor.post("read", person="anna", place=place, number=1)).status == 404
        response = await visitor.client.get(
            "/page/api/lines", params={"person": "anna", "place": place}, headers=_key()
        )
        assert response.status == 404


async def test_nobody_can_be_made_up(visitor: Visitor) -> None:
    for person in ("dora", "lotse", "", "anna ", "local:anna"):
        response = await visitor.post(
            "say", id="page-9999", person=person, place=CHANNEL, text="help"
        )
        assert response.status == 404
    assert (await visitor.get("state", person="dora"))["me"] == "anna"


async def test_a_button_is_pressed_and_the_card_is_edited_in_place(visitor: Visitor) -> None:
    await visitor.says("anna", "incident Kasse Köln druckt nicht")
    [before] = await visitor.sees("ben")
    buttons = [part for part in before["body"]["parts"] if part["kind"] == "buttons"][0]["buttons"]
    answer = await visitor.presses("ben", buttons[0]["call"])
    assert answer["outcome"] == "done"
    after = (await visitor.sees("ben"))[0]
    assert after["id"] == before["id"]
    assert after["version"] > before["version"]
    assert after["edited"] is not None
    assert after["body"] != before["body"]


async def test_a_button_that_is_too_old_says_how_things_stand(visitor: Visitor) -> None:
    await visitor.says("anna", "incident Kasse Köln druckt nicht")
    call = {"word": "ack", "args": {"number": "1"}}
    await visitor.presses("ben", call)
    answer = await visitor.presses("carla", call)
    assert "Ben" in json.dumps(answer["message"])


async def test_a_form_tells_at_its_field_what_is_wrong_and_keeps_nothing(
    visitor: Visitor,
) -> None:
    opened = await visitor.says("anna", "incident")
    form = opened["form"]
    field = form["fields"][0]["name"]
    body = {"person": "anna", "place": CHANNEL, "call": form["call"]}
    response = await visitor.post("submit", id="form-0001", **body, values={field: " "})
    answer = await response.json()
    assert (answer["outcome"], [*answer["fields"]]) == ("refused", [field])
    assert len(await visitor.sees("anna")) == 1  # what was typed
    response = await visitor.post("submit", id="form-0002", **body, values={field: "Kasse tot"})
    assert (await response.json())["outcome"] == "done"
    await visitor.lotse.settle()
    assert len(await visitor.sees("anna")) == 3


def test_a_form_is_told_all_that_is_wrong_with_it() -> None:
    faults = (("on", "Kein Tag."),)
    several = Response("refused", line(("Zu lang.",)), field="name", faults=faults)
    assert wrong_fields(several) == {"name": "Zu lang.", "on": "Kein Tag."}
    one = Response("refused", line(("Hier fehlt etwas.",)), field="name")
    assert wrong_fields(one) == {"name": "Hier fehlt etwas."}
    assert wrong_fields(Response("refused", line(("Geht nicht.",)))) == {}


async def test_incidents_and_messages_are_found_by_those_who_see_them(visitor: Visitor) -> None:
    await visitor.says("anna", "incident Kasse Köln druckt nicht")
    own, _answer, card = sorted(await visitor.sees("anna"), key=lambda line: not line["private"])
    found = {"place": CHANNEL, "line": card["id"]}
    assert await visitor.get("find", person="carla", incident=1) == found
    assert await visitor.get("find", person="carla", line=card["id"]) == found
    assert (await visitor.get("find", person="anna", line=own["id"]))["line"] == own["id"]
    for values in (
        {"person": "ben", "line": own["id"]}, {"person": "ben", "incident": "2"},
        {"person": "ben", "incident": "x"}, {"person": "ben"}, {"person": "dora", "incident": "1"},
    ):  # fmt: skip
        path = "/page/api/find"
        response = await visitor.client.get(path, params=values, headers=_key())
        assert response.status == 404, values


async def test_only_an_empty_company_has_first_steps(visitor: Visitor) -> None:
    assert (await visitor.get("state", person="anna"))["steps"] == []  # it has services
    lotse = app.build(Settings(), Sqlite(), HandClock(MONDAY.astimezone(UTC)), demo=True)
    await demo.prepare(lotse, empty=True)
    async with TestClient(TestServer(await serving.site(lotse, TOKEN))) as client:
        steps = (await Visitor(client, lotse).get("state", person="anna"))["steps"]
    assert [(each["text"], each["person"]) for each in steps] == [
        ("dienst neu", "chris"),
        ("störung Kasse Köln druckt nicht", "anna"),
        ("hilfe", "anna"),
    ]
    lotse.database.close()


class Full:
    """A store that has no room left."""

    def __init__(self, inner: Database) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def submit(
        self, work: object, workspace: str | None = None, *, patient: bool = False
    ) -> Future[object]:
        raise Unavailable("The disk is full.")


async def test_what_cannot_be_stored_is_told_and_can_be_sent_again(
    visitor: Visitor, logged: Logged
) -> None:
    body = {"id": "page-full", "person": "anna", "place": CHANNEL, "text": "incident Kasse tot"}
    dispatcher: Any = visitor.lotse.dispatcher
    inner = dispatcher._database
    dispatcher._database = Full(inner)
    response = await visitor.post("say", **body)
    assert response.status == 503
    assert await response.json() == {"error": "storage"}
    logged.take("could not read or store")
    assert await visitor.sees("anna") == []
    dispatcher._database = inner
    assert (await visitor.post("say", **body)).status == 200
    await visitor.lotse.settle()
    assert len(await visitor.sees("anna")) == 3


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/incident Kasse tot", "incident Kasse tot"),
        ("/stoerung Kasse tot", "stoerung Kasse tot"),
        ("/Störung Kasse tot", "Störung Kasse tot"),
        ("/lotse incident Kasse tot", " incident Kasse tot"),
        ("/lotse", ""),
        ("/service new", "service new"),
        ("/var is full", "/var is full"),
        ("/ 3", "/ 3"),
        ("5/3", "5/3"),
        ("incident /lotse", "incident /lotse"),
    ],
)
def test_slashes_of_those_who_type_as_in_slack(typed: str, meant: str) -> None:
    assert unslashed(typed, FEATURES) == meant


PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><svg/onload=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
    "javascript:alert(1)",
    "&lt;script&gt;&#x61;lert(1)",
    "\u202e<b>‮",
)


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_markup_comes_back_as_the_text_that_it_is(visitor: Visitor, payload: str) -> None:
    await visitor.says("anna", f"incident {payload}")
    response = await visitor.client.get(
        "/page/api/lines", params={"person": "anna", "place": CHANNEL}, headers=_key()
    )
    assert response.content_type == "application/json"
    lines = (await response.json())["lines"]
    parts = [part for line in lines for part in line["body"]["parts"]]
    said = [span for part in parts for span in part.get("words", [])]
    assert f"incident {payload}" in said
    assert any(payload in span for span in said if isinstance(span, str))


# --- what arrives ----------------------------------------------------------------------


@dataclass(slots=True)
class Watcher:
    """Somebody whose page follows the stream."""

    response: ClientResponse

    async def next(self) -> dict[str, Any]:
        """Return the next change."""
        async with asyncio.timeout(5):
            news: dict[str, Any] = json.loads(await self.response.content.readline())
            return news

    async def until(self, count: int) -> list[dict[str, Any]]:
        """Return the next `count` lines."""
        lines: list[dict[str, Any]] = []
        while len(lines) < count:
            lines += (await self.next())["lines"]
        return lines


async def follow(visitor: Visitor, person: str, since: int, frame: int = 0) -> Watcher:
    """Open the stream."""
    response = await visitor.client.get(
        "/page/api/stream",
        params={"person": person, "since": str(since), "frame": str(frame)},
        headers=_key(),
        timeout=ClientTimeout(total=20),
    )
    assert response.status == 200
    assert response.content_type == "application/x-ndjson"
    return Watcher(response)


async def test_lines_arrive_live_and_only_for_those_who_may_see_them(visitor: Visitor) -> None:
    version = (await visitor.get("state", person="carla"))["version"]
    carla = await follow(visitor, "carla", version)
    await carla.next()
    await visitor.says("anna", "incident Kasse Köln druckt nicht")
    [card] = await carla.until(1)
    assert (card["place"], card["private"]) == (CHANNEL, False)


async def test_a_stream_goes_on_where_it_was_cut(visitor: Visitor) -> None:
    version = (await visitor.get("state", person="anna"))["version"]
    first = await follow(visitor, "anna", version)
    await first.next()
    await visitor.says("anna", "incident Kasse Köln druckt nicht")
    seen = await first.until(3)
    first.response.close()
    await visitor.says("anna", "incident Webshop langsam")
    await visitor.presses("ben", {"word": "ack", "args": {"number": "1"}})
    second = await follow(visitor, "anna", seen[-1]["version"])
    missed = await second.until(4)  # typed, answer, card, the edited card
    assert [line["id"] for line in missed if line["id"] in {each["id"] for each in seen}] == [
        next(line["id"] for line in seen if not line["private"])
    ]
    assert [line["version"] for line in missed] == sorted(line["version"] for line in missed)
    second.response.close()


async def test_names_languages_and_the_clock_reach_every_page(visitor: Visitor) -> None:
    state = await visitor.get("state", person="carla")
    carla = await follow(visitor, "carla", state["version"], state["frame"])
    assert not (await carla.next())["reframe"]
    for act, body in (
        ("person", {"person": "ben", "name": "  Benno \n Berg "}),
        ("person", {"person": "carla", "language": "en"}),
        ("company", {"language": "en"}),
        ("wind", {"by": "1h"}),
    ):
        assert (await visitor.post(act, **body)).status == 200
        while not (await carla.next())["reframe"]:
            pass
    carla.response.close()
    state = await visitor.get("state", person="carla")
    assert state["language"] == "en"
    assert state["workspace"]["language"] == "en"
    assert [each["name"] for each in state["persons"]] == ["Anna", "Benno Berg", "Carla", "Chris"]
    assert datetime.fromisoformat(state["now"]) == MONDAY + timedelta(hours=1)


async def test_somebody_leaves_and_is_still_to_be_seen(visitor: Visitor) -> None:
    async def told() -> str:
        await visitor.lotse.settle()
        return json.dumps(await visitor.sees("chris", "local:@chris"), ensure_ascii=False)

    assert (await visitor.post("person", person="carla", here="no")).status == 400
    assert (await visitor.post("person", person="carla", here=False)).status == 200
    assert "No longer active: Carla." in await told()
    state = await visitor.get("state", person="carla")
    (carla,) = [each for each in state["persons"] if each["id"] == "carla"]
    assert (carla["here"], carla["role"]) == (False, "Nicht mehr in der Firma")
    assert (await visitor.post("person", person="carla", here=True)).status == 200
    assert "Back and in charge again: Carla." in await told()


async def test_who_is_restricted_is_named_to_nobody_else(visitor: Visitor) -> None:
    def restricted(tx: Tx) -> None:
        people.restrict(tx.within(DEMO), PersonId("anna"), date(2026, 11, 23))

    visitor.lotse.database.transact(restricted)
    to_ben = {
        each["id"]: each["name"] for each in (await visitor.get("state", person="ben"))["persons"]
    }
    to_anna = (await visitor.get("state", person="anna"))["persons"]
    assert to_ben["anna"] == "„Name nicht gezeigt“" and to_ben["carla"] == "Carla"
    assert "Anna" in [each["name"] for each in to_anna], "they read it themselves"


async def test_who_erases_themselves_leaves_no_line(visitor: Visitor) -> None:
    """Not those of before, and not the words with which they did it."""
    await visitor.says("anna", "status")
    await visitor.post("read", person="anna", place=CHANNEL, number=1)
    answer = await visitor.presses("anna", {"word": "data erased", "args": {}})
    assert answer["outcome"] == "done"
    chat, typed = visitor.lotse.local, ("Erase me", visitor.lotse.clock.now())
    assert chat is not None
    assert await chat.keep(DEMO, PlaceId(CHANNEL), "anna", "one", typed, None) is None
    left = visitor.lotse.database.read(
        lambda tx: tx.rows("select 1 from local_messages where 'anna' in (author, only_for)")
    )
    assert left == []


async def test_unread_lines_are_counted_until_they_are_read(visitor: Visitor) -> None:
    await visitor.says("anna", "incident Kasse Köln druckt nicht")
    state = await visitor.get("state", person="ben")
    assert state["unread"] == {CHANNEL: 1, "local:@ben": 1}
    assert state["waiting"] == {"ben": 1}
    for place in state["unread"]:
        number = (await visitor.sees("ben", place))[-1]["number"]
        assert (await visitor.post("read", person="ben", place=place, number=number)).status == 200
    state = await visitor.get("state", person="ben")
    assert (state["unread"], state["waiting"]) == ({}, {})
    assert state["marks"][CHANNEL] > 0
    await visitor.post("read", person="ben", place=CHANNEL, number=0)  # never back
    assert (await visitor.get("state", person="ben"))["unread"] == {}


async def test_the_state_speaks_the_language_of_the_one_who_looks(visitor: Visitor) -> None:
    english = await visitor.get("state", person="anna")
    assert english["labels"]["send"] == "Send"
    words = {each["name"]: each for each in english["commands"]}
    assert words["incident"]["words"][0] == "incident"
    assert "störung" in words["incident"]["words"]
    assert words["incident"]["usage"].startswith("incident ")
    german = await visitor.get("state", person="ben")
    words = {each["name"]: each for each in german["commands"]}
    assert words["incident"]["words"][0] == "störung"
    assert "undo" not in words  # a button only


async def test_old_lines_come_page_by_page(visitor: Visitor) -> None:
    for number in range(120):
        assert visitor.lotse.local is not None
        await visitor.lotse.local.create(
            DEMO, PlaceId(CHANNEL), f"p{number}", line((f"Nr. {number}",))
        )
    found = await visitor.get("lines", person="anna", place=CHANNEL)
    assert found["more"]
    first = found["lines"]
    found = await visitor.get("lines", person="anna", place=CHANNEL, before=first[0]["id"])
    assert not found["more"]
    said = [each["body"]["parts"][0]["words"][0] for each in found["lines"] + first]
    assert said == [f"Nr. {number}" for number in range(120)]


async def test_a_page_that_watches_does_not_hold_up_the_end(visitor: Visitor) -> None:
    watcher = await follow(visitor, "anna", 0)
    await watcher.next()
    async with asyncio.timeout(3):
        await visitor.client.server.close()
    assert await watcher.response.content.read() == b""


# --- the clock -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-20 10:30", "2026-11-23 08:30"),
        ("2026-11-23 08:29", "2026-11-23 08:30"),
        ("2026-11-23 08:30", "2026-11-30 08:30"),
        ("2026-11-23 09:00", "2026-11-30 08:30"),
        ("2026-11-22 23:59", "2026-11-23 08:30"),
        ("2027-03-27 12:00", "2027-03-29 08:30"),  # the night before the clocks change
        ("2026-10-24 12:00", "2026-10-26 08:30"),
    ],
)
def test_the_next_monday_is_always_ahead_and_local(now: str, then: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=BERLIN)
    found = ahead(moment.astimezone(UTC), "monday", "Europe/Berlin")
    assert found == datetime.fromisoformat(then).replace(tzinfo=BERLIN)


async def test_winding_lets_everything_due_happen_first(visitor: Visitor) -> None:
    await visitor.says("anna", "incident Kasse Köln druckt nicht")
    assert (await visitor.get("state", person="anna"))["waiting"] == {"ben": 1}
    assert (await visitor.post("wind", by="10min")).status == 200
    waiting = (await visitor.get("state", person="anna"))["waiting"]
    assert set(waiting) == {"ben", "carla"}
    assert (await visitor.post("wind", by="1 year")).status == 400


# --- what it remembers, on both stores --------------------------------------------------


async def test_the_same_parcel_twice_makes_one_message(
    database: Database, clock: HandClock
) -> None:
    database.transact(lambda tx: furnish(tx, DEMO, clock.now()))
    local = Local(database, clock)
    first = await local.create(DEMO, PlaceId(CHANNEL), "parcel", line(("Eins",)))
    assert await local.create(DEMO, PlaceId(CHANNEL), "parcel", line(("Eins",))) == first
    found = database.read(
        lambda tx: storage_local.latest(
            tx.within(DEMO), PersonId("anna"), PlaceId(CHANNEL), before=None, most=9
        )
    )
    assert [each.id for each in found] == [first]


async def test_an_edit_that_changes_nothing_leaves_no_mark(
    database: Database, clock: HandClock
) -> None:
    database.transact(lambda tx: furnish(tx, DEMO, clock.now()))
    local = Local(database, clock)
    id = await local.create(DEMO, PlaceId(CHANNEL), "parcel", line(("Eins",)))
    await local.edit(DEMO, PlaceId(CHANNEL), id, line(("Eins",)))
    since = database.read(
        lambda tx: storage_local.changes(tx.within(DEMO), PersonId("anna"), 0, most=9)
    )
    assert [(each.edited_at, each.version) for each in since] == [(None, since[0].number)]
    await local.edit(DEMO, PlaceId(CHANNEL), id, line(("Zwei",)))
    [after] = database.read(
        lambda tx: storage_local.changes(tx.within(DEMO), PersonId("anna"), 1, most=9)
    )
    assert (after.number, after.edited_at is not None) == (since[0].number, True)


async def test_what_is_gone_or_nowhere_is_told_to_the_courier(
    database: Database, clock: HandClock
) -> None:
    database.transact(lambda tx: furnish(tx, DEMO, clock.now()))
    local = Local(database, clock)
    with pytest.raises(Impossible):
        await local.create(DEMO, PlaceId("local:nowhere"), "parcel", line(("Eins",)))
    with pytest.raises(MessageGone):
        await local.edit(DEMO, PlaceId(CHANNEL), "no-such-message", line(("Eins",)))


async def test_private_lines_and_direct_places_are_seen_by_one(
    database: Database, clock: HandClock
) -> None:
    database.transact(lambda tx: furnish(tx, DEMO, clock.now()))
    local = Local(database, clock)
    await local.create(DEMO, PlaceId(CHANNEL), "p1", line(("Für alle",)))
    await local.create(DEMO, PlaceId("local:@ben"), "p2", line(("Für Ben",)))
    await local.keep(
        DEMO, PlaceId(CHANNEL), "anna", "d1", ("help", clock.now()), line(("Für Anna",))
    )
    await local.keep(
        DEMO, PlaceId(CHANNEL), "anna", "d1", ("help", clock.now()), line(("Für Anna",))
    )

    def seen(person: PersonId) -> list[str]:
        found = database.read(lambda tx: storage_local.changes(tx.within(DEMO), person, 0, most=9))
        return [json.loads(each.body)["parts"][0]["words"][0] for each in found]

    assert seen(PersonId("anna")) == ["Für alle", "help", "Für Anna"]
    assert seen(PersonId("ben")) == ["Für alle", "Für Ben"]
    assert seen(PersonId("carla")) == ["Für alle"]
    assert database.read(lambda tx: storage_local.waiting(tx.within(DEMO))) == {"ben": 1}
    assert database.read(lambda tx: storage_local.unread(tx.within(DEMO), PersonId("anna"))) == {
        CHANNEL: 2
    }
    database.transact(lambda tx: storage_local.read_everything(tx.within(DEMO)))
    assert database.read(lambda tx: storage_local.unread(tx.within(DEMO), PersonId("anna"))) == {}
    assert database.read(lambda tx: storage_local.waiting(tx.within(DEMO))) == {}


async def test_what_stands_where_and_how_much_there_is(
    database: Database, clock: HandClock
) -> None:
    database.transact(lambda tx: furnish(tx, DEMO, clock.now()))
    local = Local(database, clock)
    own = await local.keep(DEMO, PlaceId(CHANNEL), "anna", "d1", None, line(("Für Anna",)))
    assert own is not None

    def read(tx: Tx) -> None:
        tx = tx.within(DEMO)
        assert storage_local.place_of(tx, PersonId("anna"), own) == CHANNEL
        assert storage_local.place_of(tx, PersonId("ben"), own) is None
        assert storage_local.where(tx, PersonId("anna"), "incident:1") is None
        held = storage_local.held(tx)
        assert (held.incidents, held.messages) == (0, 1)
        assert held.services > 0
        assert held.since is not None

    database.read(read)
