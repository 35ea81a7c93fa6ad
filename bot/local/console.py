"""The demo in a terminal: the people, places and clock of the local page, without a browser."""

from __future__ import annotations

import asyncio
import codecs
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from bot.delivery import plain
from bot.delivery.ids import new_id
from bot.delivery.requests import Request, Response, clean
from bot.local.chat import Local
from bot.local.page_data import unslashed, wrong_fields
from bot.lotse import DEMO, Lotse
from handlers.kit import calendar, working_hours
from handlers.kit.messages import Button, Call, Field, FieldKind, Form, load
from handlers.kit.readers import folded
from handlers.kit.words import Sentence, Who, Words, _, flat, text, when
from storage import local as storage_local
from storage import people, workspaces
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine import StorageError, Tx
from storage.engine.ids import NOWHERE, PersonId, PlaceId
from storage.local import Line
from storage.people import Person
from storage.workspaces import Workspace

T = TypeVar("T")

FIRST = PersonId("anna")  # who types until somebody says /as
MOST = 200  # lines at once
NOTHING = "-"  # typed, it empties a field; an empty line leaves what stands there
ENDS = ("quit", "exit", "ende", "q")  # as people leave a terminal, with a slash or without

HELP: tuple[Sentence, ...] = (
    _("Type what you would type in a chat; “help” tells what Lotse can do."),
    _("!3 presses button 3, /as ben makes you Ben."),
    _("/wind 10 winds the clock forward by 10 minutes, /monday to Monday 08:30."),
    _("/leaves ben takes Ben out of the company, /back ben brings Ben back."),
    _("“quit” ends the chat; what happened is kept."),
)


async def chat(
    lotse: Lotse,
    lines: AsyncIterator[str] | None = None,
    show: Callable[[str], object] | None = None,
) -> None:
    """Carry out line after line until they end; by default those of the terminal."""
    show = show or _print
    if lotse.local is None:
        show(
            "The chat in the terminal is part of the demo, which is off while a platform is set.\n"
        )
        return
    if lines is None:
        lines = typed(echo=not sys.stdin.isatty())
    async with lotse.working():
        await Console(lotse, lotse.local, lines, show).run()


def _print(text: str) -> None:
    print(text, end="", flush=True)


async def typed(fd: int = 0, *, echo: bool = False) -> AsyncIterator[str]:
    """Yield the lines of a file as they come; `echo` shows them, for input that nobody sees.

    The reading thread is left behind at the end: it holds no lock, as `input` would.
    """
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[str | None] = asyncio.Queue()

    def tell(text: str | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(heard.put_nowait, text)

    def read() -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        while chunk := os.read(fd, 4096):
            *whole, rest = (rest + decoder.decode(chunk)).split("\n")
            for each in whole:
                tell(each)
        if rest:
            tell(rest)
        tell(None)

    threading.Thread(target=read, name="lotse-terminal", daemon=True).start()
    while (line := await heard.get()) is not None:
        if echo:
            _print(f"{line}\n")
        yield line


@dataclass(frozen=True, slots=True)
class Around:
    """What a terminal has to know of the company at the moment."""

    company: Workspace
    speakers: list[Person]
    me: Person
    news: list[Line]
    waiting: dict[PersonId, int]  # others, and how many direct messages they have not seen
    channels: dict[PlaceId, str]

    @property
    def language(self) -> str:
        """The language of the one who types."""
        return self.me.language or self.company.language


class Console:
    """One terminal: who types, what they have seen, and the buttons in sight."""

    def __init__(
        self, lotse: Lotse, local: Local, lines: AsyncIterator[str], show: Callable[[str], object]
    ) -> None:
        self._lotse = lotse
        self._local = local
        self._lines = lines
        self._show = show
        self._me = FIRST
        self._around: Around
        self._start = 0
        self._seen: dict[str, int] = {}  # person: how far they have looked
        self._standing: dict[str, int] = {}  # line: the version on the screen
        self._told: dict[PersonId, int] = {}  # what was said of those who wait
        self._buttons: list[tuple[Call, PlaceId]] = []
        self._prompt = ""  # while it waits for a line
        self._looking = asyncio.Lock()

    async def run(self) -> None:
        """Greet, then carry out line after line."""
        self._start = await self._read(storage_local.version)
        await self._look()
        self._help()
        watch = asyncio.create_task(self._watch())
        try:
            await self._converse()
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    async def _converse(self) -> None:
        while (line := await self._ask(self._here())) is not None:
            line = line.strip()
            if folded(line).strip("/.!") in ENDS:
                return
            try:
                async with self._looking:  # nothing comes in between a line and its answer
                    await self._do(line)
                    await self._lotse.settle()
                await self._look()
            except StorageError as error:
                self._say(str(error))

    async def _do(self, line: str) -> None:
        word, _space, rest = line.partition(" ")
        zone = self._around.company.zone
        match word:
            case "/help":
                self._help()
            case "/as":
                self._be(rest)
            case "/leaves" | "/back":
                await self._set_here(rest, here=word == "/back")
            case "/wind" if rest.isascii() and rest.isdigit() and len(rest) < 6:
                await self._lotse.wind(self._now() + timedelta(minutes=int(rest)))
            case "/wind":
                self._tell(_("/wind takes a number of minutes, such as /wind 10."))
            case "/monday":
                await self._lotse.wind(next_monday(self._now(), zone))
            case _ if word.startswith("!") and word[1:].isdecimal() and not rest:
                await self._press(int(word[1:]))
            case _:
                line, at = clean(line), self._now()
                words = unslashed(line, self._lotse.dispatcher.features)
                await self._hear(self._request(words), (line, at))

    def _be(self, name: str) -> None:
        found = self._named(name)
        if found is not None:
            self._me = found.id

    def _named(self, name: str) -> Person | None:
        """Return one of those who speak here, or say who they are."""
        wanted = folded(name.removeprefix("@"))
        for each in self._around.speakers:
            if wanted in (folded(each.id), folded(each.name)):
                return each
        known = [Who(each.id, each.name) for each in self._around.speakers]
        self._tell(_("Here are: {people}.", people=known))
        return None

    async def _set_here(self, name: str, *, here: bool) -> None:
        """Let somebody leave the company or come back, as a platform would tell it."""
        found = self._named(name)
        if found is None:
            return

        def work(tx: Tx) -> None:
            tx = tx.within(DEMO)
            before = people.find(tx, found.id)
            if before is not None:
                people.set_active(tx, before.id, here)
                self._lotse.dispatcher.notice_leaving(tx, before)

        await asyncio.wrap_future(self._lotse.database.submit(work))
        if here:
            self._tell(_("{who} is in the company.", who=found.name))
        else:
            self._tell(_("{who} has left the company.", who=found.name))

    async def _press(self, number: int) -> None:
        known = 1 <= number <= len(self._buttons)
        call, place = self._buttons[number - 1] if known else (Call(""), NOWHERE)
        if place not in (f"local:@{self._me}", *self._around.channels):  # or somebody else's
            self._tell(_("There is no button {n}.", n=number))
            return
        await self._hear(self._request(call=call, place=place))

    def _request(
        self,
        text: str = "",
        call: Call | None = None,
        place: PlaceId = NOWHERE,
        submitted: bool = False,
    ) -> Request:
        me = self._around.me
        return Request(
            identity=f"local:{new_id()}",
            workspace=DEMO,
            person=f"local:{me.id}",
            name=me.name,
            place=place or PlaceId(f"local:@{me.id}"),
            text=text,
            call=call,
            submitted=submitted,
        )

    async def _hear(self, request: Request, words: tuple[str, datetime] | None = None) -> None:
        """Send a request, keep its answer as the page does, and go through its form."""
        answer = await self._lotse.dispatcher.handle(request)
        await self._keep(request, words, answer)
        if answer.form is not None:
            await self._fill(answer.form, request.place)

    async def _keep(
        self, request: Request, words: tuple[str, datetime] | None, answer: Response
    ) -> None:
        if answer.secret and answer.message is not None:
            self._say(plain.render(answer.message, self._numbered(request.place)))
        kept = None if answer.secret else answer.message
        await self._local.keep(DEMO, request.place, self._me, request.identity, words, kept)

    # --- forms, question by question ---------------------------------------------

    async def _fill(self, form: Form, place: PlaceId) -> None:
        self._tell(_("{form} (/cancel leaves it)", form=flat(form.title)))
        values: dict[str, str] = {}
        asked, wrong = form.fields, dict[str, str]()
        while asked:
            for field in asked:
                if said := wrong.get(field.name):
                    self._say(said)
                value = await self._question(field, again=field.name in values)
                if value is None:
                    return
                values[field.name] = value
            call = Call(form.call.word, {**form.call.args, **values})
            request = self._request(call=call, place=place, submitted=True)
            answer = await self._lotse.dispatcher.handle(request)
            wrong = wrong_fields(answer)
            asked = tuple(each for each in form.fields if each.name in wrong)
            if not asked:
                await self._keep(request, None, answer)

    async def _question(self, field: Field, *, again: bool) -> str | None:
        """Ask until there is an answer; None when the form is left."""
        empties = _("optional; - empties it") if field.value else _("optional")
        hints = [flat(field.hint), "" if field.required else self._text(empties)]
        told = " · ".join(hint for hint in hints if hint)
        self._say(f"  {flat(field.label)}{f' ({told})' if told else ''}")
        for number, (_value, label) in enumerate(() if again else field.choices, 1):
            self._say(f"    {number} {flat(label)}")
        while True:
            line = await self._ask(f"  [{self._stands(field)}] > " if field.value else "  > ")
            if line is None or line.strip() == "/cancel":
                return None
            value = line.strip() or field.value
            if line.strip() == NOTHING and not field.required:
                return ""
            if value.isdecimal() and 1 <= int(value) <= len(field.choices):
                value = field.choices[int(value) - 1][0]
            if value or not field.required:
                return value
            self._tell(field.kind.missing)

    def _stands(self, field: Field) -> str:
        """Return what stands in a field as its reader writes it: a day, and the chosen label."""
        if field.kind is FieldKind.DATE and self._around.language == "de":
            with suppress(ValueError):  # nothing that stands in a field ends the chat
                return date.fromisoformat(field.value).strftime("%d.%m.%Y")
        return next(
            (flat(label) for value, label in field.choices if value == field.value), field.value
        )

    # --- what stands on the screen -----------------------------------------------

    async def _watch(self) -> None:
        """Show what happens by itself while nobody types."""
        while True:
            change = self._local.next_change()
            await self._look()
            await change.wait()

    async def _look(self) -> None:
        """Show what is new or changed for the one who types, and who else has news."""
        async with self._looking:
            self._around = await self._read(self._company)
            self._me = self._around.me.id
            pieces = [*self._lines_for(self._around), *self._waiting_for(self._around)]
            if pieces and self._prompt:
                self._show("\n")
            for piece in pieces:
                self._say(piece)
            if pieces and self._prompt:
                self._show(self._prompt)

    def _company(self, tx: Tx) -> Around:
        def since(person: PersonId) -> list[Line]:
            return storage_local.changes(tx, person, self._seen.get(person, self._start), most=MOST)

        speakers = storage_local.speakers(tx)
        me = people.find(tx, self._me) or speakers[0]  # who erased themselves speaks no more
        waiting = {
            each.id: sum(line.place == f"local:@{each.id}" for line in since(each.id))
            for each in speakers
            if each.id != me.id
        }
        channels = {
            each.id: each.name
            for each in places.all_for(tx, me.id)
            if each.kind == PlaceKind.CHANNEL
        }
        return Around(workspaces.get(tx), speakers, me, since(me.id), waiting, channels)

    def _lines_for(self, around: Around) -> list[str]:
        shown = []
        for line in around.news:
            self._seen[around.me.id] = line.version
        for line in sorted(around.news, key=lambda each: each.only_for is None):  # answers first
            if line.author != around.me.id and self._standing.get(line.id, -1) < line.version:
                self._standing[line.id] = line.version
                shown.append(self._written(line, around))
        return shown

    def _written(self, line: Line, around: Around) -> str:
        head = f"#{around.channels[line.place]}" if line.place in around.channels else "Lotse"
        if line.only_for is not None:
            head += " · " + self._text(_("Only you can see this"))
        if line.edited_at is not None:
            head += " · " + self._text(_("edited"))
        body = plain.render(load(line.body), self._numbered(line.place))
        return "\n".join([head, *(f"  {each}" for each in body.splitlines())])

    def _waiting_for(self, around: Around) -> list[str]:
        before, self._told = self._told, around.waiting
        return [
            self._text(_("{who}: {n} unread (/as {id})", who=each.name, n=count, id=each.id))
            for each in around.speakers
            if (count := around.waiting.get(each.id, 0)) > before.get(each.id, 0)
        ]

    def _numbered(self, place: PlaceId) -> Callable[[Button], str]:
        """Give each button a number under which it can be pressed."""

        def write(button: Button) -> str:
            self._buttons.append((button.call, place))
            return f"[!{len(self._buttons)} {flat(button.label)}]"

        return write

    def _help(self) -> None:
        for words in HELP:
            self._tell(words)

    def _here(self) -> str:
        at = when(self._now(), "moment", self._around.language, self._around.company.zone)
        return f"{self._around.me.name} · {at} > "

    async def _ask(self, prompt: str) -> str | None:
        self._show(prompt)
        self._prompt = prompt
        line = await anext(self._lines, None)
        self._prompt = ""
        return line

    def _say(self, text: str) -> None:
        self._show(f"{text}\n")

    def _tell(self, words: Words) -> None:
        self._say(self._text(words))

    def _text(self, words: Words) -> str:
        return text(words, self._around.language, self._around.company.zone)

    def _now(self) -> datetime:
        return self._lotse.clock.now()

    async def _read(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.wrap_future(
            self._lotse.database.submit_read(lambda tx: work(tx.within(DEMO)))
        )


def next_monday(now: datetime, zone: str) -> datetime:
    """Return the next Monday 08:30 in `zone`."""
    week, hour = calendar.week_of(now, zone), working_hours.MONDAY_MORNING.clock
    first = calendar.at(calendar.monday(week), hour, zone)
    return first if first > now else calendar.at(calendar.monday(calendar.after(week)), hour, zone)
