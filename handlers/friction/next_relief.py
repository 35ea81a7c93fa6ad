"""Next relief? One suggestion at the end of the digest: the pattern that most notes say.

Rule (docs/rules.md, friction): it follows from the notes that are stored, inside the focus.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from handlers.friction import answering, cards
from handlers.friction.answers import ask as ask_about
from handlers.friction.assessment import Result
from handlers.friction.patterns import PatternRef, history, own
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Section, Week, figure
from handlers.kit.messages import Button, Buttons, Reply, Text, Title, line
from handlers.kit.readers import ChoiceReader
from handlers.kit.words import _, _n
from handlers.mandate.cards import is_outside
from storage import pilots
from storage.friction import patterns
from storage.friction.patterns import Pattern, PatternEvent

feature = Feature(_("Patterns"))

QUIET = timedelta(days=28)  # a suggestion that was set aside is not made again so soon

NEXT = feature.measure(
    "next relief",
    _("Next relief"),
    _("the confirmed pattern inside the focus with the most notes that nobody tries yet"),
    "friction",
    "patterns",
)


class Taken(StrEnum):
    """What becomes of a suggestion."""

    YES = "yes"
    NO = "no"


TAKEN = ChoiceReader(Taken, {"yes": _("Yes"), "no": _("Not now")}, {})


def suggested(ctx: Context) -> Pattern | None:
    """Return the pattern with the most notes that is inside the focus and still to be looked at.

    Looked at and suitable is to be looked at until it is tried. Of two with as many notes the one
    that is estimated to cost more comes first, then the older one.
    """
    tried = {each.pattern for each in pilots.all(ctx.tx)}
    known = [
        each
        for each in patterns.all(ctx.tx)
        if not is_outside(ctx, each.area)
        and (each.answered_at is None or each.result == Result.SUITABLE.value and not each.parked)
        and each.id not in tried
        and cards.is_public(ctx, each)
        and not _set_aside(ctx, each)
    ]
    return min(
        known,
        key=lambda each: (
            -len(cards.notes_of(ctx, each)),
            -(cards.load(each) or 0),
            each.confirmed_at,
            each.id,
        ),
        default=None,
    )


def _set_aside(ctx: Context, pattern: Pattern) -> bool:
    return any(
        each.kind == PatternEvent.SET_ASIDE and ctx.now - each.at < QUIET
        for each in patterns.history(ctx.tx, pattern.id)
    )


@feature.section(200)  # the digest ends with it
def section(ctx: Context, _week: Week) -> Section | None:
    """Suggest what to look at next; nothing where there is nothing to suggest."""
    found = suggested(ctx)
    if found is None:
        return Section(quiet=(NEXT.name,)) if patterns.all(ctx.tx) else None
    n = figure(NEXT, len(cards.notes_of(ctx, found)))
    said = _n(
        "“{title}”, noted {n} time",
        "“{title}”, noted {n} times",
        n,
        title=found.title,
    )
    question = (
        _("Does this need a human?")
        if found.answered_at is None
        else _("Suitable, and not tried yet")
    )
    show = Button(_("Show"), call("pattern", pattern=found.id), "quiet")
    buttons: tuple[Button, ...] = (
        Button(question, call("pattern next", pattern=found.id, answer="yes")),
        Button(_("Not now"), call("pattern next", pattern=found.id, answer="no"), "quiet"),
    )
    if not answering.may(ctx, found.area):  # whoever reads it has only buttons that obey
        buttons = (show,)
    return Section(last=(Title(_("Next relief?")), Text(said), Buttons(buttons)))


@feature.command(
    "pattern next", "muster als nächstes", help=_("Look at this one next?"), hidden=True
)
def take(
    ctx: Context, pattern: PatternRef, answer: Annotated[Taken, TAKEN, Ask(_("Answer"))]
) -> Reply:
    """Keep whether the suggestion was taken, and go on with it."""
    own(ctx, pattern.id)
    if answer is Taken.NO:
        history(ctx, pattern.id, PatternEvent.SET_ASIDE)
        return Reply(line(_("Good. It is not suggested again for four weeks.")))
    history(ctx, pattern.id, PatternEvent.TAKEN_UP)
    if pattern.answered_at is not None:
        return Reply(cards.card(ctx, pattern))
    return ask_about(ctx, pattern)
