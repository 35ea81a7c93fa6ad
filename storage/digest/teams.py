"""Teams that get a digest of their own: a channel with its areas and services."""

from __future__ import annotations

from dataclasses import dataclass

from storage.engine import Tx
from storage.engine.ids import PlaceId, ServiceId


@dataclass(frozen=True, slots=True)
class Team:
    """A channel that gets what concerns its areas and services. `areas` as people write them."""

    id: str
    name: str
    place: PlaceId
    areas: tuple[str, ...]
    services: tuple[ServiceId, ...]


def all(tx: Tx) -> list[Team]:
    """Return every team, by name."""
    rows = tx.rows(
        """
        select id, name, place, areas, services from digest_teams
        where workspace = :workspace order by name, id
        """
    )
    return [
        Team(
            row["id"],
            row["name"],
            row["place"],
            tuple(row["areas"].splitlines()),
            tuple(map(ServiceId, row["services"].splitlines())),
        )
        for row in rows
    ]


def put(tx: Tx, team: Team) -> None:
    """Enter a team, or change it."""
    tx.write(
        """
        insert into digest_teams (workspace, id, name, place, areas, services)
        values (:workspace, :id, :name, :place, :areas, :services)
        on conflict (workspace, id) do update set name = excluded.name,
            areas = excluded.areas, services = excluded.services
        """,
        id=team.id,
        name=team.name,
        place=team.place,
        areas="\n".join(team.areas),
        services="\n".join(team.services),
    )


def remove(tx: Tx, id: str) -> bool:
    """Let a team get no digest any more; False when there is none."""
    return tx.run("delete from digest_teams where workspace = :workspace and id = :id", id=id) == 1
