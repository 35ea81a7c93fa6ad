"""Once a quarter: what holds us up? One tap of each manager, shown only from five on."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from handlers.attention import matters
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Task, figure
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post, Reply, line
from handlers.kit.readers import ChoiceReader, TextReader
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Sentence, Words, _
from handlers.mandate.measures import BOTTLENECK
from handlers.on_call import duty
from storage.mandate import bottleneck
from storage.mandate.bottleneck import Round

feature = Feature(_("Mandate"))

LEAST = 5  # managers: below that nobody is asked, as nothing could be shown
OPEN = 14  # days


class Choice(StrEnum):
    """What holds the company up most."""

    OWNERSHIP = "ownership"
    STANDARDS = "standards"
    COURAGE = "courage"


CHOICES: dict[str, Words] = {
    "ownership": _("Who is accountable"),
    "standards": _("Standards"),
    "courage": _("The courage to say no"),
}
QUESTION = _("What holds us up most this quarter? Your answer is counted without your name.")


def quarter_of(day: date) -> str:
    """Return the quarter of a day, such as `2026-Q4`."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


@feature.follows(Event.WEEK_ENDED)
def ask_or_count(ctx: Context, week: str) -> tuple[Post, ...]:
    """Ask in the first week of a quarter, and count a fortnight later."""
    today = today_of(ctx)
    posts: list[Post] = []
    asked = [each.id for each in duty.managers(ctx)]
    for each in bottleneck.rounds(ctx.tx):
        if each.open and (today - each.opened_on).days >= OPEN:
            bottleneck.close(ctx.tx, each.quarter, asked)
            posts += matters.settle(ctx, _key(each.quarter))
    quarter = quarter_of(calendar.monday(week))
    if len(asked) < LEAST:
        return tuple(posts)
    if bottleneck.open_round(ctx.tx, quarter, ctx.new_secret(), today):
        for person in asked:
            matters.note(ctx, person, _key(quarter), QUESTION, *_buttons(quarter), survey=True)
    return tuple(posts)


def _key(quarter: str) -> str:
    return f"bottleneck:{quarter}"


def _buttons(quarter: str) -> tuple[Button, ...]:
    return tuple(
        Button(label, call("bottleneck", quarter=quarter, choice=choice))
        for choice, label in CHOICES.items()
    )


@feature.command(
    "bottleneck",
    "engpass",
    help=_("What holds us up most this quarter?"),
    hidden=True,
    needs="mandate",
    nameless=True,
)
def tap(
    ctx: Context,
    quarter: Annotated[str, TextReader(long=False), Ask(_("Quarter"))],
    choice: Annotated[Choice, ChoiceReader(Choice, CHOICES, {}), Ask(_("Answer"))],
) -> Reply:
    if not bottleneck.tap(ctx.tx, quarter, ctx.person.id, choice.value):
        raise Refusal(_("This question is over. Thank you."))
    said = _("Thank you. It is counted without your name; you can still choose otherwise.")
    return Reply(line(said), nameless=True)


@feature.waits(84)
def waiting(ctx: Context) -> list[Task]:
    """Return the question of the quarter until a manager has answered it."""
    if not ctx.person.manager:
        return []
    return [
        Task(QUESTION, _buttons(each.quarter))
        for each in bottleneck.rounds(ctx.tx)
        if each.open and not bottleneck.has_tapped(ctx.tx, each.quarter, ctx.person.id)
    ]


def summary(found: Round) -> Sentence | None:
    """Return what came out of a round; None below five answers.

    The three numbers stand only where nobody can be found out: somebody who was asked did not
    answer, and no answer holds everybody.
    """
    if found.open or found.answered < LEAST:
        return None
    most = max(found.counts.values())
    year, _between, number = found.quarter.partition("-Q")
    quarter = _("quarter {n} of {year}", n=int(number), year=year)
    if found.silent and most < found.answered:
        values = {key: figure(BOTTLENECK, value) for key, value in found.counts.items()}
        return _(
            "What holds us up ({quarter}): who is accountable {ownership}, standards {standards}, "
            "the courage to say no {courage}.",
            quarter=quarter,
            **values,
        )
    leading = [
        _("“{what}”", what=CHOICES[key]) for key, value in found.counts.items() if value == most
    ]
    return _("What holds us up ({quarter}): mostly {what}.", quarter=quarter, what=leading)
