"""Night and knowledge: outages outside working hours, and services that hang on one person.

Counted per service and never per person (docs/rules.md, night). What says how many
people could restore a service is off until the works council's reference is entered.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from handlers import rights
from handlers.kit import working_hours
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title, line
from handlers.kit.readers import TextReader
from handlers.kit.readers.placeholders import is_placeholder
from handlers.kit.words import Words, _, _n, first_lines
from handlers.working_time import hours
from handlers.working_time.after_hours import digest
from storage import working_time as stored
from storage import workspaces
from storage.incidents import pages

feature = Feature(_("Outside working hours"))

WINDOW = timedelta(days=90)  # for the share outside working hours
LEAST = 5  # incidents of a service from which on a share says something
KNOWN_FOR = timedelta(days=180)  # for who could restore
LEAST_RESTORED = 8  # restored incidents of a service; settled: figures from behaviour need eight
COUNCIL = "council"
SHOWN = 10


@feature.command(
    "night",
    "nacht",
    help=_("Incidents outside working hours, for each service."),
    reads=True,
    needs="read",
)
def show(ctx: Context) -> Reply:
    parts: list[Part] = [Title(_("Outside working hours"))]
    shares = _shares(ctx)
    if shares:
        parts.append(Items(tuple(first_lines(shares, SHOWN))))
    else:
        parts.append(
            Text(_("No service had {n} incidents in the last 90 days; fewer say nothing.", n=LEAST))
        )
    parts.append(
        Text(
            _(
                "Working hours are {hours}. This counts services, not people.",
                hours=hours.week_words(working_hours.company(ctx).week),
            ),
            small=True,
        )
    )
    parts += _knowledge(ctx)
    if rights.may("settings", rights.general(ctx)):
        parts.append(
            Buttons((Button(_("Change working hours"), call("settings hours")), _switch(ctx)))
        )
    return Reply(Message(tuple(parts)))


def _shares(ctx: Context) -> list[Words]:
    start, end = ctx.now - WINDOW, ctx.now + timedelta(microseconds=1)
    all = {each.service: each.count for each in pages.summary(ctx.tx, start, end)}
    late = digest.outside(ctx, start, end)
    enough = [id for id, count in all.items() if count >= LEAST]
    enough.sort(key=lambda id: (-late[id] / all[id], -all[id], id))
    return [
        _(
            "{service}: {share} ({n} of {all} in 90 days)",
            service=digest._name(ctx, id),
            share=f"{round(100 * late[id] / all[id])} %",
            n=late[id],
            all=all[id],
        )
        for id in enough
    ]


def _knowledge(ctx: Context) -> list[Part]:
    if workspaces.setting(ctx.tx, COUNCIL) is None:
        return []
    found = stored.lone(ctx.tx, ctx.now - KNOWN_FOR, LEAST_RESTORED)
    if not found:
        return []
    items = tuple(
        _n(
            "{service}: {n} incident, always solved by the same person",
            "{service}: {n} incidents, always solved by the same person",
            each.restored,
            service=digest._name(ctx, each.service),
        )
        for each in found
    )
    why = _("What helps: a runbook, and the deputy next time.")
    return [Title(_("Knowledge in one head")), Items(items), Text(why, small=True)]


def _switch(ctx: Context) -> Button:
    if workspaces.setting(ctx.tx, COUNCIL) is None:
        return Button(_("Show knowledge in one head"), call("settings council"), "quiet")
    return Button(_("Hide knowledge in one head"), call("settings council off"), "quiet")


@feature.command(
    "settings council",
    "einstellungen betriebsrat",
    help=_("Show which incidents of services only one person could solve."),
    submit=_("Switch on"),
    hidden=True,
    needs="settings",
)
def switch_on(
    ctx: Context,
    *,
    reference: Annotated[
        str,
        TextReader(long=False),
        Ask(
            _("Reference"),
            _(
                "Where the works council agreed to it: a works agreement, minutes, a date. "
                "Without a works council, write who decided it."
            ),
        ),
    ],
) -> Reply:
    if is_placeholder(reference):
        raise Refusal(_("Please say where this was agreed."), field="reference")
    workspaces.set_setting(ctx.tx, COUNCIL, " ".join(reference.split())[:200])
    said = _(
        "From now on “night” names services whose incidents only one person has "
        "solved. The person is not named; at least {n} incidents in 180 days are "
        "needed.",
        n=LEAST_RESTORED,
    )
    return Reply(line(said), subject=COUNCIL)


@feature.command(
    "settings council off",
    "einstellungen betriebsrat aus",
    help=_("Hide it again."),
    hidden=True,
    needs="settings",
)
def switch_off(ctx: Context) -> Reply:
    workspaces.drop_setting(ctx.tx, COUNCIL)
    return Reply(line(_("It is not shown any more.")), subject=COUNCIL)
