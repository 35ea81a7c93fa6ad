"""People in front of a pretend Slack."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from tests.pretend.slack_limits import check_message, check_options, check_view, options_of
from tests.pretend.slack_peer import APP, Entry, Got, Peer, direct

Json = dict[str, Any]


@dataclass(slots=True)
class Client:
    """Somebody with Slack open: types, presses, fills in, and reads what comes back."""

    peer: Peer = field(repr=False)
    id: str
    settle: Callable[[], Awaitable[None]] = field(repr=False)
    carry: Callable[[], Awaitable[None]] = field(repr=False)
    team: str = ""
    heard: list[Entry] = field(default_factory=list, repr=False)
    last: Got | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.team = self.team or self.peer.team

    @property
    def name(self) -> str:
        return str(self.peer.users[self.id]["name"])

    @property
    def user(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "username": self.name,
            "team_id": self.peer.users[self.id]["team_id"],
        }

    @property
    def view(self) -> Json | None:
        """The modal on top, if one is open."""
        stack = self.peer.views[self.id]
        return stack[-1] if stack else None

    # --- doing ---------------------------------------------------------------------------

    def command(self, line: str, at: str = "") -> Json:
        """Return the payload of a slash command."""
        at = at or direct(self.id)
        word, _space, text = line.partition(" ")
        channel = self.peer.channels.get(at)
        name = (
            "directmessage"
            if channel is None
            else "privategroup"
            if channel.private
            else channel.name
        )
        return {
            "command": word,
            "text": text,
            "user_id": self.id,
            "user_name": self.name,
            "team_id": self.team,
            "team_domain": "peer",
            "channel_id": at,
            "channel_name": name,
            "api_app_id": APP,
            "token": "legacy",
            "is_enterprise_install": "false",
            "response_url": "http://127.0.0.1:9/none",
            "trigger_id": self.peer.trigger(self.id),
        }

    async def types(self, line: str, at: str = "") -> str:
        """Type a slash command; return what is seen then."""
        return await self._does("slash_commands", self.command(line, at), at)

    async def says(self, text: str, at: str = "", **more: Any) -> str:
        """Write a message: directly to Lotse, or mention it in a channel."""
        event = {
            "user": self.id,
            "text": text,
            "ts": self.peer._ts(),
            "team": self.team,
            "channel": at or direct(self.id),
            "client_msg_id": "x",
            **more,
        }
        if self.peer.users[self.id]["team_id"] != self.peer.team:
            event |= {"user_team": self.peer.users[self.id]["team_id"]}
        event |= {"type": "app_mention"} if at else {"type": "message", "channel_type": "im"}
        return await self._does("events_api", self.peer.event(event), at)

    async def press(self, label: str = "", *, calls: str = "", about: str = "") -> str:
        """Press the newest button in sight that is called `label`, or `calls` a command."""
        return await self.acts(*self.find(label, calls, about))

    async def acts(self, entry: Entry, block: Json, button: Json) -> str:
        """Press this very button."""
        return await self._does("interactive", self.action(entry, block, button), entry.where)

    def action(self, entry: Entry, block: Json, button: Json) -> Json:
        """Return the payload of a press."""
        container: Json
        payload: Json = {
            "type": "block_actions",
            "team": {"id": self.team, "domain": "peer"},
            "user": self.user,
            "api_app_id": APP,
            "trigger_id": self.peer.trigger(self.id),
            "actions": [
                {**button, "block_id": block.get("block_id", "b"), "action_ts": self.peer._ts()}
            ],
        }
        if entry.kind in ("view", "home"):
            view = (self.view or {}) if entry.kind == "view" else self.peer.homes[self.id]
            pile = [each["id"] for each in self.peer.views.get(self.id, ())]
            root = pile[0] if entry.kind == "view" else "VHOME"
            below = pile[pile.index(view["id"]) - 1] if view.get("id") in pile[1:] else None
            container = {"type": "view", "view_id": view.get("id", "VHOME")}
            state: Json = {"values": {}}
            payload["view"] = {
                **view,
                "id": view.get("id", "VHOME"),
                "root_view_id": root,
                "previous_view_id": below,
                "state": state,
                "app_installed_team_id": self.team,
            }
        else:
            found = self.peer.channels.get(entry.where)
            name = (
                "directmessage"
                if found is None
                else "privategroup"
                if found.private
                else found.name
            )
            container = {
                "type": "message",
                "channel_id": entry.where,
                "message_ts": entry.ts,
                "is_ephemeral": entry.kind in ("ephemeral", "answer"),
            }
            payload["channel"] = {"id": entry.where, "name": name}
            payload["response_url"] = "http://127.0.0.1:9/none"
            if entry.kind in ("post", "edit") and entry in self.peer.ledger:
                payload["message"] = {"ts": entry.ts, "text": self.peer.now(entry)["text"]}
            if entry.thread:
                container["thread_ts"] = entry.thread
        return {**payload, "container": container}

    def find(self, label: str, calls: str, about: str) -> tuple[Entry, Json, Json]:
        """Return a button with its block and what it stands on."""
        labels = []
        for entry in reversed(self._in_sight()):
            blocks = self._blocks(entry)
            if about not in self.peer.text(blocks):
                continue
            for block in blocks:
                for each in block.get("elements", []) if block["type"] == "actions" else []:
                    labels.append(each["text"]["text"])
                    called = json.loads(each["value"])["word"]
                    if label in ("", labels[-1]) and calls in ("", called):
                        return entry, block, each
        raise AssertionError(f"no button “{label or calls}”, only {sorted(set(labels))}")

    def _blocks(self, entry: Entry) -> list[Json]:
        if entry.kind in ("post", "edit"):
            return cast(list[Json], self.peer.now(entry)["blocks"])
        return cast(list[Json], entry.data.get("blocks", []))

    def _in_sight(self) -> list[Entry]:
        """Return the private answers, own direct messages, channels, home and modal, by age."""
        found = []
        for each in self.peer.ledger:
            public = each.where in self.peer.channels or each.where == direct(self.id)
            if (each.kind in ("post", "edit") and public) or each.user == self.id:
                found.append(each)
        return found

    async def fill(self, **values: str) -> str:
        """Submit the modal on top, with these values in its fields (by name or label)."""
        return await self._does("interactive", self.submission(**values), "")

    def submission(self, **values: str) -> Json:
        """Return the payload of a submitted modal."""
        view = self.view
        assert view is not None, f"no modal is open for {self.name}"
        state: dict[str, Json] = {}
        for block in view["blocks"]:
            if block["type"] != "input":
                continue
            for name in (block["block_id"], block["label"]["text"]):
                if name in values:
                    state[block["block_id"]] = {"value": filled(block["element"], values.pop(name))}
            state.setdefault(block["block_id"], {"value": filled(block["element"], None)})
        assert not values, f"the form does not ask for {sorted(values)}"
        return {
            "type": "view_submission",
            "team": {"id": self.team, "domain": "peer"},
            "user": self.user,
            "api_app_id": APP,
            "trigger_id": self.peer.trigger(self.id),
            "response_urls": [],
            "view": {**view, "state": {"values": state}, "app_installed_team_id": self.team},
        }

    async def choose(self, user: str, label: str) -> None:
        """Pick somebody in a field of the open modal, as the form asks for it."""
        assert self.view is not None
        block = next(
            each
            for each in self.view["blocks"]
            if each["type"] == "input" and label in (each["block_id"], each["label"]["text"])
        )
        assert block.get("dispatch_action"), "nothing is sent when somebody is chosen there"
        entry = next(each for each in reversed(self.peer.ledger) if each.kind == "view")
        chosen = {"type": "users_select", "action_id": "value", "selected_user": user}
        got = await self.peer.deliver("interactive", self.action(entry, block, chosen))
        assert got.status == 200
        await self.settle()

    async def searches(self, label: str, typed: str) -> list[Json]:
        """Type in a field of the open modal that asks for its options; return what is offered."""
        view = self.view
        assert view is not None, f"no modal is open for {self.name}"
        block = next(
            each
            for each in view["blocks"]
            if each["type"] == "input" and label in (each["block_id"], each["label"]["text"])
        )
        assert block["element"]["type"].endswith("external_select"), block["element"]["type"]
        payload = {
            "type": "block_suggestion",
            "team": {"id": self.team, "domain": "peer"},
            "user": self.user,
            "api_app_id": APP,
            "container": {"type": "view", "view_id": view["id"]},
            "action_id": block["element"]["action_id"],
            "block_id": block["block_id"],
            "value": typed,
            "view": {**view, "app_installed_team_id": self.team},
        }
        got = await self.peer.deliver("interactive", payload)
        assert got.status == 200 and isinstance(got.body, dict), got
        options: list[Json] = got.body["options"]
        assert len(options) <= 100
        check_options(options)
        return options

    async def shortcut(self, callback: str, message: Json | None = None, at: str = "") -> str:
        """Use a shortcut, from everywhere or at a message."""
        payload: Json = {
            "type": "shortcut" if message is None else "message_action",
            "callback_id": callback,
            "team": {"id": self.team, "domain": "peer"},
            "user": self.user,
            "api_app_id": APP,
            "trigger_id": self.peer.trigger(self.id),
            "action_ts": self.peer._ts(),
        }
        if message is not None:
            payload |= {
                "message": message,
                "message_ts": message["ts"],
                "response_url": "x",
                "channel": {"id": at, "name": self.peer.channels[at].name},
            }
        return await self._does("interactive", payload, at)

    async def opens_home(self) -> str:
        """Open the home tab; return what is on it."""
        event = {
            "type": "app_home_opened",
            "user": self.id,
            "channel": direct(self.id),
            "tab": "home",
            "event_ts": self.peer._ts(),
        }
        await self._does("events_api", self.peer.event(event), "")
        return self.home()

    def home(self) -> str:
        """Return what is on the home tab now."""
        for each in self.peer.ledger:
            if each.kind == "home" and each.user == self.id:
                each.seen = True
        return self.peer.text(self.peer.homes[self.id]["blocks"])

    # --- seeing --------------------------------------------------------------------------

    async def _does(self, kind: str, payload: Json, at: str) -> str:
        before = len(self.peer.ledger)
        self.last = await self.peer.deliver(kind, payload)
        self._take(payload, at)
        await self.settle()
        mine = direct(self.id)
        self.heard = [
            each
            for each in self.peer.ledger[before:]
            if (each.user == self.id and each.kind != "home")
            or (each.kind == "post" and each.where == mine)
        ]
        for each in self.heard:
            each.seen = True
        await self.carry()
        return "\n".join(self._shown(each) for each in self.heard)

    def _take(self, payload: Json, at: str) -> None:
        """Show what came back with the acknowledgement."""
        assert self.last is not None
        body = self.last.body
        if self.last.status != 200 or not body:
            if payload.get("type") == "view_submission" and self.last.status == 200:
                self.peer.views[self.id].pop()
            return
        if payload.get("type") == "view_submission":
            self._take_view(payload, body)
            return
        body = body if isinstance(body, dict) else {"text": body}
        assert body.get("response_type", "ephemeral") == "ephemeral"
        check_message(body)
        self.peer._keep("answer", at or direct(self.id), self.id, "", body)

    def _take_view(self, payload: Json, body: Json) -> None:
        fields = {each["block_id"] for each in payload["view"]["blocks"] if each["type"] == "input"}
        match body["response_action"]:
            case "errors":
                assert body["errors"] and body["errors"].keys() <= fields, body
                lines = [f"{name}: {said}" for name, said in body["errors"].items()]
                blocks = [
                    {"type": "section", "text": {"type": "plain_text", "text": "\n".join(lines)}}
                ]
                self.peer._keep("errors", self.id, self.id, "", {"blocks": blocks})
            case "update":
                check_view(body["view"])
                self.peer.views[self.id][-1] |= {"blocks": [], **body["view"]}
                self.peer._keep("view", self.id, self.id, "", body["view"])
            case other:
                raise AssertionError(other)

    def _shown(self, entry: Entry) -> str:
        shown = self.peer.text(entry.data.get("blocks", []))
        if entry.kind == "view":
            title = entry.data["title"]["text"]
            submit = entry.data.get("submit")
            below = entry.data["blocks"][:1] and entry.data["blocks"][0]["type"] == "rich_text"
            whole = below or not submit  # the whole title stands below, or it is our name
            buttons = [f"[{submit['text']}]"] if submit else []
            return "\n".join([*([] if whole else [title]), shown, *buttons])
        return shown


def filled(element: Json, value: str | None) -> Json:
    """Return the state of a field, with a value or as it was opened."""
    match element["type"]:
        case "users_select":
            return {"type": "users_select", "selected_user": value or element.get("initial_user")}
        case "external_select":
            chosen = element.get("initial_option")
            if value is not None:
                chosen = {"text": {"type": "plain_text", "text": value}, "value": value}
            return {"type": "external_select", "selected_option": chosen}
        case "static_select":
            chosen = element.get("initial_option")
            if value is not None:
                chosen = next(
                    each
                    for each in options_of(element)
                    if value in (each["value"], each["text"]["text"])
                )
            return {"type": "static_select", "selected_option": chosen}
        case "multi_static_select":
            several = element.get("initial_options", [])
            if value is not None:
                wanted = value.split(",")
                several = [
                    each
                    for each in options_of(element)
                    if {each["value"], each["text"]["text"]} & set(wanted)
                ]
            return {"type": "multi_static_select", "selected_options": several}
        case "datepicker":
            return {"type": "datepicker", "selected_date": value or element.get("initial_date")}
        case kind:
            text = element.get("initial_value") if value is None else value
            return {"type": kind, "value": text or None}
