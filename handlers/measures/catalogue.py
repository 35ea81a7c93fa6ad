"""The one catalogue of figures: what each counts and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from handlers.kit.words import Sentence, _

W = TypeVar("W", int, Sentence, list[str])


class Id(StrEnum):
    """How a figure is called in the code. Each has one entry in the catalogue."""

    DECISIONS = "decisions"
    INCIDENTS = "incidents"
    REPEATS = "repeats"
    BANS = "bans"
    CHANGES = "changes"
    OVERRIDES = "overrides"
    GAPS = "gaps"
    RUNBOOKS = "runbooks"
    DONE = "done"
    ENDING = "ending"
    COST = "cost"
    ACKNOWLEDGED = "acknowledged"
    NIGHT = "night"
    USE = "use"
    UNUSED = "unused"
    UNMEASURED = "unmeasured"
    RUNS = "runs"
    ON_TIME = "on time"
    BYPASS = "bypass"
    NET = "net"
    DURATION = "duration"
    MANAGED = "managed"
    FRICTION = "friction"
    FEEDBACK = "feedback"
    AGE = "age"
    RELIEF = "relief"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: its id in the code, its name on the cards, and how it is computed."""

    id: Id
    name: Sentence
    formula: Sentence


CATALOGUE = (
    Measure(Id.DECISIONS, _("Decisions open"), _(
        "incidents that nobody looks after or is silent about, that are restored for three working "
        "days and not done, causes whose date is over, services that somebody left or "
        "that nobody has taken over for three working days, and automations that are possibly "
        "unused or have not been measured for a week")),
    Measure(Id.INCIDENTS, _("Incidents"), _(
        "declared from Monday 00:00 to Sunday 24:00 local time, without withdrawn ones; the week "
        "before counts the seven days before that")),
    Measure(Id.REPEATS, _("Came back"), _(
        "confirmed: incidents that people called the same thing, at least twice in the days of "
        "the rule (30 unless changed) up to the end of the week and once in the week itself, "
        "without withdrawn ones; looks like: incidents of the week that resemble an earlier one "
        "and that nobody has decided about")),
    Measure(Id.BANS, _("Repeat bans"), _(
        "problems whose fix is not verified yet, today; times are counted over the days up to "
        "today")),
    Measure(Id.CHANGES, _("Changes under a ban"), _(
        "changes planned for today or later to services with a ban")),
    Measure(Id.OVERRIDES, _("Overrides given"), _(
        "given in the week, or earlier and still in force")),
    Measure(Id.GAPS, _("Ownership gaps"), _(
        "incidents in which no service was recognised, and services whose accountable person is "
        "not active")),
    Measure(Id.RUNBOOKS, _("Without a runbook"), _(
        "services without a link to a runbook that had an incident in the week, or whose newest "
            "closing says that there is none yet")),
    Measure(Id.DONE, _("Done"), _("incidents that became done in the week")),
    Measure(Id.ENDING, _("Workaround or cause fixed"), _(
        "what was said when incidents became done in the week")),
    Measure(Id.COST, _("What it cost"), _(
        "sums of what was ticked when incidents became done in the week")),
    Measure(Id.ACKNOWLEDGED, _("Acknowledged"), _(
        "the median time from declaring to acknowledging of the incidents declared in the week; "
        "those without an acknowledgement, and reopened ones, are left out and counted")),
    Measure(Id.NIGHT, _("Outside working hours"), _(
        "incidents declared outside the company's working hours, on a weekend or a public "
        "holiday, for each service; never for people")),
    Measure(Id.USE, _("In use"), _(
        "automations that report runs as they are expected, or of which somebody said in the last "
        "90 days that they are in use; of all that are not retired")),
    Measure(Id.UNUSED, _("Possibly unused"), _(
        "no run for at least 28 days, three occasions and three times the usual gap, in working "
        "days; outages of Lotse, pauses and days of rest are left out")),
    Measure(Id.UNMEASURED, _("Not measured"), _(
        "it has never reported a run, or Lotse could not be called when it was expected")),
    Measure(Id.RUNS, _("Used"), _(
        "good runs with something to do in the last 28 days; tests, bursts and runs that found "
        "nothing to do are left out")),
    Measure(Id.ON_TIME, _("On time"), _(
        "occasions of the last 28 days with a run before it would be late, of all occasions")),
    Measure(Id.BYPASS, _("Bypassed or by hand"), _(
        "told as bypassed or done by hand, of those and the useful runs; never for people")),
    Measure(Id.NET, _("Net time"), _(
        "useful runs × minutes of a run (as estimated on that day) × the share that counts, minus "
        "the minutes of rework that were told; estimated")),
    Measure(Id.DURATION, _("Duration"), _(
        "the median of the last 28 days, and between which times the middle half lies")),
    Measure(Id.MANAGED, _("Managed operation"), _(
        "monitoring: it reports runs; adapting: it has an area and no review is open for more than "
        "two weeks; quality: its check is not due; data protection: AI, data and how long they "
        "are kept are said; improving: a review was finished and no signal is open for more than "
        "two weeks")),
    Measure(Id.FRICTION, _("Friction"), _(
        "sentences noted in the week; the week before counts the seven days before that")),
    Measure(Id.FEEDBACK, _("Feedback"), _("sentences given to pilots in the week, without names")),
    Measure(Id.AGE, _("Age of a pilot"), _("weeks since it was started, of twelve")),
    Measure(Id.RELIEF, _("Relief"), _(
        "counted taps of all weeks, one per person and week, split from five on")),
)  # fmt: skip


def figure(id: Id, value: W) -> W:
    """Return a figure as it is. Wherever one is shown, this says which entry explains it."""
    return value
