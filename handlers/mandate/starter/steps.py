"""The ten steps of the starter: what each is for, and how one sees that it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handlers.kit import working_hours
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button
from handlers.kit.words import Words, _
from storage import incidents, mandate, people, services, settings, workspaces
from storage.delivery import places


def _channels(ctx: Context) -> bool:
    roles = (places.PlaceRole.INCIDENTS, places.PlaceRole.MANAGERS)
    return bool(people.managers(ctx.tx)) and all(places.find(ctx.tx, each) for each in roles)


def _services(ctx: Context) -> bool:
    return sum(not each.fallback for each in services.all(ctx.tx)) >= 3


def _accepted(ctx: Context) -> bool:
    found = services.all(ctx.tx)
    return bool(found) and all(
        each.accountable_accepted_at and each.deputy_accepted_at for each in found
    )


def _defined(*names: str) -> Callable[[Context], bool]:
    return lambda ctx: all(settings.newest(ctx.tx, each) is not None for each in names)


def _hours(ctx: Context) -> bool:
    kept = (working_hours.HOURS, working_hours.CLOSED, working_hours.DIGEST)
    return any(workspaces.setting(ctx.tx, each) for each in kept)


@dataclass(frozen=True, slots=True)
class Step:
    """A step: one working day, a few minutes. `seen` says whether the company shows it done."""

    name: str
    words: Words
    why: Words
    button: Button
    seen: Callable[[Context], bool] = lambda _ctx: False


STEPS = (
    Step(
        "channels",
        _("Choose the channels, and who manages"),
        _("Cards of incidents go to one channel, the weekly digest to another."),
        Button(_("Settings"), call("settings")),
        _channels,
    ),
    Step(
        "services",
        _("Enter what you depend on"),
        _("Till, mail, label printer: a list is enough, and it need not be complete."),
        Button(_("Enter a list"), call("service list")),
        _services,
    ),
    Step(
        "accepted",
        _("One accountable person and a deputy for each"),
        _("Everybody who was named has said yes; see who has not been asked personally."),
        Button(_("Services"), call("service")),
        _accepted,
    ),
    Step(
        "incident",
        _("Say what an incident is here"),
        _("Two sentences in your own words, and when it is serious."),
        Button(_("Definitions"), call("definitions")),
        _defined("incident", "serious"),
    ),
    Step(
        "done",
        _("Say what done is here"),
        _("Working again is not done: what has to be said before?"),
        Button(_("Definition of done"), call("definition edit", name="done")),
        _defined("done"),
    ),
    Step(
        "measures",
        _("Say what is measured"),
        _("How often, how long, how often again. Never about people."),
        Button(_("What is measured?"), call("definition edit", name="measures")),
        _defined("measures"),
    ),
    Step(
        "hours",
        _("Enter working hours and closing days"),
        _("Outside of them nobody is woken for what can wait."),
        Button(_("Settings"), call("settings")),
        _hours,
    ),
    Step(
        "practice",
        _("Declare an incident to practise"),
        _("Look at the alert and the card together; withdraw it afterwards."),
        Button(_("Declare an incident"), call("incident")),
        lambda ctx: incidents.exists(ctx.tx, 1),
    ),
    Step(
        "goals",
        _("Say what it is for"),
        _("Two or three goals, and the areas where you look first."),
        Button(_("Mandate"), call("mandate")),
        lambda ctx: bool(mandate.goals(ctx.tx)),
    ),
    Step(
        "digest",
        _("Read the first digest, and print the page"),
        _("Who decides what stands on top? The page with roles and rules goes on a wall."),
        Button(_("The page to print"), call("template")),
    ),
)
BY_NAME = {each.name: each for each in STEPS}
