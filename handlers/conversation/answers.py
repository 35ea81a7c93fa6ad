"""What is answered to short lines: to an alarm's question, about one's own incidents, or kindly."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import rights
from handlers.conversation.asked import About
from handlers.conversation.phrases import Intent, Said
from handlers.conversation.questions import service_in
from handlers.help import replies as help_replies
from handlers.incidents.cards import headline, label, open_again, take, tell, works_again
from handlers.incidents.lookup import UNDO, find
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.folding import plain
from handlers.kit.messages import Button, Call, Reply, Tone, line
from handlers.kit.people import name
from handlers.kit.readers import people_called
from handlers.kit.words import Words, _, shortened
from handlers.on_call import duty
from storage.engine.ids import IncidentNumber, PersonId
from storage.incidents import Incident
from storage.incidents.states import IncidentState, Severity

Answer = Reply | Call  # a call is carried out as if its button had been pressed


def ask_which(found: Sequence[Incident], word: str, *also: Button, **args: str) -> Reply:
    """Ask which one is meant, or `also` something else; nothing changes yet."""
    buttons = tuple(
        Button(headline(each), call(word, number=each.number, **args)) for each in found[:5]
    )
    return Reply(line(_("Which one do you mean?"), *buttons, *also))


def take_it(ctx: Context, found: About, said: Said) -> Answer | None:
    """Answer "bin dran" and "ja": they take the one thing that is asked of this person."""
    if said.number is not None:
        return call("ack", number=said.number)
    if said.about:
        named = about_service(ctx, found.asked, said.about)
        return call("ack", number=named[0].number) if len(named) == 1 else None
    if len(found.asked) > 1:
        return ask_which(found.asked, "ack")
    if found.asked:
        return call("ack", number=found.asked[0].number)
    if said.intent is Intent.BOTH:
        return None
    if said.intent is Intent.YES:
        return Reply(line(_("Good.")))
    if found.mine:
        words = _("You look after {incident} already.", incident=label(found.mine[0].number))
        return Reply(line(words, tell(found.mine[0].number), works_again(found.mine[0].number)))
    if found.own:
        waits = found.own[0]
        words = _(
            "Thank you. {who} decides about {incident}; nothing has changed.",
            incident=label(waits.number),
            who=name(ctx, waits.responsible),
        )
        return Reply(line(words, _card(waits)))
    return nothing(ctx)


def about_service(ctx: Context, incidents: Sequence[Incident], words: str) -> tuple[Incident, ...]:
    """Return those incidents whose service, or whose own title, some words name."""
    service, _said = service_in(words, ctx.services())
    said = plain(words)
    return tuple(
        each
        for each in incidents
        if (service is not None and each.service == service.id)
        or f" {said} " in f" {plain(each.title)} "
    )


def works(ctx: Context, found: About, said: Said) -> Answer | None:
    """Answer "läuft wieder": it is restored, or an update where the asker may not say so."""
    if said.number is not None:
        meant = find(ctx, said.number)
        word = "restored" if rights.may_for(ctx, "restored", meant) else "update"
        told = {"text": ctx.typed.strip()} if word == "update" else {}
        return call(word, number=meant.number, **told)
    if len(found.open) > 1:
        return ask_which(found.open, "restored", **({"text": said.words} if said.words else {}))
    if found.open:
        meant = found.open[0]
        word = "restored" if rights.may_for(ctx, "restored", meant) else "update"
        text = said.words or (ctx.typed.strip() if word == "update" else "")
        return call(word, number=meant.number, **({"text": text} if text else {}))
    if found.restored:
        works = _(
            "{incident} works again, I know. Thank you.", incident=label(found.restored[0].number)
        )
        return Reply(line(works))
    return nothing(ctx) if said.bare else None


def partly(ctx: Context, found: About, said: Said) -> Answer | None:
    """Answer "läuft wieder, aber langsam": restored, or only an update? It is asked."""
    if not found.open:
        return None
    if len(found.open) > 1:
        return ask_which(found.open, "update", text=ctx.typed.strip())
    number = found.open[0].number
    news = Button(_("Only an update"), call("update", number=number, text=ctx.typed.strip()))
    question = _("Does {incident} work again, or is this an update?", incident=label(number))
    return Reply(line(question, works_again(number), news))


def still(ctx: Context, found: About, said: Said, text: str) -> Answer | None:
    """Answer "immer noch": news of the open one, or declare? It is asked, nothing changes."""
    candidates = found.open or found.restored[:1]
    if not candidates:
        return nothing(ctx) if said.bare else None
    declare = help_replies.declare_button(ctx, text)
    if len(candidates) > 1:
        return ask_which(candidates, "update", declare, text=text)
    meant = candidates[0]
    if meant.state == IncidentState.OPEN:
        question = _("Is this an update on {incident}?", incident=shortened(headline(meant)))
        news = Button(
            _("Yes, an update"), call("update", number=meant.number, text=text), "primary"
        )
        return Reply(line(question, news, declare))
    question = _("Is {incident} not over yet?", incident=shortened(headline(meant)))
    return Reply(line(question, open_again(meant.number), declare))


def back(ctx: Context, found: About, said: Said) -> Answer | None:
    """Answer "falscher Alarm": propose what takes it back in its state; nothing changes yet."""
    candidates = found.open or found.restored[:1]
    if said.number is not None:
        found_one = [each for each in candidates if each.number == said.number]
        if not found_one:
            return _other_number(ctx, said.number)
        candidates = tuple(found_one)
    if not candidates:
        return nothing(ctx) if said.bare else None
    if len(candidates) > 1:
        return ask_which(candidates, "show")
    return Reply(line(_back_words(candidates[0]), *_ways_back(ctx, candidates[0])))


def _other_number(ctx: Context, number: IncidentNumber) -> Answer:
    incident = find(ctx, number)
    return Reply(line(_back_words(incident), *_ways_back(ctx, incident)))


def _back_words(incident: Incident) -> Words:
    values = {"incident": shortened(headline(incident))}
    if incident.state == IncidentState.OPEN:
        return _("How shall {incident} end?", **values)
    if incident.state == IncidentState.RESTORED:
        return _("{incident} works again and is not done yet.", **values)
    return _("{incident} is over already; nothing has to be taken back.", **values)


def _ways_back(ctx: Context, incident: Incident) -> tuple[Button, ...]:
    number, ways = incident.number, []
    fresh = incident.declared_at >= ctx.now - UNDO
    if incident.state == IncidentState.OPEN and incident.declared_by == ctx.person.id and fresh:
        ways.append(Button(_("Undo"), call("undo", number=number), "primary"))
    running = incident.state in (IncidentState.OPEN, IncidentState.RESTORED)
    if running and rights.may_for(ctx, "close as", incident):
        false = call("close as", number=number, closed_as="false_alarm")
        ways.append(Button(_("It was a false alarm"), false))
    if incident.state == IncidentState.OPEN:
        if rights.may_for(ctx, "restored", incident):
            ways.append(works_again(number))
        else:
            text = ctx.typed.strip()
            ways.append(Button(_("Tell them"), call("update", number=number, text=text)))
    return (*ways, _card(incident))


def urgent(ctx: Context, found: About, said: Said) -> Answer | None:
    """Answer "ist jetzt dringend": what the one open incident is, is a tap away."""
    if said.number is not None:
        return call("serious", number=said.number)
    grave = [each for each in found.open if each.severity != Severity.SERIOUS]
    if not grave:
        return None
    declare = help_replies.declare_button(ctx, ctx.typed)
    if len(grave) > 1:
        return ask_which(grave, "serious", declare)
    question = _("Is {incident} serious?", incident=shortened(headline(grave[0])))
    serious = Button(_("It is serious"), call("serious", number=grave[0].number), "primary")
    return Reply(line(question, serious, declare))


def mistyped(ctx: Context, found: About, said: Said) -> Answer | None:
    """Answer "Titel falsch": offer to correct the newest one that the asker has declared."""
    own = [each for each in found.own if rights.may_for(ctx, "retitle", each)]
    if not own:
        return None
    question = _(
        "Shall the title of {incident} be corrected?", incident=shortened(headline(own[0]))
    )
    return Reply(
        line(
            question,
            Button(_("Correct the title"), call("retitle", number=own[0].number), "primary"),
            news_button(own[0], ctx.typed),
            help_replies.declare_button(ctx, ctx.typed),
        )
    )


def news_button(incident: Incident, text: str) -> Button:
    """Return the button that makes what was typed an update on an incident."""
    told = call("update", number=incident.number, text=text.strip())
    return Button(_("Update on {incident}", incident=label(incident.number)), told)


def cannot(ctx: Context, found: About, said: Said) -> Answer | None:
    """Answer "kann gerade nicht": the alarm goes on, and somebody else can be asked."""
    if len(found.asked) > 1:
        return ask_which(found.asked, "assign")
    if not found.asked:
        if said.intent is Intent.NO:
            return Reply(line(_("Good, then not.")))
        return nothing(ctx) if said.bare else None
    incident = found.asked[0]
    number = incident.number
    named = [each.id for each in people_called(said.words, ctx)] if said.words else []
    others = [each for each in dict.fromkeys((*named, *_others(ctx, incident)))]
    asks = tuple(
        Button(_("Ask {who}", who=name(ctx, each)), call("assign", number=number, person=each))
        for each in others[:2]
    )
    somebody = Button(_("Ask somebody else"), call("assign", number=number))
    words = _(
        "Good. The alert of {incident} goes on. Who may look after it?", incident=label(number)
    )
    return Reply(line(words, *asks, somebody, take(number)))


def _others(ctx: Context, incident: Incident) -> list[PersonId]:
    service = ctx.service_of(incident.service)
    if service is None:
        return []
    return [each for each in duty.in_order(ctx, service) if each != ctx.person.id][:2]


def kind(ctx: Context, found: About, said: Said) -> Reply:
    """Answer a greeting, thanks or a sign, shortly; an alarm that asks keeps its button."""
    words: Words = "👍"
    if said.intent is Intent.GREETING:
        words = _("Hello {who}.", who=ctx.person.name)
    elif said.intent is Intent.PARTING:
        words = _("See you, {who}.", who=ctx.person.name)
    elif said.intent is Intent.SORRY:
        words = _("Never mind.")
    elif said.intent is Intent.UNHAPPY:
        words = _("Does something not work? One line declares it.")
    elif said.intent is Intent.THANKS:
        words = _("You are welcome.")
    elif "?" in ctx.typed:
        words = _("What can I do for you?")
    if found.asked:
        asked = found.asked[0]
        waits = _("{incident} is waiting for you.", incident=shortened(headline(asked)))
        return Reply(
            line((ctx.text(words), " ", ctx.text(waits)), take(asked.number), tone=Tone.ALARM)
        )
    ways = (Button(_("Help"), call("help"), "quiet"),) if "?" in ctx.typed else ()
    if said.intent is Intent.UNHAPPY:
        ways = (Button(_("Declare an incident"), call("incident")),)
    return Reply(line(words, *ways))


def nothing(ctx: Context) -> Reply:
    """Say that nothing is asked which these words could answer."""
    return Reply(
        line(
            _("Nothing is waiting for you right now, so nothing has changed."),
            Button(_("Open incidents"), call("incidents")),
            help_replies.declare_button(ctx, ctx.typed),
        )
    )


def _card(incident: Incident) -> Button:
    return Button(_("Open it"), call("show", number=incident.number), "quiet")
