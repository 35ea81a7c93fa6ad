"""What runs for a pilot: the integrator gets an address and a recipe, and its runs are the use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from handlers.automations import profile
from handlers.automations.entering import ToolField
from handlers.automations.intake.address import with_address
from handlers.automations.lookup import AUTO
from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.messages import Reply
from handlers.kit.words import _
from handlers.pilots import cards, editing
from handlers.pilots.lookup import PilotRef
from handlers.pilots.weeks import operation
from storage import automations, pilots
from storage.automations import Automation, history
from storage.pilots.states import PilotEvent

feature = Feature(_("Pilots"))


def _connected(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = pilots.find(ctx.tx, fixed.get("pilot", ""))
    return {"automation": found.automation or ""} if found else {}


@feature.command(
    "pilot connect",
    "pilot verbinden",
    help=_("Which automation runs for it? Its runs are the use of the pilot."),
    hidden=True,
    current=_connected,
)
def connect(
    ctx: Context,
    pilot: PilotRef,
    *,
    automation: Annotated[Automation, AUTO, Ask(_("Automation"))] | None = None,
) -> Reply:
    found = editing.own(ctx, pilot)
    pilots.change(ctx.tx, found.id, automation=automation.id if automation else None)
    editing.note(ctx, found, PilotEvent.CONNECTED, automation.name if automation else "")
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), subject=found.name)


def _made_with(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = pilots.find(ctx.tx, fixed.get("pilot", ""))
    kept = history.profile(ctx.tx, found.automation) if found and found.automation else {}
    return {"tool": kept.get("tool", "")}


@feature.command(
    "pilot address",
    "pilot adresse",
    help=_("The address to report runs to, with the recipe for a tool."),
    hidden=True,
    current=_made_with,
)
def address(ctx: Context, pilot: PilotRef, *, tool: ToolField) -> Reply:
    """Give what runs for a pilot an address, and enter it where nothing is connected yet.

    Who has a role gets it, also where others answer for the automation; requirement D04.
    """
    found = editing.running(ctx, pilot)
    connected, posts = operation.connected_for(ctx, found)
    first = connected.first_report_at is None and found.automation is None
    if connected.id != found.automation:
        pilots.change(ctx.tx, found.id, automation=connected.id)
        editing.note(ctx, found, PilotEvent.CONNECTED, connected.name)
    profile.correct(ctx, connected, {"tool": tool.value})
    posts += editing.settle(ctx, found, "connect")
    shown = with_address(ctx, _fresh(ctx, connected), first=first)
    return replace(shown, posts=posts)


def _fresh(ctx: Context, automation: Automation) -> Automation:
    found = automations.find(ctx.tx, automation.id)
    assert found is not None, "it was there a moment ago"
    return found
