"""One person in Slack and in Teams: linked by a code shown in one and typed in the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Message, Post, Reply, Text, Tone, line
from handlers.kit.people import name
from handlers.kit.readers import TextReader, folded
from handlers.kit.words import _
from handlers.privacy.erasing import doors
from storage import people, privacy, services
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import NOBODY, PersonId
from storage.privacy import Link

feature = Feature(_("Me"))

VALID = timedelta(minutes=10)
SHAPE = 8  # characters of a code: 32 bits, good for ten minutes and one use

Code = Annotated[
    str,
    TextReader(long=False),
    Ask(_("Code"), _("It is shown where you type this word alone."), short=_("code")),
]


@feature.command(
    "link",
    "verbinden",
    help=_("I am the same person in Slack and in Teams."),
)
def link(ctx: Context, code: Code = "") -> Reply:
    if code:
        return _typed(ctx, code)
    made = ctx.new_secret().replace("-", "")[:SHAPE]
    privacy.begin(ctx.tx, made, ctx.person.id, ctx.now)
    shown = f"{made[:4]}-{made[4:]}"
    return Reply(
        Message(
            (
                Text(_("Type this in the other chat, within ten minutes:")),
                Text(f"{'verbinden' if ctx.language == 'de' else 'link'} {shown}", code=True),
            )
        ),
        secret=True,
    )


def _typed(ctx: Context, code: str) -> Reply:
    key = privacy.hashed(folded(code).replace("-", "").replace(" ", ""))
    found = _fresh(ctx, key)
    if found.person == ctx.person.id:
        raise Refusal(_("This is the chat that showed the code. Please type it in the other one."))
    if not privacy.claim(ctx.tx, key, ctx.person.id):
        raise Refusal(_("This code is not valid any more. “link” shows a new one."))
    asked = line(
        _(
            "{who} has typed your code in another chat. Is that you? Then both are one person "
            "from now on.",
            who=ctx.person.name,
        ),
        Button(_("Yes, that is me"), call("link yes", code=key), "primary"),
        Button(_("No"), call("link no", code=key)),
    )
    post = Post(f"link:{key[:16]}", asked, f"direct:{found.person}", ParcelKind.NOTE)
    return Reply(
        line(_("Please confirm in the other chat. Nothing changes until then.")), posts=(post,)
    )


@feature.command("link yes", "verbinden ja", help=_("Yes, that is me."), hidden=True)
def yes(ctx: Context, code: Code) -> Reply:
    found = _fresh(ctx, code)
    if found.person != ctx.person.id or found.other is None:
        raise Refusal(_("This question has been answered already."))
    other = people.find(ctx.tx, found.other)
    if other is None:
        raise Refusal(_("This question has been answered already."))
    shared = services.shared(ctx.tx, other.id, ctx.person.id)
    if shared:
        raise Refusal(
            _(
                "You would be accountable and deputy at once for {things}. Please name another "
                "deputy there first; the code stays valid for ten minutes.",
                things=shared,
            ),
            buttons=(Button(_("Name somebody for one service"), call("service people")),),
        )
    join(ctx, found.other, ctx.person.id)
    if other.manager:
        people.set_manager(ctx.tx, ctx.person.id)
    said = _("Both are one person now: answers, rights and alerts follow you into both chats.")
    over = Post(f"link:{code[:16]}", line(said, tone=Tone.QUIET))
    return Reply(line(said), posts=(over,))


@feature.command("link no", "verbinden nein", help=_("That is not me."), hidden=True)
def no(ctx: Context, code: Code) -> Reply:
    found = _fresh(ctx, code)
    if found.person != ctx.person.id:
        raise Refusal(_("This question has been answered already."))
    privacy.end(ctx.tx, code)
    said = _("Nothing was linked. {who} stays somebody else.", who=name(ctx, found.other or NOBODY))
    return Reply(line(said), posts=(Post(f"link:{code[:16]}", line(said, tone=Tone.QUIET)),))


def join(ctx: Context, person: PersonId, to: PersonId) -> None:
    """Let two people be one: everything of `person` is `to`'s from now on."""
    for door in doors(ctx):
        door.replace(ctx.tx, person, to)
    privacy.move_identities(ctx.tx, person, to)
    privacy.forget_identities(ctx.tx, person)
    privacy.delete(ctx.tx, person)


def _fresh(ctx: Context, key: str) -> Link:
    found = privacy.find(ctx.tx, key)
    if found is None or ctx.now - found.created_at > VALID:
        raise Refusal(_("This code is not valid any more. “link” shows a new one."))
    return found
