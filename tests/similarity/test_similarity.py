"""Finding the same thing again: German, English, typos, compounds, and why."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import repeats
from handlers.incidents import triage
from handlers.incidents.recurrence import Ahead
from handlers.kit.context import Context
from handlers.similarity import Match, cache, find_similar, is_near_same
from handlers.similarity.distance import word_similarity
from handlers.similarity.glossary import read_glossary
from handlers.similarity.index import GATHERED, Index
from handlers.similarity.terms import word_of, words
from handlers.similarity.vocabulary import Vocabulary
from storage import incidents, similarity
from storage.engine import Database, Tx
from storage.engine.ids import IncidentNumber, PersonId, ServiceId
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from storage.incidents import transitions as states
from storage.incidents.states import Severity
from storage.rules import Rule
from storage.services import Service
from tests.pretend.stage import DEMO, MONDAY, Say, Stage, furnish

OTHERS = (
    "Heizung im Büro kalt", "Invoice has the wrong date", "Parkplatzschranke klemmt",
    "Payroll export fails", "Kaffeemaschine tropft", "VPN very slow", "Tor 3 öffnet nicht",
)  # fmt: skip


def declare(
    tx: Tx, number: IncidentNumber, title: str, service: str = "drucker", days: float = 1
) -> None:
    """Store an incident of so many days ago."""
    incidents.add(
        tx,
        number=number,
        title=title,
        service=ServiceId(service),
        gap=False,
        severity=Severity.NORMAL,
        declared_by=PersonId("anna"),
        declared_in=None,
        responsible=PersonId("ben"),
        now=MONDAY - timedelta(days=days),
    )


def company(tx: Tx, *titles: str, workspace: str = DEMO) -> Tx:
    """Make a company with incidents of these titles, numbered from 1, among unlike ones."""
    furnish(tx, workspace, MONDAY)
    tx = tx.within(workspace)
    for number, title in enumerate((*titles, *OTHERS), 1):
        declare(tx, IncidentNumber(number), title)
    return tx


def ask(tx: Tx, title: str, service: str | None = "drucker", **more: Any) -> list[Match]:
    named = ServiceId(service) if service is not None else None
    return find_similar(tx, title, service=named, now=MONDAY, **more)


def test_a_negation_alone_is_no_reason(database: Database) -> None:
    def found(tx: Tx) -> list[Match]:
        return ask(company(tx, "Kasse 2 nimmt keine Karten"), "Kasse druckt nicht")

    assert database.transact(found)[0].words == ("Kasse",)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Etikettendrucker offline", "Label printer is down"),
        ("Etikettendrucker offline", "der etikettendruker ist schon wieder ofline"),
        ("Kühlraum zu warm", "KUEHLRAUM zu warm"),
        ("Gabelstapler startet nicht", "Staplerausfall: Gabelstapler springt nicht an"),
        ("Förderband steht", "conveyor belt stopped"),
        ("Rechnungsdruck hängt", "Rechnungen werden nicht gedruckt"),
        ("customers cannot log in", "Kundenanmeldung geht nicht"),
        ("Zeiterfassungsterminal defekt", "time clock terminal broken"),
    ],
)
def test_the_same_in_other_words_is_found_first(before: str, now: str) -> None:
    with closing(Sqlite()) as database:
        found = database.transact(lambda tx: ask(company(tx, before), now))
    assert found[0].number == 1
    assert found[0].sure


def test_it_says_why_only_with_words_that_both_have(database: Database) -> None:
    def work(tx: Tx) -> list[Match]:
        return ask(company(tx, "Etikettendrucker in Halle 2 ausgefallen"), "Label printer is down")

    best = database.transact(work)[0]
    assert (best.number, best.same_service, best.service) == (1, True, "drucker")
    assert best.words == ()


def test_another_number_is_another_thing(database: Database) -> None:
    def work(tx: Tx) -> list[Match]:
        tx = company(tx, "Kasse 3 druckt keinen Bon", "Kasse 4 druckt keinen Bon")
        return ask(tx, "Kasse 4 druckt keinen Bon")

    found = database.transact(work)
    assert [(each.number, each.sure) for each in found[:2]] == [(2, True), (1, False)]


def test_each_company_finds_its_own(database: Database) -> None:
    def work(tx: Tx) -> tuple[list[Match], list[Match]]:
        ours, theirs = company(tx, "Presse 7 verliert Öl"), company(tx, workspace="other")
        return ask(ours, "Presse 7 verliert Öl"), ask(theirs, "Presse 7 verliert Öl")

    ours, theirs = database.transact(work)
    assert ours[0].number == 1
    assert "Presse" not in {word for each in theirs for word in each.words}


def test_what_is_withdrawn_or_excluded_is_not_found(database: Database) -> None:
    def work(tx: Tx) -> None:
        tx = company(tx, "Waage zeigt falsches Gewicht", "Die Waage zeigt ein falsches Gewicht")
        assert {each.number for each in ask(tx, "Waage falsch")[:2]} == {1, 2}
        assert ask(tx, "Waage falsch", except_=2)[0].number == 1
        assert 2 not in {each.number for each in ask(tx, "Waage falsch", except_=2)}
        assert states.withdraw(tx, IncidentNumber(1), PersonId("anna"), MONDAY - timedelta(days=3))
        assert 1 not in {each.number for each in ask(tx, "Waage falsch")}

    database.transact(work)


def test_a_move_to_another_service_is_known(database: Database) -> None:
    def work(tx: Tx) -> None:
        tx = company(tx, "Bonrolle klemmt")
        assert not ask(tx, "Bonrolle klemmt", "kasse")[0].same_service
        incidents.move(tx, IncidentNumber(1), ServiceId("kasse"), PersonId("ben"))
        assert ask(tx, "Bonrolle klemmt", "kasse")[0].same_service

    database.transact(work)


def test_what_was_never_stored_is_forgotten(database: Database) -> None:
    class Stop(Exception):
        pass

    def work(tx: Tx) -> None:
        tx = tx.within(DEMO)
        declare(tx, IncidentNumber(50), "Kran im Hof steht schief")
        assert ask(tx, "Kran im Hof steht schief")[0].number == 50
        raise Stop

    database.transact(lambda tx: company(tx))
    with pytest.raises(Stop):
        database.transact(work)
    found = database.read(lambda tx: ask(tx.within(DEMO), "Kran im Hof steht schief"))
    assert 50 not in {each.number for each in found}


@pytest.fixture(params=["file", "postgres"])
def beside(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a store of which several can read at the same time."""
    if request.param == "postgres":
        yield request.getfixturevalue("postgres")
        return
    with closing(Sqlite(tmp_path / "lotse.db")) as database:
        yield database


def test_who_looks_at_an_older_moment_lets_nobody_read_everything_again(beside: Database) -> None:
    begun, learnt = threading.Event(), threading.Event()

    def late(tx: Tx) -> tuple[list[Match], list[Match]]:
        tx = tx.within(DEMO)
        before = similarity.since(tx, 0)  # from here on it sees nothing newer
        begun.set()
        assert learnt.wait(30)
        assert similarity.since(tx, 0) == before
        return ask(tx, "Kran steht schief"), ask(tx, "Parkplatzschranke klemmt")

    beside.transact(lambda tx: company(tx))
    beside.read(lambda tx: ask(tx.within(DEMO), "x"))
    kept = beside.beside["similarity"].of(DEMO)
    index = kept.index
    reading = beside.submit_read(late)
    assert begun.wait(30)
    beside.transact(lambda tx: declare(tx.within(DEMO), IncidentNumber(50), "Kran steht schief"))
    beside.read(lambda tx: ask(tx.within(DEMO), "x"))
    learnt.set()
    crane, barrier = reading.result(30)
    assert (crane[0].number, barrier[0].number) == (50, 3)
    assert kept.index is index, "what was read in is not thrown away"


def test_another_process_s_incidents_are_found(postgres: Postgres) -> None:
    postgres.transact(lambda tx: company(tx))
    with closing(Postgres(postgres.url)) as other:
        title = "Ofen 2 wird nicht heiß"
        assert 50 not in {e.number for e in other.read(lambda tx: ask(tx.within(DEMO), title))}
        postgres.transact(lambda tx: declare(tx.within(DEMO), IncidentNumber(50), title))
        assert other.read(lambda tx: ask(tx.within(DEMO), title))[0].number == 50


def test_a_large_company_is_read_in_parts_the_newest_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PART", 3)

    def work(tx: Tx) -> list[set[int]]:
        tx = company(tx, "Sensor tot")
        return [{each.number for each in ask(tx, f"Sensor tot {OTHERS[-1]}")} for _part in range(4)]

    first, *_between, last = database.transact(work)
    assert len(OTHERS) + 1 in first
    assert 1 not in first
    assert 1 in last


def test_only_so_much_is_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", len(OTHERS) + 1)

    def work(tx: Tx) -> set[str]:
        for name in ("one", "two", "three"):
            ask(company(tx, workspace=name), "VPN")
        held = tx.beside["similarity"]._held
        assert ask(tx.within("one"), "VPN very slow")[0].words == ("VPN", "slow")
        return set(held)

    with closing(Sqlite()) as database:
        assert database.transact(work) == {"one"}


def test_a_change_of_the_same_incident_gets_the_next_version(database: Database) -> None:
    def work(tx: Tx) -> list[tuple[int, int]]:
        tx = company(tx)
        similarity.note(tx, IncidentNumber(1))
        return [(each.version, each.number) for each in similarity.since(tx, len(OTHERS))]

    assert database.transact(work) == [(len(OTHERS), len(OTHERS)), (len(OTHERS) + 1, 1)]


# --- any text ----------------------------------------------------------------------------

ANY = st.text(max_size=60) | st.text("äöüß AB09.-_:!?", max_size=30)


@settings(max_examples=150, deadline=None)
@given(ANY, ANY, st.lists(ANY, max_size=5))
@example("???", "!!!", ["???"])
@example("geht nicht", "x", ["nicht", "geht nicht mehr"])
@example("I", "a", ["A", "1"])
def test_the_same_title_of_the_same_service_is_always_first_and_sure(
    title: str, other: str, more: list[str]
) -> None:
    index = Index()
    for number, each in enumerate((title, other, *more)):
        index.add(IncidentNumber(number), each, ServiceId("s"), 1.0)
    index.add(IncidentNumber(99), title, ServiceId("another"), 2.0)
    found = index.search(title, ServiceId("s"), 100.0, 10)
    if not title.strip():
        assert found == []
        return
    assert found[0].same_text and found[0].same_service and found[0].numbers_fit
    assert all(0 <= each.score <= 1.001 for each in found)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(sorted(read_glossary().ideas)) | ANY, min_size=2, max_size=8))
def test_the_lists_find_what_comparing_finds(texts: list[str]) -> None:
    known = {word.key: word for text in texts[1:] for word in words(text)}
    vocabulary = Vocabulary()
    ids = {vocabulary.add(word): word for word in known.values()}
    for asked in words(texts[0]):
        by_list = vocabulary.close_to(asked)
        for id, word in ids.items():
            assert by_list.get(id, 0.0) == pytest.approx(word_similarity(asked, word), abs=1e-5)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(sorted(read_glossary().ideas)) | ANY, min_size=2, max_size=12))
def test_what_is_close_is_remembered_and_grows_with_what_is_learnt(texts: list[str]) -> None:
    vocabulary = Vocabulary()
    asked = words(texts[0])
    for text in texts[1:]:
        for word in words(text):
            vocabulary.add(word)
        for word in asked:
            near, anew = vocabulary.near(word), vocabulary.close_to(word)
            assert near.shares == pytest.approx(anew)
            assert dict(zip(near.ids.tolist(), near.worths, strict=True)) == pytest.approx(anew)


def test_of_many_that_are_as_like_so_many_are_compared_as_are_to_be() -> None:
    index = Index()
    for number in range(1, 2 * GATHERED):
        index.add(IncidentNumber(number), "Tor 3 klemmt", ServiceId("s"), 1.0)
    index.add(IncidentNumber(5000), "Tor 3 klemmt an der Rampe", ServiceId("s"), 1.0)
    slots, shares = index._gathered(index._taken_apart("Tor 3 klemmt an der Rampe"))
    assert len(slots) == GATHERED
    assert (slots[-1], shares[-1]) == (2 * GATHERED - 1, shares.max())


@pytest.mark.parametrize(
    ("word", "ideas"),
    [
        ("druckt", {"#drucker"}),
        ("gedruckt", {"#drucker"}),
        ("Lizenzserver", {"#lizenz", "#server"}),
        ("Rechnungsdruck", {"#rechnung", "#drucker"}),
        ("angemeldet", {"#anmeldung"}),
        ("printers", {"#drucker"}),
        ("VA01", set()),
    ],
)
def test_words_are_taken_apart(word: str, ideas: set[str]) -> None:
    found = word_of(word)
    assert found is not None
    assert found.ideas | found.part_ideas >= ideas


def test_every_line_of_the_glossary_joins_both_languages() -> None:
    for line in read_glossary_lines():
        german, bar, english = line.partition("|")
        assert bar and german.split() and english.split(), line


def read_glossary_lines() -> list[str]:
    from handlers.similarity.glossary import GLOSSARY

    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and line[0] not in "#["]


# --- how well ----------------------------------------------------------------------------


def test_the_labelled_set_is_found_as_well_as_it_was() -> None:
    got = repeats.measure(repeats.Lotse(), repeats.reports("deen_public.csv"))
    assert got.recall1 >= 0.90
    assert got.recall5 >= 0.96
    assert (got.same or 0) >= 0.97
    assert (got.across or 0) >= 0.93
    assert (got.precision or 0) >= 0.85
    assert (got.recall or 0) >= 0.60


def test_the_second_set_is_the_one_that_was_committed_before_any_tuning() -> None:
    found = hashlib.sha256((repeats.DATA / "trades.csv").read_bytes()).hexdigest()
    assert found in (repeats.DATA / "README.md").read_text(encoding="utf-8")


# --- triage ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "service"),
    [
        ("Kasse 3 geht nicht", "Kasse"),
        ("Etikettendruker streikt", "Etikettendrucker"),
        ("Es regnet rein", None),
    ],
)
def test_the_service_is_guessed_from_its_names(
    bot: Stage, anna: Say, title: str, service: str | None
) -> None:
    answer = anna(f"incident {title}")
    if service is None:
        assert "I recognised no service in it" in answer
    else:
        assert f"is accountable for {service}" in answer


def test_the_service_is_guessed_from_what_was_said_before(bot: Stage, anna: Say) -> None:
    anna("incident Warenkorb plötzlich leer")
    anna.press("Change service")
    assert "INC-1 is about Webshop now" in anna.fill(service="Webshop")
    assert "is accountable for Webshop" in anna("incident cart suddenly empty")


# --- ahead of the transaction --------------------------------------------------------------


def test_declaring_reads_ahead_from_words_buttons_and_forms(
    bot: Stage, anna: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    handed_in = triage.handed_in

    def looked(ctx: Context, title: str, service: Service | None) -> Ahead:
        found = handed_in(ctx, title, service)
        seen.append([each.number for each in found.matches])
        return found

    monkeypatch.setattr(triage, "handed_in", looked)
    anna("incident Etikettendrucker offline")
    anna("incident Etikettendrucker wieder offline")
    anna("incident")
    anna.fill(title="label printer offline")
    assert seen == [[], [1], [2, 1]]


def test_the_service_is_guessed_once_and_before_the_transaction(
    bot: Stage, anna: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    guessed: list[str] = []
    named = triage.named

    def counting(ctx: Context, title: str) -> tuple[Service | None, Rule | None]:
        guessed.append(title)
        return named(ctx, title)

    monkeypatch.setattr(triage, "named", counting)
    anna("incident Etikettendrucker offline")
    assert guessed == ["Etikettendrucker offline"]


def test_it_goes_on_without_when_reading_fails_or_takes_too_long(bot: Stage, anna: Say) -> None:
    bot.dispatcher.patience = 0.0
    anna("incident Etikettendrucker offline")
    assert "INC-2 is declared" in anna("incident Etikettendrucker ist offline")


def test_alike_compares_two_titles_in_both_languages() -> None:
    assert is_near_same("Etikettendrucker offline", "label printer offline")
    assert not is_near_same("Kasse 3 tot", "Kasse 4 tot")
