"""Friction: one sentence about what gets in the way. Nothing is rated, nothing is solved here."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title, line
from handlers.kit.readers import ChoiceReader, TextReader, folded
from handlers.kit.words import Words, _
from storage import friction, people

feature = Feature(_("Friction"))


class Hint(StrEnum):
    """What kind of friction it is; requirements C03 to C06."""

    INTERRUPTS = "interrupts"
    UNLOVED = "unloved"
    AGAIN = "again"
    EXPERIENCE = "experience"


LABELS: dict[str, Words] = {
    "interrupts": _("keeps interrupting"),
    "unloved": _("nobody likes doing it"),
    "again": _("done over and over"),
    "experience": _("only works with experience"),
}
HINT = ChoiceReader(Hint, LABELS, {})


class Name(StrEnum):
    """Whether Lotse keeps the author, for the answer only."""

    WITH = "with"
    WITHOUT = "without"


NAME = ChoiceReader(
    Name,
    {"with": _("with my name, only for the answer"), "without": _("without my name")},
    {},
)


@feature.command(
    "friction",
    "reibung",
    help=_("Note in one sentence what gets in the way."),
    submit=_("Note it"),
    needs="friction",
)
def note(
    ctx: Context,
    sentence: Annotated[str, TextReader(), Ask(_("What gets in the way?"), short=_("sentence"))],
    *,
    hint: Annotated[Hint, HINT, Ask(_("Hint"))] | None = None,
    name: Annotated[Name, NAME, Ask(_("My name"))] = Name.WITH,
) -> Reply:
    id = ctx.new_id()
    author = ctx.person.id if name is Name.WITH else None
    friction.add(ctx.tx, id=id, sentence=sentence, hint=hint, author=author, now=ctx.now)
    parts: list[Part] = [Title(_("Noted. Thank you.")), Text(sentence)]
    if _names_somebody(ctx, sentence):
        parts.append(
            Text(
                _(
                    "It names somebody. It is about work, not about people: if you like, note it "
                    "again without the name."
                ),
                small=True,
            )
        )
    if author is not None:
        parts.append(
            Text(_("Only you see this. Lotse keeps your name to bring you an answer."), small=True)
        )
        chips = [
            Button(label, call("hint", id=id, hint=value))
            for value, label in LABELS.items()
            if hint is None
        ]
        without = Button(_("Without my name"), call("nameless", id=id), "quiet")
        parts.append(Buttons((*chips, without)))
    return Reply(Message(tuple(parts)), nameless=True)


def _names_somebody(ctx: Context, sentence: str) -> bool:
    said = set(re.findall(r"\w+", folded(sentence)))
    names = {word for each in people.everyone(ctx.tx) for word in folded(each.name).split()}
    return bool(said & {name for name in names if len(name) > 2})


ID = Annotated[str, TextReader(long=False), Ask(_("Which"))]


@feature.command("hint", "hinweis", help=_("What kind of friction it is."), hidden=True)
def add_hint(ctx: Context, id: ID, hint: Annotated[Hint, HINT, Ask(_("Hint"))]) -> Reply:
    if not friction.hint(ctx.tx, id, ctx.person.id, hint):
        raise _nameless_already()
    return Reply(line(_("Noted as: {hint}.", hint=LABELS[hint])), nameless=True)


@feature.command("nameless", "namenlos", help=_("Take my name away."), hidden=True)
def without_name(ctx: Context, id: ID) -> Reply:
    if not friction.forget_author(ctx.tx, id, ctx.person.id):
        raise _nameless_already()
    gone = _("Your name is gone. The sentence stays; an answer can reach you only in the digest.")
    return Reply(line(gone), nameless=True)


def _nameless_already() -> Refusal:
    return Refusal(_("Nobody's name is kept with this any more, so it cannot be changed."))
