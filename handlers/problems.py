"""Problems: what came back too often, who owns its cause, and the ban until a fix is verified."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from handlers import ban_lines, problem_life, rights
from handlers.ban_lines import label
from handlers.changes import Reason, Until, checked
from handlers.closing_points import Cause
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.dates import DateReader, today_of
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    FieldKind,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
    Tone,
    line,
)
from handlers.kit.plausible import is_placeholder
from handlers.kit.proof import ProofReader
from handlers.kit.readers import PersonReader, TextReader
from handlers.kit.words import Sentence, Who, Words, _, _n
from handlers.problem_cards import CAUSE, card, history, key, owner
from handlers.problem_cards import line as listed
from handlers.repeat_rules import rules
from storage import people, problems, repeats
from storage.incidents import Incident
from storage.people import Person
from storage.problems import Problem

feature = Feature(_("Problems and repeat bans"))

SHOWN = 8


def blocks(ctx: Context, incident: Incident) -> Sentence | None:
    """Return why an incident cannot be closed: it belongs to a problem whose ban stands."""
    problem = problems.of_group(ctx.tx, repeats.root_of(ctx.tx, incident.number))
    if problem is None or ban_lines.of_ban(ctx, problem):
        return None
    values = {"problem": label(problem.number), "who": ban_lines.named(ctx, owner(ctx, problem))}
    if problem.state == "fixed":
        return _(
            "{problem}: it keeps coming back. The fix of its cause has to be verified first.",
            **values,
        )
    return _(
        "{problem}: it keeps coming back. Its cause has to be fixed first; it has been open since "
        "{at:day}, with {who}.",
        at=problem.opened_at,
        **values,
    )


@dataclass(frozen=True, slots=True)
class ProblemReader:
    """A problem: `1`, `#1`, `PRB-1`."""

    @property
    def kind(self) -> FieldKind:
        return FieldKind.TEXT

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        found = re.match(r"(?:#|prb-?)?([0-9]{1,9})(?![\w-])\s*", text, re.IGNORECASE | re.ASCII)
        return (int(found[1]), text[found.end() :]) if found else None

    def value(self, raw: str, ctx: Context) -> object:
        found = self.take(raw.strip(), ctx, last=True)
        if found is None or found[1]:
            raise Refusal(_("A problem's number, please, such as 1 or PRB-1."))
        return found[0]

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return ()


Ref = Annotated[int, ProblemReader(), Ask(_("Problem"), short=_("number"))]


# --- to look at --------------------------------------------------------------------------


@feature.command(
    "bans", "sperren", help=_("What came back too often, and what that holds up."), reads=True
)
def bans(ctx: Context) -> Reply:
    found = problems.standing(ctx.tx)
    if not found:
        return Reply(line(_("No problem is open, and no service is under a repeat ban.")))
    parts: list[Part] = [Title(_n("{n} repeat ban", "{n} repeat bans", len(found)))]
    named: set[str] = set()
    for each in found[:SHOWN]:
        parts.append(Text(listed(ctx, each)))
        parts += [
            Text(_("Ban overridden {override}", override=ban_lines.said(ctx, one)), small=True)
            for one in ban_lines.of_ban(ctx, each)
        ]
        let_pass: tuple[Button, ...] = ()
        if each.service not in named:
            named.add(each.service)
            parts += [
                Text(_("Planned change: {change}", change=one), small=True)
                for one in ban_lines.coming(ctx, each.service)
            ]
            let_pass = ban_lines.let_pass(ctx, each.service)
        parts.append(Buttons((ban_lines.opens(each), *let_pass)))
    rest = len(found) - SHOWN
    if rest > 0:
        parts.append(Text(_n("and {n} more", "and {n} more", rest), small=True))
    return Reply(Message(tuple(parts)))


@feature.command("problem", "problem", help=_("A problem, or the list of all."), reads=True)
def show(ctx: Context, number: Ref | None = None) -> Reply:
    return Reply(card(ctx, _find(ctx, number))) if number is not None else bans(ctx)


@feature.command(
    "problem history", "problem verlauf", help=_("What happened."), hidden=True, reads=True
)
def past(ctx: Context, number: Ref) -> Reply:
    return Reply(history(ctx, _find(ctx, number)))


# --- the cause, its owner, its day -------------------------------------------------------


@feature.command(
    "problem cause", "problem ursache", help=_("Why does it keep coming back?"), hidden=True
)
def enter_cause(
    ctx: Context,
    number: Ref,
    *,
    kind: Annotated[Cause, CAUSE, Ask(_("What kind of cause?"))],
    cause: Annotated[str, TextReader(), Ask(_("The cause, in one sentence"))],
) -> Reply:
    problem = _mine(ctx, number, "problem")
    if is_placeholder(cause):
        raise Refusal(
            _("That says nothing yet. What is the cause, as far as you know?"), field="cause"
        )
    problems.set_cause(ctx.tx, number, kind, cause)
    problem_life.note(ctx, problem, "cause", cause)
    return _changed(ctx, problem, _("Noted. Thank you."))


@feature.command("problem accept", "problem annehmen", help=_("I own the cause."), hidden=True)
def accept(ctx: Context, number: Ref) -> Reply:
    problem = _standing(ctx, number)
    asked = problem.proposed_to == ctx.person.id
    if not asked and not _may(ctx, problem, "problem"):
        raise _refused(ctx, problem)
    if not problems.accept(ctx.tx, number, ctx.person.id, ctx.now):
        return Reply(card(ctx, problem))
    problem_life.note(ctx, problem, "owned")
    problem = problem_life.again(ctx, problem)
    said = _("You own the cause of {problem}, until {day:date}.",
             problem=label(number), day=problem.due_on)  # fmt: skip
    return _changed(ctx, problem, said, new_owner=True)


@feature.command(
    "problem owner",
    "problem verantwortung",
    help=_("Who should own the cause?"),
    hidden=True,
    submit=_("Ask"),
)
def name_owner(
    ctx: Context, number: Ref, person: Annotated[Person, PersonReader(), Ask(_("Person"))]
) -> Reply:
    if person.id == ctx.person.id:
        return accept(ctx, number)
    problem = _mine(ctx, number, "problem")
    if problem.owner == person.id and problem.accepted_at is not None:
        raise Refusal(
            _("{who} owns this cause already.", who=Who(person.id, person.name)), field="person"
        )
    problems.ask(ctx.tx, number, person.id)
    problem_life.note(ctx, problem, "asked", person.id)
    said = _("{who} is asked to own the cause. Until then it stays with {owner}.",
             who=Who(person.id, person.name),
             owner=ban_lines.named(ctx, problem.owner))  # fmt: skip
    return _changed(ctx, problem, said, new_owner=True)


@feature.command(
    "problem due", "problem termin", help=_("By when should the cause be fixed?"), hidden=True
)
def set_due(ctx: Context, number: Ref, day: Annotated[date, DateReader(), Ask(_("Day"))]) -> Reply:
    problem = _mine(ctx, number, "problem")
    if day < today_of(ctx):
        raise Refusal(_("That day is over: {day:date}.", day=day), field="day")
    old = problem_life.reminded(ctx, problem)
    if problems.set_due(ctx.tx, number, day):
        problem_life.note(ctx, problem, "dated", day.isoformat())
        problem = problem_life.again(ctx, problem)
        problem_life.remind(ctx, problem)
    said = _("{problem} should be fixed by {day:date}.", problem=label(number), day=day)
    reply = _changed(ctx, problem, said)
    return Reply(reply.message, posts=(*reply.posts, *old), subject=reply.subject)


# --- the end -----------------------------------------------------------------------------


@feature.command(
    "problem fixed",
    "problem behoben",
    help=_("The cause is fixed."),
    hidden=True,
    submit=_("Cause is fixed"),
)
def fix(
    ctx: Context,
    number: Ref,
    *,
    what: Annotated[str, TextReader(), Ask(_("What was fixed?"))],
    evidence: Annotated[str, ProofReader(), Ask(_("Evidence"), _("A link or a ticket number."))],
) -> Reply:
    problem = _standing(ctx, number)
    if not _may(ctx, problem, "cause fixed") and ctx.person.id != owner(ctx, problem):
        raise _refused(ctx, problem)
    if problem.cause is None:
        raise Refusal(
            _("The cause has not been entered yet; what was fixed can only be verified then."),
            buttons=(Button(_("Enter the cause"), call("problem cause", number=number)),),
            kept=what,
        )
    if is_placeholder(what):
        raise Refusal(_("Please say in a sentence what was fixed."), field="what")
    repeats.alone_at_it(ctx.tx)
    old = problem_life.reminded(ctx, problem)
    problem_life.calm(ctx, problem)
    if not problems.fix(ctx.tx, number, ctx.person.id, what, evidence, ctx.now):
        return Reply(card(ctx, problem_life.again(ctx, problem)))
    problem_life.note(ctx, problem, "fixed", what)
    problem = problem_life.again(ctx, problem)
    problem_life.wait_quietly(ctx, problem)
    said = _(
        "Thank you. Somebody else verifies it, or it stays quiet for {n} days; until then the ban "
        "stands.",
        n=rules(ctx.tx).quiet,
    )
    posts = (*_changed(ctx, problem, said).posts, *old, *_asked_to_verify(ctx, problem))
    return Reply(line(said, ban_lines.opens(problem)), posts=posts, subject=label(number))


def _asked_to_verify(ctx: Context, problem: Problem) -> tuple[Post, ...]:
    """Ask one other person to verify: the accountable, the deputy, else a manager."""
    service = ctx.service_of(problem.service)
    ids = [service.accountable, service.deputy] if service else []
    ids += [each.id for each in people.managers(ctx.tx)]
    for id in ids:
        found = ctx.person_of(id)
        if found is not None and found.active and id != problem.fixed_by:
            return (Post(key(problem.number), card(ctx, problem), f"direct:{id}", "note"),)
    return ()


@feature.command(
    "problem verify", "problem geprüft", help=_("The fix works."), hidden=True, needs="verify"
)
def verify(ctx: Context, number: Ref) -> Reply:
    problem = _standing(ctx, number)
    if problem.fixed_by == ctx.person.id:
        others = [each for each in _people(ctx, problem) if each.id != ctx.person.id]
        raise Refusal(
            _(
                "You said that it is fixed, so somebody else has to verify it: {who}, or anybody "
                "who knows.",
                who=others,
            )
        )
    repeats.alone_at_it(ctx.tx)
    step = problem_life.lifted(ctx, problem, ctx.person.id)
    if step.what != "lifted" or step.problem is None:
        return Reply(card(ctx, problem_life.again(ctx, problem)))
    said = _(
        "Verified. The repeat ban of {problem} is lifted; its incidents can be closed.",
        problem=label(number),
    )
    return Reply(
        line(said, ban_lines.opens(step.problem), tone=Tone.GOOD),
        posts=step.posts,
        subject=label(number),
    )


@feature.command(
    "problem reopen", "problem wieder offen", help=_("It is not fixed."), hidden=True,
    submit=_("Not fixed"), needs="verify",
)  # fmt: skip
def reopen(
    ctx: Context, number: Ref, *, reason: Annotated[str, TextReader(), Ask(_("What shows it?"))]
) -> Reply:
    problem = _standing(ctx, number)
    if is_placeholder(reason):
        raise Refusal(_("A reason is needed that others understand."), field="reason")
    repeats.alone_at_it(ctx.tx)
    problem = problem_life.again(ctx, problem)
    if problem.state != "fixed":
        return Reply(card(ctx, problem))
    problem_life.calm(ctx, problem)
    problem = problem_life.reopened(ctx, problem)
    problem_life.note(ctx, problem, "reopened", reason)
    return _changed(ctx, problem, _("{problem} is open again.", problem=label(number)))


@feature.command(
    "problem override", "problem ausnahme", help=_("Override the repeat ban."), hidden=True,
    submit=_("Override"), needs="override ban",
)  # fmt: skip
def override(ctx: Context, number: Ref, *, reason: Reason, until: Until) -> Reply:
    problem = _standing(ctx, number)
    checked(ctx, reason, until)
    problems.override(
        ctx.tx, number, id=ctx.new_id(), change=None, reason=reason, person=ctx.person.id,
        now=ctx.now, until_on=until,
    )  # fmt: skip
    problem_life.note(ctx, problem, "overridden", reason)
    said = _("The ban of {problem} is overridden until {day:day}. It stands in the weekly digest.",
             problem=label(number), day=until)  # fmt: skip
    return _changed(ctx, problem, said)


# --- helpers -----------------------------------------------------------------------------


def _changed(ctx: Context, problem: Problem, said: Sentence, *, new_owner: bool = False) -> Reply:
    """Answer in a line, and show the new state everywhere."""
    problem = problem_life.again(ctx, problem)
    posts = problem_life.shown(ctx, problem)
    if new_owner:
        posts += (problem_life.to_owner(ctx, problem),)
    return Reply(line(said, ban_lines.opens(problem)), posts=posts, subject=label(problem.number))


def _find(ctx: Context, number: int) -> Problem:
    found = problems.find(ctx.tx, number)
    if found is None:
        raise Refusal(
            _("There is no problem {problem}.", problem=label(number)),
            buttons=(Button(_("Repeat bans"), call("bans")),),
        )
    return found


def _standing(ctx: Context, number: int) -> Problem:
    problem = _find(ctx, number)
    if not problem.stands:
        raise Refusal(
            _("{problem} is over.", problem=label(number)), buttons=(ban_lines.opens(problem),)
        )
    return problem


def _mine(ctx: Context, number: int, action: str) -> Problem:
    problem = _standing(ctx, number)
    if not _may(ctx, problem, action):
        raise _refused(ctx, problem)
    return problem


def _may(ctx: Context, problem: Problem, action: str) -> bool:
    return rights.may(action, rights.ties_to_service(ctx, problem.service, problem.owner))


def _refused(ctx: Context, problem: Problem) -> Refusal:
    return Refusal(
        _("For {problem} this is up to {who}.", problem=label(problem.number),
          who=_people(ctx, problem))
    )  # fmt: skip


def _people(ctx: Context, problem: Problem) -> list[Who]:
    """Return who can do something about a problem, each once, active ones only."""
    service = ctx.service_of(problem.service)
    ids = [problem.owner, *((service.accountable, service.deputy) if service else ())]
    ids += [each.id for each in people.managers(ctx.tx)]
    found = [ctx.person_of(id) for id in dict.fromkeys(ids)]
    return [Who(each.id, each.name) for each in found if each is not None and each.active]


def waiting(ctx: Context) -> list[tuple[Words, tuple[Button, ...]]]:
    """Return the causes that wait for the asker: to be owned, to be fixed, to be verified."""
    return [
        (listed(ctx, each), (ban_lines.opens(each),))
        for each in problems.standing(ctx.tx)
        if ctx.person.id in (owner(ctx, each), each.proposed_to)
    ]
