"""Carrying to Slack: what goes wrong is told apart, so that the courier does the right thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery import pictures
from bot.delivery.platform import (
    Away,
    Impossible,
    MessageGone,
    NotAccepted,
    Uncertain,
    Undelivered,
    Unfit,
    Wait,
)
from bot.delivery.retry_after import LONGEST_PAUSE, PAUSE, retry_after
from bot.slack.installations import Installation, Installations
from bot.slack.sender import Slack
from bot.slack.web_api import ERRORS, Said, ShutOut, Sort, WebApi
from handlers.kit.messages import Chart, Message, Text, Title, line
from storage.engine import Database
from storage.engine.ids import PlaceId
from storage.engine.sqlite import Sqlite
from tests.conftest import Logged
from tests.pretend.slack_peer import BOT, TEAM, TOKEN, UNKNOWABLE, Fault, Peer, error, limited, slow
from tests.pretend.slack_stage import GENERAL, INCIDENTS, slack_stage

MEANS: dict[Sort, type[Undelivered]] = {
    Sort.AGAIN: Said,
    Sort.WAIT: Wait,
    Sort.RECREATE: MessageGone,
    Sort.ELSEWHERE: Impossible,
    Sort.TEAM: ShutOut,
    Sort.AWAY: Away,
    Sort.OURS: Unfit,
}
SAID = Message((Title(("INC-1 · Till",)), Text(("is dead",))))


CHART = Chart(("Zwölf Wochen",), ("2026-W47", "2026-W48"), ((("Störungen",), (1, 2)),))
CHARTED = Message((*SAID.parts, CHART))


class Road:
    """Our way out, and the pretend Slack at its end."""

    def __init__(self, peer: Peer, slack: Slack, parked: list[str]) -> None:
        self.peer, self.slack, self.parked = peer, slack, parked

    async def create(self) -> str:
        return await self.slack.create("main", PlaceId("slack:C1"), "parcel-1", SAID)

    async def fails(self, fault: Fault) -> Undelivered:
        """Return how a sending fails."""
        self.peer.plan("chat.postMessage", fault)
        with pytest.raises(Undelivered) as caught:
            await self.create()
        assert type(caught.value) is not Undelivered
        return caught.value


class Held(Installations):
    """The main installation alone, and why it would have been parked."""

    def __init__(self, database: Database, api: WebApi) -> None:
        super().__init__(database, api, "main", TOKEN, None)
        self.main = Installation(TEAM, "main", BOT, TOKEN)
        self.parked: list[str] = []

    async def park(self, at: Installation, reason: str) -> None:
        self.parked.append(reason)


@asynccontextmanager
async def road(patience: float = 0.3) -> AsyncIterator[Road]:
    peer = Peer()
    peer.user("UANNA", "Anna")
    peer.channel("C1", "one")
    await peer.start()
    api = WebApi(peer.url)
    await api.start(patience)
    database = Sqlite()
    held = Held(database, api)
    try:
        yield Road(peer, Slack(api, held), held.parked)
    finally:
        await api.stop()
        await peer.stop()
        database.close()


async def test_a_message_is_posted_and_edited_where_it_stands() -> None:
    async with road() as there:
        id = await there.create()
        assert id.startswith("C1|")
        await there.slack.edit("main", PlaceId("slack:C1"), id, line(("works again",)))
        assert there.peer.sees("C1") == ["works again"]
        direct = await there.slack.create("main", PlaceId("slack:@UANNA"), "p2", SAID)
        assert direct.startswith("DANNA|"), "Slack says where a direct message stands"
        await there.slack.edit("main", PlaceId("slack:@UANNA"), direct, line(("done",)))
        assert there.peer.sees("DANNA") == ["done"]
        for _method, data in there.peer.calls:
            assert (data["parse"], data["link_names"]) == ("none", False)
            assert (data["unfurl_links"], data["unfurl_media"]) == (False, False)


async def test_a_chart_is_shared_as_a_picture_in_the_thread() -> None:
    async with road(5) as there:
        id = await there.slack.create("main", PlaceId("slack:C1"), "p1", CHARTED)
        (file,) = there.peer.files.values()
        assert file.content.startswith(b"\x89PNG") and file.alt == "Zwölf Wochen"
        assert file.shared == tuple(id.split("|"))
        direct = await there.slack.create("main", PlaceId("slack:@UANNA"), "p2", CHARTED)
        assert [each.shared for each in there.peer.files.values()][1] == tuple(direct.split("|"))
        assert not there.peer.refusals and not there.parked


@pytest.mark.parametrize("trouble", ["scope", "upload", "answer", "extra"])
async def test_a_picture_that_cannot_be_shared_keeps_no_message_from_arriving(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with road(5) as there:
        if trouble == "scope":
            there.peer.granted.clear()
        if trouble == "upload":
            there.peer.plan("upload", Fault("500", status=500))
        if trouble == "answer":
            there.peer.plan("files.completeUploadExternal", error("internal_error"))
        if trouble == "extra":
            monkeypatch.setattr(pictures, "png", lambda *_chart, **_look: None)
        assert (await there.slack.create("main", PlaceId("slack:C1"), "p1", CHARTED)).startswith(
            "C1|"
        )
        assert len(there.peer.sees("C1")) == 1 and not there.parked
        shared = [each for each in there.peer.files.values() if each.shared != ("", "")]
        assert shared == []


async def test_every_code_of_the_table_means_what_it_says() -> None:
    async with road() as there:
        for code, sort in ERRORS.items():
            failed = await there.fails(error(code))
            assert type(failed) is MEANS[sort], code
            assert code in str(failed)
        assert there.peer.ledger == []
        assert there.parked == [code for code, sort in ERRORS.items() if sort is Sort.TEAM]


async def test_a_code_nobody_knows_was_not_accepted() -> None:
    async with road() as there:
        assert type(await there.fails(error("brand_new_error"))) is Said
        assert there.parked == []


async def test_what_may_have_arrived_is_uncertain() -> None:
    async with road() as there:
        for fault in UNKNOWABLE:
            before = len(there.peer.ledger)
            failed = await there.fails(fault)
            assert type(failed) is Uncertain, fault.name
            assert len(there.peer.ledger) == before + fault.accepts, fault.name
        assert len(UNKNOWABLE) + len(ERRORS) >= 25


async def test_an_edit_fails_as_a_post_does() -> None:
    async with road() as there:
        id = await there.create()
        for fault, kind in (
            (UNKNOWABLE[0], Uncertain),
            (error("message_not_found"), MessageGone),
            (error("cant_update_message"), MessageGone),
            (limited("3"), Wait),
        ):
            there.peer.plan("chat.update", fault)
            with pytest.raises(kind):
                await there.slack.edit("main", PlaceId("slack:C1"), id, SAID)
        with pytest.raises(MessageGone):
            await there.slack.edit("main", PlaceId("slack:C1"), "C1|1.1", SAID)


async def test_slow_is_not_wrong() -> None:
    async with road(patience=5) as there:
        there.peer.plan("chat.postMessage", slow(0.2))
        await there.create()
        assert len(there.peer.at("C1")) == 1


async def test_a_refused_connection_surely_did_not_arrive() -> None:
    async with road() as there:
        await there.peer.stop()
        with pytest.raises(NotAccepted) as caught:
            await there.create()
        assert not isinstance(caught.value, Wait)


PAUSES = {
    "7": 7.0,
    "0": 1.0,
    "1.5": 1.5,
    "3600": 3600.0,
    "99999999": LONGEST_PAUSE,
    "-5": PAUSE,
    "soon": PAUSE,
    "": PAUSE,
    "nan": PAUSE,
    "inf": LONGEST_PAUSE,
    None: PAUSE,
    formatdate(1_000, usegmt=True): PAUSE,
}


async def test_every_form_of_retry_after_is_a_pause() -> None:
    async with road() as there:
        for form, seconds in PAUSES.items():
            failed = await there.fails(limited(form))
            assert isinstance(failed, Wait)
            assert failed.seconds == seconds, form
        page = Fault("429 page", 429, b"<html>", "text/html", (("Retry-After", "9"),))
        failed = await there.fails(page)
        assert isinstance(failed, Wait) and failed.seconds == 9.0
        assert there.peer.ledger == []


def test_a_date_is_a_pause_until_then() -> None:
    assert retry_after({"Retry-After": formatdate(1_060, usegmt=True)}, lambda: 1_000.0) == 60.0
    assert retry_after({"RETRY-AFTER": ["8"]}) == 8.0


@given(st.text() | st.floats().map(str) | st.integers().map(str) | st.just(None))
def test_any_retry_after_is_a_pause_that_ends(form: str | None) -> None:
    headers = {} if form is None else {"Retry-After": form}
    assert 1.0 <= retry_after(headers) <= LONGEST_PAUSE


# --- with the courier ----------------------------------------------------------------------------


async def test_an_alarm_whose_outcome_is_unknown_goes_out_twice_at_most(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        lost = next(each for each in UNKNOWABLE if each.accepts and each.status == 502)
        stage.peer.plan("chat.postMessage", lost, lost, lost)
        await stage.client("anna").types("/incident Till is dead")
        await stage.wind(minutes=1)
        alarms = stage.peer.sees("DBEN")
        assert alarms.count(alarms[0]) == 2, "the same alarm twice and no more"
        assert len(stage.peer.at(INCIDENTS)) == 1, "a card once, whatever changes"
        await stage.wind(minutes=20)
        assert stage.peer.sees("DCARLA") and stage.peer.sees("DCHRIS")


async def test_a_pause_is_kept_and_what_waited_goes_out_then(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite) as stage:
        stage.peer.plan("chat.postMessage", limited("40"), limited("40"))
        await stage.client("anna").types("/incident Till is dead")
        assert stage.peer.at("DBEN") == []
        posted = len([m for m, _data in stage.peer.calls if m == "chat.postMessage"])
        await stage.wind(minutes=0.6)
        assert len([m for m, _d in stage.peer.calls if m == "chat.postMessage"]) == posted
        await stage.wind(minutes=0.2)
        assert len(stage.peer.sees("DBEN")) == len(stage.peer.sees(INCIDENTS)) == 1


async def test_a_deleted_card_is_posted_anew(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite) as stage:
        await stage.client("anna").types("/incident Till is dead")
        [card] = stage.peer.at(INCIDENTS)
        stage.peer.ledger.remove(card)
        await stage.client("ben").press(calls="ack")
        assert "Ben has been looking after it" in stage.peer.sees(INCIDENTS)[0]
        assert stage.peer.refusals.pop().startswith("chat.update: message_not_found")
        assert stage.peer.sees("DBEN") and stage.peer.sees("DANNA")


async def test_where_we_are_not_let_in_a_card_is_given_up_and_the_alarm_goes_on(
    sqlite: Sqlite,
) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.channel("COUT", "outside", bot=False)
        said = await stage.client("anna").types("/incident Till is dead", at="COUT")
        assert "INC-1 is declared." in said
        assert len(stage.peer.sees("DBEN")) == len(stage.peer.sees(INCIDENTS)) == 1
        assert stage.peer.refusals == ["chat.postMessage: not_in_channel: COUT"]
        await stage.client("ben").press(calls="ack")
        assert stage.peer.sees("DBEN") and stage.peer.sees(INCIDENTS)
        assert len(stage.peer.refusals) == 1, "it is not tried for ever"


async def test_a_press_where_we_are_not_is_answered_directly(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite) as stage:
        anna = stage.client("anna")
        stage.peer.channel("COUT", "outside", bot=False)
        message = {"ts": "1.1", "text": "hm"}
        stage.peer.plan("views.open", error("expired_trigger_id"))
        assert "[Open the form]" in await anna.shortcut("report_message", message, at="COUT")
        assert [each.where for each in anna.heard] == ["DANNA"]
        assert stage.peer.refusals.pop().startswith("chat.postEphemeral: not_in_channel")


async def test_a_refused_token_parks_the_workspace_until_it_works_again(
    sqlite: Sqlite, logged: Logged
) -> None:
    async with slack_stage(sqlite, knock=0.02) as stage:
        stage.peer.token = "xoxb-another"
        await stage.client("anna").types("/incident Till is dead", at=GENERAL)
        logged.take("Slack shut us out (invalid_auth)")
        state = "select shut_out from workspaces where id = :workspace"
        assert stage.rows(state) == [{"shut_out": "slack"}]
        assert stage.peer.ledger and {each.kind for each in stage.peer.ledger} == {"answer"}
        await asyncio.sleep(0.1)
        assert stage.rows(state) == [{"shut_out": "slack"}]
        stage.peer.token = TOKEN
        async with asyncio.timeout(5):
            while stage.rows(state) != [{"shut_out": None}]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        stage.peer.refusals.clear()
        await stage.wind(minutes=2)
        for place in ("DBEN", INCIDENTS, GENERAL):
            assert len(stage.peer.sees(place)) == 1


@pytest.mark.parametrize(
    ("event", "parks"),
    [
        ({"type": "app_uninstalled"}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["UBOT"]}}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["UANNA"], "bot": []}}, False),
    ],
)
async def test_an_uninstalled_app_keeps_its_messages_to_itself(
    sqlite: Sqlite, logged: Logged, event: dict[str, object], parks: bool
) -> None:
    async with slack_stage(sqlite) as stage:
        for _twice in range(2):
            got = await stage.peer.deliver("events_api", stage.peer.event(event))
            assert got.status == 200
        await stage.client("anna").types("/incident Till is dead")
        state = stage.rows("select shut_out from workspaces where id = :workspace")
        assert state == [{"shut_out": "slack" if parks else None}]
        assert bool(stage.peer.sees("DBEN")) is not parks
        assert bool(stage.peer.sees(INCIDENTS)) is not parks
        logged.records.clear()
