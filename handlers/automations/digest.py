"""What the weekly digest and home say of automations: which are used, what is to be decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from handlers import rights
from handlers.automations import escalation, figures, people, timetable
from handlers.automations.learning import checks, signals
from handlers.automations.measures import stands
from handlers.automations.rules.company import Known, known
from handlers.automations.rules.standing import State
from handlers.automations.state import (
    decisions,
    evidence,
    is_own,
    label_with_end,
    outage_words,
    owner,
)
from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Glance, Section, Task, Week, figure
from handlers.kit.messages import Button, Facts, Items, Part, Title
from handlers.kit.people import name
from handlers.kit.readers import folded
from handlers.kit.words import Words, _, _n, apart, first_lines, some
from handlers.on_call import duty
from storage import automations
from storage.automations import Automation, history, learning, outages, questions
from storage.automations.states import SignalKind
from storage.engine.ids import AutomationId

feature = Feature(_("Automations"))

GRACE = timedelta(days=7)  # how long something new may go without its first run
SHOWN = 5
UNANSWERED = 5  # working days after which the digest names a question

USE = feature.measure(
    "use",
    _("In use"),
    _(
        "automations that report runs as expected, of all that are not retired. "
        "Those count too of which somebody said in the last 90 days that they are "
        "in use"
    ),
    "automations",
)
UNUSED = feature.measure(
    "unused",
    _("Possibly unused"),
    _(
        "no run for at least 28 days, three occasions and three times the usual "
        "gap, in working days. Times when Lotse did not run, pauses and days of "
        "rest are left out"
    ),
    "automations",
    "intake_gaps",
)
UNMEASURED = feature.measure(
    "unmeasured",
    _("Never reported"),
    _("it has never reported a run"),
    "automations",
)
STANDS = feature.measure(
    "stands",
    _("How automations stand"),
    _(
        "Fails: the last run failed. Idle: five runs in a row found nothing to do. "
        "Late: a run is missing. Resting: outside its season, or on a day of rest. "
        "Unknown: Lotse did not run, or heard too little, when a run was expected."
    ),
    "automations",
    "intake_gaps",
)
OWNERLESS = feature.measure(
    "ownerless",
    _("Nobody answers for it"),
    _(
        "automations that reported a run and that nobody has entered yet, and those whose "
        "accountable person is no longer active"
    ),
    "automations",
)
LEARNT = feature.measure(
    "learnt",
    _("Told about automations"),
    _("what was told in the week, counted for each automation, without names"),
    "automation_signals",
)
CHECKED = feature.measure(
    "checked",
    _("Looks at results"),
    _("looks at five results that were entered in the week, and those that are due by now"),
    "automation_checks",
)
NET_WEEK = feature.measure(
    "net week",
    _("Net time of the week"),
    _(
        "useful runs of the week × minutes of a run × the share that counts, over all automations. "
        "Minutes that runs told themselves count instead. Rework told in the week is subtracted"
    ),
    "automation_days",
    "automation_profile",
    "automation_signals",
)

STATES_TOLD = (
    (State.UNUSED, UNUSED, _("Possibly unused")),
    (State.FAILING, STANDS, _("Fails")),
    (State.IDLE, STANDS, _("Idle")),
    (State.LATE, STANDS, _("Late")),
    (State.UNMEASURED, UNMEASURED, _("Never reported")),
    (State.UNKNOWN, STANDS, _("Unknown because of Lotse")),
    (State.RESTING, STANDS, _("Resting")),
)


@feature.section(50, team=True)
def section(ctx: Context, week: Week) -> Section | None:
    """Return what nobody has decided about automations, and what there is to know."""
    all_of_them = automations.all(ctx.tx)
    if week.team is not None:
        profiles = history.profiles(ctx.tx)
        ours = [
            each
            for each in all_of_them
            if folded(profiles.get(each.id, {}).get("area", "")) in week.team.areas
        ]
        return Section(parts=tuple(_learnt(ctx, week, ours)))
    seen = known(ctx)
    standings = [seen.standing(each) for each in all_of_them]
    stood = [each.state for each in standings]
    used = sum(
        each.state is State.IN_USE or (each.state is State.NEW and not each.late)
        for each in standings
    )
    unmeasured = figure(UNMEASURED, stood.count(State.UNMEASURED))
    open_ones = questions.open_ones(ctx.tx)
    decides = [
        task
        for each in all_of_them
        if (task := _task(ctx, each, seen, open_ones.get(each.id))) is not None
    ]
    left = [
        each for each in all_of_them if each.accountable and not duty.is_here(ctx, each.accountable)
    ]
    decides = [*people.left_behind(ctx, left), *decides]
    drafts = automations.drafts(ctx.tx)
    if drafts:
        adopt = Button(_("Enter it"), call("auto adopt", draft=drafts[0].id))
        names = some([each.name for each in drafts], SHOWN)
        words = _("Nobody answers for it yet: {names}.", names=names)
        decides.append(Task(words, (adopt,), drafts[0].registered_at, "automations:drafts"))
    verdict = (_in_use(used, len(all_of_them), unmeasured),) if all_of_them else ()
    parts, quiet = _signal_parts(ctx, week, all_of_them, seen, open_ones)
    return Section(
        tuple(decides),
        (*_ownerless(left, drafts), *parts),
        verdict,
        _saved_words(ctx, week, all_of_them),
        tuple(quiet),
    )


def _ownerless(left: Sequence[Automation], drafts: Sequence[Automation]) -> list[Part]:
    """Return how many automations nobody answers for, beside the services of which that holds."""
    named: list[Words] = [_("“{name}”", name=each.name) for each in (*left, *drafts)]
    if not named:
        return []
    said = _n(
        "Nobody answers for {n} automation ({names}).",
        "Nobody answers for {n} automations ({names}).",
        figure(OWNERLESS, len(named)),
        names=some(named, SHOWN),
    )
    return [Title(_("Gaps")), Items((said,))]


def _in_use(used: int, whole: int, unmeasured: int) -> Words:
    """Return how many are in use; of those that never reported only when there are any."""
    if not unmeasured:
        return _n(
            "{used} of {n} automation in use",
            "{used} of {n} automations in use",
            figure(USE, whole),
            used=figure(USE, used),
        )
    return _n(
        "{used} of {n} automation in use ({unmeasured} never reported)",
        "{used} of {n} automations in use ({unmeasured} never reported)",
        figure(USE, whole),
        used=figure(USE, used),
        unmeasured=unmeasured,
    )


@feature.glance(30)
def glance(ctx: Context) -> list[Glance]:
    """Return the automations that the asker answers for."""
    mine = [
        each for each in automations.all(ctx.tx) if ctx.person.id in (each.accountable, each.deputy)
    ]
    if not mine:
        return []
    seen = known(ctx)
    items = tuple(
        _("{name}: {state}", name=each.name, state=label_with_end(seen.standing(each)))
        for each in mine
    )
    return [Glance(_("My automations"), items, rest=call("auto"))]


def _task(
    ctx: Context, automation: Automation, seen: Known, question: questions.Question | None
) -> Task | None:
    """Return what is to be decided; whoever decides has known of it for two working days."""
    since = _since(automation, seen, question, ctx.now)
    if since is None:
        return None
    decides = owner(ctx, automation)
    rests: Words = evidence(ctx, automation, seen)
    if question is not None:
        asked = calendar.day_of(question.opened_at, ctx.workspace.zone)
        rests = _("{words}; asked on {day}", words=rests, day=asked)
    values = {
        "name": automation.name,
        "evidence": rests,
        "who": name(ctx, decides.id if decides else automation.accountable),
    }
    if automation.last_report_at is None:
        words = _("“{name}”: never reported ({evidence}). To decide: {who}.", **values)
    elif question is not None and question.step >= timetable.WITHOUT_ANSWER:
        words = _(
            "“{name}” may no longer be used, without an answer: {evidence}. To decide: {who}.",
            **values,
        )
    else:
        words = _("“{name}” may no longer be used: {evidence}. To decide: {who}.", **values)
    return Task(words, _buttons(ctx, automation), since, f"automation:{automation.id}")


def _buttons(ctx: Context, automation: Automation) -> tuple[Button, ...]:
    """Return what the asker may do: decide, or ask whoever decides again."""
    if is_own(ctx, automation):
        return decisions(automation)
    decides = owner(ctx, automation)
    if decides is None or not rights.may("automation", rights.general(ctx)):
        return ()
    again = _("Ask {who} again", who=name(ctx, decides.id))
    return (Button(again, call("auto ask", automation=automation.id)),)


def _since(
    automation: Automation, seen: Known, question: questions.Question | None, now: datetime
) -> datetime | None:
    """Return since when somebody should decide about an automation; None when nobody has to."""
    found = seen.standing(automation).state
    if found is State.UNUSED and question is not None:
        return question.opened_at if escalation.age(question, seen) >= stands.SEEN else None
    kept = automation.kept_until is not None and now < automation.kept_until
    quiet = automation.quiet_until is not None and now < automation.quiet_until
    if found is State.UNMEASURED and not (kept or quiet):
        since = automation.registered_at + GRACE
        return since if now > since else None
    return None


def _signal_parts(
    ctx: Context,
    week: Week,
    all_of_them: list[Automation],
    seen: Known,
    open_ones: Mapping[AutomationId, questions.Question],
) -> tuple[list[Part], list[Words]]:
    """Return the chapters, and the names of those without a finding."""
    rows: list[tuple[Words, Words]] = []
    for state, measure, label in STATES_TOLD:
        stand = [
            (each, open_ones.get(each.id), stands.began(ctx, each, seen))
            for each in all_of_them
            if seen.standing(each).state is state
        ]
        names = [
            stands.named(ctx, each, question, began)
            for each, question, began in stand
            if stands.is_seen(each, seen, question, began)
        ]
        if names:
            n = figure(measure, len(names))
            rows.append((label, _("{n} ({names})", n=n, names=apart(some(names, SHOWN)))))
    for outage in outages.since(ctx.tx, week.start):
        if outage.began_at < week.end:
            rows.append((_("Lotse itself"), outage_words(outage)))
    parts: list[Part] = [Title(_("Automations")), Facts(tuple(rows))] if rows else []
    operation = _operation(ctx, week, all_of_them, seen)
    named = ((_("Automations"), parts), (_("Operation"), operation))
    quiet: list[Words] = [title for title, each in named if not each] if all_of_them else []
    return [*parts, *_learnt(ctx, week, all_of_them), *operation], quiet


def _learnt(ctx: Context, week: Week, of: list[Automation]) -> list[Part]:
    """Return what was told about these automations in the week."""
    told: dict[tuple[str, SignalKind], dict[str, int]] = {}
    for automation, kind, reason, n in learning.signals_between(ctx.tx, week.start, week.end):
        told.setdefault((automation, kind), {})[reason] = n
    learnt: list[Words] = [
        _("{name}: {what}", name=each.name, what=counted)
        for each in of
        if (
            counted := [
                _count_words(kind, told[each.id, kind])
                for kind in SignalKind
                if (each.id, kind) in told
            ]
        )
    ]
    if not learnt:
        return []
    return [Title(_("What we are learning")), Items(tuple(first_lines(learnt, SHOWN)))]


def _count_words(kind: SignalKind, reasons: dict[str, int]) -> Words:
    """Return how often something was told, and its reason where one was told more than others."""
    n = figure(LEARNT, sum(reasons.values()))
    often = max(reasons.values())
    most = [each for each, times in reasons.items() if each and times == often]
    if often > 1 and len(most) == 1 and list(reasons.values()).count(often) == 1:
        why = signals.REASONS.get(most[0], most[0])
        return _("{kind} {n}× (mostly: {why})", kind=signals.TOLD[kind], n=n, why=why)
    return _("{kind} {n}×", kind=signals.TOLD[kind], n=n)


def _saved_words(ctx: Context, week: Week, of: Sequence[Automation]) -> tuple[Words, ...]:
    """Return the week's net time, estimated; nothing where nobody estimated or told any."""
    net = figures.net_between(ctx, of, week.start, week.end)
    if net is None:
        return ()
    hours = figure(NET_WEEK, net / 60)
    return (_("net time about {n} h (estimated)", n=hours),)


def _operation(ctx: Context, week: Week, of: Sequence[Automation], seen: Known) -> list[Part]:
    done = learning.checks_between(ctx.tx, week.start, week.end)
    late = [
        _("“{name}”, since {day}", name=each.name, day=calendar.day_of(due, ctx.workspace.zone))
        for each, due in checks.overdue(ctx, of)
        if seen.working_days(due, ctx.now) >= stands.SEEN
    ]
    items: list[Words] = []
    if done:
        items.append(_n("{n} look at results", "{n} looks at results", figure(CHECKED, done)))
    if late:
        n = figure(CHECKED, len(late))
        items.append(_("{n} still to look at ({names})", n=n, names=apart(some(late, SHOWN))))
    for kind, area, _words, count in learning.changes_between(ctx.tx, week.start, week.end):
        reviews = _n("{n} review", "{n} reviews", figure(figures.REVIEWS, count))
        items.append(
            _(
                "{kind} changed ({area}): {reviews}",
                kind=checks.Change(kind).words,
                area=area,
                reviews=reviews,
            )
        )
    waiting = [
        each
        for each in learning.open_signals(ctx.tx)
        if each.kind in signals.ASKS and seen.working_days(each.at, ctx.now) > UNANSWERED
    ]
    if waiting:
        unanswered = figure(figures.REVIEWS, len(waiting))
        items.append(_n("{n} question unanswered", "{n} questions unanswered", unanswered))
    return [Title(_("Operation")), Items(tuple(items))] if items else []
