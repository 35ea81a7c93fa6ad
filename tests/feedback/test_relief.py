"""Is anyone relieved? Counted for people, shown when a week is over, led back to nobody."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.automations.learning.signals import Reason
from handlers.kit.commands import all_commands
from handlers.kit.doors import Filter
from handlers.kit.messages import Call
from handlers.kit.words import Sentence
from handlers.pilots import relief
from storage import people
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine import Database, Row, Tx
from storage.engine.ids import PersonId, PilotId, PlaceId
from storage.engine.sqlite import Sqlite
from storage.pilots import Pilot, answers
from tests.engine.test_engine import tables
from tests.house.test_no_figures_about_people import READINGS
from tests.pilots.test_pilots import LINK, do, prepared, started
from tests.pretend import machines
from tests.pretend.stage import Say, Stage, answered, plain, staged

CROWD = tuple(f"user{n}" for n in range(7))


def crowd(bot: Stage) -> list[Say]:
    """Let seven more people be known, who use the pilot."""

    def work(tx: Tx) -> None:
        for each in CROWD:
            people.find_or_create(
                tx,
                f"local:{each}",
                each.title(),
                id=PersonId(each),
                key=f"key-{each}",
                now=bot.clock.now(),
            )
            places.ensure(
                tx, PlaceId(f"local:@{each}"), PlaceKind.DIRECT, each.title(), person=PersonId(each)
            )

    bot.store(work)
    return [Say(bot, each) for each in CROWD]


def running(bot: Stage, **about: str) -> tuple[str, list[Say]]:
    found = crowd(bot)
    users = ", ".join(each.title() for each in CROWD)
    return started(bot, users=users, **about), found


def tap(me: Say, id: str, answer: str) -> str:
    return do(me, "relief", pilot=id, answer=answer)


def relief_line(bot: Stage, id: str) -> str:
    shown = do(Say(bot, "chris"), "pilot", pilot=id)
    return next(line for line in shown.splitlines() if line.startswith("Relief: "))


# --- asking --------------------------------------------------------------------------------


def test_users_are_asked_once_a_week_and_never_twice(bot: Stage, wind: Callable[..., None]) -> None:
    """Requirement C16."""
    id, users = running(bot)
    wind(to="2026-11-24 09:01")
    (asked,) = users[0].sees()
    assert "Entlastet dich „Reparatur-Triage“?" in asked and "[Ja]\n[Teils]\n[Nein]" in asked
    wind(to="2026-11-27 18:00")
    assert len(users[0].sees()) == 1
    wind(to="2026-11-30 09:01")
    assert len(users[0].sees()) == 2
    do(users[0], "relief mute", pilot=id)
    wind(to="2026-12-14 09:01")
    assert len(users[0].sees()) == 2 and len(users[1].sees()) == 4
    do(users[0], "relief unmute", pilot=id)
    wind(to="2026-12-21 09:01")
    assert len(users[0].sees()) == 3


def test_a_no_has_three_reasons_and_everything_can_be_taken_back(bot: Stage) -> None:
    """Requirement C17."""
    id, users = running(bot)
    shown = tap(users[0], id, "no")
    assert "[Zu groß]\n[Zu unklar]\n[Zu weit vom Alltag]" in shown
    do(users[0], "relief why", pilot=id, reason="unclear")
    taps = "select answer, reason from pilot_taps where workspace = :workspace"
    assert bot.rows(taps) == [{"answer": "no", "reason": "unclear"}]
    tap(users[0], id, "relieved")
    assert bot.rows(taps) == [{"answer": "relieved", "reason": ""}]
    assert do(users[0], "relief undo", pilot=id) == "Zurückgenommen."
    assert bot.rows(taps) == []
    assert "keine Antwort von dir" in do(users[0], "relief undo", pilot=id)


@pytest.mark.parametrize("typed", ["ja", "Ja.", "yes", "entlastet"])
def test_words_behind_the_name_are_taps(anna: Say, bot: Stage, typed: str) -> None:
    running(bot)
    anna(f"feedback reparatur {typed}")
    rows = bot.rows("select answer from pilot_taps where workspace = :workspace")
    assert rows == [{"answer": "relieved"}]


def test_every_sentence_can_be_read_once_its_week_is_over(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id, _users = running(bot)
    for n in range(5):
        anna(f"feedback triage Das ist Satz {n}")
    assert "Satz" not in do(chris, "feedback sentences", pilot=id), "only when the week is over"
    wind(to="2026-11-30 10:00")
    card = do(chris, "pilot", pilot=id)
    assert len(re.findall(r"Das ist Satz", card)) == 3 and "All sentences" in card
    every = do(chris, "feedback sentences", pilot=id)
    assert len(set(re.findall(r"Das ist Satz \d", every))) == 5


def test_a_part_of_a_name_in_the_form_is_enough_and_all_that_there_are_are_named(
    anna: Say, bot: Stage
) -> None:
    running(bot)
    do(anna, "feedback", pilot="Reparatur", sentence="Spart mir zwei Anrufe")
    assert bot.rows("select sentence from pilot_sentences where workspace = :workspace")
    said = do(anna, "feedback", pilot="Xyz", sentence="Spart mir zwei Anrufe")
    assert "weder ein Pilotprojekt noch eine Automatisierung" in said or "no pilot and no" in said


def test_a_sentence_a_detour_and_a_question_behind_the_name(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Requirements C20 to C23 for pilots."""
    id, _users = running(bot)
    assert anna("feedback Triage Spart mir zwei Anrufe").startswith("Saved without your name")
    anna("feedback triage umgangen")
    anna.press("The result did not fit")
    anna("feedback triage von Hand 15")
    anna("feedback triage by hand")
    assert anna("feedback triage Frage: Wer pflegt die Regeln?").startswith("Passed on without")
    card = do(chris, "pilot", pilot=id)
    assert "What we are learning" not in card, "only when the week is over"
    assert "Wer pflegt die Regeln?" in chris("status")
    question = bot.rows("select id from pilot_questions where workspace = :workspace")[0]["id"]
    do(chris, "feedback answer", question=question, words="Carla, jeden Freitag")
    wind(to="2026-11-30 10:00")
    card = do(chris, "pilot", pilot=id)
    assert "- bypassed 1 time: The result did not fit" in card
    assert "- by hand 2 times, 15 minutes in all" in card
    assert "- Spart mir zwei Anrufe" in card
    assert "- Wer pflegt die Regeln? – Carla, jeden Freitag" in card


def test_a_question_without_an_answer_is_listed_after_five_working_days(
    anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    from tests.pilots.test_pilots import undecided

    running(bot)
    anna("feedback triage Frage Wer pflegt die Regeln?")
    wind(to="2026-11-30 10:00")
    assert "a question without an answer" not in repr(undecided(bot))
    wind(to="2026-12-02 10:00")
    assert "a question without an answer" in repr(undecided(bot))


def test_small_and_visible_pilots_say_so_before_the_tap(chris: Say, bot: Stage) -> None:
    id = prepared(bot, users="Anna, Ben")
    assert "Fewer than five people use it" in do(chris, "pilot start", pilot=id)
    do(chris, "pilot limits", area="5", all="5")
    crowd(bot)
    big = started(bot, name="Groß", users=", ".join(each.title() for each in CROWD))
    assert "Counted without your name" in do(chris, "pilot", pilot=big)
    open_one = prepared(bot, name="Offen", users="Anna, Ben")
    do(chris, "pilot users", pilot=open_one, who="Anna, Ben", visible="yes")
    do(chris, "pilot start", pilot=open_one)
    assert "Answers of this pilot are shown" in do(chris, "pilot", pilot=open_one)
    assert "before the start only" in do(chris, "pilot users", pilot=big, who="Anna", visible="yes")
    for name, said in (("Offen", "are shown"), ("Reparatur", "Fewer than five")):
        assert said in chris(f"feedback {name} ja"), "typed as well: it is not counted yet"
    assert bot.rows("select answer from pilot_taps where workspace = :workspace") == []
    chris("feedback Groß ja")
    assert len(bot.rows("select answer from pilot_taps where workspace = :workspace")) == 1


def signals_of(bot: Stage) -> list[tuple[str, str, int | None, str]]:
    rows = bot.rows("select * from automation_signals where workspace = :workspace order by kind")
    return [(row["kind"], row["reason"], row["minutes"], row["words"]) for row in rows]


def test_the_same_words_serve_automations(anna: Say, ben: Say, bot: Stage) -> None:
    """By part of the name as well; its own room counts them."""
    machines.enter(ben, name="Lagerabgleich")
    anna("feedback abgleich umgangen")
    assert anna.press("It takes too long").startswith("Thank you, that is counted")
    assert anna("feedback lager von Hand 20 min").startswith("Thank you, that is counted")
    assert anna("feedback Lagerabgleich Frage: Wer pflegt das?").startswith("Thank you. Ben has")
    assert signals_of(bot) == [
        ("by hand", "", 15, ""),
        ("bypassed", "slow", None, ""),
        ("question", "", None, "Wer pflegt das?"),
    ]


@pytest.mark.parametrize("typed", ["", " na ja", " läuft gut"])
def test_what_an_automation_has_no_word_for_is_offered(
    anna: Say, ben: Say, bot: Stage, typed: str
) -> None:
    machines.enter(ben, name="Abgleich")
    shown = anna(f"feedback Abgleich{typed}")
    assert shown.startswith("What should be known about “Abgleich”?")
    assert ("[Ask it]" in shown) is bool(typed)
    assert signals_of(bot) == []


def test_a_pilot_and_an_automation_that_both_fit_are_offered(
    anna: Say, ben: Say, bot: Stage
) -> None:
    running(bot)
    machines.enter(ben, name="Triage-Skript")
    shown = anna("feedback triage")
    assert "Which one do you mean?" in shown and "[Triage-Skript]" in shown
    assert anna.press("Triage-Skript").startswith("What should be known about “Triage-Skript”?")


def test_an_automation_is_no_pilot(anna: Say, ben: Say) -> None:
    machines.enter(ben, name="Abgleich")
    assert "“Abgleich” is an automation, no pilot." in anna("pilot Abgleich")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("everybody", "everyone"), ("alle in Demo", "everyone"), ("everybody in Demo", "everyone"),
        ("#allgemein", "channel"), ("everybody in #allgemein", "channel"),
        ("alle in allgemein", "channel"), ("Anna, Ben", "people"),
    ],
)  # fmt: skip
def test_users_are_people_a_channel_or_everybody_in_something(
    bot: Stage, said: str, kind: str
) -> None:
    id = prepared(bot, users=said)
    rows = bot.rows("select users_kind, users_place from pilots where id = :id", id=id)
    assert rows[0]["users_kind"] == kind
    assert bool(rows[0]["users_place"]) is (kind == "channel")


def test_a_channel_that_nobody_knows_is_named(bot: Stage, chris: Say) -> None:
    id = prepared(bot)
    said = do(chris, "pilot users", pilot=id, who="everybody in Nirgendwo")
    assert "I do not know a channel “Nirgendwo”." in said


# --- showing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "silent", "split", "leaning"),
    [
        ((4, 0, 0), True, False, ""), ((5, 0, 0), True, False, "yes"),
        ((4, 1, 0), True, True, ""), ((4, 1, 0), False, False, "yes"),
        ((2, 2, 1), True, True, ""), ((2, 2, 1), False, False, "mixed"),
        ((0, 0, 6), True, False, "no"), ((0, 5, 0), True, False, "mixed"),
        ((0, 0, 0), True, False, ""),
    ],
)  # fmt: skip
def test_a_split_needs_five_a_silent_one_and_no_option_that_holds_everybody(
    counts: tuple[int, int, int], silent: bool, split: bool, leaning: str
) -> None:
    """Settled 51."""
    given = dict(zip(relief.LABELS, counts, strict=True))
    pilot = Pilot(PilotId("p"), "P", "x", None, None)
    found = relief.shown(pilot, given, answers.Round("2026-W48", False, sum(counts), silent))
    assert (found.split is not None) is split and found.leaning == leaning


def test_numbers_move_when_the_week_is_over(bot: Stage, wind: Callable[..., None]) -> None:
    id, users = running(bot)
    for at, me in enumerate(users[:6]):
        tap(me, id, "relieved" if at else "no")
    assert relief_line(bot, id) == "Relief: no week's answers are counted yet"
    wind(to="2026-11-30 10:00")
    assert relief_line(bot, id) == "Relief: week 48: yes 5, partly 0, no 1"


def test_five_answers_of_one_person_are_one(bot: Stage, wind: Callable[..., None]) -> None:
    id, users = running(bot)
    for answer in ("relieved", "no", "partly", "relieved", "no"):
        tap(users[0], id, answer)
    wind(to="2026-11-30 10:00")
    assert relief_line(bot, id) == "Relief: week 48: too few answers to show"
    rows = bot.rows("select answer, count from pilot_answers where workspace = :workspace")
    assert rows == [{"answer": "no", "count": 1}]


def test_one_tester_alone_for_twenty_weeks_is_never_shown(
    bot: Stage, chris: Say, wind: Callable[..., None]
) -> None:
    id, users = running(bot)
    do(chris, "pilot it", pilot=id, checks="security,stability,integration,feasibility")
    for week in range(20):
        if week == 11:  # no pilot runs for longer than sixteen weeks
            given = {"reason": "Es hilft allen", "learnt": "Viel gelernt"}
            do(chris, "pilot decide", pilot=id, decision="operate", docs=LINK, **given)
        tap(users[0], id, ("relieved", "partly", "no")[week % 3])
        wind(minutes=7 * 24 * 60)
        assert "yes 1" not in relief_line(bot, id) and "mostly" not in relief_line(bot, id)
        assert "too few" in relief_line(bot, id) or "No week" in relief_line(bot, id)


def test_closing_leaves_counts_and_destroys_the_rest(bot: Stage, wind: Callable[..., None]) -> None:
    id, users = running(bot)
    for me in users:
        tap(me, id, "relieved")
    assert len(bot.rows("select voter from pilot_taps where workspace = :workspace")) == 7
    wind(to="2026-11-30 10:00")
    assert bot.rows("select voter from pilot_taps where workspace = :workspace") == []
    rows = bot.rows(
        "select secret, answered, silent from pilot_rounds where workspace = :workspace "
        "and week = '2026-W48'"
    )
    assert rows == [{"secret": None, "answered": 7, "silent": 0}]
    assert relief_line(bot, id) == "Relief: week 48: mostly yes"


# --- a curious manager ---------------------------------------------------------------------


def readable(bot: Stage, who: str) -> str:
    """Return everything that somebody can read: commands, lists, the digest, channels."""
    seen = []
    for word, values in READINGS.items():
        answer = bot.handle(bot.request(who, call=Call(word, values)))
        seen.append(f"{word}: {answered(answer)}")
    for pilot in bot.rows("select id from pilots where workspace = :workspace"):
        for word in ("pilot", "pilot more", "pilot history", "pilot result", "feedback",
                     "pilot corrections"):  # fmt: skip
            call = Call(word, {"pilot": str(pilot["id"])})
            seen.append(answered(bot.handle(bot.request(who, call=call))))

    def lists(tx: Tx) -> str:
        ctx = bot.dispatcher._context(tx, people.find(tx, who), None, bot.clock.now())  # type: ignore[arg-type]
        rows = [
            ctx.text(value) if isinstance(value, str | Sentence | tuple) else str(value)
            for feature in bot.dispatcher.features
            for each in feature.all_lists
            for row in each.rows(ctx, Filter("all"), 0, 100)
            for value in row.values
        ]
        return "\n".join(rows)

    seen.append(bot.store(lists))
    for place in ("stoerungen", "leitung", "allgemein", f"@{who}"):
        seen += [plain(each.message) for each in bot.chat.at(f"local:{place}")]
    return "\n".join(seen)


def test_pilots_and_automations_have_the_same_four_reasons(bot: Stage, anna: Say) -> None:
    id, _users = running(bot)
    anna("feedback triage umgangen")
    asked = {each.button.call.args.get("reason") for each in anna.buttons()} - {None}
    assert asked == {each.value for each in Reason}
    assert "Please choose one of" in do(anna, "feedback bypassed", pilot=id, reason="down")
    do(anna, "feedback bypassed", pilot=id, reason="slower")  # a button of before
    assert bot.rows("select reason from pilot_signals where workspace = :workspace") == [
        {"reason": "slow"}
    ]


@pytest.mark.parametrize("behind", ["", "Frage: ", "question "])
def test_feedback_that_names_somebody_is_answered_gently_before_it_is_kept(
    bot: Stage, anna: Say, behind: str
) -> None:
    running(bot)
    table = "pilot_questions" if behind else "pilot_sentences"
    kept = f"select * from {table} where workspace = :workspace"
    assert "It names somebody" in anna(f"feedback triage {behind}Warum kommt Carla nicht klar")
    assert bot.rows(kept) == [], "nothing is saved yet"
    anna.press("Say it differently")
    assert anna.form is not None
    (field,) = [each for each in anna.form.fields if "Carla" in each.value]
    assert field.name == ("words" if behind else "sentence")
    other = "Warum kommt jemand nicht klar"
    said = anna.fill(words=other) if behind else anna.fill(sentence=other)
    assert "It names somebody" not in said
    assert len(bot.rows(kept)) == 1
    anna(f"feedback triage {behind}Warum kommt Carla nicht klar")
    anna.press("Leave it so")
    assert len(bot.rows(kept)) == 2


@pytest.mark.parametrize("said", ["!!!", "26", "question !26"])
def test_feedback_that_says_nothing_is_not_kept(bot: Stage, anna: Say, said: str) -> None:
    running(bot)
    assert "says nothing yet" in anna(f"feedback triage {said}")
    for table in ("pilot_questions", "pilot_sentences"):
        assert bot.rows(f"select * from {table} where workspace = :workspace") == []


def test_a_result_is_posted_only_once_it_is_decided(bot: Stage, chris: Say) -> None:
    id, _users = running(bot)
    assert "[Post it]" not in do(chris, "pilot result", pilot=id)
    said = do(chris, "pilot post", pilot=id)
    assert "is posted once it is decided." in said
    assert bot.rows("select posted_on from pilots where workspace = :workspace") == [
        {"posted_on": None}
    ]


def test_a_curious_manager_who_looks_after_every_tap_learns_nothing(
    bot: Stage, wind: Callable[..., None]
) -> None:
    id, users = running(bot)
    wind(to="2026-11-24 10:00")
    before = readable(bot, "chris")
    for at, me in enumerate(users):
        tap(me, id, ("relieved", "partly", "no")[at % 3])
        assert readable(bot, "chris") == before
        do(me, "feedback", pilot=id, sentence=f"Satz {at}")
        do(me, "feedback bypassed", pilot=id, reason="slower")
        do(me, "feedback hand", pilot=id, minutes="5")
        assert readable(bot, "chris") == before
    do(users[0], "relief undo", pilot=id)
    assert readable(bot, "chris") == before
    wind(to="2026-11-30 10:00")
    assert readable(bot, "chris") != before


def everything(bot: Stage) -> list[Row]:
    names = tables(bot.database)

    def read(tx: Tx) -> list[Row]:
        return [{"": t, **row} for t in names for row in tx.rows(f"select * from {t}")]

    rows: list[Row] = bot.store(read)
    return rows


def test_neither_time_nor_id_nor_order_leads_from_a_tap_to_a_person(
    bot: Stage, wind: Callable[..., None]
) -> None:
    id, users = running(bot)
    wind(to="2026-11-24 10:07")
    for each in users:
        each("hilfe")
    wind(minutes=61)
    before = {repr(each) for each in everything(bot)}
    for each in users:
        each(f"feedback triage Satz von {each.id[-1]}x")
        tap(each, id, "no")
        do(each, "relief why", pilot=id, reason="far")
        do(each, "feedback question", pilot=id, words=f"Warum {len(each.id)}?")
    fresh = [each for each in everything(bot) if repr(each) not in before]
    assert len(fresh) > 20
    for row in fresh:
        for trace in (*CROWD, *(f"key-{each}" for each in CROWD), "T10:08", "T11:08", "T09:08"):
            assert trace not in repr(row), (trace, row)
    known = set(re.findall(r"id-\d{6}", repr(before)))
    assert set(re.findall(r"id-\d{6}", repr(fresh))) <= known, "an id in the order of time"
    if isinstance(bot.database, Sqlite):  # rows lie in the order of their random keys
        for table in ("pilot_taps", "pilot_sentences"):
            found = bot.rows(f"select * from {table} where workspace = :workspace")
            keys = [each.get("voter") or each["id"] for each in found]
            assert keys == sorted(keys) and len(keys) == 7


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["relieved", "partly", "no", None]), min_size=7, max_size=7),
       st.randoms(use_true_random=False))  # fmt: skip
def test_who_said_what_makes_no_difference_once_a_round_is_closed(
    said: list[str | None], chance: random.Random
) -> None:
    """The same answers, given by other people in another order: all that is left is the same."""
    left = []
    for order in (list(range(7)), chance.sample(range(7), 7)):
        database: Database = Sqlite()
        with staged(database) as bot:
            id, users = running(bot)
            mixed = chance.sample(said, 7) if order != list(range(7)) else said
            for at in order:
                if mixed[at] is not None:
                    tap(users[at], id, str(mixed[at]))
            bot.wind(to="2026-11-30 06:31")
            rows = [
                {name: value for name, value in row.items() if name != "pilot"}
                for row in everything(bot)
                if row[""] in ("pilot_taps", "pilot_answers")
                or (row[""] == "pilot_rounds" and row["week"] == "2026-W48")
            ]
            left.append(sorted(map(repr, rows)))
        database.close()
    assert left[0] == left[1]


def test_every_nameless_command_is_marked(bot: Stage) -> None:
    """What takes part in an answer, or notes friction, is audited as nobody."""
    nameless = {each.name for each in all_commands(bot.dispatcher.features) if each.nameless}
    assert nameless >= {
        "friction", "hint", "nameless", "friction reword", "friction join", "friction mine",
        "feedback", "relief", "relief why", "relief undo", "relief later", "feedback bypassed",
        "feedback hand", "feedback question",
    }  # fmt: skip
