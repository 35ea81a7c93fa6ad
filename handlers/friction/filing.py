"""Where a note belongs: a rule says so or asks, and whoever knows better corrects it with a tap."""

from __future__ import annotations

from typing import Annotated

from handlers import rights
from handlers.friction import grouping
from handlers.friction.kinds import HINT, Hint
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text
from handlers.kit.people import name
from handlers.kit.readers import TextReader, folded
from handlers.kit.words import _, some
from handlers.rules import entering, fields, meaning, routing
from handlers.rules.entering import Way, WayField
from storage import friction, mandate, rules
from storage.engine.ids import NoteId, PersonId, RuleId
from storage.friction import Note, answerers
from storage.rules import Led, Routing, RoutingState, Rule, RuleKind

feature = Feature(_("Friction"))

OFFERED = 4  # areas with a button of their own

IdField = Annotated[NoteId, TextReader(long=False), Ask(_("Which"))]
AreaValue = Annotated[str, TextReader(long=False), Ask(_("Which"))]


def lead(ctx: Context, id: NoteId, sentence: str, hint: str | None, area: str = "") -> None:
    """Let the rules look at a note; of one that names an area those that look at it."""
    needs = fields.AREA if area else ""
    found = meaning.fitting(ctx, RuleKind.AREA, sentence, _also(hint, area), needs=needs)
    rule = next((each for each in found if folded(each.target) != folded(area)), None)
    if rule is None:
        return
    routing.lead(ctx, rule, Led.FRICTION, id, sentence)
    if rule.straight:
        friction.set_area(ctx.tx, id, rule.target)


def _also(hint: str | None, area: str) -> tuple[str, ...]:
    """Return what stands in the form beside the sentence, as the conditions of a rule."""
    found = (fields.condition(fields.HINT, hint),) if hint else ()
    return (*found, fields.condition(fields.AREA, area)) if area else found


def filing_parts(ctx: Context, id: str) -> list[Part]:
    """Say by which rule a note was led, or ask; and offer to correct it."""
    led = rules.led(ctx.tx, Led.FRICTION, id)
    if led is None or led.state == RoutingState.CORRECTED:
        return []
    who = some([name(ctx, each) for each in routing.answering(ctx, RuleKind.AREA, led.target)], 3)
    values = {"area": led.target, "who": who}
    by = Text(routing.by(ctx, led), small=True)
    if led.straight or led.state == RoutingState.STANDS:
        no = Button(_("Not {area}", area=led.target), call("friction elsewhere", id=id), "quiet")
        return [Text(_("It goes to “{area}”, where {who} answers.", **values)), by, Buttons((no,))]
    row = (
        Button(_("Yes, {area}", area=led.target), call("friction file", id=id, area=led.target)),
        Button(_("No, something else"), call("friction elsewhere", id=id)),
    )
    return [Text(_("Is it about “{area}”? There {who} answers.", **values)), by, Buttons(row)]


def follow(ctx: Context, id: NoteId, author: PersonId) -> bool:
    """Take a note's name away; what a rule led goes on leading to it, under its new id."""
    new = ctx.new_secret()
    if not friction.forget_author(ctx.tx, id, author, new=NoteId(new)):
        return False
    rules.call_anew(ctx.tx, Led.FRICTION, id, new)
    return True


def _open(ctx: Context, id: NoteId) -> Note:
    found = friction.find(ctx.tx, id)
    if found is None or found.answered:
        raise Refusal(_("This is answered already, or gone."))
    return found


@feature.command(
    "friction file",
    "reibung ablegen",
    help=_("It belongs to this area."),
    hidden=True,
    needs="friction",
    nameless=True,
)
def file(ctx: Context, id: IdField, area: AreaValue) -> Reply:
    note = _open(ctx, id)
    area = " ".join(area.split())[:60]
    friction.set_area(ctx.tx, note.id, area)
    led = rules.led(ctx.tx, Led.FRICTION, note.id)
    if led is not None and led.target == area:
        routing.stands(ctx, Led.FRICTION, note.id)
        corrected = None
    else:
        corrected = routing.correct(ctx, Led.FRICTION, note.id, area)
    who = some([name(ctx, each) for each in routing.answering(ctx, RuleKind.AREA, area)], 3)
    said = _("It goes to “{area}”, where {who} answers.", area=area, who=who)
    return Reply(
        Message((Text(said), *_corrected(ctx, corrected))), posts=_over(ctx, led), nameless=True
    )


@feature.command(
    "friction elsewhere",
    "reibung woanders",
    help=_("It belongs to another area."),
    hidden=True,
    needs="friction",
    nameless=True,
)
def elsewhere(ctx: Context, id: IdField) -> Reply:
    note = _open(ctx, id)
    led = routing.correct(ctx, Led.FRICTION, note.id)
    own = routing.area_before(ctx, led, note.area) if led is not None else ""
    friction.set_area(ctx.tx, note.id, own)
    others = [each for each in areas(ctx) if led is None or each != led.target]
    row = tuple(
        Button(each, call("friction file", id=note.id, area=each)) for each in others[:OFFERED]
    )
    parts: list[Part] = [Text(_("Good: a person sorts it. Or does it belong to one of these?"))]
    if not row:
        parts = [Text(_("Good: a person sorts it."))]
    return Reply(
        Message((*parts, *((Buttons(row),) if row else ()))), posts=_over(ctx, led), nameless=True
    )


def _corrected(ctx: Context, led: Routing | None) -> tuple[Part, ...]:
    """Say by which rule it had been led, and to what that is corrected."""
    return (Text(routing.corrected_words(ctx, led), small=True),) if led is not None else ()


def _over(ctx: Context, led: Routing | None) -> tuple[Post, ...]:
    return routing.settle(ctx, led) if led is not None and led.sampled else ()


def areas(ctx: Context) -> list[str]:
    """Return the areas that people know: the focus, those somebody answers, those notes name."""
    known = [*mandate.focus(ctx.tx).values(), *(e.area for e in answerers.all(ctx.tx))]
    return list(dict.fromkeys([*known, *friction.areas(ctx.tx)]))


def _may_enter(ctx: Context, area: str) -> None:
    if not routing.is_accountable(ctx, RuleKind.AREA, _short(area)):
        rights.need(ctx, "answer friction")


def _tells_apart(
    ctx: Context, area: str, words: str = "", hint: Hint | None = None, named: str = ""
) -> None:
    if _meant(ctx, area, words, hint, named, Way.ASK) is None:
        raise Refusal(_("These words tell nothing apart."), field="words", kept=words)


def _may_straight(ctx: Context, area: str, way: Way = Way.ASK) -> None:
    if way is Way.STRAIGHT:
        entering.need_accountable(ctx, RuleKind.AREA, _short(area))


def _short(area: str) -> str:
    return " ".join(area.split())[:60]


def _meant(
    ctx: Context, area: str, words: str, hint: Hint | None, named: str, way: Way
) -> Rule | None:
    return meaning.entered(
        RuleId(ctx.new_id()),
        RuleKind.AREA,
        words,
        _short(area),
        straight=way is Way.STRAIGHT,
        also=_also(hint, _short(named)),
    )


@feature.command(
    "friction rule",
    "reibung regel",
    help=_("Which words or hints mean an area."),
    hidden=True,
    submit=_("Enter it"),
    checks=(_may_enter, _tells_apart, _may_straight),
)
def rule(
    ctx: Context,
    *,
    area: Annotated[str, TextReader(long=False), Ask(_("Area"), grouping.known_areas)],
    words: Annotated[
        str,
        TextReader(long=False),
        Ask(_("Words"), _("Whoever says all of them means this area. May be empty.")),
    ] = "",
    hint: Annotated[Hint, HINT, Ask(_("Hint"), _("Only with this hint."))] | None = None,
    named: Annotated[
        str, TextReader(long=False), Ask(_("Named area"), _("Only where a note names this area."))
    ] = "",
    way: WayField = Way.ASK,
) -> Reply:
    entered = _meant(ctx, area, words, hint, named, way)
    assert entered is not None, "its words were checked"
    return entering.enter(ctx, entered)
