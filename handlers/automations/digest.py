"""What the weekly digest and home say of automations: which are used, what is to be decided."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers import rights
from handlers.automations.state import STATES, State, decisions, evidence, is_own, owner, state
from handlers.kit import calendar, working_hours
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Glance, Section, Task, Week, figure
from handlers.kit.messages import Button, Facts, Title
from handlers.kit.people import name
from handlers.kit.words import Words, _
from storage import automations
from storage.automations import Automation

feature = Feature(_("Automations"))

GRACE = timedelta(days=7)  # how long something new may go without its first run
SEEN = 2  # working days that whoever decides has known of it before others read of it

USE = feature.measure(
    "use",
    _("In use"),
    _("the last reported run is not longer ago than the rhythm; of all that are not retired"),
    "automations",
)
UNUSED = feature.measure(
    "unused",
    _("Possibly unused"),
    _(
        "it has run, but its last run is longer ago than the rhythm, and nobody said that it is "
        "kept"
    ),
    "automations",
)
KEPT = feature.measure(
    "kept",
    _("Kept, though not running"),
    _("somebody said in the last 90 days that it is needed, and it has not run in its rhythm"),
    "automations",
)
UNMEASURED = feature.measure(
    "unmeasured", _("Not measured"), _("it has never reported a run"), "automations"
)


@feature.section(50)
def section(ctx: Context, week: Week) -> Section:
    """Return how many are in use, which are not, and what waits for a decision."""
    known = automations.all(ctx.tx)
    found = {each: [a for a in known if state(a, ctx.now) is each] for each in State}
    rows: list[tuple[Words, Words]] = []
    for each, measure, label in (
        (State.UNUSED, UNUSED, _("Possibly unused")),
        (State.UNMEASURED, UNMEASURED, _("Not measured")),
        (State.KEPT, KEPT, _("Kept, though not running")),
    ):
        names = [automation.name for automation in found[each] if _told(ctx, automation)]
        if names:
            rows.append((label, _("{names}", names=figure(measure, names))))
    verdict = _(
        "{used} of {all} automations in use ({unmeasured} not measured)",
        used=figure(USE, len(found[State.IN_USE])),
        all=figure(USE, len(known)),
        unmeasured=figure(UNMEASURED, len(found[State.UNMEASURED])),
    )
    parts = (Title(_("Automations")), Facts(tuple(rows))) if rows else ()
    undecided = tuple(task for each in known if (task := _undecided(ctx, each)) is not None)
    return Section(undecided, parts, (verdict,))


@feature.glance(30)
def glance(ctx: Context) -> list[Glance]:
    """Return the automations that the asker answers for."""
    mine = [
        each for each in automations.all(ctx.tx) if ctx.person.id in (each.accountable, each.deputy)
    ]
    items = tuple(
        _("{name}: {state}", name=each.name, state=STATES[state(each, ctx.now)]) for each in mine
    )
    return [Glance(_("My automations"), items)]


def _undecided(ctx: Context, automation: Automation) -> Task | None:
    since = _undecided_since(automation, ctx.now)
    if since is None or not _seen(ctx, since):
        return None
    decides = owner(ctx, automation)
    values = {
        "name": automation.name,
        "evidence": evidence(automation, ctx.now),
        "who": name(ctx, decides.id if decides else automation.accountable),
    }
    if automation.last_run_at is None:
        words = _("“{name}” is not measured: {evidence}. It is up to {who}.", **values)
    else:
        words = _("“{name}” is possibly unused: {evidence}. It is up to {who}.", **values)
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


def _undecided_since(automation: Automation, now: datetime) -> datetime | None:
    """Return since when somebody should decide about an automation; None when nobody has to."""
    if automation.kept_until is not None and now < automation.kept_until:
        return None
    if state(automation, now) is State.UNUSED and automation.last_run_at is not None:
        return automation.last_run_at + timedelta(days=automation.rhythm_days)
    if state(automation, now) is State.UNMEASURED:
        return automation.registered_at + GRACE if now > automation.registered_at + GRACE else None
    return None


def _told(ctx: Context, automation: Automation) -> bool:
    """Say whether others may read of it already: whoever decides reads of it first."""
    if state(automation, ctx.now) is not State.UNUSED or automation.last_run_at is None:
        return True
    return _seen(ctx, automation.last_run_at + timedelta(days=automation.rhythm_days))


def _seen(ctx: Context, since: datetime) -> bool:
    """Say whether whoever decides could know of it for two working days."""
    ours = working_hours.company(ctx)
    day = ours.working_days_after(calendar.day_of(since, ours.zone), SEEN)
    return calendar.day_of(ctx.now, ours.zone) >= day
