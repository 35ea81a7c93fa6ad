"""Slack workspaces that installed the app: each with its sealed tokens, and the way to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.engine import Row, Tx
from storage.engine.sql import as_moment, as_text

STATE_LASTS = timedelta(minutes=10)
MOST_STATES = 10_000
LEASE = timedelta(seconds=30)
COLUMNS = "team, workspace, bot_user, scopes, token, refresh_token, expires_at, parked_because"


@dataclass(frozen=True, slots=True)
class Stored:
    """One Slack team. `token` and `refresh_token` are sealed.

    `lasts`, the seconds until the token expires, and `refresh_token` are None for one
    that does not rotate; `parked_because` says why Slack shut us out, None while it
    lets us in.
    """

    team: str
    workspace: str
    bot_user: str
    scopes: str
    token: str
    refresh_token: str | None
    lasts: float | None
    parked_because: str | None


def put(
    tx: Tx,
    *,
    team: str,
    bot_user: str,
    scopes: str,
    token: str,
    refresh_token: str | None,
    lasts: float | None,
) -> None:
    """Store an installation of this workspace; a new one of the same team renews its token."""
    tx.run(
        """
        insert into slack_installations
            (workspace, team, bot_user, scopes, token, refresh_token, expires_at, installed_at)
        values
            (:workspace, :team, :bot_user, :scopes, :token, :refresh_token, :expires_at, :now)
        on conflict (team) do update set
            bot_user = excluded.bot_user, scopes = excluded.scopes, token = excluded.token,
            refresh_token = excluded.refresh_token, expires_at = excluded.expires_at,
            lease_until = null, parked_because = null, parked_at = null,
            installed_at = excluded.installed_at
        """,
        team=team,
        bot_user=bot_user,
        scopes=scopes,
        token=token,
        refresh_token=refresh_token,
        expires_at=_end(tx, lasts),
        now=tx.real_now(),
    )


def find(tx: Tx) -> Stored | None:
    """Return the installation of this workspace."""
    rows = tx.rows(f"select {COLUMNS} from slack_installations where workspace = :workspace")
    return _stored(tx, rows[0]) if rows else None


def all(tx: Tx) -> list[Stored]:
    """Return every installation, by team."""
    rows = tx.rows(f"select {COLUMNS} from slack_installations order by team")
    return [_stored(tx, row) for row in rows]


def expiring(tx: Tx, within: float) -> list[Stored]:
    """Return the installations, not parked, whose token expires within so many seconds."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from slack_installations
        where expires_at < :before and parked_because is null order by expires_at
        """,
        before=_end(tx, within),
    )
    return [_stored(tx, row) for row in rows]


def lease(tx: Tx, token: str) -> bool:
    """Take the right to renew the sealed `token`, for `LEASE` of real time.

    False when somebody else holds it, or has renewed the token already.
    """
    real = tx.real_now()
    return (
        tx.run(
            """
            update slack_installations set lease_until = :until
            where workspace = :workspace and token = :token and refresh_token is not null
            and (lease_until is null or lease_until <= :real)
            """,
            token=token,
            until=as_text(as_moment(real) + LEASE),
            real=real,
        )
        == 1
    )


def let_go(tx: Tx, token: str) -> None:
    """Give the right to renew `token` back: it did not work now."""
    tx.run(
        """
        update slack_installations set lease_until = null
        where workspace = :workspace and token = :token
        """,
        token=token,
    )


def renew(
    tx: Tx, before: str, *, token: str, refresh_token: str | None, lasts: float | None
) -> bool:
    """Put a renewed token in the place of `before`, unless that is not there any more."""
    return (
        tx.run(
            """
            update slack_installations set token = :token, refresh_token = :refresh_token,
                expires_at = :expires_at, lease_until = null
            where workspace = :workspace and token = :before
            """,
            before=before,
            token=token,
            refresh_token=refresh_token,
            expires_at=_end(tx, lasts),
        )
        == 1
    )


def rotate(tx: Tx, before: str, *, token: str, refresh_token: str | None) -> bool:
    """Put the same token, sealed anew, in the place of `before`.

    Not while somebody renews it: what is renewed is sealed with the newest key anyway.
    """
    return (
        tx.run(
            """
            update slack_installations set token = :token, refresh_token = :refresh_token
            where workspace = :workspace and token = :before
            and (lease_until is null or lease_until <= :real)
            """,
            before=before,
            token=token,
            refresh_token=refresh_token,
            real=tx.real_now(),
        )
        == 1
    )


def park(tx: Tx, reason: str) -> None:
    """Slack does not let us into this workspace any more, because `reason`."""
    tx.run(
        """
        update slack_installations set parked_because = :reason,
            parked_at = coalesce(parked_at, :now)
        where workspace = :workspace
        """,
        reason=reason,
        now=tx.real_now(),
    )


def wake(tx: Tx) -> None:
    """Slack lets us in again."""
    tx.run(
        """
        update slack_installations set parked_because = null, parked_at = null
        where workspace = :workspace
        """
    )


@dataclass(frozen=True, slots=True)
class Parked:
    """A company that took Lotse out of its Slack and has no other connection, and since when."""

    workspace: str
    team: str
    since: datetime


def parked(tx: Tx) -> list[Parked]:
    """Return those of all companies, the longest first; who was parked before is since now."""
    tx.write(
        """
        update slack_installations set parked_at = :now
        where parked_because is not null and parked_at is null
        """,
        now=tx.real_now(),
    )
    rows = tx.rows(
        """
        select workspace, team, parked_at from slack_installations i
        where parked_because in (
            'app_uninstalled', 'tokens_revoked', 'token_revoked', 'account_inactive'
        ) and not exists (
            select 1 from conversations c where c.workspace = i.workspace
        ) order by parked_at, team
        """
    )
    return [Parked(row["workspace"], row["team"], as_moment(row["parked_at"])) for row in rows]


# --- browsers on their way ---------------------------------------------------------------


def begin(tx: Tx, state_hash: str, browser_hash: str, now: datetime) -> bool:
    """Remember that a browser was sent to Slack; those of long ago are forgotten.

    False when more than `MOST_STATES` are on their way, which is no honest number.
    """
    tx.run("delete from slack_states where created_at < :before", before=as_text(now - STATE_LASTS))
    return (
        tx.run(
            """
            insert into slack_states (state_hash, browser_hash, created_at)
            select :state_hash, :browser_hash, :now
            where (select count(*) from slack_states) < :most
            """,
            state_hash=state_hash,
            browser_hash=browser_hash,
            now=as_text(now),
            most=MOST_STATES,
        )
        == 1
    )


def finish(tx: Tx, state_hash: str, browser_hash: str, now: datetime) -> bool:
    """Use a state up; False when it is unknown, used, too old, or another browser's."""
    return (
        tx.run(
            """
            delete from slack_states where state_hash = :state_hash
            and browser_hash = :browser_hash and created_at >= :since
            """,
            state_hash=state_hash,
            browser_hash=browser_hash,
            since=as_text(now - STATE_LASTS),
        )
        == 1
    )


def _end(tx: Tx, seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return as_text(as_moment(tx.real_now()) + timedelta(seconds=seconds))


def _stored(tx: Tx, row: Row) -> Stored:
    end = row.pop("expires_at")
    left = as_moment(end) - as_moment(tx.real_now()) if end else None
    return Stored(**row, lasts=left.total_seconds() if left is not None else None)
