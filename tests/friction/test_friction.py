"""Friction: one sentence, kept as typed, answered, and nobody's to see whose it is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from handlers.kit.messages import Call
from storage.engine import Row, Tx
from tests.engine.test_engine import tables
from tests.pretend.stage import Say, Stage

FRICTION = "select * from friction where workspace = :workspace"


def test_friction_is_kept_as_typed_and_confirmed_to_the_sender_only(anna: Say, bot: Stage) -> None:
    answer = anna("friction Liefertermine werden „dreimal“ abgetippt")
    assert answer.startswith("Noted. Thank you.\nLiefertermine werden „dreimal“ abgetippt\n")
    assert bot.chat.ledger == []
    assert anna.press("Done over and over") == "Noted as: Done over and over."
    assert bot.rows("select sentence, hint, author from friction where workspace = :workspace") == [
        {"sentence": "Liefertermine werden „dreimal“ abgetippt", "hint": "again", "author": "anna"}
    ]


def test_the_name_can_be_taken_away_for_good(anna: Say, bot: Stage) -> None:
    anna("friction Formulare")
    before = bot.rows(FRICTION)[0]["id"]
    assert anna.press("Without my name").startswith("Your name is gone.")
    after = bot.rows(FRICTION)[0]
    assert after["author"] is None and after["id"] != before
    assert anna.press("Without my name").startswith("Nobody's name is kept")


def test_the_name_can_be_taken_away_later_from_the_own_list(anna: Say, ben: Say) -> None:
    anna("friction Formulare")
    ben("reibung Zettel")
    assert "Formulare (Mon 23 Nov, no answer yet)" in anna.press("My notes")
    assert "Zettel" not in anna.press(calls="friction mine")
    anna.press(calls="nameless")
    assert anna.press(calls="friction mine") == "Nothing is kept under your name."


def test_nobody_else_can_touch_it(anna: Say, ben: Say) -> None:
    anna("friction Formulare")
    for word in ("nameless", "hint", "friction reword"):
        args = {"id": ben.stage.rows(FRICTION)[0]["id"], "hint": "again", "sentence": "x"}
        request = ben.stage.request("ben", call=Call(word, args))
        assert ben.stage.handle(request).outcome == "refused"


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("Carla antwortet nie", True), ("Auf Bens Tisch liegt alles", True),
        ("ask anna first", True), ("Niemand antwortet", False), ("Der Benzinpreis steigt", False),
        ("Chris, bitte melden", True), ("Die Ablage ist voll", False),
    ],
)  # fmt: skip
def test_friction_that_names_somebody_is_answered_gently(
    anna: Say, bot: Stage, sentence: str, names: bool
) -> None:
    assert ("It names somebody." in anna(f"friction: {sentence}")) is names
    if names:
        anna.press("Say it differently")
        assert "It names somebody." in anna.fill(sentence="Ben antwortet auch nicht")
        anna.press("Say it differently")
        said = anna.fill(sentence="Eine Antwort fehlt")
        assert said.startswith("Noted. Thank you.") and "It names somebody." not in said
        assert [each["sentence"] for each in bot.rows(FRICTION)] == ["Eine Antwort fehlt"]


def test_friction_is_neither_rated_nor_solved(bot: Stage) -> None:
    """Requirement C07: at capture there is no severity, no solution, no score."""
    bot.handle(bot.request("anna", "friction Reisekosten"))
    row = bot.rows(FRICTION)[0]
    assert set(row) == {
        "workspace", "id", "sentence", "hint", "area", "author", "noted_at", "pattern",
    }  # fmt: skip


@pytest.mark.parametrize("said", ["x", "26", "!26", "tbd", "x y z", "👍"])
@pytest.mark.parametrize("word", ["friction", "reibung:"])
def test_what_says_nothing_is_no_note(anna: Say, bot: Stage, said: str, word: str) -> None:
    answer = anna(f"{word} {said}")
    assert f"“{said}” says nothing yet. Please write a sentence." in answer
    assert bot.rows(FRICTION) == []
    anna.press("Write a sentence")
    assert anna.form is not None
    (field,) = [each for each in anna.form.fields if each.name == "sentence"]
    assert field.value == said, "what was typed stands in the form"
    assert "says nothing yet" in anna.fill(sentence="-")
    assert anna.answer is not None and anna.answer.field == "sentence"
    anna.press("Write a sentence") if anna.form is None else None
    assert anna.fill(sentence="Formulare").startswith("Noted. Thank you.")
    assert len(bot.rows(FRICTION)) == 1


@pytest.mark.parametrize("said", ["!!!", "...", "-"])
def test_signs_alone_are_no_note(anna: Say, bot: Stage, said: str) -> None:
    for typed in (f"friction {said}", f"friction: {said}"):
        assert "says nothing yet" in anna(typed)
    assert bot.rows(FRICTION) == []


@pytest.mark.parametrize(
    "said",
    ["Reisekosten", "Wir warten auf den Support", "Raum 26", "ÖPNV", "ab", "工時表", "3x abtippen"],
)
def test_any_real_word_is_a_note(anna: Say, bot: Stage, said: str) -> None:
    anna(f"friction {said}")
    assert [row["sentence"] for row in bot.rows(FRICTION)] == [said]


def test_what_is_said_differently_says_something_too(anna: Say, bot: Stage) -> None:
    anna("friction Ben antwortet nicht")
    anna.press("Say it differently")
    assert "says nothing yet" in anna.fill(sentence="!!!")
    assert [row["sentence"] for row in bot.rows(FRICTION)] == ["Ben antwortet nicht"]


@pytest.mark.parametrize("typed", ["friction list", "reibung liste", "Reibung: Liste"])
def test_the_list_can_be_typed(anna: Say, chris: Say, bot: Stage, typed: str) -> None:
    anna("friction Reisekosten")
    assert "What gets in the way\n1 note" in chris(typed)
    assert "Reisekosten" not in anna(typed)
    assert anna.answer is not None and anna.answer.outcome == "refused"
    assert len(bot.rows(FRICTION)) == 1, "nothing is noted"


@pytest.mark.parametrize("typed", ["friction mine", "reibung meine"])
def test_own_notes_can_be_typed(anna: Say, bot: Stage, typed: str) -> None:
    anna("friction Reisekosten")
    assert "Reisekosten" in anna(typed)
    assert len(bot.rows(FRICTION)) == 1


def test_friction_alone_is_the_form(anna: Say) -> None:
    assert "What gets in the way?:" in anna("friction")
    said = anna.fill(sentence="Formulare", hint="unloved", area="Büro", name="without")
    assert "[Without my name]" not in said


# --- nothing can be joined -----------------------------------------------------------------


def everything(bot: Stage) -> set[str]:
    """Return every row of every table, as text with the table's name before it."""

    names = tables(bot.database)

    def read(tx: Tx) -> set[str]:
        found: list[Row] = []
        for table in names:
            found += [{"": table, **row} for row in tx.rows(f"select * from {table}")]
        return {repr(row) for row in found}

    rows: set[str] = bot.store(read)
    return rows


def ordered_ids(rows: set[str]) -> set[str]:
    """Return the ids among rows that tell when they were made."""
    return {id for each in rows for id in re.findall(r"id-\d{6}", each)}


def nameless(anna: Say) -> None:
    anna("friction")
    anna.fill(sentence="Geheime Formulare", name="without")


def later_nameless(anna: Say) -> None:
    anna("friction Geheime Formulare")
    anna.press("Done over and over")
    anna.press("Without my name")


def refused(anna: Say) -> None:
    anna("friction")
    anna.fill(sentence=" ", name="without")
    anna.fill(sentence="Geheime Formulare", name="without")


@pytest.mark.parametrize("way", [nameless, later_nameless, refused])
@pytest.mark.parametrize("led", ["", "ask", "straight"])
def test_nothing_that_is_stored_leads_from_the_sentence_to_who_wrote_it(
    anna: Say, bot: Stage, wind: Callable[..., None], way: Callable[[Say], None], led: str
) -> None:
    """Requirement: no time, no id and no order; whoever reads all tables learns nothing new."""
    anna("help")  # so that she is known
    if led:  # a rule leads it as well
        given = {"words": "Formulare", "area": "Büro", "way": led}
        rule = Call("friction rule", given)
        assert bot.handle(bot.request("chris", call=rule, submitted=True)).outcome == "done"
    wind(minutes=61)
    before = everything(bot)
    way(anna)
    fresh = everything(bot) - before
    assert any("Geheime Formulare" in each for each in fresh)
    for each in fresh:
        for trace in ("anna", "Anna", bot.now().strftime("%H:%M"), bot.clock.now().strftime("T%H")):
            assert trace not in each, (trace, each)
    assert ordered_ids(fresh) <= ordered_ids(before), "an id in the order of time"
    ids = [each["id"] for each in bot.rows(FRICTION)]
    audit = bot.rows("select * from audit where workspace = :workspace")
    assert not any(id in repr(audit) for id in ids)
    kept = bot.rows("select answer from deliveries where workspace = :workspace")
    assert not any(id in repr(kept) or "Geheime" in repr(kept) for id in ids)


def test_a_draft_of_a_note_is_gone_once_it_is_noted(anna: Say, bot: Stage) -> None:
    bot.handle(bot.request("anna", call=Call("form", {"word": "friction", "sentence": "yz" * 300})))
    anna("friction")
    anna.fill(sentence="yz" * 300, name="without")
    assert "yzyz" not in repr(bot.rows("select * from drafts where workspace = :workspace"))


def test_the_order_of_rows_tells_nothing(bot: Stage) -> None:
    """SQLite hands rows out in the order in which they lie: that of their random ids."""
    people = [f"p{n}" for n in range(12)]
    for each in people:
        bot.handle(bot.request(each, f"friction note of {each}"))
    for each in people:
        (id,) = [row["id"] for row in bot.rows(FRICTION) if row["sentence"] == f"note of {each}"]
        bot.handle(bot.request(each, call=Call("nameless", {"id": id})))
    from storage.engine.sqlite import Sqlite

    if isinstance(bot.database, Sqlite):
        said = [row["sentence"] for row in bot.rows(FRICTION)]
        assert said != [f"note of {each}" for each in people]
        assert [row["id"] for row in bot.rows(FRICTION)] == sorted(
            row["id"] for row in bot.rows(FRICTION)
        )


# --- those who answer ----------------------------------------------------------------------


def test_managers_read_the_list_with_filters_and_never_an_author(
    anna: Say, ben: Say, chris: Say, wind: Callable[..., None]
) -> None:
    anna("friction")
    anna.fill(sentence="Zettel im Lager", hint="again", area="Lager")
    ben("reibung Anrufe beim Rechnen")
    wind(minutes=20 * 24 * 60)
    anna("friction Neue Zettel")
    chris("patterns")
    shown = chris.press("All notes")
    assert "3 notes · Without an answer" in shown
    assert "Zettel im Lager (Mon 23 Nov; Done over and over and Lager)" in shown
    assert "Anna" not in shown and "Ben" not in shown
    assert "1 note · " in chris_list(chris, hint="again")
    assert "1 note · " in chris_list(chris, area="lager")
    assert "2 notes · Without an answer for ten working days" in chris_list(chris, which="late")
    assert "0 notes · Answered" in chris_list(chris, which="answered")


def chris_list(chris: Say, **args: str) -> str:
    chris.answer = chris.stage.handle(
        chris.stage.request("chris", call=Call("friction list", args))
    )
    from tests.pretend.stage import answered

    return answered(chris.answer)


def test_others_do_not_read_the_list(anna: Say, bot: Stage) -> None:
    assert "[All notes]" not in anna("patterns")
    assert bot.handle(bot.request("anna", call=Call("friction list", {}))).outcome == "refused"


def test_who_is_named_for_an_area_is_asked_and_then_answers_it(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    anna("friction")
    anna.fill(sentence="Zettel im Lager", area="Lager")
    anna("friction Etwas im Büro")
    chris("patterns")
    chris.press("All notes")
    chris.press("Who answers")
    chris.press("Name somebody")
    assert (
        chris.fill(area="Lager", who="ben") == "I have asked Ben to answer the friction of “Lager”."
    )
    assert bot.handle(bot.request("ben", call=Call("friction list", {}))).outcome == "refused"
    assert ben.sees()[-1].startswith("Antwortest du auf das, was im Bereich „Lager“ als Reibung")
    assert ben.press(calls="friction accept").startswith("Danke.")
    shown = ben.press(calls="friction list")
    assert "Zettel im Lager" in shown and "Büro" not in shown


def test_what_waits_for_over_ten_working_days_waits_for_those_who_answer(
    anna: Say, chris: Say, wind: Callable[..., None]
) -> None:
    anna("friction Formulare")
    wind(to="2026-12-07 10:00")
    assert "ten working days" not in chris("status")
    wind(to="2026-12-08 10:00")
    assert "1 friction note has waited for an answer for over ten working days." in chris("status")
