"""People in front of a pretend Teams."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.pretend import adaptive_card
from tests.pretend.card_text import card_text, text_of
from tests.pretend.company import NAMES as NAMES
from tests.pretend.teams_peer import BOT, Entry, Got, Peer

Json = dict[str, Any]


@dataclass(slots=True)
class Client:
    """Somebody with Teams open: writes, presses, fills in, and reads what comes back."""

    peer: Peer = field(repr=False)
    member: str
    settle: Callable[[], Awaitable[None]] = field(repr=False)
    carry: Callable[[], Awaitable[None]] = field(repr=False)
    dialog: Json | None = field(default=None, repr=False)
    last: Got | None = field(default=None, repr=False)
    heard: list[Entry] = field(default_factory=list, repr=False)
    _shown: list[tuple[str, Json]] = field(default_factory=list, repr=False)

    @property
    def chat(self) -> str:
        """The personal chat with us."""
        return self.peer.personal(self.member).id

    @property
    def name(self) -> str:
        return str(self.peer.people[self.member]["name"])

    # --- doing -----------------------------------------------------------------------

    async def says(self, text: str, at: str = "", **more: Any) -> str:
        """Write a message: directly to Lotse, or mentioning it in a room."""
        self.dialog = None
        return await self.does(self.message(text, at, **more))

    def message(self, text: str, at: str = "", **more: Any) -> Json:
        """Return the activity of a written message."""
        entities = more.pop("entities", [])
        if at:
            text = f"<at>Lotse</at> {text}"
            entities = [mention("Lotse", BOT), *entities]
        given = {"text": text, "textFormat": "plain", "entities": entities, **more}
        return self.peer.activity("message", self.member, at, **given)

    async def press(self, label: str = "", *, calls: str = "", about: str = "") -> str:
        """Press the newest button in sight that is called `label`, or `calls` a command."""
        entry, button = self.find(label, calls, about)
        activity = self.pressing(entry, button)
        shown = await self.does(activity)
        if entry is not None:  # below the answer stands the card itself
            own = card_text(self.peer.now(entry)["attachments"][0]["content"])
            shown = shown.removesuffix(own).rstrip("\n")
        return shown

    def pressing(self, entry: Entry | None, button: Json) -> Json:
        """Return the invoke of a press."""
        given: Json = {"replyToId": entry.id if entry is not None else "private"}
        at = entry.where if entry is not None and entry.where != self.chat else ""
        if entry is not None and entry.where == at and self.peer.rooms[at].kind == "channel":
            given["thread"] = entry.thread or entry.id
        data = button["data"]
        if button["type"] == "Action.Execute":
            action = {"type": "Action.Execute", "verb": button["verb"], "data": data}
            given |= {
                "name": "adaptiveCard/action",
                "value": {"action": action, "trigger": "manual"},
            }
        elif data.get("msteams", {}).get("type") == "task/fetch":
            given |= {"name": "task/fetch", "value": {"data": data, "context": {"theme": "dark"}}}
        else:
            assert self.dialog is not None, "a plain submit stands in dialogs only"
            given |= {"name": "task/submit", "value": {"data": data, "context": {"theme": "dark"}}}
        return self.peer.activity("invoke", self.member, at, **given)

    def find(self, label: str, calls: str, about: str) -> tuple[Entry | None, Json]:
        """Return a button, and the message that it stands on; None for what only we see."""
        labels: list[str] = []
        for entry, card in self._in_sight():
            if about not in card_text(card):
                continue
            for each in actions(card):
                labels.append(each["title"])
                called = each["data"]["call"]["word"]
                if label in ("", each["title"]) and calls in ("", called):
                    return entry, each
        raise AssertionError(f"no button “{label or calls}”, only {sorted(set(labels))}")

    def _in_sight(self) -> list[tuple[Entry | None, Json]]:
        """Return the dialog, then private views, then messages, the newest first."""
        found: list[tuple[Entry | None, Json]] = []
        if self.dialog is not None:
            found.append((None, self.dialog))
        found += [(None, card) for kind, card in reversed(self._shown) if kind == "view"]
        rooms = {
            self.chat,
            *(each.id for each in self.peer.rooms.values() if each.kind != "personal"),
        }
        for each in reversed(self.peer.ledger):
            if each.kind == "post" and each.where in rooms:
                now = self.peer.now(each)
                if now.get("attachments"):
                    found.append((each, now["attachments"][0]["content"]))
        return found

    async def fill(self, **values: str) -> str:
        """Send the open dialog, with these values in its fields (by name or label)."""
        return await self.does(self.submission(**values))

    def submission(self, **values: str) -> Json:
        """Return the invoke of a sent dialog."""
        assert self.dialog is not None, f"no dialog is open for {self.name}"
        data = dict(self.dialog["actions"][0]["data"])
        for each in self.dialog["body"]:
            if not each["type"].startswith("Input."):
                continue
            given = each.get("value")
            for name in (each["id"], each["id"].removeprefix("in."), each["label"]):
                if name in values:
                    given = values.pop(name)
                    for choice in each.get("choices", []):
                        given = choice["value"] if given == choice["title"] else given
            data[each["id"]] = given if given is not None else ""
        assert not values, f"the form does not ask for {sorted(values)}"
        value = {"data": data, "context": {"theme": "default"}}
        return self.peer.activity("invoke", self.member, name="task/submit", value=value)

    async def searches(self, label: str, typed: str) -> list[Json]:
        """Type in a field of the open dialog that asks for its choices; return what is offered."""
        assert self.dialog is not None, f"no dialog is open for {self.name}"
        field = next(
            each
            for each in self.dialog["body"]
            if each["type"].startswith("Input.")
            and label in (each["id"].removeprefix("in."), each["label"])
        )
        value = {
            "queryText": typed,
            "queryOptions": {"top": 15, "skip": 0},
            "dataset": field["choices.data"]["dataset"],
        }
        activity = self.peer.activity("invoke", self.member, name="application/search", value=value)
        got = await self.peer.deliver(activity)
        assert got.status == 200 and isinstance(got.body, dict), got
        assert got.body["type"] == "application/vnd.microsoft.search.searchResponse"
        found: list[Json] = got.body["value"]["results"]
        assert all(each.keys() == {"title", "value"} for each in found)
        return found

    async def extension(self, command: str, message: str = "", at: str = "") -> str:
        """Use a command of the message extension, from everywhere or on a message (HTML)."""
        value: Json = {"commandId": command, "commandContext": "message" if message else "compose"}
        if message:
            value["messagePayload"] = {
                "id": "1", "body": {"contentType": "html", "content": message}
            }  # fmt: skip
        name = "composeExtension/fetchTask"
        return await self.does(
            self.peer.activity("invoke", self.member, at, name=name, value=value)
        )

    async def search(self, words: str) -> list[str]:
        """Search from the compose box; return the cards found, or what is said instead."""
        value = {"commandId": "search", "parameters": [{"name": "words", "value": words}]}
        name = "composeExtension/query"
        await self.does(self.peer.activity("invoke", self.member, name=name, value=value))
        assert self.last is not None
        found = self.last.body["composeExtension"]
        if found["type"] == "message":
            return [found["text"]]
        return [card_text(each["content"]) for each in found["attachments"]]

    # --- seeing ----------------------------------------------------------------------

    async def does(self, activity: Json) -> str:
        """Deliver something; return what is seen then, in the answer and in the own chat."""
        before = len(self.peer.ledger)
        self.last = await self.peer.deliver(activity)
        lines = self._take(activity)
        await self.settle()
        own = {self.chat, *([activity["conversation"]["id"].partition(";")[0]])}
        self.heard = [
            each for each in self.peer.ledger[before:] if each.kind == "post" and each.where in own
        ]
        for each in self.heard:
            each.seen = True
        private = [each for each in self.heard if each.where == self.chat]
        await self.carry()
        return "\n".join([*lines, *(text_of(each.data) for each in private)])

    def _take(self, activity: Json) -> list[str]:
        """Show what came back with the answer."""
        assert self.last is not None
        body = self.last.body
        if self.last.status != 200 or not isinstance(body, dict):
            return []
        if activity.get("name") == "adaptiveCard/action":
            assert set(body) == {"statusCode", "type", "value"}, body
            if not body["type"].endswith("card.adaptive"):
                return [body["value"]] if isinstance(body["value"], str) and body["value"] else []
            wrong = adaptive_card.mistakes(body["value"])
            assert not wrong, wrong
            self._shown.append(("view", body["value"]))
            return [card_text(body["value"])]
        if "task" in body:
            assert not adaptive_card.in_task(body), adaptive_card.in_task(body)
            self.dialog = body["task"]["value"]["card"]["content"]
            title = body["task"]["value"]["title"]
            submit = [each["title"] for each in self.dialog.get("actions", [])]
            shown = card_text(self.dialog)
            said_below = not self.dialog["body"][0]["type"].startswith("Input.")
            below = said_below and title in ("Lotse", *submit)  # there stands the whole title
            return [*([] if below else [title]), shown, *(f"[{each}]" for each in submit)]
        if not body and activity.get("name") == "task/submit":
            self.dialog = None
        return []


def mention(name: str, member: str) -> Json:
    """Return a mention as Teams sends it."""
    return {
        "type": "mention",
        "text": f"<at>{name}</at>",
        "mentioned": {"id": member, "name": name},
    }


def actions(card: Json) -> list[Json]:
    """Return the buttons of a card, those below its fields included."""
    found = [
        each for part in card["body"] if part["type"] == "ActionSet" for each in part["actions"]
    ]
    return [*found, *card.get("actions", [])]
