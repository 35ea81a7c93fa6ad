"""Placeholders are told from words that say something."""

from __future__ import annotations

import pytest

from handlers.kit.readers.placeholders import is_placeholder


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", "–", "...", "?", "x", "XXX", "aaaa", "TBD", "tbd.", "T.B.D.", "todo", "ToDo:",
     "n/a", "N.A.", "none", "keine", "kommt noch", "Folgt später", "wird nachgetragen",
     "siehe oben", "unbekannt", "unklar", "keine Ahnung", "see above", "to be done",
     "to be determined", "test",
     "asdf", "ok", "Created via Slack", "angelegt über das Formular", "lorem ipsum dolor", "1"],
)  # fmt: skip
def test_a_placeholder_is_no_answer(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    ["Netzteil defekt", "Switch", "VPN-Zertifikat abgelaufen", "DNS", "Wrong price list imported",
     "OPS-42", "https://wiki.example.org/x", "Keine Verbindung zum ERP", "Test server was full",
     "Unbekannte Ursache trotz Suche, Protokoll liegt bei", "15.11."],
)  # fmt: skip
def test_words_that_say_something_are_taken(text: str) -> None:
    assert not is_placeholder(text)
