"""What an incident looks like: noticed when it is declared, and kept true afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.bans import cards as ban_cards
from handlers.bans.rules import rules
from handlers.incidents.cards import headline
from handlers.kit import calendar
from handlers.kit.context import Context
from handlers.kit.messages import Button, Post
from handlers.kit.words import Words, _, shortened
from handlers.problems import lifecycle
from handlers.similarity import Match, find_similar
from storage import incidents as storage_incidents
from storage import repeats as storage_repeats
from storage.incidents import Incident
from storage.services import Service

SHOWN = 5


ELSEWHERE = 0.5  # score from which an incident of another service is asked about


def notice(ctx: Context, incident: Incident, found: Sequence[Match]) -> None:
    """Remember what an incident looks like; its card and its alarm ask about it."""
    asked = [
        (rank, like)
        for rank, like in enumerate(found)
        if like.sure
        and (like.same_service or like.score >= ELSEWHERE)
        and like.number < incident.number
    ]
    if asked:
        storage_repeats.know(ctx.tx, incident.number)
    for rank, like in asked:
        storage_repeats.propose(
            ctx.tx, earlier=like.number, later=incident.number, rank=rank,
            same_service=like.same_service, words=like.words,
        )  # fmt: skip


def look_ahead(ctx: Context, number: int, service: Service) -> tuple[Match, ...]:
    """Return what an incident is like when it is about `service`, before anything is written."""
    incident = storage_incidents.find(ctx.tx, number)
    return _find(ctx, incident, service.id) if incident is not None else ()


def look_ahead_for_more(ctx: Context, number: int, earlier: int | None = None) -> tuple[Match, ...]:
    """Return what an incident is like where nobody has said what it is the same as."""
    incident = storage_incidents.find(ctx.tx, number) if earlier is None else None
    return _find(ctx, incident, incident.service) if incident is not None else ()


def _find(ctx: Context, incident: Incident, service: str) -> tuple[Match, ...]:
    found = find_similar(
        ctx.tx, incident.title, service=service, now=ctx.now, limit=SHOWN, except_=incident.number
    )
    return tuple(found)


def moved(ctx: Context, incident: Incident) -> None:
    """It is about another service: what it is like was looked up before; what people said stays."""
    storage_repeats.forget_proposals(ctx.tx, incident.number)
    notice(ctx, incident, found_ahead(ctx))


def found_ahead(ctx: Context) -> tuple[Match, ...]:
    """Return what was found before this command wrote anything; nothing when that took too long."""
    return ctx.ahead if isinstance(ctx.ahead, tuple) else ()


def severity_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return the posts of a problem that opens because a repeat turned out to be serious."""
    storage_repeats.alone_at_it(ctx.tx)
    return lifecycle.reconsider(ctx, storage_repeats.root_of(ctx.tx, incident.number)).posts


def withdrawal_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return the posts of a problem that had counted an incident which was taken back."""
    storage_repeats.alone_at_it(ctx.tx)
    return lifecycle.without_one(ctx, storage_repeats.root_of(ctx.tx, incident.number)).posts


def waiting(ctx: Context) -> list[tuple[Words, tuple[Button, ...]]]:
    """Return what the asker is responsible for and has not decided: is it the same?"""
    found: list[tuple[Words, tuple[Button, ...]]] = []
    start = calendar.days_before(ctx.now, rules(ctx.tx).days, ctx.workspace.zone)
    for number in storage_repeats.waiting(ctx.tx, start, ctx.now):
        incident = storage_incidents.find(ctx.tx, number)
        if incident is None or incident.responsible != ctx.person.id:
            continue
        for proposal in storage_repeats.undecided(ctx.tx, number)[:1]:
            earlier = storage_incidents.find(ctx.tx, proposal.earlier)
            if earlier is not None:
                words = _(
                    "{title}: is it the same as INC-{number} “{earlier}”?",
                    title=shortened(headline(incident), 100),
                    number=str(earlier.number),
                    earlier=shortened(earlier.title, 100),
                )
                found.append((words, ban_cards.choices(proposal)))
    return found
