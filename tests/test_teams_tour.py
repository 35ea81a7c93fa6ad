"""The tour of the docs, played through the pretend Teams, in both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from handlers.kit.readers import folded
from storage.engine.sqlite import Sqlite
from tests.adaptive_card import user_id
from tests.teams_peer import NAMES, Client, Entry, text_of
from tests.teams_stage import INCIDENTS, MANAGERS, TeamsStage, teams_stage
from tests.test_repeats_page import PAGES as REPEATS
from tests.test_tour import CHANNELS, DAYS, PAGES, Step, framed, seen, steps

STORIES = {"tour": PAGES, "repeats": REPEATS}
OPENS = ("Open the form", "Formular öffnen")
PLACES = {"incidents": INCIDENTS, "managers": MANAGERS}


@dataclass(slots=True)
class Player:
    """Plays a page in Teams: what is typed goes to the personal chat, forms are dialogs."""

    stage: TeamsStage
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
            return await self.act(self.stage.client(who), pressed)
        who, _colon, words = text.partition(": ")
        return await self.types(self.stage.client(who), words)

    async def types(self, me: Client, words: str) -> str:
        """Write to Lotse; what opens a form brings a button first, as Teams wants it."""
        shown = await me.says(words)
        offered = next((each for each in OPENS if f"[{each}]" in shown), None)
        return self.noted(await me.press(offered) if offered else shown)

    async def act(self, me: Client, what: str) -> str | None:
        if not what.startswith("["):
            label, _colon, value = what.partition(": ")
            self.filled[label] = user_id(value) if value in NAMES else value
            return None
        label = what.strip("[]")
        if me.dialog is not None and label in [
            each["title"] for each in me.dialog.get("actions", [])
        ]:
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
        place = self.stage.client(where[1:]).chat if where[0] == "@" else PLACES[roles[where[1:]]]
        fresh = [each for each in self.stage.peer.ledger[self.before :] if each.where == place]
        assert fresh, f"nothing is new for {where}"
        texts = [self.text(each) for each in fresh]
        return next((each for each in reversed(texts) if each.splitlines()[:1] == first), texts[-1])

    def text(self, entry: Entry) -> str:
        return text_of(self.stage.peer.now(entry))


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("language", PAGES)
async def test_the_tour_is_true_in_teams(sqlite: Sqlite, language: str, story: str) -> None:
    async with teams_stage(sqlite, language=language, chosen=False) as stage:
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
        for place in (*PLACES.values(), *(stage.client(each).chat for each in NAMES)):
            assert stage.peer.sees(place)
