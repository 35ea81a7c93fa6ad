"""Carrying messages to Slack: one client without retries of its own, and every error sorted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import slack_blocks
from bot.pauses import retry_after
from bot.platform import (
    Impossible,
    MessageGone,
    NotAccepted,
    Rate,
    Uncertain,
    Undelivered,
    Wait,
)
from handlers.kit.messages import Message

READING = ("users.info",)  # methods that take their arguments in the address


class Sort(Enum):
    """What an error code of Slack's means for the message."""

    AGAIN = auto()  # surely not accepted, may work later
    WAIT = auto()  # too many
    RECREATE = auto()  # the message to edit is gone
    ELSEWHERE = auto()  # nothing can be posted there
    TEAM = auto()  # nothing can be posted in this workspace
    OURS = auto()  # our own mistake: the same message will never be taken


ERRORS: dict[str, Sort] = {
    "internal_error": Sort.AGAIN,
    "fatal_error": Sort.AGAIN,
    "service_unavailable": Sort.AGAIN,
    "request_timeout": Sort.AGAIN,
    "team_added_to_org": Sort.AGAIN,
    "ekm_access_denied": Sort.AGAIN,
    "accesslimited": Sort.AGAIN,
    "ratelimited": Sort.WAIT,
    "rate_limited": Sort.WAIT,
    "message_limit_exceeded": Sort.WAIT,
    "message_not_found": Sort.RECREATE,
    "cant_update_message": Sort.RECREATE,
    "edit_window_closed": Sort.RECREATE,
    "channel_not_found": Sort.ELSEWHERE,
    "not_in_channel": Sort.ELSEWHERE,
    "is_archived": Sort.ELSEWHERE,
    "restricted_action": Sort.ELSEWHERE,
    "restricted_action_read_only_channel": Sort.ELSEWHERE,
    "restricted_action_non_threadable_channel": Sort.ELSEWHERE,
    "restricted_action_thread_only_channel": Sort.ELSEWHERE,
    "restricted_action_thread_locked": Sort.ELSEWHERE,
    "channel_type_not_supported": Sort.ELSEWHERE,
    "is_inactive": Sort.ELSEWHERE,
    "user_not_found": Sort.ELSEWHERE,
    "user_disabled": Sort.ELSEWHERE,
    "user_not_in_channel": Sort.ELSEWHERE,
    "cannot_dm_bot": Sort.ELSEWHERE,
    "messages_tab_disabled": Sort.ELSEWHERE,
    "no_permission": Sort.ELSEWHERE,
    "access_denied": Sort.ELSEWHERE,
    "slack_connect_file_link_sharing_blocked": Sort.ELSEWHERE,
    "team_access_not_granted": Sort.ELSEWHERE,
    "invalid_auth": Sort.TEAM,
    "not_authed": Sort.TEAM,
    "account_inactive": Sort.TEAM,
    "token_revoked": Sort.TEAM,
    "token_expired": Sort.TEAM,
    "missing_scope": Sort.TEAM,
    "not_allowed_token_type": Sort.TEAM,
    "org_login_required": Sort.TEAM,
    "team_not_found": Sort.TEAM,
    "enterprise_is_restricted": Sort.TEAM,
    "no_text": Sort.OURS,
    "msg_too_long": Sort.OURS,
    "msg_blocks_too_long": Sort.OURS,
    "invalid_blocks": Sort.OURS,
    "invalid_blocks_format": Sort.OURS,
    "invalid_arguments": Sort.OURS,
    "invalid_form_data": Sort.OURS,
    "too_many_attachments": Sort.OURS,
    "metadata_too_large": Sort.OURS,
}


class Slack:
    """The platform of one installation's token. `parked` is told when the token is refused."""

    name = "slack"
    idempotent = False
    rate: Rate | None = Rate(1.0, 3)  # docs/rules.md, Slack

    def __init__(
        self,
        client: AsyncWebClient,
        parked: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._client = client
        self._parked = parked

    async def create(self, workspace: str, place: str, parcel: str, message: Message) -> str:
        channel = place.partition(":")[2].removeprefix("@")
        answer = await self.call("chat.postMessage", channel=channel, **body(message))
        if not isinstance(answer.get("channel"), str) or not isinstance(answer.get("ts"), str):
            raise Uncertain("Slack does not say where the message stands")
        return f"{answer['channel']}|{answer['ts']}"

    async def edit(self, workspace: str, place: str, external_id: str, message: Message) -> None:
        channel, _bar, ts = external_id.partition("|")
        await self.call("chat.update", channel=channel, ts=ts, **body(message))

    async def call(self, method: str, **values: Any) -> Mapping[str, Any]:
        """Call a method of the Web API; raises what its failure means (`Undelivered`)."""
        try:
            if method in READING:
                answer = await self._client.api_call(method, http_verb="GET", params=values)
            else:
                answer = await self._client.api_call(method, json=values)
        except SlackApiError as error:
            raise await self._sorted(method, error) from error
        except aiohttp.ClientConnectorError as error:
            raise NotAccepted(f"Slack cannot be reached: {type(error).__name__}") from error
        # The library reads an answer as an object before it looks whether it is one.
        except (TimeoutError, aiohttp.ClientError, ValueError, AttributeError) as error:
            raise Uncertain(f"Slack's answer was lost: {type(error).__name__}") from error
        if not isinstance(answer.data, dict):
            raise Uncertain("Slack's answer cannot be read")
        return answer.data

    async def _sorted(self, method: str, error: SlackApiError) -> Undelivered:
        """Return what an error means; what has no code of Slack's may have been accepted."""
        response = error.response
        status = getattr(response, "status_code", None) or getattr(response, "status", 0)
        headers = getattr(response, "headers", {})
        data = getattr(response, "data", None)
        code = data.get("error", "") if isinstance(data, dict) else ""
        sort = ERRORS.get(str(code))
        if status == 429 or sort is Sort.WAIT:
            return Wait(retry_after(headers), str(code) or "429")
        match sort:
            case Sort.AGAIN:
                return NotAccepted(str(code))
            case Sort.RECREATE:
                return MessageGone(str(code))
            case Sort.TEAM:
                if self._parked is not None and method.startswith("chat."):
                    await self._parked(str(code))
                return NotAccepted(str(code))  # it goes out once we are let in again
            case None if code and status == 200:
                return NotAccepted(f"an error that is not in our table: {code}")
            case None:
                return Uncertain(f"status {status}")
            case _:
                return Impossible(str(code))


def body(message: Message) -> dict[str, Any]:
    """Return the arguments of a message; nothing in it becomes a link, a mention or a preview."""
    return {
        "text": slack_blocks.alternative(message),
        "blocks": slack_blocks.render(message),
        "unfurl_links": False,
        "unfurl_media": False,
        "parse": "none",
        "link_names": False,
    }
