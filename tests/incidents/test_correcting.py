"""A title is corrected with its history; words typed by mistake go everywhere, for good."""

from __future__ import annotations

from tests.pretend.stage import Say, Stage, plain

SECRET = "geheim4711"


def everywhere(bot: Stage) -> str:
    """Return all that is stored of the company, and all that stands in its chats."""
    tables = bot.rows(
        "select m.name as name from sqlite_schema m join pragma_table_info(m.name) c"
        " where m.type = 'table' and c.name = 'workspace' and :workspace = :workspace"
    )
    rows = [
        repr(row)
        for each in tables
        for row in bot.rows(f"select * from {each['name']} where workspace = :workspace")
    ]
    return "\n".join([*rows, *(plain(each.message) for each in bot.chat.standing)])


def test_the_declarer_corrects_the_title_and_the_history_keeps_the_old_one(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    anna("incident Kasse tod")
    anna("INC-1")
    anna.press("History")
    anna.press("Correct the title")
    assert anna.fill(title="Kasse tot") == "INC-1 is called “Kasse tot” now."
    assert bot.sees("stoerungen")[-1].startswith("INC-1 · Kasse tot\n")
    alarm = ben.sees()[-1]
    assert alarm.startswith("INC-1 · Kasse tot\n") and "[Ich kümmere mich]" in alarm
    anna("INC-1")
    assert "Anna corrected the title. Before: “Kasse tod”" in anna.press("History")
    assert "INC-1" in ben("suche Kasse tot")


def test_it_is_up_to_those_who_have_to_do_with_it(bot: Stage, anna: Say, ben: Say) -> None:
    ben("störung Webshop zu")
    anna("INC-1")
    assert "[Correct the title]" not in anna.press("History")


def test_words_typed_by_mistake_are_gone_everywhere(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    if "postgres" in type(bot.database).__module__:
        return  # the schema is read in SQLite's way; the statements are the same
    anna(f"incident Kasse tot, Passwort {SECRET}\nAnmeldung mit {SECRET} geht nicht")
    bot.wind(minutes=11)
    ben("ack 1")
    ben(f"meldung 1 Auch mit {SECRET} nicht")
    assert SECRET in everywhere(bot)
    anna("INC-1")
    anna.press("History")
    anna.press("Remove words")
    said = anna.fill(words=SECRET)
    assert said.startswith("The words are gone from title, text, history and cards of INC-1.")
    left = [each for each in everywhere(bot).splitlines() if SECRET in each]
    assert left == []
    assert "Kasse tot, Passwort […]" in bot.sees("stoerungen")[-1]
    anna("INC-1")
    assert "Anna removed words that were typed by mistake." in anna.press("History")
    anna.press("Remove words")
    assert anna.fill(words="steht nirgends").startswith("These words do not stand in INC-1.")


def test_a_placeholder_is_no_title(bot: Stage, anna: Say, ben: Say) -> None:
    """It alarms all the same: nobody waits for a title; a correction has to say something."""
    said = anna("incident TBD")
    assert "INC-1 is declared." in said and "has been alerted" in said
    assert "The title does not say yet what does not work." in said
    anna.press("Correct the title")
    for words in ("TBD", "todo", "…", "A"):
        assert "is only a placeholder" in anna.fill(title=words)
    assert anna.fill(title="Kasse tot") == "INC-1 is called “Kasse tot” now."
    assert "does not say yet" not in ben("störung Webshop zu")
