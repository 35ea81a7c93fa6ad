"""After a backup was loaded nothing of before goes out until a person says what (G10)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot import app
from bot import health as http_health
from bot.config import Settings
from bot.delivery import standing
from bot.delivery.ids import new_id
from handlers.kit.messages import Buttons, dump, line, spoken
from handlers.kit.words import flat
from storage import people
from storage.delivery import outbox
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import PersonId, PlaceId
from storage.operations import hold
from tests.pretend.stage import Say, Stage


def restored(bot: Stage) -> int:
    """Let the store be one that was just restored; return how many messages were ever sent."""
    bot.database.transact(lambda tx: hold.begin(tx, None, bot.clock.now()))
    return len(bot.chat.ledger)


def three_days(bot: Stage, anna: Say, ben: Say) -> None:
    """Live as up to the copy: an open incident, one that works again, messages on their way."""
    bot.store(
        lambda tx: standing.plan(
            tx, now=bot.clock.now(), zone="Europe/Berlin", region="DE"
        )
    )  # fmt: skip
    anna("incident Kasse tot")
    anna("incident Webshop langsam")
    bot.wind(minutes=3 * 24 * 60)
    ben("restored 2 neu gestartet")
    anna("incident Drucker streikt", carry=False)  # its card and alarm are on their way


def waiting(bot: Stage, table: str) -> dict[str, int]:
    rows = bot.rows(
        f"select state, count(*) as n from {table} where workspace = :workspace group by state"
    )
    return {row["state"]: row["n"] for row in rows}


def test_nothing_of_three_days_goes_out_until_it_is_released(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    three_days(bot, anna, ben)
    sent = restored(bot)
    bot.wind(minutes=2 * 24 * 60)
    assert len(bot.chat.ledger) == sent
    shown = chris("zurückgehalten")
    assert shown.startswith("Held back since the backup was loaded") and "Alarm of" in shown
    assert "Was due" in shown and "INC-1" in shown and ":climb" not in shown
    chris.press("All that is held")
    assert any("Drucker" in each.text for each in bot.chat.ledger[sent:])
    assert bot.unwatched() == []


def test_the_alarms_of_open_incidents_go_out_alone(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    three_days(bot, anna, ben)
    sent = restored(bot)
    bot.clock.wind(bot.clock.now() + timedelta(minutes=1))
    chris("held")
    chris.press("Alarms of open incidents")
    new = bot.chat.ledger[sent:]
    assert new and all("INC-" in each.text or "are waiting" in each.text for each in new)
    assert not any("neu gestartet" in each.text for each in new)  # the card of what works again
    assert waiting(bot, "outbox").get("held", 0) == waiting(bot, "timers").get("held", 0) == 0
    assert bot.unwatched() == []


def test_nothing_goes_out_and_what_repeats_itself_goes_on(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    three_days(bot, anna, ben)
    sent = restored(bot)
    bot.wind(minutes=7 * 24 * 60)  # over a digest
    chris("held")
    chris.press("Nothing of it")
    assert len(bot.chat.ledger) == sent
    kinds = "select kind from timers where workspace = :workspace and state = 'pending'"
    assert {"digest", "retention"} <= {row["kind"] for row in bot.rows(kinds)}
    assert sorted(bot.unwatched()) == [1, 3]  # whoever said “nothing” knows of them
    assert chris("held") == "Nothing is held back."
    ben("ack 1")
    ben("restored 1 Kabel")
    ben("ack 3")
    ben("restored 3 Papier")


def test_a_new_incident_alarms_beside_what_is_held(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    anna("incident Kasse tot")
    sent = restored(bot)
    anna("incident Webshop langsam")
    new = [each.text for each in bot.chat.ledger[sent:]]
    assert any("Webshop" in each for each in new) and not any("Kasse tot" in each for each in new)
    bot.wind(minutes=11)
    assert not any("Kasse tot" in each.text for each in bot.chat.ledger[sent:])
    chris("held")
    chris.press("All that is held")
    assert any("Kasse tot" in each.text for each in bot.chat.ledger[sent:])


def test_what_somebody_does_meanwhile_replaces_what_is_held(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    anna("incident Kasse tot", carry=False)
    sent = restored(bot)
    ben("ack 1")
    bot.wind(minutes=1)
    cards = [each for each in bot.chat.ledger[sent:] if each.place == "local:stoerungen"]
    assert len(cards) == 1 and "Ben" in cards[0].text
    chris("held")
    chris.press("All that is held")
    bot.wind(minutes=30)
    after = [each for each in bot.chat.ledger[sent:] if each.place == "local:stoerungen"]
    assert len([each for each in after if each.kind == "create"]) == 1
    alarms = [each for each in bot.chat.ledger[sent:] if "Will you look after it" in each.text]
    assert not alarms, "it was looked after before anything went out"


def test_the_list_tells_channels_and_people_by_their_names(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    """An id of Slack's tells nobody where it would have gone; a restricted name stays hidden."""
    three_days(bot, anna, ben)
    restored(bot)
    shown = chris("held")
    channel = bot.rows("select name from places where id = 'local:stoerungen'")[0]["name"]
    assert f"to #{channel}:" in shown and "to @Ben:" in shown and "to stoerungen" not in shown
    bot.store(lambda tx: people.restrict(tx, PersonId("ben"), bot.now().date()))
    shown = chris("held")
    assert "Ben:" not in shown and "@ben" not in shown and "to “name not shown”:" in shown
    bot.store(lambda tx: people.restrict(tx, PersonId("ben"), None))
    chris.press("All that is held")


def test_a_hold_in_which_nothing_waits_is_ended_and_offers_no_choice(
    bot: Stage, chris: Say
) -> None:
    chris("status")
    restored(bot)
    assert "Nothing would have gone out." in chris("held")
    assert chris.answer is not None and chris.answer.message is not None
    rows = [each for each in chris.answer.message.parts if isinstance(each, Buttons)]
    assert [flat(each.label) for row in rows for each in row.buttons] == ["End it"]
    chris.press("End it")
    assert chris("held") == "Nothing is held back."


def test_no_number_that_was_shown_means_another_incident(bot: Stage, anna: Say, ben: Say) -> None:
    anna("incident Kasse tot")
    ben("restored 1 Kabel")
    restored(bot)
    assert "INC-102 is declared" in anna("incident Webshop langsam")
    bot.store(lambda tx: hold.release(tx, "nothing", bot.clock.now()))


def test_health_says_that_something_is_held(bot: Stage) -> None:
    lotse = app.build(Settings(), bot.database, bot.clock, demo=True)
    bot.run(lotse.scheduler.round())
    restored(bot)
    for state in ("yellow", None):
        answer = bot.run(http_health.health(lotse))
        assert isinstance(answer.body, bytes)
        assert json.loads(answer.body)["lines"].get("hold") == state
        bot.store(lambda tx: hold.release(tx, "nothing", bot.clock.now()))


def test_only_managers_release_and_once(bot: Stage, anna: Say, chris: Say) -> None:
    restored(bot)
    assert "Managers do this here" in anna("held")
    assert "runs on a backup" in chris("status")
    chris("held")
    assert chris.press("End it").startswith("Nothing of before goes out")
    assert chris.press("End it") == "Nothing is held back any more."
    audited = """
        select subject from audit where workspace = :workspace and command = 'held release'
        order by at, id
        """
    assert [row["subject"] for row in bot.rows(audited)] == ["hold nothing", ""]


@pytest.mark.parametrize("state", ["pending", "leased", "parked"])
def test_whatever_may_still_be_sent_is_held(bot: Stage, state: str) -> None:
    bot.store(
        lambda tx: outbox.add(
            tx, id=new_id(), place=PlaceId("local:@ben"), key="k", kind=ParcelKind.NOTE,
            message=dump(spoken(line("Hallo"), "de", "UTC")), now=bot.clock.now(),
        )
    )  # fmt: skip
    sql = "update outbox set state = :state, lease_until = :until where workspace = :workspace"
    until = "2026-11-23T08:00:30.000000Z" if state == "leased" else None
    bot.store(lambda tx: tx.run(sql, state=state, until=until))
    sent = restored(bot)
    bot.wind(minutes=60)
    assert len(bot.chat.ledger) == sent
    bot.store(lambda tx: hold.release(tx, "all", bot.clock.now()))
    bot.carry()
    # What was just being sent may have arrived: shown as uncertain, not sent a second time.
    expected = [] if state == "leased" else ["Hallo"]
    assert [each.text for each in bot.chat.ledger[sent:]] == expected
    assert waiting(bot, "outbox") == {"ambiguous" if state == "leased" else "sent": 1}
