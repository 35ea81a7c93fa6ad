"""Readers for what has to say something: no placeholders, and links that lead somewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Call
from handlers.kit.readers import LONGEST, TextReader
from handlers.kit.readers.placeholders import is_placeholder, says_nothing
from handlers.kit.words import _

# A scheme, a host without a user before it, perhaps a port and the rest.
LINK = re.compile(r"https?://[^\s/?#@:\[\]]+(:\d{1,5})?([/?#]\S*)?", re.IGNORECASE)
LONGEST_LINK = 1000  # characters


@dataclass(frozen=True, slots=True)
class RequiredTextReader(TextReader):
    """Text exactly as typed, unless it is a placeholder. `most` are the characters that fit."""

    most: int = LONGEST

    def value(self, raw: str, ctx: Context) -> object:
        text = TextReader.value(self, raw, ctx)
        if len(raw.strip()) > self.most:
            raise Refusal(
                _("That is {n} characters; {most} fit here.", n=len(raw.strip()), most=self.most)
            )
        if is_placeholder(raw):
            raise Refusal(
                _(
                    "“{text}” is not enough here. Please write a sentence, or leave it empty.",
                    text=raw.strip()[:80],
                )
            )
        return text


def need_sentence(text: str, field: str, word: str = "", **fixed: str) -> None:
    """Refuse a text without a word that says something; `word` is the command whose form to open.

    Not a reader's matter: what is typed behind a command's name is no other command because of it.
    """
    if not says_nothing(text):
        return
    again = Button(_("Write a sentence"), Call("form", {"word": word, **fixed, field: text}))
    raise Refusal(
        _("“{text}” says nothing yet. Please write a sentence.", text=text.strip()[:80]),
        field=field,
        buttons=(again,) if word else (),
    )


@dataclass(frozen=True, slots=True)
class ReasonReader(RequiredTextReader):
    """Why something was decided: a sentence, and no placeholder."""

    def value(self, raw: str, ctx: Context) -> object:
        text = RequiredTextReader.value(self, raw, ctx)
        need_sentence(raw, "")
        return text


@dataclass(frozen=True, slots=True)
class TitleReader(TextReader):
    """A title in one line, exactly as typed; a placeholder is none."""

    long: bool = False

    def value(self, raw: str, ctx: Context) -> object:
        text = TextReader.value(self, raw, ctx)
        if is_placeholder(raw):
            raise Refusal(
                _("“{text}” is only a placeholder. What is it about?", text=raw.strip()[:80])
            )
        return text


@dataclass(frozen=True, slots=True)
class LinkReader(TextReader):
    """An address that begins with https:// or http://. What is a gap is left empty."""

    long: bool = False

    def value(self, raw: str, ctx: Context) -> object:
        text = raw.strip()
        if LINK.fullmatch(text) is None or len(text) > LONGEST_LINK:
            raise Refusal(
                _(
                    "“{text}” is no link; links begin with https://. If there is none yet, "
                    "leave it empty.",
                    text=text[:80],
                ),
            )
        return TextReader.value(self, raw, ctx)
