"""How much is measured: enough for figures, or so little that it only shows that all of it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Rounds, seconds and counts of every benchmark; figures are medians over the rounds."""

    rounds: int  # of the road, each of so many commands
    commands: int
    workspaces: int
    loads: int  # rounds of load over HTTP, each of so many seconds
    seconds: float
    warm: bool  # a load before them, that counts for nothing
    at_once: tuple[int, ...]  # commands in flight
    burst: int  # declarations in the same moment
    starts: int
    reports: tuple[str, ...]  # labelled sets in benchmarks/data
    known: int  # incidents that are searched
    small: int  # workspaces beside the large one, with ten incidents each
    questions: int
    earlier: tuple[int, ...]  # incidents that were declared before sentences are measured
    told: int  # incidents that a digest is written over
    runs: int  # of automations, beside them
    automations: int  # whose states are computed in one tick
    addresses: int  # that heartbeats are sent to, in turn
    services: int  # that a form lets choose from
    people: int
    notes: int | None  # labelled sentences of each set about friction, None for all of them

    @property
    def busy(self) -> int:
        """Return how many commands are in flight where only few and many are compared."""
        return min(64, self.at_once[-1])


SETS = ("deen_public.csv", "gitbugs_public.csv.gz")
FULL = Size(
    rounds=5,
    commands=400,
    workspaces=1000,
    loads=3,
    seconds=1.0,
    warm=True,
    at_once=(1, 8, 64, 256),
    burst=20,
    starts=7,
    reports=SETS,
    known=10_000,
    small=1000,
    questions=200,
    earlier=(1_000, 20_000),
    told=1_000_000,
    runs=5_000_000,
    automations=10_000,
    addresses=60_000,
    services=300,
    people=1_000,
    notes=None,
)
SMOKE = Size(
    rounds=1,
    commands=32,
    workspaces=8,
    loads=1,
    seconds=0.2,
    warm=False,
    at_once=(1, 8),
    burst=3,
    starts=1,
    reports=SETS[:1],
    known=200,
    small=4,
    questions=8,
    earlier=(50,),
    told=2000,
    runs=2000,
    automations=80,
    addresses=2000,
    services=300,
    people=50,
    notes=60,
)
