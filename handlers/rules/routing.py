"""What a rule leads: it is named, corrected with a tap, and now and then somebody looks at it.

Rule (docs/rules.md, rules): *straight through* is without the question, never without a person;
one in ten, and at least one a week, is checked; over a tenth corrected of the last twenty, and it
asks again.
"""

from __future__ import annotations

from dataclasses import replace

from handlers.attention import matters
from handlers.kit import calendar
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Post
from handlers.kit.people import name
from handlers.kit.readers import folded
from handlers.kit.words import Sentence, Words, _, shortened
from handlers.on_call import duty
from handlers.rules import fields
from handlers.rules.past import note
from storage import rules
from storage.engine.ids import PersonId, ServiceId
from storage.friction import answerers
from storage.friction.answerers import AnswererState
from storage.rules import Led, Routing, RoutingState, Rule, RuleKind
from storage.rules.history import Done

SAMPLE = 10  # one of so many is checked
LAST, CORRECTED = 20, 2  # of the last so many at most so few may be corrected


def answering(ctx: Context, kind: RuleKind, target: str) -> list[PersonId]:
    """Return who answers for what a rule leads to: never nobody."""
    service = ctx.service_of(ServiceId(target)) if kind == RuleKind.SERVICE else None
    if service is not None:
        return [service.accountable]
    mine = [
        each.answerer
        for each in answerers.all(ctx.tx)
        if each.state == AnswererState.ACCEPTED and folded(each.area) == folded(target)
    ]
    here = [each for each in mine if duty.is_here(ctx, each)]
    return here or [each.id for each in duty.managers(ctx)]


def is_accountable(ctx: Context, kind: RuleKind, target: str) -> bool:
    """Say whether the asker answers for it, or stands in for whoever does."""
    found = answering(ctx, kind, target)
    return ctx.person.id in {*found, *(duty.acting(ctx, each) for each in found)}


def target_name(ctx: Context, kind: RuleKind, target: str) -> str:
    """Return the name of what a rule leads to."""
    service = ctx.service_of(ServiceId(target)) if kind == RuleKind.SERVICE else None
    return service.name if service is not None else target


def condition(ctx: Context, rule: Rule) -> Words:
    """Return what has to be said for a rule to lead."""
    found = fields.field_words(ctx, rule.words)
    if not found:
        return _("“{words}”", words=rule.shown)
    if not rule.shown:
        return _("{fields}", fields=found)
    return _("“{words}” and {fields}", words=rule.shown, fields=found)


def by(ctx: Context, led: Routing) -> Sentence:
    """Return by which rule something was led, also when the rule is gone by now."""
    rule = rules.find(ctx.tx, led.rule)
    return _("Rule: {rule}", rule=condition(ctx, rule) if rule else _("“{words}”", words=led.shown))


def line_of(ctx: Context, rule: Rule) -> Sentence:
    """Return a rule to read: what is said, where it leads, who answers there."""
    who: list[Words] = [name(ctx, each) for each in answering(ctx, rule.kind, rule.target)[:3]]
    return _(
        "{said} → {target} → {who}",
        said=condition(ctx, rule),
        target=target_name(ctx, rule.kind, rule.target),
        who=who,
    )


def lead(ctx: Context, rule: Rule, kind: Led, subject: str, about: str) -> Routing:
    """Keep that a rule led something; now and then its accountable person looks at it.

    `kind` is what was led, `incident` or `friction`, `about` its words.
    """
    sampled = rule.straight and _is_sampled(ctx, rule)
    led = Routing(
        kind,
        subject,
        rule.id,
        shown=rule.shown or ctx.text(condition(ctx, rule)),
        target=rule.target,
        straight=rule.straight,
        marked=rule.marked,
        sampled=sampled,
        state=RoutingState.OPEN,
    )
    rules.lead(ctx.tx, led, calendar.day_of(ctx.now, ctx.workspace.zone))
    if sampled:
        said = _(
            "By the rule {rule} this went straight to {target}: “{words}”. Is that right?",
            rule=condition(ctx, rule),
            target=target_name(ctx, rule.kind, rule.target),
            words=shortened(about),
        )
        values = {"kind": kind, "subject": subject}
        right = Button(_("Right"), call("rule right", **values))
        wrong = Button(_("Not right"), call("rule wrong", **values))
        for each in answering(ctx, rule.kind, rule.target):
            hidden = kind != "incident"
            matters.note(ctx, each, check_key(led), said, right, wrong, nameless=hidden)
    return led


def check_key(led: Routing) -> str:
    return f"rule:{led.kind}:{led.subject}"


def settle(ctx: Context, led: Routing) -> tuple[Post, ...]:
    """Let the question whether it was right be over."""
    return matters.settle(ctx, check_key(led))


def _is_sampled(ctx: Context, rule: Rule) -> bool:
    """Say whether this one is checked: the first of a week, and each tenth after it."""
    week = calendar.week_of(ctx.now, ctx.workspace.zone)
    due = rule.checked_week != week or rule.since_check + 1 >= SAMPLE
    since = 0 if due else rule.since_check + 1
    rules.count_check(ctx.tx, rule.id, since, week if due else rule.checked_week)
    return due


def correct(ctx: Context, kind: Led, subject: str) -> Routing | None:
    """Somebody says that a rule led wrongly; too often, and it asks again. None without a rule."""
    led = rules.led(ctx.tx, kind, subject)
    if led is None or not rules.settle(ctx.tx, kind, subject, RoutingState.CORRECTED):
        return led
    rule = rules.find(ctx.tx, led.rule)
    if rule is not None and rule.straight and corrected(ctx, rule) > CORRECTED:
        rules.set_straight(ctx.tx, rule.id, False)
        note(ctx, rule, Done.ASK, by_itself=True)
        said = _(
            "The rule {rule} asks first again: {n} of the last {last} were corrected.",
            rule=condition(ctx, rule),
            n=corrected(ctx, rule),
            last=LAST,
        )
        button = Button(_("Rules"), call("rules"))
        for each in answering(ctx, rule.kind, rule.target):
            matters.note(ctx, each, f"rule:{rule.id}:back", said, button)
    return replace(led, state=RoutingState.CORRECTED)


def area_before(ctx: Context, led: Routing, area: str) -> str:
    """Return the area that a note named by itself, before a rule led it; empty without one."""
    rule = rules.find(ctx.tx, led.rule)
    named = fields.value(rule.words, fields.AREA) if rule is not None else ""
    return named if folded(area) == folded(led.target) else area if named else ""


def corrected(ctx: Context, rule: Rule) -> int:
    """Return how many of the last ones that went straight through were corrected."""
    newest = rules.newest_led(ctx.tx, rule, LAST)
    return sum(each.state == RoutingState.CORRECTED for each in newest)


def stands(ctx: Context, kind: Led, subject: str) -> Routing | None:
    """Somebody says that a rule led rightly. None without a rule."""
    led = rules.led(ctx.tx, kind, subject)
    if led is not None:
        rules.settle(ctx.tx, kind, subject, RoutingState.STANDS)
    return led
