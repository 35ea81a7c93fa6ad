"""The extra [meaning]: a second opinion, kept current as the index is, and gone when it is off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pytest

from bot import app
from bot.config import BadSettings, Settings
from bot.meanings import Keeper
from handlers.similarity import find_similar, meaning
from handlers.similarity.meaning import BESIDE, Model, as_text, coarse, from_text
from handlers.similarity.vectors import Vectors
from handlers.similarity.vocabulary import Floats
from storage.engine import Database, Tx
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO, MONDAY, Say, Stage

SENSES = (
    ("Zwergkiefer verdorrt", "Bonsai turns brown"),
    ("Suppe versalzen", "The lunch is inedible"),
    ("Kasse piept", "Till makes noises"),
)


class Senses:
    """A model that knows a few sentences and nothing of all others."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vectors(self, texts: Sequence[str]) -> Floats:
        self.asked += texts
        rows = np.zeros((len(texts), 128), np.float32)
        for at, text in enumerate(texts):
            sense = next((n for n, same in enumerate(SENSES) if text in same), None)
            rows[at, len(SENSES) + crc32(text.encode()) % 100 if sense is None else sense] = 1.0
        return rows


@pytest.fixture
def senses(bot: Stage) -> Senses:
    bot.database.beside[BESIDE] = Senses()
    return bot.database.beside[BESIDE]  # type: ignore[no-any-return]


def likes(bot: Stage, title: str) -> list[tuple[int, bool]]:
    def look(tx: Tx) -> list[tuple[int, bool]]:
        found = find_similar(tx.within(DEMO), title, service=None, now=MONDAY)
        return [(each.number, each.sure) for each in found]

    return bot.database.read(look)


def vectors(bot: Stage) -> list[str | None]:
    sql = "select meaning from likeness where workspace = :workspace order by incident"
    return [row["meaning"] for row in bot.rows(sql)]


def keep(bot: Stage, meanings: Senses) -> int:
    return asyncio.run(Keeper(bot.database, meanings).round())


def test_without_it_nothing_is_found_that_shares_no_word(bot: Stage, anna: Say) -> None:
    anna(f"incident {SENSES[0][0]}")
    assert likes(bot, SENSES[0][1]) == []
    assert vectors(bot) == [None]


def test_what_means_the_same_is_asked_about(bot: Stage, anna: Say, senses: Senses) -> None:
    anna(f"incident {SENSES[0][0]}")
    assert likes(bot, SENSES[0][1]) == [(1, True)]
    assert likes(bot, SENSES[1][1]) == []


def test_vectors_are_stored_and_gone_with_every_change(
    bot: Stage, anna: Say, senses: Senses
) -> None:
    anna(f"incident {SENSES[0][0]}")
    anna(f"incident {SENSES[1][0]}")
    assert keep(bot, senses) == 2
    assert all(vectors(bot))
    anna.press("Change service", at="@anna")
    anna.fill(service="webshop")
    assert [bool(each) for each in vectors(bot)] == [True, False]
    assert likes(bot, SENSES[1][1]) == [(2, True)], "it is made anew"
    assert keep(bot, senses) == 1
    assert all(vectors(bot))


def test_what_another_process_stored_is_read_and_not_made_again(
    bot: Stage, anna: Say, senses: Senses
) -> None:
    anna(f"incident {SENSES[0][0]}")
    keep(bot, senses)
    del bot.database.beside["similarity"]  # as after a new start
    senses.asked.clear()
    assert likes(bot, SENSES[0][1]) == [(1, True)]
    assert senses.asked == [SENSES[0][1]], "only the question"


def test_nobody_waits_for_thousands(
    bot: Stage, anna: Say, senses: Senses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.similarity.cache.AT_ONCE", 1)
    anna(f"incident {SENSES[0][0]}")
    anna(f"incident {SENSES[1][0]}")
    anna(f"incident {SENSES[2][0]}")
    del bot.database.beside["similarity"]
    assert likes(bot, SENSES[0][1]) == [], "the newest first"
    assert likes(bot, SENSES[0][1]) == []
    assert likes(bot, SENSES[0][1]) == [(1, True)]


def test_what_was_stored_meanwhile_is_taken_up(
    bot: Stage, anna: Say, senses: Senses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.similarity.cache.AT_ONCE", 0)
    anna(f"incident {SENSES[0][0]}")
    assert likes(bot, SENSES[0][1]) == []
    keep(bot, senses)
    assert likes(bot, SENSES[0][1]) == [(1, True)]


def test_a_withdrawn_one_is_not_found_by_its_meaning(bot: Stage, anna: Say, senses: Senses) -> None:
    anna(f"incident {SENSES[0][0]}")
    anna.press("Undo")
    assert likes(bot, SENSES[0][1]) == []
    assert keep(bot, senses) == 0


def test_switched_off_again_nothing_is_left_of_it(bot: Stage, anna: Say, senses: Senses) -> None:
    anna(f"incident {SENSES[0][0]}")
    assert likes(bot, SENSES[0][1])
    del bot.database.beside[BESIDE]
    assert likes(bot, SENSES[0][1]) == []


def test_each_company_has_its_own(bot: Stage, anna: Say, senses: Senses) -> None:
    anna(f"incident {SENSES[0][0]}")
    found = bot.database.read(
        lambda tx: find_similar(tx.within("other"), SENSES[0][1], service=None, now=MONDAY)
    )
    assert found == []


def test_the_setting_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Settings.from_env({}).meaning
    assert not Settings.from_env({"LOTSE_MEANING": "0"}).meaning
    monkeypatch.setattr(meaning, "PACKAGE", "no_such_package")
    with pytest.raises(BadSettings, match="lotse-bot\\[meaning\\]"):
        Settings.from_env({"LOTSE_MEANING": "1"})


def test_switched_on_the_model_says_that_two_sentences_mean_the_same(sqlite: Sqlite) -> None:
    lotse = app.build(Settings.from_env({"LOTSE_MEANING": "1"}), sqlite, demo=True)
    assert lotse.meanings is not None
    model = sqlite.beside[BESIDE]
    assert isinstance(model, Model)
    rows = model.vectors(
        ["Der Aufzug steckt fest", "The elevator is stuck", "Rechnung doppelt gebucht"]
    )
    assert rows[0] @ rows[1] > 0.6 > 0.3 > rows[0] @ rows[2]
    off: Database = Sqlite()
    assert app.build(Settings.from_env({}), off, demo=True).meanings is None
    off.close()


def test_a_vector_is_stored_as_text_and_keeps_where_it_points() -> None:
    row = np.random.default_rng(1).normal(size=(1, 512)).astype(np.float32)
    [kept] = coarse(row)
    again = from_text(as_text(kept)).astype(np.float32)
    assert again @ row[0] / np.linalg.norm(again) / np.linalg.norm(row) > 0.999


def test_the_nearest_of_many_are_the_same_as_by_measuring_all() -> None:
    """By their signs first: what points the same way is never lost among the others."""
    made = np.random.default_rng(2)
    rows = made.normal(size=(3000, 512)).astype(np.float32)
    asked = made.normal(size=512).astype(np.float32)
    for at in range(10):
        rows[at * 37] = asked + made.normal(size=512) * (0.3 + at * 0.1)
    known = Vectors()
    for slot, row in enumerate(coarse(rows)):
        known.put(slot, row)
    whole = np.argsort(-(rows @ asked) / np.linalg.norm(rows, axis=1))[:10]
    [question] = coarse(asked[None])
    assert sorted(known.nearest(question, 10).tolist()) == sorted(whole.tolist())
    assert known.cosines(np.array([5000]), question).tolist() == [0.0]
