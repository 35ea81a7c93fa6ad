"""Runs as they are reported: what a call changes, what cannot be used, and who hears of it.

Stored is what happened and when. Nothing about whoever called reaches this module.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.attention import matters
from handlers.automations import escalation, profile
from handlers.automations.intake import bursts
from handlers.automations.intake.odd import Odd
from handlers.automations.rules import standing
from handlers.automations.rules.company import company_of
from handlers.automations.state import decisions, owner
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Post, Reply
from handlers.kit.words import _, _n
from storage import automations
from storage.automations import Automation, history, intake
from storage.automations import odd as odd_calls
from storage.automations.history import Entry
from storage.automations.states import (
    AutomationEvent,
    AutomationKind,
    AutomationPhase,
    AutomationState,
    RunKind,
)
from storage.engine import Question
from storage.engine.ids import NOBODY, AutomationId
from storage.people import Person

feature = Feature(_("Automations"))

ONCE = timedelta(hours=1)  # the same oddity is listed once in this time
STRAYS = 50  # names that fit nothing and are listed
DRAFTS = 50  # drafts that calls may make
TEST_WEEK = timedelta(days=7)


def _foreseen(subject: str, now: datetime) -> Question[intake.Called]:
    return intake.called(AutomationId(subject), now - bursts.MINUTE)


@feature.hook("ping", intake.by_address, foresees=_foreseen)
def ping(
    ctx: Context,
    automation: AutomationId,
    *,
    id: str,
    kind: str = "",
    items: str = "",
    seconds: str = "",
    saved: str = "",
    run: str = "",
    once: str = "",
    odd: str = "",
    counts: str = "1",
    slug: str = "",
    create: str = "",
    posted: str = "1",
) -> Reply:
    """Record what a machine reports. `id` is the call's own, so that trying again is no second."""
    made = False
    if not automation:
        if intake.has_run(ctx.tx, id):
            return Reply(subject=automation, outcome="seen")
        named, made = _named(ctx, slug, create=bool(create))
        if named is None:
            return Reply(subject=slug, outcome="unknown")
        automation = named
    called = ctx.tx.ask(_foreseen(automation, ctx.now))
    assert called is not None, "an address belongs to an automation, by constraint"
    found, recent = called
    if found.post_only and not posted and counts:
        odd, counts = Odd.METHOD, ""
    if odd:
        odd_calls.note_odd(ctx.tx, found.id, id=id, at=ctx.now, why=odd, once=ONCE)
    if not counts:
        return Reply(subject=automation, outcome="odd")
    if found.state is AutomationState.RETIRED:
        return _tell_retired(ctx, found)
    if any(each.id == id for each in recent):
        return Reply(subject=automation, outcome="seen")  # its work was tried again
    key = _hash(run) if run else intake.EVENT + _hash(once) if once else None
    if key is not None and intake.is_used(ctx.tx, found.id, key, _kind(kind, items)):
        odd_calls.note_odd(ctx.tx, found.id, id=id, at=ctx.now, why=Odd.USED, once=ONCE)
        return Reply(subject=automation, outcome="seen")
    if bursts.belongs(ctx, found, id=id, kind=_kind(kind, items), key=key, recent=recent):
        return Reply(subject=automation, outcome="burst")
    posts = _count(
        ctx,
        found,
        id=id,
        kind=_kind(kind, items),
        items=int(items) if items else None,
        seconds=int(seconds) if seconds else None,
        saved=int(saved) if saved else 0,
        key=key,
        paired=key if run else None,
    )
    return Reply(posts=posts, subject=automation, outcome="draft" if made else "")


def _kind(kind: str, items: str) -> RunKind:
    """A good run that found nothing to do ran, and did nothing."""
    told = RunKind(kind or RunKind.OK)
    return RunKind.IDLE if told is RunKind.OK and items == "0" else told


def _hash(text: str) -> str:
    # A machine may send anything; it is only compared, so its hash does.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


# --- what counts ---------------------------------------------------------------------------


def _count(
    ctx: Context,
    found: Automation,
    *,
    id: str,
    kind: RunKind,
    items: int | None,
    seconds: int | None,
    saved: int,
    key: str | None,
    paired: str | None,
) -> tuple[Post, ...]:
    company = company_of(ctx)
    begun = (
        intake.open_starts(ctx.tx, found.id, ctx.now - bursts.OPEN_FOR) if found.begun_at else []
    )
    if seconds is None and kind in bursts.ENDS:
        starts = [at for at, of in begun if of == paired]
        seconds = round((ctx.now - starts[-1]).total_seconds()) if starts else None
    intake.add_run(
        ctx.tx, found.id, id=id, at=ctx.now, kind=kind, items=items, seconds=seconds, run_key=key
    )
    day = company.day_of(ctx.now).isoformat()
    intake.count_day(ctx.tx, found.id, day, kind, seconds=seconds or 0, saved=saved)
    if kind is RunKind.LOG:
        return ()
    if kind is RunKind.START:
        now = replace(found, begun_at=found.begun_at or ctx.now)
    else:
        now = _after_run(ctx, found, kind)
        still = [at for at, of in begun if of != paired]
        now = replace(now, begun_at=still[0] if still else None)
    now = replace(now, look_at=standing.look_again(now, company, ctx.now))
    automations.save(ctx.tx, found, now)
    assert now.look_at is not None
    if found.look_at is None or now.look_at < found.look_at:  # else the timer comes in time
        escalation.look_at(ctx, now.look_at)
    if kind is RunKind.START:
        return ()
    # Nobody is asked about what has reported lately, or never: no question can be open.
    last = found.last_report_at
    asked = last is not None and ctx.now - last >= standing.LEAST_WINDOW
    posts = escalation.end_question(ctx, now, "ran") if asked else ()
    return (*posts, *_tell_failure(ctx, found, now))


def _after_run(ctx: Context, found: Automation, kind: RunKind) -> Automation:
    """Return an automation after a run that ended."""
    now = replace(found, last_report_at=ctx.now, first_report_at=found.first_report_at or ctx.now)
    if kind is RunKind.FAIL:
        return replace(now, last_result=RunKind.FAIL, fails=found.fails + 1)
    now = replace(now, last_result=RunKind.OK, fails=0, last_run_at=ctx.now)
    if kind is RunKind.IDLE:
        return replace(now, idle=found.idle + _is_another_occasion(ctx, found))
    gaps = standing.gaps_of(found)
    if found.last_useful_at is not None:
        gap = standing.gap_between(company_of(ctx), found.last_useful_at, ctx.now)
        gaps = [*gaps, gap][-standing.GAPS :] if gap else gaps
    return replace(
        now,
        idle=0,
        last_useful_at=ctx.now,
        unused_since=None,
        gaps=" ".join(str(each) for each in gaps),
    )


def _is_another_occasion(ctx: Context, found: Automation) -> bool:
    """Say whether a run is for another occasion than the last one: idle is counted in these."""
    last = found.last_run_at
    if last is None or not found.idle:
        return True
    company = company_of(ctx)
    following = next(standing.expected(found, company, last, last), None)
    return following is None or ctx.now >= following[0].opens


def _tell_failure(ctx: Context, before: Automation, now: Automation) -> tuple[Post, ...]:
    """Tell who answers for it of a failure once, and take it back when it works again."""
    key = f"automation:{now.id}:failed"
    posts: tuple[Post, ...] = ()
    if before.late_told:
        posts += matters.settle(ctx, f"automation:{now.id}:late")
        posts += matters.settle(ctx, f"automation:{now.id}:hangs")
    if now.last_result != RunKind.FAIL:
        if before.fails:
            posts += (*matters.settle(ctx, key), *matters.settle(ctx, _test_key(now)))
        return posts
    decides = owner(ctx, now)
    if decides is None or _is_quiet(now, ctx.now):
        return posts
    _wonder_whether_a_test(ctx, now, decides)
    if now.fails != max(1, now.tell_from):
        return posts
    words = _n(
        "“{name}” failed on {at}.",
        "“{name}” failed {n} times in a row, last on {at}.",
        now.fails,
        name=now.name,
        at=ctx.now,
    )
    buttons = escalation.in_trouble(ctx, now)
    if now.at_once:
        return (*posts, escalation.at_once(key, words, buttons, decides.id, ctx.new_id()))
    matters.note(ctx, decides.id, key, words, *buttons)
    return posts


def _wonder_whether_a_test(ctx: Context, now: Automation, decides: Person) -> None:
    """Ask once about what has failed for seven days since its first call."""
    first = now.first_report_at
    if now.last_run_at is not None or first is None or ctx.now - first < TEST_WEEK:
        return
    if history.last(ctx.tx, now.id, AutomationEvent.ASKED_WHETHER_A_TEST) is not None:
        return
    profile.note(ctx, now, AutomationEvent.ASKED_WHETHER_A_TEST)
    words = _("“{name}” has failed since its first call. Is it still a test?", name=now.name)
    matters.note(ctx, decides.id, _test_key(now), words, *decisions(now))


def _test_key(automation: Automation) -> str:
    return f"automation:{automation.id}:test"


def _is_quiet(automation: Automation, now: datetime) -> bool:
    """Say whether somebody asked for silence, or it was carried over a moment ago."""
    until = (automation.paused_until, automation.snoozed_until, automation.quiet_until)
    return any(each is not None and now < each for each in until)


# --- what cannot be used -------------------------------------------------------------------


def _tell_retired(ctx: Context, found: Automation) -> Reply:
    """It is retired here and still runs: tell so once."""
    posts: tuple[Post, ...] = ()
    if automations.called_again(ctx.tx, found.id, ctx.now):
        decides = owner(ctx, found)
        if decides is not None:
            matters.note(
                ctx,
                decides.id,
                f"automation:{found.id}:still",
                _("“{name}” is retired and still runs.", name=found.name),
                Button(_("Bring back"), call("auto back", automation=found.id)),
            )
    return Reply(posts=posts, subject=found.id, outcome="retired")


def _named(ctx: Context, slug: str, *, create: bool) -> tuple[AutomationId | None, bool]:
    """Return what is called so, and whether it was made just now, as the caller wanted.

    Another call may have had it made meanwhile. Else the name is listed for managers.
    """
    found = intake.by_slug(ctx.tx, slug)
    if len(found) == 1:
        return found[0], False
    if found or not create or len(automations.drafts(ctx.tx)) >= DRAFTS:
        odd_calls.note_stray(ctx.tx, slug, ctx.now, STRAYS)
        return None, False
    return draft(ctx, slug, source="call").id, True


def draft(ctx: Context, slug: str, *, source: str) -> Automation:
    """Make a draft that nobody answers for yet."""
    made = Automation(
        id=AutomationId(ctx.new_id()),
        name=slug,
        purpose="",
        accountable=NOBODY,
        deputy=NOBODY,
        offered_to=None,
        rhythm_days=1,
        state=AutomationState.ACTIVE,
        registered_at=ctx.now,
        last_run_at=None,
        kept_until=None,
        phase=AutomationPhase.DRAFT,
        kind=AutomationKind.DEMAND,
        slug=slug,
    )
    if not automations.add(ctx.tx, made, name_key=slug):
        made = replace(made, name=f"{slug} {made.id[-6:]}")
        automations.add(ctx.tx, made, name_key=made.name)
    history.add(
        ctx.tx,
        Entry(
            id=ctx.new_id(),
            automation=made.id,
            at=ctx.now,
            kind=AutomationEvent.DRAFT,
            person=None,
            role=source,
            field="",
            before="",
            after=slug,
        ),
    )
    odd_calls.forget_stray(ctx.tx, slug)
    return made
