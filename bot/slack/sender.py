"""Carrying messages to Slack, into each workspace with its own token."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.delivery import pictures
from bot.delivery.platform import Impossible, Rate, Uncertain, Undelivered, Wait
from bot.slack import blocks
from bot.slack.installations import PLATFORM, Installation, Installations
from bot.slack.web_api import Said, ShutOut, WebApi
from handlers.kit.messages import Chart, Message
from handlers.kit.words import flat
from storage.engine.ids import PlaceId

log = logging.getLogger("lotse.slack")

PICTURE = 1280  # pixels of a chart's width
ALT = 1000  # characters that say what is on it
DIRECT = "slack:@"  # stands before the user in somebody's direct place
GONE = ("user_disabled", "user_not_found", "channel_not_found", "cannot_dm_bot", "is_inactive")
MARK = "lotse_message"  # the type of the metadata in which a message carries our own id
SKEW = 600.0  # seconds that Slack's clock may differ from ours
READS = 200  # messages that are looked through for one that may have arrived


class Slack:
    """The platform, for all workspaces. Whose token it is, the installations know."""

    name = PLATFORM
    idempotent = False
    finds = True
    rate: Rate | None = Rate(1.0, 3, whole=Rate(0.2, 20))  # docs/rules.md, Slack

    def __init__(self, api: WebApi, installations: Installations) -> None:
        self._api = api
        self._installations = installations
        # Told who cannot be written to because of who they are: perhaps they have left.
        self.lost: Callable[[Installation, str], None] = lambda at, user: None

    async def create(self, workspace: str, place: PlaceId, parcel: str, message: Message) -> str:
        at = await self._installations.of_workspace(workspace)
        channel = place.partition(":")[2].removeprefix("@")
        mark = {"event_type": MARK, "event_payload": {"id": parcel}}
        try:
            answer = await self.call(
                at, "chat.postMessage", channel=channel, metadata=mark, **body(message)
            )
        except Impossible as refusal:
            if str(refusal) in GONE and place.startswith(DIRECT):
                self.lost(at, channel)
            raise
        if not isinstance(answer.get("channel"), str) or not isinstance(answer.get("ts"), str):
            raise Uncertain("Slack does not say where the message stands")
        await self._share_charts(at, answer["channel"], answer["ts"], message)
        return f"{answer['channel']}|{answer['ts']}"

    async def _share_charts(
        self, at: Installation, channel: str, ts: str, message: Message
    ) -> None:
        """Share the charts of a message as files in its thread.

        The message stands already: what goes wrong here is logged and changes nothing. A file
        inside the message is no way, since Slack refuses messages with files it still looks at.
        """
        for chart in (each for each in message.parts if isinstance(each, Chart)):
            drawn = await asyncio.to_thread(pictures.png, chart, width=PICTURE)
            if drawn is None:
                return
            try:
                token = await self._installations.token(at)
                alt = flat(chart.alt)[:ALT]
                given = await self._api.call(
                    token,
                    "files.getUploadURLExternal",
                    filename="weeks.png",
                    length=len(drawn),
                    alt_txt=alt,
                )
                await self._api.upload(str(given.get("upload_url", "")), drawn)
                files = [{"id": str(given.get("file_id", "")), "title": alt}]
                await self._api.call(
                    token,
                    "files.completeUploadExternal",
                    files=json.dumps(files),
                    channel_id=channel,
                    thread_ts=ts,
                )
            except Undelivered as error:
                log.warning("a picture was not shared in Slack: %s", error)

    async def edit(
        self, workspace: str, place: PlaceId, external_id: str, message: Message
    ) -> None:
        at = await self._installations.of_workspace(workspace)
        channel, _bar, ts = external_id.partition("|")
        try:
            await self.call(at, "chat.update", channel=channel, ts=ts, **body(message))
        except Wait as limit:  # edits are counted over all channels together
            raise Wait(limit.seconds, str(limit), everywhere=True) from limit

    async def find(
        self, workspace: str, place: PlaceId, parcel: str, since: datetime, near: str | None
    ) -> str | None:
        """Look through the newest messages of the place for our mark.

        Slack lets us read where we may read what is written: in direct messages, and in
        channels only with a scope that Lotse does not ask for by itself.
        """
        at = await self._installations.of_workspace(workspace)
        channel = place.partition(":")[2]
        if channel.startswith("@"):
            channel = (near or "").partition("|")[0]
        if not channel:
            raise Impossible("there is nothing to read yet")
        try:
            answer = await self.call(
                at,
                "conversations.history",
                channel=channel,
                oldest=str(since.timestamp() - SKEW),
                limit=str(READS),
                include_all_metadata="true",
            )
        except (Said, Impossible) as error:
            raise Impossible(f"it cannot be read: {error}") from error
        messages = answer.get("messages")
        for each in messages if isinstance(messages, list) else ():
            mark = each.get("metadata") or {}
            if (mark.get("event_payload") or {}).get("id") == parcel:
                return f"{channel}|{each['ts']}"
        if answer.get("has_more") or not isinstance(messages, list):
            raise Impossible("too much has been written since")
        return None

    async def knock(self, workspace: str) -> None:
        """Ask Slack whether it is there, without a token."""
        await self._api.knock()

    async def respond(self, url: str, said: dict[str, Any]) -> None:
        """Answer at an address that Slack gave with a request; raises `Undelivered`."""
        await self._api.respond(url, said)

    async def call(self, at: Installation, method: str, **values: Any) -> Mapping[str, Any]:
        """Call a method of the Web API in a workspace; raises `Undelivered`.

        A token that was renewed meanwhile, here or by another process, is used instead.
        """
        token = await self._installations.token(at)
        try:
            return await self._api.call(token, method, **values)
        except ShutOut as refusal:
            fresh = await self._installations.refused(at, token, method, refusal.code)
            if fresh is None:
                raise
            return await self._api.call(fresh, method, **values)


def body(message: Message) -> dict[str, Any]:
    """Return the arguments of a message; nothing in it becomes a link, a mention or a preview."""
    return {
        "text": blocks.alternative(message),
        "blocks": blocks.render(message),
        "unfurl_links": False,
        "unfurl_media": False,
        "parse": "none",
        "link_names": False,
    }
