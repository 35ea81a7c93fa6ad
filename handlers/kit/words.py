"""Sentences in two languages: gettext for the words, Babel for numbers, dates and lists.

`_("{who} looks after {number}.", who=…)` makes a `Sentence`: the English words
and their values. It is put into a language only when it is about to be stored
or shown, so that one message can be read in German in one place and in English
in another. What comes out is a phrase: text, people and links, no markup.
"""

from __future__ import annotations

import gettext
import io
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal

from handlers.kit.folding import isolated, joined

if TYPE_CHECKING:
    from _typeshed import SupportsRead

LANGUAGES = ("de", "en")
BUTTON = 32  # characters of a button's label; a phone shows no more of it
SOME = 6  # characters of a value that still tell what it is
ENDS = (".", "?", "!", "…")  # no full stop stands behind them
LOCALE = Path(__file__).parent.parent / "locale"
PATTERNS = {
    # Absolute and short, with the weekday, because "yesterday" is wrong tomorrow.
    "moment": {"de": "EEE d. MMM, HH:mm", "en": "EEE d MMM, HH:mm"},
    "day": {"de": "EEE d. MMM", "en": "EEE d MMM"},
    # The same of another year than the one in which it is told.
    "far moment": {"de": "EEE d. MMM y, HH:mm", "en": "EEE d MMM y, HH:mm"},
    "far day": {"de": "EEE d. MMM y", "en": "EEE d MMM y"},
    "weekday": {"de": "EEE", "en": "EEE"},
    "anniversary": {"de": "d. MMM", "en": "d MMM"},  # a day of every year
    "date": {"de": "d. MMMM y", "en": "d MMMM y"},
}


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody, in a phrase: a mention on the person's own platform, a name elsewhere."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """Somewhere, in a phrase. The address is ours or an https address a person gave."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, in a phrase, with the id of the entry of the catalogue that explains it."""

    label: str
    id: str


Span = str | Who | Link | Figure
Phrase = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """English words with `{named}` values; `many` and `count` where there is a plural."""

    one: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)
    many: str | None = None
    count: int = 1
    context: str | None = None
    measure: str = field(default="", compare=False)  # the entry of the catalogue, of a figure


class Counted(int):
    """A whole number that knows its entry of the catalogue."""

    measure = ""


class Measured(float):
    """A number that knows its entry of the catalogue."""

    measure = ""


class Named(list["Words"]):
    """Several names that a figure consists of, with its entry of the catalogue."""

    measure = ""


Words = str | Sentence | Phrase


def _(text: str, /, **values: object) -> Sentence:
    """Make a sentence; its `text` is looked up in the catalogue."""
    return Sentence(text, values)


def _n(one: str, many: str, count: int, /, **values: object) -> Sentence:
    """Make a sentence that differs for one and for many; `{n}` is the count."""
    return Sentence(one, {"n": count, **values}, many, count)


def _c(context: str, text: str, /, **values: object) -> Sentence:
    """Make a sentence whose words mean different things in different contexts."""
    return Sentence(text, values, context=context)


def speak(
    words: Words, language: str, zone: str = "Europe/Berlin", year: int | None = None
) -> Phrase:
    """Put words into a language; times are told in `zone`.

    Days of another year than `year`, the one that it is now, are told with theirs.
    Raises KeyError when a value is missing; a test formats every sentence.
    """
    if isinstance(words, str):
        return (words,) if words else ()
    if isinstance(words, tuple):
        return words
    said = _spoken(words, language, zone, year) if words.values else _fixed(words, language)
    return _joined(_marked(said, words.measure)) if words.measure else said


@lru_cache(maxsize=4096)
def _fixed(words: Sentence, language: str) -> Phrase:
    """Put words without values into a language; they are the same on every card."""
    return _spoken(words, language, "", None)


def _spoken(words: Sentence, language: str, zone: str, year: int | None) -> Phrase:
    spans: list[Span] = []
    for literal, name, spec in _pieces(_lookup(words, language)):
        if literal.startswith(".") and spans and _flat_span(spans[-1]).endswith(ENDS):
            literal = literal[1:]  # a short month has its dot already, a question its mark
        if literal:
            spans.append(literal)
        if name is None:
            continue
        value = words.values[name]
        if type(value) is str:  # most values are, and a string of its own kind knows more
            spans.append(isolated(value))
        else:
            spans.extend(_value(value, spec, language, zone, year))
    return _joined(spans)


@lru_cache(maxsize=4096)
def _pieces(text: str) -> tuple[tuple[str, str | None, str], ...]:
    """Cut a catalogue's sentence at its values; the catalogue is small, so all are kept."""
    parsed = string.Formatter().parse(text)
    return tuple((literal, name, spec or "") for literal, name, spec, _conversion in parsed)


def _marked(spans: Sequence[Span], measure: str) -> list[Span]:
    """Let what is said of a figure lead to its entry; people and links in it stay themselves."""
    return [Figure(each, measure) if isinstance(each, str) else each for each in spans]


def unmarked(phrase: Phrase) -> Phrase:
    """Return a phrase for where a figure in a line cannot be pressed: figures become text."""
    if not any(isinstance(span, Figure) for span in phrase):
        return phrase
    return _joined([span.label if isinstance(span, Figure) else span for span in phrase])


def text(words: Words, language: str, zone: str = "Europe/Berlin", year: int | None = None) -> str:
    """Put words into a language as plain text; people become their names."""
    return flat(speak(words, language, zone, year))


def shortened(text: str, longest: int = 70) -> str:
    """Return `text`, cut with an ellipsis where it is longer than a button takes.

    It is cut between two words if there are any near, and never inside of one sign.
    """
    if len(text) <= longest:
        return text
    end = max(longest - 1, 0)
    space = text.rfind(" ", 0, end + 1)
    if space > end * 2 // 3:
        end = space
    while end > 1 and joined(text[end - 1 : end + 1]):
        end -= 1
    return f"{text[:end].rstrip()}…"


def some(items: Sequence[Words], most: int) -> list[Words]:
    """Return the first of several names, and how many more there are: nobody takes them for all."""
    rest = len(items) - most
    more = [_n("{n} more", "{n} more", rest)] if rest > 0 else []
    return [*items[:most], *more]


def apart(items: Sequence[Words]) -> Words:
    """Return several things as one, where a comma may stand within each of them."""
    said: Words = items[0]
    for each in items[1:]:
        said = _("{words}; {more}", words=said, more=each)
    return said


def first_lines(items: Sequence[Words], most: int) -> list[Words]:
    """Return the first of several lines, and a last one that says how many more there are."""
    rest = len(items) - most
    more = [_n("and {n} more", "and {n} more", rest)] if rest > 0 else []
    return [*items[:most], *more]


def button_label(
    words: Words, language: str, zone: str = "Europe/Berlin", year: int | None = None
) -> Phrase:
    """Put the label of a button into a language: its longest value gives way, so that it fits."""
    if isinstance(words, Sentence) and not words.values and not words.measure:
        return _fixed_label(words, language)
    said = speak(words, language, zone, year)
    over = len(flat(said)) - BUTTON
    if over <= 0:
        return said
    if isinstance(words, Sentence):
        names = {
            name: value.name if isinstance(value, Who) else value
            for name, value in words.values.items()
            if isinstance(value, str | Who)
        }
        longest = max(names, key=lambda name: len(names[name]), default="")
        room = len(names[longest]) - over if longest else 0
        if room >= SOME:
            values = {**words.values, longest: shortened(names[longest], room)}
            return speak(replace(words, values=values), language, zone, year)
    return (shortened(flat(said), BUTTON),)


@lru_cache(maxsize=4096)
def _fixed_label(words: Sentence, language: str) -> Phrase:
    """Put a label without values into a language; it is the same on every card."""
    said = _fixed(words, language)
    return said if len(flat(said)) <= BUTTON else (shortened(flat(said), BUTTON),)


def flat(phrase: Words) -> str:
    """Return a spoken phrase as plain text."""
    if isinstance(phrase, Sentence):
        raise TypeError("This sentence has not been put into a language yet.")
    if isinstance(phrase, str):
        return phrase
    return "".join(_flat_span(span) for span in phrase)


def naming(label: str) -> str:
    """Return a label as it stands before what it names on the same line: a question asks."""
    return f"{label} " if label.endswith("?") else f"{label}: "


def _flat_span(span: Span) -> str:
    if isinstance(span, str):
        return span
    if isinstance(span, Who):
        return span.name
    return span.label


@lru_cache(maxsize=4)
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the catalogue of `language`: the compiled file, or the .po read now."""
    folder = LOCALE / language / "LC_MESSAGES"
    compiled, source = folder / "lotse.mo", folder / "lotse.po"
    if compiled.exists():
        with compiled.open("rb") as file:
            return gettext.GNUTranslations(file)
    if not source.exists():
        return gettext.NullTranslations()
    from babel.messages import mofile, pofile

    with source.open("rb") as file:
        messages = pofile.read_po(_bytes(file), locale=language)
    buffer = io.BytesIO()
    mofile.write_mo(buffer, messages)
    buffer.seek(0)
    return gettext.GNUTranslations(buffer)


def _bytes(file: SupportsRead[bytes]) -> io.BytesIO:
    return io.BytesIO(file.read())


def _lookup(sentence: Sentence, language: str) -> str:
    words = catalogue(language)
    if sentence.context is not None:
        return words.pgettext(sentence.context, sentence.one)
    if sentence.many is not None:
        return words.ngettext(sentence.one, sentence.many, sentence.count)
    return words.gettext(sentence.one)


def _value(value: object, spec: str, language: str, zone: str, year: int | None) -> Sequence[Span]:
    found = _unmarked_value(value, spec, language, zone, year)
    if isinstance(value, Counted | Measured | Named):
        return _marked(found, value.measure)
    return found


def _unmarked_value(
    value: object, spec: str, language: str, zone: str, year: int | None
) -> Sequence[Span]:
    if isinstance(value, str):
        return (isolated(value),)
    if isinstance(value, Who | Link | Figure):
        return (value,)
    if isinstance(value, Sentence):
        return speak(value, language, zone, year)
    if isinstance(value, bool):
        raise TypeError("A truth value is not a word.")
    if isinstance(value, int):
        return (format_decimal(value, locale=language),)
    if isinstance(value, float):
        return (format_decimal(value, format="#,##0.0", locale=language),)
    if isinstance(value, datetime):
        return (when(value, spec or "moment", language, zone, year),)
    if isinstance(value, date):
        return (_date(value, _pattern(spec or "day", value, year), language),)
    if isinstance(value, tuple | list):
        style, spec = ("or", "") if spec == "or" else ("standard", spec)
        return _listed(
            [_value(item, spec, language, zone, year) for item in value], language, style
        )
    raise TypeError(f"{type(value).__name__} cannot be said.")


def when(moment: datetime, spec: str, language: str, zone: str, year: int | None = None) -> str:
    """Tell a moment in `zone`: spec "time", "moment" (day and time), "day" or "date"."""
    return _when(moment.replace(second=0, microsecond=0), spec, language, zone, year)


@lru_cache(maxsize=512)  # of one minute much is told
def _when(moment: datetime, spec: str, language: str, zone: str, year: int | None) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    spec = _pattern(spec, local.date(), year)
    if spec == "time":
        return format_time(local, "HH:mm", tzinfo=local.tzinfo, locale=language)
    if spec.endswith("moment"):
        return format_datetime(
            local, PATTERNS[spec][language], tzinfo=local.tzinfo, locale=language
        )
    return _date(local.date(), spec, language)


def _pattern(spec: str, day: date, year: int | None) -> str:
    """Return the pattern of a day or a moment: with its year only where that is another one."""
    far = year is not None and day.year != year and f"far {spec}" in PATTERNS
    return f"far {spec}" if far else spec


def _date(day: date, spec: str, language: str) -> str:
    return format_date(day, PATTERNS[spec][language], locale=language)


def _listed(items: list[Sequence[Span]], language: str, style: str) -> list[Span]:
    """Join items the way the language does: "A, B und C", or "A, B oder C" in the style `or`."""
    patterns = Locale.parse(language).list_patterns[style]
    spans: list[Span] = []
    for position, item in enumerate(items):
        spans.extend(item)
        left = len(items) - position - 1
        if left:
            kind = "2" if len(items) == 2 else ("end" if left == 1 else "middle")
            spans.append(patterns[kind].replace("{0}", "").replace("{1}", ""))
    return spans


def _joined(spans: list[Span]) -> Phrase:
    """Put neighbouring pieces of text together, so that equal phrases are equal."""
    whole: list[Span] = []
    for span in spans:
        if isinstance(span, str) and whole and isinstance(whole[-1], str):
            whole[-1] += span
        elif span != "":
            whole.append(span)
    return tuple(whole)
