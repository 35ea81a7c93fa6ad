"""Definitions: what an incident, serious and done mean here, and what is measured.

Lotse has words of its own for each, until the company writes its own. Every version stays.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from handlers import rights
from handlers.kit import commands
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Known, Setting, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title
from handlers.kit.people import NAMES_GO, NAMES_KEPT, former
from handlers.kit.people import name as name_of
from handlers.kit.readers import ChoiceReader, NumberReader
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.words import Sentence, Words, _
from storage import settings as company_words
from storage.engine.ids import PersonId
from storage.settings import Definition

feature = Feature(_("Settings"))


class Name(StrEnum):
    """What is defined."""

    INCIDENT = "incident"
    SERIOUS = "serious"
    DONE = "done"
    MEASURES = "measures"


LABELS: dict[str, Words] = {
    "incident": _("What is an incident?"),
    "serious": _("When is it serious?"),
    "done": _("When is it done?"),
    "measures": _("What is measured?"),
}
# What holds until the company says otherwise. After the article that Lotse comes from:
# "What is an incident? What is done? What is measured?"
DEFAULTS: dict[str, Sentence] = {
    "incident": _(
        "Something that people depend on does not work, or not well enough to go on working. "
        "Whoever notices it declares it; nobody has to be sure."
    ),
    "serious": _(
        "It is serious when customers notice it, or when a whole team cannot work. "
        "It is also serious when money or data are lost, or when it cannot wait "
        "until tomorrow. The consequence counts, not the cause."
    ),
    "done": _(
        "Working again is not done. Done needs the cause in one sentence with "
        "evidence, and somebody who fixes it by a date. It also needs a runbook "
        "for the next time. At the end a second person checks, or it does not come "
        "back for a while."
    ),
    "measures": _(
        "How often, how long and how often again: incidents, their duration and what came back, "
        "for each service. Nothing is measured about people."
    ),
}
MOST = 1500  # characters of one; four of them fit into one message everywhere
NAME = ChoiceReader(Name, LABELS, {})
NameRef = Annotated[Name, NAME, Ask(_("What?"))]


def text(ctx: Context, name: str) -> Words:
    """Return what a word means here: "incident", "serious", "done" or "measures"."""
    found = company_words.newest(ctx.tx, name)
    return found.words if found is not None else DEFAULTS[name]


@feature.command(
    "definitions",
    "definitionen",
    help=_("What an incident, serious, done and the measures mean here."),
    reads=True,
)
def show(ctx: Context) -> Reply:
    parts: list[Part] = []
    for each, label in LABELS.items():
        parts += [Title(label), Text(text(ctx, each))]
    buttons = tuple(
        Button(label, call("definition", name=each), "quiet") for each, label in LABELS.items()
    )
    if rights.may("settings", rights.general(ctx)):
        parts.append(Text(_("To change one, or to read earlier versions:"), small=True))
        parts.append(Buttons(buttons))
    return Reply(Message(tuple(parts)))


@feature.command(
    "definition", "definition", help=_("What a word means here."), hidden=True, reads=True
)
def one(ctx: Context, name: NameRef) -> Reply:
    kept = company_words.versions(ctx.tx, name)
    parts: list[Part] = [Title(LABELS[name]), Text(text(ctx, name))]
    if kept:
        newest = kept[0]
        parts.append(
            Text(
                _(
                    "Version {version}, {at:day}, by {who}.",
                    version=newest.version,
                    at=newest.set_at,
                    who=name_of(ctx, newest.set_by),
                ),
                small=True,
            )
        )
    if len(kept) > 1:
        earlier: tuple[Words, ...] = tuple(
            _(
                "Version {version} ({at:day}, {who}): {words}",
                version=each.version,
                at=each.set_at,
                who=name_of(ctx, each.set_by),
                words=each.words,
            )
            for each in kept[1:6]
        )
        parts += [Text(_("Earlier versions:"), small=True), Items(earlier)]
    buttons: tuple[Button, ...] = ()
    if name is Name.MEASURES:
        buttons += (Button(_("How is this computed?"), call("computed"), "quiet"),)
    if rights.may("settings", rights.general(ctx)):
        buttons += (Button(_("Change"), call("definition edit", name=name.value)),)
    if buttons:
        parts.append(Buttons(buttons))
    return Reply(Message(tuple(parts)))


@feature.command(
    "definition edit",
    "definition ändern",
    help=_("Write it in your own words."),
    hidden=True,
    reads=True,
    needs="settings",
    asks=True,
)
def edit(ctx: Context, name: NameRef) -> Reply:
    command = commands.by_name("definition save", ctx.features)
    assert command is not None
    newest = company_words.newest(ctx.tx, name)
    fixed = {"name": name.value, "seen": str(newest.version if newest else 0)}
    filled = {"words": ctx.text(text(ctx, name))}
    return Reply(form=commands.form_for(command, ctx, fixed=fixed, filled=filled))


@feature.command(
    "definition save",
    "definition speichern",
    help=_("What does it mean here?"),
    hidden=True,
    needs="settings",
)
def save(
    ctx: Context,
    name: NameRef,
    seen: Annotated[int, NumberReader(0, 999_999), Ask(_("Version"))],
    words: Annotated[str, RequiredTextReader(most=MOST), Ask(_("In your words"))],
) -> Reply:
    newest = company_words.newest(ctx.tx, name)
    if newest is not None and newest.words == words:
        return one(ctx, name)
    written = Definition(name.value, seen + 1, words, ctx.person.id, ctx.now)
    if (newest.version if newest else 0) != seen or not company_words.add(ctx.tx, written):
        raise Refusal(
            _(
                "Somebody has changed it meanwhile. Please look at the new version; your "
                "text is below."
            ),
            buttons=(Button(LABELS[name], call("definition", name=name.value)),),
            kept=words,
        )
    reply = one(ctx, name)
    return Reply(reply.message, subject=f"{name.value} {written.version}")


@feature.sets(30)
def settings(_ctx: Context) -> list[Setting]:
    """Lead to the definitions; they are too long for a line."""
    return [Setting(_("Definitions"), "", Button(_("Definitions"), call("definitions")))]


@feature.knows(
    60,
    _("Definitions"),
    {
        "definitions": ("set_by",),
    },
    replace=company_words.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        company_words.of_person(ctx.tx, person),
        {
            "definitions.set_by": _("Wrote it"),
        },
        say=lambda row: LABELS.get(row["subject"], row["subject"]),
    )


@feature.keeps(
    "definitions",
    what=_("Who wrote a definition"),
    days=NAMES_KEPT,
    then=NAMES_GO,
)
def forget_writers(ctx: Context, before: datetime) -> int:
    """Let go of their names; who decides now stays."""
    return company_words.forget_people(ctx.tx, before, former(ctx))
