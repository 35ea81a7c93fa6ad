"""Addresses to report runs to: shown once, in private, with the recipe for the tool."""

from __future__ import annotations

from datetime import timedelta

from handlers import rights
from handlers.automations import people, profile
from handlers.automations.intake import heartbeat, recipes
from handlers.automations.lookup import AutoRef
from handlers.guardrails import cards as guardrails
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.messages import (
    Button,
    Buttons,
    Message,
    Part,
    Reply,
    Text,
    Title,
    line,
)
from handlers.kit.words import _
from storage import automations
from storage.automations import Automation, history, intake
from storage.automations.states import AutomationEvent

feature = Feature(_("Automations"))

OVERLAP = timedelta(days=7)  # how long an old address goes on working


@feature.command(
    "auto address",
    "auto adresse",
    help=_("A new address to report runs to."),
    hidden=True,
)
def address(ctx: Context, automation: AutoRef) -> Reply:
    people.need_own_or_manager(ctx, automation)
    profile.note(ctx, automation, AutomationEvent.NEW_ADDRESS)
    return with_address(ctx, automation)


def with_address(ctx: Context, automation: Automation, *, first: bool = False) -> Reply:
    """Give an automation a new address and show it, this once."""
    secret = ctx.new_secret()
    intake.give_address(ctx.tx, automation.id, secret, ctx.now + OVERLAP)
    where = f"{ctx.address}/ping/{secret}"
    tool = history.profile(ctx.tx, automation.id).get("tool", "")
    told = _("At the end of each run, let it call this address. It is secret and shown only now.")
    parts: list[Part] = [
        Title(_("“{name}” can report its runs.", name=automation.name)),
        Text(told),
        Text(where, code=True),
    ]
    if not first:
        parts.append(Text(_("An earlier address works for {n} more days.", n=OVERLAP.days)))
    in_words = recipes.words(tool)
    if in_words is not None:
        parts.append(Text(in_words))
    else:
        parts.append(Text(_("For example:"), small=True))
        parts.append(Text("\n".join(recipes.lines(tool, where)), code=True))
    parts.append(
        Text(
            _(
                "/start, /fail and an exit status behind the address are understood. Whatever "
                "becomes of the call, your job goes on."
            ),
            small=True,
        )
    )
    parts.append(Buttons((Button(automation.name, call("auto", automation=automation.id)),)))
    if first:
        parts += guardrails.guardrail_parts(ctx)
    return Reply(Message(tuple(parts)), subject=automation.name, secret=True)


@feature.command(
    "auto key",
    "auto schlüssel",
    help=_("A key with which any automation reports by its name."),
    hidden=True,
    needs="settings",
)
def key(ctx: Context) -> Reply:
    secret = ctx.new_secret()
    intake.give_key(ctx.tx, secret, ctx.now + OVERLAP)
    parts: tuple[Part, ...] = (
        Title(_("Key for calls")),
        Text(
            _(
                "With this key each automation reports by its name. It is secret and shown only "
                "now; an earlier key works for {n} more days.",
                n=OVERLAP.days,
            )
        ),
        Text(f"{ctx.address}/ping/{secret}/NAME", code=True),
        Text(
            _(
                "A name that fits nothing is listed under “{list}”. With "
                "?create=1 it becomes a draft without an accountable person.",
                list=_("Unknown calls"),
            ),
            small=True,
        ),
    )
    return Reply(Message(parts), subject="key", secret=True)


@feature.command("auto post", "auto post", help=_("Count only POST, or every call."), hidden=True)
def post_only(ctx: Context, automation: AutoRef) -> Reply:
    people.need_own_or_manager(ctx, automation)
    only = not automation.post_only
    automations.change(ctx.tx, automation.id, post_only=only)
    profile.note(ctx, automation, AutomationEvent.CHANGED, field="post_only", after=str(only))
    said = (
        _("Only POST counts for “{name}” now.", name=automation.name)
        if only
        else _("Every call counts for “{name}” now.", name=automation.name)
    )
    return Reply(line(said), subject=automation.name)


@feature.command(
    "auto used", "auto benutzt", help=_("I have used it."), hidden=True, needs="feedback"
)
def used(ctx: Context, automation: AutoRef) -> Reply:
    """Count one use by hand; who pressed is stored nowhere."""
    rights.need(ctx, "feedback")
    done = heartbeat.ping(ctx, automation.id, id=ctx.new_id())
    said = {
        "burst": _("Thank you. That many at once count as one."),
        "retired": _("“{name}” is retired.", name=automation.name),
    }.get(done.outcome, _("Thank you, that is counted, without your name."))
    return Reply(line(said), posts=done.posts, subject=automation.name, nameless=True)
