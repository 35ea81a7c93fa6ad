"""Patterns and their answer: proposed, confirmed by a person, undone, decided, told."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from handlers.friction import proposals
from handlers.friction.assessment import Result, advice, because
from handlers.kit.commands import call
from handlers.kit.context import LOTSE
from handlers.kit.messages import Call
from handlers.kit.words import text
from storage.engine import Tx
from storage.engine.ids import NoteId, PatternId
from storage.friction import ALONE, JOINED, Note
from storage.friction.patterns import Check
from tests.pretend.stage import DEMO, Say, Stage, answered

NOTES = (
    "Liefertermine werden dreimal abgetippt",
    "Ich tippe jeden Liefertermin dreimal ab",
    "Die Liefertermine müssen wir alle abtippen",
)


def do(me: Say, word: str, **args: str) -> str:
    """Send a form or press a button that is not looked for."""
    me.answer = me.stage.handle(me.stage.request(me.id, call=Call(word, args), submitted=True))
    me.stage.carry()
    return answered(me.answer)


def noted(bot: Stage, who: Say, sentences: tuple[str, ...] = NOTES) -> list[str]:
    for each in sentences:
        who(f"friction: {each}")
    rows = bot.rows("select id, sentence from friction where workspace = :workspace")
    return [row["id"] for each in sentences for row in rows if row["sentence"] == each]


def confirmed(
    bot: Stage, who: Say, chris: Say, title: str = "Liefertermine", area: str = ""
) -> str:
    ids = noted(bot, who, tuple(f"{each} ({title})" for each in NOTES))
    do(chris, "pattern confirm", notes=",".join(ids), title=title, area=area)
    sql = "select id from patterns where workspace = :workspace and title = :title"
    return str(bot.rows(sql, title=title)[0]["id"])


def members(bot: Stage) -> list[tuple[str, str | None]]:
    sql = "select sentence, pattern from friction where workspace = :workspace order by sentence"
    return [(row["sentence"], row["pattern"]) for row in bot.rows(sql)]


# --- proposing -----------------------------------------------------------------------------


def test_like_ones_are_proposed_and_a_person_confirms(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    noted(bot, anna)
    ben("reibung Parkplatz ist immer voll")
    shown = chris("patterns")
    assert "These may say the same:" in shown
    assert "- Liefertermine werden dreimal abgetippt" in shown and "Parkplatz" not in shown
    assert "These may" not in anna("patterns")
    chris.press("It is a pattern")
    assert "Noted: 3 times" in chris.fill(title="Liefertermine abtippen", area="Einkauf")
    assert "Liefertermine abtippen (3 notes)" in ben("muster").replace("Notizen", "notes")
    assert "These may" not in chris("patterns")


def test_others_who_feel_it_are_told_of_and_joined_with_one_tap(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    noted(bot, anna, NOTES[:1])
    noted(bot, Say(bot, "carla"), NOTES[1:2])
    assert "Das geht 2 anderen auch so." in ben(f"reibung: {NOTES[2]}")
    assert ben.press("Meine dazunehmen") == "Dazugenommen. Danke."
    shown = chris("patterns")
    assert shown.count("These may say the same:") == 1
    chris.press("It is a pattern")
    assert "Noted: 2 times" in chris.fill(title="Abtippen")


def test_nobody_is_told_of_their_own_notes_as_those_of_others(
    anna: Say, ben: Say, bot: Stage
) -> None:
    noted(bot, anna, NOTES[:2])
    assert "feel" not in anna(f"friction: {NOTES[2]}")
    ben(f"reibung: {NOTES[2]}")
    assert "1 other feels this." in anna(f"friction: Noch einmal: {NOTES[2]}")


def test_whoever_noted_it_twice_is_one_other(anna: Say, ben: Say, bot: Stage) -> None:
    """People feel something, not notes; without a name each note is somebody's."""
    ids = noted(bot, anna, NOTES[:2])
    assert "Das geht 1 weiteren Person auch so." in ben(f"reibung: {NOTES[2]}")
    for each in ids:
        do(anna, "nameless", id=each)
    assert "Das geht 2 anderen auch so." in ben(f"reibung: Wieder: {NOTES[2]}")


def test_whoever_answers_looks_for_what_words_do_not_find(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    """What is too far for a proposal stands among the nearest, and is laid together by a person."""
    ids = noted(bot, anna, (NOTES[0], "Für jeden Liefertermin gibt es drei Listen"))
    noted(bot, ben, ("Der Parkplatz ist voll",))
    assert "These may" not in chris("patterns")
    shown = do(chris, "friction like", note=ids[0])
    assert "Für jeden Liefertermin gibt es drei Listen" in shown and "Parkplatz" not in shown
    do(chris, "pattern confirm", notes=",".join(ids), title="Liefertermine")
    pattern = bot.rows("select id from patterns where workspace = :workspace")[0]["id"]
    assert {at for _s, at in members(bot) if at} == {pattern}
    (more,) = noted(bot, ben, ("Liefertermine kommen per Anruf",))
    do(chris, "friction like", note=more)
    request = bot.request("anna", call=Call("friction like", {"note": more}))
    assert bot.handle(request).outcome == "refused"
    do(chris, "pattern add", pattern=str(pattern), notes=more)
    assert len([at for _s, at in members(bot) if at == pattern]) == 3


def test_the_limit_is_a_setting(anna: Say, chris: Say, bot: Stage) -> None:
    noted(bot, anna, NOTES[:2])
    assert "These may" not in chris("patterns")
    do(chris, "friction threshold", number="2", days="30")
    assert "These may say the same:" in chris("patterns")


def test_what_somebody_calls_different_is_not_proposed_again(
    anna: Say, chris: Say, bot: Stage
) -> None:
    noted(bot, anna)
    chris("patterns")
    chris.press("Different things")
    assert "These may" not in chris("patterns")


def test_nobody_sees_an_author(anna: Say, ben: Say, chris: Say, bot: Stage) -> None:
    id = confirmed(bot, anna, chris)
    for me in (ben, chris):
        shown = (
            do(me, "pattern", pattern=id)
            + me("patterns")
            + do(chris, "pattern history", pattern=id)
        )
        assert "Anna" not in shown and "anna" not in shown


# --- sorting -------------------------------------------------------------------------------


def test_splitting_merging_and_undoing_lose_nothing(anna: Say, chris: Say, bot: Stage) -> None:
    one = confirmed(bot, anna, chris, "Eins")
    two = confirmed(bot, anna, chris, "Zwei")
    before = members(bot)
    do(chris, "pattern merge", pattern=one, other=two)
    assert "Noted: 6 times" in do(chris, "pattern", pattern=two)
    assert members(bot) == before
    do(chris, "pattern apart", pattern=one)
    assert "Noted: 3 times" in do(chris, "pattern", pattern=two)
    assert members(bot) == before
    assert "The card has the numbers 1 to 3." in do(
        chris, "pattern split", pattern=two, which="7", title="Drei"
    )
    do(chris, "pattern split", pattern=two, which="1, 3", title="Drei")
    assert "Noted: 1 time" in do(chris, "pattern", pattern=two)
    three = bot.rows("select id from patterns where workspace = :workspace and title = 'Drei'")
    do(chris, "pattern merge", pattern=str(three[0]["id"]), other=two)
    assert "Noted: 3 times" in do(chris, "pattern", pattern=two)
    do(chris, "pattern undo", pattern=one)
    assert [sentence for sentence, _p in members(bot)] == [sentence for sentence, _p in before]
    assert {p for sentence, p in members(bot) if "Eins" in sentence} == {None}


def test_only_those_who_answer_sort(anna: Say, chris: Say, bot: Stage) -> None:
    id = confirmed(bot, anna, chris)
    for word, values in (
        ("pattern undo", {}), ("pattern change", {"title": "x y"}), ("pattern ask", {}),
        ("pattern answer", {"result": "human", "reason": "weil es so ist"}),
        ("pattern park", {"reason": "weil es so ist"}), ("pattern history", {}),
    ):  # fmt: skip
        request = bot.request("anna", call=Call(word, {"pattern": id, **values}))
        assert bot.handle(request).outcome == "refused", word


def test_patterns_with_estimates_stand_in_their_order(anna: Say, chris: Say, bot: Stage) -> None:
    """Requirement D24: the order follows from the two numbers."""
    one, two = confirmed(bot, anna, chris, "Eins"), confirmed(bot, anna, chris, "Zwei")
    do(chris, "pattern estimate", pattern=one, per_month="10", minutes="5")
    shown = do(chris, "pattern estimate", pattern=two, per_month="20", minutes="30")
    assert "Estimated: 20 times a month, 30 minutes each: 600 minutes a month" in shown
    listed = chris("patterns")
    assert listed.index("Zwei") < listed.index("Eins")
    do(chris, "pattern estimate", pattern=one, per_month="1,000".replace(",", ""), minutes="5")
    listed = chris("patterns")
    assert listed.index("Eins") < listed.index("Zwei")
    assert "Estimated: 1,000 times a month, 5 minutes each: 5,000 minutes a month" in listed
    assert "Geschätzt: 20-mal im Monat, je 30 Minuten: 600 Minuten im Monat" in anna_in_german(bot)
    shown = do(chris, "list", name="patterns")
    assert shown.index("5,000 minutes a month") < shown.index("600 minutes a month")


def test_an_estimate_can_be_corrected_and_what_it_was_stands_in_the_history(
    anna: Say, chris: Say, bot: Stage
) -> None:
    """What is entered can be put right, from what stands there, with its history."""
    id = confirmed(bot, anna, chris)
    do(chris, "pattern estimate", pattern=id, per_month="10", minutes="5")
    shown = bot.handle(bot.request("chris", call=Call("pattern estimate", {"pattern": id}))).form
    assert shown is not None and [each.value for each in shown.fields][-2:] == ["10", "5"]
    do(chris, "pattern estimate", pattern=id, per_month="20", minutes="5")
    said = do(chris, "pattern history", pattern=id)
    assert said.count("estimated, Chris") == 2
    assert "estimated, Chris. 10 times a month, 5 minutes each: 50 minutes a month" in said


def test_what_was_undone_by_mistake_is_a_pattern_again_with_one_tap(
    anna: Say, chris: Say, bot: Stage
) -> None:
    id = confirmed(bot, anna, chris, area="Einkauf")
    before = {sentence for sentence, pattern in members(bot) if pattern == id}
    chris("patterns")
    chris.press("Show")
    chris.press("Undo")
    shown = chris.press("It is one after all")
    assert shown.startswith("Liefertermine\nArea: Einkauf\nNoted: 3 times")
    assert {sentence for sentence, pattern in members(bot) if pattern is not None} == before


@pytest.mark.parametrize(
    ("taps", "said"),
    [({"judgement": "core"}, "What helps instead: drop a part of it, make it simpler,"),
     ({"judgement": "edge"}, "A pilot may prepare it; the decision stays with a person."),
     ({"changing": "yes"}, "The process changes within six months."),
     ({"written": "no"}, "It is written down nowhere yet.")],
)  # fmt: skip
def test_the_advice_says_what_helps_and_how_ready_it_is(
    anna: Say, chris: Say, bot: Stage, taps: dict[str, str], said: str
) -> None:
    """Section 5.3: with what stays with people comes an offer; both notes are shown at once."""
    id = confirmed(bot, anna, chris)
    easy = dict.fromkeys(("regular", "structured", "ruled", "context"), "yes")
    free = dict.fromkeys(("judgement", "responsibility", "relationship"), "no")
    plain = do(chris, "pattern taps", pattern=id, **easy, **free, changing="no", written="yes")
    assert said not in plain
    assert said in do(chris, "pattern taps", pattern=id, **{**easy, **free, **taps})


def anna_in_german(bot: Stage) -> str:
    """Return what somebody else reads of the patterns."""
    return Say(bot, "ben")("muster")


# --- the seven taps ------------------------------------------------------------------------


def check(points: int, *exclusions: int, droppable: bool = False) -> Check:
    first, second, third, fourth = (min(2, max(0, points - 2 * at)) for at in range(4))
    judgement, responsibility, relationship = exclusions or (0, 0, 0)
    return Check(droppable, first, second, third, fourth, judgement, responsibility, relationship)


@pytest.mark.parametrize(
    ("points", "result"),
    [
        (0, "not_now"),
        (3, "not_now"),
        (4, "prepare"),
        (6, "prepare"),
        (7, "suitable"),
        (8, "suitable"),
    ],
)
def test_points_decide_where_nothing_excludes(points: int, result: str) -> None:
    assert advice(check(points)) == result


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("points", range(9))
def test_every_exclusion_overrides_the_points(at: int, points: int) -> None:
    core = [2 if each == at else 0 for each in range(3)]
    edge = [1 if each == at else 0 for each in range(3)]
    assert advice(check(points, *core)) is Result.HUMAN
    wanted = Result.NOT_NOW if points <= 3 else Result.PREPARE
    assert advice(check(points, *edge)) is wanted


def test_dropping_comes_before_everything() -> None:
    for exclusions in itertools.product((0, 1, 2), repeat=3):
        assert advice(check(8, *exclusions, droppable=True)) is Result.DROP


def test_the_reason_is_one_sentence_in_both_languages() -> None:
    for points, exclusions in itertools.product(range(9), itertools.product((0, 1, 2), repeat=3)):
        for language in ("de", "en"):
            said = text(because(check(points, *exclusions)), language)
            assert said.endswith(".") and "{" not in said


def test_the_taps_advise_a_person_decides_and_everybody_hears(
    anna: Say, ben: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = confirmed(bot, anna, chris)
    noted(bot, ben, ("reibung von Ben",))
    do(chris, "pattern ask", pattern=id)
    assert "could the step simply be dropped?" in answered(chris.answer)  # type: ignore[arg-type]
    points = dict.fromkeys(("regular", "structured", "ruled", "context"), "yes")
    depths = dict.fromkeys(("judgement", "responsibility", "relationship"), "no")
    shown = do(chris, "pattern taps", pattern=id, **points, **{**depths, "judgement": "core"},
               written="no")  # fmt: skip
    assert shown.startswith("This stays with people.\nAt its core it needs judgement.")
    assert "This is advice. You decide." in shown
    form = bot.handle(bot.request("chris", call=Call("pattern answer", {"pattern": id}))).form
    assert form is not None
    assert [each.value for each in form.fields] == ["human", "At its core it needs judgement."]
    assert "You decide differently from the advice." in do(
        chris, "pattern answer", pattern=id, result="prepare",
        reason="At its core it needs judgement.",
    )  # fmt: skip
    do(chris, "pattern answer", pattern=id, result="prepare", reason="Wir bereiten nur vor.")
    wind(to="2026-11-24 09:01")
    told = anna.sees()[-1]
    assert "“Liefertermine”: Let it be prepared, decide yourself. Wir bereiten nur vor." in told
    assert ben.sees() == []
    assert "Vorbereiten lassen, selbst entscheiden." in ben("muster")
    row = bot.rows("select judgement, written from pattern_checks where workspace = :workspace")
    assert row == [{"judgement": 2, "written": "no"}]


def test_another_answer_reaches_those_who_have_read_the_first(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = confirmed(bot, anna, chris)
    do(chris, "pattern park", pattern=id, reason="Das liegt außerhalb.")
    wind(to="2026-11-24 09:01")
    assert "Das liegt außerhalb." in anna.sees()[-1]
    do(chris, "pattern answer", pattern=id, result="human", reason="Der Schritt bleibt so.")
    wind(to="2026-11-25 09:01")
    assert "Der Schritt bleibt so." in anna.sees()[-1]
    assert not [each for each in anna.sees() if "Das liegt außerhalb." in each]


def test_outside_the_focus_it_is_parked_with_its_reason(anna: Say, chris: Say, bot: Stage) -> None:
    do(chris, "mandate edit", goals="Schneller liefern", focus="Reparatur\nEinkauf")
    id = confirmed(bot, anna, chris, area="Lager")
    assert "“Lager” lies outside the focus." in do(chris, "pattern", pattern=id)
    form = bot.handle(bot.request("chris", call=Call("pattern park", {"pattern": id}))).form
    assert form is not None
    assert form.fields[0].value == "“Lager” lies outside the focus: Einkauf and Reparatur."
    do(chris, "pattern park", pattern=id, reason=form.fields[0].value)
    assert "Parked, because: “Lager” lies outside the focus" in anna("patterns")


def test_the_name_goes_ninety_days_after_the_answer(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = confirmed(bot, anna, chris)
    do(chris, "pattern answer", pattern=id, result="human", reason="Das bleibt so.")
    keep = next(
        each
        for feature in bot.dispatcher.features
        for each in feature.all_keeps
        if each.tables == ("friction",)
    )
    assert keep.run is not None

    def run(days: int) -> int:
        def work(tx: Tx) -> int:
            ctx = bot.dispatcher._context(tx, LOTSE, None, bot.clock.now())
            assert keep.run is not None
            return keep.run(ctx, bot.clock.now() + timedelta(days=days - 90))

        return int(bot.store(work))

    assert run(89) == 0
    assert run(91) == 3
    assert {row["author"] for row in bot.rows(
        "select author from friction where workspace = :workspace")} == {None}  # fmt: skip


def test_texts_alone_are_compared() -> None:
    """No name and no id goes into the comparison, only what was said and the area it names."""
    assert list(inspect.signature(proposals.groups).parameters) == ["notes", "least"]
    assert list(inspect.signature(proposals.find_similar).parameters) == ["note", "others", "limit"]
    assert proposals.Said._fields == ("text", "area")


@pytest.mark.parametrize(
    ("pattern", "loose"), [(None, True), (f"{JOINED}1", True), (f"{ALONE}1", True), ("p1", False)]
)
def test_a_mark_is_no_pattern(pattern: PatternId | None, loose: bool) -> None:
    noted = datetime(2026, 11, 23, tzinfo=UTC)
    assert (
        Note(NoteId("n"), "Alles doppelt", None, "", noted, pattern, answered=False).loose is loose
    )


# --- whoever comes to an answer later ------------------------------------------------------


def answered_pattern(bot: Stage, anna: Say, chris: Say) -> str:
    id = confirmed(bot, anna, chris)
    do(chris, "pattern answer", pattern=id, result="human", reason="Das bleibt so.")
    return id


def test_whoever_joins_what_is_answered_reads_the_answer_at_once(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    answered_pattern(bot, anna, chris)
    assert "Das geht 1 weiteren Person auch so." in ben(f"reibung: {NOTES[2]}")
    said = ben.press("Meine dazunehmen")
    assert said.startswith("Dazugenommen. Danke.\nZu dem, was du notiert hast, „Liefertermine“: ")
    assert "Das bleibt beim Menschen. Das bleibt so." in said
    assert ben.press("Zeigen").startswith("Liefertermine")


def test_whoever_noted_what_is_added_to_an_answered_pattern_hears_it(
    anna: Say, ben: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = answered_pattern(bot, anna, chris)
    wind(to="2026-11-24 09:01")
    before = len(anna.sees())
    (note,) = noted(bot, ben, ("Termine stehen überall doppelt",))
    do(chris, "pattern add", pattern=id, notes=note)
    wind(to="2026-11-25 09:01")
    assert "„Liefertermine“: Das bleibt beim Menschen. Das bleibt so." in ben.sees()[-1]
    assert len(anna.sees()) == before, "who knows it is not told again"


def test_what_is_merged_into_an_answered_pattern_is_answered_until_it_is_taken_apart(
    anna: Say, ben: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    answered_id = answered_pattern(bot, anna, chris)
    other = confirmed(bot, ben, chris, "Listen", area="Lager")
    do(chris, "pattern merge", pattern=other, other=answered_id)
    assert "0 notes" in do(chris, "friction list")
    do(chris, "pattern apart", pattern=other)
    assert "3 notes" in do(chris, "friction list")
    assert "No answer yet." in do(chris, "pattern", pattern=other)
    wind(to="2026-11-24 09:01")
    assert ben.sees() == [], "it was taken back before it was told"
    do(chris, "pattern merge", pattern=other, other=answered_id)
    wind(to="2026-11-25 09:01")
    assert "„Listen“: Das bleibt beim Menschen. Das bleibt so." in ben.sees()[-1]
    assert ben.press("Zeigen").startswith("Liefertermine\n"), "what stands for it now"
    assert "merged" in do(chris, "pattern history", pattern=other)
    do(chris, "pattern apart", pattern=other)
    assert "answered with another one" in do(chris, "pattern history", pattern=other)


def test_a_pattern_is_not_offered_to_be_merged_with_itself(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    one = answered_pattern(bot, anna, chris)
    alone = bot.handle(bot.request("chris", call=call("pattern merge", pattern=one)))
    assert answered(alone) == "There is no other pattern yet."
    other = confirmed(bot, ben, chris, "Listen")
    form = bot.handle(bot.request("chris", call=call("pattern merge", pattern=other))).form
    assert form is not None
    (field,) = [each for each in form.fields if each.name == "other"]
    assert [value for value, _label in field.choices] == [one]


def test_a_pilot_says_which_pattern_it_answers_and_that_can_be_corrected(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    one = answered_pattern(bot, anna, chris)
    confirmed(bot, ben, chris, "Listen")
    do(chris, "mandate edit", goals="Weniger abtippen", focus="Lager\nVersand")
    about = {"name": "Termine", "problem": "Termine stehen dreimal", "goal": "Weniger abtippen"}
    wrong = call("pilot new", **about, pattern="gibt es nicht")
    refused = bot.handle(bot.request("chris", call=wrong, submitted=True))
    assert (refused.outcome, refused.field) == ("refused", "pattern")
    assert "There is no pattern “gibt es nicht”" in answered(refused)
    assert "Pattern: Liefertermine" in do(chris, "pilot new", **about, pattern="Liefertermine")
    (pilot,) = bot.rows("select id, pattern from pilots where workspace = :workspace")
    assert pilot["pattern"] == one
    form = bot.handle(bot.request("chris", call=call("pilot describe", pilot=pilot["id"]))).form
    assert form is not None
    assert [each.value for each in form.fields if each.name == "pattern"] == [one]
    said = do(chris, "pilot describe", pilot=pilot["id"], **about)
    assert "Pattern: Liefertermine" not in said, "it is left empty"
    assert "described, Chris. Pattern: Liefertermine" in do(
        chris, "pilot history", pilot=pilot["id"]
    )


def test_a_pattern_that_only_those_who_answer_read_is_no_choice_of_others_and_is_kept(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    ids = noted(bot, ben, ("Listen stehen doppelt", "Listen stehen zweimal"))
    do(chris, "pattern confirm", notes=",".join(ids), title="Listen")
    do(chris, "mandate edit", goals="Weniger abtippen", focus="Lager\nVersand")
    about = {"name": "Listen", "problem": "Listen stehen doppelt", "goal": "Weniger abtippen"}

    def choices(who: str, word: str, **fixed: str) -> list[str]:
        form = bot.handle(bot.request(who, call=call(word, **fixed))).form
        assert form is not None
        return [
            text(label, "en")
            for each in form.fields
            if each.name == "pattern"
            for _value, label in each.choices
        ]

    assert choices("chris", "pilot new") == ["Listen"]
    assert choices("anna", "pilot new") == []
    do(chris, "pilot new", **about, pattern="Listen")
    (pilot,) = bot.rows("select id, pattern from pilots where workspace = :workspace")
    assert "Pattern:" not in do(anna, "pilot describe", pilot=pilot["id"], **about)
    assert bot.rows("select id, pattern from pilots where workspace = :workspace") == [pilot]


def test_an_own_answer_stays_when_a_pattern_is_taken_apart(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    answered_id = answered_pattern(bot, anna, chris)
    other = confirmed(bot, ben, chris, "Listen")
    do(chris, "pattern answer", pattern=other, result="drop", reason="Die Listen fallen weg.")
    do(chris, "pattern merge", pattern=other, other=answered_id)
    do(chris, "pattern apart", pattern=other)
    assert "Die Listen fallen weg." in do(chris, "pattern", pattern=other)


def test_every_note_that_is_closed_has_an_answer_with_its_reason(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    """Requirement C12: whatever is done with notes, none is closed without an answer."""
    one, two = confirmed(bot, anna, chris, "Eins"), confirmed(bot, ben, chris, "Zwei")
    three = confirmed(bot, ben, chris, "Drei")
    do(chris, "pattern answer", pattern=one, result="drop", reason="Der Schritt fällt weg.")
    do(chris, "pattern park", pattern=two, reason="Später, wenn Zeit ist.")
    do(chris, "pattern merge", pattern=three, other=two)
    do(chris, "pattern split", pattern=one, which="1", title="Vier")
    closed = bot.rows(
        """
        select p.reason from friction f join patterns p
        on p.workspace = f.workspace and p.id = f.pattern
        where f.workspace = :workspace and p.answered_at is not null
        """
    )
    assert len(closed) == 8 and all(each["reason"] for each in closed)
    assert "1 note · Without an answer" in do(chris, "friction list")
    assert "8 notes · Answered" in do(chris, "friction list", which="answered")


def test_a_pattern_says_what_became_of_it(anna: Say, chris: Say, bot: Stage) -> None:
    id = confirmed(bot, anna, chris)
    said = do(chris, "pattern answer", pattern=id, result="suitable", reason="Das passt gut.")
    assert "[Start a pilot]" in said
    do(chris, "mandate edit", goals="Schneller")
    about = {"problem": "Termine werden abgetippt.", "goal": "Schneller"}
    do(chris, "pilot new", name="Versuch", pattern=id, **about)
    shown = do(anna, "pattern", pattern=id)
    assert "The pilot “Versuch” is being prepared for it.\n[Show the pilot]" in shown
    assert "[Start a pilot]" not in do(chris, "pattern", pattern=id), "one is enough"
    sql = (
        "update pilots set state = 'stopped', learnt = 'Erst die Form' where workspace = :workspace"
    )
    bot.store(lambda tx: tx.within(DEMO).write(sql))
    shown = do(anna, "pattern", pattern=id)
    assert "Tried in the pilot “Versuch”.\nWhat we learnt: Erst die Form\n[Show the pilot]" in shown
    assert "[Start a pilot]" in do(chris, "pattern", pattern=id)
