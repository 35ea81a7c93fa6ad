"""What cannot be reached in Teams: parked with its place, released by what heals it."""

from __future__ import annotations

from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import UNKNOWABLE
from tests.pretend.teams_stage import GENERAL, INCIDENTS, TeamsStage, teams_stage

LOST = next(each for each in UNKNOWABLE if each.accepts and each.status == 502)


def parked(stage: TeamsStage) -> list[str]:
    rows = stage.rows("select id from places where workspace = :workspace and state = 'parked'")
    return sorted(row["id"] for row in rows)


async def test_a_channel_that_answered_404_once_gets_its_cards_with_the_next_success(
    sqlite: Sqlite,
) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.rooms[INCIDENTS].code = "404 ConversationNotFound"
        anna = stage.client("Anna")
        await anna.says("incident Till is dead")
        await stage.carry()
        assert parked(stage) == [f"teams:{INCIDENTS}"]
        stage.peer.rooms[INCIDENTS].code = ""
        await anna.says("incident Light is out")
        await stage.carry()
        assert len(stage.peer.sees(INCIDENTS)) == 2
        assert parked(stage) == []


async def test_and_with_what_is_said_there(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.rooms[INCIDENTS].code = "404 ConversationNotFound"
        await stage.client("Anna").says("incident Till is dead")
        await stage.carry()
        stage.peer.rooms[INCIDENTS].code = ""
        await stage.client("Anna").says("status", at=INCIDENTS)
        await stage.carry()
        assert any("INC-1" in each for each in stage.peer.sees(INCIDENTS))


async def test_the_managers_are_told_once(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.rooms[INCIDENTS].code = "403 BotNotInConversationRoster"
        for what in ("Till is dead", "Light is out", "Door is stuck"):
            await stage.client("Anna").says(f"incident {what}", at=GENERAL)
            await stage.carry()
        told = [each for each in stage.peer.sees("a:chris") if "invited" in each]
        assert len(told) == 1, told


async def test_an_uncertain_card_is_found_by_the_press_on_it(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.plan("post", LOST)
        await stage.client("Anna").says("incident Till is dead", at=GENERAL)
        await stage.wind(minutes=1)
        cards = stage.peer.sees(INCIDENTS)
        assert len(cards) == 1
        ben = stage.client("Ben")
        await ben.press(calls="ack", about="Till is dead")
        await stage.carry()
        assert len(stage.peer.sees(INCIDENTS)) == 1, "it is never posted a second time"
