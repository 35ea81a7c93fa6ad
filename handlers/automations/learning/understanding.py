"""What is new is shown to everybody: who has understood it is counted, and may ask."""

from __future__ import annotations

from handlers.automations import profile
from handlers.automations.lookup import AutoRef
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text, Title, line
from handlers.kit.words import Sentence, Words, _, _n
from storage.automations import Automation, history, learning
from storage.automations.states import AutomationEvent
from storage.delivery.outbox import ParcelKind
from storage.delivery.places import PlaceRole

feature = Feature(_("Automations"))

TOLD = frozenset({"purpose", "not_for", "steps", "decision"})  # what people need to understand


def version_of(ctx: Context, automation: Automation) -> int:
    """Return how often what people need to understand has been changed."""
    entries = history.of(ctx.tx, automation.id)
    return 1 + sum(each.kind == AutomationEvent.CHANGED and each.field in TOLD for each in entries)


def show_to_all(ctx: Context, automation: Automation) -> tuple[Post, ...]:
    """Post the card that says what is live, or what has changed since."""
    return (
        Post(_key(ctx, automation), _card(ctx, automation), PlaceRole.GENERAL, ParcelKind.NOTE),
    )


def _key(ctx: Context, automation: Automation) -> str:
    return f"automation:{automation.id}:live:{version_of(ctx, automation)}"


def _card(ctx: Context, automation: Automation) -> Message:
    said = profile.field_texts(automation, history.profile(ctx.tx, automation.id))
    id = automation.id
    title = (
        _("“{name}” is in operation", name=automation.name)
        if version_of(ctx, automation) == 1
        else _("“{name}” works differently now", name=automation.name)
    )
    told: tuple[tuple[str, Words], ...] = (
        ("purpose", _("What for")),
        ("not_for", _("What not for")),
        ("decision", _("A person decides")),
    )
    parts: list[Part] = [
        Title(title),
        *(
            Text(_("{label}: {words}", label=label, words=said[field]))
            for field, label in told
            if said.get(field)
        ),
    ]
    counted = counted_words(ctx, automation)
    if counted is not None:
        parts.append(Text(counted, small=True))
    parts.append(
        Buttons(
            (
                Button(_("Understood"), call("auto understood", automation=id)),
                Button(_("Question"), call("auto question", automation=id)),
                Button(_("Look at it"), call("auto", automation=id), "quiet"),
            )
        )
    )
    return Message(tuple(parts))


def counted_words(ctx: Context, automation: Automation) -> Words | None:
    """Return how many understood what holds now, and how many asked; None while nobody did."""
    yes, asked = learning.understanding(ctx.tx, automation.id, version_of(ctx, automation))
    if not yes and not asked:
        return None
    understood: Sentence = _n("understood by {n}", "understood by {n}", yes)
    if not asked:
        return understood
    questions = _n("{n} question", "{n} questions", asked)
    return _("{understood}, {questions}", understood=understood, questions=questions)


def note_question(ctx: Context, automation: Automation) -> tuple[Post, ...]:
    """Count somebody who has a question, and let the card that everybody sees say so."""
    return _count(ctx, automation, question=True)


def _count(ctx: Context, automation: Automation, *, question: bool) -> tuple[Post, ...]:
    version = version_of(ctx, automation)
    learning.understood(ctx.tx, automation.id, version, question=question)
    if automation.live_at is None:
        return ()
    return (Post(_key(ctx, automation), _card(ctx, automation)),)


@feature.command(
    "auto understood",
    "auto verstanden",
    help=_("I have understood it."),
    hidden=True,
    needs="feedback",
)
def understood(ctx: Context, automation: AutoRef) -> Reply:
    posts = _count(ctx, automation, question=False)
    said = _("Thank you. It is counted, without your name.")
    open_card = Button(automation.name[:32], call("auto", automation=automation.id))
    return Reply(line(said, open_card), posts=posts, subject=automation.name, nameless=True)
