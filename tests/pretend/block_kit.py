"""What Slack takes: the schema of its own types, with every limit, for tests to ask.

The schema (`data/block_kit.schema.json`, made by `make block-kit`) knows shapes. Its
limits come from the sentences that Slack's types say about them, and from `UNSAID`
for those that no type says. What concerns several parts at once is asked for in code.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError, validators

from bot.delivery.requests import Response
from bot.slack import blocks as slack_blocks
from handlers.kit.messages import Form, Message, as_data, dump, from_data
from storage.engine.ids import PlaceId

Json = dict[str, Any]

SCHEMA = Path(__file__).parent.parent / "data" / "block_kit.schema.json"
MESSAGE_BLOCKS = 50
# Slack counts the texts of all blocks, and adds something for their containers that it
# does not tell: 13,297 characters went through in one block, 11,341 in many did not
# (bolt-js#2509, bolt-js#2867).
MESSAGE_CHARACTERS = 11_000
ALTERNATIVE = 4_000  # Slack's own advice; it cuts at 40,000
VIEW_BYTES = 250_000

ID = {"minLength": 1}
USER = {"pattern": r"^[UW][A-Z0-9]+$"}
ADDRESS = {"pattern": r"^(https?://|mailto:|tel:)\S+$", "maxLength": 3000}
SOME = {"minItems": 1}
# Limits that no sentence of Slack's types states: from its Block Kit reference, or because
# it was seen to refuse ("must be more than 0 characters", "missing element").
UNSAID: dict[str, Json] = {
    "ActionsBlock.block_id": ID,
    "ActionsBlock.elements": SOME,
    "Button.action_id": ID,
    "Button.url": ADDRESS,
    "Checkboxes.options": SOME,
    "ContextBlock.elements": SOME,
    "Datepicker.initial_date": {"pattern": r"^\d{4}-\d{2}-\d{2}$"},
    "ImageElement.image_url": ADDRESS,
    "InputBlock.block_id": ID,
    "MrkdwnOption.value": ID,
    "MultiStaticSelect.options": SOME,
    "NumberInput.initial_value": {"pattern": r"^-?\d+(\.\d+)?$"},
    "PlainTextInput.initial_value": {"maxLength": 3000},
    "PlainTextInput.max_length": {"minimum": 1, "maximum": 3000},
    "PlainTextOption.value": ID,
    "RadioButtons.options": SOME,
    "RichTextBlock.elements": SOME,
    "RichTextLink.text": {"minLength": 1},
    "RichTextLink.url": ADDRESS,
    "RichTextList.elements": SOME,
    "RichTextSection.elements": SOME,
    "RichTextText.text": {"minLength": 1},
    "RichTextUserMention.user_id": USER,
    "SectionBlock.fields": SOME,
    "StaticSelect.options": SOME,
    "UsersSelect.initial_user": USER,
}

# What a sentence of Slack's types says of a list, a number or a text, as a schema's keyword.
N = r"(?P<n>\d[\d,]*)"
SENTENCES = {
    "array": (
        (rf"maximum number of [\w ]+ is {N}", "maxItems"),
        (rf"max(?:imum)? of {N} (?:blocks|elements|options)", "maxItems"),
        (rf"up to {N} ", "maxItems"),
        (rf"in each item is {N} char", "each"),
    ),
    "number": (
        (rf"minimum (?:number is|of) {N}|(?:between|from) (?P<m>\d+) ", "minimum"),
        (rf"maximum (?:of|value is) {N}|(?:between|from) \d+ .*?(?:and|to) (?P<m>\d+)", "maximum"),
    ),
    "string": (
        (rf"minimum length (?:[^.]*? )??is {N}", "minLength"),
        (rf"max(?:imum)? length (?:[^.]*? )??(?:is|of) {N} char", "maxLength"),
    ),
}


# --- asking ------------------------------------------------------------------------------


def mistakes(payload: Json) -> list[str]:
    """Return what Slack would refuse in a view (by its type), or in a message's arguments."""
    kind = payload.get("type", "message")
    if kind == "message":
        return _in_message(payload)
    if kind not in VIEWS:
        return [f"type: {kind!r} is neither a view nor a message"]
    return _in_view(payload)


def must_fit(message: Message) -> None:
    """Fail when Slack would refuse a message. Its blocks then fit a form or the home tab, too."""
    written = dump(message)
    if written in _fitting:
        return
    for shown in (message, mentioning(message)) if '"who":' in written else (message,):
        _assert(slack_blocks.private(shown))
    _fitting.add(written)


def must_fit_answer(answer: Response, place: PlaceId) -> None:
    """Fail when Slack would refuse what the asker sees, in a place."""
    if answer.message is not None:
        must_fit(answer.message)
    if answer.form is not None:
        must_fit_form(answer.form, place)


def must_fit_form(form: Form, place: PlaceId) -> None:
    """Fail when Slack would refuse a form, or when its call would not come back whole."""
    private = slack_blocks.private_call(form.call, place)
    shown = slack_blocks.view(form, private, "Störung beenden")
    _assert(shown)
    assert slack_blocks.read_private(shown["private_metadata"]) == (form.call, place)


def mentioning(message: Message, id_of: Callable[[str], str] | None = None) -> Message:
    """Return the message as it is among people of Slack, who are mentioned, not only named.

    Another platform's ids are made by `id_of`.
    """
    id_of = id_of or user_id

    def mention(data: Any) -> Any:
        if isinstance(data, list):
            return [mention(each) for each in data]
        if isinstance(data, dict):
            return {key: id_of(at) if key == "who" else mention(at) for key, at in data.items()}
        return data

    return from_data(mention(as_data(message)))


def user_id(name: str) -> str:
    """Return the id that somebody of the stage would have in Slack."""
    return f"U0{re.sub('[^A-Z0-9]', '', name.upper())}"


_fitting: set[str] = set()


def _assert(payload: Json) -> None:
    found = mistakes(payload)
    assert not found, f"Slack would refuse {json.dumps(payload, ensure_ascii=False)}: {found}"


# --- what stands beside each other --------------------------------------------------------


def _in_message(payload: Json) -> list[str]:
    blocks = payload.get("blocks", [])
    if not isinstance(blocks, list):
        return ["blocks: no list"]
    found = [*_alternative(payload.get("text")), *_in_blocks(blocks)]
    if len(blocks) > MESSAGE_BLOCKS:
        found.append(f"blocks: {len(blocks)} of at most {MESSAGE_BLOCKS}")
    if (length := sum(map(len, _texts(blocks)))) > MESSAGE_CHARACTERS:
        found.append(f"blocks: {length} characters of at most {MESSAGE_CHARACTERS}")
    return found


def _in_view(view: Json) -> list[str]:
    blocks = view.get("blocks")
    frame = {**view, "blocks": []} if isinstance(blocks, list) else view
    found = [*_wrong(view["type"], frame)]
    if isinstance(blocks, list):
        found += _in_blocks(blocks)
        longest = _limit(view["type"], "blocks", "maxItems")
        if len(blocks) > longest:
            found.append(f"blocks: {len(blocks)} of at most {longest}")
        asks = any(isinstance(each, dict) and each.get("type") == "input" for each in blocks)
        if view["type"] == "modal" and asks and "submit" not in view:
            found.append("submit: is needed where something is asked")
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        found.append(f"more than {VIEW_BYTES} bytes")
    return found


def _in_blocks(blocks: list[Any]) -> Iterator[str]:
    for position, block in enumerate(blocks):
        for each in _in_block(json.dumps(block, sort_keys=True)):
            yield f"blocks.{position}{each}"
    yield from _twice("block_id", blocks)
    if sum(each.get("focus_on_load") is True for each in objects(blocks)) > 1:
        yield "focus_on_load: in more than one place"


@lru_cache(maxsize=100_000)
def _in_block(written: str) -> tuple[str, ...]:
    block = json.loads(written)
    return (*_wrong("block", block), *(f": {each}" for each in _beside(block)))


def _beside(block: Any) -> Iterator[str]:
    """Give what is wrong between the properties of a block, and of all that is in it."""
    if isinstance(block, dict) and isinstance(block.get("elements"), list):
        yield from _twice("action_id", block["elements"])
    for each in objects(block):
        match each:
            case {"type": "section"} if "text" not in each and "fields" not in each:
                yield "a section has a text or fields"
            case {"type": "static_select" | "multi_static_select"} if ("options" in each) == (
                "option_groups" in each
            ):
                yield "a selection has either options or groups of them"
            case {"type": "plain_text_input", "initial_value": value, "max_length": longest} if (
                len(value) > longest
            ):
                yield "the first value is longer than the longest value"
            case {"type": "number_input", "is_decimal_allowed": False, "initial_value": value} if (
                "." in value
            ):
                yield "the first value is not a whole number"
            case {"type": "mrkdwn"}:
                yield from _escaped(each.get("text"))
            case _:
                pass
        groups = each.get("option_groups", [])
        options = each.get("options", []) + [one for group in groups for one in group["options"]]
        chosen = [each["initial_option"]] if "initial_option" in each else []
        asks = str(each.get("type", "")).endswith("external_select")
        if not asks and any(
            one not in options for one in [*chosen, *each.get("initial_options", [])]
        ):
            yield "what is chosen at first is not among the options"


def _twice(name: str, objects: list[Any]) -> Iterator[str]:
    given = [each[name] for each in objects if isinstance(each, dict) and name in each]
    times = Counter(map(str, given))
    yield from (f"{name}: {id!r} stands {n} times" for id, n in times.items() if n > 1)


def _alternative(text: Any) -> Iterator[str]:
    if not isinstance(text, str) or not text.strip():
        yield "text: nothing for notifications and screen readers"
    elif len(text) > ALTERNATIVE:
        yield f"text: {len(text)} characters of at most {ALTERNATIVE}"
    else:
        yield from _escaped(text)


def _escaped(text: Any) -> Iterator[str]:
    """Give what Slack would take for a command in a text that it reads as markup."""
    rest = re.sub(r"<@[UW][A-Z0-9]+>", "", str(text))
    if "<" in rest or ">" in rest or re.search(r"&(?!amp;|lt;|gt;)", rest):
        yield f"not escaped: {rest[:80]!r}"


def objects(data: Any) -> Iterator[Json]:
    """Give every object in `data`, from the outside in."""
    if isinstance(data, list):
        for each in data:
            yield from objects(each)
    elif isinstance(data, dict):
        yield data
        yield from objects(list(data.values()))


def _texts(blocks: list[Any]) -> Iterator[str]:
    return (each["text"] for each in objects(blocks) if isinstance(each.get("text"), str))


# --- the schema ---------------------------------------------------------------------------


def by_type(validator: Any, kinds: Json, instance: Any, _schema: Json) -> Iterator[ValidationError]:
    """Hold an object against the one shape that its type names, never against all of them."""
    kind = instance.get("type") if isinstance(instance, dict) else None
    if kind in kinds:
        yield from validator.descend(instance, kinds[kind])
    else:
        yield ValidationError(f"{kind!r} may not stand here, only {', '.join(sorted(kinds))}")


Checker = validators.extend(Draft7Validator, {"byType": by_type})


class Schema:
    """The schema, tightened by its limits; references are replaced by what they name."""

    def __init__(self, definitions: Json) -> None:
        self.limits: list[tuple[str, str, int]] = []  # where, keyword, value
        self.unread: list[str] = []  # sentences that no limit was made of
        self.unsaid: set[str] = set()  # what of `UNSAID` belongs to something
        self._definitions = definitions
        self._done: dict[str, Json] = {}

    def shape(self, name: str) -> Json:
        """Return a definition with all its limits."""
        if name not in self._done:
            self._done[name] = self._tightened(name, self._definitions[name])
        return self._done[name]

    def _tightened(self, name: str, schema: Json) -> Json:
        if "$ref" in schema:
            return self.shape(schema["$ref"].rpartition("/")[2])
        if "anyOf" in schema:
            return self._union([self._tightened(name, each) for each in schema["anyOf"]])
        made = {key: value for key, value in schema.items() if key != "description"}
        if "items" in schema:
            made["items"] = self._tightened(name, schema["items"])
        if "properties" in schema:
            made["properties"] = {
                prop: self._property(f"{name}.{prop}", each)
                for prop, each in schema["properties"].items()
            }
        return made

    def _property(self, where: str, schema: Json) -> Json:
        made = [self._tightened(where, schema), *self._said(where, schema)]
        if where in UNSAID:
            self.unsaid.add(where)
            made.append(UNSAID[where])
        return {"allOf": made} if len(made) > 1 else made[0]

    def _said(self, where: str, schema: Json) -> Iterator[Json]:
        """Give the limits that the sentences of a property state."""
        said = schema.get("description", "")
        if not said:
            return
        kind = schema.get("type", "text object")
        found = [
            (keyword, int(next(filter(None, match.groups())).replace(",", "")))
            for pattern, keyword in SENTENCES.get(kind, SENTENCES["string"])
            if (match := re.search(pattern, said, re.IGNORECASE))
        ]
        if not found:
            self.unread.append(f"{where}: {said}")
        for keyword, value in found:
            self.limits.append((where, keyword, value))
            if keyword == "each":
                yield {"items": {"properties": {"text": {"maxLength": value}}}}
            elif kind == "text object":
                yield {"properties": {"text": {keyword: value}}}
            else:
                yield {keyword: value}

    def _union(self, shapes: list[Json]) -> Json:
        """Return a choice by type, when each of the shapes is an object with a type."""
        kinds: dict[str, list[Json]] = {}
        for each in shapes:
            for kind, shape in _kinds(each):
                kinds.setdefault(kind, []).append(shape)
        if "" in kinds:
            return {"anyOf": shapes}
        return {
            "byType": {
                kind: each[0] if len(each) == 1 else {"anyOf": each} for kind, each in kinds.items()
            }
        }


def _kinds(shape: Json) -> Iterator[tuple[str, Json]]:
    """Give the types that a shape allows; an empty one for what has no type."""
    if "byType" in shape:
        yield from shape["byType"].items()
    else:
        yield shape.get("properties", {}).get("type", {}).get("const", ""), shape


VIEWS = {"modal": "ModalView", "home": "HomeView"}


@lru_cache(maxsize=1)
def schema() -> Schema:
    """Return the schema of the types that are committed."""
    return Schema(json.loads(SCHEMA.read_text(encoding="utf-8"))["definitions"])


@lru_cache(maxsize=8)
def _checker(kind: str) -> Callable[[Any], Iterator[ValidationError]]:
    checker: Callable[[Any], Iterator[ValidationError]] = Checker(
        schema().shape(VIEWS.get(kind, "Blocks"))
    ).iter_errors
    return checker


def _wrong(kind: str, instance: Any) -> Iterator[str]:
    for error in _checker(kind)(instance):
        path = "".join(f".{each}" for each in error.absolute_path)
        yield f"{path}: {error.message[:200]}"


def _limit(kind: str, prop: str, keyword: str) -> int:
    """Return a limit of a view."""
    schema().shape(VIEWS[kind])
    where = f"{VIEWS[kind]}.{prop}"
    return next(value for at, key, value in schema().limits if (at, key) == (where, keyword))
