"""Automations: what runs by itself, who answers for it, and whether it is used.

A person decides; nothing is ever switched off from here.
"""

from __future__ import annotations

from typing import Annotated

from handlers.automations import cards, export, people
from handlers.automations.entering import SLUG
from handlers.automations.learning import histories
from handlers.automations.lookup import AutoRef
from handlers.automations.profile import Category
from handlers.automations.rules.company import known
from handlers.automations.state import label_with_end
from handlers.kit import tables
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Items,
    Message,
    Part,
    Reply,
    Text,
    Title,
    line,
)
from handlers.kit.worded import Worded, choice
from handlers.kit.words import Words, _, _n
from storage import automations
from storage.automations import history, odd
from storage.automations.states import AutomationState

feature = Feature(_("Automations"))

SHOWN = 10


class Scope(Worded):
    """How much of the register."""

    ALL = "all", _("All of them")
    AI = "ai", _("AI register")


@feature.command("auto", "auto", help=_("An automation, or the list of all."), reads=True)
def show(ctx: Context, automation: AutoRef | None = None) -> Reply:
    if automation is not None:
        return Reply(cards.card(ctx, automation))
    all_of_them = automations.all(ctx.tx)
    drafts = automations.drafts(ctx.tx)
    enter = Button(_("Enter an automation"), call("auto new"))
    exists = Button(_("Exists already – just enter it"), call("auto exists"))
    if not all_of_them and not drafts:
        return Reply(line(_("There is no automation yet."), enter, exists))
    seen = known(ctx)
    items: list[Words] = [
        _(
            "{name}: {state} – {who}",
            name=each.name,
            state=label_with_end(seen.standing(each)),
            who=people.who_answers(ctx, each),
        )
        for each in all_of_them[:SHOWN]
    ]
    if len(all_of_them) > SHOWN:
        items.append(_("and {n} more", n=len(all_of_them) - SHOWN))
    mine = tuple(
        Button(each.name[:32], call("auto", automation=each.id))
        for each in all_of_them
        if ctx.person.id in (each.accountable, each.deputy)
    )[:4]
    parts: list[Part] = [Title(_("Automations"))]
    if items:
        parts.append(Items(tuple(items)))
    if drafts:
        names = _("{names}", names=[each.name for each in drafts[:SHOWN]])
        parts.append(Facts(((_("Nobody answers for it yet"), names),)))
        parts.append(Buttons(tuple(_adopt(each.name, each.id) for each in drafts[:3])))
    parts.append(Buttons((*mine, enter)))
    more = (
        exists,
        Button(_("Something has changed"), call("auto changed")),
        Button(_("Of one category"), call("auto category"), "quiet"),
        Button(_("Register as text"), call("auto register"), "quiet"),
        Button(_("Retired ones"), call("auto retired"), "quiet"),
        Button(_("Who is asked, and when"), call("auto timetable"), "quiet"),
    )
    parts.append(Buttons(more))
    if ctx.person.manager:
        parts.append(
            Buttons(
                (
                    Button(_("Report by name"), call("auto key"), "quiet"),
                    Button(_("Calls that fit nothing"), call("auto strays"), "quiet"),
                )
            )
        )
    return Reply(Message(tuple(parts)))


def _adopt(name: str, draft: str) -> Button:
    return Button(_("Enter “{name}”", name=name[:20]), call("auto adopt", draft=draft))


@feature.command(
    "auto retired",
    "auto stillgelegt",
    help=_("What was retired, to bring it back."),
    hidden=True,
    reads=True,
)
def retired(ctx: Context) -> Reply:
    found = [
        each for each in automations.everything(ctx.tx) if each.state is AutomationState.RETIRED
    ]
    if not found:
        return Reply(line(_("Nothing is retired.")))
    found.sort(key=lambda each: each.retired_at or each.registered_at, reverse=True)
    items: tuple[Words, ...] = tuple(
        _("{name}, since {at:day}", name=each.name, at=each.retired_at or each.registered_at)
        for each in found[:SHOWN]
    )
    back = tuple(Button(each.name[:32], call("auto", automation=each.id)) for each in found[:5])
    return Reply(Message((Title(_("Retired")), Items(items), Buttons(back))))


@feature.command(
    "auto category",
    "auto art",
    help=_("The automations of one category."),
    hidden=True,
    reads=True,
    submit=_("Show"),
)
def by_category(
    ctx: Context, *, category: Annotated[Category, choice(Category), Ask(_("Category"))]
) -> Reply:
    listing = tables.find(ctx.features, "automations")
    assert listing is not None
    return Reply(Message(tuple(tables.page(ctx, listing, Filter(category.value)))))


@feature.command(
    "auto strays",
    "auto irrläufer",
    help=_("Calls with our key whose name fits nothing."),
    hidden=True,
    needs="settings",
)
def strays(ctx: Context) -> Reply:
    found = odd.strays(ctx.tx)
    if not found:
        return Reply(line(_("Every call fits something.")))
    items: tuple[Words, ...] = tuple(
        _(
            "{slug}: {n}, last on {at}",
            slug=each.slug,
            at=each.last_at,
            n=_n("{n} call", "{n} calls", each.calls),
        )
        for each in found[:SHOWN]
    )
    enter = tuple(_adopt(each.slug, f"{SLUG}{each.slug}") for each in found[:5])
    return Reply(Message((Title(_("Calls that fit nothing")), Items(items), Buttons(enter))))


@feature.command(
    "auto history",
    "auto verlauf",
    help=_("What was entered, corrected and decided."),
    hidden=True,
)
def past(ctx: Context, automation: AutoRef) -> Reply:
    entries = history.of(ctx.tx, automation.id)
    items = tuple(export.entry_words(each) for each in entries[:20])
    if not items:
        return Reply(line(_("Nothing has been changed yet.")))
    parts: list[Part] = [Title(_("History of “{name}”", name=automation.name)), Items(items)]
    if len(entries) > len(items):
        parts.append(Text(_("and {n} more", n=len(entries) - len(items)), small=True))
    parts.append(Buttons((histories.whole(automation.id),)))
    return Reply(Message(tuple(parts)))


@feature.command(
    "auto register",
    "auto verzeichnis",
    help=_("The register as text to copy."),
    hidden=True,
    reads=True,
)
def register(
    ctx: Context, *, part: Annotated[Scope, choice(Scope), Ask(_("Which"))] = Scope.ALL
) -> Reply:
    title = Scope.AI.words if part is Scope.AI else _("Register of automations")
    pieces, more = export.pieces(export.markdown(ctx, ai_only=part is Scope.AI))
    parts: list[Part] = [Title(title), *(Text(each, code=True) for each in pieces)]
    if not pieces:
        parts.append(Text(_("There is none yet.")))
    if more:
        parts.append(Text(_("That is not all; “python -m bot register” writes all of it.")))
    table = Button(_("As a list, with its file"), call("list", name="automations"))
    ai = Button(Scope.AI.words, call("auto register", part=Scope.AI), "quiet")
    parts.append(Buttons((table, ai) if part is Scope.ALL else (table,)))
    return Reply(Message(tuple(parts)))
