"""What people decide about a pilot: who connects it, what IT says, and what comes after it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from handlers.attention import matters
from handlers.friction import grouping
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Post, Reply, Text, line
from handlers.kit.readers import ChoiceReader, ChoicesReader, TextReader
from handlers.kit.readers.required_text import LinkReader, ReasonReader
from handlers.kit.words import Words, _
from handlers.on_call import duty
from handlers.pilots import cards, clock, digest, editing, roles
from handlers.pilots.lookup import PilotRef
from handlers.pilots.weeks import due, it_checks, operation
from handlers.pilots.weeks.it_checks import CHECKS, Check, open_checks
from storage import pilots
from storage.delivery.places import PlaceKind, PlaceRole, with_role
from storage.engine.ids import PatternId, PilotId
from storage.friction import patterns
from storage.pilots import Pilot
from storage.pilots.columns import PilotChanges
from storage.pilots.states import PilotEvent, PilotState

feature = Feature(_("Pilots"))


class Sourcing(StrEnum):
    """Who connects it."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    BOTH = "both"


SOURCING: dict[str, Words] = {
    "internal": _("Our own people"),
    "external": _("Somebody from outside"),
    "both": _("Both together"),
}


@feature.command(
    "pilot sourcing",
    "pilot umsetzung",
    help=_("Who connects it: our own people, or somebody from outside?"),
    hidden=True,
)
def sourcing(
    ctx: Context,
    pilot: PilotRef,
    *,
    who: Annotated[Sourcing, ChoiceReader(Sourcing, SOURCING, {}), Ask(_("Who connects it?"))],
) -> Reply:
    found = editing.running(ctx, pilot)
    pilots.change(ctx.tx, found.id, sourcing=who.value)
    editing.note(ctx, found, PilotEvent.SOURCING, ctx.text(SOURCING[who]))
    posts = editing.settle(ctx, found, "sourcing")
    it = Button(_("IT's view"), call("pilot it", pilot=found.id))
    said = _("Decided: {who}. Next come IT's four checks.", who=SOURCING[who])
    return Reply(line(said, it), posts=posts, subject=found.name)


def _looked(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = pilots.find(ctx.tx, PilotId(fixed.get("pilot", "")))
    return {"checks": found.it_checks, "words": found.it_note} if found else {}


@feature.command(
    "pilot it",
    "pilot it prüfung",
    help=_("What IT says: four checks before it goes into operation."),
    hidden=True,
    current=_looked,
)
def look(
    ctx: Context,
    pilot: PilotRef,
    *,
    checks: Annotated[frozenset[Check], ChoicesReader(Check, CHECKS), Ask(_("What is fine"))],
    words: Annotated[str, TextReader(), Ask(_("Note"))] = "",
) -> Reply:
    theirs = it_checks.answers_for_it(ctx)
    found = editing.runs(editing.fresh(ctx, pilot)) if theirs else editing.running(ctx, pilot)
    pilots.change(ctx.tx, found.id, it_checks=",".join(sorted(checks)), it_note=words[:500])
    editing.note(ctx, found, PilotEvent.IT, words[:200])
    still = open_checks(editing.fresh(ctx, found))
    if still:
        return Reply(line(_("Noted. Still open: {checks}.", checks=still)), subject=found.name)
    posts = editing.settle(ctx, found, "it")
    return Reply(line(_("Noted: all four are fine.")), posts=posts, subject=found.name)


class Decision(StrEnum):
    """What becomes of a pilot; stopping is as good a result as any."""

    OPERATE = "operate"
    AGAIN = "again"
    STOP = "stop"


DECISIONS: dict[str, Words] = {
    "operate": _("Into operation"),
    "again": _("One more round, four weeks"),
    "stop": _("Stop, we have learnt from it"),
}


def _documented(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = pilots.find(ctx.tx, PilotId(fixed.get("pilot", "")))
    return {"docs": found.docs} if found else {}


def _may_be_decided(ctx: Context, pilot: Pilot, decision: Decision) -> None:
    """Refuse what cannot be decided of a pilot yet, or any more."""
    found = editing.own(ctx, pilot)
    if found.state is not PilotState.RUNNING and not found.undecided:
        raise Refusal(_("“{pilot}” does not run.", pilot=found.name))
    if decision is Decision.OPERATE:
        still = open_checks(found)
        if still:
            raise Refusal(
                _("Before operation IT still has to say yes: {checks}.", checks=still),
                field="decision",
                buttons=(Button(_("IT's view"), call("pilot it", pilot=found.id)),),
            )
        _need_second_person(found)
    elif decision is Decision.AGAIN:
        _need_last_round(ctx, found)


def _need_last_round(ctx: Context, pilot: Pilot) -> None:
    """Refuse one more round where it is too early or too late for one."""
    if pilot.undecided:
        raise Refusal(
            _("Its sixteen weeks are over. Now it goes into operation, or ends."), field="decision"
        )
    if pilot.extended_on is not None:
        raise Refusal(
            _("There was one more round already. Now it goes into operation, or ends."),
            field="decision",
        )
    if not clock.decision_due(pilot, clock.current_day(ctx)):
        last = clock.end_of(pilot, clock.weeks(pilot) - 1)
        raise Refusal(
            _("One more round is for the last week; until {day} there is time.", day=last),
            field="decision",
        )


def _is_written_down(
    ctx: Context, pilot: Pilot, decision: Decision, docs: str | None = None
) -> None:
    found = editing.own(ctx, pilot)
    if decision is Decision.OPERATE and not (docs or found.docs):
        raise Refusal(
            _("Before operation: where is it written how it works? Please give a link."),
            field="docs",
        )


@feature.command(
    "pilot decide",
    "pilot entscheiden",
    help=_("What becomes of it, and what have we learnt?"),
    hidden=True,
    current=_documented,
    checks=(_may_be_decided, _is_written_down),
)
def decide(
    ctx: Context,
    pilot: PilotRef,
    *,
    decision: Annotated[
        Decision, ChoiceReader(Decision, DECISIONS, {}), Ask(_("What becomes of it?"))
    ],
    reason: Annotated[str, ReasonReader(most=300), Ask(_("Why?"))],
    learnt: Annotated[str, ReasonReader(most=500), Ask(_("What have we learnt?"))],
    docs: Annotated[str, LinkReader(), Ask(_("Documentation"), _("A link; needed in operation."))]
    | None = None,
) -> Reply:
    found = editing.own(ctx, pilot)
    day = clock.current_day(ctx)
    changed: PilotChanges = {
        "undecided": False,
        "decision": decision.value,
        "reason": reason,
        "learnt": learnt,
        "decided_on": day,
        "docs": docs or found.docs,
    }
    match decision:
        case Decision.OPERATE:
            if found.state is PilotState.STOPPED:
                editing.take_name(ctx, found)
                digest.plan(ctx, found.id)
            changed |= {"state": PilotState.OPERATING, "stopped_on": None}
        case Decision.AGAIN:
            changed |= {"extended_on": day}
        case Decision.STOP:
            changed |= {"state": PilotState.STOPPED, "stopped_on": day}
    pilots.change(ctx.tx, found.id, **changed)
    editing.note(ctx, found, decision.value, reason)
    posts = (*editing.settle(ctx, found, "decide"), *editing.settle(ctx, found, "run out"))
    if decision is Decision.STOP:
        posts += due.drop(ctx, found)
    now = editing.fresh(ctx, found)
    if decision is Decision.STOP and found.state is PilotState.RUNNING:
        editing.free_name(ctx, now)
    elif decision is Decision.OPERATE:
        editing.make_room(ctx)
        posts += operation.carry_over(ctx, now)
    if decision is not Decision.AGAIN:
        _tell_reporters(ctx, now)
    return Reply(cards.card(ctx, editing.fresh(ctx, now)), posts=posts, subject=found.name)


def _need_second_person(pilot: Pilot) -> None:
    """Refuse operation while one person alone knows how it works; requirement D07."""
    if len({getattr(pilot, each) for each in roles.filled(pilot)}) < 2:
        raise Refusal(
            _("Before operation: a second person, who stands in when the first is away."),
            buttons=(Button(_("Name people"), call("pilot people", pilot=pilot.id)),),
        )


def run_out(ctx: Context, pilot: Pilot) -> tuple[Post, ...]:
    """No pilot runs for longer than sixteen weeks: it ends, and what was learnt is asked for.

    It is no decision: whoever decides may still say that it goes into operation.
    """
    day = clock.current_day(ctx)
    pilots.change(ctx.tx, pilot.id, state=PilotState.STOPPED, stopped_on=day, undecided=True)
    editing.note(ctx, pilot, PilotEvent.RUN_OUT)
    posts = editing.settle(ctx, pilot, "decide") + due.drop(ctx, pilot)
    editing.free_name(ctx, editing.fresh(ctx, pilot))
    said = _(
        "“{pilot}” has ended after sixteen weeks, and nobody had decided. What becomes of it?",
        pilot=pilot.name,
    )
    button = Button(_("Decide"), call("pilot decide", pilot=pilot.id), "primary")
    editing.tell(ctx, pilot, "run out", said, button)
    for manager in duty.managers(ctx):
        matters.note(ctx, manager.id, f"pilot:{pilot.id}:run out", said, button)
    return posts


def _tell_reporters(ctx: Context, pilot: Pilot) -> None:
    """Tell those who noted the friction that it began with."""
    pattern = patterns.find(ctx.tx, PatternId(pilot.pattern or ""))
    if pattern is None:
        return
    for person in grouping.authors(ctx, patterns.whole(ctx.tx, pattern.id)):
        said = _(
            "About what you noted, “{title}”: the pilot “{pilot}” has ended. {decision}",
            title=pattern.title,
            pilot=pilot.name,
            decision=DECISIONS[pilot.decision or ""],
        )
        show = Button(_("Show"), call("pilot", pilot=pilot.id))
        matters.note(ctx, person, f"friction:{pattern.id}:pilot", said, show)


@feature.command("pilot stop", "pilot aufgeben", help=_("It is not tried after all."), hidden=True)
def give_up(
    ctx: Context,
    pilot: PilotRef,
    *,
    reason: Annotated[str, ReasonReader(most=300), Ask(_("Why?"))],
) -> Reply:
    found = editing.own(ctx, pilot)
    if found.state is PilotState.OPERATING:
        raise Refusal(
            _("It is in operation. What runs for it is paused or retired."),
            buttons=(Button(_("Show"), call("auto", automation=found.automation or "")),),
        )
    if found.state is PilotState.RUNNING:
        raise Refusal(
            _("It runs: please decide about it."),
            buttons=(Button(_("Decide"), call("pilot decide", pilot=found.id)),),
        )
    if found.state is not PilotState.STOPPED:
        day = clock.current_day(ctx)
        pilots.change(
            ctx.tx,
            found.id,
            state=PilotState.STOPPED,
            stopped_on=day,
            decided_on=day,
            reason=reason,
        )
        editing.note(ctx, found, PilotEvent.STOP, reason)
        editing.free_name(ctx, found)
    back = Button(_("Take it up again"), call("pilot again", pilot=found.id))
    said = _("“{pilot}” is not tried. It can be taken up again.", pilot=found.name)
    return Reply(line(said, back), subject=found.name)


@feature.command("pilot again", "pilot wieder", help=_("Take it up again."), hidden=True)
def again(ctx: Context, pilot: PilotRef) -> Reply:
    found = editing.own(ctx, pilot)
    if found.state is PilotState.STOPPED:
        editing.take_name(ctx, found)
        pilots.change(
            ctx.tx,
            found.id,
            state=PilotState.DRAFT,
            stopped_on=None,
            started_on=None,
            extended_on=None,
            decision=None,
            undecided=False,
        )
        editing.note(ctx, found, PilotEvent.BACK)
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), subject=found.name)


# --- results -------------------------------------------------------------------------------


@feature.command(
    "pilot result", "pilot ergebnis", help=_("The result card."), hidden=True, reads=True
)
def result(ctx: Context, pilot: PilotRef) -> Reply:
    """Show it to who asks; nothing is posted without a press."""
    found = editing.own(ctx, pilot)
    message = cards.result(ctx, found)
    if not _is_decided(found):
        return Reply(message)
    post = Button(_("Post it"), call("pilot post", pilot=found.id), "primary")
    return Reply(Message((*message.parts, Buttons((post,)))))


def _is_decided(pilot: Pilot) -> bool:
    return bool(pilot.decision) and not pilot.undecided


@feature.command(
    "pilot post", "pilot veröffentlichen", help=_("Show the result to everybody."), hidden=True
)
def post(ctx: Context, pilot: PilotRef) -> Reply:
    found = editing.own(ctx, pilot)
    if not _is_decided(found):
        raise Refusal(
            _("The result of “{pilot}” is posted once it is decided.", pilot=found.name),
            buttons=(Button(_("Show"), call("pilot", pilot=found.id)),),
        )
    rooms = with_role(ctx.tx, PlaceRole.GENERAL)
    if ctx.place is not None and ctx.place.kind == PlaceKind.CHANNEL:
        where = ctx.place.id
    elif rooms:
        where = rooms[0].id
    else:
        raise Refusal(_("There is no channel for it yet. Please press it in a channel."))
    pilots.change(ctx.tx, found.id, posted_on=clock.current_day(ctx))
    editing.note(ctx, found, PilotEvent.POSTED)
    card = Post(f"pilot:{found.id}:result", cards.result(ctx, found), where)
    return Reply(line(_("Posted.")), posts=(card,), subject=found.name)


class Alive(StrEnum):
    """Whether it is still used after half a year."""

    YES = "yes"
    NO = "no"


@feature.command(
    "pilot alive", "pilot lebt", help=_("Is it still used after half a year?"), hidden=True
)
def alive(
    ctx: Context,
    pilot: PilotRef,
    answer: Annotated[
        Alive, ChoiceReader(Alive, {"yes": _("Yes"), "no": _("No")}, {}), Ask(_("Answer"))
    ],
) -> Reply:
    found = editing.own(ctx, pilot)
    pilots.change(ctx.tx, found.id, alive=answer.value)
    editing.note(ctx, found, PilotEvent.ALIVE, answer.value)
    posts = editing.settle(ctx, found, "alive")
    return Reply(line(_("Noted. Thank you.")), posts=posts, subject=found.name)


@feature.command(
    "pilot limits",
    "pilot grenzen",
    help=_("How many pilots may run at the same time?"),
    hidden=True,
    needs="settings",
)
def set_limits(
    ctx: Context,
    *,
    area: Annotated[int, digest.FEW, Ask(_("In one area"))],
    all: Annotated[int, digest.FEW, Ask(_("In all"))],
) -> Reply:
    digest.set_limits(ctx, area, all)
    said = _("From now on {area} in one area and {all} in all may run.", area=area, all=all)
    return Reply(Message((Text(said), Text(_("The waiting list follows.")))))
