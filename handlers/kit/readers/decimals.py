"""Numbers with a fraction, as people type them in both languages: `8`, `5,7`, `5.7`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import FieldKind
from handlers.kit.words import Words, _

NUMBER = re.compile(r"-?\d{1,9}(?:[.,]\d{1,4})?")


@dataclass(frozen=True, slots=True)
class DecimalReader:
    """A number; its value is text with a point, so that nothing is rounded on the way."""

    @property
    def kind(self) -> FieldKind:
        return FieldKind.TEXT

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        head, _space, rest = text.partition(" ")
        return (head.replace(",", "."), rest.lstrip()) if NUMBER.fullmatch(head) else None

    def value(self, raw: str, ctx: Context) -> object:
        if NUMBER.fullmatch(raw.strip()) is None:
            raise Refusal(_("A number, please, such as 8 or 5.7."))
        return raw.strip().replace(",", ".")

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return ()
