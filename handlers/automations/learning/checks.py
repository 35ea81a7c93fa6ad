"""Looks at results, reviews when something changed, and how it goes after it went live.

A timer looks once a day at what is due. What it asks goes through attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from handlers.attention import matters
from handlers.automations import profile
from handlers.automations.learning import trend
from handlers.automations.lookup import AutoRef
from handlers.automations.rules.company import company_of
from handlers.automations.state import need_own, owner
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Reply,
    line,
)
from handlers.kit.readers import ChoicesReader, NumberReader, TextReader, folded
from handlers.kit.readers.required_text import ReasonReader, RequiredTextReader
from handlers.kit.worded import Worded, choice
from handlers.kit.words import Sentence, Words, _, _n
from storage import automations
from storage.automations import Automation, history, learning
from storage.automations.learning import Check, Review
from storage.automations.states import AutomationEvent, AutomationPhase, ReviewOutcome
from storage.delivery import timers
from storage.delivery.timers import TimerKind
from storage.engine.ids import PersonId

feature = Feature(_("Automations"))

RESULTS = 5
ENOUGH = 5  # right results of five; fewer open an iteration
USUAL_DAYS = 30
AREAS = 8  # named where one is asked for
CHECK_INS = (7, 30, 90, 180)  # days after it went live


class CheckTimer(TimerKind):
    """The day's look at checks."""

    CHECKS = "automation checks"


class Change(Worded):
    """What may change around automations."""

    OFFER = "offer", _("What we offer")
    PRICE = "price", _("Prices")
    WORKFLOW = "workflow", _("A workflow")
    STAFF = "staff", _("Who works here")


class Result(Worded):
    """Five results that somebody looks at; NONE says that not one of them is right."""

    FIRST = "1", _("Result {n} is right", n=1)
    SECOND = "2", _("Result {n} is right", n=2)
    THIRD = "3", _("Result {n} is right", n=3)
    FOURTH = "4", _("Result {n} is right", n=4)
    FIFTH = "5", _("Result {n} is right", n=5)
    NONE = "0", _("None of them is right")


class Goes(Worded):
    """How it goes."""

    WELL = "well", _("It goes well")
    SO_SO = "so so", _("Some things do not fit yet")
    BADLY = "badly", _("It does not help")


def _open_card(automation: Automation) -> Button:
    return Button(automation.name, call("auto", automation=automation.id))


# --- once a day ----------------------------------------------------------------------------


def plan(ctx: Context) -> None:
    """Let the daily look happen, if it is not planned already."""
    if timers.due_of(ctx.tx, CheckTimer.CHECKS) is None:
        timers.set(
            ctx.tx,
            id=ctx.new_id(),
            kind=CheckTimer.CHECKS,
            key=CheckTimer.CHECKS,
            due=_tomorrow(ctx),
        )


def _tomorrow(ctx: Context) -> datetime:
    zone = ctx.workspace.zone
    day = calendar.day_of(ctx.now, zone) + timedelta(days=1)
    return calendar.midnight(day, zone) + timedelta(hours=6, minutes=15)


@feature.timer(CheckTimer.CHECKS)
def look(ctx: Context) -> Reply:
    """Look once a day what is to be checked, asked and wondered about."""
    timers.set(
        ctx.tx, id=ctx.new_id(), kind=CheckTimer.CHECKS, key=CheckTimer.CHECKS, due=_tomorrow(ctx)
    )
    monday = company_of(ctx).day_of(ctx.now).weekday() == 0
    for each in automations.all(ctx.tx):
        decides = owner(ctx, each)
        if decides is None:
            continue
        _check_in(ctx, each, decides.id)
        _due_check(ctx, each, decides.id)
        if monday:
            trend.wonder(ctx, each, decides.id)
    return Reply()


# --- how it goes: days 7, 30, 90, 180 ------------------------------------------------------


def _check_in(ctx: Context, automation: Automation, to: PersonId) -> None:
    if automation.live_at is None or automation.phase is not AutomationPhase.OPERATION:
        return
    age = (ctx.now - automation.live_at).days
    passed = [each for each in CHECK_INS if age >= each]
    if not passed or check_in_answer(ctx, automation, passed[-1]) is not None:
        return
    day = passed[-1]
    key = f"automation:{automation.id}:checkin:{day}"
    words = _n(
        "“{name}” has been in operation for {n} day. How does it go?",
        "“{name}” has been in operation for {n} days. How does it go?",
        day,
        name=automation.name,
    )
    if not _is_asked(ctx, automation, f"asked {day}"):
        history_note(ctx, automation, f"asked {day}")
        buttons = tuple(
            Button(each.words, call("auto goes", automation=automation.id, day=day, how=each))
            for each in Goes
        )
        matters.note(ctx, to, key, words, *buttons)


def check_in_answer(ctx: Context, automation: Automation, day: int) -> str | None:
    """Return what was said about how it goes on that day, None while nobody said anything."""
    found = history.last(ctx.tx, automation.id, f"check-in {day}")
    return found.after if found else None


def _is_asked(ctx: Context, automation: Automation, what: str) -> bool:
    return history.last(ctx.tx, automation.id, what) is not None


def history_note(ctx: Context, automation: Automation, what: str) -> None:
    """Remember that Lotse has asked, so that it asks once."""
    profile.note(ctx, automation, what)


@feature.command("auto goes", "auto läuft", help=_("How does it go?"), hidden=True)
def goes(
    ctx: Context,
    automation: AutoRef,
    how: Annotated[Goes, choice(Goes), Ask(_("How does it go?"))],
    *,
    day: Annotated[int, NumberReader(1, 400), Ask(_("Day"), hidden=True)] = 7,
) -> Reply:
    need_own(ctx, automation)
    profile.note(ctx, automation, f"check-in {day}", after=how.value)
    if how is not Goes.WELL:
        open_review(ctx, automation, "check-in")
    posts = matters.settle(ctx, f"automation:{automation.id}:checkin:{day}")
    said = _("Thank you, that is in the history of “{name}” now.", name=automation.name)
    return Reply(line(said, _open_card(automation)), posts=posts, subject=automation.name)


# --- looking at results --------------------------------------------------------------------


def due_check(ctx: Context, automation: Automation) -> datetime | None:
    """Return when the next look at results is due; None before it is in operation."""
    kept = history.profile(ctx.tx, automation.id).get("check_days", "")
    last = learning.last_check(ctx.tx, automation.id)
    return _due(automation, kept, last.at if last else None)


def overdue(ctx: Context, of: Sequence[Automation]) -> list[tuple[Automation, datetime]]:
    """Return those whose look at results is due, and since when; read at once for all of them."""
    said, looked = history.profiles(ctx.tx), learning.last_checks(ctx.tx)
    found: list[tuple[Automation, datetime]] = []
    for each in of:
        kept = said.get(each.id, {}).get("check_days", "")
        due = _due(each, kept, looked.get(each.id))
        if due is not None and due < ctx.now:
            found.append((each, due))
    return found


def _due(automation: Automation, kept: str, last: datetime | None) -> datetime | None:
    if automation.phase is not AutomationPhase.OPERATION or automation.live_at is None:
        return None
    days = int(kept) if kept.isdigit() else USUAL_DAYS
    return (last or automation.live_at) + timedelta(days=days)


def _due_check(ctx: Context, automation: Automation, to: PersonId) -> None:
    due = due_check(ctx, automation)
    if due is None or ctx.now < due:
        return
    words = _("Please look at five results of “{name}”: are they right?", name=automation.name)
    stamp = f"check {due.date().isoformat()}"
    if _is_asked(ctx, automation, stamp):
        return
    history_note(ctx, automation, stamp)
    button = Button(_("Enter results"), call("auto check", automation=automation.id))
    matters.note(ctx, to, f"automation:{automation.id}:check", words, button)


@feature.command(
    "auto check", "auto prüfen", help=_("Look at five results."), hidden=True, submit=_("Save")
)
def check(
    ctx: Context,
    automation: AutoRef,
    *,
    right: Annotated[
        frozenset[Result],
        ChoicesReader(Result, Result.labels()),
        Ask(_("Which are right?"), _("Leave out those that are not.")),
    ],
    note: Annotated[str, TextReader(), Ask(_("What did you notice?"))] = "",
) -> Reply:
    need_own(ctx, automation)
    good = len(right - {Result.NONE})
    learning.add_check(
        ctx.tx, Check(ctx.new_id(), automation.id, ctx.now, good, RESULTS, note[:1000])
    )
    profile.note(ctx, automation, AutomationEvent.CHECKED, after=f"{good}/{RESULTS}")
    posts = matters.settle(ctx, f"automation:{automation.id}:check")
    if good < ENOUGH:
        open_review(ctx, automation, "check")
        said = _(
            "{n} of {all} are right. That opens a review of “{name}”: what should be improved?",
            n=good,
            all=RESULTS,
            name=automation.name,
        )
    else:
        said = _("All {n} are right. Thank you.", n=good)
    return Reply(line(said, _open_card(automation)), posts=posts, subject=automation.name)


# --- something has changed, and reviews ----------------------------------------------------


def _areas(ctx: Context) -> list[str]:
    """Return the areas of the automations, as they stand on them."""
    said = history.profiles(ctx.tx)
    named = {said.get(each.id, {}).get("area", "").strip() for each in automations.all(ctx.tx)}
    return sorted(named - {""}, key=folded)


def _known_areas(ctx: Context) -> Words:
    named = _areas(ctx)
    if not named:
        return _("As it stands on the automations.")
    return _("As it stands on the automations: {areas}.", areas=named[:AREAS])


@feature.command(
    "auto changed",
    "auto änderung",
    help=_("Something has changed: offer, prices, a workflow, who works here."),
    hidden=True,
    submit=_("Tell"),
    needs="automation",
)
def changed(
    ctx: Context,
    *,
    kind: Annotated[Change, choice(Change), Ask(_("What has changed?"))],
    area: Annotated[str, TextReader(long=False), Ask(_("Area"), _known_areas)],
    words: Annotated[str, TextReader(), Ask(_("In a sentence"))] = "",
) -> Reply:
    id = ctx.new_id()
    learning.add_change(
        ctx.tx, id=id, at=ctx.now, kind=kind.value, area=area[:200], words=words[:500]
    )
    profiles = history.profiles(ctx.tx)
    found = [
        each
        for each in automations.all(ctx.tx)
        if folded(profiles.get(each.id, {}).get("area", "").strip()) == folded(area.strip())
    ]
    for each in found:
        open_review(ctx, each, f"change: {kind.value}", change=id)
    said = _n(
        "Thank you. {n} automation is reviewed: {names}.",
        "Thank you. {n} automations are reviewed: {names}.",
        len(found),
        names=[each.name for each in found],
    )
    if not found:
        said = _("Thank you. There is no automation in the area “{area}”.", area=area)
        if known := _areas(ctx)[:AREAS]:
            said = _("{said} Known areas: {areas}.", said=said, areas=known)
    return Reply(line(said), subject=area[:80])


def open_review(
    ctx: Context, automation: Automation, why: str, *, change: str | None = None
) -> None:
    """Open a review of an automation, and let whoever answers for it know."""
    id = ctx.new_id()
    learning.open_review(
        ctx.tx, id=id, automation=automation.id, change=change, why=why, at=ctx.now
    )
    profile.note(ctx, automation, AutomationEvent.REVIEW, field=why)
    decides = owner(ctx, automation)
    if decides is not None:
        key = f"automation:{automation.id}:review:{id}"
        matters.note(ctx, decides.id, key, review_words(automation, why), *_ends(id))


def review_words(automation: Automation, why: str) -> Sentence:
    """Return what a review asks."""
    if why.startswith("change: "):
        return _(
            "Something has changed ({what}). Does “{name}” still fit?",
            what=Change(why.removeprefix("change: ")).words,
            name=automation.name,
        )
    return _("What should be improved about “{name}”?", name=automation.name)


def _ends(review: str) -> tuple[Button, ...]:
    return (
        Button(_("Done"), call("auto reviewed", review=review)),
        Button(_("Leave it as it is"), call("auto unreviewed", review=review)),
    )


ReviewId = Annotated[str, TextReader(long=False), Ask(_("Review"))]


@feature.command(
    "auto reviewed", "auto überprüft", help=_("What was adapted?"), hidden=True, submit=_("Save")
)
def reviewed(
    ctx: Context,
    review: ReviewId,
    *,
    words: Annotated[str, RequiredTextReader(most=1000), Ask(_("In a sentence"))],
) -> Reply:
    return _end_review(ctx, review, ReviewOutcome.DONE, words)


@feature.command(
    "auto unreviewed",
    "auto bleibt",
    help=_("It stays as it is. Why?"),
    hidden=True,
    submit=_("Save"),
)
def unreviewed(
    ctx: Context,
    review: ReviewId,
    *,
    because: Annotated[str, ReasonReader(most=500), Ask(_("Because"))],
) -> Reply:
    return _end_review(ctx, review, ReviewOutcome.DECLINED, because)


def _end_review(ctx: Context, id: str, outcome: ReviewOutcome, words: str) -> Reply:
    found = learning.review(ctx.tx, id)
    automation = automations.find(ctx.tx, found.automation) if found else None
    if found is None or automation is None:
        raise Refusal(_("This question has been answered already."))
    need_own(ctx, automation)
    if not learning.end_review(ctx.tx, id, outcome, words, ctx.now):
        raise Refusal(_("That has been answered already: {words}", words=found.words))
    profile.note(ctx, automation, f"review {outcome}", field=found.why, after=words)
    posts = matters.settle(ctx, f"automation:{automation.id}:review:{id}")
    said = _("Thank you, that is in the history of “{name}” now.", name=automation.name)
    return Reply(line(said, _open_card(automation)), posts=posts, subject=automation.name)


def open_reviews(ctx: Context) -> list[tuple[Review, Automation]]:
    """Return the open reviews of what is not retired, the oldest first."""
    known = {each.id: each for each in automations.all(ctx.tx)}
    return [
        (each, known[each.automation])
        for each in learning.open_reviews(ctx.tx)
        if each.automation in known
    ]


def review_buttons(review: Review) -> tuple[Button, ...]:
    """Return the two ends of a review."""
    return _ends(review.id)
