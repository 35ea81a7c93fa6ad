"""Which of the steps along the twelve weeks are done, read off what is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from handlers.kit.context import Context
from handlers.kit.words import Sentence, _
from handlers.pilots import clock, measure, roles
from handlers.pilots.clock import MILESTONES, Milestone
from handlers.pilots.weeks.it_checks import open_checks
from storage.pilots import Pilot, log


@dataclass(frozen=True, slots=True)
class Step:
    """A step with the last day it is due on, and whether it is done."""

    milestone: Milestone
    due: date
    done: bool

    @property
    def said(self) -> Sentence:
        """The step in a line."""
        if self.done:
            return _("done: {what}", what=self.milestone.words)
        return _("by {day}: {what}", day=self.due, what=self.milestone.words)


def steps(ctx: Context, pilot: Pilot) -> list[Step]:
    """Return the steps of a pilot that has started, in their order.

    A solution counts as in use once a value of week five or later is known.
    """
    values = log.values(ctx.tx, pilot.id)
    fifth = measure.week_of(clock.end_of(pilot, 4))
    done = {
        1: "champion" in roles.filled(pilot),
        3: bool(pilot.workflow) and _is_chosen(ctx, pilot),
        4: pilot.sourcing is not None and not open_checks(pilot),
        8: any(each.week > fifth for each in values),
        12: bool(values) and bool(log.iterations(ctx.tx, pilot.id)),
    }
    return [Step(each, clock.end_of(pilot, each.week), done[each.week]) for each in MILESTONES]


def _is_chosen(ctx: Context, pilot: Pilot) -> bool:
    """Say whether one workflow is chosen; who described no others has chosen already."""
    known = log.candidates(ctx.tx, pilot.id)
    return not known or any(each.chosen for each in known)
