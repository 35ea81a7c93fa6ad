"""What Slack knows of people: fetched in the background, fresh for a quarter of an hour.

Guests, people of other companies and bots are told apart; who is deactivated is
passed over. Only the name, the language, the time zone and the kind are kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.slack.installations import Installation
from bot.slack.payloads import Json, Sender
from bot.slack.sender import Slack
from handlers.kit.words import LANGUAGES
from storage import people
from storage.engine import Database, Tx
from storage.people import Person, PersonKind

Noticed = Callable[[Tx, Person], None]
Key = tuple[str, str, str]  # workspace, the person's own team, user

FRESH = 15 * 60.0  # seconds
MOST = 10_000  # people whose freshness is remembered


class People:
    """Keeps the store's people up to date with Slack's profiles."""

    def __init__(self, database: Database, slack: Slack, noticed: Noticed) -> None:
        self._database = database
        self._noticed = noticed
        self._slack = slack
        self._fresh: dict[Key, float] = {}
        self._asking: dict[Key, asyncio.Task[None]] = {}

    async def refresh(self, at: Installation, sender: Sender, also: Iterable[str] = ()) -> None:
        """Fetch the profile of the sender, and of those who were named, unless it is fresh."""
        for user in dict.fromkeys([sender.user, *also]):
            home = sender.home if user == sender.user else ""
            key = (at.workspace, home or at.team, user)
            if time.monotonic() - self._fresh.get(key, -FRESH) < FRESH:
                continue
            if key not in self._asking:  # many at once wait for one answer
                self._asking[key] = asyncio.create_task(self._ask(key, at, home))
            await asyncio.shield(self._asking[key])

    async def ask_again(self, at: Installation, user: str) -> None:
        """Ask whether somebody is still here, however fresh what is known of them is."""
        key = (at.workspace, at.team, user)
        self._fresh.pop(key, None)
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._ask(key, at, ""))
        await asyncio.shield(self._asking[key])

    async def _ask(self, key: Key, at: Installation, home: str) -> None:
        try:
            answer = await self._slack.call(at, "users.info", user=key[-1], include_locale="true")
            await self.learn(at, answer["user"], home)
            if len(self._fresh) > MOST:
                self._fresh.clear()
            self._fresh[key] = time.monotonic()
        finally:
            del self._asking[key]

    async def learn(self, at: Installation, user: Json, home: str = "") -> None:
        """Keep what a profile says, if we know the person."""
        await asyncio.wrap_future(
            self._database.submit(
                lambda tx: keep(tx.within(at.workspace), user, at.team, home, self._noticed)
            )
        )


def keep(
    tx: Tx, user: Json, team: str, home: str = "", noticed: Noticed = lambda tx, before: None
) -> None:
    """Keep what a profile says, if we know the person. A language only at first.

    `team` is the team that the app is installed in, `home` the person's own, if it is known.
    `noticed` hears how they were known until now.
    """
    # Who belongs to another company may be known by theirs, or as named in ours.
    teams = dict.fromkeys((home or team, user.get("team_id") or team))
    name = name_of(user)
    locale = str(user.get("locale") or "")[:2]
    for each in teams:
        found = people.by_identity(tx, f"slack:{each}:{user['id']}")
        if found is None:
            continue
        first = found.kind == PersonKind.NEW and locale in LANGUAGES
        people.learn(
            tx,
            found.id,
            name=name or found.name,
            kind=kind_of(user, team),
            active=not user.get("deleted", False),
            language=locale if first else found.language,
            admin=bool(user.get("is_admin") or user.get("is_owner")),
            zone=zone_of(user),
        )
        noticed(tx, found)


def name_of(user: Json) -> str:
    """Return what somebody is called."""
    profile = user.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or user.get("name") or ""
    return " ".join(str(name).split())[:80]


def zone_of(user: Json) -> str | None:
    """Return the time zone of a profile, if it is one that we know."""
    zone = user.get("tz")
    try:
        return ZoneInfo(zone).key if isinstance(zone, str) else None
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None


def kind_of(user: Json, team: str) -> PersonKind:
    """Return member, guest, external or bot, by Slack's flags."""
    if user.get("is_bot") or user.get("id") == "USLACKBOT":
        return PersonKind.BOT
    if user.get("is_stranger") or (user.get("team_id") or team) != team:
        return PersonKind.EXTERNAL
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return PersonKind.GUEST
    return PersonKind.MEMBER
