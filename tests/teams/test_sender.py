"""Carrying to Teams: every error sorted, one token for all, and addresses that are opened late."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from bot.delivery.platform import (
    Impossible,
    MessageGone,
    NotAccepted,
    Refused,
    Uncertain,
    Undelivered,
    Wait,
)
from bot.teams import connector as teams_connector
from bot.teams.connector import ERRORS, ShutOut, Sort
from handlers.kit.messages import Message, Text, Title
from storage.engine.ids import PlaceId
from storage.engine.sqlite import Sqlite
from storage.teams import conversations
from tests.conftest import Logged
from tests.pretend.adaptive_card import user_id
from tests.pretend.slack_peer import Fault
from tests.pretend.teams_peer import TENANT, UNKNOWABLE, error, limited, slow
from tests.pretend.teams_stage import INCIDENTS, TeamsStage, app, teams_stage
from tests.pretend.timed import MAIN

HELLO = Message((Title(("Hello",)),))
CHANNEL = PlaceId(f"teams:{INCIDENTS}")
BEN = f"teams:@{user_id('Ben')}"


async def outcome(stage: TeamsStage, place: PlaceId = CHANNEL, patience: float = 5.0) -> str:
    """Send something and return what came of it: the exception's name, or "sent"."""
    try:
        async with asyncio.timeout(patience):
            await stage.edge.platform.create(MAIN, place, "", HELLO)
    except (Undelivered, TimeoutError) as wrong:
        return type(wrong).__name__
    return "sent"


def test_there_are_more_than_twenty_ways_to_fail() -> None:
    assert len(UNKNOWABLE) + len(ERRORS) > 20


async def test_nobody_knows_what_became_of_a_message_whose_answer_is_lost(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        await outcome(stage)  # a connection stands
        for fault in UNKNOWABLE:
            stage.peer.plan("post", fault)
            assert await outcome(stage, patience=0.3) in ("Uncertain", "TimeoutError"), fault.name
        assert not stage.peer.planned


MEANS: dict[Sort, tuple[type[Undelivered], ...]] = {
    Sort.AGAIN: (NotAccepted,),
    Sort.RECREATE: (MessageGone,),
    Sort.LOST: (Impossible,),
    Sort.BLOCKED: (Impossible,),
    Sort.OURS: (Impossible,),
}


@pytest.mark.parametrize(("status", "code"), ERRORS)
async def test_each_error_of_the_connector_means_what_the_table_says(
    sqlite: Sqlite, status: int, code: str
) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.plan("post", *[error(status, code)] * (2 if status == 401 else 1))
        with pytest.raises(MEANS[ERRORS[status, code]]) as raised:
            await stage.edge.platform.create(MAIN, PlaceId(f"teams:{INCIDENTS}"), "", HELLO)
        assert not isinstance(raised.value, Wait)
        blocked = ERRORS[status, code] is Sort.BLOCKED
        found = stage.database.read(
            lambda tx: conversations.find(tx.within(MAIN), PlaceId(f"teams:{INCIDENTS}"))
        )
        assert found is not None and (found.blocked is not None) is blocked
        asked = len(stage.peer.calls)
        if blocked:  # and then nobody is asked again
            assert await outcome(stage) == "Impossible"
            assert len(stage.peer.calls) == asked


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 413])
async def test_a_code_that_is_not_in_the_table_is_judged_by_its_status(
    sqlite: Sqlite, status: int
) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.plan("post", error(status, "SomethingNew"))
        with pytest.raises(Impossible):
            await stage.edge.platform.create(MAIN, PlaceId(f"teams:{INCIDENTS}"), "", HELLO)


@pytest.mark.parametrize(("after", "seconds"), [("7", 7.0), (None, 30.0), ("soon", 30.0)])
async def test_a_429_is_waited_out(sqlite: Sqlite, after: str | None, seconds: float) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.plan("post", limited(after))
        with pytest.raises(Wait) as raised:
            await stage.edge.platform.create(MAIN, PlaceId(f"teams:{INCIDENTS}"), "", HELLO)
        assert (raised.value.seconds, raised.value.everywhere) == (seconds, False)


async def test_412_surely_did_not_arrive(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.plan("post", Fault("412", 412, b""))
        with pytest.raises(NotAccepted):
            await stage.edge.platform.create(MAIN, PlaceId(f"teams:{INCIDENTS}"), "", HELLO)


# --- edits -----------------------------------------------------------------------------------


async def test_an_edit_replaces_what_stands_there(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        place = f"teams:{INCIDENTS}"
        id = await stage.edge.platform.create(MAIN, PlaceId(place), "", HELLO)
        await stage.edge.platform.edit(MAIN, PlaceId(place), id, Message((Text(("Goodbye",)),)))
        assert stage.peer.sees(INCIDENTS) == ["Goodbye"]


@pytest.mark.parametrize("fault", [error(404, "ActivityNotFoundInConversation"), error(404, "x")])
async def test_a_message_that_is_gone_is_posted_anew(sqlite: Sqlite, fault: Fault) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.plan("put", fault)
        with pytest.raises(MessageGone):
            await stage.edge.platform.edit(
                MAIN, PlaceId(f"teams:{INCIDENTS}"), f"{INCIDENTS}|1", HELLO
            )


# --- our token ---------------------------------------------------------------------------------


async def test_sixty_at_once_ask_for_one_token_and_nobody_stops_the_others(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.tokens.clear()
        stage.edge.tokens.refused(await stage.edge.tokens.get())
        stage.peer.tokens.clear()
        stage.peer.plan("token", slow(0.1))
        turns, longest = 0, 0.0

        async def beside() -> None:
            """Count the loop's turns; the time is its own, however busy the machine is."""
            nonlocal turns, longest
            while True:
                begun = time.thread_time()
                await asyncio.sleep(0)
                turns, longest = turns + 1, max(longest, time.thread_time() - begun)

        watching = asyncio.create_task(beside())
        await asyncio.gather(
            *(
                stage.edge.platform.create(MAIN, PlaceId(f"teams:{INCIDENTS}"), "", HELLO)
                for _each in range(60)
            )
        )
        watching.cancel()
        assert len(stage.peer.tokens) == 1
        assert len(stage.peer.at(INCIDENTS)) == 60
        assert turns > 60, "while the token was asked for, other things went on"
        assert longest < 0.1, "nothing else ever waited for us for 100 ms"


async def test_a_token_is_renewed_ahead_while_the_old_one_still_serves(sqlite: Sqlite) -> None:
    moment = [0.0]
    async with teams_stage(sqlite, strict=False) as stage:
        tokens = stage.edge.tokens
        assert isinstance(tokens, teams_connector.Tokens)
        tokens._now = lambda: moment[0]
        tokens._until = float("-inf")
        first = await tokens.get()
        moment[0] = 3600 - teams_connector.AHEAD + 1
        stage.peer.plan("token", slow(0.05))
        assert await tokens.get() == first, "nobody waits"
        assert tokens._asking is not None
        await tokens._asking
        assert await tokens.get() != first


async def test_a_token_that_is_refused_is_replaced_once(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        assert await outcome(stage) == "sent"
        stage.peer.good.clear()
        assert await outcome(stage) == "sent"
        assert len(stage.peer.tokens) == 2
        stage.peer.plan("post", error(401, "Unauthorized"), error(401, "Unauthorized"))
        with pytest.raises(ShutOut):
            await stage.edge.platform.create(MAIN, PlaceId(f"teams:{INCIDENTS}"), "", HELLO)


@pytest.mark.parametrize(
    ("fault", "means"),
    [
        (Fault("page", 502, b"<html>", "text/html"), NotAccepted),
        (Fault("reset", act="reset"), NotAccepted),
        (Fault("cut", act="cut"), NotAccepted),
        (Fault("invalid", 401, b'{"error":"invalid_client"}'), ShutOut),
        (Fault("too many", 429, b"{}"), Wait),
        (Fault("empty", 200, b"{}"), NotAccepted),
        (Fault("list", 200, b"[]"), NotAccepted),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
async def test_without_a_token_nothing_is_lost(
    sqlite: Sqlite, fault: Fault, means: type[Undelivered]
) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.edge.tokens.refused(await stage.edge.tokens.get())
        stage.peer.plan("token", fault)
        with pytest.raises(means):
            await stage.edge.platform.create(MAIN, PlaceId(f"teams:{INCIDENTS}"), "", HELLO)
        assert await outcome(stage) == "sent"


async def test_a_password_that_is_not_taken_is_waited_for_and_uses_up_no_try(
    sqlite: Sqlite,
) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.edge.tokens.refused(await stage.edge.tokens.get())
        stage.peer.plan("token", Fault("ended", 401, b'{"error":"invalid_client"}'))
        with pytest.raises(Wait) as raised:
            await stage.edge.platform.create(MAIN, PlaceId(f"teams:{INCIDENTS}"), "", HELLO)
        assert (raised.value.seconds, raised.value.everywhere) == (60, True)


@pytest.mark.parametrize("lives", ["3600", None, "soon", -5])
async def test_any_lifetime_of_a_token_is_taken(sqlite: Sqlite, lives: object) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.edge.tokens.refused(await stage.edge.tokens.get())
        stage.peer.lives = lives
        assert await outcome(stage) == "sent"


async def test_a_wrong_password_is_told_at_the_start(sqlite: Sqlite) -> None:
    with pytest.raises(Refused, match="invalid_client.*MICROSOFT_APP_PASSWORD"):
        async with teams_stage(sqlite, password="wrong", strict=False):
            pytest.fail("it does not start")


async def test_our_token_is_sent_to_no_other_host(sqlite: Sqlite, logged: Logged) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.database.transact(
            lambda tx: conversations.hear(
                tx.within(MAIN),
                PlaceId(f"teams:{INCIDENTS}"),
                conversation=INCIDENTS,
                tenant=TENANT,
                service_url="https://evil.example/",
                member=None,
                now=stage.clock.now(),
            )
        )
        assert await outcome(stage) == "Impossible"


# --- opening -------------------------------------------------------------------------------------


async def test_a_personal_chat_is_opened_when_only_the_person_is_known(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        stage.database.transact(lambda tx: conversations.lose(tx.within(MAIN), PlaceId(BEN)))
        for _each in range(2):
            await stage.edge.platform.create(MAIN, PlaceId(BEN), "", HELLO)
        assert [call for call, _where in stage.peer.calls].count("open") == 1
        assert stage.peer.sees("a:ben") == ["Hello", "Hello"]


async def test_somebody_we_never_met_is_reached_by_their_object_id(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        dora = stage.peer.person("Dora")
        await stage.edge.platform.create(MAIN, PlaceId(f"teams:@{dora}"), "", HELLO)
        assert stage.peer.sees("a:dora") == ["Hello"]


async def test_a_lost_personal_chat_is_opened_anew(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.plan("post", error(404, "ConversationNotFound"))
        with pytest.raises(NotAccepted):
            await stage.edge.platform.create(MAIN, PlaceId(BEN), "", HELLO)
        assert await outcome(stage, PlaceId(BEN)) == "sent"
        assert "open" in [call for call, _where in stage.peer.calls]


async def test_opening_twice_is_no_harm(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.database.transact(lambda tx: conversations.lose(tx.within(MAIN), PlaceId(BEN)))
        stage.peer.plan("open", Fault("lost", 502, b"", accepts=True))
        with pytest.raises(NotAccepted):
            await stage.edge.platform.create(MAIN, PlaceId(BEN), "", HELLO)
        assert await outcome(stage, PlaceId(BEN)) == "sent"


async def test_nobody_is_reached_before_anybody_wrote(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, known=False, strict=False) as stage:
        assert await outcome(stage, PlaceId(BEN)) == "Impossible"
        assert await outcome(stage) == "Impossible"


# --- what is sent ----------------------------------------------------------------------------


async def test_a_card_stands_alone_and_has_words_for_notifications(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        await stage.edge.platform.create(MAIN, PlaceId(f"teams:{INCIDENTS}"), "", HELLO)
        (entry,) = stage.peer.at(INCIDENTS)
        assert entry.data.keys() == {"type", "summary", "attachments"}
        assert entry.data["summary"] == "Hello"


async def test_an_incident_s_card_is_refreshed_for_those_whom_it_names(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        await stage.client("Anna").says("incident Till is dead")
        (entry,) = stage.peer.at(INCIDENTS)
        refresh = stage.peer.now(entry)["attachments"][0]["content"]["refresh"]
        assert refresh["userIds"] == ["29:ben"]
        assert refresh["action"]["verb"] == "refresh"
        stage.peer.at("a:ben")


def test_the_registration_is_asked_for_at_its_own_tenant() -> None:
    from bot.teams.edge import _grant

    class Nowhere:
        login = "https://login.example"

    nowhere: Any = Nowhere()
    assert _grant(app(nowhere))[0] == f"https://login.example/{TENANT}/oauth2/v2.0/token"
    url, form = _grant(app(nowhere, single=False))
    assert url == "https://login.example/botframework.com/oauth2/v2.0/token"
    assert form["scope"] == "https://api.botframework.com/.default"
    assert json.dumps(form).count("peer-password") == 1


def test_what_cannot_be_sorted_may_have_arrived() -> None:
    for status in (300, 408, 418, 500, 502, 503, 504, 599):
        assert type(teams_connector.sorted_out(status, "", {})) is Uncertain
