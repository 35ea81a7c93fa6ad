"""Incidents: declare, acknowledge, tell, restore. Somebody is always responsible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from handlers import climbing, night, rights, services
from handlers.incident_cards import (
    card,
    headline,
    history,
    label,
    listed,
    shortened,
    take,
    tell,
    works_again,
)
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
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
from handlers.kit.readers import (
    ChoiceReader,
    IncidentReader,
    NameReader,
    NumberReader,
    PersonReader,
    TextReader,
)
from handlers.kit.words import Who, _, _n
from handlers.services import person as named
from storage import incidents, workspaces
from storage.engine import Tx
from storage.incidents import Incident
from storage.people import Person
from storage.places import INCIDENTS
from storage.services import Service

feature = Feature(_("Incidents"))

# docs/rules.md, incidents
NEWS = {"normal": timedelta(minutes=60), "serious": timedelta(minutes=30)}
UNDO = timedelta(minutes=2)
CHIPS = (15, 30, 60)
SHOWN = 10  # incidents in one list


class Which(StrEnum):
    """Which incidents to list."""

    OPEN = "open"
    MINE = "mine"
    ALL = "all"


WHICH = ChoiceReader(
    Which,
    {"open": _("open ones"), "mine": _("mine"), "all": _("the newest of all")},
    {"open": ("offen", "offene"), "mine": ("meine",), "all": ("alle",)},
)
Named = Annotated[int, IncidentReader(lambda _tx, _number: True), Ask(_("Number"))]
Ref = Annotated[int, IncidentReader(incidents.exists), Ask(_("Number"))]


@feature.command(
    "incident",
    "störung",
    help=_("Declare an incident, in one line."),
    submit=_("Declare incident"),
    needs="declare",
)
def declare(
    ctx: Context,
    title: Annotated[str, TextReader(titled=True), Ask(_("What does not work?"), short=_("text"))],
    *,
    service: services.ServiceOrNot = None,
) -> Reply:
    proposed = service or services.guess(ctx, title)
    meant = proposed or services.fallback(ctx)
    number = workspaces.next_number(ctx.tx, "incident")
    incidents.add(
        ctx.tx,
        number=number,
        title=title,
        service=meant.id,
        gap=proposed is None,
        severity="normal",
        declared_by=ctx.person.id,
        declared_in=ctx.place.id if ctx.place else None,
        responsible=services.on_duty(ctx, meant),
        now=ctx.now,
    )
    incident = _note(ctx, number, "declared")
    shown = [Post(climbing.key(number), card(ctx, incident), INCIDENTS)]
    if ctx.place is not None and ctx.place.kind == "channel" and ctx.place.role != INCIDENTS:
        shown.append(Post(climbing.key(number), card(ctx, incident), ctx.place.id))
    return Reply(
        _declared(ctx, incident, meant),
        posts=(*shown, climbing.start(ctx, incident)),
        subject=label(number),
    )


def _declared(ctx: Context, incident: Incident, service: Service) -> Message:
    who = named(ctx, incident.responsible)
    values = {"who": who, "service": service.name}
    if incident.gap:
        said = _(
            "I recognised no service in it, so {who} is alarmed, as for everything else.",
            who=who,
        )
    elif incident.responsible == service.accountable:
        said = _("{who} is accountable for {service} and is alarmed.", **values)
    else:
        said = _("{who} stands in for {service} and is alarmed.", **values)
    number = incident.number
    return Message(
        (
            Title(_("{incident} is declared.", incident=label(number))),
            Text(incident.title),
            Text(said),
            Buttons(
                (
                    Button(_("It is serious"), call("serious", number=number)),
                    Button(_("Change service"), call("move", number=number)),
                    Button(_("Undo"), call("undo", number=number), "quiet"),
                )
            ),
        )
    )


@feature.command(
    "ack", ("annehmen", "übernehmen"), help=_("Look after an incident: its alarm stops climbing.")
)
def acknowledge(ctx: Context, number: Ref | None = None) -> Reply:
    incident = _meant(ctx, "ack", number)
    rights.need_for(ctx, "ack", incident)
    if _mine_already(ctx, incident):
        return Reply(_yours(incident))
    next_news = ctx.now + NEWS[incident.severity]
    climbing.stop(ctx, incident.number)
    if not incidents.acknowledge(ctx.tx, incident.number, ctx.person.id, ctx.now, next_news):
        raise _not_first(ctx, incident.number)  # which also lets the climbing go on
    incident = _note(ctx, incident.number, "acknowledged")
    climbing.wait_for_news(ctx, incident, next_news)
    return Reply(
        _yours(incident),
        posts=(*climbing.settled(ctx, incident), *climbing.told(ctx, incident)),
        subject=label(incident.number),
    )


def _mine_already(ctx: Context, incident: Incident) -> bool:
    return (
        incident.state == "open"
        and incident.acknowledged_by == ctx.person.id
        and not incident.silent
    )


def _not_first(ctx: Context, number: int) -> Refusal:
    incident = _find(ctx, number)
    if incident.state != "open":
        return _not_open(ctx, incident)
    if incident.responsible == ctx.person.id:
        return Refusal(
            _("You promised news about {incident}. How does it stand?", incident=label(number)),
            buttons=(tell(number),),
        )
    return Refusal(
        _(
            "{who} already looks after {incident}.",
            who=named(ctx, incident.responsible),
            incident=label(number),
        )
    )


def _yours(incident: Incident) -> Message:
    number = incident.number
    chips = tuple(
        Button(_("in {n} min", n=minutes), call("promise", number=number, minutes=minutes))
        for minutes in CHIPS
    )
    return Message(
        (
            Title(_("You look after {incident}.", incident=label(number))),
            Text(incident.title),
            Text(
                _("When will there be news? Unless you choose: by {at:time}.",
                  at=incident.next_news_at)
            ),
            Buttons(chips),
        ),
        Tone.ACTIVE,
    )  # fmt: skip


@feature.command("promise", "zusagen", help=_("Say when the next news comes."), hidden=True)
def promise(
    ctx: Context,
    number: Ref,
    minutes: Annotated[int, NumberReader(5, 480), Ask(_("Minutes"))],
) -> Reply:
    due = ctx.now + timedelta(minutes=minutes)
    climbing.stop(ctx, number)
    if not incidents.promise(ctx.tx, number, ctx.person.id, due):
        incident = _open(ctx, number)
        raise Refusal(
            _(
                "Only {who} can promise news about {incident}.",
                who=named(ctx, incident.responsible),
                incident=label(number),
            )
        )
    incident = _note(ctx, number, "promised", str(minutes))
    climbing.wait_for_news(ctx, incident, due)
    return Reply(
        line(_("Good. If nothing is heard by {at:time}, I ask again.", at=due)),
        posts=climbing.settled(ctx, incident),
        subject=label(number),
    )


@feature.command(
    "assign", "zuweisen", help=_("Ask somebody to take an incident; they accept by button.")
)
def assign(
    ctx: Context, number: Named, person: Annotated[Person, PersonReader(), Ask(_("Person"))]
) -> Reply:
    incident = _open(ctx, number)
    rights.need_for(ctx, "assign", incident)
    asked = Who(person.id, person.name)
    if incident.acknowledged_by == person.id:
        raise Refusal(_("{who} already looks after {incident}.", who=asked, incident=label(number)))
    incidents.propose(ctx.tx, number, person.id)
    incident = _note(ctx, number, "asked", person.id)
    responsible = named(ctx, incident.responsible)
    question = Message(
        (
            Title(_("Will you take {incident}?", incident=label(number))),
            Text(incident.title),
            Text(
                _("{who} asks you. Until you accept, {responsible} stays responsible.",
                  who=ctx.who, responsible=responsible)
            ),
            Buttons((take(number),)),
        )
    )  # fmt: skip
    said = _(
        "{who} is asked to take {incident}. Until then {responsible} stays responsible.",
        who=asked,
        incident=label(number),
        responsible=responsible,
    )
    ask = Post(climbing.asked_key(number, person.id), question, f"direct:{person.id}", "note")
    return Reply(line(said), posts=(ask, *climbing.changed(ctx, incident)), subject=label(number))


@feature.command("update", "meldung", help=_("Tell how it stands; the card shows it."))
def update(
    ctx: Context,
    number: Ref | None = None,
    text: Annotated[
        str, TextReader(), Ask(_("How does it stand?"), short=_("text"), needed=True)
    ] = "",
) -> Reply:
    incident = _meant(ctx, "update", number, text)
    rights.need_for(ctx, "update", incident)
    number, was_silent = incident.number, incident.silent
    next_news = None
    if incident.acknowledged_by is not None:  # else it goes on climbing: news is no answer
        next_news = ctx.now + NEWS[incident.severity]
        climbing.stop(ctx, number)
    if not incidents.tell(ctx.tx, number, ctx.person.id, text, ctx.now, next_news):
        raise _not_open(ctx, _find(ctx, number), text)
    incident = _note(ctx, number, "news", text)
    if next_news is not None:
        climbing.wait_for_news(ctx, incident, next_news)
    show = climbing.settled if was_silent else climbing.changed
    posts = show(ctx, incident)
    said = _("Thank you. The card of {incident} shows it now.", incident=label(number))
    return Reply(line(said), posts=posts, subject=label(number))


@dataclass(frozen=True, slots=True)
class Current:
    """An open incident, as a choice."""

    id: str
    name: str


def _current(tx: Tx) -> list[Current]:
    return [Current(str(each.number), headline(each)) for each in incidents.open_ones(tx)]


def _not_current(name: str, known: list[str]) -> Refusal:
    if not known:
        return Refusal(_("No incident is open."))
    return Refusal(_("There is no open incident “{name}”.", name=name[:80]))


@feature.command(
    "belongs", "gehört", help=_("This belongs to an open incident."), hidden=True,
    submit=_("Post an update"),
)  # fmt: skip
def belongs(
    ctx: Context,
    incident: Annotated[Current, NameReader(_current, _not_current), Ask(_("Which incident?"))],
    text: Annotated[str, TextReader(), Ask(_("How does it stand?"))],
) -> Reply:
    return update(ctx, int(incident.id), text)


@feature.command("restored", "behoben", help=_("The service works again."))
def restored(
    ctx: Context,
    number: Ref | None = None,
    text: Annotated[str, TextReader(), Ask(_("What helped?"), short=_("text"))] = "",
) -> Reply:
    incident = _meant(ctx, "restored", number, text)
    rights.need_for(ctx, "restored", incident)
    number = incident.number
    climbing.stop(ctx, number)
    if text and incidents.tell(ctx.tx, number, ctx.person.id, text, ctx.now, None):
        _note(ctx, number, "news", text)
    if not incidents.restore(ctx.tx, number, ctx.person.id, ctx.now):
        raise _not_open(ctx, _find(ctx, number), text)
    incident = _note(ctx, number, "restored")
    said = _("{incident}: it works again. Thank you.", incident=label(number))
    return Reply(
        Message((Text(said), *_rest(ctx)), Tone.GOOD),
        posts=(*climbing.settled(ctx, incident), *climbing.told(ctx, incident)),
        subject=label(number),
    )


def _rest(ctx: Context) -> tuple[Part, ...]:
    hint = night.rest_hint(ctx)
    return (Text(hint, small=True),) if hint else ()


@feature.command("incidents", "störungen", help=_("Open incidents, mine, or all."), reads=True)
def overview(
    ctx: Context,
    which: Annotated[Which, WHICH, Ask(_("Which"), short=_("all or mine"))] = Which.OPEN,
) -> Reply:
    every = which is Which.ALL
    found = incidents.latest(ctx.tx, SHOWN) if every else incidents.open_ones(ctx.tx)
    if which is Which.MINE:
        found = [each for each in found if is_mine(ctx, each)]
    if not found:
        nothing = {
            Which.OPEN: _("No incident is open."),
            Which.MINE: _("No open incident is yours."),
            Which.ALL: _("There has been no incident yet."),
        }
        return Reply(line(nothing[which]))
    rest = len(found) - SHOWN
    parts: list[Part] = [
        Title(_n("{n} incident", "{n} incidents", len(found))),
        Items(tuple(listed(ctx, each) for each in found[:SHOWN])),
    ]
    if rest > 0:
        parts.append(Text(_n("and {n} more", "and {n} more", rest), small=True))
    parts.append(
        Buttons(
            tuple(
                Button(label(each.number), call("show", number=each.number)) for each in found[:5]
            )
        )
    )
    return Reply(Message(tuple(parts)))


@feature.command("show", "zeigen", help=_("One incident."), hidden=True, reads=True)
def show(ctx: Context, number: Ref) -> Reply:
    return Reply(card(ctx, _find(ctx, number)))


@feature.command("history", "verlauf", help=_("What happened."), hidden=True, reads=True)
def past(ctx: Context, number: Ref) -> Reply:
    return Reply(history(ctx, _find(ctx, number)))


@feature.command("serious", "ernst", help=_("It is serious."), hidden=True)
def serious(ctx: Context, number: Ref) -> Reply:
    return _severity(ctx, number, "serious")


@feature.command("normal", "normal", help=_("It is not serious."), hidden=True)
def normal(ctx: Context, number: Ref) -> Reply:
    return _severity(ctx, number, "normal")


def _severity(ctx: Context, number: int, severity: str) -> Reply:
    incident = _open(ctx, number)
    rights.need_for(ctx, severity, incident)
    if incident.alarms == 1:  # only the first step's time is still to be had
        climbing.stop(ctx, number)
    known = not incidents.set_severity(ctx.tx, number, severity)
    incident = _find(ctx, number) if known else _note(ctx, number, severity)
    if incident.alarms == 1:
        _wait_as_severe(ctx, incident)
    words = {
        "serious": _("{incident} is serious. The alarm climbs faster.", incident=label(number)),
        "normal": _("{incident} is not serious any more.", incident=label(number)),
    }
    back = Button(_("Not serious after all"), call("normal", number=number), "quiet")
    buttons = (back,) if severity == "serious" and rights.may_for(ctx, "normal", incident) else ()
    return Reply(
        line(words[severity], *buttons),
        posts=() if known else climbing.changed(ctx, incident),
        subject=label(number),
    )


def _wait_as_severe(ctx: Context, incident: Incident) -> None:
    if incident.acknowledged_by is None:
        climbing.wait_for_answer(ctx, incident)
    elif incident.next_news_at is not None:
        sooner = min(incident.next_news_at, ctx.now + NEWS[incident.severity])
        climbing.wait_for_news(ctx, incident, sooner)


@feature.command(
    "move",
    "verschieben",
    help=_("Which service is it about?"),
    hidden=True,
    submit=_("Change service"),
)
def move(ctx: Context, number: Ref, service: services.ServiceRef) -> Reply:
    incident = _open(ctx, number)
    rights.need_for(ctx, "move", incident)
    duty = services.on_duty(ctx, service)
    other = incident.acknowledged_by is None and duty != incident.responsible
    if other:
        climbing.stop(ctx, number)
    if not incidents.move(ctx.tx, number, service.id, duty):
        raise Refusal(
            _("{incident} is about {service} already.",
              incident=label(number), service=service.name)
        )  # fmt: skip
    incident = _note(ctx, number, "moved", service.id)
    if other:  # the new one gets the full time; the old alarm is taken back
        posts = climbing.settled(ctx, incident)
        position = incidents.count_alarm(ctx.tx, number)
        posts += (climbing.start(ctx, incident, position),)
    else:
        posts = climbing.changed(ctx, incident)
    said = _(
        "{incident} is about {service} now; {who} is responsible.",
        incident=label(number),
        service=service.name,
        who=named(ctx, incident.responsible),
    )
    return Reply(line(said), posts=posts, subject=label(number))


@feature.command("undo", "zurücknehmen", help=_("Take a declaration back."), hidden=True)
def undo(ctx: Context, number: Ref) -> Reply:
    incident = _find(ctx, number)
    rights.need_for(ctx, "undo", incident)
    climbing.stop(ctx, number)
    if not incidents.withdraw(ctx.tx, number, ctx.person.id, ctx.now - UNDO):
        raise Refusal(
            _("Undo works for {n} minutes. {incident} can be marked as working again instead.",
              n=int(UNDO.total_seconds() // 60), incident=label(number)),
            buttons=(works_again(number),),
        )  # fmt: skip
    incident = _note(ctx, number, "withdrawn")
    return Reply(
        line(_("{incident} is withdrawn. Nobody is alarmed any more.", incident=label(number))),
        posts=climbing.settled(ctx, incident),
        subject=label(number),
    )


# --- which incident is meant ---------------------------------------------------------


def _meant(ctx: Context, word: str, number: int | None, text: str = "") -> Incident:
    """Return the named incident, else the asker's only open one; else ask which."""
    if number is not None:
        return _find(ctx, number)
    open_ones = incidents.open_ones(ctx.tx)
    mine = [each for each in open_ones if _FITS[word](ctx, each)]
    if len(mine) == 1:
        return mine[0]
    mine = mine or [each for each in open_ones if rights.may_for(ctx, word, each)]
    args = {"text": text} if text else {}
    if mine:
        raise Refusal(
            _("Which one do you mean?"),
            buttons=tuple(
                Button(shortened(headline(each)), call(word, number=each.number, **args))
                for each in mine[:5]
            ),
        )
    declares = (Button(_("Declare this as an incident"), call("incident", title=ctx.typed)),)
    raise Refusal(
        _("No open incident is yours to change.") if open_ones else _("No incident is open."),
        buttons=declares if text and ctx.typed else (),
        kept=ctx.typed if text else None,
    )


def waits_for_me(ctx: Context, incident: Incident) -> bool:
    open_to_all = incident.acknowledged_by is None or incident.silent
    return (open_to_all and rights.may_for(ctx, "ack", incident)) or (
        incident.proposed_to == ctx.person.id
    )


def is_mine(ctx: Context, incident: Incident) -> bool:
    return ctx.person.id in (
        incident.responsible,
        incident.acknowledged_by,
        incident.proposed_to,
        incident.declared_by,
    )


def _in_my_hands(ctx: Context, incident: Incident) -> bool:
    return incident.responsible == ctx.person.id or (
        incident.acknowledged_by is None and incident.declared_by == ctx.person.id
    )


_FITS: dict[str, Callable[[Context, Incident], bool]] = {
    "ack": waits_for_me,
    "update": _in_my_hands,
    "restored": _in_my_hands,
}


def _find(ctx: Context, number: int) -> Incident:
    incident = incidents.find(ctx.tx, number)
    if incident is None:
        raise Refusal(
            _("There is no incident {incident}.", incident=label(number)),
            buttons=(Button(_("Open incidents"), call("incidents")),),
        )
    return incident


def _open(ctx: Context, number: int) -> Incident:
    incident = _find(ctx, number)
    if incident.state != "open":
        raise _not_open(ctx, incident)
    return incident


def _not_open(ctx: Context, incident: Incident, text: str = "") -> Refusal:
    """Say how it ended; words meant for it are given back, and offered as a new incident."""
    name = label(incident.number)
    if incident.state == "withdrawn":
        said = _("{incident} was withdrawn.", incident=name)
    else:
        said = _(
            "{incident} was marked as working again on {at}.",
            incident=name,
            at=incident.restored_at,
        )
    offer = Button(_("Declare this as an incident"), call("incident", title=text))
    return Refusal(said, kept=text or None, buttons=(offer,) if text else ())


def _note(ctx: Context, number: int, kind: str, detail: str = "") -> Incident:
    """Write a line into the timeline and return the incident as it is now."""
    incidents.happened(
        ctx.tx,
        number,
        id=ctx.new_id(),
        at=ctx.now,
        kind=kind,
        person=ctx.person.id,
        detail=detail,
    )
    return _find(ctx, number)
