"""The four guardrails as they are shown to whoever registers something, with one tap to confirm."""

from __future__ import annotations

from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Facts, Part, Title
from handlers.kit.words import Words, _
from storage import mandate
from storage.mandate import Guardrails


def rows(rules: Guardrails) -> tuple[tuple[Words, Words], ...]:
    """Return the four texts, each under its name."""
    return (
        (_("Data"), rules.data),
        (_("Security"), rules.security),
        (_("Responsibility"), rules.responsibility),
        (_("Communication"), rules.communication),
    )


def confirms(rules: Guardrails) -> Button:
    """Return the button that confirms this version."""
    return Button(_("I have read the guardrails"), call("mandate confirm", version=rules.version))


def is_confirmed(ctx: Context, rules: Guardrails) -> bool:
    """Say whether the asker has confirmed this version."""
    return rules.version in mandate.confirmed(ctx.tx, ctx.person.id)


def guardrail_parts(ctx: Context) -> list[Part]:
    """Return what always holds; the button only for whoever has not confirmed this version."""
    rules = mandate.guardrails(ctx.tx)
    if rules is None:
        return []
    parts: list[Part] = [Title(_("Guardrails")), Facts(rows(rules))]
    if not is_confirmed(ctx, rules):
        parts.append(Buttons((confirms(rules),)))
    return parts
