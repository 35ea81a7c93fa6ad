"""What is answered to a bare call, and to what was not understood."""

from __future__ import annotations

from handlers.kit.arguments import Unfit
from handlers.kit.commands import Command, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Call, Message, Part, Reply, Text, Title, pieces
from handlers.kit.readers import LONGEST, ChoiceReader, TextReader, folded, titles
from handlers.kit.readers.emergencies import call_first, in_danger
from handlers.kit.words import Sentence, _

NEAR = 3  # near commands that are buttons


def menu(ctx: Context) -> Reply:
    """Return the private menu of a bare call."""
    return Reply(
        Message(
            (
                Title(_("What can I do for you?")),
                Buttons(
                    (
                        Button(_("Declare an incident"), call("incident"), "primary"),
                        Button(_("Note what is in the way"), call("friction")),
                        Button(_("Give feedback"), call("feedback")),
                        Button(_("What is waiting for me"), call("status")),
                        Button(_("Help"), call("help"), "quiet"),
                    )
                ),
            )
        )
    )


def declare_button(ctx: Context, text: str, look: str = "quiet") -> Button:
    """Return the button that declares what was typed. It can be used once."""
    offered = Call(
        "incident", {"title": titles.with_source(text, ctx.source), "offer": ctx.new_id()}
    )
    return Button(_("Declare this as an incident"), offered, look)


def offer(
    ctx: Context,
    text: str,
    near: tuple[Command, ...],
    options: tuple[Button, ...] = (),
    first: tuple[Button, ...] = (),
) -> Reply:
    """Offer what was not understood as an incident; `options` and near commands are buttons.

    What is waiting for the asker stands `first`.
    """
    if len(text) > LONGEST:
        raise Refusal(
            _(
                "That is {n} characters; {most} fit. Your text is below, so that nothing is lost.",
                n=len(text),
                most=LONGEST,
            ),
            kept=text,
        )
    parts: list[Part] = [call_first()] if in_danger(text) else []
    parts += [Text(_("Declare this as an incident?")), *(Text(each) for each in pieces(text))]
    words = tuple(
        Button(each.word(ctx.language), _with_the_rest(each, text))
        for each in near
        if each.name not in ("incident", "help")
    )
    buttons = (*options, *words)[:NEAR]
    declare = declare_button(ctx, text, "primary")
    parts.append(Buttons((*first, declare, *buttons, Button(_("Help"), call("help"), "quiet"))))
    return Reply(Message(tuple(parts)))


def _with_the_rest(command: Command, text: str) -> Call:
    """Return the call of a near command, with what stands behind its word: nothing is typed twice.

    Only where the command takes a sentence; else its form opens, or it asks.
    """
    takes = command.parameters[:1]
    if takes and isinstance(takes[0].reader, TextReader) and not command.reads:
        for words in command.words.values():
            for each in sorted(words, key=len, reverse=True):
                head, rest = text[: len(each)], text[len(each) :]
                if folded(head) == folded(each) and rest[:1].isspace() and rest.strip():
                    return call(command.name, **{takes[0].name: rest.strip()})
    return call(command.name)


def unfit(ctx: Context, outcome: Unfit) -> Refusal:
    """Return the refusal of arguments that make no sense; the text is offered as an incident.

    Where there are few choices, or near names, they are buttons.
    """
    command, parameter = outcome.command, outcome.parameter
    options = tuple(Button(label, each) for label, each in outcome.options)
    if parameter is not None and isinstance(parameter.reader, ChoiceReader):
        options = tuple(
            Button(label, call(command.name, **{parameter.name: value}))
            for value, label in parameter.reader.labels.items()
        )
    ways = outcome.reason.buttons if outcome.reason is not None else ()
    about = Button(_("Help"), call("help", word=command.name), "quiet")
    refusal = Refusal(
        _usage_words(ctx, outcome),
        buttons=(*options, *ways, declare_button(ctx, ctx.typed), about),
        kept=ctx.typed if outcome.others else None,
    )
    refusal.others = tuple((each.field or "", each.words) for each in outcome.others)
    return refusal


def _usage_words(ctx: Context, outcome: Unfit) -> Sentence:
    if outcome.reason is not None:
        return outcome.reason.words
    parameter = outcome.parameter
    if parameter is not None and isinstance(parameter.reader, ChoiceReader):
        return _("I do not know “{rest}” here. Please choose:", rest=outcome.rest[:80])
    return _(
        "I do not understand “{rest}” here. It works like this: {usage}",
        rest=outcome.rest[:80],
        usage=outcome.command.usage(ctx.language),
    )


def reserved(ctx: Context, word: str) -> Reply:
    """Say that a word is known, though nothing stands behind it in this version."""
    said = _("“{word}” comes with a later version of Lotse; it does nothing yet.", word=word)
    buttons = (Button(_("Help"), call("help")), declare_button(ctx, ctx.typed))
    return Reply(Message((Text(said), Buttons(buttons))))
