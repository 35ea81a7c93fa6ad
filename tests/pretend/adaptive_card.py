"""What Teams takes: the official schema of Adaptive Cards 1.5, and rules of our own, for tests.

The schema is Microsoft's (`data/adaptive_card.schema.json`); it does not know what Teams
adds to it, so that is added here. What no schema says is asked for in code.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator, ValidationError, validators

from bot.delivery.requests import Response
from bot.teams import cards as teams_cards
from bot.teams import dialogs as teams_dialogs
from handlers.kit.messages import WRITER, Form, Message, dump
from storage.engine.ids import PlaceId
from tests.pretend import block_kit
from tests.pretend.turning import turns_out

Json = dict[str, Any]

SCHEMA = Path(__file__).parent.parent / "data" / "adaptive_card.schema.json"
CARD_BYTES = 24 * 1024  # in UTF-16; connectors take 28 KB, Teams takes 100 KB from a bot
DIALOG_BYTES = 90 * 1024  # a dialog goes no other road, and holds what was typed
SEEN = 6  # buttons beside each other; the next ones belong into the menu
VIEWERS = 20
TITLE = 64
# What Teams knows beyond the schema.
TEAMS: dict[str, Json] = {
    "AdaptiveCard.msteams": {
        "type": "object",
        "properties": {
            "width": {"enum": ["Full"]},
            "entities": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["type", "text", "mentioned"],
                    "properties": {
                        "type": {"enum": ["mention"]},
                        "text": {"type": "string", "pattern": "^<at>[^<>]+</at>$"},
                        "mentioned": {
                            "type": "object",
                            "required": ["id", "name"],
                            "properties": {"id": {"type": "string", "minLength": 1}},
                        },
                    },
                },
            },
        },
        "additionalProperties": False,
    },
    "Input.ChoiceSet.style": {"enum": ["compact", "expanded", "filtered"]},
    "Input.ChoiceSet.choices.data": {
        "type": "object",
        "required": ["type", "dataset"],
        "properties": {
            "type": {"enum": ["Data.Query"]},
            "dataset": {  # people of the organisation, or ours: what Teams asks us with
                "anyOf": [
                    {"enum": ["graph.microsoft.com/users"]},
                    {"type": "string", "pattern": "^[{].*[}]$", "maxLength": 4000},
                ],
            },
        },
        "additionalProperties": False,
    },
}
# Texts that somebody reads; everything else in a card is for machines.
SHOWN = ("text", "title", "label", "errorMessage", "placeholder", "fallbackText", "name")
AT = re.compile("<at>([^<>]+)</at>")
LINK = re.compile(r"\[((?:\\.|[^\\\[\]])*)\]\(https?://[^\s()<>]+\)")
ESCAPE = re.compile(r"\\[\\`*_~\[\]<>&#+=.)-]")
MARKUP = re.compile(r"[\\`*_~\[\]<>&]|^[ \t]*(?:[#+=-]|\d{1,9}[.)])|^(?: {4}|\t)", re.MULTILINE)
BEGUN = re.compile(r"\{\{|\$\{|</?at\b", re.IGNORECASE)


# --- asking ------------------------------------------------------------------------------


def mistakes(card: Json, largest: int = CARD_BYTES) -> list[str]:
    """Return what Teams would refuse in a card, or would show in another way than it was meant."""
    found = [*_wrong(card), *_frame(card)]
    if (size := len(WRITER.encode(card).encode("utf-16-le"))) > largest:
        found.append(f"{size} bytes of at most {largest}")
    entities = card.get("msteams", {}).get("entities", [])
    found += _mentions(card, {each.get("text") for each in entities})
    for each in _objects(card.get("body", [])):
        found += _beside(each)
    for each in _objects({key: value for key, value in card.items() if key != "msteams"}):
        found += _texts(each)
    ids = [each["id"] for each in _objects(card) if str(each.get("type")).startswith("Input.")]
    return found + [f"id: {id!r} stands {n} times" for id, n in Counter(ids).items() if n > 1]


def in_activity(activity: Json) -> list[str]:
    """Return what is wrong in a message that a bot sends."""
    attachments = activity.get("attachments") or []
    found = [each for one in attachments for each in mistakes(one.get("content", {}))]
    if attachments and activity.get("text"):
        found.append("text beside a card: Teams makes two messages of it, and tells no id")
    if len(attachments) > 1:
        found.append("more than one card")
    if not attachments and not str(activity.get("text", "")).strip():
        found.append("nothing is said")
    return found


def in_task(answer: Json) -> list[str]:
    """Return what is wrong in an answer that opens a dialog."""
    task = answer.get("task", {})
    value = task.get("value", {})
    found = [] if task.get("type") == "continue" else ["task: does not continue"]
    if not 0 < len(value.get("title", "")) <= TITLE:
        found.append("title: none, or too long")
    if value.get("width") not in ("small", "medium", "large"):
        found.append("width: unknown")
    if not 100 <= value.get("height", 0) <= 800:
        found.append("height: not that of a screen")
    card = value.get("card", {})
    if card.get("contentType") != "application/vnd.microsoft.card.adaptive":
        found.append("card: no card")
    content = card.get("content", {})
    if any(each.get("type") == "Action.Execute" for each in _objects(content)):
        found.append("Action.Execute does nothing in a dialog")
    if any(each.get("type") == "TextBlock" for each in _objects(content)):
        found.append("a dialog mentions nobody, and has no text block")
    return found + mistakes(content, DIALOG_BYTES)


def must_fit(message: Message) -> None:
    """Fail when Teams would refuse a message, also in a dialog and among search results."""
    written = dump(message)
    if written in _fitting:
        return
    for shown in (message, mentioning(message)) if '"who":' in written else (message,):
        card = teams_cards.card(shown)
        _assert(in_activity({"attachments": [teams_cards.attachment(card)]}), card)
        answer = teams_dialogs.answer_dialog(shown)
        _assert(in_task(answer), answer)
    assert teams_cards.summary(message).strip()
    _fitting.add(written)


def must_fit_answer(answer: Response, place: PlaceId) -> None:
    """Fail when Teams would refuse what the asker sees, in a place."""
    if answer.message is not None:
        must_fit(answer.message)
    if answer.form is not None:
        must_fit_form(answer.form, place)


def must_fit_form(form: Form, place: PlaceId) -> None:
    """Fail when Teams would refuse a form, or when it would not come back whole."""
    for shown in (
        teams_dialogs.dialog(form, place, "de"),
        teams_dialogs.dialog_error(
            form, place, "en", {form.fields[-1].name: "Nobody knows *that*."}
        ),
    ):
        _assert(in_task(shown), shown)
    card = shown["task"]["value"]["card"]["content"]
    data = card["actions"][0]["data"]
    assert teams_cards.call_of(data) == form.call
    assert teams_dialogs.place_of(data) == place


def mentioning(message: Message) -> Message:
    """Return the message as it is among people of Teams, who are mentioned, not only named."""
    return block_kit.mentioning(message, user_id)


def user_id(name: str) -> str:
    """Return the Entra object id that somebody of the stage would have."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


_fitting: set[str] = set()


def _assert(found: list[str], shown: Json) -> None:
    assert not found, f"Teams would refuse {json.dumps(shown, ensure_ascii=False)}: {found}"


# --- rules of our own ----------------------------------------------------------------------


def _frame(card: Json) -> Iterator[str]:
    if card.get("version") != "1.5":
        yield f"version: {card.get('version')!r}; 1.5 is what Teams knows everywhere"
    if not str(card.get("fallbackText", "")).strip():
        yield "fallbackText: nothing for clients that show no such cards"
    if not card.get("body"):
        yield "body: nothing is shown"
    if len(card.get("refresh", {}).get("userIds", [1])) not in range(1, VIEWERS + 1):
        yield "refresh: for nobody, or for too many"


def _mentions(card: Json, entities: set[Any]) -> Iterator[str]:
    written = [
        each["text"] for each in _objects(card.get("body", [])) if each.get("type") == "TextBlock"
    ]
    named = {f"<at>{name}</at>" for text in written for name in AT.findall(str(text))}
    yield from (f"entities: {each} has no person" for each in named - entities)
    yield from (f"entities: {each} is nowhere in the card" for each in entities - named)
    if len(entities) != len(card.get("msteams", {}).get("entities", [])):
        yield "entities: two people under the same words"


def _beside(each: Json) -> Iterator[str]:
    """Give what is wrong with one element, beyond its shape."""
    match each:
        case {"type": "TextBlock", "text": str(text)}:
            if not AT.search(text):
                yield f"a text block without a mention: {text[:80]!r}"
            rest = ESCAPE.sub("x", LINK.sub(r"\1", AT.sub("x", text)))
            if MARKUP.search(rest):
                yield f"markdown: {text[:80]!r}"
            if each.get("wrap") is not True:
                yield "a text block that does not wrap"
        case {"type": "RichTextBlock", "inlines": inlines}:
            if not "".join(one["text"] for one in inlines).strip():
                yield "a rich text block without text"
        case {"type": "ActionSet", "actions": actions}:
            if not actions:
                yield "a row without buttons"
            if sum(one.get("mode") != "secondary" for one in actions) > SEEN:
                yield "too many buttons beside each other"
        case {"type": "Action.Execute"}:
            fallback = each.get("fallback", {})
            if (fallback.get("type"), fallback.get("data")) != ("Action.Submit", each.get("data")):
                yield "Action.Execute without the same as Action.Submit"
            if "verb" not in each:
                yield "Action.Execute without a verb"
        case {"type": "Action.OpenUrl", "url": url} if not re.match("https?://", str(url)):
            yield f"url: {url!r}"
        case {"type": str(kind)} if kind.startswith("Input."):
            if not each.get("id") or not each.get("label"):
                yield f"{kind} without an id or a label"
            if each.get("isRequired") and not each.get("errorMessage"):
                yield f"{kind} is required and says nothing when it is empty"
    if str(each.get("type")) in ("Action.Execute", "Action.Submit"):
        try:
            teams_cards.call_of(each.get("data"))
        except ValueError:
            yield "a button without a call"


def _texts(each: Json) -> Iterator[str]:
    for name in SHOWN:
        text = each.get(name)
        if not isinstance(text, str):
            continue
        if not text.strip() and each.get("type") != "TextRun":
            yield f"{name}: empty"
        rest = AT.sub("x", text) if each.get("type") == "TextBlock" else text
        if begun := BEGUN.search(rest):
            yield f"{name}: {begun[0]} begins a template, a date or a mention"
        if turns_out(text):
            yield f"{name}: signs that turn what stands beside it"


def _objects(data: Any) -> Iterator[Json]:
    """Give every object that is shown, from the outside in; not what buttons carry."""
    if isinstance(data, dict):
        yield data
        data = [value for key, value in data.items() if key != "data"]
    for each in data if isinstance(data, list) else ():
        if isinstance(each, dict | list):
            yield from _objects(each)


# --- the schema ---------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _checker() -> Callable[[Any], Iterator[ValidationError]]:
    """Return the schema with what Teams adds; where one of several may stand, the type decides."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    definitions = schema["definitions"]
    for name, shape in TEAMS.items():
        owner = next(each for each in definitions if name.startswith(f"{each}."))
        definitions[owner]["properties"][name.removeprefix(f"{owner}.")] = shape
    for name, definition in definitions.items():
        if name.startswith("ImplementationsOf."):
            refs = [each["allOf"][0]["$ref"] for each in definition["anyOf"]]
            kinds = {ref.rpartition("/")[2]: {"$ref": ref} for ref in refs}
            definitions[name] = {"byType": kinds}
    made = validators.extend(Draft6Validator, {"byType": _by_type})
    card = {"definitions": definitions, "allOf": [{"$ref": "#/definitions/AdaptiveCard"}]}
    checker: Callable[[Any], Iterator[ValidationError]] = made(card).iter_errors
    return checker


_sound: set[tuple[str, str]] = set()  # shapes, and what fits them: most of a card was seen before


def _by_type(validator: Any, kinds: Json, part: Any, schema: Json) -> Iterator[ValidationError]:
    """Hold a part of a card against the shape of its type, once."""
    known = None
    if isinstance(part, dict) and part.get("type") in kinds:
        known = kinds[part["type"]]["$ref"], json.dumps(part)
        if known in _sound:
            return
    found = list(block_kit.by_type(validator, kinds, part, schema))
    yield from found
    if known is not None and not found:
        _sound.add(known)


def _wrong(card: Json) -> Iterator[str]:
    for error in _checker()(card):
        # Between alternatives, what went wrong deepest down is what was meant.
        deepest = max([error, *(error.context or [])], key=lambda each: len(each.absolute_path))
        yield f"{deepest.json_path}: {deepest.message[:200]}"
