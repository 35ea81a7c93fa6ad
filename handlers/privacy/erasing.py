"""Erasing somebody: “former person” stands in their place, in every room."""

from __future__ import annotations

import json
import re

from handlers.incidents import keys
from handlers.incidents.cards import card
from handlers.kit.commands import call
from handlers.kit.context import LOTSE, Context
from handlers.kit.doors import Held, Knows
from handlers.kit.errors import Refusal
from handlers.kit.messages import WRITER, Button, Post
from handlers.kit.removing.copies import each_text, written
from handlers.kit.words import _
from handlers.kit.words import text as speech
from handlers.ownership import held
from storage import incidents, people, privacy
from storage.delivery import copies
from storage.delivery.copies import COPIES
from storage.engine.ids import PersonId
from storage.privacy import corrections

SHOWN = 200  # cards that are brought up to date


def doors(ctx: Context) -> list[Knows]:
    """Return the doors of every room that stores something about people, in their order."""
    found = [each for feature in ctx.features for each in feature.all_knows]
    return sorted(found, key=lambda each: each.rank)


def put_former(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Let “former person” stand everywhere in somebody's place, and delete them.

    Returns the newest of the cards on which they stand, as they are now.
    """
    them = people.find(ctx.tx, person)
    former = PersonId(f"former-{ctx.new_secret()[:8]}")
    people.former(ctx.tx, ctx.new_secret(), ctx.now, former)
    if them is not None:
        said = speech(_("“former person”"), ctx.workspace.language)
        reword(ctx, person, them.name, said, former)
    privacy.forget_way_to(ctx.tx, person, former)
    for door in doors(ctx):
        door.replace(ctx.tx, person, former)
    corrections.forget_of(ctx.tx, former)
    privacy.forget_identities(ctx.tx, person)
    privacy.forget_settings(ctx.tx, person, former)
    privacy.note_erasure(ctx.tx, person, ctx.now)
    privacy.delete(ctx.tx, person)
    return cards_of(ctx, former)


def reword(ctx: Context, person: PersonId, name: str, said: str, id: PersonId) -> None:
    """Let every text that Lotse has stored say something else: sent, answered, or yet to come.

    `said` takes the place of somebody's name, and `id` that of the person. What people typed
    on the local page is theirs, and stays.
    """
    whole = re.compile(rf"(?<!\w){re.escape(name or person)}(?!\w)")

    def renamed(text: str) -> str:
        return str(id) if text == person else whole.sub(lambda _found: said, text)

    needles = sorted({json.dumps(name)[1:-1], written(name), name, str(person)} - {""})
    for where in COPIES:
        for row in copies.holding(ctx.tx, where, needles):
            if row["author"] not in ("", LOTSE.id):
                continue
            text = renamed(row["text"])
            if where.written:
                text = WRITER.encode(each_text(json.loads(row["text"]), renamed))
            if text != row["text"]:
                copies.reword(ctx.tx, where, row, text)


def cards_of(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Return the newest of the cards on which somebody stands, as they are now."""
    numbers = privacy.incidents_of(ctx.tx, person, SHOWN)
    found = [incidents.find(ctx.tx, number) for number in numbers]
    return tuple(
        Post(keys.card_key(each.number), card(ctx, each)) for each in found if each is not None
    )


def again(ctx: Context, erased: frozenset[str]) -> int:
    """Erase anew whom a copy brought back; return how many that were."""
    found = [
        each
        for each in privacy.everybody(ctx.tx)
        if privacy.erasure_of(ctx.workspace.id, each) in erased
    ]
    for each in found:
        put_former(ctx, each)
    return len(found)


def binding(ctx: Context) -> list[Held]:
    """Return what the asker has to hand over before they go."""
    return [each for each in held.by(ctx, ctx.person.id) if each.back is None]


def give_back(ctx: Context) -> tuple[Post, ...]:
    """Let what the asker has never said yes to be somebody's who has; return what is said."""
    mine = held.by(ctx, ctx.person.id)
    return tuple(
        post for each in mine if each.back is not None for post in each.give(each.back, None)
    )


def must_leave_a_manager(ctx: Context) -> None:
    """Refuse where nobody else would manage Lotse here."""
    others = [each for each in people.managers(ctx.tx) if each.id != ctx.person.id]
    if ctx.person.manager and not others:
        raise Refusal(
            _("You are the only manager. Please name somebody else first."),
            buttons=(Button(_("Add a manager"), call("settings manager")),),
        )
