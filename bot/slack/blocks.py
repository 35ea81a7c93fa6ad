"""Messages and forms as Slack's Block Kit.

Words travel as rich text, which Slack takes as it is: nothing in it is markup,
so a title `<!channel>` wakes nobody. The alternative text, for notifications, is
parsed by Slack and therefore escaped. Limits: docs/rules.md, Slack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, assert_never

from bot.delivery.plain import MARKS, fitted, form_title, gist
from handlers.kit.folding import blank
from handlers.kit.messages import (
    WRITER,
    Button,
    Buttons,
    Call,
    Chart,
    Facts,
    Field,
    FieldKind,
    Form,
    Items,
    Message,
    Part,
    Text,
    Title,
    call_data,
    call_from,
)
from handlers.kit.readers.fitting import fitting
from handlers.kit.words import Figure, Link, Phrase, Span, Who, Words, flat, naming, unmarked
from storage.engine.ids import PlaceId

Json = dict[str, Any]

BLOCKS = 50
# Characters over all blocks. Slack does not tell its limit, nor what it counts: one block with
# 13,297 was taken (bolt-js#2509), many blocks with 11,341 were not (bolt-js#2867).
TOTAL = 10_000
HEADER = 150
SECTION = 3000
CONTEXT = 2000
BUTTON = 75
BUTTONS = 25
VALUE = 2000
LABEL = 2000
HINT = 2000
OPTION = 75
OPTIONS = 100
MODAL_TITLE = 24
MODAL_SUBMIT = 24
PRIVATE = 3000
ALTERNATIVE = 1000

USER = re.compile("[UW][A-Z0-9]+")
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile("-?[0-9]{1,15}")


def render(message: Message) -> list[Json]:
    """Return a spoken message as blocks, within every limit.

    What is too long for one message is cut with an ellipsis; words go before any button.
    """
    blocks: list[Json] = []
    parts, taken = _fitting(message.parts)
    room = TOTAL - taken
    mark = MARKS[message.tone]
    # The mark stands before the title, or where there is none, before the first words.
    marked = next((each for each in parts if isinstance(each, Title)), None) or next(
        (each for each in parts if isinstance(each, Text) and not each.small), None
    )
    for position, part in enumerate(parts):
        made, used = _part(part, position, max(room, 0), mark if part is marked else "")
        blocks += made
        room -= used
    while len(blocks) > BLOCKS:  # the last words go before any button
        words = [n for n, each in enumerate(blocks) if each["type"] != "actions"]
        del blocks[words[-1] if words else -1]
    return blocks


def _fitting(parts: tuple[Part, ...]) -> tuple[list[Part], int]:
    """Return the parts without buttons that no message has room for, and the buttons' length."""
    kept: list[Part] = []
    taken = 0
    for part in parts:
        if isinstance(part, Buttons):
            fits: list[Button] = []
            for each in part.buttons[:BUTTONS]:
                # Nobody knows what Slack counts, so both the label and what it carries.
                weight = min(len(flat(each.label)), BUTTON)
                weight += len(WRITER.encode(call_data(each.call)))
                if taken + weight <= TOTAL:
                    fits.append(each)
                    taken += weight
            part = Buttons(tuple(fits))
        kept.append(part)
    return kept, taken


def alternative(message: Message) -> str:
    """Return one escaped line for notifications and screen readers."""
    return escaped(fitted(gist(message), ALTERNATIVE))


def view(form: Form, private: str, close: str) -> Json:
    """Return a spoken form as a modal; `private` comes back with the submission.

    `close` is the word on the button that closes it.
    """
    assert len(private) <= PRIVATE, "dispatch puts longer calls into drafts"
    return {
        "type": "modal",
        "callback_id": "form",
        "private_metadata": private,
        "title": plain(form_title(form, MODAL_TITLE), MODAL_TITLE),
        "submit": plain(flat(form.submit), MODAL_SUBMIT),
        "close": plain(close, MODAL_SUBMIT),
        "blocks": [*_heading(form), *(_input(each) for each in form.fields)],
    }


def _heading(form: Form) -> list[Json]:
    """Return the whole title as a paragraph, when a modal's title has no room for it."""
    title = flat(form.title)
    short = title.removesuffix(".")
    return [_rich([_section((title,), SECTION)])] if len(short) > MODAL_TITLE else []


def private_call(call: Call, place: PlaceId) -> str:
    """Return what a modal carries: its call, and where it was opened."""
    return WRITER.encode({"call": call_data(call), "place": place})


def read_private(private: str) -> tuple[Call, str]:
    """Read it back; raises ValueError when it is not ours."""
    data = json.loads(private)
    if not isinstance(data, dict):
        raise ValueError("not a form of ours")
    return _read_call(data.get("call")), str(data.get("place", ""))


def values_of(state: Json) -> dict[str, str]:
    """Return what was filled into a modal, as text by field name."""
    found: dict[str, str] = {}
    for name, holder in state.get("values", {}).items():
        for each in holder.values():
            match each.get("type"):
                case "users_select":
                    value = each.get("selected_user")
                case "static_select" | "external_select":
                    value = (each.get("selected_option") or {}).get("value")
                case "multi_static_select" | "multi_external_select":
                    value = ",".join(one["value"] for one in each.get("selected_options") or [])
                case "datepicker":
                    value = each.get("selected_date")
                case _:
                    value = each.get("value")
            found[name] = str(value) if value is not None else ""
    return found


def chosen_users(state: Json) -> list[str]:
    """Return the users that were chosen in a modal."""
    holders = [each for holder in state.get("values", {}).values() for each in holder.values()]
    found = [each.get("selected_user") for each in holders if each.get("type") == "users_select"]
    return [str(each) for each in found if each]


def answer_view(message: Message, close: str) -> Json:
    """Return a modal that shows an answer, in place of the form that it answers."""
    return {
        "type": "modal",
        "callback_id": "answer",
        "title": plain("Lotse", MODAL_TITLE),
        "close": plain(close, MODAL_SUBMIT),
        "blocks": render(message) or [_rich([_section(("–",), SECTION)])],
    }


def home_view(message: Message) -> Json:
    """Return the home tab."""
    return {"type": "home", "blocks": render(message)}


def private(message: Message | None) -> Json:
    """Return the arguments of a private answer to a command; empty when there is none."""
    if message is None:
        return {}
    return {
        "response_type": "ephemeral",
        "text": alternative(message),
        "blocks": render(message),
    }


def button_call(action: Json) -> Call:
    """Return the call that a pressed button carries; raises ValueError when it is not ours."""
    return _read_call(action.get("value"))


def _read_call(written: object) -> Call:
    data = json.loads(written) if isinstance(written, str) else written
    if not isinstance(data, dict):
        raise ValueError("not a call")
    return call_from(data)


def escaped(text: str) -> str:
    """Escape Slack's three control characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, longest: int) -> Json:
    """Return a plain-text object. Slack refuses empty ones."""
    shown = "–" if blank(text) else fitted(text, longest)
    return {"type": "plain_text", "text": shown, "emoji": False}


def _part(part: Part, position: int, room: int, mark: str) -> tuple[list[Json], int]:
    """Return a part's blocks and how many characters they hold."""
    match part:
        case Title(words):
            title = mark + flat(words)
            if not room:
                return [], 0
            header: Json = {"type": "header", "text": plain(title, min(HEADER, room))}
            if len(title) <= HEADER:
                return [header], len(title)
            whole = _section((flat(words),), min(max(room - HEADER, 0), SECTION))
            more = [_rich([whole])] if whole["elements"] else []
            return [header, *more], HEADER + _length(whole)
        case Text(words, small, code):
            if not room:
                return [], 0
            if small:  # a context line takes no rich text; plain text is no markup either
                line = plain(flat(words), min(room, CONTEXT))
                return [{"type": "context", "elements": [line]}], len(line["text"])
            # Code is shown to the letter, and is no link that anybody would look at.
            spans = (flat(words),) if code else (mark, *_spans(words))
            section = _section(spans, min(room, SECTION))
            if code:
                section["elements"] = [
                    {**each, "style": {"code": True}} for each in section["elements"]
                ]
            return ([_rich([section])] if section["elements"] else []), _length(section)
        case Facts(rows):
            sections: list[Json] = []
            for label, value in rows:
                if not room:
                    break
                said = fitted(naming(flat(label)), room)
                bold = {"type": "text", "text": said, "style": {"bold": True}}
                section = _section(_spans(value), min(room - len(said), SECTION))
                section["elements"].insert(0, bold)
                if sections:
                    sections[-1]["elements"].append({"type": "text", "text": "\n"})
                sections.append(section)
                room = max(room - _length(section), 0)
            return ([_rich(sections)] if sections else []), sum(map(_length, sections))
        case Items(items):
            entries = []
            for item in items:
                entry = _section(_spans(item), min(room, SECTION))
                room = max(room - _length(entry), 0)
                if entry["elements"]:
                    entries.append(entry)
            if not entries:
                return [], 0
            bullets = {"type": "rich_text_list", "style": "bullet", "elements": entries}
            return [_rich([bullets])], sum(map(_length, entries))
        case Buttons(buttons):
            made = [_button(each, f"{position}-{n}") for n, each in enumerate(buttons)]
            return ([{"type": "actions", "elements": made}] if made else []), 0
        case Chart():  # it follows as a file (bot/slack/sender.py)
            return [], 0
        case _:
            assert_never(part)


def _button(button: Button, id: str) -> Json:
    value = WRITER.encode(call_data(button.call))
    assert len(value) <= VALUE, "dispatch puts longer calls into drafts"
    made: Json = {
        "type": "button",
        "text": plain(flat(button.label), BUTTON),
        "action_id": f"call-{id}",
        "value": value,
    }
    if button.look == "primary":
        made["style"] = "primary"
    return made


def _input(field: Field) -> Json:
    element: Json = {"action_id": "value"}
    match field.kind:
        case FieldKind.TEXT | FieldKind.LONG:
            element["type"] = "plain_text_input"
            element["multiline"] = field.kind is FieldKind.LONG
            element["max_length"] = field.longest
            if field.value:
                element["initial_value"] = field.value[: field.longest]
        case FieldKind.NUMBER:
            element["type"] = "number_input"
            element["is_decimal_allowed"] = False
            if NUMBER.fullmatch(field.value):
                element["initial_value"] = field.value
        case FieldKind.PERSON:
            element["type"] = "users_select"
            if USER.fullmatch(field.value):
                element["initial_user"] = field.value
        case FieldKind.DATE:
            element["type"] = "datepicker"
            if DAY.fullmatch(field.value):
                element["initial_date"] = field.value
        case FieldKind.CHOICE | FieldKind.CHOICES:
            options = _options([(value, flat(label)) for value, label in field.choices])
            if not options:  # Slack takes no selection of nothing
                return _input(replace(field, kind=FieldKind.TEXT))
            several = field.kind is FieldKind.CHOICES
            asked = len(options) > OPTIONS  # Slack holds no more, and asks us while one types
            kind = "external_select" if asked else "static_select"
            element["type"] = f"multi_{kind}" if several else kind
            if asked:
                element["min_query_length"] = 0
            else:
                element["options"] = options
            given = field.value.split(",") if several else [field.value]
            chosen = [each for each in options if each["value"] in given]
            if chosen and several:
                element["initial_options"] = chosen
            elif chosen:
                element["initial_option"] = chosen[0]
        case _:
            assert_never(field.kind)
    made: Json = {
        "type": "input",
        "block_id": field.name,
        "label": plain(flat(field.label), LABEL),
        "element": element,
        "optional": not field.required,
    }
    if field.kind is FieldKind.PERSON:
        made["dispatch_action"] = True  # whoever is chosen is looked up before the form is sent
    if flat(field.hint):
        made["hint"] = plain(flat(field.hint), HINT)
    return made


def found_options(field: Field, typed: str) -> list[Json]:
    """Return what Slack shows while somebody types in a field with many choices."""
    return _options(fitting(field, typed, OPTIONS))


def _options(choices: Sequence[tuple[str, str]]) -> list[Json]:
    return [
        {"text": plain(label, OPTION), "value": value}
        for value, label in choices
        if 0 < len(value) <= OPTION
    ]


def _rich(elements: list[Json]) -> Json:
    return {"type": "rich_text", "elements": elements}


def _section(phrase: Phrase, room: int) -> Json:
    elements: list[Json] = []
    for span in phrase:
        made, used = _span(span, room)
        room = max(room - used, 0)
        if made is not None:
            elements.append(made)
    return {"type": "rich_text_section", "elements": elements}


def _span(span: Span, room: int) -> tuple[Json | None, int]:
    if isinstance(span, Figure):
        span = span.label
    if isinstance(span, Who):
        if USER.fullmatch(span.id) and len(span.id) <= room:
            return {"type": "user", "user_id": span.id}, len(span.id)
        span = span.name
    if isinstance(span, Link) and not span.url.startswith(("https://", "http://")):
        span = span.label
    if isinstance(span, Link):
        label = fitted(span.label, room)
        return ({"type": "link", "url": span.url, "text": label} if label else None), len(label)
    text = fitted(span, room)
    return ({"type": "text", "text": text} if text else None), len(text)


def _spans(words: Words) -> Phrase:
    return unmarked(words if isinstance(words, tuple) else (flat(words),))


def _length(section: Json) -> int:
    return sum(len(each.get("text", each.get("user_id", ""))) for each in section["elements"])
