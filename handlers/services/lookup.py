"""Services: what people depend on, how one is found in words, and the net under all."""

from __future__ import annotations

import difflib
import itertools
from typing import Annotated

from handlers.kit.commands import Ask, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button
from handlers.kit.readers import NameReader, folded
from handlers.kit.words import _
from handlers.on_call import duty
from storage import services
from storage.services import Service


def _unknown(name: str, known: list[str]) -> Refusal:
    head = folded(name)
    near = [each for each in known if head[:4] in folded(each)]
    close = difflib.get_close_matches(head, [folded(each) for each in known], n=3, cutoff=0.6)
    near += [each for each in known if folded(each) in close and each not in near]
    if near:
        return Refusal(
            _(
                "There is no service called “{name}”. Similar: {near}.",
                name=name[:80],
                near=near[:3],
            )
        )
    return Refusal(
        _("There is no service called “{name}”.", name=name[:80]),
        buttons=(Button(_("All services"), call("service")),),
    )


SERVICE = NameReader(services.all, _unknown)
ServiceRef = Annotated[Service, SERVICE, Ask(_("Service"))]
ServiceOrNot = (
    Annotated[Service, SERVICE, Ask(_("Service"), _("Lotse proposes one if you leave it out."))]
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
        service = Service(ctx.new_id(), free, (), able[0].id, able[-1].id, fallback=True)
        services.add(ctx.tx, service, name_key=folded(free), now=ctx.now)
        found = services.fallback(ctx.tx)  # perhaps a twin of this very moment
        if found is not None:
            return found
        free = f"{name} {number}"  # some other service has the name
    raise AssertionError("the loop above returns")
