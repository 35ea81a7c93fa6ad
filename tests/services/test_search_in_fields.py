"""300 services: a form opens, and one is found by typing three letters, on every surface."""

from __future__ import annotations

import time

import pytest

from handlers.kit.messages import Field
from handlers.kit.readers import folded
from handlers.kit.readers.fitting import fitting
from storage import people as storage_people
from storage import services
from storage.engine import Database, Tx
from storage.engine.ids import PersonId, ServiceId
from storage.engine.sqlite import Sqlite
from storage.services import Service
from tests.pretend.adaptive_card import user_id
from tests.pretend.company import accepted
from tests.pretend.slack_stage import slack_stage, user
from tests.pretend.stage import MONDAY
from tests.pretend.teams_stage import teams_stage
from tests.pretend.timed import MAIN

SERVICES, PEOPLE, OPENS = 300, 1000, 3.0
# Those that begin with the letters first, then those with such a word, then the rest.
NAMES = ("Hamburger Tor", "Lager Hamburg", "SAP Hamburg", "Wohamba")


def crowd(database: Database, accountable: str, deputy: str) -> None:
    """Add 300 services and 1,000 people."""

    def work(tx: Tx) -> None:
        tx = tx.within(MAIN)
        for number in range(PEOPLE):
            id = f"more-{number}"
            storage_people.find_or_create(
                tx, f"local:{id}", f"Person {number}", id=PersonId(id), key=f"key-{id}", now=MONDAY
            )
        branches = [f"Filiale {number:03} Düsseldorf" for number in range(SERVICES - len(NAMES))]
        for number, name in enumerate([*branches, *NAMES]):
            found = Service(
                ServiceId(f"s{number}"),
                name,
                (),
                PersonId(accountable),
                PersonId(deputy),
                fallback=False,
            )
            services.add(tx, accepted(found, MONDAY), name_key=folded(name), now=MONDAY)

    database.transact(work)


def test_what_begins_with_the_letters_comes_first_then_words_then_the_rest() -> None:
    choices = tuple((name, (name,)) for name in ("Wohamba", *NAMES, "Düsseldorf"))
    field = Field("service", ("Service",), choices=choices)
    assert [shown for _value, shown in fitting(field, "HAM", 9)] == [
        "Hamburger Tor", "Lager Hamburg", "SAP Hamburg", "Wohamba", "Wohamba",
    ]  # fmt: skip
    assert [shown for _value, shown in fitting(field, "dus", 9)] == []
    assert [shown for _value, shown in fitting(field, "Düs", 9)] == ["Düsseldorf"]
    assert [shown for _value, shown in fitting(field, "duess", 9)] == ["Düsseldorf"]
    assert len(fitting(field, "", 2)) == 2


@pytest.mark.parametrize("over", ["http", "socket"])
async def test_three_letters_find_a_service_in_slack(sqlite: Sqlite, over: str) -> None:
    async with slack_stage(sqlite, over, strict=False) as stage:
        crowd(sqlite, user("ben"), user("carla"))
        anna = stage.client("anna")
        begun = time.monotonic()
        await anna.types("/incident")
        assert time.monotonic() - begun < OPENS
        found = await anna.searches("service", "ham")
        assert [each["text"]["text"] for each in found] == list(NAMES)
        assert len(await anna.searches("service", "")) == 100
        assert await anna.searches("service", "nothing like it") == []
        await anna.fill(title="Nothing goes", service=found[1]["value"])
        rows = stage.rows("select service from incidents where workspace = :workspace")
        assert [row["service"] for row in rows] == [found[1]["value"]]


async def test_three_letters_find_a_service_in_teams(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        crowd(sqlite, user_id("Ben"), user_id("Carla"))
        anna = stage.client("anna")
        begun = time.monotonic()
        await anna.extension("report")
        assert time.monotonic() - begun < OPENS
        found = await anna.searches("service", "ham")
        assert [each["title"] for each in found] == list(NAMES)
        assert len(await anna.searches("service", "")) == 15
        await anna.fill(title="Nothing goes", service=found[1]["value"])
        rows = stage.rows("select service from incidents where workspace = :workspace")
        assert [row["service"] for row in rows] == [found[1]["value"]]


async def test_a_search_that_is_not_ours_finds_nothing_and_harms_nothing(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        for dataset in ("", "{}", "[1]", "npmpackages", None, '{"field": "x", "call": 7}'):
            value = {"queryText": "ham", "dataset": dataset}
            sent = stage.peer.activity(
                "invoke", stage.client("anna").member, name="application/search", value=value
            )
            assert (await stage.peer.deliver(sent)).status in (200, 400)
