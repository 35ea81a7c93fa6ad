"""Who answers friction, and what they read: the list, by hint, area, answer and age."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from handlers import rights
from handlers.attention import matters
from handlers.friction import grouping, proposals
from handlers.friction.kinds import HINT, LABELS, WHICH, WHICH_LABELS, Hint, Which
from handlers.kit import calendar, working_hours
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Held, Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Items,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
    line,
)
from handlers.kit.people import name
from handlers.kit.readers import NumberReader, PersonReader, TextReader, folded
from handlers.kit.words import Sentence, Words, _, _n
from handlers.on_call import duty
from handlers.rights import Tie
from handlers.rules import routing
from storage import friction, rules, workspaces
from storage.engine.ids import NoteId, PersonId
from storage.friction import Note, answerers
from storage.friction.answerers import Answerer, AnswererState
from storage.people import Person
from storage.rules import Led, RoutingState

feature = Feature(_("Friction"))

PAGE = 10
ANSWER_IN = 10  # working days (requirement C12)

AreaValue = Annotated[str, TextReader(long=False), Ask(_("Area"), grouping.known_areas)]
FORM = "form"  # a call that opens another one's form


def ties(ctx: Context, area: str | None) -> set[Tie]:
    """Return how the asker stands to the friction of an area, of any with None."""
    found = rights.general(ctx)
    if Tie.MEMBER in found:
        mine = {
            folded(each) for each in answerers.of(ctx.tx, ctx.person.id, AnswererState.ACCEPTED)
        }
        if mine and (area is None or folded(area) in mine):
            found.add(Tie.ANSWERER)
    return found


def may(ctx: Context, area: str | None = None) -> bool:
    """Say whether the asker answers the friction of an area, of any with None."""
    return rights.may("answer friction", ties(ctx, area))


def need(ctx: Context, area: str | None = None) -> None:
    """Refuse kindly unless the asker answers the friction of an area."""
    if not may(ctx, area):
        rights.need(ctx, "answer friction")


def late_before(ctx: Context) -> datetime:
    """Return before which day a note has waited for more than ten working days."""
    zone = ctx.workspace.zone
    today = calendar.day_of(ctx.now, zone)
    day = working_hours.company(ctx).working_days_after(today, -ANSWER_IN)
    return calendar.midnight(day, zone)


def late(ctx: Context) -> list[Note]:
    """Return the notes without an answer for more than ten working days, the oldest first."""
    return friction.all(ctx.tx, which="open", before=late_before(ctx))[::-1]


@feature.command(
    "friction list",
    "reibung liste",
    help=_("What people have noted."),
    hidden=True,
    reads=True,
    submit=_("Show"),
)
def show(
    ctx: Context,
    *,
    which: Annotated[Which, WHICH, Ask(_("Which"))] = Which.OPEN,
    hint: Annotated[Hint, HINT, Ask(_("Hint"))] | None = None,
    area: AreaValue = "",
    first: Annotated[int, NumberReader(0, 100_000), Ask(_("From"))] = 0,
) -> Reply:
    need(ctx)
    notes, said = select(ctx, which, hint, area), _filter(which, hint, area)
    parts: list[Part] = [
        Title(_("What gets in the way")),
        Text(_n("{n} note · {which}", "{n} notes · {which}", len(notes), which=said)),
    ]
    for each in notes[first : first + PAGE]:
        parts.append(Text(note_words(ctx, each)))
        parts += _about(ctx, each)
    given = {"which": which.value, "hint": hint.value if hint else "", "area": area}
    buttons = []
    if len(notes) > first + PAGE:
        more = call("friction list", **given, first=first + PAGE)
        buttons.append(Button(_("More"), more))
    buttons.append(Button(_("Filter"), call(FORM, word="friction list"), "quiet"))
    buttons.append(Button(_("Patterns"), call("patterns"), "quiet"))
    if rights.may("mandate", rights.general(ctx)):
        buttons.append(Button(_("Who answers"), call("friction answerers"), "quiet"))
    parts.append(Buttons(tuple(buttons)))
    return Reply(Message(tuple(parts)))


def _about(ctx: Context, note: Note) -> list[Part]:
    """Return by which rule a note was led, and what can be done with it."""
    row: list[Button] = []
    if note.loose:
        row.append(Button(_("Answer this"), call("pattern confirm", notes=note.id), "quiet"))
        row.append(Button(_("Like ones"), call("friction like", note=note.id), "quiet"))
    led = rules.led(ctx.tx, Led.FRICTION, note.id)
    by: list[Part] = []
    if led is not None and not note.answered and led.state != RoutingState.CORRECTED:
        by.append(Text(routing.by(ctx, led), small=True))
        if folded(note.area) == folded(led.target):
            no = _("Not {area}", area=led.target)
            row.append(Button(no, call("friction elsewhere", id=note.id), "quiet"))
        else:
            yes = call("friction file", id=note.id, area=led.target)
            row.append(Button(_("Yes, {area}", area=led.target), yes, "quiet"))
    elif not note.area and not note.answered:
        row.append(Button(_("Area"), call("friction elsewhere", id=note.id), "quiet"))
    return [*by, Buttons(tuple(row))] if row else by


@feature.command(
    "friction like",
    "reibung ähnlich",
    help=_("What may say the same as this note?"),
    hidden=True,
    reads=True,
)
def like(ctx: Context, note: Annotated[NoteId, TextReader(long=False), Ask(_("Which"))]) -> Reply:
    """Show the nearest notes, also those that are too far to be proposed: a person looks."""
    mine = friction.find(ctx.tx, note)
    if mine is None:
        raise Refusal(_("These notes no longer exist."))
    need(ctx, mine.area)
    others = [
        each
        for each in friction.all(ctx.tx)[: proposals.MOST]
        if each.id != mine.id and may(ctx, each.area)
    ]
    remove = Button(_("Remove words"), call("friction remove words", id=mine.id), "quiet")
    parts: list[Part] = [
        Title(_("What may say the same")),
        Text(mine.sentence),
        Buttons((remove,)),
    ]
    found = proposals.nearest(
        grouping.comparable(mine), [grouping.comparable(each) for each in others]
    )
    for near in found:
        other = others[near.at]
        together = (
            call("pattern confirm", notes=f"{mine.id},{other.id}")
            if other.loose
            else call("pattern add", pattern=other.pattern, notes=mine.id)
        )
        button = Button(_("They belong together"), together, "quiet")
        parts += [Text(note_words(ctx, other)), Buttons((button,))]
    if not found:
        parts.append(Text(_("Nothing shares a word with it.")))
    return Reply(Message(tuple(parts)))


def select(ctx: Context, which: Which, hint: Hint | None, area: str) -> list[Note]:
    """Return the notes that the asker answers and that fit."""
    before = late_before(ctx) if which is Which.LATE else None
    state = "open" if which is Which.LATE else which.value
    found = friction.all(ctx.tx, which=state, hint=hint or "", area=area, before=before)
    if Tie.MANAGER in rights.general(ctx):
        return found
    return [each for each in found if may(ctx, each.area)]


def _filter(which: Which, hint: Hint | None, area: str) -> list[Words]:
    said: list[Words] = [WHICH_LABELS[which]]
    said += [LABELS[hint]] if hint else []
    said += [area] if area else []
    return said


def note_words(ctx: Context, note: Note) -> Sentence:
    """Return a note as those who answer read it: never with its author."""
    day = calendar.day_of(note.noted_at, ctx.workspace.zone)
    about: list[Words] = [LABELS[note.hint]] if note.hint else []
    about += [note.area] if note.area else []
    if about:
        return _("{sentence} ({day}; {about})", sentence=note.sentence, day=day, about=about)
    return _("{sentence} ({day})", sentence=note.sentence, day=day)


# --- who answers -------------------------------------------------------------------------


@feature.command(
    "friction answerers",
    "reibung antworten",
    help=_("Who answers what gets in the way."),
    hidden=True,
    reads=True,
    needs="mandate",
)
def who(ctx: Context) -> Reply:
    known = answerers.all(ctx.tx)
    parts: list[Part] = [
        Title(_("Who answers")),
        Text(_("Managers answer everything. For an area somebody else can be named.")),
    ]
    if known:
        parts.append(Items(tuple(_who_words(ctx, each) for each in known)))
    buttons = [Button(_("Name somebody"), call("friction name"))]
    buttons.append(Button(_("When is a pattern proposed?"), call("friction threshold"), "quiet"))
    parts.append(Buttons(tuple(buttons)))
    return Reply(Message(tuple(parts)))


def _who_words(ctx: Context, named: Answerer) -> Sentence:
    who = name(ctx, named.answerer)
    if not duty.is_here(ctx, named.answerer):
        return _("{area}: {who} (no longer active)", area=named.area, who=who)
    if named.state == AnswererState.ASKED:
        return _("{area}: {who} (asked)", area=named.area, who=who)
    return _("{area}: {who}", area=named.area, who=who)


def _short(area: str) -> str:
    return " ".join(area.split())[:60]


def _another_answerer(ctx: Context, area: str, who: Person) -> None:
    theirs = answerers.of(ctx.tx, who.id, AnswererState.ACCEPTED)
    if who.id != ctx.person.id and _short(area) in theirs:
        raise Refusal(
            _("{who} answers the friction of “{area}” already.", who=who.name, area=_short(area)),
            field="who",
        )


@feature.command(
    "friction name",
    "reibung benennen",
    help=_("Who answers the friction of an area?"),
    hidden=True,
    needs="mandate",
    checks=(_another_answerer,),
)
def name_one(
    ctx: Context,
    *,
    area: AreaValue,
    who: Annotated[Person, PersonReader(), Ask(_("Person"), _("They are asked first."))],
) -> Reply:
    area = _short(area)
    mine = who.id == ctx.person.id
    state = AnswererState.ACCEPTED if mine else AnswererState.ASKED
    answerers.ask(ctx.tx, area, who.id, state=state, by=ctx.person.id, now=ctx.now)
    if mine:
        posts = matters.settle(ctx, _key(area, who.id))
        return Reply(line(_("You answer the friction of “{area}”.", area=area)), posts=posts)
    posts = _ask(ctx, area, who.id)
    said = _("I have asked {who} to answer the friction of “{area}”.", who=who.name, area=area)
    return Reply(line(said), posts=posts)


def _key(area: str, person: PersonId) -> str:
    return f"answers:{folded(area)}:{person}"


def _question(area: str) -> Message:
    return line(_question_words(area), *_choice(area))


def _question_words(area: str) -> Sentence:
    return _("Would you answer what people of “{area}” note as friction?", area=area)


def _choice(area: str) -> tuple[Button, Button]:
    return (
        Button(_("Yes, I will"), call("friction accept", area=area), "primary"),
        Button(_("No"), call("friction decline", area=area)),
    )


@feature.command(
    "friction accept", "reibung annehmen", help=_("I answer this friction."), hidden=True
)
def accept(ctx: Context, area: AreaValue) -> Reply:
    if not answerers.decide(ctx.tx, area, ctx.person.id, AnswererState.ACCEPTED):
        raise Refusal(_("This question has been answered already."))
    posts = matters.settle(ctx, _key(area, ctx.person.id))
    listed = Button(_("Show the notes"), call("friction list", area=area))
    said = _("Thank you. You answer the friction of “{area}”.", area=area)
    return Reply(line(said, listed), posts=posts)


@feature.command(
    "friction decline", "reibung ablehnen", help=_("I do not answer this friction."), hidden=True
)
def decline(ctx: Context, area: AreaValue) -> Reply:
    if not answerers.decide(ctx.tx, area, ctx.person.id, AnswererState.DECLINED):
        raise Refusal(_("This question has been answered already."))
    posts = matters.settle(ctx, _key(area, ctx.person.id))
    return Reply(line(_("Good. The managers go on answering it.")), posts=posts)


@feature.command(
    "friction threshold",
    "reibung schwelle",
    help=_("How many like notes in how many days are proposed as a pattern?"),
    hidden=True,
    needs="mandate",
)
def set_threshold(
    ctx: Context,
    *,
    number: Annotated[int, NumberReader(2, 50), Ask(_("Notes"), _("3 unless you say otherwise."))],
    days: Annotated[int, NumberReader(7, 365), Ask(_("Days"), _("30 unless you say otherwise."))],
) -> Reply:
    workspaces.set_setting(ctx.tx, grouping.SETTING, f"{number}/{days}")
    said = _(
        "From now on {n} like notes in {days} are proposed.",
        n=number,
        days=_n("{n} day", "{n} days", days),
    )
    return Reply(line(said))


@feature.waits(60)
def waiting(ctx: Context) -> list[Task]:
    """Return what the asker was asked to answer, and what has waited too long for them."""
    found = [
        Task(_question_words(each), _choice(each))
        for each in answerers.of(ctx.tx, ctx.person.id, AnswererState.ASKED)
    ]
    if may(ctx):
        old = select(ctx, Which.LATE, None, "")
        if old:
            words = _n(
                "{n} friction note has waited for an answer for over ten working days.",
                "{n} friction notes have waited for an answer for over ten working days.",
                len(old),
            )
            listed = Button(_("Show"), call("friction list", which="late"))
            found.append(Task(words, (listed,), old[-1].noted_at))
    return found


@feature.follows(Event.CAME_BACK)
def back(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Ask somebody who is back what they were asked before, if nobody else was meanwhile."""
    return tuple(
        post
        for each in answerers.of(ctx.tx, person, AnswererState.ASKED)
        for post in _ask(ctx, each, person)
    )


def _ask(ctx: Context, area: str, person: PersonId) -> tuple[Post, ...]:
    return matters.ask(ctx, person, _key(area, person), _question(area), personal=True)


@feature.holds(60, "friction_answerers.answerer")
def held(ctx: Context, person: PersonId) -> list[Held]:
    """Return the areas whose friction somebody answers; of who left, also what they were asked.

    Managers answer meanwhile. Who left stays named, so that they have it again when they are back.
    """

    def give(area: str, to: PersonId) -> tuple[Post, ...]:
        new = answerers.hand_on(ctx.tx, area, person, to, ctx.now)
        return _ask(ctx, area, to) if new else ()

    areas = answerers.of(ctx.tx, person, AnswererState.ACCEPTED)
    if not duty.is_here(ctx, person):
        areas += answerers.of(ctx.tx, person, AnswererState.ASKED)
    return [
        Held(
            each,
            _("answers the friction of this area"),
            lambda to, _other, area=each: give(area, to),  # type: ignore[misc]
            acts=duty.acting(ctx, person) or duty.escalation_manager(ctx),
        )
        for each in areas
    ]
