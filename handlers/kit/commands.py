"""Commands: each is a function, and its signature says how it is typed (`grammar.py` reads it).

Positional parameters are words in their order, the last one takes the rest of
the line exactly as typed. Keyword-only parameters are fields of the form and
values of buttons; they are never typed. A default makes a parameter optional.
What a parameter reads is said by its annotation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, get_args, get_type_hints

from handlers.kit.ahead import Foreseeing, Hook, Locating, LookAhead
from handlers.kit.context import Context
from handlers.kit.doors import (
    Event,
    Filter,
    Finds,
    Follow,
    Found,
    Glance,
    Glances,
    Held,
    Holds,
    Invariant,
    Keeps,
    Known,
    Knows,
    Listing,
    Measure,
    Row,
    Section,
    Sections,
    Sets,
    Setting,
    Task,
    Waits,
    Week,
)
from handlers.kit.messages import Call, Field, Form, Post, Reply
from handlers.kit.readers import LONGEST, Reader, folded
from handlers.kit.readers.checks import Check, declared
from handlers.kit.words import Sentence, Words, _
from handlers.kit.words import text as speech
from storage.delivery.timers import TimerKind
from storage.engine import Tx
from storage.engine.ids import PersonId

Waiting = Callable[[Context], Sequence[Task]]
Glancing = Callable[[Context], Sequence[Glance]]
Setters = Callable[[Context], Sequence[Setting]]
Following = Callable[[Context, Any], tuple[Post, ...]]
Holding = Callable[[Context, PersonId], Sequence[Held]]
Knowing = Callable[[Context, PersonId], Known]
Keeping = Callable[[Context, datetime], int]
Counting = Callable[[Tx, datetime], int]
Writing = Callable[[Context, Week], Section | None]
Paging = Callable[[Context, Filter, int, int], Sequence[Row]]
Finding = Callable[[Context, str], Sequence[Found]]

# What stands in a form's fields at first, from the values that a button brought.
Current = Callable[[Context, Mapping[str, str]], Mapping[str, str]]
Offers = Callable[[Context, Mapping[str, str]], Mapping[str, tuple[tuple[str, Words], ...]]]


@dataclass(frozen=True, slots=True)
class Ask:
    """How a form asks for a parameter. A hint that is the company's own is asked for."""

    label: Sentence
    hint: Words | Callable[[Context], Words] = ""
    short: Sentence | None = None  # how the usage line calls it
    needed: bool = False  # the form insists, though Python needs a default after another one
    hidden: bool = False  # a value of buttons alone; no form asks for it


UNASKED = Ask(_("Number"), hidden=True)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of a command."""

    name: str
    reader: Reader
    ask: Ask
    required: bool
    typed: bool
    default: str = ""  # what its field shows before anything is filled in


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its words in both languages, its values, and the function that does it.

    `name` is the English word; buttons call it by that. `reads` says that it
    changes nothing, so its words may be shortened. A `hidden` command exists as a
    button only. `needs` is the right that is asked for before anything else, also
    before a form is opened. `ahead` takes the same values and reads what may take
    milliseconds, before anything is locked. One that
    `asks` answers with a form of its own, which some platforms want to know beforehand.
    `current` takes the values of a button, and returns what stands in the form's fields until
    somebody changes it; `offers` the choices of fields that depend on these values. A `nameless`
    one leaves no trace of who asked for it, when, or in which words, not even of having opened
    its form. `checks` say what is wrong with what could be read (kit/readers/checks.py), together
    with what could not.
    """

    name: str
    words: Mapping[str, tuple[str, ...]]
    run: Callable[..., Reply]
    help: Sentence
    parameters: tuple[Parameter, ...]
    reads: bool = False
    hidden: bool = False
    needs: str = "read"
    submit: Sentence = field(default_factory=lambda: _("Save"))
    ahead: LookAhead[Any] | None = None
    asks: bool = False
    current: Current | None = None
    offers: Offers | None = None
    nameless: bool = False
    checks: tuple[Check, ...] = ()

    def word(self, language: str) -> str:
        """Return the word that is shown in `language`."""
        return self.words[language][0]

    def usage(self, language: str) -> str:
        """Return how it is typed, such as `ack [number]`."""
        pieces = [self.word(language)]
        for each in self.parameters:
            if each.typed:
                label = speech(each.ask.short or each.ask.label, language)
                label = label if language == "de" else label.lower()
                pieces.append(f"<{label}>" if each.required else f"[{label}]")
        return " ".join(pieces)


@dataclass(frozen=True, slots=True)
class Timer:
    """What happens when a timer of this kind is due; what `takes_long` lets all others go first."""

    kind: TimerKind
    run: Callable[..., Reply]
    ahead: LookAhead[Any] | None = None  # takes the payload, as `run` does
    takes_long: bool = False


@dataclass(slots=True, eq=False)
class Feature:
    """A chapter of the product: its commands, timers, hooks and other doors, in its module."""

    title: Sentence
    commands: list[Command] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    all_waits: list[Waits] = field(default_factory=list)
    all_glances: list[Glances] = field(default_factory=list)
    all_sets: list[Sets] = field(default_factory=list)
    all_follows: list[Follow] = field(default_factory=list)
    all_holds: list[Holds] = field(default_factory=list)
    all_knows: list[Knows] = field(default_factory=list)
    all_keeps: list[Keeps] = field(default_factory=list)
    invariants: list[Invariant] = field(default_factory=list)
    all_sections: list[Sections] = field(default_factory=list)
    all_lists: list[Listing] = field(default_factory=list)
    all_finds: list[Finds] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)

    def command(
        self,
        english: str | tuple[str, ...],
        german: str | tuple[str, ...],
        *,
        help: Sentence,
        reads: bool = False,
        hidden: bool = False,
        needs: str = "read",
        submit: Sentence | None = None,
        ahead: LookAhead[Any] | None = None,
        asks: bool = False,
        current: Current | None = None,
        offers: Offers | None = None,
        nameless: bool = False,
        checks: Sequence[Callable[..., object]] = (),
    ) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
        """Declare the function below as a command."""
        words = {"en": _words(english), "de": _words(german)}

        def declare(run: Callable[..., Reply]) -> Callable[..., Reply]:
            parameters = tuple(_parameters(run))
            self.commands.append(
                Command(
                    name=words["en"][0],
                    words=words,
                    run=run,
                    help=help,
                    parameters=parameters,
                    reads=reads,
                    hidden=hidden,
                    needs=needs,
                    submit=submit or _("Save"),
                    ahead=ahead,
                    asks=asks,
                    current=current,
                    offers=offers,
                    nameless=nameless,
                    checks=declared(checks, [each.name for each in parameters]),
                )
            )
            return run

        return declare

    def timer(
        self, kind: TimerKind, *, ahead: LookAhead[Any] | None = None, takes_long: bool = False
    ) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
        """Declare `run(ctx, **payload)` of due timers; `ahead` is read while nothing is locked."""

        def declare(run: Callable[..., Reply]) -> Callable[..., Reply]:
            self.timers.append(Timer(kind, run, ahead, takes_long))
            return run

        return declare

    def hook(
        self, path: str, locate: Locating, foresees: Foreseeing | None = None
    ) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
        """Declare an address for machines: `run(ctx, subject, **query)`."""

        def declare(run: Callable[..., Reply]) -> Callable[..., Reply]:
            self.hooks.append(Hook(path, locate, run, foresees))
            return run

        return declare

    def waits(self, rank: int) -> Callable[[Waiting], Waiting]:
        """Declare what waits for the asker: `run(ctx)` returns tasks."""

        def declare(run: Waiting) -> Waiting:
            self.all_waits.append(Waits(rank, run))
            return run

        return declare

    def glance(self, rank: int) -> Callable[[Glancing], Glancing]:
        """Declare chapters of the asker's home: `run(ctx)` returns them."""

        def declare(run: Glancing) -> Glancing:
            self.all_glances.append(Glances(rank, run))
            return run

        return declare

    def sets(self, rank: int) -> Callable[[Setters], Setters]:
        """Declare lines of the company's settings: `run(ctx)` returns them for a manager."""

        def declare(run: Setters) -> Setters:
            self.all_sets.append(Sets(rank, run))
            return run

        return declare

    def follows(self, event: Event) -> Callable[[Following], Following]:
        """Declare what else is said when `event` happened in another room: `run(ctx, subject)`."""

        def declare(run: Following) -> Following:
            self.all_follows.append(Follow(event, run))
            return run

        return declare

    def holds(
        self,
        rank: int,
        *columns: str,
        left: Callable[[Context, PersonId], tuple[Post, ...]] = lambda _ctx, _person: (),
    ) -> Callable[[Holding], Holding]:
        """Declare what people answer for here: `run(ctx, person)` returns it.

        `columns` (`services.accountable`) are those that name them.
        """

        def declare(run: Holding) -> Holding:
            self.all_holds.append(Holds(rank, columns, run, left))
            return run

        return declare

    def knows(
        self,
        rank: int,
        title: Sentence,
        tables: Mapping[str, tuple[str, ...]],
        replace: Callable[[Tx, PersonId, PersonId], object],
    ) -> Callable[[Knowing], Knowing]:
        """Declare what is stored about people here: `run(ctx, person)` tells it."""

        def declare(run: Knowing) -> Knowing:
            self.all_knows.append(Knows(rank, title, tables, run, replace))
            return run

        return declare

    def keeps(
        self, *tables: str, what: Sentence, days: int | None, then: Sentence
    ) -> Callable[[Keeping], Keeping]:
        """Declare how long records are kept: `run(ctx, before)` ends those that are older."""

        def declare(run: Keeping) -> Keeping:
            self.all_keeps.append(Keeps(tables, what, days, then, run))
            return run

        return declare

    def never(self, key: str, words: Sentence) -> Callable[[Counting], Counting]:
        """Declare what must never be: `run(tx, now)` counts it over all companies."""

        def declare(run: Counting) -> Counting:
            self.invariants.append(Invariant(key, words, run))
            return run

        return declare

    def section(self, rank: int, *, team: bool = False) -> Callable[[Writing], Writing]:
        """Declare the room's part of the digest: `run(ctx, week)` returns it, or None.

        With `team` it is also asked for what concerns `week.team` alone.
        """

        def declare(run: Writing) -> Writing:
            self.all_sections.append(Sections(rank, run, team))
            return run

        return declare

    def measure(self, id: str, name: Sentence, formula: Sentence, *rows: str) -> Measure:
        """Declare a figure beside the lines that show it: `figure(measure, value)`.

        `rows` are the tables that it is computed from.
        """
        declared = Measure(id, name, formula, rows)
        self.measures.append(declared)
        return declared

    def lists(
        self,
        key: str,
        title: Sentence,
        columns: tuple[tuple[str, Sentence], ...],
        count: Callable[[Context, Filter], int],
        which: tuple[str, ...] = ("open", "all"),
        narrows: tuple[str, ...] = ("service", "since"),
    ) -> Callable[[Paging], Paging]:
        """Declare a list for chat, board and CSV: `run(ctx, filter, first, most)` is a page."""

        def declare(run: Paging) -> Paging:
            listing = Listing(
                key, title, columns, count=count, rows=run, which=which, narrows=narrows
            )
            self.all_lists.append(listing)
            return run

        return declare

    def finds(self, rank: int) -> Callable[[Finding], Finding]:
        """Declare what can be found by words here: `run(ctx, words)` returns it."""

        def declare(run: Finding) -> Finding:
            self.all_finds.append(Finds(rank, run))
            return run

        return declare


def _words(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given


def _parameters(run: Callable[..., Reply]) -> Iterator[Parameter]:
    hints = get_type_hints(run, include_extras=True)
    for name, each in list(inspect.signature(run).parameters.items())[1:]:
        reader, ask = _annotated(hints[name])
        yield Parameter(
            name,
            reader,
            ask,
            ask.needed or each.default is inspect.Parameter.empty,
            each.kind is not inspect.Parameter.KEYWORD_ONLY,
            str(each.default) if isinstance(each.default, StrEnum) else "",
        )


def _annotated(hint: Any) -> tuple[Reader, Ask]:
    """Return the reader and the question of `Annotated[T, reader, Ask(…)]`, also if `| None`."""
    for each in (hint, *get_args(hint)):
        if hasattr(each, "__metadata__"):
            reader, ask = each.__metadata__
            return reader, ask
    raise TypeError(f"{hint} does not say how it is read")


def all_commands(features: Sequence[Feature]) -> list[Command]:
    """Return every command of every feature, in order."""
    return [command for feature in features for command in feature.commands]


@lru_cache(maxsize=8)
def _by_name(features: tuple[Feature, ...]) -> dict[str, Command]:
    return {each.name: each for each in reversed(all_commands(features))}


def by_name(name: str, features: Sequence[Feature]) -> Command | None:
    """Return the command that a button names."""
    return _by_name(tuple(features)).get(name)


@lru_cache(maxsize=8)
def vocabulary(features: tuple[Feature, ...]) -> dict[str, Command]:
    """Return every word that can be typed, folded, with its command."""
    return {
        folded(word): command
        for command in all_commands(features)
        if not command.hidden
        for words in command.words.values()
        for word in words
    }


def form_for(
    command: Command,
    ctx: Context,
    *,
    fixed: Mapping[str, str] | None = None,
    filled: Mapping[str, str] | None = None,
) -> Form:
    """Return the form that asks for a command's values.

    `fixed` values came with a button and are not asked again; `filled` ones stand
    in their fields already.
    """
    fixed, filled = fixed or {}, filled or {}
    if command.current is not None:
        filled = {**command.current(ctx, fixed), **filled}
    offered = command.offers(ctx, fixed) if command.offers is not None else {}
    fields = tuple(
        Field(
            name=each.name,
            label=each.ask.label,
            kind=each.reader.kind,
            hint=_hint(each.ask, ctx),
            required=each.required,
            value=filled.get(each.name, each.default),
            choices=offered.get(each.name) or each.reader.choices(ctx),
            longest=LONGEST,
        )
        for each in command.parameters
        if each.name not in fixed and not each.ask.hidden
    )
    return Form(command.help, Call(command.name, fixed), fields, command.submit)


def _hint(ask: Ask, ctx: Context) -> Words:
    return ask.hint(ctx) if callable(ask.hint) else ask.hint


def call(word: str, /, **args: object) -> Call:
    """Return a call with its values written as text, for a button."""
    return Call(word, {name: str(value) for name, value in args.items()})
