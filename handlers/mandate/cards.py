"""What the mandate and its draft look like: each fits one message."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import rights
from handlers.guardrails import cards as guardrails
from handlers.kit import tables
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.doors import figure
from handlers.kit.messages import Button, Buttons, Facts, Items, Message, Part, Text, Title, line
from handlers.kit.people import name
from handlers.kit.readers import folded
from handlers.kit.readers.dates import today_of
from handlers.kit.tables import within
from handlers.kit.words import Words, _, first_lines, shortened, some
from handlers.mandate import standing
from handlers.mandate.measures import LINKED, READ
from storage import mandate
from storage.engine.ids import NOBODY
from storage.mandate import actions, drafts, stops
from storage.mandate.drafts import Mandate
from storage.mandate.stops import Stop

SHOWN = 5  # of a list; the rest is counted
NAMED = 3  # of those that serve no goal


def card(ctx: Context, *, aloud: bool = False) -> Message:
    """Return the mandate on one page, with what its reader may do.

    Where several people read it (`aloud`), only what everybody may do stands below.
    """
    released = drafts.released(ctx.tx)
    parts: list[Part] = [Title(_("Mandate")), *_state(ctx, released)]
    goals, focus = mandate.goals(ctx.tx), list(mandate.focus(ctx.tx).values())
    if goals:
        parts += [Text(_("Goals:")), Items(tuple(each.name for each in goals)), *_linked(ctx)]
    else:
        parts.append(Text(_("There are no goals yet.")))
    if focus:
        parts.append(Text(_("We look here first: {areas}.", areas=focus)))
    if len(focus) == 1:  # of before two were asked for
        parts.append(Text(_("Two or three areas make a focus."), small=True))
    if released is not None:
        parts.append(Facts(tuple(_answers(released))))
    parts += [*_guardrails(ctx), *_stops(ctx), *_actions(ctx)]
    parts += _buttons(ctx, released, aloud=aloud)
    return Message(tuple(parts))


def _state(ctx: Context, released: Mandate | None) -> list[Part]:
    if released is None or released.valid_until is None:
        return [Text(_("Nobody has released it yet; until then pilots carry a mark."), small=True)]
    if released.valid_until < today_of(ctx):
        return [Text(_("It was valid until {day} and has ended.", day=released.valid_until))]
    said = _(
        "Valid until {day}; released by {lead} and, for the IT, {it}.",
        lead=name(ctx, released.lead_by or NOBODY),
        it=name(ctx, released.it_by or NOBODY),
        day=released.valid_until,
    )
    parts: list[Part] = [Text(said)]
    read = drafts.reads(ctx.tx, released.id)
    if read >= standing.READERS:
        parts.append(Text(_("{n} people have read it.", n=figure(READ, read)), small=True))
    return parts


def _linked(ctx: Context) -> list[Part]:
    ours, whole, without = standing.linked(ctx)
    if not whole:
        return []
    said: Words = _(
        "Serve a goal: {n} of {all} pilots and automations.",
        n=figure(LINKED, ours),
        all=figure(LINKED, whole),
    )
    if without:
        names = some([shortened(each, 40) for each, _opens in without], NAMED)
        said = _("{words} Without one: {names}.", words=said, names=names)
    if len(without) <= NAMED:
        return [Text(said, small=True)]
    rest = Button(_("All without a goal"), call("mandate unlinked"), "quiet")
    return [Text(said, small=True), Buttons((rest,))]


def unlinked(ctx: Context, page: int) -> Message:
    """Return a page of the pilots and automations that serve no goal yet, each with its button."""
    _ours, _whole, without = standing.linked(ctx)
    if not without:
        return line(_("All of them serve a goal."))
    first = (within(page, len(without), tables.PAGE) - 1) * tables.PAGE
    shown = without[first : first + tables.PAGE]
    last = first + len(shown)
    values = {"first": first + 1, "last": last, "total": len(without)}
    buttons = [Button(shortened(each, 32), opens) for each, opens in shown]
    if first:
        buttons.append(Button(_("Back"), call("mandate unlinked", page=page - 1), "quiet"))
    if last < len(without):
        buttons.append(Button(_("More"), call("mandate unlinked", page=page + 1), "quiet"))
    rows = [
        Buttons(tuple(buttons[start : start + tables.WIDE]))
        for start in range(0, len(buttons), tables.WIDE)
    ]
    title = Title(_("Without a goal, {first}–{last} of {total}", **values))
    return Message((title, Items(tuple(each for each, _opens in shown)), *rows))


def _answers(found: Mandate) -> list[tuple[Words, Words]]:
    rows: list[tuple[Words, Words]] = [
        (words, getattr(found, each) or _("still open"))
        for each, words in standing.QUESTIONS.items()
    ]
    if found.cases:
        rows.append((_("Use cases"), _("{words}", words=found.cases.splitlines())))
    return rows


def _guardrails(ctx: Context) -> list[Part]:
    rules = mandate.guardrails(ctx.tx)
    if rules is None:
        return []
    said = _("Guardrails, {version}:", version=rules.version)
    return [Text(said), Facts(guardrails.rows(rules))]


def _stops(ctx: Context) -> list[Part]:
    found = stops.standing(ctx.tx)
    if not found:
        return []
    items: list[Words] = [stop_line(ctx, each) for each in found]
    told = Items(tuple(first_lines(items, SHOWN)))
    return [Text(_("Deliberately not:")), told, *_whole("stops", found)]


def stop_line(ctx: Context, stop: Stop) -> Words:
    """Return what is not done, why, and until when, or that this day is over."""
    if stop.until_on < today_of(ctx):
        return _(
            "{item} (was until {day}, nobody has renewed it yet): {why}",
            item=stop.item,
            day=stop.until_on,
            why=stop.reason,
        )
    return _("{item} (until {day}): {why}", item=stop.item, day=stop.until_on, why=stop.reason)


def _actions(ctx: Context) -> list[Part]:
    found = actions.open_ones(ctx.tx)
    if not found:
        return []
    items: list[Words] = [
        _("{who}: {item}, by {day}", who=name(ctx, each.owner), item=each.item, day=each.due_on)
        if each.accepted
        else _(
            "{who} (asked): {item}, by {day}",
            who=name(ctx, each.owner),
            item=each.item,
            day=each.due_on,
        )
        for each in found
    ]
    told = Items(tuple(first_lines(items, SHOWN)))
    return [Text(_("Who does what by when:")), told, *_whole("actions", found)]


def _whole(key: str, found: Sequence[object]) -> list[Part]:
    return [Buttons((tables.whole(key),))] if len(found) > SHOWN else []


def _buttons(ctx: Context, released: Mandate | None, *, aloud: bool) -> list[Part]:
    rules = mandate.guardrails(ctx.tx)
    all_may: list[Button] = []
    if released is not None:
        if aloud or not drafts.has_read(ctx.tx, released, ctx.person.id):
            read = call("mandate read", mandate=released.id)
            all_may.append(Button(_("I have read it"), read, "primary"))
        all_may.append(Button(_("I have a question"), call("mandate ask")))
    if aloud:
        return [Buttons((*all_may, Button(_("Show all of it"), call("mandate"), "quiet")))]
    if rules is not None and rules.version not in mandate.confirmed(ctx.tx, ctx.person.id):
        read = call("mandate confirm", version=rules.version)
        all_may.append(Button(_("I have read the guardrails"), read, "primary"))
    drafted = drafts.draft(ctx.tx)
    may = rights.may("mandate", rights.general(ctx))
    if drafted is not None and drafted.it_contact == ctx.person.id and not may:
        all_may.append(Button(_("Show the draft"), call("mandate draft")))
    rows = [Buttons(tuple(all_may))] if all_may else []
    if may:
        first = _("Draft the next one") if released else _("Draft it")
        if drafted is not None:
            first = _("Draft")
        rows.append(
            Buttons(
                (
                    Button(first, call("mandate draft")),
                    Button(_("Half-day session"), call("mandate session")),
                    Button(_("Goals and focus"), call("mandate edit")),
                    Button(_("Guardrails"), call("mandate guardrails")),
                )
            )
        )
        more = [Button(_("What we do not do"), call("stop"))]
        more.append(Button(_("Who does what by when"), call("mandate action")))
        if stops.standing(ctx.tx):
            more.append(Button(_("Change the stop list"), call("mandate stops"), "quiet"))
        if mandate.goals(ctx.tx) and standing.linked(ctx)[2]:
            more.append(Button(_("Link an automation to a goal"), call("mandate link"), "quiet"))
        if released is not None:
            more.append(Button(_("Show it in a channel"), call("mandate post"), "quiet"))
        rows.append(Buttons(tuple(more)))
    return [*rows]


def draft(ctx: Context, found: Mandate) -> Message:
    """Return the draft as the answers stand, with what is missing and who confirmed."""
    parts: list[Part] = [Title(_("Draft of the mandate")), Facts(tuple(_answers(found)))]
    areas = drafts.candidates(ctx.tx, found.id)
    if areas:
        said = [
            _("{area} (chosen)", area=each.area) if each.chosen else each.area for each in areas
        ]
        parts += [Text(_("Candidate areas; two or three are chosen:")), Items(tuple(said))]
        parts.append(Buttons(tuple(_choice(found, each) for each in areas)))
    rows: list[tuple[Words, Words]] = []
    if found.valid_until is not None:
        rows.append((_("Valid until"), _("{day}", day=found.valid_until)))
    if found.it_contact is not None and found.it_by is None:
        rows.append((_("Is to confirm for the IT"), name(ctx, found.it_contact)))
    if found.lead_by is not None:
        rows.append((_("Confirmed for the leadership"), name(ctx, found.lead_by)))
    if found.it_by is not None:
        rows.append((_("Confirmed for the IT"), name(ctx, found.it_by)))
    parts += [Facts(tuple(rows))] if rows else []
    lacks = standing.missing(ctx, found)
    if lacks:
        parts += [Text(_("Still missing:")), Items(tuple(words for words, _button in lacks))]
    parts += _working_on(ctx, found, ready=not lacks)
    return Message(tuple(parts))


def _choice(found: Mandate, each: drafts.Candidate) -> Button:
    if each.chosen:
        return Button(
            _("Leave out {area}", area=each.area),
            call("mandate choose", mandate=found.id, area=each.key, out="yes"),
            "quiet",
        )
    return Button(
        _("Choose {area}", area=each.area),
        call("mandate choose", mandate=found.id, area=each.key),
    )


def _working_on(ctx: Context, found: Mandate, *, ready: bool) -> list[Part]:
    buttons: list[Button] = []
    if rights.may("mandate", rights.general(ctx)):
        if ready and found.lead_by is None and ctx.person.id != found.it_contact:
            release = call("mandate release", mandate=found.id)
            buttons.append(Button(_("Release for the leadership"), release, "primary"))
        buttons += [
            Button(_("Four questions"), call("form", word="mandate questions")),
            Button(_("Candidate areas"), call("mandate candidates")),
            Button(_("Use cases"), call("mandate cases")),
            Button(_("Valid until"), call("mandate until")),
        ]
    if ready and found.it_by is None and ctx.person.id == found.it_contact:
        agree = call("mandate agree", mandate=found.id)
        buttons.insert(0, Button(_("Confirm for the IT"), agree, "primary"))
    rows: list[Part] = [Buttons(tuple(buttons))] if buttons else []
    if rights.may("mandate", rights.general(ctx)):
        rows.append(
            Buttons(
                (
                    Button(_("Who confirms for the IT?"), call("mandate it"), "quiet"),
                    Button(_("Who does what by when"), call("mandate action"), "quiet"),
                )
            )
        )
    return rows


def session(ctx: Context, found: Mandate) -> Message:
    """Return the agenda of a half day: four steps, and what has been answered so far, unchanged."""
    steps: tuple[tuple[Words, Words, Button], ...] = (
        (
            _("1. Questions (60 minutes)"),
            _("{n} of 4 answered", n=4 - sum(not getattr(found, q) for q in drafts.QUESTIONS)),
            Button(_("Four questions"), call("form", word="mandate questions")),
        ),
        (
            _("2. Areas (45 minutes)"),
            _list([each.area for each in drafts.candidates(ctx.tx, found.id)]),
            Button(_("Candidate areas"), call("mandate candidates")),
        ),
        (
            _("3. Use cases (45 minutes)"),
            _list(found.cases.splitlines()),
            Button(_("Use cases"), call("mandate cases")),
        ),
        (
            _("4. Next steps (30 minutes)"),
            _list([each.item for each in actions.open_ones(ctx.tx)]),
            Button(_("Who does what by when"), call("mandate action")),
        ),
    )
    parts: list[Part] = [
        Title(_("Half a day for the mandate")),
        Text(_("Four steps. The draft holds what you enter, word for word.")),
        Facts(tuple((words, so_far) for words, so_far, _button in steps)),
        Buttons(tuple(button for _words, _so_far, button in steps)),
        Buttons((Button(_("Show the draft"), call("mandate draft"), "quiet"),)),
    ]
    return Message(tuple(parts))


def _list(said: list[str]) -> Words:
    if not said:
        return _("nothing yet")
    if len(said) > SHOWN:
        return _("{words}; and {n} more", words=said[:SHOWN], n=len(said) - SHOWN)
    return _("{words}", words=said)


def is_outside(ctx: Context, area: str) -> bool:
    """Say whether an area lies outside the focus; without a focus nothing does."""
    focus = mandate.focus(ctx.tx)
    return bool(focus) and bool(area) and folded(area) not in focus
