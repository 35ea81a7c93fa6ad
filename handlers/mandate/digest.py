"""What the weekly digest says of the mandate, and what is stored of it, for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers import rights
from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Held, Row, Section, Task, Week, figure
from handlers.kit.messages import Button, Items, Part, Post, Text, Title
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Words, _, _n
from handlers.mandate import bottleneck, drafting, standing
from handlers.mandate.measures import ACTIONS, LINKED
from storage import mandate
from storage.engine.ids import PersonId
from storage.mandate import actions, drafts, links, stops
from storage.mandate import bottleneck as rounds

feature = Feature(_("Mandate"))

SHOWN = 3


@feature.section(90)
def section(ctx: Context, week: Week) -> Section | None:
    """Return whether the mandate holds, what is late, what was done, and what is not done."""
    zone = ctx.workspace.zone
    first, after = (calendar.day_of(each, zone) for each in (week.start, week.end))
    done = actions.done_between(ctx.tx, first, after - timedelta(days=1))
    solved: list[Words] = [each.item for each in done]
    quiet: list[Words] = []
    valid = standing.valid(ctx)
    if valid is not None and standing.ending(ctx) is None:
        quiet.append(_("Mandate (valid until {day})", day=valid.valid_until))
    if mandate.guardrails(ctx.tx) is not None:
        quiet.append(_("Guardrails"))
    if not _late(ctx) and actions.open_ones(ctx.tx):
        quiet.append(_("Dates"))
    left = tuple(
        _("{item} (until {day})", item=each.item, day=each.until_on)
        for each in stops.standing(ctx.tx)
        if each.until_on >= today_of(ctx)
    )
    found = Section(
        tuple(_ends(ctx)),
        tuple(_parts(ctx)),
        solved=tuple(solved),
        quiet=tuple(quiet),
        left=left,
    )
    return found if found != Section() else None


def _ends(ctx: Context) -> list[Task]:
    found = standing.ending(ctx)
    if found is None or found.valid_until is None:
        return []
    may = rights.may("mandate", rights.general(ctx))
    draft = (Button(_("Draft the next one"), call("mandate draft")),) if may else ()
    words = standing.ends(ctx, found.valid_until)
    since = calendar.midnight(found.valid_until - standing.WARNING, ctx.workspace.zone)
    return [Task(words, draft, since, "mandate:ends")]


def _late(ctx: Context) -> list[actions.Action]:
    return [each for each in actions.open_ones(ctx.tx) if each.due_on < today_of(ctx)]


def _parts(ctx: Context) -> list[Part]:
    items: list[Words] = []
    late = _late(ctx)
    for each in late[:SHOWN]:
        items.append(_("Open since {day}: {item}", day=each.due_on, item=each.item))
    if len(late) > SHOWN:
        items.append(_("and {n} more", n=figure(ACTIONS, len(late) - SHOWN)))
    over = [each for each in stops.standing(ctx.tx) if each.until_on < today_of(ctx)]
    items += [
        _(
            "Deliberately not: {item} (was until {day}, nobody has renewed it yet)",
            item=each.item,
            day=each.until_on,
        )
        for each in over[:SHOWN]
    ]
    goals = mandate.goals(ctx.tx)
    ours, whole, _without = standing.linked(ctx)
    if goals and ours < whole:
        items.append(
            _n(
                "{n} of {all} pilots and automations serves no goal",
                "{n} of {all} pilots and automations serve no goal",
                figure(LINKED, whole - ours),
                all=figure(LINKED, whole),
            )
        )
    counted = next((each for each in rounds.rounds(ctx.tx) if not each.open), None)
    said = bottleneck.summary(counted) if counted is not None and _is_new(ctx, counted) else None
    parts: list[Part] = [Title(_("Mandate")), Items(tuple(items))] if items else []
    return [*parts, Text(said)] if said is not None else parts


def _is_new(ctx: Context, found: rounds.Round) -> bool:
    """Say whether a round was counted just now: it is told for two weeks, not for a quarter."""
    days = (today_of(ctx) - found.opened_on).days
    return days < bottleneck.OPEN + 14


@feature.holds(86, "mandates.it_contact")
def held(ctx: Context, person: PersonId) -> list[Held]:
    """Return the mandate that somebody confirms for the IT, while it is a draft."""
    found = drafts.draft(ctx.tx)
    if found is None or found.it_contact != person:
        return []

    def give(to: PersonId, _other: str | None) -> tuple[Post, ...]:
        drafts.change(ctx.tx, found.id, it_contact=to)
        return drafting.draft_reply(ctx).posts

    return [Held(ctx.text(_("Mandate")), _("confirms it for the IT"), give)]


@feature.keeps(
    "mandate_questions", what=_("Questions about the mandate"), days=365, then=_("deleted")
)
def old_questions(ctx: Context, before: datetime) -> int:
    return links.forget(ctx.tx, before)


@feature.keeps("mandate_stops", what=_("What was on the stop list"), days=730, then=_("deleted"))
def old_stops(ctx: Context, before: datetime) -> int:
    return stops.forget(ctx.tx, before.date())


@feature.keeps(
    "bottleneck_rounds",
    "bottleneck_taps",
    what=_("Counts of the bottleneck question"),
    days=730,
    then=_("deleted"),
)
def old_rounds(ctx: Context, before: datetime) -> int:
    return rounds.forget(ctx.tx, before.date())


def _listed(ctx: Context, filter: Filter) -> list[actions.Action]:
    found = actions.open_ones(ctx.tx) if filter.which != "all" else actions.everything(ctx.tx)
    if filter.which == "mine":
        found = [each for each in found if each.owner == ctx.person.id]
    if filter.since is not None:
        since = calendar.day_of(filter.since, ctx.workspace.zone)
        found = [each for each in found if each.due_on >= since]
    return found


@feature.lists(
    "actions",
    _("Who does what by when"),
    (
        ("item", _("What")),
        ("who", _("Person")),
        ("due", _("By when")),
        ("done", _("Done")),
    ),
    count=lambda ctx, filter: len(_listed(ctx, filter)),
    which=("open", "mine", "all"),
    narrows=("since",),
)
def rows(ctx: Context, filter: Filter, first: int, most: int) -> Sequence[Row]:
    found = []
    for each in _listed(ctx, filter)[first : first + most]:
        person = ctx.person_of(each.owner) if each.done_on is None else None
        who = person.name if person is not None else ""
        found.append(Row((each.item, who, each.due_on, each.done_on)))
    return found


@feature.lists(
    "stops",
    _("Deliberately not"),
    (("item", _("What")), ("why", _("Why not")), ("until", _("Until when"))),
    count=lambda ctx, _filter: len(stops.standing(ctx.tx)),
    which=("open",),
    narrows=(),
)
def stop_rows(ctx: Context, _filter: Filter, first: int, most: int) -> Sequence[Row]:
    return [
        Row((each.item, each.reason, each.until_on))
        for each in stops.standing(ctx.tx)[first : first + most]
    ]
