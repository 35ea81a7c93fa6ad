"""Slack's stories: what people type, press and fill in, and what they see then."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import Any

import pytest

from bot.slack.sender import Slack
from handlers import FEATURES
from handlers.kit.commands import all_commands
from storage.engine import Unavailable
from storage.engine.sqlite import Sqlite
from tests.conftest import Logged
from tests.engine.test_engine import BEFORE_ANY, tables
from tests.pretend.slack_peer import UNKNOWABLE, Entry, Fault, direct, error, limited, slow
from tests.pretend.slack_person import Client
from tests.pretend.slack_stage import GENERAL, INCIDENTS, MANAGERS, SlackStage, slack_stage

WAYS = ("http", "socket")


@pytest.fixture(params=WAYS)
async def slack(request: pytest.FixtureRequest, sqlite: Sqlite) -> AsyncIterator[SlackStage]:
    """Lotse in the pretend Slack, once over each way in."""
    async with slack_stage(sqlite, request.param) as stage:
        yield stage


@pytest.fixture
def anna(slack: SlackStage) -> Client:
    return slack.client("anna")


@pytest.fixture
def ben(slack: SlackStage) -> Client:
    return slack.client("ben")


@pytest.fixture
def carla(slack: SlackStage) -> Client:
    return slack.client("carla")


@pytest.fixture
def chris(slack: SlackStage) -> Client:
    return slack.client("chris")


async def test_one_line_declares(slack: SlackStage, anna: Client, ben: Client) -> None:
    said = await anna.types("/incident Till in Cologne does not print")
    assert said.startswith("INC-1 is declared.\nTill in Cologne does not print\nBen is ")
    [alarm] = slack.peer.sees("DBEN")
    assert alarm.startswith("INC-1 · Till in Cologne does not print\nDu bist für Till")
    [card] = slack.peer.at(INCIDENTS)
    assert "State: Waiting for Ben to look after it." in slack.peer.sees(INCIDENTS)[0]
    assert (await ben.press(calls="ack")).startswith("Du kümmerst dich jetzt um INC-1.")
    assert "Ben has been looking after it since" in slack.peer.sees(INCIDENTS)[0]
    assert (len(slack.peer.at(INCIDENTS)), slack.peer.edits(card)) == (1, 1)
    assert slack.peer.sees("DBEN") and slack.peer.sees("DANNA")


# --- seven ways to declare -------------------------------------------------------------------


async def declared(slack: SlackStage, title: str, number: int = 1) -> None:
    """Look at what a declaration leaves behind, wherever it was typed."""
    rows = slack.rows("select number, title from incidents where workspace = :workspace")
    assert [(each["number"], each["title"]) for each in rows][-1] == (number, title)
    assert slack.peer.sees(INCIDENTS)[-1].startswith(f"INC-{number} · {title}\n")
    assert f"INC-{number} · {title}" in slack.peer.sees("DBEN")[-1]


async def test_lotse_takes_the_same_words(slack: SlackStage, anna: Client) -> None:
    assert "INC-1 is declared." in await anna.types("/lotse incident Till 1 is dead")
    assert "INC-2 is declared." in await anna.types("/lotse incident: Till 2 is dead")
    assert "INC-3 is declared." in await anna.types("/stoerung Till 3 is dead")
    assert "INC-4 is declared." in await anna.types("/störung Till 4 is dead")
    await declared(slack, "Till 4 is dead", 4)


async def test_a_direct_message_declares_and_is_answered_there(
    slack: SlackStage, anna: Client
) -> None:
    assert "INC-1 is declared." in await anna.says("incident Till is dead")
    assert [each.kind for each in anna.heard] == ["post"]
    await declared(slack, "Till is dead")
    assert "INC-2 is declared." in await anna.says("<@UBOT> incident Till 2 is dead")
    await declared(slack, "Till 2 is dead", 2)


async def test_a_mention_declares_and_only_the_asker_sees_the_answer(
    slack: SlackStage, anna: Client
) -> None:
    for text in ("<@UBOT> incident Till 1 is dead", "<@UBOT|lotse>: incident Till is dead"):
        assert "is declared." in await anna.says(text, at=GENERAL)
        assert [(each.kind, each.where, each.user) for each in anna.heard] == [
            ("ephemeral", GENERAL, "UANNA")
        ]
    await declared(slack, "Till is dead", 2)
    assert len(slack.peer.sees(GENERAL)) == 2, "the card stands where it was declared, too"


async def test_an_answer_stays_in_its_thread(slack: SlackStage, anna: Client) -> None:
    await anna.says("<@UBOT> status", at=GENERAL, thread_ts="1.5")
    assert anna.heard[0].thread == "1.5"


async def test_the_bare_name_opens_the_form(slack: SlackStage, anna: Client) -> None:
    form = await anna.types("/incident", at=GENERAL)
    assert form == (
        "Declare an incident, in one line.\nWhat does not work?:\nService:\n[Declare incident]"
    )
    shown = await anna.fill(title="Till is dead", service="Everything else")
    assert shown.startswith("INC-1 is declared.\nTill is dead\nChris is ")
    assert len(slack.peer.sees(GENERAL)) == len(slack.peer.sees(INCIDENTS)) == 1
    assert slack.peer.sees("DCHRIS")


async def test_a_shortcut_opens_the_form(slack: SlackStage, anna: Client) -> None:
    assert "What does not work?:" in await anna.shortcut("report")
    await anna.fill(title="Till is dead")
    await declared(slack, "Till is dead")
    assert "Note in one sentence" in await anna.shortcut("note")
    assert "Noted. Thank you." in await anna.fill(sentence="Dates are typed twice")


async def test_a_message_becomes_an_incident_with_its_words(
    slack: SlackStage, anna: Client
) -> None:
    message = {
        "type": "message",
        "user": "UBEN",
        "ts": "5.5",
        "text": "till &amp; scale &lt;dead&gt;",
    }
    form = await anna.shortcut("report_message", message, at=GENERAL)
    assert "What does not work?: till & scale <dead>" in form
    await anna.fill()
    await declared(slack, "till & scale <dead>")
    assert slack.peer.sees(GENERAL)
    assert "slow & sad" in await anna.shortcut(
        "note_message", {**message, "text": "slow &amp; sad"}, at=GENERAL
    )


async def test_a_message_is_saved_as_friction_for_its_reporter_alone(
    slack: SlackStage, anna: Client
) -> None:
    """Requirement C02, from the menu of a message."""
    text = "dates are typed twice &amp; lost"
    message = {"type": "message", "user": "UBEN", "ts": "5.5", "text": text}
    await anna.shortcut("note_message", message, at=GENERAL)
    assert (await anna.fill()).startswith("Noted. Thank you.\ndates are typed twice & lost")
    rows = slack.rows("select sentence, author from friction where workspace = :workspace")
    assert [each["sentence"] for each in rows] == ["dates are typed twice & lost"]
    me = slack.rows("select id from people where workspace = :workspace and name = 'Anna'")
    assert rows[0]["author"] == me[0]["id"]
    for place in (GENERAL, INCIDENTS, "DBEN", "DCHRIS"):
        assert not any("typed twice" in each for each in slack.peer.sees(place)), place


async def test_a_message_belongs_to_an_open_incident(slack: SlackStage, anna: Client) -> None:
    await anna.types("/incident Till is dead")
    message = {"type": "message", "user": "UBEN", "ts": "5.5", "text": "a spare one is coming"}
    form = await anna.shortcut("belongs_message", message, at=GENERAL)
    assert "What is the latest?: a spare one is coming" in form
    said = await anna.fill(incident="INC-1 · Till is dead")
    assert said == "Thank you. The card of INC-1 shows it now."
    assert "Latest update: a spare one is coming (Anna" in slack.peer.sees(INCIDENTS)[0]
    assert slack.peer.sees("DBEN")


async def test_nothing_is_open_that_a_message_could_belong_to(
    slack: SlackStage, anna: Client
) -> None:
    message = {"type": "message", "user": "UBEN", "ts": "5.5", "text": "hm"}
    await anna.shortcut("belongs_message", message, at=GENERAL)
    assert await anna.fill(incident="7") == "incident: No incident is open."


# --- the rest of a story ---------------------------------------------------------------------


async def test_it_escalates_until_somebody_looks_after_it(
    slack: SlackStage, anna: Client, carla: Client
) -> None:
    await anna.types("/incident Till is dead")
    await slack.wind(minutes=10)
    assert len(slack.peer.sees("DBEN")) == 2
    assert "10 Minuten" in slack.peer.sees("DCARLA")[0]
    await slack.wind(minutes=10)
    assert len(slack.peer.sees("DCHRIS")) == 1
    await carla.press(calls="ack")
    assert "Carla has been looking after it" in slack.peer.sees(INCIDENTS)[0]
    for place in ("DBEN", "DCARLA", "DCHRIS"):
        assert all("[Ich kümmere mich]" not in each for each in slack.peer.sees(place)[-1:])
    assert slack.peer.sees("DANNA"), "the declarer is told"
    await slack.wind(minutes=30)
    assert len(slack.peer.sees("DCHRIS")) == 1


async def test_news_by_form_and_the_end(slack: SlackStage, anna: Client, ben: Client) -> None:
    await anna.types("/incident Till is dead")
    await ben.press(calls="ack")
    assert "Wie ist der Stand?:" in await ben.press(calls="update", about="INC-1")
    assert "Die Karte von INC-1" in await ben.fill(text="Neuer Drucker kommt")
    assert "Latest update: Neuer Drucker kommt" in slack.peer.sees(INCIDENTS)[0]
    assert "läuft wieder" in await ben.press(calls="restored", about="INC-1")
    [card] = slack.peer.at(INCIDENTS)
    assert "Working again since" in slack.peer.sees(INCIDENTS)[0]
    assert slack.peer.edits(card) == 3
    assert slack.peer.sees("DBEN") and slack.peer.sees("DANNA")


async def test_friction_stays_private(slack: SlackStage, anna: Client) -> None:
    said = await anna.types("/friction Dates are typed three times", at=GENERAL)
    assert "Only you see this." in said
    assert [(each.kind, each.user) for each in anna.heard] == [("answer", "UANNA")]
    assert "Your name is gone." in await anna.press(calls="nameless")
    assert anna.heard[0].kind == "ephemeral"
    assert "reibung" not in await anna.types("/reibung Noch eine")


async def test_a_pilot_and_its_question(slack: SlackStage, anna: Client, chris: Client) -> None:
    await chris.types("/lotse mandate")
    await chris.press(calls="mandate edit")
    await chris.fill(goals="Faster repairs", focus="Service\nRepairs")
    await chris.types("/lotse pilot new")
    await chris.fill(
        name="Triage", problem="Requests wait.", workflow="Sort requests", takes="A request",
        gives="A sorted request", goal="Faster repairs",
    )  # fmt: skip
    await chris.types("/lotse pilot Triage")
    await chris.press(calls="pilot people")
    await chris.fill(champion="UCHRIS", modeler="UCHRIS", integrator="UCHRIS")
    await chris.types("/lotse pilot Triage")
    await chris.press(calls="pilot measure")
    await chris.fill(
        metric="Days until it is done", unit="days", baseline="8", number="40", period="September",
        source="The system", target="6", guard="Complaints a week",
    )  # fmt: skip
    await chris.types("/lotse pilot Triage")
    await chris.press(calls="pilot users")
    await chris.fill(who="everybody")
    await chris.types("/lotse pilot Triage")
    assert "week 1 of 12" in await chris.press(calls="pilot start")
    assert "Does “Triage” save you work?" in await anna.types("/feedback Triage")
    assert "Counted for this week." in await anna.press("Yes")
    assert "Taken back." in await anna.press("Take it back")


async def test_the_digest_comes_on_monday(slack: SlackStage, chris: Client) -> None:
    await slack.wind(to="08:30")
    for _day in range(6):
        await slack.wind(to="08:30")
    [digest] = slack.peer.sees(MANAGERS)
    assert digest.startswith("Week 48 ·")
    assert "How this is computed" in await chris.press(calls="computed")
    assert anywhere(slack, "DCHRIS")


def anywhere(slack: SlackStage, place: str) -> bool:
    """Look at a place where something may stand."""
    slack.peer.sees(place)
    return True


async def test_everybody_chooses_a_language(slack: SlackStage, ben: Client, anna: Client) -> None:
    assert "wartet" in await ben.types("/lotse stand")
    assert "English" in await ben.types("/lotse sprache englisch")
    assert await ben.types("/lotse stand") == "Nothing is waiting for you right now."
    assert "Deutsch" in await anna.types("/lotse language german")


async def test_what_is_no_command_is_offered(slack: SlackStage, anna: Client) -> None:
    for ask, said in ((anna.types, "/lotse till is dead"), (anna.says, "till two is dead")):
        title = said.removeprefix("/lotse ")
        assert f"Declare this as an incident?\n{title}" in await ask(said)
        assert "is declared." in await anna.press(calls="incident")
    await declared(slack, "till two is dead", 2)
    assert "What can I do for you?" in await anna.types("/lotse")


async def test_a_long_text_that_is_no_command_is_kept_as_a_draft(
    slack: SlackStage, anna: Client
) -> None:
    title = "till " + "x" * 2900
    await anna.types(f"/lotse {title}")
    assert "INC-1 is declared." in await anna.press(calls="draft")
    rows = slack.rows("select title, body from incidents where workspace = :workspace")
    assert rows[0]["body"] == title and len(rows[0]["title"]) <= 120
    assert slack.peer.sees(INCIDENTS) and slack.peer.sees("DBEN")


async def test_a_secret_address_is_shown_in_the_modal_and_nowhere_else(
    slack: SlackStage, carla: Client
) -> None:
    await carla.types("/lotse auto neu")
    shown = await carla.fill(
        name="Abgleich",
        purpose="Rechnungen",
        not_for="Mahnungen",
        accountable="UCARLA",
        deputy="UBEN",
        rhythm="2",
    )
    assert "/ping/" in shown
    assert [each.kind for each in carla.heard] == ["view"]
    stored = slack.rows("select answer from deliveries where workspace = :workspace")
    assert not [each for each in stored if "/ping/" in (each["answer"] or "")]
    assert "Vertretung für „Abgleich“" in slack.peer.sees("DBEN")[0]


async def test_a_press_at_home_shows_at_home_what_changed(
    slack: SlackStage, anna: Client, ben: Client
) -> None:
    assert "Gerade wartet nichts auf dich." in await ben.opens_home()
    await anna.types("/incident Till is dead")
    await slack.settle()
    assert "INC-1 · Till is dead" in ben.home(), "it is kept current"
    said = await ben.press(calls="ack", about="INC-1")
    assert "Du kümmerst dich jetzt um INC-1." in said
    assert "[Neuen Stand melden]" in ben.home()
    published = [each for each in slack.peer.ledger if each.kind == "home"]
    await anna.types("/lotse status")
    assert [each for each in slack.peer.ledger if each.kind == "home"] == published
    assert slack.peer.sees(INCIDENTS) and slack.peer.sees("DBEN") and slack.peer.sees("DANNA")


async def test_a_home_without_a_profile_says_why_it_is_empty(fresh: SlackStage) -> None:
    fresh.peer.plan("users.info", error("internal_error"))
    assert "do not know yet who you are" in await fresh.client("anna").opens_home()
    assert "What is waiting for me" in await fresh.client("anna").opens_home()


async def test_forms_open_from_home(slack: SlackStage, anna: Client) -> None:
    await anna.opens_home()
    assert "What does not work?:" in await anna.press(calls="incident")
    await anna.fill(title="Till is dead")
    await declared(slack, "Till is dead")
    anna.home()


async def test_what_is_searched_for_from_home_is_answered(slack: SlackStage, anna: Client) -> None:
    await anna.types("/incident Till is dead")
    await declared(slack, "Till is dead")
    await anna.opens_home()
    assert "What are you looking for?:" in await anna.press(calls="find")
    said = await anna.fill(words="till")
    assert "INC-1 “Till is dead”" in said
    assert "[INC-1]" in said
    anna.home()


# --- forms that go wrong -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [slow(0.5), error("expired_trigger_id"), limited("30"), UNKNOWABLE[0], UNKNOWABLE[1]],
    ids=lambda fault: str(fault.name),
)
async def test_a_form_that_does_not_open_is_a_button_with_all_that_was_typed(
    sqlite: Sqlite, fault: Fault
) -> None:
    async with slack_stage(sqlite, form_limit=0.2) as stage:
        anna = stage.client("anna")
        await anna.types("/incident Till is dead")
        stage.peer.plan("views.open", fault)
        message = {"type": "message", "user": "UBEN", "ts": "5.5", "text": "dead " * 500}
        said = await anna.shortcut("report_message", message, at=GENERAL)
        assert "Your text is already in the form." in said
        stage.peer.views["UANNA"].clear()
        assert f"What does not work?: {('dead ' * 500).strip()}" in await anna.press(
            "Open the form"
        )
        await anna.fill()
        rows = stage.rows("select body from incidents where workspace = :workspace")
        assert rows[1]["body"] == ("dead " * 500).strip()
        for place in (INCIDENTS, GENERAL, "DBEN", "DCHRIS"):
            stage.peer.sees(place)


async def test_a_mention_offers_a_button_because_it_cannot_open_a_form(
    slack: SlackStage, anna: Client
) -> None:
    assert "[Open the form]" in await anna.says("<@UBOT> incident", at=GENERAL)
    assert "What does not work?:" in await anna.press("Open the form")
    await anna.fill(title="Till is dead")
    await declared(slack, "Till is dead")
    assert slack.peer.sees(GENERAL)


async def test_an_error_stands_at_its_field_and_can_be_corrected(
    slack: SlackStage, carla: Client, chris: Client
) -> None:
    await chris.types("/lotse service new")
    said = await chris.fill(name="Shop", accountable="UBEN", deputy="UBEN")
    assert said == "deputy: The deputy has to be somebody else, else nobody stands in."
    assert "Shop" in await chris.fill(name="Shop", accountable="UBEN", deputy="UCARLA")
    await carla.types("/lotse auto neu")
    given = {
        "name": "Abgleich",
        "purpose": "Gleicht Zahlungen ab.",
        "not_for": "Mahnungen schreibt ein Mensch.",
        "accountable": "UCARLA",
        "deputy": "UBEN",
    }
    assert (await carla.fill(**given, rhythm="0")).startswith("rhythm: ")
    assert (await carla.fill(**given, rhythm="viele")).startswith("rhythm: ")
    assert "Verantwortung für „Shop“" in slack.peer.sees("DBEN")[0]
    assert "Vertretung für „Shop“" in slack.peer.sees("DCARLA")[0]


async def test_the_same_form_sent_again_is_looked_at_again_once_things_have_changed(
    slack: SlackStage, anna: Client, chris: Client
) -> None:
    await anna.types("/incident Till is dead")
    await anna.press(calls="move")
    await anna.types("/lotse update 1 x")
    anna.peer.views["UANNA"][-1]["blocks"][-1]["element"]["options"].append(
        {"text": {"type": "plain_text", "text": "Shop"}, "value": "Shop"}
    )
    assert "There is no service called “Shop”" in await anna.fill(service="Shop")
    await chris.types("/lotse service new")
    await chris.fill(name="Shop", accountable="UBEN", deputy="UCARLA")
    assert "INC-1 is about Shop now" in await anna.fill(service="Shop")
    assert slack.peer.sees(INCIDENTS) and slack.peer.sees("DBEN") and slack.peer.sees("DCARLA")


async def test_a_refusal_without_a_field_is_shown_in_the_modal(
    slack: SlackStage, anna: Client, ben: Client
) -> None:
    await anna.types("/incident Till is dead")
    await ben.press(calls="ack")
    await ben.press(calls="update", about="INC-1")
    await ben.types("/lotse behoben 1")
    said = await ben.fill(text="zu spät")
    assert said.startswith("INC-1")
    assert [each.kind for each in ben.heard] == ["view"]
    assert slack.peer.sees(INCIDENTS) and slack.peer.sees("DBEN") and slack.peer.sees("DANNA")


# --- who somebody is ---------------------------------------------------------------------------


@pytest.fixture(params=WAYS)
async def fresh(request: pytest.FixtureRequest, sqlite: Sqlite) -> AsyncIterator[SlackStage]:
    """A new installation: nobody is known, no channel has a role."""
    async with slack_stage(sqlite, request.param, known=False) as stage:
        yield stage


async def test_a_company_sets_up_lotse_from_nothing(fresh: SlackStage) -> None:
    fresh.peer.users["UCHRIS"]["is_admin"] = True
    chris, anna = fresh.client("chris"), fresh.client("anna")
    said = await chris.types("/lotse settings", at=INCIDENTS)
    assert "You are a manager now." in await chris.press(calls="settings begin"), said
    assert "Managers are named by managers" in await begin(anna)
    await chris.types("/lotse settings", at=INCIDENTS)
    assert "#incidents is for" in await chris.press("For incidents")
    await chris.types("/lotse settings", at=MANAGERS)
    assert "#management is for" in await chris.press("For the weekly digest")
    await chris.press("Add a manager")
    await chris.choose("UCARLA", "person")
    assert "Carla is a manager now, too." in await chris.fill(person="UCARLA")
    await chris.types("/lotse service new")
    for each, label in (("UBEN", "accountable"), ("UCARLA", "deputy")):
        await chris.choose(each, label)
    await chris.fill(name="Till", accountable="UBEN", deputy="UCARLA")
    assert "Ben is" in await anna.types("/incident Till is dead")
    assert fresh.peer.sees(INCIDENTS)[0].startswith("INC-1 · Till is dead")
    assert "INC-1" in fresh.peer.sees("DBEN")[-1], "who never said anything is alarmed all the same"
    named, asked = fresh.peer.sees("DCARLA")[:2]
    assert named.startswith("Chris has asked you to manage Lotse as well.")
    assert "deputy for “Till”" in asked


async def begin(client: Client) -> str:
    """Press a button that somebody kept from another time."""
    block = {"block_id": "b"}
    button = {
        "type": "button",
        "action_id": "x",
        "text": {"type": "plain_text", "text": "x"},
        "value": '{"word":"settings begin","args":{}}',
    }
    entry = Entry("post", direct(client.id), client.id, "1.1", {}, 0.0)
    return await client.acts(entry, block, button)


async def test_without_channels_nothing_is_stuck(fresh: SlackStage) -> None:
    anna = fresh.client("anna")
    await anna.types("/incident it is all dead", at=GENERAL)
    await fresh.wind(minutes=30)
    assert fresh.peer.sees(GENERAL)[0].startswith("INC-1 · it is all dead")
    assert anywhere(fresh, "DANNA")


async def test_a_private_channel_has_no_name_and_serves_all_the_same(fresh: SlackStage) -> None:
    fresh.peer.users["UCHRIS"]["is_admin"] = True
    fresh.peer.channel("CPRIV", "secret", private=True)
    chris = fresh.client("chris")
    await chris.types("/lotse settings", at="CPRIV")
    await chris.press(calls="settings begin")
    shown = await chris.types("/lotse settings", at="CPRIV")
    assert "privategroup" not in shown and "##" not in shown and "#" not in shown
    assert "What should the channel without a name be used for?" in shown
    await chris.press("For incidents")
    await chris.types("/incident Till is dead")
    assert fresh.peer.sees("CPRIV")
    assert anywhere(fresh, "DCHRIS")


async def test_the_first_word_waits_for_the_profile_and_is_answered_then(
    fresh: SlackStage,
) -> None:
    ben = fresh.client("ben")
    fresh.peer.users["UBEN"]["locale"] = "de-DE"
    first = await ben.types("/lotse stand")  # and, once, what is stored about them
    assert first.startswith("Gerade wartet nichts auf dich.\nLotse speichert deinen Namen")
    assert [each.kind for each in ben.heard] == ["post"]
    assert fresh.peer.calls.count(("users.info", {"user": "UBEN", "include_locale": "true"})) == 1
    assert await ben.types("/lotse stand") == "Gerade wartet nichts auf dich."
    assert [each.kind for each in ben.heard] == ["answer"]
    assert [method for method, _data in fresh.peer.calls].count("users.info") == 1


async def test_times_are_told_in_the_zone_of_who_reads_them(
    fresh: SlackStage,
) -> None:
    for name, zone in (("UANNA", "America/New_York"), ("UCHRIS", "Asia/Tokyo"), ("UBEN", "x/y")):
        fresh.peer.users[name] |= {"tz": zone, "is_admin": name == "UCHRIS"}
    chris, anna, ben = (fresh.client(name) for name in ("chris", "anna", "ben"))
    await chris.types("/lotse settings", at=INCIDENTS)
    await chris.press(calls="settings begin")
    await chris.types("/lotse settings", at=INCIDENTS)
    await chris.press("For incidents")
    await anna.types("/lotse status")
    await anna.types("/incident Till is dead", at=GENERAL)
    assert "09:00" in fresh.peer.sees(GENERAL)[0], "a channel keeps the company's zone"
    assert "17:00" in fresh.peer.sees("DCHRIS")[0], "Tokyo"
    assert "03:00" in await presses(anna, "show", {"number": "1"}), "New York"
    await ben.types("/lotse status")
    assert "09:00" in await presses(ben, "show", {"number": "1"}), "what is no zone is not taken"
    event = {"type": "user_change", "user": {**fresh.peer.users["UANNA"], "tz": "Europe/London"}}
    assert (await fresh.peer.deliver("events_api", fresh.peer.event(event))).status == 200
    assert "08:00" in await presses(anna, "show", {"number": "1"})
    for each in fresh.peer.ledger:
        each.seen = True


async def test_a_form_asked_for_by_somebody_new_opens_once_they_are_known(
    fresh: SlackStage,
) -> None:
    anna = fresh.client("anna")
    assert "Note in one sentence" in await anna.types("/friction")
    assert "Noted." in await anna.fill(sentence="Dates are typed twice")


async def test_without_a_profile_nothing_is_done_and_only_help_is_given(fresh: SlackStage) -> None:
    anna = fresh.client("anna")
    fresh.peer.plan("users.info", *[error("internal_error")] * 5)
    assert "still asking who you are" in await anna.types("/lotse status")
    assert "still asking who you are" in await anna.types("/incident Till is dead", at=GENERAL)
    assert "do not know yet who you are" in await anna.types("/lotse friction x")
    assert "incident" in await anna.types("/lotse help")
    assert fresh.count("friction") == fresh.count("incidents") == 0
    fresh.peer._faults.clear()


STRANGERS: dict[str, dict[str, Any]] = {
    "guest": {"is_restricted": True},
    "single-channel guest": {"is_restricted": True, "is_ultra_restricted": True},
    "external": {"team_id": "T9", "is_stranger": True},
    "deactivated": {"deleted": True},
    "bot": {"is_bot": True},
}
# Whoever is of another company may see, correct and erase what is stored of themselves.
EVERYTHING = [
    (command.name, command)
    for command in all_commands(FEATURES)
    if command.name != "help" and command.needs != "own data"
]


@pytest.mark.parametrize("at", ["", GENERAL, INCIDENTS, "CPRIV"])
@pytest.mark.parametrize("kind", STRANGERS)
async def test_strangers_do_and_read_nothing(sqlite: Sqlite, kind: str, at: str) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        stage.peer.user("UMALLORY", "Mallory", **STRANGERS[kind])
        stage.peer.channel("CPRIV", "secret", private=True)
        anna, mallory = stage.client("anna"), stage.client("mallory")
        await anna.types("/incident Till is dead")
        await mallory.types("/lotse status", at=at)  # from now on the profile is known
        before = state_of(stage)
        for number, (name, command) in enumerate(EVERYTHING):
            word = name if number % 2 else command.word("de")
            said = await mallory.types(f"/lotse {word} 1 x", at=at)
            assert "Till is dead" not in said, word
            if at:  # a press is looked at alike wherever it is made
                continue
            args = {each.name: "1" for each in command.parameters}
            more: dict[str, str] = {**args, "text": "x", "person": "UMALLORY"}
            for value in ({}, more):
                said = await presses(mallory, name, value)
                assert "Till is dead" not in said, (name, value)
        assert state_of(stage) == before
        assert not stage.peer.views["UMALLORY"], "not even a form"


# What is known of whoever asks, and what came in: it changes whatever becomes of it.
OF_WHO_ASKS = {
    "audit",
    "deliveries",
    "identities",
    "last_buttons",
    "lost_answers",
    "people",
    "places",
    "presses",
}


def state_of(stage: SlackStage) -> dict[str, list[dict[str, Any]]]:
    """Return everything that a command could change, but for what is known of who asks."""
    people = stage.rows("select id from people where workspace = :workspace and manager = 1")
    return {"managers": people} | {
        each: stage.rows(f"select * from {each} where workspace = :workspace")
        for each in sorted({*tables(stage.database)} - BEFORE_ANY - OF_WHO_ASKS)
    }


async def test_a_long_text_in_a_form_s_call_becomes_a_draft(
    slack: SlackStage, anna: Client
) -> None:
    await anna.types("/incident Till is dead")
    long = "It says “&<” again and again. " * 95
    await presses(anna, "belongs", {"text": long})
    assert anna.view is not None
    private = anna.view["private_metadata"]
    assert len(private) < 200 and json.loads(private)["call"]["word"] == "draft"
    await anna.fill(incident="INC-1 · Till is dead")
    rows = slack.rows("select detail from timeline where workspace = :workspace")
    assert long.strip() in [each["detail"].strip() for each in rows]
    for each in slack.peer.ledger:
        each.seen = True


async def presses(client: Client, word: str, args: dict[str, str]) -> str:
    """Press a button with any call, as somebody who makes them up could."""
    button = {
        "type": "button",
        "action_id": "x",
        "text": {"type": "plain_text", "text": "x"},
        "value": json.dumps({"word": word, "args": args}),
    }
    entry = Entry("post", direct(client.id), client.id, "1.1", {}, 0.0)
    return await client.acts(entry, {"block_id": "b"}, button)


async def test_who_is_deactivated_or_demoted_loses_every_right_at_once(
    slack: SlackStage, chris: Client
) -> None:
    user = {**slack.peer.users["UCHRIS"], "is_restricted": True}
    await slack.peer.deliver("events_api", slack.peer.event({"type": "user_change", "user": user}))
    assert "only for people of this company" in await chris.types("/lotse status")
    user = {**slack.peer.users["UCHRIS"], "deleted": True}
    await slack.peer.deliver("events_api", slack.peer.event({"type": "user_change", "user": user}))
    assert "only for people of this company" in await chris.types("/lotse status")
    assert "Nicht mehr aktiv: Chris." in "\n".join(slack.peer.sees(direct("UCARLA")))


async def test_what_somebody_who_is_deactivated_looked_after_is_handed_on(
    slack: SlackStage, anna: Client, ben: Client
) -> None:
    await anna.types("/incident Till is dead")
    await ben.types("/lotse ack 1")
    user = {**slack.peer.users["UBEN"], "deleted": True}
    await slack.peer.deliver("events_api", slack.peer.event({"type": "user_change", "user": user}))
    await slack.carry()
    rows = slack.rows("select responsible from incidents where workspace = :workspace")
    assert rows == [{"responsible": "UCARLA"}]
    assert slack.peer.sees(direct("UCHRIS"))[0].startswith("No longer active: Ben.")
    assert slack.peer.sees(direct("UCARLA"))[0].startswith(
        "INC-1 · Till is dead\nTill: Ben ist nicht mehr aktiv"
    )
    assert "Responsible: Carla" in slack.peer.sees(INCIDENTS)[0]
    for who in ("UANNA", "UBEN"):
        assert slack.peer.sees(direct(who))


async def test_identity_comes_from_the_payload_and_from_nothing_that_was_typed(
    slack: SlackStage, anna: Client
) -> None:
    await anna.types("/incident Till is dead")
    for line in ("/lotse ack 1 <@UBEN|ben>", "/lotse ack 1", "/lotse ack 1 user_id=UBEN"):
        assert "looks after" not in await anna.types(line)
    payload = anna.command("/lotse ack 1") | {"user_name": "ben", "text": "ack 1&user_id=UBEN"}
    await slack.peer.deliver("slash_commands", payload)
    rows = slack.rows("select acknowledged_by from incidents where workspace = :workspace")
    assert rows == [{"acknowledged_by": None}]
    await declared(slack, "Till is dead")


async def test_another_team_s_people_are_strangers(slack: SlackStage, anna: Client) -> None:
    anna.team = "T9"
    said = await anna.types("/incident Till is dead")
    assert "in this workspace, so nothing was stored" in said
    assert slack.count("incidents") == slack.count("deliveries") == slack.count("audit") == 0


# --- what was typed ----------------------------------------------------------------------------


async def test_somebody_is_named_by_mention(slack: SlackStage, anna: Client, ben: Client) -> None:
    await anna.types("/incident Till is dead")
    assert "Carla" in await ben.types("/lotse assign 1 <@UCARLA|carla>")
    assert "INC-1" in slack.peer.sees("DCARLA")[0]
    await anna.types("/incident Till: ask <@UBEN|ben> &amp; &lt;!channel&gt; &amp;lt;")
    await declared(slack, "Till: ask @ben & <!channel> &lt;", 2)


async def test_somebody_nobody_knows_yet_is_looked_up_and_then_named(
    slack: SlackStage, anna: Client, ben: Client
) -> None:
    slack.peer.user("UDORA", "Dora")
    await anna.types("/incident Till is dead")
    assert "Dora" in await ben.types("/lotse assign 1 <@UDORA|dora>")
    assert "Will you look after INC-1?" in slack.peer.sees("DDORA")[0]
    slack.peer.user("UROBO", "Robo", is_bot=True)
    assert "robo" in await ben.types("/lotse assign 1 <@UROBO|robo>")
    assert len(slack.peer.sees(INCIDENTS)) == 1 and slack.peer.sees("DBEN")
    await chosen_bot(slack)


async def chosen_bot(slack: SlackStage) -> None:
    """A bot that is picked in a form is refused at its field."""
    chris = slack.client("chris")
    await chris.types("/lotse service new")
    await chris.choose("UROBO", "accountable")
    said = await chris.fill(name="Shop", accountable="UROBO", deputy="UCARLA")
    assert said.startswith("accountable: ")


EXACT = {
    "till.de is dead": "<http://till.de|till.de> is dead",
    "https://till.de/a?b=1&c=2 is dead": "<https://till.de/a?b=1&amp;c=2> is dead",
    "ask a@till.de": "ask <mailto:a@till.de|a@till.de>",
    "a < b > c & d": "a &lt; b &gt; c &amp; d",
    "&lt; &amp; &copy; &#60;": "&amp;lt; &amp;amp; &amp;copy; &amp;#60;",
    "&copy stays": "&copy stays",
    "*no* _mark_ `up` ~here~ :boom:": "*no* _mark_ `up` ~here~ :boom:",
    "#lager is dead": "<#C5|lager> is dead",
    "@here is dead": "<!here> is dead",
    "@ops is dead": "<!subteam^S1|@ops> is dead",
    "“quotes” and 'quotes'": "“quotes” and 'quotes'",
    "two  spaces\ttab": "two  spaces\ttab",
    "straße ÄÖÜ 🧾 汉字": "straße ÄÖÜ 🧾 汉字",
}


async def test_a_title_is_what_was_typed_to_the_letter(
    slack: SlackStage, anna: Client, ben: Client, carla: Client
) -> None:
    for number, (title, sent) in enumerate(EXACT.items(), 1):
        await anna.types(f"/incident {sent}")  # three people: the same of one is one incident
        await ben.types(f"/lotse incident {sent}")
        await carla.says(f"incident {sent}")
        rows = slack.rows(
            "select title from incidents where workspace = :workspace order by number"
        )
        assert [each["title"] for each in rows[-3:]] == [title] * 3, number
        assert slack.peer.sees(INCIDENTS)[-1].startswith(f"INC-{3 * number} · {title}\n")
    for place in ("DCHRIS", "DBEN"):
        slack.peer.sees(place)


async def test_what_is_no_new_message_of_a_person_runs_nothing(
    slack: SlackStage, anna: Client
) -> None:
    line = "incident Till is dead"
    base = {"type": "message", "channel_type": "im", "channel": "DANNA", "ts": "1.1"}
    message = {**base, "user": "UANNA", "text": line}
    mention = {"type": "app_mention", "channel": GENERAL, "ts": "1.2", "user": "UANNA"}
    link = {"type": "link_shared", "user": "UANNA", "channel": GENERAL, "message_ts": "1.3"}
    for event in (
        {**base, "subtype": "message_changed", "message": message, "previous_message": message},
        {**base, "subtype": "message_deleted", "previous_message": message},
        {**message, "edited": {"user": "UANNA", "ts": "1.2"}},
        {**message, "bot_id": "B7"},
        {**message, "subtype": "bot_message", "bot_id": "B7"},
        {**message, "user": "UBOT"},
        {**message, "channel_type": "channel", "channel": GENERAL},
        {**message, "hidden": True, "subtype": "message_replied"},
        {**mention, "text": f"<@UBOT> {line}", "edited": {"user": "UANNA", "ts": "1.2"}},
        {**mention, "text": f"<@UBOT> {line}", "bot_id": "B7"},
        {**link, "links": [{"url": "https://x.de/incident%20Till", "domain": "x.de"}]},
        {"type": "reaction_added", "user": "UANNA", "item": {"type": "message"}},
        {"type": "member_joined_channel", "user": "UBOT", "channel": GENERAL},
    ):
        got = await slack.peer.deliver("events_api", slack.peer.event(event))
        assert got.status == 200, event
        await slack.carry()
    assert slack.count("incidents") == slack.count("deliveries") == 0
    assert not slack.peer.ledger


# --- twice, late, broken -------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_thousand_repeated_and_mixed_deliveries_have_no_double_effect(
    slack: SlackStage, anna: Client
) -> None:
    chance = random.Random(7)
    once: list[tuple[str, Any]] = []
    for n in range(12):
        once.append(("slash_commands", anna.command(f"/incident Till is dead {n}")))
        words = {"type": "message", "channel_type": "im", "user": "UANNA", "channel": "DANNA"}
        event = {**words, "ts": f"{n}.1", "text": f"incident Till is dead again {n}"}
        once.append(("events_api", slack.peer.event(event)))
        once.append(("events_api", slack.peer.event({**event, "text": "status", "ts": f"{n}.2"})))
    many = [chance.choice(once) for _each in range(1000 - len(once))] + once
    chance.shuffle(many)
    for position, (kind, payload) in enumerate(many):
        headers = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
        over = slack.peer.over
        if over == "http":  # as another request, with its own signature
            payload = {**payload, "n": str(position)}
        got = await slack.peer.deliver(kind, payload, headers=headers)
        assert got.status == 200
        if position % 100 == 0:
            await slack.settle()
    await slack.wind(minutes=1 / 60)  # a list is written once for what comes within a second
    assert slack.count("incidents") == 24
    assert len(slack.peer.sees(INCIDENTS)) == 24
    seen = "\n".join(slack.peer.sees("DBEN"))
    assert seen.count("[Ich kümmere mich um INC-") == 24, "many at once are lists"
    answers = [each for each in slack.peer.at("DANNA")]
    assert len(answers) == 24, "each event is answered once"


async def test_two_presses_at_once_have_one_effect(slack: SlackStage, anna: Client) -> None:
    await anna.types("/incident Till is dead")
    ben = slack.client("ben")
    entry, block, button = ben.find("", "ack", "")
    twice = [ben.action(entry, block, button) for _each in range(2)]
    await asyncio.gather(*(slack.peer.deliver("interactive", each) for each in twice))
    await slack.carry()
    kinds = [
        each["kind"]
        for each in slack.rows("select kind from timeline where workspace = :workspace")
    ]
    assert kinds.count("acknowledged") == 1
    await slack.carry()
    for place in ("DBEN", "DANNA", INCIDENTS):
        slack.peer.sees(place)
    for each in slack.peer.ledger:
        each.seen = each.seen or (each.user, each.kind) == ("UBEN", "ephemeral")


async def test_no_answer_waits_for_the_web_api(
    slack: SlackStage, anna: Client, ben: Client
) -> None:
    """Only a form is opened before Slack is answered (S1, S2)."""
    await anna.types("/incident Till is dead")
    await anna.types("/incident", at="")
    form = anna.submission(title="Till again")
    event = {"type": "message", "channel_type": "im", "user": "UBEN", "channel": "DBEN", "ts": "1"}
    user = {**slack.peer.users["UCHRIS"], "tz": "Europe/Paris"}
    slack.peer.latency = 1.0
    for kind, payload in (
        ("slash_commands", anna.command("/lotse status")),
        ("interactive", ben.action(*ben.find("", "ack", ""))),
        ("interactive", form),
        ("events_api", slack.peer.event({**event, "text": "status"})),
        ("events_api", slack.peer.event({"type": "app_home_opened", "user": "UBEN"})),
        ("events_api", slack.peer.event({"type": "user_change", "user": user})),
    ):
        got = await slack.peer.deliver(kind, payload)
        assert got.status == 200 and got.seconds < slack.peer.latency, kind
    slack.peer.latency = 0.0
    await slack.carry()
    assert slack.count("incidents") == 2
    for each in slack.peer.ledger:
        each.seen = True


async def test_a_store_that_is_down_is_told(
    slack: SlackStage, anna: Client, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.types("/incident Till 1 is dead")
    await anna.types("/incident", at="")
    button = anna.find("", "serious", "")
    form = anna.submission(title="Till again")
    mention = {"type": "app_mention", "user": "UANNA", "channel": GENERAL, "ts": "1.1"}
    event = slack.peer.event({**mention, "text": "<@UBOT> incident Till is dead"})

    def broken(_work: object, _workspace: object = None) -> Future[Any]:
        failed: Future[Any] = Future()
        failed.set_exception(Unavailable("the disk is full"))
        return failed

    with monkeypatch.context() as trouble:
        trouble.setattr(slack.database, "submit", broken)
        said = await slack.peer.deliver("slash_commands", anna.command("/incident Till again"))
        assert said.status == 200 and "Till again" in json.dumps(said.body)
        down = None if slack.peer.over == "socket" else 503
        slack.peer.patience = 0.2
        for kind, payload in (
            ("interactive", anna.action(*button)),
            ("interactive", form),
            ("events_api", event),
        ):
            got = await slack.peer.deliver(kind, payload)
            assert got.status == down
    slack.peer.patience = 3
    await slack.settle()
    assert len([each for each in logged.records if "could not be stored" in each.getMessage()]) == 4
    logged.records.clear()
    assert slack.count("incidents") == 1
    # Slack sends it again, perhaps within the same second and so with the same signature.
    assert (await slack.peer.deliver("events_api", event)).status == 200
    assert (await slack.peer.deliver("interactive", form)).status == 200
    await slack.carry()
    assert slack.count("incidents") == 3
    for place in (INCIDENTS, GENERAL, "DBEN"):
        slack.peer.sees(place)
    for each in slack.peer.ledger:
        each.seen = each.seen or each.user == "UANNA"


async def test_who_sends_a_form_is_who_sends_it_and_not_who_opened_it(
    slack: SlackStage, anna: Client, ben: Client
) -> None:
    await anna.types("/incident")
    payload = anna.submission(title="Till is dead") | {"user": ben.user}
    assert (await slack.peer.deliver("interactive", payload)).status == 200
    await slack.carry()
    rows = slack.rows("select declared_by from incidents where workspace = :workspace")
    assert rows == [{"declared_by": "UBEN"}]
    assert slack.peer.sees(INCIDENTS) and slack.peer.sees("DBEN")


async def test_a_button_of_an_older_version_says_so(slack: SlackStage, anna: Client) -> None:
    assert "older version" in await presses(anna, "unheard of", {})
    for value in ("", "{", "7", "[]", "null", '{"word":1}', '{"word":"ack","args":[1]}'):
        button: dict[str, Any] = {
            "type": "button",
            "action_id": "x",
            "value": value,
            "text": {},
        }
        entry = Entry("post", "DANNA", "UANNA", "1.1", {}, 0.0)
        assert await anna.acts(entry, {"block_id": "b"}, button) == ""


async def test_pace_is_kept_by_place_and_nothing_is_lost(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite) as stage:
        stage.edge.platform.rate = Slack.rate
        for n in range(6):
            await stage.client("anna").types(f"/incident Till is dead {n}")
        assert len(stage.peer.at(INCIDENTS)) == 3, "three at once"
        await stage.wind(minutes=0.1)
        assert len(stage.peer.sees(INCIDENTS)) == 6
        *alone, many = stage.peer.sees("DBEN")
        assert len(alone) == 3
        assert all(f"INC-{number} ·" in many for number in range(1, 7)), "the others are one list"
