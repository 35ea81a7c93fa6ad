"""The tour of the docs, played through the pretend Slack: both ways in, both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from handlers.kit.readers import folded
from storage.engine.sqlite import Sqlite
from tests.slack_peer import Client, Entry, direct
from tests.slack_stage import INCIDENTS, MANAGERS, SlackStage, slack_stage, user
from tests.test_repeats_page import PAGES as REPEATS
from tests.test_tour import CHANNELS, DAYS, PAGES, Step, framed, seen, steps

PLACES = {"incidents": INCIDENTS, "managers": MANAGERS}
STORIES = {"tour": PAGES, "repeats": REPEATS}
NAMES = ("Anna", "Ben", "Carla", "Chris")


@dataclass(slots=True)
class Player:
    """Plays a page in Slack: what is typed becomes a slash command, what opens a modal."""

    stage: SlackStage
    language: str
    filled: dict[str, str] = field(default_factory=dict)
    before: int = 0
    address: str = ""

    async def play(self, step: Step) -> str | None:
        """Carry out a step; return what is seen then, None when there is nothing to see."""
        text = step.text
        if text[0] in "#@":
            return self.look(text, step.expected[:1])
        self.before = len(self.stage.peer.ledger)
        if text[0] == "—":
            await self.wait(text.strip("— "))
            return None
        if text.startswith("$ curl"):
            await self.report()
            return None
        who, _arrow, pressed = text.partition(" → ")
        if pressed:
            return await self.act(self.stage.client(folded(who)), pressed)
        who, _colon, words = text.partition(": ")
        return self.noted(await self.stage.client(folded(who)).types(f"/lotse {words}"))

    async def act(self, me: Client, what: str) -> str | None:
        if not what.startswith("["):
            label, _colon, value = what.partition(": ")
            self.filled[label] = user(value) if value in NAMES else value
            return None
        label = what.strip("[]")
        view = me.view
        if view is not None and view.get("submit", {}).get("text") == label:
            values, self.filled = self.filled, {}
            return self.noted(await me.fill(**values))
        return self.noted(await me.press(label))

    def noted(self, shown: str) -> str:
        self.address = (re.findall(r"/ping/(\S+)", shown) or [self.address])[-1]
        return shown

    async def wait(self, until: str) -> None:
        minutes = re.match(r"(\d+) ", until)
        if minutes:
            await self.stage.wind(minutes=int(minutes[1]))
            return
        day, clock = until.replace(",", "").split()
        await self.stage.wind(to=clock)
        while self.stage.now().weekday() != DAYS.index(folded(day)) % 7:
            await self.stage.wind(to=clock)

    async def report(self) -> None:
        hook = next(each for feature in self.stage.dispatcher.features for each in feature.hooks)
        await self.stage.dispatcher.run_hook(hook, self.address, None, {})

    def look(self, where: str, first: list[str]) -> str:
        """Return the message in a place that is new or changed, and begins as expected."""
        roles = dict(CHANNELS[self.language])
        place = direct(user(folded(where[1:]))) if where[0] == "@" else PLACES[roles[where[1:]]]
        fresh = [each for each in self.stage.peer.ledger[self.before :] if self.shown(each, place)]
        assert fresh, f"nothing is new for {where}"
        texts = [self.stage.peer.text(self.stage.peer.now(each)["blocks"]) for each in fresh]
        return next((each for each in reversed(texts) if each.splitlines()[:1] == first), texts[-1])

    def shown(self, entry: Entry, place: str) -> bool:
        return entry.kind in ("post", "edit") and entry.where == place


@pytest.mark.parametrize("over", ["http", "socket"])
@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("language", PAGES)
async def test_the_tour_is_true_in_slack(
    sqlite: Sqlite, language: str, story: str, over: str
) -> None:
    async with slack_stage(sqlite, over, language=language, chosen=False) as stage:
        player = Player(stage, language)
        for step in steps(STORIES[story][language].read_text(encoding="utf-8")):
            shown = await player.play(step)
            if shown is None:
                assert not step.expected, f"line {step.number}: nothing is answered to this"
            elif step.expected or step.text[0] in "#@":
                expected = "\n".join(step.expected)
                assert seen(shown, step.expected) or seen(shown, framed(step.expected)), (
                    f"line {step.number}, {step.text}\n\nis:\n{shown}\n\nin the page:\n{expected}"
                )
        for place in (*PLACES.values(), *(direct(user(folded(each))) for each in NAMES)):
            assert stage.peer.sees(place)
