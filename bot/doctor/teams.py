"""What the doctor looks at in Teams: the credentials, the clock, and the way in."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp

from bot.config import Settings
from bot.doctor.findings import SLOW, Finding, Steps, clock, good, look, wrong
from bot.teams.tokens import Cloud, cloud

PORTAL = "portal.azure.com → App registrations → Lotse"
ROUTE = "/api/messages"
CODE = re.compile(r"AADSTS(\d{4,9})", re.ASCII)
# What Microsoft's sign-in says, by its number, and what to do about it.
REFUSALS = {
    "7000215": "MICROSOFT_APP_PASSWORD is not the client secret. Copy the secret's Value, not its "
    f"Secret ID, from {PORTAL} → Certificates & secrets; it is shown only once, so make a new one.",
    "7000222": "The client secret has come to its end. Make a new one at "
    f"{PORTAL} → Certificates & secrets, and put its Value into MICROSOFT_APP_PASSWORD.",
    "700016": "This tenant does not know MICROSOFT_APP_ID. Compare it, and "
    f"MICROSOFT_APP_TENANTID, with {PORTAL} → Overview.",
    "90002": "There is no such tenant. Copy MICROSOFT_APP_TENANTID from "
    f"{PORTAL} → Overview → Directory (tenant) ID.",
    "900023": "MICROSOFT_APP_TENANTID is no tenant's id. Copy it from "
    f"{PORTAL} → Overview → Directory (tenant) ID.",
}
STEPS = Steps(
    manage="Whoever installed Lotse in Teams writes “settings” to it",
    channel="Add Lotse to the team, write “@Lotse settings” in the channel, and press its button.",
    again="Add Lotse to the team again.",
    service="In Teams, write to Lotse: service new.",
)


class Unheard(Exception):
    """Microsoft did not answer, or what answered is not Microsoft; the text says which."""


async def examined(
    settings: Settings, used: bool, now: Callable[[], datetime]
) -> AsyncIterator[Finding]:
    """Give one finding after the other. `used` says that a Lotse runs with this database."""
    if settings.teams_dev_loopback:
        yield look(
            "TEAMS_DEV_LOOPBACK is set: whoever is on this machine is believed to be anybody. "
            "It is for the Agents Playground; Teams itself needs MICROSOFT_APP_ID and its "
            "companions."
        )
        return
    limit = aiohttp.ClientTimeout(total=SLOW)
    async with aiohttp.ClientSession(timeout=limit, trust_env=True) as web:
        try:
            for each in await _credentials(settings, web, now):
                yield each
        except Unheard as error:
            yield wrong(str(error))
        yield await _way_in(settings, web, used)


async def _credentials(
    settings: Settings, web: aiohttp.ClientSession, now: Callable[[], datetime]
) -> list[Finding]:
    where = cloud(settings.teams_cloud, settings.teams_hosts, settings.teams_login_url)
    told, headers = await _ask_for_token(settings, where, web)
    refused = "what Teams sends is refused as too old or too new"
    clocks = clock(headers.get("date"), now(), "Microsoft's", refused)
    if told.get("access_token"):
        tenants = len(settings.microsoft_app_tenants)
        whose = "one tenant" if tenants == 1 else f"{tenants} tenants"
        return [good(f"Microsoft knows the app, and people of {whose} may speak to it."), *clocks]
    found = CODE.search(str(told.get("error_description", "")))
    code = found[1] if found else ""
    words = REFUSALS.get(code, f"Compare MICROSOFT_APP_ID and its companions with {PORTAL}.")
    return [
        wrong(f"Microsoft gives Lotse no token ({found[0] if found else '?'}). {words}"),
        *clocks,
    ]


async def _ask_for_token(
    settings: Settings, where: Cloud, web: aiohttp.ClientSession
) -> tuple[Mapping[str, object], Mapping[str, str]]:
    single = settings.microsoft_app_type == "SingleTenant"
    tenant = settings.microsoft_app_tenants[0] if single else "botframework.com"
    host = urlsplit(where.login).hostname
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.microsoft_app_id,
        "client_secret": settings.microsoft_app_password,
        "scope": where.scope,
    }
    try:
        async with web.post(
            f"{where.login}/{tenant}/oauth2/v2.0/token", data=form, allow_redirects=False
        ) as answer:
            told = json.loads(await answer.text())
            headers = {name.lower(): value for name, value in answer.headers.items()}
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unheard(
            f"{host} cannot be reached ({type(error).__name__}). Is there a way out to the "
            "internet? Behind a proxy, set HTTPS_PROXY."
        ) from error
    except ValueError as error:
        raise Unheard(
            f"What answers as {host} is not Microsoft's sign-in; perhaps a proxy or a login page "
            "stands between."
        ) from error
    return (told if isinstance(told, dict) else {}), headers


async def _way_in(settings: Settings, web: aiohttp.ClientSession, used: bool) -> Finding:
    """Look whether the public address leads to a Lotse that asks for a token."""
    if not settings.url:
        return look(
            "LOTSE_URL is not set, so nobody can tell whether Teams reaches Lotse: Teams sends to "
            f"your public address with {ROUTE} behind it, and from there it has to come to port "
            f"{settings.port}."
        )
    address = settings.url.removesuffix(ROUTE) + ROUTE
    if not address.startswith("https://"):
        return wrong(f"{address} is not https; Teams sends to https addresses only.")
    return await look_at_address(address, web, settings.port, used)


async def look_at_address(
    address: str, web: aiohttp.ClientSession, port: int, used: bool
) -> Finding:
    """Look whether a Lotse answers at an address for messages."""
    try:
        async with web.post(address, json={}, allow_redirects=False) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError) as error:
        return wrong(
            f"{address} cannot be reached ({type(error).__name__}). Teams cannot, either: look at "
            "the name, the proxy or tunnel, and its certificate."
        )
    if status == 401:
        return good(f"{address} leads to Lotse, which lets nobody in without Microsoft's token.")
    if not used and status in (502, 503, 504):
        return look(f"{address} leads to a proxy, and Lotse does not run behind it yet.")
    return wrong(
        f"{address} answers with {status}, and Lotse would say 401. Does the proxy or tunnel lead "
        f"to port {port}, with the path unchanged?"
    )
