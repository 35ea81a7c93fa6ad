"""Messages as plain text, for the terminal and for every place that shows no more than that."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from handlers.kit.messages import Button, Buttons, Facts, Form, Items, Message, Text, Title
from handlers.kit.words import flat


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
            case Buttons(buttons):
                lines.append(" ".join(button(each) for each in buttons))
            case _:
                assert_never(part)
    return "\n".join(lines)


def render_form(form: Form) -> str:
    """Write a spoken form as text: its title, `label: value` for each field, `[submit]`."""
    fields = [f"{flat(each.label)}: {each.value}".rstrip() for each in form.fields]
    return "\n".join([flat(form.title), *fields, f"[{flat(form.submit)}]"])
