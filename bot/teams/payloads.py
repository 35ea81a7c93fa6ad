"""What Teams sends, as requests: who, where, which words or which call, and its own key.

Keys: docs/rules.md, Teams. What does not look like Teams raises `Unreadable`.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import quote

from botbuilder.schema import Activity

from bot.delivery.requests import Enclosed
from handlers.conversation.enclosures import kind_of
from storage.engine.ids import PlaceId

Json = dict[str, Any]

THREAD = ";messageid="
GENERAL = "General"  # a team's first channel: it has the team's id, and Teams tells no name
AT = re.compile(r"<at\b[^<>]*>(.*?)</at>", re.DOTALL | re.IGNORECASE)
# The characters that Teams writes as entities in what is otherwise plain text.
ENTITY = re.compile("&(?:nbsp|lt|gt|amp|quot|apos|#39|#160);")
BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|h\d|tr|blockquote)\s*>", re.IGNORECASE)
SLASH = re.compile(r"/[^\W\d_]")  # before a word, as in other chats
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"  # characters that nobody sees, before the first word
TAG = re.compile(r"<(?:[a-zA-Z/!][^<>]*)>")


class Unreadable(ValueError):
    """An activity that Teams does not make."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: the tenant, the Entra object id, and Teams' own id of them (`29:…`).

    `external` people belong to another tenant, or have no object id in ours.
    """

    tenant: str
    user: str
    member: str
    name: str
    language: str
    external: bool

    @property
    def identity(self) -> str:
        """Return the person's identity for the store."""
        return f"teams:{self.tenant}:{self.user or self.member.replace(':', '-')}"

    @property
    def direct(self) -> PlaceId:
        """Return the person's direct place; empty for people without an object id."""
        return direct(self.user) if self.user else PlaceId("")


@dataclass(frozen=True, slots=True)
class Where:
    """Where something happened: its place, the conversation with its thread, and the way back.

    `name` is a channel's or a group's, empty when Teams keeps it to itself, None in a
    personal chat.
    """

    place: PlaceId
    conversation: str
    service_url: str
    name: str | None

    @property
    def personal(self) -> bool:
        """Say whether it is the personal chat with us."""
        return self.name is None


def asking_about(sender: Sender, where: Where, named: Iterable[str]) -> str:
    """Write down whom to look up, and where; the opposite of `about`."""
    return json.dumps({"sender": asdict(sender), "where": asdict(where), "named": list(named)})


def about(written: str) -> tuple[Sender, Where, list[str]]:
    """Return whom to look up: who sent something, from where, and the object ids named in it."""
    data = json.loads(written)
    return Sender(**data["sender"]), Where(**data["where"]), data["named"]


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody mentioned: the name as shown, Teams' own id; the object id once it is known."""

    shown: str
    member: str
    user: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """Words as typed, and whether we were mentioned in them; `mentions` are the others."""

    text: str
    addressed: bool
    mentions: tuple[Mention, ...]

    def known(self, users: dict[str, str]) -> Typed:
        """Return the same with object ids, by Teams' own ids; who is not found is left out."""
        found = (replace(each, user=users.get(each.member, "")) for each in self.mentions)
        return replace(self, mentions=tuple(each for each in found if each.user))


def sender_of(activity: Activity) -> Sender:
    """Return who sends an activity."""
    who = activity.from_property
    if who is None or activity.conversation is None or activity.recipient is None:
        raise Unreadable("nobody sends this, or nowhere")
    tenant = _text(_within(activity.channel_data, "tenant", "id"))
    tenant = tenant or _text(activity.conversation.tenant_id)
    own = _text((who.additional_properties or {}).get("tenantId"))
    user = _text(who.aad_object_id).lower()
    member = _text(who.id)
    if not member or not tenant:
        raise Unreadable("nobody sends this")
    external = not user or bool(own and own.lower() != tenant.lower())
    language = _text(activity.locale)[:2].lower()
    return Sender(
        tenant=tenant.lower(),
        user=user,
        member=member,
        name=_text(who.name),
        language=language,
        external=external,
    )


def where_of(activity: Activity, sender: Sender) -> Where:
    """Return where an activity of `sender` happened."""
    conversation = _text(activity.conversation.id)
    if not conversation:
        raise Unreadable("it happened nowhere")
    service_url = _text(activity.service_url)
    if activity.conversation.conversation_type == "personal":
        place = sender.direct or PlaceId(f"teams:{conversation}")
        return Where(place, conversation, service_url, None)
    name = _text(_within(activity.channel_data, "channel", "name"))
    name = name or _text(activity.conversation.name)
    channel = _text(_within(activity.channel_data, "channel", "id"))
    if not name and channel and channel == _text(_within(activity.channel_data, "team", "id")):
        name = GENERAL
    return Where(PlaceId(f"teams:{channel_of(conversation)}"), conversation, service_url, name)


def typed(activity: Activity) -> Typed:
    """Return the words of a message, exactly as they were typed.

    Our own first mention is taken out; others become `@Name`. Entities and non-breaking
    spaces are turned back into what was typed.
    """
    text = _text(activity.text)
    me, addressed, leads = _text(activity.recipient.id), False, False
    mentions: list[Mention] = []
    pieces: list[str] = []
    for written, member in _mentioned(activity):
        if not written and member == me and not addressed:
            addressed = leads = True  # Teams has taken it out of the text already
        before, found, after = text.partition(written) if written else ("", "", text)
        if not found:
            continue
        name = _plain(AT.sub(r"\1", written)).strip()
        if member == me and not addressed:
            addressed = True
            leads = not "".join([*pieces, before]).strip()
            pieces.append(_plain(before))
            text = after
            continue
        if member != me:
            mentions.append(Mention(name, member))
        pieces += [_plain(before), f"@{name}"]
        text = after
    said = "".join([*pieces, _plain(text)])
    if _literal(activity):
        said = said.replace("&", "&amp;")
    if activity.text_format in ("xml", "html"):
        said = from_html("".join([*pieces, text]))
    said = said.strip().lstrip(UNSEEN).strip()
    if SLASH.match(said):
        said = said[1:]
    return Typed(said.lstrip(" ,:") if leads else said, addressed, tuple(mentions))


def _mentioned(activity: Activity) -> Iterator[tuple[str, str]]:
    """Give each mention as it is written in the text, with Teams' id, in the order of the text."""
    found = []
    text = _text(activity.text)
    start: dict[str, int] = {}
    for entity in activity.entities or []:
        if entity is None or entity.type != "mention":
            continue
        given = entity.additional_properties or {}
        member = _text(_within(given, "mentioned", "id"))
        name = _text(_within(given, "mentioned", "name"))
        at, written = _written(text, _text(given.get("text")), name, start)
        if at >= 0:
            start[written] = at + len(written)
        found.append((at, written, member))
    found.sort(key=lambda each: (each[0] < 0, *each))  # what stands nowhere comes last
    yield from ((written, member) for _at, written, member in found)


def _written(text: str, written: str, name: str, start: dict[str, int]) -> tuple[int, str]:
    """Return where a mention stands in the text, and how it is written there.

    The entity says who is meant; the text may write it with attributes, under another name,
    or no longer at all: then it stands nowhere (-1).
    """
    at = text.find(written, start.get(written, 0)) if written else -1
    if at >= 0:
        return at, written
    wanted = {AT.sub(r"\1", written).strip().casefold(), name.strip().casefold()} - {""}
    tags = list(AT.finditer(text))
    for each in [*(tag for tag in tags if tag[1].strip().casefold() in wanted), *tags[:1]]:
        if each.start() >= start.get(each[0], 0):
            return each.start(), each[0]
    return -1, ""


def _literal(activity: Activity) -> bool:
    """Say whether “&amp;” was typed as such: the message's own HTML escapes it once more."""
    for each in activity.attachments or []:
        if each is not None and each.content_type == "text/html":
            content = each.content if isinstance(each.content, str) else ""
            return "&amp;amp;" in content
    return False


def _plain(text: str) -> str:
    text = ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return text.replace("\u00a0", " ").replace("\r\n", "\n")


def from_html(text: str) -> str:
    """Return the words of HTML, with its line breaks."""
    text = TAG.sub("", BREAK.sub("\n", AT.sub(r"@\1", text)))
    return html.unescape(text).replace("\u00a0", " ").strip()


FORWARDED = ("messageReference", "forwardedMessageReference")
FILE = "application/vnd.microsoft.teams.file.download.info"
PICTURES = ("png", "jpg", "jpeg", "gif", "webp", "heic", "bmp")


def enclosed(activity: Activity) -> Enclosed | None:
    """Return what came with a message beside its words; None if nothing did."""
    kinds: list[str] = []
    forwarded = False
    for each in activity.attachments or []:
        media = _text(each.content_type) if each is not None else ""
        if media == FILE:
            content = each.content if isinstance(each.content, dict) else {}
            kinds.append("photo" if _text(content.get("fileType")).lower() in PICTURES else "file")
        elif media.partition("/")[0] in ("image", "audio", "video"):
            kinds.append(kind_of(media))
        forwarded = forwarded or media in FORWARDED
    if not kinds and not forwarded:
        return None
    conversation, id = _text(activity.conversation.id).partition(";")[0], _text(activity.id)
    link = f"https://teams.microsoft.com/l/message/{quote(conversation)}/{quote(id)}"
    return Enclosed(tuple(kinds), link if conversation and id else "")


def forwarded_words(activity: Activity) -> str:
    """Return the words of a message that was forwarded; empty when none was."""
    for each in activity.attachments or []:
        if each is not None and each.content_type in FORWARDED:
            content = each.content
            if isinstance(content, str):
                try:
                    content = json.loads(content)
                except ValueError:
                    return ""
            given = content if isinstance(content, dict) else {}
            said = given.get("originalMessageContent") or given.get("messagePreview")
            return from_html(_text(said))
    return ""


def payload_words(value: Json) -> str:
    """Return the words of the message that an action of the message menu was used on."""
    body = _within(value, "messagePayload", "body")
    if not isinstance(body, dict):
        return ""
    content = _text(body.get("content"))
    return from_html(content) if body.get("contentType") == "html" else _plain(content).strip()


def activity_key(activity: Activity, sender: Sender) -> str:
    """Return the delivery identity of an activity: its id, which retries carry too."""
    id = _text(activity.id)
    if not id:
        raise Unreadable("an activity without an id")
    return f"teams:{sender.tenant}:{_text(activity.conversation.id)}:{id}"


def press_key(activity: Activity, data: object, number: str = "") -> tuple[str, str]:
    """Return what something was done with, and what was done, both as short keys.

    Teams sends the same action again under new ids (botbuilder-dotnet#5005), so it is told
    by what it is: the command and the message of an action, too. All cards about one
    incident, by `number`, are one: what was done on another one in between counts.
    """
    card = f"{_text(activity.conversation.id)}|{_text(activity.reply_to_id)}"
    card = f"incident {number}" if number else card
    value = activity.value if isinstance(activity.value, dict) else {}
    about = [value.get("commandId"), _within(value, "messagePayload", "id")]
    what = json.dumps([activity.name or "", data, about], sort_keys=True)
    return _hash(card), _hash(what)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def channel_of(conversation: str) -> str:
    """Return a conversation without its thread."""
    return conversation.partition(THREAD)[0]


def thread_of(where: Where) -> str:
    """Return the id of the message in whose thread something was said, or "".

    It is written as `bot/teams/sender.py` writes the ids of messages.
    """
    channel, found, thread = where.conversation.partition(THREAD)
    return f"{channel}|{thread}" if found else ""


def pressed_on(activity: Activity, where: Where) -> str:
    """Return the id of the message whose button was pressed, or ""."""
    id = _text(activity.reply_to_id)
    return f"{channel_of(where.conversation)}|{id}" if id else ""


def direct(user: str) -> PlaceId:
    """Return the direct place of somebody, by Entra object id."""
    return PlaceId(f"teams:@{user}")


def data_of(activity: Activity) -> object:
    """Return what a button or a form of any kind sent."""
    value = activity.value
    if not isinstance(value, dict):
        return None
    action = value.get("action")
    if activity.name == "adaptiveCard/action":
        return action.get("data") if isinstance(action, dict) else None
    return value.get("data") if activity.name else value


def gone(activity: Activity) -> tuple[list[str], bool]:
    """Return the object ids of those who left, and whether we are among them."""
    return _moved(activity, activity.members_removed)


def come(activity: Activity) -> tuple[list[str], bool]:
    """Return the object ids of those who came, and whether we are among them."""
    return _moved(activity, activity.members_added)


def _moved(activity: Activity, members: list[Any] | None) -> tuple[list[str], bool]:
    me = _text(activity.recipient.id) if activity.recipient else ""
    found = members or []
    found = [each for each in found if each is not None]
    users = [_text(each.aad_object_id).lower() for each in found if each.aad_object_id]
    return users, any(each.id == me for each in found)


def command_of(activity: Activity) -> tuple[str, str]:
    """Return the id of a message extension's command, and what is searched for."""
    value = activity.value if isinstance(activity.value, dict) else {}
    given = value.get("parameters")
    found = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    words = [each.get("value") for each in found if each.get("name") != "initialRun"]
    searched = next((each for each in words if isinstance(each, str)), "")
    return _text(value.get("commandId")), searched


def _text(value: object) -> str:
    """Return a text; nothing is empty. Raises TypeError for anything else."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable("not a text")
    return value


def _within(data: object, *names: str) -> object:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data
