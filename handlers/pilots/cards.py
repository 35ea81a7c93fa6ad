"""What a pilot looks like: its week, its taps, its answers."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Facts, Items, Message, Part, Text, Title
from handlers.kit.people import person
from handlers.kit.words import Sentence, Words, _, _n
from storage import pilots as storage_pilots
from storage.pilots import Pilot

WEEKS = 12


ENOUGH = 5  # answers from which on they are shown split; may only be raised


class Relief(StrEnum):
    """Is anyone relieved?"""

    RELIEVED = "relieved"
    PARTLY = "partly"
    NO = "no"


LABELS: dict[str, Words] = {
    "relieved": _("relieved"),
    "partly": _("partly"),
    "no": _("not relieved"),
}


def card(ctx: Context, pilot: Pilot) -> Message:
    """Return the card of a pilot."""
    rows: list[tuple[Words, Words]] = [
        (_("Problem"), pilot.problem),
        (_("Champion"), (person(ctx, pilot.champion),)),
        (_("Time"), age(ctx, pilot)),
        (_("Relief"), tally(storage_pilots.answers(ctx.tx, pilot.id))),
    ]
    parts: list[Part] = [Title(pilot.name), Facts(tuple(rows))]
    said = storage_pilots.sentences(ctx.tx, pilot.id, 3)
    if said:
        parts += [Text(_("What people say:")), Items(tuple(said))]
    parts += [Text(_("Does it relieve you?")), Buttons(_taps(pilot))]
    return Message(tuple(parts))


def _taps(pilot: Pilot) -> tuple[Button, ...]:
    labels = {"relieved": _("Relieved"), "partly": _("Partly"), "no": _("No")}
    return tuple(
        Button(label, call("relief", pilot=pilot.id, answer=value))
        for value, label in labels.items()
    )


def age(ctx: Context, pilot: Pilot) -> Sentence:
    """Return which of its twelve weeks a pilot is in."""
    today: date = ctx.now.astimezone(ZoneInfo(ctx.workspace.zone)).date()
    week = (today - pilot.started_on).days // 7 + 1
    if week > WEEKS:
        return _("week {week}, past its {weeks}", week=week, weeks=WEEKS)
    return _("week {week} of {weeks}", week=week, weeks=WEEKS)


def tally(answers: dict[str, int]) -> Sentence:
    """Return counted answers, split only from five on."""
    total = sum(answers.values())
    if total == 0:
        return _("no answer yet")
    if total < ENOUGH:
        return _n(
            "{n} answer; shown from {enough} on",
            "{n} answers; shown from {enough} on",
            total,
            enough=ENOUGH,
        )
    return _(
        "relieved {yes}, partly {partly}, no {no}",
        yes=answers.get("relieved", 0),
        partly=answers.get("partly", 0),
        no=answers.get("no", 0),
    )
