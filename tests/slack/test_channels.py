"""A channel for one incident, in the pretend Slack: made, named, kept current, archived."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage import workspaces
from storage.engine.sqlite import Sqlite
from tests.conftest import Logged
from tests.pretend.slack_peer import Fault, error, limited
from tests.pretend.slack_person import Client
from tests.pretend.slack_stage import INCIDENTS, SlackStage, slack_stage


@pytest.fixture(params=["http", "socket"])
async def slack(request: pytest.FixtureRequest, sqlite: Sqlite) -> AsyncIterator[SlackStage]:
    """Lotse in a pretend Slack where every incident gets a channel."""
    async with slack_stage(sqlite, request.param) as stage:
        sqlite.transact(lambda tx: workspaces.set_setting(tx.within("main"), "rooms", "always"))
        yield stage


@pytest.fixture
def anna(slack: SlackStage) -> Client:
    return slack.client("anna")


@pytest.fixture
def ben(slack: SlackStage) -> Client:
    return slack.client("ben")


def made(slack: SlackStage) -> list[str]:
    return [each.name for each in slack.peer.channels.values() if each.name.startswith("inc-")]


def everything(slack: SlackStage) -> None:
    """Look at all that stands anywhere: it belongs to the story."""
    for where in (*slack.peer.channels, "DANNA", "DBEN", "DCHRIS"):
        slack.peer.sees(where)


async def test_an_incident_s_channel_is_made_kept_current_and_archived(
    slack: SlackStage, anna: Client, ben: Client
) -> None:
    await anna.types("/incident Till in Köln drückt & druckt nicht!")
    assert made(slack) == ["inc-1-till-in-koeln-drueckt-druckt-nicht"]
    room = list(slack.peer.channels.values())[-1]
    assert room.members == {"UBOT", "UANNA", "UBEN"}
    assert room.topics == [
        "INC-1 · Till in Köln drückt & druckt nicht! – Waiting for Ben to look after it."
    ]
    assert slack.peer.sees(room.id) == slack.peer.sees(INCIDENTS)
    await ben.types("/lotse annehmen", at=room.id)
    assert "Ben has been looking after it" in room.topics[-1]
    assert slack.peer.sees(room.id) == slack.peer.sees(INCIDENTS)
    await anna.types("/lotse undo 1")
    assert not room.archived
    everything(slack)


async def test_a_channel_is_called_anew_when_words_of_its_title_are_removed(
    slack: SlackStage, anna: Client
) -> None:
    await anna.types("/incident Till says geheim4711 all day")
    room = list(slack.peer.channels.values())[-1]
    assert made(slack) == ["inc-1-till-says-geheim4711-all-day"]
    await anna.types("/lotse show 1")
    await anna.press("History")
    await anna.press("Remove words")
    await anna.fill(words="geheim4711")
    assert made(slack) == ["inc-1-till-says-all-day"]
    assert "geheim4711" not in room.topics[-1] and len(room.topics) > 1
    everything(slack)


async def test_a_mention_in_the_thread_of_a_card_is_about_its_incident(
    slack: SlackStage, anna: Client, ben: Client
) -> None:
    await anna.types("/incident Till in Cologne does not print")
    await anna.types("/incident Till in Bonn does not print")
    cards = [each for each in slack.peer.at(INCIDENTS) if each.kind == "post"]
    slack.peer.channels[INCIDENTS].members |= {"UBEN"}
    await ben.says("<@UBOT> annehmen", at=INCIDENTS, thread_ts=cards[1].ts)
    assert any("INC-2" in each for each in slack.peer.sees("UBEN") + slack.peer.sees("DBEN"))
    assert "Ben has been looking after it" in slack.peer.sees(INCIDENTS)[1]
    assert "Waiting for Ben" in slack.peer.sees(INCIDENTS)[0]
    everything(slack)


@pytest.mark.parametrize(
    "fault", [error("restricted_action"), error("missing_scope"), error("invalid_name")],
    ids=lambda each: each.name,
)  # fmt: skip
async def test_where_slack_refuses_a_channel_the_incident_goes_on(
    slack: SlackStage, anna: Client, fault: Fault
) -> None:
    slack.peer.plan("conversations.create", fault)
    await anna.types("/incident Till in Cologne does not print")
    assert made(slack) == []
    assert len(slack.peer.sees(INCIDENTS)) == 1
    kept = slack.rows("select message from matters where workspace = :workspace")
    assert any(fault.name.split()[1] in each["message"] for each in kept), "in managers' bundles"
    everything(slack)


async def test_a_taken_name_is_varied_and_a_limit_is_waited_for(
    slack: SlackStage, anna: Client
) -> None:
    slack.peer.channel("COLD", "inc-1-till-is-dead")
    slack.peer.plan("conversations.create", limited("30"))
    await anna.types("/incident Till is dead")
    assert made(slack) == ["inc-1-till-is-dead"]
    await slack.wind(minutes=1)
    assert made(slack) == ["inc-1-till-is-dead", "inc-1-till-is-dead-2"]
    assert slack.peer.refusals.pop().startswith("conversations.create: name_taken")
    everything(slack)


async def test_who_cannot_be_invited_keeps_nobody_out(
    slack: SlackStage, anna: Client, logged: Logged
) -> None:
    slack.peer.plan("conversations.invite", error("cant_invite"))
    await anna.types("/incident Till is dead")
    room = list(slack.peer.channels.values())[-1]
    assert len(room.members) == 2 and room.topics
    everything(slack)
