"""A hundred thousand guesses, and a call full of personal things: nothing is left of either."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from bot import app as wiring
from bot import serving
from bot.config import Settings
from bot.http.limits import LimitedRunner
from bot.lotse import Lotse
from storage import automations
from storage.automations import Automation, intake
from storage.automations.states import AutomationState
from storage.engine import Tx
from storage.engine.ids import AutomationId, PersonId
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO, furnish

SECRET = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
KEY = "7a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
GUESSES = 100_000 if os.environ.get("LOTSE_SOAK") else 3_000
AT_ONCE = 500  # requests written behind each other, before any answer is read


@dataclass
class Served:
    """A whole Lotse over a file, on a port of this machine."""

    lotse: Lotse
    port: int
    folder: Path

    def stored(self) -> str:
        """Return the hash of every row of every table."""

        def everything(tx: Tx) -> str:
            names = [
                row["name"]
                for row in tx.rows("select name from sqlite_schema where type = 'table'")
            ]
            found = hashlib.sha256()
            for name in sorted(names):
                found.update(str(tx.rows(f"select * from {name}")).encode())
            return found.hexdigest()

        return self.lotse.database.read(everything)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    database = Sqlite(str(tmp_path / "lotse.db"))
    lotse = wiring.build(Settings(data=tmp_path), database, demo=True)
    now = lotse.clock.now()

    def prepare(tx: Tx) -> None:
        furnish(tx, DEMO, now)
        inside = tx.within(DEMO)
        made = Automation(AutomationId("b"), "Backup", "x", PersonId("ben"), PersonId("carla"),
                          None, 1, AutomationState.ACTIVE, now, None, None,
                          rhythm="every 1 day", slug="backup")  # fmt: skip
        automations.add(inside, made, name_key="backup")
        intake.give_address(inside, AutomationId("b"), SECRET, now)
        intake.give_key(inside, KEY, now)

    database.transact(prepare)
    runner = LimitedRunner(await serving.site(lotse, "token"))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Served(lotse, runner.addresses[0][1], tmp_path)
    await runner.cleanup()
    database.close()


def _guess(n: int) -> bytes:
    secret = f"{n * 2654435761 % 2**32:08x}-{n % 65536:04x}-4000-8000-{n:012x}"
    paths = (f"/ping/{secret}", f"/ping/{secret}/backup", f"/ping/{secret}/fail",
            f"/ping/{secret}/start?rid={secret}", f"/ping/{secret}/job?create=1")  # fmt: skip
    path = paths[n % len(paths)]
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """Return status line, headers without the date, and body of one answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = [each for each in head.split(b"\r\n") if not each.lower().startswith(b"date:")]
    length = next(
        int(each.split(b":")[1]) for each in lines if each.lower().startswith(b"content-length:")
    )
    return b"\r\n".join(lines) + await reader.readexactly(length)


@pytest.mark.soak
async def test_guesses_hit_nothing_write_nothing_and_all_get_the_same_answer(
    served: Served,
) -> None:
    async with ClientSession() as session:
        known = f"http://127.0.0.1:{served.port}/ping/{SECRET}"
        assert (await session.get(known)).status == 200
    before = served.stored()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    answers: set[bytes] = set()
    for start in range(0, GUESSES, AT_ONCE):
        writer.write(b"".join(_guess(n) for n in range(start, start + AT_ONCE)))
        await writer.drain()
        for _each in range(AT_ONCE):
            answers.add(await _answer(reader))
    writer.close()
    assert len(answers) == 1, answers
    (answer,) = answers
    assert answer.startswith(b"HTTP/1.1 404") and answer.endswith(b"not found")
    assert served.stored() == before, "nothing was written"
    print(f"{GUESSES:>8}  addresses guessed\n{len(answers) - 1:>8}  hit")
    async with ClientSession() as session:
        assert (await session.get(known)).status == 200, "a machine beside them goes on reporting"


PERSONAL = {
    "User-Agent": "canary-agent", "Referer": "https://canary-referer.example/",
    "X-Forwarded-For": "203.0.113.77", "Forwarded": "for=203.0.113.77;by=canary-by",
    "From": "canary.person@example.com", "Cookie": "canary-cookie=1",
    "Authorization": "Basic canary-credentials", "X-Canary-Name": "canary-header",
    "ce-subject": "canary-subject", "traceparent": "canary-trace",
}  # fmt: skip
EVENT = (
    b'{"specversion": "1.0", "id": "canary-event", "source": "/canary-source", "type": "x.done",'
    b' "subject": "canary.person@example.com", "data": {"who": "canary-data"}}'
)


async def test_a_call_full_of_personal_things_leaves_no_trace_in_files_log_and_metrics(
    served: Served,
) -> None:
    log = served.folder / "lotse.log"
    handler = logging.FileHandler(log)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    here = f"http://127.0.0.1:{served.port}"
    try:
        async with ClientSession() as session:
            for path, body, more in (
                (f"/ping/{SECRET}?name=canary-query&msg=canary-msg", b"canary-body", {}),
                (f"/ping/{KEY}/backup/fail?series=canary-series", b"canary-body", {}),
                (f"/ping/{SECRET}/log", b"canary-body" * 1000, {}),
                (f"/ping/{SECRET}", EVENT, {"Content-Type": "application/cloudevents+json"}),
                (f"/ping/{SECRET}", b"{canary-broken",
                 {"Content-Type": "application/cloudevents+json"}),
                (f"/ping/{SECRET}/256?x=canary-form", b"canary-body", {}),
                (f"/ping/{KEY}/nightly?msg=canary-msg", b"canary-body", {}),
                (f"/api/push/{SECRET}?status=up&msg=canary-msg&ping=3", b"", {}),
            ):  # fmt: skip
                response = await session.post(here + path, data=body, headers={**PERSONAL, **more})
                assert response.status in (200, 400, 404), path
            shown = await (await session.get(f"{here}/metrics")).text()
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()
    kept = served.lotse.database.read(
        lambda tx: tx.within(DEMO).rows(
            "select kind from automation_runs where workspace = :workspace order by id"
        )
    )
    assert [each["kind"] for each in kept] == ["ok", "fail", "log", "ok", "ok"]
    files = [each for each in served.folder.rglob("*") if each.is_file()]
    assert any(each.name == "lotse.db" for each in files)
    everything = shown.encode() + b"".join(each.read_bytes() for each in files)
    assert b"Backup" in everything and b'automation="backup"' in everything
    for word in (b"canary", b"203.0.113.77", SECRET.encode(), KEY.encode()):
        assert word not in everything, word
