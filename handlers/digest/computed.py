"""Measures: every figure that Lotse shows, with how it is computed. A figure is about processes."""

from __future__ import annotations

from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Measure
from handlers.kit.figures import PAGE, catalogue
from handlers.kit.messages import Button, Buttons, Facts, Message, Part, Reply, Text, Title
from handlers.kit.readers import NumberReader, TextReader
from handlers.kit.tables import within
from handlers.kit.words import _

feature = Feature(_("Weekly digest"))


@feature.command("computed", "gerechnet", help=_("How the figures are computed."), reads=True)
def computed(
    ctx: Context,
    *,
    only: Annotated[str, TextReader(long=False), Ask(_("Figures"))] = "",
    page: Annotated[int, NumberReader(1, 100), Ask(_("Page"))] = 1,
) -> Reply:
    """Explain the figures of one message (`only` names them, with commas), else all of them."""
    found = catalogue(ctx)
    if only:
        return _of(ctx, [each for id in only.split(",") for each in found if each.id == id])
    page = within(page, len(found), PAGE)
    first = (page - 1) * PAGE
    rows = tuple((each.name, each.formula) for each in found[first : first + PAGE])
    parts: list[Part] = [Title(_("How this is computed")), Facts(rows)]
    if len(found) > first + PAGE:
        parts.append(Buttons((Button(_("More"), call("computed", page=page + 1)),)))
    parts.append(Text(_("No figure is about a person."), small=True))
    return Reply(Message(tuple(parts)))


def _of(ctx: Context, asked: list[Measure]) -> Reply:
    every = Button(_("All figures"), call("computed"), "quiet")
    rows = tuple((each.name, each.formula) for each in asked[:PAGE])
    if not rows:
        return Reply(Message((Text(_("This figure is not shown any more.")), Buttons((every,)))))
    left = ",".join(each.id for each in asked[PAGE:])
    more = (Button(_("More"), call("computed", only=left)),) if left else ()
    return Reply(
        Message(
            (
                Title(_("How this is computed")),
                Facts(rows),
                Buttons((*more, every)),
                Text(_("No figure is about a person."), small=True),
            )
        )
    )
