"""What the local page is given and gives: its values read, its people, places and lines as data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.delivery.requests import Response
from bot.local.page_words import ABOUT, LEFT, MANAGER, OTHERS, ROLES
from handlers.board.drawing import draw
from handlers.kit.commands import Feature, all_commands
from handlers.kit.messages import (
    Call,
    Chart,
    Message,
    Text,
    as_data,
    call_from,
    form_data,
    from_data,
)
from handlers.kit.readers import folded
from handlers.kit.words import Words, _, flat, text
from storage.delivery.places import Place, PlaceKind
from storage.engine.ids import PlaceId
from storage.local import Line
from storage.people import Person
from storage.workspaces import Workspace

Json = dict[str, Any]


class Turned(Exception):
    """A call that is turned away, with the status and a word that the page understands."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


@dataclass(frozen=True, slots=True)
class Company:
    """What a call needs to know of the workspace: who there is, and what one of them sees."""

    workspace: Workspace
    speakers: list[Person]
    me: Person
    places: list[Place]
    topics: Mapping[PlaceId, str]
    archived: frozenset[str]

    @property
    def language(self) -> str:
        """The language of the one who looks."""
        return self.me.language or self.workspace.language


def string(body: Json, name: str) -> str:
    """Return a text of the body; raises `Turned` when there is none."""
    value = body.get(name)
    if not isinstance(value, str):
        raise Turned(400, name)
    return value


def number(given: str | None) -> int:
    """Return a version from an address, 0 when there is none."""
    return int(given) if given and re.fullmatch(r"[0-9]{1,9}", given, re.ASCII) else 0


def with_charts(message: Json) -> Json:
    """Add to each chart of a message how it looks, light and dark."""
    parts = []
    for each in message["parts"]:
        if each["kind"] == "chart":
            (chart,) = from_data({**message, "parts": [each]}).parts
            assert isinstance(chart, Chart)
            each = {**each, "light": draw(chart), "dark": draw(chart, dark=True)}
        parts.append(each)
    return {**message, "parts": parts}


def call_of(body: Json) -> Call:
    """Return the call that a button or form carries."""
    given = body.get("call")
    if not isinstance(given, dict):
        raise Turned(400, "call")
    try:
        return call_from(given)
    except ValueError:
        raise Turned(400, "call") from None


def unslashed(typed: str, features: tuple[Feature, ...]) -> str:
    """Take off the slash of those who type as in Slack: `/lotse …`, `/incident …`.

    Any other slash belongs to the words: "/var is full".
    """
    found = re.match(r"\s*/(\w+)", typed)
    if not found:
        return typed
    if folded(found[1]) == "lotse":
        return typed[found.end() :]
    words = (w for each in all_commands(features) for ws in each.words.values() for w in ws)
    if folded(found[1]) in {folded(word).partition(" ")[0] for word in words}:
        return typed[found.start(1) :]
    return typed


def ahead(now: datetime, by: str, zone: str) -> datetime | None:
    """Return where the clock goes; "monday" is the next 08:30 of a Monday, in local time."""
    match by:
        case "10min":
            return now + timedelta(minutes=10)
        case "1h":
            return now + timedelta(hours=1)
        case "monday":
            local = now.astimezone(ZoneInfo(zone))
            day = local.date() + timedelta(days=-local.weekday() % 7)
            monday = datetime.combine(day, time(8, 30), ZoneInfo(zone))
            if monday <= local:
                monday = datetime.combine(day + timedelta(days=7), time(8, 30), ZoneInfo(zone))
            return monday
        case _:
            pass
    return None


def in_order(speakers: list[Person]) -> list[Person]:
    """Put the four of the demo first."""
    rank = {id: position for position, id in enumerate(ROLES)}
    return sorted(speakers, key=lambda each: rank.get(each.id, len(rank)))


def speaker(person: Person, company: Company) -> Json:
    """Return somebody to switch to; who had their name restricted reads it alone."""
    role = ROLES.get(person.id, MANAGER if person.manager else OTHERS)
    if not person.active:
        role = LEFT
    hidden = person.restricted and person.id != company.me.id
    return {
        "id": person.id,
        "name": text(_("“name not shown”"), company.language) if hidden else person.name,
        "language": person.language or "",
        "role": text(role, company.language),
        "here": person.active,
    }


def place_data(place: Place, company: Company) -> Json:
    """Return a channel, or the one direct place that its person has."""
    about = ABOUT.get("direct" if place.kind == PlaceKind.DIRECT else place.role or "")
    topic: Words = company.topics.get(place.id, "")
    archived = place.id in company.archived
    if archived:
        topic = _("Archived · {topic}", topic=topic)
    return {
        "id": place.id,
        "kind": place.kind,
        "name": "Lotse" if place.kind == PlaceKind.DIRECT else place.name.removeprefix("#"),
        "archived": archived,
        "about": text(about or topic, company.language),
    }


def line_data(line: Line) -> Json:
    """Return a line for the page."""
    return {
        "id": line.id,
        "place": line.place,
        "number": line.number,
        "version": line.version,
        "author": line.author,
        "body": with_charts(json.loads(line.body)),
        "private": line.only_for is not None,
        "at": line.created_at,
        "edited": line.edited_at,
    }


def kept(answer: Response) -> Message | None:
    """Return what may be kept of an answer: a secret is shown once and stored nowhere."""
    return None if answer.secret else answer.message


def wrong_fields(answer: Response) -> dict[str, str]:
    """Return what is wrong with a form, by field; all of it that the answer names."""
    if answer.field is None:
        return dict(answer.faults)
    parts = answer.message.parts if answer.message is not None else ()
    texts = [flat(part.words) for part in parts if isinstance(part, Text)]
    return {answer.field: texts[0] if texts else "", **dict(answer.faults)}


def answer_data(answer: Response) -> Json:
    """Return an answer for the page; the message stands in the place already, or in the form."""
    return {
        "outcome": answer.outcome,
        "message": with_charts(as_data(answer.message)) if answer.message else None,
        "form": form_data(answer.form) if answer.form else None,
        "fields": wrong_fields(answer),
        "secret": answer.secret,
    }
