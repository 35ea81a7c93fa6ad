"""Each requirement as its table says that it is verified, typed as a stranger would."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handlers.friction.assessment import advice, because
from handlers.kit.messages import Call
from handlers.kit.words import text
from storage.engine.ids import PatternId
from storage.friction import patterns
from tests.friction.test_patterns import do, members
from tests.pretend.stage import DEMO, Say, Stage, answered

HINTS = {
    "C03": ("interrupts", "Keeps interrupting", "Kommt ständig dazwischen"),
    "C04": ("unloved", "Nobody likes doing it", "Macht niemand gern"),
    "C05": ("again", "Done over and over", "Immer wieder dasselbe"),
    "C06": ("experience", "Only works with experience", "Geht nur mit Erfahrung"),
}
WANTED = {
    "Akten suchen": (
        "Ich suche jede Akte in vier Ordnern",
        "Auf dem Laufwerk findet man keine Datei wieder",
        "Verträge sucht hier jeder woanders",
    ),
    "Freigaben": (
        "Auf die Freigabe vom Einkauf warten wir Tage",
        "Bis eine Bestellung genehmigt ist, vergeht eine Woche",
        "Drei Unterschriften für jede Bestellung",
    ),
    "Kennwörter": (
        "Montags haben alle ihr Passwort vergessen",
        "Wieder ein vergessenes Kennwort zurückgesetzt",
        "Passwörter vergisst hier jeder zweite",
    ),
}
UNRELATED = (
    "Der Parkplatz ist um acht voll",
    "In der Halle zieht es",
    "Die Kantine macht zu früh zu",
    "Neue Stühle wären schön",
)


def language(me: Say, other: str) -> None:
    me(f"language {other}")


@pytest.mark.parametrize(
    ("typed", "kept", "noted"),
    [
        ("reibung Liefertermine werden abgetippt", "Liefertermine werden abgetippt", "Notiert."),
        ("friction we type dates twice", "we type dates twice", "Noted."),
        ("Reibung: Für jeden Urlaub drei Formulare", "Für jeden Urlaub drei Formulare", "Notiert."),
        ("FRICTION three forms", "three forms", "Noted."),
        ("reibung Für jeden Urlaub drei Formulare", "Für jeden Urlaub drei Formulare", "Notiert."),
        ("/reibung Die Termine tippen wir ab", "Die Termine tippen wir ab", "Notiert."),
        ("reibung bei jedem Auftrag zwei Mails", "bei jedem Auftrag zwei Mails", "Notiert."),
        ("friction the same list is typed twice", "the same list is typed twice", "Noted."),
        ("friction To find a file takes ages", "To find a file takes ages", "Noted."),
    ],
)
def test_c02_one_line_is_stored_and_confirmed_to_its_sender_only(
    anna: Say, bot: Stage, typed: str, kept: str, noted: str
) -> None:
    language(anna, "de" if noted == "Notiert." else "en")
    assert anna(typed).startswith(f"{noted}")
    assert bot.rows("select sentence from friction where workspace = :workspace") == [
        {"sentence": kept}
    ]
    assert bot.chat.ledger == [], "nobody else reads of it"
    form = bot.handle(bot.request("anna", "friction")).form
    assert form is not None
    assert [each.name for each in form.fields if each.required] == ["sentence"]


@pytest.mark.parametrize("id", list(HINTS))
@pytest.mark.parametrize("other", ["en", "de"])
def test_c03_to_c06_each_hint_is_a_chip_and_a_filter(
    anna: Say, chris: Say, bot: Stage, id: str, other: str
) -> None:
    language(anna, other)
    language(chris, other)
    value, english, german = HINTS[id]
    label = english if other == "en" else german
    anna("friction: tapped")
    anna.press(label)
    anna("friction")
    anna.fill(sentence="in the form", hint=value)
    others = [hint for hint, *_labels in HINTS.values() if hint != value]
    for each in others:
        anna("friction")
        anna.fill(sentence=f"another one {each}", hint=each)
    chris("friction: without any")
    chris.press(calls="friction list")
    chris.press(calls="form")  # the filter
    shown = chris.fill(hint=value)
    assert "tapped" in shown and "in the form" in shown
    assert "another one" not in shown and "without any" not in shown
    assert shown.count(label) == 3, "in the heading and at both"


def test_c07_nothing_is_rated_or_solved_when_it_is_noted(bot: Stage) -> None:
    form = bot.handle(bot.request("anna", "friction")).form
    assert form is not None
    assert [each.name for each in form.fields] == ["sentence", "hint", "area", "name"]


def proposed(chris: Say) -> list[set[str]]:
    """Return the sentences of each proposal that stands under the patterns."""
    found: list[set[str]] = []
    for row in chris("patterns").splitlines():
        if row == "These may say the same:":
            found.append(set())
        elif row.startswith("- "):
            found[-1].add(row.removeprefix("- "))
    return found


def test_c08_wanted_german_notes_are_proposed_unrelated_ones_not_and_undoing_restores_all(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    for at, each in enumerate([*(s for kind in WANTED.values() for s in kind), *UNRELATED]):
        (anna, ben)[at % 2](f"reibung: {each}")
    before = members(bot)
    found = proposed(chris)
    assert sorted(map(sorted, found)) == sorted(sorted(each) for each in WANTED.values())
    titles: list[str] = []
    for _each in WANTED:
        chris("patterns")
        chris.press("It is a pattern")
        chris.fill(title=f"Muster {len(titles)}")
        titles.append(f"Muster {len(titles)}")
    assert proposed(chris) == []
    one, two, three = (
        str(row["id"])
        for row in bot.rows("select id from patterns where workspace = :workspace order by title")
    )
    do(chris, "pattern merge", pattern=one, other=two)
    do(chris, "pattern split", pattern=three, which="1", title="Abgetrennt")
    do(chris, "pattern apart", pattern=one)
    for row in bot.rows("select id from patterns where workspace = :workspace"):
        do(chris, "pattern undo", pattern=str(row["id"]))
    assert members(bot) == before, "every note is as it was written, in no pattern"
    assert sorted(map(sorted, proposed(chris))) == sorted(map(sorted, found))


def test_c08_three_in_thirty_days(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    first, second, third = WANTED["Kennwörter"]
    anna(f"reibung: {first}")
    anna(f"reibung: {second}")
    assert proposed(chris) == [], "two are none"
    wind(minutes=31 * 24 * 60)
    anna(f"reibung: {third}")
    assert proposed(chris) == [], "the others are too old"
    for each in (first, second):
        anna(f"reibung: Schon wieder: {each}")
    assert len(proposed(chris)) == 1


@pytest.mark.parametrize("other", ["en", "de"])
def test_c09_the_result_is_reproduced_from_the_answers_that_are_kept(
    anna: Say, chris: Say, bot: Stage, other: str
) -> None:
    language(chris, other)
    for each in WANTED["Freigaben"]:
        anna(f"reibung: {each}")
    chris("patterns")
    chris.press(calls="pattern confirm")
    chris.fill(title="Freigaben")
    chris.press(calls="pattern ask")
    chris.press(calls="pattern taps")
    shown = chris.fill(
        regular="yes", structured="partly", ruled="yes", context="partly", judgement="edge",
        responsibility="no", relationship="no", changing="no", written="no",
    )  # fmt: skip
    id = str(bot.rows("select id from patterns where workspace = :workspace")[0]["id"])
    kept = bot.store(lambda tx: patterns.check(tx.within(DEMO), PatternId(id)))
    assert kept is not None
    results = {
        "en": "Let it be prepared, decide yourself.",
        "de": "Vorbereiten lassen, selbst entscheiden.",
    }
    assert advice(kept) == "prepare"
    assert shown.startswith(f"{results[other]}\n{text(because(kept), other)}")
    row = bot.rows("select checked_by, at from pattern_checks where workspace = :workspace")[0]
    assert row["checked_by"] == "chris" and row["at"]


@pytest.mark.parametrize("other", ["en", "de"])
def test_c12_the_answer_with_its_reason_goes_to_all_who_reported(
    anna: Say, ben: Say, carla: Say, chris: Say, bot: Stage, wind: Callable[..., None], other: str
) -> None:
    reporters = (anna, ben, carla)
    for me, each in zip(reporters, WANTED["Kennwörter"], strict=True):
        language(me, other)
        me(f"reibung: {each}")
    chris("patterns")
    chris.press(calls="pattern confirm")
    chris.fill(title="Kennwörter")
    chris.press(calls="pattern park")
    assert "is not enough here" in chris.fill(reason="tbd")
    assert "“!26” says nothing yet" in chris.fill(reason="!26")
    chris.fill(reason="Erst kommt die neue Anmeldung.")
    wind(to="2026-11-24 09:01")
    parked = {"en": "Parked, because: ", "de": "Zurückgestellt, weil: "}[other]
    for me in reporters:
        assert f"{parked}Erst kommt die neue Anmeldung." in me.sees()[-1]


def test_d21_what_no_rule_fits_waits_for_a_person_and_each_routing_names_its_rule(
    anna: Say, chris: Say, bot: Stage
) -> None:
    """Friction and incidents, in German, by words and by a field, corrected in one tap."""
    language(anna, "de")
    do(chris, "friction rule", area="Lager", words="Zettel", way="straight")
    do(chris, "friction rule", area="Büro", words="", hint="interrupts", way="straight")
    assert "Regel:" not in anna("reibung: Der Kaffee ist aus")
    shown = anna("reibung: Zettel fliegen herum")
    assert "Es geht an „Lager“, dort antwortet Chris.\nRegel: „Zettel“\n[Nicht Lager]" in shown
    anna("reibung: Wieder ein Anruf")
    assert "Regel: Kommt ständig dazwischen" in anna.press("Kommt ständig dazwischen")
    assert anna.press("Nicht Büro").startswith("Gut, das ordnet ein Mensch ein.")
    states = bot.rows("select target, state from rule_routings where workspace = :workspace")
    assert {each["target"]: each["state"] for each in states} == {
        "Lager": "open",
        "Büro": "corrected",
    }
    do(Say(bot, "carla"), "rule new", words="Gutschein", service="webshop", way="straight")
    assert "Regel: „Gutschein“\n[Nicht Webshop]" in anna("störung Gutschein geht nicht")
    assert "Regel:" not in anna("störung Im Keller riecht es")
    everybody = bot.handle(bot.request("chris", call=Call("friction list", {})))
    assert "Der Kaffee ist aus" in answered(everybody)


def test_c32_ten_things_that_are_due_on_one_day_are_one_message(
    anna: Say, carla: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Seven answers and three rules to check, of two rooms, in one bundle of one morning."""
    for area in ("Lager", "Büro", "Hof"):
        do(chris, "friction name", area=area, who="carla")
        do(carla, "friction accept", area=area)
        do(carla, "friction rule", area=area, words=f"Zettel{area}", way="straight")
        anna(f"friction: Zettel{area} fehlt")
    for number in range(7):
        carla(f"reibung: Thema {number} kostet Zeit")
        sql = "select id from friction where workspace = :workspace and sentence = :said"
        (row,) = bot.rows(sql, said=f"Thema {number} kostet Zeit")
        do(chris, "pattern confirm", notes=str(row["id"]), title=f"Thema {number}")
        (row,) = bot.rows(
            "select id from patterns where workspace = :workspace and title = :title",
            title=f"Thema {number}",
        )
        do(chris, "pattern answer", pattern=str(row["id"]), result="human", reason="Das bleibt so.")
    before = len(carla.sees())
    wind(to="2026-11-24 08:59")
    assert len(carla.sees()) == before
    wind(to="2026-11-24 09:01")
    assert len(carla.sees()) == before + 1
    told = carla.sees()[-1]
    assert told.startswith("10 Sachen für dich")
    assert told.count("Das bleibt so.") == 7 and told.count("Stimmt das?") == 3
    wind(to="2026-11-24 18:00")
    assert len(carla.sees()) == before + 1
