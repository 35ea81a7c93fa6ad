"""Alarms on their way to persons: one message each, older ones folded, many at once as a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from handlers.incidents import cards, keys
from handlers.incidents.alarms import wording
from handlers.incidents.keys import IncidentTimer
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text, Title, Tone
from handlers.kit.words import _
from storage import incidents
from storage.delivery import heartbeat, outbox, places, timers
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import IncidentNumber, PersonId, PlaceId
from storage.incidents import Incident, alarms
from storage.incidents.alarms import Alarm
from storage.incidents.states import IncidentState

feature = Feature(_("Escalation"))

MOST = 3  # alarms to one person within WITHIN that are messages of their own
WITHIN = timedelta(minutes=1)
TOGETHER = timedelta(seconds=1)  # what comes in this time stands in a list at once, with one edit
SHOWN = 20  # incidents in one list; Slack takes fifty blocks
RECENT = timedelta(minutes=10)  # a standstill that ended so short a time ago is told


def alarm_posts(
    ctx: Context,
    incident: Incident,
    position: int,
    targets: Sequence[PersonId],
    message: Callable[[PersonId], Message],
    *,
    crowded: bool = False,
) -> tuple[Post, ...]:
    """Return the posts that alarm somebody; `crowded` when many incidents are due at once."""
    posts: list[Post] = []
    for person in targets:
        posts += _fold(ctx, incident, person, position)
        recent = alarms.recent(ctx.tx, person, ctx.now - WITHIN, incident.number)
        listed = any(each.list is not None for each in recent)
        if crowded or listed or len({each.incident for each in recent}) >= MOST:
            posts += _to_list(ctx, incident, person, position, recent)
        else:
            _write_down(ctx, incident, position, person, None)
            posts.append(_single(incident, position, person, message(person)))
    return tuple(posts)


def foresee(ctx: Context, incident: Incident) -> None:
    """Ask ahead for what alarming whoever is responsible wants to know."""
    number, person, since = incident.number, incident.responsible, ctx.now - WITHIN
    ctx.tx.foresee(
        lambda tx: alarms.of(tx, number),
        lambda tx: alarms.recent(tx, person, since, number),
    )


def _write_down(
    ctx: Context, incident: Incident, position: int, person: PersonId, list: str | None
) -> None:
    alarms.add(ctx.tx, incident.number, position, person, ctx.now, list, id=ctx.new_id())


def _single(incident: Incident, position: int, person: PersonId, message: Message) -> Post:
    number = incident.number
    key = keys.alarm_key(number, position)
    return Post(
        key, message, f"direct:{person}", ParcelKind.ALARM, otherwise=keys.escalation_key(number)
    )


def _fold(ctx: Context, incident: Incident, person: PersonId, position: int) -> list[Post]:
    """Make one line of somebody's older alarms of an incident; what is unsent is taken back."""
    older = [
        each for each in alarms.of(ctx.tx, incident.number) if each.live and each.person == person
    ]
    if older:
        alarms.settle(ctx.tx, incident.number, person, before=position)
    posts: list[Post] = []
    for each in older:
        if each.list is not None:
            _write_soon(ctx, each.list, incident.number)
        else:
            posts += _fold_one(ctx, incident, each)
    return posts


def _fold_one(ctx: Context, incident: Incident, alarm: Alarm) -> list[Post]:
    key = keys.alarm_key(incident.number, alarm.position)
    if _withdrawn(ctx, alarm.person, key, "a newer alarm"):
        return []
    return [Post(key, wording.folded_alarm(incident), f"direct:{alarm.person}")]


def _chats(ctx: Context, person: PersonId) -> list[PlaceId]:
    """Return where somebody's alarms go; the name itself when no place is known."""
    found = [each.id for each in places.direct_of(ctx.tx, person)]
    return found or [PlaceId(f"direct:{person}")]


def _withdrawn(ctx: Context, person: PersonId, key: str, reason: str) -> bool:
    """Take an unsent alarm back in all of somebody's chats; False when one stands somewhere."""
    return all([outbox.withdraw(ctx.tx, each, key, reason) for each in _chats(ctx, person)])


# --- many at once ------------------------------------------------------------------------


def _to_list(
    ctx: Context, incident: Incident, person: PersonId, position: int, recent: list[Alarm]
) -> list[Post]:
    """Make the alarm a line of the list of this minute, with those that came just before it."""
    last = next((each.list for each in reversed(recent) if each.list is not None), None)
    room = last is not None and alarms.count_in_list(ctx.tx, last) < SHOWN
    key = last if last is not None and room else f"alarms:{person}:{ctx.new_id()}"
    posts: list[Post] = []
    for each in recent:
        if each.list is not None:
            continue
        other = incidents.find(ctx.tx, each.incident)
        if other is not None:
            posts += _fold_one(ctx, other, each)
            alarms.put_into(ctx.tx, each, key)
    _write_down(ctx, incident, position, person, key)
    came = max((each.at for each in recent if each.list is not None), default=None)
    if key == last and came is not None and ctx.now - came < TOGETHER:
        _write_soon(ctx, key, incident.number)
        return posts
    return [*posts, *_list_post(ctx, key, person)]


def _write_soon(ctx: Context, key: str, number: IncidentNumber) -> None:
    """Let a list be written anew in a moment, once for all that changes in it until then.

    With twenty incidents a second each of them would otherwise write twenty lines anew.
    """
    name = keys.list_timer_key(key)
    if timers.due_of(ctx.tx, name) is None:
        timers.set(
            ctx.tx,
            id=ctx.new_id(),
            kind=IncidentTimer.LIST,
            key=name,
            due=ctx.now + TOGETHER,
            number=number,
            name=name,
        )


@feature.timer(IncidentTimer.LIST)
def write(ctx: Context, number: IncidentNumber, name: str) -> Reply:
    """Write the list anew that has changed; `name` is its timer's, `number` stands in it."""
    found = {each.list: each.person for each in alarms.of(ctx.tx, number) if each.list is not None}
    posts = [
        post
        for key, person in found.items()
        if keys.list_timer_key(key) == name
        for post in _list_post(ctx, key, person)
    ]
    return Reply(posts=tuple(posts))


def _list_post(ctx: Context, key: str, person: PersonId) -> list[Post]:
    """Return a list as it is now; one that needs nothing any more only changes where it stands."""
    lines = alarms.in_list(ctx.tx, key)
    live = [each for each in lines if each.live]
    message = _list(ctx, lines)
    if live:
        otherwise = keys.escalation_key(live[-1].incident)
        return [Post(key, message, f"direct:{person}", ParcelKind.ALARM, otherwise=otherwise)]
    if _withdrawn(ctx, person, key, "no longer needed"):
        return []
    return [Post(key, message, f"direct:{person}")]


def _list(ctx: Context, lines: list[Alarm]) -> Message:
    numbers = list(dict.fromkeys(each.incident for each in lines))
    found = {each.number: each for each in incidents.several(ctx.tx, numbers)}
    waiting = {each.incident for each in lines if each.live}
    known = [(number, found[number]) for number in numbers if number in found]
    shown = [(number, each) for number, each in known if number in waiting]
    if not shown:
        words = [cards.settled_words(ctx, each) for _number, each in known]
        return Message(tuple(Text(each) for each in words[:SHOWN]), Tone.QUIET)
    parts: list[Part] = [Title(_("These incidents are waiting for you"))]
    for number, each in shown:
        mine = each.responsible == lines[0].person and not each.unanswered
        said = wording.overdue(each) if mine else wording.list_line(ctx, each)
        parts += [Text(said), Buttons((_tell(number) if mine else _take(number),))]
    stood = heartbeat.standstill(ctx.tx, min(each.at for each in lines) - RECENT)
    if stood is not None:
        said = _("Lotse did not run from {start} to {end}.", start=stood.start, end=stood.end)
        parts.append(Text(said, small=True))
    over = [each for number, each in known if number not in waiting and _over(each)]
    parts += [Text(cards.settled_words(ctx, each), small=True) for each in over[:SHOWN]]
    return Message(tuple(parts), Tone.ALARM)


def _over(incident: Incident) -> bool:
    return incident.state != IncidentState.OPEN or not (incident.unanswered or incident.silent)


def _tell(number: IncidentNumber) -> Button:
    words = _("Update on {incident}", incident=cards.label(number))
    return Button(words, call("update", number=number), "primary")


def _take(number: IncidentNumber) -> Button:
    words = _("I'll look after {incident}", incident=cards.label(number))
    return Button(words, call("ack", number=number), "primary")


# --- when it needs nobody any more -------------------------------------------------------


def settled_posts(ctx: Context, incident: Incident) -> list[Post]:
    """Take back or edit every alarm of an incident that still calls for an answer."""
    sent = alarms.of(ctx.tx, incident.number)
    known = {each.position for each in sent}
    live = {each.position for each in sent if each.live and each.list is None}
    lists = {each.list: each.person for each in sent if each.live and each.list is not None}
    alarms.settle(ctx.tx, incident.number)
    posts: list[Post] = []
    for position in range(incident.alarms):
        if position in known and position not in live:
            continue  # it is one line already
        name = keys.alarm_key(incident.number, position)
        outbox.cancel(ctx.tx, name, "no longer needed")
        posts.append(Post(name, cards.settled_alarm(ctx, incident)))
    for key, person in lists.items():
        posts += _list_post(ctx, key, person)
    return posts


def unheard(ctx: Context, incident: Incident, position: int, person: PersonId) -> str | None:
    """Return the platform on which an alarm could not reach somebody, None while it may have.

    Who has another chat gets it there at once, if it waited.
    """
    mine = [
        each
        for each in alarms.of(ctx.tx, incident.number)
        if (each.position, each.person) == (position, person)
    ]
    key = next((each.list for each in mine if each.list), None)
    key = key or keys.alarm_key(incident.number, position)
    chats = _chats(ctx, person)
    reached = [
        each
        for each in chats
        if outbox.outcome(ctx.tx, each, key) not in ("parked", "dead", "ambiguous")
    ]
    for each in reached:
        outbox.hurry(ctx.tx, each, key, ctx.now)
    return chats[0].partition(":")[0] if not reached else None


def beside(ctx: Context, incident: Incident, position: int) -> list[IncidentNumber]:
    """Return the other incidents that still wait in the same lists as an alarm."""
    lists = {
        each.list
        for each in alarms.of(ctx.tx, incident.number)
        if each.position == position and each.list
    }
    lines = [each for key in sorted(lists) for each in alarms.in_list(ctx.tx, key)]
    return sorted({each.incident for each in lines if each.live} - {incident.number})


def often(ctx: Context, incident: Incident, since: datetime) -> dict[str, int]:
    """Return how many alarms of an incident each person got since a moment; shown to nobody."""
    found: dict[str, int] = {}
    for each in alarms.of(ctx.tx, incident.number):
        if each.at > since:
            found[each.person] = found.get(each.person, 0) + 1
    return found
