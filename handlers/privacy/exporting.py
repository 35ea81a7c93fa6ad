"""All that is stored about somebody, as one structure: for a page, and for a file (art. 15, 20)."""

from __future__ import annotations

import json
from typing import Any

from handlers.kit.context import Context
from handlers.kit.doors import Knows
from handlers.kit.messages import Facts, Items, Message, Part, Text, Title
from handlers.kit.words import Sentence, Words, _, _n, flat, speak
from handlers.privacy.erasing import doors


def page(ctx: Context) -> Message:
    """Return everything as it is read: room by room, with how long it is kept."""
    parts: list[Part] = [Title(_("What is stored about you")), Facts(_head(ctx))]
    for door in doors(ctx):
        rows = door.run(ctx, ctx.person.id).rows
        if not rows:
            continue
        parts += [Title(door.title), Facts(tuple(rows))]
        kept = _retention_words(ctx, door)
        if kept:
            parts += [Text(_("How long it is kept:"), small=True), Items(tuple(kept))]
    return Message(tuple(parts))


def as_json(ctx: Context) -> str:
    """Return everything for a machine, in the words of its reader."""

    def plain(words: Words) -> str:
        return flat(speak(words, ctx.language, ctx.zone))

    me = ctx.person
    whole: dict[str, Any] = {
        "person": {
            "name": me.name,
            "language": me.language,
            "zone": me.zone,
            "kind": me.kind,
            "manager": me.manager,
            "restricted": me.restricted,
        }
    }
    for door in doors(ctx):
        rows = door.run(ctx, me.id).rows
        whole[plain(door.title)] = [
            {"what": plain(label), "value": plain(value)} for label, value in rows
        ]
    whole["kept"] = [
        {"room": plain(door.title), "kept": [plain(each) for each in _retention_words(ctx, door)]}
        for door in doors(ctx)
        if _retention_words(ctx, door)
    ]
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _head(ctx: Context) -> tuple[tuple[Words, Words], ...]:
    me = ctx.person
    return (
        (_("Name"), me.name),
        (_("Language"), me.language or _("like the company")),
        (_("Time zone"), ctx.zone),
        (_("Manager"), _("yes") if me.manager else _("no")),
        (_("Restricted"), _("yes") if me.restricted else _("no")),
    )


def _retention_words(ctx: Context, door: Knows) -> list[Sentence]:
    """Return how long the records of a room are kept, in which people stand."""
    return [
        _n(
            "{what}: {n} day, then {then}",
            "{what}: {n} days, then {then}",
            each.days,
            what=each.what,
            then=each.then,
        )
        for feature in ctx.features
        for each in feature.all_keeps
        if each.days is not None and set(each.tables) & set(door.tables)
    ]
