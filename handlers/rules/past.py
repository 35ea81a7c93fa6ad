"""What is done with a rule is written down here, by whoever does it."""

from __future__ import annotations

from handlers.kit.context import Context
from storage.rules import Rule
from storage.rules import history as stored
from storage.rules.history import Done, Entry


def note(ctx: Context, rule: Rule, what: Done, *, by_itself: bool = False) -> None:
    """Write down what the asker did; `by_itself` is what follows from corrections of several."""
    entry = Entry(
        id=ctx.new_id(),
        rule=rule.id,
        kind=rule.kind,
        words=rule.words,
        shown=rule.shown,
        target=rule.target,
        what=what,
        person=None if by_itself else ctx.person.id,
        at=ctx.now,
    )
    stored.add(ctx.tx, entry)
