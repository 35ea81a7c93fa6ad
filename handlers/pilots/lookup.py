"""Which pilot is meant: by its name, or by a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from handlers.kit import tables
from handlers.kit.commands import Ask, call
from handlers.kit.context import Context
from handlers.kit.errors import Elsewhere, Refusal
from handlers.kit.messages import Button, FieldKind
from handlers.kit.readers import after, folded
from handlers.kit.words import Words, _, some
from storage import automations, pilots
from storage.automations import Automation
from storage.engine import Tx
from storage.pilots import Pilot


def _unknown(name: str, known: list[str], *, automations: bool = False) -> Refusal:
    about = {"name": name[:80], "known": some(known, 5)}
    if not known:
        return Refusal(
            _("There is no pilot yet."),
            buttons=(Button(_("Start a pilot"), call("pilot new")),),
        )
    said = _("There is no pilot called “{name}”. There are: {known}.", **about)
    if automations:
        said = _(
            "There is no pilot and no automation called “{name}”. There are: {known}.", **about
        )
    return Refusal(said, buttons=(tables.whole("pilots"),) if len(known) > 5 else ())


@dataclass(frozen=True, slots=True)
class PilotReader:
    """A pilot: its whole name, else the longest part of it that only one has.

    `command` is what its buttons call where several fit. `automations` lets it be one of these.
    """

    command: str = "pilot"
    automations: bool = False

    @property
    def kind(self) -> FieldKind:
        return FieldKind.CHOICE

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        known = self._known(ctx)
        for each in sorted(known, key=lambda known: -len(known.name)):
            rest = after(text, each.name)
            if rest is not None:
                return each, rest
        words = text.split()
        for length in range(min(len(words), 6), 0, -1):
            said = folded(" ".join(words[:length])).rstrip(":,")
            found = [each for each in known if _fits(said, folded(each.name))]
            if len(found) == 1:
                return found[0], " ".join(text.split(maxsplit=length)[length:])
            if found:
                raise Refusal(
                    _("Which one do you mean?"),
                    buttons=tuple(
                        Button(each.name, call(self.command, pilot=each.id)) for each in found[:5]
                    ),
                )
        for automation in [] if self.automations else automations.all(ctx.tx):
            if after(text, automation.name) is not None:
                raise Elsewhere(
                    _(
                        "“{name}” is an automation, no pilot.",
                        name=automation.name,
                    ),
                    buttons=(Button(_("Show"), call("auto", automation=automation.id)),),
                )
        raise _unknown(text, [each.name for each in known], automations=self.automations)

    def all(self, tx: Tx) -> Sequence[Pilot]:
        """Return what can be named alone."""
        return pilots.all(tx)

    def _known(self, ctx: Context) -> list[Pilot | Automation]:
        return [*pilots.all(ctx.tx), *(automations.all(ctx.tx) if self.automations else [])]

    def value(self, raw: str, ctx: Context) -> object:
        for each in self._known(ctx):
            if each.id == raw or folded(each.name) == folded(raw):
                return each
        fitting = [each for each in self._known(ctx) if _fits(folded(raw), folded(each.name))]
        if len(fitting) == 1:
            return fitting[0]
        known = fitting or self._known(ctx)
        raise _unknown(raw, [each.name for each in known], automations=self.automations)

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return tuple((each.id, each.name) for each in self._known(ctx))


def _fits(said: str, name: str) -> bool:
    """Say whether words are a part of a name: its beginning, a word's, or four letters inside."""
    if len(said) < 2:
        return False
    begins = name.startswith(said) or f" {said}" in name or f"-{said}" in name
    return begins or (len(said) >= 4 and said in name)


PILOT = PilotReader()
PilotRef = Annotated[Pilot, PILOT, Ask(_("Pilot"), short=_("name"))]
