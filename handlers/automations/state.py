"""How an automation stands, and who may decide about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from handlers import rights
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button
from handlers.kit.people import name as name_of
from handlers.kit.people import person
from handlers.kit.words import Sentence, _, _n
from storage.automations import Automation
from storage.people import Person


class State(StrEnum):
    """Whether it is used, as far as its runs tell."""

    IN_USE = "in use"
    KEPT = "kept"
    UNUSED = "possibly unused"
    UNMEASURED = "not measured"
    RETIRED = "retired"


STATES: dict[State, Sentence] = {
    State.IN_USE: _("in use"),
    State.KEPT: _("kept, though it does not run"),
    State.UNUSED: _("possibly unused"),
    State.UNMEASURED: _("not measured"),
    State.RETIRED: _("retired"),
}


def state(automation: Automation, now: datetime) -> State:
    """Return the state at `now`; the first rule that fits counts."""
    if automation.state == "retired":
        return State.RETIRED
    if automation.last_run_at is None:
        return State.UNMEASURED
    if now - automation.last_run_at <= timedelta(days=automation.rhythm_days):
        return State.IN_USE
    if automation.kept_until is not None and now < automation.kept_until:
        return State.KEPT
    return State.UNUSED


def decisions(automation: Automation) -> tuple[Button, ...]:
    """Return the three answers to "possibly unused"."""
    id = automation.id
    return (
        Button(_("Keep"), call("auto keep", automation=id)),
        Button(_("Retire"), call("auto retire", automation=id)),
        Button(_("Hand over"), call("auto handover", automation=id)),
    )


def evidence(automation: Automation, now: datetime) -> Sentence:
    """Return what a state rests on: the last run and what was expected."""
    if automation.last_run_at is None:
        return _("has never reported a run")
    days = (now - automation.last_run_at).days
    expected = _n("expected every day", "expected every {n} days", automation.rhythm_days)
    if days == 0:
        return _("last run {at}, {expected}", at=automation.last_run_at, expected=expected)
    return _n(
        "last run {n} day ago ({at:date}), {expected}",
        "last run {n} days ago ({at:date}), {expected}",
        days,
        at=automation.last_run_at,
        expected=expected,
    )


def is_own(ctx: Context, automation: Automation) -> bool:
    return rights.may("automation's own", _ties(ctx, automation))


def _need_own(ctx: Context, automation: Automation) -> None:
    if not is_own(ctx, automation):
        owners = [person(ctx, automation.accountable), person(ctx, automation.deputy)]
        decides = owner(ctx, automation)
        raise Refusal(
            _("For “{name}” this is up to {who}.", name=automation.name, who=owners),
            buttons=(
                Button(
                    _("Ask {who}", who=name_of(ctx, decides.id)),
                    call("auto ask", automation=automation.id),
                ),
            )
            if decides is not None
            else (),
        )


def _ties(ctx: Context, automation: Automation) -> set[rights.Tie]:
    ties = rights.general(ctx)
    if rights.Tie.MEMBER in ties:
        if automation.accountable == ctx.person.id:
            ties.add(rights.Tie.ACCOUNTABLE)
        if automation.deputy == ctx.person.id:
            ties.add(rights.Tie.DEPUTY)
        if owner(ctx, automation) is None and rights.Tie.MANAGER in ties:
            ties.add(rights.Tie.DEPUTY)  # both are away: managers stand in
    return ties


def owner(ctx: Context, automation: Automation) -> Person | None:
    """Return who decides now: the accountable, or while they are away the deputy."""
    for id in (automation.accountable, automation.deputy):
        found = ctx.person_of(id)
        if found is not None and found.here:
            return found
    return None
