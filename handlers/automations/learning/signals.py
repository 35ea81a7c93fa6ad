"""What people tell about an automation with a tap: counted for it, without who told it.

Every signal ends: done, or declined with a reason. Nothing here is blame, and nothing ranks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from handlers.attention import matters
from handlers.automations import profile
from handlers.automations.learning import relief, understanding
from handlers.automations.lookup import AutoRef
from handlers.automations.rules.company import company_of
from handlers.automations.state import is_own, need_own, owner
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
    Tone,
    line,
)
from handlers.kit.people import AsItIs, say_differently
from handlers.kit.readers import TextReader
from handlers.kit.readers.required_text import ReasonReader, RequiredTextReader
from handlers.kit.worded import Worded, choice
from handlers.kit.words import Words, _
from storage import automations, pilots
from storage.automations import Automation, learning
from storage.automations.learning import Signal
from storage.automations.states import SignalKind, SignalState
from storage.engine.ids import PersonId

feature = Feature(_("Automations"))

SHOWN = 5


TOLD: dict[SignalKind, Words] = {
    SignalKind.BYPASSED: _("bypassed"),
    SignalKind.BY_HAND: _("done by hand"),
    SignalKind.QUESTION: _("question"),
    SignalKind.WRONG: _("not right"),
    SignalKind.BOUNDARY: _("boundary unclear"),
}
ASKS = (SignalKind.QUESTION, SignalKind.BOUNDARY)  # they want an answer in words


class Reason(Worded):
    """Why something was bypassed."""

    RESULT = "result", _("The result did not fit")
    SLOW = "slow", _("It takes too long")
    FIT = "fit", _("It does not know this case")
    TRUST = "trust", _("I was not sure about it")


class Fault(Worded):
    """What was not right."""

    WRONG = "wrong", _("Wrong answer")
    ORDER = "order", _("Wrong order")
    UNEVEN = "uneven", _("Inconsistent")
    UNSETTLING = "unsettling", _("Unsettling")


REASONS: dict[str, Words] = {**Reason.labels(), **Fault.labels()}
LEARNT = timedelta(days=28)


class Took(Worded):
    """About how many minutes it took; nobody has to say."""

    FIVE = "5", _("about {n} minutes", n=5)
    QUARTER = "15", _("about {n} minutes", n=15)
    HALF = "30", _("about {n} minutes", n=30)
    HOUR = "60", _("about an hour")
    TWO = "120", _("two hours or more")
    UNKNOWN = "0", _("I do not know")


Minutes = Annotated[Took, choice(Took), Ask(_("How long did it take?"), _("For the rework."))]


def on_card(automation: Automation) -> tuple[Button, ...]:
    """Return what can be told with one tap on its card."""
    id = automation.id
    return (
        Button(_("Bypassed"), call("auto bypassed", automation=id), "quiet"),
        Button(_("Done by hand"), call("auto byhand", automation=id), "quiet"),
        Button(_("Question"), call("auto question", automation=id), "quiet"),
        Button(_("Boundary unclear"), call("auto boundary", automation=id), "quiet"),
    )


@feature.command(
    "auto tell", "auto sagen", help=_("Tell something about it."), hidden=True, needs="feedback"
)
def tell(ctx: Context, automation: AutoRef) -> Reply:
    used = Button(_("Used it"), call("auto used", automation=automation.id))
    wrong = Button(_("Not right"), call("auto wrong", automation=automation.id))
    around = on_card(automation)
    first, second = (used, *around[:2]), (*around[2:], wrong)
    parts: tuple[Part, ...] = (
        Title(_("What should be known about “{name}”?", name=automation.name)),
        Text(_("Does it save you work?"), small=True),
        Buttons(relief.buttons(automation)),
        Text(_("What happened?"), small=True),
        Buttons(first),
        Buttons(second),
        Text(_("It is counted for the automation, without your name."), small=True),
    )
    return Reply(Message(parts), nameless=True)


@feature.command(
    "auto bypassed",
    "auto vorbei",
    help=_("Why was it bypassed?"),
    hidden=True,
    nameless=True,
    needs="feedback",
    submit=_("Tell"),
)
def bypassed(
    ctx: Context,
    automation: AutoRef,
    *,
    reason: Annotated[Reason, choice(Reason), Ask(_("Reason"))],
) -> Reply:
    return _keep(ctx, automation, SignalKind.BYPASSED, reason=reason.value)


@feature.command(
    "auto byhand",
    "auto vonhand",
    help=_("It was done by hand."),
    hidden=True,
    nameless=True,
    needs="feedback",
    submit=_("Tell"),
)
def by_hand(
    ctx: Context,
    automation: AutoRef,
    *,
    minutes: Minutes,
) -> Reply:
    return _keep(ctx, automation, SignalKind.BY_HAND, minutes=int(minutes) or None)


@feature.command(
    "auto wrong",
    "auto falsch",
    help=_("What was not right?"),
    hidden=True,
    nameless=True,
    needs="feedback",
    submit=_("Tell"),
)
def wrong(
    ctx: Context,
    automation: AutoRef,
    *,
    fault: Annotated[Fault, choice(Fault), Ask(_("What was not right?"))],
    minutes: Minutes = Took.UNKNOWN,
) -> Reply:
    return _keep(
        ctx, automation, SignalKind.WRONG, reason=fault.value, minutes=int(minutes) or None
    )


Words_ = Annotated[str, RequiredTextReader(most=1000), Ask(_("What would you like to know?"))]


@feature.command(
    "auto question",
    "auto frage",
    help=_("A question about it."),
    hidden=True,
    needs="feedback",
    submit=_("Ask"),
)
def question(ctx: Context, automation: AutoRef, *, words: Words_, as_it_is: AsItIs = "") -> Reply:
    offered = say_differently(
        ctx, words, "auto question", "words", as_it_is, automation=automation.id
    )
    if offered is not None:
        return offered
    return _keep(ctx, automation, SignalKind.QUESTION, words=words)


@feature.command(
    "auto boundary",
    "auto grenze",
    help=_("Where does its work end?"),
    hidden=True,
    needs="feedback",
    submit=_("Ask"),
)
def boundary(
    ctx: Context,
    automation: AutoRef,
    *,
    words: Annotated[str, RequiredTextReader(most=1000), Ask(_("What is unclear?"))],
    as_it_is: AsItIs = "",
) -> Reply:
    offered = say_differently(
        ctx, words, "auto boundary", "words", as_it_is, automation=automation.id
    )
    if offered is not None:
        return offered
    return _keep(ctx, automation, SignalKind.BOUNDARY, words=words)


def _keep(
    ctx: Context,
    automation: Automation,
    kind: SignalKind,
    *,
    reason: str = "",
    minutes: int | None = None,
    words: str = "",
) -> Reply:
    # A random id and the day alone: nothing that could be laid beside a log of who did what when.
    day = calendar.midnight(company_of(ctx).day_of(ctx.now), ctx.workspace.zone)
    told = Signal(
        id=ctx.new_secret(),
        automation=automation.id,
        at=day,
        kind=kind,
        reason=reason,
        minutes=minutes,
        words=words,
        state=SignalState.OPEN,
        answer="",
        ended_at=None,
    )
    learning.tell(ctx.tx, told)
    posts = _asks(ctx, automation, told) if kind in ASKS else ()
    decides = owner(ctx, automation)
    if kind is SignalKind.QUESTION:
        posts += understanding.note_question(ctx, automation)
    if posts and decides is not None:
        said = _("Thank you. {who} has your question, without your name.", who=decides.name)
    else:
        said = _("Thank you, that is counted, without your name.")
    return Reply(line(said), posts=posts, subject=automation.name, nameless=True)


def _key(signal: Signal) -> str:
    return f"automation:{signal.automation}:signal:{signal.id}"


def _asks(ctx: Context, automation: Automation, signal: Signal) -> tuple[Post, ...]:
    """Put a question to whoever answers for it: a person asks, so it goes at once."""
    decides = owner(ctx, automation)
    if decides is None:
        return ()
    title = (
        _("A question about “{name}”", name=automation.name)
        if signal.kind is SignalKind.QUESTION
        else _("The boundary of “{name}” is unclear", name=automation.name)
    )
    message = Message((Title(title), Text(signal.words), Buttons(_ends(signal))))
    posts = matters.ask(ctx, decides.id, _key(signal), message)
    champion = _champion(ctx, automation) if signal.kind is SignalKind.BOUNDARY else None
    if champion is not None and champion != decides.id:
        told = Message((Title(title), Text(signal.words), _look_at_it(automation)))
        posts += matters.ask(ctx, champion, f"{_key(signal)}:champion", told)
    return posts


def _look_at_it(automation: Automation) -> Buttons:
    return Buttons((Button(_("Look at it"), call("auto", automation=automation.id)),))


def _champion(ctx: Context, automation: Automation) -> PersonId | None:
    """Return the champion of the pilot that it comes from: a boundary concerns them, too."""
    found = next((each for each in pilots.all(ctx.tx) if each.automation == automation.id), None)
    return found.champion if found is not None else None


def _ends(signal: Signal) -> tuple[Button, ...]:
    answer = _("Answer") if signal.kind in ASKS else _("Done")
    return (
        Button(answer, call("auto answer", signal=signal.id), "primary"),
        Button(_("Leave it as it is"), call("auto leave", signal=signal.id)),
    )


@feature.command(
    "auto answer",
    "auto antwort",
    help=_("What was done about it, or the answer."),
    hidden=True,
    submit=_("Save"),
)
def answer(
    ctx: Context,
    signal: Annotated[str, TextReader(long=False), Ask(_("Signal"))],
    *,
    words: Annotated[str, RequiredTextReader(most=1000), Ask(_("In a sentence"))],
) -> Reply:
    return _end(ctx, signal, SignalState.DONE, words)


@feature.command(
    "auto leave", "auto lassen", help=_("It stays as it is. Why?"), hidden=True, submit=_("Save")
)
def leave(
    ctx: Context,
    signal: Annotated[str, TextReader(long=False), Ask(_("Signal"))],
    *,
    because: Annotated[str, ReasonReader(most=500), Ask(_("Because"))],
) -> Reply:
    return _end(ctx, signal, SignalState.DECLINED, because)


def _end(ctx: Context, id: str, state: SignalState, words: str) -> Reply:
    found = learning.signal(ctx.tx, id)
    automation = automations.find(ctx.tx, found.automation) if found else None
    if found is None or automation is None:
        raise Refusal(_("This question has been answered already."))
    need_own(ctx, automation)
    if not learning.end_signal(ctx.tx, id, state, words, ctx.now):
        raise Refusal(_("That has been answered already: {words}", words=found.answer))
    profile.note(ctx, automation, f"signal {state}", field=found.kind, after=words)
    said = _("Thank you. The answer stands on the card of “{name}”.", name=automation.name)
    done = Post(_key(found), line(words, tone=Tone.QUIET))
    open_card = Button(automation.name, call("auto", automation=automation.id))
    return Reply(
        line(said, open_card),
        posts=(
            done,
            *matters.settle(ctx, _key(found)),
            *matters.settle(ctx, f"{_key(found)}:champion"),
        ),
        subject=automation.name,
    )


@feature.command("auto learn", "auto lernen", help=_("What we are learning from it."), hidden=True)
def learn(ctx: Context, automation: AutoRef) -> Reply:
    open_ones = learning.open_signals(ctx.tx, automation.id)
    parts: list[Part] = [Title(_("What we are learning: “{name}”", name=automation.name))]
    counted = _counts(ctx, automation)
    if counted:
        parts += [Text(_("In the last 28 days"), small=True), Facts(counted)]
    if not open_ones:
        parts.append(Text(_("Nothing is open.")))
    for each in open_ones[:SHOWN]:
        parts.append(Text(told_words(each)))
        if is_own(ctx, automation):
            parts.append(Buttons(_ends(each)))
    if len(open_ones) > SHOWN:
        parts.append(Text(_("and {n} more", n=len(open_ones) - SHOWN), small=True))
    return Reply(Message(tuple(parts)))


def _counts(ctx: Context, automation: Automation) -> tuple[tuple[Words, Words], ...]:
    """Return how often each kind was told, in a fixed order: nothing here ranks."""
    told = learning.signals(ctx.tx, automation.id, ctx.now - LEARNT)
    rows: list[tuple[Words, Words]] = []
    for kind, label in TOLD.items():
        of = [each for each in told if each.kind is kind]
        said = [
            _("{words} {n}×", words=words, n=n)
            for reason, words in REASONS.items()
            if (n := sum(each.reason == reason for each in of))
        ]
        if of and said:
            rows.append((label, _("{n}× ({reasons})", n=len(of), reasons=said)))
        elif of:
            rows.append((label, _("{n}×", n=len(of))))
    return tuple(rows)


def told_words(signal: Signal) -> Words:
    """Return what was told as a line: a day, no hour, and nobody's name."""
    reason = REASONS.get(signal.reason, "")
    kind = TOLD[signal.kind]
    if signal.words:
        return _("{day:day} {kind}: {words}", day=signal.at, kind=kind, words=signal.words[:200])
    if reason:
        return _("{day:day} {kind}: {words}", day=signal.at, kind=kind, words=reason)
    return _("{day:day} {kind}", day=signal.at, kind=kind)
