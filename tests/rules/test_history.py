"""What was done with a rule stands in its history, and a removed rule comes back."""

from __future__ import annotations

from handlers.kit.commands import call
from tests.mandate.test_mandate import do
from tests.pretend.stage import Say, Stage, answered


def entered(ben: Say) -> None:
    do(ben, "rule new", words="Bondrucker", service="kasse")


def test_what_is_done_with_a_rule_stands_in_its_history(bot: Stage, anna: Say, ben: Say) -> None:
    assert "Verlauf" not in ben("regeln")
    entered(ben)
    ben("regeln")
    ben.press("Ohne Rückfrage")
    ben("regeln")
    ben.press("Wieder erst nachfragen")
    ben("regeln")
    ben.press("Entfernen")
    ben("regeln")
    lines = ben.press("Verlauf").splitlines()
    assert lines[0] == "Verlauf der Regeln"
    shown = [each for each in lines if "Bondrucker" in each]
    ends = ("entfernt (Ben)", "fragt zuerst (Ben)", "geht direkt durch (Ben)", "eingetragen (Ben)")
    assert len(shown) == len(ends)
    assert all(line.endswith(end) for line, end in zip(shown, ends, strict=True)), shown
    anna("rules")
    assert "removed (Ben)" in anna.press("History")


def test_a_removed_rule_is_entered_again_by_who_may(bot: Stage, anna: Say, ben: Say) -> None:
    entered(ben)
    ben("regeln")
    ben.press("Entfernen")
    (removed,) = bot.rows(
        "select id from rule_history where workspace = :workspace and what = 'removed'"
    )
    again = call("rule back", entry=str(removed["id"]))
    assert "somebody else decides" in answered(bot.handle(bot.request("anna", call=again)))
    ben("regeln")
    ben.press("Verlauf")
    assert ben.press("Wieder eintragen").startswith("Von jetzt an: „Bondrucker“ → Kasse")
    assert "Bondrucker" in ben("regeln")
    assert "wieder eingetragen (Ben)" in ben.press("Verlauf")
    assert "Wieder eintragen" not in ben("regeln")
    twice = bot.handle(bot.request("ben", call=again))
    assert answered(twice) == "Diese Regel gibt es schon wieder."
    assert len(bot.rows("select id from rules where workspace = :workspace")) == 1


def test_what_corrections_teach_names_nobody(bot: Stage, anna: Say, ben: Say) -> None:
    for title in ("Leuchtband flackert", "Das Leuchtband ist dunkel", "Leuchtband tot"):
        anna(f"incident {title}")
        anna.press("Change service", at="@anna")
        anna.fill(service="webshop")
    kept = bot.rows("select what, person, shown from rule_history where workspace = :workspace")
    assert kept == [{"what": "learnt", "person": None, "shown": "Leuchtband"}]
    anna("rules")
    assert "“Leuchtband” → Webshop: learnt" in anna.press("History")


def test_who_changed_a_rule_is_told_them_and_erased(bot: Stage, ben: Say, chris: Say) -> None:
    do(chris, "rule new", words="Bondrucker", service="kasse")
    assert "In its history: Bondrucker" in chris("data")


def test_a_long_history_has_pages(bot: Stage, ben: Say) -> None:
    for number in range(12):
        do(ben, "rule new", words=f"Bondrucker Nummer{number}", service="kasse")
    ben("regeln")
    first = ben.press("Verlauf")
    assert first.count("eingetragen") == 10
    assert ben.press("Mehr").count("eingetragen") == 2
    assert ben.press("Zurück").count("eingetragen") == 10


def test_who_may_not_change_a_rule_is_offered_nothing_with_it(
    bot: Stage, anna: Say, ben: Say
) -> None:
    entered(ben)
    assert "[Entfernen]" in ben("regeln")
    shown = anna("rules")
    assert "Bondrucker" in shown
    assert "[Remove]" not in shown
    assert "[Ask first again]" not in shown
