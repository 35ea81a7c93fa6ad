"""How a repeat ban ends: a fix that somebody else verifies; or an override, for a while."""

from __future__ import annotations

import itertools
from typing import Annotated

from handlers.attention import matters
from handlers.bans import cards as ban_cards
from handlers.bans.cards import label
from handlers.bans.owners import owner
from handlers.bans.rules import rules
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Post,
    Reply,
    Tone,
    line,
)
from handlers.kit.readers import TextReader
from handlers.kit.readers.evidence import EvidenceReader
from handlers.kit.readers.placeholders import is_placeholder
from handlers.kit.words import _, _n
from handlers.on_call import duty
from handlers.problems import lifecycle
from handlers.problems.cards import card, key
from handlers.problems.changes import EXCEPTION, Reason, Until
from handlers.problems.lookup import Ref, changed_reply, may, refusal, standing, verifiers
from storage import people, problems
from storage import repeats as storage_repeats
from storage.engine.ids import PersonId, ProblemNumber
from storage.problems import Problem
from storage.problems import overrides as problem_overrides
from storage.problems.states import ProblemEvent, ProblemState

feature = Feature(_("Problems and blocks"))


def _may_fix(ctx: Context, number: ProblemNumber) -> None:
    problem = standing(ctx, number)
    if not may(ctx, problem, "cause fixed") and owner(ctx, problem) not in duty.acts_for(
        ctx, ctx.person.id
    ):
        raise refusal(ctx, problem)


def _says_fix(_ctx: Context, what: str) -> None:
    if is_placeholder(what):
        raise Refusal(_("Please say in a sentence what was fixed."), field="what")


@feature.command(
    "problem fixed",
    "problem behoben",
    help=_("The cause is fixed."),
    hidden=True,
    submit=_("Cause is fixed"),
    checks=(_may_fix, _says_fix),
)
def fix(
    ctx: Context,
    number: Ref,
    *,
    what: Annotated[str, TextReader(), Ask(_("What was fixed?"))],
    evidence: Annotated[str, EvidenceReader(), Ask(_("Evidence"), _("A link or a ticket number."))],
) -> Reply:
    problem = standing(ctx, number)
    if problem.cause is None:
        raise Refusal(
            _("The cause has not been entered yet; what was fixed can only be verified then."),
            buttons=(Button(_("Enter the cause"), call("problem cause", number=number)),),
            kept=what,
        )
    storage_repeats.lock_groups(ctx.tx)
    old = lifecycle.reminder_posts(ctx, problem)
    lifecycle.calm(ctx, problem)
    if not problems.fix(ctx.tx, number, ctx.person.id, what, evidence, ctx.now):
        return Reply(card(ctx, lifecycle.again(ctx, problem)))
    lifecycle.note(ctx, problem, ProblemEvent.FIXED, what)
    problem = lifecycle.again(ctx, problem)
    lifecycle.wait_quietly(ctx, problem)
    said = _n(
        "Thank you. Somebody else verifies it now. Otherwise the block ends after "
        "{n} day if it does not come back.",
        "Thank you. Somebody else verifies it now. Otherwise the block ends after "
        "{n} days if it does not come back.",
        rules(ctx.tx).quiet,
    )
    posts = (*changed_reply(ctx, problem, said).posts, *old, *_asked_to_verify(ctx, problem))
    return Reply(line(said, ban_cards.opens(problem)), posts=posts, subject=label(number))


def _asked_to_verify(ctx: Context, problem: Problem) -> tuple[Post, ...]:
    """Ask one other person to verify: the accountable, the deputy, else a manager."""
    for id in _who_verifies(ctx, problem):
        if duty.is_here(ctx, id):
            return matters.ask(ctx, id, key(problem.number), card(ctx, problem), personal=True)
    return ()


def _who_verifies(ctx: Context, problem: Problem) -> list[PersonId]:
    """Return who can be asked to verify, in their order; who left stands among them."""
    service = ctx.service_of(problem.service)
    ids = [service.accountable, service.deputy] if service else []
    ids += [each.id for each in people.managers(ctx.tx)]
    return [id for id in dict.fromkeys(ids) if id != problem.fixed_by]


def ask_another(ctx: Context, problem: Problem, left: PersonId) -> tuple[Post, ...]:
    """Ask the next one to verify a fix where somebody who left was asked to."""
    before = list(itertools.takewhile(lambda id: id != left, _who_verifies(ctx, problem)))
    if problem.state != ProblemState.FIXED or left == problem.fixed_by:
        return ()
    if any(duty.is_here(ctx, id) for id in before):
        return ()  # they were asked, and are here
    return _asked_to_verify(ctx, problem)


@feature.command(
    "problem verify", "problem geprüft", help=_("The fix works."), hidden=True, needs="doubt"
)
def verify(ctx: Context, number: Ref) -> Reply:
    """Lift the ban: whoever says so has a tie to it, and did not fix it."""
    problem = standing(ctx, number)
    if problem.fixed_by == ctx.person.id:
        others = [each for each in verifiers(ctx, problem) if each.id != ctx.person.id]
        raise Refusal(
            _(
                "The fix came from you, so somebody else verifies it. That is {who:or}, or "
                "whoever declared or looked after one of its incidents.",
                who=others,
            )
        )
    if not may(ctx, problem, "verify"):
        raise Refusal(
            _(
                "The fix is verified by somebody who has to do with it. That is {who:or}, or "
                "whoever declared or looked after one of its incidents.",
                who=[each for each in verifiers(ctx, problem) if each.id != problem.fixed_by],
            )
        )
    storage_repeats.lock_groups(ctx.tx)
    step = lifecycle.lift(ctx, problem, ctx.person.id)
    if step.what is not lifecycle.Became.LIFTED or step.problem is None:
        return Reply(card(ctx, lifecycle.again(ctx, problem)))
    said = _(
        "Thank you, verified. The block of {problem} is lifted; its incidents can be finished now.",
        problem=label(number),
    )
    return Reply(
        line(said, ban_cards.opens(step.problem), tone=Tone.GOOD),
        posts=step.posts,
        subject=label(number),
    )


def _says_why(_ctx: Context, reason: str) -> None:
    if is_placeholder(reason):
        raise Refusal(_("Please give a reason that others understand."), field="reason")


@feature.command(
    "problem reopen",
    "problem wieder offen",
    help=_("It is not fixed."),
    hidden=True,
    submit=_("Not fixed"),
    needs="doubt",
    checks=(_says_why,),
)
def reopen(
    ctx: Context, number: Ref, *, reason: Annotated[str, TextReader(), Ask(_("What shows it?"))]
) -> Reply:
    problem = standing(ctx, number)
    storage_repeats.lock_groups(ctx.tx)
    problem = lifecycle.again(ctx, problem)
    if problem.state != ProblemState.FIXED:
        return Reply(card(ctx, problem))
    lifecycle.calm(ctx, problem)
    problem = lifecycle.reopen(ctx, problem)
    lifecycle.note(ctx, problem, ProblemEvent.REOPENED, reason)
    return changed_reply(ctx, problem, _("{problem} is open again.", problem=label(number)))


@feature.command(
    "problem override",
    "problem ausnahme",
    help=_("Allow an exception from the block."),
    hidden=True,
    submit=_("Allow an exception"),
    needs="override ban",
    checks=EXCEPTION,
)
def override(ctx: Context, number: Ref, *, reason: Reason, until: Until) -> Reply:
    problem = standing(ctx, number)
    problem_overrides.add(
        ctx.tx,
        number,
        id=ctx.new_id(),
        change=None,
        reason=reason,
        person=ctx.person.id,
        now=ctx.now,
        until_on=until,
    )
    lifecycle.note(ctx, problem, ProblemEvent.OVERRIDDEN, reason)
    lifecycle.go_on(ctx, problem)
    said = _(
        "For the block of {problem} there is an exception until {day:day}. It will "
        "be in the weekly digest.",
        problem=label(number),
        day=until,
    )
    return changed_reply(ctx, problem, said)
