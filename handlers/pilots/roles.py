"""Three roles: who clears the way, who knows the workflow, who connects. What lacks without one."""

from __future__ import annotations

from enum import StrEnum

from handlers import rights
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.words import Who, Words, _
from handlers.on_call import duty
from handlers.rights import Tie
from storage.engine.ids import PersonId
from storage.pilots import ROLES, Pilot


class Role(StrEnum):
    """A role in a pilot."""

    CHAMPION = "champion"
    MODELER = "modeler"
    INTEGRATOR = "integrator"


LABELS: dict[str, Words] = {
    "champion": _("Champion"),
    "modeler": _("Process modeller"),
    "integrator": _("Integrator"),
}
WITHOUT: dict[str, Words] = {
    "champion": _("Without a champion nobody clears obstacles and nobody decides."),
    "modeler": _("Without a process modeller it stays open what goes in and what is measured."),
    "integrator": _("Without an integrator nothing is connected: it stays a plan."),
}
ONLY_CHAMPION = _("A champion alone: there is backing, but nobody knows the workflow or connects.")
ALL_IN_ONE = _("One person has all three roles: when that person is away, everything stands still.")


def filled(pilot: Pilot) -> set[str]:
    """Return the roles that somebody has accepted."""
    return {each for each in ROLES if getattr(pilot, f"{each}_accepted_at") is not None}


def may_start(pilot: Pilot) -> bool:
    """Say whether all three are there; requirement D01."""
    return filled(pilot) == set(ROLES)


def warnings(pilot: Pilot) -> list[Words]:
    """Return what lacks, for each role that nobody has accepted; requirement D06."""
    there = filled(pilot)
    if there == {"champion"}:
        return [ONLY_CHAMPION, WITHOUT["modeler"], WITHOUT["integrator"]]
    found = [WITHOUT[each] for each in ROLES if each not in there]
    people = {getattr(pilot, each) for each in ROLES}
    if not found and len(people) == 1:
        found.append(ALL_IN_ONE)
    return found


def decides(pilot: Pilot) -> PersonId | None:
    """Return who is asked about a pilot: the champion, else whoever has another role."""
    there = [getattr(pilot, each) for each in ROLES if each in filled(pilot)]
    return there[0] if there else None


def ties(ctx: Context, pilot: Pilot) -> set[Tie]:
    """Return how the asker stands to a pilot; who stands in for somebody has their roles."""
    found = rights.general(ctx)
    held = {getattr(pilot, each) for each in ROLES if each in filled(pilot)}
    if Tie.MEMBER in found and held.intersection(duty.acts_for(ctx, ctx.person.id)):
        found.add(Tie.ROLE)
    return found


def may(ctx: Context, pilot: Pilot) -> bool:
    """Say whether the asker may change a pilot; while nobody has a role, everybody may."""
    if pilot.state.is_prepared and Tie.MEMBER in rights.general(ctx):
        return True
    return rights.may("pilot's own", ties(ctx, pilot))


def need(ctx: Context, pilot: Pilot) -> None:
    """Refuse kindly unless the asker may change a pilot."""
    if may(ctx, pilot):
        return
    found = [ctx.person_of(getattr(pilot, each)) for each in ROLES if getattr(pilot, each)]
    who = [Who(each.id, each.name) for each in dict.fromkeys(found) if each and each.active]
    if not who or Tie.MEMBER not in rights.general(ctx):
        rights.need(ctx, "pilot's own")
    raise Refusal(
        _(
            "For “{pilot}” somebody else decides. Please ask {who:or}.",
            pilot=pilot.name,
            who=[each.name for each in who],
        )
    )
