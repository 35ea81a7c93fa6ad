"""Who may speak to the Teams edge: each request's token, checked before its body is read.

Rules: signed with RS256 by a key that Microsoft publishes, from exactly its issuer, for
our app, in time; the address to answer to and the channel must be those that the token
was made for (docs/rules.md, Teams).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt

SKEW = 300  # seconds that clocks may differ
LONGEST = 6 * 1024  # characters of a token; Microsoft's have about 1,500
FRESH = 24 * 3600.0  # seconds until keys are fetched anew, in the background
STALE = 5 * 24 * 3600.0  # seconds for which old keys still count while none can be fetched
APART = 30.0  # seconds after which one more fetch is allowed
FETCHES = 3  # that may follow each other at once
KEY_LIMIT = 0.8  # seconds that a request waits for keys
FETCH_LIMIT = 5.0  # seconds that the fetching itself may take
MOST_KEYS = 1000
MOST_PROVEN = 1000
BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.ASCII)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Cloud:
    """One of Microsoft's clouds: who signs, where keys and tokens come from, where Teams is."""

    issuer: str
    openid: str
    login: str
    scope: str
    hosts: frozenset[str]


def _cloud(issuer: str, openid: str, login: str, host: str) -> Cloud:
    return Cloud(issuer, openid, login, f"{issuer}/.default", frozenset({host}))


_WORLD = "https://api.botframework.com"
_WORLD_KEYS = "https://login.botframework.com/v1/.well-known/openidconfiguration"
_WORLD_LOGIN = "https://login.microsoftonline.com"
_US = "https://api.botframework.us"
_US_KEYS = "https://login.botframework.azure.us/v1/.well-known/openidconfiguration"
_US_LOGIN = "https://login.microsoftonline.us"
CLOUDS = {
    "public": _cloud(_WORLD, _WORLD_KEYS, _WORLD_LOGIN, "smba.trafficmanager.net"),
    "gcc": _cloud(_WORLD, _WORLD_KEYS, _WORLD_LOGIN, "smba.infra.gcc.teams.microsoft.com"),
    "gcch": _cloud(_US, _US_KEYS, _US_LOGIN, "smba.infra.gov.teams.microsoft.us"),
    "dod": _cloud(_US, _US_KEYS, _US_LOGIN, "smba.infra.dod.teams.microsoft.us"),
}


def cloud(name: str, hosts: Sequence[str] = (), login: str = "") -> Cloud:
    """Return a cloud by name; with other `hosts` to answer to, or another sign-in for tests."""
    found = CLOUDS[name]
    if hosts:
        found = replace(found, hosts=frozenset(hosts))
    if login:
        found = replace(found, login=login, openid=f"{login}/.well-known/openidconfiguration")
    return found


class Unauthorized(Exception):
    """The request is not Microsoft's, or not for us; the text says why, for the operator."""


class KeysAway(Unauthorized):
    """Nobody can say whether the request is Microsoft's: its keys cannot be had just now."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a valid token says: where answers go, and for which channels its key stands."""

    service_url: str
    channels: frozenset[str]


class Hosts:
    """The addresses that we answer to, and to which our own token may be sent."""

    def __init__(self, hosts: frozenset[str]) -> None:
        """`hosts` may name loopback, for tests and the Playground; only there http is taken."""
        self._hosts = hosts

    def allow(self, url: object) -> bool:
        """Say whether a service URL is one of ours to answer to."""
        if not isinstance(url, str) or any(each <= " " or each in "\\@" for each in url):
            return False
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            return False
        if host not in self._hosts or parts.query or parts.fragment:
            return False
        if host in LOOPBACK:
            return parts.scheme in ("http", "https")
        return parts.scheme == "https" and port in (None, 443)


@dataclass(frozen=True, slots=True)
class _Key:
    key: Any
    channels: frozenset[str]


class Keys:
    """Microsoft's published keys, fetched when they are needed and kept while they are fresh.

    One fetch serves all who wait, so a new key is known within the first request that is
    signed with it. `FETCHES` at once, then one every `APART` seconds: forged tokens cause
    no traffic. Known keys are never waited for.
    """

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        openid: str,
        now: Callable[[], float] = time.monotonic,
        limit: float = KEY_LIMIT,
        fetch_limit: float = FETCH_LIMIT,
    ) -> None:
        self._session, self._openid, self._now = session, openid, now
        self._limit, self._fetch_limit = limit, fetch_limit
        self._keys: Mapping[str, _Key] = {}
        self._fetched = float("-inf")
        self._room, self._counted = float(FETCHES), now()
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, id: str) -> _Key:
        """Return a key; raises `Unauthorized` when there is none, or none came in time."""
        found, age = self._keys.get(id), self._now() - self._fetched
        if found is not None and age < FRESH:
            return found
        if found is not None and age < STALE:
            self._fetch()
            return found
        task = self._fetch()
        if task is not None:
            try:
                async with asyncio.timeout(self._limit):
                    await asyncio.shield(task)
            except TimeoutError:
                raise KeysAway("the keys did not come in time") from None
            except Exception as error:
                raise KeysAway(f"the keys did not come: {type(error).__name__}") from error
        found = self._keys.get(id)
        if self._now() - self._fetched >= STALE:
            raise KeysAway("there are no keys, and none can be had just now")
        if found is None:
            raise Unauthorized("a key that nobody published")
        return found

    @property
    def reason(self) -> str:
        """Say why requests cannot be checked, for the operator; empty while they can."""
        fetched = self._now() - self._fetched < STALE
        return "" if fetched else "Microsoft's keys cannot be had"

    def warm(self) -> None:
        """Begin to fetch, so that the first request finds them."""
        self._fetch()

    async def stop(self) -> None:
        """Let go of a fetch that is still on its way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _fetch(self) -> asyncio.Task[None] | None:
        """Return the fetch on its way, or a new one; None when there were too many just now."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        gained = (self._now() - self._counted) / APART
        self._room, self._counted = min(self._room + gained, float(FETCHES)), self._now()
        if self._room < 1:
            return None
        self._room -= 1
        self._fetching = asyncio.create_task(self._get(), name="teams keys")
        self._fetching.add_done_callback(_noticed)
        return self._fetching

    async def _get(self) -> None:
        async with asyncio.timeout(self._fetch_limit):
            where = await self._json(self._openid)
            published = await self._json(where["jwks_uri"])
        keys = {}
        for each in published["keys"][:MOST_KEYS]:
            if isinstance(each, dict) and each.get("kty") == "RSA" and each.get("kid"):
                channels = each.get("endorsements") or ()
                keys[str(each["kid"])] = _Key(jwt.PyJWK(each, "RS256").key, frozenset(channels))
        if not keys:
            raise ValueError("no keys")
        self._keys, self._fetched = keys, self._now()

    async def _json(self, url: str) -> Any:
        async with self._session().get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError(f"status {answer.status}")
            return await answer.json(content_type=None)


def _noticed(task: asyncio.Task[None]) -> None:
    """Take note of a failed fetch; whoever waits for it is told, and the next one tries anew."""
    if not task.cancelled():
        task.exception()


@dataclass(frozen=True, slots=True)
class _Proven:
    """A token that was checked: Microsoft uses each for about an hour."""

    id: str
    key: _Key
    until: float
    proof: Proof


class Auth:
    """Checks that a request comes from Microsoft, for this app and these tenants."""

    def __init__(
        self,
        app_id: str,
        tenants: frozenset[str],
        cloud: Cloud,
        keys: Keys,
        hosts: Hosts,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Raises ValueError without an app id or tenants: then everybody would be let in."""
        if not app_id or not tenants:
            raise ValueError("an app id and the tenants are needed")
        self._app_id, self._tenants = app_id, frozenset(each.lower() for each in tenants)
        self._issuer, self._keys, self._hosts = cloud.issuer, keys, hosts
        self._now = now
        self._proven: OrderedDict[str, _Proven] = OrderedDict()

    async def check(self, headers: list[str]) -> Proof:
        """Return what the one Authorization header proves; raises `Unauthorized`."""
        found = BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
        if found is None or len(found[1]) > LONGEST:
            raise Unauthorized("not one bearer token")
        token = found[1]
        known = self._proven.get(token)
        timely = known is not None and self._now() < known.until
        if known is not None and timely and await self._keys.find(known.id) is known.key:
            return known.proof
        try:
            about = jwt.get_unverified_header(token)
            id = about.get("kid")
            if about.get("alg") != "RS256" or not isinstance(id, str):
                raise Unauthorized("another algorithm, or no key")
            key = await self._keys.find(id)
            claims = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._app_id,
                issuer=self._issuer,
                leeway=SKEW,
                options={"require": ["exp", "iss", "aud"], "strict_aud": True},
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError) as error:
            raise Unauthorized(type(error).__name__) from error
        url = claims.get("serviceurl")
        if not self._hosts.allow(url):
            raise Unauthorized("a service URL that is not in our list")
        proof = Proof(str(url), key.channels)
        self._proven[token] = _Proven(id, key, float(claims["exp"]) + SKEW, proof)
        if len(self._proven) > MOST_PROVEN:
            self._proven.popitem(last=False)
        return proof

    def agrees(self, proof: Proof, activity: Mapping[str, Any]) -> None:
        """Raise `Unauthorized` unless the activity is the one that the token was made for."""
        if activity.get("serviceUrl") != proof.service_url:
            raise Unauthorized("another service URL")
        if activity.get("channelId") != "msteams" or "msteams" not in proof.channels:
            raise Unauthorized("a channel that the key does not stand for")
        tenants = tenants_of(activity)
        if not tenants or not tenants <= self._tenants:
            raise Unauthorized("another tenant")


class Loopback:
    """Stands in for `Auth` while trying things out: everybody on this machine is let in."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    async def check(self, headers: list[str]) -> Proof:
        """Let in."""
        return Proof("", frozenset())

    def agrees(self, proof: Proof, activity: Mapping[str, Any]) -> None:
        """Raise `Unauthorized` unless answers stay on this machine."""
        if not self._hosts.allow(activity.get("serviceUrl")):
            raise Unauthorized("a service URL that is not on this machine")


def tenants_of(activity: Mapping[str, Any]) -> set[str]:
    """Return every tenant that an activity names as the one in which it happens."""
    data, conversation = activity.get("channelData"), activity.get("conversation")
    tenant = data.get("tenant") if isinstance(data, dict) else None
    found = [
        tenant.get("id") if isinstance(tenant, dict) else None,
        conversation.get("tenantId") if isinstance(conversation, dict) else None,
    ]
    return {str(each).lower() for each in found if each}
