"""Teams: what people do there, and what they see then."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import Future
from typing import Any

import pytest

from bot.delivery.platform import Uncertain
from storage import people
from storage.delivery import places
from storage.engine import Unavailable
from storage.engine.ids import PlaceId
from storage.engine.sqlite import Sqlite
from storage.teams import conversations
from tests.conftest import Logged
from tests.pretend.adaptive_card import user_id
from tests.pretend.card_text import card_text, text_of
from tests.pretend.teams_peer import BOT, TENANT, Peer, error
from tests.pretend.teams_person import Client, mention
from tests.pretend.teams_stage import GENERAL, GROUP, INCIDENTS, TeamsStage, teams_stage
from tests.pretend.timed import MAIN

DEAD = "incident Till is dead"


def looked_at(stage: TeamsStage, *rooms: str) -> None:
    """Look at what everybody got, so that only the rest is left over."""
    for each in rooms or stage.peer.rooms:
        stage.peer.at(each)


# --- saying ----------------------------------------------------------------------------------


async def test_a_line_in_the_personal_chat_is_answered_there(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        said = await stage.client("Anna").says(DEAD)
        assert said.startswith("INC-1 is declared")
        assert [each.startswith("INC-1") for each in stage.peer.sees(INCIDENTS)] == [True]
        assert "Till is dead" in stage.peer.sees("a:ben")[0]


async def test_a_mention_in_the_thread_of_a_card_is_about_its_incident(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        for town in ("Cologne", "Bonn"):
            await stage.client("Anna").says(f"incident Till in {town} is dead")
        cards = [each for each in stage.peer.at(INCIDENTS) if each.kind == "post"]
        said = await stage.client("Ben").says("annehmen", INCIDENTS, thread=cards[1].id)
        assert said.startswith("Du kümmerst dich jetzt um INC-2.")
        first, second = stage.peer.sees(INCIDENTS)[:2]
        assert "Waiting for Ben" in first and "Ben has been looking after it" in second
        looked_at(stage)


@pytest.mark.parametrize("room", [GENERAL, GROUP])
async def test_a_mention_is_answered_privately_and_the_room_only_told_so(
    sqlite: Sqlite, room: str
) -> None:
    async with teams_stage(sqlite) as stage:
        anna = stage.client("Anna")
        said = await anna.says(DEAD, room)
        assert said.startswith("INC-1 is declared")
        told = next(each for each in stage.peer.at(room) if "attachments" not in each.data)
        assert text_of(told.data) == "The answer is in your personal chat with me."
        assert bool(told.thread) is (room == GENERAL), "in the thread, where there are threads"
        cards = [each for each in stage.peer.at(room) if "attachments" in each.data]
        assert [each.thread for each in cards] == [""]
        looked_at(stage)


async def test_without_a_personal_chat_nothing_private_is_said_in_the_room(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        stage.peer.personal("29:anna").bot = False
        stage.database.transact(
            lambda tx: conversations.lose(tx.within(MAIN), PlaceId(f"teams:@{user_id('Anna')}"))
        )
        assert await stage.client("Anna").says("status", GENERAL) == ""
        assert stage.peer.sees(GENERAL) == [
            "Please open a personal chat with me: there I can answer you privately."
        ]
        assert stage.peer.refusals == ["open: 403 BotNotInConversationRoster"]
        stage.peer.refusals.clear()


async def test_what_does_not_mention_us_is_not_for_us(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        anna = stage.client("Anna")
        activity = stage.peer.activity("message", "29:anna", GENERAL, text="incident x")
        assert await anna.does(activity) == ""
        ben = [mention("Ben", "29:ben")]
        activity = stage.peer.activity(
            "message", "29:anna", GENERAL, text="<at>Ben</at> help", entities=ben
        )
        assert await anna.does(activity) == ""
        assert stage.count("deliveries") == 0


TEXTS = {
    "<at>Lotse</at> incident Ökogürtel’s  „Zoë“ don't": "Ökogürtel’s  „Zoë“ don't",
    "<at>Lotse</at>&nbsp;incident&nbsp;Till": "Till",
    "<at>Lotse</at>\u00a0incident Till\n": "Till",
    "  <at>Lotse</at>, incident a &lt;b&gt; &amp; c": "a <b> & c",
    "<at>Lotse</at>: incident &copy; &eacute;": "&copy; &eacute;",
    "incident TILL <at>Lotse</at>": "TILL",
    "<at>Lotse</at> incident tell <at>Lotse</at> too": "tell @Lotse too",
    '<at id="0">Lotse</at> incident Till': "Till",
}


@pytest.mark.parametrize("text", TEXTS)
async def test_the_title_is_exactly_what_was_typed(sqlite: Sqlite, text: str) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        marks = ['<at id="0">Lotse</at>'] if "id=" in text else ["<at>Lotse</at>"] * 2
        entities = [{**mention("Lotse", BOT), "text": each} for each in marks]
        activity = stage.peer.activity(
            "message", "29:anna", GENERAL, text=text, textFormat="plain", entities=entities
        )
        await stage.client("Anna").does(activity)
        assert stage.rows("select title from incidents where workspace = :workspace") == [
            {"title": TEXTS[text]}
        ]


async def test_half_a_character_anywhere_hinders_nothing(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        activity = stage.peer.activity("message", "29:anna", "a:anna", text="incident Till \ud83d")
        activity["id"] += "\ud800"
        activity["from"]["name"] = "Anna \udfff"
        await stage.client("Anna").does(activity)
        assert stage.rows("select title from incidents where workspace = :workspace") == [
            {"title": "Till ?"}
        ]


async def test_html_becomes_its_words(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        text = "<div><p>incident The <b>till</b> &amp;<br>the light</p></div>"
        await stage.client("Anna").says(text, textFormat="xml")
        (row,) = stage.rows("select title from incidents where workspace = :workspace")
        assert row["title"] in ("The till &", "The till & the light")


async def test_a_mentioned_person_is_recognised_also_when_we_never_met(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        dora = stage.peer.person("Dora Diaz")
        stage.peer.rooms[GENERAL].members.add("29:dora diaz")
        chris = stage.client("Chris")
        await chris.says(DEAD)
        await chris.says(
            "assign 1 <at>Dora Diaz</at>", GENERAL,
            entities=[mention("Dora Diaz", "29:dora diaz")],
        )  # fmt: skip
        (row,) = stage.rows("select proposed_to from incidents where workspace = :workspace")
        assert row["proposed_to"] == dora
        assert any("Till is dead" in each for each in stage.peer.sees("a:dora diaz"))


async def test_edits_deletions_and_reactions_run_nothing(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        anna = stage.client("Anna")
        unheard: tuple[tuple[str, dict[str, Any]], ...] = (
            ("messageUpdate", {"channelData": {"eventType": "editMessage"}}),
            ("messageUpdate", {"channelData": {"eventType": "undeleteMessage"}}),
            ("messageDelete", {"channelData": {"eventType": "softDeleteMessage"}}),
            ("messageReaction", {"reactionsAdded": [{"type": "like"}]}),
            ("typing", {}),
            ("event", {"name": "application/vnd.microsoft.readReceipt"}),
            ("endOfConversation", {}),
            ("somethingNew", {}),
        )
        for type, more in unheard:
            tenant = {"tenant": {"id": TENANT}}
            more = {**more, "channelData": {**tenant, **more.get("channelData", {})}}
            activity = stage.peer.activity(type, "29:anna", text=DEAD, **more)
            got = await stage.peer.deliver(activity)
            assert (got.status, got.body) == (200, ""), type
        await anna.settle()
        assert stage.count("deliveries") == 0


async def test_a_form_opens_by_a_button_because_a_message_opens_none(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        anna = stage.client("Anna")
        said = await anna.says("friction")
        assert said.endswith("[Open the form]")
        form = await anna.press("Open the form")
        assert "[" in form.splitlines()[-1]
        said = await anna.fill(sentence="Three systems for one date")
        assert "Three systems for one date" in said
        assert stage.count("friction") == 1


async def test_an_error_stands_in_the_dialog_and_nothing_typed_is_lost(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        chris = stage.client("Chris")
        await chris.says("service new")
        await chris.press("Open the form")
        said = await chris.fill(name="Label printer", accountable=user_id("Nobody"))
        assert "Label printer" in said
        carla = user_id("Carla")
        said = await chris.fill(accountable=carla, deputy=user_id("Ben"))
        (row,) = stage.rows(
            "select accountable from services where workspace = :workspace and name = :name",
            name="Label printer",
        )
        assert row["accountable"] == carla
        looked_at(stage)


# --- pressing --------------------------------------------------------------------------------


async def test_a_button_is_answered_in_the_card_itself(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        await stage.client("Anna").says(DEAD)
        ben = stage.client("Ben")
        entry, _button = ben.find("", "ack", "Till is dead")
        assert entry is not None
        said = await ben.press(calls="ack", about="Till is dead")
        assert "INC-1" in said
        assert ben.last is not None
        body = ben.last.body
        assert body["type"] == "application/vnd.microsoft.card.adaptive"
        now = text_of(stage.peer.now(entry))
        assert card_text(body["value"]).endswith(now), "the card as it stands now"
        looked_at(stage)


async def test_an_older_client_s_button_comes_as_a_message(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        await stage.client("Anna").says(DEAD)
        ben = stage.client("Ben")
        _entry, button = ben.find("", "ack", "Till is dead")
        activity = stage.peer.activity("message", "29:ben", value=button["fallback"]["data"])
        assert "INC-1" in await ben.does(activity)
        looked_at(stage)


@pytest.mark.parametrize("value", [{}, {"call": 5}, {"call": {"word": 1}}, {"x": "y"}, [], "x"])
async def test_a_button_that_is_not_ours_does_nothing(sqlite: Sqlite, value: Any) -> None:
    async with teams_stage(sqlite) as stage:
        for name, sent in (
            ("adaptiveCard/action", {"action": {"verb": "x", "data": value}}),
            ("task/fetch", {"data": value}),
            ("task/submit", {"data": value}),
        ):
            activity = stage.peer.activity("invoke", "29:anna", name=name, value=sent)
            assert (await stage.peer.deliver(activity)).status == 400
        assert stage.count("deliveries") == 0


async def test_an_invoke_that_we_do_not_know_is_said_to_be_unknown(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        for name in ("signin/verifyState", "composeExtension/queryLink", None, "x"):
            activity = stage.peer.activity("invoke", "29:anna", name=name, value={})
            assert (await stage.peer.deliver(activity)).status == 501
        value = {"commandId": "nothing of ours"}
        activity = stage.peer.activity(
            "invoke", "29:anna", name="composeExtension/fetchTask", value=value
        )
        assert (await stage.peer.deliver(activity)).status == 501


async def test_a_view_of_one_s_own_is_read_only_and_in_one_s_own_language(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        await stage.client("Anna").says(DEAD)
        looked_at(stage)
        rows = {each: stage.count(each) for each in ("deliveries", "audit", "outbox", "timeline")}
        (entry,) = stage.peer.at(INCIDENTS)
        refresh = stage.peer.now(entry)["attachments"][0]["content"]["refresh"]["action"]
        for trigger in ("automatic", "manual"):
            activity = stage.peer.activity(
                "invoke", "29:ben", INCIDENTS, name="adaptiveCard/action", replyToId=entry.id,
                value={"action": refresh, "trigger": trigger},
            )  # fmt: skip
            got = await stage.peer.deliver(activity)
            assert "Zuständig" in card_text(got.body["value"]), "Ben reads German"
        assert rows == {each: stage.count(each) for each in rows}


# --- twice -----------------------------------------------------------------------------------


async def test_the_same_message_twice_is_one_effect_and_one_answer(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        anna = stage.client("Anna")
        activity = anna.message(DEAD)
        got = await asyncio.gather(*(stage.peer.deliver(activity) for _each in range(5)))
        assert {each.status for each in got} == {200}
        await anna.settle()
        assert stage.count("incidents") == 1
        assert len(stage.peer.at(anna.chat)) == 1
        await anna.carry()
        looked_at(stage)


async def test_the_same_words_again_are_a_new_message(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        assert "INC-1 is declared." in await stage.client("Anna").says(DEAD)
        assert "INC-1 is declared already" in await stage.client("Anna").says(DEAD)
        assert stage.count("incidents") == 1


async def test_a_press_under_new_ids_is_one_effect(sqlite: Sqlite) -> None:
    """As botbuilder-dotnet#5005 saw it: twice with the same id, twice with a new one."""
    async with teams_stage(sqlite, strict=False) as stage:
        await stage.client("Anna").says(DEAD)
        ben = stage.client("Ben")
        entry, button = ben.find("", "serious", "Till is dead")
        first = ben.pressing(entry, button)
        answers = []
        for each in (first, first, {**first, "id": "new"}, {**first, "id": "new"}):
            answers.append((await stage.peer.deliver(each)).body)
            stage.clock.wind(stage.clock.now() + (stage.clock.now() - stage.clock.now()))
        assert all(each == answers[0] for each in answers)
        done = stage.rows(
            "select count(*) as n from audit where workspace = :workspace and command = 'serious'"
        )
        assert done == [{"n": 1}]


async def test_a_form_sent_under_a_new_id_is_one_effect(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        anna = stage.client("Anna")
        await anna.says("friction")
        await anna.press("Open the form")
        sent = anna.submission(sentence="Three systems for one date")
        for id in ("a", "a", "b", "c"):
            assert (await stage.peer.deliver({**sent, "id": id})).status == 200
        assert stage.count("friction") == 1
        other = {**sent, "id": "d", "value": json.loads(json.dumps(sent["value"]))}
        other["value"]["data"]["in.sentence"] = "Another one"
        await stage.peer.deliver(other)
        assert stage.count("friction") == 2, "other words are another thing"


async def test_the_same_press_much_later_counts_again(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        anna = stage.client("Anna")
        await anna.says("friction")
        await anna.press("Open the form")
        sent = anna.submission(sentence="Three systems for one date")
        await stage.peer.deliver(sent)
        await stage.wind(minutes=3)
        await stage.peer.deliver({**sent, "id": "later"})
        assert stage.count("friction") == 2


async def test_back_and_forth_is_no_repetition(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        await stage.client("Ben").says(DEAD)
        ben = stage.client("Ben")
        entry, button = ben.find("", "serious", "Till is dead")
        for n, word in enumerate(("serious", "normal", "serious")):
            call = {"call": {"word": word, "args": {"number": "1"}}}
            press = ben.pressing(entry, {**button, "verb": word, "data": call})
            await stage.peer.deliver({**press, "id": f"press-{n}"})
        (row,) = stage.rows("select severity from incidents where workspace = :workspace")
        assert row["severity"] == "serious"


async def test_what_was_refused_may_be_pressed_again(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        await stage.client("Chris").says(DEAD)
        anna = stage.client("Anna")
        entry, button = anna.find("", "ack", "Till is dead")
        first = anna.pressing(entry, button)
        await stage.peer.deliver(first)
        (row,) = stage.rows("select acknowledged_by from incidents where workspace = :workspace")
        assert row["acknowledged_by"] is None
        await stage.client("Chris").says("assign 1 Anna")
        await stage.peer.deliver({**first, "id": "again"})
        (row,) = stage.rows("select acknowledged_by from incidents where workspace = :workspace")
        assert row["acknowledged_by"] == user_id("Anna")


# --- who ------------------------------------------------------------------------------------------


async def test_a_first_message_waits_for_the_roster_where_it_has_to(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, known=False) as stage:
        stage.peer.people["29:anna"]["userRole"] = "user"
        said = await stage.client("Anna").says("status")
        assert "I do not know yet" not in said and said
        (row,) = stage.rows("select kind, language, name from people where workspace = :workspace")
        assert row == {"kind": "member", "language": "en", "name": "Anna"}


@pytest.mark.parametrize(
    "flags",
    [
        {"userRole": "guest"},
        {"userRole": "anonymous"},
        {"userPrincipalName": "anna_other.example#EXT#@example.onmicrosoft.com"},
        {"tenantId": "7e4a0000-0000-4000-8000-0000000000ff"},
    ],
)
async def test_guests_and_strangers_have_no_rights(sqlite: Sqlite, flags: dict[str, str]) -> None:
    async with teams_stage(sqlite, known=False) as stage:
        stage.peer.people["29:anna"] |= flags
        anna = stage.client("Anna")
        await anna.says("help")
        for words in ("status", DEAD):
            assert "only for people of this company" in await anna.says(words)
        assert stage.count("incidents") == 0


async def test_somebody_without_an_object_id_is_a_stranger(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, known=False) as stage:
        stage.peer.people["29:anna"]["aadObjectId"] = ""
        await stage.client("Anna").says(DEAD)
        assert stage.count("incidents") == 0
        looked_at(stage)


async def test_another_bot_is_not_listened_to(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        activity = stage.client("Anna").message(DEAD)
        activity["from"]["role"] = "bot"
        assert (await stage.peer.deliver(activity)).status == 200
        assert stage.count("deliveries") == 0


# --- coming and going ---------------------------------------------------------------------------


def installed(peer: Peer, action: str, at: str = "", who: str = "29:anna") -> dict[str, Any]:
    return peer.activity("installationUpdate", who, at, action=action)


async def test_an_installation_is_welcomed_once_and_told_how_to_stop_it(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, known=False) as stage:
        for at, begin in ((GENERAL, "Mention me"), ("", "Type “help”")):
            await stage.peer.deliver(installed(stage.peer, "add", at))
            added = [{"id": BOT}]
            update = stage.peer.activity("conversationUpdate", "29:anna", at, membersAdded=added)
            await stage.peer.deliver(update)
            await stage.carry()
            (said,) = stage.peer.sees(at or "a:anna")
            assert said.splitlines()[0] in ("Hello, I am Lotse", "Hallo, ich bin Lotse")
            assert begin in said and "remove the app Lotse here" in said
        looked_at(stage)


async def test_who_installs_it_first_may_become_the_manager(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, known=False) as stage:
        await stage.peer.deliver(installed(stage.peer, "add", GENERAL))
        await stage.carry()
        assert "[Manage Lotse]" in await stage.client("Anna").says("settings")
        assert "[Manage Lotse]" not in await stage.client("Ben").says("settings")
        await stage.client("Anna").press("Manage Lotse")
        await stage.peer.deliver(installed(stage.peer, "add", GROUP, "29:ben"))
        await stage.carry()
        assert stage.rows("select name from people where workspace = :workspace and admin = 1") == [
            {"name": "Anna"}
        ]
        looked_at(stage)


async def test_a_channel_is_chosen_where_the_settings_are_typed(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        chris = stage.client("Chris")
        said = await chris.says("settings", GENERAL)
        assert "#general" in said
        chosen = chris.find("", "settings place", "#general")
        assert chosen[0] is not None
        looked_at(stage)


async def test_a_removed_bot_goes_to_the_next_target_and_comes_back(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        ben = f"teams:@{user_id('Ben')}"
        await stage.peer.deliver(installed(stage.peer, "remove", who="29:ben"))
        stage.peer.personal("29:ben").bot = False
        await stage.client("Anna").says(DEAD)
        await stage.carry()
        assert stage.peer.sees("a:ben") == []
        assert "Till is dead" in stage.peer.sees("a:carla")[0], "the deputy is asked at once"
        stuck = stage.rows(
            "select reason from outbox where workspace = :workspace and state = 'parked'"
            " and place = :place", place=ben,
        )  # fmt: skip
        assert stuck and stuck[0]["reason"] == "Lotse was removed there"
        stage.peer.personal("29:ben").bot = True
        await stage.peer.deliver(installed(stage.peer, "add", who="29:ben"))
        await stage.carry()
        assert any("Till is dead" in each for each in stage.peer.sees("a:ben"))


async def test_what_is_settled_meanwhile_is_not_sent_later(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.rooms["a:ben"].code = "403 ConversationBlockedByUser"
        await stage.client("Anna").says(DEAD)
        await stage.carry()
        await stage.client("Carla").press(calls="ack", about="Till is dead")
        stage.peer.rooms["a:ben"].code = ""
        await stage.client("Ben").says("help")
        alarms = [each for each in stage.peer.sees("a:ben") if "I'll look after" in each]
        assert alarms == [], "nobody is alarmed about what somebody looks after already"


async def test_a_message_opens_a_blocked_chat_again(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.rooms["a:ben"].code = "403 ConversationBlockedByUser"
        await stage.client("Anna").says(DEAD)
        await stage.carry()
        stage.peer.rooms["a:ben"].code = ""
        asked = len(stage.peer.calls)
        await stage.carry()
        assert ("post", "a:ben") not in stage.peer.calls[asked:], "nobody knocks meanwhile"
        await stage.client("Ben").says("help")
        assert any("Till is dead" in each for each in stage.peer.sees("a:ben"))


async def moves(stage: TeamsStage, how: str, who: str = "Ben") -> bool:
    """Let Teams tell of somebody coming to or leaving a channel; return whether they are here."""
    member = {"id": f"29:{who.lower()}", "aadObjectId": user_id(who)}
    update = stage.peer.activity("conversationUpdate", "29:anna", GENERAL, **{how: [member]})
    assert (await stage.peer.deliver(update)).status == 200
    await stage.carry()
    (row,) = stage.rows(
        "select active from people where workspace = :workspace and name = :who", who=who
    )
    return bool(row["active"])


def leaves(stage: TeamsStage, *rooms: str, who: str = "29:ben") -> None:
    """Take somebody out of some rooms' rosters, or of all."""
    for each in rooms or tuple(stage.peer.rooms):
        stage.peer.rooms[each].members.discard(who)


async def test_who_left_every_place_is_passed_over_until_they_are_back(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        await stage.client("Anna").says(DEAD)
        leaves(stage)
        assert not await moves(stage, "membersRemoved")
        assert "No longer active: Ben." in "\n".join(stage.peer.sees("a:chris"))
        (row,) = stage.rows("select responsible from incidents where workspace = :workspace")
        assert row["responsible"] == user_id("Carla"), "what Ben looked after is handed on"
        assert await moves(stage, "membersAdded")
        looked_at(stage)


@pytest.mark.parametrize("still_in", [INCIDENTS, "a:ben"])
async def test_who_leaves_one_place_and_is_in_another_is_still_here(
    sqlite: Sqlite, still_in: str
) -> None:
    async with teams_stage(sqlite) as stage:
        leaves(stage)
        stage.peer.rooms[still_in].members.add("29:ben")
        assert await moves(stage, "membersRemoved")
        assert not stage.peer.ledger, "nobody is told anything"


async def test_while_a_roster_cannot_tell_nobody_is_gone(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        leaves(stage)
        stage.peer.plan("member", error(500, "x"))
        assert await moves(stage, "membersRemoved")
        stage.peer.rooms["a:ben"].code = "403 ConversationBlockedByUser"
        assert not await moves(stage, "membersRemoved"), "where we are not let in, nobody is"
        looked_at(stage)


async def test_who_turns_out_to_be_back_gets_their_things_back(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        kept = {name: set(room.members) for name, room in stage.peer.rooms.items()}
        leaves(stage)
        assert not await moves(stage, "membersRemoved")
        assert "No longer active: Ben." in stage.peer.sees("a:chris")[0]
        for name, members in kept.items():
            stage.peer.rooms[name].members = members
        await stage.client("Ben").says("help")
        await stage.carry()
        assert "No longer active: Ben." not in stage.peer.sees("a:chris")[0]
        looked_at(stage)


async def test_what_could_not_be_stored_is_said_at_once(
    sqlite: Sqlite, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_work: Any, **_how: Any) -> Future[Any]:
        failed: Future[Any] = Future()
        failed.set_exception(Unavailable("the disk is full"))
        return failed

    async with teams_stage(sqlite, known=False, strict=False) as stage:
        anna = stage.client("Anna")
        await anna.says("help")
        before = stage.rows("select * from conversations where workspace = :workspace")
        await anna.says("friction")
        await anna.press("Open the form")
        form = anna.submission(sentence="Three systems for one date")
        with monkeypatch.context() as trouble:
            trouble.setattr(stage.database, "submit", broken)
            assert (await stage.peer.deliver(anna.message(DEAD))).status == 200
            assert "Till is dead" in stage.peer.sees(anna.chat)[-1]
            assert (await stage.peer.deliver(anna.message(DEAD, GROUP))).status == 200
            told = [text_of(each.data) for each in stage.peer.at(GROUP)]
            assert "not stored" in told[0] and "Till is dead" not in told[0]
            got = await stage.peer.deliver(form)
            assert "Three systems for one date" in json.dumps(got.body)
            stage.peer.plan("post", error(500, "x"))
            assert (await stage.peer.deliver(anna.message(DEAD))).status == 503
            await anna.settle()
        assert before == stage.rows("select * from conversations where workspace = :workspace")
        assert stage.count("incidents") == stage.count("friction") == 0
        logged.records.clear()


async def test_a_card_from_another_chat_does_not_become_our_personal_chat(sqlite: Sqlite) -> None:
    """A chat between two people is personal, too, and we are not in it."""
    async with teams_stage(sqlite) as stage:
        anna = stage.client("Anna")
        before = stage.rows("select * from conversations where workspace = :workspace")
        foreign = stage.peer.activity(
            "invoke", "29:anna", name="composeExtension/fetchTask", value={"commandId": "note"}
        )
        foreign["conversation"]["id"] = "19:anna_ben@unq.gbl.spaces"
        assert "task" in (await stage.peer.deliver(foreign)).body
        await anna.settle()
        assert before == stage.rows("select * from conversations where workspace = :workspace")


# --- extensions ---------------------------------------------------------------------------------


async def test_a_message_becomes_an_incident_friction_or_part_of_one(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        anna = stage.client("Anna")
        html = "<p>The till &amp; the <b>light</b></p>"
        assert "The till & the light" in await anna.extension("report_message", html, GENERAL)
        assert "INC-1" in await anna.fill()
        before = len(stage.peer.sees(GENERAL))
        assert "The till & the light" in await anna.extension("note_message", html, GENERAL)
        assert "Noted. Thank you." in await anna.fill()
        kept = stage.rows("select sentence from friction where workspace = :workspace")
        assert kept == [{"sentence": "The till & the light"}]
        assert len(stage.peer.sees(GENERAL)) == before, "only its reporter reads of it (C02)"
        await anna.extension("belongs_message", html, GENERAL)
        assert anna.dialog is not None
        assert await anna.extension("report")
        assert await anna.extension("note")
        looked_at(stage)


async def test_open_incidents_are_found_from_the_compose_box(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        anna = stage.client("Anna")
        await anna.says(DEAD)
        await anna.says("incident The light flickers")
        assert len(await anna.search("")) == 2
        assert "Till is dead" in (await anna.search("TILL"))[0]
        assert "flickers" in (await anna.search("INC-2"))[0]
        assert await anna.search("Ökogürtel") == ["I found nothing that fits."]
        looked_at(stage)


async def test_everything_that_says_it_is_found_from_the_compose_box(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        anna = stage.client("Anna")
        await anna.says("incident Etikettendrucker jams")
        found = await anna.search("label printer")
        assert any("Etikettendrucker jams" in each for each in found), "in other words, too"
        assert any("accountable" in each for each in found), "the service"
        await anna.says("friction Label printer queue is checked by hand every morning")
        again = await anna.search("printer queue morning")
        assert not any("by hand every morning" in each for each in again), "only hers to see"
        looked_at(stage)


async def test_strangers_find_nothing(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        await stage.client("Anna").says(DEAD)
        stage.peer.person("Eve", userRole="guest")
        eve: Client = stage.client("Eve")
        assert await eve.search("") == [
            "Lotse does not know you yet. Write to it once, then search again."
        ]
        looked_at(stage)


# --- failing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"5", b"{", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"a":' * 5000,
        b'{"type": "message"}',
    ],
)  # fmt: skip
async def test_a_body_that_is_no_activity_is_refused(sqlite: Sqlite, body: bytes) -> None:
    async with teams_stage(sqlite) as stage:
        assert (await stage.peer.post(body)).status in (400, 401)
        assert stage.count("deliveries") == 0


ODD = [5, 1.5, True, [], {}, "", ["x"], {"id": 5}, "x" * 100]


@pytest.mark.parametrize(
    "field",
    [
        "type", "id", "text", "from", "recipient", "conversation", "entities", "value", "locale",
        "textFormat", "name", "replyToId", "membersAdded", "membersRemoved", "attachments",
        "action", "timestamp", "channelData", "deliveryMode", "callerId",
    ],
)  # fmt: skip
async def test_odd_fields_are_refused_or_passed_over(sqlite: Sqlite, field: str) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        for type in ("message", "invoke", "conversationUpdate", "installationUpdate"):
            for odd in [*ODD, None]:
                activity = stage.peer.activity(
                    type, "29:anna", text="help", name="task/fetch", value={"data": {}}
                )
                got = await stage.peer.deliver({**activity, field: odd})
                assert got.status in (200, 400, 401, 501), (type, odd, got)


async def test_brackets_that_somebody_wrote_are_no_depth(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        await stage.client("Anna").says("incident " + "[" * 60 + '\\"' + "{" * 60)
        assert stage.count("incidents") == 1


async def test_a_body_that_is_too_large_is_refused(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        assert (await stage.peer.post(b" " * (256 * 1024 + 1))).status == 413


async def test_an_answer_that_cannot_be_shown_changes_nothing(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        stage.peer.plan("post", error(500, "x"))
        await stage.client("Anna").says(DEAD)
        assert stage.count("incidents") == 1
        with pytest.raises(Uncertain):
            stage.peer.plan("post", error(500, "x"))
            await stage.edge.connector.post(stage.peer.service_url, "a:anna", {})


async def test_places_and_people_have_the_ids_that_everything_relies_on(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, known=False, strict=False) as stage:
        await stage.client("Anna").says("help", GENERAL)
        anna = user_id("Anna")
        found = stage.database.read(
            lambda tx: (
                people.by_identity(tx.within(MAIN), f"teams:{TENANT}:{anna}"),
                places.find(tx.within(MAIN), f"teams:@{anna}"),
                places.find(tx.within(MAIN), f"teams:{GENERAL}"),
            )
        )
        assert all(each is not None for each in found)
        assert found[0] is not None and found[0].id == anna
