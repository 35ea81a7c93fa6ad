"""What every change of a pilot does: it is written into its history, and its people are asked."""

from __future__ import annotations

from handlers.attention import matters
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Message, Post, line
from handlers.kit.readers import folded
from handlers.kit.words import Sentence, _
from handlers.pilots import roles, start_check, use
from storage import pilots
from storage.engine.ids import PersonId, PilotId
from storage.pilots import ROLES, Pilot, log
from storage.pilots.states import PilotEvent, PilotState

LONGEST = 80  # characters of a name
ACCEPTED = "accepted"  # stands in the history where who left had accepted their role


def own(ctx: Context, pilot: Pilot) -> Pilot:
    """Return a pilot that the asker may change, as it is now; refuse otherwise."""
    roles.need(ctx, pilot)
    return fresh(ctx, pilot)


def fresh(ctx: Context, pilot: Pilot) -> Pilot:
    """Return a pilot as it is now."""
    found = pilots.find(ctx.tx, pilot.id)
    assert found is not None, "pilots are never deleted"
    return found


def running(ctx: Context, pilot: Pilot) -> Pilot:
    """Return a pilot that runs or is in operation, and that the asker may change."""
    return runs(own(ctx, pilot))


def runs(found: Pilot) -> Pilot:
    """Return a pilot that runs or is in operation; refuse one that does not."""
    if not found.state.goes_on:
        raise Refusal(
            _("“{pilot}” does not run.", pilot=found.name),
            buttons=(Button(_("Show"), call("pilot", pilot=found.id)),),
        )
    return found


def note(ctx: Context, pilot: Pilot, kind: str, words: str = "") -> None:
    """Write a line of a pilot's history."""
    log.note(
        ctx.tx,
        id=ctx.new_id(),
        pilot=pilot.id,
        by=ctx.person.id,
        now=ctx.now,
        kind=kind,
        words=words,
    )


def need_free_name(ctx: Context, name: str, own: PilotId | None = None) -> None:
    """Refuse a name that another pilot has."""
    called = " ".join(name.split())[:LONGEST]
    if pilots.named(ctx.tx, folded(called)) not in (None, own):
        raise Refusal(taken_words(called), field="name")


def taken_words(name: str) -> Sentence:
    """Say that another pilot has the name."""
    return _("There is a pilot called “{name}” already.", name=name)


def rename(ctx: Context, pilot: Pilot, name: str) -> None:
    """Call a pilot something else; that nothing else is called so was checked."""
    called = " ".join(name.split())[:LONGEST]
    if called != pilot.name:
        note(ctx, pilot, PilotEvent.RENAMED, pilot.name)
        pilots.rename(ctx.tx, pilot.id, called, folded(called))


def name_for(ctx: Context, pilot: Pilot, role: str, person: PersonId | None) -> tuple[Post, ...]:
    """Name somebody for a role, and ask them; who names themselves has accepted."""
    before = getattr(pilot, role)
    if before == person:
        return ()
    mine = person == ctx.person.id
    accepted = ctx.now if mine else None
    pilots.fill(ctx.tx, pilot.id, role, person, accepted)
    note(ctx, pilot, f"named {role}")
    posts = matters.settle(ctx, asked_key(pilot, role))
    if mine:
        posts += settle(ctx, pilot, f"vacant {role}")
    if person is None or mine:
        return posts
    return (*posts, *ask(ctx, pilot, role, person))


def ask(ctx: Context, pilot: Pilot, role: str, person: PersonId) -> tuple[Post, ...]:
    """Ask whoever is named for a role whether they take it."""
    asks = question(ctx, pilot, role)
    return matters.ask(ctx, person, asked_key(pilot, role), asks, personal=True)


def asked_key(pilot: Pilot, role: str) -> str:
    return f"pilot:{pilot.id}:{role}"


def role_question(pilot: Pilot, role: str) -> Sentence:
    """Return the question to whoever is named for a role."""
    questions = {
        "champion": _(
            "Would you be the champion of “{pilot}”: clear the way, and decide at the end?",
            pilot=pilot.name,
        ),
        "modeler": _(
            "Would you be the process modeller of “{pilot}”: describe the workflow, and measure?",
            pilot=pilot.name,
        ),
        "integrator": _(
            "Would you be the integrator of “{pilot}”: connect what it needs?", pilot=pilot.name
        ),
    }
    return questions[role]


def answers(pilot: Pilot, role: str) -> tuple[Button, ...]:
    return (
        Button(_("Yes, I will"), call("pilot accept", pilot=pilot.id, role=role), "primary"),
        Button(_("No"), call("pilot decline", pilot=pilot.id, role=role)),
        Button(_("Show"), call("pilot", pilot=pilot.id), "quiet"),
    )


def question(_ctx: Context, pilot: Pilot, role: str) -> Message:
    return line(role_question(pilot, role), *answers(pilot, role))


def tell(
    ctx: Context,
    pilot: Pilot,
    key: str,
    words: Sentence,
    *buttons: Button,
    role: str = "champion",
    nameless: bool = False,
) -> None:
    """Tell whoever has a role, else whoever else has one, with their next bundle."""
    person = getattr(pilot, role) if role in roles.filled(pilot) else roles.decides(pilot)
    if person is not None:
        show = Button(_("Show"), call("pilot", pilot=pilot.id), "quiet")
        key = f"pilot:{pilot.id}:{key}"
        matters.note(ctx, person, key, words, *buttons, show, nameless=nameless)


def settle(ctx: Context, pilot: Pilot, key: str) -> tuple[Post, ...]:
    """Drop what was told under `key`."""
    return matters.settle(ctx, f"pilot:{pilot.id}:{key}")


def let_connect(ctx: Context, pilot: Pilot) -> None:
    """Tell the integrator that it has started, with the way to an address and a recipe."""
    if use.is_connected(ctx, pilot) or pilot.integrator == ctx.person.id:
        return
    said = _("“{pilot}” has started. Connect it, so that its use is seen.", pilot=pilot.name)
    button = Button(_("Connect it"), call("pilot address", pilot=pilot.id))
    tell(ctx, pilot, "connect", said, button, role="integrator")


def vacant(ctx: Context, pilot: Pilot, role: str, *, left: bool = False) -> tuple[Post, ...]:
    """Nobody fills a role any more: say to the others what lacks now.

    Who `left` stays named until somebody else is: their card shows it, and hands it over.
    """
    before, accepted = getattr(pilot, role), getattr(pilot, f"{role}_accepted_at")
    named = before if left else None
    pilots.fill(ctx.tx, pilot.id, role, named, None)
    note(ctx, pilot, f"vacant {role}", ACCEPTED if left and accepted is not None else "")
    posts = matters.settle(ctx, asked_key(pilot, role))
    now = fresh(ctx, pilot)
    for each in ROLES:
        person = getattr(now, each)
        if person not in (None, before) and (now.state.goes_on or now.state is PilotState.WAITING):
            said = _(
                "“{pilot}”: {role} is vacant. {lacks}",
                pilot=pilot.name,
                role=roles.LABELS[role],
                lacks=roles.WITHOUT[role],
            )
            button = Button(_("Name people"), call("pilot people", pilot=pilot.id))
            matters.note(ctx, person, f"pilot:{pilot.id}:vacant {role}", said, button)
    return posts


def make_room(ctx: Context) -> None:
    """Tell the first on the waiting list that there is room now."""
    first = start_check.first_waiting(ctx)
    if first is not None:
        start = Button(_("Start it"), call("pilot start", pilot=first.id), "primary")
        tell(ctx, first, "room", _("There is room for “{pilot}” now.", pilot=first.name), start)


def free_name(ctx: Context, pilot: Pilot) -> None:
    """Let a name be free again, and whoever waits know."""
    pilots.rename(ctx.tx, pilot.id, pilot.name, f"{folded(pilot.name)} {pilot.id}")
    make_room(ctx)


def take_name(ctx: Context, pilot: Pilot) -> None:
    """Let a pilot that was stopped be called as before; refuse when another one is called so."""
    if pilots.named(ctx.tx, folded(pilot.name)) not in (None, pilot.id):
        raise Refusal(_("There is a pilot called “{name}” already.", name=pilot.name))
    pilots.rename(ctx.tx, pilot.id, pilot.name, folded(pilot.name))
