"""Tokens at rest: sealed with a key whose id stands beside, so that keys can be changed.

The encryption is Fernet of the package cryptography (AES-128-CBC with HMAC-SHA256).
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken

from bot.config import Settings
from storage import installations
from storage.engine import AlreadyRunning, Database
from storage.installations import Stored


class Unsealable(Exception):
    """No key that we have opens this; the text names the key's id, never the secret."""


class Seal:
    """Seals with the first key, opens with any."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys` by their id, the one to seal with first; raises ValueError when one is no key."""
        if not keys:
            raise ValueError("at least one key is needed")
        self._keys = {id: Fernet(key) for id, key in keys.items()}
        self._first = next(iter(self._keys))

    def seal(self, secret: str) -> str:
        """Return the secret sealed, as `id:token`."""
        return f"{self._first}:{self._keys[self._first].encrypt(secret.encode()).decode()}"

    def open(self, sealed: str) -> str:
        """Return the secret; raises `Unsealable`."""
        id, _colon, token = sealed.partition(":")
        if id not in self._keys:
            raise Unsealable(f"The key “{id}” is missing in LOTSE_KEYS.")
        try:
            return self._keys[id].decrypt(token.encode()).decode()
        except InvalidToken:
            raise Unsealable(f"The key “{id}” is not the one it was sealed with.") from None

    def is_current(self, sealed: str) -> bool:
        """Say whether it is sealed with the first key."""
        return sealed.startswith(f"{self._first}:")


def new_key() -> str:
    """Return a new key, as text."""
    return Fernet.generate_key().decode()


def keys_from(text: str) -> dict[str, str]:
    """Read `id=key,id=key`, the newest first; raises ValueError when it is not that."""
    found: dict[str, str] = {}
    for each in text.split(","):
        id, equals, key = each.strip().partition("=")
        if not id.isalnum() or not equals or id in found:
            raise ValueError("not a list of keys")
        Fernet(key)
        found[id] = key
    return found


def make() -> int:
    """Print a new key for LOTSE_KEYS, with an id of its own; return the exit status."""
    print(f"{secrets.token_hex(3)}={new_key()}")
    print(
        "Put it in front of what LOTSE_KEYS holds already, with a comma between, and keep it as "
        "safe as a password: without it every company has to install Lotse again.",
        file=sys.stderr,
    )
    return 0


def renew(settings: Settings) -> int:
    """Seal every stored token with the newest key; return the exit status.

    Raises `StorageError` when the database cannot be used.
    """
    from bot import app

    if not settings.keys:
        print("LOTSE_KEYS is not set, so nothing is sealed.", file=sys.stderr)
        return 1
    seal = Seal(keys_from(settings.keys))
    try:
        database = app.open_database(settings.database_url)
    except AlreadyRunning:
        print(
            "A Lotse runs on this database. Restart it with these keys: every start seals "
            "what is not sealed with the newest one.",
            file=sys.stderr,
        )
        return 1
    try:
        count = reseal(database, seal)
    except Unsealable as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        database.close()
    print(f"{count} sealed anew; the newest key now seals all of them.")
    return 0


def reseal(database: Database, seal: Seal) -> int:
    """Seal every stored token with the newest key; return how many were not.

    May run while others serve: a token that changes meanwhile is left as it is then.
    Raises `Unsealable` when a key is missing; what came before it is sealed anew.
    """
    return sum(_reseal(database, seal, each) for each in database.read(installations.all))


def _reseal(database: Database, seal: Seal, stored: Stored) -> bool:
    sealed = [each for each in (stored.token, stored.refresh_token) if each is not None]
    opened = [seal.open(each) for each in sealed]  # also the current ones: a wrong key is noticed
    if all(seal.is_current(each) for each in sealed):
        return False
    token, *again = (seal.seal(each) for each in opened)
    return database.transact(
        lambda tx: installations.reseal(
            tx.within(stored.workspace), stored.token, token=token,
            refresh_token=again[0] if again else None,
        )
    )  # fmt: skip
