"""What is blocked because it keeps coming back, as a list."""

from __future__ import annotations

from handlers.bans import cards as ban_cards
from handlers.bans import owners
from handlers.bans.cards import label
from handlers.bans.rules import in_days, rules
from handlers.kit import messages, tables
from handlers.kit.calendar import days_before
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title
from handlers.kit.people import name
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Sentence, _, _n
from storage import problems
from storage.engine.ids import NOBODY
from storage.problems import Problem
from storage.problems.states import ProblemState
from storage.repeats import outages

SHOWN = 8


def overview(ctx: Context) -> Reply:
    """Return what keeps coming back, with its exceptions and the changes that are planned."""
    found = problems.standing(ctx.tx)
    if not found:
        return Reply(messages.line(_("No problem is open, and no service is blocked.")))
    parts: list[Part] = [Title(_n("{n} block", "{n} blocks", len(found)))]
    named: set[str] = set()
    for each in found[:SHOWN]:
        parts.append(Text(line(ctx, each)))
        parts += [
            Text(_("Exception {override}", override=ban_cards.override_words(ctx, one)), small=True)
            for one in ban_cards.of_ban(ctx, each)
        ]
        let_pass: tuple[Button, ...] = ()
        if each.service not in named:
            named.add(each.service)
            parts += [
                Text(_("Planned change: {change}", change=one), small=True)
                for one in ban_cards.coming(ctx, each.service)
            ]
            let_pass = ban_cards.let_pass(ctx, each.service)
        parts.append(Buttons((ban_cards.opens(each), *let_pass)))
    rest = len(found) - SHOWN
    if rest > 0:
        parts.append(Text(_n("and {n} more", "and {n} more", rest), small=True))
        parts.append(Buttons((tables.whole("problems"),)))
    return Reply(Message(tuple(parts)))


def times(ctx: Context, problem: Problem) -> int:
    """Return how often it happened in the days that count, up to now."""
    start = days_before(ctx.now, rules(ctx.tx).days, ctx.workspace.zone)
    return outages.times(ctx.tx, problem.root, start, ctx.now)[0]


def service_name(ctx: Context, problem: Problem) -> str:
    """Return the name of the service that a problem blocks."""
    found = ctx.service_of(problem.service)
    return found.name if found else problem.service


def overdue(ctx: Context, problem: Problem) -> bool:
    """Say whether the agreed day is over."""
    return problem.state == ProblemState.OPEN and problem.due_on < today_of(ctx)


def line(ctx: Context, problem: Problem) -> Sentence:
    """Return a problem as one line of a list."""
    values = {
        "problem": label(problem.number),
        "title": problem.title,
        "service": service_name(ctx, problem),
        "n": times(ctx, problem),
        "days": in_days(rules(ctx.tx).days),
        "who": name(ctx, owners.owner(ctx, problem)),
        "at": problem.opened_at,
    }
    if problem.state == ProblemState.FIXED:
        values["who"] = name(ctx, problem.fixed_by or NOBODY)
        return _(
            "{problem} · “{title}” ({service}): {n} times in {days}, blocked "
            "since {at:day}; {who} says it is fixed, to be verified",
            **values,
        )
    if overdue(ctx, problem):
        return _(
            "{problem} · “{title}” ({service}): {n} times in {days}, cause open since "
            "{at:day}; responsible: {who}, the date was {due:day}",
            due=problem.due_on,
            **values,
        )
    return _(
        "{problem} · “{title}” ({service}): {n} times in {days}, cause open since "
        "{at:day}; responsible: {who}, due {due:day}",
        due=problem.due_on,
        **values,
    )
