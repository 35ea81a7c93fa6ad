"""How an automation stands: a pure function of its row, the calendar and our own outages.

Unused is a fair word: it comes from runs, never from edits. Failed is failed, silence is silence,
and where Lotse itself could not be called, nothing is known (docs/automations.md, states).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from handlers.automations.rules import occasions, rhythm
from handlers.automations.rules.occasions import Occasion
from handlers.automations.rules.rhythm import Company, Schedule
from handlers.kit import calendar
from handlers.kit.worded import Worded
from handlers.kit.words import _
from storage.automations import Automation
from storage.automations.intake import Outage
from storage.automations.states import AutomationKind, AutomationState, RunKind

YOUNG = timedelta(days=30)  # so long something is new, and until three occasions have passed
YOUNG_AT_MOST = timedelta(days=90)
LEAST_WINDOW = timedelta(days=28)
MISSED = 3  # occasions without a run, at the least, before anybody is asked
IDLE = 5  # runs in a row that found nothing to do
GAPS = 20  # gaps between useful runs that say what is usual
KNOWN_GAPS = 3  # fewer say nothing
YEARLY = timedelta(days=300)  # from such a gap on the declared rhythm rules
GRACE = timedelta(minutes=60)
LEAST_GRACE = timedelta(minutes=5)
LONG_OUTAGE = timedelta(hours=1)  # a shorter one spoils no occasion that lasts a whole day
COUNTED = 400  # missed occasions are counted up to here


class State(Worded):
    """How it stands; the first rule that fits, in this order."""

    RETIRED = "retired", _("retired")
    SAID_UNUSED = "unused", _("unused")
    PAUSED = "paused", _("paused")
    SNOOZED = "snoozed", _("snoozed")
    UNMEASURED = "not measured", _("never reported")
    UNKNOWN = "unknown", _("unknown, Lotse did not run")
    NEW = "new", _("new")
    RESTING = "resting", _("resting")
    FAILING = "failing", _("fails")
    IDLE = "idle", _("idle")
    UNUSED = "possibly unused", _("possibly unused")
    LATE = "late", _("late")
    IN_USE = "in use", _("in use")


@dataclass(frozen=True, slots=True)
class Standing:
    """A state with what it rests on.

    `missed` counts the occasions without a run since the last one, those of outages of ours left
    out; `first_missed` is the earliest of them. `late` and `hangs` are told also while something
    is new. `outage` is ours, when it spoiled an occasion since the last run. `window` is how long
    it may be silent before anybody is asked.
    """

    state: State
    missed: int = 0
    first_missed: Occasion | None = None
    late: bool = False
    hangs: bool = False
    failing: bool = False
    outage: Outage | None = None
    window: timedelta = LEAST_WINDOW
    until: datetime | None = None


def standing(
    automation: Automation,
    company: Company,
    outages: Sequence[Outage],
    now: datetime,
    *,
    counted: int = MISSED,
) -> Standing:
    """Return how an automation stands at `now`. Occasions are counted up to `counted`."""
    said = _person_standing(automation, now)
    if said is not None:
        return said
    last = automation.last_report_at
    if last is None:
        return Standing(State.UNMEASURED)
    missed, first, outage = _missed(automation, company, outages, last, now, counted)
    hangs = _hangs(automation, now)
    if first is not None and _has_begun(automation, first) and not hangs:
        missed, first = 0, None
    window = window_of(automation)
    found = Standing(
        State.IN_USE,
        missed,
        first,
        late=(missed > 0 or hangs) and automation.last_result != RunKind.FAIL,
        hangs=hangs,
        failing=automation.last_result == RunKind.FAIL,
        outage=outage,
        window=window,
    )
    state = _state(automation, company, outages, found, last, now)
    return Standing(
        state=state,
        missed=missed,
        first_missed=first,
        late=found.late,
        hangs=hangs,
        failing=found.failing,
        outage=outage,
        window=window,
        until=found.until,
    )


def _person_standing(automation: Automation, now: datetime) -> Standing | None:
    """Return what a person said of it, if that still holds."""
    if automation.state is AutomationState.RETIRED:
        return Standing(State.RETIRED)
    useful, since = automation.last_useful_at, automation.unused_since
    if since is not None and (useful is None or useful <= since):
        return Standing(State.SAID_UNUSED)
    if automation.paused_until is not None and now < automation.paused_until:
        return Standing(State.PAUSED, until=automation.paused_until)
    if automation.snoozed_until is not None and now < automation.snoozed_until:
        return Standing(State.SNOOZED, until=automation.snoozed_until)
    return None


def _state(
    automation: Automation,
    company: Company,
    outages: Sequence[Outage],
    found: Standing,
    last: datetime,
    now: datetime,
) -> State:
    if found.outage is not None and not found.missed and not found.hangs:
        return State.UNKNOWN  # Lotse itself could not be called when it was expected
    if is_new(automation, company, now):
        return State.NEW
    if not _expected_on(automation, company, company.day_of(now)):
        return State.RESTING
    silent = _silent_for_too_long(automation, company, outages, found, last, now)
    kept = automation.kept_until is not None and now < automation.kept_until
    if found.failing and not silent:
        return State.FAILING
    if automation.idle >= IDLE and not silent:
        return State.IDLE
    if silent:
        return State.IN_USE if kept else State.UNUSED
    if found.late:
        return State.LATE
    return State.IN_USE


def schedule_of(automation: Automation) -> Schedule | None:
    """Return when it is expected; None where it runs on demand or on an event."""
    match automation.kind:
        case AutomationKind.DEMAND | AutomationKind.EVENT:
            return None
        case AutomationKind.STANDBY:
            return rhythm.read(automation.rhythm) or rhythm.Every(1, rhythm.Unit.YEAR)
        case _:
            return rhythm.read(automation.rhythm)


def grace_of(automation: Automation, schedule: Schedule, *, timed: bool) -> timedelta:
    """Return how much later than expected a run may end before it is late."""
    if automation.grace_minutes is not None:
        return timedelta(minutes=automation.grace_minutes)
    if not timed:
        return timedelta(0)  # the whole day is meant
    return max(min(GRACE, rhythm.usual_gap(schedule) / 2), LEAST_GRACE)


def local(automation: Automation, company: Company) -> Company:
    """Return the company's calendar in the automation's own time zone, if it has one."""
    if automation.zone is None or automation.zone == company.zone:
        return company
    return replace(company, zone=automation.zone)


def expected(
    automation: Automation, company: Company, after: datetime, anchor: datetime
) -> Iterator[tuple[Occasion, datetime]]:
    """Yield each occasion that counts after `after`, and from when on a missing run is late."""
    schedule = schedule_of(automation)
    if schedule is None:
        return
    here = local(automation, company)
    seasons = rhythm.read_seasons(automation.seasons) or ()
    always = automation.always
    looked = 0
    for each in occasions.occasions(schedule, here, after, anchor, always=always):
        if rhythm.in_season(each.day, seasons):
            looked = 0
            yield each, each.due + grace_of(automation, schedule, timed=each.timed)
        elif (looked := looked + 1) > occasions.SEARCHED:
            return


def _missed(
    automation: Automation,
    company: Company,
    outages: Sequence[Outage],
    last: datetime,
    now: datetime,
    most: int,
) -> tuple[int, Occasion | None, Outage | None]:
    count, first, spoiled = 0, None, None
    for each, late_from in expected(automation, company, last, last):
        if late_from > now or count >= most:
            break
        if last >= each.opens or _was_paused(automation, each.due):
            continue
        outage = _spoils(each, late_from, outages)
        if outage is not None:
            spoiled = outage
            continue
        count += 1
        first = first or each
    return count, first, spoiled


def _spoils(occasion: Occasion, late_from: datetime, outages: Sequence[Outage]) -> Outage | None:
    """Return the outage of ours in which the run of an occasion may have been lost."""
    for each in outages:
        begins = occasion.due if occasion.timed else occasion.due - timedelta(days=1)
        long = occasion.timed or each.ended_at - each.began_at >= LONG_OUTAGE
        if long and each.began_at <= late_from and each.ended_at >= begins:
            return each
    return None


def _was_paused(automation: Automation, moment: datetime) -> bool:
    begins, ends = automation.paused_from, automation.paused_until
    return begins is not None and ends is not None and begins <= moment <= ends


def _has_begun(automation: Automation, occasion: Occasion) -> bool:
    return automation.begun_at is not None and automation.begun_at >= occasion.opens


def hangs_from(automation: Automation) -> datetime | None:
    """Return when a run that has begun takes too long."""
    if automation.begun_at is None:
        return None
    if automation.longest_minutes is not None:
        return automation.begun_at + timedelta(minutes=automation.longest_minutes)
    grace = automation.grace_minutes
    return automation.begun_at + (GRACE if grace is None else timedelta(minutes=grace))


def _hangs(automation: Automation, now: datetime) -> bool:
    limit = hangs_from(automation)
    return limit is not None and now >= limit


def is_new(automation: Automation, company: Company, now: datetime) -> bool:
    """Say whether it is new: thirty days, and until three occasions have passed; at most ninety."""
    age = now - automation.registered_at
    if age < YOUNG:
        return True
    if age >= YOUNG_AT_MOST or schedule_of(automation) is None:
        return False
    start = automation.registered_at
    first = islice(expected(automation, company, start, start), MISSED)
    return any(each.due > now for each, _late_from in first)


def _expected_on(automation: Automation, company: Company, day: date) -> bool:
    seasons = rhythm.read_seasons(automation.seasons) or ()
    if not rhythm.in_season(day, seasons):
        return False
    return automation.always or not company.rests(day)


def gaps_of(automation: Automation) -> list[int]:
    """Return the last gaps between useful runs, in working days."""
    return [int(each) for each in automation.gaps.split()]


def usual_gap(automation: Automation) -> int | None:
    """Return the gap that nine in ten of the last ones do not exceed; None if too few are known."""
    gaps = sorted(gaps_of(automation))
    if len(gaps) < KNOWN_GAPS:
        return None
    return gaps[min(len(gaps) - 1, -(-len(gaps) * 9 // 10) - 1)]


def window_of(automation: Automation) -> timedelta:
    """Return the least time of silence in calendar days: the declared window, 28 days."""
    return max(timedelta(days=automation.window_days or 0), LEAST_WINDOW)


def _silent_for_too_long(
    automation: Automation,
    company: Company,
    outages: Sequence[Outage],
    found: Standing,
    last: datetime,
    now: datetime,
) -> bool:
    schedule = schedule_of(automation)
    usual = usual_gap(automation)
    if schedule is not None and rhythm.usual_gap(schedule) >= YEARLY:
        usual = None
    if schedule is not None and found.missed < MISSED:
        return False
    if schedule is None and usual is None and automation.window_days is None:
        return False  # nobody can say what would be usual
    if now - last < found.window:
        return False
    silent, worked = silence(automation, company, outages, last, now)
    return silent >= found.window and (usual is None or worked >= 3 * usual)


def silence(
    automation: Automation,
    company: Company,
    outages: Sequence[Outage],
    last: datetime,
    now: datetime,
) -> tuple[timedelta, int]:
    """Return how long it has been silent, and how many working days that were.

    What does not count: days on which it rests, pauses, and outages of ours.
    """
    day, today = company.day_of(last) + timedelta(days=1), company.day_of(now)
    off, worked = timedelta(0), 0
    while day <= today:
        if not _expected_on(automation, company, day) or _not_known(automation, outages, day):
            off += timedelta(days=1)
        elif company.works(day):
            worked += 1
        day += timedelta(days=1)
    return now - last - off, worked


def _not_known(automation: Automation, outages: Sequence[Outage], day: date) -> bool:
    """Say whether at noon of a day it was paused, or Lotse could not be called."""
    noon = calendar.midnight(day, "UTC") + timedelta(hours=12)
    return _was_paused(automation, noon) or any(
        each.began_at <= noon <= each.ended_at for each in outages
    )


def gap_between(company: Company, earlier: datetime, later: datetime) -> int:
    """Return how many working days lie between two runs; the same day is none."""
    day, last, count = company.day_of(earlier), company.day_of(later), 0
    while day < last and count < 1000:
        day += timedelta(days=1)
        count += company.works(day)
    return count


def look_again(
    automation: Automation, company: Company, now: datetime, outages: Sequence[Outage] = ()
) -> datetime:
    """Return when its state may change next: at the latest tomorrow morning."""
    tomorrow = company.day_of(now) + timedelta(days=1)
    morning = calendar.midnight(tomorrow, company.zone) + timedelta(hours=6)
    found = [morning]
    for moment in (
        automation.paused_until,
        automation.snoozed_until,
        automation.kept_until,
        hangs_from(automation),
    ):
        if moment is not None and moment > now:
            found.append(moment)
    last = automation.last_report_at
    if last is not None:
        found += _next_missed(automation, company, outages, last, now)
        window = window_of(automation)
        if morning - last >= window:
            silent, _worked = silence(automation, company, outages, last, now)
            # A run that comes at its usual hour after so many days comes first.
            ends = now + window - silent + GRACE
            if now < ends < morning:
                found.append(ends)
    return min(found)


def _next_missed(
    automation: Automation,
    company: Company,
    outages: Sequence[Outage],
    last: datetime,
    now: datetime,
) -> list[datetime]:
    """Return when the next run would be missed; after the third one no further one matters."""
    missed = 0
    for each, late_from in islice(expected(automation, company, last, last), COUNTED):
        if last >= each.opens:
            continue  # that run counts for it
        if late_from > now:
            return [late_from]
        missed += not _was_paused(automation, each.due) and not _spoils(each, late_from, outages)
        if missed >= MISSED:
            break
    return []


def expected_by(
    automation: Automation, company: Company, outages: Sequence[Outage], now: datetime
) -> datetime | None:
    """Return by when the next run has to have ended, also when that moment has passed.

    None where nobody can say, and of what somebody said does not run. Before the first report
    nothing has been missed; of what was to run in a pause or an outage of ours, nothing is.
    """
    said = _person_standing(automation, now)
    if said is not None and said.state in (State.RETIRED, State.SAID_UNUSED):
        return None
    last = automation.last_report_at or max(automation.registered_at, now)
    after = last
    if said is not None and said.state is State.PAUSED and said.until is not None:
        after = max(last, said.until)
    for each, late_from in expected(automation, company, after, last):
        if last >= each.opens or _was_paused(automation, each.due):
            continue
        if _spoils(each, late_from, outages) is None:
            return late_from
    return None
