"""What the mandate looks like."""

from __future__ import annotations

from handlers import rights
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Facts, Items, Message, Part, Text, Title
from handlers.kit.readers import folded
from handlers.kit.words import Words, _
from storage import mandate


def card(ctx: Context) -> Message:
    """Return the goals, the focus and the guardrails, with what its reader may do."""
    parts: list[Part] = [Title(_("Mandate"))]
    goals, focus = mandate.goals(ctx.tx), list(mandate.focus(ctx.tx).values())
    if goals:
        parts += [Text(_("Goals:")), Items(tuple(each.name for each in goals))]
    else:
        parts.append(Text(_("There are no goals yet.")))
    if focus:
        parts.append(Text(_("We look here first: {areas}.", areas=focus)))
    if len(focus) == 1:
        parts.append(Text(_("Two or three areas make a focus."), small=True))
    rules = mandate.guardrails(ctx.tx)
    if rules is not None:
        rows: tuple[tuple[Words, Words], ...] = (
            (_("Data"), rules.data),
            (_("Security"), rules.security),
            (_("Responsibility"), rules.responsibility),
            (_("Communication"), rules.communication),
        )
        parts += [Text(_("Guardrails, {version}:", version=rules.version)), Facts(rows)]
    buttons: list[Button] = []
    if rules is not None and rules.version not in mandate.confirmed(ctx.tx, ctx.person.id):
        read = call("mandate confirm", version=rules.version)
        buttons.append(Button(_("I have read them"), read, "primary"))
    if rights.may("mandate", rights.general(ctx)):
        buttons.append(Button(_("Goals and focus"), call("mandate edit")))
        buttons.append(Button(_("Guardrails"), call("mandate guardrails")))
    if buttons:
        parts.append(Buttons(tuple(buttons)))
    return Message(tuple(parts))


def is_outside(ctx: Context, area: str) -> bool:
    """Say whether an area lies outside the focus; without a focus nothing does."""
    focus = mandate.focus(ctx.tx)
    return bool(focus) and bool(area) and folded(area) not in focus
