"""Every input one to four times, in any order and up to five minutes apart: one effect each.

`python -m tests.delivery.doubles --deliveries 10000 --store postgres --seed 7`

Some copies come at the same moment, some before their answer is lost, some while the store is
away (then nothing was stored and the same comes again). What stands in the store is compared with
what was sent, and all answers to one input are the same.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import random
import time
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta

from bot.delivery.clock import HandClock
from bot.delivery.requests import Request, Response
from storage.engine import Database, Unavailable
from storage.engine.opening import open_database
from storage.engine.sqlite import Sqlite
from tests.delivery.kill import seed_of_today
from tests.pretend import server
from tests.pretend.stage import DEMO, MONDAY, Stage, Troubled, answered, furnish

PEOPLE = ("anna", "ben", "carla", "chris")
APART = 5 * 60  # seconds between the first copy and the last, at most
TOGETHER = 6
# What is said again where the first answer is kept nowhere.
NOT_KEPT = {"Das ist schon angekommen. Danke.", "That has arrived already. Thank you."}


def inputs(stage: Stage, chance: random.Random, deliveries: int) -> list[tuple[float, Request]]:
    """Return every copy of every input with its second, in the order of their arrival."""
    coming: list[tuple[float, int, Request]] = []
    at, number = 0.0, 0
    while len(coming) < deliveries:
        number += 1
        at += chance.uniform(0, 4)
        kind, who = chance.random(), chance.choice(PEOPLE)
        mark = f"z{number}x"
        about = chance.randint(1, max(number // 12, 1))
        if number < 3 or kind < 0.08:
            text = f"incident Gerät {mark} steht still"
        elif kind < 0.4:
            text = f"friction Formular {mark} doppelt"
        elif kind < 0.8:
            text = f"update {about} Meldung {mark}"
        else:
            text = f"{chance.choice(('ack', 'restored'))} {about}"
        request = stage.request(who, text, identity=f"input {number}")
        for copy in range(min(chance.randint(1, 4), deliveries - len(coming))):
            later = chance.choice((0.0, chance.uniform(0, APART))) if copy else 0.0
            heapq.heappush(coming, (at + later, len(coming), request))
    return [(at, request) for at, _number, request in sorted(coming, key=lambda each: each[:2])]


def play(database: Database, deliveries: int, seed: int) -> dict[str, int]:
    """Deliver, and compare; return the numbers."""
    chance = random.Random(seed)
    failing = Troubled(database)
    stage = Stage(failing, HandClock(MONDAY.astimezone(UTC)))
    failing.transact(lambda tx: furnish(tx, DEMO, stage.clock.now()))
    coming = inputs(stage, chance, deliveries)
    answers: dict[str, list[Response]] = defaultdict(list)
    requests = {request.identity: request for _at, request in coming}
    away = 0
    try:
        for start in range(0, len(coming), TOGETHER):
            batch = coming[start : start + TOGETHER]
            stage.clock.wind(max(stage.clock.now(), _moment(batch[0][0])))
            if chance.random() < 0.02:  # the store is away: a platform delivers it again
                failing.plan(Unavailable("The database is away."))
                with contextlib.suppress(Unavailable):
                    stage.handle(batch[0][1])
                    raise AssertionError("answered while the store was away")
                failing.failures.clear()
                away += 1
            together = [request for _at, request in batch]
            for request, answer in zip(together, stage.handle_together(*together), strict=True):
                answers[request.identity].append(answer)
            if start % (TOGETHER * 20) == 0:
                stage.carry()
        stage.wind(minutes=1)
        return judged(stage, requests, answers) | {
            "deliveries": len(coming), "times the store was away": away
        }  # fmt: skip
    finally:
        stage.close()


def _moment(second: float) -> datetime:
    return MONDAY.astimezone(UTC) + timedelta(seconds=second)


def judged(
    stage: Stage, requests: dict[str, Request], answers: dict[str, list[Response]]
) -> dict[str, int]:
    """Compare what stands in the store with what was sent and answered."""
    texts = Counter(
        word
        for table, column in (("incidents", "title"), ("friction", "sentence"))
        for row in stage.rows(f"select {column} as said from {table} where workspace = :workspace")
        for word in str(row["said"]).split()
    )
    told = stage.rows(
        "select kind, detail from timeline where workspace = :workspace and kind = 'news'"
    )
    texts.update(word for row in told for word in str(row["detail"]).split())
    doubled = 0
    for identity, request in requests.items():
        found = [each for each in answers[identity] if each.outcome != "seen"]
        outcomes = {each.outcome for each in found}
        assert len(outcomes) == 1 and outcomes <= {"done", "refused"}, (request, outcomes)
        said = {answered(each) for each in found} - NOT_KEPT
        assert len(said) <= 1, f"two answers: {request.text}: {said}"
        mark = next((word for word in request.text.split() if word.startswith("z")), "")
        if mark:
            assert texts[mark] == (outcomes == {"done"}), (request, texts[mark])
            doubled += texts[mark] > 1
    (count,) = stage.rows("select count(*) as n from deliveries where workspace = :workspace")
    assert count["n"] == len(requests)
    (audited,) = stage.rows(
        "select count(*) as n from audit where workspace = :workspace "
        "and command not in ('climb', 'list')"
    )
    assert audited["n"] == len(requests), "one row of the audit trail each"
    copies = Counter((each.parcel, each.place) for each in stage.chat.standing)
    assert max(copies.values(), default=1) == 1, "without a fault each message comes once"
    return {"inputs": len(requests), "doubled": doubled}


def main() -> None:
    """Read the command line, play, print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery.doubles", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--smoke", action="store_true", help="1,000 deliveries")
    parser.add_argument("--store", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    began, count = time.monotonic(), 1000 if given.smoke else given.deliveries
    print(f"seed {given.seed}", flush=True)
    for kind in given.store or ("sqlite", "postgres"):
        with contextlib.ExitStack() as stack:
            if kind == "sqlite":
                database: Database = stack.enter_context(closing(Sqlite()))
            else:
                url = stack.enter_context(server.postgres())
                new = stack.enter_context(server.database(url, "lotse_test_doubles"))
                database = stack.enter_context(closing(open_database(new)))
            for name, number in play(database, count, given.seed).items():
                print(f"{number:>8}  {name}", flush=True)
    print(f"{time.monotonic() - began:8.0f}  seconds; every promise was kept")


if __name__ == "__main__":
    main()
