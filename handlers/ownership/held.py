"""All that one person answers for, in every room: asked of the doors, told in rows."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.doors import Held, Holds
from handlers.kit.messages import Post
from handlers.kit.people import name
from handlers.kit.words import Words, _
from handlers.services.cards import some
from storage import people
from storage.engine.ids import PersonId


def doors(ctx: Context) -> list[Holds]:
    """Return the doors of every room in which people answer for something, in their order."""
    found = [each for feature in ctx.features for each in feature.all_holds]
    return sorted(found, key=lambda each: each.rank)


def by(ctx: Context, person: PersonId) -> list[Held]:
    """Return everything that somebody answers for."""
    return [held for door in doors(ctx) for held in door.held(ctx, person)]


def holders(ctx: Context) -> list[PersonId]:
    """Return everybody who answers for something, also who is not there any more, by name."""
    known = [each for each in people.all(ctx.tx) if by(ctx, each.id)]
    return [each.id for each in sorted(known, key=lambda each: each.name)]


def hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Let follow at once, in every room, what has to when somebody left."""
    return tuple(post for door in doors(ctx) for post in door.left(ctx, person))


def rows(ctx: Context, held: list[Held]) -> list[tuple[Words, Words]]:
    """Return what is held as rows, a role each, and who acts meanwhile for what."""
    roles: dict[str, tuple[Words, list[str]]] = {}
    for each in held:
        roles.setdefault(ctx.text(each.role), (each.role, []))[1].append(each.name)
    found: list[tuple[Words, Words]] = [
        (role, _("{names}", names=names)) for role, names in roles.values()
    ]
    acting: dict[PersonId, list[Held]] = {}
    for each in held:
        if each.acts is not None:
            acting.setdefault(each.acts, []).append(each)
    nobody = [each for each in held if each.gap]
    if len(acting) == 1 and not nobody:
        found.append((_("Stands in"), name(ctx, next(iter(acting)))))
    elif acting:
        each_for = [
            _("{who} ({things})", who=name(ctx, id), things=held_words(theirs))
            for id, theirs in acting.items()
        ]
        found.append((_("Stands in"), _("{names}", names=each_for)))
    if nobody:
        found.append((_("Nobody stands in"), _("{names}", names=held_words(nobody))))
    return found


def held_words(held: list[Held]) -> list[Words]:
    """Return what is held in one sentence's worth of names."""
    return some(list(dict.fromkeys(each.name for each in held)))
