"""Measures: every figure that Lotse shows, with how it is computed. A figure is about processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Facts, Message, Reply, Text, Title
from handlers.kit.words import Sentence, _

feature = Feature(_("Weekly digest"))

W = TypeVar("W", int, Sentence, list[str])


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: its id in the code, its name on the cards, and how it is computed."""

    id: str
    name: Sentence
    formula: Sentence


CATALOGUE = (
    Measure("decisions", _("Decisions open"), _(
        "incidents that nobody looks after or is silent about, services that somebody left or "
        "that nobody has taken over for three working days, and automations that are possibly "
        "unused or have not been measured for a week")),
    Measure("incidents", _("Incidents"), _(
        "declared from Monday 00:00 to Sunday 24:00 local time, without withdrawn ones; the week "
        "before counts the seven days before that")),
    Measure("repeats", _("Came back"), _(
        "incidents of the same service in the last 30 days whose titles share at least half of "
        "their words")),
    Measure("gaps", _("Ownership gaps"), _(
        "incidents in which no service was recognised, and services whose accountable person is "
        "not active")),
    Measure("runbooks", _("Without a runbook"), _(
        "services with an incident in the week and no link to a runbook")),
    Measure("night", _("Outside working hours"), _(
        "incidents declared outside the company's working hours, on a weekend or a public "
        "holiday, for each service; never for people")),
    Measure("use", _("In use"), _(
        "the last reported run is not longer ago than the rhythm; of all that are not retired")),
    Measure("unused", _("Possibly unused"), _(
        "it has run, but its last run is longer ago than the rhythm, and nobody said that it is "
        "kept")),
    Measure("kept", _("Kept, though not running"), _(
        "somebody said in the last 90 days that it is needed, and it has not run in its rhythm")),
    Measure("unmeasured", _("Not measured"), _("it has never reported a run")),
    Measure("friction", _("Friction"), _(
        "sentences noted in the week; the week before counts the seven days before that")),
    Measure("feedback", _("Feedback"), _("sentences given to pilots in the week, without names")),
    Measure("age", _("Age of a pilot"), _("weeks since it was started, of twelve")),
    Measure("relief", _("Relief"), _(
        "counted taps of all weeks, one per person and week, split from five on")),
)  # fmt: skip
_IDS = frozenset(each.id for each in CATALOGUE)


def figure(id: str, value: W) -> W:
    """Return a figure as it is; raises KeyError for one that has no entry above."""
    if id not in _IDS:
        raise KeyError(id)
    return value


@feature.command("computed", "gerechnet", help=_("How the figures are computed."), hidden=True)
def computed(ctx: Context) -> Reply:
    rows = tuple((each.name, each.formula) for each in CATALOGUE)
    people = _("No figure is about a person.")
    return Reply(Message((Title(_("How this is computed")), Facts(rows), Text(people, small=True))))
