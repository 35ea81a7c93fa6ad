"""The guardrails: four texts with versions; each version is confirmed once, by one tap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from handlers.attention import matters
from handlers.guardrails import cards as guardrails
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post, Reply, line
from handlers.kit.readers import TextReader
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.words import _
from handlers.mandate import cards
from handlers.on_call import duty
from storage import mandate, people
from storage.engine.ids import PersonId
from storage.mandate import Guardrails

feature = Feature(_("Mandate"))

RULE = RequiredTextReader(most=500)


def _rules(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    rules = mandate.guardrails(ctx.tx)
    if rules is None:
        return {}
    return {
        "data": rules.data,
        "security": rules.security,
        "responsibility": rules.responsibility,
        "communication": rules.communication,
    }


@feature.command(
    "mandate guardrails",
    "mandat leitplanken",
    help=_("Write the four guardrails; everybody confirms a new version once."),
    hidden=True,
    needs="mandate",
    current=_rules,
)
def write(
    ctx: Context,
    *,
    data: Annotated[str, RULE, Ask(_("Data"), _("What may go where?"))],
    security: Annotated[str, RULE, Ask(_("Security"), _("What is asked for first?"))],
    responsibility: Annotated[str, RULE, Ask(_("Responsibility"), _("What does a person decide?"))],
    communication: Annotated[str, RULE, Ask(_("Communication"), _("Who is told, and when?"))],
) -> Reply:
    before = mandate.guardrails(ctx.tx)
    version = f"v{mandate.versions(ctx.tx) + 1}"
    rules = Guardrails(
        version=version,
        data=data,
        security=security,
        responsibility=responsibility,
        communication=communication,
    )
    if before is not None and replace(rules, version=before.version) == before:
        return Reply(
            line(_("The guardrails read as before; {version} stays.", version=before.version))
        )
    mandate.set_guardrails(ctx.tx, rules, by=ctx.person.id, now=ctx.now)
    mandate.confirm(ctx.tx, version, ctx.person.id, ctx.now)
    return Reply(cards.card(ctx), posts=_ask(ctx, rules, before))


def _ask(ctx: Context, rules: Guardrails, before: Guardrails | None) -> tuple[Post, ...]:
    """Let everybody hear of a new version, once, in their bundle; the last one is over."""
    posts: tuple[Post, ...] = ()
    for each in people.everyone(ctx.tx):
        if before is not None:
            posts += matters.settle(ctx, _key(before.version, each.id))
        if each.here and each.id != ctx.person.id:
            _tell(ctx, rules, each.id)
    return posts


def _tell(
    ctx: Context, rules: Guardrails, person: PersonId, *, new: bool = False, nameless: bool = False
) -> None:
    words = _("There are guardrails now. Please read them, and confirm once.")
    if mandate.versions(ctx.tx) > 1 and not new:
        words = _("The guardrails have changed, {version} holds now.", version=rules.version)
    read = Button(_("Read them"), call("mandate"))
    key = _key(rules.version, person)
    confirms = guardrails.confirms(rules)
    matters.note(ctx, person, key, words, confirms, read, personal=True, nameless=nameless)


@feature.follows(Event.MET)
def met(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Ask whoever is new here to confirm; when, does not tell which nameless word was theirs."""
    rules = mandate.guardrails(ctx.tx)
    unread = rules is not None and rules.version not in mandate.confirmed(ctx.tx, person)
    if rules is not None and unread and duty.is_here(ctx, person):
        _tell(ctx, rules, person, new=True, nameless=True)
    return ()


@feature.follows(Event.CAME_BACK)
def back(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Tell whoever is back of what has to be confirmed, if they have not."""
    rules = mandate.guardrails(ctx.tx)
    if rules is not None and rules.version not in mandate.confirmed(ctx.tx, person):
        _tell(ctx, rules, person)
    return ()


def _key(version: str, person: PersonId) -> str:
    return f"guardrails:{version}:{person}"


@feature.command(
    "mandate confirm", "mandat bestätigen", help=_("I have read the guardrails."), hidden=True
)
def confirm(
    ctx: Context, version: Annotated[str, TextReader(long=False), Ask(_("Version"))]
) -> Reply:
    rules = mandate.guardrails(ctx.tx)
    if rules is None or rules.version != version:
        raise Refusal(
            _("There is a newer version of the guardrails."),
            buttons=(Button(_("Show"), call("mandate")),),
        )
    mandate.confirm(ctx.tx, version, ctx.person.id, ctx.now)
    settled = matters.settle(ctx, _key(version, ctx.person.id))
    return Reply(line(_("Confirmed. Thank you.")), posts=settled)


@feature.waits(80)
def unread(ctx: Context) -> list[Task]:
    rules = mandate.guardrails(ctx.tx)
    if rules is None or guardrails.is_confirmed(ctx, rules):
        return []
    held = {each.key for each in matters.held_back(ctx, ctx.person.id)}
    if _key(rules.version, ctx.person.id) in held:  # it stands there, with the same button
        return []
    read = Button(_("Read them"), call("mandate"))
    return [Task(_("There are new guardrails to read."), (guardrails.confirms(rules), read))]
