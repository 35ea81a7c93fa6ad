"""Problems: what came back too often, who owns its cause, and the ban until a fix is verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Annotated

from handlers.bans import cards as ban_cards
from handlers.bans import listing
from handlers.bans.cards import label
from handlers.bans.owners import owner
from handlers.incidents.checklist import Cause
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Held, Known, Task, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Post,
    Reply,
)
from handlers.kit.people import NAMES_GO, NAMES_KEPT, former, name
from handlers.kit.readers import PersonReader, TextReader, titles
from handlers.kit.readers.dates import DateReader, today_of
from handlers.kit.readers.placeholders import is_placeholder
from handlers.kit.readers.removed_words import MARK, WordsField
from handlers.kit.readers.required_text import TitleReader
from handlers.kit.removing.copies import Thing, take_out
from handlers.kit.words import Who, _
from handlers.on_call import duty
from handlers.problems import fixes, lifecycle
from handlers.problems.cards import CAUSE, card, fix_button, history, key
from handlers.problems.lookup import Ref, changed_reply, find, may, mine, refusal, standing
from storage import problems
from storage.engine.ids import PersonId, ProblemNumber
from storage.people import Person
from storage.problems import people as problem_people
from storage.problems import texts
from storage.problems.states import ProblemEvent, ProblemState

feature = Feature(_("Problems and blocks"))

# --- to look at --------------------------------------------------------------------------


@feature.command("problem", "problem", help=_("A problem, or the list of all."), reads=True)
def show(ctx: Context, number: Ref | None = None) -> Reply:
    return Reply(card(ctx, find(ctx, number))) if number is not None else listing.overview(ctx)


@feature.command(
    "problem history", "problem verlauf", help=_("What happened."), hidden=True, reads=True
)
def past(ctx: Context, number: Ref) -> Reply:
    problem = find(ctx, number)
    shown = history(ctx, problem)
    if not may(ctx, problem, "remove words"):
        return Reply(shown)
    remove = Button(_("Remove words"), call("problem remove words", number=number))
    return Reply(replace(shown, parts=(*shown.parts, Buttons((remove,)))))


def _title_now(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    number = fixed.get("number", "")
    found = problems.find(ctx.tx, ProblemNumber(int(number))) if number.isdecimal() else None
    return {"title": found.title} if found is not None else {}


def _mine(ctx: Context, number: ProblemNumber) -> None:
    mine(ctx, number, "problem")


def _another_title(ctx: Context, number: ProblemNumber, title: str) -> None:
    if titles.split(title)[0] == mine(ctx, number, "problem").title:
        raise Refusal(_("It is called that already."), field="title")


@feature.command(
    "problem retitle",
    "problem titel",
    help=_("Correct the title of a problem."),
    hidden=True,
    submit=_("Save"),
    current=_title_now,
    checks=(_another_title,),
)
def retitle(
    ctx: Context, number: Ref, *, title: Annotated[str, TitleReader(), Ask(_("Title"))]
) -> Reply:
    problem = mine(ctx, number, "problem")
    new, _rest = titles.split(title)
    problems.set_title(ctx.tx, number, new)
    lifecycle.note(ctx, problem, ProblemEvent.RETITLED, problem.title)
    said = _("{problem} is called “{title}” now.", problem=label(number), title=new)
    return changed_reply(ctx, problem, said)


@feature.command(
    "problem remove words",
    "problem wörter entfernen",
    help=_("Take words out of a problem that were typed by mistake: everywhere, for good."),
    hidden=True,
    submit=_("Remove"),
)
def remove_words(ctx: Context, number: Ref, *, words: WordsField) -> Reply:
    problem = find(ctx, number)
    if not may(ctx, problem, "remove words"):
        raise refusal(ctx, problem)
    if not texts.remove_words(ctx.tx, number, words, MARK):
        raise Refusal(
            _("These words do not stand in {incident}.", incident=label(number)), field="words"
        )
    take_out(ctx, words, Thing((label(number),), key(number)))
    lifecycle.note(ctx, problem, ProblemEvent.WORDS_REMOVED)
    said = _(
        "The words are gone from title, text, history and cards of {incident}. The history says "
        "that words were removed, not which.",
        incident=label(number),
    )
    # Neither the words nor the answer are kept against repetition.
    return replace(changed_reply(ctx, problem, said), secret=True)


# --- the cause, its owner, its day -------------------------------------------------------


def _says_cause(_ctx: Context, cause: str) -> None:
    if is_placeholder(cause):
        raise Refusal(_("That is not enough yet. What do you think is the cause?"), field="cause")


@feature.command(
    "problem cause",
    "problem ursache",
    help=_("Why does it keep coming back?"),
    hidden=True,
    checks=(_mine, _says_cause),
)
def enter_cause(
    ctx: Context,
    number: Ref,
    *,
    kind: Annotated[Cause, CAUSE, Ask(_("What kind of cause?"))],
    cause: Annotated[str, TextReader(), Ask(_("The cause, in one sentence"))],
) -> Reply:
    problem = mine(ctx, number, "problem")
    problems.set_cause(ctx.tx, number, kind, cause)
    lifecycle.note(ctx, problem, ProblemEvent.CAUSE, cause)
    next_one = (fix_button(number),) if problem.state == ProblemState.OPEN else ()
    return changed_reply(ctx, problem, _("Noted. Thank you."), *next_one)


@feature.command("problem accept", "problem annehmen", help=_("Look after the cause."), hidden=True)
def accept(ctx: Context, number: Ref) -> Reply:
    problem = standing(ctx, number)
    asked = problem.proposed_to == ctx.person.id
    if not asked and not may(ctx, problem, "problem"):
        raise refusal(ctx, problem)
    if not problems.accept(ctx.tx, number, ctx.person.id, ctx.now):
        return Reply(card(ctx, problem))
    lifecycle.note(ctx, problem, ProblemEvent.OWNED)
    problem = lifecycle.again(ctx, problem)
    said = _(
        "You look after the cause of {problem}. It is due on {day:day}; you can change that.",
        problem=label(number),
        day=problem.due_on,
    )
    return changed_reply(ctx, problem, said, new_owner=True)


def _another_owner(ctx: Context, number: ProblemNumber, person: Person) -> None:
    if person.id == ctx.person.id:
        return
    problem = mine(ctx, number, "problem")
    if problem.owner == person.id and problem.accepted_at is not None:
        raise Refusal(
            _("{who} already looks after this cause.", who=Who(person.id, person.name)),
            field="person",
        )


@feature.command(
    "problem owner",
    "problem verantwortung",
    help=_("Who should look after the cause?"),
    hidden=True,
    submit=_("Ask"),
    checks=(_another_owner,),
)
def name_owner(
    ctx: Context, number: Ref, person: Annotated[Person, PersonReader(), Ask(_("Person"))]
) -> Reply:
    if person.id == ctx.person.id:
        return accept(ctx, number)
    problem = mine(ctx, number, "problem")
    problems.ask(ctx.tx, number, person.id)
    lifecycle.note(ctx, problem, ProblemEvent.ASKED, person.id)
    said = _(
        "I have asked {who} to look after the cause. Until they accept, {owner} looks after it.",
        who=Who(person.id, person.name),
        owner=name(ctx, problem.owner),
    )
    return changed_reply(ctx, problem, said, new_owner=True)


def _ahead(ctx: Context, day: date) -> None:
    if day < today_of(ctx):
        raise Refusal(_("That day is over: {day:day}.", day=day), field="day")


@feature.command(
    "problem due",
    "problem termin",
    help=_("By when should the cause be fixed?"),
    hidden=True,
    checks=(_mine, _ahead),
)
def set_due(ctx: Context, number: Ref, day: Annotated[date, DateReader(), Ask(_("Day"))]) -> Reply:
    problem = mine(ctx, number, "problem")
    old = lifecycle.reminder_posts(ctx, problem)
    if problems.set_due(ctx.tx, number, day):
        lifecycle.note(ctx, problem, ProblemEvent.DATED, day.isoformat())
        problem = lifecycle.again(ctx, problem)
        lifecycle.remind(ctx, problem)
    said = _("{problem} should be fixed by {day:day}.", problem=label(number), day=day)
    reply = changed_reply(ctx, problem, said)
    return Reply(reply.message, posts=(*reply.posts, *old), subject=reply.subject)


@feature.waits(60)
def waiting(ctx: Context) -> list[Task]:
    """Return the causes that wait for the asker: to be owned, to be fixed, to be verified."""
    mine = set(duty.acts_for(ctx, ctx.person.id))
    return [
        Task(listing.line(ctx, each), (ban_cards.opens(each),))
        for each in problems.standing(ctx.tx)
        if mine & {owner(ctx, each), each.proposed_to}
    ]


def _hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Take back the question that was put to somebody who left: the owner is asked again."""
    posts: tuple[Post, ...] = ()
    for each in problems.standing(ctx.tx):
        if each.proposed_to == person:
            problems.ask(ctx.tx, each.number, None)
            posts += lifecycle.to_owner(ctx, lifecycle.again(ctx, each))
        posts += fixes.ask_another(ctx, each, person)
    return posts


@feature.holds(40, "problems.owner", "problems.proposed_to", left=_hand_on)
def held(ctx: Context, person: PersonId) -> list[Held]:
    """Return the causes of standing problems that somebody owns."""
    return [
        Held(
            label(each.number),
            _("Responsible for the cause"),
            partial(_give, ctx, each.number),
            acts=owner(ctx, each),
        )
        for each in problems.standing(ctx.tx)
        if each.owner == person
    ]


def _give(
    ctx: Context, number: ProblemNumber, to: PersonId, _other: str | None
) -> tuple[Post, ...]:
    problems.ask(ctx.tx, number, to)
    problems.accept(ctx.tx, number, to, ctx.now)
    problem = problems.find(ctx.tx, number)
    assert problem is not None
    lifecycle.note(ctx, problem, ProblemEvent.OWNED)
    return lifecycle.card_posts(ctx, problem)


@feature.knows(
    40,
    _("Problems and blocks"),
    {
        "problems": (
            "owner",
            "proposed_to",
            "fixed_by",
            "verified_by",
        ),
        "problem_history": ("person",),
        "overrides": ("person",),
    },
    replace=problem_people.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        problem_people.of_person(ctx.tx, person),
        {
            "problems.owner": _("Responsible for the cause"),
            "problems.proposed_to": _("Asked to look after the cause"),
            "problems.fixed_by": _("Fixed the cause"),
            "problems.verified_by": _("Verified the fix"),
            "problem_history.person": _("In its history"),
            "overrides.person": _("Made an exception"),
        },
    )


@feature.keeps(
    "problems",
    "problem_history",
    "overrides",
    what=_("Who owned, fixed and verified a cause, and made an exception"),
    days=NAMES_KEPT,
    then=NAMES_GO,
)
def forget_people(ctx: Context, before: datetime) -> int:
    """Let go of their names; who decides now stays."""
    return problem_people.forget_people(ctx.tx, before, former(ctx), former(ctx, other=True))
