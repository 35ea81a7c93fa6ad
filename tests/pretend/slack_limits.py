"""What Slack refuses: messages, forms and their elements."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from tests.pretend import block_kit

Json = dict[str, Any]


TOTAL = block_kit.MESSAGE_CHARACTERS
KEYS = {
    "header": {"type", "text", "block_id"},
    "section": {"type", "text", "block_id", "fields", "accessory"},
    "context": {"type", "elements", "block_id"},
    "actions": {"type", "elements", "block_id"},
    "rich_text": {"type", "elements", "block_id"},
    "divider": {"type", "block_id"},
    "input": {"type", "block_id", "label", "element", "optional", "hint", "dispatch_action"},
}
ELEMENTS = {
    "plain_text_input": {"type", "action_id", "multiline", "max_length", "initial_value"},
    "number_input": {"type", "action_id", "is_decimal_allowed", "initial_value"},
    "users_select": {"type", "action_id", "initial_user"},
    "datepicker": {"type", "action_id", "initial_date"},
    "static_select": {"type", "action_id", "options", "option_groups", "initial_option"},
    "multi_static_select": {"type", "action_id", "options", "initial_options"},
    "external_select": {"type", "action_id", "min_query_length", "initial_option"},
    "multi_external_select": {"type", "action_id", "min_query_length", "initial_options"},
    "button": {"type", "action_id", "text", "value", "style"},
}
CONTROL = re.compile(r"<[^<>]*>")


class Bad(Exception):
    """Slack refuses this; the text is its error code."""


def need(true: object, why: str, code: str = "invalid_blocks") -> None:
    """Refuse with `code` unless `true`."""
    if not true:
        raise Bad(f"{code}: {why}")


def check_message(data: Json) -> None:
    """Refuse a message that Slack would refuse, or that its text could turn into control."""
    text = data.get("text")
    need(isinstance(text, str) and text.strip(), "a text for notifications", "no_text")
    need(len(cast(str, text)) <= 40_000, "text", "msg_too_long")
    need(not CONTROL.search(cast(str, text)), f"control syntax in the text: {text}")
    check_blocks(data.get("blocks", []), 50)
    length = sum(map(len, strings(data.get("blocks", []))))
    need(length <= TOTAL, f"{length} characters", "msg_blocks_too_long")
    found = block_kit.mistakes({name: data[name] for name in ("text", "blocks") if name in data})
    need(not found, "; ".join(found))


def strings(data: Any) -> list[str]:
    """Return everything that people read in blocks, and what buttons carry."""
    if isinstance(data, list):
        return [found for each in data for found in strings(each)]
    if not isinstance(data, dict):
        return []
    own = [each for key, each in data.items() if key in ("text", "value") and isinstance(each, str)]
    return own + [found for each in data.values() for found in strings(each)]


def check_blocks(blocks: list[Json], most: int) -> None:
    """Refuse blocks that Slack would refuse."""
    need(isinstance(blocks, list) and len(blocks) <= most, f"more than {most} blocks")
    names = [each["block_id"] for each in blocks if "block_id" in each]
    need(len(names) == len(set(names)), "block_id twice")
    need(all(0 < len(each) <= 255 for each in names), "block_id")
    for each in blocks:
        kind = each.get("type")
        need(kind in KEYS, f"a block {kind}")
        need(each.keys() <= KEYS[cast(str, kind)], f"properties of {kind}: {sorted(each)}")
        _check_block(each)


def _check_block(block: Json) -> None:
    match block["type"]:
        case "header":
            check_text(block["text"], 150)
        case "section":
            check_text(block["text"], 3000, markup=True)
        case "context":
            need(1 <= len(block["elements"]) <= 10, "elements of a context")
            for each in block["elements"]:
                check_text(each, 2000, markup=True)
        case "actions":
            need(1 <= len(block["elements"]) <= 25, "buttons in a row")
            ids = [each["action_id"] for each in block["elements"]]
            need(len(ids) == len(set(ids)), "action_id twice")
            for each in block["elements"]:
                need(each["type"] == "button", "only buttons")
                check_element(each)
        case "rich_text":
            need(block["elements"], "an empty rich text")
            for each in block["elements"]:
                _check_rich(each)
        case "input":
            check_text(block["label"], 2000)
            if "hint" in block:
                check_text(block["hint"], 2000)
            need(block["element"]["type"] != "button", "no button in an input")
            check_element(block["element"])
        case _:
            pass


def _check_rich(element: Json) -> None:
    if element["type"] == "rich_text_list":
        need(element["style"] in ("bullet", "ordered"), "style")
        need(element["elements"], "an empty list")
        for each in element["elements"]:
            need(each["type"] == "rich_text_section", "lists hold sections")
            _check_rich(each)
        return
    need(element["type"] == "rich_text_section", element["type"])
    need(element["elements"], "an empty section")
    for each in element["elements"]:
        match each["type"]:
            case "text":
                need(each.keys() <= {"type", "text", "style"} and each["text"], "text")
            case "user":
                need(re.fullmatch("[UW][A-Z0-9]+", each["user_id"]), "user_id")
            case "link":
                need(re.match("https?://", each["url"]) and each["text"], "link")
            case other:
                raise Bad(f"invalid_blocks: {other} in rich text")


def check_element(element: Json) -> None:
    """Refuse a button or a field that Slack would refuse."""
    kind = element["type"]
    need(kind in ELEMENTS, kind)
    need(element.keys() <= ELEMENTS[kind], f"properties of {kind}: {sorted(element)}")
    need(0 < len(element["action_id"]) <= 255, "action_id")
    match kind:
        case "button":
            check_text(element["text"], 75)
            need(len(element.get("value", "")) <= 2000, "a button's value")
            need(element.get("style", "primary") in ("primary", "danger"), "style")
        case "plain_text_input":
            longest = element.get("max_length", 3000)
            need(1 <= longest <= 3000, "max_length")
            need(0 < len(element.get("initial_value", "x")) <= longest, "initial_value")
        case "static_select" | "multi_static_select":
            groups = element.get("option_groups", [])
            need(len(groups) <= 100, "option groups")
            for group in groups:
                check_text(group["label"], 75)
                need(1 <= len(group["options"]) <= 100, "options of a group")
            options = options_of(element)
            need(1 <= len(options) <= (10_000 if groups else 100), "options")
            check_options(options)
            first = element.get("initial_options", [element.get("initial_option")])
            need(all(each in options for each in first if each), "initial_option")
        case "external_select" | "multi_external_select":
            need(element["min_query_length"] >= 0, "min_query_length")
            first = element.get("initial_options", [element.get("initial_option")])
            check_options([each for each in first if each])
        case _:
            pass


def check_options(options: list[Json]) -> None:
    """Refuse options that Slack would refuse, wherever they stand."""
    for each in options:
        check_text(each["text"], 75)
        need(0 < len(each["value"]) <= 75, "an option's value")
    values = [each["value"] for each in options]
    need(len(values) == len(set(values)), "an option twice")


def options_of(element: Json) -> list[Json]:
    """Return the options of a selection, those in groups as well."""
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(each for one in groups for each in one["options"])]


def check_text(text: Json, longest: int, *, markup: bool = False) -> None:
    """Refuse a text object that is empty, too long, or markup that we did not make."""
    kind = text.get("type")
    need(kind == "plain_text" or (markup and kind == "mrkdwn"), f"text of type {kind}")
    need(0 < len(text["text"]) <= longest, f"{len(text['text'])} of {longest} characters")
    if kind == "mrkdwn":
        need(not CONTROL.search(text["text"]), f"control syntax: {text['text']}")


def check_view(view: Json) -> None:
    """Refuse a modal or home tab that Slack would refuse."""
    kind = view.get("type")
    need(kind in ("modal", "home"), f"a view {kind}", "invalid_arguments")
    check_blocks(view.get("blocks", []), 100)
    need(len(json.dumps(view)) <= 250_000, "a view's size", "view_too_large")
    need(len(view.get("private_metadata", "")) <= 3000, "private_metadata", "invalid_arguments")
    if kind == "modal":
        for name in ("title", "close", "submit"):
            if name in view:
                check_text(view[name], 24)
        need("title" in view and len(view.get("callback_id", "")) <= 255, "title")
        inputs = [each for each in view["blocks"] if each["type"] == "input"]
        need(not inputs or "submit" in view, "inputs need a submit", "invalid_arguments")
    else:
        need(all(each["type"] != "input" for each in view["blocks"]), "no inputs at home")
    found = block_kit.mistakes(view)
    need(not found, "; ".join(found))
