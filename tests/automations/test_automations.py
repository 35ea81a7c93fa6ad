"""Automations: entered, measured, decided about."""

from __future__ import annotations

from collections.abc import Callable

from tests.pretend.stage import Say, Stage


def enter_automation(ben: Say, rhythm: str = "7") -> str:
    ben("auto new")
    answer = ben.fill(
        name="Mail-Sortierung", purpose="Ordnet Bestellungen", accountable="ben",
        deputy="carla", rhythm=rhythm,
    )  # fmt: skip
    return next(line for line in answer.splitlines() if "/ping/" in line).rpartition("/")[2]


def run(bot: Stage, secret: str, rid: str | None = None, kind: str = "") -> str | None:
    hook = next(each for feature in bot.dispatcher.features for each in feature.hooks)
    answer = bot.run(bot.dispatcher.run_hook(hook, secret, rid, {"kind": kind}))
    return answer.outcome if answer else None


def test_never_connected_is_not_measured_and_never_unused(
    ben: Say, anna: Say, wind: Callable[..., None]
) -> None:
    enter_automation(ben, "1")
    wind(minutes=60 * 24 * 60)
    assert "Use: not measured\nEvidence: has never reported a run" in anna("auto mail-sortierung")


def test_a_run_makes_it_used_and_silence_possibly_unused(
    ben: Say, anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    secret = enter_automation(ben)
    assert run(bot, secret) == "done"
    assert "Use: in use" in anna("auto mail-sortierung")
    wind(minutes=7 * 24 * 60)
    assert "Use: in use" in anna("auto mail-sortierung")
    wind(minutes=1)
    assert (
        "Use: possibly unused\n"
        "Evidence: last run 7 days ago (23 November 2026), expected every 7 days"
    ) in anna("auto mail-sortierung")
    ben("auto mail-sortierung")
    assert "bleibt" in ben.press(calls="auto keep")
    assert "Use: kept, though it does not run" in anna("auto mail-sortierung")


def test_only_finished_runs_count_and_the_same_run_once(ben: Say, bot: Stage) -> None:
    secret = enter_automation(ben)
    assert run(bot, secret, kind="start") == "done"
    assert run(bot, secret, kind="fail") == "done"
    found = "select last_run_at from automations where workspace = :workspace"
    assert bot.rows(found) == [{"last_run_at": None}]
    assert run(bot, secret, rid="r1") == "done"
    assert run(bot, secret, rid="r1") == "seen"
    runs = bot.rows("select kind from automation_runs where workspace = :workspace order by id")
    assert [each["kind"] for each in runs] == ["start", "fail", "ok"]


def test_an_unknown_address_is_nobodys(ben: Say, bot: Stage) -> None:
    enter_automation(ben)
    assert run(bot, "00000000-0000-4000-8000-000000000000") is None


def test_the_address_is_stored_nowhere(ben: Say, bot: Stage) -> None:
    secret = enter_automation(ben)
    for table in ("deliveries", "audit", "outbox", "automation_addresses", "drafts", "automations"):
        assert secret not in str(bot.rows(f"select * from {table} where workspace = :workspace"))


def test_a_new_address_works_and_the_old_one_for_a_week(
    ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    old = enter_automation(ben)
    ben("auto mail-sortierung")
    answer = ben.press(calls="auto address")
    new = next(line for line in answer.splitlines() if "/ping/" in line).rpartition("/")[2]
    assert run(bot, old) == run(bot, new) == "done"
    wind(minutes=7 * 24 * 60 + 1)
    assert run(bot, old) is None
    assert run(bot, new) == "done"


def test_an_automation_is_handed_over_by_acceptance(ben: Say, carla: Say, anna: Say) -> None:
    enter_automation(ben)
    ben("auto mail-sortierung")
    ben.press(calls="auto handover")
    ben.fill(to="carla")
    assert "Accountable: Ben" in anna("auto mail-sortierung")
    carla.press(calls="auto accept")
    assert "Accountable: Carla\nDeputy: Ben" in anna("auto mail-sortierung")


def test_only_its_people_decide_about_an_automation(ben: Say, anna: Say) -> None:
    enter_automation(ben)
    ben("auto mail-sortierung")
    call = next(b.button.call for b in ben.buttons() if b.button.call.word == "auto retire")
    anna("auto mail-sortierung")
    assert not [b for b in anna.buttons() if b.button.call.word == "auto retire"]
    answer = anna.stage.handle(anna.stage.request("anna", call=call))
    assert answer.outcome == "refused"


def test_the_owner_is_asked_before_anybody_reads_that_it_is_possibly_unused(
    ben: Say, carla: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    secret = enter_automation(ben)
    run(bot, secret)
    wind(minutes=7 * 24 * 60)
    assert ben.sees() == []
    wind(minutes=1)
    assert len(ben.sees()) == 1
    assert "Wird „Mail-Sortierung“ noch gebraucht?" in ben.sees()[0]
    ben.press("Behalten")
    assert "[" not in ben.sees()[0]
    wind(minutes=89 * 24 * 60)
    assert len(ben.sees()) == 1
    wind(minutes=2 * 24 * 60)
    assert "[Behalten]" in ben.sees()[0]
    assert carla.sees() == []


def test_a_run_in_time_asks_nobody(ben: Say, bot: Stage, wind: Callable[..., None]) -> None:
    secret = enter_automation(ben)
    for _each in range(5):
        run(bot, secret)
        wind(minutes=6 * 24 * 60)
    assert ben.sees() == []
