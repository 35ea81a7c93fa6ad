"""The lines of the weekly message, and how each figure in them leads to its own entry."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from bot.slack import blocks
from bot.teams import cards
from handlers import FEATURES
from handlers.kit.messages import Message, dump, load
from handlers.kit.words import Figure, flat, speak, unmarked
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text
from storage.incidents import pages
from tests.automations.test_learning import id_of as automation_id
from tests.automations.test_learning import live
from tests.board.test_board import Browser, browser, signed_in
from tests.digest.test_decisions import lived
from tests.digest.test_digest import planned
from tests.feedback.test_relief import running, tap
from tests.ownership.test_ownership import leaves
from tests.pilots.test_pilots import LINK, do, through_the_gate
from tests.pretend import machines
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]
ENTRIES = {each.id for feature in FEATURES for each in feature.measures}
__all__ = ["browser", "planned"]


def line(text: str, start: str) -> str:
    """Return the one line that begins so."""
    (found,) = [each for each in text.splitlines() if each.startswith(start)]
    return found


def test_the_head_says_which_company(chris: Say, ben: Say) -> None:
    assert chris("digest").splitlines()[0] == "Week 48 · Mon 23 Nov to Sun 29 Nov · Demo"
    assert ben("wochenbericht").splitlines()[0] == "KW 48 · Mo. 23. Nov. bis So. 29. Nov. · Demo"


def test_a_pilot_shows_its_target_its_relief_and_what_is_in_its_way(
    chris: Say, planned: Stage, wind: Wind
) -> None:
    id, users = running(planned)
    do(chris, "pilot value", pilot=id, value="6,4", number="41")
    do(chris, "pilot obstacle", pilot=id, words="Zugriff aufs ERP", due="2026-12-04")
    for at, me in enumerate(users[:6]):
        tap(me, id, "relieved" if at else "no")
    assert "say yes" not in chris("digest"), "while the week runs a number would tell"
    wind(to="2026-11-30 08:30")
    posted = planned.sees("leitung")[-1]
    assert posted.splitlines()[1].endswith(" · Entlastung: 5 von 6 sagen ja")
    assert line(posted, "Reparatur-Triage: ") == (
        "Reparatur-Triage: Woche 2 von 12; noch keine Läufe angeschlossen; KW 48: ja 5, teils 0, "
        "nein 1; 8 → 6,4 Tage (20 % besser, n=41, 1 Woche), Ziel 6; im Weg bis Fr. 4. Dez.: "
        "Zugriff aufs ERP"
    )


def test_what_should_be_out_of_the_way_by_now_is_said_to_be_late(
    chris: Say, planned: Stage, wind: Wind
) -> None:
    id, _users = running(planned)
    do(chris, "pilot obstacle", pilot=id, words="Zugriff aufs ERP", due="2026-11-27")
    assert "in the way until Fri 27 Nov: Zugriff aufs ERP" in chris("digest")
    wind(to="2026-11-30 08:30")
    late = "noch im Weg, sollte bis Fr. 27. Nov. gelöst sein: Zugriff aufs ERP"
    assert late in planned.sees("leitung")[-1]
    assert "was to be gone by Fri 27 Nov: Zugriff aufs ERP" in chris("status")
    assert "was to be gone by Fri 27 Nov: Zugriff aufs ERP" in do(chris, "pilot", pilot=id)


def test_relief_of_which_no_split_may_be_shown_stays_out_of_the_head(
    planned: Stage, wind: Wind
) -> None:
    id, users = running(planned)
    for me in users[:4]:
        tap(me, id, "relieved")
    wind(to="2026-11-30 08:30")
    assert "sagen ja" not in planned.sees("leitung")[-1]


def test_what_went_into_operation_is_solved(chris: Say, bot: Stage, wind: Wind) -> None:
    id, _users = running(bot)
    do(chris, "pilot it", pilot=id, checks="security,stability,integration,feasibility")
    given = {"reason": "Es hilft allen", "learnt": "Viel gelernt", "docs": LINK}
    do(chris, "pilot decide", pilot=id, decision="operate", **given)
    assert "is in operation" not in chris("digest"), "something is still missing"
    through_the_gate(chris, id)
    assert "Solved\n- “Reparatur-Triage” is in operation" in chris("digest")
    wind(to="2026-12-01 10:00")
    assert "is in operation" not in chris("digest"), "told in its own week only"


def test_net_time_of_the_week_is_gross_without_rework(
    ben: Say, anna: Say, chris: Say, bot: Stage
) -> None:
    live(ben, bot)  # one useful run of ten minutes
    id = automation_id(bot)
    bot.store(lambda tx: tx.run(
        "update automation_days set count = 12 where workspace = :workspace and kind = 'ok'"
    ))  # fmt: skip
    assert "- net time about 2.0 h (estimated)" in chris("digest")
    do(anna, "auto byhand", automation=id, minutes="30")
    assert "- net time about 1.5 h (estimated)" in chris("digest")
    assert "Zeit netto etwa 1,5 h (geschätzt)" in ben("wochenbericht")


def test_learning_names_the_reason_that_most_had(
    ben: Say, anna: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    live(ben, bot)
    id = automation_id(bot)
    for who, reason in ((anna, "slow"), (carla, "slow"), (chris, "trust")):
        do(who, "auto bypassed", automation=id, reason=reason)
    said = line(chris("digest"), "- Mail-Sortierung: ")
    assert said.count("bypassed") == 1, "one kind is told once, whatever its reasons"
    assert "bypassed 3× (mostly: It takes too long)" in said


@pytest.mark.parametrize(("count", "hands", "shown"), [(8, 5, True), (8, 4, False), (7, 5, False)])
def test_how_long_it_was_out_is_told_over_enough_incidents_and_people(
    chris: Say, ben: Say, bot: Stage, count: int, hands: int, shown: bool
) -> None:
    def store(tx: Tx) -> None:
        start = datetime.fromisoformat("2026-11-23T07:00:00+00:00")
        for number in range(1, count + 1):
            for week, lasted in ((0, 40 + number), (1, 60 + number)):
                declared = start - timedelta(days=7 * week)
                ended = as_text(declared + timedelta(minutes=lasted))
                tx.insert(
                    "incidents", number=number + 100 * week, title="Kasse tot", service="kasse",
                    gap=0, severity="normal", state="done", declared_by="anna",
                    declared_at=as_text(declared), responsible="ben",
                    responsible_since=as_text(declared), acknowledged_by=f"who-{number % hands}",
                    acknowledged_at=as_text(declared), restored_at=ended, ended_at=ended,
                )  # fmt: skip

    bot.store(store)
    row = "How long it was out: 44 minutes (median; 64 minutes the week before)"
    assert (row in chris("digest")) is shown
    assert ("Wie lange etwas ausfiel: 44 Minuten" in ben("wochenbericht")) is shown
    assert ("How long it was out" in chris("digest")) is shown


def test_what_had_no_findings_is_one_chapter(chris: Say, bot: Stage) -> None:
    do(chris, "mandate guardrails", data="Bleibt hier", security="IT fragt zuerst",
       responsibility="Ein Mensch entscheidet", communication="Das Team zuerst")  # fmt: skip
    do(chris, "mandate action", item="Ausgangswert messen", who="chris", due="2026-12-04")
    chris("incident Kasse tot")
    chris("stop Chatbot bis 31.12.")
    chris.fill(why="Erst die Angebote.")
    assert line(chris("digest"), "Nothing to report: ") == (
        "Nothing to report: Came back, Blocks, Outside working hours, "
        "Friction, Guardrails, and Dates · Deliberately not: Chatbot (until Thu 31 Dec)"
    )
    bot.wind(to="2026-12-07 10:00")
    said = chris("digest")
    assert "Open since Fri 4 Dec: Ausgangswert messen" in said
    assert "Dates" not in line(said, "Nothing to report: ")


# --- each figure leads to its entry --------------------------------------------------------


def told(who: Say, word: str) -> Message:
    """Return a message as it was stored for its reader."""
    answer = who.stage.handle(who.stage.request(who.id, word))
    assert answer.message is not None
    return load(dump(answer.message))


def figures(message: Message) -> list[Figure]:
    """Return every figure of a message that was written down and read again."""
    spans = re.findall(r'\{"figure":"([^"]+)","label":"([^"]+)"\}', dump(message))
    return [Figure(label, id) for id, label in spans]


def test_every_figure_of_a_full_digest_opens_its_own_entry(chris: Say, bot: Stage) -> None:
    lived(bot)
    message = told(chris, "digest")
    found = figures(message)
    assert len({each.id for each in found}) >= 7
    names = {each.id: each for feature in FEATURES for each in feature.measures}
    for id in {each.id for each in found}:
        said = do(chris, "computed", only=id)
        assert said.splitlines()[1] == f"{names[id].name.one}: {names[id].formula.one}"
        assert said.count(": ") == names[id].formula.one.count(": ") + 1, "its own and no other"


def test_the_foot_explains_exactly_the_figures_above_it(chris: Say, bot: Stage) -> None:
    lived(bot)
    shown = list(dict.fromkeys(each.id for each in figures(told(chris, "digest"))))
    chris("digest")
    (button,) = [b.button for b in chris.buttons() if b.button.call.word == "computed"][-1:]
    assert button.call.args["only"].split(",") == shown
    said = chris.press("How is this computed?")
    named = {each.id: each.name.one for feature in FEATURES for each in feature.measures}
    names = [named[id] for id in shown]
    assert [row.partition(": ")[0] for row in said.splitlines()[1 : len(names) + 1]] == names
    assert "Incidents of a week, in the picture" not in said
    assert "This figure is not shown any more." in do(chris, "computed", only="gone")


def test_where_a_line_cannot_be_pressed_a_figure_is_text(chris: Say, bot: Stage) -> None:
    lived(bot)
    message = told(chris, "digest")
    assert figures(message)
    for drawn in (blocks.render(message), cards.card(message)):
        written = json.dumps(drawn, ensure_ascii=False)
        assert '"figure"' not in written and "Figure(" not in written
    phrase = speak(message.parts[1].words, "en")  # type: ignore[union-attr]
    assert flat(unmarked(phrase)) == flat(phrase) and len(unmarked(phrase)) == 1


def test_on_the_board_each_figure_leads_to_where_it_is_explained(
    browser: Browser, chris: Say, bot: Stage
) -> None:
    lived(bot)
    signed_in(browser, chris)
    page, catalogue = browser.get("/board/week").text, browser.get("/board/figures").text
    leads = set(re.findall(r'href="/board/figures#(figure-[\w-]+)"', page))
    assert len(leads) >= 7
    for each in leads:
        assert catalogue.count(f'id="{each}"') == 1
    assert "(<code>incidents</code>)" in catalogue, "with the rows that it comes from"


def test_whoever_types_it_reads_the_catalogue(chris: Say, ben: Say) -> None:
    assert chris("computed").startswith("How this is computed\n")
    assert ben("gerechnet").startswith("So wird gerechnet\n")
    chris("status")
    chris.press("The whole area")
    assert chris.press("How is this computed?").startswith("How this is computed\n")


@pytest.mark.parametrize("seed", range(4))
def test_the_store_finds_the_same_median_as_anybody_who_counts(bot: Stage, seed: int) -> None:
    """Over leap days, ends of years and months, an even and an odd number of outages."""
    rng = random.Random(seed)
    start = datetime(2028, (1, 2, 12, 6)[seed], 26, 7, tzinfo=UTC)
    lengths = []

    def store(tx: Tx) -> tuple[int, int, int]:
        for number in range(1, 21 + seed):
            declared = start + timedelta(minutes=rng.randrange(7 * 1440))
            lengths.append(rng.choice((3, 90, 2_000, 90_000, 700_000)) + rng.randrange(60))
            ended = as_text(declared + timedelta(minutes=lengths[-1]))
            tx.insert(
                "incidents", number=number, title="Kasse tot", service="kasse", gap=0,
                severity="normal", state="done", declared_by="anna",
                declared_at=as_text(declared), responsible="ben",
                responsible_since=as_text(declared), acknowledged_by=f"who-{number % 6}",
                acknowledged_at=as_text(declared), restored_at=ended, ended_at=ended,
            )  # fmt: skip
        end = start + timedelta(days=7)
        number, hands = pages.outages(tx, start, end)
        return number, hands, pages.median_outage(tx, start, end, number)

    assert bot.store(store) == (len(lengths), 6, int(median(lengths)))


@pytest.mark.parametrize(
    ("said", "label"),
    [({"kind": "fail"}, "Fails"), ({"items": "0"}, "Idle")],
    ids=["fails", "idle"],
)
def test_an_automation_says_since_when_it_fails_or_finds_nothing_to_do(
    ben: Say, chris: Say, bot: Stage, wind: Wind, said: dict[str, str], label: str
) -> None:
    """And not before whoever decides could know of it for two working days."""
    secret = machines.enter(ben, name="Abgleich", rhythm="täglich")
    machines.reports(bot, secret)
    long_known = "update automations set registered_at = :at, first_report_at = :at"
    bot.store(
        lambda tx: tx.run(f"{long_known} where workspace = :workspace", at="2026-03-02T09:00:00Z")
    )
    told = []
    for _day in range(9):
        wind(minutes=24 * 60)
        machines.reports(bot, secret, **said)
        told.append(f"{label}: 1 (“Abgleich”, since Tue 24 Nov)" in chris("digest"))
    first = told.index(True)
    assert first >= 2 and all(told[first:])
    machines.reports(bot, secret)
    assert f"{label}:" not in chris("digest")


def test_what_nobody_answers_for_is_counted_beside_the_services(
    ben: Say, chris: Say, anna: Say, bot: Stage
) -> None:
    secret = machines.enter(ben, name="Abgleich", rhythm="2")
    machines.reports(bot, secret)
    assert "Nobody answers for" not in chris("digest")
    leaves(bot, PersonId("ben"))
    assert "- Nobody answers for 1 automation (“Abgleich”)." in chris("digest")
    anna("language de")
    assert "- Niemand ist für 1 Automatisierung verantwortlich („Abgleich“)." in anna(
        "wochenbericht"
    )


def test_it_ends_with_the_next_relief_behind_what_is_solved_and_what_was_quiet(
    chris: Say, anna: Say, ben: Say, bot: Stage
) -> None:
    """5.5: line 12 solved, 13 quiet, 14 next, 15 foot."""
    do(chris, "mandate edit", goals="Schneller liefern", focus="Versand\nLager")
    for n in range(3):
        do(anna, "friction", sentence=f"Etiketten kleben {n}", area="Versand")
    ids = bot.rows("select id from friction where workspace = :workspace")
    notes = ",".join(each["id"] for each in ids)
    do(chris, "pattern confirm", notes=notes, title="Etiketten kleben", area="Versand")
    do(chris, "mandate action", item="Ausgangswert messen", who="chris", due="2026-12-04")
    (row,) = bot.rows("select id from mandate_actions where workspace = :workspace")
    do(chris, "mandate action done", action=row["id"])
    for who, ends in (
        (chris, ["Solved", "Nothing to report: ", "Next relief?", "This counts processes"]),
        (ben, ["Erledigt", "Ohne Befund: ", "Nächste Entlastung?", "Gezählt werden Abläufe"]),
    ):
        text = who("digest")
        places = [text.index(f"\n{each}") for each in ends]
        assert places == sorted(places), text
    assert "Patterns: 1 (“Etiketten kleben”, noted 3 times)" in chris("digest")
