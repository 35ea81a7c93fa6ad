"""Commands for the keys that encrypt tokens: make one, and encrypt everything anew."""

from __future__ import annotations

import secrets
import sys

from bot import encryption
from bot.config import Settings
from storage.engine import AlreadyRunning, Database, opening
from storage.slack import installations
from storage.slack.installations import Stored


def make() -> int:
    """Print a new key for LOTSE_KEYS, with an id of its own; return the exit status."""
    print(f"{secrets.token_hex(3)}={encryption.new_key()}")
    print(
        "Put it in front of what LOTSE_KEYS holds already, with a comma between, and keep it as "
        "safe as a password: without it every company has to install Lotse again.",
        file=sys.stderr,
    )
    return 0


def make_pair() -> int:
    """Print a new pair of keys for backups; return the exit status."""
    from bot.operations import sealing

    public, private = sealing.pair()
    print(f"LOTSE_BACKUP_KEY={public}\n{private}")
    print(
        "The first line is a setting. Keep the second one in a file somewhere else, as safe as a "
        "password: only with it a backup can be restored.",
        file=sys.stderr,
    )
    return 0


def renew(settings: Settings) -> int:
    """Seal every stored token with the newest key; return the exit status.

    Raises `StorageError` when the database cannot be used.
    """

    if not settings.keys:
        print("LOTSE_KEYS is not set, so nothing is sealed.", file=sys.stderr)
        return 1
    cipher = encryption.TokenCipher(encryption.keys_from(settings.keys))
    try:
        database = opening.open_database(settings.database_url)
    except AlreadyRunning:
        print(
            "A Lotse runs on this database. Restart it with these keys: every start seals "
            "what is not sealed with the newest one.",
            file=sys.stderr,
        )
        return 1
    try:
        count = rotate(database, cipher)
    except encryption.UnknownKey as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        database.close()
    print(f"{count} sealed anew; the newest key now seals all of them.")
    return 0


def rotate(database: Database, cipher: encryption.TokenCipher) -> int:
    """Seal every stored token with the newest key; return how many were not.

    May run while others serve: a token that changes meanwhile is left as it is then.
    Raises `UnknownKey` when a key is missing; what came before it is sealed anew.
    """
    return sum(_rotate(database, cipher, each) for each in database.read(installations.all))


def _rotate(database: Database, cipher: encryption.TokenCipher, stored: Stored) -> bool:
    sealed = [each for each in (stored.token, stored.refresh_token) if each is not None]
    opened = [
        cipher.decrypt(each) for each in sealed
    ]  # also the current ones: a wrong key is noticed
    if all(cipher.is_current(each) for each in sealed):
        return False
    token, *again = (cipher.encrypt(each) for each in opened)
    return database.transact(
        lambda tx: installations.rotate(
            tx.within(stored.workspace),
            stored.token,
            token=token,
            refresh_token=again[0] if again else None,
        )
    )
