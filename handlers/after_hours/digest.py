"""What the digest says about outages outside working hours."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from handlers.kit import working_hours
from handlers.kit.context import Context
from handlers.kit.words import Sentence, _
from storage import after_hours


def in_week(ctx: Context, start: datetime, end: datetime) -> Sentence | None:
    """Return the digest's words on incidents outside working hours; None if there were none."""
    found = after_hours.declared(ctx.tx, start, end)
    ours = working_hours.company(ctx)
    late = Counter(each.service for each in found if not ours.is_working(each.at))
    if not late:
        return None
    services = [
        _("{service} {n}", service=_name(ctx, id), n=count) for id, count in late.most_common()
    ]
    return _(
        "{n} of {all} incidents: {services}", n=late.total(), all=len(found), services=services
    )


def _name(ctx: Context, id: str) -> str:
    found = ctx.service_of(id)
    return found.name if found else id
