"""The local page: a chat client in the browser, for one machine and for trying things out.

It talks JSON to its own server on the loopback address. Nobody else may: the
Host and Origin must be ours, and every call needs the token that was printed at
the start and that lives in the address's fragment, which browsers never send.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.delivery.clock import Clock
from bot.delivery.dispatch import Dispatcher
from bot.delivery.requests import Request, Response, clean
from bot.local.chat import Local
from bot.local.page_words import ABOUT, EXAMPLES, LABELS, LEFT, MANAGER, OTHERS, ROLES
from handlers.kit.commands import Feature, all_commands
from handlers.kit.messages import Call, Message, as_data, call_from, form_data
from handlers.kit.readers import folded
from handlers.kit.words import LANGUAGES, Words, _, text
from storage import local as storage_local
from storage import people, workspaces
from storage.delivery import places
from storage.delivery.places import Place
from storage.engine import Database, StorageError, Tx
from storage.incidents import channels as stored_channels
from storage.local import Line
from storage.people import Person
from storage.workspaces import Workspace

log = logging.getLogger("lotse.web")

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Json = dict[str, Any]

HOSTS = ("localhost", "127.0.0.1", "[::1]")
TOKEN = "X-Lotse-Token"
BODY = 64 * 1024  # bytes one call may bring
ALIVE = 10.0  # seconds after which a silent stream says that it is still there
LINES = 100  # lines of a place at once
BATCH = 200  # changes in one breath of the stream
NAME = 60  # characters of a name
CHANNELS = (
    places.INCIDENTS,
    places.GENERAL,
    places.MANAGERS,
)  # in the order of the page
FOLDER = Path(__file__).parent / "static"
FILES = {
    "index.html": "text/html",
    "app.css": "text/css",
    "icon.svg": "image/svg+xml",
    "app.js": "text/javascript",
    "talk.js": "text/javascript",
    "draw.js": "text/javascript",
    "forms.js": "text/javascript",
    "compose.js": "text/javascript",
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Turned(Exception):
    """A call that is turned away, with the status and a word that the page understands."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


@dataclass(frozen=True, slots=True)
class Company:
    """What a call needs to know of the workspace: who there is, and what one of them sees."""

    workspace: Workspace
    speakers: list[Person]
    me: Person
    places: list[Place]
    topics: Mapping[str, str]
    archived: frozenset[str]

    @property
    def language(self) -> str:
        """The language of the one who looks."""
        return self.me.language or self.workspace.language


class Page:
    """The page's files and its calls. `wind` moves the clock and returns when all is settled."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        database: Database,
        local: Local,
        clock: Clock,
        workspace: str,
        token: str,
        wind: Callable[[datetime], Awaitable[None]],
    ) -> None:
        self._dispatcher = dispatcher
        self._database = database
        self._local = local
        self._clock = clock
        self._workspace = workspace
        self._token = token
        self._wind_to = wind
        self._winding = asyncio.Lock()
        self._closing = False
        self._files = {name: (FOLDER / name).read_bytes() for name in FILES}

    def add_to(self, app: web.Application) -> None:
        """Add the page's routes to an application."""
        app.router.add_get("/", self._file("index.html"))
        for name in FILES:
            if name != "index.html":
                app.router.add_get(f"/page/{name}", self._file(name))
        for path, look in {
            "state": self._state,
            "lines": self._lines,
            "stream": self._stream,
        }.items():
            app.router.add_get(f"/page/api/{path}", self._guarded(look, api=True))
        for path, act in {
            "say": self._say,
            "press": self._press,
            "submit": self._submit,
            "read": self._read,
            "wind": self._wind,
            "person": self._person,
            "company": self._company,
        }.items():
            app.router.add_post(f"/page/api/{path}", self._guarded(self._posted(act), api=True))
        app.on_shutdown.append(self._close)

    # --- who may come in ---------------------------------------------------------

    def _guarded(self, handler: Handler, *, api: bool = False) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                self._check(request, api=api)
                response = await handler(request)
            except Turned as turned:
                response = web.json_response({"error": turned.error}, status=turned.status)
            except StorageError:
                log.exception("The local page could not read or store")
                response = web.json_response({"error": "storage"}, status=503)
            if not response.prepared:
                response.headers.update(HEADERS)
            return response

        return guarded

    def _check(self, request: web.Request, *, api: bool) -> None:
        """Raise `Turned` unless the call comes from our own page on this machine."""
        address = request.transport.get_extra_info("sockname") if request.transport else None
        port = address[1] if isinstance(address, tuple) else None
        ours = {f"{host}:{port}" for host in HOSTS} | (set(HOSTS) if port == 80 else set())
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or hosts[0].lower() not in ours:
            raise Turned(403, "host")
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() != f"http://{hosts[0].lower()}":
            raise Turned(403, "origin")
        given = request.headers.get(TOKEN, "")
        if api and not hmac.compare_digest(
            given.encode("utf-8", "surrogateescape"), self._token.encode()
        ):
            raise Turned(401, "token")

    def _file(self, name: str) -> Handler:
        async def give(_request: web.Request) -> web.StreamResponse:
            return web.Response(body=self._files[name], content_type=FILES[name], charset="utf-8")

        return self._guarded(give)

    def _posted(self, act: Callable[[Json], Awaitable[Json]]) -> Handler:
        async def posted(request: web.Request) -> web.StreamResponse:
            if request.content_type != "application/json":
                raise Turned(415, "json")
            return web.json_response(await act(await body_of(request)))

        return posted

    # --- looking -----------------------------------------------------------------

    async def _state(self, request: web.Request) -> web.StreamResponse:
        wanted, frame = request.query.get("person", ""), self._local.frames
        open_one = request.query.get("place", "")

        def work(tx: Tx) -> Json:
            # The version comes first: what is written meanwhile arrives by the stream.
            version = storage_local.version(tx)
            company = self._look(tx, wanted, anybody=True)
            return {
                "version": version,
                "frame": frame,
                "workspace": asdict(company.workspace),
                "me": company.me.id,
                "language": company.language,
                "persons": [speaker(each, company) for each in company.speakers],
                "places": [
                    place_data(each, company)
                    for each in company.places
                    if each.id not in company.archived or each.id == open_one
                ],
                "marks": storage_local.marks(tx, company.me.id),
                "commands": self._commands(company.language),
                "examples": self._examples(company),
                "labels": {key: text(words, company.language) for key, words in LABELS.items()},
                **self._now(tx, company.me.id),
            }

        return web.json_response(await self._reading(work))

    async def _lines(self, request: web.Request) -> web.StreamResponse:
        wanted, place = request.query.get("person", ""), request.query.get("place", "")
        before = clean(request.query.get("before", "")) or None

        def work(tx: Tx) -> Json:
            company = self._look(tx, wanted, place)
            found = storage_local.latest(tx, company.me.id, place, before=before, most=LINES + 1)
            more = len(found) > LINES
            return {"lines": [line_data(each) for each in found[more:]], "more": more}

        return web.json_response(await self._reading(work))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Tell one change after the other, each a line of JSON, until somebody leaves."""
        wanted = request.query.get("person", "")
        since, frame = number(request.query.get("since")), number(request.query.get("frame"))
        await self._reading(lambda tx: self._look(tx, wanted))
        response = web.StreamResponse(headers=HEADERS)
        response.content_type = "application/x-ndjson"
        try:
            await response.prepare(request)
        except ConnectionError:  # the page left before we began
            return response
        while not self._closing:
            change = self._local.next_change()
            try:
                news = await self._reading(partial(self._news, wanted=wanted, since=since))
            except (StorageError, Turned):
                break  # the page comes again, and is told what is wrong
            since = news["version"]
            news["reframe"], frame = frame != self._local.frames, self._local.frames
            news["frame"] = frame
            try:
                await response.write(json.dumps(news, ensure_ascii=False).encode() + b"\n")
            except ConnectionError:
                break
            if not news["lines"]:
                await changed(change)
        return response

    def _news(self, tx: Tx, wanted: str, since: int) -> Json:
        company = self._look(tx, wanted)
        found = storage_local.changes(tx, company.me.id, since, most=BATCH)
        return {
            "version": found[-1].version if found else since,
            "lines": [line_data(each) for each in found],
            **self._now(tx, company.me.id),
        }

    def _now(self, tx: Tx, person: str) -> Json:
        return {
            "now": self._clock.now().isoformat(),
            "ahead": self._clock.ahead >= timedelta(minutes=1),
            "unread": storage_local.unread(tx, person),
            "waiting": storage_local.waiting(tx),
        }

    def _commands(self, language: str) -> list[Json]:
        return [
            {
                "name": each.name,
                "words": [
                    each.word(language),
                    *(w for words in each.words.values() for w in words),
                ],
                "usage": each.usage(language),
                "help": text(each.help, language),
            }
            for each in all_commands(self._dispatcher.features)
            if not each.hidden
        ]

    def _examples(self, company: Company) -> list[str]:
        """Return what the person may try, as far as the commands exist."""
        known = {each.name: each for each in all_commands(self._dispatcher.features)}
        return [
            known[name].word(company.language)
            + (f" {text(words, company.language)}" if words else "")
            for name, words in EXAMPLES.get(company.me.id, EXAMPLES["anna"])
            if name in known
        ]

    # --- acting ------------------------------------------------------------------

    async def _say(self, body: Json) -> Json:
        """Carry out what a person typed. It is kept only when it was carried out."""
        company, place = await self._who_where(body)
        typed, at = clean(string(body, "text")), self._clock.now()
        words = unslashed(typed, self._dispatcher.features)
        request = self._request(body, company, place, text=words)
        answer = await self._dispatcher.handle(request)
        await self._local.keep(
            self._workspace, place, company.me.id, request.identity, (typed, at), kept(answer)
        )
        return answer_data(answer)

    async def _press(self, body: Json) -> Json:
        """Carry out a button's call, as it was shown.

        It may be from before an edit, and the handler then says how things stand
        now; it decides by the person's rights, as if the words had been typed.
        """
        company, place = await self._who_where(body)
        request = self._request(body, company, place, call=call_of(body))
        answer = await self._dispatcher.handle(request)
        await self._local.keep(
            self._workspace, place, company.me.id, request.identity, None, kept(answer)
        )
        return answer_data(answer)

    async def _submit(self, body: Json) -> Json:
        """Carry out a form. What is wrong with it is told in the form, and not kept."""
        company, place = await self._who_where(body)
        values = body.get("values")
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            raise Turned(400, "values")
        call = call_of(body)
        call = Call(call.word, {**call.args, **values})
        request = self._request(body, company, place, call=call, submitted=True)
        answer = await self._dispatcher.handle(request)
        if answer.outcome == "done":
            await self._local.keep(
                self._workspace, place, company.me.id, request.identity, None, kept(answer)
            )
        return answer_data(answer)

    async def _read(self, body: Json) -> Json:
        wanted, place, upto = string(body, "person"), string(body, "place"), body.get("number")
        if not isinstance(upto, int) or not 0 <= upto < 2**31:
            raise Turned(400, "number")

        def work(tx: Tx) -> None:
            company = self._look(tx, wanted, place)
            newest = storage_local.version(tx)
            storage_local.read_up_to(
                tx.within(self._workspace), company.me.id, place, min(upto, newest)
            )

        await self._writing(work)
        self._local.stir()
        return {}

    async def _wind(self, body: Json) -> Json:
        """Wind the clock forward, one after the other, and tell what it shows then."""
        by = string(body, "by")
        async with self._winding:
            zone = (await self._reading(workspaces.get)).zone
            to = ahead(self._clock.now(), by, zone)
            if to is None:
                raise Turned(400, "by")
            await self._wind_to(to)
        self._local.reframe()
        return {"now": self._clock.now().isoformat()}

    async def _person(self, body: Json) -> Json:
        """Change the name or the language of one of those who speak here, or let them leave."""
        wanted = string(body, "person")
        name = " ".join(clean(string(body, "name")).split()) if "name" in body else None
        if name is not None and not 1 <= len(name) <= NAME:
            raise Turned(400, "name")
        language = body.get("language")
        if language not in (None, "", *LANGUAGES):
            raise Turned(400, "language")
        here = body.get("here")
        if here not in (None, True, False):
            raise Turned(400, "here")

        def work(tx: Tx) -> None:
            me = self._look(tx, wanted).me
            if here is not None:
                people.set_active(tx, me.id, here)
                self._dispatcher.noticed(tx, me)
            if name is not None:
                people.rename(tx, me.id, name)
            if language is not None:
                people.set_language(tx, me.id, language or None)

        await self._writing(work)
        self._local.reframe()
        return {}

    async def _company(self, body: Json) -> Json:
        language = body.get("language")
        if language not in LANGUAGES:
            raise Turned(400, "language")
        await self._writing(lambda tx: workspaces.set_language(tx, language))
        self._local.reframe()
        return {}

    # --- what they share ---------------------------------------------------------

    def _request(
        self,
        body: Json,
        company: Company,
        place: str,
        *,
        text: str = "",
        call: Call | None = None,
        submitted: bool = False,
    ) -> Request:
        id = string(body, "id")
        if not re.fullmatch(r"[A-Za-z0-9-]{8,64}", id):
            raise Turned(400, "id")
        me = company.me
        return Request(
            f"local:{id}",
            self._workspace,
            f"local:{me.id}",
            me.name,
            place,
            text,
            call,
            submitted,
        )

    async def _who_where(self, body: Json) -> tuple[Company, str]:
        wanted, place = string(body, "person"), string(body, "place")
        return await self._reading(lambda tx: self._look(tx, wanted, place)), place

    def _look(
        self, tx: Tx, wanted: str, place: str | None = None, *, anybody: bool = False
    ) -> Company:
        """Return what `wanted` sees; raises `Turned` for strangers and for others' places.

        With `anybody` the first person stands in for a stranger.
        """
        tx = tx.within(self._workspace)
        speakers = in_order(storage_local.speakers(tx))
        me = next((each for each in speakers if each.id == wanted), None)
        if me is None and anybody and speakers:
            me = speakers[0]
        if me is None:
            raise Turned(404, "person")
        own = stored_channels.all(tx)
        archived = frozenset(each.place for each in own if each.closed and each.place)
        seen = places.all_for(tx, me.id)
        if place is not None and place not in {each.id for each in seen}:
            raise Turned(404, "place")
        seen.sort(key=lambda each: CHANNELS.index(each.role) if each.role in CHANNELS else 9)
        topics = {each.place: each.topic for each in own if each.place}
        return Company(workspaces.get(tx), speakers, me, seen, topics, archived)

    async def _reading(self, work: Callable[[Tx], T]) -> T:
        inside = self._workspace
        return await asyncio.wrap_future(
            self._database.submit_read(lambda tx: work(tx.within(inside)))
        )

    async def _writing(self, work: Callable[[Tx], T]) -> T:
        inside = self._workspace
        return await asyncio.wrap_future(self._database.submit(lambda tx: work(tx.within(inside))))

    async def _close(self, _app: web.Application) -> None:
        self._closing = True
        self._local.stir()


async def body_of(request: web.Request) -> Json:
    """Read a JSON object of at most 64 KiB."""
    raw = bytearray()
    async for chunk in request.content.iter_chunked(8192):
        raw += chunk
        if len(raw) > BODY:
            raise Turned(413, "long")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Turned(400, "json") from None
    if not isinstance(body, dict):
        raise Turned(400, "json")
    return body


async def changed(change: asyncio.Event) -> None:
    """Wait for a change, or until it is time to say that we are still here."""
    try:
        async with asyncio.timeout(ALIVE):
            await change.wait()
    except TimeoutError:
        pass


def string(body: Json, name: str) -> str:
    """Return a text of the body; raises `Turned` when there is none."""
    value = body.get(name)
    if not isinstance(value, str):
        raise Turned(400, name)
    return value


def number(given: str | None) -> int:
    """Return a version from an address, 0 when there is none."""
    return int(given) if given and re.fullmatch(r"[0-9]{1,9}", given, re.ASCII) else 0


def call_of(body: Json) -> Call:
    """Return the call that a button or form carries."""
    given = body.get("call")
    if not isinstance(given, dict):
        raise Turned(400, "call")
    try:
        return call_from(given)
    except ValueError:
        raise Turned(400, "call") from None


def unslashed(typed: str, features: tuple[Feature, ...]) -> str:
    """Take off the slash of those who type as in Slack: `/lotse …`, `/incident …`.

    Any other slash belongs to the words: "/var is full".
    """
    found = re.match(r"\s*/(\w+)", typed)
    if not found:
        return typed
    if folded(found[1]) == "lotse":
        return typed[found.end() :]
    words = (w for each in all_commands(features) for ws in each.words.values() for w in ws)
    if folded(found[1]) in {folded(word).partition(" ")[0] for word in words}:
        return typed[found.start(1) :]
    return typed


def ahead(now: datetime, by: str, zone: str) -> datetime | None:
    """Return where the clock goes; "monday" is the next 08:30 of a Monday, in local time."""
    match by:
        case "10min":
            return now + timedelta(minutes=10)
        case "1h":
            return now + timedelta(hours=1)
        case "monday":
            local = now.astimezone(ZoneInfo(zone))
            day = local.date() + timedelta(days=-local.weekday() % 7)
            monday = datetime.combine(day, time(8, 30), ZoneInfo(zone))
            if monday <= local:
                monday = datetime.combine(day + timedelta(days=7), time(8, 30), ZoneInfo(zone))
            return monday
    return None


def in_order(speakers: list[Person]) -> list[Person]:
    """Put the four of the demo first."""
    rank = {id: position for position, id in enumerate(ROLES)}
    return sorted(speakers, key=lambda each: rank.get(each.id, len(rank)))


def speaker(person: Person, company: Company) -> Json:
    """Return somebody to switch to."""
    role = ROLES.get(person.id, MANAGER if person.manager else OTHERS)
    if not person.active:
        role = LEFT
    return {
        "id": person.id,
        "name": person.name,
        "language": person.language or "",
        "role": text(role, company.language),
        "here": person.active,
    }


def place_data(place: Place, company: Company) -> Json:
    """Return a channel, or the one direct place that its person has."""
    about = ABOUT.get("direct" if place.kind == "direct" else place.role or "")
    topic: Words = company.topics.get(place.id, "")
    archived = place.id in company.archived
    if archived:
        topic = _("Archived · {topic}", topic=topic)
    return {
        "id": place.id,
        "kind": place.kind,
        "name": "Lotse" if place.kind == "direct" else place.name.removeprefix("#"),
        "archived": archived,
        "about": text(about or topic, company.language),
    }


def line_data(line: Line) -> Json:
    """Return a line for the page."""
    return {
        "id": line.id,
        "place": line.place,
        "number": line.number,
        "version": line.version,
        "author": line.author,
        "body": json.loads(line.body),
        "private": line.only_for is not None,
        "at": line.created_at,
        "edited": line.edited_at,
    }


def kept(answer: Response) -> Message | None:
    """Return what may be kept of an answer: a secret is shown once and stored nowhere."""
    return None if answer.secret else answer.message


def answer_data(answer: Response) -> Json:
    """Return an answer for the page; the message stands in the place already, or in the form."""
    return {
        "outcome": answer.outcome,
        "message": as_data(answer.message) if answer.message else None,
        "form": form_data(answer.form) if answer.form else None,
        "field": answer.field,
        "faults": dict(answer.faults),
        "secret": answer.secret,
    }
