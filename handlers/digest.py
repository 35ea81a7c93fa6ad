"""The weekly digest: what must be decided, what came back, what nobody uses. One screen.

The only reader of several storage modules. What is counted are processes, never people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers import closing_digest, night, rights, weeks
from handlers.automations import State, decisions, evidence, is_own, state
from handlers.incident_cards import headline, service_name, shortened, standing
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
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
from handlers.kit.words import Sentence, Words, _, _n
from handlers.likeness import alike
from handlers.pilots import age, tally
from handlers.services import name
from storage import automations, digests, friction, incidents, people, pilots, timers
from storage import services as register
from storage.automations import Automation
from storage.engine import Tx
from storage.incidents import Incident
from storage.places import MANAGERS

feature = Feature(_("Weekly digest"))

HOUR = time(8, 30)
LATEST = timedelta(hours=48)  # later than that a digest is skipped, and the next one says so
WINDOW = timedelta(days=30)  # how far back repeats are looked for
GRACE = timedelta(days=7)  # how long something new may go without its first run
DECISIONS = 3
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same thing several times: incidents of one service with near-same titles."""

    service: str
    incidents: tuple[Incident, ...]


def due(week: str, zone: str, region: str) -> datetime:
    """Return when the digest on `week` is posted: the Monday after it, 08:30 local.

    On a public holiday the next working day (docs/rules.md, digest).
    """
    day = weeks.working_day_from(weeks.monday(weeks.after(week)), region)
    return weeks.at(day, HOUR, zone)


def key(week: str) -> str:
    """Return the key of a week's digest and of its timer."""
    return f"digest:{week}"


def plan(tx: Tx, *, id: str, now: datetime, zone: str, region: str) -> None:
    """Set the timer of the first digest of a workspace: on the week that is running."""
    week = weeks.week_of(now, zone)
    done = digests.weeks(tx)
    if done:
        week = max(week, weeks.after(done[-1][0]))
    if timers.due_of(tx, key(week)) is None:
        timers.set(tx, id=id, kind="digest", key=key(week), due=due(week, zone, region), week=week)


@feature.timer("digest")
def post(ctx: Context, week: str) -> Reply:
    """Post the digest on `week`, once, and plan the next one."""
    zone, region = ctx.workspace.zone, ctx.workspace.region
    following = weeks.after(week)
    timers.set(
        ctx.tx, id=ctx.new_id(), kind="digest", key=key(following),
        due=due(following, zone, region), week=following,
    )  # fmt: skip
    pilots.forget_who_answered(ctx.tx, following)
    late = ctx.now - due(week, zone, region) > LATEST
    if not digests.add(ctx.tx, week, "skipped" if late else "posted", ctx.now) or late:
        return Reply()
    message = compose(ctx, week, _skipped_before(ctx, week))
    posts = [Post(key(week), message, MANAGERS, "digest")]
    posts += [
        Post(key(week), message, f"direct:{boss.id}", "digest") for boss in people.managers(ctx.tx)
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
    return Reply(compose(ctx, weeks.week_of(ctx.now, ctx.workspace.zone), [], preview=True))


def compose(ctx: Context, week: str, skipped: list[str], *, preview: bool = False) -> Message:
    """Write the digest on `week`: decide first, then know.

    A preview shows the asker only the buttons that would obey them.
    """
    zone = ctx.workspace.zone
    start, end = weeks.bounds(week, zone)
    first = weeks.monday(week)
    parts: list[Part] = [
        Title(
            _("Week {number} · {first} to {last}", number=int(week[6:]), first=first,
              last=first + timedelta(days=6))
        )
    ]  # fmt: skip
    ours = incidents.between(ctx.tx, start, end)
    before = incidents.between(ctx.tx, start - timedelta(days=7), start)
    autos = automations.all(ctx.tx)
    found = {each: [a for a in autos if state(a, ctx.now) is each] for each in State}
    undecided = _undecided(ctx, preview)
    parts.append(Text(_verdict(ctx, ours, before, undecided, autos, found)))
    if skipped:
        those = [_("week {number}", number=int(each[6:])) for each in skipped]
        parts.append(Text(_("Not posted, because Lotse did not run: {weeks}.", weeks=those)))
    parts += _decisions(undecided)
    again = [each for each in repeats(ctx, end) if each.incidents[-1].declared_at >= start]
    parts += _incidents(ctx, ours, again)
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
    undecided: list[tuple[Words, tuple[Button, ...]]],
    autos: list[Automation],
    found: dict[State, list[Automation]],
) -> Sentence:
    return _(
        "{decisions} · {incidents} ({change}) · {used} of {all} automations in use"
        " ({unmeasured} not measured)",
        decisions=_n("{n} decision open", "{n} decisions open", len(undecided)),
        incidents=_n("{n} incident", "{n} incidents", len(ours)),
        change=change(len(ours), len(before)),
        used=len(found[State.IN_USE]),
        all=len(autos),
        unmeasured=len(found[State.UNMEASURED]),
    )


def change(now: int, before: int) -> Sentence:
    """Return a difference to the week before, with its sign."""
    if now == before:
        return _("as the week before")
    if now > before:
        return _("{n} more than the week before", n=now - before)
    return _("{n} fewer than the week before", n=before - now)


def _undecided(ctx: Context, preview: bool) -> list[tuple[Words, tuple[Button, ...]]]:
    """Return what nobody has decided yet, the oldest first: incidents, then unused automations."""
    found: list[tuple[datetime, Words, tuple[Button, ...]]] = []
    for incident in incidents.open_ones(ctx.tx):
        if incident.acknowledged_by is None or incident.silent:
            take = Button(_("I'll look after it"), call("ack", number=incident.number))
            words = _(
                "{title}: {standing}",
                title=shortened(headline(incident), 100),
                standing=standing(ctx, incident, pings=False),
            )
            mine = not preview or rights.may_for(ctx, "ack", incident)
            found.append((incident.declared_at, words, (take,) if mine else ()))
    for automation in automations.all(ctx.tx):
        since = _undecided_since(automation, ctx.now)
        if since is not None:
            values = {
                "name": automation.name,
                "evidence": evidence(automation, ctx.now),
                "who": name(ctx, automation.accountable),
            }
            if automation.last_run_at is None:
                words = _("“{name}” is not measured: {evidence}. It is up to {who}.", **values)
            else:
                words = _("“{name}” is possibly unused: {evidence}. It is up to {who}.", **values)
            mine = not preview or is_own(ctx, automation)
            found.append((since, words, decisions(automation) if mine else ()))
    found += closing_digest.undecided(ctx, preview)
    found.sort(key=lambda each: each[0])
    return [(words, buttons) for _since, words, buttons in found]


def _undecided_since(automation: Automation, now: datetime) -> datetime | None:
    """Return since when somebody should decide about an automation; None when nobody has to."""
    if automation.kept_until is not None and now < automation.kept_until:
        return None
    if state(automation, now) is State.UNUSED and automation.last_run_at is not None:
        return automation.last_run_at + timedelta(days=automation.rhythm_days)
    if state(automation, now) is State.UNMEASURED:
        return automation.registered_at + GRACE if now > automation.registered_at + GRACE else None
    return None


def _decisions(undecided: list[tuple[Words, tuple[Button, ...]]]) -> list[Part]:
    if not undecided:
        return []
    parts: list[Part] = [Title(_("Nobody has decided yet"))]
    for words, buttons in undecided[:DECISIONS]:
        parts.append(Text(words))
        if buttons:
            parts.append(Buttons(buttons))
    rest = len(undecided) - DECISIONS
    if rest > 0:
        parts.append(Text(_n("and {n} more", "and {n} more", rest), small=True))
    return parts


def _incidents(ctx: Context, ours: list[Incident], again: list[Repeat]) -> list[Part]:
    parts: list[Part] = []
    if again:
        items: list[Words] = []
        for each in again[:SHOWN]:
            newest = each.incidents[-1]
            still = sum(one.state == "open" for one in each.incidents)
            items.append(
                _("“{title}” ({service}): {n} times in 30 days, {open}",
                  title=newest.title, service=service_name(ctx, newest), n=len(each.incidents),
                  open=_n("{n} open", "{n} open", still) if still else _("none open"))
            )  # fmt: skip
        parts += [Title(_("Came back")), Items(tuple(items))]
    gaps = sum(each.gap for each in ours)
    missing = [
        each.name for each in register.all(ctx.tx)
        if not _active(ctx, each.accountable)
    ]  # fmt: skip
    owners: list[Words] = []
    if gaps:
        owners.append(
            _n(
                "{n} incident of the week belonged to no known service.",
                "{n} incidents of the week belonged to no known service.",
                gaps,
            )
        )
    if missing:
        owners.append(_("Without an accountable person: {services}.", services=missing))
    gaps_of_knowledge = closing_digest.without_runbook(ctx)
    if gaps_of_knowledge:
        owners.append(_("Without a runbook: {services}.", services=gaps_of_knowledge))
    if owners:
        parts += [Title(_("Ownership gaps")), Items(tuple(owners))]
    return parts


def _active(ctx: Context, id: str) -> bool:
    found = ctx.person_of(id)
    return found is not None and found.active


def _use(found: dict[State, list[Automation]]) -> list[Part]:
    rows: list[tuple[Words, Words]] = []
    for each, label in (
        (State.UNUSED, _("Possibly unused")),
        (State.UNMEASURED, _("Not measured")),
        (State.KEPT, _("Kept, though not running")),
    ):
        names = [automation.name for automation in found[each]]
        if names:
            rows.append((label, _("{names}", names=names)))
    return [Title(_("Automations")), Facts(tuple(rows))] if rows else []


def _learning(ctx: Context, week: str, start: datetime, end: datetime) -> list[Part]:
    noted = friction.count(ctx.tx, start, end)
    earlier = friction.count(ctx.tx, start - timedelta(days=7), start)
    said = pilots.said_in(ctx.tx, week)
    rows: list[tuple[Words, Words]] = [
        (
            _("Friction"),
            _("{n} noted ({change})", n=noted, change=change(noted, earlier)),
        ),
        (_("Feedback"), _n("{n} sentence", "{n} sentences", said)),
    ]
    late = night.in_week(ctx, start, end)
    if late is not None:
        rows.append((_("Outside working hours"), late))
    for pilot in pilots.all(ctx.tx)[:SHOWN]:
        answers = pilots.answers(ctx.tx, pilot.id)
        rows.append((pilot.name, _("{age}; {tally}", age=age(ctx, pilot), tally=tally(answers))))
    return [Title(_("What we are learning")), Facts(tuple(rows))]


def repeats(ctx: Context, end: datetime) -> list[Repeat]:
    """Return what happened at least twice in the thirty days before `end`, most often first."""
    groups: list[list[Incident]] = []
    for incident in incidents.between(ctx.tx, end - WINDOW, end):
        for group in groups:
            if group[0].service == incident.service and any(
                alike(each.title, incident.title) for each in group
            ):
                group.append(incident)
                break
        else:
            groups.append([incident])
    found = [Repeat(group[0].service, tuple(group)) for group in groups if len(group) > 1]
    return sorted(found, key=lambda each: -len(each.incidents))


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


FORMULAS: tuple[tuple[Sentence, Sentence], ...] = (
    (_("Incidents"), _("declared from Monday 00:00 to Sunday 24:00 local time, without withdrawn "
                       "ones; the week before counts the seven days before that")),
    (_("Came back"), _("incidents of the same service in the last 30 days whose titles share at "
                       "least half of their words")),
    (_("Ownership gaps"), _("incidents in which no service was recognised, and services whose "
                            "accountable person is not active")),
    *closing_digest.FORMULAS,
    (_("Outside working hours"), _("incidents declared outside the company's working hours, on a "
                                   "weekend or a public holiday, for each service; never for "
                                   "people")),
    (_("In use"), _("the last reported run is not longer ago than the rhythm")),
    (_("Possibly unused"), _("it has run, but its last run is longer ago than the rhythm, and "
                             "nobody said that it is kept")),
    (_("Not measured"), _("it has never reported a run")),
    (_("Relief"), _("counted taps of all weeks, one per person and week, split from five on")),
)  # fmt: skip


@feature.command("computed", "gerechnet", help=_("How the figures are computed."), hidden=True)
def computed(ctx: Context) -> Reply:
    return Reply(Message((Title(_("How this is computed")), Facts(tuple(FORMULAS)))))
