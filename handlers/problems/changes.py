"""Planned changes: while a service is under a repeat ban, each needs an override."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from handlers import rights
from handlers.attention import matters
from handlers.bans import cards as ban_cards
from handlers.bans.cards import blocking_ban, change_line, label, passes, warning
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Known, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Post, Reply, Text, Title, Tone, line
from handlers.kit.people import NAMES_GO, NAMES_KEPT, former, name
from handlers.kit.readers import TextReader
from handlers.kit.readers.dates import BeforeDateReader, DateReader, today_of
from handlers.kit.readers.placeholders import is_placeholder
from handlers.kit.words import Sentence, Who, _
from handlers.problems.cards import card, key
from handlers.services import lookup as service_lookup
from storage import people, problems
from storage.engine.ids import PersonId, ServiceId
from storage.problems import Problem
from storage.problems import changes as stored_changes
from storage.problems import history as problem_history
from storage.problems import overrides as problem_overrides
from storage.problems.changes import Change, ChangeState
from storage.problems.states import ProblemEvent

feature = Feature(_("Problems and blocks"))

LONGEST = 90  # days that an override may last


Day = Annotated[date, DateReader(), Ask(_("Day"))]
Until = Annotated[date, DateReader(), Ask(_("Until"), _("The last day on which it counts."))]
Reason = Annotated[str, TextReader(), Ask(_("Reason"), _("Why it cannot wait."))]
ChangeId = Annotated[str, TextReader(long=False), Ask(_("Which"))]


def _says_what(_ctx: Context, what: str) -> None:
    if is_placeholder(what):
        raise Refusal(_("Please say in a few words what is changed."), field="what", kept=what)


def _ahead(ctx: Context, day: date, what: str = "") -> None:
    if day < today_of(ctx):
        raise Refusal(_("That day is over: {day:day}.", day=day), field="day", kept=what)


@feature.command(
    "change",
    ("änderung", "aenderung"),
    help=_("Plan a change to a service."),
    submit=_("Plan it"),
    needs="change",
    checks=(_says_what, _ahead),
)
def plan(
    ctx: Context,
    service: service_lookup.ServiceRef,
    what: Annotated[str, BeforeDateReader(long=False), Ask(_("What is changed?"), short=_("text"))],
    day: Day,
) -> Reply:
    id = ctx.new_id()
    stored_changes.add(
        ctx.tx,
        id=id,
        service=service.id,
        what=what,
        planned_on=day,
        person=ctx.person.id,
        now=ctx.now,
    )
    ban = blocking_ban(ctx, service.id)
    if ban is not None:
        stored_changes.tell(ctx.tx, id)
        return Reply(_needs(ctx, _find(ctx, id), ban), posts=_cards(ctx, service.id), subject=id)
    said = _("Planned for {service}: {change}", service=service.name, change=change_line(ctx, id))
    return Reply(line(said, _cancel(id)), subject=id)


def _needs(ctx: Context, change: Change, ban: Problem) -> Message:
    """Say that a change waits for an override, and who can give it."""
    service = ctx.service_of(change.service)
    may = rights.may("override", rights.ties_to_cause(ctx, change.service))
    overrides = call("change override", id=change.id)
    return Message(
        (
            Title(
                _(
                    "A change to {service} needs an exception",
                    service=service.name if service else change.service,
                )
            ),
            Text(_change(ctx, change)),
            Text(_("{problem}: {warning}.", problem=label(ban.number), warning=warning(ctx, ban))),
            Text(
                _(
                    "An exception needs a reason and an end. Please ask {who:or}.",
                    who=_may_override(ctx, change),
                ),
                small=True,
            ),
            Buttons(
                (
                    *((Button(_("Allow an exception"), overrides),) if may else ()),
                    _cancel(change.id),
                    ban_cards.opens(ban),
                )
            ),
        )
    )


def _change(ctx: Context, change: Change) -> Sentence:
    return _(
        "{day:day}: {what} ({who})",
        day=change.planned_on,
        what=change.what,
        who=name(ctx, change.entered_by),
    )


def _may_override(ctx: Context, change: Change) -> list[Who]:
    service = ctx.service_of(change.service)
    ids = [service.accountable] if service else []
    ids += [each.id for each in people.managers(ctx.tx)]
    found = [ctx.person_of(id) for id in dict.fromkeys(ids)]
    return [Who(each.id, each.name) for each in found if each is not None and each.active]


def _cancel(id: str) -> Button:
    return Button(_("Cancel the change"), call("change cancel", id=id), "quiet")


def _says_why(_ctx: Context, reason: str) -> None:
    if is_placeholder(reason):
        raise Refusal(_("Please give a reason that others understand."), field="reason")


def _ends_soon(ctx: Context, until: date) -> None:
    last = today_of(ctx) + timedelta(days=LONGEST)
    if not today_of(ctx) <= until <= last:
        raise Refusal(_("An exception ends between today and {day:day}.", day=last), field="until")


# What an exception from a block has to be: for a reason that says something, and soon over.
EXCEPTION = (_says_why, _ends_soon)


def _may_let(ctx: Context, id: ChangeId) -> None:
    """Refuse whoever may not let a change through, and one that is not blocked."""
    change = _find(ctx, id)
    if not rights.may("override", rights.ties_to_cause(ctx, change.service)):
        raise Refusal(
            _("Somebody else decides that. Please ask {who:or}.", who=_may_override(ctx, change))
        )
    if blocking_ban(ctx, change.service) is None or change.state != ChangeState.PLANNED:
        raise Refusal(_("The change is no longer blocked."))


def _lasts(ctx: Context, id: ChangeId, until: date) -> None:
    change = _find(ctx, id)
    if until < change.planned_on:
        raise Refusal(
            _(
                "The change is planned for {day:day}; the exception has to last until then.",
                day=change.planned_on,
            ),
            field="until",
        )


@feature.command(
    "change override",
    "änderung ausnahme",
    help=_("Let a change go ahead in spite of the block."),
    hidden=True,
    submit=_("Allow an exception"),
    checks=(_may_let, *EXCEPTION, _lasts),
)
def override(ctx: Context, id: ChangeId, *, reason: Reason, until: Until) -> Reply:
    change = _find(ctx, id)
    ban = blocking_ban(ctx, change.service)
    assert ban is not None, "it was checked that it is blocked"
    problem_overrides.add(
        ctx.tx,
        ban.number,
        id=ctx.new_id(),
        change=id,
        reason=reason,
        person=ctx.person.id,
        now=ctx.now,
        until_on=until,
    )
    problem_history.add(
        ctx.tx,
        ban.number,
        id=ctx.new_id(),
        at=ctx.now,
        kind=ProblemEvent.LET_THROUGH,
        person=ctx.person.id,
        detail=f"{change.what} ({reason})",
    )
    said = line(
        _(
            "The change can go ahead: {change}. It will be listed in the weekly digest.",
            change=change_line(ctx, id),
        ),
        _cancel(id),
    )
    matters.settle(ctx, _key(id))
    told = Post(_key(id), said)
    return Reply(said, posts=(told, *_cards(ctx, change.service)), subject=id)


@feature.command(
    "change cancel", "änderung streichen", help=_("Cancel a planned change."), hidden=True
)
def cancel(ctx: Context, id: ChangeId) -> Reply:
    change = _find(ctx, id)
    may = rights.may("override", rights.ties_to_cause(ctx, change.service))
    if change.entered_by != ctx.person.id and not may:
        author = ctx.person_of(change.entered_by)
        mine = [Who(author.id, author.name)] if author is not None and author.active else []
        raise Refusal(
            _(
                "Somebody else decides that. Please ask {who:or}.",
                who=[*mine, *_may_override(ctx, change)],
            )
        )
    if not stored_changes.cancel(ctx.tx, id):
        raise Refusal(_("This change is cancelled already."))
    said = line(_("Cancelled: {what}.", what=change.what), tone=Tone.QUIET)
    matters.settle(ctx, _key(id))
    return Reply(said, posts=(Post(_key(id), said), *_cards(ctx, change.service)), subject=id)


def held_up(ctx: Context, ban: Problem) -> list[Post]:
    """Tell the authors of changes that were planned before the ban, each once."""
    posts: list[Post] = []
    if blocking_ban(ctx, ban.service) is None:
        return posts
    for each in stored_changes.coming(ctx.tx, today_of(ctx)):
        waits = each.service == ban.service and passes(ctx, each.id) is None
        if waits and stored_changes.tell(ctx.tx, each.id):
            begins = calendar.midnight(each.planned_on, ctx.workspace.zone)
            needs = _needs(ctx, each, ban)
            posts += matters.ask(ctx, each.entered_by, _key(each.id), needs, begins=begins)
    return posts


def free(ctx: Context, ban: Problem) -> list[Post]:
    """Return the edits that say that a told change can go ahead: the ban is gone."""
    if blocking_ban(ctx, ban.service) is not None:
        return []
    posts: list[Post] = []
    for each in stored_changes.coming(ctx.tx, today_of(ctx)):
        if each.service == ban.service and each.told:
            matters.settle(ctx, _key(each.id))  # nobody was told of it yet: nobody needs to be
            posts.append(Post(_key(each.id), line(_free(ctx, each), _cancel(each.id))))
    return posts


def _free(ctx: Context, change: Change) -> Sentence:
    return _("It is no longer blocked: {change}.", change=change_line(ctx, change.id))


def _cards(ctx: Context, service: ServiceId) -> tuple[Post, ...]:
    """Return the edits of the problems' cards that list a service's changes."""
    found = problems.about(ctx.tx, service)
    return tuple(Post(key(each.number), card(ctx, each)) for each in found)


def _key(id: str) -> str:
    return f"change:{id}"


def _find(ctx: Context, id: str) -> Change:
    found = stored_changes.find(ctx.tx, id)
    if found is None:
        raise Refusal(_("There is no such change."))
    return found


@feature.knows(
    41,
    _("Planned changes"),
    {
        "changes": ("entered_by",),
    },
    replace=stored_changes.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        stored_changes.of_person(ctx.tx, person),
        {
            "changes.entered_by": _("Entered it"),
        },
    )


@feature.keeps(
    "changes",
    what=_("Who entered a planned change"),
    days=NAMES_KEPT,
    then=NAMES_GO,
)
def forget_people(ctx: Context, before: datetime) -> int:
    """Let go of their names; who decides now stays."""
    return stored_changes.forget_people(ctx.tx, before, former(ctx))
