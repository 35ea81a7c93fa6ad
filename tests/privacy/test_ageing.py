"""400 days over a company that did much: each kind of record goes, or its names do, on its day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from handlers import FEATURES
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.privacy import retention
from tests.pilots.test_pilots import started
from tests.pretend import machines
from tests.pretend.stage import Say, Stage, answered

KEPT = [each for feature in FEATURES for each in feature.all_keeps]


@pytest.mark.slow
def test_each_record_is_gone_or_nameless_on_its_day(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say, wind: Callable[..., None]
) -> None:
    machines.reports(bot, machines.enter(ben))
    started(bot)
    anna("friction Formulare doppelt")
    anna("incident Kasse tot")
    wind(minutes=15)
    ben("ack 1")
    ben("restored 1 Kabel")
    ended = call("close as", number=1, kind="false_alarm", reason="Nur ein Test der Kasse")
    bot.handle(bot.request("chris", call=ended, submitted=True))
    state = "select state from incidents where workspace = :workspace"
    assert bot.rows(state) == [{"state": "closed"}]
    ben("hand over carla")
    ben("verbinden")
    names = "select declared_by, responsible from incidents where workspace = :workspace"
    alarmed = "select id from timeline where workspace = :workspace and kind = 'alarmed'"
    runs = "select id from automation_runs where workspace = :workspace"
    codes = "select person from link_codes where workspace = :workspace"
    assert bot.rows(alarmed) and bot.rows(runs) and bot.rows(codes)
    bot.clock.wind(bot.clock.now() + timedelta(days=2))
    bot.inside(lambda ctx: () if retention.let_go(ctx) else ())
    assert bot.rows(codes) == []
    bot.clock.wind(bot.clock.now() + timedelta(days=90))
    bot.inside(lambda ctx: () if retention.let_go(ctx) else ())
    assert bot.rows(alarmed) == [] and bot.rows(runs) == []
    assert bot.rows(names) == [{"declared_by": "anna", "responsible": "ben"}]
    bot.clock.wind(bot.clock.now() + timedelta(days=308))  # 400 in all
    bot.inside(lambda ctx: () if retention.let_go(ctx) else ())
    assert bot.rows(names) == [{"declared_by": "former", "responsible": "former"}]
    read = {
        who: bot.handle(bot.request(who, call=call("show", number=1))) for who in ("anna", "ben")
    }
    assert "by former person" in answered(read["anna"]), "each reader in their own language"
    assert "von „ehemalige Person“" in answered(read["ben"])


def test_a_dry_run_says_what_would_go_and_changes_nothing(bot: Stage, ben: Say) -> None:
    ben("verbinden")
    found: list[retention.Let] = []
    bot.clock.wind(bot.clock.now() + timedelta(days=2))

    def look(ctx: Context) -> None:
        found.extend(retention.would_go(ctx))

    bot.inside(look)
    assert [each.rows for each in found if "link_codes" in each.keeps.tables] == [1]
    assert bot.rows("select person from link_codes where workspace = :workspace")


def test_every_kept_kind_says_how_long_and_what_then() -> None:
    assert len(KEPT) >= 8
    for each in KEPT:
        assert each.tables and (each.days is None or each.days <= 1100), each.tables
