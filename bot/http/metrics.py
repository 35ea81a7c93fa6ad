"""`/metrics` for Prometheus: runs and states of automations. No label names a person or a text."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta

from aiohttp import web

from bot.health import for_us
from bot.lotse import Lotse
from handlers.automations.rules import company as companies
from handlers.automations.rules import standing, suspicion
from handlers.automations.rules.rhythm import Company
from handlers.automations.rules.standing import State
from storage import friction as notes
from storage import workspaces
from storage.automations import Automation
from storage.automations import metrics as stored
from storage.automations.intake import Outage
from storage.engine import StorageError, Tx

TYPE = "text/plain; version=0.0.4; charset=utf-8"
REMEMBERED = timedelta(days=400)
RESULTS = {"ok": "success", "idle": "success_idle", "fail": "failure"}

Known = tuple[str, str, Automation, dict[str, int], State, datetime | None]


def add_route(app: web.Application, lotse: Lotse) -> None:
    """Add `/metrics`: for this machine, and elsewhere for who shows the token."""

    async def metrics(request: web.Request) -> web.Response:
        if not _may(request, lotse.settings.metrics_token):
            return web.Response(status=403, text="forbidden")
        now = lotse.clock.now()
        try:
            found, friction = await asyncio.wrap_future(
                lotse.database.submit_read(lambda tx: (_read(tx, now), notes.open_counts(tx)))
            )
        except StorageError:
            return web.Response(status=503, text="the database does not answer")
        body = "".join(f"{line}\n" for line in lines(found, friction))
        return web.Response(body=body.encode(), headers={"Content-Type": TYPE})

    app.router.add_get("/metrics", metrics)


def _may(request: web.Request, token: str) -> bool:
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(shown.encode(), token.encode()):
        return True
    return not token and for_us(request)


def _read(tx: Tx, now: datetime) -> list[Known]:
    found: list[Known] = []
    calendars: dict[str, tuple[Company, list[Outage]]] = {}
    for workspace, automation, runs in stored.everything(tx):
        if workspace not in calendars:
            inside = tx.within(workspace)
            ours = workspaces.get(inside)
            company = companies.of(inside, ours.zone, ours.region)
            calendars[workspace] = company, suspicion.known(inside, now - REMEMBERED, now)
        company, outages = calendars[workspace]
        state = standing.standing(automation, company, outages, now).state
        due = standing.expected_by(automation, company, outages, now)
        label = automation.slug or automation.id
        found.append((workspace, label, automation, runs, state, due))
    return found


def lines(found: list[Known], friction: list[tuple[str, int]]) -> Iterator[str]:
    """Give the lines of the text format."""
    yield from _head("lotse_automation_runs_total", "counter", "Runs that were reported.")
    for workspace, label, _automation, runs, _state, _due in found:
        for kind, result in RESULTS.items():
            labels = _labels(workspace=workspace, automation=label, result=result)
            yield f"lotse_automation_runs_total{labels} {runs.get(kind, 0)}"
    for name, help, moments in (
        ("last_success", "When it last ran well.", [each[2].last_run_at for each in found]),
        (
            "expected_by",
            "By when its next run is expected, also in the past.",
            [each[5] for each in found],
        ),
    ):
        metric = f"lotse_automation_{name}_timestamp_seconds"
        yield from _head(metric, "gauge", help)
        for (workspace, label, *_rest), moment in zip(found, moments, strict=True):
            if moment is not None:
                labels = _labels(workspace=workspace, automation=label)
                yield f"{metric}{labels} {moment.timestamp():.0f}"
    yield from _head("lotse_automation_state", "gauge", "1 for the state that it is in.")
    for workspace, label, _automation, _runs, state, _due in found:
        labels = _labels(workspace=workspace, automation=label, state=state.name.lower())
        yield f"lotse_automation_state{labels} 1"
    yield from _head("lotse_friction_open", "gauge", "Notes of friction that nobody has answered.")
    for workspace, count in friction:
        yield f"lotse_friction_open{_labels(workspace=workspace)} {count}"
    yield from _head("lotse_automations_ownerless", "gauge", "Automations nobody answers for.")
    for workspace in sorted({each[0] for each in found}):
        count = sum(each[0] == workspace and not each[2].accountable for each in found)
        yield f"lotse_automations_ownerless{_labels(workspace=workspace)} {count}"


def _head(metric: str, kind: str, help: str) -> Iterator[str]:
    yield f"# HELP {metric} {help}"
    yield f"# TYPE {metric} {kind}"


def _labels(**labels: str) -> str:
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
