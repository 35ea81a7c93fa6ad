"""What Slack knows of people: fetched in the background, fresh for a quarter of an hour.

Guests, people of other companies and bots are told apart; who is deactivated is
passed over. Only the name, the language and the kind are kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from bot.slack_in import Sender
from bot.slack_out import Slack
from handlers.kit.words import LANGUAGES
from storage import people
from storage.engine import Database, Tx
from storage.people import Person

FRESH = 15 * 60.0  # seconds
MOST = 10_000  # people whose freshness is remembered


class People:
    """Keeps the store's people up to date with Slack's profiles."""

    def __init__(
        self,
        database: Database,
        slack: Slack,
        workspace: str,
        noticed: Callable[[Tx, Person], None] = lambda tx, before: None,
    ) -> None:
        """Keep profiles; `noticed` hears, inside the transaction, how somebody was known before."""
        self._database = database
        self._noticed = noticed
        self._slack = slack
        self._workspace = workspace
        self._fresh: dict[tuple[str, str], float] = {}
        self._asking: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def refresh(self, sender: Sender, also: Iterable[str] = ()) -> None:
        """Fetch the profile of the sender, and of those who were named, unless it is fresh."""
        for user in dict.fromkeys([sender.user, *also]):
            home = sender.home if user == sender.user else ""
            key = (home or sender.team, user)
            if time.monotonic() - self._fresh.get(key, -FRESH) < FRESH:
                continue
            if key not in self._asking:  # many at once wait for one answer
                self._asking[key] = asyncio.create_task(self._ask(key, sender.team, home))
            await asyncio.shield(self._asking[key])

    async def _ask(self, key: tuple[str, str], team: str, home: str) -> None:
        try:
            answer = await self._slack.call("users.info", user=key[1], include_locale="true")
            await self.learn(answer["user"], team, home)
            if len(self._fresh) > MOST:
                self._fresh.clear()
            self._fresh[key] = time.monotonic()
        finally:
            del self._asking[key]

    async def learn(self, user: dict[str, Any], team: str, home: str = "") -> None:
        """Keep what a profile says, if we know the person. A language only at first."""
        # Who belongs to another company may be known by theirs, or as named in ours.
        teams = dict.fromkeys((home or team, user.get("team_id") or team))
        identities = [f"slack:{each}:{user['id']}" for each in teams]
        profile = user.get("profile") or {}
        name = profile.get("display_name") or profile.get("real_name") or user.get("name") or ""
        locale = str(user.get("locale") or "")[:2]
        kind = kind_of(user, team)
        active = not user.get("deleted", False)

        def work(tx: Tx) -> None:
            tx = tx.within(self._workspace)
            for identity in identities:
                found = people.by_identity(tx, identity)
                if found is None:
                    continue
                chosen = found.language
                people.learn(
                    tx,
                    found.id,
                    name=" ".join(name.split())[:80] or found.name,
                    kind=kind,
                    active=active,
                    language=locale if found.kind == "new" and locale in LANGUAGES else chosen,
                    admin=bool(user.get("is_admin") or user.get("is_owner")),
                )
                self._noticed(tx, found)

        await asyncio.wrap_future(self._database.submit(work))


def kind_of(user: dict[str, Any], team: str) -> str:
    """Return member, guest, external or bot, by Slack's flags."""
    if user.get("is_bot") or user.get("id") == "USLACKBOT":
        return "bot"
    if user.get("is_stranger") or (user.get("team_id") or team) != team:
        return "external"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "guest"
    return "member"
