"""The weekly digest: what must be decided, what came back, what nobody uses. One screen.

The only reader of several storage modules. What is counted are processes, never people.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers import rights
from handlers.after_hours import digest as after_hours_digest
from handlers.automations.rules.company import known
from handlers.automations.state import State, decisions, evidence, is_own, owner, state
from handlers.closing import digest as closing_digest
from handlers.digest import schedule
from handlers.incidents.cards import headline, standing
from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Items,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
)
from handlers.kit.people import name
from handlers.kit.words import Sentence, Words, _, _n, shortened
from handlers.measures.catalogue import Id, figure
from handlers.on_call.duty import is_here
from handlers.ownership import digest as ownership_digest
from handlers.ownership import leaving
from handlers.pilots.cards import age, tally
from handlers.problems import digest as problem_digest
from storage import automations, friction, incidents, people, pilots
from storage import digest as digests
from storage import services as register
from storage.automations import Automation
from storage.delivery import timers
from storage.delivery.places import MANAGERS
from storage.incidents import Incident

feature = Feature(_("Weekly digest"))

LATEST = timedelta(hours=48)  # later than that a digest is skipped, and the next one says so
GRACE = timedelta(days=7)  # how long something new may go without its first run
DECISIONS = 3
SHOWN = 5


@feature.timer("digest")
def post(ctx: Context, week: str) -> Reply:
    """Post the digest on `week`, once, and plan the next one."""
    zone, region = ctx.workspace.zone, ctx.workspace.region
    following = calendar.after(week)
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind="digest",
        key=schedule.key(following),
        due=schedule.due(following, zone, region),
        week=following,
    )
    pilots.forget_who_answered(ctx.tx, following)
    late = ctx.now - schedule.due(week, zone, region) > LATEST
    if not digests.add(ctx.tx, week, "skipped" if late else "posted", ctx.now) or late:
        return Reply()
    message = compose(ctx, week, _skipped_before(ctx, week))
    posts = [Post(schedule.key(week), message, MANAGERS, "digest")]
    posts += [
        Post(schedule.key(week), message, f"direct:{boss.id}", "digest")
        for boss in people.managers(ctx.tx)
    ]
    return Reply(posts=tuple(posts))


@feature.command(
    "digest",
    "wochenbericht",
    help=_("This week so far, as it would be posted."),
    reads=True,
    needs="digest",
)
def preview(ctx: Context) -> Reply:
    return Reply(compose(ctx, calendar.week_of(ctx.now, ctx.workspace.zone), [], preview=True))


def compose(ctx: Context, week: str, skipped: list[str], *, preview: bool = False) -> Message:
    """Write the digest on `week`: decide first, then know.

    A preview shows the asker only the buttons that would obey them.
    """
    zone = ctx.workspace.zone
    start, end = calendar.bounds(week, zone)
    first = calendar.monday(week)
    parts: list[Part] = [
        Title(
            _(
                "Week {number} · {first} to {last}",
                number=int(week[6:]),
                first=first,
                last=first + timedelta(days=6),
            )
        )
    ]
    ours = incidents.between(ctx.tx, start, end)
    before = incidents.between(ctx.tx, start - timedelta(days=7), start)
    autos = automations.all(ctx.tx)
    seen = known(ctx)
    found = {each: [a for a in autos if state(ctx, a, seen) is each] for each in State}
    undecided = _undecided(ctx, preview)
    parts.append(Text(_verdict(ctx, ours, before, undecided, autos, found)))
    if skipped:
        those = [_("week {number}", number=int(each[6:])) for each in skipped]
        parts.append(Text(_("Not posted, because Lotse did not run: {weeks}.", weeks=those)))
    parts += _decisions(undecided)
    parts += problem_digest.parts(ctx, start, end)
    parts += _incidents(ctx, ours)
    parts += closing_digest.parts(ctx, ours, start, end)
    parts += _use(found)
    parts += _learning(ctx, week, start, end)
    counted = _("This counts processes, not people; answers are shown from five votes on.")
    parts.append(Text(counted, small=True))
    parts.append(Buttons((Button(_("How is this computed?"), call("computed"), "quiet"),)))
    return Message(tuple(parts))


def _verdict(
    ctx: Context,
    ours: list[Incident],
    before: list[Incident],
    undecided: list[Task],
    autos: list[Automation],
    found: dict[State, list[Automation]],
) -> Sentence:
    decisions = _n("{n} decision open", "{n} decisions open", len(undecided))
    declared = _n("{n} incident", "{n} incidents", len(ours))
    return _(
        "{decisions} · {incidents} ({change}) · {used} of {all} automations in use"
        " ({unmeasured} not measured)",
        decisions=figure(Id.DECISIONS, decisions),
        incidents=figure(Id.INCIDENTS, declared),
        change=figure(Id.INCIDENTS, change(len(ours), len(before))),
        used=figure(Id.USE, len(found[State.IN_USE])),
        all=figure(Id.USE, len(autos)),
        unmeasured=figure(Id.UNMEASURED, len(found[State.UNMEASURED])),
    )


def change(now: int, before: int) -> Sentence:
    """Return a difference to the week before, with its sign."""
    if now == before:
        return _("as the week before")
    if now > before:
        return _("{n} more than the week before", n=now - before)
    return _("{n} fewer than the week before", n=before - now)


def _undecided(ctx: Context, preview: bool) -> list[Task]:
    """Return what nobody has decided yet: overdue causes of bans, what somebody left behind,

    overdue causes behind workarounds, then the oldest first.
    """
    found: list[Task] = []
    for incident in incidents.open_ones(ctx.tx):
        if incident.unanswered or incident.silent:
            take = Button(_("I'll look after it"), call("ack", number=incident.number))
            words = _(
                "{title}: {standing}",
                title=shortened(headline(incident), 100),
                standing=standing(ctx, incident, pings=False),
            )
            mine = not preview or rights.may_for(ctx, "ack", incident)
            found.append(Task(words, (take,) if mine else (), incident.declared_at))
    for automation in automations.all(ctx.tx):
        since = _undecided_since(ctx, automation)
        if since is not None:
            decides = owner(ctx, automation)
            values = {
                "name": automation.name,
                "evidence": evidence(ctx, automation),
                "who": name(ctx, decides.id if decides else automation.accountable),
            }
            if automation.last_run_at is None:
                words = _("“{name}” is not measured: {evidence}. It is up to {who}.", **values)
            else:
                words = _("“{name}” is possibly unused: {evidence}. It is up to {who}.", **values)
            mine = not preview or is_own(ctx, automation)
            found.append(Task(words, decisions(automation) if mine else (), since))
    manages = not preview or rights.may("service", rights.general(ctx))
    found += ownership_digest.untaken(ctx, manages=manages)
    found += closing_digest.undecided(ctx, preview)
    found.sort(key=lambda each: each.since or ctx.now)
    red = leaving.left_behind(ctx)
    if not manages:
        red = [replace(each, buttons=()) for each in red]
    banned, late = problem_digest.undecided(ctx), closing_digest.late_fixes(ctx, preview)
    return [*banned, *red, *late, *found]


def _undecided_since(ctx: Context, automation: Automation) -> datetime | None:
    """Return since when somebody should decide about an automation; None when nobody has to."""
    found = state(ctx, automation)
    if found is State.UNUSED:
        return automation.last_report_at
    kept = automation.kept_until is not None and ctx.now < automation.kept_until
    if found is State.UNMEASURED and automation.last_report_at is None and not kept:
        return (
            automation.registered_at + GRACE if ctx.now > automation.registered_at + GRACE else None
        )
    return None


def _decisions(undecided: list[Task]) -> list[Part]:
    if not undecided:
        return []
    parts: list[Part] = [Title(_("Nobody has decided yet"))]
    for each in undecided[:DECISIONS]:
        parts.append(Text(each.words))
        if each.buttons:
            parts.append(Buttons(each.buttons))
    rest = len(undecided) - DECISIONS
    if rest > 0:
        parts.append(Text(_n("and {n} more", "and {n} more", rest), small=True))
    return parts


def _incidents(ctx: Context, ours: list[Incident]) -> list[Part]:
    parts: list[Part] = []
    gaps = sum(each.gap for each in ours)
    known = register.all(ctx.tx)
    missing = [each.name for each in known if not is_here(ctx, each.accountable)]
    failed, said = {each.service for each in ours}, closing_digest.without_runbook(ctx)
    unwritten = [
        each.name
        for each in known
        if each.runbook is None and not each.fallback and (each.id in failed or each.name in said)
    ]
    owners: list[Words] = []
    if gaps:
        owners.append(
            _n(
                "{n} incident of the week belonged to no known service.",
                "{n} incidents of the week belonged to no known service.",
                figure(Id.GAPS, gaps),
            )
        )
    if missing:
        owners.append(
            _("Without an accountable person: {services}.", services=figure(Id.GAPS, missing))
        )
    if unwritten:
        owners.append(_("Without a runbook: {services}.", services=figure(Id.RUNBOOKS, unwritten)))
    if owners:
        parts += [Title(_("Ownership gaps")), Items(tuple(owners))]
    return parts


def _use(found: dict[State, list[Automation]]) -> list[Part]:
    rows: list[tuple[Words, Words]] = []
    for each, id, label in (
        (State.UNUSED, Id.UNUSED, _("Possibly unused")),
        (State.UNMEASURED, Id.UNMEASURED, _("Not measured")),
    ):
        names = [automation.name for automation in found[each]]
        if names:
            rows.append((label, _("{names}", names=figure(id, names))))
    return [Title(_("Automations")), Facts(tuple(rows))] if rows else []


def _learning(ctx: Context, week: str, start: datetime, end: datetime) -> list[Part]:
    noted = friction.count(ctx.tx, start, end)
    earlier = friction.count(ctx.tx, start - timedelta(days=7), start)
    said = pilots.said_in(ctx.tx, week)
    rows: list[tuple[Words, Words]] = [
        (
            _("Friction"),
            _(
                "{n} noted ({change})",
                n=figure(Id.FRICTION, noted),
                change=figure(Id.FRICTION, change(noted, earlier)),
            ),
        ),
        (_("Feedback"), _n("{n} sentence", "{n} sentences", figure(Id.FEEDBACK, said))),
    ]
    late = after_hours_digest.in_week(ctx, start, end)
    if late is not None:
        rows.append((_("Outside working hours"), figure(Id.NIGHT, late)))
    for pilot in pilots.all(ctx.tx)[:SHOWN]:
        answers = pilots.answers(ctx.tx, pilot.id)
        rows.append(
            (
                pilot.name,
                _(
                    "{age}; {tally}",
                    age=figure(Id.AGE, age(ctx, pilot)),
                    tally=figure(Id.RELIEF, tally(answers)),
                ),
            )
        )
    return [Title(_("What we are learning")), Facts(tuple(rows))]


def _skipped_before(ctx: Context, week: str) -> list[str]:
    """Return the weeks without a digest since the last one that was posted."""
    skipped: list[str] = []
    for earlier, how in reversed(digests.weeks(ctx.tx)):
        if earlier >= week:
            continue
        if how != "skipped":
            break
        skipped.append(earlier)
    return skipped[::-1]
