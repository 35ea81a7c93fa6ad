"""The tour of the docs, played through the pretend Slack: both ways in, both languages."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from handlers.kit.readers import folded
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import Entry, direct
from tests.pretend.slack_stage import INCIDENTS, MANAGERS, SlackStage, slack_stage, user
from tests.stories.players import ChatPlayer, newest
from tests.stories.test_repeats_page import PAGES as REPEATS
from tests.stories.test_tour import CHANNELS, PAGES, framed, seen, steps

PLACES = {"incidents": INCIDENTS, "managers": MANAGERS}
STORIES = {"tour": PAGES, "repeats": REPEATS}
NAMES = ("Anna", "Ben", "Carla", "Chris")


@dataclass
class Player(ChatPlayer):
    """Plays a page in Slack: what is typed becomes a slash command, what opens a modal."""

    stage: SlackStage

    @property
    def length(self) -> int:
        return len(self.stage.peer.ledger)

    async def types(self, who: str, words: str) -> str:
        return self.noted(await self.stage.client(folded(who)).types(f"/lotse {words}"))

    async def act(self, who: str, what: str) -> str | None:
        if not what.startswith("["):
            label, _colon, value = what.partition(": ")
            self.filled[label] = user(value) if value in NAMES else value
            return None
        label = what.strip("[]")
        me = self.stage.client(folded(who))
        view = me.view
        if view is not None and view.get("submit", {}).get("text") == label:
            values, self.filled = self.filled, {}
            return self.noted(await me.fill(**values))
        return self.noted(await me.press(label))

    def look(self, where: str, first: list[str]) -> str:
        roles = dict(CHANNELS[self.language])
        place = direct(user(folded(where[1:]))) if where[0] == "@" else PLACES[roles[where[1:]]]
        fresh = [each for each in self.stage.peer.ledger[self.before :] if self.shown(each, place)]
        texts = [self.stage.peer.text(self.stage.peer.now(each)["blocks"]) for each in fresh]
        return newest(texts, first, where)

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
        told = [each for each in NAMES if stage.peer.sees(direct(user(folded(each))))]
        assert all(stage.peer.sees(place) for place in PLACES.values()) and len(told) >= 3
