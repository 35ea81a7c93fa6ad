"""Services: what people depend on, how one is found in words, and the net under all."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from handlers.kit.commands import Ask, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button
from handlers.kit.readers import NameReader, folded
from handlers.kit.words import _
from handlers.on_call import duty
from handlers.similarity import SAID, said_share
from storage import services
from storage.engine.ids import ServiceId
from storage.services import Service


def nearest(name: str, known: Sequence[str], most: int = 3) -> list[str]:
    """Return the names that are most like one: those that begin with it first, then by words."""
    head = folded(name)
    close = difflib.get_close_matches(head, [folded(each) for each in known], n=most, cutoff=0.6)
    worth = {each: _worth(head, folded(each), said_share(name, each), close) for each in known}
    found = [each for each in known if worth[each] > 0]
    return sorted(found, key=lambda each: -worth[each])[:most]


def _worth(head: str, name: str, share: float, close: list[str]) -> float:
    if not head:
        return 0.0
    if name.startswith(head):
        return 3.0
    if any(word.startswith(head) for word in name.split()):
        return 2.0
    return max(share if share >= SAID else 0.0, 0.6 if name in close else 0.0)


def _unknown(name: str, known: list[str]) -> Refusal:
    near = nearest(name, known)
    if near:
        return Refusal(
            _("There is no service called “{name}”. Similar: {near}.", name=name[:80], near=near)
        )
    return Refusal(
        _("There is no service called “{name}”.", name=name[:80]),
        buttons=(Button(_("All services"), call("service")),),
    )


@dataclass(frozen=True, slots=True)
class LenientReader(NameReader):
    """A service by its name or the beginning of it; None where nothing fits.

    Whatever stands in the field, it never refuses a declaration.
    """

    def value(self, raw: str, ctx: Context) -> object:
        known, said = self.all(ctx.tx), folded(raw)
        whole = [each for each in known if said in (each.id, folded(each.name))]
        begun = [each for each in known if folded(each.name).startswith(said)]
        return next((found[0] for found in (whole, begun) if len(found) == 1), None)


@dataclass(frozen=True, slots=True)
class AnyReader(NameReader):
    """A service by its name, also one that is retired: its card leads back into use."""

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        found = NameReader.take(self, text, ctx, last=last)
        if found is not None and not found[1]:
            return found
        whole = self._retired(text, ctx)
        return (whole, "") if whole is not None else found

    def value(self, raw: str, ctx: Context) -> object:
        found = services.find(ctx.tx, raw)
        if found is None and services.named(ctx.tx, folded(raw)) is None:
            found = self._retired(raw, ctx)
        return found if found is not None else NameReader.value(self, raw, ctx)

    def _retired(self, name: str, ctx: Context) -> Service | None:
        """Return the retired service of this whole name, the last one that had it."""
        found = [
            each
            for each in services.every(ctx.tx)
            if each.retired_at is not None and folded(each.name) == folded(name)
        ]
        return max(found, key=lambda each: each.retired_at or ctx.now, default=None)


SERVICE = NameReader(services.all, _unknown)
LENIENT = LenientReader(services.all, _unknown)
AnyServiceRef = Annotated[Service, AnyReader(services.all, _unknown), Ask(_("Service"))]
ServiceRef = Annotated[Service, SERVICE, Ask(_("Service"))]
ServiceOrNot = (
    Annotated[Service, LENIENT, Ask(_("Service"), _("Lotse proposes one if you leave it out."))]
    | None
)


def fallback(ctx: Context) -> Service:
    """Return the service under everything; made now if the company has none yet.

    So no declaration, by people or machines, is ever without somebody.
    """
    found = services.fallback(ctx.tx)
    if found is not None:
        return found
    able = duty.somebody(ctx)
    name = free = ctx.text(_("Everything else"))
    for number in itertools.count(2):
        service = Service(ServiceId(ctx.new_id()), free, (), able[0].id, able[-1].id, fallback=True)
        services.add(ctx.tx, service, name_key=folded(free), now=ctx.now)
        found = services.fallback(ctx.tx)  # perhaps a twin of this very moment
        if found is not None:
            return found
        free = f"{name} {number}"  # some other service has the name
    raise AssertionError("the loop above returns")
