"""Who makes place is known without a look at everybody: steps are counted, no time."""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import pytest

from bot.http import connections
from bot.http.connections import Connections

FILE = inspect.getsourcefile(connections)
EACH = 100


@dataclass
class Steps:
    """Lines carried out and keys looked up."""

    made: int = 0


@dataclass(eq=False)
class One:
    """A connection that counts how often it is looked up."""

    number: int
    steps: Steps = field(repr=False)

    def __hash__(self) -> int:
        self.steps.made += 1
        return self.number


class Address(str):
    """An address that counts how often it is looked up."""

    steps: Steps

    def __hash__(self) -> int:
        self.steps.made += 1
        return super().__hash__()


@contextmanager
def counted(steps: Steps) -> Iterator[None]:
    """Count each line of the module as a step, generators included."""

    def look(frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename != FILE:
            return None
        steps.made += event == "line"
        return look

    before = sys.gettrace()
    steps.made = 0
    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(before)


def crowd(number: int, steps: Steps) -> tuple[Connections[One], list[One]]:
    """Give so many connections: of one address, of many, at rest, at work, half a body sent."""
    those: Connections[One] = Connections(EACH)
    everybody = [One(n, steps) for n in range(number)]
    for n, one in enumerate(everybody):
        address = Address("10.0.0.1" if n % 2 else f"10.0.{n % 7}.2")
        address.steps = steps
        those.came(one, address, now=0.0, until=5.0)
        if n % 5 == 0:
            those.asks(one)
            those.rests(one, until=150.0)
        elif n % 5 == 1:
            those.asks(one)
            those.begins(one)
    return those, everybody


def take_turns(those: Connections[One], newest: One) -> None:
    """Let somebody new take the place of whoever is needed least, and be served."""
    least = those.least_needed()
    assert least is not None
    those.gone(least)
    those.came(newest, "10.9.9.9", now=1.0, until=6.0)
    those.asks(newest)
    those.begins(newest)
    those.is_whole(newest)
    those.rests(newest, until=151.0)


def look_around(those: Connections[One], newest: One) -> None:
    assert those.late(now=4.0) == [] and newest not in those


def end_in_the_middle(those: Connections[One], newest: One) -> None:
    those.came(newest, "10.0.0.1", now=1.0, until=6.0)
    those.gone(newest)


@pytest.mark.parametrize("does", [take_turns, look_around, end_in_the_middle])
def test_two_thousand_slow_ones_cost_no_more_steps_than_two_hundred(
    does: Callable[[Connections[One], One], None],
) -> None:
    found = []
    for number in (210, 2100, 21_000):
        steps = Steps()
        those, _everybody = crowd(number, steps)
        newest = One(number, steps)
        with counted(steps):
            does(those, newest)
        found.append(steps.made)
    assert found[0] == found[1] == found[2] > 0


def test_it_counts_a_walk_over_everybody() -> None:
    """Else the test above could not fail."""
    found = []
    for number in (210, 2100):
        steps = Steps()
        those, _everybody = crowd(number, steps)
        with counted(steps):
            those.late(now=5.0)
        found.append(steps.made)
    assert found[1] > 5 * found[0]


def test_everybody_is_let_go_once_and_in_order() -> None:
    steps = Steps()
    those, everybody = crowd(1000, steps)
    order = []
    while (least := those.least_needed()) is not None:
        those.gone(least)
        order.append(least.number)
    resting = [each.number for each in everybody if each.number % 5 == 0]
    assert order[: len(resting)] == resting, "whoever rests comes again"
    assert len(order) == len(set(order))
    # Then whoever holds most of one address that is not whole, until nobody has too many.
    greedy = [each.number for each in everybody if each.number % 2 and each.number % 5]
    most = len(greedy) - EACH
    assert order[len(resting) : len(resting) + most] == greedy[:most]
    # What is at work with half a body stays: nobody has too many of it any more.
    assert len(those) == len(everybody) - len(order)


def test_it_comes_to_the_same_as_a_look_at_everybody() -> None:
    """Any steps in any order: a plain list, searched each time, says the same."""
    chance, steps = random.Random(7), Steps()
    those: Connections[One] = Connections(3)
    plain: dict[One, dict[str, Any]] = {}
    for n in range(3000):
        now, act = (
            float(n),
            chance.choice(("came", "came", "asks", "begins", "whole", "rests", "gone")),
        )
        if act == "came":
            one = One(n, steps)
            address = f"10.0.0.{chance.randrange(4)}"
            those.came(one, address, now, now + 50)
            plain[one] = {"since": now, "address": address, "half": now, "new": now + 50}
            continue
        if not plain:
            continue
        one = chance.choice(list(plain))
        if act == "asks":
            those.asks(one)
            plain[one] |= {"half": None, "new": None, "rests": None}
        elif act == "begins":
            those.begins(one)
            if plain[one].get("half") is None:
                plain[one]["half"] = now
        elif act == "whole":
            those.is_whole(one)
            plain[one]["half"] = None
        elif act == "rests":
            those.asks(one)
            those.rests(one, now + 90)
            plain[one] |= {"half": None, "new": None, "rests": now + 90}
        else:
            those.gone(one)
            del plain[one]
        assert len(those) == len(plain)
        late = [each for each, has in plain.items() if (has.get("new") or now + 1) <= now]
        rested = sorted(
            (each for each, has in plain.items() if (has.get("rests") or now + 1) <= now),
            key=lambda each: plain[each]["rests"],
        )
        assert those.late(now) == late + rested
        assert set(those.too_many(now, 10.0)) == greedy_of(plain, now, 10.0)
        resting = [each for each, has in plain.items() if has.get("rests")]
        if resting:
            assert those.least_needed() is min(resting, key=lambda each: plain[each]["rests"])


def greedy_of(plain: dict[One, dict[str, Any]], now: float, moment: float) -> set[One]:
    found: set[One] = set()
    for address in {has["address"] for has in plain.values()}:
        same = [each for each, has in plain.items()
                if has["address"] == address and has["half"] is not None]  # fmt: skip
        same.sort(key=lambda each: plain[each]["half"])
        found |= {each for each in same[: max(len(same) - 3, 0)]
                  if now - plain[each]["since"] >= moment}  # fmt: skip
    return found
