"""How each manager wants the digest: in the channel as everybody, directly, or only decisions."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from handlers import rights
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Known, Setting, known
from handlers.kit.messages import Button, Reply, line
from handlers.kit.readers import ChoiceReader
from handlers.kit.words import Sentence, _
from storage import digest as digests
from storage import people
from storage.digest import texts
from storage.engine import Tx
from storage.engine.ids import PersonId

feature = Feature(_("Weekly digest"))


class Way(StrEnum):
    """How somebody gets it."""

    EVERYBODY = "everybody"
    DIRECT = "direct"
    SHORT = "short"
    SELDOM = "seldom"


SAID: dict[str, Sentence] = {
    "everybody": _("in the managers' channel; where there is none, directly"),
    "direct": _("directly, all of it"),
    "short": _("directly, only what is to be decided"),
    "seldom": _("directly, all of it once a month, otherwise only what is to be decided"),
}
WAY = ChoiceReader(Way, dict(SAID), {})


@feature.command(
    "digest way",
    "wochenbericht weg",
    help=_("How I get the weekly digest."),
    submit=_("Save"),
    hidden=True,
    needs="settings",
)
def choose(ctx: Context, way: Annotated[Way, WAY, Ask(_("The weekly digest comes"))]) -> Reply:
    digests.choose(ctx.tx, ctx.person.id, None if way is Way.EVERYBODY else way)
    return Reply(line(_("You get the weekly digest {way}.", way=SAID[way])))


@feature.command(
    "digest less",
    "wochenbericht seltener",
    help=_("All of it once a month is enough for me."),
    hidden=True,
    needs="settings",
)
def less(ctx: Context) -> Reply:
    digests.choose(ctx.tx, ctx.person.id, Way.SELDOM)
    change = Button(_("Change how I get the digest"), call("digest way"))
    return Reply(line(_("You get the weekly digest {way}.", way=SAID["seldom"]), change))


@feature.sets(12)
def settings(ctx: Context) -> list[Setting]:
    """Say how the asker gets the digest."""
    if not rights.may("settings", rights.general(ctx)):
        return []
    way = digests.choices(ctx.tx).get(ctx.person.id, "everybody")
    change = Button(_("Change how I get the digest"), call("digest way"))
    return [Setting(_("I get the digest"), SAID[way], change)]


def _replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put `to` in somebody's place, also where a kept digest names them."""
    digests.replace_person(tx, person, to)
    before, after = people.find(tx, person), people.find(tx, to)
    if before is not None and after is not None and before.name != after.name:
        texts.rename(tx, before.name, after.name)


@feature.knows(56, _("Weekly digest"), {"digest_choices": ("person",)}, replace=_replace)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        digests.of_person(ctx.tx, person),
        {"digest_choices.person": _("Gets the digest otherwise than everybody")},
        say=lambda row: SAID[row["subject"]],
    )
