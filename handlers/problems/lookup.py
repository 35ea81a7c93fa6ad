"""Which problem is meant, who may change it, and how a change is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from handlers import rights
from handlers.bans import cards as ban_cards
from handlers.bans.cards import label
from handlers.kit.commands import Ask, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    FieldKind,
    Reply,
    line,
)
from handlers.kit.words import Sentence, Who, Words, _
from handlers.problems import lifecycle
from handlers.rights import Tie
from storage import incidents, people, problems, repeats
from storage.engine.ids import PersonId
from storage.problems import Problem


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


def changed_reply(
    ctx: Context, problem: Problem, said: Sentence, *next_ones: Button, new_owner: bool = False
) -> Reply:
    """Answer in a line with what may come next, and show the new state everywhere."""
    problem = lifecycle.again(ctx, problem)
    posts = lifecycle.card_posts(ctx, problem)
    if new_owner:
        posts += (lifecycle.to_owner(ctx, problem),)
    told = line(said, *next_ones, ban_cards.opens(problem))
    return Reply(told, posts=posts, subject=label(problem.number))


def find(ctx: Context, number: int) -> Problem:
    """Return a problem by its number, or refuse."""
    found = problems.find(ctx.tx, number)
    if found is None:
        raise Refusal(
            _("There is no problem {problem}.", problem=label(number)),
            buttons=(Button(_("Blocks"), call("bans")),),
        )
    return found


def standing(ctx: Context, number: int) -> Problem:
    """Return a problem whose ban stands, or refuse."""
    problem = find(ctx, number)
    if not problem.stands:
        raise Refusal(
            _("{problem} is over.", problem=label(number)), buttons=(ban_cards.opens(problem),)
        )
    return problem


def mine(ctx: Context, number: int, action: str) -> Problem:
    """Return a standing problem with which the asker may do `action`, or refuse."""
    problem = standing(ctx, number)
    if not may(ctx, problem, action):
        raise refusal(ctx, problem)
    return problem


def may(ctx: Context, problem: Problem, action: str) -> bool:
    """Say whether the asker may do `action` with a problem."""
    ties = rights.ties_to_cause(ctx, problem.service, problem.owner)
    if Tie.MEMBER in ties and _witness(ctx, problem):
        ties.add(Tie.WITNESS)
    return rights.may(action, ties)


def _witness(ctx: Context, problem: Problem) -> bool:
    """Say whether the asker declared or looked after one of a problem's incidents."""
    for number in repeats.members(ctx.tx, problem.root):
        incident = incidents.find(ctx.tx, number)
        if incident is not None and ctx.person.id in (
            incident.declared_by, incident.acknowledged_by,
        ):  # fmt: skip
            return True
    return False


def refusal(ctx: Context, problem: Problem) -> Refusal:
    """Return the refusal that says whom to ask."""
    return Refusal(
        _(
            "For {problem} somebody else decides. Please ask {who:or}.",
            problem=label(problem.number),
            who=concerned(ctx, problem),
        )
    )


def concerned(ctx: Context, problem: Problem) -> list[Who]:
    """Return who can do something about a problem, each once, active ones only."""
    return _here(ctx, [problem.owner, *_above(ctx, problem)])


def verifiers(ctx: Context, problem: Problem) -> list[Who]:
    """Return who verifies a fix by what they are, each once, active ones only."""
    return _here(ctx, _above(ctx, problem))


def _above(ctx: Context, problem: Problem) -> list[PersonId]:
    service = ctx.service_of(problem.service)
    ids = [service.accountable, service.deputy] if service else []
    return [*ids, *(each.id for each in people.managers(ctx.tx))]


def _here(ctx: Context, ids: list[PersonId]) -> list[Who]:
    found = [ctx.person_of(id) for id in dict.fromkeys(ids)]
    return [Who(each.id, each.name) for each in found if each is not None and each.active]
