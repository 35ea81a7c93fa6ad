"""Services: each has exactly one accountable person and a deputy, by constraint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.sql import as_text


@dataclass(frozen=True, slots=True)
class Service:
    """Something people depend on. `words` are what people call it besides its name."""

    id: str
    name: str
    words: tuple[str, ...]
    accountable: str
    deputy: str
    fallback: bool


COLUMNS = "id, name, words, accountable, deputy, fallback"


def add(tx: Tx, service: Service, *, name_key: str, now: datetime) -> bool:
    """Store a service; False when the name is taken, or another one is the fallback."""
    return (
        tx.run(
            """
            insert into services
                (workspace, id, name, name_key, words, accountable, deputy, fallback, created_at)
            values
                (:workspace, :id, :name, :name_key, :words, :accountable, :deputy, :fallback, :now)
            on conflict do nothing
            """,
            id=service.id,
            name=service.name,
            name_key=name_key,
            words="\n".join(service.words),
            accountable=service.accountable,
            deputy=service.deputy,
            fallback=int(service.fallback),
            now=as_text(now),
        )
        == 1
    )


def all(tx: Tx) -> list[Service]:
    """Return every service by name, the fallback last."""
    rows = tx.recall(
        f"""
        select {COLUMNS} from services where workspace = :workspace
        order by fallback, name_key
        """
    )
    return [_service(row) for row in rows]


def find(tx: Tx, id: str) -> Service | None:
    """Return a service by id."""
    rows = tx.recall(
        f"select {COLUMNS} from services where workspace = :workspace and id = :id", id=id
    )
    return _service(rows[0]) if rows else None


def fallback(tx: Tx) -> Service | None:
    """Return the service that catches what no other service is meant by."""
    rows = tx.rows(f"select {COLUMNS} from services where workspace = :workspace and fallback = 1")
    return _service(rows[0]) if rows else None


def _service(row: Row) -> Service:
    row["words"] = tuple(row["words"].split("\n")) if row["words"] else ()
    row["fallback"] = bool(row["fallback"])
    return Service(**row)
