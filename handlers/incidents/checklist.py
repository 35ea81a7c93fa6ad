"""The points of *done*: what each asks for, what is said, and what is still open.

Rule: docs/rules.md, done. A point counts since the moment when somebody said it; reopening an
incident takes the moments away, so all of it is asked again.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from handlers.bans.rules import rules
from handlers.kit.context import Context
from handlers.kit.people import name
from handlers.kit.readers.evidence import evidence_words
from handlers.kit.words import Sentence, Words, _, _n
from handlers.similarity import is_near_same
from storage import closing as closings
from storage.closing import Closing
from storage.closing.states import Ending
from storage.engine.ids import NOBODY, PersonId
from storage.incidents import Incident, duplicates
from storage.incidents import lists as incident_lists
from storage.incidents.states import IncidentState

NAMED = 3  # open points that a card names; more are only counted


class Point(StrEnum):
    """What *done* needs, in the order in which it is asked."""

    END = "end"
    CAUSE = "cause"
    EVIDENCE = "evidence"
    ENDING = "ending"
    FIX = "fix"
    RUNBOOK = "runbook"
    CHECKED = "checked"


class Cause(StrEnum):
    """Where a cause lies. Kinds of things that happen, never people."""

    CHANGE = "change"
    CONFIGURATION = "configuration"
    CAPACITY = "capacity"
    HARDWARE = "hardware"
    SUPPLIER = "supplier"
    HANDLING = "handling"
    KNOWLEDGE = "knowledge"
    UNKNOWN = "unknown"


class Cost(StrEnum):
    """What an incident cost beyond the time. Said if somebody wants to; only sums are shown."""

    CUSTOMER = "customer"
    MONEY = "money"
    STRAIN = "strain"
    OUTSIDE = "outside"


CAUSES: dict[str, Words] = {
    "change": _("change or release"),
    "configuration": _("configuration"),
    "capacity": _("capacity"),
    "hardware": _("hardware"),
    "supplier": _("supplier or third party"),
    "handling": _("operation"),
    "knowledge": _("missing knowledge or standard"),
    "unknown": _("not found"),
}
ENDINGS: dict[str, Words] = {
    "workaround": _("workaround"),
    "fixed": _("cause fixed"),
}
COSTS: dict[str, Words] = {
    "customer": _("customers noticed"),
    "money": _("it cost money"),
    "strain": _("it strained the team"),
    "outside": _("outside working hours"),
}
NAMES: dict[Point, Sentence] = {
    Point.END: _("when it worked again"),
    Point.CAUSE: _("cause"),
    Point.EVIDENCE: _("evidence"),
    Point.ENDING: _("workaround or cause fixed"),
    Point.FIX: _("who fixes the cause, and by when"),
    Point.RUNBOOK: _("runbook"),
    Point.CHECKED: _("check by a second person"),
}


def missing(closing: Closing, today: str) -> list[Point]:
    """Return the points that are open, in their order; `today` is a local day, `2026-11-23`."""
    fix = closing.fix_since is not None
    if closing.ending == Ending.FIXED and closing.fix_on is not None:
        fix = fix and closing.fix_on.isoformat() <= today  # nothing is fixed in the future
    said = {
        Point.END: closing.impact_ended_since is not None,
        Point.CAUSE: closing.cause_since is not None,
        Point.EVIDENCE: closing.evidence_since is not None,
        Point.ENDING: closing.ending_since is not None,
        Point.FIX: fix,
        Point.RUNBOOK: closing.runbook_since is not None,
        Point.CHECKED: closing.verified_by is not None or closing.quiet_at is not None,
    }
    return [point for point in Point if not said[point]]


def missing_of(ctx: Context, incident: Incident) -> list[Point]:
    """Return what is open until an incident is done."""
    local = ctx.now.astimezone(ZoneInfo(ctx.workspace.zone)).date().isoformat()
    return missing(closings.find(ctx.tx, incident.number), local)


def open_of_all(count: int) -> Sentence:
    """Say how many of the points are open."""
    return _n("{n} of {all} points is open", "{n} of {all} points are open", count, all=len(Point))


def quiet_until(ctx: Context, incident: Incident) -> datetime:
    """Return until when it has to stay quiet: so many days after it works again as managers say.

    When the same thing comes back meanwhile, the time begins anew once that works again.
    """
    since = incident.restored_at or ctx.now
    for each in incident_lists.of_service_since(ctx.tx, incident.service, since):
        if each.number != incident.number and _came_back(ctx, incident, each):
            again = each.restored_at or each.ended_at or since
            since = max(since, ctx.now if each.state == IncidentState.OPEN else again)
    return since + timedelta(days=rules(ctx.tx).calm)


def _came_back(ctx: Context, incident: Incident, later: Incident) -> bool:
    went_in = incident.number in duplicates.way(ctx.tx, later)
    return went_in or is_near_same(later.title, incident.title)


def cause(closing: Closing) -> Sentence:
    """Return class and sentence of the cause."""
    kind = CAUSES.get(closing.cause_class or "", "?")
    return _("{kind} – {cause}", kind=kind, cause=closing.cause or "")


def fix(ctx: Context, closing: Closing) -> Sentence:
    """Return how it works again, and who fixes the cause by when, or did."""
    values = {"who": name(ctx, closing.fixer or NOBODY), "on": closing.fix_on}
    if closing.fix_done_at is not None:
        return _(
            "Workaround; {who} has fixed the cause on {at:day}",
            who=name(ctx, closing.fix_done_by or NOBODY),
            at=closing.fix_done_at,
        )
    if closing.ending == Ending.FIXED:
        return _("Cause fixed by {who} on {on}", **values)
    return _("Workaround; {who} fixes the cause by {on}", **values)


def answer_words(ctx: Context, point: Point, detail: str) -> Words:
    """Return what somebody said about a point, from the timeline's `detail`."""
    match point:
        case Point.END:
            return _("{at}", at=datetime.fromisoformat(detail))
        case Point.CAUSE:
            kind, _colon, words = detail.partition(":")
            return _("{kind} – {cause}", kind=CAUSES.get(kind, kind), cause=words)
        case Point.ENDING:
            return ENDINGS.get(detail, detail)
        case Point.FIX:
            person, _colon, day = detail.partition(":")
            who = name(ctx, PersonId(person))
            return _("{who}, {on}", who=who, on=date.fromisoformat(day))
        case Point.RUNBOOK:
            return evidence_words(detail) if detail else _("none yet")
        case _:
            return evidence_words(detail)


def runbook(closing: Closing) -> Words:
    """Return where the runbook is, or the gap."""
    return evidence_words(closing.runbook) if closing.runbook else _("none yet")


def rows(ctx: Context, incident: Incident) -> list[tuple[Words, Words]]:
    """Return what an incident's card says about its end: what is open, or what was said."""
    if incident.state not in (IncidentState.RESTORED, IncidentState.DONE):
        return []
    closing = closings.find(ctx.tx, incident.number)
    if incident.state == IncidentState.RESTORED:
        return [(_("Until done"), _until_done(ctx, incident, closing))]
    found: list[tuple[Words, Words]] = []
    if closing.cause_since is not None:
        found.append((_("Cause"), cause(closing)))
    if closing.ending_since is not None and closing.fix_since is not None:
        found.append((_("Fix"), fix(ctx, closing)))
    if closing.evidence_since is not None:
        found.append((_("Evidence"), evidence_words(closing.evidence or "")))
    if closing.runbook_since is not None:
        found.append((_("Runbook"), runbook(closing)))
    if closing.override_by is not None:
        found.append((_("Finished with open points"), overridden(ctx, closing)))
    return found


def waits_for_check(ctx: Context, incident: Incident) -> bool:
    """Say whether everything is entered and somebody asked for done: only the check is left."""
    asked = closings.find(ctx.tx, incident.number).asked_by is not None
    return asked and missing_of(ctx, incident) == [Point.CHECKED]


def _until_done(ctx: Context, incident: Incident, closing: Closing) -> Sentence:
    points = missing_of(ctx, incident)
    if not waits_for_check(ctx, incident):
        if len(points) > NAMED:
            return open_of_all(len(points))
        named = [NAMES[each] for each in points]
        return _("{open}: {points}", open=open_of_all(len(points)), points=named)
    until = quiet_until(ctx, incident)
    if closing.checker is None:
        return _("everything is entered; done on {until} if it does not come back", until=until)
    return _(
        "everything is entered; {who} checks it, or it does not come back by {until}",
        who=name(ctx, closing.checker),
        until=until,
    )


def overridden(ctx: Context, closing: Closing) -> Sentence:
    """Return who closed it although points were open, why, and which points."""
    still_open = [NAMES[Point(each)] for each in (closing.override_open or "").split(",") if each]
    values = {"who": name(ctx, closing.override_by or NOBODY), "why": closing.override_reason}
    if not still_open:
        return _("{who}: {why}", **values)
    return _("{who}: {why} (open: {points})", **values, points=still_open)
