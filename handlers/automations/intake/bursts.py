"""Calls that come too fast: a burst counts once, and what it says is heard.

Of a minute with too many calls one of each kind counts, so that a failure among good runs is a
failure, and what goes on for a day ran the whole day. A run that has begun may always end: else
it would seem to hang.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from handlers.attention import matters
from handlers.automations.intake.odd import Odd
from handlers.automations.rules.company import company_of
from handlers.automations.state import owner
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button
from handlers.kit.words import _
from storage.automations import Automation, intake
from storage.automations import odd as odd_calls
from storage.automations.intake import Told
from storage.automations.states import RunKind

MINUTE = timedelta(seconds=60)
PER_MINUTE = 5  # calls of one automation that count
OPEN_FOR = timedelta(days=2)  # a start that nothing ended in this time is forgotten
ENDS = (RunKind.OK, RunKind.IDLE, RunKind.FAIL)


def belongs(
    ctx: Context,
    found: Automation,
    *,
    id: str,
    kind: RunKind,
    key: str | None,
    recent: Sequence[Told],
) -> bool:
    """Note a burst and ask about it once; say whether this call is counted with it already."""
    if any(each.kind is None for each in recent):
        odd_calls.goes_on(ctx.tx, found.id, Odd.BURST, ctx.now, MINUTE)
        counted = {each.kind for each in recent}
    elif len(recent) < PER_MINUTE:
        return False
    else:
        counted = {each.kind for each in recent}
        _begins(ctx, found, id, recent)
    return kind in counted and not _ends(ctx, found, kind, key)


def _ends(ctx: Context, found: Automation, kind: RunKind, key: str | None) -> bool:
    """Say whether a call ends a run that has begun."""
    if kind not in ENDS or found.begun_at is None:
        return False
    begun = intake.open_starts(ctx.tx, found.id, ctx.now - OPEN_FOR)
    return any(run == intake.run_of(key) for _at, run in begun)


def _begins(ctx: Context, found: Automation, id: str, recent: Sequence[Told]) -> None:
    day = company_of(ctx).day_of(ctx.now).isoformat()
    for each in _counted_before(recent):
        assert each.kind is not None, "a burst begins where none goes on"
        intake.take_back(ctx.tx, found.id, each.id, each.kind, day)
    odd_calls.note_odd(ctx.tx, found.id, id=id, at=ctx.now, why=Odd.BURST, once=MINUTE)
    decides = owner(ctx, found)
    if decides is None:
        return
    words = _(
        "“{name}” reported more than {n} times within a minute; that counts once.",
        name=found.name,
        n=PER_MINUTE,
    )
    key = f"automation:{found.id}:burst"
    matters.note(ctx, decides.id, key, words, Button(found.name, call("auto", automation=found.id)))


def _counted_before(recent: Sequence[Told]) -> Iterator[Told]:
    """Yield what one of its kind was counted before, but no half of a run that has two."""
    runs = [intake.run_of(each.key) for each in recent]
    ended = {run for each, run in zip(recent, runs, strict=True) if each.kind in ENDS}
    kept: set[str | None] = set()  # runs of which the start stays
    seen: set[RunKind | None] = set()
    for each, run in zip(recent, runs, strict=True):
        half = run is not None and (run not in ended if each.kind == RunKind.START else run in kept)
        if each.kind in seen and not half:
            yield each
        elif each.kind == RunKind.START:
            kept.add(run)
        seen.add(each.kind)
