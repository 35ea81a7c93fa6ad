"""A line that ends with a question mark: it asks how something stands, and changes nothing.

So "behoben?" restores nothing, and an alarm that is answered with "ja?" goes on. What the words
would have done without the mark stands beside the answer, as a button. What is declared, and
texts that are kept as they were typed, may end as they like.
"""

from __future__ import annotations

import re

from handlers.conversation import answers
from handlers.conversation.asked import about
from handlers.help import replies as help_replies
from handlers.incidents import channels as incident_channels
from handlers.incidents.cards import headline, standing
from handlers.incidents.lookup import find
from handlers.kit.arguments import Incomplete, Parsed, complete
from handlers.kit.commands import Command, by_name
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.folding import folded
from handlers.kit.messages import Button, Buttons, Call, Message, Part, Reply, Text, line
from handlers.kit.readers import TextReader
from handlers.kit.words import Words, _, shortened
from storage.engine.ids import IncidentNumber
from storage.incidents import Incident
from storage.incidents.states import IncidentState

ENDS = re.compile(r"\?[\s.!…\"'“”»«)\U0001f300-\U0001faff\ufe0f]*$")
DECLARES = "incident"
OF_INCIDENTS = ("ack", "restored", "update", "undo", "not me", "serious", "normal", "done")
LABELS: dict[str, Words] = {
    "ack": _("I'll look after it"),
    "restored": _("It works again"),
    "update": _("Yes, an update"),
    "undo": _("Undo"),
    "serious": _("It is serious"),
}


def asks(said: str) -> bool:
    """Say whether a line ends with a question mark, whatever closes it behind that."""
    return ENDS.search(folded(said)) is not None


def only_asked(parsed: Parsed) -> Call | None:
    """Return what a command would do that is only asked about; None where it is meant."""
    command = parsed.command
    if command.reads or command.name == DECLARES:
        return None
    own_words = any(
        isinstance(each.reader, TextReader) and asks(str(parsed.values.get(each.name, "")))
        for each in command.parameters
    )
    if own_words and command.name not in OF_INCIDENTS:
        return None
    return Call(command.name, dict(parsed.raw))


def would_change(ctx: Context, pressed: Call) -> bool:
    """Say whether a press does something at once: it neither reads nor opens a form first."""
    command = by_name(pressed.word, ctx.features)
    if command is None or command.reads or command.name == DECLARES:
        return False
    try:
        return not isinstance(complete(command, pressed.args, ctx), Incomplete)
    except Refusal:
        return False  # it says itself why not


def answer(ctx: Context, asked: Call, button: Button | None = None) -> Reply:
    """Return how it stands, with what the words would have done as a button."""
    command = by_name(asked.word, ctx.features)
    assert command is not None, "what is asked about was read as a command"
    about_one = asked.word in OF_INCIDENTS
    found = _meant(ctx, asked) if about_one else ()
    if len(found) > 1:
        return answers.ask_which(found, asked.word, help_replies.declare_button(ctx, ctx.typed))
    if about_one and not found:
        return answers.nothing(ctx)
    if not about_one:
        said = _("Nothing has changed.")
        return Reply(line(said, button or Button(_label(ctx, command), asked, "primary"),
                          help_replies.declare_button(ctx, ctx.typed)))  # fmt: skip
    return Reply(_stands(ctx, found[0], button or _button(ctx, command, asked, found[0])))


def _meant(ctx: Context, asked: Call) -> tuple[Incident, ...]:
    """Return the incident that is named, or of this channel, or what the asker has to do with."""
    named = re.sub(r"\D", "", asked.args.get("number", ""))
    number = IncidentNumber(int(named)) if named else incident_channels.about(ctx)
    if number is not None:
        return (find(ctx, number),)
    near = about(ctx)
    return (near.asked if asked.word == "ack" else ()) or near.open or near.restored[:1]


def _button(ctx: Context, command: Command, asked: Call, incident: Incident) -> Button:
    args = {**asked.args, "number": str(incident.number)}
    return Button(_label(ctx, command), Call(asked.word, args), "primary")


def _label(ctx: Context, command: Command) -> Words:
    return LABELS.get(command.name, command.word(ctx.language))


def _stands(ctx: Context, incident: Incident, button: Button) -> Message:
    over = button.call.word != "undo" and incident.state != IncidentState.OPEN
    parts: list[Part] = [
        Text(shortened(headline(incident))),
        Text(standing(ctx, incident, pings=False)),
        Buttons(
            (
                *(() if over else (button,)),
                Button(_("Open it"), Call("show", {"number": str(incident.number)}), "quiet"),
                help_replies.declare_button(ctx, ctx.typed),
            )
        ),
    ]
    return Message(tuple(parts))
