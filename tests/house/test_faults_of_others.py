"""Faults that were found in other incident bots, each as a test of ours.

The numbers are the rows of the list that we keep of them (docs/faults.md).
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from handlers.kit.commands import all_commands
from handlers.kit.messages import Call
from storage import incidents, people
from storage import people as storage_people
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text
from storage.people import PersonKind
from tests.closing.test_closing import finished, state
from tests.conftest import Logged
from tests.pretend.stage import Say, Stage, answered, refuses

BUTTONS = ("ack", "restored", "serious", "normal", "assign", "update", "undo", "promise")


@pytest.mark.parametrize(
    "title",
    ["Helpdesk down", "Hilfe der Kasse druckt nicht", "Status der Kasse: Hilfe", "Digest kaputt",
     "helpdesk Update läuft nicht", "Wer kann helfen? Kasse tot"],
)  # fmt: skip
@pytest.mark.parametrize("word", ["incident", "störung"])
def test_1_a_command_word_inside_a_sentence_is_no_command(
    bot: Stage, anna: Say, word: str, title: str
) -> None:
    anna(f"{word} {title}")
    assert titles(bot) == [title]


@pytest.mark.parametrize(
    "title",
    ["KASSE Köln druckt NICHT", "Bob's Größe ß", "  doppelte  Leerzeichen", "100 % CPU <b>&amp;",
     "`rm -rf` auf *srv*", "Zeile eins\nZeile zwei"],
)  # fmt: skip
def test_2_the_title_is_kept_exactly_as_typed(bot: Stage, anna: Say, title: str) -> None:
    anna(f"incident {title}")
    found = bot.rows("select title, body from incidents where workspace = :workspace")
    assert [row["body"] or row["title"] for row in found] == [title.strip()]
    assert titles(bot) == [title.strip().split("\n")[0]]  # the first line; the rest stands below


# Row 4: who may press what on somebody else's incident of Ben's service, declared by Anna.
MAY: dict[str, set[str]] = {
    "anna": {"serious", "update", "undo"},  # declared it; restored only while nobody answered
    "ben": {"ack", "restored", "serious", "normal", "assign", "update"},  # accountable
    "carla": {"ack", "restored", "serious", "normal", "assign", "update"},  # deputy
    "chris": {"ack", "restored", "serious", "normal", "assign", "update"},  # manager
    "dora": {"serious", "update"},  # of the company, otherwise not concerned
    "gast": set(),  # a guest of the platform
    "fremd": set(),  # of another company
}


@pytest.mark.parametrize("who", MAY)
@pytest.mark.parametrize("word", BUTTONS)
def test_4_every_button_asks_for_the_right_to_press_it(
    bot: Stage, anna: Say, ben: Say, who: str, word: str
) -> None:
    for id, kind in (("dora", "member"), ("gast", "guest"), ("fremd", "external")):
        bot.store(
            lambda tx, id=id, kind=kind: storage_people.find_or_create(
                tx, f"local:{id}", id.title(), id=id, key=f"key-{id}", now=bot.clock.now(),
                kind=kind,
            )
        )  # fmt: skip
    anna("incident Etikettendrucker offline")
    if word in ("normal", "restored", "promise"):
        ben("annehmen")
    if word == "normal":
        ben.press("Es ist ernst")
    before = standing(bot)
    args = {"number": "1", "person": "carla", "text": "Techniker kommt", "minutes": "15"}
    call = Call(word, {name: args[name] for name in TAKES[word]})
    answer = bot.handle(bot.request(who, call=call))
    allowed = word in MAY[who] or (word == "promise" and who == "ben")
    assert (answer.outcome == "done") is allowed, answered(answer)
    assert (standing(bot) != before) is allowed
    if not allowed:
        assert answer.message is not None


TAKES = {
    "ack": ("number",), "restored": ("number",), "serious": ("number",), "normal": ("number",),
    "assign": ("number", "person"), "update": ("number", "text"), "undo": ("number",),
    "promise": ("number", "minutes"),
}  # fmt: skip


@pytest.mark.parametrize("typed", ["annehmen 1", "ack 99", "einstellungen", "fertig 99", "hm hm"])
def test_5_a_refusal_is_private_and_says_what_to_do(bot: Stage, anna: Say, typed: str) -> None:
    anna("incident Etikettendrucker offline")
    before = {place: bot.sees(place) for place in ("stoerungen", "allgemein", "leitung")}
    said = anna(typed, at="allgemein")
    assert len(said.split()) > 3
    assert {place: bot.sees(place) for place in before} == before


def test_6_nobody_is_taken_for_somebody_else_of_the_same_name(bot: Stage, anna: Say) -> None:
    """A stranger who calls himself Ben is not Ben, and nobody falls back to a manager."""
    anna("incident Etikettendrucker offline")
    stranger = replace(
        bot.request("mallory", call=Call("ack", {"number": "1"})), name="Ben", kind="member"
    )
    assert bot.handle(stranger).outcome == "refused"
    assert incident(bot)["acknowledged_by"] is None
    declares = replace(stranger, identity="another", text="incident Kasse tot", call=None)
    bot.handle(declares)
    assert incident(bot, 2)["declared_by"] == "mallory"


@pytest.mark.parametrize("typed", ["help", "hilfe", "", "helfen bitte", "?"])
def test_11_every_word_gets_an_answer(anna: Say, typed: str) -> None:
    assert anna(typed).strip()


@pytest.mark.parametrize("typed", ["incident Kasse tot", "störung Kasse tot"])
def test_12_text_without_a_verb_declares(bot: Stage, anna: Say, typed: str) -> None:
    anna(typed)
    assert titles(bot) == ["Kasse tot"]


@pytest.mark.parametrize("typed", ["ack", "update Techniker kommt", "restored", "assign 1 ben"])
@pytest.mark.parametrize("at", [None, "allgemein"])
def test_13_a_command_in_the_wrong_place_is_answered(anna: Say, typed: str, at: str | None) -> None:
    said = anna(typed, at=at)
    assert re.search("incident|INC-", said)


def test_14_with_nobody_on_duty_somebody_is_alarmed(bot: Stage, anna: Say) -> None:
    """Accountable and deputy are gone: the manager; nobody at all: still never nobody."""
    for gone in (("ben",), ("ben", "carla"), ("ben", "carla", "chris")):
        for id in gone:
            bot.store(lambda tx, id=id: learnt(tx, id))
        number = len(titles(bot)) + 1
        anna(f"incident Etikettendrucker offline {number}")
        assert incident(bot, number)["responsible"]
        assert bot.unwatched() == []


def test_3_and_8_nothing_stands_in_the_cause_until_a_person_enters_it(
    bot: Stage, anna: Say, ben: Say
) -> None:
    anna("incident Etikettendrucker offline")
    ben("behoben 1")
    ben("fertig 1")
    ben.press("Ursache eintragen")
    assert ben.form is not None
    assert [each.value for each in ben.form.fields] == ["", ""]
    for words in ("TBD", "kommt noch", "-", "folgt", "n/a", "siehe oben"):
        ben.fill(kind="hardware", cause=words)
        assert ben.answer is not None
        assert (ben.answer.outcome, ben.answer.field) == ("refused", "cause"), words
    assert bot.rows(
        "select cause, cause_class, cause_since from closings where workspace = :workspace"
    ) == [{"cause": None, "cause_class": None, "cause_since": None}]


def test_7_a_missing_acknowledgement_stays_missing(anna: Say, ben: Say, bot: Stage) -> None:
    anna("incident Etikettendrucker offline")
    bot.wind(minutes=5)
    ben("behoben 1")
    assert incident(bot)["acknowledged_at"] is None
    assert incident(bot)["acknowledged_by"] is None
    assert "Until somebody looked after it: 1 without an answer, left out" in Say(bot, "chris")(
        "digest"
    )


def test_9_the_incident_s_own_channel_is_kept_until_it_is_done(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    chris("settings")
    chris.press("Channels for incidents")
    chris.fill(which="always")
    anna("incident Etikettendrucker offline")
    (room,) = bot.chat.rooms.values()
    ben("behoben 1")
    bot.wind(minutes=2 * 24 * 60)
    assert not room.archived
    finished(ben, carla)
    bot.wind(minutes=60 * 24 * 60)
    assert state(bot) == "done"
    assert room.archived


@pytest.mark.parametrize("minutes", [0, 3, 9, 12, 21, 45, 90])
def test_10_acknowledging_stops_every_pending_step(
    bot: Stage, anna: Say, carla: Say, chris: Say, minutes: int
) -> None:
    anna("incident Etikettendrucker offline")
    bot.wind(minutes=minutes)
    bot.chat.plan(refuses())  # an alarm that waits to be sent again
    bot.store(
        lambda tx: tx.write(
            "update timers set due_at = :now where workspace = :workspace and kind = 'climb'",
            now=as_text(bot.clock.now()),
        )
    )
    bot.carry()
    carla("ack 1")
    pending = bot.rows(
        "select key from outbox where workspace = :workspace and kind = 'alarm' "
        "and state = 'pending'"
    )
    assert pending == []
    heard = {who: len(bot.sees(f"@{who}")) for who in ("ben", "carla", "chris")}
    bot.wind(minutes=59)  # until the news that is awaited by then
    assert {who: len(bot.sees(f"@{who}")) for who in heard} == heard
    assert all("[Ich kümmere mich]" not in each for each in bot.sees("@ben"))
    assert incident(bot)["responsible"] == "carla"  # and nobody else, whoever was asked before


CARDS = {  # row 10: no state loses its buttons, in the order in which they stand
    "open": ("Ich kümmere mich", "Läuft wieder", "Es ist ernst", "Verlauf"),
    "looked after": ("Neuen Stand melden", "Läuft wieder", "Es ist ernst", "Verlauf"),
    "restored": ("Abschließen", "Wieder öffnen", "Verlauf"),
    "done": ("Wieder öffnen", "Verlauf"),
}


def test_10_the_card_has_its_buttons_in_every_state(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    def buttons() -> tuple[str, ...]:
        return tuple(re.findall(r"^\[(.*)\]$", bot.sees("stoerungen")[0], re.MULTILINE))

    anna("incident Etikettendrucker offline")
    seen = {"open": buttons()}
    ben("ack 1")
    seen["looked after"] = buttons()
    ben("behoben 1")
    seen["restored"] = buttons()
    finished(ben, carla)
    seen["done"] = buttons()
    assert seen == CARDS


def test_11_a_failure_reaches_the_person_with_what_they_typed(
    bot: Stage, anna: Say, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    def breaks(*_args: object, **_values: object) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr(incidents, "add", breaks)
    anna("incident")
    said = anna.fill(title="Kasse Köln druckt NICHT")
    assert anna.answer is not None
    assert anna.answer.outcome == "failed"
    assert said.endswith("\nKasse Köln druckt NICHT")
    logged.take("A command failed")
    assert anna("incident Kasse Köln tot").endswith("\nincident Kasse Köln tot")
    logged.take("A command failed")


def test_13_every_command_answers_wherever_it_is_typed(bot: Stage, anna: Say) -> None:
    for command in all_commands(bot.dispatcher.features):
        for at in (None, "allgemein", "leitung"):
            request = bot.request("anna", call=Call(command.name), at=at)
            answer = bot.handle(request)
            assert answer.message is not None or answer.form is not None, (command.name, at)
            assert answer.outcome != "failed", (command.name, at)


def test_15_the_gate_asks_again_after_every_reopening(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    anna("incident Etikettendrucker offline")
    ben("behoben 1")
    for _each in range(3):
        assert "7 von 7 Punkten sind offen" in ben("fertig 1")
        finished(ben, carla)
        assert state(bot) == "done"
        ben("wiederöffnen 1 Er druckt wieder nicht")
        ben("ack 1")
        ben("behoben 1")


def learnt(tx: Tx, id: PersonId) -> None:
    people.learn(
        tx, id, name=id.title(), kind=PersonKind.MEMBER, active=False, language=None, admin=False
    )


def titles(bot: Stage) -> list[str]:
    rows = bot.rows("select title from incidents where workspace = :workspace order by number")
    return [row["title"] for row in rows]


def incident(bot: Stage, number: int = 1) -> dict[str, object]:
    (row,) = bot.rows(
        "select * from incidents where workspace = :workspace and number = :number", number=number
    )
    return row


def standing(bot: Stage) -> object:
    return (
        bot.rows("select * from incidents where workspace = :workspace"),
        bot.rows("select kind, person, detail from timeline where workspace = :workspace"),
    )
