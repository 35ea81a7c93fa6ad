"""The two-week starter: ten working days, holidays skipped; a list of services; the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storage import services
from tests.mandate.test_mandate import RAILS, do
from tests.pretend.stage import Say, Stage

LIST = """\
Name;Verantwortlich;Vertretung;Andere Wörter
Telefonanlage;Ben;Carla;Telefon, Hotline
"Fräse; groß";Carla;Ben;CNC
VPN
"""


def entered(chris: Say, text: str) -> str:
    return do(chris, "service list", lines=text, accountable="chris", deputy="ben")


def names(bot: Stage) -> list[str]:
    found: list[str] = bot.store(lambda tx: [each.name for each in services.all(tx)])
    return found


def test_a_list_of_services_is_entered_in_one_go(chris: Say, ben: Say, bot: Stage) -> None:
    said = entered(chris, LIST)
    assert said.splitlines()[0] == "3 services are entered"
    assert "VPN: Chris, deputy Ben" in said and "Fräse; groß: Carla, deputy Ben" in said
    assert {"Telefonanlage", "Fräse; groß", "VPN"} <= set(names(bot))
    told = [each for each in ben.sees() if "3 Dienste" in each]
    assert len(told) == 1 and len(ben.sees()) == 1  # one message, however many name him
    assert "Telefonanlage" in ben("status")
    ben("störung Hotline tot")
    assert "Telefonanlage" in chris("INC-1")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("A\nB\nC", 3), ("- A\n- B", 2), ("A\tBen\tCarla\nB", 2), ("A,Ben,Carla,a b", 1),
        ("\ufeffDienst;Verantwortlich\r\nA;Carla\r\n\r\nB;Chris\r\n", 2),
    ],
)  # fmt: skip
def test_lists_as_people_have_them(chris: Say, bot: Stage, text: str, count: int) -> None:
    before = len(names(bot))
    entered(chris, text)
    assert len(names(bot)) == before + count


def test_with_one_mistake_nothing_is_entered_and_all_mistakes_are_told(
    chris: Say, bot: Stage
) -> None:
    before = names(bot)
    said = entered(chris, "Neu;Ben;Carla\nKasse;Ben;Carla\nX;Doris;Ben\nY;Ben;Ben\nNeu;Ben;Carla")
    for fault in ("Line 2: ", "Line 3: ", "Line 4: ", "Line 5: ", "Nothing was entered."):
        assert fault in said
    assert names(bot) == before


def test_only_managers_enter_a_list(anna: Say, bot: Stage) -> None:
    before = names(bot)
    assert entered(anna, "A").startswith("Managers do this here.")
    assert names(bot) == before


def test_it_takes_ten_working_days_and_holidays_are_skipped(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    wind(to="2026-12-21 10:00")  # a Monday; Christmas and New Year lie between
    chris("starter")
    chris.press("Begin today")
    assert "Day 1 of 10; the last one is Tue 5 Jan 2027." in chris("starter")
    wind(to="2026-12-25 12:00")
    assert not any("Day 5 of 10" in each for each in chris.sees())
    wind(to="2026-12-28 12:00")
    assert any("Day 5 of 10" in each for each in chris.sees())
    wind(to="2027-01-05 23:00")
    assert not any("The ten working days are over" in each for each in chris.sees())
    wind(to="2027-01-06 12:00")
    assert sum("The ten working days are over" in each for each in chris.sees()) == 1
    rows = bot.rows("select ended_on from starters where workspace = :workspace")
    assert rows == [{"ended_on": "2027-01-05"}]
    before = len(chris.sees())
    wind(to="2027-02-10 12:00")
    assert len(chris.sees()) == before


def test_a_step_is_done_by_what_the_company_has_or_by_a_press(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    chris("starter")
    said = chris.press("Begin today")
    assert "✓ 2. Enter what you depend on" in said and "✓ 4." not in said
    for name in ("incident", "serious"):
        do(chris, "definition save", name=name, seen="0", words="Wenn die Kasse steht.")
    assert "✓ 4. Say what an incident is here" in chris("starter")
    do(chris, "starter done", step="digest")
    assert "✓ 10." in chris("starter")
    wind(to="2026-11-26 12:00")  # day 4, and it is done already: nobody is told
    assert not any("Day 4 of 10" in each for each in chris.sees())
    chris("starter")
    chris.press("End it")
    before = len(chris.sees())
    wind(to="2026-12-20 12:00")
    assert len(chris.sees()) == before


def test_the_page_has_roles_rules_and_measures_of_the_company(
    chris: Say, anna: Say, ben: Say
) -> None:
    do(chris, "mandate guardrails", **RAILS)
    do(chris, "mandate edit", goals="Schneller liefern", focus="Service\nVersand")
    do(chris, "definition save", name="done", seen="0", words="Wenn zwei es gesehen haben.")
    said, german = anna("template"), ben("vorlage")
    for each in ("Kasse: Ben, deputy Carla", "Wenn zwei es gesehen haben.", RAILS["data"]):
        assert each in said
    assert "Schneller liefern" in said and "Managers: Chris" in said
    assert "Kasse: Ben, Vertretung Carla" in german and "Rollen" in german.splitlines()


def test_what_the_page_in_chat_leaves_out_is_said_below_the_services(chris: Say, anna: Say) -> None:
    for n in range(12):
        do(chris, "service new", name=f"Dienst {n}", accountable="ben", deputy="carla")
    lines = anna("template").splitlines()
    more = next(n for n, each in enumerate(lines) if each.startswith("and "))
    assert ", deputy " in lines[more - 1] and lines[more + 1] == "Managers: Chris"
