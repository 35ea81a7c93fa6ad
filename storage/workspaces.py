"""Companies: each sees its own rows and nothing of anybody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, StorageError, Tx
from storage.engine.sql import as_text

UNNAMED = "Lotse"  # what a company is called that has told no name: the only one of its Lotse


@dataclass(frozen=True, slots=True)
class Workspace:
    """A company: its language ("de", "en"), IANA zone and region for holidays ("DE-NW")."""

    id: str
    name: str
    language: str
    zone: str
    region: str


def ensure(tx: Tx, workspace: Workspace, now: datetime) -> bool:
    """Store the workspace unless it is there; say whether it is new."""
    return (
        tx.run(
            """
            insert into workspaces (id, name, language, zone, region, created_at)
            values (:id, :name, :language, :zone, :region, :now)
            on conflict (id) do nothing
            """,
            id=workspace.id,
            name=workspace.name,
            language=workspace.language,
            zone=workspace.zone,
            region=workspace.region,
            now=as_text(now),
        )
        == 1
    )


def known(tx: Tx, id: str) -> bool:
    """Say whether there is a workspace with this id."""
    return bool(tx.rows("select 1 as one from workspaces where id = :id", id=id))


def all_ids(tx: Tx) -> list[str]:
    """Return the ids of all companies, for whoever operates Lotse."""
    return [row["id"] for row in tx.rows("select id from workspaces order by id")]


def is_known(tx: Tx) -> bool:
    """Say whether the workspace of this transaction is there."""
    return bool(tx.rows("select 1 as one from workspaces where id = :workspace"))


def get(tx: Tx) -> Workspace:
    """Return the workspace of this transaction."""
    return tx.recall_as(
        "select id, name, language, zone, region from workspaces where id = :workspace", _workspace
    )[0]


def _workspace(row: Row) -> Workspace:
    return Workspace(**row)


def shut_out(tx: Tx, platform: str) -> None:
    """Note that a platform lets us in no more: what is sent there waits."""
    tx.write("update workspaces set shut_out = :platform where id = :workspace", platform=platform)


def let_in(tx: Tx, platform: str) -> None:
    """Note that a platform lets us in again."""
    tx.write(
        "update workspaces set shut_out = null where id = :workspace and shut_out = :platform",
        platform=platform,
    )


def set_language(tx: Tx, language: str) -> None:
    """Change the language of channels and of people who chose none."""
    tx.write("update workspaces set language = :language where id = :workspace", language=language)


def set_where(tx: Tx, zone: str, region: str) -> None:
    """Change the time zone, and whose public holidays count."""
    tx.write(
        "update workspaces set zone = :zone, region = :region where id = :workspace",
        zone=zone,
        region=region,
    )


def setting(tx: Tx, name: str) -> str | None:
    """Return a setting's text, or None."""
    # All at once: there are few, and most commands want several.
    rows = tx.recall("select name, value from settings where workspace = :workspace")
    return next((row["value"] for row in rows if row["name"] == name), None)


def set_setting(tx: Tx, name: str, value: str) -> None:
    """Store a setting."""
    tx.write(
        """
        insert into settings (workspace, name, value) values (:workspace, :name, :value)
        on conflict (workspace, name) do update set value = excluded.value
        """,
        name=name,
        value=value,
    )


def drop_setting(tx: Tx, name: str) -> None:
    """Forget a setting."""
    tx.run("delete from settings where workspace = :workspace and name = :name", name=name)


def next_number(tx: Tx, counter: str) -> int:
    """Count one up and return it. The row is locked until the commit, so no number comes twice."""
    rows = tx.rows(
        """
        insert into counters (workspace, name, value) values (:workspace, :counter, 1)
        on conflict (workspace, name) do update set value = counters.value + 1
        returning value
        """,
        counter=counter,
    )
    return int(rows[0]["value"])


def delete(tx: Tx) -> None:
    """Delete the workspace of this transaction, with every row of every table.

    Which table comes before which, the store itself says: what another one still refers to is
    tried again after it.
    """
    tx.run("update workspaces set state = 'leaving' where id = :workspace")  # lets the audit go
    left = sorted(row["name"] for row in tx.rows(f"{tx.company_tables}"))
    while left:
        stuck: list[str] = []
        why: Exception | None = None
        for table in left:
            try:
                with tx.savepoint():
                    tx.run(f"delete from {table} where workspace = :workspace")
            except StorageError:
                raise
            except Exception as error:  # each store has its own word for a reference that stands
                stuck.append(table)
                why = error
        if why is not None and len(stuck) == len(left):
            raise why
        left = stuck
    tx.run("delete from workspaces where id = :workspace")
