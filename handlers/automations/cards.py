"""The card: what it is for and not for, its use, its profile in five parts, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from handlers.automations import figures, people, profile
from handlers.automations.intake.odd import Odd
from handlers.automations.learning import signals, understanding
from handlers.automations.learning.checks import Goes, check_in_answer
from handlers.automations.measures import measuring
from handlers.automations.profile import PHASES, PROFILE, Part
from handlers.automations.rules.company import Known, known
from handlers.automations.rules.standing import State
from handlers.automations.state import (
    decisions,
    evidence,
    expected_words,
    is_own,
    label_with_end,
    owner,
)
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Facts, Items, Message, Text, Title
from handlers.kit.messages import Part as MessagePart
from handlers.kit.people import person
from handlers.kit.words import Sentence, Words, _, _n, first_lines
from handlers.on_call import duty
from storage.automations import Automation, history, learning, odd
from storage.automations.states import AutomationEvent, AutomationPhase, AutomationState
from storage.engine.ids import PersonId

ODD_KEPT = timedelta(days=7)
SHOWN = 10
FIRST = [profile.BY_FIELD["purpose"], profile.BY_FIELD["not_for"]]  # below the name


def card(ctx: Context, automation: Automation, seen: Known | None = None) -> Message:
    """Return the card."""
    seen = seen or known(ctx)
    kept = history.profile(ctx.tx, automation.id)
    parts: list[MessagePart] = [
        Title(automation.name),
        Facts(tuple(_rows(ctx, automation, FIRST, kept))),
        Facts(
            (
                *_use(ctx, automation, seen),
                *figures.rows(ctx, automation, seen),
                *measuring.rows(ctx, automation),
            )
        ),
    ]
    unused = _odd(ctx, automation)
    if unused:
        parts += [Text(_("Could not be used"), small=True), Items(unused)]
    for part in Part:
        rows = _part(ctx, automation, part, kept)
        if rows:
            parts += [Text(part.words, small=True), Facts(tuple(rows))]
    gaps = profile.lacks(ctx, automation, kept)
    if gaps and automation.phase is not AutomationPhase.DRAFT:
        parts.append(Text(_("Still missing for operation: {gaps}.", gaps=gaps)))
    parts.append(Facts(((_("Managed operation"), figures.flags_words(ctx, automation)),)))
    answered = [
        each
        for each in learning.signals(ctx.tx, automation.id, ctx.now - timedelta(days=30))
        if each.answer
    ]
    if answered:
        lines: list[Words] = [
            _("{told} → {answer}", told=signals.told_words(each), answer=each.answer[:200])
            for each in answered
        ]
        parts += [Text(_("What we have learnt"), small=True), Items(tuple(first_lines(lines, 3)))]
    parts += _buttons(ctx, automation, seen, gaps)
    return Message(tuple(parts))


def _use(ctx: Context, automation: Automation, seen: Known) -> list[tuple[Words, Words]]:
    found = seen.standing(automation)
    rows: list[tuple[Words, Words]] = [
        (_("Use"), label_with_end(found)),
        (_("Evidence"), evidence(ctx, automation, seen)),
        (_("Phase"), PHASES[automation.phase]),
    ]
    if found.failing and found.state is not State.FAILING:
        failed = _n("the last run failed", "the last {n} runs failed", automation.fails)
        rows.append((_("To know"), failed))
    elif found.late and found.state is not State.LATE:
        rows.append((_("To know"), _("a run is missing")))
    if automation.first_report_at is None:
        rows.append((_("Connection"), _("not connected")))
    else:
        rows.append((_("Connection"), _("connected since {at:day}", at=automation.first_report_at)))
    return rows


def _odd(ctx: Context, automation: Automation) -> tuple[Words, ...]:
    found = odd.odd_calls(ctx.tx, automation.id, ctx.now - ODD_KEPT)
    lines: list[Words] = [
        _("{at}: {why}", at=each.at, why=Odd(each.why).words)
        if each.calls == 1
        else _("{at}: {why}, {n} calls", at=each.at, why=Odd(each.why).words, n=each.calls)
        for each in found
    ]
    return tuple(first_lines(lines, SHOWN))


def _part(
    ctx: Context, automation: Automation, part: Part, kept: dict[str, str]
) -> list[tuple[Words, Words]]:
    its = [each for each in PROFILE if each.part is part and each not in FIRST]
    rows = _rows(ctx, automation, its, kept)
    if part is Part.FEEDBACK:
        open_ones = len(learning.open_signals(ctx.tx, automation.id))
        if open_ones:
            rows.append((_("Open"), _n("{n} signal", "{n} signals", open_ones)))
        counted = understanding.counted_words(ctx, automation)
        if counted is not None:
            rows.append((_("Understood"), counted))
    if part is Part.DEVELOPMENT:
        rows += _development(ctx, automation)
    return rows


def _rows(
    ctx: Context, automation: Automation, of: Sequence[profile.Told], kept: dict[str, str]
) -> list[tuple[Words, Words]]:
    """Return what is said of an automation; what operation needs and is missing says so."""
    said = profile.field_texts(automation, kept)
    rows: list[tuple[Words, Words]] = []
    for each in of:
        value = said.get(each.field, "")
        if value:
            rows.append((each.label, _shown(ctx, automation, each.field, value)))
        elif each.needed:
            rows.append((each.label, _("missing")))
    return rows


def _shown(ctx: Context, automation: Automation, field: str, value: str) -> Words:
    if field in ("accountable", "deputy"):
        who = person(ctx, PersonId(value))
        if not duty.is_here(ctx, PersonId(value)):
            return _("{who} (no longer active)", who=who)
        if value in people.unaccepted(automation):
            return _("{who} (asked, has not accepted yet)", who=who)
        return _("{who}", who=who)
    if field == "rhythm":
        return expected_words(automation)
    return profile.value_words(field, value[:700])


def _development(ctx: Context, automation: Automation) -> list[tuple[Words, Words]]:
    rows: list[tuple[Words, Words]] = []
    if automation.slug:
        rows.append((_("Name for calls"), automation.slug))
    if automation.live_at is not None:
        rows.append((_("In operation since"), _("{at:day}", at=automation.live_at)))
        answers = [
            _("day {n}: {how}", n=day, how=Goes.labels().get(answer, answer))
            for day in (7, 30, 90, 180)
            if (answer := check_in_answer(ctx, automation, day)) is not None
        ]
        if answers:
            rows.append((_("How it goes"), _("{answers}", answers=answers)))
    entries = [
        each for each in history.of(ctx.tx, automation.id, 50) if each.kind != AutomationEvent.SAID
    ]
    if entries:
        rows.append((_("Last change"), _("{at:day}", at=entries[0].at)))
    return rows


def _buttons(
    ctx: Context, automation: Automation, seen: Known, gaps: list[Sentence]
) -> list[MessagePart]:
    id = automation.id
    tell = Button(_("Tell about it"), call("auto tell", automation=id), "primary")
    learn = Button(_("What we are learning"), call("auto learn", automation=id), "quiet")
    past = Button(_("History"), call("auto history", automation=id), "quiet")
    if automation.phase is AutomationPhase.DRAFT:
        adopt = Button(_("Enter it"), call("auto adopt", draft=id), "primary")
        return [Buttons((adopt,))]
    if automation.state is AutomationState.RETIRED:
        return [Buttons((Button(_("Bring back"), call("auto back", automation=id)), past))]
    found: list[MessagePart] = [Buttons((tell, learn, past)), Buttons(signals.on_card(automation))]
    asked = people.answers_asked(automation, ctx.person.id)
    if asked:
        found.insert(0, Buttons(asked))
    own = is_own(ctx, automation)
    if not own:
        if owner(ctx, automation) is None or ctx.person.manager:
            name = Button(_("Name somebody"), call("auto people", automation=id))
            found.append(Buttons((name,)))
        return found
    state = seen.standing(automation).state
    first = [Button(_("Complete the profile"), call("auto complete", automation=id))]
    if gaps:
        first.append(Button(_("Three sentences"), call("auto rules", automation=id)))
        if profile.GOAL in gaps:
            first.append(Button(_("Link it to a goal"), call("mandate link", automation=id)))
    elif automation.phase is not AutomationPhase.OPERATION:
        first.append(Button(_("Put into operation"), call("auto live", automation=id), "primary"))
    if automation.phase is AutomationPhase.IDEA:
        first.append(Button(_("Try it out"), call("auto pilot", automation=id)))
    if automation.phase is AutomationPhase.OPERATION:
        first.append(Button(_("Look at five results"), call("auto check", automation=id)))
    found.append(Buttons(tuple(first)))
    found.append(Buttons(measuring.buttons(automation, history.profile(ctx.tx, id))))
    if state in (State.PAUSED, State.SNOOZED):
        found.append(Buttons((Button(_("Go on"), call("auto go on", automation=id)),)))
    found.append(Buttons(decisions(automation)))
    found.append(
        Buttons(
            (
                Button(_("Do not ask before …"), call("auto snooze", automation=id), "quiet"),
                Button(_("New address"), call("auto address", automation=id)),
                Button(_("Only POST, or all"), call("auto post", automation=id), "quiet"),
                Button(_("People"), call("auto people", automation=id)),
                Button(_("Rename"), call("auto rename", automation=id), "quiet"),
            )
        )
    )
    return found
