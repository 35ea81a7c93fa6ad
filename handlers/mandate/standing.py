"""Whether the mandate holds, what a draft still lacks, and how much serves a goal."""

from __future__ import annotations

from datetime import date, timedelta

from handlers import rights
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Call
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Sentence, Words, _
from storage import mandate, pilots
from storage.mandate import drafts, links
from storage.mandate.drafts import Mandate
from storage.pilots.states import PilotState

WARNING = timedelta(days=14)  # before it ends
FEWEST, MOST = 2, 3  # areas that are looked at first
CANDIDATES = 5
CASES = 2
READERS = 5  # from so many on their number is shown

QUESTIONS: dict[str, Sentence] = {
    "problems": _("Which problems does it solve?"),
    "levers": _("Where is the greatest lever?"),
    "risks": _("Which risks do we take, and which not?"),
    "along": _("How do we take people along?"),
}


def valid(ctx: Context) -> Mandate | None:
    """Return the mandate that holds today."""
    found = drafts.released(ctx.tx)
    if found is None or found.valid_until is None or found.valid_until < today_of(ctx):
        return None
    return found


def ending(ctx: Context) -> Mandate | None:
    """Return the released mandate if it ends within fourteen days or has ended."""
    found = drafts.released(ctx.tx)
    if found is None or found.valid_until is None:
        return None
    return found if found.valid_until - WARNING <= today_of(ctx) else None


def ends(ctx: Context, day: date) -> Words:
    """Say until when the mandate holds, or that it has ended."""
    if day < today_of(ctx):
        return _("The mandate was valid until {day} and has ended.", day=day)
    return _("The mandate is valid until {day}; then it needs a new release.", day=day)


def missing(ctx: Context, draft: Mandate) -> list[tuple[Words, Button]]:
    """Return what a draft lacks before it can be confirmed, each with the button that mends it."""
    found: list[tuple[Words, Button]] = []
    empty = [words for each, words in QUESTIONS.items() if not getattr(draft, each)]
    if empty:
        button = Button(_("Four questions"), call("form", word="mandate questions"))
        found += [(each, button) for each in empty]
    if not mandate.goals(ctx.tx):
        found.append((_("business goals"), Button(_("Goals and focus"), call("mandate edit"))))
    chosen = [each for each in drafts.candidates(ctx.tx, draft.id) if each.chosen]
    if not FEWEST <= len(chosen) <= MOST:
        areas = Button(_("Candidate areas"), call("mandate candidates"))
        found.append((_("two or three chosen areas"), areas))
    if mandate.guardrails(ctx.tx) is None:
        rails = Button(_("Guardrails"), call("mandate guardrails"))
        found.append((_("the four guardrails"), rails))
    if draft.valid_until is None or draft.valid_until < today_of(ctx):
        until = Button(_("Valid until"), call("mandate until"))
        found.append((_("until when it is valid"), until))
    if draft.it_contact is None:
        named = Button(_("Who confirms for the IT?"), call("mandate it"))
        found.append((_("who confirms for the IT"), named))
    return found


def linked(ctx: Context) -> tuple[int, int, list[tuple[str, Call]]]:
    """Return how many pilots and automations serve a goal, how many there are, and who does not.

    What a pilot serves, its automation serves.
    """
    goals = set(links.goals_of_automations(ctx.tx))
    tried = pilots.all(ctx.tx)
    goals |= {each.automation for each in tried if each.goal and each.automation}
    running = [each for each in tried if each.state is not PilotState.STOPPED]
    entered = links.automations(ctx.tx)
    without = [(each.name, call("pilot", pilot=each.id)) for each in running if each.goal is None]
    without += [(name, call("auto", automation=id)) for id, name in entered if id not in goals]
    whole = len(running) + len(entered)
    return whole - len(without), whole, without


def need_manager(ctx: Context) -> None:
    """Refuse kindly whoever does not draft the mandate."""
    rights.need(ctx, "mandate")
