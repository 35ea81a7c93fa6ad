"""Choices that know their words: one type, instead of an enum and a table beside it."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from handlers.kit.readers import ChoiceReader
from handlers.kit.words import Words


class Worded(StrEnum):
    """A choice with what people see of it: `PHONE = "phone", _("taking calls")`."""

    words: Words

    def __new__(cls, value: str, words: Words = "") -> Self:  # a look-up gives the value alone
        made = str.__new__(cls, value)
        made._value_ = value
        made.words = words
        return made

    @classmethod
    def labels(cls) -> dict[str, Words]:
        """Return the words by value, in their order."""
        return {each.value: each.words for each in cls}


def choice(of: type[Worded]) -> ChoiceReader:
    """Return what reads one of them."""
    return ChoiceReader(of, of.labels(), {})
