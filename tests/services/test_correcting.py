"""What is entered of a service and of a problem is corrected, with its history, and comes back."""

from __future__ import annotations

from handlers.kit.commands import call
from tests.pretend.stage import Say, Stage
from tests.problems.test_problems import banned as banned


def test_each_correction_of_a_service_stands_in_its_history(
    bot: Stage, ben: Say, carla: Say, chris: Say
) -> None:
    ben("dienst kasse")
    ben.press("Bearbeiten")
    ben.fill(name="Ladenkasse", limit="15")
    chris("service ladenkasse")
    chris.press("Change people")
    chris.fill(accountable="carla", deputy="ben")
    shown = chris("service ladenkasse")
    assert "[History]" in shown
    told = chris.press("History")
    assert "Ben, Name: Ladenkasse (before: Kasse)" in told
    assert "Ben, Minutes until the alert escalates: 15 (before: 10)" in told
    assert "Chris, Accountable: Carla (before: Ben)" in told
    assert "In its history: Ladenkasse" in chris("data")


def test_what_is_not_used_any_more_is_found_and_brought_back(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    chris("service webshop")
    chris.press("Retire service")
    assert "Webshop" not in chris("service")
    chris("lists")
    chris.press(calls="list", about="What is open")
    unused = call("list", name="services", which="retired")
    assert "Webshop" in str(bot.handle(bot.request("chris", call=unused)).message)
    chris.answer = bot.handle(bot.request("chris", call=call("service", service="webshop")))
    card = str(chris.answer.message)
    assert "Use it again" in card and "History" in card
    back = bot.handle(bot.request("chris", call=call("service back", service="webshop")))
    assert back.outcome == "done" and "Webshop" in chris("service")
    chris("service webshop")
    told = chris.press("History")
    assert "Chris took it out of use." in told and "Chris took it into use again." in told


def test_a_retired_service_is_found_by_its_name_and_brought_back(
    anna: Say, ben: Say, chris: Say
) -> None:
    assert "[Retired]" not in chris("service")
    chris("service webshop")
    chris.press("Retire service")
    assert chris("service webshop").startswith("Webshop\nRetired since")
    assert "Wieder verwenden" not in ben("dienst webshop"), "only managers take it back"
    assert "Webshop" not in anna("service")
    assert "Webshop" in anna.press("Retired")
    chris("service WEBSHOP")
    chris.press("Use it again")
    assert "Retired" not in chris("service webshop")


def test_a_name_that_is_used_again_leads_to_the_service_in_use(chris: Say) -> None:
    chris("service webshop")
    chris.press("Retire service")
    chris("service new")
    chris.fill(name="Webshop", accountable="ben", deputy="carla")
    assert "Retired" not in chris("service webshop") and "Ben" in chris("service webshop")


def test_the_history_speaks_one_language(ben: Say, anna: Say) -> None:
    ben("dienst kasse")
    ben.press("Bearbeiten")
    ben.fill(name="Kasse", hours="Mo–So 6–22")
    ben("dienst kasse")
    ben.press("Bearbeiten")
    ben.fill(name="Kasse", hours="rund um die Uhr")
    ben("dienst kasse")
    told = ben.press("Verlauf")
    assert "Mo.–So. 06:00–22:00" in told and "Mon–Sun" not in told
    assert "always" not in told and "rund um die Uhr" in told
    anna("service kasse")
    shown = anna.press("History")
    assert "Mon–Sun 06:00–22:00" in shown and "answered around the clock" in shown


def test_the_title_of_a_problem_is_corrected_with_its_history(
    banned: Stage, ben: Say, anna: Say
) -> None:
    ben("problem 1")
    ben.press("Verlauf")
    ben.press("Titel berichtigen")
    said = ben.fill(title="Etikettendrucker fällt aus")
    assert said.startswith("PRB-1 heißt jetzt „Etikettendrucker fällt aus“.")
    assert "Etikettendrucker fällt aus" in ben("problem 1")
    assert "Vorher: „Etikettendrucker offline“" in ben.press("Verlauf")
    anna("problem 1")
    anna.press("History")
    anna.press("Correct the title")
    assert anna.fill(title="Drucker") == (
        "For PRB-1 somebody else decides. Please ask Ben, Carla, or Chris."
    )
