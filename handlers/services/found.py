"""Which services say the words of a search: in name, words or rules."""

from __future__ import annotations

from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Found
from handlers.kit.messages import Button
from handlers.kit.words import _
from handlers.similarity import SAID, said_share
from storage import rules, services
from storage.rules import RuleKind

feature = Feature(_("Services"))


@feature.finds(10)
def found(ctx: Context, words: str) -> list[Found]:
    """Return those that say it."""
    hits: list[Found] = []
    learnt: dict[str, list[str]] = {}
    for rule in rules.all(ctx.tx, RuleKind.SERVICE):
        learnt.setdefault(rule.target, []).append(rule.shown)
    for each in services.every(ctx.tx):
        also = " ".join((*each.words, *learnt.get(each.id, ())))
        name, other = said_share(words, each.name), said_share(words, f"{each.name} {also}")
        if max(name, other) >= SAID:
            shows = Button(_("Show"), call("service", service=each.id))
            state = _("retired") if each.retired_at else _("in use")
            where = _("name") if name >= other else _("words")
            hits.append(
                Found(
                    key=each.id,
                    kind=_("Service"),
                    title=each.name,
                    where=where,
                    state=state,
                    button=shows,
                    score=max(name, other),
                )
            )
    return hits
