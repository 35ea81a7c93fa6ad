"""What plays a page of the docs in a pretend chat: the part that is the same in each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from handlers.kit.readers import folded
from tests.pretend.timed import Timed
from tests.stories.test_tour import DAYS, Step


@dataclass
class ChatPlayer:
    """Plays a page in a chat. How people type, press and look there, its own player says."""

    stage: Timed
    language: str
    filled: dict[str, str] = field(default_factory=dict)
    before: int = 0
    address: str = ""

    async def play(self, step: Step) -> str | None:
        """Carry out a step; return what is seen then, None when there is nothing to see."""
        text = step.text
        if text[0] in "#@":
            return self.look(text, step.expected[:1])
        self.before = self.length
        if text[0] == "—":
            await self.wait(text.strip("— "))
            return None
        if text.startswith("$ curl"):
            await self.report()
            return None
        who, _arrow, pressed = text.partition(" → ")
        if pressed:
            return await self.act(who, pressed)
        who, _colon, words = text.partition(": ")
        return await self.types(who, words)

    @property
    def length(self) -> int:
        """How much the chat has been told so far."""
        raise NotImplementedError

    async def types(self, who: str, words: str) -> str:
        """Type words to Lotse."""
        raise NotImplementedError

    async def act(self, who: str, what: str) -> str | None:
        """Press a button, or fill in a field."""
        raise NotImplementedError

    def look(self, where: str, first: list[str]) -> str:
        """Return the message in a place that is new or changed, and begins as expected."""
        raise NotImplementedError

    def noted(self, shown: str) -> str:
        """Keep the secret address that is shown, for machines to report to."""
        self.address = (re.findall(r"/ping/(\S+)", shown) or [self.address])[-1]
        return shown

    async def wait(self, until: str) -> None:
        """Let minutes pass, or time until a day and hour."""
        minutes = re.match(r"(\d+) ", until)
        if minutes:
            await self.stage.wind(minutes=int(minutes[1]))
            return
        day, clock = until.replace(",", "").split()
        await self.stage.wind(to=clock)
        while self.stage.now().weekday() != DAYS.index(folded(day)) % 7:
            await self.stage.wind(to=clock)

    async def report(self) -> None:
        """Report a run of the automation."""
        hook = next(each for feature in self.stage.dispatcher.features for each in feature.hooks)
        await self.stage.dispatcher.run_hook(hook, self.address, None, {})


def newest(texts: list[str], first: list[str], where: str) -> str:
    """Return the newest text that begins as expected, else the newest of all."""
    assert texts, f"nothing is new for {where}"
    return next((each for each in reversed(texts) if each.splitlines()[:1] == first), texts[-1])
