"""Whether a pilot is used: the runs of the automation that is connected for it, never of people."""

from __future__ import annotations

from datetime import timedelta

from handlers.automations.figures import PERIOD, RUNS
from handlers.kit.context import Context
from handlers.kit.doors import figure
from handlers.kit.words import Sentence, _, _n
from handlers.pilots import clock
from storage import automations
from storage.automations import intake
from storage.automations.states import AutomationState
from storage.pilots import Pilot


def use_words(ctx: Context, pilot: Pilot) -> Sentence:
    """Return how often it ran in the last four weeks."""
    runs = count(ctx, pilot)
    connected = automations.find(ctx.tx, pilot.automation or "")
    if runs is None or connected is None:
        return _("no runs are connected yet")
    return _n(
        "{n} run in the last four weeks (“{automation}”)",
        "{n} runs in the last four weeks (“{automation}”)",
        figure(RUNS, runs),
        automation=connected.name,
    )


def count(ctx: Context, pilot: Pilot) -> int | None:
    """Return the runs that found something to do; None while nothing is connected."""
    if pilot.automation is None:
        return None
    since = clock.current_day(ctx) - PERIOD + timedelta(days=1)
    sums = intake.sums(ctx.tx, pilot.automation, since.isoformat())
    return sum(n for _day, kind, n, _seconds, _saved in sums if kind == "ok")


def is_connected(ctx: Context, pilot: Pilot) -> bool:
    """Say whether what runs for a pilot has reported a run."""
    connected = automations.find(ctx.tx, pilot.automation or "")
    return connected is not None and connected.first_report_at is not None


def connection(ctx: Context, pilot: Pilot) -> Sentence:
    """Return whether runs come in: the first one turns it (requirement D04)."""
    connected = automations.find(ctx.tx, pilot.automation or "")
    if connected is None:
        return _("not connected")
    if connected.state is AutomationState.RETIRED:
        return _("retired: “{automation}”", automation=connected.name)
    if connected.first_report_at is None:
        return _("not connected: no run of “{automation}” yet", automation=connected.name)
    return _(
        "connected since {at:date}: “{automation}”",
        at=connected.first_report_at,
        automation=connected.name,
    )
