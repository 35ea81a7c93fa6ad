"""The doors of automations: what waits, is set, listed, kept, and known of people."""

from __future__ import annotations

from datetime import datetime

from handlers.attention import matters
from handlers.automations import escalation, export, people
from handlers.automations.learning import checks, signals
from handlers.automations.rules.company import known
from handlers.automations.rules.standing import State
from handlers.automations.state import decisions, evidence, owner
from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Known, Row, Setting, Task
from handlers.kit.doors import known as stored_places
from handlers.kit.messages import Button
from handlers.kit.words import _, _n
from storage import automations
from storage.automations import history, kept, learning, odd, relief
from storage.automations import people as stored_people
from storage.automations.states import SignalKind
from storage.engine.ids import PersonId

feature = Feature(_("Automations"))


@feature.waits(70)
def waiting(ctx: Context) -> list[Task]:
    """Return the automations that the asker is to accept, to decide about, or to look after."""
    found = people.open_questions(ctx)
    all_of_them = automations.all(ctx.tx)
    if ctx.person.manager:
        found += people.left_behind(ctx, all_of_them)
    seen = known(ctx)
    told = {each.key for each in matters.held_back(ctx, ctx.person.id)}  # attention shows those
    mine = []
    for each in all_of_them:
        decides = owner(ctx, each)
        if decides is None or decides.id != ctx.person.id:
            continue
        mine.append(each.id)
        asked = any(key.startswith(escalation.key_of(each)) for key in told)
        if seen.standing(each).state is State.UNUSED and not asked:
            words = _(
                "“{name}” is possibly unused: {evidence}.",
                name=each.name,
                evidence=evidence(ctx, each, seen),
            )
            found.append(Task(words, decisions(each), each.last_report_at))
        due = checks.due_check(ctx, each)
        if due is not None and due <= ctx.now and f"automation:{each.id}:check" not in told:
            words = _("Please look at five results of “{name}”: are they right?", name=each.name)
            button = Button(_("Enter results"), call("auto check", automation=each.id))
            found.append(Task(words, (button,), due))
    for review, automation in checks.open_reviews(ctx):
        if automation.id in mine and f"automation:{automation.id}:review:{review.id}" not in told:
            words = checks.review_words(automation, review.why)
            found.append(Task(words, checks.review_buttons(review), review.opened_at))
    for signal in learning.open_signals(ctx.tx):
        if signal.automation in mine and signal.kind in (SignalKind.QUESTION, SignalKind.BOUNDARY):
            found.append(
                Task(
                    signals.told_words(signal),
                    (Button(_("Answer"), call("auto answer", signal=signal.id)),),
                    signal.at,
                )
            )
    return found


@feature.sets(60)
def settings(ctx: Context) -> list[Setting]:
    """Return the key for reports by name, and what fits nothing."""
    found = odd.strays(ctx.tx)
    if not found and not automations.all(ctx.tx):
        return []
    value = _n("{n} name fits nothing", "{n} names fit nothing", len(found)) if found else _("none")
    button = Button(_("Key for calls"), call("auto key"))
    return [Setting(_("Unknown calls"), value, button)]


@feature.lists(
    "automations",
    _("Automations"),
    export.COLUMNS,
    count=lambda ctx, asked: len(export.chosen(ctx, asked)),
    which=("open", "mine", "all"),
    narrows=("since",),
)
def listed(ctx: Context, asked: Filter, first: int, most: int) -> list[Row]:
    """Return a page of the register; a person stands only as the role of what is open."""
    seen = known(ctx)
    return [
        Row(export.values(ctx, each, seen), call("auto", automation=each.id))
        for each in export.chosen(ctx, asked)[first : first + most]
    ]


# --- how long things are kept --------------------------------------------------------------


@feature.keeps(
    "automation_runs",
    what=_("runs of automations"),
    days=90,
    then=_("deleted; only the sums of each day stay"),
)
def keep_runs(ctx: Context, before: datetime) -> int:
    return kept.forget_runs(ctx.tx, before)


@feature.keeps("automation_days", what=_("sums of runs, a row a day"), days=761, then=_("deleted"))
def keep_days(ctx: Context, before: datetime) -> int:
    return kept.forget_days(ctx.tx, before.date().isoformat())


@feature.keeps(
    "automation_odd_calls", what=_("calls that could not be used"), days=7, then=_("deleted")
)
def keep_odd(ctx: Context, before: datetime) -> int:
    return kept.forget_odd(ctx.tx, before)


@feature.keeps(
    "automation_strays", what=_("names of calls that fit nothing"), days=90, then=_("deleted")
)
def keep_strays(ctx: Context, before: datetime) -> int:
    return kept.forget_strays(ctx.tx, before)


@feature.keeps(
    "intake_gaps", what=_("times at which Lotse could not be called"), days=761, then=_("deleted")
)
def keep_gaps(ctx: Context, before: datetime) -> int:
    return kept.forget_gaps(ctx.tx, before)


@feature.keeps(
    "automation_history", what=_("history of automations"), days=1096, then=_("names become roles")
)
def keep_history(ctx: Context, before: datetime) -> int:
    return history.forget_people(ctx.tx, before)


@feature.keeps(
    "automation_questions",
    what=_("questions whether something is needed"),
    days=1096,
    then=_("deleted"),
)
def keep_questions(ctx: Context, before: datetime) -> int:
    return kept.forget_questions(ctx.tx, before)


@feature.keeps(
    "automation_signals",
    what=_("What was told about automations, without names"),
    days=761,
    then=_("deleted once it has an answer"),
)
def keep_signals(ctx: Context, before: datetime) -> int:
    return kept.forget_signals(ctx.tx, before)


@feature.keeps(
    "automation_rounds",
    "automation_answers",
    what=_("answers about automations, without names"),
    days=365,
    then=_("deleted"),
)
def keep_answers(ctx: Context, before: datetime) -> int:
    return relief.forget(ctx.tx, calendar.week_of(before, ctx.workspace.zone))


@feature.keeps(
    "automations",
    "automation_profile",
    "automation_addresses",
    "intake_keys",
    "automation_checks",
    "automation_changes",
    "automation_reviews",
    "automation_understood",
    what=_("The register of automations"),
    days=None,
    then=_("kept while the automation is in the register"),
)
def keep_register(_ctx: Context, _before: datetime) -> int:
    return 0


# --- what is known of people ---------------------------------------------------------------


@feature.knows(
    60,
    _("Automations"),
    {
        "automations": ("accountable", "deputy", "offered_to"),
        "automation_history": ("person",),
        "automation_questions": ("asked",),
    },
    replace=stored_people.replace_person,
)
def knows(ctx: Context, person: PersonId) -> Known:
    """Tell what somebody answers for, did and was asked."""
    return stored_places(
        stored_people.of_person(ctx.tx, person),
        {
            "automations.accountable": _("Accountable"),
            "automations.deputy": _("Deputy"),
            "automations.offered_to": _("Asked to take it"),
            "automation_history.person": _("History"),
            "automation_questions.asked": _("Asked whether it is needed"),
        },
    )
