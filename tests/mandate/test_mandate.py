"""The mandate: drafted, released by two people, read without names, and at its end renewed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handlers.kit.messages import Call
from storage import mandate
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine.ids import PersonId, PlaceId
from tests.pretend.stage import Say, Stage, answered

FOUR = {
    "problems": "Angebote dauern zu lange.",
    "levers": "Weniger abtippen.",
    "risks": "Keine Kundendaten nach draußen.",
    "along": "Wer es macht, entscheidet mit.",
}
RAILS = {
    "data": "Kundendaten bleiben im Haus.",
    "security": "Die IT fragt zuerst.",
    "responsibility": "Über Geld entscheidet eine Person.",
    "communication": "Das Team hört es zuerst.",
}


def do(who: Say, word: str, /, **values: str) -> str:
    request = who.stage.request(who.id, call=Call(word, values), submitted=True)
    answer = who.stage.handle(request)
    who.stage.carry()
    return answered(answer)


def drafted(chris: Say, *, without: str = "") -> str:
    """Fill a draft, but for one thing; return how it is called in buttons."""
    do(chris, "mandate edit", goals="Schneller liefern")
    do(chris, "mandate questions", **{k: v for k, v in FOUR.items() if k != without})
    if without != "guardrails":
        do(chris, "mandate guardrails", **RAILS)
    do(chris, "mandate candidates", areas="Service\nVersand\nEinkauf\nBüro\nLager")
    id: str = chris.stage.rows(
        "select id from mandates where workspace = :workspace and state = 'draft'"
    )[0]["id"]
    do(chris, "mandate choose", mandate=id, area="service")
    if without != "areas":
        do(chris, "mandate choose", mandate=id, area="versand")
    if without != "valid_until":
        do(chris, "mandate until", day="2027-03-31")
    if without != "it":
        do(chris, "mandate it", who="ben")
    return id


def released(chris: Say, ben: Say) -> str:
    id = drafted(chris)
    do(chris, "mandate release", mandate=id)
    do(ben, "mandate agree", mandate=id)
    return id


def focus(bot: Stage) -> list[str]:
    found: list[str] = bot.store(lambda tx: list(mandate.focus(tx).values()))
    return found


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("problems", "Which problems does it solve?"),
        ("levers", "Where is the greatest lever?"),
        ("risks", "Which risks do we take, and which not?"),
        ("along", "How do we take people along?"),
        ("guardrails", "the four guardrails"),
        ("areas", "two or three chosen areas"),
        ("valid_until", "until when it is valid"),
        ("it", "who confirms for the IT"),
    ],
)
def test_it_cannot_be_released_with_one_thing_missing(
    chris: Say, bot: Stage, without: str, said: str
) -> None:
    id = drafted(chris, without=without)
    assert do(chris, "mandate release", mandate=id).startswith(f"Still missing: {said}")
    assert bot.rows("select lead_by from mandates where workspace = :workspace") == [
        {"lead_by": None}
    ]


def test_one_confirmation_leaves_it_a_draft_and_two_release_it(
    chris: Say, ben: Say, anna: Say, bot: Stage
) -> None:
    id = drafted(chris)
    assert focus(bot) == []
    assert "until then it is a draft" in do(chris, "mandate release", mandate=id)
    assert "Nobody has released it yet" in anna("mandate")
    assert "Do you confirm it for the IT?" not in anna("status")
    assert do(anna, "mandate agree", mandate=id) == "Confirms for the IT: Ben."
    assert ben.press("Für die IT bestätigen").startswith("Das Mandat ist bis")
    assert "released by Chris and, for the IT, Ben." in anna("mandate")
    assert focus(bot) == ["Service", "Versand"]  # only now
    assert any("Mandat" in each for each in bot.sees("leitung"))


def test_the_it_may_confirm_first_and_the_same_person_never_does_both(
    chris: Say, ben: Say, bot: Stage
) -> None:
    id = drafted(chris)
    do(chris, "settings manager", person="carla")
    do(chris, "mandate it", who="chris")
    assert do(chris, "mandate agree", mandate=id).startswith("Confirmed for the IT")
    assert do(chris, "mandate release", mandate=id).startswith("You confirm for the IT.")
    assert bot.rows("select state from mandates where workspace = :workspace") == [
        {"state": "draft"}
    ]


def test_the_only_manager_is_not_chosen_for_the_it_where_nobody_else_could_release(
    chris: Say, ben: Say, bot: Stage
) -> None:
    id = drafted(chris)
    said = do(chris, "mandate it", who="chris")
    assert said.startswith("Chris confirms for the leadership, as nobody else does here.")
    do(chris, "mandate release", mandate=id)
    assert do(ben, "mandate agree", mandate=id).startswith("Das Mandat ist bis")


def test_a_draft_says_who_is_to_confirm_for_the_it_and_then_who_has(
    chris: Say, ben: Say, bot: Stage
) -> None:
    id = drafted(chris)
    draft = do(chris, "mandate draft")
    assert "Is to confirm for the IT: Ben" in draft and "Confirmed for the IT" not in draft
    do(ben, "mandate agree", mandate=id)
    draft = do(chris, "mandate draft")
    assert "Is to confirm" not in draft and "Confirmed for the IT: Ben" in draft
    said = do(ben, "mandate draft")
    assert "Bestätigt für die IT: Ben" in said and said.count("Ben") == 1


def test_who_confirms_for_the_it_finds_the_draft_in_the_mandate(
    chris: Say, ben: Say, anna: Say, bot: Stage
) -> None:
    drafted(chris)
    ben("mandat")
    ben.press("Entwurf zeigen")
    assert "Für die IT bestätigen" in ben.press("Entwurf zeigen")
    assert "Show the draft" not in anna("mandate")


def test_a_question_that_waits_for_the_start_of_work_stands_in_the_status_once(
    chris: Say, ben: Say, anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = drafted(chris)
    wind(to="2026-11-28 10:00")  # a Saturday
    do(chris, "mandate release", mandate=id)
    assert ben("stand").count("Mandat") == 1
    assert ben.press("Für die IT bestätigen").startswith("Das Mandat ist bis")
    do(anna, "mandate ask", words="Gilt das auch außen?")
    assert chris("status").count("Gilt das auch außen?") == 1
    wind(to="2026-11-30 09:30")
    assert chris("status").count("Gilt das auch außen?") == 1


def test_the_end_of_the_mandate_waits_for_the_managers_until_there_is_a_new_one(
    chris: Say, ben: Say, anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    released(chris, ben)
    wind(to="2027-03-22 10:00")
    assert chris("status").count("then it needs a new release") == 1
    assert "release" not in anna("status")
    wind(to="2027-04-06 10:00")
    assert "has ended" in chris("status")
    chris.press("Draft the next one")


@pytest.mark.parametrize("between", [", ", "; ", ";", "\n"])
def test_areas_may_stand_in_one_line_and_five_are_the_most(
    chris: Say, bot: Stage, between: str
) -> None:
    drafted(chris)
    six = ("Einkauf", "Service", "Versand", "Lager", "Vertrieb", "Büro")
    refused = do(chris, "mandate candidates", areas=between.join(six))
    assert refused.startswith("Please keep it to five areas.")
    assert "Choose Lager" in do(chris, "mandate candidates", areas=between.join(six[:5]))
    refused = do(chris, "mandate edit", goals="Schneller", focus=between.join(six[:4]))
    assert refused.startswith("Three areas fit into the focus.")


def test_a_change_asks_both_again(chris: Say, ben: Say, bot: Stage) -> None:
    id = drafted(chris)
    do(chris, "mandate release", mandate=id)
    do(chris, "mandate choose", mandate=id, area="einkauf")
    assert do(ben, "mandate agree", mandate=id).startswith("Für die IT bestätigt")
    assert focus(bot) == []
    do(chris, "mandate release", mandate=id)
    assert focus(bot) == ["Einkauf", "Service", "Versand"]


def test_a_fourth_area_is_refused_with_a_swap(chris: Say, bot: Stage) -> None:
    id = drafted(chris)
    do(chris, "mandate choose", mandate=id, area="einkauf")
    chris("mandate")
    chris.press("Draft")
    said = chris.press("Choose Lager")
    assert said.startswith("Three areas fit into the focus. Which one gives way to “Lager”?")
    chris.press("Instead of Service")
    chosen = bot.rows(
        "select area from mandate_candidates where workspace = :workspace and chosen = 1"
    )
    assert {each["area"] for each in chosen} == {"Versand", "Einkauf", "Lager"}
    assert do(chris, "mandate candidates", areas="a\nb\nc\nd\ne\nf").startswith(
        "Please keep it to five areas."
    )


def test_once_released_the_focus_moves_only_by_two_confirmations(
    chris: Say, ben: Say, bot: Stage
) -> None:
    released(chris, ben)
    do(chris, "mandate edit", goals="Schneller liefern", focus="Lager\nVersand")
    assert focus(bot) == ["Service", "Versand"]
    id = bot.rows("select id from mandates where workspace = :workspace and state = 'draft'")[0][
        "id"
    ]
    do(chris, "mandate until", day="2027-06-30")
    do(chris, "mandate release", mandate=id)
    do(ben, "mandate agree", mandate=id)
    assert focus(bot) == ["Lager", "Versand"]
    states = bot.rows("select state from mandates where workspace = :workspace order by state")
    assert [each["state"] for each in states] == ["released", "replaced"]


def test_the_it_objects_and_the_leadership_reads_why(chris: Say, ben: Say, bot: Stage) -> None:
    id = drafted(chris)
    do(chris, "mandate release", mandate=id)
    ben.press("Noch nicht, weil")
    ben.fill(why="Die Leitplanke zu Daten fehlt.")
    assert any("Die Leitplanke zu Daten fehlt." in each for each in chris.sees())
    do(ben, "mandate agree", mandate=id)
    assert bot.rows("select state from mandates where workspace = :workspace") == [
        {"state": "draft"}
    ]


def test_it_warns_fourteen_days_ahead_and_in_the_digest(
    chris: Say, ben: Say, anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    released(chris, ben)
    wind(to="2027-03-16 12:00")
    assert not any("The mandate is valid until" in each for each in chris.sees())
    anna("incident Kasse tot")  # else the week is told in two lines
    assert "Mandate (valid until" in chris("digest")
    wind(to="2027-03-17 12:00")
    assert sum("The mandate is valid until" in each for each in chris.sees()) == 1
    assert "The mandate is valid until" in chris("digest")
    assert "[Draft the next one]" in chris("digest")
    assert "[Draft the next one]" not in anna("digest")
    wind(to="2027-04-01 12:00")
    assert sum("The mandate is valid until" in each for each in chris.sees()) == 1
    assert "It was valid until" in anna("mandate")


def test_who_read_it_is_counted_from_five_on_and_nobody_is_named(
    chris: Say, ben: Say, anna: Say, carla: Say, bot: Stage
) -> None:
    id = released(chris, ben)
    for who in (chris, ben, anna, carla):
        do(who, "mandate read", mandate=id)
        do(who, "mandate read", mandate=id)  # twice is once
    assert "people have read it" not in anna("mandate")
    assert "I have read it" not in anna("mandate")
    stored = bot.rows("select * from mandate_reads where workspace = :workspace")
    assert len(stored) == 4
    assert not any(who in str(stored) for who in ("anna", "ben", "carla", "chris"))
    trail = bot.rows(
        "select person_key from audit where workspace = :workspace and command = 'mandate read'"
    )
    assert {each["person_key"] for each in trail} == {"nobody"}
    do(Say(bot, "dora"), "mandate read", mandate=id)


def test_a_question_reaches_the_leadership_and_its_answer_comes_back(
    chris: Say, ben: Say, anna: Say, bot: Stage
) -> None:
    released(chris, ben)
    anna("mandate")
    anna.press("I have a question")
    anna.fill(words="Gilt das auch für den Außendienst?")
    assert "Gilt das auch für den Außendienst?" in chris("status")
    chris.press("Answer", about="asks about the mandate")
    chris.fill(words="Ja, ab Januar.")
    assert "Ja, ab Januar." in anna.sees()[-1]
    assert "Außendienst" not in chris("status")


def test_the_answers_of_half_a_day_stand_in_the_draft_unchanged(
    chris: Say, anna: Say, bot: Stage
) -> None:
    odd = {key: f"  «{value}» – genau so,\n  mit Zeile" for key, value in FOUR.items()}
    chris("mandate")
    chris.press("Half-day session")
    chris.press("Four questions")
    do(chris, "mandate questions", **odd)
    chris.press("Candidate areas")
    chris.fill(areas="Service\nVersand")
    chris.press("Use cases")
    chris.fill(cases="Angebote vorbereiten\nMails sortieren")
    chris.press("Who does what by when")
    chris.fill(item="Ausgangswert messen", who="anna", due="2026-12-04")
    agenda = chris.sees()[0]
    assert agenda.splitlines()[0] == "Half a day for the mandate"
    assert "4 of 4 answered" in agenda and "Ausgangswert messen" in agenda
    draft = chris.press("Show the draft")
    for value in odd.values():
        assert value.strip() in draft
    assert "Angebote vorbereiten and Mails sortieren" in draft
    assert chris("mandate").count("Ausgangswert messen") == 1


def test_one_card_with_everything_as_long_as_it_may_be_fits_one_message(
    chris: Say, ben: Say, anna: Say, bot: Stage
) -> None:
    """The stage refuses what neither Slack nor Teams would show."""
    long = ("Sehr lange Antwort mit Umlauten äöü " * 20)[:300]
    drafted(chris)
    do(chris, "mandate questions", **dict.fromkeys(FOUR, long))
    do(chris, "mandate guardrails", **dict.fromkeys(RAILS, (long * 2)[:500]))
    goals = "\n".join(f"{'Ziel ' * 15}{n}" for n in range(7))
    do(chris, "mandate edit", goals=goals, focus="Service\nVersand\nLager")
    for number in range(8):
        do(chris, "stop", what=f"{'Was ' * 28}{number}", until="2027-01-31", why="Wegen " * 30)
        do(chris, "mandate action", item=f"{'Tun ' * 28}{number}", who="ben", due="2026-12-04")
    id = bot.rows("select id from mandates where workspace = :workspace and state = 'draft'")[0][
        "id"
    ]
    do(chris, "mandate release", mandate=id)
    do(ben, "mandate agree", mandate=id)
    assert "and 3 more" in anna("mandate")
    assert bot.sees("leitung")


def test_a_member_drafts_nothing(anna: Say, bot: Stage) -> None:
    assert do(anna, "mandate draft").startswith("Managers do this here.")
    assert bot.rows("select id from mandates where workspace = :workspace") == []


def test_what_serves_no_goal_lowers_the_share_by_exactly_its_part(
    chris: Say, ben: Say, bot: Stage
) -> None:
    do(chris, "mandate edit", goals="Schneller liefern")
    for name in ("Abgleich", "Urlaubsliste"):
        ben("auto neu")
        ben.fill(
            name=name, purpose="Gleicht ab", not_for="Mahnungen", accountable="ben",
            deputy="carla", rhythm="2",
        )  # fmt: skip
    assert "Serve a goal: 0 of 2 pilots and automations." in chris("mandate")
    assert "[Mit einem Ziel verbinden]" in ben("auto Abgleich")
    assert do(ben, "mandate link", automation="Abgleich", goal="Schneller liefern").startswith(
        "„Abgleich“ dient"
    )
    assert "[Mit einem Ziel verbinden]" not in ben("auto Abgleich")
    said = chris("mandate")
    assert "Serve a goal: 1 of 2 pilots and automations. Without one: Urlaubsliste." in said
    assert "1 of 2 pilots and automations serves no goal" in chris("digest")
    chris.press("Link an automation to a goal")  # what leads there is on the card
    assert chris.form is not None and [each.name for each in chris.form.fields] == [
        "automation", "goal"
    ]  # fmt: skip
    values = {"automation": "Urlaubsliste", "goal": "Schneller liefern"}
    refusal = do(Say(bot, "anna"), "mandate link", **values)
    assert refusal.startswith("Whoever answers for")


def test_a_pilot_without_a_mandate_that_holds_carries_a_mark(
    chris: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    do(chris, "mandate edit", goals="Schneller")
    do(chris, "pilot new", name="Triage", problem="Anfragen liegen zwei Tage.", goal="Schneller")
    assert "Mandate: ⚠ none holds at present" in chris("pilot Triage")
    released(chris, ben)
    assert "Mandate: valid until Wed 31 Mar 2027" in chris("pilot Triage")
    wind(to="2027-04-01 00:01")
    assert "Mandate: ⚠ none holds at present" in chris("pilot Triage")


@pytest.mark.parametrize("release", [False, True])
def test_one_area_is_no_focus(chris: Say, ben: Say, bot: Stage, release: bool) -> None:
    if release:
        released(chris, ben)
    before = focus(bot)
    said = do(chris, "mandate edit", goals="Schneller liefern", focus="Lager")
    assert said == "Two or three areas make a focus. Please name one more, or none yet."
    assert focus(bot) == before
    assert bot.rows("select id from mandates where workspace = :workspace and state='draft'") == []


def test_guardrails_that_read_as_before_are_no_new_version(
    chris: Say, ben: Say, bot: Stage
) -> None:
    do(chris, "mandate guardrails", **RAILS)
    do(ben, "mandate confirm", version="v1")
    said = do(chris, "mandate guardrails", **RAILS)
    assert said == "The guardrails read as before; v1 stays."
    assert bot.rows("select version from guardrails where workspace = :workspace") == [
        {"version": "v1"}
    ]
    assert "Leitplanken" not in ben("stand")


def test_a_new_version_is_asked_about_once_of_everybody(
    chris: Say, ben: Say, anna: Say, carla: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    do(chris, "mandate guardrails", **RAILS)
    do(ben, "mandate confirm", version="v1")
    before = {who.id: len(who.sees()) for who in (anna, ben, carla, chris)}
    do(chris, "mandate guardrails", **{**RAILS, "data": "Gar keine Daten nach draußen."})
    do(chris, "mandate guardrails", **{**RAILS, "data": "Keine Daten nach draußen."})
    assert ben("stand").count("Leitplanken gelesen") == 1, "once, and with its one tap"
    wind(to="2026-11-24 09:01")
    told = {who.id: who.sees()[before[who.id] :] for who in (anna, ben, carla, chris)}
    assert told["chris"] == [], "who wrote them has read them"
    assert [len(told[each]) for each in ("anna", "carla")] == [1, 1]
    assert "There are guardrails" not in told["anna"][0] and "v3" in told["anna"][0]
    assert len(told["ben"]) == 1 and told["ben"][0].count("Leitplanken") == 2
    assert "v3" in told["ben"][0] and "v2" not in told["ben"][0]
    assert ben.press("Leitplanken gelesen", at="@ben").startswith("Bestätigt.")
    assert ben.sees()[-1] == "Alles davon ist erledigt. Danke."
    assert "Leitplanken" not in ben("stand")
    kept = bot.rows(
        "select version from guardrail_confirmations where workspace = :workspace"
        " and person = 'ben' order by version"
    )
    assert [each["version"] for each in kept] == ["v1", "v3"], "the earlier one stays"


def test_areas_of_the_focus_are_listed_in_lines_or_with_commas(chris: Say, bot: Stage) -> None:
    for said in ("Service\nVersand", "Service, Versand", "Service ,Versand,"):
        do(chris, "mandate edit", goals="Schneller, besser", focus=said)
        rows = bot.rows("select area from mandate_areas where workspace = :workspace order by area")
        assert [each["area"] for each in rows] == ["Service", "Versand"], said
        (goal,) = bot.rows("select name from mandate_goals where workspace = :workspace")
        assert goal["name"] == "Schneller, besser"


@pytest.mark.parametrize("words", ["A", "ä", "7", "xx", "TBD", "-"])
@pytest.mark.parametrize("rail", sorted(RAILS))
def test_a_guardrail_says_something(chris: Say, rail: str, words: str) -> None:
    said = do(chris, "mandate guardrails", **{**RAILS, rail: words})
    assert said.startswith(f"“{words}” is not enough here.")


def test_whoever_is_new_is_asked_to_confirm_in_their_bundle(chris: Say, bot: Stage) -> None:
    do(chris, "mandate guardrails", **RAILS)
    do(chris, "mandate guardrails", **{**RAILS, "data": "Gar keine Daten nach draußen."})
    dora = Say(bot, "dora")
    dora("help")
    bot.store(
        lambda tx: places.ensure(
            tx, PlaceId("local:@dora"), PlaceKind.DIRECT, "Dora", person=PersonId("dora")
        )
    )
    assert dora.sees() == []
    bot.wind(minutes=60 * 24)
    (told,) = dora.sees()
    assert "There are guardrails now" in told or "Es gibt jetzt Leitplanken" in told
    dora.press(calls="mandate confirm")
    bot.wind(minutes=60 * 48)
    assert len(dora.sees()) == 1, "once"
    two = Say(bot, "emil")
    two("help")
    rows = bot.rows("select person, noted_at from matters where workspace = :workspace")
    (noted,) = [each["noted_at"] for each in rows if each["person"] == "emil"]
    assert str(noted) < bot.clock.now().isoformat()[:13], "the day alone"
