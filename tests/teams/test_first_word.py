"""Who writes first in Teams is looked up before anything is carried out, or it is kept."""

from __future__ import annotations

import asyncio

import pytest

from storage.engine import Database
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import Fault
from tests.pretend.teams_stage import INCIDENTS, TeamsStage, teams_stage

DEAD = "incident Till is dead"
STRANGERS = {
    "guest": {"userRole": "guest"},
    "anonymous": {"userRole": "anonymous"},
    "guest by name": {"userPrincipalName": "dora_x.example#EXT#@example.onmicrosoft.com"},
    "other tenant": {"tenantId": "7e4a0000-0000-4000-8000-0000000000ff"},
}
SILENT = [Fault("500", 500, b"")] * 60


def arrives(stage: TeamsStage, **flags: str) -> None:
    """Let Dora be in Teams, of whom Lotse has never heard."""
    stage.peer.person("Dora")
    stage.peer.people["29:dora"] |= flags
    for room in stage.peer.rooms.values():
        room.members.add("29:dora")


def seen(stage: TeamsStage) -> None:
    for each in stage.peer.ledger:
        each.seen = True


@pytest.mark.parametrize("kind", STRANGERS)
async def test_the_first_word_of_a_stranger_declares_nothing(sqlite: Sqlite, kind: str) -> None:
    async with teams_stage(sqlite) as stage:
        arrives(stage, **STRANGERS[kind])
        assert "only for people of this company" in await stage.client("Dora").says(DEAD)
        assert stage.count("incidents") == stage.count("held_requests") == 0
        assert not stage.peer.sees(INCIDENTS)


async def test_while_the_roster_is_silent_it_is_kept_and_that_is_said(database: Database) -> None:
    async with teams_stage(database) as stage:
        arrives(stage)
        stage.peer.plan("member", *SILENT)
        said = await stage.client("Dora").says(DEAD)
        assert said.startswith("I am still asking who you are. What you sent is kept")
        await stage.wind(minutes=5)
        assert stage.count("incidents") == 0 and stage.count("held_requests") == 1
        stage.peer._faults.clear()
        await stage.wind(minutes=1)
        assert stage.count("incidents") == 1 and stage.count("held_requests") == 0
        answers = [each for each in stage.peer.sees("a:dora") if "INC-1 is declared." in each]
        assert len(answers) == 1
        seen(stage)


async def test_a_first_press_under_new_ids_is_one_effect(sqlite: Sqlite) -> None:
    """Teams repeats a press under new ids; what had waited for the roster goes on as one."""
    async with teams_stage(sqlite) as stage:
        await stage.client("Anna").says(DEAD)
        arrives(stage)
        ben = stage.client("Ben")
        entry, button = ben.find("", "serious", "Till is dead")
        press = stage.client("Dora").pressing(entry, button)
        for id in ("a", "a", "b", "c"):
            assert (await stage.peer.deliver({**press, "id": id})).status == 200
        done = stage.rows(
            "select outcome, count(*) as n from audit where workspace = :workspace "
            "and command = 'serious' group by outcome order by outcome"
        )
        assert [each["n"] for each in done if each["outcome"] == "done"] == [1]
        await stage.carry()
        seen(stage)


async def test_what_was_answered_is_carried_out_though_the_process_ends(
    database: Database,
) -> None:
    first = TeamsStage(database)
    first.furnish()
    await first.start()
    arrives(first)
    first.peer.plan("member", Fault("silent", act="hang"))
    got = await first.peer.deliver(first.client("Dora").message(DEAD))
    assert got.status in (200, 201, 202)
    assert first.count("incidents") == 0 and first.count("held_requests") == 1
    for task in (*first.edge._later._begun, *first.edge._people._asking.values()):
        task.cancel()  # a dead process ends nothing that it had begun
    await asyncio.sleep(0)
    await first.stop()
    second = TeamsStage(database)
    second.furnish()
    second.clock = first.clock
    arrives(second)
    await second.start()
    try:
        # Teams' address is another one in the second pretend Teams.
        second.database.transact(
            lambda tx: tx.run(
                "update held_requests set request = replace(request, :old, :new)",
                old=first.peer.service_url, new=second.peer.service_url,
            )
        )  # fmt: skip
        await second.wind(minutes=1)
        assert second.count("incidents") == 1 and second.count("held_requests") == 0
        assert "INC-1 is declared." in "\n".join(second.peer.sees("a:dora"))
        assert len(second.peer.sees(INCIDENTS)) == 1
    finally:
        await second.stop()


async def test_what_leaves_no_trace_is_not_kept_and_is_given_back(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        arrives(stage)
        stage.peer.plan("member", *SILENT[:4])
        said = await stage.client("Dora").says("friction Dates are typed twice")
        assert "I do not know yet who you are" in said and "Dates are typed twice" in said
        assert stage.count("friction") == stage.count("held_requests") == 0
        stage.peer._faults.clear()
