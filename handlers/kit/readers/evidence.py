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
# A project's key of two letters or more, or # alone; a bare number has three digits or more.
TICKET = re.compile(r"(?:#|#?[A-Za-z]{2,20}[-#]?)0*[1-9][0-9]{0,11}|0*[1-9][0-9]{2,11}")
SOMEWHERE = re.compile(  # a whole name of a host, or a page of one in the own network
    r"https?://(?:[\w-]+(?:\.[\w-]+)+(?::[0-9]+)?(?:[/?#]\S*)?|[\w-]{2,}(?::[0-9]+)?/[\w?#]\S*)",
    re.IGNORECASE,
)


def is_address(text: str) -> bool:
    """Say whether a text is an http or https address with a host, and nothing else."""
    return len(text) <= LONGEST and ADDRESS.fullmatch(text) is not None


def is_proof(text: str) -> bool:
    """Say whether a text is a page's address, or a ticket's number such as `OPS-123` or `#77`.

    `A-0`, `1` and `https://jira` only fill the field: nobody could look anything up there.
    """
    if is_address(text):
        return SOMEWHERE.fullmatch(text) is not None
    return TICKET.fullmatch(text) is not None


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
