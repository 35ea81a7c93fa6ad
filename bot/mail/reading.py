"""What an e-mail reports, read from its headers; pure. The body is not looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.utils import parseaddr

FAILED = re.compile(
    r"\b(fail|failed|failure|error|fehler|fehlgeschlagen|gescheitert|abgebrochen)\b", re.IGNORECASE
)
STARTED = re.compile(r"\b(start|started|begun|gestartet|begonnen|beginnt)\b", re.IGNORECASE)
# What a mail server before us found out about the sender; "none" is no proof against them.
UNPROVEN = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*(fail|softfail|permerror)\b", re.IGNORECASE)
LONGEST_SUBJECT = 1000


@dataclass(frozen=True, slots=True)
class Told:
    """What an e-mail says: how the run went, its own id, and whether its sender is allowed."""

    kind: str
    once: str | None
    is_allowed: bool


def read(raw: bytes, envelope_sender: str, allowed: Sequence[str]) -> Told:
    """Read an e-mail. Its sender is allowed if envelope and header both are of these domains.

    What a mail server before us wrote of a forged sender counts against it.
    """
    message = BytesHeaderParser().parsebytes(raw)
    _name, written = parseaddr(str(message.get("From", "")))
    found = [str(each) for each in message.get_all("Authentication-Results", [])]
    forged = any(UNPROVEN.search(each) for each in found)
    fine = all(domain_of(each) in allowed for each in (envelope_sender, written))
    id = str(message.get("Message-ID", "")).strip()
    subject = _decoded(str(message.get("Subject", ""))[:LONGEST_SUBJECT])
    return Told(kind_of(subject), id or None, fine and not forged)


def _decoded(header: str) -> str:
    """Return a header as people read it; what cannot be decoded stays as it is."""
    try:
        return str(make_header(decode_header(header)))
    except (ValueError, LookupError, MessageError):
        return header


def kind_of(subject: str) -> str:
    """Return what the words of a subject say of a run; without such words it went well."""
    if FAILED.search(subject):
        return "fail"
    return "start" if STARTED.search(subject) else "ok"


def domain_of(address: str) -> str:
    """Return the domain of an address in small letters; empty when it has none."""
    return address.rpartition("@")[2].strip().rstrip(".").lower() if "@" in address else ""


def name_of(recipient: str) -> str:
    """Return what stands for the automation: a secret or a name, also behind a plus."""
    local = recipient.rpartition("@")[0].strip().strip('"').lower()
    return local.rpartition("+")[2]
