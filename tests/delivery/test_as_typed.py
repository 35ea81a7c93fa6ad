"""What people typed is shown byte for byte on every platform; what turns it turns nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery import plain
from bot.slack import blocks
from bot.teams import cards
from handlers.kit.folding import isolated
from handlers.kit.messages import Facts, Items, Message, Text, Title
from handlers.kit.words import _, shortened, text
from tests.pretend.turning import LINES, turns_out

TYPED = (
    "👩‍🔧 an der Säge", "👨‍👩‍👧 am Schalter",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿 Kasse", "Zu\u00adstell\u00adung steht", "e\u0301 u\u0308",
    "Kasse\u200b3", "می‌خواهم", "\u202egpj.exe",
    "Rechnung \u2067abc", "a\u2069b\u202ec", "\u200fשלום",
    "Ｋａｓｓｅ", "‹Bon› ∶ 1", "INC-1 “quoted” &amp; <b>",
)  # fmt: skip
TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LONG = st.text(alphabet=f"ab \n\u2029{TURNING}", max_size=30)


@pytest.mark.parametrize("typed", TYPED)
def test_it_stands_on_every_card_as_it_was_typed(typed: str) -> None:
    words = (Title((typed,)), Text((typed,)), Facts(((("It",), (typed,)),)), Items(((typed,),)))
    message = Message(words)
    slack = json.dumps(blocks.render(message), ensure_ascii=False)
    teams = json.dumps(cards.card(message), ensure_ascii=False)
    written = json.dumps(typed, ensure_ascii=False)[1:-1]
    assert slack.count(written) == len(words)
    assert teams.count(written) >= len(words)
    assert plain.render(message).count(typed) == len(words)


@given(LONG)
def test_what_turns_reaches_nothing_that_stands_beside_it(text: str) -> None:
    shown = isolated(text)
    assert not turns_out(shown)
    for typed, line in zip(LINES.split(text), LINES.split(shown), strict=True):
        assert typed in line
        assert typed == line or set(typed) & set(TURNING), "and nothing is added without need"


def test_a_title_turns_no_word_of_the_sentence_around_it() -> None:
    said = text(_("{title}: {open}", title="\u202egpj.exe", open="7"), "de")
    assert said == "\u2068\u202egpj.exe\u2069: 7"
    assert isolated(text(_("{title}", title="👩‍🔧"), "de")) == "👩‍🔧"


@given(LONG, st.integers(1, 40))
def test_it_is_cut_with_what_it_needs(text: str, longest: int) -> None:
    shown = plain.fitted(text, longest)
    assert len(shown) <= longest
    assert not turns_out(shown)


@pytest.mark.parametrize(
    ("text", "longest", "shown"),
    [
        ("Bezahlung hängt beim letzten Schritt", 34, "Bezahlung hängt beim letzten…"),
        ("Bezahlung hängt", 15, "Bezahlung hängt"),
        ("Bezahlung hängt beim", 16, "Bezahlung hängt…"),
        ("Donaudampfschifffahrt steht", 12, "Donaudampfs…"),
        ("Säge 👩‍🔧👩‍🔧", 8, "Säge…"),
        ("Sa\u0308ge", 3, "S…"),
    ],
)
def test_it_is_cut_between_words_and_never_inside_of_a_sign(
    text: str, longest: int, shown: str
) -> None:
    assert shortened(text, longest) == shown


@pytest.mark.parametrize("unseen", ["\u200b", "\u2066\u2069", " \u200d ", "\ufeff"])
def test_what_nobody_sees_is_a_dash(unseen: str) -> None:
    message = Message((Title((unseen,)),))
    assert blocks.render(message)[0]["text"]["text"] == "–"
    assert plain.gist(message) == "Lotse"
