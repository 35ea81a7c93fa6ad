"""Pilots: one problem, one try of twelve weeks, and the question whether anyone is relieved."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Held
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Items,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
    line,
)
from handlers.kit.readers import ChoiceReader, NameReader, PersonReader, TextReader, folded
from handlers.kit.words import Words, _
from handlers.on_call import duty
from handlers.pilots import cards
from storage import pilots
from storage.people import Person
from storage.pilots import Pilot

feature = Feature(_("Pilots"))


RELIEF = ChoiceReader(
    cards.Relief, cards.LABELS, {"relieved": ("entlastet",), "partly": ("teils",), "no": ("nein",)}
)


def _unknown(name: str, known: list[str]) -> Refusal:
    if known:
        return Refusal(
            _(
                "There is no pilot called “{name}”. There are: {known}.",
                name=name[:80],
                known=known[:5],
            )
        )
    return Refusal(
        _("There is no pilot yet."),
        buttons=(Button(_("Start a pilot"), call("pilot new")),),
    )


PILOT = NameReader(pilots.all, _unknown)


@feature.command("pilot", "pilot", help=_("A pilot, or the list of all."), reads=True)
def show(ctx: Context, pilot: Annotated[Pilot, PILOT, Ask(_("Pilot"))] | None = None) -> Reply:
    if pilot is not None:
        return Reply(cards.card(ctx, pilot))
    known = pilots.all(ctx.tx)
    new = Buttons((Button(_("Start a pilot"), call("pilot new")),))
    if not known:
        return Reply(Message((Text(_("There is no pilot yet.")), new)))
    items: tuple[Words, ...] = tuple(
        _(
            "{name}, {week}: {problem}",
            name=each.name,
            week=cards.age(ctx, each),
            problem=each.problem,
        )
        for each in known
    )
    taps = tuple(Button(each.name, call("pilot", pilot=each.id)) for each in known[:4])
    return Reply(Message((Title(_("Pilots")), Items(items), Buttons((*taps, *new.buttons)))))


@feature.command(
    "pilot new",
    "pilot neu",
    help=_("Start a pilot: one problem, one champion."),
    submit=_("Start pilot"),
    needs="pilot",
)
def new(
    ctx: Context,
    *,
    name: Annotated[str, TextReader(long=False), Ask(_("Name"))],
    problem: Annotated[
        str, TextReader(), Ask(_("Which problem does it solve?"), _("One sentence."))
    ],
    champion: Annotated[
        Person, PersonReader(), Ask(_("Champion"), _("Who clears obstacles out of the way."))
    ],
) -> Reply:
    today = ctx.now.astimezone(ZoneInfo(ctx.workspace.zone)).date()
    pilot = Pilot(ctx.new_id(), " ".join(name.split())[:80], problem, champion.id, today)
    if not pilots.add(ctx.tx, pilot, name_key=folded(pilot.name)):
        raise Refusal(_("There is a pilot called “{name}” already.", name=pilot.name), field="name")
    return Reply(cards.card(ctx, pilot), subject=pilot.name)


@feature.command(
    "feedback",
    "feedback",
    help=_("Does a pilot relieve you? One tap."),
    needs="feedback",
    submit=_("Continue"),
)
def feedback(
    ctx: Context,
    pilot: Annotated[Pilot, PILOT, Ask(_("Pilot"), short=_("name"))],
    sentence: Annotated[str, TextReader(), Ask(_("In your words"), short=_("sentence"))] = "",
) -> Reply:
    week = calendar.week_of(ctx.now, ctx.workspace.zone)
    parts: list[Part] = []
    if sentence:
        # A random id: one in the order of time could be laid beside the audit trail.
        pilots.say(ctx.tx, id=ctx.new_secret(), pilot=pilot.id, week=week, sentence=sentence)
        parts += [Title(_("Kept without your name. Thank you.")), Text(sentence)]
    parts += [Text(_("Does “{pilot}” relieve you?", pilot=pilot.name)), Buttons(cards._taps(pilot))]
    return Reply(Message(tuple(parts)), nameless=True)


@feature.command(
    "relief", "entlastung", help=_("Does it relieve you?"), hidden=True, needs="feedback"
)
def relief(
    ctx: Context,
    pilot: Annotated[Pilot, PILOT, Ask(_("Pilot"))],
    answer: Annotated[cards.Relief, RELIEF, Ask(_("Answer"))],
) -> Reply:
    week = calendar.week_of(ctx.now, ctx.workspace.zone)
    if not pilots.answer(ctx.tx, pilot.id, week, ctx.person.id, answer):
        raise Refusal(
            _(
                "You have answered for “{pilot}” this week. Answers are kept without names, so "
                "this one cannot be changed; next week you can tap again.",
                pilot=pilot.name,
            )
        )
    return Reply(line(_("Counted, without your name. Thank you.")), nameless=True)


@feature.holds(60, "pilots.champion")
def held(ctx: Context, person: str) -> list[Held]:
    """Return the pilots that somebody is the champion of; a manager acts while they are away."""
    return [
        Held(
            each.name,
            _("Champion of the pilot"),
            partial(_give, ctx, each.id),
            acts=duty.acting(ctx, person) or duty.escalation_manager(ctx),
        )
        for each in pilots.all(ctx.tx)
        if each.champion == person
    ]


def _give(ctx: Context, pilot: str, to: str, _other: str | None) -> tuple[Post, ...]:
    pilots.set_champion(ctx.tx, pilot, to)
    return ()
