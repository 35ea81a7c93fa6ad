"""Tokens that end are renewed once, by whoever is first; at rest they are sealed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC
from pathlib import Path

import pytest

from bot import keys as bot_keys
from bot.config import Settings
from bot.delivery.platform import Refused, Undelivered
from bot.encryption import TokenCipher, UnknownKey, keys_from, new_key
from bot.slack.installations import Installations, OAuth
from bot.slack.web_api import WebApi
from storage import workspaces
from storage.engine import Database, Tx
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from storage.slack import installations
from storage.workspaces import Workspace
from tests.conftest import Logged
from tests.pretend.slack_peer import CLIENT_ID, CLIENT_SECRET, Peer, error
from tests.pretend.slack_stage import GENERAL, SlackStage, slack_stage
from tests.pretend.stage import MONDAY

ROUNDS = 500 if os.environ.get("LOTSE_SOAK") else 20
TOKEN = "xoxb-canary-token"
NOW = MONDAY.astimezone(UTC)


@pytest.fixture
async def slack(sqlite: Sqlite) -> AsyncIterator[SlackStage]:
    async with slack_stage(sqlite, many=True) as stage:
        yield stage


async def installed(slack: SlackStage, rotates: int) -> Peer:
    """Let a company install Lotse; its tokens end after so many seconds."""
    there = slack.company()
    there.grants.rotates = rotates
    await slack.install(there, "anna")
    return there


def latest(there: Peer) -> str:
    return list(there.grants.issued)[-1]


def only(there: Peer, token: str) -> None:
    """Let all tokens but one be expired."""
    there.grants.issued = {
        each: "" if each == token else "token_expired" for each in there.grants.issued
    }


async def declares(slack: SlackStage, there: Peer, number: int) -> None:
    said = await slack.at(there, "anna").types(f"/incident Till {number} is dead", at=GENERAL)
    assert f"INC-{number} is declared." in said
    assert len(there.sees(GENERAL)) == len(there.sees("DANNA")) == number


# --- renewing --------------------------------------------------------------------------------


async def test_a_token_that_lasts_is_left_alone(slack: SlackStage) -> None:
    there = await installed(slack, 43_200)
    await declares(slack, there, 1)
    assert there.grants.renewals == 0


async def test_a_token_is_renewed_ahead_of_its_end_while_nobody_waits(slack: SlackStage) -> None:
    there = await installed(slack, 3600)
    there.grants.rotates = 43_200
    await declares(slack, there, 1)
    await asyncio.gather(*slack.edge.installations._renewing.values())
    assert there.grants.renewals == 1
    only(there, latest(there))
    await declares(slack, there, 2)
    assert there.grants.renewals == 1


async def test_a_token_that_has_ended_is_renewed_before_it_is_used(slack: SlackStage) -> None:
    there = await installed(slack, 0)
    there.grants.rotates = 43_200
    there.grants.end("token_expired")
    await declares(slack, there, 1)
    assert there.grants.renewals == 1
    assert "[Declare incident]" in await slack.at(there, "anna").types("/incident"), "a form, too"


async def test_a_token_that_ends_early_is_renewed_when_slack_says_so(slack: SlackStage) -> None:
    there = await installed(slack, 43_200)
    there.grants.end("token_expired")
    await declares(slack, there, 1)
    assert there.grants.renewals == 1


async def test_where_nobody_does_anything_tokens_are_renewed_all_the_same(
    slack: SlackStage,
) -> None:
    there = await installed(slack, 600)
    there.grants.rotates = 43_200
    await slack.edge.installations._renew_expiring()
    await slack.edge.installations._renew_expiring()
    assert there.grants.renewals == 1


async def test_a_renewal_that_fails_is_tried_again_while_the_token_lasts(
    slack: SlackStage, logged: Logged
) -> None:
    there = await installed(slack, 3600)
    there.grants.rotates = 43_200
    slack.peer.plan("oauth.v2.access", error("internal_error"))
    await declares(slack, there, 1)
    await asyncio.sleep(0.05)
    logged.take("could not be renewed: internal_error")
    await declares(slack, there, 2)
    slack.edge.installations._failed.clear()  # a minute later
    await declares(slack, there, 3)
    await asyncio.gather(*slack.edge.installations._renewing.values())
    assert there.grants.renewals == 1


async def test_a_lost_refresh_token_parks_when_the_token_has_ended(
    slack: SlackStage, logged: Logged
) -> None:
    there = await installed(slack, 0)
    there.grants.refresh = dict.fromkeys(there.grants.refresh, False)
    there.grants.end("token_expired")
    await slack.at(there, "anna").types("/incident Till is dead", at=GENERAL)
    assert [each for each in there.ledger if each.kind == "post"] == []
    assert [each for each in logged.records if "could not be renewed" in each.getMessage()]
    logged.records.clear()
    await slack.install(there, "anna")
    await slack.wind(minutes=10)
    assert there.sees(GENERAL) and there.sees("DANNA")


@asynccontextmanager
async def process(
    database: Database, peer: Peer, keys: TokenCipher
) -> AsyncIterator[Installations]:
    """Give what one process knows of the installations."""
    api = WebApi(peer.url)
    await api.start()
    made = Installations(database, api, "main", "", OAuth(CLIENT_ID, CLIENT_SECRET, keys))
    yield made
    await made.stop()
    await api.stop()


async def race(databases: list[Database]) -> None:
    """Let processes need a new token at the same moment, again and again."""
    keys = TokenCipher({"k": new_key()})
    peer = Peer()
    there = peer.other("T2")
    there.grants.rotates = 0
    await peer.start()
    first = there.grants.give()

    def prepare(tx: Tx) -> None:
        workspaces.ensure(tx, Workspace("slack-T2", "Two", "de", "Europe/Berlin", "DE"), NOW)
        installations.put(
            tx.within("slack-T2"), team="T2", bot_user="UBOT", scopes="",
            token=keys.encrypt(first["access_token"]),
            refresh_token=keys.encrypt(first["refresh_token"]), lasts=0,
        )  # fmt: skip

    databases[0].transact(prepare)
    try:
        async with AsyncExitStack() as stack:
            both = [
                await stack.enter_async_context(process(each, peer, keys)) for each in databases
            ]
            for round in range(1, ROUNDS + 1):
                there.grants.rotates = 43_200
                found = [await each.of_team("T2") for each in both]
                tokens = await asyncio.gather(
                    *(one.token(at) for one, at in zip(both, found, strict=True) if at)
                )
                assert there.grants.renewals == round
                assert set(tokens) == {latest(there)}
                ends(databases[0])
                for each in both:
                    each._kept.clear()
        twice = there.grants.renewals - ROUNDS
        print(f"{ROUNDS:>8}  tokens renewed by two at once\n{twice:>8}  renewed twice")
    finally:
        await peer.stop()


def ends(database: Database) -> None:
    """Let the token be at its end."""
    database.transact(
        lambda tx: tx.run("update slack_installations set expires_at = :real", real=tx.real_now())
    )


async def test_two_edges_at_once_renew_once(sqlite: Sqlite) -> None:
    await race([sqlite, sqlite])


@pytest.mark.soak
async def test_two_machines_at_once_renew_once(postgres: Postgres) -> None:
    other = Postgres(postgres.url)
    try:
        await race([postgres, other])
    finally:
        other.close()


async def test_what_is_cut_short_does_not_lose_the_new_token(slack: SlackStage) -> None:
    there = await installed(slack, 0)
    there.grants.rotates = 43_200
    known = slack.edge.installations
    at = await known.of_team("T2")
    assert at is not None
    slack.peer.latency = 0.1
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await known.token(at)
    await asyncio.gather(*known._renewing.values())
    slack.peer.latency = 0
    assert there.grants.renewals == 1
    assert await known.token(at) == latest(there)


# --- sealed ----------------------------------------------------------------------------------


def test_what_is_sealed_opens_again_and_does_not_show() -> None:
    one = TokenCipher({"a": new_key()})
    sealed = one.encrypt(TOKEN)
    assert TOKEN not in sealed
    assert sealed.startswith("a:")
    assert one.decrypt(sealed) == TOKEN
    assert one.encrypt(TOKEN) != sealed


def test_keys_change_without_losing_what_was_sealed() -> None:
    old, new = new_key(), new_key()
    sealed = TokenCipher({"old": old}).encrypt(TOKEN)
    both = TokenCipher({"new": new, "old": old})
    assert not both.is_current(sealed)
    again = both.encrypt(both.decrypt(sealed))
    assert both.is_current(again)
    assert TokenCipher({"new": new}).decrypt(again) == TOKEN
    with pytest.raises(UnknownKey, match="“old” is missing"):
        TokenCipher({"new": new}).decrypt(sealed)
    with pytest.raises(UnknownKey, match="not the one"):
        TokenCipher({"old": new}).decrypt(sealed)


@pytest.mark.parametrize("text", ["", "a", "a=", "a=short", "=x", "a b=x"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        keys_from(text)


def test_keys_are_read_the_newest_first() -> None:
    one, two = new_key(), new_key()
    assert list(keys_from(f"b={two}, a={one}")) == ["b", "a"]
    with pytest.raises(ValueError):
        keys_from(f"a={two}, a={one}")


def test_a_key_that_was_made_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert bot_keys.make() == 0
    made = capsys.readouterr()
    assert len(keys_from(made.out.strip())) == 1
    assert made.out.strip().partition("=")[2] not in made.err


async def test_three_starts_with_old_both_and_only_the_new_key(sqlite: Sqlite) -> None:
    old, new = new_key(), new_key()
    async with slack_stage(sqlite, many=True, keys={"old": old}) as stage:
        there = await installed(stage, 43_200)
        tokens = [*there.grants.issued, *there.grants.refresh]
    async with slack_stage(sqlite, many=True, keys={"new": new, "old": old}):
        [row] = sqlite.read(lambda tx: tx.rows("select * from slack_installations"))
        assert row["token"].startswith("new:") and row["refresh_token"].startswith("new:")
        assert not [each for each in tokens if each in repr(row)]
    async with slack_stage(sqlite, many=True, keys={"new": new}) as stage:
        at = await stage.edge.installations.of_team("T2")
        assert at is not None and at.token in tokens


async def test_a_start_without_the_key_is_refused_in_a_sentence(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, many=True, keys={"old": new_key()}) as stage:
        await installed(stage, 43_200)
    with pytest.raises(Refused, match="The key “old” is missing in LOTSE_KEYS"):
        async with slack_stage(sqlite, many=True, keys={"new": new_key()}):
            pass


async def test_sealing_anew_beside_a_running_lotse(postgres: Postgres) -> None:
    old, new = new_key(), new_key()
    both = {"new": new, "old": old}
    async with slack_stage(postgres, many=True, keys={"old": old, "new": new}) as stage:
        there = await installed(stage, 43_200)
        assert bot_keys.rotate(postgres, TokenCipher(both)) == 1
        assert bot_keys.rotate(postgres, TokenCipher(both)) == 0, "once is enough"
        await declares(stage, there, 1)
        stage.edge.installations._kept.clear()
        await declares(stage, there, 2)


def test_the_command_seals_anew_and_says_how_many(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = new_key(), new_key()
    url = f"sqlite:///{folder}/lotse.db"
    database = Sqlite(f"{folder}/lotse.db")

    def prepare(tx: Tx) -> None:
        workspaces.ensure(tx, Workspace("slack-T2", "Two", "de", "Europe/Berlin", "DE"), NOW)
        installations.put(
            tx.within("slack-T2"), team="T2", bot_user="UBOT", scopes="",
            token=TokenCipher({"old": old}).encrypt(TOKEN), refresh_token=None, lasts=None,
        )  # fmt: skip

    database.transact(prepare)
    keys = f"new={new},old={old}"
    assert bot_keys.renew(Settings(database_url=url, keys=keys)) == 1, (
        "a running one does it itself"
    )
    assert "Restart it with these keys" in capsys.readouterr().err
    database.close()
    assert bot_keys.renew(Settings(database_url=url)) == 1
    assert "LOTSE_KEYS is not set" in capsys.readouterr().err
    assert bot_keys.renew(Settings(database_url=url, keys=f"new={new}")) == 1
    assert "“old” is missing" in capsys.readouterr().err
    assert bot_keys.renew(Settings(database_url=url, keys=keys)) == 0
    assert capsys.readouterr().out == "1 sealed anew; the newest key now seals all of them.\n"
    assert bot_keys.renew(Settings(database_url=url, keys=f"new={new}")) == 0
    assert TOKEN.encode() not in (folder / "lotse.db").read_bytes()


async def test_a_token_that_does_not_open_stops_one_workspace_only(
    slack: SlackStage, logged: Logged
) -> None:
    there = await installed(slack, 43_200)
    foreign = TokenCipher({"other": new_key()}).encrypt(TOKEN)
    slack.database.transact(
        lambda tx: tx.run("update slack_installations set token = :foreign", foreign=foreign)
    )
    slack.edge.installations._kept.clear()
    with pytest.raises(Undelivered):
        await slack.edge.installations.of_workspace("slack-T2")
    assert "not installed" in await slack.at(there, "anna").types("/incident Till is dead")
    assert "other" in logged.records[0].getMessage()
    logged.records.clear()
    assert "not installed" not in await slack.client("anna").types("/lotse status")
