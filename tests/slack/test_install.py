"""The install page: what goes wrong there ends on a kind page, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import re
import urllib.parse
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from bot.delivery.menus import SCOPES
from bot.slack.install_pages import HEADERS
from storage.engine.sqlite import Sqlite
from tests.conftest import Logged
from tests.pretend.slack_peer import CLIENT_ID, CLIENT_SECRET, UNKNOWABLE, Fault, error, limited
from tests.pretend.slack_stage import Browser, SlackStage, slack_stage

CANARY = "canary-4711<script>alert(1)</script>"
STALE = {
    "en": "works once, for ten minutes, and only in the browser",
    "de": "geht nur einmal, zehn Minuten lang und nur in dem Browser",
}


@pytest.fixture
async def slack(sqlite: Sqlite) -> AsyncIterator[SlackStage]:
    async with slack_stage(sqlite, many=True) as stage:
        yield stage


def stored(slack: SlackStage) -> int:
    """Return how many installations are stored."""
    rows = slack.database.read(lambda tx: tx.rows("select count(*) as n from slack_installations"))
    return int(rows[0]["n"])


def back(slack: SlackStage, **query: str) -> str:
    """Return the address that Slack sends a browser back to."""
    return f"{slack.address}/slack/oauth_redirect?{urllib.parse.urlencode(query)}"


def state_in(address: str) -> str:
    """Return the state that an address carries."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))["state"]


async def test_the_browser_is_sent_to_slack_with_exactly_what_the_manifest_says(
    slack: SlackStage,
) -> None:
    async with Browser(slack.address) as browser:
        address = await browser.begin()
        cookies = list(browser.session.cookie_jar)
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
    assert address.startswith(f"{slack.peer.url.removesuffix('api/')}oauth/v2/authorize?")
    assert asked["client_id"] == CLIENT_ID
    assert asked["scope"].split(",") == list(SCOPES)
    assert asked["redirect_uri"] == f"{slack.address}/slack/oauth_redirect"
    assert CLIENT_SECRET not in address
    [cookie] = cookies
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["max-age"] == "600"
    assert not cookie["secure"], "on loopback there is no https"
    rows = slack.database.read(lambda tx: tx.rows("select * from slack_states"))
    assert asked["state"] not in repr(rows) and cookie.value not in repr(rows), "stored hashed"


async def test_behind_https_the_cookie_belongs_to_this_host_alone(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, many=True) as stage:
        pages = stage.edge._pages
        assert pages is not None
        pages._secure, pages._cookie = True, "__Host-lotse-install"
        there = f"{stage.address}/slack/install"
        async with (
            aiohttp.ClientSession() as session,
            session.get(there, allow_redirects=False) as got,
        ):
            said = got.headers["Set-Cookie"]
    assert said.startswith("__Host-lotse-install=") and "Secure" in said and "Path=/" in said


async def test_a_state_works_once(slack: SlackStage) -> None:
    there = slack.company()
    async with Browser(slack.address) as browser:
        address = slack.peer.grants.agree(await browser.begin(), there, "UANNA")
        assert (await browser.go(address))[0] == 200
        status, shown = await browser.go(address)
    assert status == 400 and STALE["en"] in shown
    assert stored(slack) == 1


async def test_many_at_once_with_one_state_install_once(slack: SlackStage) -> None:
    there = slack.company()
    async with Browser(slack.address) as browser:
        address = slack.peer.grants.agree(await browser.begin(), there, "UANNA")
        got = await asyncio.gather(*(browser.go(address) for _each in range(8)))
    assert sorted(status for status, _shown in got) == [200] + [400] * 7


async def test_two_tabs_of_one_browser_work_both(slack: SlackStage) -> None:
    there = slack.company()
    async with Browser(slack.address) as browser:
        first, second = await browser.begin(), await browser.begin()
        for each in (first, second):
            address = slack.peer.grants.agree(each, there, "UANNA")
            assert (await browser.go(address))[0] == 200


@pytest.mark.parametrize("language", ["en", "de"])
async def test_another_browser_or_none_gets_nowhere(slack: SlackStage, language: str) -> None:
    there = slack.company()
    async with Browser(slack.address, language) as ours, Browser(slack.address, language) as other:
        address = slack.peer.grants.agree(await ours.begin(), there, "UANNA")
        status, shown = await other.go(address)
        assert status == 400 and STALE[language] in shown
        assert f'<html lang="{language}">' in shown
        await other.begin()  # now it has a cookie of its own
        assert (await other.go(address))[0] == 400
    assert stored(slack) == 0
    assert not slack.peer.calls[1:], "Slack is not even asked"


async def test_ten_minutes_are_enough(slack: SlackStage) -> None:
    there = slack.company()
    async with Browser(slack.address) as browser:
        for minutes, status in ((9.9, 200), (10.1, 400)):
            address = slack.peer.grants.agree(await browser.begin(), there, "UANNA")
            slack.clock.wind(slack.clock.now() + timedelta(minutes=minutes))
            assert (await browser.go(address))[0] == status


@pytest.mark.parametrize(
    ("code", "language", "words"),
    [
        ("access_denied", "en", "Nobody agreed"),
        ("access_denied", "de", "niemand zugestimmt"),
        (CANARY, "en", "Slack did not accept"),
    ],
)
async def test_who_does_not_agree_is_told_kindly(
    slack: SlackStage, code: str, language: str, words: str
) -> None:
    async with Browser(slack.address, language) as browser:
        address = back(slack, error=code, state=state_in(await browser.begin()))
        status, shown = await browser.go(address)
        assert status == 400 and words in shown and "canary" not in shown
        assert "/slack/install" in shown, "there is a way to begin again"
        assert STALE[language] in (await browser.go(address))[1], "the state is used up"
    assert stored(slack) == 0


@pytest.mark.parametrize("code", ["", "x" * 201, CANARY, "code-of-nobody"])
async def test_a_code_that_slack_refuses_is_told_kindly(slack: SlackStage, code: str) -> None:
    async with Browser(slack.address) as browser:
        address = back(slack, code=code, state=state_in(await browser.begin()))
        status, shown = await browser.go(address)
    assert status == 400 and "Slack did not accept" in shown and "canary" not in shown
    assert stored(slack) == 0


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        *((each, 503) for each in UNKNOWABLE if each.act not in ("hang", "drip")),
        (limited("1"), 503),
        (error("bad_client_secret"), 400),
        (error("brand_new_error"), 400),
    ],
    ids=lambda each: each.name if isinstance(each, Fault) else "",
)
async def test_a_slack_that_does_not_answer_well_is_told_kindly(
    slack: SlackStage, logged: Logged, fault: Fault, status: int
) -> None:
    slack.peer.plan("oauth.v2.access", fault)
    got, shown = await slack.install(slack.company())
    if fault.name.startswith("ok without"):  # it says yes, and then nothing
        logged.take("something else than a bot's token")
        status = 400
    assert got == status and "begin again" in shown.lower()
    assert stored(slack) == 0


async def test_pages_show_nothing_that_was_sent_and_let_nothing_in(slack: SlackStage) -> None:
    async with aiohttp.ClientSession() as session:
        for query in (
            {"code": CANARY, "state": CANARY}, {"error": CANARY}, {"state": "x" * 5000},
            {CANARY: ""},
        ):  # fmt: skip
            async with session.get(back(slack, **query)) as got:
                text = await got.text()
                assert got.status == 400 and "canary" not in text and "<script" not in text
                for name, value in HEADERS.items():
                    assert got.headers[name] == value
        for method in ("POST", "HEAD", "PUT"):
            for path in ("install", "oauth_redirect"):
                async with session.request(method, f"{slack.address}/slack/{path}") as got:
                    assert got.status == 405


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr-FR,de;q=0.3,en;q=0.2", "de"),
        ("fr", "en"),
        ("", "en"),
        ("de;q=0", "en"),
        ("de;q=x,;;;,,q=1", "en"),
        ("de;q=nan", "en"),
    ],
)
async def test_the_browser_says_which_language_is_read(
    slack: SlackStage, given: str, language: str
) -> None:
    async with (
        aiohttp.ClientSession(headers={"Accept-Language": given}) as session,
        session.get(back(slack)) as got,
    ):
        found = re.search(r'<html lang="(..)">', await got.text())
    assert found is not None and found[1] == language


async def test_too_many_beginnings_have_to_wait(
    slack: SlackStage, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.slack.installations.MOST_STATES", 3)
    async with Browser(slack.address) as browser:
        for _each in range(3):
            await browser.begin()
        status, shown = await browser.go(f"{slack.address}/slack/install")
        assert status == 503 and "begin again in a moment" in shown
        logged.take("Too many installations were begun")
        slack.clock.wind(slack.clock.now() + timedelta(minutes=11))
        await browser.begin()
