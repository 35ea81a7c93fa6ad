"""The benchmarks can be run: `make bench ARGS=--smoke` runs all of them, these the tricky part."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from benchmarks import road
from benchmarks.size import FULL, SMOKE
from storage.engine import Database
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO


async def test_the_bare_rows_and_the_road_do_not_take_each_other_s_numbers_on_sqlite(
    tmp_path: Path,
) -> None:
    with closing(Sqlite(tmp_path / "lotse.db")) as database:
        await taking_turns(database)


async def test_the_bare_rows_and_the_road_do_not_take_each_other_s_numbers_on_postgres(
    postgres: Postgres,
) -> None:
    await taking_turns(postgres)


async def taking_turns(database: Database) -> None:
    """Declare, write the bare rows, and so on; then count what both left behind."""
    rows = await road.rows_of_one(database)
    declare = road.declaring(database, [DEMO])
    with road.bare(database, rows) as write:
        for _turn in range(3):
            await declare()
            await write()

    def kept(workspace: str) -> dict[str, int]:
        sql = "select count(*) as n from {} where workspace = :workspace"
        return database.read(
            lambda tx: {
                table: tx.within(workspace).rows(sql.format(table))[0]["n"] for table in road.TABLES
            }
        )

    ours, bare = kept(DEMO), kept(road.BARE)
    assert ours.pop("incidents") == 4  # with the one whose rows are written again
    assert bare.pop("incidents") == 3
    assert ours == {table: 4 * count // 3 for table, count in bare.items()}
    assert len(rows) == sum(bare.values()) // 3 + 1


def test_a_part_of_the_benchmarks_measures_the_same_loads_as_the_whole() -> None:
    for size in (FULL, SMOKE):
        assert size.at_once[0] == 1
        assert size.busy in size.at_once
        assert size.commands >= size.busy
