"""The set-up page for Teams is true: its first steps are played in the pretend Teams.

A ```chat block is read as in the tour; in a channel “@Lotse” stands before what is typed:

    Chris in #Störungen: @Lotse settings
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from bot.doctor import teams as doctor_teams
from bot.doctor.findings import Mark, chosen
from bot.generate import docs
from storage.engine.sqlite import Sqlite
from tests.pretend.adaptive_card import user_id
from tests.pretend.card_text import text_of
from tests.pretend.teams_peer import NAMES
from tests.pretend.teams_person import Client
from tests.pretend.teams_stage import TeamsStage, teams_stage
from tests.pretend.timed import MAIN
from tests.stories.test_first_steps import known
from tests.stories.test_tour import Step, framed, seen, steps

PAGE = (docs.ROOT / "docs" / "teams.md").read_text(encoding="utf-8")
ENGLISH, _heading, GERMAN = PAGE.partition("## Kurz auf Deutsch")
TOLD = {"en": ENGLISH, "de": GERMAN}
CHANNELS = {"#Störungen": "19:sto@thread.tacv2", "#Leitung": "19:lei@thread.tacv2"}
TYPED = re.compile(r"(\w+)(?: in (#\w+): @Lotse|:) (.*)")


@dataclass(slots=True)
class Player:
    """Plays the page, in a company that has just added Lotse."""

    stage: TeamsStage
    before: int = 0
    fields: dict[str, str] = field(default_factory=dict)

    async def play(self, step: Step) -> str | None:
        """Carry out a step; return what is seen then, None when there is nothing to see."""
        if step.text[0] in "#@":
            return self.look(step.text)
        self.before = len(self.stage.peer.ledger)
        who, arrow, what = step.text.partition(" → ")
        if arrow:
            return await self.act(self.stage.client(who), what)
        typed = TYPED.fullmatch(step.text)
        assert typed is not None, step.text
        return await self.stage.client(typed[1]).says(typed[3], CHANNELS.get(typed[2] or "", ""))

    async def act(self, me: Client, what: str) -> str | None:
        """Press a button, write into the open dialog, or send it."""
        if not what.startswith("["):
            label, _colon, value = what.partition(": ")
            self.fields[label] = user_id(value) if value in NAMES else value
            return None
        label = what.strip("[]")
        sends = [each["title"] for each in (me.dialog or {}).get("actions", [])]
        if label in sends:
            values, self.fields = self.fields, {}
            return await me.fill(**values)
        return await me.press(label)

    def look(self, where: str) -> str:
        """Return the newest message in a place that came or changed with the last step."""
        place = CHANNELS.get(where) or self.stage.client(where[1:]).chat
        fresh = [each for each in self.stage.peer.ledger[self.before :] if each.where == place]
        assert fresh, f"nothing is new for {where}"
        return text_of(self.stage.peer.now(fresh[-1]))


@pytest.mark.parametrize("language", TOLD)
async def test_the_first_steps_are_true_in_teams(sqlite: Sqlite, language: str) -> None:
    played = steps(TOLD[language])
    async with teams_stage(sqlite, language=language, known=False) as stage:
        peer = stage.peer
        peer.locale = {"en": "en-GB", "de": "de-DE"}[language]
        for name, id in CHANNELS.items():
            peer.room(id, "channel", name[1:])
        # Step 6 of the page: Chris adds Lotse, then the others do, then it comes to the team.
        added = [("29:chris", ""), *((f"29:{each.lower()}", "") for each in NAMES)]
        for who, at in (*added, *(("29:chris", each) for each in CHANNELS.values())):
            await peer.deliver(peer.activity("installationUpdate", who, at, action="add"))
            await stage.carry()
        player = Player(stage)
        assert len(played) > 12
        for step in played:
            shown = await player.play(step)
            await stage.carry()
            expected = "\n".join(step.expected)
            assert (
                shown is None or seen(shown, step.expected) or seen(shown, framed(step.expected))
            ), f"{step.text}\n\nis:\n{shown}\n\nin the page:\n{expected}"
        for place in (*CHANNELS.values(), *(stage.client(each).chat for each in NAMES)):
            assert peer.sees(place)
        # As the page promises: whoever asks the doctor now reads that all steps are taken.
        now_known = stage.database.read(lambda tx: known(tx.within(MAIN)))
        assert {each.mark for each in chosen(now_known, doctor_teams.STEPS)} == {Mark.GOOD}
