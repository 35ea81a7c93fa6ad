"""A pretend Teams on loopback: connector, keys and sign-in, with its own ledger and faults by plan.

It refuses what Teams refuses, forgets nothing that it accepted, and signs what it sends.
What people see is read back from the cards as text, in the words of `bot/delivery/plain.py`,
so that a story reads the same here, in Slack and on the local page.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.pretend import adaptive_card
from tests.pretend.adaptive_card import user_id
from tests.pretend.card_text import text_of
from tests.pretend.company import NAMES as NAMES
from tests.pretend.slack_peer import PAGE, Fault

Json = dict[str, Any]

TENANT = "7e4a0000-0000-4000-8000-000000000001"
APP = "b07a0000-0000-4000-8000-000000000002"
PASSWORD = "peer-password"
BOT = f"28:{APP}"
ISSUER = "https://api.botframework.com"


class Bad(Exception):
    """Teams refuses this: a status and a code."""

    def __init__(self, status: int, code: str, why: str = "") -> None:
        super().__init__(f"{status} {code} {why}".strip())
        self.status, self.code = status, code


def error(status: int, code: str) -> Fault:
    """Teams answers with an error code."""
    body = json.dumps({"error": {"code": code, "message": "…"}}).encode()
    return Fault(f"error {status} {code}", status, body)


def limited(after: str | None) -> Fault:
    """Teams answers 429, with this Retry-After or none."""
    headers = () if after is None else (("Retry-After", after),)
    return Fault(f"429 after {after}", 429, b'{"error":{"code":"429"}}', headers=headers)


def slow(seconds: float) -> Fault:
    """It is done, and takes its time to be said."""
    return Fault(f"slow {seconds}", accepts=True, seconds=seconds)


# Whose outcome nobody can know, whether or not it was accepted.
UNKNOWABLE = tuple(
    Fault(f"{name}{' after accepting' if accepts else ''}", accepts=accepts, **given)  # type: ignore[arg-type]
    for accepts in (False, True)
    for name, given in {
        "reset": {"act": "reset"},
        "hang": {"act": "hang"},
        "cut body": {"act": "cut"},
        "endless drip": {"act": "drip"},
        "408": {"status": 408, "body": b""},
        "500 page": {"status": 500, "body": PAGE, "kind": "text/html"},
        "502 page": {"status": 502, "body": PAGE, "kind": "text/html"},
        "503 JSON": {"status": 503, "body": b'{"error":{"code":"ServiceUnavailable"}}'},
        "504 empty": {"status": 504, "body": b""},
        "200 without an id": {"body": b"{}"},
        "list": {"body": b'[{"id":"1"}]'},
        "page instead of JSON": {"body": PAGE, "kind": "text/html"},
        "broken JSON": {"body": b'{"id":"1'},
        "null": {"body": b"null"},
        "bytes that are no text": {"body": b"\xff\xfe\xfa"},
        "redirect": {"status": 307, "body": b"", "headers": (("Location", "/elsewhere"),)},
    }.items()
)


@lru_cache(maxsize=4)
def key(name: str = "k1") -> rsa.RSAPrivateKey:
    """Return a signing key, made once; other names are other keys."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def published(name: str, *channels: str) -> Json:
    """Return a key as Microsoft publishes it, standing for some channels."""
    made = jwt.algorithms.RSAAlgorithm.to_jwk(key(name).public_key(), as_dict=True)
    return {**made, "kid": name, "use": "sig", "endorsements": list(channels or ("msteams",))}


@dataclass(slots=True)
class Entry:
    """One message that Teams accepted: a post or an edit. `seen` says that a test looked."""

    kind: str
    where: str
    thread: str
    id: str
    data: Json
    at: float
    seen: bool = False


@dataclass(slots=True)
class Room:
    """A conversation: personal (with one member), channel or groupChat; are we in it?"""

    id: str
    kind: str
    name: str
    members: set[str]
    bot: bool = True
    code: str = ""  # an error that everything sent there gets


@dataclass(slots=True)
class Got:
    """What we answered to a delivery."""

    status: int
    body: Any
    seconds: float


class Peer:
    """The pretend Teams."""

    def __init__(self) -> None:
        self.people: dict[str, Json] = {}
        self.rooms: dict[str, Room] = {}
        self.ledger: list[Entry] = []
        self.calls: list[tuple[str, str]] = []
        self.refusals: list[str] = []
        self.keys = [published("k1")]
        self.tokens: list[str] = []
        self.good: set[str] = set()
        self.lives: object = 3600
        self.latency = 0.0
        self.bot_url = ""
        self.locale = "en-US"  # what everybody's Teams speaks
        self.checks = True  # whether a token of ours is asked for
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._count = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._closing = asyncio.Event()

    # --- the company ---------------------------------------------------------------------

    def person(self, name: str, **flags: Any) -> str:
        """Let there be somebody with a personal chat; return the object id."""
        user = user_id(name)
        self.people[f"29:{name.lower()}"] = {
            "id": f"29:{name.lower()}", "aadObjectId": user, "name": name, "tenantId": TENANT,
            "userRole": "user", "userPrincipalName": f"{name.lower()}@example.com", **flags,
        }  # fmt: skip
        return user

    def room(self, id: str, kind: str, name: str, **given: Any) -> Room:
        """Let there be a channel or a group with everybody in it."""
        self.rooms[id] = Room(id, kind, name, set(self.people), **given)
        return self.rooms[id]

    def personal(self, member: str) -> Room:
        """Return somebody's personal chat with us."""
        id = f"a:{member.partition(':')[2]}"
        if id not in self.rooms:
            self.rooms[id] = Room(id, "personal", "", {member})
        return self.rooms[id]

    def plan(self, call: str, *faults: Fault) -> None:
        """Let the next calls go wrong: openid, keys, token, open, post, put or member."""
        self._faults[call].extend(faults)

    @property
    def planned(self) -> list[str]:
        """What has not gone wrong yet."""
        return [each.name for left in self._faults.values() for each in left]

    # --- running -------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen on loopback."""
        app = web.Application(client_max_size=10**7)
        app.router.add_get("/.well-known/openidconfiguration", self._serve("openid", self._openid))
        app.router.add_get("/keys", self._serve("keys", self._keys))
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._serve("token", self._token))
        v3 = "/emea/v3/conversations"
        app.router.add_post(v3, self._serve("open", self._open))
        app.router.add_post(f"{v3}/{{room}}/activities", self._serve("post", self._post))
        app.router.add_put(f"{v3}/{{room}}/activities/{{id}}", self._serve("put", self._put))
        app.router.add_get(f"{v3}/{{room}}/members/{{id}}", self._serve("member", self._member))
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = int(self._runner.addresses[0][1])
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        """Let go of everything."""
        self._closing.set()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def login(self) -> str:
        """Where the sign-in is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def service_url(self) -> str:
        """Where the connector is."""
        return f"http://127.0.0.1:{self.port}/emea/"

    def _serve(
        self, call: str, work: Callable[[web.Request, Json], Json]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            fault = self._faults[call].popleft() if self._faults[call] else None
            if fault is not None and fault.act == "reset" and not fault.accepts:
                return self._reset(request)
            data = await self._data(request)
            self.calls.append((call, request.match_info.get("room", "")))
            await asyncio.sleep(self.latency)
            status, answer = 200, cast(Json, {})
            if fault is None or fault.accepts:
                try:
                    if call in ("open", "post", "put", "member") and self.checks:
                        self._let_in(request)
                    answer = work(request, data)
                except Bad as bad:
                    if call != "member":  # not to be in a room is no mistake of ours
                        self.refusals.append(f"{call}: {bad}")
                    status, answer = bad.status, {"error": {"code": bad.code}}
            if fault is not None:
                return await self._go_wrong(request, fault, answer)
            return web.json_response(answer, status=status)

        return serve

    async def _data(self, request: web.Request) -> Json:
        if request.content_type == "application/json" and request.can_read_body:
            return cast(Json, await request.json())
        return dict(await request.post())

    def _let_in(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if given.removeprefix("Bearer ") not in self.good:
            raise Bad(401, "Unauthorized")

    async def _go_wrong(
        self, request: web.Request, fault: Fault, answer: Json
    ) -> web.StreamResponse:
        body = json.dumps(answer).encode() if fault.body is None else fault.body
        if fault.act == "reset":
            return self._reset(request)
        if fault.act == "hang":
            await self._closing.wait()
        if fault.act in ("cut", "drip"):
            response = web.StreamResponse(headers={"Content-Type": fault.kind})
            response.content_length = len(body) + 100
            await response.prepare(request)
            await response.write(body[: len(body) // 2])
            while fault.act == "drip" and not self._closing.is_set():
                try:
                    await response.write(b" ")
                except ConnectionError:
                    break
                await asyncio.sleep(0.05)
            return self._reset(request)
        await asyncio.sleep(fault.seconds)
        headers = {"Content-Type": fault.kind, **dict(fault.headers)}
        return web.Response(status=fault.status, body=body, headers=headers)

    def _reset(self, request: web.Request) -> web.Response:
        if request.transport is not None:  # else the other side has gone already
            request.transport.abort()
        return web.Response()

    # --- what is asked of it -------------------------------------------------------------

    def _openid(self, _request: web.Request, _data: Json) -> Json:
        return {"issuer": ISSUER, "jwks_uri": f"{self.login}/keys"}

    def _keys(self, _request: web.Request, _data: Json) -> Json:
        return {"keys": self.keys}

    def _token(self, request: web.Request, data: Json) -> Json:
        wanted = {
            "grant_type": "client_credentials", "client_id": APP, "client_secret": PASSWORD,
            "scope": f"{ISSUER}/.default",
        }  # fmt: skip
        if data != wanted or request.match_info["tenant"] not in (TENANT, "botframework.com"):
            raise Bad(401, "invalid_client", str(data))
        token = f"token-{next(self._count)}"
        self.tokens.append(token)
        self.good.add(token)
        return {"token_type": "Bearer", "access_token": token, "expires_in": self.lives}

    def _open(self, _request: web.Request, data: Json) -> Json:
        (asked,) = data["members"]
        found = [
            each for each, who in self.people.items() if asked["id"] in (each, who["aadObjectId"])
        ]
        if not found or data["tenantId"] != TENANT or data["bot"]["id"] != BOT or data["isGroup"]:
            raise Bad(400, "BadSyntax", str(data))
        room = self.personal(found[0])
        if not room.bot:
            raise Bad(403, "BotNotInConversationRoster")
        return {"id": room.id}

    def _post(self, request: web.Request, data: Json) -> Json:
        room, thread = self._room(request)
        self._check(data)
        id = f"{1700000000000 + next(self._count)}"
        self.ledger.append(Entry("post", room.id, thread, id, data, time.perf_counter()))
        return {"id": id}

    def _put(self, request: web.Request, data: Json) -> Json:
        room, thread = self._room(request)
        id = request.match_info["id"]
        if not [each for each in self.ledger if (each.where, each.id) == (room.id, id)]:
            raise Bad(404, "ActivityNotFoundInConversation")
        self._check(data)
        self.ledger.append(Entry("edit", room.id, thread, id, data, time.perf_counter()))
        return {"id": id}

    def _member(self, request: web.Request, _data: Json) -> Json:
        room, _thread = self._room(request)
        id = request.match_info["id"]
        for member in room.members:
            if id in (member, self.people[member]["aadObjectId"]):
                return self.people[member]
        raise Bad(404, "MemberNotFoundInConversation")

    def _room(self, request: web.Request) -> tuple[Room, str]:
        id, _mark, thread = request.match_info["room"].partition(";messageid=")
        room = self.rooms.get(id)
        if room is None:
            raise Bad(404, "ConversationNotFound")
        if room.code:
            status, _space, code = room.code.partition(" ")
            raise Bad(int(status), code)
        if not room.bot:
            raise Bad(403, "BotNotInConversationRoster")
        return room, thread

    def _check(self, data: Json) -> None:
        if data.get("attachments"):
            if data.get("text"):
                raise Bad(400, "BadArgument", "a text beside a card")
            wrong = adaptive_card.in_activity({**data, "id": ""} if "id" in data else data)
        else:
            wrong = [] if data.get("text") and data.get("textFormat") == "plain" else ["no text"]
        if wrong:
            raise Bad(400, "BadArgument", "; ".join(wrong))

    # --- delivering ----------------------------------------------------------------------

    def token(self, *, sign: object = None, algorithm: str = "RS256", **changed: Any) -> str:
        """Return the header of a request as Teams signs it, but for what is changed.

        `kid` and `headers` change the token's head; a claim of None is left out.
        """
        now = int(time.time())
        head = {"kid": changed.pop("kid", "k1"), **changed.pop("headers", {})}
        claims = {
            "iss": ISSUER, "aud": APP, "nbf": now - 60, "exp": now + 3600,
            "serviceurl": self.service_url, **changed,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        made = jwt.encode(
            claims, cast(Any, sign or key("k1")), algorithm=algorithm,
            headers={name: value for name, value in head.items() if value is not None},
        )  # fmt: skip
        return f"Bearer {made}"

    async def post(self, body: bytes, headers: Any = None) -> Got:
        """Send a request to us."""
        assert self._session is not None
        if headers is None:
            headers = {"Authorization": self.token()}
        began = time.perf_counter()
        sent = [("Content-Type", "application/json"), *dict(headers).items()]
        async with self._session.post(self.bot_url, data=body, headers=sent) as response:
            text = await response.text()
            form = response.content_type == "application/json" and text
            found = json.loads(text) if form else text
            return Got(response.status, found, time.perf_counter() - began)

    async def deliver(self, activity: Json) -> Got:
        """Deliver an activity."""
        return await self.post(json.dumps(activity).encode())

    def activity(self, type: str, member: str, at: str = "", **given: Any) -> Json:
        """Return an activity of somebody, in a room or in the personal chat."""
        room = self.rooms[at] if at else self.personal(member)
        who = self.people[member]
        id = given.pop("id", f"{1700000000000 + next(self._count)}")
        conversation: Json = {
            "id": room.id, "conversationType": room.kind, "tenantId": TENANT,
            "isGroup": room.kind != "personal",
        }  # fmt: skip
        if room.kind == "channel":
            conversation["id"] += f";messageid={given.pop('thread', id)}"
        data: Json = {"tenant": {"id": TENANT}}
        if room.kind == "channel":
            data |= {"channel": {"id": room.id, "name": room.name}, "team": {"id": "19:team"}}
        elif room.kind == "groupChat":
            conversation["name"] = room.name
        sender = {"id": who["id"], "name": who["name"], "aadObjectId": who["aadObjectId"]}
        return {
            "type": type, "id": id, "channelId": "msteams", "serviceUrl": self.service_url,
            "timestamp": "2026-11-23T08:00:00.000Z", "locale": self.locale,
            "from": {name: value for name, value in sender.items() if value},
            "recipient": {"id": BOT, "name": "Lotse"}, "conversation": conversation,
            "channelData": data, **given,
        }  # fmt: skip

    # --- looking -------------------------------------------------------------------------

    def at(self, where: str) -> list[Entry]:
        """Return what was posted in a room, and mark all that happened there as seen."""
        for each in self.ledger:
            each.seen = each.seen or each.where == where
        return [each for each in self.ledger if each.where == where and each.kind == "post"]

    def now(self, entry: Entry) -> Json:
        """Return a message as it stands after its edits."""
        same = [each for each in self.ledger if (each.where, each.id) == (entry.where, entry.id)]
        return same[-1].data

    def sees(self, where: str) -> list[str]:
        """Return the messages of a room as they stand now, as text."""
        return [text_of(self.now(each)) for each in self.at(where)]

    def edits(self, entry: Entry) -> int:
        """Return how often a message was edited."""
        return sum(
            each.kind == "edit" and (each.where, each.id) == (entry.where, entry.id)
            for each in self.ledger
        )

    def unexpected(self) -> list[str]:
        """Return what was accepted and nobody looked at."""
        return [
            f"{each.kind} at {each.where}: {text_of(each.data)}"
            for each in self.ledger
            if not each.seen
        ]
