"""Automations: entered, measured, decided about."""

from __future__ import annotations

from collections.abc import Callable

from handlers.automations.intake import heartbeat
from handlers.kit.commands import call
from handlers.kit.context import Context
from tests.mandate.test_mandate import do
from tests.pretend.machines import FORM, enter, reports
from tests.pretend.stage import Say, Stage

DAY = 24 * 60


def test_never_connected_is_not_measured_and_never_unused(
    ben: Say, anna: Say, wind: Callable[..., None]
) -> None:
    enter(ben, rhythm="1")
    wind(minutes=60 * DAY)
    card = anna("auto mail-sortierung")
    assert "Use: never reported\nEvidence: has never reported a run, expected every day" in card
    assert "Connection: not connected" in card
    assert "Wird „Mail-Sortierung“ noch gebraucht" not in str(ben.sees())


def test_a_run_connects_it_and_use_is_the_first_figure(ben: Say, anna: Say, bot: Stage) -> None:
    secret = enter(ben)
    assert reports(bot, secret) == "done"
    lines = anna("auto mail-sortierung").splitlines()
    assert lines[:4] == [
        "Mail-Sortierung", "What for: Ordnet Bestellungen", "What not for: Reklamationen",
        "Use: new",
    ]  # fmt: skip
    assert "Connection: connected since Mon 23 Nov" in lines
    assert "Used: 1 useful run in 28 days" in lines


def test_registering_without_what_it_is_not_for_is_refused(ben: Say) -> None:
    ben("auto new")
    answer = ben.fill(name="A", purpose="Ordnet Mails", accountable="ben", deputy="carla",
                      rhythm="7")  # fmt: skip
    assert ben.answer is not None and ben.answer.field == "not_for", answer


def test_only_finished_runs_count_and_the_same_run_once(ben: Say, bot: Stage) -> None:
    secret = enter(ben)
    assert reports(bot, secret, kind="start") == "done"
    assert reports(bot, secret, kind="fail") == "done"
    found = "select last_run_at from automations where workspace = :workspace"
    assert bot.rows(found) == [{"last_run_at": None}]
    assert reports(bot, secret, rid="r1") == "done"
    assert reports(bot, secret, rid="r1") == "seen"
    runs = bot.rows("select kind from automation_runs where workspace = :workspace order by id")
    assert [each["kind"] for each in runs] == ["start", "fail", "ok"]
    assert "dieser Lauf wurde schon gemeldet" in ben("auto mail-sortierung")


def test_a_start_and_an_end_with_the_same_id_are_one_run_with_its_duration(
    ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    secret = enter(ben)
    assert reports(bot, secret, rid="r1", kind="start") == "done"
    wind(minutes=2)
    assert reports(bot, secret, rid="r1") == "done"
    rows = bot.rows("select kind, seconds from automation_runs where workspace = :workspace")
    assert [(each["kind"], each["seconds"]) for each in rows] == [("start", None), ("ok", 120)]
    found = "select begun_at from automations where workspace = :workspace"
    assert bot.rows(found) == [{"begun_at": None}]


def test_of_two_overlapping_runs_the_one_without_an_end_hangs(
    ben: Say, anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    secret = enter(ben, rhythm="0 9 * * *")
    reports(bot, secret, rid="r1", kind="start")
    wind(minutes=1)
    reports(bot, secret, rid="r2", kind="start")
    wind(minutes=1)
    reports(bot, secret, rid="r2")
    wind(minutes=59)
    assert "a run is missing" in anna("auto mail-sortierung")
    wind(to="2026-11-24 09:05")
    (told,) = [each for each in ben.sees() if "begann am" in each]
    assert "„Mail-Sortierung“ begann am Mo. 23. Nov., 09:00 und läuft noch." in told


def test_an_unknown_address_is_nobodys(ben: Say, bot: Stage) -> None:
    enter(ben)
    assert reports(bot, "00000000-0000-4000-8000-000000000000") == ""


def test_the_address_is_stored_nowhere(ben: Say, bot: Stage) -> None:
    secret = enter(ben)
    for table in ("deliveries", "audit", "outbox", "automation_addresses", "drafts", "automations",
                  "automation_history"):  # fmt: skip
        assert secret not in str(bot.rows(f"select * from {table} where workspace = :workspace"))


def test_a_new_address_works_and_the_old_one_for_a_week(
    ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    old = enter(ben)
    ben("auto mail-sortierung")
    answer = ben.press(calls="auto address")
    found = [line for line in answer.splitlines() if "/ping/" in line and " " not in line]
    new = found[0].rpartition("/")[2]
    assert reports(bot, old) == reports(bot, new) == "done"
    wind(minutes=7 * DAY + 1)
    assert reports(bot, old) == ""
    assert reports(bot, new) == "done"


def test_who_is_named_is_asked_and_accepts(ben: Say, carla: Say, anna: Say) -> None:
    enter(ben)
    assert "Deputy: Carla (asked, has not accepted yet)" in anna("auto mail-sortierung")
    assert "Vertretung für „Mail-Sortierung“" in carla.sees()[0]
    assert "Danke" in carla.press(calls="auto accept")
    card = anna("auto mail-sortierung")
    assert "Accountable: Ben\nDeputy: Carla" in card and "asked" not in card


def test_who_is_asked_can_answer_on_the_card_too(ben: Say, carla: Say, anna: Say) -> None:
    enter(ben)
    assert "[Ich übernehme das] [Lieber jemand anderes]" not in ben("auto mail-sortierung")
    assert "[I take this over]" not in anna("auto mail-sortierung")
    assert "[Ich übernehme das]" in carla("auto mail-sortierung")
    assert "Danke" in carla.press(calls="auto accept")
    assert "[Ich übernehme das]" not in carla("auto mail-sortierung")
    ben("auto mail-sortierung")
    ben.press(calls="auto handover")
    ben.fill(to="carla")
    assert "[Ich übernehme das]" in carla("auto mail-sortierung")
    carla.press(calls="auto decline")
    assert "[Ich übernehme das]" not in carla("auto mail-sortierung")


def test_who_declines_is_thanked_and_a_manager_hears_of_it(
    ben: Say, carla: Say, chris: Say, wind: Callable[..., None]
) -> None:
    enter(ben)
    assert "Danke" in carla.press(calls="auto decline")
    wind(to="2026-11-24 09:05")
    assert "Somebody else should be named for “Mail-Sortierung”." in chris.sees()[0]


def test_an_automation_is_handed_over_by_acceptance(ben: Say, carla: Say, anna: Say) -> None:
    enter(ben)
    ben("auto mail-sortierung")
    ben.press(calls="auto handover")
    ben.fill(to="carla")
    assert "Accountable: Ben" in anna("auto mail-sortierung")
    carla.press(calls="auto accept", about="Verantwortung")
    assert "Accountable: Carla\nDeputy: Ben" in anna("auto mail-sortierung")


def test_who_is_asked_to_take_an_automation_over_may_decline(
    ben: Say, carla: Say, anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    enter(ben)
    carla.press(calls="auto accept")
    ben("auto mail-sortierung")
    ben.press(calls="auto handover")
    ben.fill(to="anna")
    assert anna.press(calls="auto decline") == "Thank you for saying so. Nothing changes."
    offers = bot.rows("select offered_to from automations where workspace = :workspace")
    assert offers == [{"offered_to": None}]
    assert "Accountable: Ben" in anna("auto mail-sortierung")
    wind(to="2026-11-24 09:05")
    assert any("Anna übernimmt „Mail-Sortierung“ nicht." in each for each in ben.sees())


def test_only_its_people_decide_about_an_automation(ben: Say, anna: Say) -> None:
    enter(ben)
    ben("auto mail-sortierung")
    call = next(b.button.call for b in ben.buttons() if b.button.call.word == "auto retire")
    anna("auto mail-sortierung")
    assert not [b for b in anna.buttons() if b.button.call.word == "auto retire"]
    answer = anna.stage.handle(anna.stage.request("anna", call=call))
    assert answer.outcome == "refused"


def test_retiring_frees_the_name_can_be_found_and_undone(
    ben: Say, anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    secret = enter(ben)
    ben("auto mail-sortierung")
    ben.press(calls="auto retire")
    assert "There is no automation yet." in anna("auto mail-sortierung")
    ben("auto")
    enter(ben)  # the name is free again
    ben("auto")
    ben.press(calls="auto retired")
    ben.press("Mail-Sortierung")
    assert "heißt eine andere" in ben.press(calls="auto back")
    ben.press(calls="auto rename")
    ben.fill(name="Mail alt")
    ben.press("Mail alt")
    assert "ist wieder da" in ben.press(calls="auto back")
    assert "Mail alt" in anna("auto")
    assert reports(bot, secret) == "done"


def test_a_call_to_a_retired_address_is_told_once(
    ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    secret = enter(ben)
    ben("auto mail-sortierung")
    ben.press(calls="auto retire")
    for _each in range(3):
        assert reports(bot, secret) == "retired"
    wind(to="2026-11-24 09:05")
    assert str(ben.sees()).count("ist stillgelegt und läuft noch") == 1


def test_each_missing_part_blocks_operation_and_names_itself(
    ben: Say, carla: Say, anna: Say, bot: Stage
) -> None:
    enter(ben)
    ben("auto mail-sortierung")
    live = next(b.button.call for b in ben.buttons() if b.button.call.word == "auto complete").args[
        "automation"
    ]
    profile = {
        "category": "workflow", "steps": "automatic: sortieren\nhuman: freigeben",
        "decision": "Vor dem Versand",
        "fallback": "Carla sortiert von Hand", "measure": "Fehler im Monat", "limit": "5",
        "ai": "no", "data": "Bestellungen", "docs": "https://wiki.example.com/mail",
        "version": "1.2", "check_days": "30",
    }  # fmt: skip
    rules = {"roles": "Ben pflegt die Regeln", "priorities": "Eilbestellungen zuerst",
             "consequences": "Sonst pausieren wir sie"}  # fmt: skip
    labels = {
        "category": "Art", "steps": "Schritte", "decision": "Wo ein Mensch entscheidet",
        "fallback": "Wenn sie nicht läuft", "measure": "Kennzahl", "limit": "Grenze",
        "ai": "Nutzt KI", "data": "Genutzte Daten",
        "docs": "Dokumentation", "version": "Fassung", "roles": "Rollen",
        "priorities": "Prioritäten", "consequences": "Folgen",
    }  # fmt: skip
    for gap, label in labels.items():
        ben.stage.store(lambda tx: tx.run(
            "delete from automation_profile where workspace = :workspace and field <> 'not_for'"
        ))  # fmt: skip
        given = {name: value for name, value in {**profile, **rules}.items() if name != gap}
        for field, value in given.items():
            bot.store(
                lambda tx, f=field, v=value: tx.insert(
                    "automation_profile", automation=live, field=f, value=v
                )
            )
        ben("auto mail-sortierung")
        answer = bot.handle(bot.request("ben", call=call("auto live", automation=live)))
        assert answer.outcome == "refused"
        assert answer.message is not None
        text = str(answer.message)
        assert label in text, (gap, text)
    # With all of it, it goes into operation, and there is no state “finished”.
    last = {**profile, **rules}[gap]
    bot.store(lambda tx: tx.insert("automation_profile", automation=live, field=gap, value=last))
    ben("auto mail-sortierung")
    assert "Jetzt beginnt die Arbeit" in ben.press(calls="auto live")
    assert "Phase: in operation" in anna("auto mail-sortierung")
    assert "„Mail-Sortierung“ ist in Betrieb" in bot.sees("allgemein")[0]


def test_the_profile_is_corrected_with_its_history(ben: Say, anna: Say) -> None:
    enter(ben)
    ben("auto mail-sortierung")
    ben.press(calls="auto complete")
    answer = ben.fill(not_for="Reklamationen und Retouren", decision="Vor dem Versand")
    assert "Für den Betrieb fehlt noch" in answer
    card = anna("auto mail-sortierung")
    assert "What not for: Reklamationen und Retouren" in card
    assert "Steps: missing" in card
    past = anna.press(calls="auto history")
    assert "changed, What not for: Reklamationen und Retouren (the accountable person)" in past
    assert "Ben" not in past


def test_an_existing_thing_is_entered_without_the_rest(ben: Say, anna: Say) -> None:
    ben("auto")
    ben.press(calls="auto exists")
    ben.fill(name="Altskript", purpose="Kopiert Dateien", accountable="ben", deputy="carla",
             rhythm="täglich")  # fmt: skip
    card = anna("auto altskript")
    assert "Phase: runs, profile incomplete" in card
    assert "What not for: missing" in card


def test_a_pause_ends_on_the_day_that_was_chosen_in_the_history_as_well(
    ben: Say, bot: Stage
) -> None:
    enter(ben)
    ben("auto mail-sortierung")
    id = bot.rows("select id from automations where workspace = :workspace")[0]["id"]
    do(ben, "auto pause", automation=id, until="2026-12-01")
    rows = bot.rows(
        "select after from automation_history where workspace = :workspace and kind = 'paused'"
    )
    assert [each["after"] for each in rows] == ["2026-12-01"]


def test_the_history_is_exported_as_it_was_written_down(ben: Say, anna: Say, bot: Stage) -> None:
    enter(ben)
    enter(ben, name="Andere")
    ben("auto mail-sortierung")
    ben.press(calls="auto complete")
    ben.fill(not_for="Retouren", decision="Vor dem Versand")
    ben("auto mail-sortierung")
    ben.press(calls="auto rhythm")
    ben.fill(rhythm="täglich", grace="30", zone="Lisbon")
    ben("auto mail-sortierung")
    ben.press(calls="auto rhythm")
    assert "keine Zeitzone" in ben.fill(rhythm="täglich", zone="Mond")
    found = bot.rows("select id from automations where workspace = :workspace"
                     " and name = 'Mail-Sortierung'")  # fmt: skip
    anna("auto mail-sortierung")
    anna.press(calls="auto history")
    shown = anna.press("All of it, as a list")
    written = bot.rows(
        "select field, after, role from automation_history where workspace = :workspace"
        " and automation = :automation",
        automation=found[0]["id"],
    )
    assert shown.splitlines()[0].endswith(f"of {len(written)}")
    for line in (
        "changed · Rhythm · every 7 days · every day · the accountable person",
        "changed · Late after minutes · 30 · the accountable person",
        "changed · Time zone · Europe/Lisbon · the accountable person",
        "changed · What not for · Reklamationen · Retouren · the accountable person",
    ):
        assert line in shown
    assert "Ben" not in shown and "Andere" not in shown


def test_a_snooze_has_an_end_that_somebody_chose(ben: Say, anna: Say, bot: Stage) -> None:
    reports(bot, enter(ben))
    ben("auto mail-sortierung")
    ben.press(calls="auto snooze")
    assert "Bis Fr. 4. Dez." in ben.fill(until="2026-12-04")
    assert "Use: snoozed until Fri 4 Dec" in anna("auto mail-sortierung")
    ben("auto mail-sortierung")
    ben.press(calls="auto go on")
    assert "snoozed" not in anna("auto mail-sortierung")


def test_the_ai_register_shows_those_that_use_ai(ben: Say, anna: Say, bot: Stage) -> None:
    enter(ben)
    enter(ben, name="Textvorschlag")
    ben("auto textvorschlag")
    ben.press(calls="auto complete")
    ben.fill(ai="yes", data="Anfragen")
    anna("auto")
    assert "## Mail-Sortierung" in anna.press(calls="auto register")
    ai = anna.press("AI register")
    assert "## Textvorschlag" in ai and "Mail-Sortierung" not in ai


def test_a_register_that_does_not_fit_says_so(ben: Say, anna: Say, bot: Stage) -> None:
    for n in range(25):
        enter(ben, name=f"Nummer {n}", purpose="Ordnet " + "sehr viel " * 40)
    anna("auto")
    assert "That is not all" in anna.press(calls="auto register")


RULES = {
    "data": "Keine Kundendaten",
    "security": "IT wird gefragt",
    "responsibility": "Preise macht ein Mensch",
    "communication": "Betroffene zuerst",
}


def test_the_guardrails_are_shown_when_entering_and_each_version_is_confirmed_once(
    ben: Say, chris: Say, bot: Stage
) -> None:
    def write(**changed: str) -> None:
        chris("mandate")
        chris.press(calls="mandate guardrails")
        chris.fill(carry=True, **{**RULES, **changed})

    def entered(name: str) -> str:
        ben("auto new")
        return ben.fill(carry=True, **{**FORM, "name": name})

    assert "Leitplanken" not in entered("Eins"), "there are none yet"
    write()
    shown = entered("Zwei")
    assert all(each in shown for each in RULES.values())
    assert "Danke" in ben.press(calls="mandate confirm")
    again = entered("Drei")
    assert "Keine Kundendaten" in again and "[Leitplanken gelesen]" not in again
    write(data="Gar keine Daten")
    assert "[Leitplanken gelesen]" in entered("Vier"), "a new version asks again"
    kept = bot.rows(
        "select version from guardrail_confirmations where workspace = :workspace"
        " and person = 'ben'"
    )
    assert kept == [{"version": "v1"}], "what was confirmed before stays"


def test_each_step_says_whether_it_is_automatic_or_human(ben: Say, anna: Say, bot: Stage) -> None:
    enter(ben)

    def says(steps: str) -> str:
        ben("auto mail-sortierung")
        ben.press(calls="auto complete")
        return ben.fill(steps=steps)

    assert "beginnen" in says("automatisch: sortieren\nfreigeben")
    assert "Steps: missing" in anna("auto mail-sortierung")
    assert "Schritte" not in says("1. automatisch: sortieren\n2. Mensch: freigeben").split("\n")[0]
    card = anna("auto mail-sortierung")
    assert "1. automatisch: sortieren" in card and "Steps, each automatic or human" not in card
    bot.store(
        lambda tx: tx.run(
            "update automation_profile set value = 'A → B' where workspace = :workspace"
            " and field = 'steps'"
        )
    )
    assert "Steps, each automatic or human" in anna("auto mail-sortierung")


def test_a_draft_is_found_by_its_name_and_a_search_says_how_each_stands(
    anna: Say, ben: Say, bot: Stage
) -> None:
    enter(ben, name="Abgleich")

    def called(ctx: Context) -> None:
        heartbeat.draft(ctx, "nightly-job", source="call")

    bot.inside(called)
    card = anna("auto nightly-job")
    assert "draft: nobody answers for it yet" in card and "[Enter it]" in card
    assert "draft: nobody answers for it yet" in anna("find nightly")
    assert "never reported" in anna("find Abgleich")
    ben("auto Abgleich")
    ben.press(calls="auto retire")
    assert "retired" in anna("find Abgleich")
