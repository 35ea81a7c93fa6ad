"""The one-page template: roles, rules and measures, filled with what the company has, to print."""

from __future__ import annotations

from handlers.bans.rules import rules as bans
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Facts, Items, Message, Part, Reply, Text, Title
from handlers.kit.people import name
from handlers.kit.words import Words, _
from handlers.settings import definitions
from storage import mandate, people, services

feature = Feature(_("Two-week starter"))

SHOWN = 12  # services in chat; the printed page has all of them


@feature.command(
    "template",
    "vorlage",
    help=_("One page to print: roles, rules and measures."),
    reads=True,
)
def show(ctx: Context) -> Reply:
    parts = list(page(ctx, most=SHOWN).parts)
    parts.append(Text(_("To print it: “board”, then “The page to print”."), small=True))
    parts.append(Buttons((Button(_("The board"), call("board"), "quiet"),)))
    return Reply(Message(tuple(parts)))


def page(ctx: Context, most: int | None = None) -> Message:
    """Return the page; `most` services of it, or all."""
    return Message(
        (
            Title(_("Who answers, what holds, what counts")),
            *_roles(ctx, most),
            *_rules(ctx),
            *_measures(ctx),
        )
    )


def _roles(ctx: Context, most: int | None) -> list[Part]:
    managers = [each.name for each in people.managers(ctx.tx)]
    found = services.all(ctx.tx)
    rows: list[tuple[Words, Words]] = [
        (
            each.name,
            _(
                "{accountable}, deputy {deputy}",
                accountable=name(ctx, each.accountable),
                deputy=name(ctx, each.deputy),
            ),
        )
        for each in found[:most]
    ]
    said = _("One accountable person for each service, and a deputy who stands in.")
    parts: list[Part] = [Title(_("Roles")), Text(said), Facts(tuple(rows))]
    if most is not None and len(found) > most:
        parts.append(Text(_("and {n} more", n=len(found) - most), small=True))
    leads: Words = _("{names}", names=managers) if managers else _("nobody yet")
    return [*parts, Facts(((_("Managers"), leads),))]


def _rules(ctx: Context) -> list[Part]:
    rows: list[tuple[Words, Words]] = [
        (definitions.LABELS[each], definitions.text(ctx, each))
        for each in ("incident", "serious", "done")
    ]
    ours = bans(ctx.tx)
    rows.append(
        (
            _("What comes back"),
            _(
                "Number {n} within {days} days makes it a problem that somebody looks after. "
                "It is done when the cause is fixed.",
                n=ours.often,
                days=ours.days,
            ),
        )
    )
    parts: list[Part] = [Title(_("Rules")), Facts(tuple(rows))]
    rails = mandate.guardrails(ctx.tx)
    if rails is not None:
        kept: tuple[tuple[Words, Words], ...] = (
            (_("Data"), rails.data),
            (_("Security"), rails.security),
            (_("Responsibility"), rails.responsibility),
            (_("Communication"), rails.communication),
        )
        parts += [Text(_("Guardrails, {version}:", version=rails.version)), Facts(kept)]
    return parts


def _measures(ctx: Context) -> list[Part]:
    said = definitions.text(ctx, "measures")
    goals: list[Words] = [each.name for each in mandate.goals(ctx.tx)]
    parts: list[Part] = [Title(_("Measures")), Text(said)]
    if goals:
        parts += [Text(_("Goals:")), Items(tuple(goals))]
    return parts
