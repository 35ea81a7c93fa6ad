"""Which fields of a form a rule may look at, and what their values are called.

Of a note these are its hint and the area that it names, of an incident the service that was chosen.
"""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.words import Words, _
from storage.engine.ids import ServiceId
from storage.rules import FIELD

HINT, AREA, SERVICE = "hint", "area", "service"

HINTS: dict[str, Words] = {
    "interrupts": _("Keeps interrupting"),
    "unloved": _("Nobody likes doing it"),
    "again": _("Done over and over"),
    "experience": _("Only works with experience"),
}


def condition(field: str, value: str) -> str:
    """Return a field with its value as a rule keeps it."""
    return f"{field}{FIELD}{value}"


def value(words: tuple[str, ...], field: str) -> str:
    """Return the value that a field must have by the conditions of a rule, empty for any."""
    start = condition(field, "")
    return next((each.removeprefix(start) for each in words if each.startswith(start)), "")


def field_words(ctx: Context, words: tuple[str, ...]) -> list[Words]:
    """Return the fields among the conditions of a rule, as people call them."""
    found: list[Words] = []
    if hint := value(words, HINT):
        found.append(HINTS[hint])
    if area := value(words, AREA):
        found.append(_("area named: {area}", area=area))
    if id := value(words, SERVICE):
        service = ctx.service_of(ServiceId(id))
        found.append(_("service chosen: {service}", service=service.name if service else id))
    return found
