"""Words taken out of an incident stand nowhere afterwards: no row of any table says them."""

from __future__ import annotations

import json
import re

import pytest

from handlers.attention.matters import AttentionTimer
from handlers.kit.messages import Message, Text, dump
from storage.delivery import drafts, held_requests, timers
from storage.delivery.copies import COPIES, TYPED
from storage.digest import texts as digest_texts
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sqlite import Sqlite
from tests.friction.test_patterns import confirmed
from tests.mandate.test_mandate import do
from tests.pretend.stage import Say, Stage, plain
from tests.privacy.test_canary import rows
from tests.problems.test_problems import banned as banned

SECRET = "geheim4711"


def left(bot: Stage, words: str = SECRET) -> list[str]:
    """Return the rows, and what stands in the chats, that still say it."""
    stands = [plain(each.message) for each in bot.chat.standing]
    return [each for each in (*rows(bot.database), *stands) if words in each.lower()]


def tables(bot: Stage, words: str = SECRET) -> set[str]:
    return {each.split(" ", 1)[0] for each in left(bot, words)}


def told_everywhere(bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say) -> None:
    """Let an incident's words go wherever they can."""
    long = f"incident Kasse tot, Bon {SECRET}\nAnmeldung mit {SECRET} geht nicht" + " oder" * 200
    anna(long)
    anna(long)  # the same twice: the button to declare it is a draft
    ben(f"find {SECRET}")
    carla("störung Kasse tot, Bon klemmt wieder")  # like it: its card quotes the first
    carla("störung Kasse Bon Papier leer")
    bot.wind(minutes=11)
    bot.wind(minutes=11)  # the managers hear of it
    ben("ack 1")
    ben(f"meldung 1 Auch mit {SECRET} nicht")
    ben("status")
    ben(f"restored 1 Kabel {SECRET}")
    for each in ("incidents", "list incidents all", "status", "home"):
        anna(each)
    bot.wind(minutes=8 * 24 * 60)  # reminders, bundles, the digest
    chris("digest")
    anna("INC-1")


def test_whatever_repeats_an_incident_forgets_the_words(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    told_everywhere(bot, anna, ben, carla, chris)
    assert {"incidents", "timeline", "outbox", "deliveries", "drafts"} <= tables(bot)
    assert any(SECRET in each for each in bot.sees("stoerungen")[1:]), "a card quotes it"
    said = do(anna, "remove words", number="1", words=SECRET)
    assert said.startswith("The words are gone") and SECRET not in said
    bot.carry()
    assert left(bot) == []
    assert "Same device" in str(bot.sees("stoerungen")) or "[…]" in str(bot.sees("stoerungen")[1:])


def test_every_kind_of_copy_is_walked(bot: Stage, anna: Say) -> None:
    anna(f"incident Kasse tot, Bon {SECRET}")
    message = dump(Message((Text((f"Kasse tot, Bon {SECRET}",)),)))
    call = json.dumps({"word": "incident", "args": {"title": f'Bon "x" {SECRET}'}})
    now, anna_id = bot.clock.now(), PersonId("anna")

    def copy(tx: Tx) -> None:
        digest_texts.keep(tx, "2026-W47", "de", message, now)
        drafts.add(tx, id="d1", person=anna_id, call=call, now=now)
        held_requests.add(tx, "h1", anna_id, call, now)
        timers.set(
            tx,
            id="t1",
            kind=AttentionTimer.BUNDLE,
            key="x",
            due=now.replace(year=2030),
            title=SECRET,
        )

    bot.store(copy)
    assert {"digest_texts", "drafts", "held_requests", "timers", "outbox"} <= tables(bot)
    do(anna, "remove words", number="1", words=SECRET)
    bot.carry()
    assert left(bot) == []
    kept = bot.rows("select call from drafts where workspace = :workspace and id = 'd1'")
    assert json.loads(kept[0]["call"])["args"] == {"title": 'Bon "x" […]'}


def test_another_incident_keeps_what_its_own_people_typed_and_the_answer_names_it(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    anna(f"incident Kasse tot, Bon {SECRET}")
    carla(f"störung Webshop: Bon {SECRET} fehlt")
    ben("ack 2")
    said = do(anna, "remove words", number="1", words=SECRET)
    assert "The same words also stand in INC-2." in said
    bot.carry()
    assert f"Webshop: Bon {SECRET} fehlt" in str(bot.sees("stoerungen"))
    assert SECRET not in do(anna, "show", number="1")
    do(carla, "remove words", number="2", words=SECRET)
    bot.carry()
    assert left(bot) == []


def test_a_rule_that_was_learnt_from_the_words_goes_with_them(
    bot: Stage, anna: Say, ben: Say
) -> None:
    for title in ("Petersen flackert", "Die Petersen ist dunkel"):
        anna(f"incident {title}")
        anna.press("Change service", at="@anna")
        anna.fill(service="webshop")
    assert {"rules", "rule_history", "incidents"} <= tables(bot, "petersen")
    do(anna, "remove words", number="1", words="Petersen")
    assert "rules" in tables(bot, "petersen"), "the other incident still says it"
    do(anna, "remove words", number="2", words="Petersen")
    bot.carry()
    assert left(bot, "petersen") == []


def test_the_problem_of_an_incident_and_who_quotes_it_forget_them(
    banned: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    do(ben, "problem retitle", number="1", title=f"Drucker {SECRET} offline")
    do(ben, "problem cause", number="1", kind="hardware", cause=f"Netzteil {SECRET} defekt")
    assert {"problems", "problem_history"} <= tables(banned)
    do(chris, "problem remove words", number="1", words=SECRET)
    banned.carry()
    assert left(banned) == []


def test_a_pattern_and_its_notes_forget_them(bot: Stage, anna: Say, chris: Say) -> None:
    pattern = confirmed(bot, anna, chris, title=f"Termine {SECRET}")
    do(chris, "pattern remove words", pattern=pattern, words=SECRET)
    bot.carry()
    assert left(bot) == []


def test_words_that_others_use_stay_in_what_is_not_about_it(
    bot: Stage, anna: Say, carla: Say
) -> None:
    anna("incident Kasse tot")
    carla("störung Kasse klemmt")
    bot.carry()
    do(anna, "remove words", number="1", words="Kasse")
    bot.carry()
    cards = bot.sees("stoerungen")
    assert any("INC-1 · […] tot" in each for each in cards)
    assert any("INC-2 · Kasse klemmt" in each and "Dienst: Kasse" in each for each in cards)


@pytest.mark.parametrize("words", ["kümmern", "label", "Zuständig"])
def test_words_that_lotse_says_itself_break_no_message(
    bot: Stage, anna: Say, carla: Say, words: str
) -> None:
    carla("störung Webshop zu")
    anna(f"incident Kasse {words} tot")
    do(anna, "remove words", number="2", words=words)
    bot.carry()
    other = next(each for each in bot.sees("stoerungen") if "INC-1" in each)
    assert "Zuständig: " in other and "[Ich kümmere mich]" in other and "[…]" not in other


def test_what_was_cut_within_the_words_is_found_as_well(bot: Stage, anna: Say) -> None:
    anna("incident Kasse tot bei Kundin Petersen-Hansen")
    message = dump(Message((Text(("Kasse tot bei Kundin…",)),)))
    bot.store(lambda tx: digest_texts.keep(tx, "2026-W47", "de", message, bot.clock.now()))
    do(anna, "remove words", number="1", words="Kundin Petersen-Hansen")
    bot.carry()
    assert left(bot, "kundin") == []


def test_a_channel_is_called_anew(bot: Stage, anna: Say, chris: Say) -> None:
    do(chris, "settings rooms", which="always")
    anna(f"incident Kasse {SECRET} tot")
    room = next(iter(bot.chat.rooms.values()))
    do(anna, "remove words", number="1", words=SECRET)
    bot.carry()
    bot.wind(minutes=1)
    assert room.names == ["inc-1-kasse-tot"]
    assert SECRET not in room.topics[-1]
    kept = bot.rows("select name, topic, shown_topic from rooms where workspace = :workspace")
    assert SECRET not in str(kept)


# --- no column is forgotten ----------------------------------------------------------------

# Names of columns that hold no words of anybody: ids, choices, keys, days, secrets.
NO_WORDS = re.compile(
    r"id|kind|state|key|key_.*|.*_key|.*_by|.*_on|.*_to|.*_hash|.*_since|person|person_key|"
    "accountable|deputy|responsible|owner|author|automation|pilot|mandate|pattern|service|"
    "services|week|day|language|zone|region|hour|hours|place|platform|role|identity|version|"
    "secret|token|refresh_token|scopes|tenant|team|bot_user|conversation|member|blocked|"
    "service_url|url|address|voter|reader|answerer|champion|modeler|integrator|checker|fixer|"
    "cover|successor|users_kind|users_place|people|invited|only_for|parcel|external_id|list|"
    "origin|target|corrected_target|rule|subject|command|outcome|hash|hashes|erased|quarter|step|severity|"
    "closed_as|cause_class|ending|override_open|verdict|decision|sourcing|better|phase|rhythm|"
    "seasons|gaps|slug|run_key|late_told|way|pace|choice|hint|guessed|declared_in|merged_into|"
    "split_from|code_hash|other|otherwise|valid_until|ended_how|waits_for|asked|informed_on|"
    "alive|it_checks|it_contact|baseline|baseline_period|waiting|working|parked_because|"
    "checked_week|card|applied_at"
)
# The same names where they hold words, and others that hold none, each with the reason.
OTHERWISE = {
    "counters.name": "ours", "settings.name": "ours", "settings.value": "choices and ids",
    "definitions.name": "which of three", "instance.name": "ours", "instance.value": "ours",
    "scheduler_beats.name": "ours", "migrations.name": "ours", "workspaces.name": "the company's",
    "workspaces.shut_out": "ours",
    "places.name": "a channel's; an incident's own is renamed", "rooms.name": "made anew",
    "rooms.shown_topic": "shown anew", "likeness.meaning": "made anew",
    "likenesses.words": "word by word", "rules.words": "word by word",
    "rules.shown": "word by word", "rule_history.words": "word by word",
    "rule_history.shown": "word by word", "rule_routings.shown": "word by word",
    "rule_history.what": "which of six", "presses.what": "which button",
    "mandate_areas.area_key": "as area", "outbox.reason": "a platform's",
    "places.reason": "a platform's", "rooms.reason": "a platform's", "timers.reason": "an error's",
    "pilot_signals.reason": "a choice", "pilot_taps.reason": "a choice",
    "pilot_answers.answer": "a choice", "pilot_taps.answer": "a choice",
    "automation_answers.answer": "a choice", "automation_taps.answer": "a choice",
    "automation_odd_calls.why": "ours", "intake_gaps.why": "ours",
    "automation_profile.field": "which", "automation_history.field": "which",
    "automation_goals.goal": "an id", "friction_answerers.area": "a team's name",
    "overrides.change": "an id", "pilot_satisfaction.value": "a number",
    "pilot_values.value": "a number", "pilot_values.guard": "a number",
    "automation_values.value": "a number", "guardrails.version": "an id",
}  # fmt: skip


def test_every_column_of_text_is_typed_or_a_copy_or_holds_no_words() -> None:
    """A new column has to say which: a copy that nobody walks keeps what was removed."""
    database = Sqlite()

    def look(tx: Tx) -> set[str]:
        return {
            f"{each['name']}.{column['name']}"
            for each in tx.rows("select name from sqlite_schema where type = 'table'")
            for column in tx.rows(f"pragma table_info({each['name']})")
            if column["type"] == "TEXT" and column["name"] != "workspace"
        }

    columns = database.read(look)
    database.close()
    copies = {f"{each.table}.{each.column}" for each in COPIES}
    typed = {f"{table}.{each}" for table, those in TYPED.items() for each in those}
    assert copies | typed | OTHERWISE.keys() <= columns
    assert not copies & typed
    rest = columns - copies - typed - OTHERWISE.keys()
    assert {each for each in rest if not NO_WORDS.fullmatch(each.split(".")[1])} == set()
