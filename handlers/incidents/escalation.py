"""Climbing: one person first, never nobody, and further up until somebody answers.

Rule (docs/rules.md, climbing): after the service's limit the responsible person again and
the deputy; after the same limit the manager; then every two limits the manager
again, until it is acknowledged. Silence past promised news asks that person,
then climbs the same way.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.incidents import channels as incident_channels
from handlers.incidents import keys
from handlers.incidents.cards import alarm, card, question, settled_alarm, why_climbed, why_first
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Message, Post, Reply
from handlers.kit.words import _
from handlers.on_call import duty
from storage import incidents
from storage.delivery import outbox, timers
from storage.incidents import Happening, Incident
from storage.services import LIMIT

feature = Feature(_("Climbing"))

TOP = 2  # the level at which managers are alarmed


def start(ctx: Context, incident: Incident, position: int = 0) -> Post:
    """Alarm the one responsible person, and begin to climb from now."""
    _set(ctx, incident.number, ctx.now + limit_of(ctx, incident), level=1, since=ctx.now)
    incidents.happened(
        ctx.tx,
        incident.number,
        id=ctx.new_id(),
        at=ctx.now,
        kind="alarmed",
        detail=incident.responsible,
    )
    incident_channels.follow(ctx, incident)
    message = alarm(ctx, incident, why_first(ctx, incident))
    return _alarm_post(incident, position, incident.responsible, message)


def wait_for_answer(ctx: Context, incident: Incident) -> None:
    """Set the first step anew, with the limit of today's severity."""
    begun = max(incident.begun_at, incident.responsible_since)
    due = max(begun + limit_of(ctx, incident), ctx.now)
    _set(ctx, incident.number, due, level=1, since=begun)


def wait_for_news(ctx: Context, incident: Incident, due: datetime) -> None:
    """Ask at `due` unless there was news by then."""
    _set(ctx, incident.number, due, level=0, since=due)


def stop(ctx: Context, number: int) -> bool:
    """Stop climbing. To be called before the incident's own row is touched:

    the scheduler takes the timer first and then the row, and so must everybody.
    """
    return timers.cancel(ctx.tx, keys.climb_key(number))


def declarer_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return the one message that keeps each declarer up to date: of this, and of duplicates.

    Nobody is told what they did themselves.
    """
    settled = settled_alarm(ctx, incident)
    told = {ctx.person.id}
    posts: list[Post] = []
    for each in (incident, *incidents.folded_into(ctx.tx, incident.number)):
        who = each.declared_by
        key = f"{keys.card_key(each.number)}:told"
        # Somebody may have declared it twice: one message is enough.
        fresh = who not in told
        posts.append(Post(key, settled, f"direct:{who}", "note") if fresh else Post(key, settled))
        told.add(who)
    return tuple(posts)


def declarer_post(ctx: Context, incident: Incident) -> Post:
    """Return what keeps the declarer's message true, if they have one; nobody gets a new one."""
    return Post(f"{keys.card_key(incident.number)}:told", settled_alarm(ctx, incident))


def card_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return the posts that show an incident's new state wherever it is shown."""
    incident_channels.follow(ctx, incident)
    return (Post(keys.card_key(incident.number), card(ctx, incident)),)


def ended_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """As `changed`, and take back or edit every alarm: it needs nobody any more."""
    posts = [*card_posts(ctx, incident)]
    for position in range(incident.alarms):
        name = keys.alarm_key(incident.number, position)
        outbox.cancel(ctx.tx, name, "no longer needed")
        posts.append(Post(name, settled_alarm(ctx, incident)))
    questions = {"asked": keys.asked_key, "checking": keys.check_key}
    for each in incidents.timeline(ctx.tx, incident.number):
        if each.kind in questions:
            name = questions[each.kind](incident.number, each.detail)
            outbox.cancel(ctx.tx, name, "no longer needed")
            posts.append(Post(name, settled_alarm(ctx, incident)))
    return tuple(posts)


def renewed_alarms(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return the alarms that wait for an answer anew, as when a question in them is answered."""
    if incident.state != "open" or not (incident.unanswered or incident.silent):
        return ()
    live = _live(ctx, incident)
    posts: list[Post] = []
    for position, each in live:
        if each.kind == "silent":  # it asks for news, and of no other incident
            continue
        minutes = int((each.at - live[0][1].at) / timedelta(minutes=1))
        first = position == live[0][0]
        why = why_first(ctx, incident) if first else why_climbed(ctx, incident, minutes)
        name = keys.alarm_key(incident.number, position)
        message = alarm(ctx, incident, why)
        posts.append(Post(name, message, kind="alarm", otherwise=keys.climb_key(incident.number)))
    return tuple(posts)


def _live(ctx: Context, incident: Incident) -> list[tuple[int, Happening]]:
    """Return the alarms since it began to climb anew, each with its position."""
    live: list[tuple[int, Happening]] = []
    position, begun = 0, incident.declared_at
    for each in incidents.timeline(ctx.tx, incident.number):
        if each.kind in ("moved", "handed on", "reopened"):
            begun = each.at
        if each.kind not in ("alarmed", "silent"):
            continue
        if each.kind == "silent" or each.at == begun:
            live = []
        live.append((position, each))
        position += 1
    return live


@feature.timer("climb")
def climb(ctx: Context, number: int, level: int, since: str) -> Reply:
    """One step up. After an outage of ours only the highest step that is due is made."""
    incident = incidents.find(ctx.tx, number)
    if incident is None or incident.state != "open":
        return Reply()
    begun = datetime.fromisoformat(since)
    limit = limit_of(ctx, incident)
    while level < TOP and ctx.now >= begun + limit * (level + 1):
        level += 1
    waited = int((ctx.now - begun) / timedelta(minutes=1))
    if level == 0:
        return _ask_for_news(ctx, incident, begun)
    targets = _targets(ctx, incident, level)
    position = incidents.count_alarm(ctx.tx, number)
    if not incident.unanswered and not incident.silent:
        incidents.mark_silent(ctx.tx, number)
    incident = incidents.find(ctx.tx, number) or incident
    incidents.happened(
        ctx.tx, number, id=ctx.new_id(), at=ctx.now, kind="alarmed", detail=",".join(targets)
    )
    message = alarm(ctx, incident, why_climbed(ctx, incident, waited))
    step = limit if level < TOP else 2 * limit
    _set(ctx, number, ctx.now + step, level=min(level + 1, TOP), since=begun)
    alarms = tuple(_alarm_post(incident, position, each, message) for each in targets)
    return Reply(posts=(*alarms, *card_posts(ctx, incident)))


def _ask_for_news(ctx: Context, incident: Incident, begun: datetime) -> Reply:
    if not incidents.mark_silent(ctx.tx, incident.number):
        return Reply()
    position = incidents.count_alarm(ctx.tx, incident.number)
    incident = incidents.find(ctx.tx, incident.number) or incident
    incidents.happened(ctx.tx, incident.number, id=ctx.new_id(), at=ctx.now, kind="silent")
    _set(ctx, incident.number, ctx.now + limit_of(ctx, incident), level=1, since=begun)
    ask = _alarm_post(incident, position, incident.responsible, question(ctx, incident))
    return Reply(posts=(ask, *card_posts(ctx, incident)))


def _targets(ctx: Context, incident: Incident, level: int) -> list[str]:
    """Return who is alarmed at a level; never nobody."""
    service = ctx.service_of(incident.service)
    assert service is not None, "an incident has a service, by constraint"
    first = incident.responsible
    if level < TOP:
        other = duty.second_responder(ctx, service, first)
        found = [first] if other is None else [first, other]
        guessed = ctx.service_of(incident.guessed) if incident.guessed else None
        if guessed is not None:  # nobody has said whether it is about that
            found.append(duty.on_duty(ctx, guessed))
        return list(dict.fromkeys(found))
    return [
        duty.escalation_manager(ctx)
        or (first if duty.is_here(ctx, first) else duty.on_duty(ctx, service))
    ]


def limit_of(ctx: Context, incident: Incident) -> timedelta:
    """Return how long each step waits: what the service says, half of it when it is serious."""
    service = ctx.service_of(incident.service)
    minutes = service.limit_minutes if service is not None else LIMIT
    return timedelta(minutes=minutes) / (2 if incident.severity == "serious" else 1)


def _set(ctx: Context, number: int, due: datetime, *, level: int, since: datetime) -> None:
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind="climb",
        key=keys.climb_key(number),
        due=due,
        number=number,
        level=level,
        since=since.isoformat(),
    )


def _alarm_post(incident: Incident, position: int, person: str, message: Message) -> Post:
    return Post(
        keys.alarm_key(incident.number, position),
        message,
        f"direct:{person}",
        "alarm",
        otherwise=keys.climb_key(incident.number),
    )
