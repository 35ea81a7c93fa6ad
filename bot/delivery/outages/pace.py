"""How fast each place and each workspace takes messages: for the courier and for answers alike."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from bot.delivery.platform import Platform, Rate, Wait

log = logging.getLogger("lotse.courier")

# What of a workspace's room a message leaves for those that matter more, as a share.
LEAVES = {"alarm": 0.0, "answer": 0.05, "note": 0.1, "card": 0.25, "digest": 0.5}
MOST_BUCKETS = 10_000

Place = tuple[str, str]  # workspace and place; a bare `slack:` is all places of that platform


@dataclass(slots=True)
class _Bucket:
    """The room of a place or a workspace: tokens that fill up again with time."""

    tokens: float
    at: float

    def wait(self, rate: Rate, now: float, leaves: float = 0.0) -> float:
        """Return after how many seconds there is a token, beyond those that are left."""
        gained = (now - self.at) / rate.seconds
        self.tokens, self.at = min(rate.burst, self.tokens + gained), now
        return max(1 + leaves - self.tokens, 0.0) * rate.seconds


class Pace:
    """The room that is left, and the pauses that a platform asked for."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._paused: dict[Place, float] = {}
        self._no_edits: dict[Place, float] = {}
        self._buckets: dict[Place, _Bucket] = {}
        self._crowded: dict[Place, float] = {}  # places that just had no room, until when
        # Workspaces that have no room for a kind, nor for what matters less: until when.
        self._full: dict[tuple[str, str, str], float] = {}

    def wait(
        self, platform: Platform, workspace: str, place: str, kind: str, *, edits: bool = False
    ) -> float:
        """Return how many seconds this place still has to wait; 0 takes its turn."""
        left = self._pause_left(workspace, place, edits=edits)
        return left if left > 0 else self._room(platform, workspace, place, kind)

    def pause(self, workspace: str, place: str, refusal: Wait, *, edits: bool = False) -> None:
        """Leave alone what the platform wants to be left alone."""
        now = self._ticks()
        until = now + refusal.seconds
        whole = (workspace, platform_of(place))
        if refusal.everywhere and edits:
            self._no_edits[whole] = until
            return
        # Two places that wait at once: it is not the place that is too busy.
        storm = any(
            (each, platform_of(there)) == whole and there not in (whole[1], place) and later > now
            for (each, there), later in self._paused.items()
        )
        where = whole if refusal.everywhere or storm else (workspace, place)
        self._paused[where] = until
        if where == whole:
            log.warning("All of %s waits for %.0f s (%s)", whole[1], refusal.seconds, refusal)

    def paused(self) -> set[Place]:
        """Return what has to wait just now."""
        now = self._ticks()
        self._paused = {place: until for place, until in self._paused.items() if until > now}
        self._crowded = {place: until for place, until in self._crowded.items() if until > now}
        return {*self._paused, *self._crowded}

    def full(self) -> set[tuple[str, str, str]]:
        """Return where there is no room for a kind just now: it is not even taken up."""
        now = self._ticks()
        self._full = {each: until for each, until in self._full.items() if until > now}
        return set(self._full)

    def _pause_left(self, workspace: str, place: str, *, edits: bool) -> float:
        whole = (workspace, platform_of(place))
        until = [self._paused.get(each, 0.0) for each in ((workspace, place), whole)]
        if edits:
            until.append(self._no_edits.get(whole, 0.0))
        return max(until) - self._ticks()

    def _room(self, platform: Platform, workspace: str, place: str, kind: str) -> float:
        """Return how many seconds this place still has to wait; 0 takes one token.

        Where the whole workspace is short of room, alarms have the last of it.
        """
        if platform.rate is None:
            return 0.0
        now = self._ticks()
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.clear()
        buckets = [self._bucket(workspace, place, platform.rate, now)]
        wait = buckets[0].wait(platform.rate, now)
        if wait > 0:
            self._crowded[workspace, place] = now + wait
        whole = platform.rate.whole
        if whole is not None:
            buckets.append(self._bucket(workspace, platform.name, whole, now))
            for_all = buckets[1].wait(whole, now, LEAVES[kind] * whole.burst)
            if for_all > 0 and kind != "answer":
                self._full[workspace, f"{platform.name}:", kind] = now + for_all
            wait = max(wait, for_all)
        if wait <= 0:
            for each in buckets:
                each.tokens -= 1
        return wait

    def _bucket(self, workspace: str, place: str, rate: Rate, now: float) -> _Bucket:
        return self._buckets.setdefault((workspace, place), _Bucket(rate.burst, now))


def platform_of(place: str) -> str:
    """Return a place's platform with the colon (`slack:`), which stands for all its places."""
    return place.partition(":")[0] + ":"
