"""What is due of a pilot on a day, and by whom: told with a bundle, and listed until it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from handlers.attention import matters
from handlers.kit import calendar
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Post
from handlers.kit.words import Sentence, _
from handlers.pilots import clock, editing, relief, roles
from handlers.pilots.roles import Role
from handlers.pilots.weeks import it_checks
from storage.engine.ids import PersonId
from storage.pilots import Pilot, log
from storage.pilots.states import PilotState


@dataclass(frozen=True, slots=True)
class Due:
    """Something that one role has to do, or `person` where that is nobody's role here.

    It is told under `key` once, and listed for as long as it is due.
    """

    key: str
    words: Sentence
    buttons: tuple[Button, ...]
    role: Role = Role.CHAMPION
    person: PersonId | None = None

    def whose(self, pilot: Pilot) -> PersonId | None:
        """Return who has to do it: their role, else whoever else has one."""
        if self.person is not None:
            return self.person
        return (
            getattr(pilot, self.role) if self.role in roles.filled(pilot) else roles.decides(pilot)
        )


def due(ctx: Context, pilot: Pilot) -> list[Due]:
    """Return what is due of a pilot today, but for its decision."""
    if pilot.state is PilotState.RUNNING and pilot.started_on is not None:
        return [*_fourth_week(ctx, pilot), *_measuring(ctx, pilot)]
    if pilot.operating_on is not None and pilot.alive is None and pilot.state.goes_on:
        return list(_half_a_year(ctx, pilot))
    return []


def _fourth_week(ctx: Context, pilot: Pilot) -> Iterator[Due]:
    day = clock.current_day(ctx)
    if day < clock.end_of(pilot, 4):
        return
    if pilot.sourcing is None:
        said = _(
            "“{pilot}”: who connects it, our own people or somebody from outside?", pilot=pilot.name
        )
        yield Due("sourcing", said, (Button(_("Decide"), call("pilot sourcing", pilot=pilot.id)),))
    still = it_checks.open_checks(pilot)
    if still:
        said = _("“{pilot}”: IT still has to look at it: {checks}.", pilot=pilot.name, checks=still)
        button = Button(_("IT's view"), call("pilot it", pilot=pilot.id))
        yield Due("it", said, (button,), Role.INTEGRATOR, it_checks.it_person(ctx))


def _measuring(ctx: Context, pilot: Pilot) -> Iterator[Due]:
    """Return what the last weeks need: last week's value from week nine on, and one improvement."""
    number = clock.week(pilot, clock.current_day(ctx))
    last = calendar.after(relief.week_of(ctx), -1)
    if number >= 9 and last not in {each.week for each in log.values(ctx.tx, pilot.id)}:
        said = _(
            "“{pilot}”: what was measured last week? {metric} ({unit})",
            pilot=pilot.name,
            metric=pilot.metric,
            unit=pilot.unit,
        )
        monday = calendar.monday(last).isoformat()
        button = Button(_("Enter a value"), call("pilot value", pilot=pilot.id, day=monday))
        yield Due(value_key(last), said, (button,), Role.MODELER)
    if number >= 11 and not log.iterations(ctx.tx, pilot.id):
        said = _(
            "“{pilot}” has not been improved yet. One small thing is enough.", pilot=pilot.name
        )
        button = Button(_("Improved"), call("pilot improved", pilot=pilot.id))
        yield Due("improve", said, (button,), Role.MODELER)


def value_key(week: str) -> str:
    """Return under which key somebody is asked for a week's value: each week is asked about."""
    return f"value {week}"


def value_keys(ctx: Context) -> list[str]:
    """Return under which keys somebody may have been asked for a value, last week's first.

    The last one is what it was called before each week had its own.
    """
    last = calendar.after(relief.week_of(ctx), -1)
    weeks = [calendar.after(last, -back) for back in range(clock.EXTRA + 1)]
    return [*map(value_key, weeks), "value"]


def survey_key(pilot: Pilot, week: str) -> str:
    """Return under which key people are asked whether a week relieved them."""
    return f"relief:{pilot.id}:{week}"


def drop(ctx: Context, pilot: Pilot) -> tuple[Post, ...]:
    """Drop what was asked about a pilot that is not tried any more."""
    posts = matters.settle(ctx, survey_key(pilot, relief.week_of(ctx)))
    for key in ("sourcing", "it", "improve", "quiet", "connect", *value_keys(ctx)):
        posts += editing.settle(ctx, pilot, key)
    return posts


def _half_a_year(ctx: Context, pilot: Pilot) -> Iterator[Due]:
    assert pilot.operating_on is not None, "it is in operation"
    if (clock.current_day(ctx) - pilot.operating_on).days < clock.ALIVE:
        return
    said = _("“{pilot}” went into operation half a year ago. Is it still used?", pilot=pilot.name)
    yes = Button(_("Yes"), call("pilot alive", pilot=pilot.id, answer="yes"))
    no = Button(_("No"), call("pilot alive", pilot=pilot.id, answer="no"))
    yield Due("alive", said, (yes, no))
