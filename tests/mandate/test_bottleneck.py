"""The bottleneck question: once a quarter, one tap, nothing shown below five, nobody found out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from handlers.digest import schedule
from storage import people
from storage.engine.ids import PersonId
from storage.mandate import bottleneck
from tests.mandate.test_mandate import do
from tests.pretend.stage import Say, Stage

CHOICES = ("ownership", "standards", "courage")


def managed(bot: Stage, number: int) -> list[Say]:
    """Let so many people manage the company, Chris among them."""
    now = bot.clock.now()
    ids = [f"m{n}" for n in range(number - 1)]

    def furnish(tx):  # type: ignore[no-untyped-def]
        schedule.plan(tx, id="plan", now=now, zone="Europe/Berlin", region="DE")
        for id in ids:
            people.find_or_create(
                tx, f"local:{id}", id.title(), id=PersonId(id), key=f"key-{id}", now=now,
                language="en", manager=True,
            )  # fmt: skip

    bot.store(furnish)
    return [Say(bot, each) for each in [*ids, "chris"]]


def answered(circle: Sequence[Say], choices: Sequence[str], quarter: str = "2026-Q4") -> None:
    for who, choice in zip(circle, choices, strict=False):
        do(who, "bottleneck", quarter=quarter, choice=choice)


@pytest.mark.parametrize(
    ("circle", "choices", "shown"),
    [
        (6, ("ownership",) * 3 + ("standards",) * 2, "accountable 3, standards 2"),
        (6, ("ownership",) * 3 + ("standards",), None),  # four answered
        (6, ("courage",) * 5, "mostly “The courage to say no”."),  # one answer holds everybody
        (5, ("ownership",) * 3 + ("standards",) * 2, "mostly “Who is accountable”."),  # all of them
    ],
)
def test_what_is_shown_names_nobody(
    bot: Stage, wind: Callable[..., None], circle: int, choices: tuple[str, ...], shown: str | None
) -> None:
    people_ = managed(bot, circle)
    chris = people_[-1]
    wind(to="2026-11-30 12:00")
    answered(people_, choices)
    assert "What holds us up" not in chris("digest").replace("What holds us up most", "")
    wind(to="2026-12-14 12:00")
    told = [each for each in chris("digest").splitlines() if each.startswith("What holds us up (")]
    assert len(told) == (shown is not None)
    if shown is not None:
        assert shown in told[0]
    assert bot.rows("select * from bottleneck_taps where workspace = :workspace") == []
    kept = bot.rows("select secret from bottleneck_rounds where workspace = :workspace")
    assert kept[0]["secret"] is None


def test_it_is_asked_once_a_quarter_and_a_second_tap_replaces_the_first(
    bot: Stage, wind: Callable[..., None]
) -> None:
    circle = managed(bot, 5)
    wind(to="2026-11-30 12:00")
    chris = circle[-1]
    assert "What holds us up most" in chris("status")
    answered([chris], ["ownership"])
    answered([chris], ["courage"])
    assert "What holds us up most" not in chris("status")
    taps = bot.rows("select voter, choice from bottleneck_taps where workspace = :workspace")
    assert [each["choice"] for each in taps] == ["courage"]
    assert taps[0]["voter"] not in ("chris", "local:chris")
    wind(to="2027-01-11 12:00")
    found = bot.store(lambda tx: [each.quarter for each in bottleneck.rounds(tx)])
    assert found == ["2027-Q1", "2026-Q4"]
    assert do(chris, "bottleneck", quarter="2026-Q4", choice="courage").startswith(
        "This question is over."
    )


def test_a_circle_below_five_is_not_asked(
    bot: Stage, chris: Say, wind: Callable[..., None]
) -> None:
    managed(bot, 4)
    wind(to="2026-11-30 12:00")
    assert "What holds us up" not in chris("status")
    assert bot.rows("select 1 as one from bottleneck_rounds where workspace = :workspace") == []
