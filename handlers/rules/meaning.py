"""What words mean here: what is said is compared with the rules, and corrections teach new ones."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.kit.context import Context
from handlers.kit.readers import folded
from handlers.rules import fields
from handlers.rules.past import note
from handlers.similarity.terms import Word, words
from storage import rules
from storage.engine.ids import ServiceId
from storage.incidents import timeline as incident_timeline
from storage.rules import FIELD, Rule, RuleKind
from storage.rules.history import Done
from storage.services import Service

MOST = 3  # words of a rule that is learnt


def key_words(title: str) -> dict[str, Word]:
    """Return the words of a title that may mean a service, by their plain form."""
    return {
        each.key: each
        for each in words(title)
        if not (each.number or each.trouble or each.empty or each.phrase)
    }


def entered(
    id: str, kind: RuleKind, text: str, target: str, *, straight: bool, also: tuple[str, ...] = ()
) -> Rule | None:
    """Return the rule that somebody enters, `also` its fields; None when it tells nothing."""
    said = {each.key for each in words(text) if not each.phrase} | set(also)
    if not said:
        return None
    shown = " ".join(text.split())
    return Rule(
        id,
        kind,
        tuple(sorted(said)),
        shown=shown,
        target=target,
        learnt=False,
        straight=straight,
        marked=int(straight),
    )


def fitting(
    ctx: Context, kind: RuleKind, text: str, also: tuple[str, ...] = (), *, needs: str = ""
) -> Iterator[Rule]:
    """Give the rules that fit what is said: the most conditions first, entered before learnt.

    `also` is what stands in the fields of the form. Whoever filled in the field `needs` has said
    where it belongs: only a rule that looks at this field knows better.
    """
    found = rules.all(ctx.tx, kind)
    if not found:
        return
    said = {each.key for each in words(text)} | {_plain(each) for each in also}
    fits = [
        each
        for each in found
        if said.issuperset(map(_plain, each.words))
        and (not needs or fields.value(each.words, needs))
    ]
    yield from sorted(fits, key=lambda rule: (-len(rule.words), rule.learnt, -len(rule.shown)))


def _plain(condition: str) -> str:
    field, equals, value = condition.partition(FIELD)
    return f"{field}{equals}{folded(value)}" if field and equals else condition


def meant(ctx: Context, title: str, chosen: Service | None = None) -> tuple[Rule, Service] | None:
    """Return the rule that fits a title best, with its service; `chosen` is that of the form."""
    also = (fields.condition(fields.SERVICE, chosen.id),) if chosen else ()
    for each in fitting(ctx, RuleKind.SERVICE, title, also, needs=fields.SERVICE if chosen else ""):
        service = ctx.service_of(ServiceId(each.target))
        if service is not None and service.retired_at is None:
            return each, service
    return None


def learn(ctx: Context, number: int, title: str, service: Service) -> None:
    """Somebody says which service it is about: two who agree are enough to learn its words.

    What both titles say is learnt, unless it is what another service is called. What is learnt
    asks first: only its accountable person lets it go straight through.
    """
    if service.fallback:
        return
    mine = key_words(title)
    for earlier in incident_timeline.moved_to(ctx.tx, service.id, number):
        common = [key for key in mine if key in key_words(earlier)][:MOST]
        if not common or (len(common) == 1 and _is_called(ctx, common[0])):
            continue
        shown = " ".join(mine[key].shown for key in common)
        rule = Rule(ctx.new_id(), RuleKind.SERVICE, tuple(sorted(common)), shown, service.id, True)
        known = rules.all(ctx.tx, RuleKind.SERVICE)
        if not any(each.words == rule.words and not each.learnt for each in known):
            if not any(each.words == rule.words and each.target == rule.target for each in known):
                note(ctx, rule, Done.LEARNT, by_itself=True)
            rules.add(ctx.tx, rule, ctx.now)
        return


def _is_called(ctx: Context, key: str) -> bool:
    """Say whether a service is called so anyway, this one or another."""
    return any(
        key in {word.key for word in words(name)}
        for each in ctx.services()
        for name in (each.name, *each.words)
    )
