"""One outage, several reporters: mine goes into the one that is known already, and back."""

from __future__ import annotations

from handlers import rights
from handlers.incidents import escalation, keys, transitions
from handlers.incidents.cards import headline, label, settled_alarm, standing
from handlers.incidents.lookup import Ref, find
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Post, Reply, Text, Title
from handlers.kit.people import name
from handlers.kit.words import _, shortened
from storage import incidents, repeats
from storage.delivery.outbox import ParcelKind
from storage.incidents import Incident, duplicates
from storage.incidents.states import ClosedAs, IncidentState, Severity
from storage.repeats.outages import overlap

feature = Feature(_("Repeats"))


@feature.command(
    "fold", "zusammenlegen", help=_("It is one incident, reported twice."), hidden=True
)
def fold(ctx: Context, number: Ref, earlier: Ref) -> Reply:
    mine, target = find(ctx, number), find(ctx, earlier)
    rights.need_for(ctx, "fold", mine)
    first, second = sorted((mine, target), key=lambda each: each.number)
    if not overlap(first, second):
        raise Refusal(
            _(
                "{earlier} worked again before {later} was declared, so it came back.",
                earlier=label(first.number),
                later=label(second.number),
            ),
            buttons=(
                Button(_("The same"), call("repeat", number=second.number, earlier=first.number)),
            ),
        )
    goes_on = {target.number} if target.state == IncidentState.OPEN else set()
    with transitions.changing(ctx, mine.number, target.number, goes_on=goes_on):
        mine = transitions.close(ctx, number, ClosedAs.DUPLICATE, earlier, "")
        target = find(ctx, mine.closed_into or earlier)
        posts = (*escalation.ended_posts(ctx, mine), *escalation.following_posts(ctx, mine))
        if target.state != IncidentState.OPEN:
            target, more = _opened_again(ctx, target, mine)
            posts += more
        if mine.severity == Severity.SERIOUS and target.severity != Severity.SERIOUS:
            target, more = transitions.set_severity(ctx, target.number, Severity.SERIOUS)
            posts += more
    told = _told_of(ctx, mine, target)
    posts += (*escalation.card_posts(ctx, target), *told, *_tell_people(ctx, mine, target))
    return Reply(_folded_message(ctx, mine, target), posts=posts, subject=label(number))


def _told_of(ctx: Context, mine: Incident, target: Incident) -> tuple[Post, ...]:
    """Let the messages of those who had reported what went into mine say how it goes on now."""
    said = settled_alarm(ctx, target)
    also = duplicates.following(ctx.tx, mine.number)
    return tuple(Post(f"{keys.card_key(each.number)}:told", said) for each in also)


def _opened_again(
    ctx: Context, target: Incident, mine: Incident
) -> tuple[Incident, tuple[Post, ...]]:
    target = transitions.reopen(ctx, target.number, mine.title)
    before = (*escalation.ended_posts(ctx, target), *escalation.declarer_edits(ctx, target))
    position = incidents.count_alarm(ctx.tx, target.number)
    return target, (*before, *escalation.start(ctx, target, position))


def _folded_message(ctx: Context, mine: Incident, target: Incident) -> Message:
    said = _(
        "{mine} went into {target}: {standing}",
        mine=label(mine.number),
        target=shortened(headline(target), 100),
        standing=standing(ctx, target, pings=False),
    )
    shows = Button(label(target.number), call("show", number=target.number))
    if ctx.person.id != mine.declared_by:
        return Message((Text(said), Buttons((shows,))))
    after = _("I will tell you how it goes on.")
    return Message((Text(said), Text(after, small=True), Buttons((shows,))))


def _tell_people(ctx: Context, mine: Incident, target: Incident) -> tuple[Post, ...]:
    """Tell whoever was responsible for it, and whoever declared it if somebody else did this."""
    values = {
        "who": name(ctx, ctx.person.id),
        "mine": shortened(headline(mine), 100),
        "target": shortened(headline(target), 100),
    }
    posts: list[Post] = []
    if mine.responsible != ctx.person.id:
        part = Button(_("Take them apart"), call("unfold", number=mine.number))
        message = Message(
            (
                Title(_("One incident, reported twice")),
                Text(_("{who} says that {mine} is the same incident as {target}.", **values)),
                Buttons((part,)),
            )
        )
        direct = f"direct:{mine.responsible}"
        posts.append(Post(f"{keys.card_key(mine.number)}:folded", message, direct, ParcelKind.NOTE))
    if mine.declared_by not in (ctx.person.id, mine.responsible):
        said = Message((Text(_("{mine} went into {target}. I will tell you more.", **values)),))
        direct = f"direct:{mine.declared_by}"
        posts.append(Post(f"{keys.card_key(mine.number)}:told", said, direct, ParcelKind.NOTE))
    return tuple(posts)


@feature.command("unfold", "auftrennen", help=_("They are two incidents."), hidden=True)
def unfold(ctx: Context, number: Ref) -> Reply:
    mine = find(ctx, number)
    rights.need_for(ctx, "unfold", mine)
    if mine.closed_as != ClosedAs.DUPLICATE or mine.closed_into is None:
        raise Refusal(_("{incident} is not part of another one.", incident=label(number)))
    passed = duplicates.way(ctx.tx, mine)
    target = find(ctx, passed[-1])
    if target.state != IncidentState.OPEN:
        raise Refusal(
            _(
                "{target} is over. If {mine} is not, open it again.",
                target=label(target.number),
                mine=label(number),
            ),
            buttons=(Button(_("Open again"), call("reopen", number=number)),),
        )
    reason = ctx.text(_("Not the same as {incident}.", incident=label(target.number)))
    mine = transitions.reopen(ctx, number, reason)
    repeats.lock_groups(ctx.tx)
    by = ctx.person.id
    for each in passed:  # it was said to be the same as each of them
        first, second = sorted((mine.number, each))
        repeats.judge(ctx.tx, earlier=first, later=second, verdict="other", person=by, now=ctx.now)
    before = (
        *escalation.ended_posts(ctx, mine),
        *escalation.following_posts(ctx, mine),
        *escalation.declarer_edits(ctx, mine),
    )
    position = incidents.count_alarm(ctx.tx, number)
    said = _(
        "{mine} is open again by itself; {who} is responsible and has been alerted.",
        mine=label(number),
        who=name(ctx, mine.responsible),
    )
    told = Post(f"{keys.card_key(number)}:folded", Message((Text(said),)))
    return Reply(
        Message((Text(said),)),
        posts=(*before, told, *escalation.start(ctx, mine, position)),
        subject=label(number),
    )
