"""Entering an automation: a few questions at first, the rest when it goes into operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from handlers.automations import escalation, people, profile
from handlers.automations.intake import address
from handlers.automations.profile import Tool
from handlers.automations.rules import rhythm
from handlers.automations.rules.rhythm import Every, Unit
from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import FieldKind, Post, Reply
from handlers.kit.readers import PersonReader, TextReader, folded
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.worded import choice
from handlers.kit.words import _
from storage import automations
from storage.automations import Automation, history, intake, odd
from storage.automations.states import (
    AutomationEvent,
    AutomationKind,
    AutomationPhase,
    AutomationState,
)
from storage.engine.ids import AutomationId, PersonId
from storage.people import Person

feature = Feature(_("Automations"))

SLUG_KEPT = timedelta(days=90)  # how long a name for calls stays taken after the last one
LONGEST_NAME = 80
SLUG = "slug:"  # before a name that fits nothing, where a draft is named
KINDS = {
    AutomationKind.DEMAND: ("demand", "on demand", "bei bedarf", "auf abruf"),
    AutomationKind.EVENT: (
        "event", "on event", "bei einem ereignis", "bei ereignis", "auf ereignis",
    ),
    AutomationKind.STANDBY: ("standby", "emergency", "notfall", "im notfall"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """When something should run: its kind, its schedule as it is stored, its seasons."""

    kind: AutomationKind
    rhythm: str = ""
    seasons: str = ""

    @property
    def days(self) -> int:
        """In how many days about it runs once."""
        found = rhythm.read(self.rhythm)
        return max(1, rhythm.usual_gap(found).days) if found is not None else 30


@dataclass(frozen=True, slots=True)
class RhythmReader(TextReader):
    """A rhythm in words: `daily`, `first Saturday`, `0 2 * * 1-5`, `on demand`, `7` (days)."""

    long: bool = False

    @property
    def kind(self) -> FieldKind:
        return FieldKind.TEXT

    def value(self, raw: str, ctx: Context) -> object:
        found = read_rhythm(raw)
        if found is None:
            raise Refusal(
                _(
                    "I do not understand “{text}” as a rhythm. For example: daily, every Monday, "
                    "first Saturday, 0 2 * * 1-5, on demand, on event, emergency, weekly from "
                    "15.11.-31.1.",
                    text=raw.strip()[:80],
                )
            )
        return found


def read_rhythm(text: str) -> Expected | None:
    """Read a rhythm as people type it, with its season."""
    typed = " ".join(text.split())
    plain = typed.casefold().rstrip(".")
    for kind, words in KINDS.items():
        if plain in words:
            return Expected(kind)
    if re.fullmatch(r"[0-9]{1,3}", plain) and 0 < int(plain) <= 800:
        return Expected(AutomationKind.SCHEDULED, str(Every(int(plain), Unit.DAY)))
    season = re.search(
        r"\s(?:from|vom|von|im|in)?\s*(\d{1,2}\.\d{1,2}\.?\s*(?:-|–|bis|to).*)$", typed
    )
    schedule = rhythm.read(typed[: season.start()] if season else typed)
    if schedule is None:
        return None
    if season is None:
        return Expected(AutomationKind.SCHEDULED, str(schedule))
    if not rhythm.read_seasons(season[1]):
        return None
    return Expected(AutomationKind.SEASONAL, str(schedule), season[1])


RHYTHM_HINT = _(
    "For example: daily, every Monday, first Saturday, 0 2 * * 1-5, on demand, weekly from "
    "15.11.-31.1."
)
Name = Annotated[str, TextReader(long=False), Ask(_("Name"))]
Purpose = Annotated[str, RequiredTextReader(most=500), Ask(_("What is it for?"))]
NotFor = Annotated[
    str, RequiredTextReader(most=500), Ask(_("What is it not for?"), _("Where its work ends."))
]
Accountable = Annotated[
    Person, PersonReader(), Ask(_("Accountable"), _("Exactly one person, who is asked."))
]
Deputy = Annotated[
    Person, PersonReader(), Ask(_("Deputy"), _("Somebody else, who stands in and is asked."))
]
Rhythm = Annotated[Expected, RhythmReader(), Ask(_("When should it run?"), RHYTHM_HINT)]
ToolField = Annotated[
    Tool,
    choice(Tool),
    Ask(_("Made with"), _("You get the recipe for reporting its runs.")),
]


def _draft_name(ctx: Context, given: Mapping[str, str]) -> Mapping[str, str]:
    draft = given.get("draft", "")
    found = automations.find(ctx.tx, AutomationId(draft))
    return {"name": found.name if found else draft.removeprefix(SLUG)}


def free_name(ctx: Context, name: str, draft: str = "") -> None:
    """Refuse a name that another automation has, or another draft of one."""
    shown = " ".join(name.split())[:LONGEST_NAME]
    active = [*automations.all(ctx.tx), *automations.drafts(ctx.tx)]
    if any(folded(each.name) == folded(shown) and each.id != draft for each in active):
        refusal = _taken(shown)
        refusal.field = "name"
        raise refusal


def _new_name(ctx: Context, name: str) -> None:
    free_name(ctx, name)


@feature.command(
    "auto new",
    "auto neu",
    help=_("Enter an automation with its accountable person."),
    submit=_("Enter it"),
    needs="automation",
    checks=(_new_name, people.two_people),
)
def new(
    ctx: Context,
    *,
    name: Name,
    accountable: Accountable,
    deputy: Deputy,
    purpose: Purpose,
    not_for: NotFor,
    rhythm: Rhythm,
    tool: ToolField | None = None,
) -> Reply:
    values = {"not_for": not_for, "tool": tool.value if tool else ""}
    return enter(
        ctx=ctx,
        name=name,
        purpose=purpose,
        accountable=accountable,
        deputy=deputy,
        expected=rhythm,
        values=values,
    )


@feature.command(
    "auto exists",
    "auto vorhanden",
    help=_("It exists already – just enter it. What is missing can come later."),
    submit=_("Enter it"),
    hidden=True,
    needs="automation",
    checks=(_new_name, people.two_people),
)
def exists(
    ctx: Context,
    *,
    name: Name,
    accountable: Accountable,
    deputy: Deputy,
    purpose: Purpose,
    rhythm: Rhythm,
    tool: ToolField | None = None,
) -> Reply:
    values = {"tool": tool.value if tool else ""}
    return enter(
        ctx=ctx,
        name=name,
        purpose=purpose,
        accountable=accountable,
        deputy=deputy,
        expected=rhythm,
        values=values,
        phase=AutomationPhase.INCOMPLETE,
    )


@feature.command(
    "auto adopt",
    "auto aufnehmen",
    help=_("It reports runs already. Who answers for it?"),
    submit=_("Enter it"),
    hidden=True,
    needs="automation",
    current=_draft_name,
    checks=(free_name, people.two_people),
)
def adopt(
    ctx: Context,
    draft: Annotated[str, TextReader(long=False), Ask(_("Draft"))],
    *,
    name: Name,
    accountable: Accountable,
    deputy: Deputy,
    purpose: Purpose,
    rhythm: Rhythm,
) -> Reply:
    return enter(
        ctx=ctx,
        name=name,
        purpose=purpose,
        accountable=accountable,
        deputy=deputy,
        expected=rhythm,
        values={},
        draft=draft,
        phase=AutomationPhase.INCOMPLETE,
    )


def enter(
    ctx: Context,
    name: str,
    purpose: str,
    accountable: Person,
    deputy: Person,
    expected: Expected,
    values: Mapping[str, str],
    *,
    draft: str = "",
    phase: AutomationPhase = AutomationPhase.IDEA,
) -> Reply:
    """Store an automation, ask its people, and show how it reports its runs."""
    made, posts = register(
        ctx=ctx,
        name=name,
        purpose=purpose,
        accountable=accountable.id,
        deputy=deputy.id,
        expected=expected,
        values=values,
        draft=draft,
        phase=phase,
    )
    shown = address.with_address(ctx, made, first=True)
    return replace(shown, posts=posts)


def register(
    ctx: Context,
    name: str,
    purpose: str,
    accountable: PersonId,
    deputy: PersonId,
    expected: Expected,
    values: Mapping[str, str],
    *,
    draft: str = "",
    phase: AutomationPhase = AutomationPhase.IDEA,
) -> tuple[Automation, tuple[Post, ...]]:
    """Store an automation with what is said of it; return it and the questions to its people.

    Also for a pilot that goes into operation: everything that it knows comes in `values`.
    """
    if accountable == deputy:
        raise Refusal(people.NOT_TWO)
    shown = " ".join(name.split())[:LONGEST_NAME]
    before = automations.find(ctx.tx, AutomationId(draft)) if draft else None
    if (
        before is not None
        and before.phase is AutomationPhase.DRAFT
        and before.state is AutomationState.ACTIVE
    ):
        made = _from_draft(
            ctx=ctx,
            before=before,
            name=shown,
            purpose=purpose,
            accountable=accountable,
            deputy=deputy,
            expected=expected,
            phase=phase,
        )
    else:
        made = _fresh(
            ctx=ctx,
            name=shown,
            purpose=purpose,
            accountable=accountable,
            deputy=deputy,
            expected=expected,
            phase=phase,
            draft=draft,
        )
    profile.note(ctx, made, AutomationEvent.ENTERED, after=phase)
    for field, value in values.items():
        if value:
            history.say(ctx.tx, made.id, field, value)
            profile.note(ctx, made, AutomationEvent.SAID, field=field, after=value)
    escalation.look_at(ctx, ctx.now)
    return made, people.ask_to_accept(ctx, made)


def _fresh(
    ctx: Context,
    name: str,
    purpose: str,
    accountable: PersonId,
    deputy: PersonId,
    expected: Expected,
    phase: AutomationPhase,
    draft: str,
) -> Automation:
    slug = draft.removeprefix(SLUG) if draft.startswith(SLUG) else free_slug(ctx, name)
    odd.forget_stray(ctx.tx, slug)
    made = Automation(
        id=AutomationId(ctx.new_id()),
        name=name,
        purpose=purpose,
        accountable=accountable,
        deputy=deputy,
        offered_to=None,
        rhythm_days=expected.days,
        state=AutomationState.ACTIVE,
        registered_at=ctx.now,
        last_run_at=None,
        kept_until=None,
        phase=phase,
        kind=expected.kind,
        rhythm=expected.rhythm,
        seasons=expected.seasons,
        slug=slug,
        asked_at=ctx.now,
        accountable_accepted_at=ctx.now if accountable == ctx.person.id else None,
        deputy_accepted_at=ctx.now if deputy == ctx.person.id else None,
    )
    if not automations.add(ctx.tx, made, name_key=folded(name)):
        raise _taken(name)
    return made


def _from_draft(
    ctx: Context,
    before: Automation,
    name: str,
    purpose: str,
    accountable: PersonId,
    deputy: PersonId,
    expected: Expected,
    phase: AutomationPhase,
) -> Automation:
    active = [*automations.all(ctx.tx), *automations.drafts(ctx.tx)]
    if any(folded(each.name) == folded(name) and each.id != before.id for each in active):
        raise _taken(name)
    automations.change(
        ctx.tx,
        before.id,
        name=name,
        name_key=folded(name),
        purpose=purpose,
        accountable=accountable,
        deputy=deputy,
        rhythm_days=expected.days,
        phase=phase,
        kind=expected.kind,
        rhythm=expected.rhythm,
        seasons=expected.seasons,
        asked_at=ctx.now,
        accountable_accepted_at=ctx.now if accountable == ctx.person.id else None,
        deputy_accepted_at=ctx.now if deputy == ctx.person.id else None,
        look_at=ctx.now,
    )
    found = automations.find(ctx.tx, before.id)
    assert found is not None
    return found


def _taken(name: str) -> Refusal:
    return Refusal(_("There is an automation called “{name}” already.", name=name))


def free_slug(ctx: Context, name: str) -> str:
    """Return a name for calls: small letters, digits and hyphens; with a number if it is taken."""
    plain = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")[:60] or "automation"
    number = 1
    while True:
        slug = plain if number == 1 else f"{plain}-{number}"
        if not intake.slug_is_taken(ctx.tx, slug, ctx.now - SLUG_KEPT):
            return slug
        number += 1
