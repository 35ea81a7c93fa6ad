"""What was read ahead is for the one who looked, and for nobody else."""

from __future__ import annotations

from dataclasses import replace

from handlers.kit.ahead import LookAhead
from handlers.kit.context import Context
from storage import people
from storage.engine import Tx
from storage.engine.ids import PersonId
from tests.pretend.stage import Stage


def test_only_who_looked_finds_it(bot: Stage) -> None:
    numbers = LookAhead(lambda _ctx, title: (len(title),))
    others = LookAhead(lambda _ctx, title: (len(title),))

    def looked(ctx: Context) -> None:
        assert numbers.found(ctx) is None  # there was no time
        ctx = replace(ctx, ahead=numbers.read(ctx, {"title": "abc"}))
        assert numbers.found(ctx) == (3,)
        assert others.found(ctx) is None

    def work(tx: Tx) -> None:
        person = people.find(tx, PersonId("anna"))
        assert person is not None
        looked(bot.dispatcher._context(tx, person, None, bot.clock.now()))

    bot.store(work)
