"""The points of *done* as a table: which fields of the form each has, and what it takes from them.

What was said before and is said again in the same words changes nothing, not even the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from handlers.incidents.checklist import Cause, Cost, Point
from handlers.incidents.lookup import no_placeholder, note
from handlers.kit.calendar import day_of
from handlers.kit.context import Context
from handlers.kit.errors import Refusal, together
from handlers.kit.folding import plain
from handlers.kit.readers.dates import today_of
from handlers.kit.readers.timestamps import written
from handlers.kit.words import _
from storage import closing as closings
from storage.closing import Closing
from storage.closing.states import Ending
from storage.engine.sql import as_text
from storage.incidents import Incident
from storage.incidents.states import TimelineKind
from storage.people import Person

AHEAD = timedelta(days=731)  # two years: as far as a cause is promised to be fixed


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in; what the form did not ask for is None or empty, and stays as it is."""

    ended: datetime | None = None
    kind: Cause | None = None
    cause: str = ""
    evidence: str = ""
    ending: Ending | None = None
    fixer: Person | None = None
    on: date | None = None
    runbook: str | None = None
    cost: frozenset[Cost] = frozenset()
    asked: frozenset[str] = frozenset()  # the points that the form was about by name


@dataclass(frozen=True, slots=True)
class Said:
    """What a point is given: its columns of `closings`, and how the timeline tells it."""

    columns: Mapping[str, str | None]
    detail: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A point: its fields, and what it takes of a form. None means that nothing was said of it."""

    point: Point
    fields: tuple[str, ...]
    read: Callable[[Context, Incident, Closing, Form], Said | None]


def say(ctx: Context, incident: Incident, form: Form) -> None:
    """Keep what a checked form says of each point, and tell it in the timeline."""
    before = closings.find(ctx.tx, incident.number)
    for each in ENTRIES:
        said = each.read(ctx, incident, before, form)
        if said is None or closings.says_already(before, each.point, said.columns):
            continue
        closings.say(ctx.tx, incident.number, each.point, said.columns, ctx.now)
        note(ctx, incident.number, TimelineKind(f"said {each.point}"), said.detail)
    if "cost" in form.asked:
        closings.set_impact(ctx.tx, incident.number, {each.value for each in form.cost})


def check(ctx: Context, incident: Incident, form: Form) -> None:
    """Refuse what the points do not take of a form, all of it at once."""
    before = closings.find(ctx.tx, incident.number)
    faults: list[Refusal] = []
    for each in ENTRIES:
        try:
            each.read(ctx, incident, before, form)
        except Refusal as refusal:
            faults.append(refusal)
    if faults:
        raise together(faults)


def _end(ctx: Context, incident: Incident, before: Closing, form: Form) -> Said | None:
    zone, said, ended = ctx.workspace.zone, before.impact_ended_at, form.ended
    if ended is None or (
        said is not None and written(said, zone, "en") == written(ended, zone, "en")
    ):
        return None  # a form knows no seconds
    if ended < incident.begun_at.replace(second=0, microsecond=0):
        raise Refusal(
            _("It began on {at}. Please give a later time.", at=incident.begun_at),
            field="ended",
        )
    return Said({"impact_ended_at": as_text(ended)}, ended.isoformat())


def _cause(_ctx: Context, incident: Incident, before: Closing, form: Form) -> Said | None:
    if form.kind is None and not form.cause:
        return None
    kind, sentence = form.kind or before.cause_class, form.cause or before.cause
    faults: list[Refusal] = []
    if not kind:
        faults.append(Refusal(_("Please choose something here."), field="kind"))
    try:
        _sentence(incident, sentence or "")
    except Refusal as refusal:
        faults.append(refusal)
    if faults:
        raise together(faults)
    return Said({"cause_class": kind, "cause": sentence}, f"{kind}:{sentence}")


def _sentence(incident: Incident, sentence: str) -> None:
    """Refuse a cause that does not say why it happened."""
    if not sentence:
        raise Refusal(_("Some words are needed here."), field="cause")
    no_placeholder(sentence, "cause")
    if plain(sentence) == plain(incident.title):
        raise Refusal(
            _("That is what was reported. Why did it happen?"), field="cause", kept=sentence
        )


def _evidence(_ctx: Context, _incident: Incident, _before: Closing, form: Form) -> Said | None:
    return Said({"evidence": form.evidence}, form.evidence) if form.evidence else None


def _ending(_ctx: Context, _incident: Incident, _before: Closing, form: Form) -> Said | None:
    return Said({"ending": form.ending}, form.ending) if form.ending is not None else None


def _fix(ctx: Context, incident: Incident, before: Closing, form: Form) -> Said | None:
    if form.on is None and Point.FIX not in form.asked:
        return None
    who, day = form.fixer.id if form.fixer else before.fixer, form.on or before.fix_on
    if who is None:
        raise Refusal(_("Please choose something here."), field="fixer")
    if day is None:
        raise Refusal(_("Please choose something here."), field="on")
    today, ending = today_of(ctx), form.ending or before.ending
    if ending == Ending.WORKAROUND and day < today:
        raise Refusal(_("That day has passed. By when will the cause be fixed?"), field="on")
    if ending == Ending.FIXED and day > today:
        raise Refusal(_("That day is still to come. When was the cause fixed?"), field="on")
    if ending == Ending.FIXED and day < (began := day_of(incident.begun_at, ctx.workspace.zone)):
        raise Refusal(_("It began on {day}. When was the cause fixed?", day=began), field="on")
    if ending == Ending.WORKAROUND:
        no_far_day(day, today)
    return Said({"fixer": who, "fix_on": day.isoformat()}, f"{who}:{day.isoformat()}")


def no_far_day(day: date, today: date) -> None:
    """Refuse a day by which nobody would remember what was promised."""
    if day > today + AHEAD:
        raise Refusal(
            _("That is more than two years away. Please choose an earlier day."), field="on"
        )


def _runbook(_ctx: Context, _incident: Incident, _before: Closing, form: Form) -> Said | None:
    if form.runbook is None:
        return None
    return Said({"runbook": form.runbook or None}, form.runbook)


ENTRIES = (
    Entry(Point.END, ("ended",), _end),
    Entry(Point.CAUSE, ("kind", "cause"), _cause),
    Entry(Point.EVIDENCE, ("evidence",), _evidence),
    Entry(Point.ENDING, ("ending",), _ending),
    Entry(Point.FIX, ("fixer", "on"), _fix),
    Entry(Point.RUNBOOK, ("runbook",), _runbook),
)
