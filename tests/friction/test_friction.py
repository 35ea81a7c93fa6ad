"""Friction: one sentence, kept as typed."""

from __future__ import annotations

from tests.pretend.stage import Say, Stage


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
