"""`/metrics`: read by Prometheus' own parser, and nothing of a person in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Unpack

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from bot import app as wiring
from bot.config import Settings
from bot.generate import register
from bot.http import metrics
from bot.lotse import Lotse, running_url
from storage import automations, friction
from storage.automations import Automation, intake
from storage.automations.columns import AutomationChanges
from storage.automations.states import AutomationKind, AutomationPhase, AutomationState
from storage.engine import Tx, opening
from storage.engine.ids import AutomationId, NoteId, PersonId
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO, furnish

TOKEN = "a long secret for Prometheus"


@pytest.fixture
def lotse(sqlite: Sqlite, tmp_path: Path) -> Lotse:
    """A demo with one automation that ran twice and failed once, and a draft."""
    made = wiring.build(Settings(data=tmp_path), sqlite, demo=True)
    now = made.clock.now()

    def prepare(tx: Tx) -> None:
        furnish(tx, DEMO, now)
        inside = tx.within(DEMO)
        backup = Automation(
            AutomationId("b"),
            'Bens "Backup"',
            "x",
            PersonId("ben"),
            PersonId("carla"),
            None,
            1,
            AutomationState.ACTIVE,
            now,
            None,
            None,
            rhythm="every 1 day",
            slug="backup",
        )
        draft = Automation(
            AutomationId("d"),
            "d",
            "",
            PersonId(""),
            PersonId(""),
            None,
            1,
            AutomationState.ACTIVE,
            now,
            None,
            None,
            phase=AutomationPhase.DRAFT,
            kind=AutomationKind.DEMAND,
            slug="d",
        )
        for each in (backup, draft):
            automations.add(inside, each, name_key=each.id)
        for kind in ("ok", "ok", "fail"):
            intake.count_day(inside, AutomationId("b"), "2026-11-23", kind)
        automations.change(inside, AutomationId("b"), last_run_at=now, last_report_at=now)
        for n in range(2):
            friction.add(
                inside,
                id=NoteId(f"n{n}"),
                sentence="Ben tippt doppelt",
                hint=None,
                author=PersonId("ben"),
                day=now,
            )

    sqlite.transact(prepare)
    return made


@pytest.fixture
async def client(lotse: Lotse) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application()
    metrics.add_route(app, lotse)
    async with TestClient(TestServer(app)) as asks:
        yield asks


async def test_prometheus_own_parser_reads_it(
    client: TestClient[web.Request, web.Application],
) -> None:
    response = await client.get("/metrics")
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = await response.text()
    families = {each.name: each for each in text_string_to_metric_families(text)}
    runs = {
        (each.labels["automation"], each.labels["result"]): each.value
        for each in families["lotse_automation_runs"].samples
    }
    assert runs["backup", "success"] == 2 and runs["backup", "failure"] == 1
    states = [each.labels["state"] for each in families["lotse_automation_state"].samples]
    assert "new" in states
    (open_notes,) = families["lotse_friction_open"].samples
    assert (open_notes.labels, open_notes.value) == ({"workspace": DEMO}, 2)
    (ownerless,) = families["lotse_automations_ownerless"].samples
    assert ownerless.value == 1
    assert "lotse_automation_last_success_timestamp_seconds" in families
    assert "lotse_automation_expected_by_timestamp_seconds" in families
    labels = {name for each in families.values() for one in each.samples for name in one.labels}
    assert labels == {"workspace", "automation", "result", "state"}
    for name in ("Ben", "ben", "carla", "Backup"):
        assert name not in text


async def test_it_answers_this_machine_only_or_who_shows_the_token(
    lotse: Lotse, client: TestClient[web.Request, web.Application]
) -> None:
    response = await client.get("/metrics", headers={"X-Forwarded-For": "1.2.3.4"})
    assert response.status == 403
    assert (await client.get("/metrics")).status == 200
    response = await client.get("/metrics", headers={"Host": "evil.example"})
    assert response.status == 403, "a page elsewhere may have given this machine a name"
    object.__setattr__(lotse.settings, "metrics_token", TOKEN)
    assert (await client.get("/metrics")).status == 403
    shown = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "1.2.3.4"}
    assert (await client.get("/metrics", headers=shown)).status == 200


async def test_nothing_is_expected_of_what_somebody_said_does_not_run(
    lotse: Lotse, client: TestClient[web.Request, web.Application]
) -> None:
    now = lotse.clock.now()
    until = now + timedelta(days=21)

    async def expected_by() -> list[float]:
        text = await (await client.get("/metrics")).text()
        return [
            each.value
            for family in text_string_to_metric_families(text)
            if family.name == "lotse_automation_expected_by_timestamp_seconds"
            for each in family.samples
        ]

    def change(**values: Unpack[AutomationChanges]) -> None:
        lotse.database.transact(
            lambda tx: automations.change(tx.within(DEMO), AutomationId("b"), **values)
        )

    assert len(await expected_by()) == 1
    change(paused_until=until)
    (moment,) = await expected_by()
    assert moment >= until.timestamp()
    change(paused_until=None, unused_since=now)
    assert await expected_by() == []


def test_the_register_is_written_beside_a_running_lotse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data=tmp_path)
    database = opening.open_database(running_url(settings))
    try:
        database.transact(lambda tx: furnish(tx, DEMO, datetime(2026, 11, 23, 8, tzinfo=UTC)))
        assert register.write(settings, csv=True, ai_only=False) == 0
    finally:
        database.close()
    assert "Name" in capsys.readouterr().out
