"""Erasing somebody: “former person” stands in their place, in every room."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.doors import Knows
from handlers.kit.words import _
from storage import privacy
from storage.engine.ids import PersonId


def doors(ctx: Context) -> list[Knows]:
    """Return the doors of every room that stores something about people, in their order."""
    found = [each for feature in ctx.features for each in feature.all_knows]
    return sorted(found, key=lambda each: each.rank)


def put_former(ctx: Context, person: PersonId) -> None:
    """Let “former person” stand everywhere in somebody's place, and delete them."""
    former = PersonId(f"former-{ctx.new_secret()[:8]}")
    privacy.add_former(ctx.tx, former, ctx.text(_("former person")), ctx.new_secret(), ctx.now)
    for door in doors(ctx):
        door.replace(ctx.tx, person, former)
    privacy.forget_identities(ctx.tx, person)
    privacy.forget_settings(ctx.tx, person)
    privacy.note_erasure(ctx.tx, person, ctx.now)
    privacy.delete(ctx.tx, person)


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
