"""Services, friction, pilots, automations, language and status, as conversations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.delivery.requests import Request
from tests.pretend.stage import Say, Stage, plain


def test_a_service_needs_two_different_people(chris: Say, bot: Stage) -> None:
    chris("service new")
    assert "nobody stands in" in chris.fill(name="VPN", accountable="ben", deputy="ben")
    assert chris.answer is not None
    assert chris.answer.field == "deputy"
    assert chris.fill(name="VPN", accountable="ben", deputy="carla", words="Homeoffice").startswith(
        "VPN\nAccountable: Ben – not accepted yet\nDeputy: Carla – not accepted yet\n"
        "Also called: Homeoffice\nRunbook: none yet"
    )
    chris("service new")
    assert "already" in chris.fill(name="vpn", accountable="ben", deputy="carla")


def test_a_missing_field_is_asked_again(chris: Say) -> None:
    chris("service new")
    chris.fill(name="VPN", accountable="ben", deputy="")
    assert chris.answer is not None
    assert chris.answer.field == "deputy"


def test_only_managers_enter_services(anna: Say, bot: Stage) -> None:
    assert anna("service new") == "Managers do this here. Please ask Chris."
    assert anna.form is None  # refused before a form is filled in for nothing


def test_who_is_accountable(anna: Say, ben: Say) -> None:
    assert anna("who kasse") == "Kasse: Ben is accountable, Carla stands in. On duty now: Ben."
    assert anna("who Kassen-Ding") == "There is no service called “Kassen-Ding”. Similar: Kasse."
    assert "There is no service called “Mond”." in anna("who Mond")
    assert anna("who kase") == "There is no service called “kase”. Similar: Kasse."
    assert ben("dienst").splitlines()[0] == "Dienste"


@pytest.mark.parametrize(
    ("title", "service"),
    [
        ("Kasse Köln druckt nicht", "kasse"),
        ("beide KASSEN tot", "kasse"),
        ("Etikettendrucker offline", "drucker"),
        ("Der Drucker streikt", "drucker"),
        ("Druckerstau im Lager", "drucker"),
        ("webshop langsam", "webshop"),
        ("Alles andere geht nicht", "rest"),
        ("Kassel ist dunkel", "kasse"),
        ("Licht aus", "rest"),
    ],
)
def test_the_service_is_proposed_from_the_words(
    anna: Say, bot: Stage, title: str, service: str
) -> None:
    anna(f"incident {title}")
    found = bot.rows("select service from incidents where workspace = :workspace")
    assert found == [{"service": service}]


def test_friction_is_kept_as_typed_and_confirmed_to_the_sender_only(anna: Say, bot: Stage) -> None:
    answer = anna("friction Liefertermine werden „dreimal“ abgetippt")
    assert answer.startswith("Noted. Thank you.\nLiefertermine werden „dreimal“ abgetippt\n")
    assert bot.chat.ledger == []
    assert anna.press("done over and over") == "Noted as: done over and over."
    assert bot.rows("select sentence, hint, author from friction where workspace = :workspace") == [
        {"sentence": "Liefertermine werden „dreimal“ abgetippt", "hint": "again", "author": "anna"}
    ]


def test_the_name_can_be_taken_away_for_good(anna: Say, bot: Stage) -> None:
    anna("friction Formulare")
    assert anna.press("Without my name").startswith("Your name is gone.")
    assert bot.rows("select author from friction where workspace = :workspace") == [
        {"author": None}
    ]
    assert anna.press("Without my name").startswith("Nobody's name is kept")


def test_nobody_else_can_touch_it(anna: Say, ben: Say) -> None:
    anna("friction Formulare")
    call = next(b.button.call for b in anna.buttons() if b.button.call.word == "nameless")
    assert ben.stage.handle(ben.stage.request("ben", call=call)).outcome == "refused"


def test_friction_that_names_somebody_is_answered_gently(anna: Say) -> None:
    assert "It names somebody." in anna("friction Carla antwortet nie")
    assert "It names somebody." not in anna("friction Niemand antwortet")


def test_friction_is_neither_rated_nor_solved(bot: Stage) -> None:
    """Requirement C07: at capture there is no severity, no solution, no score."""
    columns = bot.store(lambda tx: tx.rows("select * from friction where workspace = :workspace"))
    assert columns == []
    bot.handle(bot.request("anna", "friction x"))
    row = bot.rows("select * from friction where workspace = :workspace")[0]
    assert set(row) == {"workspace", "id", "sentence", "hint", "author", "noted_at"}


def start_pilot(chris: Say) -> None:
    chris("pilot new")
    chris.fill(name="Reparatur-Triage", problem="Anfragen liegen zwei Tage", champion="chris")


def test_a_pilot_is_one_problem_and_a_champion(chris: Say, anna: Say) -> None:
    start_pilot(chris)
    assert anna("pilot reparatur-triage").startswith(
        "Reparatur-Triage\n"
        "Problem: Anfragen liegen zwei Tage\n"
        "Champion: Chris\n"
        "Time: week 1 of 12\n"
        "Relief: no answer yet"
    )


def test_one_tap_is_counted_without_a_name_once_a_week(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    start_pilot(chris)
    anna("feedback reparatur-triage spart mir zwei Anrufe")
    assert anna.press("Relieved") == "Counted, without your name. Thank you."
    assert anna.press("No").startswith("You have answered for “Reparatur-Triage” this week.")
    assert bot.rows("select * from pilot_answers where workspace = :workspace") == [
        {"workspace": "demo", "pilot": bot.rows(
            "select id from pilots where workspace = :workspace")[0]["id"],
         "week": "2026-W48", "answer": "relieved", "count": 1}
    ]  # fmt: skip
    wind(minutes=7 * 24 * 60)
    assert anna.press("No") == "Counted, without your name. Thank you."


def test_answers_are_split_from_five_on(
    anna: Say, ben: Say, carla: Say, chris: Say, wind: Callable[..., None]
) -> None:
    start_pilot(chris)
    for each in (anna, carla, chris):
        each("language en")
        each("feedback Reparatur-Triage")
        each.press("Relieved")
    ben("feedback Reparatur-Triage")
    ben.press("Entlastet")
    assert "Relief: 4 answers; shown from 5 on" in anna("pilot Reparatur-Triage")
    wind(minutes=7 * 24 * 60)
    anna.press("No")
    assert "Relief: relieved 4, partly 0, no 1" in anna("pilot Reparatur-Triage")


def enter_automation(ben: Say, rhythm: str = "7") -> str:
    ben("auto new")
    answer = ben.fill(
        name="Mail-Sortierung", purpose="Ordnet Bestellungen", accountable="ben",
        deputy="carla", rhythm=rhythm,
    )  # fmt: skip
    return next(line for line in answer.splitlines() if "/ping/" in line).rpartition("/")[2]


def run(bot: Stage, secret: str, rid: str | None = None, kind: str = "") -> str | None:
    hook = next(each for feature in bot.dispatcher.features for each in feature.hooks)
    answer = bot.run(bot.dispatcher.run_hook(hook, secret, rid, {"kind": kind}))
    return answer.outcome if answer else None


def test_never_connected_is_not_measured_and_never_unused(
    ben: Say, anna: Say, wind: Callable[..., None]
) -> None:
    enter_automation(ben, "1")
    wind(minutes=60 * 24 * 60)
    assert "Use: not measured\nEvidence: has never reported a run" in anna("auto mail-sortierung")


def test_a_run_makes_it_used_and_silence_possibly_unused(
    ben: Say, anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    secret = enter_automation(ben)
    assert run(bot, secret) == "done"
    assert "Use: in use" in anna("auto mail-sortierung")
    wind(minutes=7 * 24 * 60)
    assert "Use: in use" in anna("auto mail-sortierung")
    wind(minutes=1)
    assert (
        "Use: possibly unused\n"
        "Evidence: last run 7 days ago (23 November 2026), expected every 7 days"
    ) in anna("auto mail-sortierung")
    ben("auto mail-sortierung")
    assert "bleibt" in ben.press(calls="auto keep")
    assert "Use: kept, though it does not run" in anna("auto mail-sortierung")


def test_only_finished_runs_count_and_the_same_run_once(ben: Say, bot: Stage) -> None:
    secret = enter_automation(ben)
    assert run(bot, secret, kind="start") == "done"
    assert run(bot, secret, kind="fail") == "done"
    found = "select last_run_at from automations where workspace = :workspace"
    assert bot.rows(found) == [{"last_run_at": None}]
    assert run(bot, secret, rid="r1") == "done"
    assert run(bot, secret, rid="r1") == "seen"
    runs = bot.rows("select kind from automation_runs where workspace = :workspace order by id")
    assert [each["kind"] for each in runs] == ["start", "fail", "ok"]


def test_an_unknown_address_is_nobodys(ben: Say, bot: Stage) -> None:
    enter_automation(ben)
    assert run(bot, "00000000-0000-4000-8000-000000000000") is None


def test_the_address_is_stored_nowhere(ben: Say, bot: Stage) -> None:
    secret = enter_automation(ben)
    for table in ("deliveries", "audit", "outbox", "automation_addresses", "drafts", "automations"):
        assert secret not in str(bot.rows(f"select * from {table} where workspace = :workspace"))


def test_a_new_address_works_and_the_old_one_for_a_week(
    ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    old = enter_automation(ben)
    ben("auto mail-sortierung")
    answer = ben.press(calls="auto address")
    new = next(line for line in answer.splitlines() if "/ping/" in line).rpartition("/")[2]
    assert run(bot, old) == run(bot, new) == "done"
    wind(minutes=7 * 24 * 60 + 1)
    assert run(bot, old) is None
    assert run(bot, new) == "done"


def test_an_automation_is_handed_over_by_acceptance(ben: Say, carla: Say, anna: Say) -> None:
    enter_automation(ben)
    ben("auto mail-sortierung")
    ben.press(calls="auto handover")
    ben.fill(to="carla")
    assert "Accountable: Ben" in anna("auto mail-sortierung")
    carla.press(calls="auto accept")
    assert "Accountable: Carla\nDeputy: Ben" in anna("auto mail-sortierung")


def test_only_its_people_decide_about_an_automation(ben: Say, anna: Say) -> None:
    enter_automation(ben)
    ben("auto mail-sortierung")
    call = next(b.button.call for b in ben.buttons() if b.button.call.word == "auto retire")
    anna("auto mail-sortierung")
    assert not [b for b in anna.buttons() if b.button.call.word == "auto retire"]
    answer = anna.stage.handle(anna.stage.request("anna", call=call))
    assert answer.outcome == "refused"


def test_everybody_chooses_their_language(ben: Say) -> None:
    assert ben("sprache en") == "From now on I speak English with you."
    assert ben("status") == "Nothing waits for you."
    assert ben("language auto") == "Von jetzt an spreche ich Deutsch mit dir."


def test_home_says_how_much_more_waits(anna: Say, bot: Stage) -> None:
    def home() -> str:
        seen = bot.run(bot.dispatcher.look(bot.workspace, "local:chris", "home"))
        assert seen is not None and seen.message is not None
        return plain(seen.message)

    for _each in range(5):
        anna("incident Licht flackert")
    assert "[Show all]" not in home()
    anna("incident Licht ist aus")
    anna("incident Licht ist noch aus")
    assert "and 2 more\n[Show all]" in home()


def test_status_shows_what_waits_for_me(anna: Say, ben: Say) -> None:
    anna("incident Kasse tot")
    assert ben("stand").splitlines()[0] == "1 Sache wartet auf dich"
    assert ben.press("Ich kümmere mich").startswith("Du kümmerst dich")
    assert anna("status") == "Nothing waits for you."


def test_who_notes_friction_or_gives_feedback_stands_nowhere_in_the_audit(
    anna: Say, chris: Say, bot: Stage
) -> None:
    start_pilot(chris)
    anna("friction Formulare")
    anna.press("done over and over")
    anna.press("Without my name")
    anna("feedback Reparatur-Triage spart Zeit")
    anna.press("Partly")
    rows = bot.rows(
        "select command, person_key from audit where workspace = :workspace order by at, id"
    )
    mine = [each for each in rows if each["command"] not in ("pilot new",)]
    assert [each["command"] for each in mine] == [
        "friction", "hint", "nameless", "feedback", "relief",
    ]  # fmt: skip
    assert {each["person_key"] for each in mine} == {"nobody"}


def test_the_owner_is_asked_before_anybody_reads_that_it_is_possibly_unused(
    ben: Say, carla: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    secret = enter_automation(ben)
    run(bot, secret)
    wind(minutes=7 * 24 * 60)
    assert ben.sees() == []
    wind(minutes=1)
    assert len(ben.sees()) == 1
    assert "Wird „Mail-Sortierung“ noch gebraucht?" in ben.sees()[0]
    ben.press("Behalten")
    assert "[" not in ben.sees()[0]
    wind(minutes=89 * 24 * 60)
    assert len(ben.sees()) == 1
    wind(minutes=2 * 24 * 60)
    assert "[Behalten]" in ben.sees()[0]
    assert carla.sees() == []


def test_a_run_in_time_asks_nobody(ben: Say, bot: Stage, wind: Callable[..., None]) -> None:
    secret = enter_automation(ben)
    for _each in range(5):
        run(bot, secret)
        wind(minutes=6 * 24 * 60)
    assert ben.sees() == []


def test_choices_are_named_when_something_else_is_typed(anna: Say) -> None:
    assert anna("language fr").startswith("Please choose:\n[Deutsch]\n[English]")
    assert anna.press("Deutsch") == "Von jetzt an spreche ich Deutsch mit dir."


def test_a_channel_is_chosen_from_wherever_its_settings_are_read(chris: Say, bot: Stage) -> None:
    chris("settings", at="leitung")
    call = next(each.button.call for each in chris.buttons() if "place" in each.button.call.word)
    # In Teams the answer to what was asked in a channel stands in the personal chat.
    elsewhere = Request("pressed", bot.workspace, "local:chris", "Chris", "local:@chris", call=call)
    answer = bot.handle(elsewhere)
    assert answer.message is not None
    assert plain(answer.message) == "#leitung is for incidents and their cards now."
