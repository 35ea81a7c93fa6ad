"""Backups sealed to a public key: who takes them cannot read them, who steals them neither.

A new X25519 key for each file, agreed with the public one, gives by HKDF the key of
ChaCha20-Poly1305. Each piece carries its number, the last one says that it is the last: what
is cut off, put in another order or changed is refused.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"lotse-backup-1\n"
PUBLIC, PRIVATE = "lotse-backup-public-", "lotse-backup-private-"
PIECE = 1024 * 1024
TAG = 16
RAW = 32


class NotOpened(Exception):
    """A sealed file cannot be opened; the text says why."""


def pair() -> tuple[str, str]:
    """Return a new public and private key, as text."""
    made = X25519PrivateKey.generate()
    return (
        PUBLIC + _text(made.public_key().public_bytes_raw()),
        PRIVATE + _text(made.private_bytes_raw()),
    )


def public(text: str) -> X25519PublicKey:
    """Read a public key; raises ValueError."""
    return X25519PublicKey.from_public_bytes(_raw(text, PUBLIC))


def private(text: str) -> X25519PrivateKey:
    """Read a private key; raises ValueError."""
    return X25519PrivateKey.from_private_bytes(_raw(text, PRIVATE))


def seal(source: BinaryIO, to: BinaryIO, key: X25519PublicKey) -> None:
    """Write `source` sealed to `to`."""
    ours = X25519PrivateKey.generate()
    head = ours.public_key().public_bytes_raw()
    cipher = _cipher(ours.exchange(key), head, key.public_bytes_raw())
    to.write(MAGIC + head)
    for number, (piece, last) in enumerate(_pieces(source, PIECE)):
        to.write(cipher.encrypt(_nonce(number, last), piece, None))


def open_sealed(source: BinaryIO, to: BinaryIO, key: X25519PrivateKey) -> None:
    """Write what is sealed in `source` to `to`; raises `NotOpened`."""
    if source.read(len(MAGIC)) != MAGIC:
        raise NotOpened("It is no sealed backup.")
    head = source.read(RAW)
    if len(head) != RAW:
        raise NotOpened("It is cut off.")
    theirs = X25519PublicKey.from_public_bytes(head)
    cipher = _cipher(key.exchange(theirs), head, key.public_key().public_bytes_raw())
    for number, (piece, last) in enumerate(_pieces(source, PIECE + TAG)):
        try:
            to.write(cipher.decrypt(_nonce(number, last), piece, None))
        except InvalidTag:
            raise NotOpened("It is not sealed to this key, or it was changed or cut off.") from None


def is_sealed(file: Path) -> bool:
    """Say whether a file begins as a sealed one does."""
    with file.open("rb") as source:
        return source.read(len(MAGIC)) == MAGIC


def _pieces(source: BinaryIO, size: int) -> Iterator[tuple[bytes, bool]]:
    piece = source.read(size)
    while True:
        after = source.read(size)
        yield piece, not after
        if not after:
            return
        piece = after


def _cipher(shared: bytes, head: bytes, to: bytes) -> ChaCha20Poly1305:
    kdf = HKDF(algorithm=hashes.SHA256(), length=RAW, salt=head + to, info=MAGIC)
    return ChaCha20Poly1305(kdf.derive(shared))


def _nonce(number: int, last: bool) -> bytes:
    return struct.pack(">3xQB", number, last)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str, prefix: str) -> bytes:
    if not text.startswith(prefix):
        raise ValueError(f"it begins with {prefix}")
    body = text.removeprefix(prefix)
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    if len(raw) != RAW:
        raise ValueError("it has another length")
    return raw
