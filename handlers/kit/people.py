"""Somebody in a sentence: who can be spoken to, or only told of."""

from __future__ import annotations

import re
from typing import Annotated

from handlers.kit.commands import UNASKED
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Call, Message, Reply, Text
from handlers.kit.readers import TextReader, folded
from handlers.kit.words import Sentence, Who, _
from storage import people
from storage.engine.ids import PersonId

# What follows after so many days where names stand in histories and decisions (settled: 36 months).
NAMES_KEPT = 1096
NAMES_GO = _("“former person” stands there; what was decided stays")

PLATFORMS = {"slack": "Slack", "teams": "Teams", "local": "Lotse"}  # as people call them


def person(ctx: Context, id: PersonId) -> Who | Sentence:
    """Return somebody for a sentence; who is gone stays readable, who is restricted nameless."""
    found = ctx.person_of(id)
    if found is not None and found.former:
        return _("“former person”")
    if found is not None and found.restricted:
        return _("“name not shown”")
    return Who(id, found.name if found else id)


def name(ctx: Context, id: PersonId) -> str | Sentence:
    """Return somebody's name, where they are told of and not spoken to: nobody is pinged.

    Whose name was let go of is a former person, in the language of whoever reads it.
    """
    found = person(ctx, id)
    return found.name if isinstance(found, Who) else found


def former(ctx: Context, *, other: bool = False) -> PersonId:
    """Return the id of who stands for those whose names were let go of with time.

    `other` is a second one, where two people may not be the same.
    """
    id = PersonId(f"{people.FORMER}-other") if other else people.FORMER
    return people.former(ctx.tx, ctx.new_secret(), ctx.now, id)


def traced(ctx: Context, id: PersonId) -> str:
    """Return somebody as the audit trail names them: by the key that erasing makes nobody's."""
    found = ctx.person_of(id)
    return found.person_key if found is not None else ""


def names_somebody(ctx: Context, sentence: str) -> bool:
    """Say whether a sentence names somebody of the company, also in the genitive."""
    said = set(re.findall(r"\w+", folded(sentence)))
    said |= {word.removesuffix("s") for word in said}
    names = {word for each in people.everyone(ctx.tx) for word in folded(each.name).split()}
    return bool(said & {name for name in names if len(name) > 2})


AS_IT_IS = "as_it_is"  # of a button: its text is kept although it names somebody
AsItIs = Annotated[str, TextReader(long=False), UNASKED]


def say_differently(
    ctx: Context, text: str, word: str, field: str, as_it_is: str, **fixed: str
) -> Reply | None:
    """Offer to say without a name what names somebody, before it is kept.

    None if nobody is named, or it is to stay `as_it_is`. `word` is the command that keeps it,
    `field` its value, `fixed` are its other ones.
    """
    if as_it_is or not names_somebody(ctx, text):
        return None
    said = _("It names somebody, and is not saved yet. Would you like to say it without the name?")
    again = Button(_("Say it differently"), Call("form", {"word": word, **fixed, field: text}))
    keep = Button(_("Leave it so"), Call(word, {**fixed, field: text, AS_IT_IS: "yes"}), "quiet")
    return Reply(Message((Text(text), Text(said), Buttons((again, keep)))), nameless=True)
