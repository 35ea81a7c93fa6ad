"""Asks Slack's Web API what a token may do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.config import Settings

SLACK = "https://slack.com/api/"


APP = "api.slack.com/apps → Lotse"


SECRET = re.compile(r"[0-9a-f]{32}", re.ASCII)


CODE = re.compile(r"[a-z_]{1,60}", re.ASCII)


class Unheard(Exception):
    """Slack did not answer, or what answered is not Slack; the text says which."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer of the Web API; `code` is empty when all went well."""

    data: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """Return the error's code; what does not look like one is not repeated."""
        if self.data.get("ok") is True:
            return ""
        code = str(self.data.get("error"))
        return code if CODE.fullmatch(code) else "an unknown error"


async def ask(settings: Settings, web: aiohttp.ClientSession, method: str, token: str) -> Heard:
    """Ask a method of the Web API with a token; raises `Unheard`."""
    base = (settings.slack_api_url or SLACK).rstrip("/")
    try:
        async with web.post(
            f"{base}/{method}", headers={"Authorization": f"Bearer {token}"}, allow_redirects=False
        ) as answer:
            data = json.loads(await answer.text())
            headers = {name.lower(): value for name, value in answer.headers.items()}
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unheard(
            f"{urlsplit(base).hostname} cannot be reached ({type(error).__name__}). Is there a "
            "way out to the internet? Behind a proxy, set HTTPS_PROXY."
        ) from error
    except ValueError as error:
        raise Unheard(
            f"What answers as {urlsplit(base).hostname} is not Slack; perhaps a proxy or a "
            "login page stands between."
        ) from error
    return Heard(data if isinstance(data, dict) else {}, headers)
