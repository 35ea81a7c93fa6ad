"""300 services: a form opens, and one is found by typing three letters, on every surface.

How long that takes is measured by `make bench ARGS=fields`; here is counted what it asks for.
"""

from __future__ import annotations

from collections import Counter

import pytest

from handlers.kit.messages import Field
from handlers.kit.readers.fitting import fitting
from storage.engine import Database
from storage.engine.sqlite import Sqlite
from tests.pretend import crowd, grown
from tests.pretend.adaptive_card import user_id
from tests.pretend.slack_stage import slack_stage, user
from tests.pretend.stage import Say, staged
from tests.pretend.teams_stage import teams_stage
from tests.pretend.timed import MAIN


def furnished(database: Database, accountable: str, deputy: str) -> None:
    """Add 300 services and 1,000 people."""
    database.transact(lambda tx: crowd.furnish(tx.within(MAIN), accountable, deputy))


def test_what_begins_with_the_letters_comes_first_then_words_then_the_rest() -> None:
    choices = tuple((name, (name,)) for name in ("Wohamba", *crowd.NAMES, "Düsseldorf"))
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
        furnished(sqlite, user("ben"), user("carla"))
        anna = stage.client("anna")
        await anna.types("/incident")
        found = await anna.searches("service", "ham")
        assert [each["text"]["text"] for each in found] == list(crowd.NAMES)
        assert len(await anna.searches("service", "")) == 100
        assert await anna.searches("service", "nothing like it") == []
        await anna.fill(title="Nothing goes", service=found[1]["value"])
        rows = stage.rows("select service from incidents where workspace = :workspace")
        assert [row["service"] for row in rows] == [found[1]["value"]]


async def test_three_letters_find_a_service_in_teams(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        furnished(sqlite, user_id("Ben"), user_id("Carla"))
        anna = stage.client("anna")
        await anna.extension("report")
        found = await anna.searches("service", "ham")
        assert [each["title"] for each in found] == list(crowd.NAMES)
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


def test_a_form_asks_no_more_often_where_there_are_more_services() -> None:
    """How many rows there are must not decide how many statements a form takes."""

    def statements(some: int) -> Counter[str]:
        database = Sqlite()
        try:
            with staged(database) as stage:
                stage.store(lambda tx: crowd.furnish(tx, "ben", "carla", some=some, many=some))
                with grown.counted() as steps:
                    Say(stage, "anna")("incident")
                return steps.times
        finally:
            database.close()

    assert len(statements(20)) > 5
    assert statements(20) == statements(200)
