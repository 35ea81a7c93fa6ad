"""What the doctor looks at where many workspaces install Lotse by themselves."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence

import aiohttp

from bot.config import Settings
from bot.doctor import slack_api
from bot.doctor.findings import Finding, good, look, plain, wrong
from bot.doctor.slack_api import APP
from bot.encryption import TokenCipher, UnknownKey, keys_from
from bot.slack.installations import GONE
from storage.slack.installations import Stored

CLIENT = re.compile(r"[0-9]+\.[0-9]+", re.ASCII)
MOST = 50  # workspaces whose tokens are asked about


async def many(
    settings: Settings, stored: Sequence[Stored], web: aiohttp.ClientSession
) -> AsyncIterator[Finding]:
    """Give one finding after the other."""
    for finding in _app(settings):
        yield finding
    cipher = TokenCipher(keys_from(settings.keys))
    working = 0
    for each in stored:
        found = await _installation(settings, each, cipher, web, asks=working < MOST)
        working += found is None
        if found is not None:
            yield found
    if not stored:
        yield look(f"Nobody has installed Lotse yet: {settings.url}/slack/install in a browser.")
    elif working:
        some = f", of the first {MOST} that were asked" if working > MOST else ""
        yield good(f"In {working} of {len(stored)} workspaces the token works{some}.")
    if any(not cipher.is_current(each.token) for each in stored):
        yield look(
            "Some tokens are sealed with an older key. Restart Lotse, or python -m bot reseal; "
            "keep the older key in LOTSE_KEYS until then."
        )


def _app(settings: Settings) -> Iterator[Finding]:
    where = f"Copy it from {APP} → Basic Information → App Credentials."
    if not CLIENT.fullmatch(settings.slack_client_id):
        yield wrong(f"SLACK_CLIENT_ID does not look like one (two numbers and a dot). {where}")
    if not slack_api.SECRET.fullmatch(settings.slack_client_secret):
        yield wrong(
            f"SLACK_CLIENT_SECRET does not look like one (32 characters, 0-9 and a-f). {where}"
        )
    yield good(
        f"Companies install Lotse at {settings.url}/slack/install; {settings.url}"
        "/slack/oauth_redirect has to stand among the app's redirect URLs."
    )


async def _installation(
    settings: Settings,
    stored: Stored,
    cipher: TokenCipher,
    web: aiohttp.ClientSession,
    *,
    asks: bool,
) -> Finding | None:
    """Look at one workspace; None when all is well."""
    team = f"Slack's team {plain(stored.team)}"
    try:
        token = cipher.decrypt(stored.token)
    except UnknownKey as error:
        return wrong(f"The token of {team} does not open. {error} Put that key back.")
    if stored.parked_because is not None:
        again = (
            f"It may be installed again at {settings.url}/slack/install."
            if stored.parked_because in GONE
            else "Lotse asks now and then whether it works again."
        )
        return look(f"{team} shut Lotse out ({plain(stored.parked_because)}). {again}")
    if stored.lasts is not None and stored.lasts <= 0:
        return look(f"The token of {team} has ended; a running Lotse renews it by itself.")
    if not asks:
        return None
    heard = await slack_api.ask(settings, web, "auth.test", token)
    match heard.code:
        case "":
            return (
                None
                if not (missing := _missing(heard))
                else look(
                    f"{team} has not granted {missing}. Whoever administers it installs Lotse "
                    f"again at {settings.url}/slack/install."
                )
            )
        case "ratelimited":
            return look("Slack asks to wait (ratelimited). Ask again in a minute.")
        case code:
            return wrong(f"Slack refuses the token of {team} ({code}).")


def _missing(heard: slack_api.Heard) -> str:
    from bot.delivery.menus import SCOPES

    if "x-oauth-scopes" not in heard.headers:
        return ""
    granted = {each.strip() for each in heard.headers["x-oauth-scopes"].split(",")}
    return ", ".join(each for each in SCOPES if each not in granted)
