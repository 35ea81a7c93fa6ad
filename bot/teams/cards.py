"""Messages as Adaptive Cards 1.5, for Microsoft Teams.

Words travel as text runs, which Teams takes as they are: nothing in them is markdown.
Only a phrase that mentions somebody is a text block, since mentions work nowhere else; its
words are escaped. Colours are the host's own, so a card fits light and dark.
Limits: docs/rules.md, Teams.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, assert_never

from bot.delivery import pictures
from bot.delivery.plain import fitted, gist
from bot.delivery.shortcuts import FORM
from handlers import FEATURES
from handlers.kit.commands import Command, by_name
from handlers.kit.folding import blank, isolated
from handlers.kit.messages import (
    WRITER,
    Button,
    Buttons,
    Call,
    Chart,
    Facts,
    Items,
    Message,
    Text,
    Title,
    Tone,
    call_data,
    call_from,
)
from handlers.kit.words import Link, Span, Who, Words, flat, naming, shortened, unmarked

Json = dict[str, Any]

CARD = "application/vnd.microsoft.card.adaptive"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION = "1.5"
# In bytes of UTF-16, as Teams counts. It takes 100 KB from a bot; some of its roads only 28.
CARD_BYTES = 24 * 1024
BUTTON_BYTES = CARD_BYTES // 2  # words go before buttons, but not all words before all buttons
TITLE = 300
WORDS = 1500
LABEL = 60
SUMMARY = 200
BUTTONS = 30
SEEN = 6  # buttons that stand in a row; Teams folds nothing by itself
NAMES = "120px"  # the column of labels beside their values
PICTURE = 640  # pixels of a chart's width; it shares the card's bytes with the words
VIEWERS = 20  # for whom a card is refreshed; Teams takes 60

STYLES = {
    Tone.ALARM: "attention",
    Tone.ACTIVE: "warning",
    Tone.GOOD: "good",
    Tone.QUIET: "emphasis",
}
MARGIN = 1000  # bytes for what stands around a card's body
HEADLINE: Json = {"size": "Large", "weight": "Bolder"}
HEADING: Json = {"weight": "Bolder"}  # what stands further down
SMALL: Json = {"size": "Small", "isSubtle": True}
ENTRA = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# What begins a template (`${…}`), a date (`{{DATE(…)}}`) or a mention (`<at>`) gets an
# invisible joint behind its first sign, and is then nothing but text.
BEGINNINGS = re.compile(r"(?<=[{$])(?=\{)|(?<=<)(?=/?at\b)", re.IGNORECASE)
JOINT = "\u2060"
# What markdown would take for a sign: anywhere, and where a line begins.
MARKDOWN = re.compile(r"[\\`*_~\[\]<>&]|(?<![^\n])[ \t]*(?:[#+=-]|\d{1,9}[.)])")
WEB = re.compile("https?://", re.IGNORECASE)
UNSAFE = re.compile(r"[^\w .,'’&@+-]")  # what a mention's name does not need


def card(message: Message, refresh: Call | None = None, viewers: Sequence[str] = ()) -> Json:
    """Return a spoken message as an Adaptive Card.

    With `refresh`, Teams asks with this call for a view of their own for the `viewers`
    (Teams' user ids); the card is complete without it.
    """
    frame: Json = {}
    if refresh is not None and viewers:
        action = {"type": "Action.Execute", "verb": refresh.word, "data": data_of(refresh)}
        frame["refresh"] = {"action": action, "userIds": list(viewers[:VIEWERS])}
    return _drawn(message, Ink(), frame)


def fits(message: Message) -> bool:
    """Say whether a card can show all of a message."""
    shown: Json = {"msteams": {"entities": []}, "fallbackText": escaped(summary(message))}
    _fill(shown, message, Ink(tight=True))
    return _weight(shown) + MARGIN <= CARD_BYTES


def in_dialog(message: Message) -> Json:
    """Return a message as a card for a dialog or a search result: it mentions nobody."""
    return _drawn(message, Ink(dialog=True), {})


def attachment(shown: Json) -> Json:
    """Return a card as an activity carries it."""
    return {"contentType": CARD, "content": shown}


def summary(message: Message) -> str:
    """Return one plain line for notifications and for clients that show no cards."""
    return inert_within(" ".join(gist(message).split()), SUMMARY)


def opens_form(call: Call) -> bool:
    """Tell whether pressing a call's button opens a form: it lacks a value, or asks for more."""
    if call.word == FORM:
        return True
    command = _command(call.word)
    if command is None:
        return False
    required = (each.name for each in command.parameters if each.required)
    return command.asks or any(not call.args.get(name, "").strip() for name in required)


@lru_cache(maxsize=256)
def _command(word: str) -> Command | None:
    return by_name(word, FEATURES)


def data_of(call: Call) -> Json:
    """Return what a button carries; `call_of` reads it back."""
    return {"call": call_data(call)}


def call_of(data: object) -> Call:
    """Return the call that a button or a dialog carried; raises ValueError when it is not ours."""
    found = data.get("call") if isinstance(data, dict) else None
    if not isinstance(found, dict):
        raise ValueError("not a call")
    return call_from(found)


def inert(text: str) -> str:
    """Return text in which no template, date or mention begins; what turns, turns within it."""
    return isolated(BEGINNINGS.sub(JOINT, text))


def inert_within(text: str, longest: int) -> str:
    """Return the same, cut with an ellipsis where it is too long; a dash when nothing is seen."""
    return "–" if blank(text) else fitted(BEGINNINGS.sub(JOINT, text), longest).strip()


def escaped(text: str) -> str:
    """Return text that a text block shows as it is."""
    plain = MARKDOWN.sub(lambda sign: f"{sign[0][:-1]}\\{sign[0][-1]}", inert(text))
    return re.sub(r"\n[ \t]*", "\n\n", plain)  # a single line break would be a space


@dataclass(slots=True)
class Ink:
    """How words are written on one card, and who was mentioned so far."""

    dialog: bool = False  # nobody is mentioned, and buttons answer in the dialog
    tight: bool = False  # there is little room: a fact is one line, without columns
    known: dict[str, Json] = field(default_factory=dict)

    def words(
        self, words: Words, look: Json, longest: int = WORDS, before: str = ""
    ) -> Json | None:
        """Return an element that shows words, `before` in front; None when there are none."""
        spans = list(_cut((*((before,) if before else ()), *_spans(words)), longest))
        if not "".join(map(_plain, spans)).strip():
            return None
        if any(self.mentions(each) for each in spans):
            written = "".join(self._marked(each) for each in spans)
            return {"type": "TextBlock", "text": written.strip(), "wrap": True, **look}
        return {"type": "RichTextBlock", "inlines": [_run(each, look) for each in spans]}

    def mentions(self, span: Span) -> bool:
        """Tell whether somebody is mentioned, not only named."""
        return isinstance(span, Who) and not self.dialog and ENTRA.fullmatch(span.id) is not None

    def _marked(self, span: Span) -> str:
        if isinstance(span, Link):
            address = "".join(
                f"%{ord(each):02X}" if each in ' ()<>"\\' else each for each in span.url
            )
            return f"[{escaped(span.label)}]({address})"
        if not isinstance(span, Who) or not self.mentions(span):
            return escaped(_plain(span))
        if span.id not in self.known:
            name = " ".join(UNSAFE.sub(" ", span.name).split()) or "?"
            same = sum(each["mentioned"]["name"] == name for each in self.known.values())
            self.known[span.id] = {
                "type": "mention",
                # Teams finds the person by these words, so namesakes need different ones.
                "text": f"<at>{name} {same + 1}</at>" if same else f"<at>{name}</at>",
                "mentioned": {"id": span.id, "name": name},
            }
        return str(self.known[span.id]["text"])

    def entities(self, written: str) -> list[Json]:
        """Return the mentions that a written body needs."""
        return [each for each in self.known.values() if each["text"] in written]


def _drawn(message: Message, ink: Ink, frame: Json) -> Json:
    shown: Json = {
        "type": "AdaptiveCard",
        "$schema": SCHEMA,
        "version": VERSION,
        "fallbackText": escaped(summary(message)),
        "msteams": {"width": "Full", "entities": []},
        **frame,
        "body": [],
    }
    _fill(shown, message, ink)
    if _weight(shown) > CARD_BYTES and any(isinstance(each, Chart) for each in message.parts):
        # Words go before pictures.
        message = replace(
            message, parts=tuple(each for each in message.parts if not isinstance(each, Chart))
        )
        _fill(shown, message, ink)
    if _weight(shown) > CARD_BYTES:
        ink.tight = True
        _fill(shown, message, ink)
    if _weight(shown) > CARD_BYTES:
        shown["body"], shown["msteams"]["entities"] = [], []
        _fill(shown, message, ink, CARD_BYTES - _weight(shown))
    if not shown["msteams"]["entities"]:
        del shown["msteams"]["entities"]
    return shown


def _fill(shown: Json, message: Message, ink: Ink, room: int | None = None) -> None:
    """Put a message into a card: all of it, or what has room, in bytes; buttons go first."""
    sets = [_buttons(each, ink) for each in message.parts if isinstance(each, Buttons)]
    if room is not None:
        sets, taken = _fitting(sets)
        room -= taken + (len(sets) + 1) * _weight(_more(999))
    body: list[Json] = []
    left = 0  # how many lines found no room
    for part in message.parts:
        if isinstance(part, Buttons):
            body += [_more(left)] if left else []
            actions = sets.pop(0)
            body += [{"type": "ActionSet", "actions": actions}] if actions else []
            left = 0
            continue
        for element in _elements(part, ink, None if body else message.tone):
            if room is not None:
                written = WRITER.encode(element)
                weight = _weight(element) + sum(map(_weight, ink.entities(written)))
                if weight > room:
                    left += 1
                    continue
                room -= weight
            body.append(element)
    body += [_more(left)] if left else []
    shown["body"] = body or [_run_block("–")]
    whole = room is None and not ink.tight
    mentioned = list(ink.known.values()) if whole else ink.entities(WRITER.encode(body))
    shown["msteams"]["entities"] = mentioned


def _elements(
    part: Title | Text | Facts | Items | Chart, ink: Ink, tone: Tone | None
) -> Iterator[Json]:
    """Give what shows a part, one line each; with a tone, its first line is the card's head."""
    match part:
        case Title(words):
            lines = [ink.words(words, HEADLINE if tone else HEADING, TITLE)]
        case Text(words, small):
            lines = [ink.words(words, SMALL if small else {})]
        case Facts(rows):
            lines = [_fact(label, value, ink) for label, value in rows]
        case Items(items):
            lines = [_item(each, ink) for each in items]
        case Chart():
            lines = [_picture(part)]
        case _:
            assert_never(part)
    for line in filter(None, lines):
        if tone in (None, Tone.PLAIN):
            yield line
        else:
            yield {"type": "Container", "style": STYLES[tone], "bleed": True, "items": [line]}
        tone = None


def _fact(label: Words, value: Words, ink: Ink) -> Json:
    if ink.tight:
        named = naming(fitted(flat(label), LABEL))
        return {**(ink.words(value, {}, before=named) or _run_block("–")), "spacing": "Small"}
    said = ink.words(value, {}) or _run_block("–")
    name = ink.words(label, {"isSubtle": True}, LABEL) or _run_block("–")
    return {
        "type": "ColumnSet",
        "spacing": "Small",
        "columns": [
            {"type": "Column", "width": NAMES, "items": [name]},
            {"type": "Column", "width": "stretch", "items": [said]},
        ],
    }


def _item(words: Words, ink: Ink) -> Json | None:
    said = ink.words(words, {}, before="• ")
    return said and {**said, "spacing": "Small"}


def _picture(chart: Chart) -> Json | None:
    """Return a chart as an image inside the card; None where it cannot be drawn."""
    drawn = pictures.png(chart, width=PICTURE, small=True)
    if drawn is None:
        return None
    url = f"data:image/png;base64,{base64.b64encode(drawn).decode()}"
    return {"type": "Image", "url": url, "altText": flat(chart.alt), "size": "Stretch"}


def _more(left: int) -> Json:
    """Return the line that stands for lines which found no room, in any language."""
    return _run_block(f"… +{left}", SMALL)


def _buttons(part: Buttons, ink: Ink) -> list[Json]:
    made = [_action(each, ink) for each in part.buttons[:BUTTONS]]
    # The sixth place in the row is the menu of the others.
    for each in made[SEEN - 1 :] if len(made) > SEEN else []:
        each["mode"] = "secondary"
    return made


def _fitting(sets: list[list[Json]]) -> tuple[list[list[Json]], int]:
    """Return the rows without the buttons that find no room, and the bytes of all others."""
    fitting: list[list[Json]] = []
    taken = 0
    for actions in sets:
        kept: list[Json] = []
        for each in actions:
            weight = _weight(each)
            if taken + weight <= BUTTON_BYTES:
                kept.append(each)
                taken += weight
        taken += _weight({"type": "ActionSet", "actions": []}) if kept else 0
        fitting.append(kept)
    return fitting, taken


def _action(button: Button, ink: Ink) -> Json:
    title = inert_within(flat(button.label), LABEL)
    look: Json = {"title": title}
    if button.look == "primary":
        look["style"] = "positive"
    submit = {"type": "Action.Submit", **look, "data": data_of(button.call)}
    if ink.dialog:
        return submit
    if opens_form(button.call):
        return {**submit, "data": {**submit["data"], "msteams": {"type": "task/fetch"}}}
    execute = {"type": "Action.Execute", **look, "verb": button.call.word}
    return {**execute, "data": submit["data"], "fallback": submit}


def _run_block(text: str, look: Json | None = None) -> Json:
    return {"type": "RichTextBlock", "inlines": [_run(text, look or {})]}


def _run(span: Span, look: Json) -> Json:
    run: Json = {"type": "TextRun", "text": inert(_plain(span)), **look}
    if isinstance(span, Link):
        run["selectAction"] = {"type": "Action.OpenUrl", "url": span.url}
        run["color"] = "Accent"
    return run


def _spans(words: Words) -> tuple[Span, ...]:
    """Return words as spans; a link that leads nowhere is its label."""
    spans = unmarked(words if isinstance(words, tuple) else (flat(words),))
    return tuple(
        each.label if isinstance(each, Link) and not WEB.match(each.url) else each for each in spans
    )


def _cut(spans: Sequence[Span], longest: int) -> Iterator[Span]:
    """Give spans until `longest` characters are full; what is cut ends in an ellipsis."""
    for span in spans:
        text = _plain(span)
        if not text:
            continue
        if len(text) > longest:
            yield shortened(text, longest) if longest else "…"
            return
        longest -= len(text)
        yield span


def _plain(span: Span) -> str:
    if isinstance(span, str):
        return span
    return span.name if isinstance(span, Who) else span.label


def _weight(data: Json) -> int:
    """Return how many bytes something takes in a list, as Teams counts: in UTF-16."""
    return len(f"{WRITER.encode(data)},".encode("utf-16-le"))
