"""The words of feedback behind the name of an automation: its own room counts and answers them."""

from __future__ import annotations

import re

from handlers.automations.learning import relief, signals
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Message, Reply, Text
from handlers.kit.readers import folded
from handlers.kit.words import _
from storage.automations import Automation

BYPASSED = ("umgangen", "bypassed")
BY_HAND = re.compile(r"(?:von hand|by hand|manuell)(?: (\d{1,4})(?: ?min\w*)?)?")
QUESTION = re.compile(r"(?:frage|question)\s*:?\s+(?=\S)", re.IGNORECASE)


def answer(ctx: Context, automation: Automation, sentence: str, tapped: str | None) -> Reply:
    """Take what is typed behind an automation's name; else offer what can be told of it."""
    if tapped is not None:
        return relief.tap(ctx, automation, relief.Relief(tapped))
    said = folded(sentence).strip(" .,!")
    if said in BYPASSED:
        row = tuple(
            Button(each.words, call("auto bypassed", automation=automation.id, reason=each.value))
            for each in signals.Reason
        )
        return Reply(Message((Text(_("Why was it bypassed?")), Buttons(row))), nameless=True)
    by_hand = BY_HAND.fullmatch(said)
    if by_hand:
        return signals.by_hand(ctx, automation, minutes=_nearest(int(by_hand[1] or 0)))
    asked = QUESTION.match(sentence)
    if asked:
        return signals.question(ctx, automation, words=sentence[asked.end() :])
    offered = signals.tell(ctx, automation)
    if not sentence or offered.message is None:
        return offered
    kept = Text(_("A sentence alone is not kept here. As a question it reaches who answers."))
    ask = Button(_("Ask it"), call("auto question", automation=automation.id, words=sentence))
    return Reply(Message((*offered.message.parts, kept, Buttons((ask,)))), nameless=True)


def _nearest(minutes: int) -> signals.Took:
    """Return the step that is nearest to some minutes; none where nobody said how many."""
    known = [each for each in signals.Took if each is not signals.Took.UNKNOWN]
    if not minutes:
        return signals.Took.UNKNOWN
    return min(known, key=lambda each: (abs(int(each) - minutes), int(each)))
