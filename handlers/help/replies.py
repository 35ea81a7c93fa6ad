"""What is answered to a bare call, and to what was not understood."""

from __future__ import annotations

from handlers.kit.commands import Command, Parameter, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title
from handlers.kit.readers import LONGEST, ChoiceReader
from handlers.kit.words import _


def menu(ctx: Context) -> Reply:
    """Return the private menu of a bare call."""
    return Reply(
        Message(
            (
                Title(_("What can I do for you?")),
                Buttons(
                    (
                        Button(_("Declare an incident"), call("incident"), "primary"),
                        Button(_("Note friction"), call("friction")),
                        Button(_("Give feedback"), call("feedback")),
                        Button(_("What waits for me"), call("status")),
                        Button(_("Help"), call("help"), "quiet"),
                    )
                ),
            )
        )
    )


def offer(ctx: Context, text: str, near: tuple[Command, ...]) -> Reply:
    """Offer what was not understood as an incident, and the nearest words."""
    if len(text) > LONGEST:
        raise Refusal(
            _(
                "That is {n} characters; {most} fit. Your text is below, so that nothing is lost.",
                n=len(text),
                most=LONGEST,
            ),
            kept=text,
        )
    parts: list[Part] = [Text(_("Declare this as an incident?")), Text(text)]
    if near:
        words = [each.word(ctx.language) for each in near]
        parts.append(Text(_("Similar commands: {words}.", words=words), small=True))
    declare = Button(_("Declare this as an incident"), call("incident", title=text), "primary")
    parts.append(Buttons((declare, Button(_("Help"), call("help"), "quiet"))))
    return Reply(Message(tuple(parts)))


def unfit(ctx: Context, command: Command, rest: str, parameter: Parameter | None = None) -> Refusal:
    """Return the refusal of arguments that make no sense; the text is offered as an incident.

    Where there are few choices, they are named instead.
    """
    if parameter is not None and isinstance(parameter.reader, ChoiceReader):
        values = list(parameter.reader.labels.items())
        return Refusal(
            _("Please choose:"),
            buttons=tuple(
                Button(label, call(command.name, **{parameter.name: value}))
                for value, label in values
            ),
        )
    declare = Button(_("Declare this as an incident"), call("incident", title=ctx.typed))
    return Refusal(
        _(
            "I cannot read “{rest}” here. It is typed like this: {usage}",
            rest=rest[:80],
            usage=command.usage(ctx.language),
        ),
        buttons=(declare, Button(_("Help"), call("help", word=command.name), "quiet")),
    )
