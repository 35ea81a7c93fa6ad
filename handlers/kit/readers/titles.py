"""The title of a declaration, and the whole text below it as it was typed.

A title is one line of 120 characters at most; of a pasted mail it is the subject.
"""

from __future__ import annotations

import re

from handlers.kit.folding import blank

LONGEST = 120  # characters of a title

HEADER = re.compile(
    r"^\s*(?:von|from|gesendet|sent|datum|date|an|to|cc|betreff|subject)\s*:", re.IGNORECASE
)
SUBJECT = re.compile(r"^\s*(?:betreff|subject)\s*:\s*(?P<subject>.*)$", re.IGNORECASE)
FORWARDED = re.compile(r"^(?:(?:wg|aw|fw|fwd|re)\s*:\s*)+", re.IGNORECASE)
RULE = re.compile(
    r"^[-_\s]*(?:ursprüngliche nachricht|original message|forwarded message)?[-_\s]*$",
    re.IGNORECASE,
)
HEAD = 12  # lines in which a mail's header stands


def split(text: str) -> tuple[str, str]:
    """Return the title of a text, and the text itself if the title is not all of it."""
    text = text.strip()
    title = subject(text) or _first_line(text)
    return title, "" if title == text else text


def is_mail(text: str) -> bool:
    """Say whether a text is a pasted mail: sender and receiver stand in it."""
    lines = text.strip().split("\n")[:HEAD]
    return sum(HEADER.match(each) is not None for each in lines) >= 2


def subject(text: str) -> str:
    """Return the subject of a pasted mail, empty when the text is none or has none."""
    if not is_mail(text):
        return ""
    for each in text.split("\n")[:HEAD]:
        found = SUBJECT.match(each)
        if found:
            said = FORWARDED.sub("", found["subject"]).strip()
            return _cut(said) if not blank(said) else ""
    return ""


def _first_line(text: str) -> str:
    lines = [each.strip() for each in text.split("\n")]
    for each in lines:
        if not blank(each) and not HEADER.match(each) and not RULE.match(each):
            return _cut(each)
    return _cut(next((each for each in lines if not blank(each)), text))


def _cut(line: str) -> str:
    """Cut a line at a word, and say so."""
    if len(line) <= LONGEST:
        return line
    head = line[: LONGEST - 1]
    space = head.rfind(" ")
    return f"{head[:space] if space > LONGEST // 2 else head}…"


def with_source(text: str, link: str) -> str:
    """Return a text with the link to the message that it stands in, on a line of its own."""
    return f"{text}\n{link}" if link and link not in text else text
