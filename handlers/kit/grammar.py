"""Reading a line: which command it is, with which values, or that it is none.

Rules: docs/rules.md, typing. A word counts as a command only if it is written out, or
shortened and the line is nothing else. What begins like a command and goes on like a sentence
is a sentence: nothing that people type may be swallowed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.kit.arguments import Incomplete, Parsed, Unfit, fitting, only_text, read
from handlers.kit.commands import Command, Feature, by_name, vocabulary
from handlers.kit.context import Context
from handlers.kit.folding import CLOSING, MARKS, blank, folded, seen
from handlers.kit.readers import TextReader, unquoted
from handlers.kit.readers.ordinary_words import CONTINUING, NOTING, ORDINARY

SHORTEST = 3  # letters a shortened word must have
DECLARE = "incident"

REFERENCE = re.compile(r"(?:#|nr\.?\s?|inc[-\s]?)?([0-9]{1,9})[\s.?!]*", re.IGNORECASE | re.ASCII)
PROBLEM = re.compile(r"prb[-\s]?([0-9]{1,9})[\s.?!]*", re.IGNORECASE | re.ASCII)

# Words that the commands page has; a version that does not know one yet says so, by its name.
RESERVED: Mapping[str, tuple[str, ...]] = {}
# The word that declares with a mark instead of a space behind it, or in asterisks: "Störung:Kasse".
GLUED = re.compile(
    r"(?:[*_~]{0,2}([^\W\d_]+)[:;,.!–—-]+|[*_~]{1,2}([^\W\d_]+)[:]?[*_~]{1,2}[:;,.!–—-]*)"
)
LATER = re.compile(r"(.*\s)?(until|bis)\s+\S.*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reserved:
    """A word that belongs to a command which this version does not have yet."""

    word: str
    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No command; `near` are commands with similar words, or the one that it begins with."""

    text: str
    near: tuple[Command, ...]


Outcome = Parsed | Incomplete | Unfit | Reserved | Unknown | None


def parse(text: str, ctx: Context, *, direct: bool = False) -> Outcome:
    """Read a line. None means that nothing was typed.

    `direct` says that its first word is a command of the platform (`/incident`): behind it
    a verb counts if its whole rest can be read, and everything else is text.
    """
    text = text.strip()
    known = vocabulary(ctx.features)
    if direct:
        word, rest = _split(text, 1)
        command = known.get(_word(word))
        if command is not None:
            return _behind(command, rest, ctx, known)
    text = _without_slash(text)
    if blank(text):
        return None
    return _bare(text, ctx, known)


def answered(text: str) -> str:
    """Return a line without the quote of a message above it, as mail programs and phones add."""
    lines = text.strip().split("\n")
    kept = [each for each in lines if not each.lstrip().startswith(">")]
    if len(kept) == len(lines):
        return text
    if kept and re.search(r"(schrieb|wrote)\b.*:\s*$", kept[0]):
        kept = kept[1:]
    return "\n".join(kept).strip() or text


def meant(text: str, features: Sequence[Feature]) -> Command | None:
    """Return the command that a line begins with, without reading its arguments."""
    return begun(text, features)[0]


def begun(text: str, features: Sequence[Feature]) -> tuple[Command | None, str]:
    """Return the command that a line begins with, and what it says beyond that command's words."""
    shown, known = _without_slash(seen(text)), vocabulary(tuple(features))
    found = _find(shown, known) or _glued(shown, known)
    return (found[0], found[1]) if found else (None, text)


def near(text: str, features: tuple[Feature, ...]) -> tuple[Command, ...]:
    """Return up to three commands with similar words."""
    return _near(text, vocabulary(features))


def referred(text: str, ctx: Context) -> Parsed | None:
    """Return what opens the card of a number that stands alone: `7`, `#7`, `INC-7`, `PRB-1`."""
    for pattern, word in ((REFERENCE, "show"), (PROBLEM, "problem")):
        found = pattern.fullmatch(seen(text))
        command = by_name(word, ctx.features)
        if found and command is not None:
            return Parsed(command, {command.parameters[0].name: int(found[1])})
    return None


def _without_slash(text: str) -> str:
    """Take off `/`, `!` and `/lotse `, as people type them where no command menu is."""
    shown = seen(text)
    if shown[:1] in ("/", "!") and shown[1:2].isalpha():
        text = text[text.index(shown[0]) + 1 :]
        word, rest = _split(text, 1)
        return rest if folded(word) == "lotse" else text
    return text


def _bare(text: str, ctx: Context, known: Mapping[str, Command]) -> Outcome:
    if unquoted(text) is not None:
        return Unknown(text, ())
    number = referred(text, ctx)
    if number is not None:
        return number
    found = _find(text, known) or _glued(text, known)
    if found is None:
        return _verb_behind_number(text, ctx, known) or _reserved(text) or _unknown(text, known)
    command, rest, whole = found
    if command.name == DECLARE:
        return _titled(command, rest, ctx)
    outcome = fitting(command, rest, ctx)
    if not whole:  # a shortened word: nothing else, or a rest that proves it
        if blank(rest):
            proven = isinstance(outcome, Parsed | Incomplete)
        else:
            proven = isinstance(outcome, Parsed) and not only_text(outcome)
        return outcome if proven else Unknown(text, (command,))
    return _unless_sentence(text, command, rest, outcome)


def _titled(command: Command, rest: str, ctx: Context) -> Outcome:
    """Behind `incident` everything is a title, but for a number alone and for nothing."""
    rest = _unmarked(rest)
    if blank(rest) or blank(rest.strip("\"'“”„»«‘’‚")):
        return Incomplete(command, {})
    return referred(rest, ctx) or read(command, rest, ctx)


def _behind(command: Command, rest: str, ctx: Context, known: Mapping[str, Command]) -> Outcome:
    """Read what stands behind a command of the platform."""
    if command.name != DECLARE:
        return read(command, rest, ctx)
    verb = _verb(rest, ctx, known)
    return verb if verb is not None else _titled(command, rest, ctx)


def _verb(rest: str, ctx: Context, known: Mapping[str, Command]) -> Outcome:
    """Behind a direct name the next word is a verb only if the whole rest fits its arguments.

    Free text fits anything, so a verb with free text also needs something named: an outage
    must never be swallowed as news about another one.
    """
    if blank(rest):
        return None
    found = None if unquoted(rest) is not None else _find(rest, known)
    if found is None:
        return _reserved(rest) if unquoted(rest) is None and len(rest.split()) == 1 else None
    command, tail, _whole = found
    if command.name == DECLARE:
        return None
    outcome = fitting(command, tail, ctx)
    if isinstance(outcome, Incomplete) and blank(tail):
        return outcome
    if not isinstance(outcome, Parsed) or only_text(outcome):
        return None
    return outcome


def _verb_behind_number(text: str, ctx: Context, known: Mapping[str, Command]) -> Outcome:
    """Read `INC-7 annehmen`: a number, and one word that wants one."""
    head, rest = _split(text, 1)
    if not re.fullmatch(r"(#|inc-?)[0-9]{1,9}", head, re.IGNORECASE):
        return None
    command = known.get(_word(rest))
    if command is None:
        return None
    outcome = read(command, head, ctx)
    return outcome if isinstance(outcome, Parsed) else None


def _reserved(text: str) -> Reserved | None:
    head, rest = _split(text, 1)
    word = _word(head)
    for name, words in RESERVED.items():
        alone = blank(rest.strip(CLOSING))
        if word in words and (alone or LATER.fullmatch(rest)):
            return Reserved(head, name)
    return None


def _unknown(text: str, known: Mapping[str, Command]) -> Unknown:
    return Unknown(text, _near(text, known))


def _find(text: str, known: Mapping[str, Command]) -> tuple[Command, str, bool] | None:
    """Return the command, the rest of the line exactly as typed, and whether it is written out."""
    if unquoted(text) is not None:
        return None
    for length in (2, 1):  # "service new" before "service"
        head, rest = _split(text, length)
        if length > 1 and not _word(head.rpartition(" ")[2]):
            continue  # a mark that stands alone is no second word
        command = known.get(_word(head))
        if command is not None:
            return command, rest, True
    short = _word(head)
    if len(short) < SHORTEST or short in ORDINARY:
        return None
    begun = {
        command.name: command
        for word, command in known.items()
        if word.startswith(short) and " " not in word
    }
    others = {
        name
        for name, words in RESERVED.items()
        if name not in known and any(each.startswith(short) for each in words)
    }
    if len(begun) == 1 and not others:
        command = next(iter(begun.values()))
        return (command, rest, False) if command.reads else None
    return None


def _glued(text: str, known: Mapping[str, Command]) -> tuple[Command, str, bool] | None:
    """Return what declares where its word and its text are one: `Störung:Kasse`, `*Störung* Kasse`.

    Only the word that declares is read like that: what writes wants a space.
    """
    head = GLUED.match(text)
    command = known.get(_word(head[1] or head[2])) if head else None
    if head is None or command is None or command.name != DECLARE:
        return None
    compound = text[head.end() - 1] in "-." and folded(head[1] or head[2]) == DECLARE
    if compound:  # "incident-management", "incident.io"
        return None
    return command, text[head.end() :].strip(), True


def _word(head: str) -> str:
    """Return a typed word as it is looked up: folded, without what stands behind it."""
    return folded(head).rstrip(MARKS).strip()


def _split(text: str, words: int) -> tuple[str, str]:
    """Cut off the first `words` words; empty head when there are fewer."""
    rest, heads = text, []
    for _each in range(words):
        pieces = rest.split(maxsplit=1)
        if not pieces:
            return "", ""
        heads.append(pieces[0])
        rest = pieces[1] if len(pieces) > 1 else ""
    return " ".join(heads), rest


def _unmarked(rest: str) -> str:
    """Take off a mark that stands between a word and its text: `störung - Drucker`."""
    return re.sub(r"^[\s:,;.!?–—-]+(?=\s|$)", "", rest.strip()).lstrip()


def _continues(rest: str) -> bool:
    """Say whether a rest goes on as a sentence does: with a preposition, article or verb."""
    return _first(rest) in CONTINUING


def _notes(command: Command, rest: str) -> bool:
    """Say whether a rest is a note of friction, and not what "Reibung an Maschine 3" goes on with.

    A sentence of its own begins with a capital letter, with a word of `NOTING`, or says "every".
    """
    if command.name != "friction":
        return False
    first, second = _split(rest, 1)[0], _first(_split(rest, 1)[1])
    opens = first[:1].isupper() and first[1:] == first[1:].lower()
    return opens or _first(rest) in NOTING or second.startswith(("jede", "every", "each"))


def _first(rest: str) -> str:
    """Return the first word of a rest, as the lists of ordinary words have it."""
    head = _split(rest, 1)[0]
    return folded(head).strip(MARKS).replace("'", "").replace("’", "")


def _unless_sentence(text: str, command: Command, rest: str, outcome: Outcome) -> Outcome:
    """Return what was read, unless the line only begins with the command's word."""
    head = text[: len(text) - len(rest)] if rest else text
    marked = head.rstrip().endswith(":")
    match outcome:
        case Parsed() if only_text(outcome) and _continues(rest) and not marked:
            return outcome if _notes(command, rest) else Unknown(text, (command,))
        case Incomplete(_command, values) if len(rest.split()) > 1 and not marked:
            free = {each.name for each in command.parameters if isinstance(each.reader, TextReader)}
            if values and set(values) <= free:
                return Unknown(text, (command,))
        case Unfit():
            return outcome if _proven(command, rest, outcome) else Unknown(text, (command,))
        case _:
            pass
    return outcome


def _proven(command: Command, rest: str, unfit: Unfit) -> bool:
    """Say whether it was meant as this command although something in it cannot be read."""
    if len(rest.split()) == 1:
        return True
    before = seen(rest) != seen(unfit.rest)  # something in front of it could be read
    if unfit.parameter is None:
        return before and not command.reads and len(unfit.rest.split()) == 1
    return before or unfit.reads_on


def _near(text: str, known: Mapping[str, Command]) -> tuple[Command, ...]:
    """Return up to three commands with similar words; an article or a pronoun is like none."""
    head = _word(_split(text, 1)[0])
    if head in ORDINARY:
        return ()
    begun = [word for word in known if len(head) >= SHORTEST and word.startswith(head)]
    begun.sort(key=lambda word: " " in word)  # "status" before what goes on from it
    close = difflib.get_close_matches(head, known, n=3, cutoff=0.7)
    found: list[Command] = []
    for word in [*begun, *close]:
        if known[word] not in found:
            found.append(known[word])
    return tuple(found[:3])
