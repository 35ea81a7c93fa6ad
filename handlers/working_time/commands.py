"""When people work here: set by managers in chat, one form for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from zoneinfo import available_timezones

from handlers.kit import working_hours
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Setting
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Facts, Message, Reply, Text, Title
from handlers.kit.readers import TextReader, folded
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Words, _
from handlers.kit.working_hours import WorkingTime
from handlers.working_time import hours
from storage import workspaces

feature = Feature(_("Settings"))

YEAR = 366  # days
LINE = TextReader(long=False)


def _rows(ctx: Context) -> list[tuple[Words, Words]]:
    ours = working_hours.company(ctx)
    return [
        (_("Working hours"), hours.week_words(ours.week)),
        (_("Closing days"), hours.closing_days_words(ours.closed)),
        (
            _("Holidays and time zone"),
            _("{region}, {zone}", region=hours.region_name(ours.region), zone=ours.zone),
        ),
        (_("The digest comes"), hours.weekly(working_hours.digest_at(ctx.tx))),
    ]


@feature.sets(10)
def settings(ctx: Context) -> list[Setting]:
    """Say when people work here."""
    first, *others = _rows(ctx)
    change = Button(_("Change working time"), call("settings hours"))
    return [Setting(*first, change), *(Setting(*each) for each in others)]


def _current(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    ours = working_hours.company(ctx)
    return {
        "times": hours.week_text(ctx, ours.week),
        "closed": hours.closing_days_text(ours.closed),
        "region": ctx.text(hours.region_name(ours.region)),
        "zone": ours.zone,
        "digest": ctx.text(hours.weekly(working_hours.digest_at(ctx.tx))),
    }


@feature.command(
    "settings hours",
    "einstellungen arbeitszeit",
    help=_("When people work here."),
    submit=_("Save"),
    hidden=True,
    needs="settings",
    current=_current,
)
def change(
    ctx: Context,
    *,
    times: Annotated[
        str,
        LINE,
        Ask(_("Working hours"), _("Such as 07:00–18:00, or Mon–Thu 7–17, Fri 7–15.")),
    ],
    closed: Annotated[
        str,
        LINE,
        Ask(
            _("Closing days"),
            _("Such as 24.12.–1.1. for every year, or 26.5.2028. Holidays need no entry."),
        ),
    ] = "",
    region: Annotated[
        str, LINE, Ask(_("Federal state"), _("For the public holidays; elsewhere a code: AT."))
    ] = "",
    zone: Annotated[str, LINE, Ask(_("Time zone"), _("Such as Europe/Berlin."))] = "",
    digest: Annotated[
        str, LINE, Ask(_("Weekly digest"), _("A weekday and an hour, such as Mon 08:30."))
    ] = "",
) -> Reply:
    week = working_hours.read(times)
    if week is None:
        raise hours.unread("times")
    days = working_hours.read_closed(closed, today_of(ctx))
    if days is None:
        raise Refusal(
            _("Please write it like 24.12.–1.1. or 26.5.2028; two months at most."), field="closed"
        )
    hours.need_ahead(days, working_hours.company(ctx).closed, today_of(ctx))
    where = hours.region_of(region) if region else ctx.workspace.region
    if where is None:
        raise Refusal(_("I do not know this region. Try NW, or AT."), field="region")
    clock = _zone(zone) if zone else ctx.workspace.zone
    if clock is None:
        raise Refusal(_("I do not know this time zone. Try Europe/Berlin."), field="zone")
    ours, today = WorkingTime(clock, where, week, days), today_of(ctx)
    if not any(ours.is_working_day(today + timedelta(days=n)) for n in range(YEAR)):
        raise Refusal(_("With these closing days nobody would work for a year."), field="closed")
    comes = working_hours.read_weekly(digest) if digest else working_hours.digest_at(ctx.tx)
    if comes is None:
        raise Refusal(_("Please give a weekday and an hour, such as Mon 08:30."), field="digest")
    workspaces.set_setting(ctx.tx, working_hours.HOURS, working_hours.written(week))
    workspaces.set_setting(ctx.tx, working_hours.CLOSED, working_hours.closed_written(days))
    workspaces.set_setting(ctx.tx, working_hours.DIGEST, str(comes))
    workspaces.set_where(ctx.tx, clock, where)
    ctx = ctx.elsewhere(workspaces.get(ctx.tx))
    return Reply(
        Message(
            (
                Title(_("Working time")),
                Facts(tuple(_rows(ctx))),
                Text(_("Alerts, reminders and the digest go by it from now on."), small=True),
            )
        ),
        posts=ctx.follow(Event.WORKING_TIME_CHANGED, ""),
        subject=working_hours.HOURS,
    )


def _zone(text: str) -> str | None:
    """Return a time zone as it is spelled, by its name or by its city."""
    said = folded(text).strip().replace(" ", "_")
    found = [
        each
        for each in sorted(available_timezones())
        if said in (folded(each), folded(each.rpartition("/")[2]))
    ]
    return next((each for each in found if folded(each) == said), found[0] if found else None)
