"""What the doctor finds: a line with a mark, in plain words, without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from handlers.kit.words import Sentence, _, text
from storage.delivery.places import Place, PlaceState

SLOW = 10.0  # seconds to wait for an answer
APART = 30.0  # seconds that two clocks may differ
WINDOW = 300.0  # seconds after which platforms' requests and tokens are refused


class Mark(StrEnum):
    """How a finding is to be taken."""

    GOOD = "✓"
    LOOK = "!"
    WRONG = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was found, and what to do about it."""

    mark: Mark
    said: str


def good(said: str) -> Finding:
    return Finding(Mark.GOOD, said)


def look(said: str) -> Finding:
    return Finding(Mark.LOOK, said)


def wrong(said: str) -> Finding:
    return Finding(Mark.WRONG, said)


@dataclass(frozen=True, slots=True)
class Known:
    """What was chosen in the chat so far."""

    managers: int
    services: int
    incidents: Place | None
    digest: Place | None


@dataclass(frozen=True, slots=True)
class Steps:
    """How the first steps go on a platform, as words that end a finding."""

    manage: str
    channel: str
    again: str
    service: str


def chosen(known: Known, steps: Steps) -> Iterator[Finding]:
    """Look whether the first steps were taken."""
    if known.managers:
        yield good("Somebody manages Lotse.")
    else:
        button = both(_("Manage Lotse"))
        yield look(f"Nobody manages Lotse yet. {steps.manage} and presses {button}.")
    for place, what in (
        (known.incidents, "incidents and their cards"),
        (known.digest, "the weekly digest"),
    ):
        if place is None:
            yield look(f"No channel is chosen for {what}. {steps.channel}")
        elif place.state != PlaceState.OPEN:
            yield look(f"Lotse cannot post to {_named(place)}, which is for {what}. {steps.again}")
        else:
            yield good(f"{_named(place)} is for {what}.")
    if not known.services:
        yield look(
            "No service is entered, so each incident goes to the first manager. " + steps.service
        )


def clock(date: str | None, now: datetime, whose: str, refused: str = "") -> list[Finding]:
    """Compare our clock with the `date` of an answer of `whose` ("Slack's").

    `refused` says what is refused while five minutes are between; without it nothing is.
    """
    try:
        apart = (now - parsedate_to_datetime(date or "")).total_seconds()
    except (ValueError, TypeError):
        return []
    if abs(apart) <= APART:
        return [good(f"The clock agrees with {whose}.")]
    side = "ahead of" if apart > 0 else "behind"
    said = (
        f"This machine's clock is {abs(apart):.0f} seconds {side} {whose}. "
        "Switch time synchronisation on (timedatectl set-ntp true)."
    )
    if abs(apart) > WINDOW and refused:
        return [wrong(f"{said} Until then {refused}.")]
    return [look(said)]


def _named(place: Place) -> str:
    return f"#{plain(place.name)}" if place.name else f"a private channel ({plain(place.id)})"


def both(words: Sentence) -> str:
    """Return words of the chat in both languages: nobody knows here who reads which."""
    return f"“{text(words, 'en')}” (“{text(words, 'de')}”)"


def plain(said: str) -> str:
    """Return foreign words on one line, without anything that a terminal would obey."""
    return "".join(each if each.isprintable() else " " for each in " ".join(said.split()))[:300]
