"""Reading a command's arguments: from the rest of a line, or from a button's or form's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from handlers.kit.commands import Command, Parameter
from handlers.kit.context import Context
from handlers.kit.errors import Elsewhere, NotFound, Refusal, Unproven, together
from handlers.kit.folding import CLOSING, blank, folded
from handlers.kit.messages import Call, FieldKind
from handlers.kit.readers import TextReader, checks

POLITE = ("bitte", "please", "mal", "bitte mal")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command with all the values it needs; `raw` is what was typed for each of them."""

    command: Command
    values: dict[str, object]
    raw: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A command whose form has to ask for the rest."""

    command: Command
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Unfit:
    """A command whose arguments make no sense: `rest` could not be read, as `parameter`.

    `reason` says what is wrong with it; `options` are what it may have been, each with its call.
    `reads_on` says that everything behind the wrong word can be read, and more than as text.
    `others` are what else is wrong in the line.
    """

    command: Command
    rest: str
    parameter: Parameter | None = None
    reason: Refusal | None = None
    options: tuple[tuple[str, Call], ...] = ()
    reads_on: bool = False
    others: tuple[Refusal, ...] = ()


Reading = Parsed | Incomplete | Unfit


def only_text(outcome: Parsed) -> bool:
    """Say whether nothing was read but free text, which fits anything."""
    readers = [each.reader for each in outcome.command.parameters if each.name in outcome.values]
    return bool(readers) and all(isinstance(each, TextReader) for each in readers)


def fitting(command: Command, rest: str, ctx: Context) -> Reading:
    """Read the arguments, if need be without the marks that close a line and without "bitte"."""
    outcome = read(command, rest, ctx)
    if isinstance(outcome, Parsed) or blank(rest):
        return outcome
    shorter = rest.rstrip(CLOSING)
    if command.reads and folded(shorter) in POLITE:
        shorter = ""
    if shorter == rest:
        return outcome
    again = read(command, shorter, ctx)
    return again if isinstance(again, Parsed | Incomplete) else outcome


def read(command: Command, rest: str, ctx: Context) -> Reading:
    """Read the arguments from the rest of a line."""
    typed = [each for each in command.parameters if each.typed]
    return _read_from(command, typed, rest.strip(), ctx, {}, {})


def _read_from(
    command: Command,
    typed: Sequence[Parameter],
    rest: str,
    ctx: Context,
    values: dict[str, object],
    raw: dict[str, str],
) -> Reading:
    missed: Parameter | None = None
    for position, each in enumerate(typed):
        if not rest:
            break
        before = rest
        try:
            taken = each.reader.take(rest, ctx, last=position == len(typed) - 1)
        except Unproven:
            raise
        except Refusal as refusal:
            if refusal.kept is not None:  # too long: its own words are the best answer
                raise
            also = _others(command, typed[position:], rest, ctx, values)
            reads_on = isinstance(refusal, Elsewhere)
            return Unfit(command, rest, each, refusal, reads_on=reads_on, others=also)
        if taken is None:
            if each.required:
                return _unfit(command, typed, position, rest, ctx, values=values, raw=raw)
            missed = each
            continue
        values[each.name], rest = taken
        raw[each.name] = before.removesuffix(rest).strip() if rest else before
    if rest:
        if missed is not None:
            return _unfit(command, typed, typed.index(missed), rest, ctx, values=values, raw=raw)
        return Unfit(command, rest)
    if any(each.required and each.name not in values for each in command.parameters):
        return Incomplete(command, _in_fields(command, values, raw))
    return Parsed(command, values, raw)


def _in_fields(
    command: Command, values: Mapping[str, object], raw: Mapping[str, str]
) -> dict[str, str]:
    """Return what was read as a form's fields hold it: a day as a day, a choice by its value."""
    found = dict(raw)
    for each in command.parameters:
        value = values.get(each.name)
        if isinstance(value, date) and each.reader.kind is FieldKind.DATE:
            found[each.name] = value.isoformat()
        elif each.reader.kind in (FieldKind.PERSON, FieldKind.CHOICE) and hasattr(value, "id"):
            found[each.name] = str(value.id)
    return found


def _unfit(
    command: Command,
    typed: Sequence[Parameter],
    position: int,
    rest: str,
    ctx: Context,
    *,
    values: dict[str, object],
    raw: dict[str, str],
) -> Unfit:
    """Say what could not be read, and what it may have been, with the rest of the line."""
    parameter = typed[position]
    missing = getattr(parameter.reader, "missing", None)
    reason: Refusal | None = missing(rest, ctx) if missing is not None else None
    tail = rest.partition(" ")[2].lstrip()
    found: dict[str, str] = {}
    after = _read_from(command, typed[position + 1 :], tail, ctx, {}, found)
    reads_on = isinstance(after, Parsed | Incomplete) and (bool(found) or not tail)
    options: list[tuple[str, Call]] = []
    if isinstance(reason, NotFound) and (reads_on or len(typed) == 1):
        for label, value in reason.choices:
            options.append((label, Call(command.name, {**raw, parameter.name: value, **found})))
    proves = reads_on and bool(tail) and not _texts(typed[position + 1 :], found)
    also = _others(command, typed[position:], rest, ctx, values)
    return Unfit(command, rest, parameter, reason, tuple(options), reads_on=proves, others=also)


def _others(
    command: Command,
    typed: Sequence[Parameter],
    rest: str,
    ctx: Context,
    values: Mapping[str, object],
) -> tuple[Refusal, ...]:
    """Return what else is wrong in a line whose first word cannot be read as the first of `typed`.

    So that whoever corrects it does not hear of the next fault only then.
    """
    known, tail = dict(values), rest.partition(" ")[2].lstrip()
    found: list[Refusal] = []
    after = _read_from(command, typed[1:], tail, ctx, known, {})
    if isinstance(after, Unfit) and after.reason is not None:
        found += [after.reason, *after.others]
        found[0].field = after.parameter.name if after.parameter is not None else None
    try:
        found += checks.faults(ctx, command.checks, known, [typed[0].name])
    except Refusal:  # about the whole: it is said once the line can be read
        return ()
    first: dict[str, Refusal] = {}
    for each in found:
        if each.field is not None:
            first.setdefault(each.field, each)
    return tuple(first.values())


def _texts(typed: Sequence[Parameter], found: Mapping[str, str]) -> bool:
    return all(isinstance(each.reader, TextReader) for each in typed if each.name in found)


def complete(
    command: Command, args: Mapping[str, str], ctx: Context, *, submitted: bool = False
) -> Reading:
    """Read the values of a button or a form; raises `Refusal` with all faults at once.

    In a form that was `submitted` it is a fault as well that something needed is missing, and
    what the command's own checks say of the values that could be read.
    """
    values: dict[str, object] = {}
    faults: list[tuple[str, Refusal]] = []
    for each in command.parameters:
        raw = args.get(each.name, "")
        if blank(raw):
            if submitted and each.required:
                faults.append((each.name, Refusal(each.reader.kind.missing)))
            continue
        try:
            values[each.name] = each.reader.value(raw, ctx)
        except Refusal as refusal:
            faults.append((each.name, refusal))
    for name, fault in faults:
        fault.field = name
    found = [fault for _name, fault in faults]
    lacks = any(each.required and each.name not in values for each in command.parameters)
    if submitted or found or not lacks:
        found += checks.faults(ctx, command.checks, values, [name for name, _fault in faults])
    if found:
        raise together(_in_order(command, found))
    return Incomplete(command, dict(args)) if lacks else Parsed(command, values)


def check(parsed: Parsed, ctx: Context) -> None:
    """Refuse what the command's checks find in values that were typed, all of it at once."""
    found = checks.faults(ctx, parsed.command.checks, parsed.values)
    if found:
        refusal = together(_in_order(parsed.command, found))
        if refusal.others:
            refusal.kept = refusal.kept or ctx.typed
        raise refusal


def _in_order(command: Command, found: Sequence[Refusal]) -> list[Refusal]:
    places = {each.name: place for place, each in enumerate(command.parameters)}
    return sorted(found, key=lambda each: places.get(each.field or "", -1))
