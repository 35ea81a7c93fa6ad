"""What must never be: counted each minute, told to the managers when it lasts."""

from __future__ import annotations

import json
from datetime import datetime

from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Facts, Message, Post, Reply, Text, Title
from handlers.kit.words import Words, _
from storage import operations
from storage.delivery.outbox import ParcelKind
from storage.delivery.places import PlaceRole
from storage.delivery.timers import TimerKind
from storage.engine import Tx
from storage.operations import invariants

feature = Feature(_("Lotse's own check"))

KEY = "operations:check"


class InvariantTimer(TimerKind):
    """The look at what must never be."""

    CHECK = "check"


@feature.never("overdue timers", _("Due and not carried out"))
def overdue(tx: Tx, now: datetime) -> int:
    """Count timers that nobody carries out."""
    return invariants.overdue_timers(tx, now)


@feature.never("unwatched incidents", _("Open incidents without a next step"))
def unwatched(tx: Tx, now: datetime) -> int:
    """Count open incidents that would be forgotten."""
    return invariants.unwatched_incidents(tx, now)


@feature.never("alarms for nothing", _("Alarms to come for incidents that work again"))
def for_nothing(tx: Tx, now: datetime) -> int:
    """Count chains that should have ended."""
    return invariants.escalating_for_nothing(tx, now)


@feature.never("second chains", _("Alarms of incidents that do not exist"))
def second_chains(tx: Tx, now: datetime) -> int:
    """Count chains beside the one of each incident."""
    return invariants.chains(tx, now)


@feature.never("expired leases", _("Taken by a process that vanished"))
def leases(tx: Tx, now: datetime) -> int:
    """Count what nobody took over."""
    return invariants.expired_leases(tx, now)


@feature.never("old messages", _("Messages that wait for more than ten minutes"))
def old(tx: Tx, now: datetime) -> int:
    """Count messages that do not go out."""
    return invariants.old_messages(tx, now)


@feature.never("doubled digests", _("Digests that stand twice"))
def doubled(tx: Tx, now: datetime) -> int:
    """Count weeks that were told twice."""
    return invariants.doubled_digests(tx, now)


@feature.never("orphans", _("Rows that belong to nothing"))
def orphans(tx: Tx, now: datetime) -> int:
    """Count rows that belong to nothing."""
    return invariants.orphans(tx, now)


@feature.timer(InvariantTimer.CHECK)
def tell(ctx: Context) -> Reply:
    """Tell the managers what the check found, or that all is in order again."""
    found: dict[str, int] = json.loads(operations.noted(ctx.tx, operations.CHECK) or "{}")
    names = {each.key: each.words for feature in ctx.features for each in feature.invariants}
    rows: list[tuple[Words, Words]] = [
        (names[key], str(n)) for key, n in found.items() if key in names
    ]
    if rows:
        parts = (
            Title(_("Lotse's own check found something")),
            Facts(tuple(rows)),
            Text(_("Whoever operates Lotse sees more with: python -m bot doctor"), small=True),
        )
        return Reply(posts=(Post(KEY, Message(parts), PlaceRole.MANAGERS, ParcelKind.NOTE),))
    well = Message((Title(_("Lotse's own check finds nothing any more")),))
    return Reply(posts=(Post(KEY, well, PlaceRole.MANAGERS, ParcelKind.NOTE),))
