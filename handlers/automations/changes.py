"""What people decide and correct about an automation: each with its history, each to be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import available_timezones

from handlers.automations import escalation, people, profile
from handlers.automations.entering import RHYTHM_HINT, Expected, RhythmReader, read_rhythm
from handlers.automations.lookup import AutoRef
from handlers.automations.profile import Uses
from handlers.automations.rules import rhythm as rules
from handlers.automations.rules.company import known
from handlers.automations.rules.standing import State
from handlers.automations.state import need_own
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post, Reply, line
from handlers.kit.readers import NumberReader, TextReader, folded
from handlers.kit.readers.dates import DateReader
from handlers.kit.readers.required_text import ReasonReader
from handlers.kit.worded import choice
from handlers.kit.words import _
from storage import automations
from storage.automations import Automation, history
from storage.automations.columns import AutomationChanges
from storage.automations.states import AutomationEvent, AutomationState
from storage.engine.ids import AutomationId

feature = Feature(_("Automations"))

KEPT = escalation.KEPT


@dataclass(frozen=True, slots=True)
class ZoneReader(TextReader):
    """A time zone by its name, such as Europe/Lisbon."""

    long: bool = False

    def value(self, raw: str, ctx: Context) -> object:
        said = folded(raw).strip().replace(" ", "_")
        known = sorted(available_timezones())
        found = next((each for each in known if folded(each) == said), None) or next(
            (each for each in known if folded(each.rpartition("/")[2]) == said), None
        )
        if found is None:
            raise Refusal(
                _("I know no time zone “{text}”; one is Europe/Berlin.", text=raw.strip()[:40])
            )
        return found


def _card_button(automation: Automation) -> Button:
    return Button(automation.name, call("auto", automation=automation.id))


def _look(ctx: Context, automation: Automation) -> None:
    automations.change(ctx.tx, automation.id, look_at=ctx.now)
    escalation.look_at(ctx, ctx.now)


# --- the answers to "still needed?" --------------------------------------------------------


@feature.command(
    "auto keep", "auto behalten", help=_("It is in use although it does not run."), hidden=True
)
def keep(ctx: Context, automation: AutoRef) -> Reply:
    need_own(ctx, automation)
    must_be_active(automation)
    again = _kept_before(ctx, automation)
    until = ctx.now + KEPT
    automations.keep(ctx.tx, automation.id, until)
    profile.note(ctx, automation, AutomationEvent.KEPT)
    posts = escalation.end_question(ctx, automation, "kept")
    if again:  # said twice without a run between: a manager reads it as a question
        posts += escalation.second_keep(ctx, automation)
    _look(ctx, automation)
    said = _(
        "“{name}” is in use. Lotse asks again after {until:day} if it has not run by then.",
        name=automation.name,
        until=until,
    )
    return Reply(line(said, _card_button(automation)), posts=posts, subject=automation.name)


def _kept_before(ctx: Context, automation: Automation) -> bool:
    """Say whether it was called in use before, and has not run since."""
    before = history.last(ctx.tx, automation.id, "kept")
    last = automation.last_report_at
    return before is not None and (last is None or last < before.at)


@feature.command(
    "auto around",
    "auto umgangen",
    help=_("We work around it. Why?"),
    hidden=True,
    submit=_("Save"),
)
def around(
    ctx: Context,
    automation: AutoRef,
    *,
    because: Annotated[str, ReasonReader(most=500), Ask(_("Because"))],
) -> Reply:
    need_own(ctx, automation)
    must_be_active(automation)
    automations.change(ctx.tx, automation.id, unused_since=ctx.now)
    profile.note(ctx, automation, AutomationEvent.UNUSED, after=because)
    posts = escalation.end_question(ctx, automation, "unused")
    _look(ctx, automation)
    said = _(
        "“{name}” is marked as unused. With the next useful run it is in use again.",
        name=automation.name,
    )
    return Reply(line(said, _card_button(automation)), posts=posts, subject=automation.name)


@feature.command("auto retire", "auto stilllegen", help=_("Retire it."), hidden=True)
def retire(ctx: Context, automation: AutoRef) -> Reply:
    need_own(ctx, automation)
    if not automations.retire(ctx.tx, automation.id, ctx.now):
        raise Refusal(_("“{name}” is retired already.", name=automation.name))
    profile.note(ctx, automation, AutomationEvent.RETIRED)
    posts = escalation.end_question(ctx, automation, "retired")
    said = _(
        "“{name}” is retired here. Please also switch it off where it runs; Lotse does not.",
        name=automation.name,
    )
    back = Button(_("Bring back"), call("auto back", automation=automation.id))
    return Reply(line(said, back), posts=posts, subject=automation.name)


@feature.command("auto back", "auto zurück", help=_("Bring it back."), hidden=True)
def bring_back(ctx: Context, automation: AutoRef) -> Reply:
    people.need_own_or_manager(ctx, automation)
    if automation.state is not AutomationState.RETIRED:
        raise Refusal(_("“{name}” is not retired.", name=automation.name))
    key = folded(automation.name)
    if not automations.bring_back(ctx.tx, automation.id, name_key=key, now=ctx.now):
        raise Refusal(
            _(
                "Another automation is called “{name}” now. Please rename one of them first.",
                name=automation.name,
            ),
            buttons=(Button(_("Rename"), call("auto rename", automation=automation.id)),),
        )
    profile.note(ctx, automation, AutomationEvent.BROUGHT_BACK)
    escalation.look_at(ctx, ctx.now)
    said = _("“{name}” is back.", name=automation.name)
    return Reply(line(said, _card_button(automation)), subject=automation.name)


# --- rhythm, pause -------------------------------------------------------------------------


@feature.command(
    "auto rhythm",
    "auto rhythmus",
    help=_("When it should run, or until when it pauses."),
    hidden=True,
    submit=_("Save"),
    current=lambda ctx, given: _rhythm_now(ctx, AutomationId(given.get("automation", ""))),
)
def change_rhythm(
    ctx: Context,
    automation: AutoRef,
    *,
    rhythm: Annotated[Expected, RhythmReader(), Ask(_("When should it run?"), RHYTHM_HINT)],
    pause: Annotated[date, DateReader(), Ask(_("Pause until"), _("Leave it empty if it goes on."))]
    | None = None,
    grace: Annotated[
        int, NumberReader(1, 10000), Ask(_("Late after so many minutes"), _("Usually 60."))
    ]
    | None = None,
    longest: Annotated[int, NumberReader(1, 10000), Ask(_("Takes too long after so many minutes"))]
    | None = None,
    window: Annotated[
        int,
        NumberReader(1, 800),
        Ask(_("May be silent for so many days"), _("At least 28 before anybody is asked.")),
    ]
    | None = None,
    tell_from: Annotated[
        int, NumberReader(1, 100), Ask(_("Tell me from the n-th failure in a row"))
    ]
    | None = None,
    at_once: Annotated[Uses, choice(Uses), Ask(_("Tell failures at once"))] | None = None,
    always: Annotated[Uses, choice(Uses), Ask(_("Runs on weekends and holidays, too"))]
    | None = None,
    zone: Annotated[
        str, ZoneReader(), Ask(_("Time zone"), _("Leave it empty for the company's own."))
    ] = "",
) -> Reply:
    need_own(ctx, automation)
    must_be_active(automation)
    values: AutomationChanges = {
        "kind": rhythm.kind,
        "rhythm": rhythm.rhythm,
        "seasons": rhythm.seasons,
        "zone": zone or None,
        "grace_minutes": grace,
        "longest_minutes": longest,
        "window_days": window,
        "tell_from": tell_from or 1,
        "at_once": at_once is Uses.YES,
        "always": always is Uses.YES,
    }
    for field, value in values.items():
        before = getattr(automation, field)
        if value != before:
            profile.note(
                ctx,
                automation,
                AutomationEvent.CHANGED,
                field=field,
                before=_kept(before),
                after=_kept(value),
            )
    values["rhythm_days"] = rhythm.days
    automations.change(ctx.tx, automation.id, **values)
    posts: tuple[Post, ...] = ()
    if pause is not None:
        posts = _pause(ctx, automation, calendar.midnight(pause, ctx.workspace.zone))
    posts += escalation.end_question(ctx, automation, "rhythm")
    _look(ctx, automation)
    said = _("The rhythm of “{name}” is saved.", name=automation.name)
    return Reply(line(said, _card_button(automation)), posts=posts, subject=automation.name)


def _kept(value: object) -> str:
    return "" if value is None else str(value)


def _as_typed(ctx: Context, stored: str) -> str:
    """Return a stored rhythm in the asker's words, if they are read back as the same."""
    schedule = rules.read(stored)
    said = ctx.text(rules.rhythm_words(schedule)) if schedule is not None else ""
    again = read_rhythm(said)
    same = again is not None and again.rhythm == stored
    return said if same else stored.removeprefix("cron ")


def _rhythm_now(ctx: Context, id: AutomationId) -> dict[str, str]:
    found = automations.find(ctx.tx, id)
    if found is None:
        return {}
    rhythm = _as_typed(ctx, found.rhythm) or found.kind
    numbers = {
        "zone": found.zone,
        "grace": found.grace_minutes,
        "longest": found.longest_minutes,
        "window": found.window_days,
        "tell_from": found.tell_from,
    }
    return {
        "rhythm": ctx.text(_("{rhythm} from {season}", rhythm=rhythm, season=found.seasons))
        if found.seasons
        else rhythm,
        "at_once": "yes" if found.at_once else "no",
        "always": "yes" if found.always else "no",
        **{name: str(value) for name, value in numbers.items() if value is not None},
    }


@feature.command("auto pause", "auto pause", help=_("Pause it until a day."), hidden=True)
def pause(
    ctx: Context,
    automation: AutoRef,
    until: Annotated[date, DateReader(), Ask(_("Until which day?"))],
) -> Reply:
    need_own(ctx, automation)
    must_be_active(automation)
    ends = calendar.midnight(until, ctx.workspace.zone)
    if ends <= ctx.now:
        raise Refusal(_("Please choose a day that is still to come."), field="until")
    posts = _pause(ctx, automation, ends)
    said = _(
        "“{name}” is paused until {until:day}. Runs are still recorded, and nobody is asked.",
        name=automation.name,
        until=ends,
    )
    go_on = Button(_("Go on"), call("auto go on", automation=automation.id))
    return Reply(line(said, go_on), posts=posts, subject=automation.name)


def _pause(ctx: Context, automation: Automation, until: datetime) -> tuple[Post, ...]:
    automations.change(ctx.tx, automation.id, paused_from=ctx.now, paused_until=until)
    until_day = calendar.day_of(until, ctx.workspace.zone)
    profile.note(ctx, automation, AutomationEvent.PAUSED, after=until_day.isoformat())
    _look(ctx, automation)
    return escalation.end_question(ctx, automation, "paused")


@feature.command("auto go on", "auto weiter", help=_("End the pause."), hidden=True)
def go_on(ctx: Context, automation: AutoRef) -> Reply:
    need_own(ctx, automation)
    state = known(ctx).standing(automation).state
    if state is State.PAUSED:
        automations.change(ctx.tx, automation.id, paused_until=ctx.now)
    elif state is State.SNOOZED:
        automations.change(ctx.tx, automation.id, snoozed_until=None)
    else:
        raise Refusal(_("“{name}” is not paused.", name=automation.name))
    profile.note(ctx, automation, AutomationEvent.WENT_ON)
    _look(ctx, automation)
    said = _("“{name}” goes on.", name=automation.name)
    return Reply(line(said, _card_button(automation)), subject=automation.name)


@feature.command(
    "auto snooze",
    "auto später",
    help=_("Do not ask before a day."),
    hidden=True,
    submit=_("Save"),
    current=lambda ctx, _given: {"until": _in_a_week(ctx).isoformat()},
)
def snooze(
    ctx: Context,
    automation: AutoRef,
    *,
    until: Annotated[date, DateReader(), Ask(_("Until which day?"))],
) -> Reply:
    need_own(ctx, automation)
    must_be_active(automation)
    ends = calendar.midnight(until, ctx.workspace.zone)
    if ends <= ctx.now:
        raise Refusal(_("Please choose a day that is still to come."), field="until")
    automations.change(ctx.tx, automation.id, snoozed_until=ends)
    profile.note(ctx, automation, AutomationEvent.SNOOZED, after=until.isoformat())
    posts = escalation.end_question(ctx, automation, "snoozed")
    _look(ctx, automation)
    said = _("Nobody is asked about “{name}” until {until:day}.", name=automation.name, until=ends)
    return Reply(line(said, _card_button(automation)), posts=posts, subject=automation.name)


def _in_a_week(ctx: Context) -> date:
    return calendar.day_of(ctx.now, ctx.workspace.zone) + timedelta(days=7)


def must_be_active(automation: Automation) -> None:
    """Refuse kindly what is for automations that are not retired."""
    if automation.state is AutomationState.RETIRED:
        raise Refusal(
            _("“{name}” is retired.", name=automation.name),
            buttons=(Button(_("Bring back"), call("auto back", automation=automation.id)),),
        )
