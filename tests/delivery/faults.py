"""Every kind of fault that Slack's side can have, again and again, over real sockets.

`python -m tests.delivery.faults --faults 10000 --seed 7`

People go on while calls of the Web API go wrong: connections are reset, hang, drip, answers are
cut, pages stand where JSON should, errors and pauses of every form. Codes that end a message or
a workspace for good are no part of it (`tests/slack/test_sender.py` has each). At the end no
message was lost, none stands more often than it may, and each card shows what is stored.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections import Counter
from contextlib import closing
from email.utils import formatdate

from bot.delivery.plain import render
from bot.slack.web_api import ERRORS, Sort
from handlers.kit.messages import load
from storage.engine.sqlite import Sqlite
from tests.delivery.kill import seed_of_today
from tests.delivery.outage import NUMBER
from tests.delivery.rush import id_of
from tests.pretend.slack_peer import UNKNOWABLE, Fault, error, limited
from tests.pretend.slack_stage import INCIDENTS, SlackStage, slack_stage

PATIENCE = 0.05  # seconds that a hanging answer is waited for
PASSING = (Sort.AWAY, Sort.AGAIN, Sort.WAIT)
KINDS: tuple[Fault, ...] = (
    *UNKNOWABLE,
    *(error(code) for code, sort in ERRORS.items() if sort in PASSING),
    *(limited(each) for each in ("1", "30", "3600", "soon", "-1", "", None)),
    limited(formatdate(1_000, usegmt=True)),
    Fault("429 page", 429, b"<html>", "text/html", (("Retry-After", "9"),)),
)
EACH = 40  # faults of one company's day
MINUTES = 90  # longer than a pause lasts


async def day(chance: random.Random, faults: int, first: int) -> Counter[str]:
    """Let one company live through so many faults; return which came."""
    with closing(Sqlite()) as database:
        async with slack_stage(database, strict=False) as stage:
            api = stage.edge._api
            await api.stop()
            await api.start(PATIENCE)
            came: Counter[str] = Counter()
            stage.peer.reads = True  # what is uncertain may be looked for
            declared, turn, anna = 0, 0, stage.client("anna")
            while sum(came.values()) < faults:
                fault = KINDS[(first + turn) % len(KINDS)]
                turn += 1
                if declared < 2 or chance.random() < 0.4:  # a new card, and an alarm
                    planned = chance.randint(1, 2)  # the alarm goes first, then the card
                    stage.peer.plan("chat.postMessage", *[fault] * planned)
                    await anna.types(f"/incident {'abcdefghijklmnopqrstuvwxyz'[declared % 26] * 6} "
                                     f"{declared} stands still")  # fmt: skip
                    declared += 1
                else:
                    planned = 1
                    stage.peer.plan("chat.update", fault)
                for n in range(MINUTES):
                    if not stage.peer.planned:
                        break
                    about = chance.randint(1, declared)
                    await anna.types(f"/incident update {about} {fault.name} {n} has come")
                    await stage.wind(minutes=1)
                assert not stage.peer.planned, stage.peer.planned
                came[fault.name] += planned
            await stage.wind(minutes=61)  # also the longest pause ends
            await stage.wind(minutes=30)
            judged(stage, declared)
            return came


def judged(stage: SlackStage, declared: int) -> None:
    """Compare what stands in Slack with what is stored."""
    rows = stage.rows(
        "select id, kind, state, key, place, message, created_at from outbox "
        "where workspace = :workspace order by created_at, id"
    )
    waiting = [row for row in rows if row["state"] not in ("sent", "ambiguous", "cancelled")]
    assert not waiting, waiting[:3]
    kinds = {row["id"]: row["kind"] for row in rows}
    copies = Counter(id_of(each.data) for each in stage.peer.ledger if each.kind == "post")
    for id, number in copies.items():
        assert not id or number <= 1 + (kinds.get(id) == "alarm"), (number, id, kinds.get(id))
    newest = {row["key"]: row["message"] for row in rows if row["place"] == f"slack:{INCIDENTS}"}
    cards = [stage.peer.text(stage.peer.now(each)["blocks"]) for each in stage.peer.at(INCIDENTS)]
    shown = Counter(found[1] for each in cards if (found := NUMBER.search(each)))
    assert max(shown.values()) == 1, "a card stands once"
    uncertain = {row["key"] for row in rows if row["state"] == "ambiguous"}
    for number in range(1, declared + 1):
        key = f"incident:{number}"
        assert str(number) in shown or key in uncertain, f"INC-{number} has no card"
    for card in cards:
        if found := NUMBER.search(card):
            key = f"incident:{found[1]}"
            assert card == render(load(newest[key])), f"{key} does not show what is stored"


async def play(faults: int, seed: int) -> Counter[str]:
    """Play one company's day after the other."""
    chance = random.Random(seed)
    came: Counter[str] = Counter()
    while (done := sum(came.values())) < faults:
        came += await day(chance, min(EACH, faults - done), done + seed)
    return came


def main() -> None:
    """Read the command line, play, print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery.faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=10_000)
    parser.add_argument("--smoke", action="store_true", help="500 faults")
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    began = time.monotonic()
    print(f"seed {given.seed}", flush=True)
    came = asyncio.run(play(500 if given.smoke else given.faults, given.seed))
    print(f"{sum(came.values()):>8}  faults injected\n{len(came):>8}  kinds of them")
    print(f"{0:>8}  messages lost\n{0:>8}  doubled")
    print(f"{time.monotonic() - began:8.0f}  seconds; every promise was kept")


if __name__ == "__main__":
    main()
