"""What the state of an automation is computed with: the company's calendar, and our outages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from handlers.automations.rules import standing, suspicion
from handlers.automations.rules.rhythm import Company
from handlers.automations.rules.standing import Standing
from handlers.kit import working_hours
from handlers.kit.context import Context
from handlers.kit.working_hours import Closed
from storage.automations import Automation
from storage.automations.intake import Outage
from storage.engine import Tx

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

    def working_days(self, first: datetime, last: datetime) -> int:
        """Return how many working days begin after `first` until `last`."""
        day, end, count = self.company.day_of(first), self.company.day_of(last), 0
        while day < end:
            day += timedelta(days=1)
            count += self.company.works(day)
        return count


def known(ctx: Context) -> Known:
    """Read what states are computed with."""
    return Known(company_of(ctx), suspicion.known(ctx.tx, ctx.now - REMEMBERED, ctx.now), ctx.now)


def company_of(ctx: Context) -> Company:
    """Return the calendar of the company: zone, federal state, own closing days, weekdays."""
    return of(ctx.tx, ctx.workspace.zone, ctx.workspace.region)


def of(tx: Tx, zone: str, region: str) -> Company:
    """Return the calendar of a company in this zone and region, by its working time."""
    time = working_hours.of(tx, zone, region)
    days = frozenset(n for n, hours in enumerate(time.week) if hours is not None)
    return Company(zone, region, ClosedDays(time.closed), days)


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """The days on which the company is closed, also those of every year."""

    closed: tuple[Closed, ...]

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and any(each.holds(day) for each in self.closed)
