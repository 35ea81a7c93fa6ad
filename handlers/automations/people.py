"""Who answers for an automation: asked, accepted, declined, handed over, held."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from handlers.attention import matters
from handlers.automations import escalation, profile
from handlers.automations.lookup import AutoRef
from handlers.automations.state import is_own, need_own, owner
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Held, Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Post, Reply, Text, Title, Tone, line
from handlers.kit.people import name as name_of
from handlers.kit.people import person
from handlers.kit.readers import PersonReader
from handlers.kit.words import Sentence, Who, _
from handlers.on_call import duty
from storage import automations, people
from storage.automations import Automation
from storage.automations.states import AutomationEvent
from storage.engine.ids import AutomationId, PersonId
from storage.people import Person

feature = Feature(_("Automations"))

NOT_TWO = _("The deputy has to be somebody else, else nobody stands in.")


def unaccepted(automation: Automation) -> list[PersonId]:
    """Return who is named and has not accepted yet."""
    named = (
        (automation.accountable, automation.accountable_accepted_at),
        (automation.deputy, automation.deputy_accepted_at),
    )
    return [id for id, accepted in named if id and accepted is None]


def ask_to_accept(ctx: Context, automation: Automation) -> tuple[Post, ...]:
    """Ask those who are named and have not accepted: a person asks, so it goes at once."""
    posts: tuple[Post, ...] = ()
    for each in unaccepted(automation):
        key, asks = _asked_key(automation, each), _asks(ctx, automation, each)
        posts += matters.ask(ctx, each, key, asks, personal=True)
    return posts


def _asked_key(automation: Automation, id: str) -> str:
    return f"automation:{automation.id}:asked:{id}"


def _role(automation: Automation, id: str) -> Sentence:
    if automation.accountable == id:
        return _("Will you answer for “{name}”?", name=automation.name)
    return _("Will you be the deputy for “{name}”?", name=automation.name)


def _asks(ctx: Context, automation: Automation, id: str) -> Message:
    return Message(
        (
            Title(_role(automation, id)),
            Text(automation.purpose or automation.name),
            Text(_("{who} asks you.", who=ctx.who)),
            Buttons(_answers(automation)),
        )
    )


def answers_asked(automation: Automation, id: PersonId) -> tuple[Button, ...]:
    """Return the answers to what somebody is asked, for the card, which they look at."""
    if id not in (*unaccepted(automation), automation.offered_to):
        return ()
    return _answers(automation)[:-1]


def _answers(automation: Automation) -> tuple[Button, ...]:
    return (
        Button(_("I take this over"), call("auto accept", automation=automation.id), "primary"),
        Button(_("Somebody else, please"), call("auto decline", automation=automation.id)),
        Button(_("Look at it"), call("auto", automation=automation.id), "quiet"),
    )


@feature.command("auto accept", "auto annehmen", help=_("I take this over."), hidden=True)
def accept(ctx: Context, automation: AutoRef) -> Reply:
    me = ctx.person.id
    if automations.take_over(ctx.tx, automation.id, me, ctx.now):
        profile.note(
            ctx, automation, AutomationEvent.TAKEN_OVER, before=automation.accountable, after=me
        )
        escalation.waits(ctx, automation, None)
        key = escalation.offer_key(automation, me)
        done = line(_("{who} took over “{name}”.", who=ctx.who, name=automation.name))
        posts: tuple[Post, ...] = (Post(key, done), *_follow_up(ctx, automation))
        said = _("You are accountable for “{name}” now.", name=automation.name)
        return Reply(line(said), posts=posts, subject=automation.name)
    if not automations.accept(ctx.tx, automation.id, me, ctx.now):
        raise Refusal(_("This question has been answered already."))
    profile.note(ctx, automation, AutomationEvent.ACCEPTED)
    if automation.accountable == me:
        said = _("You are accountable for “{name}” now.", name=automation.name)
    else:
        said = _("You are the deputy for “{name}”. Thank you.", name=automation.name)
    told = Post(_asked_key(automation, me), line(said, tone=Tone.QUIET))
    open_card = Button(automation.name, call("auto", automation=automation.id))
    return Reply(
        line(said, open_card),
        posts=(told, *matters.settle(ctx, _asked_key(automation, me))),
        subject=automation.name,
    )


def _declined_offer(ctx: Context, automation: Automation) -> Reply:
    """Let whoever decides know that somebody does not take it over; nothing else changes."""
    me = ctx.person.id
    automations.end_offer(ctx.tx, automation.id)
    profile.note(ctx, automation, AutomationEvent.DECLINED)
    escalation.waits(ctx, automation, None)
    said = _("Thank you for saying so. Nothing changes.")
    key = escalation.offer_key(automation, me)
    decides = owner(ctx, automation)
    if decides is not None and decides.id != me:
        told = _("{who} does not take over “{name}”.", who=ctx.who, name=automation.name)
        again = Button(_("Hand over"), call("auto handover", automation=automation.id))
        matters.note(ctx, decides.id, f"{key}:declined", told, again)
    posts = (Post(key, line(said, tone=Tone.QUIET)), *matters.settle(ctx, key))
    return Reply(line(said), posts=posts, subject=automation.name)


@feature.command(
    "auto decline", "auto ablehnen", help=_("It should be somebody else."), hidden=True
)
def decline(ctx: Context, automation: AutoRef) -> Reply:
    me = ctx.person.id
    if automation.offered_to == me:
        return _declined_offer(ctx, automation)
    if me not in unaccepted(automation):
        raise Refusal(
            _("There is nothing left for you to confirm for “{name}”.", name=automation.name),
            buttons=(Button(automation.name, call("auto", automation=automation.id)),),
        )
    profile.note(ctx, automation, AutomationEvent.DECLINED)
    said = _(
        "Thank you for saying so. Until somebody else is named, your name stays at “{name}”.",
        name=automation.name,
    )
    told = _("Somebody else should be named for “{name}”.", name=automation.name)
    change = Button(_("Name somebody"), call("auto people", automation=automation.id))
    for manager in people.managers(ctx.tx):
        if manager.id != me:
            key = f"automation:{automation.id}:declined"
            matters.note(ctx, manager.id, key, told, change)
    quiet = Post(_asked_key(automation, me), line(said, tone=Tone.QUIET))
    return Reply(
        line(said),
        posts=(quiet, *matters.settle(ctx, _asked_key(automation, me))),
        subject=automation.name,
    )


def _may_name(ctx: Context, automation: Automation) -> None:
    need_own_or_manager(ctx, automation)


def two_people(_ctx: Context, accountable: Person, deputy: Person) -> None:
    """Refuse one person in both roles."""
    if accountable.id == deputy.id:
        raise Refusal(NOT_TWO, field="deputy")


@feature.command(
    "auto people",
    "auto personen",
    help=_("Who answers for it, and who stands in?"),
    hidden=True,
    submit=_("Ask"),
    current=lambda ctx, given: _people_now(ctx, AutomationId(given.get("automation", ""))),
    checks=(_may_name, two_people),
)
def name_people(
    ctx: Context,
    automation: AutoRef,
    *,
    accountable: Annotated[Person, PersonReader(), Ask(_("Accountable"))],
    deputy: Annotated[Person, PersonReader(), Ask(_("Deputy"))],
) -> Reply:
    posts = set_people(ctx, automation, accountable.id, deputy.id)
    who = [Who(accountable.id, accountable.name), Who(deputy.id, deputy.name)]
    said = _("Named for “{name}”: {who}.", name=automation.name, who=who)
    return Reply(line(said), posts=posts, subject=automation.name)


def _people_now(ctx: Context, id: AutomationId) -> dict[str, str]:
    found = automations.find(ctx.tx, id)
    return {} if found is None else {"accountable": found.accountable, "deputy": found.deputy}


def need_own_or_manager(ctx: Context, automation: Automation) -> None:
    """Refuse kindly unless the asker answers for it or is a manager."""
    if not ctx.person.manager:
        need_own(ctx, automation)


def set_people(
    ctx: Context, automation: Automation, accountable: PersonId, deputy: PersonId
) -> tuple[Post, ...]:
    """Name who answers for it; who is new is asked, and open questions go to who acts now."""
    profile.note(
        ctx,
        automation,
        AutomationEvent.NAMED,
        before=f"{automation.accountable} {automation.deputy}",
        after=f"{accountable} {deputy}",
    )
    automations.set_people(ctx.tx, automation.id, accountable, deputy, None)
    found = automations.find(ctx.tx, automation.id)
    assert found is not None
    if ctx.person.id in unaccepted(found):  # who names themselves has said so
        automations.accept(ctx.tx, found.id, ctx.person.id, ctx.now)
    found = automations.find(ctx.tx, automation.id)
    assert found is not None
    over = escalation.end_offer(ctx, automation, automation.offered_to)
    return (*over, *ask_to_accept(ctx, found), *_follow_up(ctx, automation))


def _follow_up(ctx: Context, automation: Automation) -> tuple[Post, ...]:
    """Let questions follow whoever acts now, and other rooms know that a role is free."""
    posts: tuple[Post, ...] = ()
    for each in (automation.accountable, automation.deputy):
        if each:
            posts += escalation.move_questions(ctx, each)
            posts += ctx.follow(Event.PEOPLE_CHANGED, each)
    return posts


@feature.command(
    "auto handover",
    "auto übergeben",
    help=_("Who should be accountable?"),
    hidden=True,
    submit=_("Ask"),
)
def hand_over(
    ctx: Context,
    automation: AutoRef,
    to: Annotated[Person, PersonReader(), Ask(_("Person"))],
) -> Reply:
    need_own(ctx, automation)
    who = Who(to.id, to.name)
    if not automations.offer(ctx.tx, automation.id, to.id):
        raise Refusal(
            _("{who} is accountable for “{name}” already.", who=who, name=automation.name),
            field="to",
        )
    question = Message(
        (
            Title(_("Will you become accountable for “{name}”?", name=automation.name)),
            Text(automation.purpose or automation.name),
            Text(
                _(
                    "{who} asks you. Until you accept, {now} stays accountable.",
                    who=ctx.who,
                    now=person(ctx, automation.accountable),
                )
                if automation.accountable
                else _("{who} asks you.", who=ctx.who)
            ),
            Buttons(_answers(automation)[:2]),
        )
    )
    profile.note(ctx, automation, AutomationEvent.OFFERED, after=to.id)
    said = _("I have asked {who} to take over “{name}”.", who=who, name=automation.name)
    key = escalation.offer_key(automation, to.id)
    posts: tuple[Post, ...] = ()
    if automation.offered_to != to.id:
        posts += escalation.end_offer(ctx, automation, automation.offered_to)
    posts += matters.ask(ctx, to.id, key, question, personal=True)
    # While somebody else is asked, the days of an open question stand still.
    escalation.waits(ctx, automation, f"offer to {to.id}")
    return Reply(line(said), posts=posts, subject=automation.name)


@feature.command("auto ask", "auto fragen", help=_("Ask the accountable person."), hidden=True)
def ask_now(ctx: Context, automation: AutoRef) -> Reply:
    decides = owner(ctx, automation)
    if decides is None:  # the button is from when somebody did
        raise Refusal(
            _("Nobody who is active answers for “{name}”.", name=automation.name),
            buttons=(Button(_("Name somebody"), call("auto people", automation=automation.id)),),
        )
    said = _(
        "{who} has the question about “{name}” now.",
        who=person(ctx, decides.id),
        name=automation.name,
    )
    question = escalation.question_message(ctx, automation)
    posts = matters.ask(ctx, decides.id, escalation.key_of(automation), question)
    return Reply(line(said), posts=posts, subject=automation.name)


def open_questions(ctx: Context) -> list[Task]:
    """Return what the asker is to accept."""
    found: list[Task] = []
    me = ctx.person.id
    for each in automations.all(ctx.tx):
        if each.offered_to == me:
            words = _("Will you become accountable for “{name}”?", name=each.name)
            found.append(Task(words, _answers(each)[:2]))
        if me in unaccepted(each):
            found.append(Task(_role(each, me), _answers(each)[:2], each.asked_at))
    return found


# --- what somebody holds -------------------------------------------------------------------


def _hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """End an offer to somebody who left; whoever decides now is asked what was open."""
    for each in automations.all(ctx.tx):
        if each.offered_to == person:
            automations.end_offer(ctx.tx, each.id)
            escalation.waits(ctx, each, None)
            escalation.tell_offer_left(ctx, each, person)
    return escalation.move_questions(ctx, person)


@feature.holds(
    50,
    "automations.accountable",
    "automations.deputy",
    "automations.offered_to",
    "automation_questions.asked",
    left=_hand_on,
)
def held(ctx: Context, person: PersonId) -> list[Held]:
    """Return the automations that somebody is accountable or deputy for."""
    found: list[Held] = []
    for each in automations.concerning(ctx.tx, person):
        decides = owner(ctx, each)
        first = each.accountable == person
        found.append(
            Held(
                each.name,
                _("Automation, accountable") if first else _("Automation, deputy"),
                partial(_give, ctx, each, person),
                partial(_clash, each, person),
                decides.id if first and decides is not None else None,
                gap=decides is None,
            )
        )
    return found


def _clash(automation: Automation, person: PersonId, to: str) -> bool:
    stays = automation.deputy if automation.accountable == person else automation.accountable
    return to == stays


def _give(
    ctx: Context, automation: Automation, person: PersonId, to: PersonId, other: PersonId | None
) -> tuple[Post, ...]:
    accountable = to if automation.accountable == person else automation.accountable
    deputy = to if automation.deputy == person else automation.deputy
    if accountable == deputy:
        assert other is not None, "whoever hands over named another deputy"
        accountable, deputy = to, other
    return set_people(ctx, automation, accountable, deputy)


def who_answers(ctx: Context, automation: Automation) -> Sentence:
    """Return who answers for it, as lists have it: the role of something open."""
    if not automation.accountable:
        return _("nobody answers for it yet")
    if duty.acting(ctx, automation.accountable) is None:
        return _("{who} (no longer active)", who=name_of(ctx, automation.accountable))
    return _("{who}", who=name_of(ctx, automation.accountable))


def left_behind(ctx: Context, of: Sequence[Automation]) -> list[Task]:
    """Return those whose accountable person is no longer here, with who stands in."""
    found = []
    for each in of:
        if not each.accountable or duty.is_here(ctx, each.accountable):
            continue
        values = {"name": each.name, "who": name_of(ctx, each.accountable)}
        acting = owner(ctx, each)
        if acting is None:
            words = _("“{name}”: {who} is no longer active, and nobody stands in.", **values)
        else:
            values["other"] = name_of(ctx, acting.id)
            words = _("“{name}”: {who} is no longer active; {other} stands in.", **values)
        button = Button(_("Name somebody"), call("auto people", automation=each.id))
        if not (ctx.person.manager or is_own(ctx, each)):
            button = Button(_("Show"), call("auto", automation=each.id))
        found.append(Task(words, (button,), None, f"automation:{each.id}:left"))
    return found
