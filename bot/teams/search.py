"""What a search from the compose box of Teams finds: a line and a card for each message."""

from __future__ import annotations

from collections.abc import Sequence

from bot.teams.cards import LABEL, Json, attachment, in_dialog, inert, inert_within
from handlers.kit.folding import blank
from handlers.kit.messages import Facts, Message, Text, Title
from handlers.kit.words import flat

FACTS = 2  # how it stands, and the service


def search_results(found: Sequence[Message]) -> Json:
    """Return the answer to a search from the compose box: a line and a card for each message."""
    cards = [{**attachment(in_dialog(each)), "preview": _line(each)} for each in found]
    shown = {"type": "result", "attachmentLayout": "list", "attachments": cards}
    return {"composeExtension": shown}


def nothing_found(words: str) -> Json:
    """Return the answer to a search without results."""
    return {"composeExtension": {"type": "message", "text": inert(words)}}


def _line(message: Message) -> Json:
    """Return a message as a line among search results: its title, and its first facts or words.

    Both are plain text.
    """
    first, *rest = [
        flat(each.words)
        for each in message.parts
        if isinstance(each, Title | Text) and not blank(flat(each.words))
    ] or ["–"]
    facts = next((each.rows for each in message.parts if isinstance(each, Facts)), ())
    if facts:
        rest = [flat(value).removesuffix(".") for _label, value in facts[:FACTS]]
    content = {
        "title": inert_within(first, LABEL * 2),
        "subtitle": inert_within(" · ".join(rest), LABEL * 2) if rest else "",
    }
    return {"contentType": "application/vnd.microsoft.card.thumbnail", "content": content}
