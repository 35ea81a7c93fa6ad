"""Who does what by when: asked first, reminded exactly twice, then a line of the digest."""

from __future__ import annotations

from collections.abc import Callable

from tests.mandate.test_mandate import do
from tests.pretend.stage import Say, Stage

ITEM = "Ausgangswert messen"


def agreed(chris: Say, anna: Say) -> None:
    do(chris, "mandate action", item=ITEM, who="anna", due="2026-12-04")
    anna.press("Yes, I will")


def test_exactly_two_reminders_then_a_line_of_the_digest(
    chris: Say, anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    agreed(chris, anna)
    wind(to="2026-12-01 23:00")
    assert len(anna.sees()) == 1  # the question alone
    wind(to="2026-12-02 12:00")
    assert f"By Fri 4 Dec: {ITEM}" in anna.sees()[-1]
    wind(to="2026-12-06 12:00")
    assert len(anna.sees()) == 2 and ITEM not in chris("digest").split("Mandate")[0]
    wind(to="2026-12-07 12:00")
    assert f"{ITEM} was planned for Fri 4 Dec." in anna.sees()[-1]
    assert f"Open since Fri 4 Dec: {ITEM}" in chris("digest")
    assert "Anna" not in chris("digest")
    wind(to="2027-03-01 12:00")
    assert len(anna.sees()) == 3  # never a third one
    anna.press("It is done")
    assert f"Open since Fri 4 Dec: {ITEM}" not in chris("digest")
    assert ITEM in chris("digest")  # among what was solved this week


def test_done_before_the_day_nobody_is_reminded(
    chris: Say, anna: Say, wind: Callable[..., None]
) -> None:
    agreed(chris, anna)
    anna("status")
    anna.press("It is done")
    wind(to="2027-01-15 12:00")
    assert len(anna.sees()) == 1


def test_another_day_is_reminded_of_anew(chris: Say, anna: Say, wind: Callable[..., None]) -> None:
    agreed(chris, anna)
    wind(to="2026-12-07 12:00")
    anna.press("Change it")
    anna.fill(item=ITEM, who="anna", due="2026-12-18")
    wind(to="2026-12-16 12:00")
    assert f"By Fri 18 Dec: {ITEM}" in anna.sees()[-1]


def test_whoever_is_named_may_say_no(chris: Say, anna: Say, ben: Say, bot: Stage) -> None:
    do(chris, "mandate action", item=ITEM, who="anna", due="2026-12-04")
    assert f"Anna (gefragt): {ITEM}" in ben("mandat")
    anna.press("No")
    assert ITEM not in anna("status")
    assert ITEM in chris("status")
    rows = bot.rows("select owner, accepted_at from mandate_actions where workspace = :workspace")
    assert rows == [{"owner": "chris", "accepted_at": None}]


def test_somebody_else_neither_ends_nor_changes_it(chris: Say, anna: Say, ben: Say) -> None:
    do(chris, "mandate action", item=ITEM, who="anna", due="2026-12-04")
    id = chris.stage.rows("select id from mandate_actions where workspace = :workspace")[0]["id"]
    assert do(ben, "mandate action done", action=id).endswith("Anna.")
    assert do(ben, "mandate action drop", action=id).startswith("Das")
    assert do(chris, "mandate action drop", action=id).startswith("Not needed any more")
    assert ITEM not in chris("mandate")


def test_what_somebody_does_is_handed_over_with_everything_else(
    chris: Say, ben: Say, bot: Stage
) -> None:
    do(chris, "mandate action", item=ITEM, who="chris", due="2026-12-04")
    chris("hand over ben")
    ben.press("Ich übernehme das")
    assert ITEM in ben("status")


def test_closed_rows_of_the_list_carry_nobody(chris: Say, anna: Say) -> None:
    agreed(chris, anna)
    assert "Anna" in do(chris, "list", name="actions")
    anna("status")
    anna.press("It is done")
    listed = do(chris, "list", name="actions", which="all")
    assert ITEM in listed and "Anna" not in listed
