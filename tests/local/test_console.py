"""The demo in a terminal, driven by lines as somebody would type them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC
from pathlib import Path

import pytest

from bot import app
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.local import console, demo
from bot.lotse import Lotse, demo_url
from storage.engine import Database, opening
from tests.pretend.stage import MONDAY

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def lotse(folder: Path) -> Iterator[Lotse]:
    """The demo of an empty company, on Monday at nine."""
    settings = Settings(data=folder)
    database = opening.open_database(demo_url(settings))
    clock = HandClock(MONDAY.astimezone(UTC))
    yield app.build(settings, database, clock, demo=True)
    database.close()


async def typed(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def screen(lotse: Lotse, *lines: str) -> str:
    """Return what stands on the screen after these lines, without the greeting."""
    await demo.prepare(lotse, empty=True)
    assert lotse.local is not None
    shown: list[str] = []
    # Without workers beside it, so that everything has happened before the next line.
    await console.Console(lotse, lotse.local, typed(*lines), shown.append).run()
    return "".join(shown).partition("Anna · ")[2]


async def test_an_incident_is_declared_and_somebody_looks_after_it(lotse: Lotse) -> None:
    said = await screen(lotse, "störung Kasse druckt nicht", "/as chris", "!9")
    assert said == (
        "Mo. 23. Nov., 09:00 > "
        "Lotse · Nur für dich sichtbar\n"
        "  INC-1 ist gemeldet.\n"
        "  Kasse druckt nicht\n"
        "  Darin habe ich keinen Dienst erkannt. Chris wurde alarmiert, wie "
        "bei allem ohne Dienst.\n"
        "  [!1 Es ist ernst] [!2 Dienst ändern] [!3 Zurücknehmen]\n"
        "#störungen\n"
        "  INC-1 · Kasse druckt nicht\n"
        "  Status: Wartet darauf, dass Chris sich kümmert.\n"
        "  Wartet: seit Mo. 23. Nov., 09:00; alarmiert: verantwortliche Person\n"
        "  Dienst: Alles andere\n"
        "  Zuständig: Chris\n"
        "  Gemeldet: Mo. 23. Nov., 09:00 von Anna\n"
        "  Hinweis: Kein Dienst erkannt.\n"
        "  [!4 Ich kümmere mich] [!5 Läuft wieder] [!6 Es ist ernst] [!7 Verlauf]\n"
        "Chris: 1 ungelesen (/as chris)\n"
        "Anna · Mo. 23. Nov., 09:00 > "
        "Lotse\n"
        "  INC-1 · Kasse druckt nicht\n"
        "  Kein Dienst erkannt, deshalb fragt Lotse dich. Kümmerst du dich?\n"
        "  Dienst: Alles andere\n"
        "  Gemeldet: Mo. 23. Nov., 09:00 von Anna\n"
        "  [!8 Ich kümmere mich] [!9 Läuft wieder]\n"
        "Chris · Mo. 23. Nov., 09:00 > "
        "Lotse · Nur für dich sichtbar\n"
        "  INC-1: läuft wieder. Danke.\n"
        "  Noch nicht abgeschlossen: 7 von 7 Punkten sind offen. Das muss nicht jetzt sein.\n"
        "  [!10 Abschließen]\n"
        "#störungen · bearbeitet\n"
        "  INC-1 · Kasse druckt nicht\n"
        "  Status: Läuft wieder seit Mo. 23. Nov., 09:00, sagt Chris.\n"
        "  Dienst: Alles andere\n"
        "  Zuständig: Chris\n"
        "  Gemeldet: Mo. 23. Nov., 09:00 von Anna\n"
        "  Hinweis: Kein Dienst erkannt.\n"
        "  Bis zum Abschluss: 7 von 7 Punkten sind offen\n"
        "  [!11 Abschließen] [!12 Wieder öffnen] [!13 Verlauf]\n"
        "Lotse · bearbeitet\n"
        "  INC-1 · Kasse druckt nicht – Läuft wieder seit Mo. 23. Nov., 09:00, sagt Chris.\n"
        "Anna: 1 ungelesen (/as anna)\n"
        "Chris · Mo. 23. Nov., 09:00 > "
    )


async def test_the_clock_is_wound_and_the_alarm_escalates(lotse: Lotse) -> None:
    said = await screen(lotse, "störung Kasse druckt nicht", "/wind 10", "/monday", "/wind soon")
    assert "Carla: 1 ungelesen (/as carla)" in said
    assert "Anna · Mo. 23. Nov., 09:10 > " in said
    assert "Anna · Mo. 30. Nov., 08:30 > " in said
    assert "/wind braucht eine Zahl von Minuten" in said


async def test_a_form_is_asked_question_by_question(lotse: Lotse) -> None:
    filled = ("Kasse", "2", "Ben", "Kassen, Bons", "", "", "", "")
    said = await screen(lotse, "/as chris", "dienst neu", "", *filled, "3", "dienst")
    assert "  Name\n  > Hier fehlen noch ein paar Worte.\n  > " in said
    assert "  Vertretung (Eine andere Person, die einspringt.)\n    1 Anna\n    2 Ben\n" in said
    assert "Die Vertretung muss eine andere Person sein, sonst springt niemand ein.\n" in said
    assert "  - Kasse – Ben, Vertretung Carla (Zusage fehlt noch)\n" in said


async def test_a_day_of_the_line_stands_in_its_field_and_ends_no_chat(lotse: Lotse) -> None:
    said = await screen(lotse, "/as chris", "lassen Chatbot 4.12.", "", "", "zu früh", "hilfe")
    assert "  Bis wann nicht\n  [04.12.2026] > " in said
    assert "Das machen wir bis Fr. 4. Dez. bewusst nicht: Chatbot" in said
    assert said.endswith("Chris · Mo. 23. Nov., 09:00 > ")


async def test_a_form_can_be_left_and_the_end_of_the_input_ends_it_too(
    lotse: Lotse,
) -> None:
    said = await screen(lotse, "reibung", "/cancel", "reibung")
    assert said.count("  Was ist im Weg? (Ein Satz, bitte ohne Namen.)\n  > ") == 2
    assert said.endswith("  > Anna · Mo. 23. Nov., 09:00 > ")


async def test_nobody_presses_other_peoples_buttons(lotse: Lotse) -> None:
    said = await screen(lotse, "hallo", "/as ben", "!1", "!99", "/as nobody", "/help", "/quit", "x")
    assert "Einen Knopf 1 gibt es nicht." in said
    assert "Einen Knopf 99 gibt es nicht." in said
    assert "Hier sind: Anna, Ben, Carla und Chris." in said
    assert "/monday auf Montag 08:30" in said
    assert said.endswith("Ben · Mo. 23. Nov., 09:00 > ")


@pytest.mark.parametrize("word", ["quit", "exit", "ende", "/quit", "Ende.", " EXIT "])
async def test_a_word_that_ends_a_terminal_ends_this_one(lotse: Lotse, word: str) -> None:
    said = await screen(lotse, word, "störung Kasse druckt nicht")
    assert said == "Mo. 23. Nov., 09:00 > "


async def test_a_secret_address_is_shown_once_and_not_kept(lotse: Lotse) -> None:
    said = await screen(lotse, "auto neu", "Bericht", "2", "3", "Schickt Zahlen",
                        "Wertet nichts aus", "7", "")  # fmt: skip
    secret = said.partition("/ping/")[2][:36]
    assert len(secret) == 36
    stored = lotse.database.read(lambda tx: tx.rows("select body from local_messages"))
    assert stored
    assert not any(secret in row["body"] for row in stored)


@pytest.mark.parametrize("ending", ["\n", ""])
def test_it_reads_what_is_piped_in_and_ends(folder: Path, ending: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "chat", "--empty"],
        input=f"incident Kasse druckt nicht{ending}",
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "LOTSE_DATA": str(folder), "PYTHONIOENCODING": "utf-8"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "> incident Kasse druckt nicht\n" in done.stdout
    assert "INC-1 ist gemeldet." in done.stdout
    assert done.stderr == ""


async def test_without_the_demo_there_is_no_chat(folder: Path) -> None:
    database = opening.open_database(f"sqlite:///{folder / 'lotse.db'}")
    shown: list[str] = []
    await console.chat(app.build(Settings(), database, demo=False), typed(), shown.append)
    database.close()
    assert "part of the demo" in shown[0]


async def test_somebody_leaves_the_company_and_comes_back(lotse: Lotse) -> None:
    said = await screen(lotse, "/leaves chris", "/leaves nobody", "/back chris")
    assert "Chris hat die Firma verlassen." in said and "Chris ist in der Firma." in said
    assert "Hier sind: " in said
    row = "select active from people where workspace = :workspace and id = 'chris'"
    assert lotse.database.read(lambda tx: tx.within("demo").rows(row)) == [{"active": 1}]


async def test_who_erased_themselves_speaks_no_more(lotse: Lotse) -> None:
    said = await screen(lotse, "/as ben", "daten", "!4", "!5", "status")
    assert "Du bist gelöscht." in said
    assert said.rstrip().rpartition("\n")[2].startswith("Anna · ")


async def test_what_stands_in_a_field_can_be_emptied(lotse: Lotse) -> None:
    seen = await screen(lotse, "/as chris", "einstellungen")
    number = re.search(r"!(\d+) Arbeitszeit ändern", seen)
    assert number is not None
    shows = ("/as chris", "einstellungen", f"!{number[1]}")
    said = await screen(lotse, *shows, "", "24.12.–1.1.", "", "", "")
    assert "Betriebsferien: jedes Jahr vom 24. Dez. bis 1. Jan." in said
    said = await screen(lotse, *shows, "", "-", "", "", "")
    assert "kann leer bleiben; - leert es" in said
    assert said.count("Betriebsferien: keine") == 1


def test_secret_addresses_follow_the_settings_where_nothing_listens(database: Database) -> None:
    ours = Settings(url="https://lotse.example.com")
    assert app.build(ours, database, demo=True).dispatcher.address == "https://lotse.example.com"
