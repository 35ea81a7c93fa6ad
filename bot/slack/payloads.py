"""What Slack sends, as requests: who, where, which words or which call, and its own key.

Identity comes from the payload's signed fields only. Keys: docs/rules.md, Slack.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import traceback
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from bot.delivery.requests import Enclosed
from bot.slack.blocks import button_call, read_private, values_of
from handlers.conversation.enclosures import kind_of
from handlers.kit.messages import Call
from storage.engine.ids import PlaceId

log = logging.getLogger("lotse.slack")

Json = dict[str, Any]

# What reading something else than a payload of Slack's ends in.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
# Who reads payloads outside of this module: Bolt, called by the first three, and the blocks.
READERS = ("_received", "dispatch", "failed", "values_of", "chosen_users", "read_private")
NAMELESS = ("privategroup", "directmessage")
ENTITY = re.compile(r"<(?P<kind>[@#!]?)(?P<target>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: the team that the app is installed in, the user, and the user's own team."""

    team: str
    user: str
    name: str
    home: str

    def __post_init__(self) -> None:
        if not all(isinstance(each, str) for each in (self.team, self.user, self.name, self.home)):
            raise TypeError("not a sender")

    @property
    def identity(self) -> str:
        """Return the person's identity for the store."""
        return f"slack:{self.home or self.team}:{self.user}"

    @property
    def external(self) -> bool:
        """Say whether the person belongs to another company (Slack Connect)."""
        return bool(self.home) and self.home != self.team


@dataclass(frozen=True, slots=True)
class Typed:
    """Words as typed; `mentions` are (shown name, user id) of people named in them.

    `direct_name` says that the first word is a slash command of its own, as `/incident` is.
    """

    text: str
    mentions: tuple[tuple[str, str], ...]
    direct_name: bool = False


def team_of(body: Json) -> str:
    """Return the team in whose installation of the app something happens.

    In channels that companies share (Slack Connect) that is neither the channel's nor
    always the sender's: events name it in `authorizations`, forms in
    `app_installed_team_id`, and buttons name whose bot posted them (java-slack-sdk#1041).
    Empty for what names no team. The same function serves all of Slack's payloads.
    """
    if "command" in body or body.get("type") == "app_rate_limited":
        team = body["team_id"]
    elif body.get("type") == "event_callback":
        allowed = body.get("authorizations") or [{}]
        team = allowed[0].get("team_id") or body["team_id"]
    else:
        installed = (body.get("view") or {}).get("app_installed_team_id")
        own = (body.get("user") or {}).get("team_id", "")
        team = installed or (body.get("team") or {}).get("id") or own
    if not isinstance(team, str):
        raise TypeError("not a team")
    return team


def sender_of(body: Json) -> Sender:
    """Return who sends a command, an interaction or an event."""
    team = team_of(body)
    if "command" in body:
        return Sender(team, body["user_id"], body.get("user_name", ""), "")
    if body.get("type") == "event_callback":
        event = body["event"]
        user = event.get("user", "")
        return Sender(team, user if isinstance(user, str) else "", "", event.get("user_team", ""))
    user = body["user"]
    name = user.get("name") or user.get("username") or ""
    return Sender(team, user["id"], name, user.get("team_id", ""))


def asking_about(sender: Sender, named: Iterable[str]) -> str:
    """Write down whom to ask Slack about; the opposite of `about`."""
    return json.dumps({"sender": asdict(sender), "named": list(dict.fromkeys(named))})


def about(written: str) -> tuple[Sender, list[str]]:
    """Return whom to ask Slack about: who sent something, and the users named in it."""
    data = json.loads(written)
    return Sender(**data["sender"]), data["named"]


def command_key(body: Json) -> str:
    """Return the delivery identity of a slash command."""
    return f"slack:{team_of(body)}:command:{body['trigger_id']}"


def action_key(body: Json, action: Json) -> str:
    """Return the delivery identity of a pressed button."""
    team = team_of(body)
    return f"slack:{team}:action:{body.get('trigger_id', '')}:{action.get('action_ts', '')}"


def view_key(body: Json) -> str:
    """Return the delivery identity of a submitted form: the same values of the same view."""
    view = body["view"]
    state = json.dumps(view.get("state", {}), sort_keys=True).encode()
    return f"slack:{team_of(body)}:view:{view['id']}:{hashlib.sha256(state).hexdigest()}"


def event_key(body: Json) -> str:
    """Return the delivery identity of an event; retries carry the same one."""
    return f"slack:{team_of(body)}:event:{body.get('api_app_id', '')}:{body['event_id']}"


def shortcut_key(body: Json) -> str:
    """Return the delivery identity of a shortcut."""
    stamp = f"{body.get('trigger_id', '')}:{body.get('action_ts', '')}"
    return f"slack:{team_of(body)}:shortcut:{stamp}"


def typed(text: str) -> Typed:
    """Turn Slack's entities back into what was typed (docs/rules.md, typing).

    `<@U1|ben>` becomes `@ben`, `<#C1|lager>` `#lager`, an automatic link its own words,
    `&lt;` a `<`.
    """
    mentions: list[tuple[str, str]] = []

    def back(found: re.Match[str]) -> str:
        kind, target, label = found["kind"], found["target"], found["label"]
        if kind == "@":
            name = label or target
            mentions.append((unescaped(name), target))
            return f"@{name}"
        if kind == "#":
            return f"#{label or target}"
        if kind == "!":
            return f"@{label.removeprefix('@')}" if label else f"@{target.partition('^')[0]}"
        return label or target.removeprefix("mailto:")

    return Typed(unescaped(ENTITY.sub(back, text)), tuple(mentions))


def unescaped(text: str) -> str:
    """Turn back the three characters that Slack escapes, and no others: `&copy;` was typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def command_words(body: Json) -> Typed:
    """Return the words of a slash command; a direct name puts its own word in front."""
    said = typed(body.get("text", ""))
    name = body["command"].removeprefix("/").casefold()
    if name in ("lotse", ""):
        return said
    return Typed(f"{name} {said.text}".strip(), said.mentions, direct_name=True)


def mention_words(text: str, bot_user: str) -> Typed:
    """Return what stands behind the mention of the bot, wherever it stands."""
    return typed(re.sub(rf"<@{re.escape(bot_user)}(\|[^<>]*)?>[ ,:]*", "", text, count=1).strip())


def event_words(event: Json, bot_user: str) -> Typed:
    """Return the words of a message; of one that was only forwarded, the forwarded words."""
    words = mention_words(str(event.get("text") or ""), bot_user)
    if words.text.strip():
        return words
    for each in _forwarded(event):
        return typed(str(each.get("text") or each.get("fallback") or "").strip())
    return words


def enclosed(message: Json) -> Enclosed | None:
    """Return what came with a message beside its words; None if nothing did."""
    forwarded = _forwarded(message)
    files = [
        file
        for each in (message, *forwarded)
        for file in each.get("files") or []
        if isinstance(file, dict)
    ]
    links = [each.get("from_url") for each in forwarded] + [each.get("permalink") for each in files]
    link = next((str(each) for each in links if str(each or "").startswith("https://")), "")
    kinds = tuple(
        "voice"
        if each.get("subtype") == "slack_audio"
        else kind_of(str(each.get("mimetype") or ""))
        for each in files
    )
    return Enclosed(kinds, link) if kinds or forwarded else None


def _forwarded(message: Json) -> list[Json]:
    """Return the messages that somebody shared in this one."""
    found = message.get("attachments") or []
    return [each for each in found if isinstance(each, dict) and each.get("is_share")]


def place_of(body: Json) -> PlaceId:
    """Return the place where something was typed or pressed."""
    sender = sender_of(body)
    channel = body.get("channel_id") or (body.get("channel") or {}).get("id")
    if not channel:
        channel = (body.get("container") or {}).get("channel_id")
    if not channel:
        channel = (body.get("event") or {}).get("channel")
    return (
        direct(sender.user)
        if not channel or channel.startswith("D")
        else PlaceId(f"slack:{channel}")
    )


def channel_name(body: Json) -> str | None:
    """Return the name of the channel where something happened; None for a direct place.

    Slack tells names of public channels only, and with events none at all: then it is empty.
    """
    if place_of(body).startswith("slack:@"):
        return None
    given = body.get("channel_name") or (body.get("channel") or {}).get("name") or ""
    return "" if given in NAMELESS or given.startswith("mpdm-") else str(given)


def thread_of(body: Json) -> str:
    """Return the thread in which something was said or pressed, empty outside of threads."""
    for holder in (body.get("event"), body.get("container"), body.get("message")):
        if holder and holder.get("thread_ts"):
            return str(holder["thread_ts"])
    return ""


def thread_root(body: Json) -> str:
    """Return the id of the message in whose thread something was said or pressed, or "".

    It is written as `bot/slack/sender.py` writes the ids of messages.
    """
    thread = thread_of(body)
    for holder, name in (("event", "channel"), ("container", "channel_id")):
        channel = (body.get(holder) or {}).get(name)
        if thread and channel:
            return f"{channel}|{thread}"
    return ""


def pressed_on(body: Json) -> tuple[str, str]:
    """Return the id of the message whose button was pressed, and its words; or two empty ones.

    Messages that only the presser sees have no lasting id.
    """
    container, message = body.get("container") or {}, body.get("message") or {}
    channel, ts = container.get("channel_id"), container.get("message_ts")
    if not channel or not ts or container.get("is_ephemeral"):
        return "", ""
    return f"{channel}|{ts}", str(message.get("text", ""))


def response_url(body: Json) -> str:
    """Return the address to which an answer for the asker's eyes may be sent, or ""."""
    url = body.get("response_url")
    return url if isinstance(url, str) else ""


def direct(user: str) -> PlaceId:
    """Return the direct place of a user; Slack opens it by the user's id."""
    return PlaceId(f"slack:@{user}")


def pressed(action: Json) -> Call:
    """Return the call of a pressed button; raises ValueError when it is none of ours."""
    return button_call(action)


def unreadable(error: Exception) -> None:
    """Log that a request is no payload that Slack makes, and where that was seen; nothing of it.

    When it was not this module that could not read it, the mistake may be our own.
    """
    frames = [
        each for each in traceback.extract_tb(error.__traceback__) if "/bot/" in each.filename
    ]
    where = frames[-1]
    ours = where.name not in READERS and not where.filename.endswith("slack/payloads.py")
    log.log(
        logging.ERROR if ours else logging.WARNING,
        "A request could not be read: %s in %s, line %s",
        type(error).__name__,
        where.name,
        where.lineno,
    )


def submitted(view: Json) -> tuple[Call, PlaceId]:
    """Return the completed call of a form, and the place where it was opened."""
    call, place = read_private(view["private_metadata"])
    return Call(call.word, {**call.args, **values_of(view.get("state", {}))}), PlaceId(place)
