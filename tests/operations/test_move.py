"""From SQLite to PostgreSQL and back: every row of every table, the same; and life goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from bot import __main__ as command
from storage.engine import Database, Row, Tx, moving, opening
from storage.engine.sqlite import Sqlite
from storage.operations import hold
from tests.pilots.test_pilots import started
from tests.pretend import machines, server
from tests.pretend.stage import DEMO, Say, Stage, furnish, staged


@pytest.fixture
def there(postgres_url: str) -> Iterator[str]:
    """Give the address of an empty PostgreSQL database."""
    with server.database(postgres_url, "lotse_test_move") as url:
        yield url


def lived(bot: Stage) -> None:
    anna, ben = Say(bot, "anna"), Say(bot, "ben")
    machines.reports(bot, machines.enter(ben))
    started(bot)
    anna("incident Kasse tot 🧾")
    anna("reibung Formulare doppelt")
    bot.wind(minutes=15)
    ben("ack 1")
    ben("restored 1 Kabel")
    anna("incident Webshop langsam", carry=False)


def setting(tx: Tx, name: str) -> None:
    tx.within(DEMO).insert("settings", name=name, value="")


def everything(database: Database) -> dict[str, list[Row]]:
    def look(tx: Tx) -> dict[str, list[Row]]:
        return {each.name: moving._rows(tx, each) for each in moving.schema()}

    return database.read(look)


def test_there_and_back_again_nothing_is_lost(folder: Path, there: str) -> None:
    with closing(Sqlite(folder / "one.db")) as one, staged(one) as bot:
        lived(bot)
        before = everything(one)
        with closing(opening.open_database(there)) as other:
            found = moving.move(one, other)
            assert everything(other) == before
            with closing(Sqlite(folder / "two.db")) as two:
                moving.move(other, two)
                assert everything(two) == before
    filled = [each for each in found if each.before]
    assert len(filled) > 25 and all(each.same and each.before == each.after for each in filled)


def test_life_goes_on_in_the_new_store(folder: Path, there: str) -> None:
    with closing(Sqlite(folder / "one.db")) as one, staged(one) as bot:
        lived(bot)
        with closing(opening.open_database(there)) as other:
            moving.move(one, other)
            stage = Stage(other, clock=bot.clock, new_id=bot.new_id)
            stage._requests = bot._requests
            stage.carry()
            assert any("Webshop" in each.text for each in stage.chat.ledger)
            assert "INC-3 is declared" in Say(stage, "anna")("incident Drucker streikt")
            stage.wind(minutes=30)
            assert stage.unwatched() == []
            stage.close()


def test_only_an_empty_store_takes_it_and_a_change_meanwhile_is_noticed(folder: Path) -> None:
    with closing(Sqlite(folder / "one.db")) as one, closing(Sqlite(folder / "two.db")) as two:
        one.transact(lambda tx: furnish(tx, DEMO, Stage(one).clock.now()))
        moving.move(one, two)
        with pytest.raises(moving.CannotMove, match="not empty"):
            moving.move(one, two)


def test_rows_stand_in_the_order_of_their_keys(folder: Path) -> None:
    """The order in which they were written would tell who answered when."""
    with closing(Sqlite(folder / "one.db")) as one, staged(one):
        for name in ("c", "a", "b"):
            one.transact(partial(setting, name=name))
        with closing(Sqlite(folder / "two.db")) as two:
            moving.move(one, two)
            rows = two.read(lambda tx: tx.rows("select name from settings order by rowid"))
            names = [row["name"] for row in rows]
            assert names == sorted(names)


def test_the_command_prints_counts_and_the_old_store_holds(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder / 'one.db'}")
    with closing(Sqlite(folder / "one.db")) as one, staged(one) as bot:
        lived(bot)
    assert command.main(["move", f"sqlite:///{folder / 'two.db'}"]) == 0
    said = capsys.readouterr().out
    assert "are the same in both stores" in said and "incidents" in said
    with closing(Sqlite(folder / "one.db")) as one:
        from bot.config import Settings
        from bot.operations.command_line import hold_if_copy

        hold_if_copy(one, Settings.from_env({"LOTSE_BACKUPS": str(folder / "b")}))
        assert one.read(hold.everywhere) == [DEMO]
    assert command.main(["move", "nonsense"]) == 1
    assert "it takes sqlite:///" in capsys.readouterr().err
