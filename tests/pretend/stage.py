"""The stage for tests: a small company, a pretend chat, and time that moves by hand."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, assert_never
from zoneinfo import ZoneInfo

from bot.delivery.channels import Rooms
from bot.delivery.clock import Clock, HandClock
from bot.delivery.courier import Courier
from bot.delivery.dispatch import Dispatcher
from bot.delivery.enqueue import store_posts
from bot.delivery.outages.catching_up import CatchingUp
from bot.delivery.platform import Impossible, MessageGone, NotAccepted, Rate, Uncertain, Wait
from bot.delivery.requests import Request, Response
from bot.delivery.scheduler import Scheduler, long_timers
from handlers import FEATURES
from handlers.incidents.keys import IncidentTimer
from handlers.kit.commands import Feature
from handlers.kit.context import LOTSE, Context
from handlers.kit.messages import (
    Button,
    Buttons,
    Call,
    Chart,
    Facts,
    Form,
    Items,
    Message,
    Post,
    Text,
    Title,
)
from handlers.kit.words import flat
from storage.delivery.places import PlaceRole
from storage.engine import Database, Row, Tx
from storage.engine.ids import PlaceId
from storage.workspaces import Workspace
from tests.pretend import adaptive_card, block_kit, company
from tests.pretend.company import Answered, Company, rest

T = TypeVar("T")

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)
DEMO = "demo"

COMPANY = Company(
    channels=(
        ("local:stoerungen", "störungen", PlaceRole.INCIDENTS),
        ("local:leitung", "leitung", PlaceRole.MANAGERS),
        ("local:allgemein", "allgemein", PlaceRole.GENERAL),
    ),
    services=(
        Answered("kasse", "Kasse", ("Kassen", "Bon"), "Ben", "Carla"),
        Answered("drucker", "Etikettendrucker", ("Drucker", "Etiketten"), "Ben", "Carla"),
        Answered("webshop", "Webshop", (), "Carla", "Ben"),
        rest("de"),
    ),
    speaks={"Anna": "en", "Chris": "en"},
)


def furnish(tx: Tx, workspace: str, now: datetime) -> None:
    """Put the company into the store: its people, places and services."""
    demo = Workspace(workspace, "Demo", "de", "Europe/Berlin", "DE")
    company.furnish(tx, demo, replace(COMPANY, key=f"key-{workspace}"), now)


class Ids:
    """Ids in the order of their making: `id-000001`. Made in several threads at once."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def __call__(self) -> str:
        return f"id-{next(self._count):06d}"


# --- the pretend chat ------------------------------------------------------------------


class Died(BaseException):
    """The courier's process dies in the middle of a sending; nobody catches this."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one sending: perhaps it is accepted, then something is raised.

    `hangs` waits for ever instead. `place` limits it to sendings there.
    """

    raises: BaseException | None = None
    accepts: bool = False
    hangs: bool = False
    place: str | None = None


def refuses(reason: str = "connection refused") -> Fault:
    """It surely did not arrive."""
    return Fault(NotAccepted(reason))


def waits(seconds: float, *, everywhere: bool = False) -> Fault:
    """The platform asks for a pause (Retry-After)."""
    return Fault(Wait(seconds, "too many", everywhere=everywhere))


def lost_before() -> Fault:
    """The connection was cut; it had not arrived, but we cannot know."""
    return Fault(Uncertain("connection reset"))


def lost_after() -> Fault:
    """It arrived, the answer was lost."""
    return Fault(Uncertain("no answer"), accepts=True)


def impossible(reason: str = "archived") -> Fault:
    """It cannot be delivered there."""
    return Fault(Impossible(reason))


def gone() -> Fault:
    """The message to edit was deleted."""
    return Fault(MessageGone("deleted"))


def hangs(*, accepts: bool = False) -> Fault:
    """The platform takes the connection and never answers."""
    return Fault(hangs=True, accepts=accepts)


def breaks(*, accepts: bool = False) -> Fault:
    """The platform's library raises something nobody has thought of."""
    return Fault(RuntimeError("surprise"), accepts=accepts)


def dies(*, accepts: bool = False) -> Fault:
    """Our own process dies while sending."""
    return Fault(Died(), accepts=accepts)


@dataclass(slots=True)
class Standing:
    """A message that people see in a place. `number` tells the order; edits keep it."""

    id: str
    workspace: str
    place: str
    parcel: str
    message: Message
    number: int
    edits: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """One line of the chat's own ledger: what it took, and whether it was an edit."""

    workspace: str
    place: str
    kind: str
    text: str


@dataclass(slots=True)
class Channel:
    """A channel that Lotse made."""

    workspace: str
    topics: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    archived: bool = False
    names: list[str] = field(default_factory=list)


class Chat:
    """A pretend platform with a ledger of its own. Faults are planned, one per sending."""

    name = "local"

    def __init__(self, *, idempotent: bool = False, rate: Rate | None = None) -> None:
        self.idempotent = idempotent
        self.finds = False
        self.away: Exception | None = None  # what every call raises while it is away
        self.knocks = 0
        self.rate = rate
        self.standing: list[Standing] = []
        self.ledger: list[Accepted] = []
        self.rooms: dict[str, Channel] = {}
        self.tries = 0
        self.count = itertools.count(1)
        self._faults: deque[Fault] = deque()

    def plan(self, *faults: Fault) -> None:
        """Let the next sendings go wrong, one after the other."""
        self._faults.extend(faults)

    def recover(self) -> None:
        """Let everything go well from now on, whatever was planned."""
        self._faults.clear()

    @property
    def planned(self) -> int:
        """How many faults have not happened yet."""
        return len(self._faults)

    def delete(self, place: str, number: int = 0) -> None:
        """Somebody takes the message away, the oldest first."""
        self.standing.remove(self.at(place)[number])

    def at(self, place: str, workspace: str = DEMO) -> list[Standing]:
        """Return what stands in a place now, oldest first."""
        return [
            each for each in self.standing if (each.workspace, each.place) == (workspace, place)
        ]

    def created(self, place: str) -> list[str]:
        """Return the text of every message that was ever made in a place."""
        return [each.text for each in self.ledger if (each.place, each.kind) == (place, "create")]

    async def create(self, workspace: str, place: str, parcel: str, message: Message) -> str:
        fault = self._next(place)
        if fault is None or fault.accepts:
            id = self._keep(workspace, place, parcel, message)
        if fault is not None:
            await self._happen(fault)
        return id

    async def edit(self, workspace: str, place: str, external_id: str, message: Message) -> None:
        fault = self._next(place)
        if fault is None or fault.accepts:
            self._change(workspace, place, external_id, message)
        if fault is not None:
            await self._happen(fault)

    def _keep(self, workspace: str, place: str, parcel: str, message: Message) -> str:
        block_kit.must_fit(message)
        adaptive_card.must_fit(message)
        if self.idempotent:
            for each in self.standing:
                if (each.workspace, each.parcel) == (workspace, parcel):
                    return each.id
        number = next(self.count)
        kept = Standing(f"m{number}", workspace, place, parcel, message, number)
        self.standing.append(kept)
        self.ledger.append(Accepted(workspace, place, "create", plain(message)))
        return kept.id

    def _change(self, workspace: str, place: str, external_id: str, message: Message) -> None:
        block_kit.must_fit(message)
        adaptive_card.must_fit(message)
        for each in self.at(place, workspace):
            if each.id == external_id:
                each.message = message
                each.edits += 1
                self.ledger.append(Accepted(workspace, place, "edit", plain(message)))
                return
        raise MessageGone("there is no such message")

    async def find(
        self, workspace: str, place: str, parcel: str, since: datetime, near: str | None
    ) -> str | None:
        if self.away is not None:
            raise self.away
        if not self.finds:
            raise Impossible("nobody can tell")
        found = [each.id for each in self.at(place, workspace) if each.parcel == parcel]
        return found[0] if found else None

    async def knock(self, workspace: str) -> None:
        self.knocks += 1
        if self.away is not None:
            raise self.away

    def _next(self, place: str) -> Fault | None:
        self.tries += 1
        if self.away is not None:
            raise self.away
        for fault in self._faults:
            if fault.place in (None, place):
                self._faults.remove(fault)
                return fault
        return None

    async def open_room(self, workspace: str, name: str) -> str:
        place = f"{self.name}:{name}"
        fault = self._next("rooms")
        if fault is None or fault.accepts:
            while place in self.rooms:
                place += "-2"
            self.rooms[place] = Channel(workspace)
        if fault is not None:
            await self._happen(fault)
        return place

    async def rename_room(self, workspace: str, place: str, name: str) -> None:
        self.rooms[place].names.append(name)

    async def set_topic(self, workspace: str, place: str, topic: str) -> None:
        self.rooms[place].topics.append(topic)

    async def invite(self, workspace: str, place: str, identities: Sequence[str]) -> None:
        self.rooms[place].people += sorted(identities)

    async def close_room(self, workspace: str, place: str) -> None:
        self.rooms[place].archived = True

    async def _happen(self, fault: Fault) -> None:
        if fault.hangs:
            await asyncio.Event().wait()
        if fault.raises is not None:
            raise fault.raises


class Troubled:
    """A store where planned transactions fail, as when the disk is full or we made a mistake."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.beside = database.beside
        self.failures: deque[Exception | None] = deque()

    def plan(self, *failures: Exception | None) -> None:
        """Let the next transactions fail, one after the other; None lets one succeed."""
        self.failures.extend(failures)

    def submit(
        self, work: Callable[[Tx], T], workspace: str | None = None, *, patient: bool = False
    ) -> Future[T]:
        failure = self.failures.popleft() if self.failures else None
        if failure is None:
            return self._database.submit(work, workspace, patient=patient)
        failed: Future[T] = Future()
        failed.set_exception(failure)
        return failed

    def transact(self, work: Callable[[Tx], T]) -> T:
        return self.submit(work).result()

    def submit_read(self, work: Callable[[Tx], T]) -> Future[T]:
        return self._database.submit_read(work)

    def read(self, work: Callable[[Tx], T]) -> T:
        return self._database.read(work)

    def listen(self, wake: Callable[[], None]) -> None:
        self._database.listen(wake)

    def wall(self) -> datetime:
        return self._database.wall()

    def trouble(self) -> str | None:
        return self._database.trouble()

    def sweep(self) -> None:
        self._database.sweep()

    def close(self) -> None:
        self._database.close()


# --- everything wired together -----------------------------------------------------------


class Stage:
    """Dispatcher, courier and scheduler over one store, one clock and one pretend chat."""

    def __init__(
        self,
        database: Database,
        clock: Clock | None = None,
        chat: Chat | None = None,
        features: tuple[Feature, ...] = FEATURES,
        workspace: str = DEMO,
        new_id: Ids | None = None,
    ) -> None:
        self.database = database
        self.clock: Clock = clock or HandClock(MONDAY.astimezone(UTC))
        self.chat = chat or Chat()
        self.workspace = workspace
        self.new_id = new_id or Ids()
        self.dispatcher = Dispatcher(database, features, self.clock, self.new_id)
        self.dispatcher.patience = 60.0  # a slow machine changes no conversation
        self.courier = Courier(
            database,
            {self.chat.name: self.chat},
            self.clock,
            random.Random(1),
            follows=CatchingUp(self.new_id),
        )
        self.rooms = Rooms(database, {self.chat.name: self.chat})
        self.scheduler = Scheduler(
            database,
            self.dispatcher.run_timer,
            self.clock,
            {IncidentTimer.CHANNEL: self.rooms.keep},
            long_timers(FEATURES),
        )
        self._runner = asyncio.Runner()
        self._requests = itertools.count(1)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something of `bot/` to its end."""
        return self._runner.run(work)

    def close(self) -> None:
        """Let go of the event loop."""
        self._runner.close()

    def store(self, work: Any) -> Any:
        """Run `work(tx)` inside the workspace and commit."""
        return self.database.transact(lambda tx: work(tx.within(self.workspace)))

    def inside(self, work: Callable[[Context], tuple[Post, ...] | None]) -> None:
        """Run what a handler would in a transaction, store what it posts, and carry it."""

        def done(tx: Tx) -> None:
            ctx = self.dispatcher._context(tx.within(self.workspace), LOTSE, None, self.clock.now())
            store_posts(ctx, work(ctx) or ())

        self.database.transact(done)
        self.carry()

    def rows(self, sql: str, **values: object) -> list[Row]:
        """Look into the store."""

        def look(tx: Tx) -> list[Row]:
            return tx.within(self.workspace).rows(sql, **values)

        return self.database.read(look)

    def now(self) -> datetime:
        """Return the moment, in Berlin."""
        return self.clock.now().astimezone(BERLIN)

    def request(
        self,
        person: str,
        text: str = "",
        *,
        call: Call | None = None,
        at: str | None = None,
        submitted: bool = False,
        identity: str | None = None,
        workspace: str | None = None,
        thread: str = "",
    ) -> Request:
        """Return what the edge would hand in."""
        return Request(
            identity or f"delivery-{next(self._requests)}",
            workspace or self.workspace,
            f"local:{person}",
            person.title(),
            PlaceId(f"local:{at or '@' + person}"),
            text,
            call,
            submitted,
            thread=thread,
        )

    def handle(self, request: Request) -> Response:
        """Carry one request through the one road in."""
        return self.handle_together(request)[0]

    def handle_together(self, *requests: Request) -> list[Response]:
        """Carry several requests at once."""

        async def all_of_them() -> list[Response]:
            return await asyncio.gather(*(self.dispatcher.handle(each) for each in requests))

        answers = self.run(all_of_them())
        for request, answer in zip(requests, answers, strict=True):
            block_kit.must_fit_answer(answer, request.place)
            adaptive_card.must_fit_answer(answer, request.place)
        return answers

    def carry(self) -> None:
        """Carry out what is due now, and deliver what may be delivered now."""
        self.run(self._carry())

    async def _carry(self) -> None:
        await self.scheduler.round()
        await self.scheduler.settle()
        await self.courier.drain()

    def wind(self, *, minutes: float = 0, to: datetime | str | None = None) -> None:
        """Let time pass while everything runs: each thing happens when it is due."""
        goal = self._goal(minutes, to)
        while (soon := self._next_due()) is not None and soon <= goal:
            self._go_on_to(soon)
            self.carry()
        self._go_on_to(goal)
        self.carry()

    def _go_on_to(self, moment: datetime) -> None:
        """Let time pass without a look at the timers, as none was due; nothing stands still."""
        self.run(self.scheduler.wound(moment))
        self.clock.wind(moment)

    def sleep_through(self, *, minutes: float = 0, to: datetime | str | None = None) -> None:
        """Let time pass while nothing of ours runs; then catch up."""
        self.clock.wind(self._goal(minutes, to))
        self.carry()

    def _goal(self, minutes: float, to: datetime | str | None) -> datetime:
        if to is None:
            return self.clock.now() + timedelta(minutes=minutes)
        if isinstance(to, datetime):
            return to.astimezone(UTC)
        if len(to) == len("09:00"):
            hour, minute = to.split(":")
            goal = self.now().replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
            if goal <= self.now():
                goal += timedelta(days=1)
            return goal.astimezone(UTC)
        return datetime.fromisoformat(to).replace(tzinfo=BERLIN).astimezone(UTC)

    def _next_due(self) -> datetime | None:
        found = self.database.read(
            lambda tx: tx.rows(
                """
                select min(due) as due from (
                    select min(due_at) as due from timers
                    where state = 'pending' and due_at > :now
                    union all
                    select min(not_before) as due from outbox
                    where state = 'pending' and not_before > :now
                ) soon
                """,
                now=self.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            )
        )
        return datetime.fromisoformat(found[0]["due"]) if found[0]["due"] else None

    def unwatched(self) -> list[int]:
        """Return the open incidents that nobody will be asked about again; must be none."""
        rows = self.rows(
            """
            select number from incidents i where workspace = :workspace and state = 'open'
            and not exists (
                select 1 from timers t where t.workspace = i.workspace and t.state = 'pending'
                and t.key = 'incident:' || i.number || ':climb'
            )
            """
        )
        return [row["number"] for row in rows]

    def sees(self, place: str, workspace: str | None = None) -> list[str]:
        """Return what stands in a place, oldest first, as text."""
        found = self.chat.at(f"local:{place}", workspace or self.workspace)
        return [plain(each.message) for each in found]


@contextmanager
def staged(database: Database, **given: Any) -> Iterator[Stage]:
    """Set up a stage over `database`, with the company in it."""
    stage = Stage(database, **given)
    try:
        database.transact(lambda tx: furnish(tx, stage.workspace, stage.clock.now()))
        yield stage
    finally:
        stage.close()


@dataclass(slots=True)
class Offered:
    """A button that somebody can see, where it stands, and how new it is."""

    button: Button
    place: str
    number: int
    text: str


@dataclass(slots=True)
class Say:
    """Somebody of the company: types, presses, fills in, and reads."""

    stage: Stage = field(repr=False)
    id: str
    workspace: str = DEMO
    answer: Response | None = field(default=None, repr=False)
    form: Form | None = field(default=None, repr=False)
    _heard: list[tuple[int, str, Message]] = field(default_factory=list, repr=False)

    def __call__(
        self, text: str, *, at: str | None = None, thread: str = "", carry: bool = True
    ) -> str:
        """Type `text` (in the direct place, or `at` a channel) and return the private answer.

        `thread` is the id of the message that it answers.
        """
        return self._send(self._request(text, at=at, thread=thread), carry)

    def press(
        self,
        label: str | None = None,
        *,
        calls: str | None = None,
        at: str | None = None,
        about: str = "",
        carry: bool = True,
    ) -> str:
        """Press the newest button in sight that is called `label`, or that `calls` a command.

        `at` names its place, `about` is something that its message says.
        """
        found = [
            each
            for each in self.buttons()
            if label in (None, flat(each.button.label))
            and calls in (None, each.button.call.word)
            and at in (None, each.place)
            and about in each.text
        ]
        shown = sorted({flat(each.button.label) for each in self.buttons()})
        assert found, f"{self.id} sees no button “{label or calls}”, only {shown}"
        newest = max(found, key=lambda each: each.number)
        call = newest.button.call
        return self._send(self._request(call=call, at=newest.place), carry)

    def fill(self, *, carry: bool = True, **values: str) -> str:
        """Submit the form that is open, with these values in its fields."""
        assert self.form is not None, f"no form is open for {self.id}"
        given = {each.name: each.value for each in self.form.fields}
        assert values.keys() <= given.keys(), f"the form asks for {sorted(given)}"
        call = Call(self.form.call.word, {**self.form.call.args, **given, **values})
        return self._send(self._request(call=call, submitted=True), carry)

    def sees(self, place: str | None = None) -> list[str]:
        """Return what stands in a channel, or in the own direct place, oldest first."""
        assert place is None or not place.startswith("@"), "nobody reads other people's messages"
        return self.stage.sees(place or f"@{self.id}", self.workspace)

    def buttons(self) -> list[Offered]:
        """Return every button in sight: private answers, direct messages, channels."""
        direct = f"@{self.id}"
        found: list[Offered] = []
        for number, place, message in self._heard:
            found += _offered(message, place, number)
        for each in self.stage.chat.standing:
            place = each.place.removeprefix("local:")
            mine = place == direct or not place.startswith("@")
            if mine and each.workspace == self.workspace:
                found += _offered(each.message, place, each.number)
        return found

    def _request(
        self,
        text: str = "",
        *,
        call: Call | None = None,
        at: str | None = None,
        submitted: bool = False,
        thread: str = "",
    ) -> Request:
        return self.stage.request(
            self.id, text, call=call, at=at, submitted=submitted, workspace=self.workspace,
            thread=thread,
        )  # fmt: skip

    def _send(self, request: Request, carry: bool) -> str:
        self.answer = self.stage.handle(request)
        if self.answer.message is not None:
            number = next(self.stage.chat.count)
            place = request.place.removeprefix("local:")
            self._heard.append((number, place, self.answer.message))
        if self.answer.field is None:
            self.form = self.answer.form
        if carry:
            self.stage.carry()
        return answered(self.answer)


def _offered(message: Message, place: str, number: int) -> list[Offered]:
    text = plain(message)
    return [
        Offered(button, place, number, text)
        for part in message.parts
        if isinstance(part, Buttons)
        for button in part.buttons
    ]


# --- as text -----------------------------------------------------------------------------


def answered(answer: Response) -> str:
    """Write down what the asker sees: the message, then the form if one opens."""
    pieces = []
    if answer.message is not None:
        pieces.append(plain(answer.message))
    if answer.form is not None:
        pieces.append(plain_form(answer.form))
    return "\n".join(pieces)


def plain(message: Message) -> str:
    """Write a spoken message as plain text, one thing a line."""
    lines: list[str] = []
    for part in message.parts:
        match part:
            case Title(words) | Text(words):
                lines.append(flat(words))
            case Facts(rows):
                lines += [f"{flat(label)}: {flat(value)}" for label, value in rows]
            case Items(items):
                lines += [f"- {flat(item)}" for item in items]
            case Chart(alt):
                lines.append(flat(alt))
            case Buttons(buttons):
                lines += [f"[{flat(button.label)}]" for button in buttons]
            case _:
                assert_never(part)
    return "\n".join(lines)


def plain_form(form: Form) -> str:
    """Write a spoken form as plain text: title, `label: value` for each field, `[submit]`."""
    fields = [f"{flat(each.label)}: {each.value}".rstrip() for each in form.fields]
    return "\n".join([flat(form.title), *fields, f"[{flat(form.submit)}]"])
