"""The grammar: the table of cases of the commands page, word by word."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers import FEATURES
from handlers.kit import commands, grammar
from handlers.kit.arguments import Incomplete, Parsed, Unfit
from handlers.kit.context import Context
from handlers.kit.folding import blank
from handlers.kit.grammar import Outcome, Unknown
from handlers.kit.readers import LONGEST, after, folded, unquoted
from handlers.kit.readers.placeholders import says_nothing
from storage import people, workspaces
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.people import Person
from tests.pretend.stage import Say, Stage

ANNA = PersonId("anna")


def read(bot: Stage, text: str, who: PersonId = ANNA, *, direct: bool = False) -> Outcome:
    """Parse a line as the dispatcher would."""

    def look(tx: Tx) -> Outcome:
        tx = tx.within(bot.workspace)
        person = people.find(tx, who)
        assert isinstance(person, Person)
        ctx = Context(
            tx, workspaces.get(tx), person, None, bot.clock.now(), bot.new_id, bot.new_id, "",
            FEATURES, text,
        )  # fmt: skip
        return grammar.parse(text, ctx, direct=direct)

    return bot.database.transact(look)


@pytest.fixture
def three_open(anna: Say) -> None:
    for title in ("Kasse 1 tot", "Kasse 2 tot", "Webshop lahm"):
        anna(f"incident {title}")


@pytest.mark.parametrize(
    ("typed", "command", "values"),
    [
        # Both languages always work, umlaut or not, in any case.
        ("incident Checkout is down", "incident", {"title": "Checkout is down"}),
        ("störung Kasse Köln druckt nicht", "incident", {"title": "Kasse Köln druckt nicht"}),
        ("stoerung Kasse", "incident", {"title": "Kasse"}),
        ("STÖRUNG Kasse", "incident", {"title": "Kasse"}),
        ("  Incident   Kasse  ", "incident", {"title": "Kasse"}),
        ("incident: Kasse", "incident", {"title": "Kasse"}),
        # Text exactly as typed.
        ("incident Don't look at Bob's disk", "incident", {"title": "Don't look at Bob's disk"}),
        ('incident "A" und "B" gehen nicht', "incident", {"title": '"A" und "B" gehen nicht'}),
        ("incident 🔥 Server brennt\nseit 9", "incident", {"title": "🔥 Server brennt\nseit 9"}),
        ("incident a  b\tc", "incident", {"title": "a  b\tc"}),
        ("friction Überstunden ‚wegen‘ Ablage", "friction",
         {"sentence": "Überstunden ‚wegen‘ Ablage"}),
        ('friction "ganz in Zeichen"', "friction", {"sentence": '"ganz in Zeichen"'}),
        # Outer quotes of a title are taken off; a quoted text is never a verb.
        ('incident "Update Server down"', "incident", {"title": "Update Server down"}),
        ("störung „Update Server aus“", "incident", {"title": "Update Server aus"}),
        ('incident "ack 1"', "incident", {"title": "ack 1"}),
        # Behind the typed word everything is a title: no declaration is swallowed.
        ("incident ack 1", "incident", {"title": "ack 1"}),
        ("störung annehmen 1", "incident", {"title": "annehmen 1"}),
        ("incident help", "incident", {"title": "help"}),
        ("störung die Kasse", "incident", {"title": "die Kasse"}),
        ("störung Kasse", "incident", {"title": "Kasse"}),
        ("incident who is Kasse", "incident", {"title": "who is Kasse"}),
        ("incident ack of the printer", "incident", {"title": "ack of the printer"}),
        ("incident Update Server down", "incident", {"title": "Update Server down"}),
        # A number alone opens its card.
        ("incident 1", "show", {"number": 1}),
        ("#1", "show", {"number": 1}),
        ("störung INC-1.", "show", {"number": 1}),
        ("incident restored backup is broken", "incident", {"title": "restored backup is broken"}),
        ("incident create incident helpdesk down", "incident",
         {"title": "create incident helpdesk down"}),
        ("incident helpdesk down", "incident", {"title": "helpdesk down"}),
        ("incident incident down", "incident", {"title": "incident down"}),
        # References to an incident.
        ("ack 1", "ack", {"number": 1}),
        ("ack #1", "ack", {"number": 1}),
        ("ack INC-1", "ack", {"number": 1}),
        ("annehmen inc-1", "ack", {"number": 1}),
        ("übernehmen 1", "ack", {"number": 1}),
        ("uebernehmen 1", "ack", {"number": 1}),
        ("update 1 still dead", "update", {"number": 1, "text": "still dead"}),
        ("update 99 Luftballons", "update", {"text": "99 Luftballons"}),
        ("update #99 Luftballons", "update", {"number": 99, "text": "Luftballons"}),
        ("update still dead", "update", {"text": "still dead"}),
        ("restored", "restored", {}),
        ("restored 1", "restored", {"number": 1}),
        ("behoben 1 Kabel steckt", "restored", {"number": 1, "text": "Kabel steckt"}),
        ("restored 3 a.m. it came back", "restored", {"number": 3, "text": "a.m. it came back"}),
        # Words that only read may be shortened.
        ("digest", "digest", {}),
        ("dig", "digest", {}),
        ("woch", "digest", {}),
        ("serv", "service", {}),
        ("dien", "service", {}),
        ("pil", "pilot", {}),
        ("hil", "help", {}),
        ("stat", "status", {}),
        ("störungen alle", "incidents", {"which": "all"}),
        ("incidents mine", "incidents", {"which": "mine"}),
        ("incidents meine", "incidents", {"which": "mine"}),
        ("sprache de", "language", {"choice": "de"}),
        ("language english", "language", {"choice": "en"}),
    ],
)  # fmt: skip
def test_what_is_typed_is_understood(
    bot: Stage, three_open: None, typed: str, command: str, values: dict[str, object]
) -> None:
    outcome = read(bot, typed)
    assert isinstance(outcome, Parsed), outcome
    assert outcome.command.name == command
    assert outcome.values == values


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("Drucker brennt", []),
        ('"incident Kasse"', []),  # quoted: never a verb
        ("inc Kasse", ["incident", "incidents"]),  # writing words are written out
        ("incidnet Kasse", ["incident", "incidents"]),
        ("frict Kasse", ["friction"]),
        ("annehme 1", ["ack"]),
        ("di", []),  # too short
        ("st", []),
        ("sta", ["starter", "status"]),  # it may mean either
    ],
)
def test_what_is_no_command_is_offered(bot: Stage, typed: str, near: list[str]) -> None:
    outcome = read(bot, typed)
    assert isinstance(outcome, Unknown)
    assert outcome.text == typed
    assert [each.name for each in outcome.near][: len(near)] == near


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("incident", "incident"),
        ("friction", "friction"),
        ("update", "update"),
        ("update 1", "update"),
        ("who", "who"),
        ("service new", "service new"),
        ("dienst neu", "service new"),
        ("pilot new", "pilot new"),
        ("auto neu", "auto new"),
        ("assign 1", "assign"),
        ("language", "language"),
        ("feedback", "feedback"),
    ],
)
def test_what_is_left_out_is_asked_in_a_form(
    bot: Stage, three_open: None, typed: str, command: str
) -> None:
    outcome = read(bot, typed)
    assert isinstance(outcome, Incomplete)
    assert outcome.command.name == command


@pytest.mark.parametrize("typed", ["ack Kasse", "ack 1 please", "assign 1 Dora", "language fr"])
def test_arguments_that_make_no_sense_are_told(bot: Stage, three_open: None, typed: str) -> None:
    assert isinstance(read(bot, typed), Unfit)


def test_names_are_read_the_longest_first(bot: Stage) -> None:
    outcome = read(bot, "who etikettendrucker")
    assert isinstance(outcome, Parsed)
    assert outcome.values["service"].name == "Etikettendrucker"  # type: ignore[attr-defined]


def test_people_are_read_by_name_and_mention(bot: Stage, three_open: None) -> None:
    for typed in ("assign 1 @Carla", "assign 1 carla", "zuweisen #1 Carla"):
        outcome = read(bot, typed)
        assert isinstance(outcome, Parsed)
        assert outcome.values["person"].id == "carla"  # type: ignore[attr-defined]


def test_nobody_is_made_up(bot: Stage, three_open: None) -> None:
    assert isinstance(read(bot, "assign 1 Dora"), Unfit)


@pytest.mark.parametrize(
    ("typed", "command", "values"),
    [
        ("incident ack 1", "ack", {"number": 1}),
        ("störung annehmen 1", "ack", {"number": 1}),
        ("incident ack", "ack", {}),
        ("incident help", "help", {}),
        ("incident incidents", "incidents", {}),
        ("incident update 1 Server läuft", "update", {"number": 1, "text": "Server läuft"}),
        ("incident Update Server down", "incident", {"title": "Update Server down"}),
        ("incident die Kasse", "incident", {"title": "die Kasse"}),
        ("friction an der Presse", "friction", {"sentence": "an der Presse"}),
    ],
)
def test_behind_a_command_of_the_platform_a_verb_counts_if_its_whole_rest_fits(
    bot: Stage, three_open: None, typed: str, command: str, values: dict[str, object]
) -> None:
    outcome = read(bot, typed, direct=True)
    assert isinstance(outcome, Parsed), outcome
    assert (outcome.command.name, outcome.values) == (command, values)


def test_people_are_found_by_part_of_their_name(bot: Stage, three_open: None, anna: Say) -> None:
    for typed in ("assign 1 car", "assign 1 arla", "assign 1 CARLA"):
        outcome = read(bot, typed)
        assert isinstance(outcome, Parsed), typed
        assert outcome.values["person"].id == "carla"  # type: ignore[attr-defined]
    outcome = read(bot, "cover c 4.12. bis 6.12.")
    assert isinstance(outcome, Unfit)  # one letter is too few


def test_of_several_people_with_that_name_one_is_chosen_by_button(
    bot: Stage, three_open: None, ben: Say
) -> None:
    bot.store(lambda tx: people.find_or_create(
        tx, "local:carlo", "Carlo Maier", id=PersonId("carlo"), key="key-carlo", now=bot.clock.now()
    ))  # fmt: skip
    assert "Wen meinst du mit „carl“?" in ben("zuweisen 1 carl")
    assert "Ich habe Carlo Maier gefragt" in ben.press("Carlo Maier")
    outcome = read(bot, "assign 1 maier")
    assert isinstance(outcome, Parsed)


def test_a_form_tells_all_its_faults_at_once_each_at_its_field(bot: Stage, chris: Say) -> None:
    chris("service new")
    chris.fill(name="", accountable="nobody", deputy="", limit="1")
    assert chris.answer is not None
    wrong = {chris.answer.field, *(name for name, _words in chris.answer.faults)}
    assert wrong == {"name", "accountable", "deputy", "limit"}


@pytest.mark.parametrize("typed", ["\u200bsto\u0308rung Kasse tot", "ｓｔöｒｕｎｇ Kasse tot",
                                   "stö\u00adrung Kasse tot"])  # fmt: skip
def test_what_nobody_sees_changes_no_command_and_the_words_stay_as_typed(
    bot: Stage, typed: str
) -> None:
    outcome = read(bot, typed)
    assert isinstance(outcome, Parsed)
    assert outcome.values == {"title": "Kasse tot"}


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ('"a b"', "a b"),
        ("„a b“", "a b"),
        ("“a b”", "a b"),
        ("»a b«", "a b"),
        ("«a b»", "a b"),
        ('"a" und "b"', None),
        ('"', None),
        ('""', None),
        ("a b", None),
    ],
)
def test_outer_quotes(text: str, inner: str | None) -> None:
    assert unquoted(text) == inner


def test_folding_makes_umlauts_alike() -> None:
    assert folded("Störung") == folded("STOERUNG") == "stoerung"
    assert after("Fräse läuft heiß", "fraese") == "läuft heiß"
    assert after("Kassen sind zu", "Kasse") is None
    assert after("Kasse", "Kasse") == ""


def test_3000_characters_are_kept_to_the_last(anna: Say, bot: Stage) -> None:
    text = "Ä" * (LONGEST - 1) + "ß"
    anna(f"incident {text}")
    assert bot.rows("select title, body from incidents where workspace = :workspace") == [
        {"title": "Ä" * 119 + "…", "body": text}
    ]
    shown = anna.press(calls="text")
    assert shown.replace("\n", "").endswith(text)


def test_3001_characters_are_given_back_so_that_nothing_is_lost(anna: Say, bot: Stage) -> None:
    title = "x" * (LONGEST + 1)
    answer = anna(f"incident {title}")
    assert "3,001 characters; 3,000 fit" in answer
    assert title in answer.replace("\n", "")
    assert bot.rows("select 1 as one from incidents where workspace = :workspace") == []


def test_an_unknown_word_is_offered_and_one_button_declares_it(anna: Say, bot: Stage) -> None:
    assert "Declare this as an incident?" in anna("Drucker brennt")
    assert bot.rows("select 1 as one from incidents where workspace = :workspace") == []
    assert "INC-1 is declared." in anna.press("Declare this as an incident")
    assert bot.rows("select title from incidents where workspace = :workspace") == [
        {"title": "Drucker brennt"}
    ]


def test_even_a_long_unknown_text_is_declared_by_its_button(anna: Say, bot: Stage) -> None:
    text = "Drucker " + "brennt lichterloh " * 150
    anna(text)
    anna.press("Declare this as an incident")
    found = bot.rows("select body from incidents where workspace = :workspace")
    assert found == [{"body": text.strip()}]


def test_a_text_after_a_verb_that_makes_no_sense_is_offered(anna: Say, bot: Stage) -> None:
    assert "[ack]" in anna("ack the printer is on fire")
    anna.press("Declare this as an incident")
    assert bot.rows("select title from incidents where workspace = :workspace") == [
        {"title": "ack the printer is on fire"}
    ]


def test_nothing_typed_is_the_menu(anna: Say) -> None:
    assert anna("").splitlines()[0] == "What can I do for you?"
    assert "What does not work?" in anna.press("Declare an incident")


def test_help_shows_each_word_and_how_it_is_typed(anna: Say) -> None:
    answer = anna("help")
    assert "\nack [number]: " in answer
    assert "incident <text>: Declare an incident, in one line." in answer
    assert "promise" not in answer
    assert len(answer.splitlines()) < 25  # one screen
    assert "Services: service · hand over · cover" in answer
    assert "service new: Enter a service" in anna("help service")
    for each in commands.all_commands(FEATURES):
        if not each.hidden:
            assert each.word("en").split()[0] in answer, each.name
    assert anna("help störung").splitlines()[0] == "incident"
    assert "There is no command “quark”." in anna("help quark")


WORDS = [word for each in commands.all_commands(FEATURES) if not each.hidden
         for both in each.words.values() for word in both]  # fmt: skip


def test_no_two_commands_share_a_word() -> None:
    seen: dict[str, str] = {}
    for each in commands.all_commands(FEATURES):
        for both in each.words.values():
            for word in both:
                assert seen.setdefault(folded(word), each.name) == each.name, word


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(min_size=1, max_size=80), st.sampled_from([*WORDS, ""]))
def test_any_text_is_answered_and_kept_as_typed(bot: Stage, text: str, word: str) -> None:
    """Any text behind any word is answered; as a friction it is stored exactly as it came.

    Only what says nothing (a sign, a figure) is not stored.
    """
    answer = bot.handle(bot.request("anna", f"{word} {text}"))
    assert answer.outcome in ("done", "refused")
    clean = "".join(
        c for c in text.replace("\r\n", "\n") if c in "\n\t" or unicodedata.category(c) != "Cc"
    )
    clean = "" if blank(clean) else clean.strip()
    # Behind the command of the platform, where no sentence is taken for an outage.
    bot.handle(replace(bot.request("anna", f"friction {text}"), direct_name=True))
    rows = bot.rows("select sentence from friction where workspace = :workspace")
    assert not clean or ({"sentence": clean} in rows) is not says_nothing(clean)
