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
     "Ursache wird noch gesucht", "trage ich nach", "Reiche ich nach.", "wird nachgereicht",
     "wissen wir nicht", "Wir wissen es noch nicht", "wird untersucht", "Wird noch untersucht",
     "not known yet", "not yet known", "keine Angabe", "steht im Ticket", "siehe Ticket",
     "Wir warten auf den Hersteller", "waiting for the vendor", "Ursache noch unklar",
     "Die Ursache ist noch nicht bekannt", "We don't know yet", "is being investigated",
     "under investigation", "see the ticket", "in Klärung", "the cause is not known",
     "Die Ursache wird derzeit geprüft", "Wir suchen noch",
     "asdf", "ok", "Created via Slack", "angelegt über das Formular", "lorem ipsum dolor", "1"],
)  # fmt: skip
def test_a_placeholder_is_no_answer(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    ["Netzteil defekt", "Switch", "VPN-Zertifikat abgelaufen", "DNS", "Wrong price list imported",
     "OPS-42", "https://wiki.example.org/x", "Keine Verbindung zum ERP", "Test server was full",
     "Warten auf eine Sperre der Datenbank", "Waiting for a lock", "Ticket-System war voll",
     "Unbekanntes Gerät im Netz", "Port ist nicht offen gewesen",
     "Wir suchen in der falschen Tabelle",
     "Hersteller hat das Zertifikat nicht erneuert", "DNS-Eintrag fehlt", "Kabel", "Strom weg",
     "Das Ticket stand in der falschen Liste", "No route to host", "Keine Verbindung",
     "Wird nachgereicht stand im Feld, deshalb brach der Import ab", "Platte voll",
     "Unbekannte Ursache trotz Suche, Protokoll liegt bei", "15.11."],
)  # fmt: skip
def test_words_that_say_something_are_taken(text: str) -> None:
    assert not is_placeholder(text)
