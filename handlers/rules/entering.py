"""How a rule is entered: it asks first, unless whoever answers for it says otherwise."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from handlers import rights
from handlers.kit.commands import Ask, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Reply, line
from handlers.kit.people import person
from handlers.kit.readers import ChoiceReader
from handlers.kit.words import Words, _
from handlers.rules import routing
from handlers.rules.past import note
from handlers.services import editing
from storage import rules
from storage.engine.ids import ServiceId
from storage.rules import Rule, RuleKind
from storage.rules.history import Done


class Way(StrEnum):
    """Whether a rule asks first."""

    ASK = "ask"
    STRAIGHT = "straight"


WAYS: dict[str, Words] = {"ask": _("Ask first"), "straight": _("Straight through")}
WayField = Annotated[
    Way,
    ChoiceReader(Way, WAYS, {}),
    Ask(_("Ask first?"), _("Only whoever answers for it lets it go straight through.")),
]


def enter(ctx: Context, rule: Rule) -> Reply:
    """Keep a rule that somebody entered."""
    if rules.add(ctx.tx, rule, ctx.now):
        note(ctx, rule, Done.ENTERED)
    known = [
        each
        for each in rules.of(ctx.tx, rule.kind, rule.target)
        if each.words == rule.words and each.straight != rule.straight
    ]
    for each in known:  # the same words again: only how they lead is new
        rules.set_straight(ctx.tx, each.id, rule.straight)
        note(ctx, each, Done.STRAIGHT if rule.straight else Done.ASK)
    said = _("From now on: {rule}", rule=routing.line_of(ctx, rule))
    remove = Button(_("Remove"), call("rule remove", id=rule.id), "quiet")
    return Reply(line(said, remove), subject=rule.id)


def need_accountable(ctx: Context, kind: RuleKind, target: str) -> None:
    """Refuse kindly unless the asker answers for where a rule leads, or stands in."""
    if routing.is_accountable(ctx, kind, target):
        return
    rights.need(ctx, "read")
    who = [person(ctx, each) for each in routing.answering(ctx, kind, target)]
    raise Refusal(_("Only {who} can set that; they answer for it.", who=who), field="way")


def owns(ctx: Context, rule: Rule) -> bool:
    """Say whether the asker answers for where a rule leads, or is a manager."""
    service = ctx.service_of(ServiceId(rule.target)) if rule.kind == RuleKind.SERVICE else None
    if service is not None:
        return rights.may("service's own", rights.ties_to_service(ctx, service))
    return routing.is_accountable(ctx, rule.kind, rule.target) or rights.may(
        "service", rights.general(ctx)
    )


def need_own(ctx: Context, rule: Rule) -> None:
    """Refuse kindly unless the asker answers for where a rule leads, or is a manager."""
    service = ctx.service_of(ServiceId(rule.target)) if rule.kind == RuleKind.SERVICE else None
    if service is not None:
        editing.need_own(ctx, service)
    elif not routing.is_accountable(ctx, rule.kind, rule.target):
        rights.need(ctx, "service")
