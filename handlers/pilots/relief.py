"""Is anyone relieved? What is shown of a round, and only once it is closed.

Rule (docs/pilots.md, settled 51): people are counted, not answers. A split is shown only if five
people answered, somebody who was asked did not, and no answer holds everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from handlers.kit import calendar
from handlers.kit.context import Context
from handlers.kit.words import Sentence, Words, _
from storage import people, pilots
from storage.engine.ids import PersonId
from storage.people import PersonKind
from storage.pilots import Pilot, answers

ENOUGH = 5  # people from whom on anything is shown; may only be raised


class Relief(StrEnum):
    """Is anyone relieved?"""

    RELIEVED = "relieved"
    PARTLY = "partly"
    NO = "no"


LABELS: dict[str, Words] = {"relieved": _("Yes"), "partly": _("Partly"), "no": _("No")}


class Why(StrEnum):
    """Why it does not relieve; requirement C17."""

    BIG = "big"
    UNCLEAR = "unclear"
    FAR = "far"


REASONS: dict[str, Words] = {
    "big": _("Too big"),
    "unclear": _("Too unclear"),
    "far": _("Too far from my day"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What everybody may know of a closed round: a split, or only how it leans, or nothing."""

    week: str
    split: dict[str, int] | None
    leaning: str


def asked(ctx: Context, pilot: Pilot) -> list[PersonId]:
    """Return who is asked each week. Of a channel nobody is known."""
    muted = set(pilots.users(ctx.tx, pilot.id, "muted"))
    if pilot.users_kind == "channel":
        return []
    if pilot.users_kind == "everyone":
        members = [each.id for each in people.everyone(ctx.tx) if each.kind == PersonKind.MEMBER]
        return [each for each in members if each not in muted]
    found = [ctx.person_of(PersonId(each)) for each in pilots.users(ctx.tx, pilot.id)]
    return [each.id for each in found if each is not None and each.active]


def is_small(ctx: Context, pilot: Pilot) -> bool:
    """Say whether fewer people are asked than are needed for an answer to be shown."""
    return pilot.users_kind != "channel" and len(asked(ctx, pilot)) < ENOUGH


def before_the_tap(ctx: Context, pilot: Pilot) -> Sentence:
    """Return what is true of an answer, before somebody gives it."""
    if pilot.visible:
        return _("Answers of this pilot are shown, however few they are: who knows you may tell.")
    if is_small(ctx, pilot):
        return _(
            "Fewer than five people use it: answers are not shown, but nobody can promise that "
            "yours is not guessed."
        )
    return _("Counted without your name, and shown once the week is over and five have answered.")


def shown(pilot: Pilot, counts: dict[str, int], round: answers.Round) -> Shown:
    """Return what may be known of a closed round."""
    split = {each: counts.get(each, 0) for each in LABELS}
    total = sum(split.values())
    if pilot.visible and total:
        return Shown(round.week, split, "")
    if total < ENOUGH:
        return Shown(round.week, None, "")
    if round.silent and total not in split.values():
        return Shown(round.week, split, "")
    leaning = "mixed"
    if split["relieved"] * 2 > total:
        leaning = "yes"
    elif split["no"] * 2 > total:
        leaning = "no"
    return Shown(round.week, None, leaning)


def closed(ctx: Context, pilot: Pilot) -> list[Shown]:
    """Return what may be known of the rounds that are closed, the newest first."""
    return [
        shown(pilot, answers.counts(ctx.tx, pilot.id, each.week), each)
        for each in answers.rounds(ctx.tx, pilot.id)
        if not each.open
    ]


def newest_known(rounds: list[Shown]) -> Shown | None:
    """Return the newest round of which something may be known, else the newest."""
    known = [each for each in rounds if each.split is not None or each.leaning]
    return next(iter([*known, *rounds]), None)


def round_words(found: Shown | None) -> Sentence:
    """Return a round in words."""
    if found is None:
        return _("no week's answers are counted yet")
    week = int(found.week[6:])
    if found.split is not None:
        return _(
            "week {week}: yes {yes}, partly {partly}, no {no}",
            week=week,
            yes=found.split["relieved"],
            partly=found.split["partly"],
            no=found.split["no"],
        )
    leanings: dict[str, Sentence] = {
        "yes": _("week {week}: mostly yes", week=week),
        "mixed": _("week {week}: mixed", week=week),
        "no": _("week {week}: mostly no", week=week),
    }
    return leanings.get(found.leaning, _("week {week}: too few answers to show", week=week))


def reasons(ctx: Context, pilot: Pilot, found: Shown) -> list[tuple[Words, int]]:
    """Return why it did not relieve, only where the split itself is shown."""
    if found.split is None or not pilot.visible and found.split["no"] < ENOUGH:
        return []
    counts = answers.counts(ctx.tx, pilot.id, found.week)
    return [(REASONS[each], counts[f"no:{each}"]) for each in REASONS if counts.get(f"no:{each}")]


def week_of(ctx: Context) -> str:
    """Return the ISO week that it is in the workspace."""
    return calendar.week_of(ctx.now, ctx.workspace.zone)


def open_round(ctx: Context, pilot: Pilot) -> str:
    """Open this week's round, if need be; return its week."""
    week = week_of(ctx)
    answers.open_round(ctx.tx, pilot.id, week, ctx.new_secret())
    return week


def close_rounds(ctx: Context, pilot: Pilot) -> list[str]:
    """Close the rounds of weeks that are over; return which."""
    week = week_of(ctx)
    over = [
        each.week for each in answers.rounds(ctx.tx, pilot.id) if each.open and each.week < week
    ]
    for each in over:
        answers.close(ctx.tx, pilot.id, each, asked(ctx, pilot))
    return over


def is_open(ctx: Context, pilot: Pilot) -> bool:
    """Say whether a round still has to be closed: its secret has to go, whatever became of it."""
    return any(each.open for each in answers.rounds(ctx.tx, pilot.id))
