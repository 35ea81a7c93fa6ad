"""One person in Slack and in Teams: linked by a code shown in one and typed in the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Message, Post, Reply, Text, Tone, line
from handlers.kit.people import name
from handlers.kit.readers import TextReader, folded
from handlers.kit.words import Sentence, _
from handlers.privacy.erasing import doors
from storage import people, privacy, services
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import NOBODY, PersonId
from storage.people import Person
from storage.privacy import Link

feature = Feature(_("Me"))

VALID = timedelta(minutes=10)
SHAPE = 8  # characters of a code: 32 bits, good for ten minutes and one use

CHATS = {"slack": "Slack", "teams": "Teams"}  # by how identities there begin
NOTHING = _(
    "Linked is one person in Slack with the same one in Teams. Here there is nothing to link."
)

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
    chats = _chats_of(ctx, ctx.person.id)
    if not chats:
        raise Refusal(NOTHING)
    if code:
        return _typed(ctx, code)
    if len(chats) == len(CHATS):
        raise Refusal(_("You are one person in Slack and in Teams already."))
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
    _need_two_chats(ctx, found.person, ctx.person.id)
    if not privacy.claim(ctx.tx, key, ctx.person.id):
        raise Refusal(_("This code is not valid any more. “link” shows a new one."))
    question = _(
        "{who} has typed your code in another chat. Is that you? Then both are one person "
        "from now on.",
        who=ctx.person.name,
    )
    first = people.find(ctx.tx, found.person)
    right = _right(ctx.person, first) if first is not None else None
    asked = line(
        question if right is None else _("{first} {then}", first=question, then=right),
        Button(_("Yes, that is me"), call("link yes", code=key), "primary"),
        Button(_("No"), call("link no", code=key)),
    )
    post = Post(f"link:{key[:16]}", asked, f"direct:{found.person}", ParcelKind.NOTE)
    return Reply(
        line(_("Please confirm in the other chat. Nothing changes until then.")), posts=(post,)
    )


def _need_two_chats(ctx: Context, *two: PersonId) -> None:
    """Refuse to link but one in Slack with one in Teams: two of the same chat are two people."""
    first, second = (_chats_of(ctx, each) for each in two)
    both = first & second
    for chat in CHATS:
        if chat in both:
            raise Refusal(
                _(
                    "This code was shown in {chat}, too. Linked is one person in Slack with the "
                    "same one in Teams; please type it in the other chat.",
                    chat=CHATS[chat],
                )
            )
    if not first or not second:
        raise Refusal(NOTHING)


def _chats_of(ctx: Context, person: PersonId) -> set[str]:
    """Return in which of the chats somebody is known; the local page is none of them."""
    found = people.identities_of(ctx.tx, person)
    return {each.partition(":")[0] for each in found} & CHATS.keys()


def _right(typed: Person, asked: Person) -> Sentence | None:
    """Say to whoever is asked which right goes along: a manager's, if only one of both is one."""
    if typed.manager and not asked.manager:
        return _("{who} is a manager; then you are one, too.", who=typed.name)
    if asked.manager and not typed.manager:
        return _("You are a manager; then whoever has typed the code is one, too.")
    return None


@feature.command("link yes", "verbinden ja", help=_("Yes, that is me."), hidden=True)
def yes(ctx: Context, code: Code) -> Reply:
    found = _fresh(ctx, code)
    if found.person != ctx.person.id or found.other is None:
        raise Refusal(_("This question has been answered already."))
    other = people.find(ctx.tx, found.other)
    if other is None:
        raise Refusal(_("This question has been answered already."))
    if other.restricted or ctx.person.restricted:
        raise Refusal(_("One of both is restricted. Please lift that first; “data” does it."))
    _need_two_chats(ctx, other.id, ctx.person.id)
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
    posts: tuple[Post, ...] = ()
    if other.manager:
        people.set_manager(ctx.tx, ctx.person.id)
        posts = ctx.follow(Event.MANAGERS_CHANGED, ctx.person.id)
    said = _("Both are one person now: answers, rights and alerts follow you into both chats.")
    over = Post(f"link:{code[:16]}", line(said, tone=Tone.QUIET))
    return Reply(line(said), posts=(over, *posts))


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
