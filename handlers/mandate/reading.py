"""Reading the mandate: who has read it is counted without names, and a question gets an answer."""

from __future__ import annotations

from typing import Annotated

from handlers.attention import matters
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post, Reply, line
from handlers.kit.readers import TextReader
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.words import _
from handlers.mandate import cards, drafting, standing
from handlers.on_call import duty
from storage.delivery.outbox import ParcelKind
from storage.delivery.places import PlaceKind
from storage.mandate import drafts, links
from storage.mandate.links import Question

feature = Feature(_("Mandate"))

Which = Annotated[str, TextReader(long=False), Ask(_("Mandate"))]
Words = Annotated[str, RequiredTextReader(most=500), Ask(_("Question"))]


@feature.command(
    "mandate read",
    "mandat gelesen",
    help=_("I have read the mandate."),
    hidden=True,
    nameless=True,
)
def read(ctx: Context, mandate: Which) -> Reply:
    found = drafts.released(ctx.tx)
    if found is None or found.id != mandate:
        raise Refusal(_("There is a newer mandate."), buttons=(Button(_("Show"), call("mandate")),))
    drafts.read(ctx.tx, found, ctx.person.id)
    posts: tuple[Post, ...] = ()
    if drafts.reads(ctx.tx, found.id) >= standing.READERS:
        posts = (Post(f"mandate:{found.id}", cards.card(ctx, aloud=True)),)
    said = _("Thank you. It is counted without your name, and shown from five people on.")
    return Reply(line(said), posts=posts, nameless=True)


@feature.command(
    "mandate post",
    "mandat zeigen",
    help=_("Show the mandate in this channel."),
    hidden=True,
    needs="mandate",
)
def post(ctx: Context) -> Reply:
    found = drafts.released(ctx.tx)
    if found is None:
        raise Refusal(_("It is not released yet."))
    if ctx.place is None or ctx.place.kind != PlaceKind.CHANNEL:
        raise Refusal(_("Please type “mandate” in the channel that it is to be shown in."))
    message = cards.card(ctx, aloud=True)
    return Reply(posts=(Post(f"mandate:{found.id}", message, ctx.place.id),))


@feature.command(
    "mandate ask", "mandat frage", help=_("A question about the mandate."), hidden=True
)
def ask(ctx: Context, *, words: Words) -> Reply:
    new = Question(ctx.new_id(), words, ctx.person.id, "", None)
    links.ask(ctx.tx, new, ctx.now)
    posts: tuple[Post, ...] = ()
    managers = [each.id for each in duty.managers(ctx) if each.id != ctx.person.id]
    for each in managers[:1]:
        told = line(
            _("{who} asks about the mandate: {words}", who=ctx.person.name, words=words),
            _answer(new),
        )
        posts = matters.ask(ctx, each, _key(new), told)
    return Reply(line(_("Thank you. The managers read your question.")), posts=posts)


def _key(question: Question) -> str:
    return f"mandate:question:{question.id}"


def _answer(question: Question) -> Button:
    return Button(_("Answer"), call("mandate answer", question=question.id), "primary")


@feature.command(
    "mandate answer",
    "mandat antwort",
    help=_("Answer a question about the mandate."),
    hidden=True,
    needs="mandate",
)
def answer(
    ctx: Context,
    question: Annotated[str, TextReader(long=False), Ask(_("Question"))],
    *,
    words: Annotated[str, RequiredTextReader(most=500), Ask(_("Answer"))],
) -> Reply:
    found = links.question(ctx.tx, question)
    if found is None or not links.answer(ctx.tx, question, words, ctx.person.id):
        raise Refusal(_("This question has an answer by now."))
    told = line(
        _(
            "You asked about the mandate: {question} {who} answers: {words}",
            question=found.words,
            who=ctx.person.name,
            words=words,
        )
    )
    posts = (
        *matters.settle(ctx, _key(found)),
        Post(f"mandate:answer:{found.id}", told, f"direct:{found.asked_by}", ParcelKind.NOTE),
    )
    return Reply(line(_("Thank you. They read it now.")), posts=posts)


@feature.waits(82)
def waiting(ctx: Context) -> list[Task]:
    """Return the mandate to be read, what waits for the IT, and the questions for managers."""
    found = drafts.released(ctx.tx)
    tasks: list[Task] = []
    if standing.valid(ctx) and found and not drafts.has_read(ctx.tx, found, ctx.person.id):
        read = Button(_("Read it"), call("mandate"))
        tasks.append(Task(_("There is a mandate to read."), (read,)))
    held = {each.key for each in matters.held_back(ctx, ctx.person.id)}  # they stand there
    draft = drafts.draft(ctx.tx)
    waits = draft is not None and draft.lead_by is not None and draft.it_by is None
    asked = draft is not None and drafting.question_key(draft) in held
    if waits and draft and not asked and draft.it_contact in duty.acts_for(ctx, ctx.person.id):
        look = Button(_("Show the draft"), call("mandate draft"), "primary")
        tasks.append(Task(_("The mandate waits for your confirmation for the IT."), (look,)))
    if ctx.person.manager:
        tasks += [
            Task(_("About the mandate: {words}", words=each.words), (_answer(each),))
            for each in links.open_questions(ctx.tx)
            if _key(each) not in held
        ]
    return tasks
