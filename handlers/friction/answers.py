"""The answer to a pattern: seven taps give advice, a person decides, everybody concerned hears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from handlers.friction import cards, grouping, sending_answers
from handlers.friction.assessment import (
    DEPTH,
    DEPTHS,
    OFFER,
    POINT,
    POINTS,
    RESULT,
    RESULTS,
    Depth,
    Point,
    Result,
    advice,
    because,
)
from handlers.friction.patterns import PatternRef, history, own
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title, line
from handlers.kit.readers.required_text import ReasonReader
from handlers.kit.words import _
from handlers.mandate.cards import is_outside
from storage import mandate
from storage.engine.ids import PatternId
from storage.friction import patterns
from storage.friction.patterns import Check, Pattern, PatternEvent

feature = Feature(_("Patterns"))

ReasonField = Annotated[
    str,
    ReasonReader(most=300),
    Ask(_("Why?"), _("One sentence; everybody who noted it reads it.")),
]


@feature.command(
    "pattern ask",
    "muster fragen",
    help=_("Does this need a human?"),
    hidden=True,
)
def ask(ctx: Context, pattern: PatternRef) -> Reply:
    """Ask the first question of all."""
    own(ctx, pattern.id)
    return Reply(
        Message(
            (
                Title(pattern.title),
                Text(_("First of all: could the step simply be dropped?")),
                Buttons(
                    (
                        Button(_("Yes, drop it"), call("pattern drop", pattern=pattern.id)),
                        Button(_("No, look closer"), call("pattern taps", pattern=pattern.id)),
                    )
                ),
            )
        )
    )


@feature.command(
    "pattern drop", "muster weglassen", help=_("The step can be dropped."), hidden=True
)
def drop(ctx: Context, pattern: PatternRef) -> Reply:
    return _checked(
        ctx,
        pattern,
        Check(
            droppable=True,
            regular=0,
            structured=0,
            ruled=0,
            context=0,
            judgement=0,
            responsibility=0,
            relationship=0,
        ),
    )


@feature.command(
    "pattern taps",
    "muster prüfen",
    help=_("Does this need a human?"),
    hidden=True,
    submit=_("Show the advice"),
)
def taps(
    ctx: Context,
    pattern: PatternRef,
    *,
    regular: Annotated[Point, POINT, Ask(_("Does it come regularly?"))],
    structured: Annotated[Point, POINT, Ask(_("Is it clearly structured?"))],
    ruled: Annotated[Point, POINT, Ask(_("Does it follow fixed rules?"))],
    context: Annotated[Point, POINT, Ask(_("Does it need little context?"))],
    judgement: Annotated[Depth, DEPTH, Ask(_("Does it need judgement?"))],
    responsibility: Annotated[
        Depth, DEPTH, Ask(_("Does it carry responsibility for people or money?"))
    ],
    relationship: Annotated[Depth, DEPTH, Ask(_("Does it live from a relationship?"))],
    changing: Annotated[
        Point, POINT, Ask(_("Will the process change within six months?"), _("Only shown."))
    ]
    | None = None,
    written: Annotated[Point, POINT, Ask(_("Is it written down?"), _("Only shown."))] | None = None,
) -> Reply:
    check = Check(
        droppable=False,
        regular=POINTS[regular],
        structured=POINTS[structured],
        ruled=POINTS[ruled],
        context=POINTS[context],
        judgement=DEPTHS[judgement],
        responsibility=DEPTHS[responsibility],
        relationship=DEPTHS[relationship],
        changing=changing or "",
        written=written or "",
    )
    return _checked(ctx, pattern, check)


def _checked(ctx: Context, pattern: Pattern, check: Check) -> Reply:
    own(ctx, pattern.id)
    patterns.add_check(
        ctx.tx, id=ctx.new_id(), pattern=pattern.id, by=ctx.person.id, now=ctx.now, taps=check
    )
    history(ctx, pattern.id, PatternEvent.CHECKED)
    result = advice(check)
    parts: list[Part] = [Title(RESULTS[result]), Text(because(check))]
    if result in OFFER:
        parts.append(Text(OFFER[result], small=True))
    decide = Button(_("Decide"), call("pattern answer", pattern=pattern.id), "primary")
    again = Button(_("Tap again"), call("pattern taps", pattern=pattern.id), "quiet")
    advised = Text(_("This is advice. You decide."), small=True)
    return Reply(Message((*parts, *cards.readiness(check), advised, Buttons((decide, again)))))


def _proposed(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    """Return what the taps advise, as what stands in the form at first."""
    check = patterns.check(ctx.tx, PatternId(fixed.get("pattern", "")))
    if check is None:
        return {}
    return {"result": advice(check).value, "reason": ctx.text(because(check))}


def _own_reason(ctx: Context, pattern: Pattern, result: Result, reason: str) -> None:
    own(ctx, pattern.id)
    check = patterns.check(ctx.tx, pattern.id)
    if check is not None and advice(check) is not result and reason == ctx.text(because(check)):
        raise Refusal(
            _("You decide differently from the advice. Please say in a sentence why."),
            field="reason",
        )


@feature.command(
    "pattern answer",
    "muster antworten",
    help=_("What becomes of it, and why?"),
    hidden=True,
    current=_proposed,
    submit=_("Send the answer"),
    checks=(_own_reason,),
)
def answer(
    ctx: Context,
    pattern: PatternRef,
    *,
    result: Annotated[Result, RESULT, Ask(_("Answer"))],
    reason: ReasonField,
) -> Reply:
    return _answered(ctx, pattern, result.value, reason, parked=False)


def _outside(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = patterns.find(ctx.tx, PatternId(fixed.get("pattern", "")))
    if found is None or not is_outside(ctx, found.area):
        return {}
    areas = list(mandate.focus(ctx.tx).values())
    said = _("“{area}” lies outside the focus: {areas}.", area=found.area, areas=areas)
    return {"reason": ctx.text(said)}


@feature.command(
    "pattern park",
    "muster parken",
    help=_("Not now: park it, and say why."),
    hidden=True,
    current=_outside,
    submit=_("Park it"),
)
def park(ctx: Context, pattern: PatternRef, *, reason: ReasonField) -> Reply:
    own(ctx, pattern.id)
    return _answered(ctx, pattern, None, reason, parked=True)


def _answered(
    ctx: Context, pattern: Pattern, result: str | None, reason: str, *, parked: bool
) -> Reply:
    whole = patterns.whole(ctx.tx, pattern.id)
    for each in whole:  # what was merged into it has the same answer
        patterns.answer(
            ctx.tx, each, result=result, reason=reason, parked=parked, by=ctx.person.id, now=ctx.now
        )
    history(ctx, pattern.id, PatternEvent.PARKED if parked else PatternEvent.ANSWERED, reason)
    answered = replace(pattern, result=result, reason=reason, parked=parked, answered_at=ctx.now)
    # Who has read another answer hears of this one, too.
    posts = sending_answers.take_back(ctx, pattern) if pattern.answered_at is not None else ()
    sending_answers.tell(ctx, answered, grouping.authors(ctx, whole))
    kept = _("Answered. Everybody who noted it with their name hears of it; all can read it.")
    suits = result == Result.SUITABLE.value and cards.pilot_of(ctx, pattern) is None
    buttons = cards.buttons(ctx, answered)[:1] if suits else ()
    return Reply(line(kept, *buttons), posts=posts)
