"""A team's digest holds its own areas alone; less often; useful?; and what is kept of a digest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handlers.digest import schedule
from handlers.privacy.erasing import put_former
from storage import people
from storage.digest import teams, texts
from storage.engine.ids import PersonId
from tests.mandate.test_mandate import do
from tests.pretend.stage import Say, Stage


@pytest.fixture
def planned(bot: Stage) -> Stage:
    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="plan", now=now, zone="Europe/Berlin", region="DE"))
    return bot


def noted(anna: Say) -> None:
    for area, words in (("Versand", "Etiketten kleben schlecht"), ("Büro", "Formulare doppelt")):
        do(anna, "friction", sentence=words, area=area)


def entered(chris: Say) -> str:
    chris("digest teams", at="allgemein")
    chris.press("A digest for this channel")
    return chris.fill(name="Versand", areas="Versand\nLager", services_="Etikettendrucker")


def test_a_team_reads_its_areas_alone_in_its_own_channel(
    planned: Stage, anna: Say, chris: Say, wind: Callable[..., None]
) -> None:
    assert entered(chris).startswith("This channel gets the weekly digest of “Versand”")
    noted(anna)
    wind(to="2026-11-30 08:30")
    told = planned.sees("allgemein")[-1]
    assert told.splitlines()[0] == "Versand: KW 48"
    assert "Reibung: 1 notiert" in told
    assert "Reibung: 2 notiert" in planned.sees("leitung")[-1]
    assert "Störungen" not in told and "entscheiden" not in told.lower()
    wind(to="2026-12-14 08:30")  # nothing happened in the two weeks after: nothing is said
    assert len([each for each in planned.sees("allgemein") if "KW" in each]) == 2
    chris("digest teams")
    chris.press("Remove")
    noted(anna)
    wind(to="2026-12-21 08:30")
    assert len([each for each in planned.sees("allgemein") if "KW" in each]) == 2


def test_areas_and_services_of_a_team_may_stand_in_one_line(chris: Say, planned: Stage) -> None:
    chris("digest teams", at="allgemein")
    chris.press("A digest for this channel")
    chris.fill(name="Versand", areas="Versand, Lager; Hof", services_="Etikettendrucker, Kasse")
    told = chris("digest teams")
    assert "Versand (#allgemein): Versand, Lager, and Hof" in told
    (found,) = planned.store(teams.all)
    assert found.areas == ("Versand", "Lager", "Hof") and len(found.services) == 2


def test_the_company_s_channels_are_no_team_s(chris: Say, anna: Say) -> None:
    values = {"channel": "local:leitung", "name": "X", "areas": "Y", "services_": ""}
    assert "whole company" in do(chris, "digest team", **values)
    assert do(anna, "digest team", **values).startswith("Managers do this here.")


def test_less_often_keeps_what_is_to_be_decided(
    planned: Stage, anna: Say, chris: Say, wind: Callable[..., None]
) -> None:
    planned.store(
        lambda tx: tx.run(
            "update places set role = null where workspace = :workspace and role = 'managers'"
        )
    )
    do(chris, "digest less")
    anna("incident Kasse tot")
    do(anna, "friction", sentence="Formulare doppelt")
    wind(to="2026-11-30 08:30")
    short = chris.sees()[-1]
    assert "Still to decide" in short and "Friction" not in short
    wind(to="2026-12-07 08:30")  # the first one in December
    assert "How is this computed?" in [each for each in chris.sees() if "Week 49" in each][-1]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (("yes", "yes", "yes", "no", "no"), "Last time 3 of 5 found it useful."),
        (("yes",) * 5, None),  # everybody the same
        (("yes", "yes", "yes", "no"), None),  # four
    ],
)
def test_useful_is_counted_without_names_and_shown_from_five_on(
    planned: Stage, anna: Say, chris: Say, wind: Callable[..., None],
    answers: tuple[str, ...], told: str | None,
) -> None:  # fmt: skip
    def furnish(tx):  # type: ignore[no-untyped-def]
        for n in range(5):
            people.find_or_create(tx, f"local:p{n}", f"P{n}", id=PersonId(f"p{n}"), key=f"key-p{n}",
                                  now=planned.clock.now())  # fmt: skip

    planned.store(furnish)
    noted(anna)
    wind(to="2026-11-30 08:30")
    assert "[Hilfreich]" in planned.sees("leitung")[-1]
    for n, choice in enumerate(answers):
        do(Say(planned, f"p{n}"), "digest useful", week="2026-W48", choice="no")
        do(Say(planned, f"p{n}"), "digest useful", week="2026-W48", choice=choice)
    noted(anna)
    wind(to="2026-12-07 08:30")
    said = chris("digest")
    assert ("Last time" in said) is (told is not None)
    if told is not None:
        assert told in said
    assert planned.rows("select * from digest_taps where workspace = :workspace") == []
    assert do(Say(planned, "p1"), "digest useful", week="2026-W48", choice="no").startswith(
        "Diese Frage ist abgeschlossen."
    )


def test_what_a_digest_said_is_kept_and_forgets_who_is_erased(
    planned: Stage, anna: Say, chris: Say, ben: Say, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    wind(to="2026-11-30 08:30")
    kept = planned.store(lambda tx: texts.of(tx, "2026-W48", "en"))
    assert "Ben" in kept
    planned.inside(lambda ctx: put_former(ctx, PersonId("ben")))
    kept = planned.store(lambda tx: texts.of(tx, "2026-W48", "en"))
    assert "Ben" not in kept
    assert planned.store(lambda tx: texts.weeks(tx)) == ["2026-W48"]
