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
from handlers.kit.working_hours import Weekly, WorkingTime
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


def _region(ctx: Context, text: str) -> str | None:
    return hours.region_of(text) if text else ctx.workspace.region


def _digest(ctx: Context, text: str) -> Weekly | None:
    return working_hours.read_weekly(text) if text else working_hours.digest_at(ctx.tx)


def _are_hours(_ctx: Context, times: str) -> None:
    if working_hours.read(times) is None:
        raise hours.unread("times")


def _are_closing_days(ctx: Context, closed: str = "") -> None:
    days = working_hours.read_closed(closed, today_of(ctx))
    if days is None:
        raise Refusal(
            _("Please write it like 24.12.–1.1. or 26.5.2028; two months at most."), field="closed"
        )
    hours.need_ahead(days, working_hours.company(ctx).closed, today_of(ctx))


def _is_region(ctx: Context, region: str = "") -> None:
    if _region(ctx, region) is None:
        raise Refusal(_("I do not know this region. Try NW, or AT."), field="region")


def _is_zone(ctx: Context, zone: str = "") -> None:
    if _zone(ctx, zone) is None:
        raise Refusal(_("I do not know this time zone. Try Europe/Berlin."), field="zone")


def _is_moment(ctx: Context, digest: str = "") -> None:
    if _digest(ctx, digest) is None:
        raise Refusal(_("Please give a weekday and an hour, such as Mon 08:30."), field="digest")


def _somebody_works(
    ctx: Context, times: str, closed: str = "", region: str = "", zone: str = ""
) -> None:
    """Refuse closing days that leave no working day in a whole year."""
    week, days = working_hours.read(times), working_hours.read_closed(closed, today_of(ctx))
    where, clock, today = _region(ctx, region), _zone(ctx, zone), today_of(ctx)
    if week is None or days is None or where is None or clock is None:
        return
    ours = WorkingTime(clock, where, week, days)
    if not any(ours.is_working_day(today + timedelta(days=n)) for n in range(YEAR)):
        raise Refusal(_("With these closing days nobody would work for a year."), field="closed")


@feature.command(
    "settings hours",
    "einstellungen arbeitszeit",
    help=_("When people work here."),
    submit=_("Save"),
    hidden=True,
    needs="settings",
    current=_current,
    checks=(_are_hours, _are_closing_days, _is_region, _is_zone, _is_moment, _somebody_works),
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
    week, days = working_hours.read(times), working_hours.read_closed(closed, today_of(ctx))
    where, clock, comes = _region(ctx, region), _zone(ctx, zone), _digest(ctx, digest)
    assert week and days is not None and where and clock and comes, "each was checked"
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


def _zone(ctx: Context, text: str) -> str | None:
    """Return a time zone as it is spelled, by its name or by its city; ours where none is said."""
    if not text:
        return ctx.workspace.zone
    said = folded(text).strip().replace(" ", "_")
    found = [
        each
        for each in sorted(available_timezones())
        if said in (folded(each), folded(each.rpartition("/")[2]))
    ]
    return next((each for each in found if folded(each) == said), found[0] if found else None)
