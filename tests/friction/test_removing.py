"""Words of friction that were typed by mistake are gone, from notes, patterns and answers."""

from __future__ import annotations

from tests.friction.test_patterns import confirmed
from tests.mandate.test_mandate import do
from tests.pretend.stage import Say, Stage

SECRET = "Kundin Petersen"


def friction_says(bot: Stage) -> str:
    tables = ("friction", "patterns", "pattern_history", "matters", "outbox", "deliveries")
    return str([bot.rows(f"select * from {each} where workspace = :workspace") for each in tables])


def note_of(bot: Stage) -> str:
    return str(bot.rows("select id from friction where workspace = :workspace")[0]["id"])


def test_whoever_noted_it_takes_words_out_also_when_it_is_answered(
    bot: Stage, anna: Say, chris: Say, ben: Say
) -> None:
    anna(f"friction Formulare der {SECRET}")
    id = note_of(bot)
    assert do(ben, "friction remove words", id=id, words=SECRET).startswith("Das macht hier")
    anna.press("My notes")
    anna.press("Remove words")
    said = anna.fill(words=SECRET)
    assert said == "The words are gone for good, and nobody is told which they were."
    assert SECRET not in friction_says(bot)
    assert "Formulare der […]" in do(anna, "friction mine")
    assert do(anna, "friction remove words", id=id, words=SECRET) == (
        "These words do not stand there."
    )


def test_nobody_can_read_later_who_took_words_out_of_a_note(bot: Stage, anna: Say) -> None:
    do(anna, "friction", sentence=f"Die {SECRET} ruft täglich an")
    before = len(bot.rows("select id from audit where workspace = :workspace"))
    do(anna, "friction remove words", id=note_of(bot), words=SECRET)
    key = bot.rows("select person_key from people where workspace = :workspace and id = 'anna'")
    rows = bot.rows("select person_key from audit where workspace = :workspace order by id")
    assert key[0]["person_key"] not in {each["person_key"] for each in rows[before:]}


def test_whoever_answers_takes_them_out_of_the_pattern_its_notes_and_its_answer(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    pattern = confirmed(bot, anna, chris)
    do(chris, "pattern change", pattern=pattern, title=f"{SECRET} fragt nach Terminen")
    do(chris, "pattern change", pattern=pattern, title=f"{SECRET} fragt nach")
    do(chris, "pattern park", pattern=pattern, reason=f"{SECRET} zieht ohnehin um")
    assert friction_says(bot).count(SECRET) > 2
    assert do(ben, "pattern remove words", pattern=pattern, words=SECRET).startswith("Das macht")
    assert SECRET in friction_says(bot)
    said = do(chris, "pattern remove words", pattern=pattern, words=SECRET)
    assert said.startswith("The words are gone for good") and "[…] fragt nach" in said
    assert SECRET not in friction_says(bot)
    told = do(chris, "pattern history", pattern=pattern)
    assert "words removed that were typed by mistake, Chris" in told
