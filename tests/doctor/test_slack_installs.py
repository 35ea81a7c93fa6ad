"""The doctor where many workspaces install Lotse: keys, the app's own secret, every token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.doctor.findings import Mark
from bot.encryption import TokenCipher, new_key
from storage import workspaces
from storage.engine import Tx
from storage.engine.sqlite import Sqlite
from storage.slack import installations
from storage.workspaces import Workspace
from tests.doctor import test_doctor
from tests.doctor.test_doctor import NOW, SIGNING, Slack, ask

CLIENT_SECRET = "fedcba9876543210fedcba9876543210"
KEY = new_key()
URL = "https://lotse.example.com"


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A Web API that takes every token."""
    pretend = Slack()
    site = web.Application()
    site.router.add_post("/api/{method}", pretend.answer)
    async with TestServer(site) as running:
        pretend.url = str(running.make_url("/api/"))
        yield pretend


@pytest.fixture
def many(slack: Slack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """All settings for many workspaces, two of which have installed Lotse."""
    monkeypatch.setattr(test_doctor, "SECRETS", (*test_doctor.SECRETS, CLIENT_SECRET, KEY))
    url = f"sqlite:///{tmp_path / 'lotse.db'}"
    database = Sqlite(tmp_path / "lotse.db")
    for team in ("T1", "T2"):
        database.transact(lambda tx, team=team: installed(tx, team, TokenCipher({"a": KEY})))  # type: ignore[misc]
    database.close()
    return {
        "SLACK_CLIENT_ID": "123.456", "SLACK_CLIENT_SECRET": CLIENT_SECRET,
        "SLACK_SIGNING_SECRET": SIGNING, "SLACK_API_URL": slack.url, "LOTSE_URL": URL,
        "LOTSE_KEYS": f"a={KEY}", "DATABASE_URL": url,
    }  # fmt: skip


def installed(tx: Tx, team: str, cipher: TokenCipher) -> None:
    """Let a team have installed Lotse."""
    id = f"slack-{team}"
    workspaces.ensure(tx, Workspace(id, team, "de", "Europe/Berlin", "DE"), NOW)
    installations.put(
        tx.within(id), team=team, bot_user="UBOT", scopes="", token=cipher.encrypt("xoxb-CANARY"),
        refresh_token=None, lasts=None,
    )  # fmt: skip


def changed(many: dict[str, str], sql: str, **values: Any) -> None:
    """Change something in the store."""
    database = Sqlite(many["DATABASE_URL"].removeprefix("sqlite:///"))
    database.transact(lambda tx: tx.run(sql, **values))
    database.close()


async def test_with_everything_in_order_nothing_is_wrong(
    many: dict[str, str], slack: Slack
) -> None:
    found = await ask(many)
    assert found.marked(Mark.WRONG) == []
    found.one("In 2 of 2 workspaces the token works.")
    assert f"{URL}/slack/install" in found.one("redirect URLs")
    assert [method for method, _token in slack.asked] == ["auth.test"] * 2
    assert not [each for each in found.lines if "manages Lotse" in each], "that is each company's"


async def test_before_anybody_has_installed_it_the_way_is_told(many: dict[str, str]) -> None:
    changed(many, "delete from slack_installations")
    assert (await ask(many)).one("Nobody has installed Lotse yet").startswith("!")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SLACK_CLIENT_ID", "abc", "SLACK_CLIENT_ID does not look like one"),
        ("SLACK_CLIENT_SECRET", "CANARY", "SLACK_CLIENT_SECRET does not look like one"),
        ("SLACK_CLIENT_SECRET", "", "also needs SLACK_CLIENT_SECRET"),
        ("LOTSE_KEYS", "", "python -m bot key makes one"),
        ("LOTSE_KEYS", "a=CANARY", "LOTSE_KEYS: "),
        ("LOTSE_URL", "http://lotse.example.com", "also needs LOTSE_URL"),
        ("SLACK_SIGNING_SECRET", "", "also needs SLACK_SIGNING_SECRET"),
    ],
)
async def test_what_is_missing_or_wrong_is_told(
    many: dict[str, str], name: str, value: str, said: str
) -> None:
    assert (await ask({**many, name: value})).one(said).startswith("✗")


async def test_a_token_that_does_not_open_is_wrong(many: dict[str, str]) -> None:
    other = TokenCipher({"b": new_key()}).encrypt("xoxb-CANARY")
    changed(many, "update slack_installations set token = :other where team = 'T2'", other=other)
    found = await ask(many)
    assert found.one("The key “b” is missing").startswith("✗")
    found.one("In 1 of 2 workspaces the token works.")


async def test_an_older_key_is_told(many: dict[str, str]) -> None:
    found = await ask(many, LOTSE_KEYS=f"n={new_key()},a={KEY}")
    assert found.one("python -m bot reseal").startswith("!")


async def test_who_shut_lotse_out_is_told_with_the_way_back(many: dict[str, str]) -> None:
    sql = "update slack_installations set parked_because = :why where team = 'T2'"
    changed(many, sql, why="app_uninstalled")
    assert "installed again at" in (await ask(many)).one("team T2 shut Lotse out")
    changed(many, sql, why="missing_scope")
    assert "asks now and then" in (await ask(many)).one("team T2 shut Lotse out")


async def test_a_token_that_slack_refuses_or_that_may_too_little_is_told(
    many: dict[str, str], slack: Slack
) -> None:
    slack.scopes = "chat:write"
    found = await ask(many)
    assert len([each for each in found.lines if "has not granted app_mentions:read" in each]) == 2
    slack.refuses("auth.test", "account_inactive")
    found = await ask(many)
    assert len([each for each in found.lines if "(account_inactive)" in each]) == 2


async def test_a_token_that_has_ended_is_left_to_the_running_lotse(
    many: dict[str, str], slack: Slack
) -> None:
    sql = "update slack_installations set expires_at = :then where team = 'T2'"
    changed(many, sql, then="2020-01-01T00:00:00.000000Z")
    assert (await ask(many)).one("has ended").startswith("!")
    assert len(slack.asked) == 1
