"""Questions and remarks in plain words: who is responsible, and that somebody is away."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.kit.context import Context
from handlers.kit.folding import folded, plain, words
from handlers.kit.readers import members
from storage.people import Person
from storage.services import Service

NAMED = "@"  # stands where a service was named
ART = r"(?:(?:die|den|das|der|dem|the|unsere|unseren) )?"
WHEN = r"(?:(?:heute|gerade|jetzt|denn|morgen|am wochenende|today|now|currently) )*"
LATER = r"(?: (?:heute|gerade|jetzt|morgen|am wochenende|today|now|tonight))*"
FOR = rf"(?:(?:fuer|fuers|bei|beim|von|for|at|in) {ART}@)"
ROLE = (
    r"(?:zustaendig|verantwortlich|dran|ansprechpartner|ansprechpartnerin|ansprechperson"
    r"|responsible|accountable|on duty|on call|in charge)"
)
DUTY = r"(?:dienst|bereitschaft|rufbereitschaft|schicht)"
BEFORE = (
    r"(?:(?:moin|hallo|hi|hey|sorry|hello|bitte) )*"
    r"(?:weisst du|weiss jemand|kannst du mir sagen|do you know|can you tell me)? ?"
)
QUESTION = re.compile(
    BEFORE + rf"(?:wer (?:ist|waere) {WHEN}{ROLE}(?: {WHEN}{FOR})?{LATER}"
    rf"|wer (?:ist|waere) {WHEN}{FOR} {WHEN}{ROLE}"
    rf"|wer {WHEN}{FOR} {WHEN}{ROLE} ist"
    rf"|wer kuemmert sich {WHEN}um {ART}@"
    rf"|wer hat {WHEN}{ART}{DUTY}(?: {FOR})?"
    rf"|wer macht {WHEN}{ART}@"
    rf"|an wen wende ich mich(?: (?:bei|wegen|mit)) {ART}@"
    rf"|wen (?:rufe|ruf) ich an (?:bei|wegen|fuer) {ART}@"
    rf"|{ROLE} (?:fuer )?{ART}@"
    rf"|wer vertritt \w+(?: {FOR})"
    rf"|(?:who is|whos) {WHEN}{ROLE}(?: {FOR})?{LATER}"
    rf"|who (?:looks after|handles|owns) {ART}@"
    rf"|(?:who|whom) (?:do|should|can) i (?:call|ask|contact|talk to)"
    rf" (?:about|for|regarding|because of) {ART}@"
    r")"
)

WHO_CARES = re.compile(  # about what is open, not about a service
    r"(?:wer kuemmert sich|wer kuemmert sich gerade|who is on it|whos on it)"
    r"(?: darum| drum)?"
)

DAYS = words(
    """
    heute morgen uebermorgen montag dienstag mittwoch donnerstag freitag samstag sonntag naechste
    naechsten woche wochen monat today tomorrow monday tuesday wednesday thursday friday saturday
    sunday next week weeks month januar februar maerz april mai juni juli august september
    oktober november dezember
    """
)
AROUND = DAYS | words(
    """
    ich bin hab habe hat ist ab bis von vom zum am im in auf um fuer an diese dieser leider
    wieder noch jetzt ganz mal nicht da i im am is on off from until till to for the a an of
    out away back been will be moin hallo sorry geschrieben melde mich
    """
)
AWAY = words(
    """
    krank urlaub frei weg elternzeit schulung fortbildung dienstreise krankgeschrieben
    krankenstand abwesend holiday holidays vacation sick leave office pto nichtda
    """
)
STAND_IN = re.compile(
    r"(?:kann|koennte) mich \w* ?jemand vertreten|kann mich jemand \w* ?vertreten"
)


COVERED = re.compile(  # who is named to stand in; the form asks for them anyway
    r" (?:und |and )?(?:\w+ (?:vertritt mich|springt ein|uebernimmt|stands in|covers for me"
    r"|is covering)|(?:meine )?vertretung (?:ist |macht |hat )?\w+)(?: solange| so lange)?$"
)


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody says that they, or somebody else, are away. The sentence is not kept."""

    person: Person | None  # None is the asker


def service_in(line: str, known: list[Service]) -> tuple[Service | None, str]:
    """Return the service that a line names, and the line with a mark in its place.

    The line comes folded and without marks; the longest name that stands in it as a whole wins.
    """
    said = plain(line)
    names = [
        (plain(name), each)
        for each in known
        if not each.fallback
        for name in (each.name, *each.words)
        if plain(name)
    ]
    for name, each in sorted(names, key=lambda found: -len(found[0])):
        found = re.search(rf"\b{re.escape(name)}\b", said)
        if found:
            return each, f"{said[: found.start()]}{NAMED}{said[found.end() :]}"
    return None, said


def asks_who(line: str, known: list[Service]) -> tuple[bool, Service | None]:
    """Say whether a line asks who is responsible, and for which service."""
    service, said = service_in(line, known)
    return QUESTION.fullmatch(said) is not None, service


def asks_about_something(line: str) -> bool:
    """Say whether a line asks who is responsible, for a name that nobody knows."""
    before, _space, last = plain(line).rpartition(" ")
    return bool(last) and QUESTION.fullmatch(f"{before} {NAMED}") is not None


def away(ctx: Context, line: str) -> Away | None:
    """Return who is said to be away, None when a line says something else."""
    said = plain(line).replace("nicht da", "nichtda")
    if STAND_IN.fullmatch(said):
        return Away(None)
    tokens = COVERED.sub("", said).split()
    if not tokens or len(tokens) > 14:
        return None
    person = _person(ctx, tokens[0])
    if person is not None and len(tokens) > 1 and tokens[1] in ("ist", "hat", "is", "has"):
        return Away(person) if _all_about(tokens[1:]) else None
    return Away(None) if _all_about(tokens) and _of_me(tokens) else None


def _person(ctx: Context, word: str) -> Person | None:
    found = [each for each in members(ctx.tx) if word in (each.id, *folded(each.name).split())]
    return found[0] if len(found) == 1 else None


def _all_about(tokens: list[str]) -> bool:
    """Say whether every word is about being away, days and dates included."""
    away_words = [each for each in tokens if each in AWAY]
    rest = [each for each in tokens if each not in AWAY and not each.isdigit()]
    return bool(away_words or tokens[-1:] == ["off"]) and set(rest) <= AROUND


def _of_me(tokens: list[str]) -> bool:
    """Say whether a line without a name speaks of its writer."""
    first = {"ich", "bin", "hab", "habe", "i", "im", "melde", "out", "ab", "mich"}
    return bool(first & set(tokens)) or (len(tokens) > 1 and tokens[0] in AWAY)
