"""Who and what cannot be reached in Slack: parked, told once, released by what heals it."""

from __future__ import annotations

from typing import Any

from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import BOT, UNKNOWABLE, error
from tests.pretend.slack_stage import INCIDENTS, SlackStage, slack_stage

LOST = next(each for each in UNKNOWABLE if each.accepts and each.status == 502)


async def event(stage: SlackStage, **given: Any) -> None:
    """Let Slack tell of something."""
    assert (await stage.peer.deliver("events_api", stage.peer.event(given))).status == 200
    await stage.carry()


def parked(stage: SlackStage) -> list[str]:
    rows = stage.rows("select id from places where workspace = :workspace and state = 'parked'")
    return sorted(row["id"] for row in rows)


async def test_a_card_waits_for_the_invitation_and_the_managers_are_told_once(
    sqlite: Sqlite,
) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.channels[INCIDENTS].members.discard(BOT)
        anna = stage.client("anna")
        await anna.types("/incident Till is dead", at="CGEN")
        await anna.types("/incident Light is out", at="CGEN")
        await stage.carry()
        told = [each for each in stage.peer.sees("DCHRIS") if "incidents" in each]
        assert len(told) == 1 and "invited" in told[0], told
        assert parked(stage) == [f"slack:{INCIDENTS}"]
        stage.peer.channels[INCIDENTS].members.add(BOT)
        await event(stage, type="member_joined_channel", user=BOT, channel=INCIDENTS)
        cards = stage.peer.sees(INCIDENTS)
        assert [each.splitlines()[0] for each in cards] == [
            "INC-1 · Till is dead", "INC-2 · Light is out",
        ]  # fmt: skip
        assert parked(stage) == []


async def test_an_archived_channel_that_comes_back_gets_what_waited(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.channels[INCIDENTS].archived = True
        await stage.client("anna").types("/incident Till is dead", at="CGEN")
        await stage.carry()
        stage.peer.channels[INCIDENTS].archived = False
        await event(stage, type="channel_unarchive", user="UANNA", channel=INCIDENTS)
        assert len(stage.peer.sees(INCIDENTS)) == 1


async def test_the_next_success_brings_the_rest(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.channels[INCIDENTS].members.discard(BOT)
        await stage.client("anna").types("/incident Till is dead", at="CGEN")
        await stage.carry()
        stage.peer.channels[INCIDENTS].members.add(BOT)  # nobody tells us
        await stage.client("anna").types("/incident Light is out", at="CGEN")
        await stage.carry()
        assert len(stage.peer.sees(INCIDENTS)) == 2


async def test_who_cannot_be_reached_is_told_on_the_card_and_no_storm_follows(
    sqlite: Sqlite,
) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.users["UBEN"]["unreachable"] = True
        await stage.client("anna").types("/incident Till is dead", at=INCIDENTS)
        await stage.carry()
        assert parked(stage) == ["slack:@UBEN"]
        [card] = stage.peer.sees(INCIDENTS)
        assert "Not reached: Ben (Slack)" in card
        assert "Ben cannot be reached in Slack" in "\n".join(stage.peer.sees("DCHRIS"))


async def test_whoever_asks_for_whom_to_turn_to_hears_that_they_cannot_be_reached(
    sqlite: Sqlite,
) -> None:
    """In the answers of who and of the service, and in the digest; until it is healed."""
    async with slack_stage(sqlite, strict=False) as stage:
        anna, chris = stage.client("anna"), stage.client("chris")
        assert "reached" not in await anna.types("/lotse who Till")
        stage.peer.users["UBEN"]["unreachable"] = True
        stage.peer.channels[INCIDENTS].members.discard(BOT)
        await anna.types("/incident Till is dead", at="CGEN")
        await stage.carry()
        for line in ("/lotse who Till", "/lotse service Till"):
            assert "Not to be reached now: Ben (Slack)." in await anna.types(line), line
        said = await chris.types("/lotse digest")
        assert "Not to be reached: #incidents (Slack)" in said and "Ben (Slack)" in said
        stage.peer.users["UBEN"]["unreachable"] = False
        stage.peer.channels[INCIDENTS].members.add(BOT)
        await stage.client("ben").types("/lotse status")
        await event(stage, type="member_joined_channel", user=BOT, channel=INCIDENTS)
        assert "reached" not in await anna.types("/lotse who Till")
        assert "Not to be reached" not in await chris.types("/lotse digest")


async def test_a_manager_nobody_reaches_is_no_storm(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        for name in ("UBEN", "UCARLA", "UCHRIS"):
            stage.peer.users[name]["deleted"] = True
        await stage.client("anna").types("/incident Till is dead", at=INCIDENTS)
        before = len(stage.peer.calls)
        await stage.wind(minutes=3)
        tried = [each for each in stage.peer.calls[before:] if each[0] == "chat.postMessage"]
        assert len(tried) <= 12, f"{len(tried)} in three minutes"


async def test_of_two_parked_alarms_whoever_writes_again_gets_the_newest(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.users["UBEN"]["unreachable"] = True
        await stage.client("anna").types("/incident Till is dead", at=INCIDENTS)
        await stage.wind(minutes=25)
        stage.peer.users["UBEN"]["unreachable"] = False
        before = len(stage.peer.sees("DBEN"))
        await stage.client("ben").types("/lotse status")
        await stage.carry()
        alarms = [each for each in stage.peer.sees("DBEN")[before:] if "INC-1" in each]
        assert len(alarms) == 1, alarms
        assert parked(stage) == []


async def test_who_is_disabled_is_asked_about_whether_they_have_left(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.users["UBEN"]["deleted"] = True
        await stage.client("anna").types("/incident Till is dead", at=INCIDENTS)
        await stage.carry()
        await stage.settle()
        rows = stage.rows("select active from people where workspace = :workspace and id = 'UBEN'")
        assert [row["active"] for row in rows] == [0]


async def test_our_own_mistake_closes_no_place(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.plan("chat.postMessage", error("invalid_blocks"), error("invalid_blocks"))
        await stage.client("anna").types("/incident Till is dead", at=INCIDENTS)
        await stage.carry()
        assert parked(stage) == []


async def test_an_uncertain_card_is_found_by_the_press_on_it(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.plan("chat.postMessage", LOST, LOST)
        await stage.client("anna").types("/incident Till is dead", at=INCIDENTS)
        await stage.wind(minutes=1)
        assert len(stage.peer.at(INCIDENTS)) == 1
        [first] = stage.peer.at(INCIDENTS)
        ben = stage.client("ben")
        block = next(each for each in first.data["blocks"] if each["type"] == "actions")
        await ben.acts(first, block, block["elements"][0])
        await stage.carry()
        [card] = stage.peer.sees(INCIDENTS)
        assert "Ben has been looking after it" in card, "the very card is edited"
        rows = stage.rows(
            "select state from outbox where workspace = :workspace and key = 'incident:1'"
        )
        assert {row["state"] for row in rows} == {"sent"}


async def test_with_the_scope_an_uncertain_card_is_looked_for_in_its_channel(
    sqlite: Sqlite,
) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.reads = True
        stage.peer.plan("chat.postMessage", LOST, LOST)
        await stage.client("anna").types("/incident Till is dead", at=INCIDENTS)
        await stage.wind(minutes=1)
        await stage.client("ben").types("/lotse ack 1")
        await stage.wind(minutes=1)
        [card] = stage.peer.sees(INCIDENTS)
        assert "Ben has been looking after it" in card


async def test_without_the_scope_nothing_is_posted_a_second_time(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.plan("chat.postMessage", LOST, LOST)
        await stage.client("anna").types("/incident Till is dead", at=INCIDENTS)
        await stage.wind(minutes=1)
        await stage.client("ben").types("/lotse ack 1")
        await stage.wind(minutes=1)
        assert len(stage.peer.at(INCIDENTS)) == 1
