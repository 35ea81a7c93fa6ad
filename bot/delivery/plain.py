"""Messages as plain text, for the terminal and for every place that shows no more than that."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from handlers.kit.folding import blank, isolated
from handlers.kit.messages import (
    Button,
    Buttons,
    Chart,
    Facts,
    Form,
    Items,
    Message,
    Text,
    Title,
    Tone,
)
from handlers.kit.words import flat, naming, shortened

MARKS = {Tone.ALARM: "🔴 ", Tone.ACTIVE: "🟠 ", Tone.GOOD: "🟢 ", Tone.QUIET: "", Tone.PLAIN: ""}


def bracketed(button: Button) -> str:
    """Write a button as `[label]`."""
    return f"[{flat(button.label)}]"


def render(message: Message, button: Callable[[Button], str] = bracketed) -> str:
    """Write a spoken message as text, one thing a line, the buttons of a row beside each other."""
    lines: list[str] = []
    for part in message.parts:
        match part:
            case Title(words) | Text(words):
                lines.append(flat(words))
            case Facts(rows):
                lines += [f"{naming(flat(label))}{flat(value)}" for label, value in rows]
            case Items(items):
                lines += [f"- {flat(item)}" for item in items]
            case Chart(alt):
                lines.append(flat(alt))
            case Buttons(buttons):
                lines.append(" ".join(button(each) for each in buttons))
            case _:
                assert_never(part)
    return "\n".join(lines)


def render_form(form: Form) -> str:
    """Write a spoken form as text: its title, `label: value` for each field, `[submit]`."""
    fields = [f"{flat(each.label)}: {each.value}".rstrip() for each in form.fields]
    return "\n".join([flat(form.title), *fields, f"[{flat(form.submit)}]"])


def form_title(form: Form, longest: int) -> str:
    """Return what stands above a spoken form, without the full stop of a sentence.

    Where there is no room for its title, that is the button's words; a single word says too
    little, such as "Save".
    """
    title, submit = (flat(each).removesuffix(".") for each in (form.title, form.submit))
    if len(title) <= longest:
        return title
    return submit if " " in submit and len(submit) <= longest else "Lotse"


def gist(message: Message) -> str:
    """Return a spoken message's title and paragraphs as one line, for notifications."""
    words = [flat(each.words) for each in message.parts if isinstance(each, Title | Text)]
    shown = " · ".join(isolated(each) for each in words)
    return MARKS[message.tone] + ("Lotse" if blank(shown) else shown.strip())


def fitted(text: str, longest: int) -> str:
    """Return a text, isolated, cut with an ellipsis where it is too long."""
    room = longest
    while len(shown := isolated(shortened(text, room))) > max(longest, 1) and room:
        room = max(room - (len(shown) - longest), 0)
    return shown
