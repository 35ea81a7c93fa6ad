"""Which automations say the words of a search: in their name or purpose."""

from __future__ import annotations

from handlers.automations.profile import PHASES
from handlers.automations.rules.company import known
from handlers.automations.state import label_with_end
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Found
from handlers.kit.messages import Button
from handlers.kit.words import _
from handlers.similarity import SAID, said_share
from storage import automations
from storage.automations.states import AutomationPhase

feature = Feature(_("Automations"))


@feature.finds(50)
def found(ctx: Context, words: str) -> list[Found]:
    """Return those that say it."""
    hits: list[Found] = []
    seen = known(ctx)
    for each in automations.everything(ctx.tx):
        name, purpose = said_share(words, each.name), said_share(words, each.purpose)
        if max(name, purpose) >= SAID:
            shows = Button(_("Show"), call("auto", automation=each.id))
            where = _("name") if name >= purpose else _("purpose")
            draft = each.phase is AutomationPhase.DRAFT and each.retired_at is None
            state = PHASES[each.phase] if draft else label_with_end(seen.standing(each))
            hits.append(
                Found(
                    key=each.id,
                    kind=_("Automation"),
                    title=each.name,
                    where=where,
                    state=state,
                    button=shows,
                    score=max(name, purpose),
                )
            )
    return hits
