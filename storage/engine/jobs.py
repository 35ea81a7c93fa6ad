"""Transactions that wait for their turn, and how each learns what became of it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from storage.engine import Foreseeing, Question, Tx

TOGETHER = 64  # how many waiting transactions share one commit at most


@dataclass(slots=True, eq=False)
class Job:
    """A function that waits for a transaction; `reads` says that it must not write.

    `alone` is done between two transactions, and gets none.
    `due`, of the monotonic clock: from then on it is refused rather than kept waiting.
    `patient`: nobody waits for an answer.
    """

    work: Callable[[Tx], Any]
    due: float
    reads: bool = False
    patient: bool = False
    alone: bool = False
    workspace: str | None = None
    done: Future[Any] = field(default_factory=Future)
    result: Any = None
    error: BaseException | None = None

    def __post_init__(self) -> None:
        # From here on it is done in any case: who gives up waiting cannot call it off.
        self.done.set_running_or_notify_cancel()

    @property
    def overdue(self) -> bool:
        """Say whether it has waited for long enough."""
        return time.monotonic() >= self.due

    @property
    def question(self) -> Question[Any] | None:
        """Return the question that it is, or is going to ask."""
        if isinstance(self.work, Question):
            return self.work
        return self.work.question if isinstance(self.work, Foreseeing) else None

    def settle(self, error: BaseException | None = None) -> None:
        """Hand over the result, or what went wrong."""
        error = error or self.error
        if error is not None:
            self.done.set_exception(error)
        else:
            self.done.set_result(self.result)


def alike(batch: list[Job]) -> Iterator[list[Job]]:
    """Yield those that stand behind one another and foresee the same kind of question.

    What comes between them may change what they are going to ask about.
    """
    for _kind, jobs in itertools.groupby(batch, _kind_of):
        yield list(jobs)


def _kind_of(job: Job) -> tuple[str | None, object]:
    question = job.question
    return (job.workspace, question.read) if question is not None else (None, None)
