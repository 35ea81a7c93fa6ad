"""Which incident the key of a timer or a message is about, as SQL for both stores."""

from __future__ import annotations

LONGEST = 9  # digits: no number is longer, and neither store takes more


def number_in(key: str) -> str:
    """Return the expression for 12 of `incident:12:climb`; null for keys about anything else.

    An incident is found by its number, in its index. Who puts the key together instead
    (`'incident:' || number || ':climb'`) compares each timer with each incident.
    """
    rest = f"ltrim(substr({key}, 10), '0123456789')"
    long = f"length({key}) - 9 - length({rest})"
    return (
        f"(case when substr({key}, 1, 9) = 'incident:' and substr({rest}, 1, 1) = ':' "
        f"and {long} between 1 and {LONGEST} and substr({key}, 10, 1) <> '0' "
        f"then cast(substr({key}, 10, {long}) as integer) end)"
    )
