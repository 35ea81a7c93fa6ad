"""What a text speaks of: its words in their plain form, their parts, and the ideas behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from handlers.kit.readers import folded
from handlers.similarity.compounds import pieces_of
from handlers.similarity.forms import known_form
from handlers.similarity.glossary import SAYS_LITTLE, read_glossary, stem
from handlers.similarity.negated import NEVER, denied, is_denied, written_out
from handlers.similarity.spelling import LONGEST as LETTERS
from handlers.similarity.spelling import tidied
from handlers.similarity.which import (
    PUNCTUATION,
    counted,
    inner_number,
    is_before_a_name,
    may_tell_which,
    ordered,
    street,
)

LONGEST = 2000  # characters of a text that are looked at
MANY = 80  # words of a text that are looked at
HEAD = 160  # characters of a first line that are the title; what follows is the rest
PREFIXES = frozenset(
    re.findall(
        r"\w+",
        "ab an auf aus bei ein fest her hoch los nach um vor weg weiter zu zurueck herunter",
    )
)
NAMES = frozenset(  # written as two words, and one all the same
    re.findall(
        r"\w+",
        """
    powerpoint onedrive onenote sharepoint paypal teamviewer anydesk whatsapp youtube linkedin
    facebook wordpress filemaker docusign javascript typescript github gitlab iphone ipad imac
    macbook airpods airplay chromebook coreldraw solidworks autocad webex postgresql mysql mongodb
    smartboard ebay datev evernote dropbox nextcloud owncloud openoffice libreoffice mailchimp
    salesforce hubspot servicenow bitlocker fritzbox homeoffice
    """,
    )
)
ABBREVIATION = re.compile(r"([A-ZÄÖÜ]{2,})s")  # "PCs"
VAGUE = frozenset(  # ideas that tell no more than that it does not work
    {
        "#!nicht",
        "#!nicht_erreichbar",
        "#!hängt",
        "#!absturz",
        "#!fehler",
        "#!verhindert",
        "#!reagiert_nicht",
        "#!funktioniert_nicht",
        "#!startet_nicht",
    }
)
EMPTY = frozenset({"#!erneut", "#!unerwartet"})  # ideas that tell nothing of it
TROUBLE = 0.5  # weight of a word that tells what is wrong, against one that tells with what
LITTLE = 0.25  # the same of one that tells neither: when it was, who waits, how urgent it is
NO_VERB = re.compile(r"(?:er|or|ers|ors|ung|ion)$")  # a thing, not what it does
HELPERS = frozenset(re.findall(r"\w+", "gibt kommt kommen nimmt macht laesst bleibt laeuft geht"))
WORD = re.compile(r"[^\W_]+(?:[._-][^\W_]+)*")
PIECE = re.compile(r"[A-ZÄÖÜ]+(?=[A-ZÄÖÜ][a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüß]+|[A-ZÄÖÜ]+|\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text. `key` is its plain form.

    `ideas` are what it means by the glossary, `parts` the words that it is made of; a
    number ("3", "VA01", "S": what tells one thing from another of its kind) has neither.
    `trouble` says that it tells what is wrong, not with what; `vague` that it tells no more
    than that something does not work; `empty` that it tells nothing of it at all ("again").
    `doing` says that it tells what is done, which is neither. `tongue` is 1 where it is
    German, -1 where it is English, and 0 where it may be both.
    """

    shown: str
    key: str
    ideas: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    part_ideas: frozenset[str] = frozenset()
    trouble: bool = False
    number: bool = False
    vague: bool = False
    empty: bool = False
    doing: bool = False
    tongue: int = 0

    @property
    def weight(self) -> float:
        if self.empty:
            return LITTLE
        return 1.0 if self.thing or self.number else TROUBLE

    @property
    def thing(self) -> bool:
        return not (self.trouble or self.doing or self.number)

    @property
    def phrase(self) -> bool:
        return " " in self.key


def tongue_of(said: Sequence[Word]) -> int:
    """Return 1 where a text is German, -1 where it is English, 0 where that cannot be told."""
    german = sum(each.tongue > 0 for each in said)
    english = sum(each.tongue < 0 for each in said)
    return (german > 2 * english) - (english > 2 * german)


def head_and_rest(text: str) -> tuple[str, str]:
    """Split a text into its title and the rest: at the first line's end, else after a while."""
    head, _line, rest = text[:LONGEST].strip().partition("\n")
    if len(head) > HEAD:
        cut = head.rfind(" ", 0, HEAD)
        cut = cut if cut > 0 else HEAD
        head, rest = head[:cut], f"{head[cut:]}\n{rest}"
    return head, rest


@lru_cache(maxsize=1024)
def words(text: str) -> tuple[Word, ...]:
    """Return the words that carry meaning, each once; known phrases stand beside theirs.

    A text of fillers only keeps them, and one without any word counts as a whole, so that
    the same text is always found again.
    """
    chunks = written_out(tidied(text[:LONGEST])).split()
    singles, clauses = _read(chunks)
    glossary = read_glossary()
    found: dict[str, Word] = {}
    told: set[str] = set()  # what says something only together with others
    whole_ones = _phrases(singles)
    for at, word in enumerate(singles):
        if len(found) >= MANY:
            break
        if word.key not in glossary.fillers:
            found.setdefault(word.key, word)
        for whole, together in whole_ones.get(at, ()):
            found.setdefault(whole.key, whole)
            if whole.trouble:
                told.update(each.key for each in together if not each.trouble)
    apart = tuple(_apart(chunks))
    for verb, bare in apart:
        if not (verb.trouble and _is_said(verb, found)):
            found.setdefault(verb.key, verb)
        told.add(bare)
    told -= {verb.key for verb, _bare in apart}
    for whole, verb in _denied(singles, clauses):
        if not _is_said(whole, found):
            found.setdefault(whole.key, whole)
            told |= {verb.key} if verb.doing else set()
    for key in told:
        found.pop(key, None)
    if found:
        return tuple(_once(found.values()))
    if singles:
        return tuple({each.key: each for each in singles}.values())
    plain = folded(text[:LONGEST])
    return (Word(plain, f"={plain}", number=True),) if plain else ()


def _phrases(singles: list[Word]) -> dict[int, list[tuple[Word, list[Word]]]]:
    """Return by where they begin the known phrases, and their words.

    A trouble that is part of a longer one is another: "does not come", "does not come on".
    """
    glossary = read_glossary()
    keys = [each.key for each in singles]
    found: list[tuple[int, int, Word]] = []
    for at, first_key in enumerate(keys):
        for length in glossary.begins.get(first_key, ()):
            key = " ".join(keys[at : at + length])
            if key in glossary.phrases:
                shown = " ".join(each.shown for each in singles[at : at + length])
                found.append((at, at + length, _word(shown, key, glossary.phrases[key])))
    if not found:
        return {}
    spans = [(begin, end) for begin, end, whole in found if whole.trouble]
    by_place: dict[int, list[tuple[Word, list[Word]]]] = {}
    for begin, end, whole in found:
        inner = whole.trouble and any(
            first <= begin and end <= last and end - begin < last - first for first, last in spans
        )
        if not inner:
            by_place.setdefault(begin, []).append((whole, singles[begin:end]))
    return by_place


def _is_said(trouble: Word, found: dict[str, Word]) -> bool:
    """Say whether a trouble is said by a phrase already."""
    return any(each.phrase and each.ideas & trouble.ideas for each in found.values())


def _once(found: Iterable[Word]) -> Iterator[Word]:
    """Give the words, of those that tell the same trouble only the longest."""
    kept = list(found)
    longest = sorted((each for each in kept if each.trouble), key=lambda each: -len(each.key))
    said: list[frozenset[str]] = []
    again: set[str] = set()
    for each in longest:
        if any(each.ideas <= other for other in said):
            again.add(each.key)
        said.append(each.ideas)
    return (each for each in kept if each.key not in again)


def _apart(chunks: list[str]) -> Iterator[tuple[Word, str]]:
    """Give the verbs whose prefix stands apart ("schaltet ... ab"), and what is left of each."""
    plain = [folded(each.strip(",;:.!?()")) for each in chunks[:MANY]]
    for at, prefix in enumerate(plain):
        if prefix not in PREFIXES:
            continue
        for verb in range(at - 1, max(-1, at - 9), -1):
            whole = _whole_verb(prefix, plain[verb])
            if whole is not None:
                denial = _denial(whole, plain[verb + 1 : at])
                shown = f"{chunks[verb]} {chunks[at]}".strip(",;:.!?()")
                yield denial or _word(shown, stem(whole), ideas_of(whole)), stem(plain[verb])
                break


def _whole_verb(prefix: str, bare: str) -> str | None:
    """Return the verb of a prefix and what is left of it, if there is such a verb."""
    if len(bare) < 3 or bare in read_glossary().fillers and bare not in HELPERS:
        return None
    return known_form(prefix + bare)


def _denial(form: str, between: Iterable[str]) -> Word | None:
    """Return what a verb means when it does not happen; None where nothing denies it."""
    troubles = _when_denied(ideas_of(form))
    if not troubles or not any(each in NEVER for each in between):
        return None
    return _word(f"nicht {form}", f"not {stem(form)}", troubles)


@lru_cache(maxsize=4096)
def _when_denied(ideas: frozenset[str]) -> frozenset[str]:
    return frozenset[str]().union(*(denied(ideas_of).get(each, ()) for each in ideas))


def _denied(singles: list[Word], clauses: list[int]) -> Iterator[tuple[Word, Word]]:
    """Give what does not happen, and its verb."""
    plain = [folded(each.shown) for each in singles]
    if not any(each in NEVER for each in plain):
        return
    for at, word in enumerate(singles):
        if word.shown[:1].isupper() or NO_VERB.search(plain[at]):
            continue
        if word.key in read_glossary().fillers:
            continue
        troubles = _when_denied(word.ideas)
        if troubles:
            same = [n for n, clause in enumerate(clauses) if clause == clauses[at]]
            first = plain[at - 1] if at else ""
            if plain[at].endswith("ing") and first not in NEVER:
                continue  # "heating did not start" denies the start
            if is_denied(plain[same[0] : same[-1] + 1], at - same[0]):
                yield _word(f"nicht {word.shown}", f"not {word.key}", troubles), word


def _read(chunks: list[str]) -> tuple[list[Word], list[int]]:
    """Return the words of a text one by one, and in which clause each of them stands."""
    singles: list[Word] = []
    clauses: list[int] = []
    clause = 0
    for at, chunk in enumerate(chunks):
        before, after = chunks[at - 1] if at else "", chunks[at + 1] if at + 1 < len(chunks) else ""
        found = _which(chunk, before, after) or _words_of(chunk)
        singles += found
        clauses += [clause] * len(found)
        clause += chunk[-1] in ",;:.!?"
    return singles, clauses


def _which(chunk: str, before: str, after: str) -> tuple[Word, ...]:
    """Return what tells one thing from another of its kind: numbers in words, streets, names."""
    named = is_before_a_name(before)
    if not named and not may_tell_which(chunk):
        return ()
    bare = chunk.strip(PUNCTUATION)
    digits = counted(chunk, before, after)
    if digits is None and after and any(each.ideas for each in _words_of(after)):
        digits = ordered(bare)
    key = digits or street(chunk)
    if key is not None:
        return (Word(bare, key, number=True),)
    if named and bare[:1].isupper():
        name = _words_of(chunk)
        if len(name) == 1 and not name[0].ideas and not name[0].part_ideas:
            return (Word(bare, name[0].key, number=True),)
    inner = inner_number(folded(bare))
    return (*_words_of(chunk), Word(bare, inner, number=True)) if inner else ()


@lru_cache(maxsize=65536)
def _words_of(chunk: str) -> tuple[Word, ...]:
    """Return the words of what stands between two spaces."""
    return tuple(word for raw in _split(chunk) if (word := word_of(raw)) is not None)


def _split(chunk: str) -> Iterator[str]:
    """Give the words of a chunk, and the pieces of joined ones: "read-only", "OrderService"."""
    for match in WORD.finditer(chunk):
        whole = match.group()
        joined = re.search(r"[._-]", whole) is not None
        if not joined or any(each.isdigit() for each in whole):
            yield whole
        if joined:
            yield from (each for each in re.split(r"[._-]", whole) if each)
        if re.search(r"[a-zäöüß][A-ZÄÖÜ]", whole) and folded(whole) not in NAMES:
            yield from (each for each in PIECE.findall(whole) if len(each) > 2)


@lru_cache(maxsize=65536)
def word_of(raw: str) -> Word | None:
    """Return a single word looked up and taken apart; None for a lone small letter."""
    abbreviation = ABBREVIATION.fullmatch(raw)
    raw = abbreviation.group(1) if abbreviation else raw[:LETTERS]
    plain = folded(raw)
    if len(plain) < 2 and not (plain.isdigit() or raw.isupper()) or raw == "I":
        return None
    if len(plain) < 2 or any(each.isdigit() for each in plain):
        return Word(raw, plain, number=True)
    table = read_glossary().tongues
    form = known_form(plain)
    key = stem(form or plain)
    ideas = ideas_of(form) if form else frozenset[str]()
    pieces = () if plain in NAMES else pieces_of(plain)
    behind = frozenset[str]().union(*map(ideas_of, pieces))
    parts = frozenset(map(stem, pieces)) - {key}
    tongue = table.get(form or plain, table.get(key, 0))
    return _word(raw, key, ideas, parts, behind - ideas, tongue)


def _word(
    shown: str,
    key: str,
    ideas: frozenset[str],
    parts: frozenset[str] = frozenset(),
    behind: frozenset[str] = frozenset(),
    tongue: int = 0,
) -> Word:
    table = read_glossary()
    trouble = bool(ideas) and ideas <= table.troubles
    doing = bool(ideas) and not trouble and ideas <= table.doings | table.troubles
    empty = key in says_little() or (trouble and ideas <= EMPTY)
    vague = trouble and bool(ideas & VAGUE)
    return Word(
        shown, key, ideas, parts, behind, trouble,
        vague=vague, empty=empty, doing=doing, tongue=tongue,
    )  # fmt: skip


@lru_cache(maxsize=1)
def says_little() -> frozenset[str]:
    """Return the plain forms of words that tell nothing apart."""
    return frozenset(map(stem, SAYS_LITTLE.split()))


def ideas_of(form: str) -> frozenset[str]:
    """Return the ideas of a plain form of the glossary, or of a word whose form is not known."""
    found = known_form(form)
    return read_glossary().ideas[found] if found else frozenset()
