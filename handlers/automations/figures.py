"""Figures of automations, each with its formula in the catalogue; never one of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles

from handlers.automations.learning import checks, relief
from handlers.automations.rules.company import Known
from handlers.automations.rules.standing import expected, local, schedule_of
from handlers.kit import calendar
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import figure
from handlers.kit.words import Sentence, Words, _, _n
from storage.automations import Automation, history, intake, learning
from storage.automations.history import Entry
from storage.automations.states import RunKind, SignalKind

feature = Feature(_("Automations"))

PERIOD = timedelta(days=28)
WEEKS = 4
LEAST_DURATIONS = 5

REVIEWS = feature.measure(
    "reviews",
    _("Reviews and questions"),
    _(
        "reviews that a change of the week asks for, and questions without an "
        "answer for more than five working days"
    ),
    "automation_signals",
)
RUNS = feature.measure(
    "runs",
    _("Used"),
    _(
        "good runs with something to do in the last 28 days. Beside them: the "
        "occasions expected since its first run, or a week's mean. Tests, bursts "
        "and runs that found nothing to do are left out. Volume: the items that "
        "these runs told."
    ),
    "automation_days",
    "automation_runs",
)
RELIEF = feature.measure(
    "automation relief",
    _("Relief"),
    _(
        "people who tapped in the newest week that is over; how it leans, from five people on. "
        "It changes only when a week is over"
    ),
    "automation_answers",
)
ON_TIME = feature.measure(
    "on time",
    _("On time"),
    _(
        "occasions of the last 28 days with a run before it would be late, of all "
        "occasions. Duration: the median, and between which times the middle half "
        "lies."
    ),
    "automation_runs",
)
BYPASS = feature.measure(
    "bypass",
    _("Bypassed or by hand"),
    _("told as bypassed or done by hand, of those and the useful runs; never for people"),
    "automation_signals",
    "automation_days",
)
NET = feature.measure(
    "net",
    _("Net time"),
    _(
        "useful runs × minutes of a run × the share that counts, as estimated on "
        "that day. The minutes of rework that were told are subtracted"
    ),
    "automation_days",
    "automation_signals",
)
MANAGED = feature.measure(
    "managed",
    _("Managed operation"),
    _(
        "Monitoring: it reports runs. Adapting: it has an area and no review is "
        "open for more than two weeks. Quality: its check is not due. Data "
        "protection: AI, data and how long they are kept are said. Improving: a "
        "review was finished and no signal is open for more than two weeks."
    ),
    "automations",
    "automation_profile",
    "automation_checks",
    "automation_reviews",
    "automation_signals",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted in the last 28 days."""

    useful: int
    met: int  # occasions with a run in time
    occasions: int
    bypassed: int
    by_hand: int
    rework: int  # minutes
    gross: int  # minutes
    saved: int  # minutes that the runs told themselves
    durations: tuple[int, ...]
    items: int = 0  # what the runs said they did

    @property
    def net(self) -> int:
        """Minutes that were saved, without the rework."""
        return self.gross + self.saved - self.rework

    @property
    def bypass_rate(self) -> float | None:
        """The share of uses that went around it, None where there were none."""
        around = self.bypassed + self.by_hand
        return around / (around + self.useful) if around + self.useful else None


def figures(ctx: Context, automation: Automation, seen: Known) -> Figures:
    """Count the last 28 days of an automation."""
    since = ctx.now - PERIOD
    first = seen.company.day_of(since).isoformat()
    sums = intake.sums(ctx.tx, automation.id, first)
    useful = sum(count for _day, kind, count, _seconds, _saved in sums if kind == RunKind.OK)
    told = learning.signals(ctx.tx, automation.id, since)
    met, occasions = on_time(ctx, automation, seen, since)
    kept = history.profile(ctx.tx, automation.id)
    return Figures(
        useful=useful,
        met=met,
        occasions=occasions,
        bypassed=sum(each.kind is SignalKind.BYPASSED for each in told),
        by_hand=sum(each.kind is SignalKind.BY_HAND for each in told),
        rework=sum(each.minutes or 0 for each in told),
        gross=gross_minutes(ctx, kept, history.of(ctx.tx, automation.id), sums),
        saved=sum(saved for _day, _kind, _count, _seconds, saved in sums),
        durations=tuple(intake.durations(ctx.tx, automation.id, since)),
        items=intake.items(ctx.tx, automation.id, since),
    )


def net_between(
    ctx: Context, automations: Sequence[Automation], start: datetime, end: datetime
) -> int | None:
    """Return the net minutes of all automations in a span of days; None where none are known."""
    zone = ctx.workspace.zone
    first, after = (calendar.day_of(each, zone).isoformat() for each in (start, end))
    sums = intake.sums_between(ctx.tx, first, after)
    rework = learning.rework_between(ctx.tx, start, end)
    kept, changed = history.profiles(ctx.tx), history.estimates(ctx.tx, start)
    gross = 0
    for each in automations:
        if each.id in sums:
            ran = sums[each.id]
            gross += gross_minutes(ctx, kept.get(each.id, {}), changed.get(each.id, ()), ran)
            gross += sum(saved for _day, _kind, _count, _seconds, saved in ran)
    return gross - rework if gross or rework else None


def gross_minutes(
    ctx: Context,
    kept: Mapping[str, str],
    changed: Sequence[Entry],
    sums: list[tuple[str, str, int, int, int]],
) -> int:
    """Return the minutes that useful runs saved, by the estimate that held on the day.

    `kept` is what holds now; `changed` what was changed since the first of the days, the latest
    first.
    """
    zone = ctx.workspace.zone

    def on(field: str, day: str, default: int) -> int:
        value = kept.get(field, "")
        for each in changed:
            if each.field == field and calendar.day_of(each.at, zone).isoformat() > day:
                value = each.before
        return int(value) if value.isdigit() else default

    total = 0
    for day, kind, count, _seconds, saved in sums:
        if kind == RunKind.OK and not saved:
            total += count * on("minutes", day, 0) * on("share", day, 100)
    return total // 100


def on_time(ctx: Context, automation: Automation, seen: Known, since: datetime) -> tuple[int, int]:
    """Return how many occasions since a moment had a run in time, and how many there were."""
    if schedule_of(automation) is None or automation.first_report_at is None:
        return 0, 0
    begin = max(since, automation.first_report_at)
    ends = intake.ends_since(ctx.tx, automation.id, begin - timedelta(days=15))
    company = local(automation, seen.company)
    met = count = 0
    for each, late_from in expected(automation, company, begin, begin):
        if late_from > ctx.now or count >= 2000:
            break
        count += 1
        met += any(each.opens <= end <= late_from for end in ends)
    return met, count


def rows(ctx: Context, automation: Automation, seen: Known) -> list[tuple[Words, Words]]:
    """Return the figures as rows of the card; use comes first."""
    found = figures(ctx, automation, seen)
    told: list[tuple[Words, Words]] = [(_("Used"), figure(RUNS, use_words(found)))]
    relieved = relief.summary(ctx, automation)
    if relieved is not None:
        told.append((_("Relief"), figure(RELIEF, relieved)))
    if found.items:
        told.append((_("Volume"), figure(RUNS, _n("{n} item", "{n} items", found.items))))
    if found.occasions:
        share = round(100 * found.met / found.occasions)
        on = _n(
            "{share} % of {n} occasion", "{share} % of {n} occasions", found.occasions, share=share
        )
        told.append((_("On time"), figure(ON_TIME, on)))
    rate = found.bypass_rate
    if rate:
        around = _(
            "{share} %, {n} of {all}",
            share=round(100 * rate),
            n=found.bypassed + found.by_hand,
            all=found.bypassed + found.by_hand + found.useful,
        )
        told.append((_("Bypassed or by hand"), figure(BYPASS, around)))
    if found.gross or found.rework or found.saved:
        told.append((_("Net time"), figure(NET, net_words(found))))
    if len(found.durations) >= LEAST_DURATIONS:
        told.append((_("Duration"), figure(ON_TIME, _duration(found))))
    return told


def use_words(found: Figures) -> Sentence:
    """Return how often it ran usefully in four weeks, beside what was expected or a week's mean."""
    useful = figure(RUNS, found.useful)
    words = _n("{n} useful run in 28 days", "{n} useful runs in 28 days", useful)
    if found.occasions:
        return _("{words}, {n} expected", words=words, n=figure(RUNS, found.occasions))
    if found.useful >= WEEKS:
        a_week = round(found.useful / WEEKS)
        return _("{words}, about {n} a week", words=words, n=figure(RUNS, a_week))
    return words


def net_words(found: Figures) -> Sentence:
    """Return gross, rework and net; both parts are shown."""
    return _(
        "about {net} min ({gross} min − {rework} min rework, estimated, 28 days)",
        net=found.net,
        gross=found.gross + found.saved,
        rework=found.rework,
    )


def _duration(found: Figures) -> Sentence:
    quarters = quantiles(found.durations, n=4)
    return _(
        "{median} s, half of them between {low} s and {high} s",
        median=round(median(found.durations)),
        low=round(quarters[0]),
        high=round(quarters[2]),
    )


# --- the five parts of managed operation ---------------------------------------------------


def flags(ctx: Context, automation: Automation) -> list[tuple[Sentence, bool]]:
    """Return the five parts of managed operation: in place or not, by what is stored."""
    kept = history.profile(ctx.tx, automation.id)
    due = checks.due_check(ctx, automation)
    looked = learning.last_check(ctx.tx, automation.id)
    reviews = learning.reviews(ctx.tx, automation.id)
    old = ctx.now - timedelta(days=14)
    waiting = [each for each in learning.open_signals(ctx.tx, automation.id) if each.at < old]
    late = [each for each in reviews if each.ended_at is None and each.opened_at < old]
    return [
        (_("monitoring"), automation.last_report_at is not None),
        (_("adapting"), bool(kept.get("area")) and not late),
        (_("quality"), looked is not None and due is not None and ctx.now < due),
        (_("data protection"), bool(kept.get("ai") and kept.get("data") and kept.get("retention"))),
        (_("improving"), not waiting and any(each.outcome for each in reviews)),
    ]


def flags_words(ctx: Context, automation: Automation) -> Words:
    """Return which of the five parts are in place, and which are not yet."""
    found = flags(ctx, automation)
    there = [label for label, yes in found if yes]
    gaps = [label for label, yes in found if not yes]
    if not gaps:
        return figure(MANAGED, _("all five in place"))
    if not there:
        return figure(MANAGED, _("none of the five yet"))
    return figure(MANAGED, _("{there}; not yet: {gaps}", there=there, gaps=gaps))
