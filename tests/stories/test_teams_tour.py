"""The tour of the docs, played through the pretend Teams, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from storage.engine.sqlite import Sqlite
from tests.pretend.adaptive_card import user_id
from tests.pretend.card_text import text_of
from tests.pretend.teams_peer import NAMES, Entry
from tests.pretend.teams_stage import INCIDENTS, MANAGERS, TeamsStage, teams_stage
from tests.stories.players import ChatPlayer, newest
from tests.stories.test_repeats_page import PAGES as REPEATS
from tests.stories.test_tour import CHANNELS, PAGES, framed, seen, steps

STORIES = {"tour": PAGES, "repeats": REPEATS}
OPENS = ("Open the form", "Formular öffnen")
PLACES = {"incidents": INCIDENTS, "managers": MANAGERS}


@dataclass
class Player(ChatPlayer):
    """Plays a page in Teams: what is typed goes to the personal chat, forms are dialogs."""

    stage: TeamsStage

    @property
    def length(self) -> int:
        return len(self.stage.peer.ledger)

    async def types(self, who: str, words: str) -> str:
        """Write to Lotse; what opens a form brings a button first, as Teams wants it."""
        me = self.stage.client(who)
        shown = await me.says(words)
        offered = next((each for each in OPENS if f"[{each}]" in shown), None)
        return self.noted(await me.press(offered) if offered else shown)

    async def act(self, who: str, what: str) -> str | None:
        if not what.startswith("["):
            label, _colon, value = what.partition(": ")
            self.filled[label] = user_id(value) if value in NAMES else value
            return None
        me, label = self.stage.client(who), what.strip("[]")
        if me.dialog is not None and label in [
            each["title"] for each in me.dialog.get("actions", [])
        ]:
            values, self.filled = self.filled, {}
            return self.noted(await me.fill(**values))
        return self.noted(await me.press(label))

    def look(self, where: str, first: list[str]) -> str:
        roles = dict(CHANNELS[self.language])
        place = self.stage.client(where[1:]).chat if where[0] == "@" else PLACES[roles[where[1:]]]
        fresh = [each for each in self.stage.peer.ledger[self.before :] if each.where == place]
        texts = [self.text(each) for each in fresh]
        return newest(texts, first, where)

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
