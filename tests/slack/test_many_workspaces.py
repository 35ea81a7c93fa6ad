"""Many workspaces in Slack: each installs by itself, and none sees anything of another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.encryption import new_key
from bot.slack.installations import workspace_of
from storage.engine import Database
from storage.engine.sqlite import Sqlite
from storage.workspaces import Workspace
from tests.conftest import Logged
from tests.pretend.slack_peer import APP, BOT, Json, Peer, error
from tests.pretend.slack_stage import GENERAL, INCIDENTS, MAIN, SlackStage, slack_stage

WAYS = ("http", "socket")


@pytest.fixture(params=WAYS)
async def slack(request: pytest.FixtureRequest, sqlite: Sqlite) -> AsyncIterator[SlackStage]:
    """Lotse where companies may install it by themselves, over each way in."""
    async with slack_stage(sqlite, request.param, many=True) as stage:
        yield stage


@pytest.fixture
async def web(sqlite: Sqlite) -> AsyncIterator[SlackStage]:
    """The same over HTTP only, where the way in makes no difference."""
    async with slack_stage(sqlite, many=True) as stage:
        yield stage


def inside(slack: SlackStage, there: Peer, sql: str) -> list[dict[str, Any]]:
    """Look into the store, in another company's workspace."""
    return slack.database.read(lambda tx: tx.within(workspace_of(there.team)).rows(sql))


def everything(slack: SlackStage, table: str) -> list[dict[str, Any]]:
    """Return all rows of a table, of every company."""
    return slack.database.read(lambda tx: tx.rows(f"select * from {table}"))


def seen(*companies: Peer) -> None:
    """Look at everything that was shown there so far."""
    for company in companies:
        for each in company.ledger:
            each.seen = True


def shut_out(slack: SlackStage, there: Peer) -> bool:
    """Return whether a company's messages wait."""
    (row,) = inside(slack, there, "select shut_out from workspaces where id = :workspace")
    assert row["shut_out"] in (None, "slack")
    return row["shut_out"] is not None


async def uninstalls(slack: SlackStage, there: Peer, why: str = "account_inactive") -> None:
    """Remove the app: its tokens are refused from now on."""
    there.grants.end(why)


async def hears(there: Peer, event: Json, **given: Any) -> None:
    """Let Slack tell of something."""
    got = await there.deliver("events_api", there.event(event, **given))
    assert got.status == 200


REVOKED: Json = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT]}}
UNINSTALLED: Json = {"type": "app_uninstalled"}


# --- installing ------------------------------------------------------------------------------


async def test_a_company_installs_lotse_and_declares_its_first_incident(
    slack: SlackStage,
) -> None:
    there = slack.company()
    status, shown = await slack.install(there, "anna")
    assert status == 200
    assert "Lotse is installed in Company T2" in shown
    said = await slack.at(there, "anna").types("/incident Till is dead", at=GENERAL)
    assert "INC-1 is declared." in said
    assert there.sees(GENERAL)[0].startswith("INC-1 · Till is dead")
    assert "INC-1 · Till is dead" in there.sees("DANNA")[0], "who installs it manages it"
    [company] = inside(slack, there, "select * from workspaces where id = :workspace")
    assert (company["name"], company["zone"]) == ("Company T2", "Europe/Berlin")
    timers = inside(slack, there, "select kind from timers where workspace = :workspace")
    assert "digest" in {each["kind"] for each in timers}
    managers = inside(
        slack, there, "select id from people where workspace = :workspace and manager = 1"
    )
    assert managers == [{"id": "UANNA"}]
    assert slack.count("incidents") == 0, "the main workspace heard nothing"


async def test_language_and_time_zone_are_those_of_whoever_installs_it(web: SlackStage) -> None:
    there = web.company()
    there.users["UANNA"] |= {"locale": "de-DE", "tz": "America/New_York"}
    await web.install(there, "anna")
    [found] = inside(web, there, "select language, zone from workspaces where id = :workspace")
    assert found == {"language": "de", "zone": "America/New_York"}


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("Europe/Berlin", "DE-NW"),  # as the setting says, down to the state
        ("Europe/Vienna", "AT"),
        ("America/New_York", "US"),
        ("Etc/UTC", "DE-NW"),
        (None, "DE-NW"),
    ],
)
async def test_public_holidays_are_those_of_the_country_of_whoever_installs_it(
    sqlite: Sqlite, zone: str | None, region: str
) -> None:
    company = Workspace(MAIN, "Lotse", "en", "Europe/Berlin", "DE-NW")
    async with slack_stage(sqlite, many=True, company=company) as web:
        there = web.company()
        there.users["UANNA"]["tz"] = zone
        await web.install(there, "anna")
        [found] = inside(web, there, "select region from workspaces where id = :workspace")
        assert found == {"region": region}


async def test_who_installs_as_a_guest_manages_nothing(web: SlackStage) -> None:
    there = web.company()
    there.users["UANNA"]["is_restricted"] = True
    await web.install(there, "anna")
    assert "only for people of this company" in await web.at(there, "anna").types(
        "/lotse service new"
    )


async def test_slack_that_does_not_tell_who_installs_it_does_not_stop_anything(
    web: SlackStage,
) -> None:
    there = web.company()
    there.plan("users.info", error("internal_error"))
    assert (await web.install(there, "anna"))[0] == 200
    assert "Settings" in await web.at(there, "anna").types("/lotse settings")


async def test_the_token_lies_in_the_store_sealed(web: SlackStage) -> None:
    there = web.company()
    there.grants.rotates = 43_200
    await web.install(there)
    secrets = [*there.grants.issued, *there.grants.refresh]
    rows = everything(web, "slack_installations")
    states = everything(web, "slack_states")
    assert len(rows) == 1 and states == [], "a state is used up"
    assert not [each for each in secrets if each in repr(rows)]
    assert web.cipher.decrypt(rows[0]["token"]) in there.grants.issued
    assert web.cipher.decrypt(rows[0]["refresh_token"]) in there.grants.refresh


async def test_where_the_environment_holds_the_token_there_is_nothing_to_install(
    web: SlackStage,
) -> None:
    status, shown = await web.install(web.peer)
    assert status == 200 and "Lotse is here already" in shown
    assert everything(web, "slack_installations") == []


async def test_a_whole_organisation_is_refused_kindly(web: SlackStage) -> None:
    there = web.company()
    web.peer.grants.org_wide = True
    status, shown = await web.install(there)
    assert status == 400 and "choose one workspace" in shown
    assert everything(web, "slack_installations") == []


# --- apart -----------------------------------------------------------------------------------


async def test_two_companies_with_the_same_ids_see_nothing_of_each_other(
    slack: SlackStage,
) -> None:
    there, third = slack.company("T2"), slack.company("T3")
    for each in (there, third):
        await slack.install(each, "chris")
    words = {slack.peer: "Amsel", there: "Drossel", third: "Fink"}
    for company, canary in words.items():
        anna = slack.at(company, "anna")
        assert "INC-1 is declared." in await anna.types(f"/incident {canary} fails", at=GENERAL)
        await anna.opens_home()
        await anna.types(f"/friction {canary} nags")
        assert canary in await anna.types("/lotse incidents")
        await slack.at(company, "ben").says(f"<@{BOT}> incident {canary} again", at=GENERAL)
    for company, canary in words.items():
        said = "\n".join(repr(each.data) for each in company.ledger)
        assert canary in said
        assert not [other for other in words.values() if other != canary and other in said]
    seen(*words)
    for workspace, canary in ((MAIN, "Amsel"), ("slack-T2", "Drossel"), ("slack-T3", "Fink")):
        rows = [each for each in everything(slack, "incidents") if each["workspace"] == workspace]
        assert len(rows) == 2 and all(canary in row["title"] for row in rows)


async def test_a_home_tab_is_not_told_apart_by_the_person_s_id_alone(web: SlackStage) -> None:
    there = web.company()
    await web.install(there, "anna")
    await web.client("anna").types("/incident Till is dead")
    assert "Till is dead" in await web.client("anna").opens_home()
    assert "Till is dead" not in await web.at(there, "anna").opens_home()
    for place in ("DBEN", INCIDENTS):
        web.peer.sees(place)
    seen(web.peer)


async def test_a_button_in_a_shared_channel_belongs_to_whoever_posted_it(web: SlackStage) -> None:
    there = web.company()
    await web.install(there, "anna")
    anna, foreign = web.client("anna"), web.at(there, "anna")
    await anna.types("/incident Till is dead", at=GENERAL)
    await foreign.types("/incident Shop is dead", at=GENERAL)
    entry, block, button = anna.find("", "ack", "")
    pressed = foreign.action(entry, block, button)
    pressed["team"] = {"id": "T1", "domain": "peer"}  # whose bot it is; the user's own is T2
    assert (await there.deliver("interactive", pressed)).status == 200
    await web.carry()
    found = everything(web, "incidents")
    assert len(found) == 2
    assert {each["acknowledged_by"] for each in found} == {None}, "a stranger may nothing, anywhere"
    seen(web.peer, there)


async def test_nobody_is_asked_who_we_are_while_we_serve(slack: SlackStage) -> None:
    there = slack.company()
    await slack.install(there, "anna")
    for _each in range(3):
        for company in (slack.peer, there):
            await slack.at(company, "anna").types("/lotse status")
            await slack.at(company, "anna").says("status")
    methods = [method for each in (slack.peer, there) for method, _data in each.calls]
    assert methods.count("auth.test") == 1, "the environment's token, at the start"
    for company in (slack.peer, there):
        assert [method for method, _data in company.calls].count("users.info") <= 2
    seen(slack.peer, there)


async def test_a_restart_serves_everybody_and_asks_nothing(sqlite: Sqlite) -> None:
    keys = {"k": new_key()}
    async with slack_stage(sqlite, many=True, keys=keys) as first:
        there = first.company()
        await first.install(there, "anna")
        issued = dict(there.grants.issued)
    async with slack_stage(sqlite, many=True, keys=keys) as second:
        there = second.company()
        there.grants.issued = issued
        said = await second.at(there, "anna").types("/incident Till is dead", at=GENERAL)
        assert "INC-1 is declared." in said
        assert there.sees(GENERAL) and there.sees("DANNA")
        assert "auth.test" not in [method for method, _data in there.calls]


async def test_many_at_once_of_several_companies_are_not_mixed_up(slack: SlackStage) -> None:
    companies = {slack.peer: "Amsel", slack.company("T2"): "Drossel", slack.company("T3"): "Fink"}
    for each in list(companies)[1:]:
        await slack.install(each, "chris")

    async def one(company: Peer, number: int) -> None:
        anna = slack.at(company, ("anna", "ben", "carla")[number % 3])
        line = f"/incident {companies[company]} {number}" if number % 2 else "/lotse incidents"
        got = await company.deliver("slash_commands", anna.command(line, GENERAL))
        assert got.status == 200
        others = set(companies.values()) - {companies[company]}
        assert not [each for each in others if each in str(got.body)]

    await asyncio.gather(*(one(each, n) for n in range(40) for each in companies))
    await slack.settle()
    await slack.carry()
    for company, canary in companies.items():
        said = "\n".join(repr(each.data) for each in company.ledger)
        assert canary in said
        assert not [each for each in companies.values() if each != canary and each in said]
    assert {row["workspace"] for row in everything(slack, "incidents")} == {
        MAIN, "slack-T2", "slack-T3"
    }  # fmt: skip
    assert len(everything(slack, "incidents")) == 60
    seen(*companies)


async def test_only_so_many_tokens_are_kept_at_hand(
    web: SlackStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.installations.MOST", 1)
    companies = [web.company("T2"), web.company("T3")]
    for each in companies:
        await web.install(each, "anna")
    for number in (1, 2):
        for each in companies:
            said = await web.at(each, "anna").types(f"/incident Till {number} dead", at=GENERAL)
            assert f"INC-{number} " in said
            assert len(web.edge.installations._kept) == 1
    seen(*companies)


# --- teams that we do not know -----------------------------------------------------------------


async def test_an_unknown_team_is_told_kindly_and_nothing_is_stored(
    slack: SlackStage, caplog: pytest.LogCaptureFixture
) -> None:
    there = slack.company("T9")
    anna = slack.at(there, "anna")
    said = await anna.types("/incident Till is dead")
    assert "ist in diesem Workspace nicht installiert" in said
    assert "not installed in this workspace" in said
    assert await anna.says("incident Till is dead") == ""
    await slack.client("anna").types("/incident")
    form = slack.client("anna").submission(title="x")
    form["view"]["app_installed_team_id"] = "T9"
    got = await there.deliver("interactive", form)
    assert got.status == 200 and "not installed" in str(got.body)
    press = {"type": "block_actions", "team": {"id": "T9"}, "user": anna.user,
             "actions": [{"type": "button", "action_id": "x", "value": "{}"}]}  # fmt: skip
    before = len(there.ledger)
    got = await there.deliver("interactive", press)
    assert got.status == 200 and not got.body, "a button is acknowledged without a word"
    assert len(there.ledger) == before
    for table in ("deliveries", "audit", "people"):
        assert {row["workspace"] for row in everything(slack, table)} <= {MAIN}
    assert slack.count("incidents") == 0
    told = [each for each in caplog.messages if "T9" in each]
    assert len(told) == 1, "once an hour is enough"


# --- removed and installed again ---------------------------------------------------------------


@pytest.mark.parametrize("order", [(UNINSTALLED, REVOKED), (REVOKED, UNINSTALLED)])
async def test_a_removal_parks_one_workspace_and_a_new_installation_wakes_it(
    slack: SlackStage, logged: Logged, order: tuple[Json, ...]
) -> None:
    there, third = slack.company("T2"), slack.company("T3")
    for each in (there, third):
        await slack.install(each, "anna")
    await slack.at(there, "anna").types("/incident Till is dead", at=GENERAL)
    assert there.sees(GENERAL) and there.sees("DANNA")
    await uninstalls(slack, there)
    for event in (*order, *order):
        await hears(there, event)
    logged.take("Slack shut us out")
    assert [shut_out(slack, each) for each in (there, third)] == [True, False]
    assert "INC-1" in await slack.at(third, "anna").types("/incident Shop", at=GENERAL)
    assert third.sees(GENERAL) and third.sees("DANNA")
    await slack.client("anna").types("/incident Till", at=GENERAL)
    assert slack.peer.sees(GENERAL) and slack.peer.sees("DBEN") and slack.peer.sees(INCIDENTS)
    before = len(there.ledger)
    await slack.wind(minutes=10)
    seen(slack.peer, third)
    assert len(there.ledger) == before, "nothing goes out, and nothing is lost"
    status, shown = await slack.install(there, "anna")
    assert status == 200 and "Lotse works again in Company T2" in shown
    assert not shut_out(slack, there)
    await slack.wind(minutes=1)
    assert len(there.sees("DANNA")) > 1 and there.sees(GENERAL), "Waiting messages are being sent"
    managers = inside(
        slack, there, "select id from people where workspace = :workspace and manager = 1"
    )
    assert managers == [{"id": "UANNA"}]


@pytest.mark.parametrize("why", ["token_revoked", "account_inactive"])
async def test_a_removal_that_nobody_told_of_parks_as_well(
    web: SlackStage, logged: Logged, why: str
) -> None:
    there = web.company()
    await web.install(there, "anna")
    await uninstalls(web, there, why)
    await web.at(there, "anna").types("/incident Till is dead", at=GENERAL)
    logged.take(f"Slack shut us out ({why}) of team T2")
    assert shut_out(web, there)
    assert not [each for each in there.ledger if each.kind == "post"]
    await web.install(there, "anna")
    await web.wind(minutes=5)
    assert there.sees(GENERAL) and there.sees("DANNA")


async def test_a_removal_that_comes_late_does_not_stop_a_new_installation(
    sqlite: Sqlite, logged: Logged
) -> None:
    async with slack_stage(sqlite, many=True, knock=0.02) as slack:
        there = slack.company()
        await slack.install(there, "anna")
        await uninstalls(slack, there)
        await slack.install(there, "anna")
        await hears(there, UNINSTALLED)
        logged.take("Slack shut us out")
        async with asyncio.timeout(5):
            while shut_out(slack, there):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await uninstalls(slack, there)
        await hears(there, UNINSTALLED)
        logged.take("Slack shut us out")
        await asyncio.sleep(0.1)
        assert shut_out(slack, there)
        asked = [method for method, _data in there.calls].count("auth.test")
        await asyncio.sleep(0.1)
        assert [method for method, _data in there.calls].count("auth.test") == asked, "once"


async def test_another_process_that_was_installed_anew_is_followed(
    database: Database, logged: Logged
) -> None:
    async with slack_stage(database, many=True) as slack:
        there = slack.company()
        await slack.install(there, "anna")
        at = await slack.edge.installations.of_team("T2")
        assert at is not None
        await slack.install(there, "anna")  # the other process knows; this one still holds `at`
        await uninstalls(slack, there, "token_revoked")
        fresh = there.grants.give()["access_token"]
        sealed = slack.cipher.encrypt(fresh)
        slack.database.transact(
            lambda tx: tx.run(
                "update slack_installations set token = :sealed where team = 'T2'", sealed=sealed
            )
        )
        assert "INC-1" in await slack.at(there, "anna").types("/incident Till", at=GENERAL)
        assert there.sees(GENERAL) and there.sees("DANNA")
        assert not shut_out(slack, there)


# --- held back ---------------------------------------------------------------------------------


async def test_events_that_slack_holds_back_are_told_with_the_bundle_of_a_day(
    slack: SlackStage, logged: Logged
) -> None:
    there = slack.company()
    await slack.install(there, "anna")
    told: Json = {"type": "app_rate_limited", "team_id": "T2", "api_app_id": APP, "token": "x",
            "minute_rate_limited": 1518467820}  # fmt: skip

    async def comes() -> list[str]:
        told["minute_rate_limited"] += 60
        assert (await there.deliver("events_api", told)).status == 200
        await slack.carry()
        logged.take("Slack holds back events of team T2")
        return there.sees("DANNA")

    assert await comes() == []
    slack.clock.wind(slack.clock.now() + timedelta(hours=1, seconds=1))
    assert await comes() == []
    await slack.wind(to=slack.clock.now() + timedelta(days=1))
    (bundle,) = there.sees("DANNA")
    assert bundle.count("Slack held back some of what happened here on Mon 23 Nov, 10:00") == 1
    assert not slack.peer.ledger, "nobody else is told"
