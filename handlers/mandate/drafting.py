"""Drafting the mandate, alone or in a half day, and releasing it by two confirmations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated

from handlers.attention import matters
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Post, Reply, Text, line
from handlers.kit.people import name
from handlers.kit.readers import PersonReader, TextReader, folded
from handlers.kit.readers.dates import DateReader, today_of
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.words import _
from handlers.mandate import cards, standing
from handlers.mandate.expiry import watch
from handlers.on_call import duty
from storage import mandate
from storage.delivery import places
from storage.mandate import drafts
from storage.mandate.drafts import Mandate
from storage.people import Person

feature = Feature(_("Mandate"))

ANSWER = RequiredTextReader(most=300)  # so that all of it fits one message
LONGEST = timedelta(days=731)

Which = Annotated[str, TextReader(long=False), Ask(_("Mandate"))]


def current(ctx: Context) -> Mandate:
    """Return the draft; the first who asks begins one."""
    found = drafts.draft(ctx.tx)
    if found is None:
        id = ctx.new_id()
        drafts.begin(ctx.tx, id, by=ctx.person.id, secret=ctx.new_secret(), now=ctx.now)
        focus = mandate.focus(ctx.tx)
        drafts.set_candidates(ctx.tx, id, focus, set(focus))
        found = drafts.draft(ctx.tx)
        assert found is not None
    return found


def draft_reply(ctx: Context) -> Reply:
    """Show the draft as it is now, also in the session where it is worked on."""
    found = current(ctx)
    settled = matters.settle(ctx, question_key(found))
    session = Post(_session(found), cards.session(ctx, found))
    return Reply(cards.draft(ctx, found), posts=(*settled, session))


def _session(found: Mandate) -> str:
    return f"mandate:{found.id}:session"


def question_key(found: Mandate) -> str:
    """Return under which key the question to who confirms for the IT stands."""
    return f"mandate:{found.id}:it"


@feature.command(
    "mandate draft", "mandat entwurf", help=_("The draft of the mandate."), hidden=True
)
def show(ctx: Context) -> Reply:
    found = drafts.draft(ctx.tx)
    if found is not None:
        return Reply(cards.draft(ctx, found))
    standing.need_manager(ctx)
    return Reply(cards.draft(ctx, current(ctx)))


@feature.command(
    "mandate session",
    "mandat halbtag",
    help=_("Half a day for the mandate: agenda and answers."),
    hidden=True,
    needs="mandate",
)
def session(ctx: Context) -> Reply:
    found = current(ctx)
    where = ctx.place.id if ctx.place is not None else f"direct:{ctx.person.id}"
    return Reply(posts=(Post(_session(found), cards.session(ctx, found), where),))


def _form_values(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    found = drafts.draft(ctx.tx) or drafts.released(ctx.tx)
    return {each: getattr(found, each) for each in drafts.QUESTIONS} if found else {}


@feature.command(
    "mandate questions",
    "mandat fragen",
    help=_("Four questions for the leadership."),
    hidden=True,
    needs="mandate",
    current=_form_values,
)
def questions(
    ctx: Context,
    *,
    problems: Annotated[str, ANSWER, Ask(standing.QUESTIONS["problems"])] = "",
    levers: Annotated[str, ANSWER, Ask(standing.QUESTIONS["levers"])] = "",
    risks: Annotated[str, ANSWER, Ask(standing.QUESTIONS["risks"])] = "",
    along: Annotated[str, ANSWER, Ask(standing.QUESTIONS["along"])] = "",
) -> Reply:
    drafts.change(
        ctx.tx, current(ctx).id, problems=problems, levers=levers, risks=risks, along=along
    )
    return draft_reply(ctx)


def _areas(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    found = drafts.draft(ctx.tx)
    known = drafts.candidates(ctx.tx, found.id) if found else []
    return {"areas": "\n".join(each.area for each in known)}


@feature.command(
    "mandate candidates",
    "mandat bereiche",
    help=_("Which areas come into question? Up to five."),
    hidden=True,
    needs="mandate",
    current=_areas,
)
def candidates(
    ctx: Context,
    *,
    areas: Annotated[str, TextReader(), Ask(_("Candidate areas"), _("One a line, five at most."))],
) -> Reply:
    wanted = areas_in(areas)
    if len(wanted) > standing.CANDIDATES:
        raise Refusal(_("Please keep it to five areas."), field="areas")
    found = current(ctx)
    before = {each.key for each in drafts.candidates(ctx.tx, found.id) if each.chosen}
    drafts.set_candidates(ctx.tx, found.id, wanted, before & wanted.keys())
    drafts.unconfirm(ctx.tx, found.id)
    return draft_reply(ctx)


def lines(text: str) -> dict[str, str]:
    """Return the lines of a text by how they are compared, each at most eighty characters."""
    named = [" ".join(each.strip(" -•*").split())[:80] for each in text.splitlines()]
    return {folded(each): each for each in named if each}


def areas_in(text: str) -> dict[str, str]:
    """Return the areas that a text names: one a line, or several in one, as many people list."""
    return lines(re.sub("[,;]", "\n", text))


@feature.command(
    "mandate choose",
    "mandat wählen",
    help=_("Look at this area first."),
    hidden=True,
    needs="mandate",
)
def choose(
    ctx: Context,
    mandate: Which,
    area: Annotated[str, TextReader(long=False), Ask(_("Area"))],
    *,
    instead: Annotated[str, TextReader(long=False), Ask(_("Area"), hidden=True)] = "",
    out: Annotated[str, TextReader(long=False), Ask(_("Area"), hidden=True)] = "",
) -> Reply:
    found = _draft(ctx, mandate)
    known = {each.key: each for each in drafts.candidates(ctx.tx, found.id)}
    if area not in known:
        raise Refusal(_("This area is no candidate any more."))
    chosen = {key for key, each in known.items() if each.chosen} - {instead}
    chosen = chosen - {area} if out else chosen | {area}
    if len(chosen) > standing.MOST:
        swaps = tuple(
            Button(
                _("Instead of {area}", area=known[each].area),
                call("mandate choose", mandate=found.id, area=area, instead=each),
            )
            for each in sorted(chosen - {area})
        )
        raise Refusal(
            _(
                "Three areas fit into the focus. Which one gives way to “{area}”?",
                area=known[area].area,
            ),
            buttons=swaps,
        )
    names = {key: each.area for key, each in known.items()}
    drafts.set_candidates(ctx.tx, found.id, names, chosen)
    drafts.unconfirm(ctx.tx, found.id)
    return draft_reply(ctx)


def _cases(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    found = drafts.draft(ctx.tx) or drafts.released(ctx.tx)
    return {"cases": found.cases} if found else {}


@feature.command(
    "mandate cases",
    "mandat anwendungen",
    help=_("One or two use cases to begin with."),
    hidden=True,
    needs="mandate",
    current=_cases,
)
def cases(
    ctx: Context,
    *,
    cases: Annotated[str, ANSWER, Ask(_("Use cases"), _("One a line, two at most."))],
) -> Reply:
    wanted = [each for each in cases.splitlines() if each.strip()]
    if len(wanted) > standing.CASES:
        raise Refusal(_("Please begin with one or two use cases."), field="cases")
    drafts.change(ctx.tx, current(ctx).id, cases="\n".join(wanted))
    return draft_reply(ctx)


@feature.command(
    "mandate until",
    "mandat gültig",
    help=_("Until when is the mandate valid?"),
    hidden=True,
    needs="mandate",
)
def until(ctx: Context, *, day: Annotated[date, DateReader(), Ask(_("Valid until"))]) -> Reply:
    if not today_of(ctx) < day <= today_of(ctx) + LONGEST:
        raise Refusal(_("Please choose a day within the next two years."), field="day")
    drafts.change(ctx.tx, current(ctx).id, valid_until=day.isoformat())
    return draft_reply(ctx)


@feature.command(
    "mandate it",
    "mandat it",
    help=_("Who confirms the mandate for the IT?"),
    hidden=True,
    needs="mandate",
)
def contact(
    ctx: Context,
    *,
    who: Annotated[
        Person, PersonReader(), Ask(_("Person"), _("They sit at the table, and confirm it, too."))
    ],
) -> Reply:
    if all(each.id == who.id for each in duty.managers(ctx)):
        raise Refusal(
            _(
                "{who} confirms for the leadership, as nobody else does here. Please name somebody "
                "else for the IT.",
                who=who.name,
            ),
            field="who",
        )
    draft = current(ctx)
    if draft.it_contact != who.id:  # who is named again keeps their word, and so does the other
        drafts.change(ctx.tx, draft.id, it_contact=who.id)
    return draft_reply(ctx)


# --- two confirmations -----------------------------------------------------------------------


def _draft(ctx: Context, id: str) -> Mandate:
    found = drafts.draft(ctx.tx)
    if found is None or found.id != id:
        raise Refusal(
            _("This draft is over by now."), buttons=(Button(_("Show"), call("mandate")),)
        )
    return found


def _complete(ctx: Context, found: Mandate) -> None:
    lacks = standing.missing(ctx, found)
    if lacks:
        said = [words for words, _button in lacks]
        buttons = tuple({button.call.word: button for _words, button in lacks}.values())
        raise Refusal(_("Still missing: {what}", what=said), buttons=buttons)


@feature.command(
    "mandate release",
    "mandat freigeben",
    help=_("Confirm the mandate for the leadership."),
    hidden=True,
    needs="mandate",
)
def release(ctx: Context, mandate: Which) -> Reply:
    found = _draft(ctx, mandate)
    _complete(ctx, found)
    if found.it_contact == ctx.person.id:
        raise Refusal(
            _("You confirm for the IT. Somebody else confirms for the leadership."),
            buttons=(Button(_("Who confirms for the IT?"), call("mandate it")),),
        )
    drafts.confirm_lead(ctx.tx, found.id, ctx.person.id, ctx.now)
    if found.it_by is not None:
        return _release(ctx, found)
    assert found.it_contact is not None
    key, asks = question_key(found), _question(ctx, found)
    asked = matters.ask(ctx, found.it_contact, key, asks, personal=True)
    said = _(
        "Confirmed for the leadership. {who} is asked to confirm for the IT; until then it is "
        "a draft.",
        who=name(ctx, found.it_contact),
    )
    return Reply(line(said), posts=asked)


def _question(ctx: Context, found: Mandate) -> Message:
    words = _(
        "{who} has confirmed the mandate for the leadership. Do you confirm it for the IT?",
        who=ctx.person.name,
    )
    buttons = (
        Button(_("Confirm for the IT"), call("mandate agree", mandate=found.id), "primary"),
        Button(_("Show the draft"), call("mandate draft")),
        Button(_("Not yet, because"), call("mandate object", mandate=found.id)),
    )
    return Message((Text(words), Buttons(buttons)))


@feature.command(
    "mandate agree", "mandat zustimmen", help=_("Confirm the mandate for the IT."), hidden=True
)
def agree(ctx: Context, mandate: Which) -> Reply:
    found = _draft(ctx, mandate)
    _need_contact(ctx, found)
    _complete(ctx, found)
    drafts.confirm_it(ctx.tx, found.id, ctx.person.id, ctx.now)
    if found.lead_by is not None:
        return _release(ctx, found)
    said = _("Confirmed for the IT. A manager confirms for the leadership; until then it waits.")
    return Reply(line(said), posts=matters.settle(ctx, question_key(found)))


@feature.command(
    "mandate object",
    "mandat einwand",
    help=_("What should change before you confirm?"),
    hidden=True,
)
def object_(
    ctx: Context, mandate: Which, *, why: Annotated[str, ANSWER, Ask(_("Reason"))]
) -> Reply:
    found = _draft(ctx, mandate)
    _need_contact(ctx, found)
    posts = list(matters.settle(ctx, question_key(found)))
    if found.lead_by is not None:
        told = line(
            _("{who} asks for a change of the mandate: {why}", who=ctx.person.name, why=why),
            Button(_("Show the draft"), call("mandate draft")),
        )
        posts += matters.ask(ctx, found.lead_by, f"mandate:{found.id}:{ctx.new_id()}", told)
    drafts.unconfirm(ctx.tx, found.id)
    return Reply(line(_("Thank you. The leadership reads your reason.")), posts=tuple(posts))


def _need_contact(ctx: Context, found: Mandate) -> None:
    if found.it_contact != ctx.person.id:
        who = name(ctx, found.it_contact) if found.it_contact else ctx.text(_("nobody yet"))
        raise Refusal(_("Confirms for the IT: {who}.", who=who))


def _release(ctx: Context, found: Mandate) -> Reply:
    """Let both confirmations take effect: only now a candidate becomes a focus area."""
    chosen = {each.key: each.area for each in drafts.candidates(ctx.tx, found.id) if each.chosen}
    before = drafts.released(ctx.tx)
    if not drafts.release(ctx.tx, found.id, ctx.now):
        raise Refusal(_("This draft is over by now."))
    mandate.set_focus(ctx.tx, chosen, by=ctx.person.id, now=ctx.now)
    posts = [*matters.settle(ctx, question_key(found))]
    if before is not None:
        posts += matters.settle(ctx, f"mandate:{before.id}:ends")
    watch(ctx, found)
    if places.find(ctx.tx, places.PlaceRole.MANAGERS) is not None:
        message = cards.card(ctx, aloud=True)
        posts.append(Post(f"mandate:{found.id}", message, places.PlaceRole.MANAGERS))
    said = _("The mandate is released until {day}.", day=found.valid_until)
    show_ = Button(_("Show"), call("mandate"))
    return Reply(line(said, show_), posts=tuple(posts), subject=found.id)
