"""Which incidents a short answer may be about: asked of this person, theirs, or just restored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import rights
from handlers.kit.context import Context
from storage.incidents import Incident, alarms
from storage.incidents import lists as incident_lists

MOST = 200  # open incidents that are looked at, the newest first, however many there are
LATELY = timedelta(hours=12)  # so long what was restored can still be meant by "doch nicht"


@dataclass(frozen=True, slots=True)
class About:
    """`asked` wait for an answer of this person; `mine` they look after; `own` they declared.

    `restored` are theirs and work again since lately; the newest first everywhere.
    """

    asked: tuple[Incident, ...]
    mine: tuple[Incident, ...]
    own: tuple[Incident, ...]
    restored: tuple[Incident, ...]

    @property
    def open(self) -> tuple[Incident, ...]:
        """Return every open one that this person has to do with, each once."""
        found = {each.number: each for each in (*self.asked, *self.mine, *self.own)}
        return tuple(sorted(found.values(), key=lambda each: -each.number))


def about(ctx: Context) -> About:
    """Return what a short line of the asker may be about."""
    me = ctx.person.id
    open_ones = incident_lists.open_with(ctx.tx, me, MOST)
    since = min((each.begun_at for each in open_ones), default=ctx.now)
    alarmed: dict[int, datetime] = {}  # by incident: when the asker was alarmed last
    for alarm in alarms.of_person_from(ctx.tx, me, since):
        alarmed[alarm.incident] = alarm.at
    asked = tuple(each for each in open_ones if _is_asked(ctx, each, alarmed.get(each.number)))
    return About(
        asked,
        tuple(
            each
            for each in open_ones
            if each.responsible == me and each not in asked and not each.unanswered
        ),
        tuple(each for each in open_ones if each.declared_by == me),
        tuple(
            each
            for each in reversed(incident_lists.undone(ctx.tx, person=me))
            if each.restored_at is not None and each.restored_at >= ctx.now - LATELY
        ),
    )


def _is_asked(ctx: Context, incident: Incident, at: datetime | None) -> bool:
    """Say whether an alarm, or somebody, asks the asker to look after it."""
    me = ctx.person.id
    if incident.proposed_to == me:
        return True
    if not (incident.unanswered or (incident.silent and incident.responsible != me)):
        return False
    alarmed = incident.responsible == me or (at is not None and at >= incident.begun_at)
    return alarmed and rights.may_for(ctx, "ack", incident)
