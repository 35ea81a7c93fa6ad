"""What a service looks like: its card, its line in the list, and the question to its people."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers import rights
from handlers.bans import cards as ban_cards
from handlers.kit import calendar
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Items,
    Message,
    Part,
    Post,
    Text,
    Title,
    Tone,
    line,
)
from handlers.kit.people import name, person
from handlers.kit.words import Link, Sentence, Words, _, _n, shortened
from handlers.on_call import duty, reach
from handlers.working_time.hours import service_hours_words
from storage import rules, services
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import PersonId
from storage.rules import Rule, RuleKind
from storage.services import Service

MOST = 6  # names in one sentence
FORGET = 3  # rules with a button of their own; `rules` shows all


def card(ctx: Context, service: Service) -> Message:
    """Return the card of a service: who, what is serious, and what is missing."""
    rows: list[tuple[Words, Words]] = [
        (_("Accountable"), standing(ctx, service.accountable, service.accountable_accepted_at)),
        (_("Deputy"), standing(ctx, service.deputy, service.deputy_accepted_at)),
    ]
    on_duty = duty.on_duty(ctx, service)
    if on_duty != service.accountable:
        rows.append((_("Alerted first now"), duty_words(ctx, service)))
    if service.words:
        rows.append((_("Also called"), ", ".join(service.words)))
    taught = rules.of(ctx.tx, RuleKind.SERVICE, service.id)
    rows += [_word_row(each) for each in taught]
    if service.serious_when:
        rows.append((_("Serious when"), service.serious_when))
    if service.limit_minutes != services.LIMIT:
        rows.append(
            (_("The alert escalates after"), _n("{n} minute", "{n} minutes", service.limit_minutes))
        )
    if service.hours:
        rows.append((_("Working hours"), service_hours_words(service.hours)))
    if not service.fallback:
        rows.append((_("Runbook"), runbook(service)))
    rows += ban_cards.of_service(ctx, service.id)
    parts: list[Part] = [Title(service.name)]
    red = duty.is_red(ctx, service)
    if service.retired_at is not None:
        parts.append(Text(_("Retired since {at:day}.", at=service.retired_at)))
    elif red:
        parts.append(Text(why_red(ctx, service)))
    parts.append(Facts(tuple(rows)))
    gone = reach.unreachable(ctx, on_duty, service.accountable, service.deputy)
    if gone is not None and service.retired_at is None:
        parts.append(Text(gone))
    if service.fallback:
        parts.append(
            Text(
                _("Takes incidents that fit no other service. The digest lists them under “Gaps”."),
                small=True,
            )
        )
    buttons = card_buttons(ctx, service)
    if taught and rights.may("service's own", rights.ties_to_service(ctx, service)):
        buttons += tuple(
            Button(
                _("Forget “{words}”", words=shortened(each.shown, 30)),
                call("rule remove", id=each.id),
                "quiet",
            )
            for each in taught[:FORGET]
        )
    if buttons:
        parts.append(Buttons(buttons))
    return Message(tuple(parts), Tone.ALARM if red and service.retired_at is None else Tone.PLAIN)


def _word_row(rule: Rule) -> tuple[Words, Words]:
    """Return a row of words that mean the service, and where they are from."""
    if rule.learnt:
        return _("Also meant by"), _("“{words}”, learnt", words=rule.shown)
    return _("Also meant by"), _("“{words}”, entered", words=rule.shown)


def standing(ctx: Context, id: PersonId, accepted_at: datetime | None) -> Words:
    """Return who has a role, and whether they have said that they take it."""
    who = person(ctx, id)
    if not duty.is_here(ctx, id):
        return _("{who} – no longer active", who=name(ctx, id))
    if accepted_at is None:
        return _("{who} – not accepted yet", who=who)
    return _("{who}", who=who)


def runbook(service: Service) -> Words:
    """Return the link to the runbook, or the gap."""
    if service.runbook is None:
        return _("none yet")
    return (Link(service.runbook, service.runbook),)


def duty_words(ctx: Context, service: Service) -> Words:
    """Return who is on duty now, with the end of the cover if there is one."""
    on_duty = duty.on_duty(ctx, service)
    who = person(ctx, on_duty)
    found = ctx.cover_of(service.accountable)
    if found is not None and found.cover == on_duty:
        return _(
            "{who}, standing in for {owner} until {last:day}",
            who=who,
            owner=name(ctx, service.accountable),
            last=calendar.day_of(found.ends_at, ctx.workspace.zone) - timedelta(days=1),
        )
    return _("{who}", who=who)


def why_red(ctx: Context, service: Service) -> Sentence:
    """Say what is wrong with a red service, and who acts meanwhile."""
    acts = name(ctx, duty.on_duty(ctx, service))
    gone = [name(ctx, each) for each in _named(service) if not duty.is_here(ctx, each)]
    if gone:
        return _(
            "No longer active: {gone}. {who} stands in until somebody new has taken over.",
            gone=gone,
            who=acts,
        )
    return _(
        "Somebody new is named but has not accepted yet; {who} is alerted meanwhile.", who=acts
    )


def _named(service: Service) -> list[PersonId]:
    return list(dict.fromkeys((service.accountable, service.deputy)))


def card_buttons(ctx: Context, service: Service) -> tuple[Button, ...]:
    """Return what the asker may do with a service."""
    if service.retired_at is not None:
        back = (back_button(service),) if rights.may("service", rights.general(ctx)) else ()
        return (*back, history_button(service))
    found: list[Button] = []
    if waits_for(service, ctx.person.id):
        found.append(take_over(service))
    if rights.may("service's own", rights.ties_to_service(ctx, service)):
        found.append(Button(_("Edit"), call("service edit", service=service.id)))
    if rights.may("service", rights.general(ctx)):
        found.append(Button(_("Change people"), call("service people", service=service.id)))
    found.append(Button(_("When is it serious?"), call("definition", name="serious"), "quiet"))
    found.append(history_button(service))
    if rights.may("service", rights.general(ctx)) and not service.fallback:
        found.append(
            Button(_("Retire service"), call("service retire", service=service.id), "quiet")
        )
    return tuple(found)


def history_button(service: Service) -> Button:
    """Return the button that shows what was corrected of a service."""
    return Button(_("History"), call("service history", service=service.id), "quiet")


def back_button(service: Service) -> Button:
    """Return the button that takes a retired service back into use."""
    return Button(_("Use it again"), call("service back", service=service.id))


def take_over(service: Service) -> Button:
    """Return the button with which somebody accepts."""
    return Button(_("I take this over"), call("service accept", service=service.id), "primary")


def name_somebody(service: Service) -> Button:
    """Return the button that names other persons for a service."""
    return Button(
        _("Name somebody for {service}", service=shortened(service.name, ban_cards.LABEL)),
        call("service people", service=service.id),
    )


def not_me(service: Service) -> Button:
    """Return the button with which somebody says that it should be somebody else."""
    return Button(_("Somebody else, please"), call("service decline", service=service.id))


def waits_for(service: Service, id: str) -> bool:
    """Say whether somebody has still to accept what they are named for."""
    return (service.accountable == id and service.accountable_accepted_at is None) or (
        service.deputy == id and service.deputy_accepted_at is None
    )


def unaccepted(service: Service) -> list[PersonId]:
    """Return who has not accepted yet, the accountable first."""
    return [each for each in _named(service) if waits_for(service, each)]


def list_line(ctx: Context, service: Service) -> Sentence:
    """Return a service as one line of the list."""
    said = _(
        "{service} – {accountable}, deputy {deputy}",
        service=service.name,
        accountable=_or_left(ctx, service.accountable),
        deputy=_or_left(ctx, service.deputy),
    )
    if unaccepted(service):
        return _("{service} (not accepted yet)", service=said)
    return said


def _or_left(ctx: Context, id: PersonId) -> Words:
    who, acts = name(ctx, id), duty.stands_in(ctx, id)
    if acts != id:
        return _("{who} (away; {cover} stands in)", who=who, cover=name(ctx, acts))
    return who if duty.is_here(ctx, id) else _("{who} (no longer active)", who=who)


def some(names: list[str]) -> list[Words]:
    """Return names for a sentence: a few of them, and how many more there are."""
    if len(names) <= MOST:
        return list(names)
    rest = len(names) - MOST + 1
    return [*names[: MOST - 1], _n("{n} more", "{n} more", rest)]


def overview(ctx: Context) -> Message:
    """Return the list of all services, red ones first, and what is missing where."""
    known = services.all(ctx.tx)
    known.sort(key=lambda each: not duty.is_red(ctx, each))
    parts: list[Part] = [Title(_("Services")), Items(tuple(list_line(ctx, each) for each in known))]
    gaps = [each.name for each in known if each.runbook is None and not each.fallback]
    if gaps:
        parts.append(Text(_("No runbook yet: {services}.", services=gaps), small=True))
    buttons: list[Button] = []
    if rights.may("service", rights.general(ctx)):
        buttons.append(Button(_("New service"), call("service new")))
    if any(each.retired_at is not None for each in services.every(ctx.tx)):
        retired = call("list", name="services", which="retired")
        buttons.append(Button(_("Retired"), retired, "quiet"))
    if buttons:
        parts.append(Buttons(tuple(buttons)))
    return Message(tuple(parts))


def ask_to_accept(ctx: Context, service: Service, *, without: str = "") -> tuple[Post, ...]:
    """Ask everybody who has not accepted yet, but not `without`, whether they take it over."""
    return tuple(
        Post(
            asked_key(service, each),
            _question(ctx, service, each),
            f"direct:{each}",
            ParcelKind.NOTE,
        )
        for each in unaccepted(service)
        if each != without and duty.is_here(ctx, each)
    )


def asked_key(service: Service, person: PersonId) -> str:
    """Return the key of the question to one person about one service."""
    return f"service:{service.id}:asked:{person}"


def question(service: Service, id: str) -> Sentence:
    """Return the question to somebody who is named for a service."""
    if service.accountable == id:
        return _("Will you be accountable for “{service}”?", service=service.name)
    return _("Will you be deputy for “{service}”?", service=service.name)


def _question(ctx: Context, service: Service, id: str) -> Message:
    if service.accountable == id:
        said = _(
            "{who} has named you. You are alerted first when it fails, even before you accept.",
            who=ctx.who,
        )
    else:
        said = _(
            "{who} has named you. If {owner} does not answer when it fails, you are alerted.",
            who=ctx.who,
            owner=name(ctx, service.accountable),
        )
    return Message(
        (Title(question(service, id)), Text(said), Buttons((take_over(service), not_me(service)))),
        Tone.PLAIN,
    )


def answered_post(ctx: Context, service: Service, id: PersonId) -> Post:
    """Show where the question stands that it needs no answer any more."""
    if id not in _named(service) or service.retired_at is not None:
        said = _(
            "You are no longer named for “{service}”. Thank you for your help.",
            service=service.name,
        )
    elif service.accountable == id:
        said = _("You are accountable for “{service}”.", service=service.name)
    else:
        said = _("You are deputy for “{service}”.", service=service.name)
    return Post(asked_key(service, id), line(said, tone=Tone.QUIET))
