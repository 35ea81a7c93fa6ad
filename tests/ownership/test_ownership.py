"""Ownership: taken over by button, red when somebody leaves, handed over; never nobody."""

from __future__ import annotations

import ast
import itertools
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

import handlers
from handlers.kit.context import LOTSE
from handlers.kit.messages import Buttons
from handlers.on_call import duty
from handlers.services import lookup as service_lookup
from storage import people, workspaces
from storage import people as storage_people
from storage.engine import Database, Tx
from storage.engine.ids import PersonId
from storage.workspaces import Workspace
from tests.mandate.test_mandate import do
from tests.pretend.company import NAMES
from tests.pretend.stage import BERLIN, DEMO, Say, Stage, plain, staged

Wind = Callable[..., None]


def leaves(bot: Stage, who: PersonId, *, active: bool = False) -> None:
    """Let a platform's edge learn that somebody left, or with `active` that they are back."""

    def learn(tx: Tx) -> None:
        before = people.find(tx, who)
        assert before is not None
        people.set_active(tx, who, active)
        bot.dispatcher.notice_leaving(tx, before)

    bot.store(learn)
    bot.carry()


def enter(chris: Say, **values: str) -> str:
    chris("service new")
    given = {"name": "VPN", "accountable": "ben", "deputy": "carla", **values}
    return chris.fill(carry=True, **given)


# --- accepted by button -----------------------------------------------------------------


def test_both_are_asked_and_take_it_over_by_button(chris: Say, ben: Say, carla: Say) -> None:
    card = enter(chris)
    assert "Accountable: Ben – not accepted yet\nDeputy: Carla – not accepted yet" in card
    assert ben.sees()[-1].splitlines()[0] == "Übernimmst du die Verantwortung für „VPN“?"
    assert carla.sees()[-1].splitlines()[0] == "Übernimmst du die Vertretung für „VPN“?"
    assert ben("stand").splitlines()[1] == "Übernimmst du die Verantwortung für „VPN“?"
    assert ben.answer is not None and ben.answer.message is not None
    ways = [part.buttons for part in ben.answer.message.parts if isinstance(part, Buttons)]
    assert [each.call.word for each in ways[0]] == ["service accept", "service decline"]
    assert ben.press("Ich übernehme das", at="@ben").startswith("Du bist verantwortlich für „VPN“")
    assert ben.sees()[-1] == "Du bist verantwortlich für „VPN“."
    assert ben("stand") == "Gerade wartet nichts auf dich."
    assert "Accountable: Ben\nDeputy: Carla – not accepted yet" in chris("service vpn")
    carla.press("Ich übernehme das")
    assert "not accepted" not in chris("service vpn")


def test_who_enters_themselves_has_accepted(chris: Say) -> None:
    assert "Accountable: Chris\n" in enter(chris, accountable="chris", deputy="ben")
    assert chris.sees() == []


def test_nobody_accepts_for_somebody_else(chris: Say, ben: Say, anna: Say, bot: Stage) -> None:
    enter(chris)
    call = next(b.button.call for b in ben.buttons() if b.button.call.word == "service accept")
    answer = bot.handle(bot.request("anna", call=call))
    assert (answer.outcome, plain(answer.message) if answer.message else "") == (
        "refused", "This question has been answered already.")  # fmt: skip
    ben.press("Ich übernehme das")
    twice = bot.handle(bot.request("ben", call=call))
    assert twice.outcome == "done"


def test_before_anybody_accepts_they_are_alarmed_all_the_same(
    chris: Say, anna: Say, ben: Say
) -> None:
    enter(chris)
    anna("incident VPN is dead")
    assert ben.sees()[-1].startswith("INC-1 · VPN is dead")


def test_the_digest_says_after_three_working_days_what_nobody_took_over(
    chris: Say, ben: Say, carla: Say, wind: Wind
) -> None:
    enter(chris)
    wind(to="2026-11-26 08:59")  # asked on Monday at nine
    assert "0 decisions open" in chris("digest")
    wind(to="2026-11-26 09:00")
    text = chris("digest")
    assert "1 decision open" in text
    assert "“VPN” has not been taken over yet. Asked: Ben and Carla." in text
    assert "[Ask again]\n[Name somebody for VPN]" in text
    assert chris.press("Ask again") == "Asked about “VPN” again: Ben and Carla."
    assert "0 decisions open" in chris("digest")  # for three working days
    wind(to="2026-12-02 09:00")
    ben.press("Ich übernehme das")
    carla.press("Ich übernehme das")
    assert "0 decisions open" in chris("digest")


# --- the form ---------------------------------------------------------------------------


def test_the_form_refuses_fillers_and_what_is_no_link(chris: Say) -> None:
    chris("service new")
    said = chris.fill(name="VPN", accountable="ben", deputy="carla", serious="TBD")
    assert said == "“TBD” is not enough here. Please write a sentence, or leave it empty."
    assert chris.answer is not None
    assert chris.answer.field == "serious"
    for no_link in ("todo", "wiki", "javascript:alert(1)", "https://", "https://a b", "ftp://x.de",
                    "https://user@example.com/", "//example.com"):  # fmt: skip
        said = chris.fill(name="VPN", accountable="ben", deputy="carla", runbook=no_link)
        assert said.startswith(f"“{no_link}” is no link"), no_link
        assert chris.answer.field == "runbook"
    said = chris.fill(
        name="VPN", accountable="ben", deputy="carla", runbook="https://wiki.example.com/vpn?x=1",
        serious="when nobody in the field can work", limit="4",
    )  # fmt: skip
    assert "Serious when: when nobody in the field can work" in said
    assert "The alert escalates after: 4 minutes\nRunbook: https://wiki.example.com/vpn?x=1" in said


def test_the_accountable_person_edits_all_but_the_persons(ben: Say, anna: Say, chris: Say) -> None:
    ben("dienst kasse")
    assert "[Personen ändern]" not in ben("dienst kasse")
    form = ben.press("Bearbeiten")
    assert "Name: Kasse\nAndere Wörter dafür: Kassen, Bon\n" in form
    ben.fill(name="Kassen-Insel", words="Kasse, Bon", runbook="https://wiki.example.com/kasse")
    assert "Kassen-Insel – Ben, deputy Carla" in chris("service")
    assert "No runbook yet: Etikettendrucker and Webshop." in chris("service")
    assert (
        anna("service edit webshop")
        == "For “Webshop” somebody else decides. Please ask Carla or Chris.\n"
        "[Declare this as an incident]"
    )
    ben("dienst ändern Kassen-Insel")
    assert "gibt es schon" in ben.fill(name="WEBSHOP")
    assert ben.answer is not None
    assert ben.answer.field == "name"


def test_the_limit_says_when_the_alarm_escalates_and_serious_halves_it(
    chris: Say, anna: Say, carla: Say, wind: Wind
) -> None:
    chris("service edit kasse")
    chris.fill(limit="30")
    anna("incident Kasse tot")
    anna("incident Kasse geht gar nicht")
    anna.press("It is serious", about="INC-2")
    wind(minutes=14)
    assert carla.sees() == []
    wind(minutes=1)
    assert carla.sees()[-1].startswith("INC-2")
    wind(minutes=15)
    assert any(each.startswith("INC-1 · Kasse tot") for each in carla.sees())


def test_a_service_that_is_not_used_any_more_frees_its_name(
    chris: Say, anna: Say, ben: Say
) -> None:
    anna("incident Kasse tot")
    chris("service kasse")
    assert chris.press("Retire service").startswith("“Kasse” still has an open incident.")
    ben("behoben 1")
    chris("service kasse")
    assert "Its incidents stay" in chris.press("Retire service")
    assert "There is no service called “kasse”" in anna("who kasse")
    assert "(Kasse)" in anna("incidents all")
    enter(chris, name="Kasse")
    assert "already" in chris.press("Use it again")
    chris("service kasse")
    chris.press("Retire service")
    chris.press("Use it again")
    assert anna("who kasse").startswith("Kasse: Ben is accountable")
    chris("service alles andere")
    assert "[Retire service]" not in chris("service alles andere")


def test_the_form_for_other_persons_begins_with_those_who_are_here(
    bot: Stage, chris: Say, ben: Say
) -> None:
    chris("service kasse")
    assert "Accountable: ben\nDeputy: carla\n" in chris.press("Change people")
    leaves(bot, PersonId("ben"))
    chris("service kasse")
    assert "Accountable:\nDeputy: carla\n" in chris.press("Change people")


# --- somebody leaves --------------------------------------------------------------------


def test_the_accountable_person_leaves(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say, wind: Wind
) -> None:
    anna("incident Kasse tot")
    ben("annehmen")
    anna("incident Drucker streikt")
    leaves(bot, PersonId("ben"))
    assert carla.sees()[0].startswith("INC-1 · Kasse tot\nKasse: Ben ist nicht mehr aktiv.")
    assert carla.sees()[1].startswith("INC-2 · Drucker streikt")
    assert len(carla.sees()) == 2, "what is no alert comes with the next bundle"
    assert chris.sees() == [
        "No longer active: Ben.\n"
        "Somebody stands in for all of it meanwhile. Please name who takes it over:\n"
        "Accountable: Etikettendrucker and Kasse\nDeputy: Webshop\n"
        "Stands in: Carla\n[Hand everything over]\n[Name somebody for one service]"
    ]
    assert "Zuständig: Carla" in bot.sees("stoerungen")[0]
    assert "wartet" in bot.sees("stoerungen")[0].casefold()
    kept = bot.rows(
        "select acknowledged_by, responsible from incidents where number = 1 "
        "and workspace = :workspace"
    )
    assert kept == [{"acknowledged_by": "ben", "responsible": "carla"}]
    wind(minutes=10)  # nobody answers: it escalates to the manager, for the deputy is the first now
    assert any(each.startswith("INC-1 · Kasse tot\nNobody has") for each in chris.sees())
    assert "Du kümmerst dich" in carla("annehmen 1")
    carla("annehmen 2")
    assert anna("who kasse") == (
        "Kasse: Ben is accountable, Carla is deputy. Alerted first now: Carla.\n"
        "No longer active: Ben. Carla stands in until somebody new has taken over."
    )
    assert "- Kasse – Ben (no longer active), deputy Carla\n" in anna("service")
    anna("incident Kasse schon wieder tot")
    assert any("INC-3" in each for each in carla.sees())


def test_it_is_said_once_and_in_the_digest_until_somebody_accepts(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say, wind: Wind
) -> None:
    leaves(bot, PersonId("ben"))
    leaves(bot, PersonId("ben"))
    assert len(chris.sees()) == 1
    text = chris("digest")
    assert "1 decision open" in text
    assert (
        "Ben is no longer active. Nobody new has been named for "
        "Etikettendrucker, Kasse, and Webshop" in text
    )
    assert "Without an accountable person: Etikettendrucker and Kasse." in chris("digest")
    chris.press("Name somebody for one service", at="@chris")
    chris.fill(service="kasse", accountable="anna", deputy="carla")
    assert "Kasse" not in chris.sees()[0]  # the card shows what is left
    assert "Somebody new is named but has not accepted yet; Anna is alerted" in chris("digest")
    assert "Kasse: Somebody new" in chris("status")
    anna.press("I take this over")
    assert "Ben is no longer active. Nobody new has been named for Etikettendrucker and" in chris(
        "status"
    )
    assert "Somebody new" not in chris("digest")
    assert "Kasse – Anna, deputy Carla" in chris("service")


def test_coming_back_makes_it_whole_again(bot: Stage, anna: Say, chris: Say) -> None:
    leaves(bot, PersonId("ben"))
    assert "1 decision open" in chris("digest")
    leaves(bot, PersonId("ben"), active=True)
    assert "0 decisions open" in chris("digest")
    assert chris.sees() == ["Back and in charge again: Ben."]
    assert "Ben is accountable for Kasse and has been alerted." in (anna("incident Kasse tot"))


def test_deputy_leaves_too_then_manager_then_whoever_is_there(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    leaves(bot, PersonId("carla"))
    assert "Deputy: Etikettendrucker, Kasse, and Alles andere" in chris.sees()[-1]
    anna("incident Kasse tot")
    leaves(bot, PersonId("ben"))
    assert any(each.startswith("No longer active: Carla and Ben.") for each in chris.sees())
    assert any("INC-1 · Kasse tot" in each for each in chris.sees())
    assert "Chris stands in for Kasse" in anna("incident Kasse wieder tot")
    leaves(bot, PersonId("chris"))
    assert "Anna stands in for Kasse" in anna("incident Kasse noch einmal tot")
    held = bot.rows("select distinct responsible from incidents where workspace = :workspace")
    assert held == [{"responsible": "anna"}]
    assert any("INC-1" in each for each in anna.sees())


def test_automations_stand_on_the_same_card(bot: Stage, ben: Say, chris: Say) -> None:
    ben("auto neu")
    ben.fill(
        name="Abgleich",
        purpose="Gleicht Zahlungen ab",
        not_for="Mahnungen",
        accountable="ben",
        deputy="carla",
        rhythm="2",
    )
    leaves(bot, PersonId("ben"))
    assert "Automation, accountable: Abgleich\nStands in: Carla" in chris.sees()[0]
    assert len(chris.sees()) == 1


def test_whoever_comes_back_first_gets_what_stayed_with_nobody(
    bot: Stage, anna: Say, ben: Say
) -> None:
    anna("incident Kasse tot")
    for who in ("anna", "chris", "carla", "ben"):
        leaves(bot, PersonId(who))
    leaves(bot, PersonId("anna"), active=True)
    held = bot.rows("select responsible from incidents where workspace = :workspace")
    assert held == [{"responsible": "anna"}]
    assert anna.sees()[-1].startswith("INC-1 · Kasse tot")


# --- handed over -------------------------------------------------------------------------


def test_everything_goes_to_somebody_who_accepts_by_one_button(
    bot: Stage, ben: Say, anna: Say, chris: Say, carla: Say
) -> None:
    ben("auto neu")
    ben.fill(
        name="Abgleich",
        purpose="Gleicht Zahlungen ab",
        not_for="Mahnungen",
        accountable="ben",
        deputy="carla",
        rhythm="2",
    )
    said = ben("übergeben Anna")
    assert said.startswith("Ich habe Anna gefragt: Etikettendrucker, Kasse, Webshop und")
    assert "accountable, Ben" not in anna("who kasse")
    question = anna.sees()[-1].splitlines()
    assert question[0] == "Will you take over from Ben?"
    assert "- Accountable: Kasse" in question
    assert "- Deputy: Webshop" in question
    assert anna.press("I take this over").startswith("You have taken over: Etikettendrucker, Kasse")
    assert anna("who kasse").startswith("Kasse: Anna is accountable, Carla is deputy.")
    assert anna("who webshop").startswith("Webshop: Carla is accountable, Anna is deputy.")
    assert "not accepted" not in chris("service kasse")
    assert ben.sees()[-1].startswith("Anna hat von Ben übernommen: ")
    owners = bot.rows("select accountable, deputy from automations where workspace = :workspace")
    assert owners == [{"accountable": "anna", "deputy": "carla"}]


def test_who_is_asked_to_take_everything_over_may_decline(bot: Stage, ben: Say, anna: Say) -> None:
    ben("übergeben Anna")
    before = bot.rows("select id, accountable, deputy from services where workspace = :workspace")
    assert anna.press("Somebody else, please") == "Thank you for saying so. Nothing changes."
    assert ben.sees()[-1].startswith("Anna übernimmt nicht von Ben. Bitte frag jemand anderen.")
    after = bot.rows("select id, accountable, deputy from services where workspace = :workspace")
    assert after == before
    assert "Will you take over" not in anna("status")


def test_nobody_becomes_accountable_and_deputy_at_once(
    bot: Stage, ben: Say, carla: Say, chris: Say
) -> None:
    said = ben("übergeben Carla")
    assert said.startswith(
        "Carla wäre verantwortlich und Vertretung zugleich: Etikettendrucker, Kasse und Webshop."
    )
    form = ben.press("Andere Vertretung benennen")
    assert "An wen?: carla" in form
    assert "dritte Person" in ben.fill(deputy="ben")
    ben.fill(deputy="chris")
    carla.press("Ich übernehme das")
    assert chris("who kasse").startswith("Kasse: Carla is accountable, Chris is deputy.")
    assert chris("who webshop").startswith("Webshop: Carla is accountable, Chris is deputy.")
    assert any(each.startswith("Will you be deputy for “Kasse”?") for each in chris.sees())


def test_managers_hand_over_for_whoever_left(bot: Stage, chris: Say, anna: Say, ben: Say) -> None:
    leaves(bot, PersonId("ben"))
    chris.press("Hand everything over")
    assert chris.form is not None
    chris.fill(to="anna")
    anna.press("I take this over")
    assert "0 decisions open" in chris("digest")
    assert any(
        each == "No longer active: Ben.\nAll of it has somebody new." for each in chris.sees()
    )


def test_only_managers_hand_over_what_is_not_theirs(anna: Say, ben: Say, bot: Stage) -> None:
    assert "there is nothing to hand over" in anna("hand over Carla")
    anna("hand over")
    assert "Managers do this here" in anna.fill(to="anna", person="ben")
    ben("übergeben")
    assert "jemand anderen" in ben.fill(to="ben")
    assert ben.answer is not None
    assert ben.answer.field == "to"


def test_an_alarm_says_of_nobody_that_they_are_away_who_is_here_or_gone(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    ben("vertreten carla 23.11.2026 bis 24.11.2026")
    carla.press("Ja, einverstanden")
    anna("incident Kasse tot")
    assert "Kasse: Ben ist gerade nicht da. Kümmerst du dich?" in carla.sees()[-1]
    (cover,) = bot.rows("select id from covers where workspace = :workspace")
    do(ben, "cover end", cover=str(cover["id"]))
    do(anna, "retitle", number="1", title="Kasse ganz tot")
    shown = [each for each in carla.sees() if "Kasse ganz tot" in each]
    assert "Kasse: Du bist zuständig. Kümmerst du dich?" in shown[-1]
    assert not any("gerade nicht da" in each for each in shown)


def test_whoever_is_back_keeps_what_nobody_has_taken_yet(
    bot: Stage, chris: Say, anna: Say, ben: Say
) -> None:
    leaves(bot, PersonId("ben"))
    chris.press("Hand everything over")
    chris.fill(to="anna", carry=True)
    leaves(bot, PersonId("ben"), active=True)
    assert anna.sees()[-1] == "Ben is here again. Nobody has to take over for now."
    assert chris.sees()[-1] == "Back and in charge again: Ben."
    bot.wind(to=datetime(2026, 11, 24, 9, tzinfo=BERLIN))
    assert "Ben is here again. Nobody has to take over for now." in chris.sees()[-1]
    assert anna("status") == "Nothing is waiting for you right now."
    assert "Ben" in chris("who kasse")


def test_a_hand_over_of_their_own_still_waits_when_somebody_is_back(
    bot: Stage, anna: Say, ben: Say
) -> None:
    ben("übergeben anna")
    leaves(bot, PersonId("ben"))
    leaves(bot, PersonId("ben"), active=True)
    assert "Will you take over from Ben?" in anna("status")


def test_whoever_is_back_is_not_called_in_charge_of_what_others_took(
    bot: Stage, chris: Say, anna: Say, ben: Say
) -> None:
    leaves(bot, PersonId("ben"))
    chris.press("Hand everything over")
    chris.fill(to="anna", deputy="chris", carry=True)
    anna.press("I take this over")
    leaves(bot, PersonId("ben"), active=True)
    card = next(each for each in chris.sees() if "Ben" in each and "Back" in each)
    assert card == "Back: Ben. Others look after what was theirs."
    assert ben("übergeben anna").startswith("Ben ist für nichts benannt")


def test_a_newer_hand_over_takes_the_earlier_question_back(ben: Say, anna: Say, chris: Say) -> None:
    ben("übergeben Anna")
    ben("übergeben Chris")
    assert anna.sees() == ["Somebody else is asked now."]
    assert anna("status") == "Nothing is waiting for you right now."
    chris.press("I take this over")
    assert anna("who kasse").startswith("Kasse: Chris is accountable")


# --- never nobody ------------------------------------------------------------------------

EVERYBODY = tuple(each.lower() for each in NAMES)


@pytest.mark.parametrize(
    "gone",
    [set(each) for n in range(5) for each in itertools.combinations(EVERYBODY, n)],
    ids=lambda each: "+".join(sorted(each)) or "nobody",
)
@pytest.mark.parametrize("covered", [None, ("ben", "anna"), ("ben", "carla"), ("carla", "ben")])
def test_whoever_is_gone_or_covered_no_incident_is_without_somebody(
    sqlite: Database, gone: set[str], covered: tuple[str, str] | None
) -> None:
    """Every way to an incident, and every way on from it, for every set of people who left."""
    with staged(sqlite) as bot:
        if covered is not None:
            Say(bot, covered[0])(f"cover {covered[1].title()} today to tomorrow")
            Say(bot, covered[1]).press(calls="cover confirm")
        speaker = next((each for each in EVERYBODY if each not in gone), None)
        before = Say(bot, speaker or "anna")
        before("incident Kasse tot")  # by words
        before("incident Licht aus")  # no service: the fallback
        for who in sorted(gone):
            leaves(bot, PersonId(who))
        if speaker is not None:
            after = Say(bot, speaker)
            after("incident Webshop tot")
            after("incident Strom weg")
            after.press(calls="move", about="INC-4")
            after.fill(service="drucker")
            after("incident")
            after.fill(title="per Formular", service="kasse")
        bot.wind(minutes=45)
        held = bot.rows("select responsible from incidents where workspace = :workspace")
        assert len(held) == (2 if speaker is None else 5)
        if speaker is not None:
            assert {row["responsible"] for row in held} <= set(EVERYBODY) - gone
        assert not bot.unwatched()
        chains = bot.rows(
            """
            select count(*) as n from timers where workspace = :workspace and kind = 'climb'
            and state = 'pending' group by key
            """
        )
        assert all(row["n"] == 1 for row in chains)


def test_every_way_to_an_incident_asks_who_is_on_duty() -> None:
    """Imports and monitoring included: whoever stores or reopens one has asked `duty.on_duty`."""
    found = set()
    for path in Path(handlers.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            given = {each.arg: ast.unparse(each.value) for each in node.keywords}
            if called == "incidents.add":
                assert given["responsible"].startswith("duty.on_duty("), path
                found.add(called)
            if called == "states.reopen":
                assert ast.unparse(node.args[2]).startswith("duty.on_duty("), path
                found.add(called)
    assert found == {"incidents.add", "states.reopen"}


def test_a_machine_finds_somebody_even_where_nobody_manages(database: Database) -> None:
    """The net under everything is made for a machine too: it is nobody to be named."""
    stage = Stage(database)
    try:

        def work(tx: Tx) -> tuple[str, str]:
            now = stage.clock.now()
            workspaces.ensure(tx, Workspace(DEMO, "Demo", "de", "Europe/Berlin", "DE"), now)
            tx = tx.within(DEMO)
            storage_people.find_or_create(
                tx, "local:zoe", "Zoe", id=PersonId("zoe"), key="zoe", now=now
            )
            ctx = stage.dispatcher._context(tx, LOTSE, None, now)
            net = service_lookup.fallback(ctx)
            return net.accountable, duty.on_duty(ctx, net)

        assert database.transact(work) == ("zoe", "zoe")
    finally:
        stage.close()


WALK = (
    "incident Kasse {n}", "incident Licht {n}", "ack {k}", "update {k} Stand {n}", "restored {k}",
    "assign {k} {who}", "cover {who} today to tomorrow", "hand over {who}", "who kasse", "service",
    "status", "digest",
)  # fmt: skip
PRESSED = (
    "cover confirm", "cover end", "cover swap", "hand over accept", "service accept", "serious",
    "normal",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.slow
def test_whatever_happens_each_open_incident_has_one_chain_and_somebody_who_is_here(
    sqlite: Database, seed: int
) -> None:
    chance = random.Random(seed)
    with staged(sqlite) as bot:
        says = {each: Say(bot, each) for each in EVERYBODY}
        for n in range(70):
            who, other = chance.choice(EVERYBODY), chance.choice(EVERYBODY)
            what = chance.random()
            if what < 0.15:
                leaves(bot, PersonId(who), active=chance.random() < 0.6)
            elif what < 0.45:
                offered = [
                    each.button.call
                    for each in says[who].buttons()
                    if each.button.call.word in PRESSED
                ]
                if offered:
                    call = chance.choice(offered)
                    assert bot.handle(bot.request(who, call=call)).outcome != "failed"
            else:
                says[who](
                    chance.choice(WALK).format(n=n, k=chance.randint(1, 4), who=other.title())
                )
                answer = says[who].answer
                assert answer is not None
                assert answer.outcome != "failed"
            bot.carry()
            if chance.random() < 0.3:
                bot.wind(minutes=chance.choice((1, 6, 12, 60)))
            here = {row["id"] for row in bot.rows(
                "select id from people where workspace = :workspace and active = 1")}  # fmt: skip
            rows = bot.rows(
                """
                select i.number, i.responsible, (select count(*) from timers t
                    where t.workspace = i.workspace and t.state = 'pending'
                    and t.key = 'incident:' || i.number || ':climb') as chains
                from incidents i where workspace = :workspace and state = 'open'
                """
            )
            for row in rows:
                assert row["chains"] == 1
                assert row["responsible"] in here or not here
