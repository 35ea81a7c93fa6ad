"""How often a heartbeat has to wait for PostgreSQL, and that nothing is mixed up for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from bot.delivery.requests import Request
from handlers.kit.messages import Call
from storage.automations import intake
from storage.engine import Question, Tx
from storage.engine.ids import PlaceId
from storage.engine.postgres import READERS, Postgres
from storage.engine.postgres_tx import PostgresTx
from tests.pretend.machines import enter
from tests.pretend.stage import Say, Stage, staged

CALLS = 24


def test_calls_that_come_together_ask_together(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    before = PostgresTx._send

    def counted(tx: PostgresTx) -> None:
        if tx._open.unsent:
            sent.append(len(tx._open.unsent))
        before(tx)

    with staged(postgres) as stage:
        ben = Say(stage, "ben")
        for n in range(CALLS):
            enter(ben, name=f"Job {n}", rhythm="täglich")
        ids = [
            row["id"]
            for row in stage.rows("select id from automations where workspace = :workspace")
        ]
        hook = next(each for feature in stage.dispatcher.features for each in feature.hooks)

        async def report(ids: list[str]) -> None:
            works = [stage.dispatcher.report(hook, stage.workspace, id, {}) for id in ids]
            await asyncio.gather(*works)

        monkeypatch.setattr(PostgresTx, "_send", counted)
        stage.run(report(ids))
        monkeypatch.undo()
        rows = stage.rows("select count(*) as n from automation_runs where workspace = :workspace")
    assert rows == [{"n": CALLS}]
    # Some come alone before the others wait together; each transaction asks who the company is.
    assert len(sent) <= CALLS, sent
    assert sum(sent) >= CALLS * 4, "they do write"


@contextmanager
def held(postgres: Postgres, workspace: str) -> Iterator[None]:
    """Let what is handed in wait together until the block ends: writing and reading."""
    go = threading.Event()

    def wait(_tx: Tx) -> None:
        go.wait(10)

    postgres.submit(wait, workspace)
    for _reader in range(READERS):
        postgres.submit_read(wait)
    try:
        yield
    finally:
        go.set()


def together(stage: Stage, postgres: Postgres, *requests: Call | dict[str, str]) -> None:
    """Carry out calls of Ben's Job, buttons that he presses, and a call of another automation."""
    found = stage.rows("select id, name from automations where workspace = :workspace")
    ids = {row["name"]: row["id"] for row in found}
    hook = next(each for feature in stage.dispatcher.features for each in feature.hooks)

    async def carried_out(n: int, each: Call | dict[str, str] | None) -> object:
        if not isinstance(each, Call):
            id = ids["Other" if each is None else "Job"]
            await stage.dispatcher.report(hook, stage.workspace, id, each or {})
            return None
        at = PlaceId("local:@ben")
        pressed = Request(f"pressed-{n}", stage.workspace, "local:ben", "Ben", at, call=each)
        return await stage.dispatcher.handle(pressed)

    async def all_of_them() -> None:
        works: list[asyncio.Task[object]] = []
        with held(postgres, stage.workspace):
            for n, each in enumerate((None, *requests)):
                works.append(asyncio.create_task(carried_out(n, each)))
                await asyncio.sleep(0)  # it is handed in
        await asyncio.gather(*works)

    stage.run(all_of_them())


RUNS = """
    select r.kind from automation_runs r
    join automations a on a.workspace = r.workspace and a.id = r.automation
    where r.workspace = :workspace and a.name = 'Job' order by r.at, r.id
    """


def test_what_a_person_changes_between_two_calls_is_seen_by_the_later_one(
    postgres: Postgres,
) -> None:
    with staged(postgres) as stage:
        ben = Say(stage, "ben")
        for name in ("Other", "Job"):
            enter(ben, name=name)
        ben("auto Job")
        calls = [each.button.call for each in ben.buttons()]
        retire = next(each for each in calls if each.word == "auto retire")
        together(stage, postgres, retire, {}, {"kind": "fail"})
        assert stage.rows(RUNS) == []
        told = stage.rows(
            """
            select outcome from audit where workspace = :workspace and command = 'ping'
            order by outcome
            """
        )
        assert [each["outcome"] for each in told] == ["done", "retired", "retired"]


def test_calls_of_one_automation_that_wait_together_see_one_another(postgres: Postgres) -> None:
    with staged(postgres) as stage:
        for name in ("Other", "Job"):
            enter(Say(stage, "ben"), name=name)
        together(stage, postgres, *({"run": "one"} for _each in range(3)))
        assert stage.rows(RUNS) == [{"kind": "ok"}]
        stage.sleep_through(minutes=2)
        together(stage, postgres, *({"run": str(n)} for n in range(9)))
        assert len(stage.rows(RUNS)) == 1 + 1, "more than five within a minute count once"


def test_questions_that_wait_together_share_an_exchange_and_each_has_its_answer(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(postgres) as stage:
        ben = Say(stage, "ben")
        secrets = [enter(ben, name=f"Job {n}") for n in range(5)]
        wrong = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(6)]
        asked: list[int] = []
        before = intake._by_addresses

        def counted(tx: Tx, questions: Sequence[Question[intake.Address]]) -> object:
            asked.append(len(questions))
            return before(tx, questions)

        monkeypatch.setattr(intake, "_by_addresses", counted)
        with held(postgres, stage.workspace):
            found = [
                postgres.submit_read(intake.address(each))
                for each in (*secrets, *wrong, secrets[0])
            ]
        answers = [each.result(10) for each in found]
        names = [
            stage.rows(
                "select name from automations where workspace = :workspace and id = :id",
                id=each.automation,
            )[0]["name"]
            for each in answers
            if each is not None
        ]
    assert names == ["Job 0", "Job 1", "Job 2", "Job 3", "Job 4", "Job 0"]
    assert answers[5:11] == [None] * 6
    assert asked == [11], "all together, and the one that two asked only once"


def test_where_asking_together_fails_each_is_asked_alone(postgres: Postgres) -> None:
    def read(tx: Tx, questions: Sequence[Question[int]]) -> dict[Hashable, int]:
        wrong = any(each.key == 3 for each in questions)
        rows = tx.rows("select 1 / :divisor as one", divisor=0 if wrong else 1)
        return {each.key: rows[0]["one"] for each in questions}

    with held(postgres, "any"):
        found = [postgres.submit_read(Question(read, n)) for n in range(6)]
    for n, each in enumerate(found):
        if n == 3:
            with pytest.raises(Exception, match="division by zero"):
                each.result(10)
        else:
            assert each.result(10) == 1
