"""How an automation is named by people: its reader, and what is said when there is none."""

from __future__ import annotations

from typing import Annotated

from handlers.kit import tables
from handlers.kit.commands import Ask, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button
from handlers.kit.readers import NameReader, folded
from handlers.kit.words import _, some
from storage import automations
from storage.automations import Automation
from storage.engine.ids import AutomationId


def unknown(name: str, known: list[str]) -> Refusal:
    """Refuse a name that nothing has; what there is, and the way to enter it, come along."""
    enter = Button(_("Enter an automation"), call("auto new"))
    if known:
        return Refusal(
            _(
                "There is no automation called “{name}”. There are: {known}.",
                name=name[:80],
                known=some(known, 5),
            ),
            buttons=(enter, tables.whole("automations")) if len(known) > 5 else (enter,),
        )
    return Refusal(_("There is no automation yet."), buttons=(enter,))


class AutomationReader(NameReader):
    """An automation by its name, or by a button's id, which finds retired ones, too."""

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        found = super().take(text, ctx, last=last)
        if found is not None:
            return found
        for each in automations.drafts(ctx.tx):
            if folded(each.name) == folded(text):
                return each, ""
        return None

    def value(self, raw: str, ctx: Context) -> object:
        found = automations.find(ctx.tx, AutomationId(raw))
        if found is not None:
            return found
        register = self.all(ctx.tx)
        for each in (*register, *automations.drafts(ctx.tx)):
            if folded(each.name) == folded(raw):
                return each
        raise self.unknown(raw, [each.name for each in self.all(ctx.tx)])


AUTO = AutomationReader(automations.all, unknown)
AutoRef = Annotated[Automation, AUTO, Ask(_("Automation"), short=_("name"))]
