"""Decisions of the digest: every button obeys whoever sees it, and the rest is one press away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from handlers.digest import decisions, writing
from handlers.digest import schedule as digest_schedule
from handlers.digest.writing import together
from handlers.kit import calendar
from handlers.kit.context import Context
from handlers.kit.doors import Task, Week
from handlers.kit.errors import Refusal
from handlers.kit.messages import Buttons, Call, Facts, FieldKind, Form, Items, Part, Text, Title
from storage import people, services
from storage.digest import texts
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sqlite import Sqlite
from tests.closing.test_closing import POINTS
from tests.mandate.test_mandate import do
from tests.ownership.test_ownership import enter
from tests.pretend import machines
from tests.pretend.company import NAMES
from tests.pretend.stage import Say, Stage, staged

ROLES = tuple(each.lower() for each in NAMES)  # nobody special, accountable, deputy, manager


class RolledBack(Exception):
    """Nothing of a try stays."""


def lived(bot: Stage) -> None:
    """Let one of everything wait for a decision: what a digest can hold."""
    anna, ben, carla, chris = (Say(bot, each) for each in ROLES)
    for who, name, rhythm in ((ben, "Abgleich", "2"), (carla, "Urlaubsliste", "2")):
        deputy = "carla" if who is ben else "ben"
        secret = machines.enter(who, name=name, accountable=who.id, deputy=deputy, rhythm=rhythm)
        if who is ben:
            machines.reports(bot, secret)
    enter(chris)  # a service that nobody takes over
    for number in range(1, 4):  # comes back until it is a problem with a ban
        anna("incident Etikettendrucker offline")
        ben(f"behoben {number}")
        if number > 1:
            ben(f"wiederholung {number} von 1")
        bot.wind(minutes=60)
    anna("incident Webshop leer")  # the cause behind its workaround gets late
    ben("behoben 4")
    ben("fertig 4")
    ben.press("Alles eintragen", about="INC-4 ")
    values = {name: value for each in POINTS.values() for name, value in each.items()}
    ben.fill(carry=True, **{**values, "ended": f"{bot.now():%Y-%m-%d %H:%M}", "on": "2026-11-27"})
    chris_checks = Call("checked", {"number": "4"})
    bot.handle(bot.request("chris", call=chris_checks))
    bot.wind(to="2026-12-14 07:00")
    anna("incident Kasse tot")  # nobody takes it
    anna("incident Kasse 2 langsam")
    ben("ack 6")
    bot.wind(minutes=120)  # and what was promised does not come
    bot.store(lambda tx: services.redden(tx, "webshop", bot.clock.now()))


@pytest.fixture
def busy(sqlite: Sqlite) -> Iterator[Stage]:
    with staged(sqlite) as bot:
        lived(bot)
        yield bot


def context(bot: Stage, tx: Tx, id: PersonId) -> Context:
    person = people.find(tx, id)
    assert person is not None
    return bot.dispatcher._context(tx, person, None, bot.clock.now())


def waiting(bot: Stage, id: PersonId) -> list[Task]:
    """Return the decisions as one person reads them."""

    def look(tx: Tx) -> list[Task]:
        ctx = context(bot, tx, id)
        name = calendar.week_of(ctx.now, ctx.workspace.zone)
        week = Week(name, *calendar.bounds(name, ctx.workspace.zone))
        found = decisions.undecided(ctx, decisions.sections(ctx, week))
        # In words as long as there is a transaction to ask.
        return [Task(each.words, each.buttons, each.since, each.key, each.first) for each in found]

    found: list[Task] = bot.store(look)
    return found


def answers_to(form: Form) -> dict[str, str]:
    """Return what somebody could write into a form."""
    values = {}
    for each in form.fields:
        kinds = {
            FieldKind.PERSON: "anna", FieldKind.DATE: "2027-01-15", FieldKind.NUMBER: "5",
            FieldKind.CHOICE: each.choices[0][0] if each.choices else "",
        }  # fmt: skip
        values[each.name] = each.value or kinds.get(each.kind, "Es geht nicht anders")
    return values


def refused(bot: Stage, id: PersonId, call: Call) -> str | None:
    """Carry out a button and what its form asks for, take it back, and say why it was refused."""
    said: list[str] = []

    def tried(tx: Tx) -> None:
        ctx = context(bot, tx.within(bot.workspace), id)
        try:
            _name, reply = bot.dispatcher._run_call(ctx, call, False)
            if reply.form is not None:
                form = reply.form
                filled = Call(form.call.word, {**form.call.args, **answers_to(form)})
                bot.dispatcher._run_call(ctx, filled, True)
        except Refusal as refusal:
            if not refusal.field:
                said.append(ctx.text(refusal.words))
        raise RolledBack

    with pytest.raises(RolledBack):
        bot.database.transact(tried)
    return said[0] if said else None


def test_every_button_of_every_decision_obeys_whoever_sees_it(busy: Stage) -> None:
    cells = 0
    kinds: set[str] = set()
    offered: dict[str, set[str]] = {each: set() for each in ROLES}
    for id in ROLES:
        for task in waiting(busy, PersonId(id)):
            assert task.key, "a decision is named"
            kinds.add(task.key.partition(":")[0])
            for button in task.buttons:
                cells += 1
                offered[id].add(button.call.word)
                assert refused(busy, PersonId(id), button.call) is None, (id, task.key, button.call)
    assert kinds >= {"incident", "automation", "service", "problem", "fix", "red"}, kinds
    assert cells > 30
    decide = {button.call.word for task in waiting(busy, PersonId("ben")) for button in task.buttons
              if task.key.startswith("automation:")}  # fmt: skip
    assert decide and not decide & offered["chris"], "only whoever decides has what decides"
    assert {"auto ask", "service ask", "service people", "ack"} <= offered["chris"]
    assert not offered["anna"] & {"auto keep", "auto retire", "ack", "service people", "fixed"}


def test_a_refusing_button_is_noticed(busy: Stage) -> None:
    task = next(
        each for each in waiting(busy, PersonId("ben")) if each.key.startswith("automation:")
    )
    assert refused(busy, PersonId("chris"), task.buttons[0].call) is not None


def test_decide_shows_each_reader_what_they_may_do(busy: Stage) -> None:
    for id in ROLES:
        for task in waiting(busy, PersonId(id)):
            answer = busy.handle(busy.request(id, call=Call("decide", {"key": task.key})))
            assert answer.message is not None
            calls = [
                button.call
                for part in answer.message.parts
                if isinstance(part, Buttons)
                for button in part.buttons
            ]
            assert [(each.word, dict(each.args)) for each in calls] == [
                (each.call.word, dict(each.call.args)) for each in task.buttons
            ]


def test_what_nobody_looks_after_and_what_is_silent_leads_then_the_oldest(busy: Stage) -> None:
    found = waiting(busy, PersonId("chris"))
    assert [each.key for each in found[:2]] == ["incident:5", "incident:6"]
    since = [each.since or busy.clock.now() for each in found[2:]]
    assert since == sorted(since)


def test_seven_untaken_incidents_are_all_to_be_found(bot: Stage, anna: Say, chris: Say) -> None:
    for number in range(7):
        anna(f"incident Kasse {number} tot")
        anna.stage.wind(minutes=1)
    told = chris("digest")
    assert "7 decisions open" in told
    assert [f"INC-{each}" in told for each in range(1, 8)] == [True] * 3 + [False] * 4
    rest = chris.press("Show 4 more")
    assert rest.splitlines()[0] == "4 decisions open"
    assert [f"INC-{each}" in rest for each in range(1, 8)] == [False] * 3 + [True] * 4


def test_what_is_still_open_from_earlier_weeks_is_counted(
    bot: Stage, anna: Say, chris: Say, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    assert "still open from before" not in chris("digest")
    wind(to="2026-12-01 10:00")
    assert "0 incidents (1 fewer than the week before) · 1 still open from before" in chris(
        "digest"
    )


def test_in_a_channel_nobody_s_own_button_stands(bot: Stage, anna: Say, chris: Say) -> None:
    now = bot.clock.now()
    bot.store(
        lambda tx: digest_schedule.plan(tx, id="plan", now=now, zone="Europe/Berlin", region="DE")
    )
    anna("incident Kasse tot")
    anna("incident Kasse tot und Bon leer")
    bot.wind(to="2026-11-30 08:30")
    told = bot.sees("leitung")[-1]
    assert told.count("[Entscheiden]") == 2 and "[Ich kümmere mich]" not in told
    assert chris.press("Entscheiden", about="KW 48").startswith("INC-")


def test_two_rooms_share_a_chapter() -> None:
    one, other = Title("Learning"), Title("Use")
    parts: list[Part] = [
        one, Facts((("a", "1"),)), other, Items(("x",)), one, Facts((("b", "2"),)), Text("end"),
    ]  # fmt: skip
    assert together(parts) == [
        one, Facts((("a", "1"), ("b", "2"))), Text("end"), other, Items(("x",)),
    ]  # fmt: skip


def test_every_button_of_a_digest_sent_to_a_person_obeys_them(busy: Stage) -> None:
    """All of it, from the decisions to the foot, for each role; and *Decide* where several read."""
    anna, chris = Say(busy, "anna"), Say(busy, "chris")
    do(chris, "mandate edit", goals="Schneller liefern", focus="Versand\nLager")
    for n in range(3):
        do(anna, "friction", sentence=f"Etiketten kleben {n}", area="Versand")
    ids = busy.rows("select id from friction where workspace = :workspace")
    notes = ",".join(each["id"] for each in ids)
    do(chris, "pattern confirm", notes=notes, title="Etiketten kleben", area="Versand")
    busy.store(lambda tx: texts.open_round(tx, "2026-W51", "secret", date(2026, 12, 14)))
    cells: dict[str, set[str]] = {}
    for id in map(PersonId, ROLES):
        for aloud in (False, True):

            def look(tx: Tx, id: PersonId = id, aloud: bool = aloud) -> list[Call]:
                ctx = context(busy, tx, id)
                week = calendar.week_of(ctx.now, ctx.workspace.zone)
                message = writing.compose(ctx, week, [], aloud=aloud)
                rows = [part for part in message.parts if isinstance(part, Buttons)]
                return [button.call for row in rows for button in row.buttons]

            for call in busy.store(look):
                cells.setdefault(call.word, set()).add(id)
                assert refused(busy, PersonId(id), call) is None, (id, aloud, call)
    assert {"computed", "lists", "digest useful", "pattern", "decide", "decisions"} <= set(cells)
    assert cells["digest less"] == cells["digest way"] == {"chris"}
    assert cells["pattern next"] == {"chris"}
