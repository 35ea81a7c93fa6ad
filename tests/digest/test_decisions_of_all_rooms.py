"""The same table over pilots, drafts, the mandate and friction, before and after somebody left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from handlers.digest import writing
from handlers.kit import calendar
from handlers.kit.messages import Buttons, Call
from storage import automations, pilots
from storage.automations import Automation
from storage.automations.states import AutomationKind, AutomationPhase, AutomationState
from storage.engine import Tx
from storage.engine.ids import AutomationId, PersonId, PilotId
from storage.engine.sqlite import Sqlite
from storage.pilots.states import PilotState
from tests.digest.test_decisions import ROLES, context, refused, waiting
from tests.mandate.test_mandate import do, released
from tests.ownership.test_ownership import leaves
from tests.pilots.test_pilots import started
from tests.pretend import machines
from tests.pretend.stage import Say, Stage, staged


def lived(bot: Stage) -> None:
    """Let everything wait that no incident is about; chris manages, carla leads the pilots."""
    anna, ben, chris = (Say(bot, each) for each in ("anna", "ben", "chris"))
    released(chris, ben)
    machines.reports(bot, machines.enter(ben, name="Abgleich", rhythm="2"))
    for n in range(3):
        do(anna, "friction", sentence=f"Etiketten kleben {n}", area="Versand")
    asked = {"people": ("carla", "ben", "ben")}
    over, late, gate = (started(bot, name=name, **asked) for name in ("Aus", "Spät", "Tor"))  # type: ignore[arg-type]
    do(ben, "pilot obstacle", pilot=late, words="Zugriff aufs ERP", due="2026-12-04")
    do(anna, "feedback question", pilot=late, words="Geht das auch mobil?")
    now = bot.clock.now()
    draft = Automation(
        AutomationId("d"), "melder", "", PersonId(""), PersonId(""), None, 1,
        AutomationState.ACTIVE, now, None, None, phase=AutomationPhase.DRAFT,
        kind=AutomationKind.DEMAND, slug="d",
    )  # fmt: skip

    def prepare(tx: Tx) -> None:
        automations.add(tx, draft, name_key=draft.id)
        (ours,) = automations.all(tx)
        automations.change(tx, ours.id, phase=AutomationPhase.INCOMPLETE)
        pilots.change(
            tx, PilotId(over), state=PilotState.STOPPED, stopped_on=date(2027, 3, 1), undecided=True
        )
        pilots.change(
            tx, PilotId(gate), state=PilotState.OPERATING, decided_on=date(2027, 3, 1),
            automation=ours.id,
        )  # fmt: skip

    bot.wind(to="2027-03-10 10:00")
    bot.store(prepare)
    bot.wind(to="2027-03-24 10:00")
    bot.store(
        lambda tx: pilots.change(
            tx, PilotId(late), state=PilotState.RUNNING, started_on=date(2026, 12, 14)
        )
    )


@pytest.fixture(scope="module")
def full() -> Iterator[Stage]:
    database = Sqlite()
    with staged(database) as bot:
        lived(bot)
        yield bot
    database.close()


KINDS = {"pilot", "obstacle", "question", "friction", "automations", "mandate"}


def _cells(bot: Stage) -> dict[str, list[tuple[str, Call]]]:
    """Return every button of every decision, by its kind, with who has it."""
    found: dict[str, list[tuple[str, Call]]] = {}
    for id in ROLES:
        for task in waiting(bot, PersonId(id)):
            rest = task.key.split(":")
            kind = rest[0] + (":" + rest[-1] if len(rest) > 2 else "")
            found.setdefault(kind, [])
            found[kind] += [(id, button.call) for button in task.buttons]
    return found


def test_every_decision_of_every_room_obeys_each_role_or_is_not_there(full: Stage) -> None:
    cells = _cells(full)
    assert {each.partition(":")[0] for each in cells} >= KINDS, sorted(cells)
    assert {"pilot:gate", "pilot:sourcing", "pilot:it"} <= set(cells), sorted(cells)
    for kind, buttons in cells.items():
        for id, call in buttons:
            assert refused(full, PersonId(id), call) is None, (kind, id, call)
    decide = {
        id for _kind, all_ in cells.items() for id, call in all_ if call.word == "pilot decide"
    }
    assert decide == {"ben", "carla", "chris"}, "anna has no part in it"


def test_each_of_them_opens_by_decide_with_the_same_buttons(full: Stage) -> None:
    for id in ROLES:
        for task in waiting(full, PersonId(id)):
            answer = full.handle(full.request(id, call=Call("decide", {"key": task.key})))
            assert answer.message is not None
            rows = [part for part in answer.message.parts if isinstance(part, Buttons)]
            calls = [button.call for row in rows for button in row.buttons]
            assert calls == [button.call for button in task.buttons], (id, task.key)


def test_after_somebody_left_what_is_offered_obeys_too() -> None:
    database = Sqlite()
    with staged(database) as bot:
        lived(bot)
        leaves(bot, PersonId("ben"))
        bot.wind(minutes=60)
        cells = _cells(bot)
        assert {"automation:left", "pilot:vacant modeler"} <= set(cells), sorted(cells)
        for kind, buttons in cells.items():
            for id, call in buttons:
                if id != "ben":
                    assert refused(bot, PersonId(id), call) is None, (kind, id, call)
        named = {id for id, call in cells["automation:left"] if call.word == "auto people"}
        assert "chris" in named and "anna" not in named
    database.close()


def test_the_whole_digest_of_every_role_obeys(full: Stage) -> None:
    for id in map(PersonId, ROLES):

        def look(tx: Tx, id: PersonId = id) -> list[Call]:
            ctx = context(full, tx, id)
            week = calendar.week_of(ctx.now - timedelta(days=7), ctx.workspace.zone)
            rows = [p for p in writing.compose(ctx, week, []).parts if isinstance(p, Buttons)]
            return [button.call for row in rows for button in row.buttons]

        for call in full.store(look):
            assert refused(full, id, call) is None, (id, call)
