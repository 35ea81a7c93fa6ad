"""The label of a button fits on a phone, whatever the names in it are; its verb stays."""

from __future__ import annotations

import json

import pytest

from bot.delivery import plain
from bot.mail import sender
from bot.slack import blocks
from handlers.kit.messages import Button, Buttons, Call, Facts, Items, Message, Text, spoken
from handlers.kit.words import BUTTON, Who, Words, _, flat

LONG = "Etikettendrucker im Lager Nord, zweite Halle"


def shown(label: Words, language: str = "de") -> str:
    message = Message((Buttons((Button(label, Call("x"), "quiet"),)),))
    (part,) = spoken(message, language, "Europe/Berlin").parts
    assert isinstance(part, Buttons)
    (button,) = part.buttons
    assert (button.call, button.look) == (Call("x"), "quiet")
    return flat(button.label)


@pytest.mark.parametrize(
    ("label", "seen"),
    [
        (_("Name somebody for {service}", service="Kasse"), "Jemanden für Kasse benennen"),
        (_("Name somebody for {service}", service=LONG), "Jemanden für Etiketten… benennen"),
        (_("Allow: {what}", what="Neues Bonpapier"), "Zulassen: Neues Bonpapier"),
        (_("Ask {who}", who=Who("U1", LONG)), "Etikettendrucker im… fragen"),
        (LONG, "Etikettendrucker im Lager Nord,…"),
    ],
)
def test_the_longest_value_gives_way(label: Words, seen: str) -> None:
    assert shown(label) == seen
    assert len(shown(label)) <= BUTTON


def test_names_to_choose_from_stand_whole_above_buttons_that_cut_them() -> None:
    def choice(*names: str) -> list[object]:
        buttons = tuple(Button(each, Call("x")) for each in names)
        message = Message((Text("Which?"), Buttons(buttons)))
        return [type(each) for each in spoken(message, "en", "Europe/Berlin").parts]

    first, second = f"INC-4 · {LONG} ist aus", f"INC-7 · {LONG} klemmt"
    message = Message((Buttons((Button(first, Call("x")), Button(second, Call("y")))),))
    above, below = spoken(message, "en", "Europe/Berlin").parts
    assert above == Items(((first,), (second,)))
    assert isinstance(below, Buttons)
    assert [flat(each.label) for each in below.buttons] == [
        "INC-4 · Etikettendrucker im…",
        "INC-7 · Etikettendrucker im…",
    ]
    assert choice("INC-4 · Kasse", "INC-7 · Mail") == [Text, Buttons]
    assert choice(first) == [Text, Buttons]  # one is no choice: what it is about stands above


def test_a_label_that_asks_has_no_colon_behind_its_question_mark() -> None:
    message = Message((Facts((("Which problems?", "Too slow"), ("Until", "Friday"))),))
    assert plain.render(message) == "Which problems? Too slow\nUntil: Friday"
    assert sender.plain(message).strip() == "Which problems? Too slow\nUntil: Friday"
    shown = json.dumps(blocks.render(message))
    assert "Which problems? " in shown and "Until: " in shown and "?:" not in shown
