"""Who takes part in a pilot: three roles that are asked, and those who use it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from handlers.attention import matters
from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.doors import Event, Held, Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import Message, Post, Reply, Text, line
from handlers.kit.people import name
from handlers.kit.readers import ChoiceReader, PersonReader, TextReader, folded, members
from handlers.kit.words import Words, _, some
from handlers.on_call import duty
from handlers.pilots import cards, editing, roles
from handlers.pilots.lookup import PilotRef
from handlers.pilots.roles import Role
from storage import pilots
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine.ids import NOWHERE, PersonId, PilotId, PlaceId
from storage.people import Person
from storage.pilots import ROLES, Pilot, log
from storage.pilots.states import PilotEvent, PilotState

feature = Feature(_("Pilots"))

RoleField = Annotated[Role, ChoiceReader(Role, roles.LABELS, {}), Ask(_("Role"))]


def _named(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = pilots.find(ctx.tx, PilotId(fixed.get("pilot", "")))
    return {each: getattr(found, each) or "" for each in ROLES} if found else {}


@feature.command(
    "pilot people",
    "pilot personen",
    help=_("Three roles; everybody who is named is asked."),
    hidden=True,
    current=_named,
)
def name_people(
    ctx: Context,
    pilot: PilotRef,
    *,
    champion: Annotated[
        Person, PersonReader(), Ask(_("Champion"), _("Who clears the way, and decides."))
    ],
    modeler: Annotated[
        Person, PersonReader(), Ask(_("Process modeller"), _("Who knows the workflow."))
    ]
    | None = None,
    integrator: Annotated[Person, PersonReader(), Ask(_("Integrator"), _("Who connects it."))]
    | None = None,
) -> Reply:
    found = editing.own(ctx, pilot)
    posts: tuple[Post, ...] = ()
    for role, person in zip(ROLES, (champion, modeler, integrator), strict=True):
        posts += editing.name_for(
            ctx, editing.fresh(ctx, found), role, person.id if person else None
        )
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), posts=posts, subject=found.name)


@feature.command("pilot accept", "pilot annehmen", help=_("I take this role."), hidden=True)
def accept(ctx: Context, pilot: PilotRef, role: RoleField) -> Reply:
    if not pilots.accept(ctx.tx, pilot.id, role.value, ctx.person.id, ctx.now):
        raise Refusal(_("This question has been answered already."))
    editing.note(ctx, pilot, f"accepted {role.value}")
    posts = matters.settle(ctx, editing.asked_key(pilot, role.value))
    posts += editing.settle(ctx, pilot, f"vacant {role.value}")
    said = _("Thank you. You are in “{pilot}”: {role}.", pilot=pilot.name, role=roles.LABELS[role])
    lacks: list[Words] = roles.warnings(editing.fresh(ctx, pilot))
    parts = (Text(said), *(Text(each, small=True) for each in lacks))
    return Reply(Message(parts), posts=posts, subject=pilot.name)


@feature.command("pilot decline", "pilot ablehnen", help=_("I do not take this role."), hidden=True)
def decline(ctx: Context, pilot: PilotRef, role: RoleField) -> Reply:
    found = editing.fresh(ctx, pilot)
    if getattr(found, role.value) != ctx.person.id:
        raise Refusal(_("This question has been answered already."))
    posts = editing.vacant(ctx, found, role.value)
    return Reply(line(_("Good. Somebody else is looked for.")), posts=posts, subject=pilot.name)


def _used(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = pilots.find(ctx.tx, PilotId(fixed.get("pilot", "")))
    if found is None:
        return {}
    return {"who": users_text(ctx, found), "visible": "yes" if found.visible else "no"}


def users_text(ctx: Context, pilot: Pilot) -> str:
    """Return who uses a pilot, as the form has it."""
    if pilot.users_kind == "everyone":
        return ctx.text(_("everybody"))
    if pilot.users_kind == "channel":
        place = places.find(ctx.tx, pilot.users_place or NOWHERE)
        return f"#{place.name}" if place else ""
    return ", ".join(
        ctx.text(name(ctx, PersonId(each))) for each in pilots.users(ctx.tx, pilot.id, "named")
    )


class Visible(StrEnum):
    """Whether answers are shown however few they are."""

    NO = "no"
    YES = "yes"


VISIBLE = ChoiceReader(
    Visible,
    {"no": _("Only from five people on"), "yes": _("Always; everybody is told before they answer")},
    {},
)
EVERYBODY = frozenset({"everybody", "everyone", "all", "alle", "jeder", "alle hier"})
ALL_IN = re.compile(r"(?:everybody|everyone|all|alle) (?:in|im|bei|at)(?: der| the)? (?=\S)", re.I)


def _are_users(ctx: Context, pilot: Pilot, who: str) -> None:
    editing.own(ctx, pilot)
    _users(ctx, who.strip())


def _visible_from_start(ctx: Context, pilot: Pilot, visible: Visible) -> None:
    found = editing.own(ctx, pilot)
    if found.state is PilotState.RUNNING and visible.value == "yes" and not found.visible:
        raise Refusal(
            _("People have answered without that. It can be chosen before the start only."),
            field="visible",
        )


@feature.command(
    "pilot users",
    "pilot nutzer",
    help=_("Who uses it, and is asked once a week?"),
    hidden=True,
    current=_used,
    checks=(_are_users, _visible_from_start),
)
def name_users(
    ctx: Context,
    pilot: PilotRef,
    *,
    who: Annotated[
        str,
        TextReader(),
        Ask(
            _("Who uses it?"),
            _("Names with commas, “everybody in #channel”, or “everybody” of the company."),
        ),
    ],
    visible: Annotated[Visible, VISIBLE, Ask(_("When are answers shown?"))] = Visible.NO,
) -> Reply:
    found = editing.own(ctx, pilot)
    kind, place, people = _users(ctx, who.strip())
    pilots.change(
        ctx.tx, found.id, users_kind=kind, users_place=place, visible=visible.value == "yes"
    )
    pilots.set_users(ctx.tx, found.id, people)
    editing.note(ctx, found, PilotEvent.USERS, who[:200])
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), subject=found.name)


def _users(ctx: Context, said: str) -> tuple[str, PlaceId | None, list[PersonId]]:
    """Read who uses it: (kind, the channel's place, people's ids)."""
    all_in = ALL_IN.match(said)
    if all_in:
        said = said[all_in.end() :]
    if folded(said) in (EVERYBODY if not all_in else {folded(ctx.workspace.name)}):
        return "everyone", None, []
    if all_in and not said.startswith("#"):
        said = f"#{said}"
    if said.startswith("#"):
        channels = [
            each
            for each in places.all_for(ctx.tx, ctx.person.id)
            if each.kind == PlaceKind.CHANNEL and folded(each.name) == folded(said[1:])
        ]
        if not channels:
            raise Refusal(_("I do not know a channel “{name}”.", name=said[1:81]), field="who")
        return "channel", channels[0].id, []
    people = []
    for each in re.split(r"[,\n]", said):
        if each.strip():
            people.append(_one(ctx, each.strip().removeprefix("@")))
    return "people", None, sorted(set(people))


def _one(ctx: Context, said: str) -> PersonId:
    wanted = ctx.mentions.get(said, said)
    known = members(ctx.tx)
    found = [each for each in known if each.id == wanted or folded(each.name) == folded(said)]
    if not found:
        found = [
            each
            for each in known
            if len(said) > 1
            and any(part.startswith(folded(said)) for part in folded(each.name).split())
        ]
    if len(found) == 1:
        return found[0].id
    if found:
        names = some([each.name for each in found], 5)
        raise Refusal(_("Which one do you mean: {names}?", names=names), field="who")
    raise Refusal(_("I do not know anybody called “{name}” here.", name=said[:80]), field="who")


@feature.waits(50)
def waiting(ctx: Context) -> list[Task]:
    """Return the roles that the asker was asked to take."""
    return [
        Task(editing.role_question(each, role), editing.answers(each, role))
        for each, role in pilots.with_role(ctx.tx, ctx.person.id)
        if role not in roles.filled(each)
    ]


def _hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    return tuple(
        post
        for each, role in pilots.with_role(ctx.tx, person)
        for post in editing.vacant(ctx, editing.fresh(ctx, each), role, left=True)
    )


@feature.follows(Event.CAME_BACK)
def back(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Let somebody who is back fill again what nobody took meanwhile, if they had accepted it."""
    posts: tuple[Post, ...] = ()
    for each, role in pilots.with_role(ctx.tx, person):
        done = [past for past in log.history(ctx.tx, each.id) if past.kind.endswith(f" {role}")]
        kinds = [past.kind for past in done[:2]]
        held = bool(done) and done[0].words == editing.ACCEPTED
        if kinds[:1] == [f"vacant {role}"] and (held or kinds[1:] == [f"accepted {role}"]):
            pilots.accept(ctx.tx, each.id, role, person, ctx.now)
            editing.note(ctx, each, f"accepted {role}")
            posts += editing.settle(ctx, each, f"vacant {role}")
        elif role not in roles.filled(each):  # they were asked, and had not answered
            posts += editing.ask(ctx, each, role, person)
    return posts


@feature.holds(50, "pilots.champion", "pilots.modeler", "pilots.integrator", left=_hand_on)
def held(ctx: Context, person: PersonId) -> list[Held]:
    """Return somebody's roles in pilots, and how they are handed on: the new one is asked."""

    def give(pilot: Pilot, role: str, to: PersonId) -> tuple[Post, ...]:
        return editing.name_for(ctx, editing.fresh(ctx, pilot), role, to)

    return [
        Held(
            each.name,
            _("{role} of the pilot", role=roles.LABELS[role]),
            lambda to, _other, pilot=each, role=role: give(pilot, role, to),  # type: ignore[misc]
            acts=duty.acting(ctx, person) or duty.escalation_manager(ctx),
        )
        for each, role in pilots.with_role(ctx.tx, person)
    ]
