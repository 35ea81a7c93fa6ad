"""The picture of the digest: drawn on each surface, and said in words where it cannot be."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator

import pytest

from bot.delivery import pictures, plain
from bot.local.page_data import with_charts
from bot.mail.sender import written
from bot.slack import blocks
from bot.teams import cards
from handlers.board.drawing import draw
from handlers.kit.messages import Chart, Message, Text, as_data, dump, load
from tests.board.test_board import Browser, browser, signed_in
from tests.digest.test_year import Event, stored, year
from tests.pretend import adaptive_card, block_kit
from tests.pretend.stage import Say, Stage

__all__ = ["browser"]
WEEKS = tuple(f"2026-W{number}" for number in range(36, 48))
CHART = Chart(
    ("Zwölf Wochen: 0, 1, …",),
    WEEKS,
    ((("Störungen",), tuple(range(12))), (("Nützliche Läufe",), (7,) * 12)),
)
MESSAGE = Message((Text(("Woche 48",)), CHART))


def pixels(png: bytes) -> tuple[int, int, int]:
    """Return width and height of a PNG, and how many kinds of grey its pixels have."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    return width, height, len(set(zlib.decompress(data)))


def row(text: str, start: str) -> str:
    (found,) = [each for each in text.splitlines() if each.startswith(start)]
    return found


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the extra not be installed."""
    pictures._png.cache_clear()
    monkeypatch.setattr(pictures, "_renderer", lambda: None)
    yield
    pictures._png.cache_clear()


def test_a_message_with_a_chart_survives_being_written_down() -> None:
    assert load(dump(MESSAGE)) == MESSAGE


def test_it_is_drawn_with_letters_of_our_own() -> None:
    assert [each.rpartition("/")[2] for each in pictures.FONTS] == [
        "DejaVuSans-Bold.ttf", "DejaVuSans.ttf"
    ]  # fmt: skip
    smooth = pictures.png(CHART, width=1280)
    assert smooth is not None
    width, height, greys = pixels(smooth)
    assert (width, height) == (1280, 500) and greys > 20
    blank = Chart(CHART.alt, WEEKS, tuple(((("",), values)) for _label, values in CHART.rows))
    assert pictures.png(blank, width=1280) != smooth, "labels are drawn, whatever this machine has"


def test_in_teams_it_stands_inside_the_card_and_leaves_room_for_words() -> None:
    card = cards.card(MESSAGE)
    (image,) = [each for each in card["body"] if each["type"] == "Image"]
    assert image["altText"] == "Zwölf Wochen: 0, 1, …"
    kind, _comma, data = image["url"].partition(",")
    assert kind == "data:image/png;base64"
    assert pixels(base64.b64decode(data))[0] == 640
    assert 2 * len(image["url"]) < 0.6 * cards.CARD_BYTES
    adaptive_card.must_fit(MESSAGE)
    block_kit.must_fit(MESSAGE)


def test_a_long_digest_in_teams_keeps_its_words_before_its_picture() -> None:
    words = [Text((f"{n} " + "Wort " * 250,)) for n in range(6)]
    card = cards.card(Message((*words[:3], CHART, *words[3:])))
    assert not [each for each in card["body"] if each["type"] == "Image"]
    assert all(f"{n} Wort" in json.dumps(card) for n in range(6)), "also those that stand below it"


def test_without_the_extra_nothing_breaks(without_extra: None) -> None:
    assert pictures.png(CHART, width=640) is None
    assert "Image" not in json.dumps(cards.card(MESSAGE))
    assert len(blocks.render(MESSAGE)) == 1


def test_what_shows_no_picture_says_it_in_words() -> None:
    said = "Zwölf Wochen: 0, 1, …"
    assert plain.render(MESSAGE).endswith(said)
    mail = written(MESSAGE, "lotse@example.com", "chris@example.com", "p1")
    for part in mail.iter_parts():
        text = part.get_content()
        assert said in text and "<svg" not in text and "/board/" not in text


def test_the_local_page_gets_it_light_and_dark() -> None:
    chart = with_charts(as_data(MESSAGE))["parts"][1]
    assert chart["light"] == draw(CHART) and chart["dark"] == draw(CHART, dark=True)
    assert chart["light"] != chart["dark"]


def test_the_digest_has_it_where_there_is_something_to_see(
    browser: Browser, bot: Stage, chris: Say, ben: Say, anna: Say
) -> None:
    anna("incident Kasse tot")
    assert "Twelve weeks" not in chris("digest"), "nothing in the weeks before"
    ben("ack 1")
    events = [each for each in year() if each.state != "open"]
    moved = [
        Event(each.number + 10, each.service, each.declared, each.ended, "done", "fixed",
              each.cost, each.gap)
        for each in events
        if each.ended is not None
    ]  # fmt: skip
    bot.store(lambda tx: stored(tx, moved))
    said = chris("digest")
    assert "Twelve weeks, from week 36 to week 47: incidents " in said
    above = said.splitlines()[said.splitlines().index(row(said, "Twelve weeks, ")) - 1]
    assert above != "Twelve weeks", "no title that stands alone where nothing is drawn"
    assert "Zwölf Wochen, von KW 36 bis KW 47: Störungen " in ben("wochenbericht")
    signed_in(browser, chris)
    page = browser.get("/board/week").text
    assert page.count("<svg") == 2 and 'class="dark"' in page and "style=" not in page
