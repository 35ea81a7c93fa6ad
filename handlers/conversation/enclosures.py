"""What comes with a message and is not taken along: photos, voice notes, files.

They stay where they are: what is said names them and keeps the link to the message, so that
nobody thinks that they have been read, and nobody looks for them in vain.
"""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Call, Message, Reply, Text
from handlers.kit.words import Link, Sentence, _

KINDS = {
    "photo": _("a photo"),
    "video": _("a video"),
    "voice": _("a voice note"),
    "file": _("a file"),
}


def kind_of(media: str) -> str:
    """Return what people call something of a media type."""
    main = media.partition("/")[0].casefold()
    return {"image": "photo", "audio": "voice", "video": "video"}.get(main, "file")


def unread(kinds: Sequence[str]) -> Reply:
    """Ask for words, where somebody has sent something that cannot be read and nothing else."""
    said = _(
        "I cannot look at {what}. Please write in a sentence what does not work.",
        what=_names(kinds),
    )
    declare = Button(_("Declare an incident"), Call("incident", {}), "primary")
    return Reply(Message((Text(said), Buttons((declare,)))))


def not_taken_line(ctx: Context, kinds: Sequence[str]) -> Text:
    """Return the line that says what was not taken along, and where it is."""
    what = _names(kinds)
    if not ctx.source:
        return Text(_("Not taken along: {what}. It stays in your message.", what=what), small=True)
    where = Link(ctx.text(_("your message")), ctx.source)
    said = _("Not taken along: {what}. It stays in {message}.", what=what, message=where)
    return Text(said, small=True)


def _names(kinds: Sequence[str]) -> list[Sentence]:
    return [KINDS[each] for each in dict.fromkeys(kinds)]
