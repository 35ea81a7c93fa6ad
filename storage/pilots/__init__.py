"""Pilots: one problem, one workflow, three roles, a baseline, twelve weeks, a decision."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Unpack

from storage.engine import Row, Tx
from storage.engine.ids import AutomationId, GoalId, PatternId, PersonId, PilotId, PlaceId
from storage.engine.sql import as_moment, as_text
from storage.pilots.columns import PilotChanges
from storage.pilots.states import PilotState


@dataclass(frozen=True, slots=True)
class Pilot:
    """One problem being tried out. Numbers are kept as they were written ("8", "5.7").

    `automation` is what runs for it; `undecided` says that it is over and nobody has decided.
    """

    id: PilotId
    name: str
    problem: str
    champion: PersonId | None
    started_on: date | None
    state: PilotState = PilotState.DRAFT
    pattern: PatternId | None = None
    area: str = ""
    goal: GoalId | None = None
    workflow: str = ""
    takes: str = ""
    gives: str = ""
    champion_accepted_at: datetime | None = None
    modeler: PersonId | None = None
    modeler_accepted_at: datetime | None = None
    integrator: PersonId | None = None
    integrator_accepted_at: datetime | None = None
    metric: str = ""
    unit: str = ""
    better: str = "lower"
    baseline: str | None = None
    baseline_n: int | None = None
    baseline_period: str = ""
    baseline_source: str = ""
    target: str | None = None
    guard: str = ""
    guard_limit: str | None = None
    touched: str = ""
    too_big: str = ""
    template: str | None = None
    users_kind: str = "people"
    users_place: PlaceId | None = None
    visible: bool = False
    sourcing: str | None = None
    it_checks: str = ""
    it_note: str = ""
    docs: str = ""
    created_on: date | None = None
    waiting_since: datetime | None = None
    extended_on: date | None = None
    decision: str | None = None
    reason: str = ""
    learnt: str = ""
    decided_on: date | None = None
    operating_on: date | None = None
    stopped_on: date | None = None
    posted_on: date | None = None
    alive: str | None = None
    automation: AutomationId | None = None
    undecided: bool = False


NAMES = tuple(each.name for each in fields(Pilot))
COLUMNS = ", ".join(NAMES)
GIVEN = ", ".join(f":{each}" for each in NAMES)
CHANGED = ", ".join(
    f"{each} = case when :set_{each} = 1 then :{each} else {each} end" for each in NAMES[1:]
)
DAYS = ("started_on", "created_on", "extended_on", "decided_on", "operating_on", "stopped_on",
        "posted_on")  # fmt: skip
MOMENTS = ("champion_accepted_at", "modeler_accepted_at", "integrator_accepted_at",
           "waiting_since")  # fmt: skip
ROLES = ("champion", "modeler", "integrator")


def add(tx: Tx, pilot: Pilot, *, name_key: str) -> bool:
    """Store a pilot; False when the name is taken."""
    return (
        tx.run(
            f"""
            insert into pilots (workspace, name_key, {COLUMNS})
            values (:workspace, :name_key, {GIVEN})
            on conflict do nothing
            """,
            name_key=name_key,
            **{each: _stored(getattr(pilot, each)) for each in NAMES},
        )
        == 1
    )


def all(tx: Tx) -> list[Pilot]:
    """Return every pilot that goes on, the newest first, then those that were stopped."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from pilots where workspace = :workspace
        order by (state = 'stopped'), created_on desc, name_key
        """
    )
    return [_pilot(row) for row in rows]


def find(tx: Tx, id: PilotId) -> Pilot | None:
    """Return a pilot by its id."""
    rows = tx.rows(f"select {COLUMNS} from pilots where workspace = :workspace and id = :id", id=id)
    return _pilot(rows[0]) if rows else None


def named(tx: Tx, name_key: str) -> PilotId | None:
    """Return the id of the pilot that is called so."""
    rows = tx.rows(
        "select id from pilots where workspace = :workspace and name_key = :key", key=name_key
    )
    return rows[0]["id"] if rows else None


def rename(tx: Tx, id: PilotId, name: str, name_key: str) -> None:
    """Call a pilot something else, or let its name be free (another key)."""
    tx.write(
        """
        update pilots set name = :name, name_key = :key
        where workspace = :workspace and id = :id
        """,
        id=id,
        name=name,
        key=name_key,
    )


def change(tx: Tx, id: PilotId, **values: Unpack[PilotChanges]) -> None:
    """Change what stands on a pilot's card; what is not named stays as it is."""
    assert values.keys() <= set(NAMES), "only columns"
    given = {each: _stored(values.get(each)) for each in NAMES[1:]}
    flags = {f"set_{each}": int(each in values) for each in NAMES[1:]}
    tx.write(
        f"update pilots set {CHANGED} where workspace = :workspace and id = :id",
        id=id,
        **given,
        **flags,
    )


def accept(tx: Tx, id: PilotId, role: str, person: PersonId, now: datetime) -> bool:
    """Write down that somebody accepts a role; False when they were not asked for it."""
    found = find(tx, id)
    if found is None or getattr(found, role) != person:
        return False
    if getattr(found, f"{role}_accepted_at") is None:
        fill(tx, id, role, person, now)
    return True


def fill(
    tx: Tx, id: PilotId, role: str, person: PersonId | None, accepted_at: datetime | None
) -> None:
    """Name who has a role, or nobody, and when they accepted it."""
    match role:
        case "champion":
            change(tx, id, champion=person, champion_accepted_at=accepted_at)
        case "modeler":
            change(tx, id, modeler=person, modeler_accepted_at=accepted_at)
        case "integrator":
            change(tx, id, integrator=person, integrator_accepted_at=accepted_at)
        case _:
            raise ValueError(role)


def with_role(tx: Tx, person: PersonId) -> list[tuple[Pilot, str]]:
    """Return the pilots that go on and in which somebody has a role, with the role."""
    return [
        (each, role)
        for each in all(tx)
        if each.state is not PilotState.STOPPED
        for role in ROLES
        if getattr(each, role) == person
    ]


# --- users -------------------------------------------------------------------------------


def users(tx: Tx, pilot: PilotId, state: str = "asked") -> list[PersonId]:
    """Return who was named as a user, or who does not want to be asked."""
    wanted = {"asked": ("asked",), "muted": ("muted", "only_muted"), "named": ("asked", "muted")}
    rows = tx.rows(
        """
        select person, state from pilot_users
        where workspace = :workspace and pilot = :pilot order by person
        """,
        pilot=pilot,
    )
    return [row["person"] for row in rows if row["state"] in wanted[state]]


def set_users(tx: Tx, pilot: PilotId, people: list[PersonId]) -> None:
    """Name the users, in place of those before; who does not want to be asked is not."""
    muted = set(users(tx, pilot, "muted"))
    tx.write("delete from pilot_users where workspace = :workspace and pilot = :pilot", pilot=pilot)
    for each in sorted({*people, *muted}):
        state = "asked" if each not in muted else "muted" if each in people else "only_muted"
        tx.insert("pilot_users", pilot=pilot, person=each, state=state)


def mute(tx: Tx, pilot: PilotId, person: PersonId) -> None:
    """Ask somebody no more about a pilot."""
    tx.write(
        """
        insert into pilot_users (workspace, pilot, person, state)
        values (:workspace, :pilot, :person, 'only_muted')
        on conflict (workspace, pilot, person) do update
        set state = case when pilot_users.state = 'asked' then 'muted' else pilot_users.state end
        """,
        pilot=pilot,
        person=person,
    )


def unmute(tx: Tx, pilot: PilotId, person: PersonId) -> None:
    """Ask somebody again."""
    tx.write(
        """
        delete from pilot_users where workspace = :workspace and pilot = :pilot
        and person = :person and state = 'only_muted'
        """,
        pilot=pilot,
        person=person,
    )
    tx.write(
        """
        update pilot_users set state = 'asked'
        where workspace = :workspace and pilot = :pilot and person = :person
        """,
        pilot=pilot,
        person=person,
    )


def uses(tx: Tx, person: PersonId) -> list[tuple[str, str]]:
    """Return the pilots of which somebody is a named user, by name, and whether they are asked."""
    rows = tx.rows(
        """
        select p.name, u.state from pilot_users u
        join pilots p on p.workspace = u.workspace and p.id = u.pilot
        where u.workspace = :workspace and u.person = :person order by p.name
        """,
        person=person,
    )
    return [(row["name"], row["state"]) for row in rows]


def replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put `to` in somebody's place; where both use a pilot, once is enough."""
    tx.write(
        "update pilots set champion = :to where workspace = :workspace and champion = :person",
        person=person,
        to=to,
    )
    tx.write(
        "update pilots set modeler = :to where workspace = :workspace and modeler = :person",
        person=person,
        to=to,
    )
    tx.write(
        "update pilots set integrator = :to where workspace = :workspace and integrator = :person",
        person=person,
        to=to,
    )
    tx.write(
        """
        update pilot_history set changed_by = :to
        where workspace = :workspace and changed_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update pilot_values set entered_by = :to
        where workspace = :workspace and entered_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update pilot_users set person = :to
        where workspace = :workspace and person = :person and not exists (
            select 1 from pilot_users u
            where u.workspace = :workspace and u.pilot = pilot_users.pilot and u.person = :to
        )
        """,
        person=person,
        to=to,
    )
    tx.write(
        "delete from pilot_users where workspace = :workspace and person = :person", person=person
    )


def _stored(value: object) -> object:
    if isinstance(value, datetime):
        return as_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PilotState):
        return value.value
    return int(value) if isinstance(value, bool) else value


def _pilot(row: Row) -> Pilot:
    for each in DAYS:
        row[each] = date.fromisoformat(row[each]) if row[each] else None
    for each in MOMENTS:
        row[each] = as_moment(row[each]) if row[each] else None
    row["state"] = PilotState(row["state"])
    row["visible"], row["undecided"] = bool(row["visible"]), bool(row["undecided"])
    return Pilot(**row)


def forget_people(tx: Tx, before: datetime, former: str) -> int:
    """Put `former` in the place of who changed or measured a pilot before a moment.

    Of a pilot that was stopped before, the roles as well; who used it is deleted.
    """
    day = before.date()
    year, week, _weekday = day.isocalendar()
    changed = 0
    changed += tx.run(
        """
        update pilot_history set changed_by = :former
        where workspace = :workspace and changed_by <> :former and at < :before
        """,
        former=former,
        before=as_text(before),
    )
    changed += tx.run(
        """
        update pilot_values set entered_by = :former
        where workspace = :workspace and entered_by <> :former and week < :week
        """,
        former=former,
        week=f"{year}-W{week:02d}",
    )
    changed += tx.run(
        """
        update pilots set champion = case when champion is null then null else :former end,
            modeler = case when modeler is null then null else :former end,
            integrator = case when integrator is null then null else :former end
        where workspace = :workspace and state = 'stopped' and stopped_on < :day
        and (champion <> :former or modeler <> :former or integrator <> :former)
        """,
        former=former,
        day=day.isoformat(),
    )
    changed += tx.run(
        """
        delete from pilot_users
        where workspace = :workspace and pilot in (
            select id from pilots
            where workspace = :workspace and state = 'stopped' and stopped_on < :day
        )
        """,
        day=day.isoformat(),
    )
    return changed
