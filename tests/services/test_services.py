"""Services: entered by managers, found in words."""

from __future__ import annotations

import pytest

from tests.pretend.stage import Say, Stage


def test_a_service_needs_two_different_people(chris: Say, bot: Stage) -> None:
    chris("service new")
    assert "nobody stands in" in chris.fill(name="VPN", accountable="ben", deputy="ben")
    assert chris.answer is not None
    assert chris.answer.field == "deputy"
    assert chris.fill(name="VPN", accountable="ben", deputy="carla", words="Homeoffice").startswith(
        "VPN\nAccountable: Ben – not accepted yet\nDeputy: Carla – not accepted yet\n"
        "Also called: Homeoffice\nRunbook: none yet"
    )
    chris("service new")
    assert "already" in chris.fill(name="vpn", accountable="ben", deputy="carla")


def test_a_missing_field_is_asked_again(chris: Say) -> None:
    chris("service new")
    chris.fill(name="VPN", accountable="ben", deputy="")
    assert chris.answer is not None
    assert chris.answer.field == "deputy"


def test_only_managers_enter_services(anna: Say, bot: Stage) -> None:
    assert anna("service new") == "Managers do this here. Please ask Chris."
    assert anna.form is None  # refused before a form is filled in for nothing


def test_who_is_accountable(anna: Say, ben: Say) -> None:
    assert (
        anna("who kasse") == "Kasse: Ben is accountable, Carla is deputy. Alerted first now: Ben."
    )
    near = "There is no service called “Kassen-Ding”. Similar: Kasse.\n[Kasse]"
    assert anna("who Kassen-Ding").startswith(near)
    assert anna.press("Kasse").startswith("Kasse: Ben is accountable")
    assert "There is no service called “Mond”." in anna("who Mond")
    assert "There is no service called “kase”. Similar: Kasse." in anna("who kase")
    assert ben("dienst").splitlines()[0] == "Dienste"


@pytest.mark.parametrize(
    ("title", "service"),
    [
        ("Kasse Köln druckt nicht", "kasse"),
        ("beide KASSEN tot", "kasse"),
        ("Etikettendrucker offline", "drucker"),
        ("Der Drucker streikt", "drucker"),
        ("Druckerstau im Lager", "drucker"),
        ("webshop langsam", "webshop"),
        ("Alles andere geht nicht", "rest"),
        ("Kassel ist dunkel", "kasse"),
        ("Licht aus", "rest"),
    ],
)
def test_the_service_is_proposed_from_the_words(
    anna: Say, bot: Stage, title: str, service: str
) -> None:
    anna(f"incident {title}")
    found = bot.rows("select service from incidents where workspace = :workspace")
    assert found == [{"service": service}]


def test_all_faults_of_a_service_are_told_at_once(chris: Say) -> None:
    chris("service new")
    chris.fill(name="Kasse 3", accountable="anna", deputy="ben")
    chris("service new")
    values = {"name": "kasse 3", "accountable": "anna", "deputy": "anna", "limit": "0"}
    chris.fill(carry=True, **values)
    assert chris.answer is not None
    told = {chris.answer.field, *(field for field, _words in chris.answer.faults)}
    assert told == {"name", "deputy", "limit"}
