"""Help: what Lotse can do, and what to do with what it did not understand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from handlers.kit.commands import Ask, Command, Feature, Parameter, all_commands, call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Items,
    Message,
    Part,
    Reply,
    Text,
    Title,
    line,
)
from handlers.kit.readers import LONGEST, ChoiceReader, TextReader, folded
from handlers.kit.words import Words, _, _n

feature = Feature(_("Help"))

EVERYDAY = (  # commands that are told with their meaning; the others by their word alone
    "incident", "friction", "status", "who", "ack", "update", "restored", "done",
)  # fmt: skip


@feature.command(
    "help",
    "hilfe",
    help=_("What Lotse can do; with a word, how it is used."),
    reads=True,
    needs="help",
)
def guide(ctx: Context, word: Annotated[str, TextReader(long=False), Ask(_("Word"))] = "") -> Reply:
    if word:
        return Reply(_about(ctx, word))
    everyday = [each for each in _shown(ctx.features) if each.name in EVERYDAY]
    everyday.sort(key=lambda each: EVERYDAY.index(each.name))
    rows: list[tuple[Words, Words]] = [(each.usage(ctx.language), each.help) for each in everyday]
    return Reply(
        Message(
            (
                Title(_("What you can type")),
                Facts(tuple(rows)),
                Text(_("What comes up less often:")),
                Items(tuple(_more(ctx))),
                Text(_("“help service” tells more about a word. Words work in German and English. "
                       "What I do not understand I offer as an incident, so nothing typed in a "
                       "hurry is lost."), small=True),
            )
        )
    )  # fmt: skip


def _shown(features: Sequence[Feature]) -> list[Command]:
    return [each for each in all_commands(features) if not each.hidden]


def _more(ctx: Context) -> list[Words]:
    """Return the other words by chapter, and the lone ones together.

    `service new` stands with `service`.
    """
    chapters: dict[Words, list[str]] = {}
    for feature in ctx.features:
        for each in _shown((feature,)):
            if each.name not in EVERYDAY and (" " not in each.name or each.name == "hand over"):
                chapters.setdefault(feature.title, []).append(each.word(ctx.language))
    lone = [words[0] for words in chapters.values() if len(words) == 1]
    several = [(chapter, words) for chapter, words in chapters.items() if len(words) > 1]
    return [
        _("{chapter}: {words}", chapter=chapter, words=" · ".join(words))
        for chapter, words in (*several, (_("And also"), lone))
    ]


def _about(ctx: Context, word: str) -> Message:
    """Return how a command is used, with those that begin with its word."""
    for command in _shown(ctx.features):
        words = [each for both in command.words.values() for each in both]
        if folded(word) in {folded(each) for each in words}:
            return _usage(ctx, command)
    raise Refusal(
        _("There is no command “{word}”.", word=word[:80]),
        buttons=(Button(_("All commands"), call("help")),),
    )


def _usage(ctx: Context, command: Command) -> Message:
    other = "en" if ctx.language == "de" else "de"
    rows: list[tuple[Words, Words]] = [
        (_("Typed"), command.usage(ctx.language)),
        (_("Also"), ", ".join([*command.words[ctx.language][1:], *command.words[other]])),
    ]
    rows += [
        (each.usage(ctx.language), each.help)
        for each in _shown(ctx.features)
        if each.name.startswith(f"{command.name} ")
    ]
    return Message((Title(command.word(ctx.language)), Text(command.help), Facts(tuple(rows))))


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
            _("That is {n} characters; {most} fit. Your text is below, so that nothing is lost.",
              n=len(text), most=LONGEST),
            kept=text,
        )  # fmt: skip
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


@feature.command("status", "stand", help=_("What waits for you."), reads=True)
def status(ctx: Context) -> Reply:
    found = waiting(ctx)
    if not found:
        return Reply(line(_("Nothing waits for you.")))
    parts: list[Part] = [
        Title(_n("{n} thing waits for you", "{n} things wait for you", len(found)))
    ]
    for each in found[:5]:
        parts.append(Text(each.words))
        parts.append(Buttons(each.buttons))
    rest = [each.words for each in found[5:]]
    if rest:
        parts.append(Items(tuple(rest)))
    return Reply(Message(tuple(parts)))


def waiting(ctx: Context) -> list[Task]:
    """Return everything that waits for the asker, what is most urgent first."""
    doors = sorted(
        (each for feature in ctx.features for each in feature.all_waits),
        key=lambda each: each.rank,
    )
    return [task for each in doors for task in each.run(ctx)]
