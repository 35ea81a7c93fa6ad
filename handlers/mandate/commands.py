"""The mandate's standing parts: what it is for, where we look first, and what always holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from handlers.kit import doors
from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.doors import Known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Reply
from handlers.kit.people import NAMES_GO, NAMES_KEPT, former
from handlers.kit.readers import TextReader, folded
from handlers.kit.words import Sentence, Words, _
from handlers.mandate import cards, drafting, standing
from storage import mandate
from storage.engine import Tx
from storage.engine.ids import GoalId, PersonId
from storage.mandate import Goal, drafts

feature = Feature(_("Mandate"))

GOALS = 7


@feature.command(
    "mandate", "mandat", help=_("What we want: goals, focus, guardrails, stop list."), reads=True
)
def show(ctx: Context) -> Reply:
    return Reply(cards.card(ctx))


def _current(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    return {
        "goals": "\n".join(each.name for each in mandate.goals(ctx.tx)),
        "focus": "\n".join(mandate.focus(ctx.tx).values()),
    }


def _few_goals(_ctx: Context, goals: str) -> None:
    if len(drafting.lines(goals)) > GOALS:
        raise Refusal(_("Please keep it to {n} goals.", n=GOALS), field="goals")


def _is_focus(_ctx: Context, focus: str = "") -> None:
    areas = drafting.areas_in(focus)
    if len(areas) > standing.MOST:
        raise Refusal(
            _(
                "Three areas fit into the focus. Please leave out one of: {areas}.",
                areas=list(areas.values()),
            ),
            field="focus",
        )
    if areas and len(areas) < standing.FEWEST:
        raise Refusal(
            _("Two or three areas make a focus. Please name one more, or none yet."),
            field="focus",
        )


@feature.command(
    "mandate edit",
    "mandat ändern",
    help=_("Set the goals and the focus."),
    hidden=True,
    needs="mandate",
    current=_current,
    checks=(_few_goals, _is_focus),
)
def edit(
    ctx: Context,
    *,
    goals: Annotated[
        str,
        TextReader(),
        Ask(_("Business goals"), _("One a line, for example: faster quotes.")),
    ],
    focus: Annotated[
        str,
        TextReader(),
        Ask(_("Focus (two or three areas)"), _("One a line, for example: repairs.")),
    ] = "",
) -> Reply:
    wanted = drafting.lines(goals)
    areas = drafting.areas_in(focus)
    known = {folded(each.name): each for each in mandate.goals(ctx.tx)}
    for key, goal in known.items():
        if key not in wanted:
            mandate.retire_goal(ctx.tx, goal.id, ctx.now)
    for key, name in wanted.items():
        if key not in known:
            new = Goal(GoalId(ctx.new_id()), name)
            mandate.add_goal(ctx.tx, new, key=key, by=ctx.person.id, now=ctx.now)
    if drafts.released(ctx.tx) is None:
        mandate.set_focus(ctx.tx, areas, by=ctx.person.id, now=ctx.now)
    elif areas.keys() != mandate.focus(ctx.tx).keys():  # released: only two confirmations move it
        draft = drafting.current(ctx)
        drafts.set_candidates(ctx.tx, draft.id, areas, set(areas))
        drafts.unconfirm(ctx.tx, draft.id)
        return drafting.draft_reply(ctx)
    return Reply(cards.card(ctx))


def _replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    mandate.replace(tx, person, to)
    drafts.replace_person(tx, person, to)


STATES: dict[str, Sentence] = {
    "draft": _("Draft of the mandate"),
    "released": _("released"),
    "replaced": _("replaced by a newer one"),
}
ROLES: dict[str, Sentence] = {
    "mandates.it_contact": _("Confirms the mandate for the IT"),
    "mandates.begun_by": _("Began a mandate"),
    "mandates.lead_by": _("Confirmed the mandate for the leadership"),
    "mandates.it_by": _("Confirmed the mandate for the IT"),
    "mandate_actions.owner": _("Does this for the mandate"),
    "mandate_actions.set_by": _("Noted who does it"),
    "mandate_stops.set_by": _("Put it on the stop list, or suggested it"),
    "mandate_questions.asked_by": _("Asked about the mandate"),
    "mandate_questions.answered_by": _("Answered about the mandate"),
}


@feature.knows(
    80,
    _("Your part in the mandate"),
    {
        "guardrail_confirmations": ("person",),
        "guardrails": ("set_by",),
        "mandate_goals": ("set_by",),
        "mandate_areas": ("set_by",),
        "mandates": ("it_contact", "begun_by", "lead_by", "it_by"),
        "mandate_actions": ("owner", "set_by"),
        "mandate_stops": ("set_by",),
        "mandate_questions": ("asked_by", "answered_by"),
    },
    replace=_replace,
)
def known(ctx: Context, person: PersonId) -> Known:
    rows: list[tuple[Words, Words]] = [
        (_("Guardrails"), version) for version in mandate.confirmed(ctx.tx, person)
    ]
    stored = drafts.of_person(ctx.tx, person)
    return Known((*rows, *doors.known(stored, ROLES, say=_subject).rows))


def _subject(row: Mapping[str, str]) -> Words:
    """Return what a place is about: the state of a mandate, else the words themselves."""
    return STATES[row["subject"]] if row["what"].startswith("mandates.") else row["subject"]


@feature.keeps(
    "mandate_goals",
    "mandate_areas",
    "guardrails",
    "guardrail_confirmations",
    what=_("Who wrote the mandate, and who confirmed a version of before"),
    days=NAMES_KEPT,
    then=NAMES_GO,
)
def forget_people(ctx: Context, before: datetime) -> int:
    """Let go of their names; who decides now stays."""
    return mandate.forget_people(ctx.tx, before, former(ctx))
