"""Where something can be looked up: an http address, or the number of a ticket."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import FieldKind
from handlers.kit.words import Link, Words, _

LONGEST = 500
ADDRESS = re.compile(r"https?://[\w.-]*\w(?::[0-9]{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
TICKET = re.compile(r"#?[A-Za-z]{0,20}[-#]?[0-9]{1,12}")


def is_address(text: str) -> bool:
    """Say whether a text is an http or https address with a host, and nothing else."""
    return len(text) <= LONGEST and ADDRESS.fullmatch(text) is not None


def is_proof(text: str) -> bool:
    """Say whether a text is an address, or a ticket's number such as `OPS-123` or `#77`."""
    return is_address(text) or TICKET.fullmatch(text) is not None


def evidence_words(evidence: str) -> Words:
    """Return an address as a link and a ticket as it is, for a sentence."""
    return (Link(evidence, evidence),) if is_address(evidence) else evidence


@dataclass(frozen=True, slots=True)
class EvidenceReader:
    """An address or a ticket; `none` are folded words that say "there is none yet", read as ""."""

    none: tuple[str, ...] = ()

    @property
    def kind(self) -> FieldKind:
        return FieldKind.TEXT

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        return (self.value(text, ctx), "") if last else None

    def value(self, raw: str, ctx: Context) -> object:
        raw = raw.strip()
        if raw.casefold().strip(" .") in self.none:
            return ""
        if is_proof(raw):
            return raw
        if self.none:
            raise Refusal(_("A link (https://…), a ticket, or “none yet”, please."))
        raise Refusal(_("A link (https://…) or a ticket such as OPS-123, please."))

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return ()
