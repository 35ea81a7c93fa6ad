"""What a pilot needs before it starts, how many may run, and what is too big for twelve weeks."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from handlers.kit import calendar
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button
from handlers.kit.readers import folded
from handlers.kit.words import Sentence, Words, _, some
from handlers.pilots import roles
from storage import automations, mandate, pilots, workspaces
from storage.automations import learning
from storage.automations.states import AutomationState, ReviewOutcome
from storage.engine.ids import AutomationId
from storage.pilots import ROLES, Pilot, log
from storage.pilots.states import PilotEvent, PilotState

SETTING = "pilot_limits"  # "1/2": in one area, and in all
IN_AREA, IN_ALL = 1, 2


class TooBig(StrEnum):
    """What makes a pilot too big; each alone (requirement C01)."""

    WORKFLOWS = "workflows"
    TEAMS = "teams"
    TOOLS = "tools"
    WEEKS = "weeks"


TOO_BIG: dict[str, Words] = {
    "workflows": _("More than one workflow"),
    "teams": _("More than one team"),
    "tools": _("More than one tool"),
    "weeks": _("More than twelve weeks"),
}
SMALLER: dict[str, Sentence] = {
    "workflows": _("More than one workflow: begin with the one that hurts most."),
    "teams": _("More than one team: begin with the one that asked for it."),
    "tools": _("More than one tool: begin with the one that is there already."),
    "weeks": _("More than twelve weeks: cut out what can be seen after twelve."),
}


class Touched(StrEnum):
    """Which fields of the company a pilot touches (requirement B02)."""

    MODEL = "model"
    PRICES = "prices"
    PROCESSES = "processes"
    LEADERSHIP = "leadership"
    ROLES = "roles"


TOUCHED: dict[str, Words] = {
    "model": _("Business model"),
    "prices": _("Prices"),
    "processes": _("Processes"),
    "leadership": _("Leadership"),
    "roles": _("Roles of people"),
}
COUNCIL = _("It touches leadership or roles: please talk with the works council early.")


def hints(pilot: Pilot) -> list[Sentence]:
    """Return what is worth a thought before it starts; none of it stops anybody."""
    found = [SMALLER[each] for each in pilot.too_big.split(",") if each in SMALLER]
    if {"leadership", "roles"} & set(pilot.touched.split(",")):
        found.append(COUNCIL)
    return found


def missing(ctx: Context, pilot: Pilot) -> list[tuple[Words, Button]]:
    """Return what is missing before a pilot can start, each with the button that mends it."""
    about = Button(_("Describe it"), call("pilot describe", pilot=pilot.id))
    people = Button(_("Name people"), call("pilot people", pilot=pilot.id))
    measure = Button(_("Measure"), call("pilot measure", pilot=pilot.id))
    found: list[tuple[Words, Button]] = []
    if not (pilot.workflow and pilot.takes and pilot.gives):
        found.append((_("one workflow, with what goes in and what comes out"), about))
    if not mandate.goals(ctx.tx):
        named = Button(_("Mandate"), call("mandate"))
        found.append((_("a business goal in the mandate, which has none yet"), named))
    elif pilot.goal is None:
        found.append((_("the business goal that it serves"), about))
    for role in ROLES:
        if getattr(pilot, role) is None:
            found.append((_("a role: {role}", role=roles.LABELS[role]), people))
        elif role not in roles.filled(pilot):
            waits = _("an answer: {role} was asked", role=roles.LABELS[role])
            found.append((waits, people))
    measured = (pilot.metric, pilot.unit, pilot.baseline, pilot.baseline_n, pilot.target)
    if not all(measured) or not (pilot.baseline_period and pilot.baseline_source):
        found.append((_("a measure, with baseline, period, number, source and target"), measure))
    if not pilot.guard:
        found.append((_("one thing that must not get worse"), measure))
    if pilot.users_kind == "people" and not pilots.users(ctx.tx, pilot.id):
        users = Button(_("Name users"), call("pilot users", pilot=pilot.id))
        found.append((_("those who use it, and are asked"), users))
    return found


def limits(ctx: Context) -> tuple[int, int]:
    """Return how many pilots may run in one area, and in all."""
    area, _slash, whole = (workspaces.setting(ctx.tx, SETTING) or "").partition("/")
    if area.isdigit() and whole.isdigit():
        return int(area), int(whole)
    return IN_AREA, IN_ALL


def no_room(ctx: Context, pilot: Pilot) -> Sentence | None:
    """Return why there is no room for another pilot just now, None when there is."""
    in_area, in_all = limits(ctx)
    running = [each for each in pilots.all(ctx.tx) if each.state is PilotState.RUNNING]
    running = [each for each in running if each.id != pilot.id]
    if len(running) >= in_all:
        names = some([each.name for each in running], 3)
        return _("As many pilots run as fit: {names}. One at a time gets further.", names=names)
    beside = [each for each in running if folded(each.area) == folded(pilot.area)]
    if len(beside) >= in_area:
        return _(
            "In “{area}” a pilot runs already: {name}.",
            area=pilot.area or ctx.text(_("no area")),
            name=beside[0].name,
        )
    return None


def unimproved(ctx: Context, pilot: Pilot) -> Pilot | None:
    """Return the pilot of the same area that went into operation and was not improved since."""
    for each in pilots.all(ctx.tx):
        same = folded(each.area) == folded(pilot.area) and each.id != pilot.id
        if same and each.state is PilotState.OPERATING and not improved(ctx, each):
            return each
    return None


def improved(ctx: Context, pilot: Pilot) -> bool:
    """Say whether something was made better since a pilot went into operation.

    It is the moment that counts, not the day. What was retired needs no improving.
    """
    decided = pilot.operating_on or pilot.decided_on
    if decided is None:
        return True
    happened = log.history(ctx.tx, pilot.id)
    since = max(
        (each.at for each in happened if each.kind in (PilotEvent.OPERATE, PilotEvent.ARRIVED)),
        default=calendar.midnight(decided, ctx.workspace.zone),
    )
    if any(each.kind.startswith(PilotEvent.IMPROVED) and each.at >= since for each in happened):
        return True
    runs = automations.find(ctx.tx, AutomationId(pilot.automation or ""))
    if runs is None:
        return False
    return runs.state is AutomationState.RETIRED or any(
        each.outcome is ReviewOutcome.DONE and each.ended_at is not None and each.ended_at >= since
        for each in learning.reviews(ctx.tx, runs.id)
    )


def first_waiting(ctx: Context) -> Pilot | None:
    """Return who is first on the waiting list and has room now."""
    waiting = [each for each in pilots.all(ctx.tx) if each.state is PilotState.WAITING]
    waiting.sort(key=lambda each: (each.waiting_since or ctx.now, each.id))
    return next((each for each in waiting if no_room(ctx, each) is None), None)


# --- three starters: everything stands in them but names and numbers (C14) -------------------


class Template(StrEnum):
    """Which starter a pilot begins from."""

    MAIL = "mail"
    MEETING = "meeting"
    DOCUMENTS = "documents"


STARTERS: dict[str, Words] = {
    "mail": _("Incoming e-mail"),
    "meeting": _("After the meeting"),
    "documents": _("Preparing documents"),
}
FIELDS: dict[str, Mapping[str, Words]] = {
    "mail": {
        "name": _("Sorting incoming e-mail"),
        "problem": _("Mails wait in the shared mailbox until somebody has sorted them."),
        "workflow": _("Sort mails of the shared mailbox"),
        "takes": _("A mail in the shared mailbox"),
        "gives": _("A mail with its topic, in the folder of who answers it"),
    },
    "meeting": {
        "name": _("Minutes and tasks after meetings"),
        "problem": _("After meetings it takes days until everybody has their tasks."),
        "workflow": _("Write up a meeting"),
        "takes": _("Notes of a meeting"),
        "gives": _("Decisions and tasks, each with a person and a day"),
    },
    "documents": {
        "name": _("Preparing delivery notes"),
        "problem": _("Documents are gathered and typed by hand before anybody can check them."),
        "workflow": _("Prepare a document from its order"),
        "takes": _("An order with its data"),
        "gives": _("A document that only has to be checked"),
    },
}
MEASURES: dict[str, Mapping[str, Words]] = {
    "mail": {
        "metric": _("Hours until a mail is with the right person"),
        "unit": _("hours"),
        "period": _("the last four weeks"),
        "source": _("Mailbox: received, and moved to the folder"),
        "guard": _("Mails that were sorted wrongly, in percent"),
    },
    "meeting": {
        "metric": _("Days until everybody has their tasks"),
        "unit": _("days"),
        "period": _("the last ten meetings"),
        "source": _("Calendar, and date of the minutes"),
        "guard": _("Corrections to the minutes, a meeting"),
    },
    "documents": {
        "metric": _("Minutes of work for one document"),
        "unit": _("minutes"),
        "period": _("two weeks"),
        "source": _("Timed by the team, every fifth document"),
        "guard": _("Documents with a mistake, in percent"),
    },
}
