"""`data correct`: what is stored about me is wrong, and becomes right (GDPR, art. 16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from handlers.attention import matters
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Known, Task, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Message, Post, Reply, Text, line
from handlers.kit.people import name as name_of
from handlers.kit.readers import TextReader
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.words import Words, _
from handlers.privacy.erasing import cards_of, reword
from storage import people
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import PersonId
from storage.privacy import corrections
from storage.privacy.corrections import Correction

feature = Feature(_("My data"))

NAME = 80  # characters of a name
KEPT = 365  # days after the answer


def _current(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    return {"name": ctx.person.name}


def _is_name(_ctx: Context, name: str) -> None:
    if not 0 < len(" ".join(name.split())) <= NAME:
        raise Refusal(_("A name has between 1 and {most} characters.", most=NAME), field="name")


def _is_different(ctx: Context, name: str, wrong: str = "") -> None:
    if " ".join(name.split()) == ctx.person.name and not wrong.strip():
        raise Refusal(_("Nothing is different yet. Please change what is wrong."), field="name")


@feature.command(
    "data correct",
    "daten berichtigen",
    help=_("Something that is stored about me is wrong."),
    hidden=True,
    needs="own data",
    current=_current,
    checks=(_is_name, _is_different),
)
def correct(
    ctx: Context,
    *,
    name: Annotated[
        str,
        TextReader(long=False),
        Ask(_("My name"), _("As it shall stand everywhere, whatever the chat calls you.")),
    ],
    wrong: Annotated[
        str,
        TextReader(),
        Ask(
            _("What else is wrong, and what is right?"),
            _("Titles and notes you correct where they stand; the rest a manager reads."),
        ),
    ] = "",
) -> Reply:
    name = " ".join(name.split())
    done: list[Words] = []
    posts: list[Post] = []
    if name != ctx.person.name:
        posts += _rename(ctx, name)
        done.append(_("Your name is {name} from now on, also where it stood before.", name=name))
    if wrong.strip():
        posts += _question_posts(ctx, wrong.strip())
        done.append(_("The managers read what you say is wrong. You hear what came of it."))
    return Reply(Message(tuple(Text(each) for each in done)), posts=tuple(posts), subject="data")


def _rename(ctx: Context, name: str) -> tuple[Post, ...]:
    before, me = ctx.person.name, ctx.person.id
    people.correct_name(ctx.tx, me, name)
    reword(ctx, me, before, name, me)
    now = replace(ctx, person=replace(ctx.person, name=name))
    now.forget_people()
    return cards_of(now, me)


def _question_posts(ctx: Context, wrong: str) -> list[Post]:
    found = Correction(ctx.new_secret(), ctx.person.id, wrong, "")
    corrections.ask(ctx.tx, found.id, found.person, found.wrong, ctx.now)
    asked = line(
        _(
            "{who} says that this is wrong in what is stored about them: {words}",
            who=ctx.person.name,
            words=wrong,
        ),
        _answer(found),
    )
    managers = [each.id for each in people.managers(ctx.tx)]
    return [
        post
        for each in managers
        for post in matters.ask(ctx, each, f"{_key(found.id)}:{each}", asked)
    ]


def _key(id: str) -> str:
    return f"correction:{id}"


def _answer(found: Correction) -> Button:
    return Button(_("Answer"), call("data answer", correction=found.id), "primary")


@feature.command(
    "data answer",
    "daten antwort",
    help=_("What came of it that somebody's data are wrong."),
    hidden=True,
    needs="settings",
)
def answer(
    ctx: Context,
    correction: Annotated[str, TextReader(long=False), Ask(_("Number"), hidden=True)],
    *,
    words: Annotated[
        str,
        RequiredTextReader(most=1000),
        Ask(_("Answer"), _("What was corrected; or why it stays, which then is noted beside it.")),
    ],
) -> Reply:
    found = corrections.find(ctx.tx, correction)
    if found is None or not corrections.answer(ctx.tx, found.id, words, ctx.person.id, ctx.now):
        raise Refusal(_("This question has an answer by now."))
    told = line(
        _(
            "You said that this is wrong: {wrong} The answer: {words}",
            wrong=found.wrong,
            words=words,
        )
    )
    posts = [Post(f"{_key(found.id)}:answer", told, f"direct:{found.person}", ParcelKind.NOTE)]
    for each in people.managers(ctx.tx):
        posts += matters.settle(ctx, f"{_key(found.id)}:{each.id}")
    return Reply(line(_("Thank you. They read it now.")), posts=tuple(posts), subject="data")


@feature.waits(22)
def waiting(ctx: Context) -> list[Task]:
    """Return what people say is wrong, for managers; the law gives a month."""
    if not ctx.person.manager:
        return []
    return [
        Task(
            _(
                "{who} says that something is wrong: {words}",
                who=name_of(ctx, each.person),
                words=each.wrong,
            ),
            (_answer(each),),
        )
        for each in corrections.waiting(ctx.tx)
    ]


@feature.knows(
    91,
    _("What I said is wrong"),
    {"corrections": ("person", "answered_by")},
    replace=corrections.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        corrections.of_person(ctx.tx, person),
        {
            "corrections.person": _("Said that it is wrong"),
            "corrections.answered_by": _("Answered what is wrong"),
        },
    )


@feature.keeps("corrections", what=_("What people said is wrong"), days=KEPT, then=_("deleted"))
def forget_corrections(ctx: Context, before: datetime) -> int:
    """Delete what was answered long ago."""
    return corrections.forget(ctx.tx, before)
