"""Lines of the table (tests/data/typed.tsv) typed before the emulator of Slack's Web API."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from bot.lotse import MAIN
from storage.engine import Tx
from tests.conversation import real_clients
from tests.conversation.test_three_people import Floor
from tests.slack.test_emulator import Company, Json, company, emulator, pytestmark, spans

__all__ = ["emulator", "pytestmark"]
SURFACES = ("chat", "slash", "direct")


@dataclass
class Desk:
    """Where Anna and Ben type: in the chat with Lotse, and behind commands."""

    company: Company
    directly: frozenset[str]  # what stands behind /incident
    behind: frozenset[str]  # what stands behind /lotse
    who: str = ""
    before: frozenset[str] = frozenset()  # timestamps of what stood there; a page holds a hundred
    told: int = 0

    async def says(self, who: str, text: str) -> None:
        """Type something, and remember what stood there before."""
        c, self.who = self.company, who
        place = await c.direct(who)
        self.before = frozenset(each["ts"] for each in await c.sees(place))
        self.told = len(c.door.told)
        if text in self.directly:
            answer = await c.types(who, "/incident", text.removeprefix("incident "))
        elif text in self.behind:
            answer = await c.types(who, "/lotse", text)
        else:
            answer = await c.happens(
                who, type="message", channel_type="im", channel=place, text=escaped(text),
                ts=f"{time.time():.6f}",
            )  # fmt: skip
        if answer:
            c.door.told.append(answer)

    async def seen(self, words: str) -> None:
        """Look for words of the answer in what came since."""
        c = self.company
        stands = await c.sees(await c.direct(self.who))
        came = [each for each in stands if each["ts"] not in self.before]
        blocks = [block for each in [*came, *c.door.told[self.told :]] for block in each["blocks"]]
        said = "".join(written(each) for each in spans(blocks))
        forms = [method for method, _values, _answer in c.door.passed[-3:]
                 if method == "views.open"]  # fmt: skip
        assert (said and words in said) or (forms and not words), (words, said)


def written(span: Json) -> str:
    """Return the text of a span or of a button, whichever of Slack's two shapes it has."""
    text = span.get("text", "")
    return str(text["text"] if isinstance(text, dict) else text)


def escaped(text: str) -> str:
    """Return a text as Slack sends it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def test_lines_of_the_table_in_the_emulator(emulator: str) -> None:  # noqa: F811
    lines = real_clients.chosen(("anna", "ben"), SURFACES, lines=True)
    kinds = Counter(each.meaning for each in lines)
    assert len(lines) >= real_clients.MANY and kinds.total() > len(kinds) > 10
    async with company(emulator, language="de") as c:

        def more(tx: Tx) -> None:
            now = c.lotse.clock.now()
            real_clients.add_services(tx.within(MAIN), c.ids["ben"], c.ids["carla"], now)

        c.lotse.database.transact(more)
        directly = frozenset(each.typed(1) for each in lines if each.surface == "direct")
        behind = frozenset(each.typed(1) for each in lines if each.surface == "slash")
        desk = Desk(c, directly, behind)
        floor = Floor(c.lotse.database, c.lotse.dispatcher, MAIN, desk.says, c.wind, set())
        wrong = await real_clients.wrong(floor, lines, desk.seen)
    assert not wrong, "\n".join(wrong)
