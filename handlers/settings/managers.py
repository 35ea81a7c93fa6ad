"""Who manages Lotse where nobody does: at the beginning, and when all who did are gone."""

from __future__ import annotations

from datetime import datetime

from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Message, Reply, line
from handlers.kit.people import name
from handlers.kit.words import Sentence, _
from handlers.on_call import duty
from storage import people
from storage.delivery import timers
from storage.delivery.timers import TimerKind
from storage.engine import Tx
from storage.engine.ids import PersonId

feature = Feature(_("Settings"))


class ManagersTimer(TimerKind):
    """When somebody was named from outside of the chat."""

    NAMED = "manager named"


OPERATORS = "python -m bot manager add"  # what names a manager from outside of the chat


def notice(tx: Tx, person: PersonId, *, id: str, now: datetime) -> None:
    """Let happen what follows when somebody was named from outside of the chat."""
    timers.set(
        tx, id=id, kind=ManagersTimer.NAMED, key=f"manager:{person}:named", due=now, person=person
    )


@feature.timer(ManagersTimer.NAMED)
def named(ctx: Context, person: PersonId) -> Reply:
    """Let other rooms know who manages Lotse now."""
    return Reply(posts=ctx.follow(Event.MANAGERS_CHANGED, person))


def nobody_yet(ctx: Context) -> Message:
    """Say who can begin where nobody manages, or nobody does any more."""
    if not _may_begin(ctx):
        return line(_may_not(ctx))
    begin = Button(_("Manage Lotse"), call("settings begin"), "primary")
    if duty.is_unmanaged(ctx):
        return line(_("No manager is active any more. You can take this on."), begin)
    return line(_("Nobody manages Lotse here yet. You can take this on."), begin)


def _may_not(ctx: Context) -> Sentence:
    """Say who can begin, to whoever cannot."""
    if not duty.is_unmanaged(ctx):
        return _(
            "Lotse has no managers here yet. Whoever administers this workspace can "
            "begin with this command."
        )
    heir = duty.heir(ctx)
    return _(
        "No manager is active any more. {who} can take this on here, and whoever operates "
        "Lotse with “{command}”.",
        who=name(ctx, heir) if heir is not None else _("Whoever administers this workspace"),
        command=OPERATORS,
    )


def _may_begin(ctx: Context) -> bool:
    """Say whether the asker may become a manager by themselves: only where nobody is one."""
    if people.managers(ctx.tx) or not ctx.person.active:
        return False
    return ctx.person.admin or (duty.is_unmanaged(ctx) and duty.heir(ctx) == ctx.person.id)


@feature.command(
    "settings begin", "einstellungen beginnen", help=_("Become the first manager."), hidden=True
)
def begin(ctx: Context) -> Reply:
    if people.managers(ctx.tx):
        raise Refusal(_("Managers are named by managers here. Please ask one."))
    if not _may_begin(ctx):
        raise Refusal(_may_not(ctx))
    people.set_manager(ctx.tx, ctx.person.id)
    return Reply(
        line(_("You are a manager now."), Button(_("Settings"), call("settings"), "primary")),
        posts=ctx.follow(Event.MANAGERS_CHANGED, ctx.person.id),
        subject=ctx.person.person_key,
    )


@feature.waits(5)
def unmanaged(ctx: Context) -> list[Task]:
    """Return the question to whoever can manage where everybody who did is gone."""
    if not duty.is_unmanaged(ctx) or not _may_begin(ctx):
        return []
    take_on = Button(_("Manage Lotse"), call("settings begin"), "primary")
    return [Task(_("No manager is active any more. You can take this on."), (take_on,))]
