"""Erasing somebody: “former person” stands in their place, in every room."""

from __future__ import annotations

import re
from collections.abc import Iterable

from handlers.incidents import keys
from handlers.incidents.cards import card
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.doors import Held, Knows
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post
from handlers.kit.removing import copies
from handlers.kit.words import _
from handlers.kit.words import text as speech
from handlers.ownership import held
from storage import incidents, people, privacy
from storage.delivery import copies as stored
from storage.engine.ids import IncidentNumber, PersonId
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
    them, mentioned = people.find(ctx.tx, person), set[IncidentNumber]()
    former = PersonId(f"former-{ctx.new_secret()[:8]}")
    people.former(ctx.tx, ctx.new_secret(), ctx.now, former)
    if them is not None:
        said = speech(_("“former person”"), ctx.workspace.language)
        copies.edit(ctx, reword(ctx, person, them.name or person, said, former))
        mentioned = _unmentioned(ctx, them.name, said) if them.name else mentioned
    privacy.forget_way_to(ctx.tx, person, former)
    for door in doors(ctx):
        door.replace(ctx.tx, person, former)
    corrections.forget_of(ctx.tx, former)
    privacy.forget_identities(ctx.tx, person)
    privacy.forget_settings(ctx.tx, person, former)
    privacy.note_erasure(ctx.tx, person, ctx.now)
    privacy.delete(ctx.tx, person)
    return cards_of(ctx, former, mentioned)


def reword(ctx: Context, person: PersonId, name: str, said: str, id: PersonId) -> list[str]:
    """Let every copy say something else: what was sent, answered, shown as a button, waits.

    `said` takes the place of somebody's name, and `id` that of the person. Returns what was sent.
    """
    finds = whole(ctx, name)

    def renamed(text: str) -> str:
        return str(id) if text == person else finds.sub(lambda _found: said, text)

    return copies.reword(ctx, (name, person), renamed)


def _unmentioned(ctx: Context, name: str, said: str) -> set[IncidentNumber]:
    """Take a name out of what others typed; return the incidents whose cards say it.

    Where somebody else has the same name, nobody knows who was meant, and it stays. What
    services, automations, pilots and goals are called stays as well: people find them by it.
    """
    if people.called(ctx.tx, name) > 1:
        return set()
    finds = whole(ctx, name)
    numbers = set(stored.numbers_saying(ctx.tx, name, SHOWN))
    for table, column, before in stored.typed_saying(ctx.tx, name):
        text = finds.sub(lambda _found: said, before)
        if text != before and not (table == "people" or column == "name"):
            stored.reword_typed(ctx.tx, table, column, before, text)
    copies.unlearn(ctx, name, said)
    return numbers


def whole(ctx: Context, name: str) -> re.Pattern[str]:
    """Return what finds a name that is no part of another word: `Luca`, `Lucas` for what is Luca's.

    Where somebody is called Lucas, it is him.
    """
    genitive = "" if people.called(ctx.tx, f"{name}s") else "s?"
    return re.compile(rf"(?<!\w){re.escape(name)}{genitive}(?!\w)")


def cards_of(
    ctx: Context, person: PersonId, others: Iterable[IncidentNumber] = ()
) -> tuple[Post, ...]:
    """Return the newest of the cards on which somebody stands, and those of `others`, as now."""
    numbers = dict.fromkeys((*privacy.incidents_of(ctx.tx, person, SHOWN), *others))
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
