"""Settings of repeats: how often is too often, in how many days, and how long is quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

from handlers.bans.rules import Rules, in_days, rules, set_rules
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Setting
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Reply, line
from handlers.kit.readers import NumberReader
from handlers.kit.words import Sentence, _

feature = Feature(_("Settings"))


def rule_words(ctx: Context) -> Sentence:
    """Return the rules of repeats in one sentence."""
    those = rules(ctx.tx)
    return _(
        "problem at {often} in {days}, at {serious} when serious. Without a repeat "
        "a fix holds after {quiet}, an incident is done after {calm}",
        often=those.often,
        days=in_days(those.days),
        serious=those.serious,
        quiet=in_days(those.quiet),
        calm=in_days(those.calm),
    )


@feature.sets(20)
def settings(ctx: Context) -> list[Setting]:
    """Say how often is too often."""
    return [Setting(_("Repeats"), rule_words(ctx), Button(_("Repeats"), call("settings repeats")))]


def _current(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(rules(ctx.tx)).items()}


def _sooner_when_serious(_ctx: Context, often: int, serious: int) -> None:
    if serious > often:
        raise Refusal(
            _("The number for serious incidents cannot be higher than for the others."),
            field="serious",
        )


@feature.command(
    "settings repeats",
    "einstellungen wiederholungen",
    help=_("When is a repeat a problem?"),
    hidden=True,
    needs="settings",
    current=_current,
    checks=(_sooner_when_serious,),
)
def change(
    ctx: Context,
    *,
    often: Annotated[int, NumberReader(2, 10), Ask(_("How often"), _("3 is usual."))],
    serious: Annotated[
        int, NumberReader(2, 10), Ask(_("How often when serious"), _("2 is usual."))
    ],
    days: Annotated[int, NumberReader(1, 365), Ask(_("In how many days"), _("30 is usual."))],
    quiet: Annotated[
        int,
        NumberReader(1, 365),
        Ask(_("Quiet days after a fix"), _("Without a repeat, if nobody verifies; 14 is usual.")),
    ],
    calm: Annotated[
        int,
        NumberReader(1, 365),
        Ask(_("Quiet days until done"), _("Without a repeat, if nobody checks; 7 is usual.")),
    ],
) -> Reply:
    set_rules(ctx.tx, Rules(often, serious, days, quiet, calm))
    return Reply(line(_("Repeats: {rules}.", rules=rule_words(ctx))))
