"""Ownership: taking over what one is named for, and handing all of it to somebody else."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from handlers import rights
from handlers.attention import matters
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Held, Known, Task, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    FieldKind,
    Items,
    Message,
    Post,
    Reply,
    Text,
    Title,
    Tone,
    line,
)
from handlers.kit.people import name, person, traced
from handlers.kit.readers import PersonReader, TextReader
from handlers.kit.words import Sentence, Words, _
from handlers.on_call import duty
from handlers.ownership import held
from handlers.ownership.leaving import card_posts, left_behind
from handlers.services.cards import (
    answered_posts,
    ask_to_accept,
    asked_key,
    name_somebody,
    not_me,
    question,
    take_over,
    unaccepted,
    waits_for,
)
from handlers.services.editing import mend
from handlers.services.lookup import ServiceRef
from storage import ownership as handovers
from storage import people, services
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import HandoverId, PersonId
from storage.ownership import Handover, HandoverState
from storage.people import Person

feature = Feature(_("Services"))


@feature.command("service accept", "dienst annehmen", help=_("I take this over."), hidden=True)
def accept(ctx: Context, service: ServiceRef) -> Reply:
    me = ctx.person.id
    if me not in (service.accountable, service.deputy):
        raise Refusal(_("This question has been answered already."))
    services.accept(ctx.tx, service.id, me, ctx.now)  # again does nothing
    mend(ctx, service.id)
    if service.accountable == me:
        said = _("You are accountable for “{service}”. Thank you.", service=service.name)
    else:
        said = _("You are deputy for “{service}”. Thank you.", service=service.name)
    open_card = Button(service.name, call("service", service=service.id))
    return Reply(
        line(said, open_card), posts=answered_posts(ctx, service, me), subject=service.name
    )


@feature.command(
    "service decline", "dienst ablehnen", help=_("It should be somebody else."), hidden=True
)
def decline(ctx: Context, service: ServiceRef) -> Reply:
    me = ctx.person.id
    if not waits_for(service, me):
        raise Refusal(
            _("There is nothing left for you to confirm for “{service}”.", service=service.name),
            buttons=(Button(service.name, call("service", service=service.id)),),
        )
    managers = [each.id for each in duty.managers(ctx) if each.id != me]
    if not managers:
        raise Refusal(
            _("You are the only manager here. Please name somebody else yourself."),
            buttons=(name_somebody(service),),
        )
    said = _(
        "Thank you for saying so, I will tell the managers. Until somebody else is "
        "named, you are alerted for “{service}”.",
        service=service.name,
    )
    told = Message(
        (
            Text(
                _(
                    "{who} does not take over “{service}”. Please name somebody else.",
                    who=name(ctx, me),
                    service=service.name,
                )
            ),
            Buttons((name_somebody(service),)),
        ),
        Tone.ALARM,
    )
    key = f"{asked_key(service, me)}:declined:{service.asked_at}"  # once for each time of asking
    posts = tuple(
        post for each in managers for post in matters.ask(ctx, each, f"{key}:{each}", told)
    )
    posts += matters.settle(ctx, asked_key(service, me))
    question = Post(asked_key(service, me), line(said, take_over(service), tone=Tone.QUIET))
    return Reply(line(said), posts=(question, *posts), subject=service.name)


@feature.command("service ask", "dienst fragen", help=_("Ask again."), hidden=True, needs="service")
def ask_again(ctx: Context, service: ServiceRef) -> Reply:
    who = [person(ctx, each) for each in unaccepted(service) if duty.is_here(ctx, each)]
    if not who:
        raise Refusal(_("For “{service}” nobody has to be asked.", service=service.name))
    services.ask(ctx.tx, service.id, ctx.now)
    said = _("Asked about “{service}” again: {who}.", who=who, service=service.name)
    return Reply(line(said), posts=ask_to_accept(ctx, service), subject=service.name)


# --- all that one person is named for --------------------------------------------------


class FromReader(PersonReader):
    """Whoever is named for something, also when they are not there any more."""

    @property
    def kind(self) -> FieldKind:
        return FieldKind.CHOICE

    def value(self, raw: str, ctx: Context) -> object:
        found = people.find(ctx.tx, PersonId(raw))
        return found if found is not None else PersonReader.value(self, raw, ctx)

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return tuple((id, name(ctx, id)) for id in held.holders(ctx))


def _may_hand_over(ctx: Context, person: Person | None = None) -> None:
    """Refuse for somebody else by whoever may not, and where nothing is there to hand over."""
    before = person or ctx.person
    if before.id != ctx.person.id:
        rights.need(ctx, "service")
    if not held.by(ctx, before.id):
        raise Refusal(
            _("{who} is not named for anything, so there is nothing to hand over.", who=before.name)
        )


def _to_another(ctx: Context, to: Person, person: Person | None = None) -> None:
    if to.id == (person or ctx.person).id:
        raise Refusal(_("Please choose somebody else to hand over to."), field="to")


def _third_person(
    ctx: Context, to: Person, person: Person | None = None, deputy: Person | None = None
) -> None:
    before = person or ctx.person
    if deputy is not None and deputy.id in (to.id, before.id):
        raise Refusal(_("The other deputy has to be a third person."), field="deputy")
    if deputy is None and to.id != before.id:
        _must_fit(ctx, before.id, to.id, held.by(ctx, before.id))


@feature.command(
    ("hand over", "handover"),
    ("übergeben", "übergabe"),
    help=_("Hand over all that somebody is named for; the new one accepts by button."),
    submit=_("Ask"),
    checks=(_may_hand_over, _to_another, _third_person),
)
def hand_over(
    ctx: Context,
    to: Annotated[Person, PersonReader(), Ask(_("To whom?"), short=_("person"))],
    *,
    person: Annotated[
        Person, FromReader(), Ask(_("From whom?"), _("From you, unless you choose somebody else."))
    ]
    | None = None,
    deputy: Annotated[
        Person,
        PersonReader(),
        Ask(_("Another deputy"), _("Only where one person would be accountable and deputy.")),
    ]
    | None = None,
) -> Reply:
    before = person or ctx.person
    found = held.by(ctx, before.id)
    handover = Handover(
        id=HandoverId(ctx.new_id()),
        person=before.id,
        successor=to.id,
        deputy=deputy.id if deputy else None,
        asked_by=ctx.person.id,
        asked_at=ctx.now,
        state=HandoverState.ASKED,
    )
    replaced = handovers.open_of(ctx.tx, before.id)
    handovers.add(ctx.tx, handover)
    asks = _question(ctx, handover, found)
    posts = [*matters.ask(ctx, to.id, _key(handover.id), asks, personal=True)]
    if replaced is not None:
        posts += _over(ctx, replaced.id, _("Somebody else is asked now."))
    said = _(
        "I have asked {who}: {things}. Until they accept, nothing changes.",
        who=to.name,
        things=held.held_words(found),
    )
    return Reply(line(said), posts=tuple(posts), subject=before.person_key)


def _must_fit(ctx: Context, before: PersonId, to: PersonId, found: list[Held]) -> None:
    """Refuse kindly where one person would be accountable and deputy at once."""
    clash = [each for each in found if each.clash(to)]
    if not clash:
        return
    again = {"word": "hand over", "to": to, "person": before}
    raise Refusal(
        _(
            "{who} would be accountable and deputy at once for {things}. "
            "Please name another deputy for that.",
            who=name(ctx, to),
            things=held.held_words(clash),
        ),
        field="deputy",
        buttons=(Button(_("Name another deputy"), call("form", **again)),),
    )


def _key(id: HandoverId) -> str:
    return f"handover:{id}"


def _over(ctx: Context, id: HandoverId, said: Sentence) -> tuple[Post, ...]:
    """Let a question need no answer any more, where it stands and where it is held back."""
    return (*matters.settle(ctx, _key(id)), Post(_key(id), line(said, tone=Tone.QUIET)))


def _question(ctx: Context, handover: Handover, found: list[Held]) -> Message:
    items = tuple(_("{role}: {name}", role=each.role, name=each.name) for each in found)
    return Message(
        (
            Title(_asks(ctx, handover)),
            Text(
                _(
                    "{who} asks you. One tap takes all of it; until then nothing changes.",
                    who=ctx.who,
                )
            ),
            Items(items),
            Buttons((_accepts(handover), _declines(handover))),
        )
    )


def _asks(ctx: Context, handover: Handover) -> Sentence:
    return _("Will you take over from {who}?", who=name(ctx, handover.person))


def _accepts(handover: Handover) -> Button:
    return Button(_("I take this over"), call("hand over accept", handover=handover.id), "primary")


def _declines(handover: Handover) -> Button:
    again = call("hand over decline", handover=handover.id)
    return Button(_("Somebody else, please"), again, "quiet")


@feature.command(
    "hand over decline",
    "übergabe ablehnen",
    help=_("Somebody else should take it over."),
    hidden=True,
)
def decline_all(
    ctx: Context, handover: Annotated[HandoverId, TextReader(long=False), Ask(_("Handover"))]
) -> Reply:
    if not handovers.decline(ctx.tx, handover, ctx.person.id):
        raise Refusal(_("This question has been answered already."))
    kept = handovers.find(ctx.tx, handover)
    assert kept is not None
    said = _("Thank you for saying so. Nothing changes.")
    told = _(
        "{who} does not take over from {before}. Please ask somebody else.",
        who=ctx.who,
        before=name(ctx, kept.person),
    )
    again = Button(_("Hand everything over"), call("hand over", person=kept.person))
    posts = _over(ctx, kept.id, said)
    if kept.asked_by != ctx.person.id:
        place = f"direct:{kept.asked_by}"
        posts += (Post(f"{_key(kept.id)}:told", line(told, again), place, ParcelKind.NOTE),)
    return Reply(line(said), posts=posts, subject=traced(ctx, kept.person))


@feature.command(
    "hand over accept", "übergabe annehmen", help=_("I take all of it over."), hidden=True
)
def accept_all(
    ctx: Context, handover: Annotated[HandoverId, TextReader(long=False), Ask(_("Handover"))]
) -> Reply:
    if not handovers.accept(ctx.tx, handover, ctx.person.id):
        raise Refusal(_("This question has been answered already."))
    kept = handovers.find(ctx.tx, handover)
    assert kept is not None
    found = held.by(ctx, kept.person)
    if kept.deputy is None:
        _must_fit(ctx, kept.person, kept.successor, found)
    posts: tuple[Post, ...] = ()
    for each in found:
        posts += each.give(kept.successor, kept.deputy)
    said = _("You have taken over: {things}. Thank you.", things=held.held_words(found))
    done = _(
        "{who} has taken over from {before}: {things}.",
        who=ctx.who,
        before=name(ctx, kept.person),
        things=held.held_words(found),
    )
    posts += (*_over(ctx, kept.id, said), *card_posts(ctx, kept.person))
    if kept.asked_by != ctx.person.id:
        posts += (
            Post(f"{_key(kept.id)}:told", line(done), f"direct:{kept.asked_by}", ParcelKind.NOTE),
        )
    return Reply(line(said), posts=posts, subject=traced(ctx, kept.person))


@feature.follows(Event.CAME_BACK)
def withdraw_questions(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """End what others had asked for whoever is back: they look after their things themselves."""
    found = handovers.open_of(ctx.tx, person)
    if found is None or found.asked_by == person:
        return ()
    handovers.end(ctx.tx, found.id)
    said = _("{who} is here again. Nobody has to take over for now.", who=name(ctx, person))
    matters.note(ctx, found.asked_by, f"{_key(found.id)}:back", said)
    return _over(ctx, found.id, said)


@feature.waits(20)
def waiting(ctx: Context) -> list[Task]:
    """Return what the asker has still to accept, and for managers what is red."""
    me = ctx.person.id
    found = [
        Task(_asks(ctx, each), (_accepts(each), _declines(each)))
        for each in handovers.waiting(ctx.tx, me)
    ]
    found += [
        Task(question(each, me), (take_over(each), not_me(each)), each.asked_at)
        for each in services.all(ctx.tx)
        if waits_for(each, me)
    ]
    if rights.may("service", rights.general(ctx)):
        found += left_behind(ctx, manages=True)
    return found


def _hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """End the question to somebody who left, and tell who asked it."""
    posts: tuple[Post, ...] = ()
    for each in handovers.waiting(ctx.tx, person):
        handovers.end(ctx.tx, each.id)
        said = _(
            "{who} is no longer active and cannot take over from {before}. Please ask somebody"
            " else.",
            who=name(ctx, person),
            before=name(ctx, each.person),
        )
        again = Button(_("Hand everything over"), call("hand over", person=each.person))
        matters.note(ctx, each.asked_by, f"{_key(each.id)}:gone", said, again)
        posts += _over(ctx, each.id, _("This question has been answered already."))
    return posts


@feature.holds(80, "handovers.successor", "handovers.deputy", left=_hand_on)
def asked_of(_ctx: Context, _person: str) -> list[Held]:
    """Return nothing to hand over: whoever is asked answers for nothing yet."""
    return []


@feature.knows(
    51,
    _("Handovers"),
    {
        "handovers": (
            "person",
            "successor",
            "deputy",
            "asked_by",
        ),
    },
    replace=handovers.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        handovers.of_person(ctx.tx, person),
        {
            "handovers.person": _("Hands over"),
            "handovers.successor": _("Asked to take over"),
            "handovers.deputy": _("Named as deputy"),
            "handovers.asked_by": _("Asked for it"),
        },
        say=lambda row: name(ctx, row["subject"]),
    )


@feature.keeps("handovers", what=_("Handovers that are answered"), days=365, then=_("deleted"))
def forget_handovers(ctx: Context, before: datetime) -> int:
    """Delete hand-overs that were answered or replaced long ago."""
    return handovers.forget(ctx.tx, before)
