"""What comes with a message and is not taken along: photos, voice notes, files.

They stay where they are: what is said names them and keeps the link to the message, so that
nobody thinks that they have been read, and nobody looks for them in vain.
"""

from __future__ import annotations

from dataclasses import replace

from bot.delivery.requests import Enclosed, Response
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Call, Message, Reply, Text, spoken
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


def unread(enclosed: Enclosed) -> Reply:
    """Ask for words, where somebody has sent something that cannot be read and nothing else."""
    said = _(
        "I cannot look at {what}. Please write in a sentence what does not work.",
        what=_named(enclosed),
    )
    declare = Button(_("Declare an incident"), Call("incident", {}), "primary")
    return Reply(Message((Text(said), Buttons((declare,)))))


def told(ctx: Context, enclosed: Enclosed, answer: Response) -> Response:
    """Return an answer that also says what was not taken along, and where it is."""
    if answer.message is None or not enclosed.kinds:
        return answer
    what = _named(enclosed)
    said = _("Not taken along: {what}. It stays in your message.", what=what)
    if enclosed.link:
        where = Link(ctx.text(_("your message")), enclosed.link)
        said = _("Not taken along: {what}. It stays in {message}.", what=what, message=where)
    line = spoken(Message((Text(said, small=True),)), ctx.language, ctx.zone)
    parts = (*answer.message.parts, *line.parts)
    return replace(answer, message=replace(answer.message, parts=parts))


def _named(enclosed: Enclosed) -> list[Sentence]:
    return [KINDS[each] for each in dict.fromkeys(enclosed.kinds)]
