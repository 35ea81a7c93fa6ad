"""What is stored of friction, for whom and how long; its part of the digest, and its list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.friction import answering, cards, filing
from handlers.friction.kinds import Which
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Known, Row, Section, Task, Week, figure
from handlers.kit.figures import change
from handlers.kit.messages import Button, Facts, Title
from handlers.kit.people import NAMES_GO, NAMES_KEPT, former
from handlers.kit.readers import folded
from handlers.kit.words import Words, _, _n, apart, some
from storage import friction
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.friction import answerers, patterns
from storage.friction.answerers import AnswererState

feature = Feature(_("Friction"))

AFTER_ANSWER, AT_MOST = 90, 730  # days after which a name goes (settled 61)


NOTED = feature.measure(
    "friction",
    _("Friction"),
    _("sentences noted in the week. The week before counts the seven days before that"),
    "friction",
)


LATE = feature.measure(
    "late friction",
    _("Friction without an answer"),
    _("notes that have had no answer for more than ten working days"),
    "friction",
)
KINDS = feature.measure(
    "patterns",
    _("Patterns"),
    _("confirmed by a person; felt by three or answered"),
    "patterns",
)


@feature.section(60, team=True)
def section(ctx: Context, week: Week) -> Section:
    """Return what was noted, what is a pattern, and what waits for an answer too long."""
    earlier = week.start - timedelta(days=7)
    noted = _noted(ctx, week, week.start, week.end)
    before = _noted(ctx, week, earlier, week.start)
    known = [each for each in patterns.all(ctx.tx) if _concerns(week, each.area)]
    felt = {each.id: len(cards.notes_of(ctx, each)) for each in known}
    standing = [
        each for each in known if each.answered_at is not None or felt[each.id] >= cards.FEW
    ]
    old = [each for each in answering.late(ctx) if _concerns(week, each.area or "")]
    said = _(
        "{n} noted ({change})",
        n=figure(NOTED, noted),
        change=figure(NOTED, change(noted, before)),
    )
    if old:
        waits = _n(
            "{n} has waited over ten working days",
            "{n} have waited over ten working days",
            figure(LATE, len(old)),
        )
        said = _("{words}; {more}", words=said, more=waits)
    rows: list[tuple[Words, Words]] = [(_("Friction"), said)] if noted or before else []
    if standing:
        standing.sort(key=lambda each: -felt[each.id])
        names = apart(some([_named(each, felt[each.id]) for each in standing], 3))
        rows.append(
            (_("Patterns"), _("{n} ({names})", n=figure(KINDS, len(standing)), names=names))
        )
    answered = [
        each
        for each in known
        if each.answered_at is not None and week.start <= each.answered_at < week.end
    ]
    solved: tuple[Words, ...] = ()
    if answered:
        titles = [_("“{title}”", title=each.title) for each in answered]
        told = _n(
            "{n} pattern of friction answered ({names})",
            "{n} patterns of friction answered ({names})",
            figure(KINDS, len(answered)),
            names=some(titles, 3),
        )
        solved = (told,)
    decisions: tuple[Task, ...] = ()
    if old:
        words = _n(
            "{n} friction note has waited for an answer for over ten working days.",
            "{n} friction notes have waited for an answer for over ten working days.",
            figure(LATE, len(old)),
        )
        show = Button(_("Show"), call("friction list", which=Which.LATE.value))
        mine = (show,) if answering.may(ctx) else ()
        decisions = (Task(words, mine, old[0].noted_at, "friction:late"),)
    parts = (Title(_("What we are learning")), Facts(tuple(rows))) if rows else ()
    quiet = () if parts or decisions or solved else (NOTED.name,)
    return Section(decisions, parts, solved=solved, quiet=quiet)


def _named(pattern: patterns.Pattern, felt: int) -> Words:
    """Return a pattern, and how often it was noted where that tells of several."""
    if felt < cards.FEW:
        return _("“{title}”", title=pattern.title)
    n = figure(KINDS, felt)
    return _n("“{title}”, noted {n} time", "“{title}”, noted {n} times", n, title=pattern.title)


def _concerns(week: Week, area: str) -> bool:
    """Say whether an area belongs to whom the digest is for."""
    return week.team is None or folded(area) in week.team.areas


def _noted(ctx: Context, week: Week, start: datetime, end: datetime) -> int:
    if week.team is None:
        return friction.count(ctx.tx, start, end)
    found = friction.all(ctx.tx, since=start)
    return sum(each.noted_at < end and _concerns(week, each.area or "") for each in found)


def _replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    friction.replace(tx, person, to)
    answerers.replace(tx, person, to)
    patterns.replace(tx, person, to)


@feature.knows(
    60,
    _("What you noted as friction"),
    {
        "friction": ("author",),
        "friction_answerers": ("answerer", "named_by"),
        "patterns": ("confirmed_by", "answered_by"),
        "pattern_checks": ("checked_by",),
        "pattern_history": ("changed_by",),
    },
    replace=_replace,
)
def known(ctx: Context, person: PersonId) -> Known:
    rows: list[tuple[Words, Words]] = [
        (_("Friction"), each.sentence) for each in friction.mine(ctx.tx, person)
    ]
    rows += [
        (_("Answers friction of"), each)
        for each in answerers.of(ctx.tx, person, AnswererState.ACCEPTED)
    ]
    mine = Button(_("My notes"), call("friction mine")) if rows else None
    return Known(tuple(rows), mine)


@feature.keeps(
    "friction",
    what=_("Who noted friction"),
    days=AFTER_ANSWER,
    then=_("the name goes, the sentence stays; without an answer after two years at the latest"),
)
def without_names(ctx: Context, before: datetime) -> int:
    oldest = before - timedelta(days=AT_MOST - AFTER_ANSWER)
    named = friction.named_since(ctx.tx, before, oldest)
    return sum(filing.follow(ctx, id, author) for id, author in named)


def _count(ctx: Context, filter: Filter) -> int:
    return len(_listed(ctx, filter))


def _listed(ctx: Context, filter: Filter) -> list[patterns.Pattern]:
    found = cards.readable(ctx)
    if filter.which == "open":
        found = [each for each in found if each.answered_at is None]
    if filter.since is not None:
        found = [each for each in found if each.confirmed_at >= filter.since]
    return found


@feature.lists(
    "patterns",
    _("Patterns"),
    (
        ("title", _("Pattern")),
        ("area", _("Area")),
        ("notes", _("Notes")),
        ("estimated", _("Estimated")),
        ("answer", _("Answer")),
    ),
    count=_count,
    narrows=("since",),
)
def rows(ctx: Context, filter: Filter, first: int, most: int) -> Sequence[Row]:
    return [
        Row(
            (
                each.title,
                each.area,
                str(len(cards.notes_of(ctx, each))),
                cards.estimate_words(each) or "",
                cards.answer_of(each) or _("no answer yet"),
            ),
            call("pattern", pattern=each.id),
        )
        for each in _listed(ctx, filter)[first : first + most]
    ]


@feature.keeps(
    "patterns",
    "pattern_checks",
    "pattern_history",
    what=_("Who confirmed, checked and answered a pattern"),
    days=NAMES_KEPT,
    then=NAMES_GO,
)
def forget_deciders(ctx: Context, before: datetime) -> int:
    """Let go of their names; who decides now stays."""
    return patterns.forget_people(ctx.tx, before, former(ctx))
