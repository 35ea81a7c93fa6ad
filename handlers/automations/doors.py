"""The doors of automations: what waits, is set, listed, kept, known, and told in the digest."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.automations import escalation, export, people
from handlers.automations.learning import checks, signals
from handlers.automations.rules.company import known
from handlers.automations.rules.standing import State
from handlers.automations.state import decisions, evidence, is_own, owner
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Known, Row, Section, Setting, Task, Week
from handlers.kit.messages import Button, Facts, Items, Part, Title
from handlers.kit.people import name
from handlers.kit.words import Words, _, _n
from handlers.measures.catalogue import Id, figure
from storage import automations
from storage.automations import history, intake, kept, learning, outages, questions

feature = Feature(_("Automations"))

SHOWN = 5


@feature.waits(70)
def waiting(ctx: Context) -> list[Task]:
    """Return the automations that the asker is to accept, to decide about, or to look after."""
    found = people.open_questions(ctx)
    seen = known(ctx)
    mine = []
    for each in automations.all(ctx.tx):
        decides = owner(ctx, each)
        if decides is None or decides.id != ctx.person.id:
            continue
        mine.append(each.id)
        if seen.standing(each).state is State.UNUSED:
            words = _(
                "“{name}” is possibly unused: {evidence}.",
                name=each.name,
                evidence=evidence(ctx, each, seen),
            )
            found.append(Task(words, decisions(each), each.last_report_at))
        due = checks.due_check(ctx, each)
        if due is not None and due <= ctx.now:
            words = _("Please look at five results of “{name}”: are they right?", name=each.name)
            button = Button(_("Enter results"), call("auto check", automation=each.id))
            found.append(Task(words, (button,), due))
    for review, automation in checks.open_reviews(ctx):
        if automation.id in mine:
            words = checks.review_words(automation, review.why)
            found.append(Task(words, checks.review_buttons(review), review.opened_at))
    for signal in learning.open_signals(ctx.tx):
        if signal.automation in mine and signal.kind in ("question", "boundary"):
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
    found = intake.strays(ctx.tx)
    value = _n("{n} name fits nothing", "{n} names fit nothing", len(found)) if found else _("none")
    button = Button(_("Report by name"), call("auto key"))
    return [Setting(_("Calls of automations that fit nothing"), value, button)]


@feature.lists(
    "automations",
    _("Automations"),
    export.COLUMNS,
    count=lambda ctx, asked: len(export.chosen(ctx, asked)),
)
def listed(ctx: Context, asked: Filter, first: int, most: int) -> list[Row]:
    """Return a page of the register; a person stands only as the role of what is open."""
    seen = known(ctx)
    return [
        Row(export.values(ctx, each, seen), call("auto", automation=each.id))
        for each in export.chosen(ctx, asked)[first : first + most]
    ]  # fmt: skip


# --- the digest ----------------------------------------------------------------------------

STATES_TOLD = (
    (State.UNUSED, Id.UNUSED, _("Possibly unused")),
    (State.FAILING, Id.UNUSED, _("Fails")),
    (State.IDLE, Id.UNUSED, _("Idle")),
    (State.LATE, Id.UNUSED, _("Late")),
    (State.UNMEASURED, Id.UNMEASURED, _("Not measured")),
    (State.RESTING, Id.UNUSED, _("Resting")),
)


@feature.section(60)
def section(ctx: Context, week: Week) -> Section | None:
    """Return what nobody has decided about automations, and what there is to know."""
    all_of_them = automations.all(ctx.tx)
    drafts = automations.drafts(ctx.tx)
    if not all_of_them and not drafts:
        return None
    seen = known(ctx)
    decides = [
        Task(
            _("“{name}” is possibly unused, without answer: {evidence}. It is up to {who}.",
              name=each.name, evidence=evidence(ctx, each, seen),
              who=name(ctx, question.asked or each.accountable)),
            decisions(each) if not week.preview or is_own(ctx, each) else (),
            question.opened_at,
        )
        for each in all_of_them
        if (question := open_ones(ctx).get(each.id)) is not None
        and question.step >= escalation.WITHOUT_ANSWER
    ]  # fmt: skip
    if drafts:
        adopt = Button(_("Enter it"), call("auto adopt", draft=drafts[0].id))
        names = [each.name for each in drafts[:SHOWN]]
        words = _("Nobody answers for it yet: {names}.", names=names)
        decides.append(Task(words, (adopt,), drafts[0].registered_at))
    return Section(tuple(decides), tuple(_told(ctx, week)))


def open_ones(ctx: Context) -> dict[str, questions.Question]:
    """Return the open questions by automation."""
    return questions.open_ones(ctx.tx)


def _told(ctx: Context, week: Week) -> list[Part]:
    seen = known(ctx)
    rows: list[tuple[Words, Words]] = []
    all_of_them = automations.all(ctx.tx)
    for state, id, label in STATES_TOLD:
        names = [each.name for each in all_of_them if seen.standing(each).state is state]
        if names:
            rows.append((label, figure(id, _("{names}", names=names[:SHOWN]))))
    for outage in outages.since(ctx.tx, week.start):
        if outage.began_at < week.end:
            words = _("{begin} to {end}", begin=outage.began_at, end=outage.ended_at)
            rows.append((_("Lotse did not run"), words))
    parts: list[Part] = [Title(_("Automations")), Facts(tuple(rows))] if rows else []
    learnt = [
        _(
            "{name}: {what}",
            name=each.name,
            what=[
                _("{kind} {n}×", kind=signals.KINDS[kind], n=n)
                for automation, kind, _reason, n in _signals(ctx, week)
                if automation == each.id
            ],
        )
        for each in all_of_them
        if any(automation == each.id for automation, _kind, _reason, _n2 in _signals(ctx, week))
    ]
    if learnt:
        parts += [Title(_("What we are learning")), Items(tuple(learnt[:SHOWN]))]
    parts += _operation(ctx, week)
    return parts


def _signals(ctx: Context, week: Week) -> list[tuple[str, str, str, int]]:
    return learning.signals_between(ctx.tx, week.start, week.end)


def _operation(ctx: Context, week: Week) -> list[Part]:
    done = learning.checks_between(ctx.tx, week.start, week.end)
    late = [
        each.name
        for each in automations.all(ctx.tx)
        if (due := checks.due_check(ctx, each)) is not None and due < ctx.now
    ]
    items: list[Words] = []
    if done:
        items.append(_n("{n} look at results", "{n} looks at results", done))
    if late:
        items.append(_("still to look at: {names}", names=late[:SHOWN]))
    for kind, area, _words, count in learning.changes_between(ctx.tx, week.start, week.end):
        reviews = _n("{n} review", "{n} reviews", count)
        items.append(
            _("{kind} changed ({area}): {reviews}", kind=checks.CHANGES[kind], area=area,
              reviews=reviews)
        )  # fmt: skip
    waiting = [
        each
        for each in learning.open_signals(ctx.tx)
        if each.kind in ("question", "boundary") and each.at < ctx.now - timedelta(days=7)
    ]
    if waiting:
        items.append(_n("{n} question unanswered", "{n} questions unanswered", len(waiting)))
    return [Title(_("Operation")), Items(tuple(items))] if items else []


# --- how long things are kept --------------------------------------------------------------


@feature.keeps("automation_runs", what=_("runs of automations"), days=90,
               then=_("deleted; only the sums of each day stay"))  # fmt: skip
def keep_runs(ctx: Context, before: datetime) -> int:
    return kept.forget_runs(ctx.tx, before)


@feature.keeps("automation_days", what=_("sums of runs, a row a day"), days=761,
               then=_("deleted"))  # fmt: skip
def keep_days(ctx: Context, before: datetime) -> int:
    return kept.forget_days(ctx.tx, before.date().isoformat())


@feature.keeps("automation_odd_calls", what=_("calls that could not be used"), days=7,
               then=_("deleted"))  # fmt: skip
def keep_odd(ctx: Context, before: datetime) -> int:
    return kept.forget_odd(ctx.tx, before)


@feature.keeps("automation_strays", what=_("names of calls that fit nothing"), days=90,
               then=_("deleted"))  # fmt: skip
def keep_strays(ctx: Context, before: datetime) -> int:
    return kept.forget_strays(ctx.tx, before)


@feature.keeps("intake_gaps", what=_("times at which Lotse could not be called"), days=761,
               then=_("deleted"))  # fmt: skip
def keep_gaps(ctx: Context, before: datetime) -> int:
    return kept.forget_gaps(ctx.tx, before)


@feature.keeps("automation_history", what=_("history of automations"), days=1096,
               then=_("names become roles"))  # fmt: skip
def keep_history(ctx: Context, before: datetime) -> int:
    return history.forget_people(ctx.tx, before)


@feature.keeps("automation_questions", what=_("questions whether something is needed"), days=1096,
               then=_("deleted"))  # fmt: skip
def keep_questions(ctx: Context, before: datetime) -> int:
    return kept.forget_questions(ctx.tx, before)


@feature.keeps("automation_signals", what=_("what was told about automations, without names"),
               days=761, then=_("deleted once it has an answer"))  # fmt: skip
def keep_signals(ctx: Context, before: datetime) -> int:
    return kept.forget_signals(ctx.tx, before)


@feature.keeps("automations", "automation_profile", "automation_addresses", "intake_keys",
               "automation_checks", "automation_changes", "automation_reviews",
               "automation_understood", what=_("the register of automations"), days=None,
               then=_("kept while the automation is in the register"))  # fmt: skip
def keep_register(_ctx: Context, _before: datetime) -> int:
    return 0


# --- what is known of people ---------------------------------------------------------------


def _erase(ctx: Context, person: str, _key: str) -> int:
    """Take the person away; a role that they still have has to be handed over first."""
    return history.forget_person(ctx.tx, person) + kept.forget_asked(ctx.tx, person)


@feature.knows(
    60,
    _("Automations"),
    {
        "automations": ("accountable", "deputy", "offered_to"),
        "automation_history": ("person",),
        "automation_questions": ("asked",),
    },
    _erase,
)
def knows(ctx: Context, person: str) -> Known:
    rows: list[tuple[Words, Words]] = [
        (
            each.name,
            _("accountable") if each.accountable == person else _("deputy"),
        )
        for each in automations.concerning(ctx.tx, person)
    ]
    rows += [
        (_("{at:date}", at=each.at), export.entry_words(each))
        for each in history.by_person(ctx.tx, person)
    ]
    return Known(tuple(rows))
