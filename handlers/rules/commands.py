"""Rules to look at, to enter, to let go straight through and to remove."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from handlers import rights
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text, Title, line
from handlers.kit.readers import NumberReader, TextReader
from handlers.kit.words import Words, _, _n, shortened
from handlers.rules import entering, fields, meaning, routing
from handlers.rules.entering import Way, WayField
from handlers.rules.past import note
from handlers.services import editing
from handlers.services.lookup import LENIENT, ServiceRef
from storage import friction, rules
from storage.engine.ids import NoteId, RuleId
from storage.rules import Led, Rule, RuleKind
from storage.rules import history as rule_history
from storage.rules.history import Done
from storage.services import Service

feature = Feature(_("Rules"))

PAGE = 8
RuleField = Annotated[RuleId, TextReader(long=False), Ask(_("Which"))]
KindField = Annotated[str, TextReader(long=False), Ask(_("Kind"))]
SubjectField = Annotated[str, TextReader(long=False), Ask(_("Which"))]


@feature.command(
    "rules", "regeln", help=_("What leads to which service or area, and who answers."), reads=True
)
def show(
    ctx: Context, *, first: Annotated[int, NumberReader(0, 100_000), Ask(_("From"))] = 0
) -> Reply:
    found = [*rules.all(ctx.tx, RuleKind.SERVICE), *rules.all(ctx.tx, RuleKind.AREA)]
    enter: tuple[Button, ...] = (
        Button(_("Enter a rule"), call("rule new")),
        Button(_("Rule for friction"), call("friction rule")),
    )
    if rule_history.count(ctx.tx):
        enter += (Button(_("History"), call("rule history"), "quiet"),)
    if not found:
        said = _("No words have been learnt or entered yet. Corrections teach them.")
        return Reply(line(said, *enter))
    parts: list[Part] = [Title(_n("{n} rule", "{n} rules", len(found)))]
    for each in found[first : first + PAGE]:
        parts += [Text(routing.line_of(ctx, each)), Text(_standing(ctx, each), small=True)]
        corrected = routing.corrections_words(ctx, each)
        if corrected:
            parts.append(Text(_("Corrected to: {targets}", targets=corrected), small=True))
        own = tuple(_own(ctx, each))
        parts += [Buttons(own)] if own else []
    if len(found) > first + PAGE:
        parts.append(Buttons((Button(_("More"), call("rules", first=first + PAGE)),)))
    unmatched = _("What no rule fits goes to a person: the fallback service, or the managers.")
    return Reply(Message((*parts, Text(unmatched, small=True), Buttons(enter))))


def _standing(ctx: Context, rule: Rule) -> Words:
    origin = _("learnt") if rule.learnt else _("entered")
    led, straight = rules.count_led(ctx.tx, rule.id)
    if not rule.straight:
        return _n(
            "{origin}, asks first; led {n} time",
            "{origin}, asks first; led {n} times",
            led,
            origin=origin,
        )
    return _n(
        "{origin}, straight through {straight} of {n} time; corrected {wrong} of the last {last}",
        "{origin}, straight through {straight} of {n} times; corrected {wrong} of the last {last}",
        led,
        origin=origin,
        straight=straight,
        wrong=routing.corrected(ctx, rule),
        last=len(rules.newest_led(ctx.tx, rule, routing.LAST)),
    )


def _own(ctx: Context, rule: Rule) -> list[Button]:
    """Return what the asker may do with a rule: nothing with one that leads to somebody else."""
    found: list[Button] = []
    if not entering.owns(ctx, rule):
        return found
    if rule.straight:
        found.append(Button(_("Ask first again"), call("rule ask", id=rule.id), "quiet"))
    elif routing.is_accountable(ctx, rule.kind, rule.target):
        found.append(Button(_("Straight through"), call("rule straight", id=rule.id), "quiet"))
    return [*found, Button(_("Remove"), call("rule remove", id=rule.id), "quiet")]


def _may_enter(ctx: Context, service: Service) -> None:
    editing.need_own(ctx, service)


def _another_chosen(_ctx: Context, service: Service, chosen: Service | None = None) -> None:
    if chosen is not None and chosen.id == service.id:
        raise Refusal(_("Please choose another one."), field="chosen")


def _tells_apart(ctx: Context, words: str, service: Service) -> None:
    if service.fallback or _meant(ctx, words, service, None, Way.ASK) is None:
        raise Refusal(_("These words tell nothing apart."), field="words", kept=words)


def _may_straight(ctx: Context, service: Service, way: Way = Way.ASK) -> None:
    if way is Way.STRAIGHT:
        entering.need_accountable(ctx, RuleKind.SERVICE, service.id)


def _meant(
    ctx: Context, words: str, service: Service, chosen: Service | None, way: Way
) -> Rule | None:
    return meaning.entered(
        RuleId(ctx.new_id()),
        RuleKind.SERVICE,
        words,
        service.id,
        straight=way is Way.STRAIGHT,
        also=(fields.condition(fields.SERVICE, chosen.id),) if chosen else (),
    )


@feature.command(
    "rule new",
    "regel neu",
    help=_("Enter which words mean a service."),
    submit=_("Enter it"),
    checks=(_may_enter, _another_chosen, _tells_apart, _may_straight),
)
def new(
    ctx: Context,
    *,
    words: Annotated[
        str,
        TextReader(long=False),
        Ask(_("Words"), _("Whoever says all of them means this service.")),
    ],
    service: ServiceRef,
    chosen: Annotated[
        Service | None, LENIENT, Ask(_("Chosen service"), _("Only where this was chosen."))
    ] = None,
    way: WayField = Way.ASK,
) -> Reply:
    rule = _meant(ctx, words, service, chosen, way)
    assert rule is not None, "its words were checked"
    return entering.enter(ctx, rule)


def _rule(ctx: Context, id: RuleId) -> Rule:
    rule = rules.find(ctx.tx, id)
    if rule is None:
        raise Refusal(_("This rule is gone already."))
    return rule


@feature.command(
    "rule straight", "regel durch", help=_("Without the question from now on."), hidden=True
)
def straight(ctx: Context, id: RuleField) -> Reply:
    rule = _rule(ctx, id)
    entering.need_accountable(ctx, rule.kind, rule.target)
    rules.set_straight(ctx.tx, rule.id, True)
    note(ctx, rule, Done.STRAIGHT)
    said = _(
        "{rule} goes straight through from now on. One in ten, and at least one a week, comes to "
        "you to be checked.",
        rule=routing.condition(ctx, rule),
    )
    return Reply(line(said, Button(_("Ask first again"), call("rule ask", id=id))), subject=id)


@feature.command("rule ask", "regel fragen", help=_("Ask first, from now on."), hidden=True)
def ask(ctx: Context, id: RuleField) -> Reply:
    rule = _rule(ctx, id)
    entering.need_own(ctx, rule)
    rules.set_straight(ctx.tx, rule.id, False)
    note(ctx, rule, Done.ASK)
    said = _("{rule} asks first from now on.", rule=routing.condition(ctx, rule))
    return Reply(line(said), subject=id)


@feature.command("rule remove", "regel entfernen", help=_("Forget a rule."), hidden=True)
def remove(ctx: Context, id: RuleField) -> Reply:
    rule = _rule(ctx, id)
    entering.need_own(ctx, rule)
    rules.remove(ctx.tx, id)
    note(ctx, rule, Done.REMOVED)
    said = _("Forgotten: {rule}.", rule=shortened(ctx.text(routing.condition(ctx, rule))))
    return Reply(line(said), subject=id)


# --- checks ------------------------------------------------------------------------------


@feature.command(
    "rule right", "regel stimmt", help=_("What went straight through is right."), hidden=True
)
def right(ctx: Context, kind: KindField, subject: SubjectField) -> Reply:
    led, posts = _check(ctx, kind, subject)
    routing.stands(ctx, led, subject)
    return Reply(line(_("Good. It stays there.")), posts=posts)


@feature.command(
    "rule wrong", "regel falsch", help=_("What went straight through is not right."), hidden=True
)
def wrong(ctx: Context, kind: KindField, subject: SubjectField) -> Reply:
    """Count it; a note goes back to whoever sorts, an incident is moved where it is known."""
    led, posts = _check(ctx, kind, subject)
    before = routing.correct(ctx, led, subject)
    if led is Led.INCIDENT:
        move = Button(_("Change service"), call("move", number=subject))
        return Reply(line(_("Counted. Where does it belong?"), move), posts=posts)
    note = friction.find(ctx.tx, NoteId(subject))
    if note is not None and before is not None:
        friction.set_area(ctx.tx, NoteId(subject), routing.area_before(ctx, before, note.area))
    return Reply(line(_("Counted. A person sorts it now.")), posts=posts)


def _check(ctx: Context, kind: str, subject: str) -> tuple[Led, tuple[Post, ...]]:
    """Refuse unless the asker answers for where it went; let the question about it be over."""
    found = rules.led(ctx.tx, Led(kind), subject) if kind in set(Led) else None
    if found is None:
        raise Refusal(_("This no longer exists."))
    target = RuleKind.SERVICE if found.kind is Led.INCIDENT else RuleKind.AREA
    if not routing.is_accountable(ctx, target, found.target):
        rights.need(ctx, "service")
    return found.kind, routing.settle(ctx, found)


@feature.keeps(
    "rule_routings",
    what=_("What rules led, by day"),
    days=365,
    then=_("deleted"),
)
def forget(ctx: Context, before: datetime) -> int:
    return rules.forget_led(ctx.tx, calendar.day_of(before, ctx.workspace.zone))
