"""Slack's Web API: one client and one session for all workspaces, and every error sorted.

The client is the library's, without retries of its own: what may be sent again
the courier knows better.
"""

from __future__ import annotations

import base64
import contextlib
import logging
from collections.abc import Awaitable, Mapping
from enum import Enum, auto
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.delivery.platform import (
    Away,
    Impossible,
    MessageGone,
    NotAccepted,
    Uncertain,
    Undelivered,
    Unfit,
    Wait,
)
from bot.delivery.retry_after import retry_after

HOOKS = "https://hooks.slack.com/"  # where Slack takes answers to its requests
FILES = "https://files.slack.com/"  # where Slack takes files
LIMIT = 10  # seconds for an answer
READING = (
    "users.info",
    "conversations.history",
)  # methods that take their arguments in the address


class Sort(Enum):
    """What an error code of Slack's means for the message."""

    AWAY = auto()  # surely not accepted; perhaps Slack as a whole is not well
    AGAIN = auto()  # surely not accepted, may work later
    WAIT = auto()  # too many
    RECREATE = auto()  # the message to edit is gone
    ELSEWHERE = auto()  # nothing can be posted there
    TEAM = auto()  # nothing can be posted in this workspace
    OURS = auto()  # our own mistake: the same message will never be taken


ERRORS: dict[str, Sort] = {
    "internal_error": Sort.AWAY,
    "fatal_error": Sort.AWAY,
    "service_unavailable": Sort.AWAY,
    "request_timeout": Sort.AWAY,
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


class Said(NotAccepted):
    """Slack said no, with a `code` of its own; nothing was done."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(reason or code)
        self.code = code


class ShutOut(Said):
    """Slack does not take this token."""


class WebApi:
    """The way to Slack for every workspace; the token is named with each call."""

    def __init__(self, api_url: str = "") -> None:
        quiet = logging.getLogger("lotse.webapi")
        quiet.setLevel(logging.WARNING)  # more talkative, the library logs whole messages
        self.client = AsyncWebClient(
            base_url=api_url or AsyncWebClient.BASE_URL,
            timeout=LIMIT,
            retry_handlers=[],
            logger=quiet,
            trust_env_in_session=False,
        )

    async def start(self, limit: float = LIMIT) -> None:
        """Open the one session; an answer may take `limit` seconds."""
        self.client.session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=limit), auto_decompress=True
        )

    async def stop(self) -> None:
        """Close the session."""
        if self.client.session is not None:
            await self.client.session.close()

    def beside(self, page: str) -> str:
        """Return the address of a page of Slack's, or of whoever stands in for Slack's API."""
        if self.client.base_url == AsyncWebClient.BASE_URL:
            return page
        return urljoin(self.client.base_url, urlsplit(page).path)

    async def call(self, token: str, method: str, **values: Any) -> Mapping[str, Any]:
        """Call a method with a bot's token; raises what its failure means (`Undelivered`)."""
        given = {**values, "token": token}  # which the library moves into a header
        if method in READING:
            return await _answer(self.client.api_call(method, http_verb="GET", params=given))
        if method.startswith("files."):  # these take no JSON
            return await _answer(self.client.api_call(method, params=given))
        return await _answer(self.client.api_call(method, json=given))

    async def upload(self, url: str, content: bytes) -> None:
        """Send a file to the address that Slack gave for it; raises as `respond`."""
        ours = url.startswith(FILES) or self._ours(url)
        if not ours or self.client.session is None:
            raise Impossible("an address that is not Slack's")
        try:
            async with self.client.session.post(url, data=content, allow_redirects=False) as answer:
                await answer.read()
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Uncertain(f"the file may be lost: {type(error).__name__}") from error
        if answer.status != 200:
            raise Uncertain(f"status {answer.status}")

    async def respond(self, url: str, said: Mapping[str, Any]) -> None:
        """Answer at a `response_url`; raises what its failure means (`Undelivered`)."""
        if not self._ours(url) or self.client.session is None:
            raise Impossible("an address that is not Slack's")
        try:
            async with self.client.session.post(
                url, json={**said, "replace_original": False}, allow_redirects=False
            ) as answer:
                status, headers = answer.status, answer.headers
                await answer.read()
        except aiohttp.ClientConnectorError as error:
            raise Away(f"Slack cannot be reached: {type(error).__name__}") from error
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Uncertain(f"Slack's answer was lost: {type(error).__name__}") from error
        if status == 429:
            raise Wait(retry_after(headers), "429")
        if status >= 500:
            raise Uncertain(f"status {status}")
        if status >= 300:  # used up, or too old
            raise Impossible(f"status {status}")

    def _ours(self, url: str) -> bool:
        """Say whether an address is Slack's, or of whoever stands in for it."""
        if url.startswith(HOOKS):
            return True
        own = urlsplit(self.client.base_url)
        given = urlsplit(url)
        stands_in = self.client.base_url != AsyncWebClient.BASE_URL
        return stands_in and (given.scheme, given.netloc) == (own.scheme, own.netloc)

    async def knock(self) -> None:
        """See whether Slack answers at all; raises `Unanswered` when it does not."""
        with contextlib.suppress(Said, Impossible, MessageGone, Wait):
            await _answer(self.client.api_call("api.test", json={}))

    async def access(self, id: str, secret: str, **values: str) -> Mapping[str, Any]:
        """Exchange an OAuth `code`, or a `refresh_token`, for a token; raises as `call`."""
        # Named here and not left to the library, which warns of its own way to do it.
        us = base64.b64encode(f"{id}:{secret}".encode()).decode()
        return await _answer(
            self.client.api_call(
                "oauth.v2.access", data=values, headers={"Authorization": f"Basic {us}"}
            )
        )


async def _answer(calling: Awaitable[AsyncSlackResponse]) -> Mapping[str, Any]:
    try:
        answer = await calling
    except SlackApiError as error:
        raise _sorted(error) from error
    except aiohttp.ClientConnectorError as error:
        raise Away(f"Slack cannot be reached: {type(error).__name__}") from error
    # The library reads an answer as an object before it looks whether it is one.
    except (TimeoutError, aiohttp.ClientError, ValueError, AttributeError) as error:
        raise Uncertain(f"Slack's answer was lost: {type(error).__name__}") from error
    if not isinstance(answer.data, dict):
        raise Uncertain("Slack's answer cannot be read")
    return answer.data


def _sorted(error: SlackApiError) -> Undelivered:
    """Return what an error means; what has no code of Slack's may have been accepted."""
    response = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", 0)
    headers = getattr(response, "headers", {})
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    sort = ERRORS.get(code)
    if status == 429 or sort is Sort.WAIT:
        return Wait(retry_after(headers), code or "429")
    match sort:
        case Sort.AWAY:
            return Away(code)
        case Sort.AGAIN:
            return Said(code)
        case Sort.RECREATE:
            return MessageGone(code)
        case Sort.TEAM:
            return ShutOut(code)  # it goes out once we are let in again
        case None if code and status == 200:
            return Said(code, f"an error that is not in our table: {code}")
        case None:
            return Uncertain(f"status {status}")
        case Sort.OURS:
            return Unfit(code)
        case _:
            return Impossible(code)
