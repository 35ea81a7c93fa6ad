"""Messages as plain text, for the terminal and for every place that shows no more than that."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import assert_never

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
from handlers.kit.words import flat

MARKS = {Tone.ALARM: "🔴 ", Tone.ACTIVE: "🟠 ", Tone.GOOD: "🟢 ", Tone.QUIET: "", Tone.PLAIN: ""}
# Marks that turn or hide text; a name must not be able to show something else.
INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


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
                lines += [f"{flat(label)}: {flat(value)}" for label, value in rows]
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
    return MARKS[message.tone] + (visible(" · ".join(words)).strip() or "Lotse")


def visible(text: str) -> str:
    """Take out what turns or hides text."""
    return INVISIBLE.sub("", text)


def shortened(text: str, longest: int) -> str:
    """Return `text`, cut with an ellipsis where it is too long."""
    return text if len(text) <= longest else f"{text[: max(longest - 1, 0)]}…"
