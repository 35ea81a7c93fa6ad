"""Was the digest useful? One tap a week, without a name, shown from five on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from handlers.digest.measures import USEFUL
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import figure
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Reply, line
from handlers.kit.readers import ChoiceReader, TextReader
from handlers.kit.words import Sentence, Words, _
from storage.digest import texts

feature = Feature(_("Weekly digest"))

LEAST = 5  # answers from which on something is shown


class Choice(StrEnum):
    """Whether it is useful."""

    YES = "yes"
    NO = "no"


CHOICES: dict[str, Words] = {"yes": _("Useful"), "no": _("Not useful")}


def is_asked(ctx: Context, week: str) -> bool:
    """Say whether people may answer about the digest of a week."""
    return texts.is_open(ctx.tx, week)


def buttons(week: str) -> list[Button]:
    """Return the two answers."""
    return [
        Button(label, call("digest useful", week=week, choice=choice), "quiet")
        for choice, label in CHOICES.items()
    ]


@feature.command(
    "digest useful",
    "wochenbericht hilfreich",
    help=_("Was this digest useful?"),
    hidden=True,
    needs="digest",
    nameless=True,
)
def tap(
    ctx: Context,
    week: Annotated[str, TextReader(long=False), Ask(_("Week"))],
    choice: Annotated[Choice, ChoiceReader(Choice, CHOICES, {}), Ask(_("Answer"))],
) -> Reply:
    if not texts.tap(ctx.tx, week, ctx.person.id, choice.value):
        raise Refusal(_("This question is over. Thank you."))
    said = _("Thank you. It is counted without your name; you can still choose otherwise.")
    return Reply(line(said), nameless=True)


def summary(ctx: Context) -> Sentence | None:
    """Return how useful the last digest was; None below five answers, or if all were the same."""
    found = texts.counted(ctx.tx)
    if found is None or found.yes + found.no < LEAST or 0 in (found.yes, found.no):
        return None
    return _(
        "Last time {yes} of {n} found it useful.",
        yes=figure(USEFUL, found.yes),
        n=figure(USEFUL, found.yes + found.no),
    )


@feature.keeps("digest_texts", what=_("What weekly digests said"), days=182, then=_("deleted"))
def old_texts(ctx: Context, before: datetime) -> int:
    return texts.forget(ctx.tx, before)


@feature.keeps(
    "digest_rounds",
    "digest_taps",
    what=_("Whether digests were useful"),
    days=365,
    then=_("deleted"),
)
def old_rounds(ctx: Context, before: datetime) -> int:
    return texts.forget_rounds(ctx.tx, before.date())
