"""The set-up page is true: its first steps are played in the pretend Slack, its words looked up.

A ```chat block is read as in the tour, with a channel where it matters:

    Chris in #stoerungen: /lotse settings
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

import pytest

from bot.doctor import slack
from bot.doctor.findings import Known, Mark, chosen
from bot.generate import docs
from handlers.kit.readers import folded
from storage import people, services
from storage.delivery import places
from storage.engine import Tx
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import direct
from tests.pretend.slack_stage import MAIN, SlackStage, slack_stage, user
from tests.stories.test_tour import Step, seen, steps

PAGE = (docs.ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
ENGLISH, _heading, GERMAN = PAGE.partition("## Kurz auf Deutsch")
TOLD = {"en": ENGLISH, "de": GERMAN}
NAMES = ("Anna", "Ben", "Carla", "Chris")
CHANNELS = {"#stoerungen": "CSTO", "#leitung": "CLEI"}
TYPED = re.compile(r"(\w+)(?: in (#\w+))?: (/.*)")


@dataclass(slots=True)
class Player:
    """Plays the page, in a workspace that has never heard of Lotse."""

    stage: SlackStage
    before: int = 0
    fields: dict[str, str] = field(default_factory=dict)

    async def play(self, step: Step) -> str | None:
        """Carry out a step; return what is seen then, None when there is nothing to see."""
        if step.text[0] in "#@":
            return self.look(step.text)
        self.before = len(self.stage.peer.ledger)
        typed = TYPED.fullmatch(step.text)
        if typed is not None:
            client = self.stage.client(folded(typed[1]))
            return await client.types(typed[3], CHANNELS.get(typed[2] or "", ""))
        who, _arrow, what = step.text.partition(" → ")
        return await self.act(who, what)

    async def act(self, who: str, what: str) -> str | None:
        me = self.stage.client(folded(who))
        if not what.startswith("["):
            label, _colon, value = what.partition(": ")
            if value in NAMES:
                await me.choose(user(folded(value)), label)
            self.fields[label] = user(folded(value)) if value in NAMES else value
            return None
        if me.view is not None and me.view["submit"]["text"] == what.strip("[]"):
            values, self.fields = self.fields, {}
            return await me.fill(**values)
        return await me.press(what.strip("[]"))

    def look(self, where: str) -> str:
        """Return the newest message in a place that came or changed with the last step."""
        place = CHANNELS.get(where) or direct(user(folded(where[1:])))
        fresh = [
            each
            for each in self.stage.peer.ledger[self.before :]
            if each.kind in ("post", "edit") and each.where == place
        ]
        assert fresh, f"nothing is new for {where}"
        return self.stage.peer.text(self.stage.peer.now(fresh[-1])["blocks"])


@pytest.mark.parametrize("over", ["http", "socket"])
@pytest.mark.parametrize("language", TOLD)
async def test_the_first_steps_are_true(sqlite: Sqlite, language: str, over: str) -> None:
    played = steps(TOLD[language])
    async with slack_stage(sqlite, over, language=language, known=False) as stage:
        locale = {"en": "en-US", "de": "de-DE"}[language]
        for name in NAMES:
            stage.peer.user(user(folded(name)), name, locale=locale, is_admin=name == "Chris")
        for name, id in CHANNELS.items():
            stage.peer.channel(id, name[1:])
        player = Player(stage)
        assert len(played) > 12
        for step in played:
            shown = await player.play(step)
            await stage.carry()
            expected = "\n".join(step.expected)
            assert shown is None or seen(shown, step.expected), (
                f"{step.text}\n\nis:\n{shown}\n\nin the page:\n{expected}"
            )
        for place in (*CHANNELS.values(), *(direct(user(folded(each))) for each in NAMES)):
            assert stage.peer.sees(place) is not None
        # As the page promises: whoever asks the doctor now reads that all steps are taken.
        now_known = stage.database.read(lambda tx: known(tx.within(MAIN)))
        assert {each.mark for each in chosen(now_known, slack.STEPS)} == {Mark.GOOD}


def known(tx: Tx) -> Known:
    """Return what of the first steps has been taken."""
    return Known(
        len(people.managers(tx)),
        len(services.all(tx)),
        places.find(tx, places.PlaceRole.INCIDENTS),
        places.find(tx, places.PlaceRole.MANAGERS),
    )


# --- words -------------------------------------------------------------------------------


def test_the_table_of_troubles_quotes_the_doctor() -> None:
    """Each finding in the page's table is one that the doctor's source can say."""
    bot = docs.ROOT / "bot"
    sources = [*(bot / "doctor").glob("*.py"), bot / "config.py"]
    assert len(sources) > 4, "the rule looks at nothing"
    texts = [
        node.value
        for each in sources
        for node in ast.walk(ast.parse(each.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    table = PAGE.partition("| the doctor says | what to do |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, flags=re.M)
    quoted = [each.strip() for row in rows if "---" not in row for each in row.split(", ")]
    assert len(quoted) > 15
    assert [each for each in quoted if not any(each in text for text in texts)] == []
