"""The words of others: what each call of healthchecks, Sentry, Cronitor, Kuma and events says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from bot.http import dialects, hooks
from storage import automations
from storage.automations import Automation, intake
from storage.automations.states import AutomationState
from storage.engine import Database, Row, Tx
from storage.engine.ids import AutomationId, PersonId
from tests.pretend.stage import DEMO, Stage, furnish

SECRET = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
KEY = "7a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
RID = "5fc4b5e0-9f0d-4a7e-8f2b-1c2d3e4f5a6b"


class Caller:
    """A script somewhere, and a look into the store."""

    def __init__(self, stage: Stage, client: TestClient[web.Request, web.Application]) -> None:
        self.stage = stage
        self.client = client

    async def __call__(self, path: str, method: str = "GET", **given: object) -> tuple[int, str]:
        response = await self.client.request(method, path, **given)  # type: ignore[arg-type]
        return response.status, await response.text()

    def rows(self, sql: str) -> list[Row]:
        return self.stage.rows(f"select {sql}")

    def kinds(self) -> list[str]:
        rows = self.rows("kind from automation_runs where workspace = :workspace order by id")
        return [each["kind"] for each in rows]

    def odd(self) -> list[str]:
        rows = self.rows("why from automation_odd_calls where workspace = :workspace order by id")
        return [each["why"] for each in rows]


@pytest.fixture
async def caller(database: Database) -> AsyncIterator[Caller]:
    """An automation with an address and a name; another one that shares a name with a third."""
    stage = Stage(database)
    now = stage.clock.now()

    def prepare(tx: Tx) -> None:
        furnish(tx, DEMO, now)
        inside = tx.within(DEMO)
        for id, slug in (("backup", "backup"), ("one", "twin"), ("two", "twin")):
            made = Automation(
                AutomationId(id),
                id,
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
                slug=slug,
            )
            automations.add(inside, made, name_key=id)
        intake.give_address(inside, AutomationId("backup"), SECRET, now)
        intake.give_key(inside, KEY, now)

    database.transact(prepare)
    app = web.Application()
    hooks.add_routes(app, stage.dispatcher)
    async with TestClient(TestServer(app)) as client:
        yield Caller(stage, client)
    stage.close()


# --- healthchecks --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tail", "answer", "kind"),
    [
        ("", (200, "OK"), ["ok"]), ("/start", (200, "OK"), ["start"]),
        ("/fail", (200, "OK"), ["fail"]), ("/log", (200, "OK"), ["log"]),
        ("/0", (200, "OK"), ["ok"]), ("/1", (200, "OK"), ["fail"]),
        ("/255", (200, "OK"), ["fail"]), ("/256", (400, "invalid url format"), []),
        ("?rid=" + RID, (200, "OK"), ["ok"]), ("?rid=7", (400, "invalid uuid format"), []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("start", [f"/ping/{SECRET}", f"/ping/{KEY}/backup"])
async def test_codes_and_bodies_are_those_of_healthchecks(
    caller: Caller, start: str, tail: str, answer: tuple[int, str], kind: list[str]
) -> None:
    assert await caller(start + tail) == answer
    assert caller.kinds() == kind


async def test_every_method_counts_and_the_body_limit_is_told(caller: Caller) -> None:
    for method in ("GET", "POST"):
        response = await caller.client.request(method, f"/ping/{SECRET}", data=b"x" * 10)
        assert response.status == 200
        assert response.headers["Ping-Body-Limit"] == "0"
    assert (await caller.client.head(f"/ping/{SECRET}")).status == 200
    assert caller.kinds() == ["ok"] * 3


async def test_a_name_that_fits_nothing_is_listed_or_becomes_a_draft(caller: Caller) -> None:
    assert await caller(f"/ping/{KEY}/nightly") == (404, "not found")
    assert await caller(f"/ping/{KEY}/nightly") == (404, "not found")
    (stray,) = caller.rows("slug, calls from automation_strays where workspace = :workspace")
    assert stray == {"slug": "nightly", "calls": 2}
    assert await caller(f"/ping/{KEY}/nightly?create=1") == (201, "Created")
    assert await caller(f"/ping/{KEY}/nightly?create=1") == (200, "OK")
    (draft,) = caller.rows(
        "accountable, phase, slug from automations where workspace = :workspace and phase = 'draft'"
    )
    assert draft == {"accountable": None, "phase": "draft", "slug": "nightly"}
    assert caller.rows("slug from automation_strays where workspace = :workspace") == []
    assert caller.kinds() == ["ok", "ok"]
    assert (await caller(f"/ping/{KEY}/NoCaps?create=1"))[0] == 400
    assert (await caller(f"/ping/{RID}/backup"))[0] == 404


async def test_nobody_is_told_of_a_draft_that_was_not_made(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.automations.intake.heartbeat.DRAFTS", 1)
    assert await caller(f"/ping/{KEY}/first?create=1") == (201, "Created")
    assert await caller(f"/ping/{KEY}/second?create=1") == (404, "not found")
    assert caller.rows("slug from automation_strays where workspace = :workspace") == [
        {"slug": "second"}
    ]


@pytest.mark.parametrize(("said", "listed"), [("env=test", ["test"]), ("status=strange", ["form"])])
async def test_a_call_that_does_not_count_makes_a_draft_without_a_run(
    caller: Caller, said: str, listed: list[str]
) -> None:
    assert await caller(f"/ping/{KEY}/nightly?{said}") == (404, "not found")
    assert await caller(f"/ping/{KEY}/nightly?create=1&{said}") == (201, "Created")
    assert await caller(f"/ping/{KEY}/nightly?create=1&{said}") == (200, "OK")
    assert (caller.kinds(), caller.odd()) == ([], listed)
    (draft,) = caller.rows("slug from automations where workspace = :workspace and phase = 'draft'")
    assert draft == {"slug": "nightly"}


async def test_a_preview_makes_no_draft(caller: Caller) -> None:
    headers = {"User-Agent": "Slackbot-LinkExpanding 1.0"}
    response = await caller.client.get(f"/ping/{KEY}/nightly?create=1", headers=headers)
    assert response.status == 404
    assert caller.rows("slug from automation_strays where workspace = :workspace") == []


async def test_the_call_that_makes_a_draft_counts_as_what_it_says(caller: Caller) -> None:
    assert await caller(f"/ping/{KEY}/nightly/start?create=1&rid={RID}") == (201, "Created")
    assert await caller(f"/ping/{KEY}/nightly?create=1&rid={RID}&n=3") == (200, "OK")
    runs = caller.rows("kind, items, run_key from automation_runs where workspace = :workspace")
    assert {(each["kind"], each["items"]) for each in runs} == {("start", None), ("ok", 3)}
    assert len({each["run_key"] for each in runs}) == 1
    begun = caller.rows(
        "begun_at from automations where workspace = :workspace and slug = 'nightly'"
    )
    assert begun == [{"begun_at": None}], "what ends a run names it"


async def test_two_calls_of_a_new_name_at_once_make_one_draft(caller: Caller) -> None:
    path = f"/ping/{KEY}/nightly?create=1"
    answers = await asyncio.gather(*(caller(path) for _each in range(4)))
    assert {each[0] for each in answers} <= {200, 201}
    drafts = caller.rows("slug from automations where workspace = :workspace and phase = 'draft'")
    assert drafts == [{"slug": "nightly"}]
    assert await caller(path) == (200, "OK")


async def test_a_name_that_two_have_is_ambiguous(caller: Caller) -> None:
    assert await caller(f"/ping/{KEY}/twin") == (409, "ambiguous slug")
    assert (caller.kinds(), caller.odd()) == ([], ["ambiguous", "ambiguous"])


async def test_a_failure_then_a_good_run(caller: Caller) -> None:
    await caller(f"/ping/{SECRET}/fail")
    row = "last_result, fails from automations where workspace = :workspace and id = 'backup'"
    assert caller.rows(row) == [{"last_result": "fail", "fails": 1}]
    await caller(f"/ping/{SECRET}")
    assert caller.rows(row) == [{"last_result": "ok", "fails": 0}]


# --- the others ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"/ping/{SECRET}?status=in_progress", "start"), (f"/ping/{SECRET}?status=error", "fail"),
        (f"/ping/{SECRET}?status=ok", "ok"), (f"/api/1/cron/backup/{KEY}/?status=error", "fail"),
        (f"/ping/{SECRET}?state=run", "start"), (f"/ping/{SECRET}?state=complete", "ok"),
        (f"/p/{KEY}/backup?state=fail", "fail"), (f"/p/{KEY}/backup?status_code=1", "fail"),
        (f"/p/{KEY}/backup?metric=count:0", "idle"),
        (f"/api/push/{SECRET}?status=up&msg=OK&ping=12", "ok"),
        (f"/api/push/{SECRET}?status=down&msg=no&ping=", "fail"),
    ],
)  # fmt: skip
async def test_the_words_of_others_count_as_what_they_say(
    caller: Caller, path: str, kind: str
) -> None:
    assert (await caller(path))[0] == 200
    assert caller.kinds() == [kind]


@pytest.mark.parametrize(
    ("said", "kind"),
    [({"status": "in_progress", "check_in_id": RID, "duration": None}, "start"),
     ({"status": "ok", "monitor_config": {"schedule": {"type": "crontab", "value": "0 * * * *"}}},
      "ok"),
     ({"status": "error", "duration": 3.2}, "fail")],
)  # fmt: skip
async def test_a_check_in_of_sentry_says_how_it_went_in_its_body_too(
    caller: Caller, said: dict[str, object], kind: str
) -> None:
    assert await caller(f"/api/1/cron/backup/{KEY}/", "POST", json=said) == (200, "OK")
    assert caller.kinds() == [kind]


async def test_a_check_in_that_says_nothing_is_no_good_run(caller: Caller) -> None:
    for body in (b"{", b"[]", b"{}", b'{"status": 1}', b"[" * 100):
        status, _text = await caller(f"/api/1/cron/backup/{KEY}/", "POST", data=body)
        assert status == 400, body
    assert (caller.kinds(), caller.odd()) == ([], ["form"])
    said = {"status": "ok", "environment": "test"}
    assert (await caller(f"/api/1/cron/backup/{KEY}/", "POST", json=said))[0] == 200
    assert (caller.kinds(), caller.odd()) == ([], ["form", "test"])
    assert (await caller(f"/api/1/cron/backup/{KEY}/?status=error", "POST", data=b"{"))[0] == 200
    assert caller.kinds() == ["fail"]


@pytest.mark.parametrize(
    "metrics", ["metric=count:7&metric=duration:90", "metric=count=7,duration=90"]
)
async def test_each_metric_of_cronitor_is_read(caller: Caller, metrics: str) -> None:
    assert (await caller(f"/p/{KEY}/backup?state=complete&{metrics}"))[0] == 200
    rows = caller.rows("items, seconds from automation_runs where workspace = :workspace")
    assert rows == [{"items": 7, "seconds": 90}]


async def test_kuma_is_answered_in_its_own_form(caller: Caller) -> None:
    status, body = await caller(f"/api/push/{SECRET}?status=up&msg=OK&ping=")
    assert (status, json.loads(body)) == (200, {"ok": True})
    status, body = await caller(f"/api/push/{RID}?status=up")
    assert status == 404 and json.loads(body)["ok"] is False


async def test_a_test_and_an_unknown_word_never_count(caller: Caller) -> None:
    for query in ("env=test", "environment=test&status=ok", "status=perhaps"):
        assert (await caller(f"/ping/{SECRET}?{query}"))[0] == 200
    assert caller.kinds() == []
    assert caller.odd() == ["test", "form"]  # the same oddity is listed once an hour


async def test_nothing_to_do_is_idle_and_numbers_are_kept(caller: Caller) -> None:
    await caller(f"/ping/{SECRET}?n=0")
    await caller(f"/ping/{SECRET}?n=7&saved=12")
    await caller(f"/ping/{SECRET}?n=many")
    assert caller.kinds() == ["idle", "ok", "ok"]
    rows = caller.rows("items from automation_runs where workspace = :workspace order by id")
    assert [each["items"] for each in rows] == [0, 7, None]
    assert caller.odd() == ["form"]
    (saved,) = caller.rows(
        "saved from automation_days where workspace = :workspace and kind = 'ok'"
    )
    assert saved == {"saved": 12}


async def test_a_switch_lets_only_post_count(caller: Caller) -> None:
    caller.stage.store(lambda tx: automations.change(tx, AutomationId("backup"), post_only=True))
    assert await caller(f"/ping/{SECRET}") == (200, "OK")
    assert await caller(f"/ping/{SECRET}", "POST") == (200, "OK")
    assert (caller.kinds(), caller.odd()) == (["ok"], ["method"])


async def test_a_preview_is_listed_and_not_counted(caller: Caller) -> None:
    agent = {"User-Agent": "Slackbot-LinkExpanding 1.0"}
    assert await caller(f"/ping/{SECRET}", headers=agent) == (200, "OK")
    assert (caller.kinds(), caller.odd()) == ([], ["preview"])


# --- CloudEvents, made with the official library ------------------------------------------


def event(kind: str, id: str = "e1", **data: str) -> CloudEvent:
    return CloudEvent(
        {"id": id, "source": "/erp", "type": kind, "specversion": "1.0",
         "datacontenttype": "application/json"},
        data or None,
    )  # fmt: skip


@pytest.mark.parametrize("write", [to_binary_event, to_structured_event])
@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (event("com.example.export.started"), ["start"]),
        (event("com.example.export.completed"), ["ok"]),
        (event("com.example.export.failed"), ["fail"]),
        (event("com.example.exportFailed"), ["fail"]),
        (event("dev.cdevents.pipelinerun.finished.0.2.0", outcome="failure"), ["fail"]),
        (event("dev.cdevents.pipelinerun.finished.0.2.0", outcome="success"), ["ok"]),
        (event("com.example.order"), []),
    ],
)
async def test_an_event_counts_as_what_it_says(
    caller: Caller, write: object, made: CloudEvent, kind: list[str]
) -> None:
    message = write(made)  # type: ignore[operator]
    given = {"headers": dict(message.headers), "data": message.body}
    for _again in range(2):
        assert (await caller(f"/ping/{SECRET}", "POST", **given))[0] == 200
    assert caller.kinds() == kind, "the same event counts once"
    assert caller.odd() == (["used"] if kind else ["type"])


async def test_what_is_no_event_is_refused(caller: Caller) -> None:
    structured = {"Content-Type": "application/cloudevents+json"}
    for body in (b"", b"{", b"[]", b'{"specversion": "0.3", "id": "1", "source": "a", "type": "b"}',
                 b"[" * 100):  # fmt: skip
        status, _text = await caller(f"/ping/{SECRET}", "POST", headers=structured, data=body)
        assert status == 400, body
    assert (caller.kinds(), caller.odd()) == ([], ["form"])
    big = b'{"data": "' + b"x" * 70_000 + b'"}'
    assert (await caller(f"/ping/{SECRET}", "POST", headers=structured, data=big))[0] == 400


# --- guessing ------------------------------------------------------------------------------


async def test_guesses_hit_nothing_write_nothing_and_all_get_one_answer(caller: Caller) -> None:
    before = caller.stage.database.read(lambda tx: tx.rows("select count(*) as n from audit"))
    answers = set()
    for n in range(300):
        guess = f"{n:08x}-0000-4000-8000-{n:012x}"
        for path in (f"/ping/{guess}", f"/ping/{guess}/backup", f"/ping/{guess}/256"):
            answers.add(await caller(path))
    assert answers == {(404, "not found")}, "also when the limit for guessing is reached"
    after = caller.stage.database.read(lambda tx: tx.rows("select count(*) as n from audit"))
    assert before == after


async def test_a_used_run_id_is_listed_and_not_counted_again(caller: Caller) -> None:
    for _each in range(2):
        assert await caller(f"/ping/{SECRET}?rid={RID}") == (200, "OK")
    assert (caller.kinds(), caller.odd()) == (["ok"], ["used"])
    caller.stage.clock.wind(caller.stage.clock.now() + timedelta(hours=2))
    assert await caller(f"/ping/{SECRET}/start?rid={RID}") == (200, "OK")


def test_numbers_that_make_no_sense_are_left_out() -> None:
    for query in ({"n": "-1"}, {"n": "9" * 11}, {"saved": "x"}, {"duration": "1e9"},
                  {"metric": "duration:abc"}):  # fmt: skip
        found = dialects.read("", query)
        assert (found.odd, found.kind, found.items, found.seconds) == ("form", "ok", None, None)
    assert dialects.read("", {"duration": "2.6"}).seconds == 3
    assert dialects.read("", {"ping": "1500"}).seconds == 2
    assert dialects.read("", {"metric": "count:3,duration:9"}).items == 3


async def test_whoever_guesses_beside_a_machine_does_not_keep_it_from_reporting(
    caller: Caller,
) -> None:
    assert await caller(f"/ping/{SECRET}") == (200, "OK")
    for n in range(hooks.MISSES + 50):
        await caller(f"/ping/{n:08x}-0000-4000-8000-{n:012x}")
    assert await caller(f"/ping/{SECRET}") == (200, "OK")
    assert caller.kinds() == ["ok", "ok"]
