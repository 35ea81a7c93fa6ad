"""Words that were typed by mistake: how somebody names them, and what stands there instead."""

from __future__ import annotations

from typing import Annotated

from handlers.kit.commands import Ask
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.readers import TextReader
from handlers.kit.words import _

MARK = "[…]"
LEAST = 3  # letters; fewer stand everywhere


class RemovedReader(TextReader):
    """Words as they stand somewhere, long enough not to stand everywhere."""

    def value(self, raw: str, ctx: Context) -> object:
        words = raw.strip()
        if len(words) < LEAST:
            raise Refusal(_("Three letters at least, please."))
        return words


WordsField = Annotated[
    str,
    RemovedReader(long=False),
    Ask(_("Which words?"), _("Exactly as they stand there, such as a name or a password.")),
]
