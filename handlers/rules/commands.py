"""Rules to look at, to enter and to remove."""

from __future__ import annotations

from typing import Annotated

from handlers import rights
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title, line
from handlers.kit.readers import TextReader
from handlers.kit.words import Sentence, _, _n, shortened
from handlers.rules import meaning
from handlers.services import editing
from handlers.services.lookup import ServiceRef
from storage import rules
from storage.rules import SERVICE, Rule

feature = Feature(_("Rules"))

SHOWN = 12
RuleId = Annotated[str, TextReader(long=False), Ask(_("Which"))]


@feature.command("rules", "regeln", help=_("Which words mean which service."), reads=True)
def show(ctx: Context) -> Reply:
    found = rules.all(ctx.tx, SERVICE)
    enter = Button(_("Enter a rule"), call("rule new"))
    if not found:
        said = _("No words have been learnt or entered yet. Corrections teach them.")
        return Reply(line(said, enter))
    parts: list[Part] = [Title(_n("{n} rule", "{n} rules", len(found)))]
    for each in found[:SHOWN]:
        parts.append(Text(_line(ctx, each)))
        remove = Button(_("Remove"), call("rule remove", id=each.id), "quiet")
        parts.append(Buttons((remove,)))
    rest = len(found) - SHOWN
    if rest > 0:
        parts.append(Text(_n("and {n} more", "and {n} more", rest), small=True))
    return Reply(Message((*parts, Buttons((enter,)))))


def _line(ctx: Context, rule: Rule) -> Sentence:
    service = ctx.service_of(rule.target)
    values = {"words": rule.shown, "service": service.name if service else rule.target}
    if rule.learnt:
        return _("“{words}” means {service} (learnt)", **values)
    return _("“{words}” means {service} (entered)", **values)


@feature.command(
    "rule new",
    "regel neu",
    help=_("Enter which words mean a service."),
    submit=_("Enter it"),
)
def new(
    ctx: Context,
    *,
    words: Annotated[
        str,
        TextReader(long=False),
        Ask(_("Words"), _("Whoever says all of them means this service.")),
    ],
    service: ServiceRef,
) -> Reply:
    editing.need_own(ctx, service)
    rule = meaning.entered(ctx.new_id(), words, service.id)
    if rule is None or service.fallback:
        raise Refusal(_("These words tell nothing apart."), field="words", kept=words)
    rules.add(ctx.tx, rule, ctx.now)
    said = _("“{words}” means {service} from now on.", words=rule.shown, service=service.name)
    remove = Button(_("Remove"), call("rule remove", id=rule.id), "quiet")
    return Reply(line(said, remove), subject=rule.id)


@feature.command("rule remove", "regel entfernen", help=_("Forget a rule."), hidden=True)
def remove(ctx: Context, id: RuleId) -> Reply:
    rule = rules.find(ctx.tx, id)
    if rule is None:
        raise Refusal(_("This rule is gone already."))
    service = ctx.service_of(rule.target)
    if service is not None:
        editing.need_own(ctx, service)
    else:
        rights.need(ctx, "service")
    rules.remove(ctx.tx, id)
    said = _("Forgotten: “{words}”.", words=shortened(rule.shown))
    return Reply(line(said), subject=id)
