"""What the weekly digest and home say of pilots: how long they run, and whether they help."""

from __future__ import annotations

from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Event, Glance, Section, Week, figure
from handlers.kit.messages import Facts, Post, Title
from handlers.kit.words import Words, _, _n
from handlers.pilots.cards import age, tally
from storage import pilots

feature = Feature(_("Pilots"))

SHOWN = 5

FEEDBACK = feature.measure(
    "feedback",
    _("Feedback"),
    _("sentences given to pilots in the week, without names"),
    "pilot_sentences",
)
AGE = feature.measure(
    "age", _("Age of a pilot"), _("weeks since it was started, of twelve"), "pilots"
)
RELIEF = feature.measure(
    "relief",
    _("Relief"),
    _("counted taps of all weeks, one per person and week, split from five on"),
    "pilot_answers",
)


@feature.section(70)
def section(ctx: Context, week: Week) -> Section:
    """Return what was said in the week, and how each pilot goes."""
    said = pilots.said_in(ctx.tx, week.name)
    rows: list[tuple[Words, Words]] = [
        (_("Feedback"), _n("{n} sentence", "{n} sentences", figure(FEEDBACK, said)))
    ]
    for pilot in pilots.all(ctx.tx)[:SHOWN]:
        answers = pilots.answers(ctx.tx, pilot.id)
        goes = _(
            "{age}; {tally}",
            age=figure(AGE, age(ctx, pilot)),
            tally=figure(RELIEF, tally(answers)),
        )
        rows.append((pilot.name, goes))
    return Section(parts=(Title(_("What we are learning")), Facts(tuple(rows))))


@feature.glance(40)
def glance(ctx: Context) -> list[Glance]:
    """Return the pilots that the asker is the champion of."""
    items = tuple(
        _("{name}, {week}", name=each.name, week=age(ctx, each))
        for each in pilots.all(ctx.tx)
        if each.champion == ctx.person.id
    )
    return [Glance(_("My pilots"), items)]


@feature.follows(Event.WEEK_ENDED)
def forget(ctx: Context, week: str) -> tuple[Post, ...]:
    """Forget who answered in the weeks before `week`."""
    pilots.forget_who_answered(ctx.tx, week)
    return ()
