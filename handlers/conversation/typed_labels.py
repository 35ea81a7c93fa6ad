"""Buttons whose label is typed: it counts as a press while the button is in the last message."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import islice

from handlers.kit.arguments import Incomplete, complete
from handlers.kit.commands import by_name
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.folding import plain
from handlers.kit.messages import WRITER, Button, Buttons, Call, Message, call_data, call_from
from handlers.kit.words import LANGUAGES, text
from storage import conversation
from storage.delivery.places import PlaceKind
from storage.engine.ids import PersonId, PlaceId

LIVE = timedelta(days=1)  # so long a button can be pressed by its label
MOST = 12  # buttons of a message that are kept

# What can be taken back, or asks before it does anything; of the rest the button is shown.
SAFE = frozenset(
    ("ack", "not me", "promise", "serious", "normal", "undo", "move", "relief", "done", "update")
    + ("restored", "same", "unlike")
)
TAPS = ("relief",)  # answers that are counted; their buttons say nothing of a person
OTHERWISE = {  # what people say for a label
    "relieved": ("relieved", "entlastet", "ja", "jo", "jap", "yes", "yep"),
    "no": ("nein", "nee", "no", "nope"),
    "partly": ("teils teils", "teilweise", "ein bisschen", "a bit"),
}

FORMER = {  # labels that buttons had before: what people have learnt stays understood
    "not me": ("not me", "nicht ich"),
    "service decline": ("not me", "nicht ich"),
    "fold": ("the same outage",),
    "close anyway": ("close it anyway", "trotzdem schliessen"),
    "checked": ("ich habe nachgesehen",),
    "problem accept": ("i own the cause", "ich uebernehme die ursache"),
    "service retire": ("not used any more", "nicht mehr gebraucht"),
    "problem override": ("override the ban", "sperre aussetzen"),
    "change override": ("override", "ausnahme machen"),
    "change cancel": ("cancel the change", "aenderung streichen"),
}


def remember(
    ctx: Context,
    message: Message | None,
    person: PersonId,
    place: PlaceId,
    *,
    nameless: bool = False,
) -> None:
    """Keep which buttons stand in the last message to somebody, under their labels.

    `place` is empty for the person's own direct place. Of a `nameless` answer nothing is kept
    that could name what it was about: only the taps that everybody is offered.
    """
    buttons = (
        each
        for part in (message.parts if message is not None else ())
        if isinstance(part, Buttons)
        for each in part.buttons
        if not nameless or each.call.word in TAPS
    )
    found = [
        {"labels": [text(each.label, language) for language in LANGUAGES]} | call_data(each.call)
        for each in islice(buttons, MOST)
    ]
    if nameless and not found:  # not even when it was
        conversation.drop(ctx.tx, person)
        return
    kept = WRITER.encode(found) if found else ""
    conversation.keep(ctx.tx, person, place, kept, ctx.now)


def live(ctx: Context) -> list[tuple[tuple[str, ...], Call]]:
    """Return the labels and calls of the buttons in the last message to the asker, here."""
    shown = conversation.last(ctx.tx, ctx.person.id)
    if shown is None or not shown.buttons or shown.at < ctx.now - LIVE:
        return []
    place = ctx.place
    here = place.id if place is not None and place.kind != PlaceKind.DIRECT else ""
    if shown.place != here:
        return []
    return [(tuple(each["labels"]), call_from(each)) for each in json.loads(shown.buttons)]


def button_call(ctx: Context, line: str) -> Call | None:
    """Return the call of the live button that a line names by its whole label."""
    said = plain(line)
    if not said:
        return None
    for labels, call in live(ctx):
        also = OTHERWISE.get(call.args.get("answer", ""), ()) + FORMER.get(call.word, ())
        if said in {plain(each) for each in labels} or said in also:
            return call
    return None


def may_press(ctx: Context, call: Call) -> bool:
    """Say whether words may press it: it can be taken back, only reads, or opens a form first."""
    command = by_name(call.word, ctx.features)
    if command is None:
        return False
    if command.reads or call.word in SAFE:
        return True
    try:
        return isinstance(complete(command, call.args, ctx), Incomplete)
    except Refusal:
        return True  # it says itself why not


def shown_again(ctx: Context, call: Call) -> Button | None:
    """Return the live button itself, to be pressed."""
    for labels, each in live(ctx):
        if each == call:
            return Button(labels[LANGUAGES.index(ctx.language)], call, "primary")
    return None
