"""How an automation stands in words, what that rests on, and who may decide about it."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import rights
from handlers.automations.rules import rhythm
from handlers.automations.rules.company import Known, known
from handlers.automations.rules.standing import (
    COUNTED,
    Standing,
    State,
    schedule_of,
    standing,
)
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button
from handlers.kit.people import name as name_of
from handlers.kit.people import person
from handlers.kit.words import Sentence, Words, _, _n
from handlers.on_call import duty
from storage.automations import Automation
from storage.automations.intake import Outage
from storage.automations.states import AutomationKind
from storage.engine.ids import PersonId
from storage.people import Person

__all__ = ["State", "decisions", "evidence", "is_own", "owner", "state"]


def state(ctx: Context, automation: Automation, seen: Known | None = None) -> State:
    """Return the state now; whoever asks for many of them reads `seen` before."""
    return (seen or known(ctx)).standing(automation).state


def label_with_end(found: Standing) -> Words:
    """Return a state in words, with its end if it has one."""
    if found.until is not None:
        if found.state is State.PAUSED:
            return _("paused until {until:day}", until=found.until)
        return _("snoozed until {until:day}", until=found.until)
    if found.state is State.UNKNOWN and found.outage is not None and found.outage.why == "few":
        return _("unknown, Lotse heard too little")
    return found.state.words


def expected_words(automation: Automation) -> Sentence:
    """Return when it is expected, in words."""
    match automation.kind:
        case AutomationKind.DEMAND:
            return _("runs on demand")
        case AutomationKind.EVENT:
            return _("runs when something happens")
        case _:
            pass
    schedule = schedule_of(automation)
    if schedule is None:
        return _("nobody has said yet when it should run")
    words = rhythm.rhythm_words(schedule)
    if automation.kind == AutomationKind.STANDBY:
        return _("for emergencies, tested {rhythm}", rhythm=words)
    if automation.seasons:
        return _("expected {rhythm} from {seasons}", rhythm=words, seasons=automation.seasons)
    return _("expected {rhythm}", rhythm=words)


def rhythm_words(stored: str) -> Words:
    """Return a rhythm as it is stored in words."""
    found = rhythm.read(stored)
    return rhythm.rhythm_words(found) if found is not None else stored


def evidence(ctx: Context, automation: Automation, seen: Known | None = None) -> Sentence:
    """Return what a state rests on: last useful run, what was expected, what was missed, source."""
    seen = seen or known(ctx)
    found = seen.standing(automation)
    expected = expected_words(automation)
    if automation.last_report_at is None:
        return _("has never reported a run, {expected}", expected=expected)
    last = automation.last_useful_at or automation.last_run_at
    if last is not None:
        words = _("last useful run {at}, {expected}", at=last, expected=expected)
    else:
        at = automation.last_report_at
        words = _("no good run yet, last report {at}, {expected}", at=at, expected=expected)
    if found.missed:
        words = _("{words}, {missed}", words=words, missed=_missed_words(automation, seen))
    if automation.fails:
        failed = _n("{n} run failed", "{n} runs in a row failed", automation.fails)
        words = _("{words}, {failed}", words=words, failed=failed)
    words = _("{words}, by its own reports", words=words)
    if found.outage is not None:
        words = _("{words}. {outage}", words=words, outage=outage_words(found.outage))
    return words


def _missed_words(automation: Automation, seen: Known) -> Sentence:
    """Return how many occasions were missed; states themselves count three of them."""
    found = standing(automation, seen.company, seen.outages, seen.now, counted=COUNTED)
    if found.missed >= COUNTED:
        return _("at least {n} missed", n=COUNTED)
    return _n("{n} missed", "{n} missed", found.missed)


def outage_words(outage: Outage) -> Sentence:
    """Return that Lotse did not run, or heard far less than usual."""
    values = {"begin": outage.began_at, "end": outage.ended_at}
    if outage.why == "few":
        return _("Lotse heard far fewer calls than usual from {begin} to {end}", **values)
    return _("Lotse did not run from {begin} to {end}", **values)


def decisions(automation: Automation) -> tuple[Button, ...]:
    """Return the answers to "possibly unused"."""
    id = automation.id
    return (
        Button(_("In use"), call("auto keep", automation=id)),
        Button(_("Pause or change rhythm"), call("auto rhythm", automation=id)),
        Button(_("We work around it"), call("auto around", automation=id)),
        Button(_("Retire"), call("auto retire", automation=id)),
        Button(_("Hand over"), call("auto handover", automation=id)),
    )


# --- who decides ---------------------------------------------------------------------------


def is_own(ctx: Context, automation: Automation) -> bool:
    """Say whether the asker may decide about it."""
    return rights.may("automation's own", ties(ctx, automation))


def need_own(ctx: Context, automation: Automation) -> None:
    """Refuse kindly unless the asker may decide about it."""
    if is_own(ctx, automation):
        return
    decides = owner(ctx, automation)
    ask = (
        (
            Button(
                _("Ask {who}", who=name_of(ctx, decides.id)),
                call("auto ask", automation=automation.id),
            ),
        )
        if decides is not None
        else ()
    )
    owners = [person(ctx, each) for each in people_of(automation)]
    if not owners:
        raise Refusal(
            _("Nobody answers for “{name}” yet.", name=automation.name),
            buttons=(Button(_("Enter it"), call("auto adopt", draft=automation.id)),),
        )
    raise Refusal(
        _(
            "For “{name}” somebody else decides. Please ask {who:or}.",
            name=automation.name,
            who=owners,
        ),
        buttons=ask,
    )


def people_of(automation: Automation) -> Sequence[PersonId]:
    """Return who is named for it, the accountable person first."""
    return [each for each in (automation.accountable, automation.deputy) if each]


def ties(ctx: Context, automation: Automation) -> set[rights.Tie]:
    """Return how the asker stands to an automation; who stands in for somebody has their ties."""
    found = rights.general(ctx)
    if rights.Tie.MEMBER in found:
        me = ctx.person.id
        for each, tie in (
            (automation.accountable, rights.Tie.ACCOUNTABLE),
            (automation.deputy, rights.Tie.DEPUTY),
        ):
            if each and me in (each, duty.acting(ctx, each)):
                found.add(tie)
        if owner(ctx, automation) is None and rights.Tie.MANAGER in found:
            found.add(rights.Tie.DEPUTY)  # both are away: managers stand in
    return found


def owner(ctx: Context, automation: Automation) -> Person | None:
    """Return who decides now: the accountable, or while they are away the deputy."""
    for id in people_of(automation):
        acting = duty.acting(ctx, id)
        found = ctx.person_of(acting) if acting is not None else None
        if found is not None and found.here:
            return found
    return None
