"""What is stored about somebody: seen, exported, erased, linked, and let go of in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Message, Text, dump
from handlers.kit.words import text
from handlers.privacy import erasing, retention
from storage import attention, people, services
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine import Tx, opening
from storage.engine.ids import PersonId, PlaceId
from tests.pretend.stage import Say, Stage, answered
from tests.privacy.chats import in_chats


def everywhere(bot: Stage) -> str:
    """Return everything that is stored of the company, as text."""
    names = bot.rows(
        "select name from sqlite_schema where type = 'table' and :workspace = :workspace"
    )
    found = []
    for each in names:
        columns = bot.rows(
            f"select name from pragma_table_info('{each['name']}') where :workspace = :workspace"
        )
        if {"name": "workspace"} in columns and not each["name"].startswith("local_"):
            found += bot.rows(f"select * from {each['name']} where workspace = :workspace")
    return "\n".join(repr(each) for each in found)


def lived(bot: Stage, anna: Say, ben: Say, carla: Say) -> None:
    """Let Dora do everything once that a person without a role can do."""
    dora = Say(bot, "dora")
    dora("incident Kasse tot")
    ben("ack 1")
    dora("update 1 Immer noch")
    ben("restored 1 neues Kabel")
    dora("sprache en")


def test_data_shows_all_rooms_in_which_somebody_stands(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    lived(bot, anna, ben, carla)
    dora = Say(bot, "dora")
    shown = dora("data")
    assert shown.startswith("What is stored about you\nName: Dora\nLanguage: en")
    assert "Declared it: INC-1, " in shown and "Identity: dora (Lotse)" in shown
    assert "Hat sich gekümmert: INC-1, " in ben("daten") and "Gemeldet" not in ben("daten")
    bot.dispatcher.address = "http://lotse.example"  # nobody outside reaches it: in the chat, then
    bot.store(
        lambda tx: places.ensure(
            tx, PlaceId("slack:T1:D1"), PlaceKind.DIRECT, "Dora", person=PersonId("dora")
        )
    )
    request = bot.request("dora", call=call("data export"))
    written = answered(bot.handle(replace(request, place=PlaceId("slack:T1:D1"))))
    assert '"what": "In its history"' in written and '"name": "Dora"' in written


def test_erased_means_gone_from_every_row(bot: Stage, anna: Say, ben: Say, carla: Say) -> None:
    if "postgres" in type(bot.database).__module__:
        return  # the schema is read in SQLite's way; the statements are the same
    lived(bot, anna, ben, carla)
    dora = Say(bot, "dora")
    dora("data")
    dora.press("Erase me")
    dora.press("Erase me")
    assert "You are erased" in answered(dora.answer) if dora.answer else False
    bot.wind(minutes=60 * 24 * 40)
    assert "dora" not in everywhere(bot)
    asked = bot.handle(bot.request("anna", call=call("show", number=1)))
    assert "Declared: Mon 23 Nov 2026, 09:00 by “former person”" in answered(asked)
    german = bot.handle(bot.request("ben", call=call("show", number=1)))
    assert "09:00 von „ehemalige Person“" in answered(german), "each reader in their own language"


def test_who_answers_for_something_hands_it_over_first(ben: Say, chris: Say) -> None:
    ben("daten")
    ben.press("Mich löschen")
    assert ben.answer is not None and answered(ben.answer).startswith(
        "Du bist noch zuständig für Etikettendrucker"
    )
    chris("data")
    chris.press("Erase me")
    assert chris.answer is not None and "You still answer for" in answered(chris.answer)


@pytest.mark.parametrize(
    ("asks", "goes"), [("data erase", "data erased"), ("data restrict", "data restricted")]
)
def test_who_is_deputy_of_the_rest_unasked_is_not_held_by_it(
    bot: Stage, asks: str, goes: str
) -> None:
    """Whoever came first is; whoever is accountable there has both then."""
    dora = Say(bot, "dora")
    dora("sprache en")

    def unasked(tx: Tx) -> None:
        rest = services.fallback(tx)
        assert rest is not None
        services.set_people(tx, rest.id, rest.accountable, PersonId("dora"), bot.clock.now())

    bot.store(unasked)
    assert bot.handle(bot.request("dora", call=call(asks))).is_done
    assert bot.handle(bot.request("dora", call=call(goes))).is_done
    bot.carry()
    rest = bot.store(services.fallback)
    assert rest.deputy == rest.accountable != "dora"
    if goes == "data erased":
        for table in ("outbox", "messages", "matters", "service_history", "services"):
            found = bot.rows(f"select * from {table} where workspace = :workspace")
            assert "dora" not in str(found).lower(), table


def test_who_has_said_yes_hands_it_over_in_the_same_message(bot: Stage) -> None:
    dora = Say(bot, "dora")
    dora("sprache en")

    def asked_for(tx: Tx) -> None:
        rest = services.fallback(tx)
        assert rest is not None
        services.set_people(tx, rest.id, rest.accountable, PersonId("dora"), bot.clock.now())
        services.accept(tx, rest.id, PersonId("dora"), bot.clock.now())

    bot.store(asked_for)
    for word in ("data erase", "data erased"):
        refused = bot.handle(bot.request("dora", call=call(word)))
        assert refused.outcome == "refused" and "[Hand everything over]" in answered(refused)


def test_two_chats_become_one_person(bot: Stage, anna: Say, ben: Say) -> None:
    anna("incident Kasse tot")
    in_chats(bot, ben="slack", ben2="teams")
    two = Say(bot, "ben2")
    two("friction Formulare")
    code = ben("verbinden").splitlines()[-1].removeprefix("verbinden ")
    assert two(f"verbinden {code}").startswith("Bitte bestätige im anderen Chat.")
    ben.press(calls="link yes")

    def look(tx: Tx) -> list[str]:
        return [each.id for each in people.all(tx)]

    assert "ben2" not in bot.store(look)
    assert two("ack 1").startswith("Du kümmerst dich")
    assert "INC-1" in ben("stand")


@pytest.mark.parametrize("where", ["slack", "teams"])
def test_two_of_the_same_chat_are_two_people(bot: Stage, anna: Say, ben: Say, where: str) -> None:
    in_chats(bot, anna=where, ben=where)
    code = anna("link").splitlines()[-1].removeprefix("link ")
    assert f"wurde in {where.title()} angezeigt" in ben(f"verbinden {code}")
    assert anna.sees() == [], "nobody is asked"


@pytest.mark.parametrize(
    ("who", "word", "said"),
    [
        ("anna", "link", "Linked is one person in Slack with the same one in Teams. Here there"),
        ("ben", "verbinden", "Verbunden wird eine Person in Slack mit derselben in Teams."),
    ],
)
def test_who_is_in_neither_chat_has_nothing_to_link(
    bot: Stage, who: str, word: str, said: str
) -> None:
    """Two people of the local page, or of the terminal, are two people."""
    bot.store(lambda tx: people.set_language(tx, PersonId("anna"), "en"))
    asks, chris = Say(bot, who), Say(bot, "chris")
    assert asks(word).startswith(said), "no code is shown"
    assert asks(f"{word} abcd-1234").startswith(said), "nor is one asked for"
    in_chats(bot, chris="slack")
    code = chris("link").splitlines()[-1].removeprefix("link ")
    assert asks(f"{word} {code}").startswith(said), "nor is one taken"
    assert chris.sees() == [], "nobody is asked"
    rows = bot.rows("select other from link_codes where workspace = :workspace")
    assert [each["other"] for each in rows] == [None]


def test_what_was_asked_before_is_not_linked_either(bot: Stage, ben: Say, chris: Say) -> None:
    """A question of an earlier version may still wait."""
    in_chats(bot, ben="slack", chris="teams")
    code = chris("link").splitlines()[-1].removeprefix("link ")
    ben(f"link {code}")
    local = "delete from identities where workspace = :workspace and identity = 'slack:T1:ben'"
    bot.store(lambda tx: tx.run(local))
    assert chris.press(calls="link yes").startswith("Linked is one person in Slack")
    ben("ack 1")
    assert bot.rows("select id from people where workspace = :workspace and id = 'ben'")


def test_who_is_linked_needs_no_code(bot: Stage, ben: Say) -> None:
    in_chats(bot, ben="slack")
    in_chats(bot, ben="teams")
    assert ben("verbinden") == "Du bist in Slack und in Teams schon eine Person."


def test_a_manager_s_right_is_named_before_it_goes_along(bot: Stage, ben: Say, chris: Say) -> None:
    in_chats(bot, ben="teams", ben2="teams", chris="slack", dora="slack")
    two, dora = Say(bot, "ben2"), Say(bot, "dora")
    code = chris("link").splitlines()[-1].removeprefix("link ")
    two(f"link {code}")
    assert "You are a manager; then whoever has typed the code is one, too." in chris.sees()[-1]
    code = ben("verbinden").splitlines()[-1].removeprefix("verbinden ")
    chris(f"link {code}")
    assert "Chris gehört zur Leitung; du dann auch." in ben.sees()[-1]
    code = ben("verbinden").splitlines()[-1].removeprefix("verbinden ")
    dora(f"verbinden {code}")
    assert "Leitung" not in ben.sees()[-1]


def test_a_code_is_good_for_ten_minutes_once_and_elsewhere_only(bot: Stage, ben: Say) -> None:
    in_chats(bot, ben="slack", ben2="teams")
    code = ben("verbinden").splitlines()[-1].removeprefix("verbinden ")
    assert "anderen" in ben(f"verbinden {code}")
    two = Say(bot, "ben2")
    bot.wind(minutes=11)
    assert "nicht mehr" in two(f"verbinden {code}")


def test_alarms_reach_both_chats_of_one_person(bot: Stage, anna: Say, ben: Say) -> None:
    in_chats(bot, ben="slack", ben2="teams")
    two = Say(bot, "ben2")
    two("stand")
    bot.store(
        lambda tx: places.ensure(
            tx, PlaceId("local:@ben2"), PlaceKind.DIRECT, "Ben", person=PersonId("ben2")
        )
    )
    code = ben("verbinden").splitlines()[-1].removeprefix("verbinden ")
    two(f"verbinden {code}")
    ben.press(calls="link yes")
    anna("incident Kasse tot")
    assert "INC-1" in ben.sees()[-1] and "INC-1" in two.sees()[-1]
    two("ack 1")
    assert "Ben kümmert sich" in ben.sees()[-1] and ben.sees()[-1] == two.sees()[-1]


def test_what_is_old_is_let_go_of(bot: Stage, anna: Say, ben: Say, carla: Say) -> None:
    anna("incident Kasse tot")
    bot.wind(minutes=11)
    ben("ack 1")
    ben("restored 1 Kabel")
    bot.store(lambda tx: retention.plan(tx, id="r", now=bot.clock.now(), zone="Europe/Berlin"))
    alarms = "select id from timeline where workspace = :workspace and kind = 'alarmed'"
    assert bot.rows(alarms)
    bot.handle(bot.request("chris", call=call("close as", number=1, closed_as="false_alarm")))
    bot.clock.wind(bot.clock.now() + timedelta(days=91))
    bot.carry()
    assert bot.rows(alarms) == []


def test_a_pseudonym_of_before_is_read_in_each_readers_language(bot: Stage, anna: Say) -> None:
    """What an earlier version stored has the workspace's language as its name."""
    anna("incident Kasse tot")

    def before(tx: Tx) -> None:
        tx.run(
            """
            insert into people
                (workspace, id, name, kind, manager, active, person_key, first_seen_at)
            values (:workspace, 'former', 'ehemalige Person', 'member', 0, 0, 'k', '2026-01-01')
            """
        )
        tx.run("update incidents set declared_by = 'former' where workspace = :workspace")
        step = Path(opening.__file__).parent.parent / "migrations" / "0017_former.sql"
        tx.run(step.read_text(encoding="utf-8"))

    bot.store(before)
    asked = bot.handle(bot.request("anna", call=call("show", number=1)))
    assert "by “former person”" in answered(asked)


def test_two_who_are_one_are_neither_deputy_nor_stand_in_of_themselves(
    bot: Stage, ben: Say, carla: Say, chris: Say
) -> None:
    """Ben and Carla turn out to be one person, who asked, checked and stood in as two."""
    in_chats(bot, ben="slack", carla="teams")
    carla("vertreten ben 1.12.2026 bis 3.12.2026")
    code = ben("verbinden").splitlines()[-1].removeprefix("verbinden ")
    carla(f"verbinden {code}")
    assert ben.press(calls="link yes").startswith(
        "Für Etikettendrucker, Kasse und Webshop wärst du zugleich verantwortlich und Vertretung."
    )
    for service in ("kasse", "drucker", "webshop"):
        named = call("service people", service=service, accountable="ben", deputy="chris")
        bot.handle(bot.request("chris", call=named, submitted=True))
    assert ben.press(calls="link yes").startswith("Beide sind jetzt eine Person")
    assert bot.rows("select id from covers where workspace = :workspace") == []


def test_each_time_is_that_of_what_it_stands_beside(
    bot: Stage, ben: Say, anna: Say, wind: Callable[..., None]
) -> None:
    """Not when the matter was noted, the incident declared or the service entered."""
    noted = bot.clock.now()
    bot.store(
        lambda tx: attention.note(
            tx, id="m1", person=PersonId("anna"), key="x", kind=attention.MatterKind.MATTER,
            message=dump(Message((Text(("Etwas",)),))), now=noted,
        )
    )  # fmt: skip
    anna("incident Kasse tot")
    wind(to="2026-11-24 10:00")
    ben("assign 1 anna")
    bot.store(lambda tx: attention.tell(tx, "m1", PersonId("anna"), "2026-11-25"))
    said: list[str] = []

    def look(ctx: Context) -> None:
        for door in erasing.doors(ctx):
            for label, value in door.run(ctx, PersonId("anna")).rows:
                said.append(f"{text(label, 'en')}: {text(value, 'en', 'Europe/Berlin', 2026)}")

    bot.inside(look)
    assert "Was told: Etwas, Wed 25 Nov" in said
    assert "Asked to take it: INC-1, Tue 24 Nov, 10:00" in said
    assert "Declared it: INC-1, Mon 23 Nov, 09:00" in said
