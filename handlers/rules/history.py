"""The history of rules: what was entered, learnt and removed; and how it comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Known, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title, line
from handlers.kit.people import NAMES_GO, NAMES_KEPT, former, name
from handlers.kit.readers import NumberReader, TextReader
from handlers.kit.tables import within
from handlers.kit.words import Sentence, Words, _
from handlers.rules import entering, routing
from handlers.rules.past import note
from storage import rules
from storage.engine.ids import PersonId
from storage.rules import Rule
from storage.rules import history as stored
from storage.rules.history import Done, Entry

feature = Feature(_("Rules"))

PAGE = 10
SAID: dict[Done, Sentence] = {
    Done.ENTERED: _("entered"),
    Done.LEARNT: _("learnt"),
    Done.STRAIGHT: _("goes straight through"),
    Done.ASK: _("asks first"),
    Done.REMOVED: _("removed"),
    Done.BACK: _("brought back"),
}


@feature.command(
    "rule history",
    "regel verlauf",
    help=_("What was entered, changed and removed of the rules."),
    hidden=True,
    reads=True,
)
def past(ctx: Context, *, page: Annotated[int, NumberReader(1, 1000), Ask(_("Page"))] = 1) -> Reply:
    total = stored.count(ctx.tx)
    if not total:
        return Reply(line(_("No rule was changed yet.")))
    page = within(page, total, PAGE)
    parts: list[Part] = [Title(_("History of the rules"))]
    for each in stored.latest(ctx.tx, (page - 1) * PAGE, PAGE):
        parts.append(Text(_line(ctx, each)))
        if each.what is Done.REMOVED and _missing(ctx, each):
            again = call("rule back", entry=each.id)
            parts.append(Buttons((Button(_("Enter it again"), again, "quiet"),)))
    turns: list[Button] = []
    if page > 1:
        turns.append(Button(_("Back"), call("rule history", page=page - 1)))
    if page * PAGE < total:
        turns.append(Button(_("More"), call("rule history", page=page + 1)))
    return Reply(Message((*parts, Buttons(tuple(turns))) if turns else tuple(parts)))


def _line(ctx: Context, entry: Entry) -> Sentence:
    rule = _(
        "{said} → {target}",
        said=routing.condition(ctx, _rule(entry)),
        target=routing.target_name(ctx, entry.kind, entry.target),
    )
    what: Words = SAID[entry.what]
    if entry.person is None:
        return _("{at}: {rule}: {what}", at=entry.at, rule=rule, what=what)
    who = name(ctx, entry.person)
    return _("{at}: {rule}: {what} ({who})", at=entry.at, rule=rule, what=what, who=who)


def _rule(entry: Entry) -> Rule:
    return Rule(entry.rule, entry.kind, entry.words, entry.shown, entry.target, learnt=False)


def _missing(ctx: Context, entry: Entry) -> bool:
    """Say whether no rule says the same by now."""
    known_ones = rules.of(ctx.tx, entry.kind, entry.target)
    return not any(each.words == entry.words for each in known_ones)


@feature.command(
    "rule back", "regel zurückholen", help=_("Enter a removed rule again."), hidden=True
)
def bring_back(
    ctx: Context, entry: Annotated[str, TextReader(long=False), Ask(_("Which"))]
) -> Reply:
    found = stored.find(ctx.tx, entry)
    if found is None or not _missing(ctx, found):
        raise Refusal(_("This rule is there again already."))
    rule = Rule(ctx.new_id(), found.kind, found.words, found.shown, found.target, learnt=False)
    entering.need_own(ctx, rule)
    rules.add(ctx.tx, rule, ctx.now)
    note(ctx, rule, Done.BACK)
    said = _("From now on: {rule}", rule=routing.line_of(ctx, rule))
    return Reply(line(said, Button(_("Rules"), call("rules"))), subject=rule.id)


@feature.knows(
    55, _("History of rules"), {"rule_history": ("person",)}, replace=stored.replace_person
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell which rules somebody entered, changed and removed."""
    rows = stored.of_person(ctx.tx, person)
    return known(rows, {"rule_history.person": _("In its history")})


@feature.keeps(
    "rule_history", what=_("Who entered and changed a rule"), days=NAMES_KEPT, then=NAMES_GO
)
def forget_people(ctx: Context, before: datetime) -> int:
    """Let go of their names; what was changed stays."""
    return stored.forget_people(ctx.tx, before, former(ctx))
