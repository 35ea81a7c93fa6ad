"""What a command asks of its values beside reading them, so that all faults are said at once.

A check is a function of the command's own values: `check(ctx, day, until=None)`. It is asked as
soon as each value that it takes could be read, before the command runs, however it was called:
from a form, a button, or a line. What it refuses at a field is said together with every other
fault; what it refuses without one is about the whole, and said alone. It changes nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from handlers.kit.context import Context
from handlers.kit.errors import Refusal


@dataclass(frozen=True, slots=True)
class Check:
    """A check with the names of the values that it takes, and of those that it cannot do without.

    A value with a default may be left out of a form. One that takes `anything` is given whatever
    else could be read.
    """

    run: Callable[..., object]
    takes: frozenset[str]
    needs: frozenset[str]
    anything: bool


def declared(
    functions: Sequence[Callable[..., object]], names: Collection[str]
) -> tuple[Check, ...]:
    """Return checks of a command whose values are called `names`."""
    return tuple(_check(each, names) for each in functions)


def _check(run: Callable[..., object], names: Collection[str]) -> Check:
    taken = dict(list(inspect.signature(run).parameters.items())[1:])
    rest = [name for name, each in taken.items() if each.kind is inspect.Parameter.VAR_KEYWORD]
    for each in rest:
        del taken[each]
    strange = taken.keys() - set(names)
    if strange:
        raise TypeError(f"{run.__name__} checks what its command does not take: {strange}")
    needs = {name for name, each in taken.items() if each.default is inspect.Parameter.empty}
    return Check(run, frozenset(taken), frozenset(needs), bool(rest))


def faults(
    ctx: Context,
    asked: Sequence[Check],
    values: Mapping[str, object],
    unread: Collection[str] = (),
) -> list[Refusal]:
    """Return what the checks refuse of the values; those of `unread` are not guessed at."""
    found: list[Refusal] = []
    for each in asked:
        if each.takes & set(unread) or not each.needs <= values.keys():
            continue
        try:
            taken = (
                values if each.anything else {n: v for n, v in values.items() if n in each.takes}
            )
            each.run(ctx, **taken)
        except Refusal as refusal:
            if refusal.field is None:
                raise
            found.append(refusal)
    return found
