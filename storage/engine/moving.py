"""Moves everything from one store into another, SQLite or PostgreSQL, and compares both."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from storage.engine import Database, Row, StorageError, Tx
from storage.engine.sqlite import Sqlite

OWN = {"migrations"}  # each store keeps its own


class CannotMove(StorageError):
    """Nothing was moved; the text says why."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its key, and the tables that its rows refer to."""

    name: str
    key: tuple[str, ...]
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """A table in both stores: how many rows each has, and whether all of them are the same."""

    table: str
    before: int
    after: int
    same: bool


def schema() -> list[Table]:
    """Return all tables, each behind those that it refers to."""
    database = Sqlite()
    try:
        found = database.read(_tables)
    finally:
        database.close()
    ordered: list[Table] = []
    names: set[str] = set()
    while left := [each for each in found if each.name not in names]:
        ready = [each for each in left if each.needs <= names]
        if not ready:
            raise CannotMove("The tables refer to each other in a circle.")
        ordered += ready
        names |= {each.name for each in ready}
    return ordered


def move(source: Database, target: Database) -> list[Moved]:
    """Copy every row into an empty store, all or nothing; return what came of each table.

    Rows are written in the order of their keys, which tells nothing of when each came.
    Raises `CannotMove` when the target is not empty, or anything differs afterwards.
    """
    tables = schema()
    taken = source.read(lambda tx: {each.name: _rows(tx, each) for each in tables})

    def write(tx: Tx) -> list[Moved]:
        full = [each.name for each in tables if _rows(tx, each)]
        if full:
            raise CannotMove(f"The other store is not empty: it has rows in {full[0]}.")
        for each in tables:
            for row in taken[each.name]:
                tx.insert(each.name, **row)
        return [_compared(each.name, taken[each.name], _rows(tx, each)) for each in tables]

    found = target.transact(write)
    different = [each.table for each in found if not each.same]
    if different:
        raise CannotMove(f"The stores differ in {', '.join(different)}; do not use the new one.")
    again = source.read(lambda tx: {each.name: _rows(tx, each) for each in tables})
    changed = [name for name, rows in taken.items() if _digest(rows) != _digest(again[name])]
    if changed:
        raise CannotMove(
            f"Somebody wrote to {', '.join(changed)} meanwhile; do not use the new store. Stop "
            "every Lotse, empty it, and move again."
        )
    return found


def _tables(tx: Tx) -> list[Table]:
    names = [
        row["name"]
        for row in tx.rows("select name from sqlite_schema where type = 'table' order by name")
    ]
    found = []
    for name in names:
        if name in OWN or name.startswith("sqlite_"):
            continue
        columns = tx.rows(f"pragma table_info({name})")
        key = [row["name"] for row in sorted(columns, key=lambda row: row["pk"]) if row["pk"]]
        needs = {row["table"] for row in tx.rows(f"pragma foreign_key_list({name})")} - {name}
        found.append(Table(name, tuple(key), frozenset(needs)))
    return found


def _rows(tx: Tx, table: Table) -> list[Row]:
    rows = tx.rows(f"select * from {table.name}")
    return sorted(rows, key=lambda row: [str(row[each]) for each in table.key] or _text(row))


def _compared(table: str, before: list[Row], after: list[Row]) -> Moved:
    return Moved(table, len(before), len(after), _digest(before) == _digest(after))


def _digest(rows: list[Row]) -> str:
    whole = hashlib.sha256()
    for each in sorted(_text(row) for row in rows):
        whole.update(each.encode())
    return whole.hexdigest()


def _text(row: Row) -> str:
    return json.dumps(row, sort_keys=True)
