"""Readers for what has to say something: no placeholders, and links that lead somewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.readers import LONGEST, TextReader
from handlers.kit.readers.placeholders import is_placeholder
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
