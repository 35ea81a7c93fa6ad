"""Planned changes, as conversations: with and without a repeat ban."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from handlers.kit.messages import Call
from handlers.kit.readers.dates import read_day
from tests.pretend.stage import Say, Stage, answered
from tests.problems.test_problems import banned as banned  # noqa: PLC0414 (a fixture)
from tests.problems.test_problems import fixed

Wind = Callable[..., None]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("change Kasse New version of the till 4 Dec", "Fri 4 Dec: New version of the till (Anna)"),
        ("änderung kasse Update auf 10.2 am 4.12.", "Fri 4 Dec: Update auf 10.2 (Anna)"),
        ("aenderung Kasse Kassenschublade 2 2026-12-04", "Fri 4 Dec: Kassenschublade 2 (Anna)"),
        ("change Kasse Reboot tomorrow", "Tue 24 Nov: Reboot (Anna)"),
        ("change Kasse Neustart Freitag", "Fri 27 Nov: Neustart (Anna)"),
    ],
)
def test_a_change_is_one_line_with_its_day_at_the_end(anna: Say, typed: str, said: str) -> None:
    assert anna(typed) == f"Planned for Kasse: {said}\n[Cancel the change]"


def test_what_is_missing_is_asked_for_and_what_was_typed_is_kept(anna: Say) -> None:
    assert "What is changed?: New version" in anna("change Kasse New version")
    assert anna.form is not None
    assert anna.fill(day="2026-11-22").startswith("That day is over: Sun 22 Nov.")
    assert anna.fill(day="sometime").startswith("A day, please")
    assert anna.fill(day="2026-12-04").startswith("Planned for Kasse: Fri 4 Dec: New version")


def test_what_says_nothing_is_no_change(anna: Say) -> None:
    assert anna("change Kasse tbd 4.12.").startswith("Please say in a few words what is changed.")


def test_the_card_of_the_service_lists_what_is_planned_until_it_is_past(
    anna: Say, ben: Say, wind: Wind
) -> None:
    anna("change Kasse New version 4.12.")
    anna("change Kasse New printer 1.12.")
    lines = ben("dienst Kasse").splitlines()
    assert [each for each in lines if each.startswith("Geplante")] == [
        "Geplante Änderung: Di. 1. Dez.: New printer (Anna)",
        "Geplante Änderung: Fr. 4. Dez.: New version (Anna)",
    ]
    wind(to="2026-12-04 23:00")
    assert "New version" in ben("dienst Kasse")
    wind(to="2026-12-05 01:00")
    assert "Geplante" not in ben("dienst Kasse")


def test_its_author_or_those_accountable_cancel_it(anna: Say, ben: Say, carla: Say) -> None:
    anna("change Kasse New version 4.12.")
    anna("change Kasse New printer 1.12.")
    assert anna.press("Cancel the change") == "Cancelled: New printer."
    assert anna.press("Cancel the change") == "This change is cancelled already."
    assert "New printer" not in ben("dienst Kasse")


def test_under_a_ban_it_needs_an_override_with_reason_name_and_end(
    banned: Stage, anna: Say, ben: Say, chris: Say, wind: Wind
) -> None:
    assert anna("change Etikettendrucker New rolls 4.12.").splitlines() == [
        "A change to Etikettendrucker needs an exception",
        "Fri 4 Dec: New rolls (Anna)",
        "PRB-1: “Etikettendrucker offline” keeps coming back, cause open since "
        "Wed 25 Nov; for the cause: Ben, who has not accepted yet.",
        "An exception needs a reason and an end. Please ask Ben or Chris.",
        "[Cancel the change]",
        "[PRB-1]",
    ]
    id = banned.rows("select id from changes where workspace = :workspace")[0]["id"]
    values = {"id": id, "reason": "The old rolls are gone", "until": "2026-12-04"}
    call = Call("change override", values)
    refused = banned.handle(banned.request("anna", call=call, submitted=True))
    assert answered(refused).startswith("Somebody else decides that. Please ask Ben or Chris.")
    assert "Planned change: Fri 4 Dec: New rolls (Anna), needs an exception" in anna("bans")
    assert "- Etikettendrucker, Fri 4 Dec: New rolls (Anna), needs an exception" in anna("digest")


def test_the_accountable_person_or_a_manager_overrides_and_it_is_seen(
    banned: Stage, anna: Say, ben: Say, chris: Say, carla: Say, wind: Wind
) -> None:
    ben("änderung Etikettendrucker Neue Rollen 4.12.")
    ben.press("Ausnahme zulassen")
    assert ben.fill(reason="-", until="4.12.").startswith("Bitte schreib einen Grund")
    assert ben.fill(reason="Die alten Rollen sind alle", until="3.12.").startswith(
        "Die Änderung ist für Fr. 4. Dez. geplant"
    )
    assert ben.fill(reason="Die alten Rollen sind alle", until="4.12.").startswith(
        "Die Änderung kann stattfinden: Fr. 4. Dez.: Neue Rollen (Ben), "
        "Ausnahme von Ben bis Fr. 4. Dez.: Die alten Rollen sind alle."
    )
    said = "Fri 4 Dec: Neue Rollen (Ben), exception by Ben until Fri 4 Dec: Die alten Rollen"
    assert said in chris("service Etikettendrucker")
    assert said in chris("bans")
    assert "PRB-1, by Ben until Fri 4 Dec: Die alten Rollen sind alle" in chris("digest")
    chris("problem 1")
    assert "Ben let a change through: Neue Rollen (Die alten Rollen" in chris.press("History")


def test_an_override_that_is_over_counts_no_more(
    banned: Stage, chris: Say, anna: Say, wind: Wind
) -> None:
    chris("change Etikettendrucker New rolls 1.12.")
    chris.press("Allow an exception", about="A change to")
    chris.fill(reason="The old rolls are gone", until="1.12.")
    assert "PRB-1, by Chris until Tue 1 Dec" in anna("digest")
    wind(to="2026-12-08 09:00")
    assert "by Chris" not in anna("digest")
    assert "by Chris" not in anna("bans")


def test_who_planned_before_the_ban_is_told_once_and_again_when_it_is_free(
    bot: Stage, request: pytest.FixtureRequest, anna: Say, ben: Say, carla: Say
) -> None:
    carla("änderung Etikettendrucker Neue Firmware 10.12.")
    stage: Stage = request.getfixturevalue("banned")
    told = [each for each in carla.sees() if "braucht eine Ausnahme" in each.splitlines()[0]]
    assert len(told) == 1
    ben("wiederholung 3 von 2")
    ben("problem 1")
    ben.press("Ich kümmere mich um die Ursache")
    assert len([each for each in carla.sees() if "Ausnahme\n" in each]) == 1
    fixed(ben)
    carla.press("Behebung geprüft")
    assert not [each for each in carla.sees() if "braucht eine Ausnahme" in each]
    assert "Nicht mehr gesperrt: Do. 10. Dez.: Neue Firmware" in "".join(stage.sees("@carla"))


def test_an_overridden_ban_holds_up_no_change(banned: Stage, chris: Say, anna: Say) -> None:
    chris("problem 1")
    chris.press("Allow an exception")
    chris.fill(reason="Christmas business", until="2026-12-04")
    assert anna("change Etikettendrucker New rolls 4.12.").startswith("Planned for Etiketten")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("4.12.", (2026, 12, 4)),
        ("4.12.26", (2026, 12, 4)),
        ("2.1.", (2027, 1, 2)),
        ("bis 24. Dezember", (2026, 12, 24)),
        ("on December 24, 2027", (2027, 12, 24)),
        ("übermorgen", (2026, 11, 25)),
        ("Mo.", (2026, 11, 30)),
    ],
)
def test_days_are_read_in_both_languages(text: str, day: tuple[int, int, int]) -> None:
    assert read_day(text, date(2026, 11, 23)) == date(*day)


@pytest.mark.parametrize("text", ["", "31.2.", "2026-13-01", "Drucker", "10", "Update 10"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert read_day(text, date(2026, 11, 23)) is None
