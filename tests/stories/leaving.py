"""The four surfaces on which somebody leaves: how people press, fill in and read on each."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.delivery.dispatch import Dispatcher
from bot.delivery.requests import Request
from bot.local.console import Console
from bot.lotse import DEMO, Lotse
from handlers.kit.commands import call
from storage.engine import Row
from storage.engine.ids import PlaceId
from tests.local.test_page import Visitor
from tests.pretend.adaptive_card import user_id
from tests.pretend.slack_peer import TEAM, direct
from tests.pretend.slack_stage import SlackStage, user
from tests.pretend.stage import answered
from tests.pretend.teams_peer import TENANT
from tests.pretend.teams_stage import GENERAL, TeamsStage


class Surface:
    """Where people meet Lotse. Names are written as people are called: Ben."""

    workspace = "main"
    dispatcher: Dispatcher
    _count = 0

    def id(self, name: str) -> str:
        """Return the id of a person."""
        raise NotImplementedError

    def identity(self, name: str) -> str:
        """Return how the platform knows somebody."""
        raise NotImplementedError

    def chat(self, name: str) -> str:
        """Return somebody's direct place."""
        raise NotImplementedError

    async def do(self, name: str, word: str, /, **values: str) -> None:
        """Send a form or a button that is not looked for; it has to work."""
        self._count += 1
        request = Request(
            f"given-{self._count}",
            self.workspace,
            self.identity(name),
            name,
            PlaceId(self.chat(name)),
            call=call(word, **values),
            submitted=True,
        )
        answer = await self.dispatcher.handle(request)
        await self.carry()
        assert answer.outcome == "done", f"{word}: {answered(answer)}"

    async def carry(self) -> None:
        """Let everything happen that is due."""
        raise NotImplementedError

    async def wind(self, to: datetime) -> None:
        """Let time pass."""
        raise NotImplementedError

    async def leaves(self, name: str) -> None:
        """Let somebody leave, as the surface learns of it."""
        raise NotImplementedError

    async def press(self, name: str, label: str, about: str = "") -> None:
        """Press a button in somebody's direct chat."""
        raise NotImplementedError

    async def fill(self, name: str, **values: str) -> None:
        """Send the form that is open; the values are names of people."""
        raise NotImplementedError

    async def sees(self, name: str) -> list[str]:
        """Return what stands in somebody's direct chat."""
        raise NotImplementedError

    async def made(self, name: str) -> int:
        """Return how many messages were ever made in somebody's direct chat."""
        return len(await self.sees(name))

    async def rows(self, sql: str) -> list[Row]:
        """Look into the store."""
        raise NotImplementedError


@dataclass
class InSlack(Surface):
    """The pretend Slack."""

    stage: SlackStage

    def __post_init__(self) -> None:
        self.dispatcher = self.stage.dispatcher

    def id(self, name: str) -> str:
        return user(name.lower())

    def identity(self, name: str) -> str:
        return f"slack:{TEAM}:{self.id(name)}"

    def chat(self, name: str) -> str:
        return f"slack:@{self.id(name)}"

    async def carry(self) -> None:
        await self.stage.carry()

    async def wind(self, to: datetime) -> None:
        await self.stage.wind(to=to)

    async def leaves(self, name: str) -> None:
        peer = self.stage.peer
        gone = {**peer.users[self.id(name)], "deleted": True}
        await peer.deliver("events_api", peer.event({"type": "user_change", "user": gone}))
        await self.carry()

    async def press(self, name: str, label: str, about: str = "") -> None:
        await self.stage.client(name.lower()).press(label, about=about)

    async def fill(self, name: str, **values: str) -> None:
        given = {each: self.id(who) for each, who in values.items()}
        await self.stage.client(name.lower()).fill(**given)

    async def sees(self, name: str) -> list[str]:
        return self.stage.peer.sees(direct(self.id(name)))

    async def rows(self, sql: str) -> list[Row]:
        return self.stage.rows(sql)


@dataclass
class InTeams(Surface):
    """The pretend Teams."""

    stage: TeamsStage

    def __post_init__(self) -> None:
        self.dispatcher = self.stage.dispatcher

    def id(self, name: str) -> str:
        return user_id(name)

    def identity(self, name: str) -> str:
        return f"teams:{TENANT}:{self.id(name)}"

    def chat(self, name: str) -> str:
        return f"teams:@{self.id(name)}"

    async def carry(self) -> None:
        await self.stage.carry()

    async def wind(self, to: datetime) -> None:
        await self.stage.wind(to=to)

    async def leaves(self, name: str) -> None:
        peer = self.stage.peer
        for each in peer.rooms.values():
            each.members.discard(f"29:{name.lower()}")
        member = {"id": f"29:{name.lower()}", "aadObjectId": self.id(name)}
        update = peer.activity("conversationUpdate", "29:anna", GENERAL, membersRemoved=[member])
        assert (await peer.deliver(update)).status == 200
        await self.carry()

    async def press(self, name: str, label: str, about: str = "") -> None:
        await self.stage.client(name).press(label, about=about)

    async def fill(self, name: str, **values: str) -> None:
        given = {each: self.id(who) for each, who in values.items()}
        await self.stage.client(name).fill(**given)

    async def sees(self, name: str) -> list[str]:
        return self.stage.peer.sees(self.stage.client(name).chat)

    async def rows(self, sql: str) -> list[Row]:
        return self.stage.rows(sql)


class Local(Surface):
    """What the local page and the terminal share: one program, and its clock."""

    workspace = DEMO

    def __init__(self, lotse: Lotse) -> None:
        self.lotse = lotse
        self.dispatcher = lotse.dispatcher

    def id(self, name: str) -> str:
        return name.lower()

    def identity(self, name: str) -> str:
        return f"local:{name.lower()}"

    def chat(self, name: str) -> str:
        return f"local:@{name.lower()}"

    async def carry(self) -> None:
        await self.lotse.settle()

    async def wind(self, to: datetime) -> None:
        await self.lotse.wind(to)

    async def rows(self, sql: str) -> list[Row]:
        return self.lotse.database.read(lambda tx: tx.within(DEMO).rows(sql))


class OnThePage(Local):
    """The local page, by the calls that it makes."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(visitor.lotse)
        self.visitor = visitor
        self.form: dict[str, Any] | None = None

    async def leaves(self, name: str) -> None:
        response = await self.visitor.post("person", person=self.id(name), here=False)
        assert response.status == 200
        await self.carry()

    async def press(self, name: str, label: str, about: str = "") -> None:
        place = self.chat(name)
        for line in reversed(await self.visitor.sees(self.id(name), place)):
            if about not in text_of(line):
                continue
            for part in line["body"]["parts"]:
                for button in part.get("buttons", []):
                    if text_of({"body": button["label"]}) == label:
                        answer = await self.visitor.presses(self.id(name), button["call"], place)
                        self.form = answer.get("form")
                        return
        raise AssertionError(f"{name} sees no button “{label}”")

    async def fill(self, name: str, **values: str) -> None:
        assert self.form is not None, "no form is open"
        given = {each["name"]: each["value"] or "" for each in self.form["fields"]}
        given |= {each: self.id(who) for each, who in values.items()}
        self.visitor._ids += 1
        response = await self.visitor.post(
            "submit", id=f"page-id-{self.visitor._ids:04d}", person=self.id(name),
            place=self.chat(name), call=self.form["call"], values=given,
        )  # fmt: skip
        assert response.status == 200, await response.text()
        await self.carry()

    async def sees(self, name: str) -> list[str]:
        found = await self.visitor.sees(self.id(name), self.chat(name))
        return [text_of(each) for each in found if each["author"] != self.id(name)]


def text_of(line: dict[str, Any]) -> str:
    """Return what a line of the page says: all its texts, one after the other."""
    found: list[str] = []

    def look(at: object) -> None:
        if isinstance(at, str):
            found.append(at)
        elif isinstance(at, list):
            for each in at:
                look(each)
        elif isinstance(at, dict):
            for key, each in at.items():
                if key not in ("call", "kind", "tone", "look", "style"):
                    look(each)

    look(line["body"])
    return "".join(found)


@dataclass
class Lines:
    """The lines of a terminal, one whenever the last one is done."""

    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    queue: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        self.waiting.set()
        line = await self.queue.get()
        self.waiting.clear()
        if line is None:
            raise StopAsyncIteration
        return line


class InTheTerminal(Local):
    """The demo in a terminal: who is looked at is who types."""

    def __init__(self, lotse: Lotse) -> None:
        super().__init__(lotse)
        self.lines = Lines()
        self.screen: list[str] = []
        assert lotse.local is not None
        self.console = Console(lotse, lotse.local, self.lines, self.screen.append)
        self.task = asyncio.create_task(self.console.run())
        self.told: dict[str, dict[str, str]] = {}
        self.count: dict[str, int] = {}

    async def ends(self) -> None:
        """Leave the terminal."""
        self.lines.queue.put_nowait(None)
        await self.task

    async def types(self, line: str) -> str:
        """Type a line; return what the screen shows then."""
        await self.lines.waiting.wait()
        before = len(self.screen)
        self.lines.waiting.clear()
        self.lines.queue.put_nowait(line)
        await self.lines.waiting.wait()
        return "".join(self.screen[before:])

    async def is_(self, name: str) -> None:
        """Be somebody, and read what is new for them."""
        shown = await self.types(f"/as {name.lower()}")
        blocks = re.split(r"^(?=Lotse|#)", shown, flags=re.M)
        for each in blocks:
            head, _line, rest = each.partition("\n")
            if head.startswith("Lotse") and "Only" not in head and "Nur" not in head:
                said = "\n".join(line[2:] for line in rest.splitlines() if line.startswith("  "))
                self.count[name] = self.count.get(name, 0) + ("·" not in head)
                # What is edited stands in the place of what had the same first line; bundles of
                # two days may begin alike.
                lines = said.splitlines()
                bundle = lines[:1] and lines[0].endswith(("for you", "für dich"))
                self.told.setdefault(name, {})["\n".join(lines[: 2 if bundle else 1])] = said

    async def leaves(self, name: str) -> None:
        await self.types(f"/leaves {name.lower()}")
        await self.carry()

    async def press(self, name: str, label: str, about: str = "") -> None:
        await self.is_(name)
        told = [each for each in self.told.get(name, {}).values() if about in each]
        known = "".join(told if about else self.screen)
        found = re.findall(rf"\[!(\d+) {re.escape(label)}\]", known)
        assert found, f"{name} sees no button “{label}”"
        await self.types(f"!{found[-1]}")

    async def fill(self, name: str, **values: str) -> None:
        for each in ("to", "person", "deputy"):  # what is proposed is kept
            await self.types(values.get(each, ""))

    async def sees(self, name: str) -> list[str]:
        await self.is_(name)
        return list(self.told.get(name, {}).values())

    async def made(self, name: str) -> int:
        await self.is_(name)
        return self.count.get(name, 0)
