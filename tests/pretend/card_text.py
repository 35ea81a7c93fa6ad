"""What people read of an Adaptive Card, as text."""

from __future__ import annotations

import re
from typing import Any

from tests.pretend.adaptive_card import user_id
from tests.pretend.company import NAMES as NAMES

Json = dict[str, Any]


def text_of(activity: Json) -> str:
    """Return what a message says, as text."""
    if not activity.get("attachments"):
        return str(activity.get("text", ""))
    return card_text(activity["attachments"][0]["content"])


def card_text(card: Json) -> str:
    """Return a card as text, one thing a line, as `bot/delivery/plain.py` does."""
    names = {
        each["text"]: each["mentioned"]["name"]
        for each in card.get("msteams", {}).get("entities", [])
    }
    lines: list[str] = []
    after_input = False
    for element in card["body"]:
        hint = after_input and element.get("spacing") == "None"
        if not hint or shown_as_wrong(element):
            lines += _element(element, names)
        after_input = hint or element["type"].startswith("Input.")
    return "\n".join(lines)


def shown_as_wrong(element: Json) -> bool:
    """Say whether a line beside a field is an error rather than its hint."""
    return any(each.get("color") == "Attention" for each in element.get("inlines", []))


def _element(element: Json, names: dict[str, str]) -> list[str]:
    match element["type"]:
        case "TextBlock" | "RichTextBlock":
            return [re.sub("^• ", "- ", _said(element, names))]
        case "Container":
            return [line for each in element["items"] for line in _element(each, names)]
        case "ColumnSet":
            found = [
                _element(each, names) for column in element["columns"] for each in column["items"]
            ]
            return [": ".join(line for lines in found for line in lines)]
        case "ActionSet":
            return [" ".join(f"[{each['title']}]" for each in element["actions"])]
        case kind if kind.startswith("Input."):
            return [f"{element['label']}: {_given(element)}".rstrip()]
        case _:
            pass
    raise AssertionError(element["type"])


def _said(element: Json, names: dict[str, str]) -> str:
    if element["type"] == "RichTextBlock":
        text = "".join(each["text"] for each in element["inlines"])
    else:
        text = re.sub(r"<at>.*?</at>", lambda at: names[at[0]], element["text"])
        text = re.sub(r"\[(.*?)\]\(\S*?\)", r"\1", text)
        text = re.sub(r"\\(.)", r"\1", text).replace("\n\n", "\n")
    return text.replace("\u2060", "")


def _given(element: Json) -> str:
    value = str(element.get("value", ""))
    for each in element.get("choices", []):
        if each["value"] == value:
            return str(each["title"])
    return {user_id(name): name for name in NAMES}.get(value, value)
