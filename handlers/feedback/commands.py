"""What people say about a pilot: a tap a week, detours, questions; never who said it."""

from __future__ import annotations

from typing import Annotated

from handlers.automations.learning.signals import Reason
from handlers.feedback import of_automations
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Items,
    Message,
    Part,
    Reply,
    Text,
    Title,
    line,
)
from handlers.kit.people import AsItIs, say_differently
from handlers.kit.readers import ChoiceReader, NumberReader, TextReader, folded
from handlers.kit.readers.required_text import ReasonReader, need_sentence
from handlers.kit.words import _
from handlers.pilots import cards, clock, editing, relief, roles
from handlers.pilots.lookup import PilotReader
from handlers.pilots.relief import REASONS, Relief, Why
from storage import pilots
from storage.automations import Automation
from storage.pilots import Pilot, answers

feature = Feature(_("Feedback"))

EITHER = Annotated[
    Pilot | Automation,
    PilotReader("feedback", automations=True),
    Ask(_("Pilot or automation"), short=_("name")),
]
ABOUT = Annotated[Pilot, PilotReader("feedback"), Ask(_("Pilot"), short=_("name"))]
RELIEF = ChoiceReader(
    Relief,
    relief.LABELS,
    {
        "relieved": ("ja", "yes", "entlastet", "relieved"),
        "partly": ("teils", "teilweise", "partly", "partially", "some"),
        "no": ("nein", "no"),
    },
)
MOST = 100  # sentences that are shown at once, the newest
TAPS = {folded(word): Relief(value) for value, said in RELIEF.words.items() for word in said}


def _says_something(_ctx: Context, pilot: Pilot | Automation, sentence: str = "") -> None:
    tapped = folded(sentence).strip(" .,!") in TAPS
    if isinstance(pilot, Pilot) and sentence and not tapped:
        need_sentence(sentence, "sentence", "feedback", pilot=pilot.id)


@feature.command(
    "feedback",
    "feedback",
    help=_("Does it save you work? One tap, for a pilot or an automation."),
    needs="feedback",
    submit=_("Continue"),
    nameless=True,
    checks=(_says_something,),
)
def feedback(
    ctx: Context,
    pilot: EITHER,
    sentence: Annotated[str, TextReader(), Ask(_("In your words"), short=_("sentence"))] = "",
    *,
    as_it_is: AsItIs = "",
) -> Reply:
    """Take a sentence, or a tap or a detour that is typed behind the name."""
    said = folded(sentence).strip(" .,!")
    if isinstance(pilot, Automation):
        return of_automations.answer(ctx, pilot, sentence, TAPS.get(said))
    if said in TAPS and (pilot.visible or relief.is_small(ctx, pilot)):
        # What is true of the answer is said before it: here it takes the tap itself.
        return Reply(Message(tuple(cards.taps(ctx, pilot))), nameless=True)
    if said in TAPS:
        return _tapped(ctx, pilot, TAPS[said])
    if said in of_automations.BYPASSED:
        return _ask_why(pilot)
    by_hand = of_automations.BY_HAND.fullmatch(said)
    if by_hand:
        return _by_hand(ctx, pilot, int(by_hand[1] or 0))
    asked = of_automations.QUESTION.match(sentence)
    if asked:
        return _asked(ctx, pilot, sentence[asked.end() :])
    parts: list[Part] = []
    if sentence:
        offered = say_differently(ctx, sentence, "feedback", "sentence", as_it_is, pilot=pilot.id)
        if offered is not None:
            return offered
        week = relief.week_of(ctx)
        answers.say(ctx.tx, id=ctx.new_secret(), pilot=pilot.id, week=week, sentence=sentence)
        when = _("It is shown when the week is over.")
        thanks = Title(_("Saved without your name. Thank you."))
        parts += [thanks, Text(sentence), Text(when, small=True)]
    return Reply(Message((*parts, *cards.taps(ctx, pilot))), nameless=True)


# --- the tap -------------------------------------------------------------------------------


@feature.command(
    "relief",
    "entlastung",
    help=_("Does it save you work?"),
    hidden=True,
    needs="feedback",
    nameless=True,
)
def tap(ctx: Context, pilot: ABOUT, answer: Annotated[Relief, RELIEF, Ask(_("Answer"))]) -> Reply:
    return _tapped(ctx, pilot, answer)


@feature.command(
    "feedback sentences",
    "feedback sätze",
    help=_("Every sentence about a pilot, of the weeks that are over."),
    hidden=True,
    reads=True,
)
def sentences(ctx: Context, pilot: ABOUT) -> Reply:
    found = answers.sentences(ctx.tx, pilot.id, MOST, relief.week_of(ctx))
    parts: list[Part] = [Title(pilot.name), Text(_("Sentences, without names:"))]
    parts.append(Items(tuple(found)) if found else Text(_("Nothing stands here.")))
    return Reply(Message(tuple(parts)), subject=pilot.name)


def _tapped(ctx: Context, pilot: Pilot, answer: Relief) -> Reply:
    found = editing.fresh(ctx, pilot)
    if not found.state.goes_on:
        raise Refusal(_("“{pilot}” does not run.", pilot=found.name))
    week = relief.open_round(ctx, found)
    answers.tap(ctx.tx, found.id, week, ctx.person.id, answer.value)
    counted = _("Counted for this week. Until Monday you can answer differently, or take it back.")
    undo = Button(_("Take it back"), call("relief undo", pilot=found.id), "quiet")
    if answer is not Relief.NO:
        return Reply(line(counted, undo), nameless=True)
    why = tuple(
        Button(label, call("relief why", pilot=found.id, reason=value))
        for value, label in REASONS.items()
    )
    parts = (Text(counted), Text(_("If you like: why not?")), Buttons(why), Buttons((undo,)))
    return Reply(Message(parts), nameless=True)


@feature.command(
    "relief why",
    "entlastung warum",
    help=_("Why does it not save work?"),
    hidden=True,
    needs="feedback",
    nameless=True,
)
def why(
    ctx: Context,
    pilot: ABOUT,
    reason: Annotated[Why, ChoiceReader(Why, REASONS, {}), Ask(_("Reason"))],
) -> Reply:
    week = relief.open_round(ctx, pilot)
    answers.tap(ctx.tx, pilot.id, week, ctx.person.id, Relief.NO.value, reason.value)
    return Reply(line(_("Thank you: {reason}.", reason=REASONS[reason])), nameless=True)


@feature.command(
    "relief undo",
    "entlastung zurück",
    help=_("Take this week's answer back."),
    hidden=True,
    needs="feedback",
    nameless=True,
)
def undo(ctx: Context, pilot: ABOUT) -> Reply:
    if not answers.take_back(ctx.tx, pilot.id, relief.week_of(ctx), ctx.person.id):
        raise Refusal(_("There is no answer of yours in this week."))
    return Reply(line(_("Taken back.")), nameless=True)


@feature.command(
    "relief later",
    "entlastung später",
    help=_("Not this week."),
    hidden=True,
    needs="feedback",
    nameless=True,
)
def skip(ctx: Context, pilot: ABOUT) -> Reply:
    return Reply(line(_("Good, not this week.")), nameless=True)


@feature.command(
    "relief mute",
    "entlastung aus",
    help=_("Do not ask me about this pilot."),
    hidden=True,
    needs="feedback",
)
def mute(ctx: Context, pilot: ABOUT) -> Reply:
    pilots.mute(ctx.tx, pilot.id, ctx.person.id)
    again = Button(_("Ask me again"), call("relief unmute", pilot=pilot.id))
    said = _("I do not ask you about “{pilot}” any more.", pilot=pilot.name)
    return Reply(line(said, again))


@feature.command(
    "relief unmute",
    "entlastung an",
    help=_("Ask me about this pilot again."),
    hidden=True,
    needs="feedback",
)
def unmute(ctx: Context, pilot: ABOUT) -> Reply:
    pilots.unmute(ctx.tx, pilot.id, ctx.person.id)
    return Reply(line(_("I ask you about “{pilot}” again.", pilot=pilot.name)))


# --- detours -------------------------------------------------------------------------------


# Buttons of before call the reasons otherwise; "it did not run" is none any more.
REASON = ChoiceReader(
    Reason,
    Reason.labels(),
    {"slow": ("slower",), "result": ("wrong",), "fit": ("special",)},
)


def _ask_why(pilot: Pilot) -> Reply:
    row = tuple(
        Button(label, call("feedback bypassed", pilot=pilot.id, reason=value))
        for value, label in Reason.labels().items()
    )
    return Reply(Message((Text(_("Why was it bypassed?")), Buttons(row))), nameless=True)


@feature.command(
    "feedback bypassed",
    "feedback umgangen",
    help=_("It was bypassed."),
    hidden=True,
    needs="feedback",
    nameless=True,
)
def bypassed(
    ctx: Context,
    pilot: ABOUT,
    reason: Annotated[Reason, REASON, Ask(_("Reason"))] | None = None,
) -> Reply:
    if reason is None:
        return _ask_why(pilot)
    answers.signal(ctx.tx, pilot.id, relief.week_of(ctx), "bypassed", reason.value)
    return Reply(line(_("Counted without your name. That is how we learn.")), nameless=True)


@feature.command(
    "feedback hand",
    "feedback von hand",
    help=_("It was done by hand."),
    hidden=True,
    needs="feedback",
    nameless=True,
)
def hand(
    ctx: Context,
    pilot: ABOUT,
    *,
    minutes: Annotated[
        int, NumberReader(0, 2000), Ask(_("Minutes"), _("About; may be empty."))
    ] = 0,
    sure: Annotated[str, TextReader(long=False), Ask(_("What was it?"), _("May be empty."))] = "",
    as_it_is: AsItIs = "",
) -> Reply:
    fixed = {"pilot": pilot.id, "minutes": str(minutes)}
    offered = say_differently(ctx, sure, "feedback hand", "sure", as_it_is, **fixed)
    if offered is not None:
        return offered
    if sure:
        week = relief.week_of(ctx)
        answers.say(ctx.tx, id=ctx.new_secret(), pilot=pilot.id, week=week, sentence=sure)
    return _by_hand(ctx, pilot, minutes)


def _by_hand(ctx: Context, pilot: Pilot, minutes: int) -> Reply:
    answers.signal(ctx.tx, pilot.id, relief.week_of(ctx), "by_hand", minutes=minutes)
    return Reply(line(_("Counted without your name. That is how we learn.")), nameless=True)


# --- questions -----------------------------------------------------------------------------


@feature.command(
    "feedback question",
    "feedback frage",
    help=_("A question about it goes to the champion, without your name."),
    hidden=True,
    needs="feedback",
    nameless=True,
)
def question(
    ctx: Context,
    pilot: ABOUT,
    *,
    words: Annotated[str, ReasonReader(most=300), Ask(_("Your question"))],
    as_it_is: AsItIs = "",
) -> Reply:
    return _asked(ctx, pilot, words, as_it_is)


def _asked(ctx: Context, pilot: Pilot, words: str, as_it_is: str = "") -> Reply:
    need_sentence(words, "words", "feedback question", pilot=pilot.id)
    offered = say_differently(ctx, words, "feedback question", "words", as_it_is, pilot=pilot.id)
    if offered is not None:
        return offered
    id = ctx.new_secret()
    answers.ask(ctx.tx, id=id, pilot=pilot.id, words=words, day=clock.current_day(ctx))
    found = editing.fresh(ctx, pilot)
    said = _("Somebody asks about “{pilot}”: {words}", pilot=found.name, words=words)
    answer = Button(_("Answer"), call("feedback answer", question=id))
    editing.tell(ctx, found, f"question {id}", said, answer, nameless=True)
    kept = _(
        "Passed on without your name. You find the answer with “pilot {pilot}”.", pilot=found.name
    )
    return Reply(line(kept), nameless=True)


@feature.command(
    "feedback answer", "feedback antworten", help=_("Answer a question about it."), hidden=True
)
def reply(
    ctx: Context,
    question: Annotated[str, TextReader(long=False), Ask(_("Which"))],
    *,
    words: Annotated[str, ReasonReader(most=500), Ask(_("Answer"))],
) -> Reply:
    found = next((each for each in answers.questions(ctx.tx) if each.id == question), None)
    pilot = pilots.find(ctx.tx, found.pilot) if found else None
    if found is None or pilot is None:
        raise Refusal(_("This question no longer exists."))
    roles.need(ctx, pilot)
    answers.reply(ctx.tx, question, words, clock.current_day(ctx))
    editing.note(ctx, pilot, "answered")
    posts = editing.settle(ctx, pilot, f"question {question}")
    said = _("Answered. It stands on the card of “{pilot}”.", pilot=pilot.name)
    return Reply(line(said), posts=posts, subject=pilot.name)
