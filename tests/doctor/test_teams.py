"""The doctor in front of Microsoft's sign-in, and of the address that Teams sends to."""

from __future__ import annotations

import ast
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.config import Settings
from bot.doctor import report as doctor_report
from bot.doctor import teams as doctor_teams
from bot.doctor.findings import Known, Mark, chosen
from bot.doctor.slack import STEPS

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
APP, TENANT = "1b2c3d4e-0000-4000-8000-000000000000", "2b2c3d4e-0000-4000-8000-000000000000"
SECRET = "canary~not-to-be-shown"


class Microsoft:
    """A pretend sign-in, and a pretend Lotse behind a proxy."""

    def __init__(self) -> None:
        self.url = ""
        self.date = NOW
        self.said = json.dumps({"access_token": "ey.canary", "expires_in": 3600})
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.status = 401

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append((request.match_info["tenant"], form))
        return web.Response(text=self.said, headers={"Date": format_datetime(self.date, True)})

    async def lotse(self, request: web.Request) -> web.Response:
        return web.Response(status=self.status)

    def refuses(self, code: str) -> None:
        """Let the sign-in answer with an error."""
        words = f"AADSTS{code}: something long. Trace ID: canary"
        self.said = json.dumps({"error": "invalid_client", "error_description": words})


@pytest.fixture
async def microsoft() -> AsyncIterator[Microsoft]:
    pretend = Microsoft()
    site = web.Application()
    site.router.add_post("/{tenant}/oauth2/v2.0/token", pretend.token)
    site.router.add_post("/api/messages", pretend.lotse)
    async with TestServer(site) as running:
        pretend.url = str(running.make_url("")).rstrip("/")
        yield pretend


def settings(microsoft: Microsoft, **more: str) -> Settings:
    return Settings.from_env(
        {
            "MICROSOFT_APP_ID": APP, "MICROSOFT_APP_PASSWORD": SECRET,
            "MICROSOFT_APP_TENANTID": TENANT, "TEAMS_LOGIN_URL": microsoft.url, **more,
        }
    )  # fmt: skip


async def ask(microsoft: Microsoft, used: bool = False, **more: str) -> list[str]:
    found = doctor_teams.examined(settings(microsoft, **more), used, lambda: NOW)
    said = [f"{each.mark} {each.said}" async for each in found]
    assert not any("canary" in each for each in said), "no secret is shown"
    return said


async def test_all_is_well(microsoft: Microsoft) -> None:
    known, clock, way = await ask(microsoft)
    assert known == "✓ Microsoft knows the app, and people of one tenant may speak to it."
    assert clock == "✓ The clock agrees with Microsoft's."
    assert way.startswith("! LOTSE_URL is not set") and "/api/messages" in way
    [(tenant, form)] = microsoft.asked
    assert tenant == TENANT
    assert form["scope"] == "https://api.botframework.com/.default"


async def test_a_bot_for_several_tenants_asks_elsewhere(microsoft: Microsoft) -> None:
    said = await ask(
        microsoft, MICROSOFT_APP_TYPE="MultiTenant", MICROSOFT_APP_TENANTID=f"{TENANT},{APP}"
    )
    assert "people of 2 tenants" in said[0]
    assert microsoft.asked[0][0] == "botframework.com"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("7000215", "Copy the secret's Value, not its Secret ID"),
        ("7000222", "has come to its end"),
        ("700016", "This tenant does not know MICROSOFT_APP_ID"),
        ("90002", "There is no such tenant"),
        ("900023", "is no tenant's id"),
        ("53003", "Compare MICROSOFT_APP_ID and its companions"),
    ],
)
async def test_what_microsoft_refuses_is_explained(
    microsoft: Microsoft, code: str, words: str
) -> None:
    microsoft.refuses(code)
    said = await ask(microsoft)
    assert said[0].startswith(f"✗ Microsoft gives Lotse no token (AADSTS{code}).")
    assert words in said[0]


async def test_something_else_answers(microsoft: Microsoft) -> None:
    microsoft.said = "<html>Please sign in</html>"
    assert "is not Microsoft's sign-in" in (await ask(microsoft))[0]
    microsoft.said = "[]"
    assert "no token (?)" in (await ask(microsoft))[0]


async def test_nothing_answers(microsoft: Microsoft) -> None:
    said = await ask(microsoft, TEAMS_LOGIN_URL="http://127.0.0.1:1")
    assert said[0].startswith("✗ 127.0.0.1 cannot be reached")


@pytest.mark.parametrize(
    ("seconds", "mark", "words"),
    [(20, "✓", "agrees"), (-90, "!", "90 seconds behind"), (400, "✗", "refused as too old")],
)
async def test_the_clock(microsoft: Microsoft, seconds: int, mark: str, words: str) -> None:
    microsoft.date = NOW - timedelta(seconds=seconds)
    said = (await ask(microsoft))[1]
    assert said.startswith(mark) and words in said


async def test_the_address_has_to_be_https(microsoft: Microsoft) -> None:
    said = await ask(microsoft, LOTSE_URL="http://lotse.example.com")
    assert said[-1].startswith("✗ http://lotse.example.com/api/messages is not https")


@pytest.mark.parametrize(
    ("status", "used", "mark", "words"),
    [
        (401, True, "✓", "leads to Lotse"),
        (502, False, "!", "does not run behind it yet"),
        (502, True, "✗", "answers with 502"),
        (200, True, "✗", "Lotse would say 401"),
        (404, False, "✗", "with the path unchanged"),
    ],
)
async def test_the_way_in_is_tried(
    microsoft: Microsoft, status: int, used: bool, mark: str, words: str
) -> None:
    microsoft.status = status
    async with ClientSession() as session:
        address = f"{microsoft.url}/api/messages"
        found = await doctor_teams.look_at_address(address, session, 3000, used)
    assert found.mark == mark and words in found.said


async def test_an_address_without_anybody(microsoft: Microsoft) -> None:
    said = await ask(microsoft, LOTSE_URL="https://127.0.0.1:1/api/messages")
    assert said[-1].startswith("✗ https://127.0.0.1:1/api/messages cannot be reached")


async def test_the_playground_is_told_apart() -> None:
    found = doctor_teams.examined(Settings(teams_dev_loopback=True), False, lambda: NOW)
    [said] = [each async for each in found]
    assert said.mark is Mark.LOOK and "TEAMS_DEV_LOOPBACK" in said.said


async def test_the_doctor_asks_microsoft_and_says_the_first_steps(
    microsoft: Microsoft, tmp_path: Path
) -> None:
    env = {
        "MICROSOFT_APP_ID": APP, "MICROSOFT_APP_PASSWORD": SECRET, "PORT": "0",
        "MICROSOFT_APP_TENANTID": TENANT, "TEAMS_LOGIN_URL": microsoft.url,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'lotse.db'}",
    }  # fmt: skip
    said = [f"{each.mark} {each.said}" async for each in doctor_report.examine(env, lambda: NOW)]
    assert any("Microsoft knows the app" in each for each in said)
    nothing = Known(0, 0, None, None)
    for steps in (doctor_teams.STEPS, STEPS):
        assert {each.mark for each in chosen(nothing, steps)} == {Mark.LOOK}
    assert "@Lotse settings" in " ".join(each.said for each in chosen(nothing, doctor_teams.STEPS))


def test_the_table_of_troubles_quotes_the_doctor() -> None:
    """Each finding in the page's table is one that the doctor's source can say."""
    root = Path(doctor_teams.__file__).parent
    source = "".join(
        (root / f"{each}.py").read_text(encoding="utf-8")
        for each in ("report", "teams", "findings")
    )
    texts = [
        each.value
        for each in ast.walk(ast.parse(source.replace("from __future__ import annotations", "")))
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    page = (root.parent.parent / "docs" / "teams.md").read_text(encoding="utf-8")
    table = page.partition("| the doctor says | what to do |")[2].partition("\n\n")[0]
    quoted = [
        row.split("|")[1].strip()
        for row in table.splitlines()
        if row.startswith("| ") and "---" not in row
    ]
    assert len(quoted) >= 10
    assert [each for each in quoted if not any(each in text for text in texts)] == []
