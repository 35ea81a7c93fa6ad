"""Lines of the table that somebody types into a client that nobody here wrote.

What is read last was added last: of the newest sections every kind is typed, of the others a
few. Each line has its own incident before it, which is closed behind it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from handlers.kit.readers import folded
from storage import services
from storage.engine import Tx
from storage.engine.ids import PersonId, ServiceId
from storage.services import Service
from tests.conversation import table
from tests.conversation.table import Became, Line
from tests.conversation.test_three_people import ABOUT, Floor, happens
from tests.pretend.company import accepted

# The section of questions is the first of the newest: a claim with a question mark, a piece of
# news that is an outage, plain answers, a glued word, a refusal, a parting.
NEWEST = "h1445"
MANY = 40
FREE = ("declare", "offer", "greet", "thanks", "sign", "emergency", "unfit", "empty", "command")
MEANINGS = {"none": FREE} | {
    context: (*meanings, "asked", "ack", "choice", "show") for context, meanings in ABOUT.items()
}  # fmt: skip
# Of each context so many lines of the newest sections, and of the others.
SHARES = {
    "none": (12, 7), "alarmed": (13, 3), "acked": (9, 2), "declared": (3, 3), "other": (2, 2),
    "restored": (1, 2),
}  # fmt: skip
# What only the demo's company has: INC-3, INC-7, a problem, pilots, more services and people.
DEMO_ONLY = "INC-?[37]|PRB-[1-8]|Triage|Export|ERP|Bildschirm"
Seen = Callable[[str], Awaitable[None]]


def chosen(who: tuple[str, ...], surfaces: tuple[str, ...], *, lines: bool) -> list[Line]:
    """Return what these people type there; `lines` says whether a text may have several."""
    found: list[Line] = []
    for context, (new, old) in SHARES.items():
        if table.WHO[context] not in who:
            continue
        fit = [
            each
            for each in table.lines()
            if each.id.startswith("h") and each.context == context and each.surface in surfaces
            and each.meaning in MEANINGS[context] and each.text.strip()
            and (lines or "\n" not in each.text) and len(each.text) < 120
            and not re.search(DEMO_ONLY, each.text, re.IGNORECASE)
            and (each.id >= NEWEST or not set(each.text) & set("\u200b\t<>*_~`[]()#:&"))
            and (each.id >= NEWEST or each.meaning not in ("command", "empty", "unfit"))
            and (context != "none" or not re.search("noch|still|weiterhin", each.text.casefold()))
        ]  # fmt: skip
        for most, pool in (
            (new, [each for each in fit if each.id >= NEWEST]),
            (old, [each for each in fit if each.id < NEWEST]),
        ):
            found += [pool[len(pool) * each // most] for each in range(min(most, len(pool)))]
    return found


async def wrong(floor: Floor, lines: list[Line], seen: Seen) -> list[str]:
    """Type every line; return what became something else than the table says.

    `seen` waits until an answer with these words stands in the client.
    """
    found = []
    for line in lines:
        first = floor.newest() + 1
        await happens(floor, line.context)
        alerts = floor.alerts()
        floor.heard.clear()
        who = table.WHO[line.context]
        await floor.says(who, line.typed(first))
        became = floor.heard.get(who)
        if became is None:
            found.append(f"{line.id} {line.text!r}: nobody heard it")
            continue
        if not table.holds(line, became, first):
            found.append(
                f"{line.id} {line.context} {line.text!r}: {line.meaning} {line.said(first)!r},"
                f" became {became.word} {became.answer.outcome}"
                f" {[row['title'] for row in became.new]} {became.texts[:120]!r}"
                f" {[(label, call.word) for label, call in became.calls]}"
            )
        try:
            await seen(telling(became))
        except AssertionError as missing:
            found.append(f"{line.id} {line.text!r} is not seen: {missing}")
        declared = [int(row["number"]) for row in became.new]
        # Whom no client reaches is followed at once by the next person: incidents are compared.
        if {*alerts, *declared} != set(floor.alerts()):
            found.append(f"{line.id} {line.text!r}: declared {declared}, alerted {floor.alerts()}")
        await floor.close()
        await floor.wind(3)  # the same words within minutes are the same outage
    return found


def add_services(tx: Tx, accountable: str, deputy: str, now: datetime) -> None:
    """Put the services of the demo that the lines name into the store of a client's company."""
    for name in ("Webshop", "Server"):
        service = Service(
            ServiceId(folded(name)), name, (), PersonId(accountable), PersonId(deputy),
            fallback=False,
        )  # fmt: skip
        services.add(tx, accepted(service, now), name_key=folded(name), now=now)


def telling(became: Became) -> str:
    """Return the longest words of an answer that stand in a client as they are.

    Empty for a form: a chat has none, and shows a button that opens it.
    """
    said = became.texts.split("\n")[0]
    runs = re.split(r"[^\w ]|\b(?:Anna|Ben|Carla|Chris)\b|INC", said)
    return max((each.strip() for each in runs), key=len) or said  # a sign has no letters
