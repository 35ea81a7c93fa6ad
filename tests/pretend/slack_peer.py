"""A pretend Slack on loopback: Web API, Socket Mode and signed requests, with its own ledger.

It refuses what Slack refuses, forgets nothing that it accepted, and goes wrong
by plan. What people see is read back from the blocks as text, in the words of
`bot/delivery/plain.py`, so that a story reads the same here and on the local page.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import re
import time
import urllib.parse
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
from aiohttp import web

from tests.pretend import block_kit
from tests.pretend.slack_limits import Bad, check_message, check_view, need

Json = dict[str, Any]

TEAM = "T1"
APP = "A1"
BOT = "UBOT"
TOKEN = "xoxb-peer-token"
APP_TOKEN = "xapp-peer-token"
SECRET = "peer-signing-secret"
TRIGGER_LIVES = 3.0

# --- faults --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """How one call of the Web API goes wrong. `accepts` says that it is carried out all the same.

    `act` is what the connection does: reset, hang, cut or drip; else the answer is given.
    """

    name: str
    status: int = 200
    body: bytes | None = None
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    accepts: bool = False
    act: str = ""
    seconds: float = 0.0


def error(code: str) -> Fault:
    """Slack answers with an error code."""
    return Fault(f"error {code}", body=json.dumps({"ok": False, "error": code}).encode())


def limited(after: str | None) -> Fault:
    """Slack answers 429, with this Retry-After or none."""
    headers = () if after is None else (("Retry-After", after),)
    body = b'{"ok":false,"error":"ratelimited"}'
    return Fault(f"429 after {after}", 429, body, headers=headers)


def slow(seconds: float) -> Fault:
    """Slack does it, and takes its time to say so."""
    return Fault(f"slow {seconds}", accepts=True, seconds=seconds)


HTML = "text/html"
PAGE = b"<html><body>Bad Gateway</body></html>"
# Whose outcome nobody can know, whether or not it was accepted.
UNKNOWABLE = tuple(
    Fault(f"{name}{' after accepting' if accepts else ''}", accepts=accepts, **given)  # type: ignore[arg-type]
    for accepts in (False, True)
    for name, given in {
        "reset": {"act": "reset"},
        "hang": {"act": "hang"},
        "cut body": {"act": "cut"},
        "endless drip": {"act": "drip"},
        "500 page": {"status": 500, "body": PAGE, "kind": HTML},
        "502 page": {"status": 502, "body": PAGE, "kind": HTML},
        "503 page": {"status": 503, "body": PAGE, "kind": HTML},
        "504 empty": {"status": 504, "body": b""},
        "500 JSON": {"status": 500, "body": b'{"ok":false}'},
        "empty body": {"body": b""},
        "list": {"body": b"[]"},
        "list with content": {"body": b'[{"ok":true}]'},
        "text instead of JSON": {"body": b"ok", "kind": "text/plain"},
        "page instead of JSON": {"body": PAGE, "kind": HTML},
        "broken JSON": {"body": b'{"ok":tr'},
        "ok without anything": {"body": b'{"ok":true}'},
        "null": {"body": b"null"},
        "bytes that are no text": {"body": b"\xff\xfe\xfa"},
    }.items()
)


# --- installing ----------------------------------------------------------------------------

CLIENT_ID, CLIENT_SECRET = "123.456", "peer-client-secret"
ROTATED = 43_200


class Foreseen(Bad):
    """A refusal that belongs to the story, such as of a token that was revoked."""


class Grants:
    """Which tokens of a workspace are good, and how new ones are given out.

    `rotates` says that tokens end after so many seconds and are exchanged for new ones;
    `issued` are all tokens ever, each with why it is refused now, or "".
    """

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.rotates: int | None = None
        self.issued: dict[str, str] = {}
        self.refresh: dict[str, bool] = {}
        self.codes: dict[str, tuple[Peer, str, str]] = {}
        self.org_wide = False
        self.renewals = 0
        self._count = itertools.count(1)

    def agree(self, address: str, peer: Peer, user: str) -> str:
        """Let somebody agree on Slack's page at `address`; return where Slack sends them then."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
        assert asked["client_id"] == CLIENT_ID
        code = f"code-{next(self._count)}"
        self.codes[code] = (peer, user, asked["redirect_uri"])
        query = urllib.parse.urlencode({"code": code, "state": asked["state"]})
        return f"{asked['redirect_uri']}?{query}"

    def check(self, given: str) -> None:
        """Refuse whoever does not know the app's secret."""
        us = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if given != f"Basic {us}":
            raise Foreseen("bad_client_secret")

    def access(self, data: Json) -> Json:
        """Exchange a code, or a token that renews, for tokens; each works once."""
        if data.get("grant_type") == "refresh_token":
            for each in self.peer.others.values():
                if data["refresh_token"] in each.grants.refresh:
                    return each.grants.renew(data["refresh_token"])
            raise Foreseen("invalid_refresh_token")
        found = self.codes.pop(data["code"], None)
        if found is None or found[2] != data["redirect_uri"]:
            raise Foreseen("invalid_code")
        peer, user, _redirect = found
        return {
            **peer.grants.give(),
            "bot_user_id": BOT,
            "app_id": APP,
            "team": None if self.org_wide else {"id": peer.team, "name": f"Company {peer.team}"},
            "enterprise": {"id": "E1", "name": "All"} if self.org_wide else None,
            "is_enterprise_install": self.org_wide,
            "authed_user": {"id": user},
            "scope": "chat:write,commands",
        }

    def renew(self, token: str) -> Json:
        """Exchange a refresh token; the second time it is refused."""
        if not self.refresh[token]:
            raise Foreseen("invalid_refresh_token")
        self.refresh[token] = False
        self.renewals += 1
        return self.give()

    def give(self) -> Json:
        """Give out a token, and one that renews it if they end."""
        token = f"xoxb-{self.peer.team}-{next(self._count)}"
        self.issued[token] = ""
        given: Json = {"access_token": token, "token_type": "bot"}
        if self.rotates is not None:
            again = f"xoxe-1-{self.peer.team}-{next(self._count)}"
            self.refresh[again] = True
            given |= {"refresh_token": again, "expires_in": self.rotates}
        return given

    def end(self, why: str) -> None:
        """Refuse every token that was given out so far, with this code."""
        self.issued = {each: why for each in self.issued}

    def let_in(self, token: str) -> None:
        """Refuse a token that is good no more."""
        if self.issued[token]:
            raise Foreseen(self.issued[token])


# --- the ledger ----------------------------------------------------------------------------


@dataclass(slots=True)
class Entry:
    """One thing that Slack accepted: post, edit, ephemeral, answer, view or home.

    `where` is a channel, or for views the user. `seen` says that a test looked at it.
    """

    kind: str
    where: str
    user: str
    ts: str
    data: Json
    at: float
    seen: bool = False
    thread: str = ""


@dataclass(slots=True)
class Channel:
    """A channel: who is in it, and whether we are."""

    id: str
    name: str
    members: set[str]
    private: bool = False
    archived: bool = False
    topics: list[str] = field(default_factory=list)


@dataclass(slots=True)
class File:
    """A file that was announced, sent, and shared in a thread."""

    length: int
    alt: str
    content: bytes = b""
    shared: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Got:
    """What we answered to a delivery: a status, or no acknowledgement at all (None)."""

    status: int | None
    body: Any
    seconds: float


class Peer:
    """The pretend Slack. `over` says how it delivers: http or socket.

    It is one company's workspace; `other` lets there be further ones behind the same
    Web API, told apart by their tokens only.
    """

    def __init__(self, over: str = "http", team: str = TEAM, whole: Peer | None = None) -> None:
        self.over = over
        self.team = team
        self.whole = whole or self
        self.others: dict[str, Peer] = {}
        self.grants = Grants(self)
        self.users: dict[str, Json] = {}
        self.channels: dict[str, Channel] = {}
        self.ledger: list[Entry] = []
        self.files: dict[str, File] = {}
        self.granted: set[str] = {"files:write"}
        self.calls: list[tuple[str, Json]] = []
        self.refusals: list[str] = []
        self.views: dict[str, list[Json]] = defaultdict(list)
        self.homes: dict[str, Json] = {}
        self.acks: dict[str, tuple[float, Any]] = {}
        self.links: list[web.WebSocketResponse] = []
        self.linked = 0
        self.latency = 0.0
        self.away: Fault | None = None  # how every call goes wrong that is not planned
        self.reads = False  # whether the scope to read channels was granted
        self.gates: dict[str, asyncio.Event] = {}  # methods that wait until theirs is open
        self.token, self.app_token = TOKEN, APP_TOKEN
        self.request_url = ""
        self.patience = 3.0
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._triggers: dict[str, tuple[str, float]] = {}
        self._count = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._closing = asyncio.Event()
        self._linked = asyncio.Event()
        self._session: aiohttp.ClientSession | None = None
        self.user(BOT, "Lotse", is_bot=True)

    # --- the company ---------------------------------------------------------------------

    def user(self, id: str, name: str, **flags: Any) -> None:
        """Let there be a user."""
        team = flags.pop("team_id", self.team)
        profile = {"display_name": name, "real_name": name}
        self.users[id] = {
            "id": id,
            "team_id": team,
            "name": name.lower(),
            "profile": profile,
            "locale": "en-US",
            **flags,
        }

    def channel(self, id: str, name: str, *, bot: bool = True, private: bool = False) -> None:
        """Let there be a channel with everybody in it."""
        members = {each for each in self.users if bot or each != BOT}
        self.channels[id] = Channel(id, name, members, private)

    def other(self, team: str) -> Peer:
        """Let there be another company's workspace; the app is not installed there yet."""
        made = Peer(self.over, team, self)
        made.token = ""
        self.others[team] = made
        return made

    def plan(self, method: str, *faults: Fault) -> None:
        """Let the next calls of a method go wrong, one after the other."""
        self._faults[method].extend(faults)

    @property
    def planned(self) -> list[str]:
        """What has not gone wrong yet."""
        return [each.name for left in self._faults.values() for each in left]

    # --- running -------------------------------------------------------------------------

    async def vanish(self) -> None:
        """Listen no more: every connection is refused until `come_back`."""
        assert self._site is not None and self._runner is not None
        await self._site.stop()
        assert self._runner.server is not None
        for each in self._runner.server.connections:
            if each.transport is not None:
                each.transport.abort()

    async def come_back(self) -> None:
        """Listen again, at the same address."""
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await self._site.start()

    async def start(self, port: int = 0) -> None:
        """Listen on loopback."""
        block_kit.mistakes({"text": "x", "blocks": []})  # reads its schema, before anybody waits
        app = web.Application(client_max_size=10**7)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        app.router.add_post("/upload/{file}", self._uploaded)
        app.router.add_post("/respond/{user}/{channel}", self._responded)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", port)
        await self._site.start()
        self.port = int(self._runner.addresses[0][1])
        self._session = aiohttp.ClientSession()
        self._closing.clear()

    async def stop(self) -> None:
        """Let go of everything."""
        self._closing.set()
        for each in self.links:
            if not each.closed:
                await each.close()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where the Web API is."""
        return f"http://127.0.0.1:{self.port}/api/"

    # --- the Web API ---------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        for each in self.others.values():
            if given in each.grants.issued:
                return await each._api(request)
        left = self._faults[method]
        fault = left.popleft() if left else self.whole.away
        if fault is not None and fault.act == "reset" and not fault.accepts:
            return self._reset(request)
        data = await self._arguments(request)
        self.calls.append((method, data))
        if method in self.gates:
            await self.gates[method].wait()
        answer: Json = {"ok": True}
        if fault is None or fault.accepts:
            try:
                self._let_in(request, method)
                answer |= getattr(self, "_" + method.replace(".", "_"))(data)
            except Bad as bad:
                if not isinstance(bad, Foreseen):
                    self.refusals.append(f"{method}: {bad}")
                answer = {"ok": False, "error": str(bad).partition(":")[0]}
        await asyncio.sleep(self.latency)
        if fault is not None:
            return await self._go_wrong(request, fault, answer)
        return web.json_response(answer)

    async def _uploaded(self, request: web.Request) -> web.StreamResponse:
        left = self._faults["upload"]
        if left:
            return await self._go_wrong(request, left.popleft(), {"ok": True})
        file = self.files[request.match_info["file"]]
        file.content = await request.read()
        need(len(file.content) == file.length, "length", "invalid_arguments")
        return web.Response(text="OK")

    def _files_getUploadURLExternal(self, data: Json) -> Json:
        if "files:write" not in self.granted:
            raise Foreseen("missing_scope")
        id = f"F{len(self.files):08d}"
        self.files[id] = File(int(data["length"]), data["alt_txt"])
        return {"upload_url": f"http://127.0.0.1:{self.port}/upload/{id}", "file_id": id}

    def _files_completeUploadExternal(self, data: Json) -> Json:
        (given,) = json.loads(data["files"])
        file = self.files[given["id"]]
        need(file.content, "nothing was uploaded", "file_not_found")
        file.shared = (data["channel_id"], data["thread_ts"])
        return {"files": [{"id": given["id"]}]}

    def respond_url(self, user: str, channel: str) -> str:
        """Return where an answer for a user's eyes may be sent."""
        return f"http://127.0.0.1:{self.port}/respond/{user}/{channel}"

    async def _responded(self, request: web.Request) -> web.StreamResponse:
        left = self._faults["response_url"]
        fault = left.popleft() if left else self.away
        data = await request.json()
        self.calls.append(("response_url", data))
        if fault is not None:
            return await self._go_wrong(request, fault, {"ok": True})
        at, user = request.match_info["channel"], request.match_info["user"]
        self._keep("ephemeral", at, user, self._ts(), data)
        return web.Response(text="ok")

    async def _arguments(self, request: web.Request) -> Json:
        if request.content_type == "application/json":
            return cast(Json, await request.json())
        return {**request.query, **await request.post()}

    def _let_in(self, request: web.Request, method: str) -> None:
        given = request.headers.get("Authorization", "")
        if method == "oauth.v2.access":
            self.grants.check(given)
        elif given.removeprefix("Bearer ") in self.grants.issued:
            self.grants.let_in(given.removeprefix("Bearer "))
        else:
            wanted = self.app_token if method == "apps.connections.open" else self.token
            if method == "api.test":
                return
            need(given == f"Bearer {wanted}", "token", "invalid_auth")

    async def _go_wrong(
        self, request: web.Request, fault: Fault, answer: Json
    ) -> web.StreamResponse:
        body = json.dumps(answer).encode() if fault.body is None else fault.body
        match fault.act:
            case "reset":
                return self._reset(request)
            case "hang":
                await self._closing.wait()
            case "cut" | "drip":
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
            case _:
                pass
        await asyncio.sleep(fault.seconds)
        return web.Response(
            status=fault.status,
            body=body,
            headers={"Content-Type": fault.kind, **dict(fault.headers)},
        )

    def _reset(self, request: web.Request) -> web.Response:
        if request.transport is not None:  # else the other side has gone already
            request.transport.abort()
        return web.Response()

    def _auth_test(self, _data: Json) -> Json:
        return {
            "team_id": self.team,
            "user_id": BOT,
            "bot_id": "B1",
            "team": "Peer",
            "user": "lotse",
            "url": "https://peer.example/",
        }

    def _api_test(self, _data: Json) -> Json:
        return {}

    def _conversations_history(self, data: Json) -> Json:
        where = data["channel"]
        if not where.startswith("D") and not self.reads:
            raise Foreseen("missing_scope")
        need(not where.startswith("U"), where, "channel_not_found")
        posts = [each for each in self.ledger if (each.kind, each.where) == ("post", where)]
        shown = [{"ts": each.ts, "metadata": each.data.get("metadata")} for each in posts]
        return {"messages": shown[::-1][: int(data["limit"])], "has_more": False}

    def _apps_connections_open(self, _data: Json) -> Json:
        return {"url": f"ws://127.0.0.1:{self.port}/link"}

    def _oauth_v2_access(self, data: Json) -> Json:
        return self.grants.access(data)

    def _users_info(self, data: Json) -> Json:
        need(data["user"] in self.users, "user", "user_not_found")
        return {"user": self.users[data["user"]]}

    def _chat_postMessage(self, data: Json) -> Json:
        check_message(data)
        for name in ("unfurl_links", "unfurl_media"):
            need(data.get(name) is False, name, "invalid_arguments")
        where = self._where(data["channel"])
        ts = self._ts()
        self._keep("post", where, "", ts, data)
        return {"channel": where, "ts": ts}

    def _chat_update(self, data: Json) -> Json:
        check_message(data)
        found = [
            each
            for each in self.ledger
            if (each.kind, each.where, each.ts) == ("post", data["channel"], data["ts"])
        ]
        need(found, "no such message", "message_not_found")
        self._keep("edit", data["channel"], "", data["ts"], data)
        return {"channel": data["channel"], "ts": data["ts"]}

    def _chat_postEphemeral(self, data: Json) -> Json:
        check_message(data)
        where = self._where(data["channel"])
        if where in self.channels:
            inside = data["user"] in self.channels[where].members
            need(inside, "user", "user_not_in_channel")
        ts = self._ts()
        entry = self._keep("ephemeral", where, data["user"], ts, data)
        entry.thread = data.get("thread_ts", "")
        return {"message_ts": ts}

    def _conversations_create(self, data: Json) -> Json:
        name = data["name"]
        need(bool(re.fullmatch(r"[a-z0-9_-]{1,80}", name)), name, "invalid_name_specials")
        need(all(each.name != name for each in self.channels.values()), name, "name_taken")
        id = f"C{len(self.channels):08d}"
        self.channels[id] = Channel(id, name, {BOT})
        return {"channel": {"id": id, "name": name, "is_channel": True}}

    def _conversations_rename(self, data: Json) -> Json:
        found, name = self.channels[self._where(data["channel"])], data["name"]
        need(not found.archived, found.id, "is_archived")
        need(bool(re.fullmatch(r"[a-z0-9_-]{1,80}", name)), name, "invalid_name_specials")
        need(all(each.name != name for each in self.channels.values()), name, "name_taken")
        found.name = name
        return {"channel": {"id": found.id, "name": name}}

    def _conversations_setTopic(self, data: Json) -> Json:
        where = self._where(data["channel"])
        need(len(data["topic"]) <= 250, data["topic"], "too_long")
        self.channels[where].topics.append(data["topic"])
        return {"channel": {"id": where}}

    def _conversations_invite(self, data: Json) -> Json:
        where = self._where(data["channel"])
        for each in data["users"].split(","):
            need(each in self.users, each, "user_not_found")
            need(each not in self.channels[where].members, each, "already_in_channel")
            self.channels[where].members.add(each)
        return {"channel": {"id": where}}

    def _conversations_archive(self, data: Json) -> Json:
        found = self.channels[data["channel"]]
        need(not found.archived, found.id, "already_archived")
        found.archived = True
        return {}

    def _views_open(self, data: Json) -> Json:
        user = self._trigger(data["trigger_id"])
        return self._show(user, data["view"], fresh=True)

    def _views_push(self, data: Json) -> Json:
        user = self._trigger(data["trigger_id"])
        need(0 < len(self.views[user]) < 3, "views", "push_limit_reached")
        return self._show(user, data["view"], fresh=False)

    def _views_update(self, data: Json) -> Json:
        check_view(data["view"])
        for user, stack in self.views.items():
            for position, each in enumerate(stack):
                if each["id"] == data["view_id"]:
                    stack[position] = {**data["view"], "id": each["id"], "hash": self._ts()}
                    self._keep("view", user, user, each["id"], data["view"])
                    return {"view": stack[position]}
        raise Bad("not_found: view")

    def _views_publish(self, data: Json) -> Json:
        check_view(data["view"])
        need(data["view"]["type"] == "home" and data["user_id"] in self.users, "home")
        self.homes[data["user_id"]] = data["view"]
        self._keep("home", data["user_id"], data["user_id"], "", data["view"])
        return {"view": data["view"]}

    def _show(self, user: str, view: Json, *, fresh: bool) -> Json:
        check_view(view)
        need(view["type"] == "modal", "modal")
        made = {**view, "id": f"V{next(self._count)}", "hash": self._ts()}
        if fresh:
            self.views[user].clear()
        self.views[user].append(made)
        self._keep("view", user, user, made["id"], view)
        return {"view": made}

    def _where(self, channel: str) -> str:
        if channel in self.users:
            need(not self.users[channel].get("deleted"), channel, "user_disabled")
            need(not self.users[channel].get("is_bot"), channel, "cannot_dm_bot")
            if self.users[channel].get("unreachable"):
                raise Foreseen("user_not_found")
            return direct(channel)
        if channel.startswith("D"):
            return channel
        found = self.channels.get(channel)
        need(found is not None, channel, "channel_not_found")
        assert found is not None
        need(not found.archived, channel, "is_archived")
        need(BOT in found.members, channel, "not_in_channel")
        return channel

    def _keep(self, kind: str, where: str, user: str, ts: str, data: Json) -> Entry:
        entry = Entry(kind, where, user, ts, data, time.perf_counter())
        self.ledger.append(entry)
        return entry

    def _ts(self) -> str:
        return f"1700000000.{next(self._count):06d}"

    def trigger(self, user: str) -> str:
        """Return a trigger of something that a user does now."""
        made = f"{next(self._count)}.{time.time():.6f}"
        self._triggers[made] = (user, time.monotonic())
        return made

    def _trigger(self, id: str) -> str:
        found = self._triggers.pop(id, None)
        need(found is not None, "used or unknown", "invalid_trigger_id")
        assert found is not None
        need(time.monotonic() - found[1] <= TRIGGER_LIVES, "late", "expired_trigger_id")
        return found[0]

    # --- Socket Mode -----------------------------------------------------------------------

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        link = web.WebSocketResponse()
        await link.prepare(request)
        self.links.append(link)
        self.linked += 1
        self._linked.set()
        open_ones = sum(not each.closed for each in self.links)
        await link.send_json(
            {
                "type": "hello",
                "num_connections": open_ones,
                "connection_info": {"app_id": APP},
                "debug_info": {"approximate_connection_time": 60},
            }
        )
        async for message in link:
            if message.type is not aiohttp.WSMsgType.TEXT or not message.data.startswith("{"):
                continue
            data = json.loads(message.data)
            id = data.get("envelope_id")
            if id in self._waiting and not self._waiting[id].done():
                self.acks[id] = (time.perf_counter(), data.get("payload"))
                self._waiting[id].set_result(data.get("payload"))
        return link

    def open_links(self) -> list[web.WebSocketResponse]:
        """Return the connections that still stand."""
        return [each for each in self.links if not each.closed]

    async def connected(self, count: int = 2, *, more_than: int = 0) -> None:
        """Wait until so many connections stand, and more than some were ever made."""
        async with asyncio.timeout(10):
            while len(self.open_links()) < count or self.linked <= more_than:
                self._linked.clear()
                await self._linked.wait()

    async def envelope(self, kind: str, payload: Json, *, id: str = "") -> Got:
        """Send an envelope over the newest connection and wait for its acknowledgement."""
        if self.whole is not self:
            return await self.whole.envelope(kind, payload, id=id)
        id = id or f"envelope-{next(self._count)}"
        self._waiting[id] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await self.open_links()[-1].send_json(
            {
                "type": kind,
                "envelope_id": id,
                "payload": payload,
                "accepts_response_payload": kind != "events_api",
            }
        )
        try:
            async with asyncio.timeout(self.patience):
                body = await self._waiting[id]
        except TimeoutError:
            return Got(None, None, time.perf_counter() - began)
        return Got(200, body, time.perf_counter() - began)

    # --- delivering --------------------------------------------------------------------------

    async def post(
        self,
        body: bytes,
        kind: str,
        *,
        secret: str = SECRET,
        at: float | None = None,
        headers: dict[str, str] | None = None,
    ) -> Got:
        """Send a signed request."""
        if self.whole is not self:
            return await self.whole.post(body, kind, secret=secret, at=at, headers=headers)
        assert self._session is not None
        stamp = str(int(time.time() if at is None else at))
        signed = {"Content-Type": kind, **sign(body, stamp, secret), **(headers or {})}
        began = time.perf_counter()
        async with self._session.post(self.request_url, data=body, headers=signed) as response:
            text = await response.text()
            form = response.content_type == "application/json"
            found = json.loads(text) if form and text else text
            return Got(response.status, found, time.perf_counter() - began)

    async def deliver(
        self, kind: str, payload: Json, *, over: str = "", headers: dict[str, str] | None = None
    ) -> Got:
        """Deliver slash_commands, interactive or events_api, the way that is set."""
        if (over or self.over) == "socket":
            return await self.envelope(kind, payload)
        if kind == "events_api":
            return await self.post(
                json.dumps(payload).encode(), "application/json", headers=headers
            )
        fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        body = urllib.parse.urlencode(fields).encode()
        return await self.post(body, "application/x-www-form-urlencoded", headers=headers)

    def event(self, event: Json, **given: Any) -> Json:
        """Wrap an event as the Events API does."""
        return {
            "type": "event_callback",
            "team_id": self.team,
            "api_app_id": APP,
            "event_id": f"Ev{next(self._count)}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": self.team, "user_id": BOT, "is_bot": True}],
            "event": event,
            **given,
        }

    # --- looking -----------------------------------------------------------------------------

    def at(self, where: str) -> list[Entry]:
        """Return what was posted in a channel, and mark all that happened there as seen."""
        for each in self.ledger:
            if each.where == where and each.kind in ("post", "edit"):
                each.seen = True
        return [each for each in self.ledger if each.where == where and each.kind == "post"]

    def now(self, entry: Entry) -> Json:
        """Return a message as it stands after its edits."""
        states = [
            each.data
            for each in self.ledger
            if each.kind in ("post", "edit") and (each.where, each.ts) == (entry.where, entry.ts)
        ]
        return states[-1]

    def sees(self, where: str) -> list[str]:
        """Return the messages of a channel as they stand now, as text."""
        return [self.text(self.now(each)["blocks"]) for each in self.at(where)]

    def edits(self, entry: Entry) -> int:
        """Return how often a message was edited."""
        return sum(
            each.kind == "edit" and (each.where, each.ts) == (entry.where, entry.ts)
            for each in self.ledger
        )

    def unexpected(self) -> list[str]:
        """Return what was accepted and nobody looked at."""
        return [
            f"{each.kind} at {each.where} for {each.user or 'all'}: "
            + self.text(each.data.get("blocks", []))
            for each in self.ledger
            if not each.seen
        ]

    def text(self, blocks: list[Json]) -> str:
        """Return blocks as text, one thing a line, as `bot/delivery/plain.py` does."""
        lines: list[str] = []
        for block in blocks:
            match block["type"]:
                case "header":
                    lines.append(re.sub("^[🔴🟠🟢] ", "", block["text"]["text"]))
                case "section":
                    lines.append(block["text"]["text"])
                case "context":
                    lines += [each["text"] for each in block["elements"]]
                case "actions":
                    lines.append(
                        " ".join(f"[{each['text']['text']}]" for each in block["elements"])
                    )
                case "input":
                    value = given(block["element"], self.users)
                    lines.append(f"{block['label']['text']}: {value}".rstrip())
                case "rich_text":
                    for each in block["elements"]:
                        if each["type"] == "rich_text_list":
                            lines += [f"- {self._spans(item)}" for item in each["elements"]]
                        else:
                            said = self._spans(each).removesuffix("\n")
                            lines.append(re.sub("^[🔴🟠🟢] ", "", said))
                case _:
                    pass
        return "\n".join(lines)

    def _spans(self, section: Json) -> str:
        said = []
        for each in section["elements"]:
            if each["type"] == "user":
                said.append(str(self.users[each["user_id"]]["profile"]["display_name"]))
            else:
                said.append(str(each["text"]))
        return "".join(said)


def given(element: Json, users: dict[str, Json]) -> str:
    """Return what stands in a field already."""
    if "initial_user" in element:
        return str(users[element["initial_user"]]["profile"]["display_name"])
    if "initial_option" in element:
        return str(element["initial_option"]["text"]["text"])
    return str(element.get("initial_value", ""))


def sign(body: bytes, stamp: str, secret: str = SECRET) -> dict[str, str]:
    """Return the headers that Slack signs a request with."""
    base = b"v0:" + stamp.encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def direct(user: str) -> str:
    """Return the direct channel between us and a user."""
    return f"D{user[1:]}"
