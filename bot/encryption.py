"""Tokens at rest: encrypted with a key whose id stands beside, so that keys can be changed.

The encryption is Fernet of the package cryptography (AES-128-CBC with HMAC-SHA256).
"""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken


class UnknownKey(Exception):
    """No key that we have opens this; the text names the key's id, never the secret."""


class TokenCipher:
    """Encrypts with the first key, decrypts with any."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys` by their id, the first encrypts; raises ValueError for what is no key."""
        if not keys:
            raise ValueError("at least one key is needed")
        self._keys = {id: Fernet(key) for id, key in keys.items()}
        self._first = next(iter(self._keys))

    def encrypt(self, secret: str) -> str:
        """Return the secret encrypted, as `id:token`."""
        return f"{self._first}:{self._keys[self._first].encrypt(secret.encode()).decode()}"

    def decrypt(self, encrypted: str) -> str:
        """Return the secret; raises `UnknownKey`."""
        id, _colon, token = encrypted.partition(":")
        if id not in self._keys:
            raise UnknownKey(f"The key “{id}” is missing in LOTSE_KEYS.")
        try:
            return self._keys[id].decrypt(token.encode()).decode()
        except InvalidToken:
            raise UnknownKey(f"The key “{id}” is not the one it was sealed with.") from None

    def is_current(self, encrypted: str) -> bool:
        """Say whether it is encrypted with the first key."""
        return encrypted.startswith(f"{self._first}:")


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
