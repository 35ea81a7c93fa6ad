"""Understanding a line: a press by its label, a command, an answer, a question, or an offer.

Rules: docs/rules.md, typing. Nothing that is typed stays without an answer, and none of free
text stays without a way to declare it.
"""

from __future__ import annotations

from typing import assert_never

from handlers import rights
from handlers.conversation import (
    also,
    answers,
    asking,
    bare_names,
    how_it_stands,
    outages,
    phrases,
    questions,
    typed_labels,
    wishes,
)
from handlers.conversation.answers import Answer
from handlers.conversation.asked import about
from handlers.conversation.phrases import Intent, Said
from handlers.help import replies as help_replies
from handlers.incidents.lookup import declared_already, same_words
from handlers.kit import arguments, commands, folding, grammar
from handlers.kit.arguments import Incomplete, Parsed, Unfit
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal, Unproven
from handlers.kit.folding import folded, plain
from handlers.kit.grammar import Reserved, Unknown
from handlers.kit.messages import Button, Buttons, Call, Message, Part, Reply, Text, Title, line
from handlers.kit.people import person
from handlers.kit.readers import LONGEST, NameReader, nearest
from handlers.kit.readers.emergencies import in_danger
from handlers.kit.words import Words, _, _n
from handlers.on_call import duty
from handlers.pilots.lookup import PilotReader
from storage import incidents, services
from storage.engine.ids import IncidentNumber
from storage.incidents import lists as incident_lists
from storage.services import Service

FILLERS = folding.words(
    """
    die der das den dem the bei beim an am im in ist is it es
    """
)
ARTICLES = folding.words("a an the ein eine einen der die das den dem")
SHOWN = 12  # services in one answer


def understand(ctx: Context, typed: str, *, direct: bool) -> tuple[str, Answer]:
    """Return what a line does: the word for the audit, and a reply or a button's call.

    `direct` says that its first word is a command of the platform. What is refused keeps a way
    to declare what was typed.
    """
    try:
        return _understood(ctx, typed, direct=direct)
    except Refusal as refusal:
        declares = any(each.call.word == "incident" for each in refusal.buttons)
        command, rest = grammar.begun(typed, ctx.features)
        # A long button is kept with its person's name, which no note without one may be.
        most = outages.SHORT if command is not None and command.nameless else LONGEST
        asks = not declares and not isinstance(refusal, Unproven) and len(typed.strip()) <= most
        if asks and (command is None or _may_be_an_outage(ctx, rest.strip())):
            refusal.buttons = (*refusal.buttons, help_replies.declare_button(ctx, typed.strip()))
        raise


def _may_be_an_outage(ctx: Context, rest: str) -> bool:
    """Say whether what stands behind a command says something, or a number that nothing has."""
    number = grammar.REFERENCE.fullmatch(rest)
    if number is not None:
        return incidents.find(ctx.tx, IncidentNumber(int(number[1]))) is None
    if grammar.PROBLEM.fullmatch(rest):
        return True
    return any(len(each) > 2 and each.isalpha() for each in rest.split())


def _understood(ctx: Context, typed: str, *, direct: bool) -> tuple[str, Answer]:
    line_ = typed if direct else wishes.without_name(grammar.answered(typed))
    if not direct:
        call_ = typed_labels.button_call(ctx, line_)
        if call_ is not None and not _unclear(ctx, call_):
            if asking.asks(line_) and asking.would_change(ctx, call_):
                return "asked", asking.answer(ctx, call_, typed_labels.shown_again(ctx, call_))
            return "press", _press(ctx, call_)
        wished = wishes.wish(line_)
        if wished is not None and rights.may("read", rights.general(ctx)):
            return "wish", wished
    outcome = _parse(ctx, line_, direct=direct)
    match outcome:
        case None:
            return "menu", help_replies.menu(ctx)
        case Parsed(command, values) if command.name == "show" and not direct:
            return _open_card(ctx, typed, outcome)
        case Parsed(command, values) if command.name == "incident":
            asked = _still_there(ctx, str(values["title"]))
            return ("still", asked) if asked is not None else _run(ctx, outcome)
        case Parsed():
            asked_of = asking.only_asked(outcome) if asking.asks(line_) else None
            if asked_of is not None:
                rights.need(ctx, outcome.command.needs)
                return "asked", asking.answer(ctx, asked_of)
            return _run(ctx, outcome)
        case Incomplete(command, filled):
            rights.need(ctx, command.needs)
            return command.name, Reply(form=commands.form_for(command, ctx, filled=filled))
        case Reserved(word):
            return "reserved", help_replies.reserved(ctx, word)
        case Unknown(_text, (command, *_more)) if _news(ctx, line_, command):
            return _run(ctx, Parsed(command, {"text": _behind(line_)}))
        case Unfit() | Unknown():
            return _spoken(ctx, typed, line_, outcome)
    assert_never(outcome)


def _parse(ctx: Context, said: str, *, direct: bool) -> grammar.Outcome:
    """Read a line as a command; a please around one that takes no text means nothing."""
    outcome = grammar.parse(said, ctx, direct=direct)
    if isinstance(outcome, Unfit | Unknown):
        shorter = wishes.without_courtesy(said)
        again = grammar.parse(shorter, ctx, direct=direct) if shorter != said.strip() else None
        if isinstance(again, Parsed | Incomplete) and again.command.name != "incident":
            return again
    return outcome


def _news(ctx: Context, said: str, command: commands.Command) -> bool:
    """Say whether "update a spare part is coming" is news after all: of what the asker looks after.

    Behind a preposition or a verb it stays somebody's sentence.
    """
    if command.name != "update" or folded(said.split()[0]).strip(":") not in ("update", "meldung"):
        return False
    head = folded((_behind(said).split() or [""])[0])
    return head in ARTICLES and bool(about(ctx).mine)


def _behind(said: str) -> str:
    """Return what stands behind the first word."""
    return (said.strip().split(maxsplit=1) + [""])[1]


def _run(ctx: Context, parsed: Parsed) -> tuple[str, Reply]:
    rights.need(ctx, parsed.command.needs)
    asked = outages.doubtful(ctx, parsed)
    if asked is not None:
        return "asked", asked
    arguments.check(parsed, ctx)
    reply = parsed.command.run(ctx, **parsed.values)
    return parsed.command.name, outages.declarable(ctx, parsed, reply)


def _unclear(ctx: Context, pressed: Call) -> bool:
    """Say whether a label alone does not tell which of several alarms it answers."""
    return pressed.word in ("ack", "restored") and len(about(ctx).asked) > 1


def _press(ctx: Context, pressed: Call) -> Answer:
    """Carry a press out, or show the button where it could not be taken back."""
    if typed_labels.may_press(ctx, pressed):
        return pressed
    button = typed_labels.shown_again(ctx, pressed)
    assert button is not None, "what is pressed is live"
    return Reply(line(_("Please press the button: this cannot be taken back."), button))


def _open_card(ctx: Context, typed: str, parsed: Parsed) -> tuple[str, Answer]:
    """Open the card of a number; where nobody has it, what was typed can be declared."""
    number = IncidentNumber(int(str(parsed.values["number"])))
    if incidents.exists(ctx.tx, number):
        return _run(ctx, parsed)
    if in_danger(typed):
        return "emergency", help_replies.offer(ctx, typed.strip(), ())
    rights.need(ctx, parsed.command.needs)
    said = _("There is no incident {incident}.", incident=f"INC-{number}")
    raise Refusal(
        said,
        buttons=(
            Button(_("Open incidents"), call("incidents")),
            help_replies.declare_button(ctx, typed.strip()),
        ),
    )


def _spoken(ctx: Context, typed: str, said: str, outcome: Unfit | Unknown) -> tuple[str, Answer]:
    """Answer what is no command: an answer, a name, a question, a remark, or an offer."""
    if not rights.may("read", rights.general(ctx)):  # guests, and those not known yet
        return _offer(ctx, typed, outcome)
    phrase = phrases.understood(said)
    if phrase is None or phrase.words:
        about_it = bare_names.answer(ctx, said) or how_it_stands.answer(ctx, said)
        if about_it is not None:
            return "asked", about_it
    if phrase is not None:
        answer = _answer_to(ctx, said, phrase)
        if isinstance(answer, Call) and asking.asks(said) and asking.would_change(ctx, answer):
            return "asked", asking.answer(ctx, answer)
        if answer is not None:
            return phrase.intent.name.casefold(), answer
    named = _open_named(ctx, said)
    if named is not None:
        return named
    if questions.WHO_CARES.fullmatch(plain(said)):
        open_ones = incident_lists.open_ones(ctx.tx)
        if open_ones:
            one = call("show", number=open_ones[0].number)
            return "who", one if len(open_ones) == 1 else call("incidents")
    known = services.all(ctx.tx)
    asks, service = questions.asks_who(said, known)
    if asks:
        return "who", _who(ctx, service, known)
    absent = questions.away(ctx, said)
    if absent is not None:
        return "cover", _cover(ctx, absent)
    return _offer(ctx, typed, outcome)


def _answer_to(ctx: Context, said: str, phrase: Said) -> Answer | None:
    found = about(ctx)
    relief = [each for each in typed_labels.live(ctx) if each[1].word == "relief"]
    match phrase.intent:
        case Intent.YES | Intent.MAYBE if relief and not found.asked:
            return _which(ctx)
        case Intent.TAKE | Intent.YES | Intent.BOTH:
            return answers.take_it(ctx, found, phrase)
        case Intent.WORKS:
            return answers.works(ctx, found, phrase)
        case Intent.SERIOUS:
            return answers.urgent(ctx, found, phrase)
        case Intent.MISTYPED:
            return answers.mistyped(ctx, found, phrase)
        case Intent.PARTLY:
            return answers.partly(ctx, found, phrase)
        case Intent.STILL:
            return answers.still(ctx, found, phrase, said.strip())
        case Intent.BACK_OR_STILL if found.restored and not found.open:
            return answers.still(ctx, found, phrase, said.strip())
        case Intent.BACK | Intent.BACK_OR_STILL:
            return answers.back(ctx, found, phrase)
        case Intent.CANNOT | Intent.NO:
            return answers.cannot(ctx, found, phrase)
        case _:
            return answers.kind(ctx, found, phrase)


def _which(ctx: Context) -> Reply:
    """Show the buttons of the last message again: the answer was neither yes nor no."""
    buttons = [typed_labels.shown_again(ctx, each) for _labels, each in typed_labels.live(ctx)]
    return Reply(line(_("Please choose:"), *(each for each in buttons if each is not None)))


def _still_there(ctx: Context, title: str) -> Answer | None:
    """Ask whether "störung weiterhin" is news of the open one, while there is one."""
    words = plain(title)
    if phrases.STILL_WORD.search(words) is None:
        return None  # nearly every title: nothing has to be looked up for it
    found = about(ctx)
    candidates = found.open or found.restored
    if not candidates:
        return None
    begins = any(
        words == each or words.startswith(f"{each} ")
        for each in (*phrases.STILL_BARE, "besteht weiterhin", "besteht immer noch")
    )
    rest = " ".join(each for each in words.split() if each not in FILLERS)
    about_it = False
    for each in candidates:
        service = ctx.service_of(each.service)
        for name in (service.name, *service.words) if service is not None else ():
            about_it = (
                about_it
                or phrases.STILL.fullmatch(rest.replace(plain(name), "", 1).strip()) is not None
            )
    if not (begins or about_it or phrases.STILL.fullmatch(rest)):
        return None
    if words.startswith("noch nicht") and len(words.split()) > 3:
        return None
    return answers.still(ctx, found, Said(Intent.STILL), title)


def _open_named(ctx: Context, said: str) -> tuple[str, Answer] | None:
    """Open the card of a service, pilot or automation that is named alone."""
    name = folded(said).strip(" .!?")
    for command in commands.all_commands(ctx.features):
        typed = [each for each in command.parameters if each.typed]
        if command.hidden or not command.reads or len(typed) != 1 or typed[0].required:
            continue
        reader = typed[0].reader
        if not isinstance(reader, NameReader | PilotReader):
            continue
        for each in reader.all(ctx.tx):
            if name in {folded(word) for word in (each.name, *getattr(each, "words", ()))}:
                rights.need(ctx, command.needs)
                reply = command.run(ctx, **{typed[0].name: each})
                return command.name, _declarable(ctx, reply, said.strip())
    return None


def _declarable(ctx: Context, reply: Reply, text: str) -> Reply:
    """Return a card with a way to declare what was typed."""
    assert reply.message is not None
    button = Buttons((help_replies.declare_button(ctx, text),))
    return Reply(Message((*reply.message.parts, button), reply.message.tone), reply.form)


def _who(ctx: Context, service: Service | None, known: list[Service]) -> Reply:
    """Say who is accountable and alerted first, for one service or for all."""
    if service is not None:
        parts: list[Part] = [Text(_who_of(ctx, service))]
        parts.append(Buttons((Button(service.name, call("service", service=service.id)),)))
        return Reply(Message(tuple(parts)))
    lines = tuple(Text(_who_of(ctx, each)) for each in known[:SHOWN])
    rest = len(known) - len(lines)
    more = (Text(_n("and {n} more", "and {n} more", rest), small=True),) if rest > 0 else ()
    every = Buttons((Button(_("All services"), call("service")),))
    return Reply(Message((Title(_("Who is accountable")), *lines, *more, every)))


def _who_of(ctx: Context, service: Service) -> Words:
    return _(
        "{service}: {accountable} is accountable, {first} is alerted first.",
        service=service.name,
        accountable=person(ctx, service.accountable),
        first=person(ctx, duty.on_duty(ctx, service)),
    )


def _cover(ctx: Context, absent: questions.Away) -> Reply:
    """Offer somebody to stand in. The sentence is not kept, and no reason is."""
    if absent.person is None or absent.person.id == ctx.person.id:
        return Reply(
            line(
                _("Who stands in for you meanwhile? I will ask them, and I keep no reason."),
                Button(_("Name who stands in"), call("cover"), "primary"),
            )
        )
    if not ctx.person.manager:
        return Reply(
            line(
                _(
                    "For {who} a manager can name who stands in; {who} can do it too.",
                    who=absent.person.name,
                )
            )
        )
    return Reply(
        line(
            _(
                "Who stands in for {who} meanwhile? I will ask them, and I keep no reason.",
                who=absent.person.name,
            ),
            Button(_("Name who stands in"), call("cover", away=absent.person.id), "primary"),
        )
    )


def _offer(ctx: Context, typed: str, outcome: Unfit | Unknown) -> tuple[str, Reply]:
    """Offer a line as an incident, with what else it may have been as buttons."""
    first = also.waiting(ctx, typed) if rights.may("read", rights.general(ctx)) else ()
    if isinstance(outcome, Unfit):
        refusal = help_replies.unfit(ctx, outcome)
        refusal.buttons = (*first, *refusal.buttons)
        raise refusal
    text = typed.strip()
    twice = same_words(ctx, text)
    if twice is not None:
        raise declared_already(ctx, twice, text)
    options: list[Button] = []
    last = (text.split() or [""])[-1].strip(".!?")
    if len(text.split()) == 1 or questions.asks_about_something(text):
        near = nearest(last, services.all(ctx.tx))
        options += [Button(each.name, call("service", service=each.id)) for each in near]
    if rights.may("read", rights.general(ctx)):
        options += also.meant(ctx, text)
    # Whoever begins with a service means it, and no command that is spelled like it.
    names = {folded(word) for each in services.all(ctx.tx) for word in (each.name, *each.words)}
    near_commands = () if folded((text.split() or [""])[0]) in names else outcome.near
    return "unknown", help_replies.offer(ctx, text, near_commands, tuple(options), first)
