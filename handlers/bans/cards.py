"""What a repeat ban says on the cards of incidents and of services.

Below incidents and services, so that both can show it.
"""

from __future__ import annotations

from collections.abc import Sequence

from handlers.bans import owners
from handlers.bans.rules import in_days, rules
from handlers.kit import calendar
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Part, Text
from handlers.kit.people import name
from handlers.kit.readers import folded
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Sentence, Words, _, shortened
from storage import problems, repeats
from storage.engine.ids import NOBODY, IncidentNumber, ProblemNumber, ServiceId
from storage.incidents import Incident
from storage.incidents.states import IncidentState
from storage.problems import Problem
from storage.problems import changes as stored_changes
from storage.problems import overrides as problem_overrides
from storage.problems.overrides import Override
from storage.problems.states import ProblemState
from storage.repeats import Proposal, outages

Rows = list[tuple[Words, Words]]


def label(number: ProblemNumber) -> str:
    """Return how a problem is called: `PRB-1`."""
    return f"PRB-{number}"


def headline(problem: Problem) -> str:
    """Return number and title, as typed."""
    return f"{label(problem.number)} · {problem.title}"


def opens(problem: Problem) -> Button:
    """Return the button that shows a problem."""
    return Button(label(problem.number), call("problem", number=problem.number))


def of_incident(ctx: Context, incident: Incident) -> tuple[Rows, tuple[Button, ...]]:
    """Return an incident's rows about repeats and bans, and the buttons that lead on."""
    if incident.state == IncidentState.WITHDRAWN:
        return [], ()
    root = repeats.root_of(ctx.tx, incident.number)
    rows: Rows = []
    standing = problems.about(ctx.tx, incident.service, root)
    mine = [each for each in standing if each.root == root]
    often, days = _times(ctx, incident, root)
    if mine:
        rows.append((_("Repeat"), _count_words(ctx, mine[0], often, days)))
        rows += [(_("Exception"), override_words(ctx, each)) for each in of_ban(ctx, mine[0])]
    elif often > 1:
        rows.append((_("Repeat"), _("{n} in {days}", n=often, days=in_days(days))))
    others = [each for each in standing if each not in mine]
    if others and incident.state in (IncidentState.OPEN, IncidentState.RESTORED):
        refused = repeats.refused(ctx.tx, incident.number)
        others = [each for each in others if each.root not in refused]
    else:
        others = []
    rows += [(_("Keeps coming back here"), warning(ctx, each)) for each in others]
    return rows, tuple(opens(each) for each in mine or others[:1])


def foresee(ctx: Context, incident: Incident) -> None:
    """Ask ahead for what these rows and the question want to know of a new incident."""
    number = incident.number
    ctx.tx.foresee(
        lambda tx: repeats.root_of(tx, number),
        lambda tx: repeats.matches(tx, number),
        lambda tx: problems.about(tx, incident.service, number),  # it is a group of its own
        lambda tx: outages.outages(tx, number),
    )


def _times(ctx: Context, incident: Incident, root: IncidentNumber) -> tuple[int, int]:
    """Return the how manieth it is of its group, in the days up to it."""
    days = rules(ctx.tx).days
    start = calendar.days_before(incident.declared_at, days, ctx.workspace.zone)
    return outages.times(ctx.tx, root, start, incident.declared_at)[0], days


def _count_words(ctx: Context, problem: Problem, often: int, days: int) -> Sentence:
    values = {"n": often, "days": in_days(days)}
    if problem.state == ProblemState.FIXED:
        return _(
            "{n} in {days}; {who} says the cause is fixed, not verified yet",
            who=name(ctx, problem.fixed_by or NOBODY),
            **values,
        )
    return _(
        "{n} in {days}, cause open since {at:day}; {who}",
        at=problem.opened_at,
        who=owners.looks_after(ctx, problem),
        **values,
    )


def warning(ctx: Context, problem: Problem) -> Sentence:
    """Return what others of the same service should know."""
    return _(
        "“{title}” keeps coming back, cause open since {at:day}; {who}",
        title=problem.title,
        at=problem.opened_at,
        who=owners.looks_after(ctx, problem),
    )


def of_ban(ctx: Context, problem: Problem) -> list[Override]:
    """Return the overrides of a ban itself that count today."""
    return [
        each
        for each in problem_overrides.standing(ctx.tx, today_of(ctx))
        if each.problem == problem.number and each.change is None
    ]


def override_words(ctx: Context, override: Override) -> Sentence:
    """Return an override in one sentence."""
    return _(
        "by {who} until {day:day}: {reason}",
        who=name(ctx, override.person),
        day=override.until_on,
        reason=override.reason,
    )


# --- what looks alike --------------------------------------------------------------------


def question(ctx: Context, incident: Incident) -> tuple[Part, ...]:
    """Ask whether an incident is the same as the likeliest earlier one; nothing when decided.

    First about one outage that somebody else has declared, while this one is open; then
    about a repeat. What is only the same device is a link. Nothing is asked when the incident
    is over: then its owner is asked by `status`, and the digest says it.
    """
    if incident.state not in (IncidentState.OPEN, IncidentState.RESTORED):
        return ()
    found = repeats.matches(ctx.tx, incident.number)
    if incident.state == IncidentState.OPEN and (outage := _outage(found)) is not None:
        return _one_outage(outage)
    for each in found:
        if each.device:
            return _same_device(each)
        if not each.overlaps:
            return (Text(looks_like(each)), Buttons(choices(each)))
    return ()


def outage_question(ctx: Context, incident: Incident) -> tuple[Part, ...]:
    """Ask whoever declares whether it is what somebody else has declared; nothing if it is not."""
    outage = _outage(repeats.matches(ctx.tx, incident.number))
    return _one_outage(outage) if outage is not None else ()


def _outage(found: Sequence[Proposal]) -> Proposal | None:
    those = [each for each in found if each.overlaps and not each.device]
    return next((each for each in those if each.open), those[0] if those else None)


def _one_outage(outage: Proposal) -> tuple[Part, ...]:
    values = {"incident": f"INC-{outage.earlier}", "title": shortened(outage.title, 100)}
    args = {"number": outage.later, "earlier": outage.earlier}
    if outage.open:
        said = _(
            "{incident} “{title}” has been open since {at}. Is it the same incident?",
            at=outage.at,
            **values,
        )
        yes = _("The same incident")
    else:
        said = _(
            "{incident} “{title}” had only just begun to work again. Is it the same incident?",
            **values,
        )
        yes = _("The same incident, open it again")
    return (
        Text(said),
        Buttons(
            (
                Button(yes, call("fold", **args)),
                Button(_("Something else"), call("unlike", **args)),
            )
        ),
    )


def _same_device(proposal: Proposal) -> tuple[Part, ...]:
    said = _(
        "Same device: INC-{number} “{title}” of {at:day}",
        number=str(proposal.earlier),
        title=shortened(proposal.title, 100),
        at=proposal.at,
    )
    shows = Button(f"INC-{proposal.earlier}", call("show", number=proposal.earlier), "quiet")
    return (Text(said, small=True), Buttons((shows,)))


def looks_like(proposal: Proposal) -> Sentence:
    """Return an earlier incident and why it is proposed, with words that stand in both."""
    there = folded(proposal.title)
    both = tuple(each for each in proposal.words if folded(each) in there)
    return _(
        "Looks like INC-{number} “{title}” of {at:day}: {why}.",
        number=str(proposal.earlier),
        title=proposal.title,
        at=proposal.at,
        why=evidence(proposal.same_service, both),
    )


def evidence(same_service: bool, words: tuple[str, ...]) -> Sentence:
    """Return why two incidents look alike; `words` are those that both have."""
    if same_service and words:
        return _("same service, words in common: {words}", words=list(words))
    if words:
        return _("words in common: {words}", words=list(words))
    return _("same service, similar words") if same_service else _("similar words")


def choices(proposal: Proposal) -> tuple[Button, Button]:
    """Return the two answers."""
    args = {"number": proposal.later, "earlier": proposal.earlier}
    return (
        Button(_("The same"), call("repeat", **args)),
        Button(_("Not the same"), call("unlike", **args)),
    )


# --- on the card of a service ------------------------------------------------------------


def of_service(ctx: Context, service: ServiceId) -> Rows:
    """Return a service's rows about bans and planned changes."""
    rows: Rows = []
    for problem in problems.about(ctx.tx, service):
        rows.append((_("Block"), warning(ctx, problem)))
        rows += [(_("Exception"), override_words(ctx, each)) for each in of_ban(ctx, problem)]
    return rows + [(_("Planned change"), each) for each in coming(ctx, service)]


def coming(ctx: Context, service: ServiceId) -> list[Sentence]:
    """Return a service's planned changes, the next first."""
    found = stored_changes.coming(ctx.tx, today_of(ctx))
    return [change_line(ctx, each.id) for each in found if each.service == service]


def let_pass(ctx: Context, service: ServiceId) -> tuple[Button, ...]:
    """Return the buttons that let a service's held up changes pass."""
    if blocking_ban(ctx, service) is None:
        return ()
    return tuple(
        Button(
            _("Allow: {what}", what=each.what),
            call("change override", id=each.id),
        )
        for each in stored_changes.coming(ctx.tx, today_of(ctx))
        if each.service == service and passes(ctx, each.id) is None
    )[:4]


def change_line(ctx: Context, id: str) -> Sentence:
    """Return a planned change in one sentence, with what it still needs."""
    change = stored_changes.find(ctx.tx, id)
    assert change is not None, "changes stay"
    values = {"day": change.planned_on, "what": change.what, "who": name(ctx, change.entered_by)}
    passed = passes(ctx, id)
    if passed is not None:
        return _(
            "{day:day}: {what} ({who}), exception {override}",
            override=override_words(ctx, passed),
            **values,
        )
    if blocking_ban(ctx, change.service):
        return _("{day:day}: {what} ({who}), needs an exception", **values)
    return _("{day:day}: {what} ({who})", **values)


def passes(ctx: Context, id: str) -> Override | None:
    """Return the override of a planned change that counts today."""
    found = [
        each for each in problem_overrides.standing(ctx.tx, today_of(ctx)) if each.change == id
    ]
    return found[-1] if found else None


def blocking_ban(ctx: Context, service: ServiceId) -> Problem | None:
    """Return the ban that holds up changes to a service; None while it is overridden itself."""
    standing = problems.about(ctx.tx, service)
    return next((each for each in standing if not of_ban(ctx, each)), None)
