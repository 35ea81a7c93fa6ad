"""Checks of single requirements as a stranger would make them, where no room's tests make them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import psycopg
import pytest

from handlers.automations.intake import heartbeat
from handlers.kit.context import Context
from storage.engine import Tx
from tests.mandate.test_mandate import do
from tests.pretend.machines import FORM as AUTOMATION
from tests.pretend.machines import enter
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]


def test_a01_what_nobody_took_for_three_days_is_shown_first_until_somebody_takes_it(
    anna: Say, ben: Say, chris: Say, wind: Wind
) -> None:
    """Ownerless for three working days it leads the digest; a minute after taking it is gone."""
    anna("incident Kasse druckt nicht")
    wind(to="2026-11-26 09:00")
    for who, title in ((chris, "Still to decide"), (ben, "Noch zu entscheiden")):
        said = who("digest" if who is chris else "wochenbericht").splitlines()
        assert said[2] == title and said[3].startswith("INC-1 · Kasse druckt nicht")
    ben("annehmen 1")
    wind(minutes=1)
    assert "0 decisions open" in chris("digest") and "Still to decide" not in chris("digest")


@pytest.mark.parametrize("gap", ["accountable", "deputy"])
def test_a02_a_service_without_its_people_is_refused_at_the_field(chris: Say, gap: str) -> None:
    chris("service new")
    given = {"name": "VPN", "accountable": "ben", "deputy": "carla", gap: ""}
    chris.fill(carry=True, **given)
    assert chris.answer is not None and chris.answer.field == gap
    assert "There is no service called “vpn”" in chris("service vpn")


def test_a02_two_accountables_or_none_are_impossible_in_the_store(bot: Stage, chris: Say) -> None:
    def second(tx: Tx) -> None:
        tx.run(
            """
            insert into services (workspace, id, name, name_key, words, accountable, deputy,
                created_at)
            select workspace, id, 'Kasse 2', 'kasse 2', words, 'carla', 'ben', created_at
            from services where workspace = :workspace and id = 'kasse'
            """
        )

    def none(tx: Tx) -> None:
        tx.run("update services set accountable = null where workspace = :workspace")

    for work in (second, none):
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
            bot.store(work)
    card = chris("service kasse")
    assert "Accountable: Ben" in card and "Deputy: Carla" in card


def test_a06_closing_asks_for_a_runbook_and_its_gap_stands_until_it_is_filled(
    anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    anna("incident Kasse druckt nicht")
    ben("ack 1")
    ben("behoben 1")
    assert "Anleitung" in ben("fertig 1"), "neither a link nor “none yet”"
    ben.press("Noch keine")
    assert "- Without a runbook: Kasse." in chris("digest")
    assert "- Ohne Anleitung: Kasse." in ben("wochenbericht")
    chris("service edit kasse")
    chris.fill(runbook="https://wiki.example/kasse")
    assert "Without a runbook" not in chris("digest")


def test_b01_what_serves_no_goal_does_not_go_into_operation_and_is_listed(
    chris: Say, ben: Say, bot: Stage
) -> None:
    enter(ben)
    assert "the business goal" not in str(ben("auto mail-sortierung")), "there are none yet"
    do(chris, "mandate edit", goals="Schneller liefern")
    name = AUTOMATION["name"]
    assert f"Serve a goal: 0 of 1 pilots and automations. Without one: {name}." in chris("mandate")
    assert "Geschäftsziel" in ben("auto mail-sortierung")
    id = bot.rows("select id from automations where workspace = :workspace")[0]["id"]
    said = do(ben, "auto live", automation=id)
    assert "kann noch nicht in Betrieb gehen" in said and "Geschäftsziel" in said
    do(ben, "mandate link", automation=id, goal="Schneller liefern")
    assert "Geschäftsziel" not in do(ben, "auto live", automation=id)
    assert "Serve a goal: 1 of 1" in chris("mandate")


def test_b08_what_nobody_entered_is_a_draft_that_nobody_answers_for(
    chris: Say, ben: Say, anna: Say, bot: Stage
) -> None:
    """How a call makes the draft: tests/http/test_dialects.py."""

    def called(ctx: Context) -> None:
        heartbeat.draft(ctx, "nachts-kopieren", source="call")

    bot.inside(called)
    assert "Nobody answers for it yet: nachts-kopieren." in chris("digest")
    assert "nachts-kopieren" in ben("wochenbericht")
    assert "automations in use" not in chris("digest"), "a draft is never an active one"
    said = anna("auto")
    assert said.startswith("Automations\nNobody answers for it yet: nachts-kopieren\n")
    chris("digest")
    chris.press("Enter it")
    assert chris.form is not None
    assert {"accountable", "deputy"} <= {each.name for each in chris.form.fields}
