"""After a platform was away: what waited for it becomes what somebody can read.

Of each incident one alarm goes to each person, the newest, and says how late it is. Many at
once for one person are a list with a line and a button each (docs/rules.md, sending).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from handlers.kit.messages import (
    Buttons,
    Message,
    Part,
    Text,
    Title,
    Tone,
    dump,
    load,
    spoken,
)
from handlers.kit.words import _, speak
from handlers.settings.platform_notices import PlatformTimer
from storage import people, workspaces
from storage.delivery import outbox, places, timers, waiting
from storage.delivery.outbox import ParcelKind
from storage.delivery.waiting import Late
from storage.engine import Tx
from storage.engine.ids import PlaceId

LATE = timedelta(minutes=2)  # from here on an alarm says that it is late
MANY = 3  # alarms for one person at once; more become a list
LINES = 15  # of one list; Slack takes 50 blocks
NAMES = {"slack": "Slack", "teams": "Teams", "local": "Lotse"}


class CatchingUp:
    """Puts in order what waits for a platform that is back, or for a place."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id

    def unreachable(self, tx: Tx, place: PlaceId, reason: str, now: datetime) -> None:
        """Nothing can be sent to a place: known from now on, and the managers are told once."""
        if places.park(tx, place, reason):
            key = f"{PlatformTimer.UNREACHABLE} {place}"
            timers.set(
                tx, id=self._new_id(), kind=PlatformTimer.UNREACHABLE, key=key, due=now, place=place
            )
            tx.signal()

    def fold_waiting(self, tx: Tx, platform: str, since: datetime, now: datetime) -> None:
        """Fold the alarms that waited since `since`, in all workspaces."""
        name = NAMES.get(platform, platform)
        alarms_of = waiting.waiting_alarms(tx, f"{platform}:")
        for (workspace, place), alarms in _by_place(alarms_of).items():
            inside = tx.within(workspace)
            newest: dict[str, list[Late]] = {}
            for each in alarms:
                newest.setdefault(each.otherwise or each.key, []).append(each)
            for group in newest.values():
                for older in group[:-1]:
                    waiting.fold(inside, older.id, "a later alarm says the same")
            language, zone = _reader(inside, place)
            groups = list(newest.values())
            for n in range(0, len(groups), LINES) if len(groups) > MANY else ():
                part = groups[n : n + LINES]
                self._add(inside, place, _list(part, name, since, now, language, zone), now)
                for group in part:
                    waiting.fold(inside, group[-1].id, "a list says the same")
            for group in groups if len(groups) <= MANY else ():
                if group[-1].told_late or group[0].created_at > now - LATE:
                    continue
                written = load(group[-1].message)
                late = Message((_late(group, name, since, now),))
                added = spoken(late, language, zone, now.year).parts
                text = dump(Message((*written.parts, *added), written.tone))
                waiting.reword(inside, group[-1].id, text, now)

    def _add(self, tx: Tx, place: PlaceId, message: Message, now: datetime) -> None:
        id = self._new_id()
        outbox.add(
            tx,
            id=id,
            place=place,
            key=f"late:{id}",
            kind=ParcelKind.ALARM,
            message=dump(message),
            now=now,
        )


def _by_place(alarms: list[Late]) -> dict[tuple[str, PlaceId], list[Late]]:
    found: dict[tuple[str, PlaceId], list[Late]] = {}
    for each in alarms:
        found.setdefault((each.workspace, each.place), []).append(each)
    return found


def _reader(tx: Tx, place: PlaceId) -> tuple[str, str]:
    """Return the language and the zone of whoever reads a place."""
    company = workspaces.get(tx)
    found = places.find(tx, place)
    reader = people.find(tx, found.person) if found is not None and found.person else None
    if reader is None:
        return company.language, company.zone
    return reader.language or company.language, reader.zone or company.zone


def _late(group: list[Late], platform: str, since: datetime, now: datetime) -> Text:
    return Text(
        _(
            "Late: this has been waiting since {begun}. {platform} did not answer from "
            "{since} to {now}.",
            begun=group[0].created_at,
            platform=platform,
            since=since,
            now=now,
        ),
        small=True,
    )


def _list(
    groups: list[list[Late]],
    platform: str,
    since: datetime,
    now: datetime,
    language: str,
    zone: str,
) -> Message:
    parts: list[Part] = [
        Title(_("{count} alerts came together", count=len(groups))),
        Text(
            _(
                "{platform} did not answer from {since} to {now}. Each line says since "
                "when it has been waiting.",
                platform=platform,
                since=since,
                now=now,
            )
        ),
    ]
    for group in groups:
        written = load(group[-1].message)
        title = next((each.words for each in written.parts if isinstance(each, Title)), None)
        title = title or next(each.words for each in written.parts if isinstance(each, Text))
        waits = speak(_("since {begun}", begun=group[0].created_at), language, zone, now.year)
        parts.append(Text((*speak(title, language, zone), " · ", *waits)))
        buttons = [each for each in written.parts if isinstance(each, Buttons) and each.buttons]
        if buttons:
            parts.append(Buttons(buttons[0].buttons[:1]))
    return spoken(Message(tuple(parts), Tone.ALARM), language, zone, now.year)
