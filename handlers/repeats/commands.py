"""Repeats: what looks like an earlier incident is shown, and a person says if it is the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from handlers import rights
from handlers.bans import cards
from handlers.bans import cards as ban_cards
from handlers.bans.cards import label as problem_label
from handlers.bans.rules import in_days, rules
from handlers.incidents import escalation, keys
from handlers.incidents import recurrence as incident_recurrence
from handlers.incidents.cards import card, headline, label
from handlers.incidents.lookup import Named, find, note
from handlers.kit import calendar
from handlers.kit import calendar as kit_calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Known, Task, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text, Title, line
from handlers.kit.people import former, name
from handlers.kit.readers import IncidentReader
from handlers.kit.words import Sentence, Who, _, shortened
from handlers.problems import lifecycle
from handlers.problems import lifecycle as problem_lifecycle
from handlers.problems.lifecycle import Step
from handlers.similarity import is_near_same
from storage import incidents, people, problems, repeats
from storage import repeats as storage_repeats
from storage.engine.ids import PersonId
from storage.incidents import Incident
from storage.incidents.states import IncidentState, TimelineKind
from storage.problems.states import ProblemEvent
from storage.repeats import outages

feature = Feature(_("Repeats"))


@dataclass(frozen=True, slots=True)
class OfIncident(IncidentReader):
    """An incident behind "of" or "von"."""

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        rest = re.sub(r"^(?:of|von|wie|as)\s+", "", text, flags=re.IGNORECASE)
        return IncidentReader.take(self, rest, ctx, last=last)


Earlier = Annotated[
    int,
    OfIncident(lambda _tx, _number: True),
    Ask(_("The same as"), _("The number of the other incident."), short=_("of number")),
]


# --- what is asked -----------------------------------------------------------------------


# --- what people say ---------------------------------------------------------------------


@feature.command(
    "repeat",
    "wiederholung",
    help=_("Two incidents are the same thing."),
    submit=_("The same"),
    ahead=incident_recurrence.look_ahead_for_more,
)
def same(ctx: Context, number: Named, earlier: Earlier | None = None) -> Reply:
    if earlier is None:
        return _candidates(ctx, find(ctx, number))
    first, second = _pair(ctx, number, earlier)
    storage_repeats.lock_groups(ctx.tx)
    one, other = (repeats.root_of(ctx.tx, each.number) for each in (first, second))
    values = {"later": label(second.number), "earlier": label(first.number)}
    if one == other:
        said = _("{later} and {earlier} are known to be the same thing.", **values)
        return Reply(line(said, *_apart(first, second)), posts=_card_posts(ctx, second))
    _judge(ctx, first, second, "same")
    root, posts = lifecycle.join(ctx, one, other)
    step = lifecycle.reconsider(ctx, root)
    posts += step.posts
    if step.what is not lifecycle.Became.OPENED:
        posts += tuple(post for each in (first, second) for post in _card_posts(ctx, each))
        if step.problem is not None:
            posts += lifecycle.card_posts(ctx, step.problem)
    posts += escalation.renewed_alarms(ctx, second)
    parts: tuple[Part, ...] = (
        Title(_("{later} and {earlier} are the same thing.", **values)),
        Text(_outcome(ctx, root, step)),
        Buttons(
            (
                *((ban_cards.opens(step.problem),) if step.problem else ()),
                *_apart(first, second),
            )
        ),
    )
    return Reply(Message(parts), posts=posts, subject=label(second.number))


def _outcome(ctx: Context, root: int, step: Step) -> Sentence:
    those = rules(ctx.tx)
    newest = outages.newest(ctx.tx, root) or ctx.now
    start = calendar.days_before(newest, those.days, ctx.workspace.zone)
    often, _serious = outages.times(ctx.tx, root, start, newest)
    values: dict[str, object] = {"n": often, "days": in_days(those.days)}
    if step.problem is None and often < 2:
        return _("They were one incident, so they count once.")
    if step.problem is None:
        return _(
            "That makes {n} in {days}. At {often} a problem opens, at {serious} when one "
            "of them is serious.",
            often=those.often,
            serious=those.serious,
            **values,
        )
    values |= {"problem": problem_label(step.problem.number)}
    values |= {"who": name(ctx, step.problem.owner)}
    if step.what is lifecycle.Became.OPENED:
        return _(
            "That makes {n} in {days}, so {problem} is open now and {who} has "
            "been asked. Until the fix is verified, such incidents cannot be finished.",
            **values,
        )
    if step.what is lifecycle.Became.REOPENED:
        return _(
            "It came back after the fix, so {problem} is open again; {who} looks after it.",
            **values,
        )
    return _("That makes {n} in {days}. {problem} is open; {who} looks after it.", **values)


@feature.command("unlike", "anders", help=_("Two incidents are not the same thing."), hidden=True)
def other(ctx: Context, number: Named, earlier: Earlier) -> Reply:
    first, second = _pair(ctx, number, earlier, "unlike")
    storage_repeats.lock_groups(ctx.tx)
    root = repeats.root_of(ctx.tx, second.number)
    together = root == repeats.root_of(ctx.tx, first.number)
    if together and not rights.may_for(ctx, "repeat", first):
        _need(ctx, second)
    problem = problems.of_group(ctx.tx, root) if together else None
    if problem is not None and not rights.may("part", rights.general(ctx)):
        raise Refusal(
            _(
                "{problem} is open for them. Please ask {who:or} to take them apart.",
                problem=problem_label(problem.number),
                who=_managers(ctx),
            ),
            buttons=(ban_cards.opens(problem),),
        )
    members = repeats.members(ctx.tx, root) if together else []
    _judge(ctx, first, second, "other")
    _ask_no_more(ctx, first, second)
    posts: tuple[Post, ...] = ()
    if together:
        posts = _regroup(ctx, root, first, second, members)
    for each in (first, second):
        posts += _card_posts(ctx, each)
    said = _(
        "{later} and {earlier} are not the same thing. I will not ask about them again.",
        later=label(second.number),
        earlier=label(first.number),
    )
    return Reply(
        line(said),
        posts=(*posts, *escalation.renewed_alarms(ctx, second)),
        subject=label(second.number),
    )


def _ask_no_more(ctx: Context, first: Incident, second: Incident) -> None:
    """Drop what else would ask about the same two things: it says what the refused one says.

    Unless somebody has said that those two are different things.
    """
    different = repeats.refused(ctx.tx, first.number)
    for each in repeats.matches(ctx.tx, second.number):
        if each.root not in different and is_near_same(each.title, first.title):
            repeats.forget_proposal(ctx.tx, each.earlier, second.number)


def _regroup(
    ctx: Context, root: int, first: Incident, second: Incident, members: list[int]
) -> tuple[Post, ...]:
    """Form the groups anew; the problem stays with the part that happened often enough."""
    repeats.part(ctx.tx, root)
    roots = {repeats.root_of(ctx.tx, each) for each in members}
    if repeats.root_of(ctx.tx, first.number) == repeats.root_of(ctx.tx, second.number):
        between = [label(each) for each in members if each not in (first.number, second.number)]
        raise Refusal(
            _(
                "They are linked through {others}. Please take those apart first.",
                others=between,
            )
        )
    problem = problems.of_group(ctx.tx, root)
    if problem is not None:
        most = max(roots, key=lambda each: (len(repeats.members(ctx.tx, each)), -each))
        problems.move(ctx.tx, problem.number, most)
        root = most
        lifecycle.note(ctx, problem, ProblemEvent.PARTED, label(second.number))
    return lifecycle.without_one(ctx, root).posts


def _candidates(ctx: Context, incident: Incident) -> Reply:
    """Show what an incident may be the same as, also what is less sure."""
    _need(ctx, incident)
    root = repeats.root_of(ctx.tx, incident.number)
    matches = incident_recurrence.look_ahead_for_more.found(ctx)
    if matches is None:  # it took too long before; nothing is locked yet
        matches = incident_recurrence.find_matches(ctx, incident, incident.service)
    found = [
        match
        for match in matches
        if (match.same_service or match.sure) and repeats.root_of(ctx.tx, match.number) != root
    ]
    if not found:
        typed = _("repeat {number} of 3", number=str(incident.number))
        raise Refusal(
            _(
                "I found no earlier incident that looks like {incident}. If you know one, "
                "type: {usage}",
                incident=label(incident.number),
                usage=typed,
            )
        )
    parts: list[Part] = [
        Title(
            _("Which earlier incident was the same as {incident}?", incident=label(incident.number))
        )
    ]
    for match in found:
        earlier = incidents.find(ctx.tx, match.number)
        if earlier is not None:
            why = ban_cards.evidence(match.same_service, match.words)
            parts.append(
                Text(_("{title}: {why}", title=shortened(headline(earlier), 100), why=why))
            )
            args = {"number": incident.number, "earlier": match.number}
            parts.append(
                Buttons(
                    (
                        Button(
                            _("Duplicate of {incident}", incident=label(match.number)),
                            call("repeat", **args),
                        ),
                    )
                )
            )
    return Reply(Message(tuple(parts)))


# --- helpers -----------------------------------------------------------------------------


def _pair(
    ctx: Context, number: int, earlier: int, right: str = "repeat"
) -> tuple[Incident, Incident]:
    """Return both, the earlier one first, or say kindly why they make no pair."""
    if number == earlier:
        raise Refusal(
            _(
                "{incident} cannot be a repeat of itself. Which other one is it?",
                incident=label(number),
            ),
            buttons=(Button(_("What it looks like"), call("repeat", number=number)),),
        )
    first, second = sorted((find(ctx, number), find(ctx, earlier)), key=lambda each: each.number)
    for each in (first, second):
        if each.state == IncidentState.WITHDRAWN:
            raise Refusal(
                _(
                    "{incident} was withdrawn. Please name another incident.",
                    incident=label(each.number),
                )
            )
    if not rights.may_for(ctx, right, first):
        rights.need_for(ctx, right, second)
    return first, second


def _need(ctx: Context, incident: Incident) -> None:
    rights.need_for(ctx, "repeat", incident)


def _managers(ctx: Context) -> list[Who]:
    return [Who(each.id, each.name) for each in people.managers(ctx.tx)]


def _judge(ctx: Context, first: Incident, second: Incident, verdict: str) -> None:
    repeats.judge(
        ctx.tx,
        earlier=first.number,
        later=second.number,
        verdict=verdict,
        person=ctx.person.id,
        now=ctx.now,
    )
    note(ctx, first.number, TimelineKind(verdict), label(second.number))
    note(ctx, second.number, TimelineKind(verdict), label(first.number))


def _apart(first: Incident, second: Incident) -> tuple[Button, ...]:
    args = {"number": second.number, "earlier": first.number}
    return (Button(_("Not the same after all"), call("unlike", **args), "quiet"),)


def _card_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    return (Post(keys.card_key(incident.number), card(ctx, incident)),)


@feature.follows(Event.MADE_SERIOUS)
def severity_posts(ctx: Context, number: str) -> tuple[Post, ...]:
    """Return the posts of a problem that opens because a repeat turned out to be serious."""
    storage_repeats.lock_groups(ctx.tx)
    return problem_lifecycle.reconsider(ctx, repeats.root_of(ctx.tx, int(number))).posts


@feature.follows(Event.WITHDRAWN)
def withdrawal_posts(ctx: Context, number: str) -> tuple[Post, ...]:
    """Return the posts of a problem that had counted an incident which was taken back."""
    storage_repeats.lock_groups(ctx.tx)
    return problem_lifecycle.without_one(ctx, repeats.root_of(ctx.tx, int(number))).posts


@feature.waits(50)
def waiting(ctx: Context) -> list[Task]:
    """Return what the asker is responsible for and has not decided: is it the same?"""
    found: list[Task] = []
    start = kit_calendar.days_before(ctx.now, rules(ctx.tx).days, ctx.workspace.zone)
    for proposal in repeats.undecided_of(ctx.tx, start, ctx.now, ctx.person.id):
        incident = find(ctx, proposal.later)
        words = _(
            "{title}: is it the same as INC-{number} “{earlier}”?",
            title=shortened(headline(incident), 100),
            number=str(proposal.earlier),
            earlier=shortened(proposal.title, 100),
        )
        found.append(Task(words, cards.choices(proposal), incident.declared_at))
    return found


@feature.knows(
    42,
    _("Repeats"),
    {
        "likenesses": ("decided_by",),
    },
    replace=repeats.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        repeats.of_person(ctx.tx, person),
        {
            "likenesses.decided_by": _("Said whether it is the same"),
        },
    )


@feature.keeps(
    "likenesses",
    what=_("Who said whether two incidents are the same"),
    days=365,
    then=_("“former person” stands there; times and durations stay"),
)
def forget_deciders(ctx: Context, before: datetime) -> int:
    """Let go of who said it."""
    return repeats.forget_people(ctx.tx, before, former(ctx))
