"""Presses: what each person did last with a card, for platforms that deliver it under new ids."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Tx
from storage.engine.sql import as_text


def same(
    tx: Tx, *, card: str, sender: str, what: str, identity: str, now: datetime, since: datetime
) -> str:
    """Return the delivery identity of what somebody does with a card.

    It is `identity`, unless the last thing that `sender` did with `card` was `what`
    already, not before `since`: then it is that one's. A twin that arrives in the same
    moment on PostgreSQL waits here for the first one's commit.
    """
    tx.run(
        """
        insert into presses (workspace, card, person, what, identity, at)
        values (:workspace, :card, :sender, :what, :identity, :now)
        on conflict (workspace, card, person) do update set
            what = excluded.what, identity = excluded.identity, at = excluded.at
        where presses.what <> excluded.what or presses.at < :since
        """,
        card=card,
        sender=sender,
        what=what,
        identity=identity,
        now=as_text(now),
        since=as_text(since),
    )
    rows = tx.rows(
        """
        select identity from presses
        where workspace = :workspace and card = :card and person = :sender
        """,
        card=card,
        sender=sender,
    )
    return str(rows[0]["identity"])


def forget(tx: Tx, before: datetime) -> int:
    """Drop what was pressed long ago, in all workspaces; return how many."""
    return tx.run("delete from presses where at < :before", before=as_text(before))
