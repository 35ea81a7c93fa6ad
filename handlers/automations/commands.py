"""Automations: what runs by itself, who is accountable, and whether it is used.

Unused is a fair word: it comes from runs, never from edits. "Not measured" is
something else. A person decides; nothing is ever switched off from here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from handlers.automations import state as automation_state
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Held, Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Items,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
    Tone,
    line,
)
from handlers.kit.people import name as name_of
from handlers.kit.people import person
from handlers.kit.readers import NameReader, NumberReader, PersonReader, TextReader, folded
from handlers.kit.words import Sentence, Who, Words, _
from storage import automations
from storage.automations import Automation, intake
from storage.delivery import timers
from storage.people import Person

feature = Feature(_("Automations"))

KEPT = timedelta(days=90)  # how long "keep" holds
OVERLAP = timedelta(days=7)  # how long an old address goes on working


def _unknown(name: str, known: list[str]) -> Refusal:
    enter = Button(_("Enter an automation"), call("auto new"))
    if known:
        return Refusal(
            _(
                "There is no automation called “{name}”. There are: {known}.",
                name=name[:80],
                known=known[:5],
            ),
            buttons=(enter,),
        )
    return Refusal(_("There is no automation yet."), buttons=(enter,))


AUTO = NameReader(automations.all, _unknown)
AutoRef = Annotated[Automation, AUTO, Ask(_("Automation"), short=_("name"))]


@feature.command("auto", "auto", help=_("An automation, or the list of all."), reads=True)
def show(ctx: Context, automation: AutoRef | None = None) -> Reply:
    if automation is not None:
        return Reply(card(ctx, automation))
    known = automations.all(ctx.tx)
    enter = Button(_("Enter an automation"), call("auto new"))
    if not known:
        return Reply(line(_("There is no automation yet."), enter))
    items: tuple[Words, ...] = tuple(
        _(
            "{name}: {state} – {who}",
            name=each.name,
            state=automation_state.STATES[automation_state.state(ctx, each)],
            who=name_of(ctx, each.accountable),
        )
        for each in known
    )
    taps = tuple(
        Button(each.name, call("auto", automation=each.id))
        for each in known
        if ctx.person.id in (each.accountable, each.deputy)
    )[:4]
    return Reply(Message((Title(_("Automations")), Items(items), Buttons((*taps, enter)))))


@feature.command(
    "auto new",
    "auto neu",
    help=_("Enter an automation with its accountable person."),
    submit=_("Enter automation"),
    needs="automation",
)
def new(
    ctx: Context,
    *,
    name: Annotated[str, TextReader(long=False), Ask(_("Name"))],
    purpose: Annotated[str, TextReader(), Ask(_("What is it for?"))],
    accountable: Annotated[Person, PersonReader(), Ask(_("Accountable"), _("Exactly one person."))],
    deputy: Annotated[Person, PersonReader(), Ask(_("Deputy"), _("Somebody else, who stands in."))],
    rhythm: Annotated[
        int,
        NumberReader(1, 800),
        Ask(_("Rhythm in days"), _("It should run at least once in so many days.")),
    ],
) -> Reply:
    if accountable.id == deputy.id:
        raise Refusal(
            _("The deputy has to be somebody else, else nobody stands in."), field="deputy"
        )
    automation = Automation(
        ctx.new_id(),
        " ".join(name.split())[:80],
        purpose,
        accountable.id,
        deputy.id,
        None,
        rhythm,
        "active",
        ctx.now,
        None,
        None,
    )
    if not automations.add(ctx.tx, automation, name_key=folded(automation.name)):
        raise Refusal(
            _("There is an automation called “{name}” already.", name=automation.name),
            field="name",
        )
    return _with_address(ctx, automation, first=True)


@feature.command(
    "auto address",
    "auto adresse",
    help=_("A new address to report runs to."),
    hidden=True,
)
def address(ctx: Context, automation: AutoRef) -> Reply:
    automation_state.need_own(ctx, automation)
    return _with_address(ctx, automation)


def _with_address(ctx: Context, automation: Automation, *, first: bool = False) -> Reply:
    secret = ctx.new_secret()
    intake.give_address(ctx.tx, automation.id, secret, ctx.now + OVERLAP)
    told = _("At the end of each run, let it call this address. It is secret and shown only now.")
    before = _("An earlier address works for {n} more days.", n=OVERLAP.days)
    message = Message(
        (
            Title(_("“{name}” can report its runs.", name=automation.name)),
            Text(told),
            Text(f"{ctx.address}/ping/{secret}", code=True),
            *(() if first else (Text(before),)),
            Text(_("For example: curl -fsS -m 10 ADDRESS || true"), small=True),
            Buttons((Button(automation.name, call("auto", automation=automation.id)),)),
        )
    )
    return Reply(message, subject=automation.name, secret=True)


@feature.command(
    "auto keep", "auto behalten", help=_("It is needed although it does not run."), hidden=True
)
def keep(ctx: Context, automation: AutoRef) -> Reply:
    automation_state.need_own(ctx, automation)
    until = ctx.now + KEPT
    automations.keep(ctx.tx, automation.id, until)
    _look_again(ctx, automation, until)
    said = _(
        "“{name}” is kept. Lotse asks again after {until:date} if it has not run by then.",
        name=automation.name,
        until=until,
    )
    return Reply(line(said), posts=_answered(automation, said), subject=automation.name)


def _answered(automation: Automation, said: Sentence) -> tuple[Post, ...]:
    """Show the answer where the question stands."""
    return (Post(_question_key(automation), line(said, tone=Tone.QUIET)),)


@feature.command(
    "auto retire", "auto stilllegen", help=_("It is not needed any more."), hidden=True
)
def retire(ctx: Context, automation: AutoRef) -> Reply:
    automation_state.need_own(ctx, automation)
    automations.retire(ctx.tx, automation.id, ctx.now)
    said = _(
        "“{name}” is retired here. Lotse switches nothing off; please do that where it runs.",
        name=automation.name,
    )
    return Reply(line(said), posts=_answered(automation, said), subject=automation.name)


@feature.command(
    "auto handover",
    "auto übergeben",
    help=_("Who should be accountable?"),
    hidden=True,
    submit=_("Ask"),
)
def hand_over(
    ctx: Context,
    automation: AutoRef,
    to: Annotated[Person, PersonReader(), Ask(_("Person"))],
) -> Reply:
    automation_state.need_own(ctx, automation)
    asked = Who(to.id, to.name)
    if not automations.offer(ctx.tx, automation.id, to.id):
        raise Refusal(
            _("{who} is accountable for “{name}” already.", who=asked, name=automation.name),
            field="to",
        )
    question = Message(
        (
            Title(_("Will you become accountable for “{name}”?", name=automation.name)),
            Text(automation.purpose),
            Text(
                _(
                    "{who} asks you. Until you accept, {now} stays accountable.",
                    who=ctx.who,
                    now=person(ctx, automation.accountable),
                )
            ),
            Buttons(
                (
                    Button(
                        _("I take this over"),
                        call("auto accept", automation=automation.id),
                        "primary",
                    ),
                )
            ),
        )
    )
    said = _("{who} is asked to take over “{name}”.", who=asked, name=automation.name)
    key = f"automation:{automation.id}:offer:{to.id}"
    return Reply(
        line(said), posts=(Post(key, question, f"direct:{to.id}", "note"),), subject=automation.name
    )


@feature.command("auto accept", "auto annehmen", help=_("I become accountable."), hidden=True)
def accept(ctx: Context, automation: AutoRef) -> Reply:
    if not automations.take_over(ctx.tx, automation.id, ctx.person.id, ctx.now):
        raise Refusal(_("This question is not open for you any more."))
    found = automations.find(ctx.tx, automation.id)
    assert found is not None
    said = _("You are accountable for “{name}” now.", name=found.name)
    done = line(_("{who} took over “{name}”.", who=ctx.who, name=found.name))
    key = f"automation:{found.id}:offer:{ctx.person.id}"
    return Reply(line(said), posts=(Post(key, done),), subject=found.name)


@feature.hook("ping", intake.by_address)
def ping(ctx: Context, automation: str, *, kind: str = "") -> Reply:
    """Record a run of an automation (by id). Nothing about the caller is kept."""
    automations.ran(ctx.tx, automation, run=ctx.new_id(), at=ctx.now, kind=kind or "ok")
    found = automations.find(ctx.tx, automation)
    if found is not None and not kind:
        _look_again(ctx, found, ctx.now + timedelta(days=found.rhythm_days, seconds=1))
    return Reply(subject=automation)


def _look_again(ctx: Context, automation: Automation, when: datetime) -> None:
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind="unused",
        key=f"automation:{automation.id}:unused",
        due=when,
        automation=automation.id,
    )


@feature.timer("unused")
def ask_owner(ctx: Context, automation: str) -> Reply:
    """Ask whoever decides, before anybody else reads of it, whether it is still needed."""
    found = automations.find(ctx.tx, automation)
    if found is None or automation_state.state(ctx, found) is not automation_state.State.UNUSED:
        return Reply()
    return Reply(posts=_question(ctx, found))


def _question(ctx: Context, automation: Automation) -> tuple[Post, ...]:
    decides = automation_state.owner(ctx, automation)
    if decides is None:
        return ()
    asked = Message(
        (
            Title(_("Is “{name}” still needed?", name=automation.name)),
            Text(automation.purpose),
            Facts(
                (
                    (
                        _("Use"),
                        automation_state.STATES[automation_state.state(ctx, automation)],
                    ),
                    (_("Evidence"), automation_state.evidence(ctx, automation)),
                )
            ),
            Buttons(automation_state.decisions(automation)),
        )
    )
    return (Post(_question_key(automation), asked, f"direct:{decides.id}", "note"),)


def _question_key(automation: Automation) -> str:
    return f"automation:{automation.id}:question"


@feature.command("auto ask", "auto fragen", help=_("Ask the accountable person."), hidden=True)
def ask_now(ctx: Context, automation: AutoRef) -> Reply:
    decides = automation_state.owner(ctx, automation)
    who = person(ctx, decides.id if decides else automation.accountable)
    said = _("{who} has the question about “{name}” now.", who=who, name=automation.name)
    return Reply(line(said), posts=_question(ctx, automation), subject=automation.name)


def card(ctx: Context, automation: Automation) -> Message:
    """Return the card of an automation: use first."""
    rows: list[tuple[Words, Words]] = [
        (_("Use"), automation_state.STATES[automation_state.state(ctx, automation)]),
        (_("Evidence"), automation_state.evidence(ctx, automation)),
        (_("What for"), automation.purpose),
        (_("Accountable"), (person(ctx, automation.accountable),)),
        (_("Deputy"), (person(ctx, automation.deputy),)),
    ]
    if automation.offered_to:
        rows.append((_("Asked to take it"), (person(ctx, automation.offered_to),)))
    parts: list[Part] = [Title(automation.name), Facts(tuple(rows))]
    if automation_state.is_own(ctx, automation):
        new_address = Button(_("New address"), call("auto address", automation=automation.id))
        parts.append(Buttons((*automation_state.decisions(automation), new_address)))
    return Message(tuple(parts))


@feature.waits(70)
def waiting(ctx: Context) -> list[Task]:
    """Return the automations that the asker is to accept, or to decide about."""
    found: list[Task] = []
    for each in automations.all(ctx.tx):
        if each.offered_to == ctx.person.id:
            accept = Button(
                _("I take this over"), call("auto accept", automation=each.id), "primary"
            )
            asked = _("Will you become accountable for “{name}”?", name=each.name)
            found.append(Task(asked, (accept,)))
        decides = automation_state.owner(ctx, each)
        mine = decides is not None and decides.id == ctx.person.id
        if mine and automation_state.state(ctx, each) is automation_state.State.UNUSED:
            words = _(
                "“{name}” is possibly unused: {evidence}.",
                name=each.name,
                evidence=automation_state.evidence(ctx, each),
            )
            found.append(Task(words, automation_state.decisions(each)))
    return found


def _left(ctx: Context, person: str) -> tuple[Post, ...]:
    """End an offer to somebody who left; whoever decides now is asked what was open."""
    posts: tuple[Post, ...] = ()
    for each in automations.all(ctx.tx):
        if each.offered_to == person:
            automations.offer(ctx.tx, each.id, None)
        open_question = automation_state.state(each, ctx.now) is automation_state.State.UNUSED
        if open_question and person in (each.accountable, each.deputy):
            posts += _question(ctx, each)
    return posts


@feature.holds(
    50, "automations.accountable", "automations.deputy", "automations.offered_to", left=_left
)
def held(ctx: Context, person: str) -> list[Held]:
    """Return the automations that somebody is accountable or deputy for."""
    found: list[Held] = []
    for each in automations.concerning(ctx.tx, person):
        decides = automation_state.owner(ctx, each)
        first = each.accountable == person
        found.append(
            Held(
                each.name,
                _("Automation, accountable") if first else _("Automation, deputy"),
                partial(_give, ctx, each, person),
                partial(_clash, each, person),
                decides.id if first and decides is not None else None,
            )
        )
    return found


def _clash(automation: Automation, person: str, to: str) -> bool:
    stays = automation.deputy if automation.accountable == person else automation.accountable
    return to == stays


def _give(
    ctx: Context, automation: Automation, person: str, to: str, other: str | None
) -> tuple[Post, ...]:
    accountable = to if automation.accountable == person else automation.accountable
    deputy = to if automation.deputy == person else automation.deputy
    if accountable == deputy:
        assert other is not None, "whoever hands over named another deputy"
        accountable, deputy = to, other
    automations.set_people(ctx.tx, automation.id, accountable, deputy)
    return ()
