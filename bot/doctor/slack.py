"""What the doctor looks at in Slack: the tokens, their scopes, the clock and the way in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime

import aiohttp

from bot.config import Settings
from bot.doctor import slack_api, slack_installs
from bot.doctor.findings import SLOW, Finding, Steps, clock, good, look, plain, wrong
from bot.doctor.slack_api import APP
from storage.slack.installations import Stored

BOT_TOKEN = re.compile(r"xoxb-[\w-]+", re.ASCII)
APP_TOKEN = re.compile(r"xapp-[\w-]+", re.ASCII)
STEPS = Steps(
    manage="In Slack, an administrator types /lotse settings",
    channel="In the channel: /invite @Lotse, then /lotse settings and its button.",
    again="In the channel: /invite @Lotse.",
    service="In Slack: /lotse service new.",
)


async def examined(
    settings: Settings, installed: Sequence[Stored], now: Callable[[], datetime]
) -> AsyncIterator[Finding]:
    """Give one finding after the other; `installed` are the workspaces that came by themselves."""
    if settings.slack_api_url:
        yield look("SLACK_API_URL is set: that is another Web API than Slack's own.")
    limit = aiohttp.ClientTimeout(total=SLOW)
    async with aiohttp.ClientSession(timeout=limit, trust_env=True) as web:
        try:
            if settings.slack_bot_token:
                for each in await _bot_token(settings, web, now):
                    yield each
            if settings.slack_app_token:
                yield await _app_token(settings, web)
            if settings.slack_client_id:
                async for each in slack_installs.many(settings, installed, web):
                    yield each
        except slack_api.Unheard as error:
            yield wrong(str(error))
    for each in _way_in(settings):
        yield each


async def _bot_token(
    settings: Settings, web: aiohttp.ClientSession, now: Callable[[], datetime]
) -> list[Finding]:
    where = f"Copy it from {APP} → OAuth & Permissions → Bot User OAuth Token (xoxb-…)."
    token = settings.slack_bot_token
    if APP_TOKEN.fullmatch(token):
        return [
            wrong(f"SLACK_BOT_TOKEN holds the app token; it belongs to SLACK_APP_TOKEN. {where}")
        ]
    if not BOT_TOKEN.fullmatch(token):
        return [wrong(f"SLACK_BOT_TOKEN does not look like a bot token. {where}")]
    heard = await slack_api.ask(settings, web, "auth.test", token)
    refused = "" if settings.slack_app_token else "each request of Slack's is refused as too old"
    clocks = clock(heard.headers.get("date"), now(), "Slack's", refused)
    match heard.code:
        case "":
            pass
        case "account_inactive" | "token_revoked":
            return [
                wrong(
                    f"The app was removed from Slack ({heard.code}). Install it again at {APP} → "
                    "Install App, and copy the new bot token."
                ),
                *clocks,
            ]
        case "ratelimited":
            return [look("Slack asks to wait (ratelimited). Ask again in a minute."), *clocks]
        case code:
            return [wrong(f"Slack refuses SLACK_BOT_TOKEN ({code}). {where}"), *clocks]
    name, team = plain(str(heard.data.get("user"))), plain(str(heard.data.get("team")))
    return [good(f"Slack knows the bot: {name} in {team}."), _scopes(heard), *clocks]


def _scopes(heard: slack_api.Heard) -> Finding:
    from bot.delivery.menus import PICTURE_SCOPES, ROOM_SCOPES, SCOPES

    if "x-oauth-scopes" not in heard.headers:
        return look("Slack did not say which scopes were granted; compare them with docs/slack.md.")
    granted = {each.strip() for each in heard.headers["x-oauth-scopes"].split(",")} - {""}
    missing = [f"{each} ({why})" for each, why in SCOPES.items() if each not in granted]
    surplus = sorted(
        each
        for each in granted - SCOPES.keys() - ROOM_SCOPES.keys() - PICTURE_SCOPES.keys()
        if re.fullmatch(r"[\w.:-]+", each)
    )
    if missing:
        return wrong(
            f"Scopes are missing: {'; '.join(missing)}. Put the manifest in again at {APP} → "
            "App Manifest, then Install App → Reinstall."
        )
    if surplus:
        return look(
            f"Slack granted more than Lotse uses: {', '.join(surplus)}. Take it out at {APP} → "
            "OAuth & Permissions, and reinstall."
        )
    return good("The scopes are exactly those that Lotse uses.")


async def _app_token(settings: Settings, web: aiohttp.ClientSession) -> Finding:
    where = f"{APP} → Basic Information → App-Level Tokens (xapp-…)."
    token = settings.slack_app_token
    if BOT_TOKEN.fullmatch(token):
        return wrong(f"SLACK_APP_TOKEN holds the bot token. The app token is at {where}")
    if not APP_TOKEN.fullmatch(token):
        return wrong(f"SLACK_APP_TOKEN does not look like an app token. Copy it from {where}")
    heard = await slack_api.ask(settings, web, "apps.connections.open", token)
    match heard.code:
        case "":
            return good("Slack opens Socket Mode connections for the app token.")
        case "missing_scope":
            return wrong(
                "The app token lacks the scope connections:write. Generate another one with it "
                f"at {where}"
            )
        case "ratelimited":
            return look("Slack asks to wait (ratelimited). Ask again in a minute.")
        case "invalid_auth" | "not_authed" | "token_revoked" | "not_allowed_token_type" as code:
            return wrong(f"Slack refuses SLACK_APP_TOKEN ({code}). Copy it again from {where}")
        case code:
            return wrong(
                f"Slack opens no Socket Mode connection ({code}). Switch it on at {APP} → "
                "Socket Mode, and see that the app token has the scope connections:write."
            )


def _way_in(settings: Settings) -> Iterator[Finding]:
    """Look at the signing secret, which only HTTP needs; only Slack could say more of it."""
    if settings.slack_app_token:
        if settings.slack_signing_secret:
            yield look(
                "SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are both set: Socket Mode is used, and "
                "nothing is served over HTTP. Leave out the one you do not use."
            )
        return
    if slack_api.SECRET.fullmatch(settings.slack_signing_secret):
        yield good(
            "The signing secret has the right form. Slack's requests go to your public address "
            f"with /slack/events behind it, and from there to port {settings.port}."
        )
    else:
        yield wrong(
            "SLACK_SIGNING_SECRET does not look like one (32 characters, 0-9 and a-f). Copy it "
            f"from {APP} → Basic Information → App Credentials → Signing Secret."
        )
