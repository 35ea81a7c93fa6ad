"""Who is alarmed may stop their own alarms of one incident for a while, but not as the last."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from handlers.incidents import cards, escalation
from handlers.incidents.alarms import steps, targets
from handlers.incidents.lookup import Ref, find_open, note
from handlers.kit import working_hours
from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Reply, line
from handlers.kit.readers import ChoiceReader
from handlers.kit.words import _, _n
from storage.incidents import alarms
from storage.incidents.states import TimelineKind

feature = Feature(_("Escalation"))


class Until(StrEnum):
    """For how long."""

    ONE = "1"
    FOUR = "4"
    EIGHT = "8"
    WORK = "work"


UNTIL = ChoiceReader(
    Until,
    {
        "1": _n("{n} hour", "{n} hours", 1),
        "4": _n("{n} hour", "{n} hours", 4),
        "8": _n("{n} hour", "{n} hours", 8),
        "work": _("until work begins again"),
    },
    {"work": ("arbeit",)},
)


@feature.command(
    "alarms pause",
    "alarme pausieren",
    help=_("Pause my own alerts of an incident for a while."),
    submit=_("Pause"),
    hidden=True,
)
def pause(
    ctx: Context,
    number: Ref,
    until: Annotated[Until, UNTIL, Ask(_("For how long"))],
) -> Reply:
    incident = find_open(ctx, number)
    me = ctx.person.id
    if me not in {each.person for each in alarms.of(ctx.tx, number) if each.live}:
        raise Refusal(_("No alert of {incident} goes to you.", incident=cards.label(number)))
    away = {person for person, _platform in targets.unreached(ctx, incident)}
    silent = away | set(alarms.paused(ctx.tx, number, ctx.now))
    everybody = targets.of_levels(ctx, incident, [steps.TOP + 1])
    if not [each for each in everybody if each != me and each not in silent]:
        raise Refusal(
            _(
                "You are the last who is alerted for {incident}, so the alerts go on.",
                incident=cards.label(number),
            ),
            buttons=(cards.take(number),),
        )
    end = _end(ctx, until)
    alarms.pause(ctx.tx, number, me, end, id=ctx.new_id())
    incident = note(ctx, number, TimelineKind.PAUSED, end.isoformat())
    said = _(
        "Until {end} no alert of {incident} goes to you. The others are alerted as before.",
        end=end,
        incident=cards.label(number),
    )
    return Reply(
        line(said), posts=escalation.card_posts(ctx, incident), subject=cards.label(number)
    )


def _end(ctx: Context, until: Until) -> datetime:
    if until is not Until.WORK:
        return ctx.now + timedelta(hours=int(until))
    ours = working_hours.company(ctx)
    later = ours.next_end(ctx.now) or ctx.now  # in working time: tomorrow's beginning
    return ours.next_start(later)
