"""Messages: a few small dataclasses. Strings are plain text, never markup."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from handlers.kit.folding import joined
from handlers.kit.words import (
    BUTTON,
    Figure,
    Link,
    Phrase,
    Sentence,
    Span,
    Who,
    Words,
    _,
    button_label,
    flat,
    speak,
)
from storage.delivery.outbox import ParcelKind

PIECE = 1400  # characters of one part of a long text; what the narrowest platform shows


class Tone(StrEnum):
    """How a message looks from afar. Never a judgement about a person."""

    PLAIN = "plain"
    ALARM = "alarm"  # somebody has to act now
    ACTIVE = "active"  # somebody is on it
    GOOD = "good"  # it works again
    QUIET = "quiet"  # history


@dataclass(frozen=True, slots=True)
class Call:
    """A command with its values, as a button carries it."""

    word: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Title:
    """The first line."""

    words: Words


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `small` for what may be overlooked, `code` for what is copied as it is."""

    words: Words
    small: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value, a few of them."""

    rows: tuple[tuple[Words, Words], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A value for each week ("2026-W48"), in rows with a label; `alt` says all of it."""

    alt: Words
    weeks: tuple[str, ...]
    rows: tuple[tuple[Words, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A command somebody else typed for you. `look` is plain, primary or quiet."""

    label: Words
    call: Call
    look: str = "plain"


@dataclass(frozen=True, slots=True)
class Buttons:
    """A row of buttons."""

    buttons: tuple[Button, ...]


Part = Title | Text | Facts | Items | Buttons | Chart


@dataclass(frozen=True, slots=True)
class Message:
    """What is said in one go."""

    parts: tuple[Part, ...]
    tone: Tone = Tone.PLAIN


class FieldKind(StrEnum):
    """What a form's field takes."""

    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    DATE = "date"
    PERSON = "person"
    CHOICE = "choice"
    CHOICES = "choices"

    @property
    def missing(self) -> Sentence:
        """What is said where such a field was left empty, though it is needed."""
        if self in (FieldKind.TEXT, FieldKind.LONG, FieldKind.NUMBER):
            return _("Some words are needed here.")
        return _("Please choose something here.")


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. `choices` are (value, label); `longest` in characters."""

    name: str
    label: Words
    kind: FieldKind = FieldKind.TEXT
    hint: Words = ""
    required: bool = True
    value: str = ""
    choices: tuple[tuple[str, Words], ...] = ()
    longest: int = 3000


@dataclass(frozen=True, slots=True)
class Form:
    """Questions that complete a call. Submitting is the same call with the values."""

    title: Words
    call: Call
    fields: tuple[Field, ...]
    submit: Words


@dataclass(frozen=True, slots=True)
class Post:
    """A message for somewhere else. The same key edits the same message.

    `place` is a place's id, a role ("incidents", "managers"), `direct:<person>`, or None:
    wherever the key stands already. `kind` is alarm, note, card or digest.
    `otherwise` names a timer that becomes due when this cannot be delivered.
    """

    key: str
    message: Message
    place: str | None = None
    kind: ParcelKind = ParcelKind.CARD
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler gives back: a private line, perhaps a form, and posts for others.

    `subject` names the thing for the audit trail. A `secret` message is shown
    once and stored nowhere. A `nameless` one is audited without its person and time. `outcome` says
    what became of a machine's call, where that is not "done". `erased` says that somebody was,
    which has to lie beside the backups before it is answered.
    """

    message: Message | None = None
    form: Form | None = None
    posts: tuple[Post, ...] = ()
    subject: str = ""
    secret: bool = False
    nameless: bool = False
    outcome: str = ""
    erased: bool = False


def pieces(text: str, most: int = PIECE) -> tuple[str, ...]:
    """Cut a long text into parts that every platform shows whole; joined they are the text."""
    found: list[str] = []
    while len(text) > most:
        head = text[:most]
        end = max(head.rfind("\n"), head.rfind(" ")) + 1
        end = end if end > most // 2 else most
        # Never inside of what is seen as one sign: joiners and marks stay with theirs.
        while end > 1 and joined(text[end - 1 : end + 1]):
            end -= 1
        found.append(text[:end])
        text = text[end:]
    return (*found, text) if text else tuple(found)


def line(words: Words, *buttons: Button, tone: Tone = Tone.PLAIN) -> Message:
    """Return a message of one paragraph, with buttons if there are any."""
    rows: tuple[Part, ...] = (Buttons(buttons),) if buttons else ()
    return Message((Text(words), *rows), tone)


def spoken(message: Message, language: str, zone: str, year: int | None = None) -> Message:
    """Put a whole message into a language; what comes back holds phrases only.

    Days of another year than `year`, the one that it is now, are told with theirs.
    """

    def say(words: Words, put: Callable[..., Phrase] = speak) -> Phrase:
        return put(words, language, zone, year)

    parts = [each for part in message.parts for each in (*_whole(part), part)]
    return Message(tuple(_say_part(part, say) for part in parts), message.tone)


def spoken_form(form: Form, language: str, zone: str, year: int | None = None) -> Form:
    """Put a form into a language."""

    def say(words: Words) -> Phrase:
        return speak(words, language, zone, year)

    fields = tuple(
        replace(
            each,
            label=say(each.label),
            hint=say(each.hint),
            choices=tuple((value, say(label)) for value, label in each.choices),
        )
        for each in form.fields
    )
    return Form(say(form.title), form.call, fields, say(form.submit))


def _whole(part: Part) -> tuple[Part, ...]:
    """Return the names, one a line, of buttons to choose from that show only their beginning."""
    if not isinstance(part, Buttons):
        return ()
    names = [each.label for each in part.buttons if isinstance(each.label, str)]
    cut = len(names) > 1 and any(len(each) > BUTTON for each in names)
    return (Items(tuple(names)),) if cut else ()


def _say_part(part: Part, say: Callable[..., Phrase]) -> Part:
    match part:
        case Title(words):
            return Title(say(words))
        case Text(words, small, code):
            return Text(say(words), small, code)
        case Facts(rows):
            return Facts(tuple((say(label), say(value)) for label, value in rows))
        case Items(items):
            return Items(tuple(say(item) for item in items))
        case Chart(alt, weeks, values):
            return Chart(say(alt), weeks, tuple((say(label), each) for label, each in values))
        case Buttons(buttons):
            named = [
                Button(say(each.label, button_label), each.call, each.look) for each in buttons
            ]
            return Buttons(tuple(named))


WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dump(message: Message) -> str:
    """Write a spoken message as JSON; it can be read in the table and survives a deploy."""
    return WRITER.encode(as_data(message))


def as_data(message: Message) -> dict[str, Any]:
    """Return a spoken message as plain data (lists and dicts)."""
    return {"tone": message.tone.value, "parts": [_part_data(part) for part in message.parts]}


def load(written: str) -> Message:
    """Read a message back; the opposite of `dump`."""
    return from_data(json.loads(written))


def from_data(data: dict[str, Any]) -> Message:
    """Read a message back from plain data."""
    return Message(tuple(_part_from(part) for part in data["parts"]), Tone(data["tone"]))


def form_data(form: Form) -> dict[str, Any]:
    """Return a spoken form as plain data."""
    return {
        "title": flat(form.title),
        "call": call_data(form.call),
        "submit": flat(form.submit),
        "fields": [
            {
                "name": each.name,
                "label": flat(each.label),
                "hint": flat(each.hint),
                "kind": each.kind.value,
                "required": each.required,
                "value": each.value,
                "longest": each.longest,
                "choices": [[value, flat(label)] for value, label in each.choices],
            }
            for each in form.fields
        ],
    }


def form_from(data: dict[str, Any]) -> Form:
    """Read a form back from plain data."""
    fields = tuple(
        Field(
            name=each["name"],
            label=each["label"],
            kind=FieldKind(each["kind"]),
            hint=each["hint"],
            required=each["required"],
            value=each["value"],
            choices=tuple((value, label) for value, label in each["choices"]),
            longest=each["longest"],
        )
        for each in data["fields"]
    )
    return Form(data["title"], call_from(data["call"]), fields, data["submit"])


def call_data(call: Call) -> dict[str, Any]:
    """Return a call as plain data."""
    return {"word": call.word, "args": dict(call.args)}


def call_from(data: dict[str, Any]) -> Call:
    """Read a call from plain data; raises ValueError when it is none."""
    word, args = data.get("word"), data.get("args", {})
    if not isinstance(word, str) or not isinstance(args, dict):
        raise ValueError("not a call")
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in args.items()):
        raise ValueError("not a call")
    return Call(word, args)


def _part_data(part: Part) -> dict[str, Any]:
    match part:
        case Title(words):
            return {"kind": "title", "words": _phrase_data(words)}
        case Text(words, small, code):
            text = {"kind": "text", "words": _phrase_data(words), "small": small}
            return {**text, "code": True} if code else text
        case Facts(rows):
            pairs = [[_phrase_data(label), _phrase_data(value)] for label, value in rows]
            return {"kind": "facts", "rows": pairs}
        case Items(items):
            return {"kind": "items", "items": [_phrase_data(item) for item in items]}
        case Chart(alt, weeks, values):
            drawn = [[_phrase_data(label), each] for label, each in values]
            return {"kind": "chart", "alt": _phrase_data(alt), "weeks": weeks, "rows": drawn}
        case Buttons(buttons):
            return {
                "kind": "buttons",
                "buttons": [
                    {
                        "label": _phrase_data(each.label),
                        "call": call_data(each.call),
                        "look": each.look,
                    }
                    for each in buttons
                ],
            }


def _part_from(data: dict[str, Any]) -> Part:
    match data["kind"]:
        case "title":
            return Title(_phrase_from(data["words"]))
        case "text":
            return Text(_phrase_from(data["words"]), data["small"], data.get("code", False))
        case "facts":
            rows = ((_phrase_from(label), _phrase_from(value)) for label, value in data["rows"])
            return Facts(tuple(rows))
        case "items":
            return Items(tuple(_phrase_from(item) for item in data["items"]))
        case "chart":
            values = ((_phrase_from(label), tuple(each)) for label, each in data["rows"])
            return Chart(_phrase_from(data["alt"]), tuple(data["weeks"]), tuple(values))
        case "buttons":
            return Buttons(
                tuple(
                    Button(_phrase_from(each["label"]), call_from(each["call"]), each["look"])
                    for each in data["buttons"]
                )
            )
        case kind:
            raise ValueError(f"a part of unknown kind: {kind}")


def _phrase_data(words: Words) -> list[Any]:
    if not isinstance(words, tuple):
        raise TypeError("Only spoken words can be written down.")
    return [_span_data(span) for span in words]


def _span_data(span: Span) -> object:
    if isinstance(span, str):
        return span
    if isinstance(span, Who):
        return {"who": span.id, "name": span.name}
    if isinstance(span, Link):
        return {"link": span.url, "label": span.label}
    return {"figure": span.id, "label": span.label}


def _phrase_from(data: list[Any]) -> Phrase:
    return tuple(_span_from(span) for span in data)


def _span_from(data: Any) -> Span:
    if isinstance(data, str):
        return data
    if "who" in data:
        return Who(data["who"], data["name"])
    if "figure" in data:
        return Figure(data["label"], data["figure"])
    return Link(data["label"], data["link"])
