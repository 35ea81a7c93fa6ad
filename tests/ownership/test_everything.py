"""Somebody who is named for one of everything leaves on a Saturday night: nothing stays behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from handlers.attention import matters
from handlers.kit.context import Context
from handlers.ownership import held
from storage import problems, services
from storage.engine.ids import PersonId
from tests.ownership.test_ownership import leaves
from tests.pilots.test_pilots import started
from tests.pretend import machines
from tests.pretend.stage import BERLIN, Say, Stage

SATURDAY = datetime(2026, 11, 28, 23, tzinfo=BERLIN)


def test_nothing_of_theirs_stays_with_nobody(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say, wind: Callable[..., None]
) -> None:
    for number in range(1, 4):  # a problem whose cause Ben owns
        anna(f"incident Etikettendrucker offline {number}")
        ben(f"restored {number}")
        wind(minutes=40)
        if number > 1:
            ben(f"repeat {number} of 1")
    machines.enter(ben)
    started(bot)
    anna("incident Kasse tot")
    ben("ack 4")
    carla("vertreten ben 1.12.2026 bis 3.12.2026")
    bot.wind(to=SATURDAY)
    bot.inside(lambda ctx: matters.note(ctx, PersonId("ben"), "matter", "About something."))
    roles: list[str] = []

    def look(ctx: Context) -> None:
        roles.extend(ctx.text(each.role) for each in held.by(ctx, PersonId("ben")))

    bot.inside(look)
    assert {each.split(",")[0] for each in roles} >= {"Verantwortlich", "Vertretung"}
    assert len(roles) >= 5, roles  # services in both roles, a cause, an automation, a pilot
    before = len(chris.sees())
    leaves(bot, PersonId("ben"))
    cards = [each for each in chris.sees() if each.startswith("No longer active: Ben.")]
    assert len(cards) == 1, "one card for the managers"
    assert len(chris.sees()) - before <= 2
    open_ones = bot.rows(
        "select responsible from incidents where workspace = :workspace and state = 'open'"
    )
    assert {each["responsible"] for each in open_ones} == {"carla"}

    def acts() -> list[str | None]:
        found: list[str | None] = []

        def look(ctx: Context) -> None:
            for each in held.by(ctx, PersonId("ben")):
                if "ertretung" not in ctx.text(each.role):  # a deputy is a second pair of eyes
                    found.append(each.acts)

        bot.inside(look)
        return found

    assert acts() and None not in acts() and "ben" not in acts()
    assert bot.store(lambda tx: services.concerning(tx, PersonId("ben")))[0].red_since is not None
    assert all(each.proposed_to != "ben" for each in bot.store(problems.standing))
    waits = bot.rows("select person from matters where workspace = :workspace and state = 'open'")
    assert "ben" not in {each["person"] for each in waits}
    told = len(ben.sees())
    bot.wind(to=datetime(2026, 12, 2, 12, tzinfo=BERLIN))
    assert len(ben.sees()) == told, "nobody writes to who is gone"
