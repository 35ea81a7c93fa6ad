"""A small picture of a pilot's values, drawn in letters: it is seen in every chat and terminal.

Each line begins with its bar, so that bars are compared in any font. The time before and the target
are lighter than the weeks between them. The picture in colours stands on the board.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from handlers.kit.messages import Items
from handlers.kit.words import Words, _
from handlers.pilots import measure
from storage.pilots import Pilot
from storage.pilots.log import Value

WEEKS = 6  # the newest; all twelve stand in the row of numbers
LONGEST = 12  # letters of the longest bar
SOURCE = 40  # letters of where a value is known from


def bars(pilot: Pilot, values: Sequence[Value]) -> Items | None:
    """Return the newest weeks between the time before and the target; None without values."""
    if not values or pilot.baseline is None or pilot.target is None:
        return None
    before, target = Decimal(pilot.baseline), Decimal(pilot.target)
    recent = values[-WEEKS:]
    known = [before, target, *(Decimal(each.value) for each in recent)]
    least, most = min(*known, Decimal(0)), max(*known, Decimal(0))

    def letters(value: Decimal) -> Decimal:
        return LONGEST * (value - least) / ((most - least) or 1)

    def light(value: Decimal) -> str:
        return "░" * int(letters(value).to_integral_value()) or "░"

    def bar(value: Decimal) -> str:
        whole, rest = divmod(int((2 * letters(value)).to_integral_value()), 2)
        return "█" * whole + "▌" * rest or "▌"

    drawn: list[Words] = []
    for each in recent:
        said = _(
            "{bar} {value} in week {week} (n={n})",
            bar=bar(Decimal(each.value)),
            value=measure.number(each.value),
            week=int(each.week[6:]),
            n=each.number,
        )
        known_from = each.source[:SOURCE]
        drawn.append(_("{said}, {source}", said=said, source=known_from) if known_from else said)
    first = _("{bar} {value} before", bar=light(before), value=measure.number(before))
    last = _("{bar} {value} target", bar=light(target), value=measure.number(target))
    return Items((first, *drawn, last))
