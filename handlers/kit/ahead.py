"""What is read before a transaction begins, or with what others ask: by commands and machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from handlers.kit.messages import Reply
from storage.engine import Question, Tx

if TYPE_CHECKING:
    from handlers.kit.context import Context

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Read(Generic[A]):
    """What was read ahead, and by whose `look`."""

    by: LookAhead[A]
    value: A


@dataclass(frozen=True, slots=True, eq=False)
class LookAhead(Generic[A]):
    """What a command wants to know before it writes; `look` takes the command's own values.

    The command must do without: reading may have taken too long.
    """

    look: Callable[..., A]

    def read(self, ctx: Context, values: Mapping[str, Any]) -> Read[A]:
        """Look now, in a transaction that only reads."""
        return Read(self, self.look(ctx, **values))

    def found(self, ctx: Context) -> A | None:
        """Return what was read for this request, None where there was no time or no reason to."""
        if ctx.ahead is None or ctx.ahead.by is not self:
            return None
        value: A = ctx.ahead.value
        return value


Locating = Callable[[Tx, str, datetime], tuple[str, str] | None]
Foreseeing = Callable[[str, datetime], Question[Any]]


@dataclass(frozen=True, slots=True)
class Hook:
    """An address for machines: `/<path>/<secret>`.

    `locate(tx, secret, now)` finds the workspace and the thing that the secret belongs to.
    `foresees(subject, now)` is what `run` is going to ask: many that wait may ask at once.
    """

    path: str
    locate: Locating
    run: Callable[..., Reply]
    foresees: Foreseeing | None = None
