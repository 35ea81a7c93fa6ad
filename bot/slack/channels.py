"""Channels that Lotse makes in Slack, for one incident each (`handlers/incidents/channels.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.delivery.platform import Impossible, MessageGone, Uncertain
from bot.slack.installations import Installations
from bot.slack.sender import Slack
from bot.slack.web_api import Said, ShutOut
from storage.engine.ids import PlaceId

TAKEN = 5  # variations of a name that are tried
# docs/rules.md, Slack: what these say of one channel or person stops nothing else.
NO_MATTER = frozenset({"already_archived", "channel_not_found", "is_archived", "not_in_channel"})


class SlackRooms:
    """Makes, names and archives channels, in each workspace with its own token."""

    def __init__(self, slack: Slack, installations: Installations) -> None:
        self._slack = slack
        self._installations = installations

    async def open_room(self, workspace: str, name: str) -> str:
        for attempt in range(1, TAKEN + 1):
            varied = name if attempt == 1 else f"{name}-{attempt}"
            try:
                answer = await self._call(workspace, "conversations.create", name=varied)
            except Said as refusal:
                if refusal.code == "name_taken":
                    continue
                raise Impossible(refusal.code) from refusal
            channel = answer.get("channel")
            if not isinstance(channel, Mapping) or not isinstance(channel.get("id"), str):
                raise Uncertain("Slack does not say which channel it made")
            return f"slack:{channel['id']}"
        raise Impossible("name_taken")

    async def rename_room(self, workspace: str, place: PlaceId, name: str) -> None:
        for attempt in range(1, TAKEN + 1):
            varied = name if attempt == 1 else f"{name}-{attempt}"
            try:
                await self._on(workspace, place, "conversations.rename", name=varied)
            except Impossible as refusal:
                if str(refusal) == "name_taken":
                    continue
                raise
            return
        raise Impossible("name_taken")

    async def set_topic(self, workspace: str, place: PlaceId, topic: str) -> None:
        await self._on(workspace, place, "conversations.setTopic", topic=topic)

    async def invite(self, workspace: str, place: PlaceId, identities: Sequence[str]) -> None:
        for identity in sorted(identities):  # one by one: one who cannot come keeps nobody out
            await self._on(
                workspace, place, "conversations.invite", users=identity.rpartition(":")[2]
            )

    async def close_room(self, workspace: str, place: PlaceId) -> None:
        await self._on(workspace, place, "conversations.archive")

    async def _on(self, workspace: str, place: PlaceId, method: str, **values: Any) -> None:
        channel = place.partition(":")[2]
        try:
            await self._call(workspace, method, channel=channel, **values)
        except (Impossible, MessageGone) as refusal:
            if str(refusal) not in NO_MATTER and method != "conversations.invite":
                raise Impossible(str(refusal)) from refusal
        except Said as refusal:
            if method != "conversations.invite":
                raise Impossible(refusal.code) from refusal

    async def _call(self, workspace: str, method: str, **values: Any) -> Mapping[str, Any]:
        at = await self._installations.of_workspace(workspace)
        try:
            return await self._slack.call(at, method, **values)
        except ShutOut as refusal:
            if refusal.code == "missing_scope":  # the app may do everything else
                raise Impossible(refusal.code) from refusal
            raise
