"""400 days over a company that did much: each kind of record goes, or its names do, on its day."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.delivery.scheduler import clean
from handlers import FEATURES
from handlers.attention import matters
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.words import flat, speak
from handlers.privacy import retention
from handlers.privacy.erasing import doors, put_former
from storage.automations import intake, odd, outages, questions
from storage.delivery import drafts
from storage.engine import Tx
from storage.engine.ids import AutomationId, PersonId
from storage.engine.sql import as_text
from tests.friction.test_patterns import confirmed
from tests.house.test_doors import named
from tests.pilots.test_pilots import started
from tests.pretend.machines import enter, reports
from tests.pretend.stage import BERLIN, Say, Stage, answered
from tests.privacy.chats import in_chats

LINK = "https://tickets.example.com/77"
KEPT = [each for feature in FEATURES for each in feature.all_keeps]


KIND = {retention.kind(each): each for each in KEPT if each.days is not None}
LIVED = 45  # days over which the company does everything, once


def do(me: Say, word: str, **values: str) -> str:
    """Send a form, or press a button that is not looked for; it has to work."""
    shown = me.stage.handle(me.stage.request(me.id, call=call(word, **values), submitted=True))
    me.stage.carry()
    assert shown.outcome == "done", f"{word}: {answered(shown)}"
    return answered(shown)


def did_everything(bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say) -> None:
    """Let the company use everything that leaves a record, once at least."""
    _failed_and_mended(bot, anna, ben, carla, chris)
    _improved(bot, anna, ben, chris)
    _automated(bot, anna, ben, carla)
    _looked_after_itself(bot, anna, ben, carla, chris)


def _failed_and_mended(bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say) -> None:
    """A cause that came back three times is fixed and verified; a change passed its ban."""
    for number in (1, 2, 3):
        anna(f"incident Etikettendrucker offline {number}")
        bot.wind(minutes=12)  # somebody is alarmed
        ben(f"ack {number}")
        ben(f"restored {number} Kabel")
        bot.wind(minutes=40)
    ben("repeat 2 of 1")
    ben("repeat 3 of 1")
    anna("incident Kasse tot")
    do(ben, "assign", number="4", person="carla")
    do(chris, "close as", number="4", kind="false_alarm", reason="Nur ein Test der Kasse")
    do(ben, "problem owner", number="1", person="carla")
    do(carla, "problem accept", number="1")
    change = "Neue Firmware auf die Drucker"
    do(ben, "change", service="drucker", what=change, day="2026-12-01")
    (planned,) = bot.rows("select id from changes where workspace = :workspace")
    do(chris, "change override", id=planned["id"], reason="Der Hersteller kommt", until="2.12.2026")
    do(carla, "problem cause", number="1", kind="hardware", cause="Das Netzteil schaltet ab")
    do(carla, "problem fixed", number="1", what="Netzteil getauscht", evidence=LINK)
    do(ben, "problem verify", number="1")
    fill = {
        "ended": "09:20", "kind": "hardware", "cause": "Das Netzteil schaltet ab", "evidence": LINK,
        "ending": "fixed", "fixer": "carla", "on": "2026-11-23", "runbook": "noch keine",
    }  # fmt: skip
    do(ben, "fill", number="1", which="every", **fill)
    do(ben, "done", number="1")
    do(carla, "checked", number="1")
    for same in ("2", "3"):
        do(chris, "close anyway", number=same, reason="Dieselbe Ursache, geprüft bei INC-1")


def _improved(bot: Stage, anna: Say, ben: Say, chris: Say) -> None:
    """Friction became a pattern with an answer; a pilot was tried and stopped."""
    write = {
        "data": "Nichts geht nach außen", "security": "Die IT wird gefragt",
        "responsibility": "Ein Mensch entscheidet", "communication": "Alle wissen es",
    }  # fmt: skip
    do(chris, "mandate edit", goals="Schnellere Angebote", focus="Einkauf\nService")
    do(chris, "mandate guardrails", **write)
    do(anna, "mandate confirm", version="v1")
    do(chris, "mandate guardrails", **{**write, "data": "Nur Daten ohne Namen gehen hinaus"})
    definition = "Wenn etwas steht, das wir für die Arbeit brauchen."
    do(chris, "definition save", name="incident", seen="0", words=definition)
    pattern = confirmed(bot, anna, chris)
    easy = dict.fromkeys(("regular", "structured", "ruled", "context"), "yes")
    human = dict.fromkeys(("judgement", "responsibility", "relationship"), "no")
    do(chris, "pattern taps", pattern=pattern, changing="no", **easy, **human)
    do(chris, "pattern answer", pattern=pattern, result="human", reason="Das bleibt bei Menschen")
    (goal,) = bot.rows("select id from mandate_goals where workspace = :workspace")
    pilot = started(bot, goal=str(goal["id"]))
    do(anna, "relief", pilot=pilot, answer="relieved")
    do(anna, "feedback bypassed", pilot=pilot, reason="slower")
    do(chris, "pilot value", pilot=pilot, value="7", number="20", day="2026-11-23")
    bot.wind(minutes=60 * 24 * 8)  # the week's round is closed
    learnt = "Sortieren hilft wenig, solange Teile fehlen"
    do(chris, "pilot decide", pilot=pilot, decision="stop", reason=learnt, learnt=learnt)


def _automated(bot: Stage, anna: Say, ben: Say, carla: Say) -> None:
    """An automation reports, is reported on, and is asked about."""
    secret = enter(ben)
    (found,) = bot.rows("select id from automations where workspace = :workspace")
    auto = str(found["id"])
    do(carla, "auto accept", automation=auto)
    do(anna, "auto relief", automation=auto, answer="relieved")
    do(ben, "auto people", automation=auto, accountable="carla", deputy="ben")
    reports(bot, secret, "once")
    reports(bot, secret, "once")  # a run id that was used
    do(anna, "auto bypassed", automation=auto, reason="slow")
    (signal,) = bot.rows("select id from automation_signals where workspace = :workspace")
    do(carla, "auto answer", signal=str(signal["id"]), words="Sie läuft jetzt am Morgen")
    now = bot.clock.now()
    bot.store(lambda tx: questions.open(tx, AutomationId(auto), id="question", at=now))
    bot.store(lambda tx: questions.put_to(tx, "question", 0, PersonId("carla")))
    do(carla, "auto keep", automation=auto)

    def called(tx: Tx) -> None:
        odd.note_stray(tx, "lagerabgleich", bot.now(), 100)
        outages.note(tx, intake.Outage(bot.now() - timedelta(hours=2), bot.now()))

    bot.store(called)


def _looked_after_itself(bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say) -> None:
    """Somebody stood in, handed over, signed in, linked; Lotse did not run for a while."""
    do(ben, "rule new", service="kasse", words="Bonrolle")
    do(anna, "data correct", name="Anna", wrong="Die Notiz vom Montag ist nicht von mir")
    (wrong,) = bot.rows("select id from corrections where workspace = :workspace")
    do(chris, "data answer", correction=str(wrong["id"]), words="Sie ist berichtigt")
    matter = "About something."
    bot.inside(lambda ctx: matters.note(ctx, PersonId("anna"), "matter", matter))
    do(ben, "cover", person="carla", start="2026-12-07", until="2026-12-08")
    (cover,) = bot.rows("select id from covers where workspace = :workspace")
    do(carla, "cover confirm", cover=str(cover["id"]))
    do(ben, "hand over", to="carla", deputy="chris")
    (asked,) = bot.rows("select id from handovers where workspace = :workspace")
    do(carla, "hand over accept", handover=str(asked["id"]))
    chris("board")
    in_chats(bot, ben="slack")
    ben("verbinden")
    bot.wind(minutes=60 * 24 * 6)  # the first nights report, and a round of relief is closed
    chris("board")
    ben("verbinden")
    do(anna, "mandate ask", words="Gilt das auch für die Ausbildung?")
    bot.store(lambda tx: _kept_by_others(tx, bot.now()))


def _kept_by_others(tx: Tx, now: datetime) -> None:
    """Put in what takes quarters to come about, or other people's machines: a row each."""
    day, at = now.date().isoformat(), as_text(now)
    (auto,) = tx.rows("select id from automations where workspace = :workspace")
    tx.insert(
        "mandate_stops", id="stop", item="Sortieren", reason="Es half nicht", until_on=day,
        dropped_on=day, set_by="chris", set_at=at,
    )  # fmt: skip
    tx.insert(
        "rule_routings", kind="service", subject="INC-1", rule="r", shown="Bon", target="kasse",
        day=day, straight=1,
    )  # fmt: skip
    tx.insert("bottleneck_rounds", quarter="2026-Q3", opened_on=day)
    tx.insert("holds", restored_at=at, released_at=at, choice="nothing")
    tx.insert("erasures", erased="former-1", at=at)
    tx.insert("digest_rounds", week="2026-W40", opened_on=day)
    tx.insert("digest_texts", week="2026-W40", language="de", message="{}", at=at)
    tx.insert(
        "digest_mails", id="mail", address="lager@example.com", token="t", added_by="chris",
        added_at=at,
    )  # fmt: skip
    tx.insert("automation_values", automation=auto["id"], number=1, day=day, value="3")


def told_of(bot: Stage, language: str) -> list[tuple[str, str]]:
    """Return every line that `data` has for anybody, as its reader reads it."""
    found: list[tuple[str, str]] = []

    def look(ctx: Context) -> None:
        for door in doors(ctx):
            for who in ("anna", "ben", "carla", "chris"):
                for label, value in door.run(ctx, PersonId(who)).rows:
                    said = [flat(speak(each, language, "Europe/Berlin")) for each in (label, value)]
                    found.append((said[0], said[1]))

    bot.inside(look)
    return found


@pytest.mark.parametrize("language", ["de", "en"])
def test_data_speaks_of_people_and_things_and_shows_no_id(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say, language: str
) -> None:
    did_everything(bot, anna, ben, carla, chris)
    do(chris, "mandate it", who="ben")
    do(chris, "digest less")
    do(chris, "starter begin")
    do(ben, "cover", person="carla", start="2027-02-07", until="2027-02-08")
    ben("störung " + "Kasse " * 40)
    long = "Ein Satz, der länger ist als ein Knopf. " * 12
    ben.stage.store(lambda tx: drafts.add(
        tx, id="5f9dd9cc-25b4-43b6-a2a9-24ff8cf6e4bf", person=PersonId("ben"),
        call=json.dumps({"word": "incident", "args": {"title": long}}), now=bot.now()))  # fmt: skip
    lines = told_of(bot, language)
    keys = re.compile(
        r"id-\d{6}|[0-9a-f]{8}-[0-9a-f]{4}|\b[a-z_]+:[\w@]|\d{4}-\d\d-\d\d|^\s*,|, *,|"
        r"^(draft|released|replaced|seldom|short|incident|serious|done|measures)\b"
    )
    bad = [each for each in lines if keys.search(each[1]) or not each[1].strip(" ,")]
    assert bad == [], bad
    said = {label for label, _value in lines}
    stands = {"de": "Springt ein", "en": "Stands in"}[language]
    hands = {"de": "Übergibt", "en": "Hands over"}[language]
    assert {stands, hands} <= said
    assert any(label == stands and value.startswith("Ben, ") for label, value in lines)
    assert any(label == hands and value.startswith("Carla, ") for label, value in lines)


def nights(day: date) -> datetime:
    """Return when retention runs in the night to a day."""
    return datetime.combine(day, retention.HOUR, BERLIN)


def due_days(bot: Stage) -> dict[str, date]:
    """Return for each kind of record the day on which the next of it goes."""
    found: dict[str, date] = {}
    bot.inside(lambda ctx: found.update(retention.next_due(ctx)))
    return found


def people_left(bot: Stage) -> dict[str, set[str]]:
    """Return for each column of persons whom it still names, pseudonyms left out."""
    found: dict[str, set[str]] = {}
    for column in named():
        table, name = column.split(".")
        rows = bot.rows(f"select distinct {name} as who from {table} where workspace = :workspace")
        found[column] = {str(each["who"]) for each in rows} - {"None", "former", "former-other"}
    return found


@pytest.mark.slow
def test_each_kind_of_record_goes_on_its_day(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    """400 days, and on to those that are kept for three years: all by the timer of each night."""
    began = bot.now().date()
    bot.store(lambda tx: retention.plan(tx, id="r", now=bot.clock.now(), zone="Europe/Berlin"))
    did_everything(bot, anna, ben, carla, chris)
    lived = (bot.now().date() - began).days + 1
    days = due_days(bot)
    assert days.keys() == KIND.keys(), "the company did everything"
    went: dict[str, date] = {}
    for day in sorted(set(days.values())):
        for night in (day - timedelta(days=1), day):
            if nights(night) > bot.now():
                bot.clock.wind(nights(night).astimezone(UTC))
                bot.carry()
                report = (
                    "select kind from retention_runs where workspace = :workspace and day = :day"
                )
                for row in bot.rows(report, day=night.isoformat()):
                    went.setdefault(row["kind"], night)
    assert went == days, "each on the day that was told, and not before"
    for kind, keeps in KIND.items():
        after = (went[kind] - began).days
        assert keeps.days is not None and keeps.days <= after <= keeps.days + lived, (kind, after)
    bot.database.transact(lambda tx: clean(tx, bot.clock.now()))
    left = {column.split(".")[0] for column, who in people_left(bot).items() if who}
    # Who is here, what they answer for now and have been told lately, and whether they have read
    # the newest guardrails.
    assert left <= {"identities", "places", "services", "automations", "guardrail_confirmations",
                    "automation_questions", "matters"}  # fmt: skip


def test_a_dry_run_says_what_would_go_and_changes_nothing(bot: Stage, ben: Say) -> None:
    in_chats(bot, ben="slack")
    ben("verbinden")
    found: list[retention.Let] = []
    bot.clock.wind(bot.clock.now() + timedelta(days=2))

    def look(ctx: Context) -> None:
        found.extend(retention.would_go(ctx))

    bot.inside(look)
    assert [each.rows for each in found if "link_codes" in each.keeps.tables] == [1]
    assert bot.rows("select person from link_codes where workspace = :workspace")


def test_every_kept_kind_says_how_long_and_what_then() -> None:
    assert len(KEPT) >= 8
    for each in KEPT:
        assert each.tables and (each.days is None or each.days <= 1100), each.tables


def test_each_kind_of_record_has_a_name_of_its_own_in_the_reports() -> None:
    names = [retention.kind(each) for each in KEPT]
    assert len(set(names)) == len(names)


@pytest.mark.slow
def test_whoever_did_everything_is_erased_from_all_of_it(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    """Also out of the texts in which an id stands beside others."""
    did_everything(bot, anna, ben, carla, chris)
    for each in ("anna", "ben", "carla", "chris"):
        bot.inside(lambda ctx, each=each: put_former(ctx, each))  # type: ignore[misc]
    bot.clock.wind(bot.clock.now() + timedelta(days=91))
    bot.database.transact(lambda tx: clean(tx, bot.clock.now()))
    tables = bot.store(lambda tx: tx.rows(tx.company_tables))
    left = [
        (each["name"], row)
        for each in tables
        for row in bot.rows(f"select * from {each['name']} where workspace = :workspace")
        # The audit trail's key is random outside of tests, and nobody's any more.
        if re.search(r"(?<!key-demo-)\b(anna|ben|carla|chris)\b", str(row))
    ]
    assert left == []


def test_managers_see_what_is_kept_what_goes_next_and_what_went(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    bot.store(lambda tx: retention.plan(tx, id="r", now=bot.clock.now(), zone="Europe/Berlin"))
    in_chats(bot, ben="slack")
    ben("verbinden")
    shown = chris("retention")
    assert shown.startswith("What is kept, and how long, 1–12 of ")
    assert "- Codes for linking two chats, after 1 day: deleted" in shown
    assert "Nothing has had to go yet." in shown
    due = chris.press("What goes next?")
    assert "- 25 November 2026: Codes for linking two chats" in due
    chris.press("What is gone by a day?")
    gone = chris.fill(day="26.11.2026")
    assert gone.startswith("By 26 November 2026 this would be gone, or nameless")
    assert "- Codes for linking two chats (1): deleted" in gone and "dry run" in gone
    assert bot.rows("select person from link_codes where workspace = :workspace")
    assert "over" in do_refused(chris, "retention try", day="22.11.2026")
    bot.wind(minutes=60 * 24 * 2)
    assert bot.rows("select person from link_codes where workspace = :workspace") == []
    assert "- 25 November 2026: Codes for linking two chats (1)" in chris("retention")


def test_everybody_sees_what_is_kept_and_managers_alone_try(anna: Say, ben: Say) -> None:
    shown = ben("aufbewahrung")
    assert "- Prüfpfad" not in shown and "[Was geht als Nächstes?]" not in shown
    pages = [shown]
    while "[Mehr]" in pages[-1]:
        pages.append(ben.press("Mehr"))
    assert len(pages) >= 3 and "nach 0 Tagen" not in "".join(pages)
    assert any("Wer was getan hat (Prüfpfad), nach 365 Tagen: gelöscht" in each for each in pages)
    assert do_refused(anna, "retention try", day="1.12.2026").startswith("Managers do this here.")


def do_refused(me: Say, word: str, **values: str) -> str:
    """Send what is not taken; return why."""
    shown = me.stage.handle(me.stage.request(me.id, call=call(word, **values), submitted=True))
    assert shown.outcome == "refused"
    return answered(shown)
