"""Questions of which a store may ask several at once: many wait, and the way there is one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from storage.engine import Tx

T = TypeVar("T")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Question(Generic[V]):
    """One of many of its kind: `read` answers several of them by their keys, in one statement.

    It is work for a reading transaction by itself. `since` is for `read` and not compared: the
    earliest of those that are asked together holds, so an answer may hold more than was asked.
    """

    read: Callable[[Tx, Sequence[Question[V]]], Mapping[Hashable, V]]
    key: Hashable
    since: str = field(default="", compare=False)

    def __call__(self, tx: Tx) -> V | None:
        """Ask this one alone."""
        return self.read(tx, [self]).get(self.key)


@dataclass(frozen=True, slots=True)
class Foreseeing(Generic[T]):
    """Work that is going to ask a question; a store may ask it before, with those of others.

    What the answer tells of must be changed by nothing but work that foresees the same
    question, or none at all: work of either kind that came earlier is done first.
    """

    work: Callable[[Tx], T]
    question: Question[Any]

    def __call__(self, tx: Tx) -> T:
        """Carry it out."""
        return self.work(tx)
