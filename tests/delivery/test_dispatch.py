"""The one road in: one transaction, one effect, one answer (G1 to G4, G8)."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.requests import Request, Response, clean
from bot.delivery.scheduler import clean as let_go
from handlers import FEATURES
from handlers.incidents.keys import IncidentTimer
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Buttons, Call, Post, Reply, form_data, line
from handlers.kit.readers import TextReader
from handlers.kit.words import _
from storage import workspaces
from storage.delivery import timers
from storage.delivery.timers import Timer
from storage.engine import Database, StorageError, Tx, Unavailable
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.conftest import Logged
from tests.engine.test_engine import BEFORE_ANY, tables
from tests.pretend.stage import Chat, Say, Stage, answered, furnish, impossible, plain, staged

WORDS = Annotated[str, TextReader(), Ask(_("Words"))]
# What came in and what became of it is written down also when a command changes nothing.
OF_EVERY_COMMAND = {"deliveries", "audit", "last_buttons"}


def with_test_commands() -> Feature:
    """Declare commands that write much and then end badly."""
    feature = Feature(_("Test"))

    def write(ctx: Context, words: str) -> tuple[Post, ...]:
        workspaces.set_setting(ctx.tx, "half", words)
        workspaces.next_number(ctx.tx, "incident")
        timers.set(ctx.tx, id=ctx.new_id(), kind=IncidentTimer.ESCALATION, key="half", due=ctx.now)
        return (Post("half", line(words), "incidents"),)

    @feature.command("boom", "knall", help=_("Fails."))
    def boom(ctx: Context, words: WORDS) -> Reply:
        write(ctx, words)
        raise ZeroDivisionError

    @feature.command("boomlater", "knallspäter", help=_("Fails when its posts are written."))
    def boomlater(ctx: Context, words: WORDS) -> Reply:
        return Reply(line(_("{missing}")), posts=write(ctx, words))

    @feature.command("refuse", "weigern", help=_("Refuses."))
    def refuse(ctx: Context, words: WORDS) -> Reply:
        write(ctx, words)
        raise Refusal(_("No, {words}.", words=words))

    @feature.command("full", "voll", help=_("Meets a full disk."))
    def full(ctx: Context, words: WORDS) -> Reply:
        write(ctx, words)
        raise Unavailable("disk full")

    @feature.command("keep", "behalten", help=_("Stores."))
    def keep(ctx: Context, words: WORDS) -> Reply:
        return Reply(line(_("Kept.")), posts=write(ctx, words), subject="kept")

    return feature


@pytest.fixture
def bad(bot: Stage) -> Iterator[Stage]:
    """The stage, with commands that end badly."""
    features = (with_test_commands(), *FEATURES)
    with closing(
        Stage(bot.database, bot.clock, bot.chat, features=features, new_id=bot.new_id)
    ) as stage:
        yield stage


def everything(bot: Stage) -> dict[str, int]:
    """Count the rows of everything that a command can change."""
    counts = " union all ".join(
        f"select '{table}' as name, count(*) as n from {table} where workspace = :workspace"
        for table in sorted({*tables(bot.database)} - BEFORE_ANY - OF_EVERY_COMMAND)
    )
    return {row["name"]: row["n"] for row in bot.rows(counts)}


def audited(bot: Stage) -> list[tuple[str, str, str]]:
    """Return command, subject and outcome of each audit row, oldest first."""
    rows = bot.rows(
        "select command, subject, outcome from audit where workspace = :workspace order by id"
    )
    return [(row["command"], row["subject"], row["outcome"]) for row in rows]


def delivered(bot: Stage) -> list[tuple[str, str]]:
    """Return identity and outcome of each delivery."""
    rows = bot.rows(
        "select identity, outcome from deliveries where workspace = :workspace order by identity"
    )
    return [(row["identity"], row["outcome"]) for row in rows]


# --- one transaction ---------------------------------------------------------------------


def test_delivery_change_audit_timer_and_posts_are_stored_together(bot: Stage) -> None:
    answer = bot.handle(bot.request("anna", "incident Kasse tot", identity="d1"))
    assert answer.outcome == "done"
    assert delivered(bot) == [("d1", "done")]
    assert audited(bot) == [("incident", "INC-1", "done")]
    stored = everything(bot)
    assert (stored["incidents"], stored["timers"]) == (1, 1)
    assert stored["outbox"] == 2, "the card and the alarm"


@pytest.mark.parametrize("word", ["boom", "boomlater"])
def test_a_mistake_of_ours_leaves_only_delivery_and_audit_and_is_logged_once(
    bad: Stage, logged: Logged, word: str
) -> None:
    before = everything(bad)
    answer = bad.handle(bad.request("anna", f"{word} secret words", identity="d1"))
    assert answer.outcome == "failed"
    assert everything(bad) == before
    assert delivered(bad) == [("d1", "failed")]
    assert [(outcome, "secret" in command) for command, _subject, outcome in audited(bad)] == [
        ("failed", False)
    ]
    record = logged.take("A command failed")
    assert answer.message is not None
    reference = record.getMessage().split()[-1]
    assert plain(answer.message) == (
        f"That did not work, and nothing was changed. Please try again; if it "
        f"fails again, give your managers this reference: {reference}.\n{word} "
        f"secret words"
    )
    assert "secret" not in record.getMessage(), "never the text"


def test_after_a_mistake_the_next_command_works_as_ever(bad: Stage, logged: Logged) -> None:
    bad.handle(bad.request("anna", "boom"))
    bad.handle(bad.request("anna", "boom x"))
    logged.take("A command failed")
    assert answered(bad.handle(bad.request("anna", "keep x"))) == "Kept."


def test_a_refusal_leaves_nothing_but_its_delivery_and_its_audit_row(bad: Stage) -> None:
    before = everything(bad)
    answer = bad.handle(bad.request("anna", "refuse later", identity="d1"))
    assert answered(answer) == "No, later.\n[Declare this as an incident]"
    assert everything(bad) == before
    assert delivered(bad) == [("d1", "refused")]
    assert audited(bad) == [("typed", "", "refused")]


def test_what_the_store_could_not_keep_is_no_answer_and_can_be_sent_again(
    bad: Stage, logged: Logged
) -> None:
    before = everything(bad)
    request = bad.request("anna", "full words", identity="d1")
    with pytest.raises(StorageError):
        bad.handle(request)
    assert everything(bad) == before
    assert (delivered(bad), audited(bad), logged.records) == ([], [], [])
    assert bad.handle(replace(request, text="keep words")).outcome == "done"


def test_the_audit_trail_says_which_command_but_never_the_text(bot: Stage) -> None:
    for text in ("friction Chefs Passwort ist 1234", "Chefs Passwort ist 1234", "who 1234"):
        bot.handle(bot.request("anna", text))
    bot.handle(bot.request("anna", call=Call("Chefs Passwort ist 1234", {})))
    bot.handle(bot.request("anna", call=Call("ack", {"number": "Chefs Passwort ist 1234"})))
    rows = bot.rows("select * from audit where workspace = :workspace")
    assert len(rows) == 5
    assert not [row for row in rows if "1234" in str(row)]
    assert not [row for row in rows if row["person_key"] == "anna"], "a pseudonym, not the person"


# --- one effect --------------------------------------------------------------------------


def test_the_same_delivery_ten_times_has_one_effect_and_one_answer(bot: Stage, chat: Chat) -> None:
    request = bot.request("anna", "incident Kasse tot", identity="d1")
    answers = [bot.handle(request) for _each in range(10)]
    assert len({answered(each) for each in answers}) == 1
    assert answers[0] == answers[-1]
    stored = everything(bot)
    assert (stored["incidents"], stored["outbox"], stored["timers"]) == (1, 2, 1)
    assert len(audited(bot)) == 1
    bot.carry()
    assert len(chat.ledger) == 2


def test_the_same_delivery_ten_times_at_once_has_one_effect_and_one_answer(bot: Stage) -> None:
    for n in range(15):
        request = bot.request("anna", f"incident Kasse {n} tot", identity=f"d{n}")
        answers = bot.handle_together(*[request] * 10)
        assert len({answered(each) for each in answers}) == 1
        assert f"INC-{n + 1}" in answered(answers[0])
    assert everything(bot)["incidents"] == 15


@pytest.mark.parametrize("text", ["service new", "Drucker brennt", "ack 99", "help", ""])
def test_every_kind_of_answer_is_given_again_as_it_was(bot: Stage, text: str) -> None:
    request = bot.request("anna", text, identity="d1")
    first, second = bot.handle(request), bot.handle(request)
    assert answered(first)
    assert answered(first) == answered(second)
    assert (first.outcome, first.message) == (second.outcome, second.message)
    assert (first.form is None) == (second.form is None)
    if first.form and second.form:
        assert form_data(first.form) == form_data(second.form)


def test_who_is_not_known_yet_is_asked_about_again_when_the_same_delivery_comes_again(
    bot: Stage,
) -> None:
    """The edge asks the platform and goes on under an identity of its own, which is answered."""
    request = replace(bot.request("dora", "friction Drucker klemmt oft", identity="d1"), kind="new")
    first, second = bot.handle(request), bot.handle(request)
    assert (first.outcome, first.unproven) == ("refused", True)
    assert second.unproven and answered(first).startswith(answered(second))
    assert "Drucker klemmt oft" not in answered(second), "what is given back is not kept"
    known = replace(request, identity="d1:known", kind="member")
    done = bot.handle(known)
    assert done.outcome == "done"
    assert bot.handle(request).unproven
    # Of a note no words are kept beside its delivery.
    assert answered(bot.handle(known)) == "Das ist schon angekommen. Danke."
    assert len(bot.rows("select id from friction where workspace = :workspace")) == 1


def test_what_was_refused_stays_refused_when_the_same_delivery_comes_again(bot: Stage) -> None:
    request = bot.request("ben", "ack 1", identity="d1")
    refused = bot.handle(request)
    bot.handle(bot.request("anna", "incident Kasse tot"))
    assert refused.outcome == "refused"
    assert answered(bot.handle(request)) == answered(refused)
    (row,) = bot.rows("select acknowledged_by from incidents where workspace = :workspace")
    assert row["acknowledged_by"] is None


def test_a_form_may_be_corrected_and_then_counts_once(bot: Stage) -> None:
    before = everything(bot)["services"]

    def submit(deputy: str) -> Response:
        values = {"name": "VPN", "accountable": "ben", "deputy": deputy}
        filled = Call("service new", values)
        return bot.handle(bot.request("chris", call=filled, submitted=True, identity="d1"))

    assert (submit("ben").outcome, submit("ben").field) == ("refused", "deputy")
    corrected = submit("carla")
    assert corrected.outcome == "done"
    assert {answered(submit(each)) for each in ("carla", "ben", "anna")} == {answered(corrected)}
    assert everything(bot)["services"] == before + 1


def test_a_failure_is_told_again_with_its_reference_and_not_tried_again(
    bad: Stage, logged: Logged
) -> None:
    request = bad.request("anna", "boom x", identity="d1")
    assert answered(bad.handle(request)) == answered(bad.handle(request))
    logged.take("A command failed")


def test_a_delivery_that_comes_again_after_a_week_does_nothing_and_says_nothing(
    bot: Stage,
) -> None:
    request = bot.request("anna", "incident Kasse tot", identity="d1")
    bot.handle(request)
    bot.handle(bot.request("ben", "ack 1"))

    def later(days: int) -> Response:
        bot.clock.wind(bot.clock.now() + timedelta(days=days))
        bot.database.transact(lambda tx: let_go(tx, bot.clock.now()))
        return bot.handle(request)

    assert answered(later(6)) != ""
    assert later(2) == Response("seen")
    assert everything(bot)["incidents"] == 1


@pytest.mark.slow
def test_500_commands_at_once_are_all_answered(bot: Stage, chat: Chat) -> None:
    people = itertools.cycle(("anna", "ben", "carla", "chris"))
    requests = [
        bot.request(person, f"incident Kasse {n} ist tot")
        for n, person in zip(range(500), people, strict=False)
    ]
    answers = bot.handle_together(*requests)
    assert {each.outcome for each in answers} == {"done"}
    rows = bot.rows("select number, title from incidents where workspace = :workspace")
    assert sorted(row["number"] for row in rows) == list(range(1, 501))
    said = {request.text.removeprefix("incident "): answered(answer)
            for request, answer in zip(requests, answers, strict=True)}  # fmt: skip
    for row in rows:
        assert f"INC-{row['number']} " in said[row["title"]], "each heard of its own number"


# --- two at once -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_of_two_who_acknowledge_at_once_one_is_told_you_and_the_other_who(
    bot: Stage, seed: int
) -> None:
    chance = random.Random(seed)
    for number in range(1, 11):
        bot.handle(bot.request("anna", f"incident Kasse {number} tot"))
        names = ["ben", "carla", "chris"]
        chance.shuffle(names)
        answers = bot.handle_together(*(bot.request(each, f"ack {number}") for each in names))
        said = {name: answer for name, answer in zip(names, answers, strict=True)}
        first = [name for name, answer in said.items() if answer.outcome == "done"]
        assert len(first) == 1
        winner = first[0].title()
        for name, answer in said.items():
            if name not in first:
                assert answer.outcome == "refused"
                assert f"{winner} " in answered(answer)
                assert f"INC-{number}" in answered(answer)
        (row,) = bot.rows(
            """
            select responsible, acknowledged_by from incidents
            where workspace = :workspace and number = :number
            """,
            number=number,
        )
        assert row == {"responsible": first[0], "acknowledged_by": first[0]}


def unanswered_alarms(bot: Stage) -> set[tuple[int, str]]:
    """Return (number, place) of every alarm that still asks somebody to look after it."""
    return {
        (int(button.call.args["number"]), each.place)
        for each in bot.chat.standing
        if each.place.startswith("local:@") and plain(each.message).startswith("INC-")
        for part in each.message.parts
        if isinstance(part, Buttons)
        for button in part.buttons
        if button.call.word == "ack"
    }


def declared_and_escalating(bot: Stage, number: int) -> Timer:
    """Declare an incident, and take its timer ten minutes later, as the scheduler does."""
    bot.handle(bot.request("anna", f"incident Kasse {number} tot"))
    bot.run(bot.courier.drain())
    limit = bot.clock.now() + timedelta(minutes=10)
    bot.clock.wind(limit)
    due = bot.database.transact(lambda tx: timers.claim(tx, limit, 1000))
    (timer,) = [each for each in due if each.payload.get("number") == number]
    return timer


def test_after_the_acknowledgement_a_step_that_was_already_taken_up_is_not_made(
    bot: Stage, chat: Chat
) -> None:
    timer = declared_and_escalating(bot, 1)
    bot.handle(bot.request("ben", "ack 1"))
    bot.run(bot.dispatcher.run_timer(timer))
    bot.carry()
    assert chat.created("local:@carla") == []
    assert unanswered_alarms(bot) == set()


def test_an_acknowledgement_after_the_step_takes_its_alarms_back(bot: Stage, chat: Chat) -> None:
    timer = declared_and_escalating(bot, 1)
    bot.run(bot.dispatcher.run_timer(timer))
    bot.handle(bot.request("ben", "ack 1"))
    bot.carry()
    assert chat.created("local:@carla") == [], "it had not gone out yet"
    assert unanswered_alarms(bot) == set()


def test_an_alarm_that_is_on_its_way_is_changed_when_it_has_arrived(bot: Stage, chat: Chat) -> None:
    timer = declared_and_escalating(bot, 1)
    bot.run(bot.dispatcher.run_timer(timer))
    bot.carry()
    assert unanswered_alarms(bot) == {(1, "local:@ben"), (1, "local:@carla")}
    bot.handle(bot.request("ben", "ack 1"))
    bot.carry()
    assert unanswered_alarms(bot) == set()


def at_once(*works: Callable[[], object]) -> None:
    """Do all of these in the same moment, each in a thread."""
    barrier = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def start(work: Callable[[], object]) -> None:
        barrier.wait(10)
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=start, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []


@pytest.mark.slow
def test_whichever_comes_first_nothing_escalates_after_an_acknowledgement(bot: Stage) -> None:
    """Acknowledgement against the step, 220 rounds in random order, at once on PostgreSQL."""
    chance = random.Random(11)
    escalated = 0
    for number in range(1, 221):
        timer = declared_and_escalating(bot, number)
        request = bot.request(chance.choice(("ben", "carla", "chris")), f"ack {number}")
        head_start = chance.choice((0, 2, 5, 10, 20, 40, 80))

        def acknowledge(tx: Tx, request: Request = request) -> Response:
            return bot.dispatcher._handle(tx, request, None, None)

        def escalate(tx: Tx, timer: Timer = timer, head_start: int = head_start) -> None:
            for _each in range(head_start):
                tx.rows("select 1 as one")
            bot.dispatcher._run_timer(tx, timer)

        works: list[Callable[[], object]] = [
            partial(bot.database.transact, acknowledge),
            partial(bot.database.transact, escalate),
        ]
        at_once(*chance.sample(works, 2))
        (row,) = bot.rows(
            "select alarms, silent from incidents where workspace = :workspace and number = :n",
            n=number,
        )
        escalated += row["alarms"] - 1
        assert row["silent"] == 0
        assert bot.store(lambda tx, n=number: timers.due_of(tx, f"incident:{n}:climb")) == (
            bot.clock.now() + timedelta(minutes=60)
        ), "the next thing is to ask for news"
    bot.run(bot.courier.drain())
    assert unanswered_alarms(bot) == set()
    assert 10 < escalated < 210, "both orders must have come"


def test_the_rows_are_taken_in_one_order_so_that_nobody_waits_for_each_other(
    postgres: Postgres,
) -> None:
    """Everything that can happen to one incident, at once: no transaction meets another one."""
    with staged(postgres) as bot:
        chance = random.Random(5)
        ran = 0
        for number in range(1, 21):
            timer = declared_and_escalating(bot, number)
            texts = [
                ("ben", f"ack {number}"), ("carla", f"ack {number}"),
                ("anna", f"update {number} immer noch"), ("chris", f"restored {number} ja"),
                ("ben", f"assign {number} carla"), ("chris", "incidents"),
            ]  # fmt: skip
            requests = [bot.request(who, text) for who, text in texts]
            requests.append(bot.request("anna", call=call("serious", number=number)))
            if chance.random() < 0.5:  # some alarm turns out not to reach anybody
                bot.chat.plan(impossible())

            def handle(tx: Tx, request: Request) -> None:
                nonlocal ran
                ran += 1
                bot.dispatcher._handle(tx, request, None, None)

            def escalate(tx: Tx, timer: Timer = timer) -> None:
                nonlocal ran
                ran += 1
                bot.dispatcher._run_timer(tx, timer)

            works: list[Callable[[], object]] = [
                *(
                    partial(postgres.transact, partial(handle, request=request))
                    for request in requests
                ),
                partial(postgres.transact, escalate),
                lambda: bot.run(bot.courier.round()),
            ]
            chance.shuffle(works)
            at_once(*works)
            assert ran == number * 8, "one was tried again: two waited for each other"
            bot.run(bot.courier.drain())
        rows = bot.rows("select distinct state from incidents where workspace = :workspace")
        assert rows == [{"state": "restored"}]


def test_two_first_commands_of_a_stranger_at_once_make_one_person(bot: Stage) -> None:
    requests = [bot.request("eve", f"friction Zettel {n}") for n in range(8)]
    assert {each.outcome for each in bot.handle_together(*requests)} == {"done"}
    rows = bot.rows("select id from people where workspace = :workspace and id = 'eve'")
    assert len(rows) == 1


# --- buttons -----------------------------------------------------------------------------

LONG = "Das Förderband „Nord“ steht. " * 100


def test_a_button_too_long_for_the_platform_keeps_its_words_in_a_draft(
    bot: Stage, anna: Say
) -> None:
    anna(LONG.strip())
    (draft,) = [each.button for each in anna.buttons() if each.button.call.word == "draft"]
    assert len(str(draft.call.args)) < 100
    anna.press(calls="draft")
    (row,) = bot.rows("select body from incidents where workspace = :workspace")
    assert row["body"] == LONG.strip()


def test_somebody_else_s_draft_does_not_open(bot: Stage, anna: Say) -> None:
    anna(LONG.strip())
    (draft,) = [each.button for each in anna.buttons() if each.button.call.word == "draft"]
    answer = bot.handle(bot.request("ben", call=draft.call))
    assert answer.outcome == "refused"
    assert "Förderband" not in answered(answer)
    assert everything(bot)["incidents"] == 0


def test_an_old_draft_is_refused_kindly(bot: Stage, anna: Say) -> None:
    anna(LONG.strip())
    bot.clock.wind(bot.clock.now() + timedelta(days=8))
    bot.database.transact(lambda tx: let_go(tx, bot.clock.now()))
    assert (
        anna.press(calls="draft") == "This button no longer works. Please type the command again."
    )


@pytest.mark.parametrize(
    "bad_call",
    [
        Call("no such command", {}),
        Call("draft", {}),
        Call("draft", {"id": "made up"}),
        Call("ack", {"number": "one"}),
        Call("ack", {"number": "1; drop table incidents"}),
        Call("ack", {"number": "9" * 40}),
        Call("ack", {"unknown": "1"}),
        Call("promise", {"number": "1", "minutes": "-5"}),
        Call("move", {"number": "1", "service": "made up"}),
        Call("", {}),
    ],
)
def test_a_forged_button_is_refused_or_asked_about_and_changes_nothing(
    bot: Stage, bad_call: Call
) -> None:
    bot.handle(bot.request("anna", "incident Kasse tot"))
    before = everything(bot)
    answer = bot.handle(bot.request("anna", call=bad_call))
    assert answer.outcome in ("refused", "done")
    assert answered(answer)
    assert everything(bot) == before


# --- what is typed -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("one\r\ntwo\ttabs", "one\ntwo\ttabs"),
        ("nul\0l and bell\a", "null and bell"),
        ("lone \ud800 surrogate", "lone ? surrogate"),
        ("Ünïcödé 🚢 „quotes“ <b> & 'x'", "Ünïcödé 🚢 „quotes“ <b> & 'x'"),
    ],
)
def test_only_what_no_chat_shows_is_taken_out(bot: Stage, typed: str, kept: str) -> None:
    assert clean(typed) == kept
    bot.handle(bot.request("anna", f"incident {typed}"))
    (row,) = bot.rows("select title, body from incidents where workspace = :workspace")
    assert (row["body"] or row["title"]) == kept


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_cleaning_twice_is_cleaning_once_and_can_always_be_stored(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")
    assert "\0" not in cleaned


# --- invariants after anything -----------------------------------------------------------

THINGS = (
    "incident Kasse {n}", "incident Licht {n}", "ack {k}", "ack", "update {k} Stand {n}",
    "restored {k}", "assign {k} carla", "assign {k} ben", "status", "incidents all",
)  # fmt: skip
BUTTONS = ("serious", "normal", "undo", "history", "show")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.slow
def test_whatever_people_do_every_open_incident_is_watched_and_every_change_audited(
    bot: Stage, seed: int
) -> None:
    chance = random.Random(seed)
    done = 0
    for n in range(60):
        who = chance.choice(("anna", "ben", "carla", "chris"))
        number = chance.randint(1, 5)
        if chance.random() < 0.25:
            request = bot.request(who, call=call(chance.choice(BUTTONS), number=number))
        else:
            request = bot.request(who, chance.choice(THINGS).format(n=n, k=number))
        before = everything(bot)
        answer = bot.handle(request)
        done += 1
        if answer.outcome == "refused":
            after = everything(bot)
            assert {**after, "drafts": 0} == {**before, "drafts": 0}
        if chance.random() < 0.3:
            bot.wind(minutes=chance.choice((1, 5, 12, 45)))
        elif chance.random() < 0.5:
            bot.carry()
        assert bot.unwatched() == []
    assert len(delivered(bot)) == done
    commands = [each for each in audited(bot) if each[0] != "climb"]
    assert len(commands) == done
    bot.carry()
    rows = bot.rows(
        """
        select number from incidents where workspace = :workspace
        and (state <> 'open' or (acknowledged_by is not null and silent = 0))
        """
    )
    settled = {row["number"] for row in rows}
    asked = {number for number, _place in unanswered_alarms(bot)}
    assert not settled & asked, "nobody is asked for nothing"


def test_both_stores_tell_the_same_story(sqlite: Sqlite, postgres: Postgres) -> None:
    """The same conversation, word by word, on both stores."""

    def story(database: Database) -> list[str]:
        with staged(database) as bot:
            chance = random.Random(3)
            heard = []
            for n in range(50):
                who = Say(bot, chance.choice(("anna", "ben", "carla", "chris")))
                heard.append(who(chance.choice(THINGS).format(n=n, k=chance.randint(1, 5))))
                if chance.random() < 0.2:
                    bot.wind(minutes=11)
            for place in sorted({each.place for each in bot.chat.ledger}):
                # Several places are served at once, in any order; each for itself in one.
                heard += [each.text for each in bot.chat.ledger if each.place == place]
            return heard

    assert story(sqlite) == story(postgres)


def test_a_company_that_nobody_entered_gets_no_answer(database: Database) -> None:
    with staged(database) as bot, pytest.raises(Exception, match=r"FOREIGN KEY|foreign key"):
        bot.handle(bot.request("anna", "status", workspace="nobody"))
    database.transact(lambda tx: furnish(tx, "somebody", bot.clock.now()))
