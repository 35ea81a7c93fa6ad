"""Help: what Lotse can do, and what to do with what it did not understand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from handlers.help import waiting as help_waiting
from handlers.kit.commands import Ask, Command, Feature, all_commands, call, vocabulary
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    FieldKind,
    Items,
    Message,
    Part,
    Reply,
    Text,
    Title,
    line,
)
from handlers.kit.readers import NumberReader, folded
from handlers.kit.tables import within
from handlers.kit.words import Words, _, _n

SHOWN = 5  # things on one page of what waits

feature = Feature(_("Help"))

EVERYDAY = (  # commands that are told with their meaning; the others by their word alone
    "incident", "friction", "status", "who", "ack", "update", "restored", "done",
)  # fmt: skip


class WordReader:
    """A command's word, in either language; a sentence is none."""

    kind = FieldKind.TEXT

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        return (text, "") if folded(text) in vocabulary(ctx.features) else None

    def missing(self, text: str, ctx: Context) -> Refusal:
        """Return what is said of a word that no command has."""
        return _no_command(text)

    def value(self, raw: str, ctx: Context) -> object:
        return raw.strip()

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return ()


WORD = WordReader()


@feature.command(
    "help",
    "hilfe",
    help=_("What Lotse can do; with a word, how it is used."),
    reads=True,
    needs="help",
)
def guide(ctx: Context, word: Annotated[str, WORD, Ask(_("Word"))] = "") -> Reply:
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
                Text(
                    _(
                        "“help service” tells more about a word. German and English both work. "
                        "What I do not understand I offer as an incident, so nothing is lost."
                    ),
                    small=True,
                ),
            )
        )
    )


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
    raise _no_command(word)


def _no_command(word: str) -> Refusal:
    return Refusal(
        _("There is no command “{word}”.", word=word[:80]),
        buttons=(Button(_("All commands"), call("help")),),
    )


def _usage(ctx: Context, command: Command) -> Message:
    rows: list[tuple[Words, Words]] = [(_("Typed"), command.usage(ctx.language))]
    others = _other_names(command, ctx.language)
    if others:
        rows.append((_("Also"), ", ".join(others)))
    rows += [
        (each.usage(ctx.language), each.help)
        for each in _shown(ctx.features)
        if each.name.startswith(f"{command.name} ")
    ]
    return Message((Title(command.word(ctx.language)), Text(command.help), Facts(tuple(rows))))


def _other_names(command: Command, language: str) -> list[str]:
    """Return what else a command is called, in both languages; not what heads its page."""
    other = "en" if language == "de" else "de"
    named = dict.fromkeys((*command.words[language], *command.words[other]))
    return [each for each in named if each != command.word(language)]


@feature.command("status", "stand", help=_("What is waiting for you."), reads=True)
def status(
    ctx: Context,
    page: Annotated[int, NumberReader(1, 1000), Ask(_("Page"))] = 1,
) -> Reply:
    found = help_waiting.waiting(ctx)
    page = within(page, len(found), SHOWN)
    area = (Button(_("The whole area"), call("lists")),) if ctx.person.manager else ()
    first = (page - 1) * SHOWN
    if not found[first:]:
        return Reply(line(_("Nothing is waiting for you right now."), *area))
    parts: list[Part] = [
        Title(_n("{n} thing is waiting for you", "{n} things are waiting for you", len(found)))
    ]
    for each in found[first : first + SHOWN]:
        parts.append(Text(each.words))
        if each.buttons:
            parts.append(Buttons(each.buttons))
    rest = len(found) - first - SHOWN
    more = _n("Show {n} more", "Show {n} more", rest)
    on = (Button(more, call("status", page=page + 1)),) if rest > 0 else ()
    if on or area:
        parts.append(Buttons((*on, *area)))
    return Reply(Message(tuple(parts)))
