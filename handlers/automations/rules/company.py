"""What the state of an automation is computed with: the company's calendar, and our outages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from handlers.automations.rules import standing, suspicion
from handlers.automations.rules.rhythm import Company
from handlers.automations.rules.standing import Standing
from handlers.kit.context import Context
from storage import workspaces
from storage.automations import Automation
from storage.automations.intake import Outage
from storage.engine import Tx

CLOSED = "closing days"  # the setting: 2026-12-24..2026-12-31, a range a line
REMEMBERED = timedelta(days=400)  # an outage from before that spoils nothing any more


@dataclass(frozen=True, slots=True)
class Known:
    """Calendar and outages, read once for as many automations as are looked at."""

    company: Company
    outages: Sequence[Outage]
    now: datetime
    _kept: dict[str, Standing] = field(default_factory=dict)

    def standing(self, automation: Automation) -> Standing:
        """Return how an automation stands now."""
        if automation.id not in self._kept:
            self._kept[automation.id] = standing.standing(
                automation, self.company, self.outages, self.now
            )
        return self._kept[automation.id]


def known(ctx: Context) -> Known:
    """Read what states are computed with."""
    return Known(company_of(ctx), suspicion.known(ctx.tx, ctx.now - REMEMBERED, ctx.now), ctx.now)


def company_of(ctx: Context) -> Company:
    """Return the calendar of the company: zone, federal state, own closing days."""
    return Company(ctx.workspace.zone, ctx.workspace.region, closed_of(ctx.tx))


def closed_of(tx: Tx) -> frozenset[date]:
    """Return the company's own closing days."""
    return closing_days(workspaces.setting(tx, CLOSED) or "")


def closing_days(text: str) -> frozenset[date]:
    """Read the stored closing days; a line is a day or `first..last`."""
    found: set[date] = set()
    for each in text.split():
        first, _dots, last = each.partition("..")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            found.add(day)
            day += timedelta(days=1)
    return frozenset(found)
