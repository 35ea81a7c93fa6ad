"""The page's answers: what it is told when it looks, and what it sets going when it acts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TypeVar

from bot.delivery.clock import Clock
from bot.delivery.dispatch import Dispatcher
from bot.delivery.requests import Request, clean
from bot.local.chat import Local
from bot.local.page_data import (
    Company,
    Json,
    Turned,
    ahead,
    answer_data,
    call_of,
    in_order,
    kept,
    line_data,
    number,
    place_data,
    speaker,
    string,
    unslashed,
)
from bot.local.page_words import EXAMPLES, FIRST, LABELS
from handlers.incidents.keys import card_key
from handlers.kit.commands import all_commands
from handlers.kit.messages import Call
from handlers.kit.words import LANGUAGES, Sentence, text
from storage import local as storage_local
from storage import people, workspaces
from storage.delivery import places
from storage.engine import Database, Tx
from storage.engine.ids import IncidentNumber, PersonId, PlaceId
from storage.incidents import channels as stored_channels

T = TypeVar("T")

LINES = 100  # lines of a place at once
BATCH = 200  # changes in one breath of the stream
NAME = 60  # characters of a name
CHANNELS = (
    places.PlaceRole.INCIDENTS,
    places.PlaceRole.GENERAL,
    places.PlaceRole.MANAGERS,
)  # in the order of the page


class Answers:
    """The page's answers. `wind` moves the clock and returns when all is settled."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        database: Database,
        local: Local,
        clock: Clock,
        workspace: str,
        wind: Callable[[datetime], Awaitable[None]],
    ) -> None:
        self._dispatcher = dispatcher
        self._database = database
        self._local = local
        self._clock = clock
        self._workspace = workspace
        self._wind_to = wind
        self._winding = asyncio.Lock()

    # --- looking -----------------------------------------------------------------

    async def state(self, query: Mapping[str, str]) -> Json:
        """Return everything that stands around the lines."""
        wanted, frame = query.get("person", ""), self._local.frames
        open_one = query.get("place", "")

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
                "steps": self._steps(tx, company),
                "labels": {key: text(words, company.language) for key, words in LABELS.items()},
                **self._now(tx, company.me.id),
            }

        return await self._reading(work)

    async def lines(self, query: Mapping[str, str]) -> Json:
        """Return the newest lines of a place, or those before one."""
        wanted, place = query.get("person", ""), PlaceId(query.get("place", ""))
        before = clean(query.get("before", "")) or None

        def work(tx: Tx) -> Json:
            company = self._look(tx, wanted, place)
            found = storage_local.latest(tx, company.me.id, place, before=before, most=LINES + 1)
            more = len(found) > LINES
            return {"lines": [line_data(each) for each in found[more:]], "more": more}

        return await self._reading(work)

    async def find(self, query: Mapping[str, str]) -> Json:
        """Return where a message stands, or the card of an incident."""
        wanted, line = query.get("person", ""), clean(query.get("line", ""))
        incident = IncidentNumber(number(query.get("incident")))

        def work(tx: Tx) -> Json:
            me = self._look(tx, wanted).me
            if line:
                place = storage_local.place_of(tx, me.id, line)
                found = (place, line) if place is not None else None
            else:
                found = storage_local.where(tx, me.id, card_key(incident))
            if found is None:
                raise Turned(404, "line")
            return {"place": found[0], "line": found[1]}

        return await self._reading(work)

    async def known(self, wanted: str) -> None:
        """Raise `Turned` unless `wanted` is somebody here."""
        await self._reading(lambda tx: self._look(tx, wanted))

    async def news(self, wanted: str, since: int) -> Json:
        """Return what somebody has not seen since a version."""
        return await self._reading(lambda tx: self._news(tx, wanted, since))

    def _news(self, tx: Tx, wanted: str, since: int) -> Json:
        company = self._look(tx, wanted)
        found = storage_local.changes(tx, company.me.id, since, most=BATCH)
        return {
            "version": found[-1].version if found else since,
            "lines": [line_data(each) for each in found],
            **self._now(tx, company.me.id),
        }

    def _now(self, tx: Tx, person: PersonId) -> Json:
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
        tries = EXAMPLES.get(company.me.id, EXAMPLES["anna"])
        return [said for each in tries if (said := self._typed(each, company))]

    def _steps(self, tx: Tx, company: Company) -> list[Json]:
        """Return what is done first in a company that is empty, each with who does it."""
        held = storage_local.held(tx)
        if held.services or held.incidents:
            return []
        here = {each.id for each in company.speakers}
        return [
            {"text": said, "person": person if person in here else company.me.id}
            for person, each in FIRST
            if (said := self._typed(each, company))
        ]

    def _typed(self, example: tuple[str, Sentence | None], company: Company) -> str:
        name, words = example
        known = {each.name: each for each in all_commands(self._dispatcher.features)}
        if name not in known:
            return ""
        rest = f" {text(words, company.language)}" if words else ""
        return known[name].word(company.language) + rest

    # --- acting ------------------------------------------------------------------

    async def say(self, body: Json) -> Json:
        """Carry out what a person typed. It is kept only when it was carried out."""
        company, place = await self._who_where(body)
        typed, at = clean(string(body, "text")), self._clock.now()
        words = unslashed(typed, self._dispatcher.features)
        request = self._request(body, company, place, text=words)
        answer = await self._dispatcher.handle(request)
        line = await self._local.keep(
            self._workspace, place, company.me.id, request.identity, (typed, at), kept(answer)
        )
        return {**answer_data(answer), "line": line}

    async def press(self, body: Json) -> Json:
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

    async def submit(self, body: Json) -> Json:
        """Carry out a form. What is wrong with it is told in the form, and not kept."""
        company, place = await self._who_where(body)
        values = body.get("values")
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            raise Turned(400, "values")
        call = call_of(body)
        call = Call(call.word, {**call.args, **values})
        request = self._request(body, company, place, call=call, submitted=True)
        answer = await self._dispatcher.handle(request)
        if answer.is_done:
            await self._local.keep(
                self._workspace, place, company.me.id, request.identity, None, kept(answer)
            )
        return answer_data(answer)

    async def read(self, body: Json) -> Json:
        """Note how far somebody has read."""
        wanted, place, upto = (
            string(body, "person"),
            PlaceId(string(body, "place")),
            body.get("number"),
        )
        if not isinstance(upto, int) or not 0 <= upto < 2**31:
            raise Turned(400, "number")

        def work(tx: Tx) -> None:
            company = self._look(tx, wanted, place)
            newest = storage_local.version(tx)
            storage_local.read_up_to(
                tx.within(self._workspace), company.me.id, place, min(upto, newest)
            )

        await self._writing(work)
        self._local.tell_listeners()
        return {}

    async def wind(self, body: Json) -> Json:
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

    async def person(self, body: Json) -> Json:
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
                self._dispatcher.notice_leaving(tx, me)
            if name is not None:
                people.rename(tx, me.id, name)
            if language is not None:
                people.set_language(tx, me.id, language or None)

        await self._writing(work)
        self._local.reframe()
        return {}

    async def company(self, body: Json) -> Json:
        """Change the company's language."""
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
        place: PlaceId,
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
            identity=f"local:{id}",
            workspace=self._workspace,
            person=f"local:{me.id}",
            name=me.name,
            place=place,
            text=text,
            call=call,
            submitted=submitted,
        )

    async def _who_where(self, body: Json) -> tuple[Company, PlaceId]:
        wanted, place = string(body, "person"), PlaceId(string(body, "place"))
        return await self._reading(lambda tx: self._look(tx, wanted, place)), place

    def _look(
        self, tx: Tx, wanted: str, place: PlaceId | None = None, *, anybody: bool = False
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
