"""The few things that an edge says itself, the same on every platform."""

from __future__ import annotations

from bot.delivery.replies import DRAFT
from bot.delivery.shortcuts import FORM
from handlers.kit.messages import Button, Call, Form, Message, Text, Title, line, spoken
from handlers.kit.words import _, flat, speak

MOST_ANSWERED = 10_000


def missing(call: Call, language: str, *, typed: bool = True) -> Message:
    """Return what is said when a form could not open: with a button that opens it."""
    kept = _("Something is still missing. Your text is already in the form.")
    said = line(
        kept if typed else _("A few details are needed for that."),
        Button(_("Open the form"), call, "primary"),
    )
    return spoken(said, language, "UTC")


def filled_in(form: Form) -> bool:
    """Say whether somebody has typed something that stands in a form."""
    return (
        form.call.word == DRAFT or bool(form.call.args) or any(each.value for each in form.fields)
    )


def reopening(form: Form) -> Call:
    """Return the call that opens a form again, with what is in it already."""
    given = {each.name: each.value for each in form.fields if each.value}
    if not given or form.call.word == DRAFT:
        return form.call  # what is missing is asked for again
    return Call(FORM, {"word": form.call.word, **form.call.args, **given})


def not_stored(text: str) -> Message:
    """Return what is said when nothing could be stored; no language is known then."""
    said = _("That was not stored. Please send it again: {text}", text=text)
    return Message(tuple(Text(each) for each in (speak(said, "de"), speak(said, "en"))))


def words_of(message: Message) -> str:
    """Return a message's words as one text, for a form's error."""
    words = [flat(each.words) for each in message.parts if isinstance(each, Title | Text)]
    return " ".join(words)


def welcome(*, personal: bool) -> Message:
    """Return what Lotse says once where it comes to: what it does, and how to stop it."""
    begin = (
        _("Type “help” to see everything, or just say what does not work.")
        if personal
        else _("Mention me with “help” to see everything, or with what does not work.")
    )
    return Message(
        (
            Title(_("Hello, I am Lotse")),
            Text(
                _(
                    "I make sure that somebody looks after every incident. I also collect what "
                    "gets in the way, and notice when an automation stops running."
                )
            ),
            Text(begin),
            Text(
                _(
                    "Here I post incidents, and ask when somebody is needed. To stop that, "
                    "remove the app Lotse here."
                ),
                small=True,
            ),
        )
    )
