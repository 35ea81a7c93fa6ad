"""What this store says of itself, of no company."""

from __future__ import annotations

from storage.engine import Tx

COPIED = "copied_at"  # this is a copy that was taken then; whoever starts on it holds first
BACKUP = "backup_day"  # the last day whose backup somebody has begun
SWEPT = "swept"  # the last erasure after which free pages were swept
CHECK = "check"  # what the auditor found last, as JSON


def note(tx: Tx, name: str, value: str) -> None:
    """Write down what is said under `name`."""
    tx.run(
        """
        insert into instance (name, value) values (:name, :value)
        on conflict (name) do update set value = excluded.value
        """,
        name=name,
        value=value,
    )


def noted(tx: Tx, name: str) -> str | None:
    """Return what is said under `name`."""
    rows = tx.rows("select value from instance where name = :name", name=name)
    return rows[0]["value"] if rows else None


def drop(tx: Tx, name: str) -> None:
    """Say it no longer."""
    tx.run("delete from instance where name = :name", name=name)


def first_of(tx: Tx, name: str, value: str) -> bool:
    """Say whether nobody has written down `value` or something later before; then do it."""
    return (
        tx.run(
            """
            insert into instance (name, value) values (:name, :value)
            on conflict (name) do update set value = excluded.value
            where instance.value < excluded.value
            """,
            name=name,
            value=value,
        )
        == 1
    )
