"""Correcting what is said of an automation, and leading it into operation through the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from handlers.automations import escalation, people, profile
from handlers.automations.changes import must_be_active
from handlers.automations.learning import arriving, checks, signals, understanding
from handlers.automations.lookup import AutoRef
from handlers.automations.measures import measuring
from handlers.automations.profile import Category, Does, Tool, Uses
from handlers.automations.state import need_own
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post, Reply, line
from handlers.kit.readers import NumberReader, TextReader, folded
from handlers.kit.readers.required_text import LinkReader, RequiredTextReader
from handlers.kit.worded import choice
from handlers.kit.words import _, some
from storage import automations
from storage.automations import Automation, history, learning
from storage.automations.states import (
    AutomationEvent,
    AutomationPhase,
    AutomationState,
    ReviewOutcome,
)
from storage.engine.ids import AutomationId

feature = Feature(_("Automations"))

CHECK_DAYS = 30
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class StepsReader(RequiredTextReader):
    """Steps in their order, a line each, which says whether it is automatic or human."""

    def value(self, raw: str, ctx: Context) -> object:
        found = RequiredTextReader.value(self, raw, ctx)
        if not profile.are_steps(raw):
            raise Refusal(
                _(
                    "Please begin each line with “automatic:” or “human:”, so that everybody "
                    "sees it."
                )
            )
        return found


def _card_button(automation: Automation) -> Button:
    return Button(automation.name, call("auto", automation=automation.id))


@feature.command(
    "auto rename",
    "auto umbenennen",
    help=_("Another name for it."),
    hidden=True,
    submit=_("Save"),
)
def rename(
    ctx: Context,
    automation: AutoRef,
    name: Annotated[str, TextReader(long=False), Ask(_("Name"))],
) -> Reply:
    people.need_own_or_manager(ctx, automation)
    shown = " ".join(name.split())[:LONGEST_NAME]
    key = folded(shown)
    if automation.state is AutomationState.RETIRED:
        key = f"{key} {automation.id}"
    taken = any(
        folded(each.name) == folded(shown) and each.id != automation.id
        for each in automations.all(ctx.tx)
    )
    if taken and automation.state is not AutomationState.RETIRED:
        raise Refusal(
            _("There is an automation called “{name}” already.", name=shown), field="name"
        )
    profile.note(
        ctx, automation, AutomationEvent.CHANGED, field="name", before=automation.name, after=shown
    )
    automations.change(ctx.tx, automation.id, name=shown, name_key=key)
    said = _("It is called “{name}” now.", name=shown)
    open_card = Button(shown, call("auto", automation=automation.id))
    return Reply(line(said, open_card), subject=shown)


def _may_complete(ctx: Context, automation: Automation) -> None:
    need_own(ctx, automation)


def _improve_first(ctx: Context, automation: Automation, purpose: str) -> None:
    """Refuse a wider purpose until something was improved since it went into operation.

    A correction keeps at least half of the words.
    """
    live, words = automation.live_at, set(folded(purpose).split())
    before = set(folded(automation.purpose).split())
    if live is None or len(words & before) * 2 >= len(words | before):
        return
    reviews = learning.reviews(ctx.tx, automation.id)
    if any(
        each.outcome is ReviewOutcome.DONE and each.ended_at and each.ended_at >= live
        for each in reviews
    ):
        return
    said = _(
        "“{name}” was not improved since it went into operation. First improve, then extend.",
        name=automation.name,
    )
    told = [signals.told_words(each) for each in learning.open_signals(ctx.tx, automation.id)]
    if told:
        said = _("{said} Open: {signals}.", said=said, signals=some(told, 5))
    button = Button(_("What we are learning"), call("auto learn", automation=automation.id))
    raise Refusal(said, field="purpose", buttons=(button,))


@feature.command(
    "auto complete",
    "auto ergänzen",
    help=_("What is said of it: the job profile."),
    hidden=True,
    submit=_("Save"),
    current=lambda ctx, given: _profile_now(ctx, AutomationId(given.get("automation", ""))),
    checks=(_may_complete, _improve_first),
)
def complete(
    ctx: Context,
    automation: AutoRef,
    *,
    purpose: Annotated[str, RequiredTextReader(most=500), Ask(_("What is it for?"))],
    not_for: Annotated[str, RequiredTextReader(most=500), Ask(_("What is it not for?"))] = "",
    steps: Annotated[
        str,
        StepsReader(most=1500),
        Ask(_("Steps"), _("One a line; begin with “automatic:” or “human:”.")),
    ] = "",
    does: Annotated[Does, choice(Does), Ask(_("What it does"))] | None = None,
    category: Annotated[Category, choice(Category), Ask(_("Category"))] | None = None,
    decision: Annotated[
        str, RequiredTextReader(most=500), Ask(_("Where does a person decide?"))
    ] = "",
    fallback: Annotated[str, RequiredTextReader(most=500), Ask(_("What if it fails?"))] = "",
    measure: measuring.Name = "",
    limit: measuring.LimitField = "",
    ai: Annotated[Uses, choice(Uses), Ask(_("Does it use AI?"))] | None = None,
    data: Annotated[str, TextReader(), Ask(_("Which data does it use?"))] = "",
    retention: Annotated[str, TextReader(long=False), Ask(_("How long are data kept?"))] = "",
    docs: Annotated[str, LinkReader(), Ask(_("Documentation"), _("A link."))] = "",
    version: Annotated[str, TextReader(long=False), Ask(_("Version of the documentation"))] = "",
    check_days: Annotated[
        int, NumberReader(1, 400), Ask(_("Quality check every so many days"), _("Usually 30."))
    ]
    | None = None,
    area: Annotated[str, TextReader(long=False), Ask(_("Area"))] = "",
    minutes: Annotated[int, NumberReader(1, 480), Ask(_("Minutes saved by a run, estimated"))]
    | None = None,
    share: Annotated[int, NumberReader(1, 100), Ask(_("How much of that counts, in percent"))]
    | None = None,
    tool: Annotated[Tool, choice(Tool), Ask(_("Made with"))] | None = None,
    training: Annotated[str, TextReader(long=False), Ask(_("Training"), _("When, for whom."))] = "",
) -> Reply:
    need_own(ctx, automation)
    given = {
        "purpose": purpose,
        "not_for": not_for,
        "steps": steps,
        "does": does,
        "category": category,
        "decision": decision,
        "fallback": fallback,
        "measure": measure,
        "limit": limit,
        "ai": ai,
        "data": data,
        "retention": retention,
        "docs": docs,
        "version": version,
        "check_days": check_days,
        "area": area,
        "minutes": minutes,
        "share": share,
        "tool": tool,
        "training": training,
    }
    return _saved(ctx, automation, given)


def _saved(ctx: Context, automation: Automation, given: Mapping[str, object]) -> Reply:
    values = {name: "" if value is None else str(value) for name, value in given.items()}
    changed = profile.correct(ctx, automation, values)
    now = automations.find(ctx.tx, automation.id) or automation
    gaps = profile.lacks(ctx, now, history.profile(ctx.tx, automation.id))
    posts: tuple[Post, ...] = ()
    if now.live_at is not None and understanding.TOLD & set(changed):
        posts = understanding.show_to_all(ctx, now)
    if not changed:
        said = _("Nothing has changed.")
    elif gaps:
        said = _("Saved. For operation there is still missing: {gaps}.", gaps=gaps)
    else:
        said = _("Saved. Nothing is missing for operation.")
    return Reply(line(said, *next_steps(automation, gaps)), posts=posts, subject=automation.name)


def next_steps(automation: Automation, gaps: Sequence[object]) -> tuple[Button, ...]:
    """Return the buttons that lead to operation."""
    id = automation.id
    steps = [Button(automation.name, call("auto", automation=id))]
    if gaps:
        steps.append(Button(_("Complete the profile"), call("auto complete", automation=id)))
        steps.append(Button(_("Three sentences"), call("auto rules", automation=id)))
        if profile.BY_FIELD["rhythm"].label in gaps:
            steps.append(Button(_("When should it run?"), call("auto rhythm", automation=id)))
        if profile.BY_FIELD["deputy"].label in gaps:
            steps.append(Button(_("Name somebody"), call("auto people", automation=id)))
        if profile.GOAL in gaps:
            steps.append(Button(_("Link it to a goal"), call("mandate link", automation=id)))
    elif automation.phase is not AutomationPhase.OPERATION:
        steps.append(Button(_("Put into operation"), call("auto live", automation=id), "primary"))
    return tuple(steps)


def _profile_now(ctx: Context, id: AutomationId) -> dict[str, str]:
    found = automations.find(ctx.tx, id)
    if found is None:
        return {}
    return {
        "check_days": str(CHECK_DAYS),
        **profile.field_texts(found, history.profile(ctx.tx, id)),
    }


@feature.command(
    "auto rules",
    "auto regeln",
    help=_("Roles, priorities and consequences, a sentence each."),
    hidden=True,
    submit=_("Save"),
    current=lambda ctx, given: _profile_now(ctx, AutomationId(given.get("automation", ""))),
)
def rules(
    ctx: Context,
    automation: AutoRef,
    *,
    roles: Annotated[str, RequiredTextReader(most=500), Ask(_("Who does what?"))],
    priorities: Annotated[str, RequiredTextReader(most=500), Ask(_("What comes first?"))],
    consequences: Annotated[
        str, RequiredTextReader(most=500), Ask(_("What follows if it is not kept?"))
    ],
) -> Reply:
    need_own(ctx, automation)
    given: dict[str, object] = {
        "roles": roles,
        "priorities": priorities,
        "consequences": consequences,
    }
    return _saved(ctx, automation, given)


# --- phases --------------------------------------------------------------------------------


@feature.command("auto live", "auto betrieb", help=_("Put it into operation."), hidden=True)
def go_live(ctx: Context, automation: AutoRef) -> Reply:
    need_own(ctx, automation)
    must_be_active(automation)
    if automation.phase is AutomationPhase.OPERATION:
        raise Refusal(_("“{name}” is in operation already.", name=automation.name))
    gaps = profile.lacks(ctx, automation, history.profile(ctx.tx, automation.id))
    if gaps:
        raise Refusal(
            _(
                "“{name}” cannot go into operation yet. Missing: {gaps}.",
                name=automation.name,
                gaps=gaps,
            ),
            buttons=next_steps(automation, gaps),
        )
    automations.change(ctx.tx, automation.id, phase=AutomationPhase.OPERATION, live_at=ctx.now)
    profile.note(
        ctx,
        automation,
        AutomationEvent.GATE,
        before=automation.phase,
        after=AutomationPhase.OPERATION,
    )
    escalation.look_at(ctx, ctx.now)
    checks.plan(ctx)
    posts = (*understanding.show_to_all(ctx, automation), *arriving.went_live(ctx, automation))
    said = _(
        "“{name}” is in operation. Now the work begins: Lotse asks how it goes on days 7, 30, 90 "
        "and 180.",
        name=automation.name,
    )
    return Reply(line(said, _card_button(automation)), posts=posts, subject=automation.name)


@feature.command("auto pilot", "auto pilot", help=_("Try it out."), hidden=True)
def try_out(ctx: Context, automation: AutoRef) -> Reply:
    need_own(ctx, automation)
    must_be_active(automation)
    kept = history.profile(ctx.tx, automation.id)
    if automation.phase not in (AutomationPhase.IDEA, AutomationPhase.INCOMPLETE):
        raise Refusal(_("“{name}” is past that.", name=automation.name))
    gaps = [
        each.label
        for each in profile.PROFILE
        if each.field in ("purpose", "not_for", "accountable", "deputy")
        and not profile.field_texts(automation, kept).get(each.field)
    ]
    if gaps:
        raise Refusal(
            _(
                "“{name}” cannot be tried out yet. Missing: {gaps}.",
                name=automation.name,
                gaps=gaps,
            ),
            buttons=next_steps(automation, gaps),
        )
    automations.change(ctx.tx, automation.id, phase=AutomationPhase.PILOT)
    profile.note(
        ctx, automation, AutomationEvent.PHASE, before=automation.phase, after=AutomationPhase.PILOT
    )
    said = _("“{name}” is being tried out.", name=automation.name)
    return Reply(line(said, _card_button(automation)), subject=automation.name)
