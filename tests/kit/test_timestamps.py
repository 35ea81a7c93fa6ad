"""Moments of the past and places of proof, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.readers.evidence import is_address, is_proof
from handlers.kit.readers.timestamps import PastReader, read_moment, written
from tests.pretend.stage import Stage

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # Monday, eleven o'clock in Berlin


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("09:28", "2026-11-23 09:28"),
        ("9.28 Uhr", "2026-11-23 09:28"),
        ("23:10", "2026-11-22 23:10"),  # the last time that a clock showed it
        ("2026-11-20 09:28", "2026-11-20 09:28"),
        ("20.11. 09:28", "2026-11-20 09:28"),
        ("20.11.2026, 09:28", "2026-11-20 09:28"),
        ("20 Nov 09:28", "2026-11-20 09:28"),
        ("20. November, 09:28 Uhr", "2026-11-20 09:28"),
        ("heute 9:03", "2026-11-23 09:03"),
        ("today, 9:03", "2026-11-23 09:03"),
        ("gestern um 23 Uhr", "2026-11-22 23:00"),
        ("yesterday at 23:10", "2026-11-22 23:10"),
        ("Montag 9:03", "2026-11-23 09:03"),
        ("Freitag, 9:03 Uhr", "2026-11-20 09:03"),
        ("um 9:03", "2026-11-23 09:03"),
        ("9 Uhr", "2026-11-23 09:00"),
        ("9 Uhr 03", "2026-11-23 09:03"),
        ("heute um 9 uhr.", "2026-11-23 09:00"),
        ("9:28 am", "2026-11-23 09:28"),
        ("9am", "2026-11-23 09:00"),
        ("yesterday at 11:10 p.m.", "2026-11-22 23:10"),
        ("24.11. 09:28", "2026-11-24 09:28"),  # still to come, to be refused by whoever asks
    ],
)
def test_a_moment_is_read_as_people_write_it(text: str, moment: str) -> None:
    found = read_moment(text, NOW, "Europe/Berlin")
    assert found is not None
    assert written(found, "Europe/Berlin", "en") == moment


@pytest.mark.parametrize(
    "text", ["", "vorhin", "25:00", "09:61", "13pm", "31.2. 09:00", "9", "2026-11-23"]
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert read_moment(text, NOW, "Europe/Berlin") is None


@pytest.mark.parametrize(
    "text",
    ["https://wiki.example/a?b=c#d", "http://localhost:8080/x", "HTTPS://Wiki.Example",
     "https://bücher.example/ü"],
)  # fmt: skip
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "ftp://x.example", "https://", "https:// x", "wiki.example",
     "https://a b", "https://x\nhttps://y", f"https://x.example/{'a' * 500}"],
)  # fmt: skip
def test_no_addresses(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize("text", ["OPS-12", "#77", "INC0012345", "4711", "https://x.example"])
def test_tickets_and_addresses_are_proof(text: str) -> None:
    assert is_proof(text)


@pytest.mark.parametrize("text", ["", "siehe oben", "OPS", "#", "Ticket 12 im Kopf"])
def test_other_words_are_not(text: str) -> None:
    assert not is_proof(text)


def test_what_is_no_moment_is_refused_with_an_example(bot: Stage) -> None:
    refused: list[str] = []

    def read(ctx: Context) -> None:
        with pytest.raises(Refusal) as told:
            PastReader().value("vorhin", ctx)
        refused.append(ctx.text(told.value.words))

    bot.inside(read)
    assert "09:28" in refused[0] and "2026" in refused[0], "an example of today"
