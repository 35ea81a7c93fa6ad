"""Readers: how a value is found in what somebody typed, and which field asks for it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from handlers.kit.context import Context
from handlers.kit.errors import NotFound, Refusal, Unproven
from handlers.kit.folding import blank
from handlers.kit.folding import folded as folded
from handlers.kit.messages import FieldKind
from handlers.kit.words import LANGUAGES, Who, Words, _, some, text
from storage import people
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.people import Person, PersonKind

LONGEST = 3000  # characters of one text, as Slack's sections take
QUOTES = {'"': '"', "“": "”", "„": "“", "»": "«", "«": "»", "‘": "’", "‚": "‘"}


class Reader(Protocol):
    """How one kind of value is read."""

    @property
    def kind(self) -> FieldKind:
        """The field that asks for it in a form."""
        ...

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        """Read the value at the head of `text`; return it and the rest, or None."""
        ...

    def value(self, raw: str, ctx: Context) -> object:
        """Read the value from a field or a button; raises `Refusal` when it is none."""
        ...

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        """Return (value, label) for a choice, else nothing."""
        ...


def unquoted(text: str) -> str | None:
    """Return what stands between outer quotation marks, None when the text is not quoted."""
    close = QUOTES.get(text[:1])
    if close is None or len(text) < 3 or text[-1] not in (close, text[0]):
        return None
    inner = text[1:-1]
    return None if text[0] in inner or text[-1] in inner else inner


@dataclass(frozen=True, slots=True)
class TextReader:
    """Text exactly as typed. As the last value it takes the rest of the line."""

    long: bool = True
    titled: bool = False  # outer quotation marks are taken off

    @property
    def kind(self) -> FieldKind:
        return FieldKind.LONG if self.long else FieldKind.TEXT

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        if last:
            return self.value(text, ctx), ""
        head, _space, rest = text.partition(" ")
        return head, rest.lstrip()

    def value(self, raw: str, ctx: Context) -> object:
        raw = raw.strip()
        if self.titled:
            raw = unquoted(raw) or raw
        if blank(raw):
            raise Refusal(_("Some words are needed here."))
        if len(raw) > LONGEST:
            raise Refusal(
                _(
                    "That is {n} characters; {most} fit. Your text is below, so that "
                    "nothing is lost.",
                    n=len(raw),
                    most=LONGEST,
                ),
                kept=raw,
            )
        return raw

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return ()


@dataclass(frozen=True, slots=True)
class NumberReader:
    """A whole number between two bounds."""

    least: int = 1
    most: int = 1000

    @property
    def kind(self) -> FieldKind:
        return FieldKind.NUMBER

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        head, _space, rest = text.partition(" ")
        if not re.fullmatch(r"[0-9]{1,9}", head) or not self.least <= int(head) <= self.most:
            return None
        return int(head), rest.lstrip()

    def value(self, raw: str, ctx: Context) -> object:
        raw = raw.strip()
        if not re.fullmatch(r"[0-9]{1,9}", raw) or not self.least <= int(raw) <= self.most:
            raise Refusal(
                _(
                    "A whole number from {least} to {most}, please.",
                    least=self.least,
                    most=self.most,
                )
            )
        return int(raw)

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return ()


@dataclass(frozen=True, slots=True)
class ChoiceReader:
    """One of a StrEnum's values, typed in either language. `words` are the typed ones."""

    enum: type[StrEnum]
    labels: dict[str, Words] = field(hash=False)
    words: dict[str, tuple[str, ...]] = field(hash=False)

    @property
    def kind(self) -> FieldKind:
        return FieldKind.CHOICE

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        head, _space, rest = text.partition(" ")
        for value in self.labels:
            if folded(head) in {folded(word) for word in (value, *self.words.get(value, ()))}:
                return self.enum(value), rest.lstrip()
        return None

    def value(self, raw: str, ctx: Context) -> object:
        found = self.take(raw, ctx, last=True) or (None, raw)
        if found[1]:
            for value, label in self.labels.items():  # as it stands in the form
                if folded(raw) in {folded(text(label, language)) for language in LANGUAGES}:
                    return self.enum(value)
            labels = [ctx.text(label) for label in self.labels.values()]
            raise Refusal(_("Please choose one of: {choices:or}.", choices=labels))
        return found[0]

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return tuple(self.labels.items())


@dataclass(frozen=True, slots=True)
class ChoicesReader:
    """Any of a StrEnum's values, as a form sends them: `customer,money`. Never typed."""

    enum: type[StrEnum]
    labels: dict[str, Words] = field(hash=False)

    @property
    def kind(self) -> FieldKind:
        return FieldKind.CHOICES

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        return None

    def value(self, raw: str, ctx: Context) -> object:
        given = [each.strip() for each in raw.split(",") if each.strip()]
        if not set(given) <= self.labels.keys():
            labels = [ctx.text(label) for label in self.labels.values()]
            raise Refusal(_("Please choose one of: {choices:or}.", choices=labels))
        return frozenset(self.enum(each) for each in given)

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return tuple(self.labels.items())


class Known(Protocol):
    """Something with an id and a name that people type."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class NameReader:
    """Something we know by name: the longest name that the text begins with."""

    all: Callable[[Tx], Sequence[Known]]
    unknown: Callable[[str, list[str]], Refusal]

    @property
    def kind(self) -> FieldKind:
        return FieldKind.CHOICE

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        known = sorted(self.all(ctx.tx), key=lambda each: -len(each.name))
        for each in known:
            rest = after(text, each.name)
            if rest is not None:
                return each, rest
        return None

    def missing(self, text: str, ctx: Context) -> Refusal:
        """Return what is said of a name that nothing has, with those that are near."""
        known = self.all(ctx.tx)
        refusal = self.unknown(text, [each.name for each in known])
        near = tuple((each.name, each.id) for each in nearest(text, known))
        return NotFound(refusal.words, near, buttons=refusal.buttons)

    def value(self, raw: str, ctx: Context) -> object:
        for each in self.all(ctx.tx):
            if each.id == raw or folded(each.name) == folded(raw):
                return each
        raise self.unknown(raw, [each.name for each in self.all(ctx.tx)])

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return tuple((each.id, each.name) for each in self.all(ctx.tx))


def nearest(text: str, known: Sequence[Known]) -> list[Known]:
    """Return up to three whose name, or a word of it, is what somebody may have meant."""
    said = folded(text)
    words = {said, *said.split()}
    found: list[Known] = []
    for each in known:
        own = folded(each.name)
        if (
            len(said) >= 3
            and own.startswith(said[:4])
            or any(
                difflib.SequenceMatcher(None, word, other).ratio() >= 0.75
                for word in words
                for other in (own, *own.split(), *map(folded, getattr(each, "words", ())))
                if len(word) > 2 and abs(len(word) - len(other)) < 4
            )
        ):
            found.append(each)
    return found[:3]


@dataclass(frozen=True, slots=True)
class PersonReader:
    """Somebody of this workspace, by `@name` or name."""

    @property
    def kind(self) -> FieldKind:
        return FieldKind.PERSON

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        text = text.removeprefix("@")
        for shown, id in sorted(ctx.mentions.items(), key=lambda each: -len(each[0])):
            rest, mentioned = after(text, shown), people.find(ctx.tx, PersonId(id))
            if rest is not None and mentioned is not None:
                if mentioned.kind == PersonKind.NEW:
                    raise self._unproven(mentioned)
                if mentioned.here:
                    return mentioned, rest
        for person in sorted(members(ctx.tx), key=lambda each: -len(each.name)):
            for name in (person.name, person.id):
                rest = after(text, name)
                if rest is not None:
                    return person, rest
        found = people_called(_head(text), ctx)
        return (found[0], text[len(_head(text)) :].lstrip(" ,")) if len(found) == 1 else None

    def missing(self, text: str, ctx: Context) -> Refusal:
        """Return what is said of a name that nobody has, or that several have."""
        name = _head(text.removeprefix("@"))
        found = people_called(name, ctx)
        if len(found) > 1:
            several = tuple((each.name, each.id) for each in found[:5])
            return NotFound(_("Whom do you mean by “{name}”?", name=name[:80]), several)
        known = members(ctx.tx)
        first = [each for each in known if folded(each.name)[:1] == folded(name)[:1]]
        near = tuple((each.name, each.id) for each in nearest(name, known) or first[:3])
        return NotFound(self._unknown(name).words, near)

    def value(self, raw: str, ctx: Context) -> object:
        raw = raw.removeprefix("@")
        id = ctx.mentions.get(raw, raw)
        for person in members(ctx.tx):
            if person.id == id or folded(person.name) == folded(raw):
                return person
        chosen = people.find(ctx.tx, PersonId(id))
        if chosen is not None and chosen.kind == PersonKind.NEW and chosen.active:
            raise self._unproven(chosen)
        found = people_called(raw, ctx) if chosen is None else []
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            names = some([each.name for each in found], 5)
            raise Refusal(
                _(
                    "Several people are called that: {names}. Please give the whole name.",
                    names=names,
                )
            )
        raise self._unknown(chosen.name if chosen is not None else raw)

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return tuple((person.id, person.name) for person in members(ctx.tx))

    @staticmethod
    def _unproven(person: Person) -> Refusal:
        return Unproven(
            _(
                "I do not know yet who {who} is. I am asking; please try again soon.",
                who=Who(person.id, person.name),
            )
        )

    @staticmethod
    def _unknown(name: str) -> Refusal:
        return Refusal(_("I do not know anybody called “{name}” here.", name=name[:80]))


def _head(text: str) -> str:
    """Return the first word of a text."""
    found = re.match(r"[^\s,:;]+", text)
    return found[0].rstrip(".!?") if found else ""


def people_called(name: str, ctx: Context) -> list[Person]:
    """Return who a part of a name may mean: its beginning, or from four letters any part.

    The asker is meant only if nobody else is: nobody asks themselves to stand in.
    """
    said = folded(name)
    everyone = members(ctx.tx)
    found: list[Person] = []
    if len(said) >= 2:
        found = [
            each
            for each in everyone
            if any(part.startswith(said) for part in re.split(r"[\s-]+", folded(each.name)))
        ]
    if not found and len(said) >= 4:
        found = [each for each in everyone if said in folded(each.name)]
    others = [each for each in found if each.id != ctx.person.id]
    return others or found


def members(tx: Tx) -> list[Person]:
    """Return those who can be named as responsible: active, not restricted, no guests, no bots."""
    return [person for person in people.everyone(tx) if person.here]


def after(text: str, name: str) -> str | None:
    """Return what follows `name` at the head of `text` (any case, `ö` = `oe`), or None."""
    wanted = folded(name)
    for end in range((len(name) + 1) // 2, min(len(text), 2 * len(name) + 4) + 1):
        if folded(text[:end]) == wanted and (end == len(text) or not text[end].isalnum()):
            return text[end:].lstrip()
    if folded(text) == wanted:
        return ""
    return None


@dataclass(frozen=True, slots=True)
class IncidentReader:
    """An incident: `7`, `#7`, `INC-7`.

    A bare number with words behind it is meant as an incident if there is, or was,
    one; else it belongs to the words ("99 printers are dead").
    """

    exists: Callable[[Tx, int], bool]

    @property
    def kind(self) -> FieldKind:
        return FieldKind.TEXT

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        found = re.match(r"(#|inc-?)?([0-9]{1,9})(?![\w-])[:,]?\s*", text, re.IGNORECASE | re.ASCII)
        if not found:
            return None
        number, rest = int(found[2]), text[found.end() :]
        if rest and not found[1] and not self.exists(ctx.tx, number):
            return None
        return number, rest

    def value(self, raw: str, ctx: Context) -> object:
        found = self.take(raw.strip(), ctx, last=True)
        if found is None or found[1]:
            raise Refusal(_("An incident's number, please, such as 7 or INC-7."))
        return found[0]

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return ()
