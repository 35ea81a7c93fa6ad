"""What Teams' rosters know of people: fetched when needed, fresh for a quarter of an hour.

Guests, people of other companies and members are told apart; only the name, the language
and the kind are kept. Who left one place is still here while another one knows them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bot.delivery.platform import Impossible, Undelivered
from bot.teams.payloads import Sender, Typed, Where, channel_of, direct
from bot.teams.sender import Blocked, Connector, Lost
from handlers.kit.words import LANGUAGES
from storage import people
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.engine.sql import as_moment
from storage.people import Person, PersonKind
from storage.teams import conversations
from storage.teams.conversations import Conversation

Noticed = Callable[[Tx, Person], None]

FRESH = 15 * 60.0  # seconds
MOST = 10_000  # people whose freshness is remembered
LIMIT = 3.0  # seconds that an answer waits for a roster
ROSTERS = 20  # channels that are asked before somebody counts as gone


class People:
    """Keeps the store's people up to date with the rosters of the places they are in."""

    def __init__(
        self, database: Database, connector: Connector, workspace: str, noticed: Noticed
    ) -> None:
        """`noticed` hears how somebody was known until now, whenever that may have changed."""
        self._database, self._connector, self._workspace = database, connector, workspace
        self._noticed = noticed
        self._fresh: dict[tuple[str, str], float] = {}
        self._asking: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def refresh(self, sender: Sender, where: Where, also: Iterable[str] = ()) -> None:
        """Look at the sender, and at the object ids of those who were named, unless fresh."""
        await self._known((sender.tenant, sender.user), sender.member, sender, where)
        for user in dict.fromkeys(also):
            await self._known((sender.tenant, user), user, sender, where)

    async def _known(self, key: tuple[str, str], id: str, sender: Sender, where: Where) -> None:
        if not key[1] or time.monotonic() - self._fresh.get(key, -FRESH) < FRESH:
            return
        if key not in self._asking:  # many at once wait for one answer
            self._asking[key] = asyncio.create_task(self._ask(key, id, sender, where))
        await asyncio.shield(self._asking[key])

    async def _ask(self, key: tuple[str, str], id: str, sender: Sender, where: Where) -> None:
        try:
            async with asyncio.timeout(LIMIT):
                found = await self._look(id, where)
            await self._learn(key, found, sender.language if key[1] == sender.user else "")
            if len(self._fresh) > MOST:
                self._fresh.clear()
            self._fresh[key] = time.monotonic()
        except TimeoutError:
            raise Undelivered("the roster did not come in time") from None
        finally:
            del self._asking[key]

    async def _look(self, id: str, where: Where) -> Mapping[str, Any]:
        """Return what a roster says of somebody: this place's, else that of a channel of ours."""
        try:
            return await self._connector.member(
                where.service_url, channel_of(where.conversation), id
            )
        except Lost:
            inside = self._workspace
            known = await asyncio.wrap_future(
                self._database.submit_read(lambda tx: conversations.channels(tx.within(inside)))
            )
            for each in known:
                with contextlib.suppress(Lost):
                    assert each.conversation is not None
                    return await self._connector.member(each.service_url, each.conversation, id)
            raise

    async def _learn(self, key: tuple[str, str], found: Mapping[str, Any], locale: str) -> None:
        tenant, user = key
        given = str(found.get("aadObjectId") or found.get("objectId") or "").lower()
        if given and given != user:
            raise Impossible("the roster answers with somebody else")
        name = " ".join(str(found.get("name") or "").split())[:80]
        kind = kind_of(found, tenant)

        def work(tx: Tx) -> None:
            tx = tx.within(self._workspace)
            known = people.by_identity(tx, f"teams:{tenant}:{user}")
            if known is None:
                return
            first = known.kind == PersonKind.NEW and known.language is None and locale in LANGUAGES
            people.learn(
                tx,
                known.id,
                name=name or known.name,
                kind=kind,
                active=True,
                language=locale if first else known.language,
                admin=known.admin,
            )
            self._noticed(tx, known)

        await asyncio.wrap_future(self._database.submit(work))

    async def came(self, users: Sequence[str], sender: Sender) -> None:
        """Note that people, by object id, are in a place of ours (again)."""
        await self._note(users, sender, here=True)

    async def left(self, users: Sequence[str], sender: Sender, where: Where) -> None:
        """Note who is gone: whoever left `where` and is in no other place of ours."""
        gone = await asyncio.gather(*(self._nowhere(each, where) for each in users))
        await self._note(
            [each for each, is_gone in zip(users, gone, strict=True) if is_gone], sender, here=False
        )

    async def _nowhere(self, user: str, where: Where) -> bool:
        """Say whether every other place, the own chat included, does not know somebody.

        While one of them cannot tell, they are still here.
        """

        def look(tx: Tx) -> list[Conversation]:
            tx = tx.within(self._workspace)
            own = conversations.find(tx, direct(user))
            open_now = [own] if own is not None and own.blocked is None else []
            found = [*open_now, *conversations.channels(tx, ROSTERS)]
            return [each for each in found if each.conversation and each.place != where.place]

        known = await asyncio.wrap_future(self._database.submit_read(look))
        try:
            async with asyncio.timeout(LIMIT):
                for each in known:
                    assert each.conversation is not None
                    with contextlib.suppress(Lost, Blocked):
                        await self._connector.member(each.service_url, each.conversation, user)
                        return False
        except (Undelivered, TimeoutError):
            return False
        return True

    async def _note(self, users: Sequence[str], sender: Sender, *, here: bool) -> None:
        """Keep who is here and who is not; what follows from it is set off."""

        def work(tx: Tx) -> None:
            tx = tx.within(self._workspace)
            for each in users:
                known = people.by_identity(tx, f"teams:{sender.tenant}:{each}")
                if known is not None and known.active is not here:
                    people.set_active(tx, known.id, here)
                    self._noticed(tx, known)

        if users:
            await asyncio.wrap_future(self._database.submit(work))

    async def named(self, words: Typed, sender: Sender, where: Where) -> Typed:
        """Return words with the object ids of those mentioned in them.

        Teams names them by its own ids only. Whom neither we nor the roster knows, stays a
        plain word.
        """
        if not words.mentions:
            return words
        members = dict.fromkeys(each.member for each in words.mentions)

        def look(tx: Tx) -> dict[str, str]:
            tx = tx.within(self._workspace)
            found = {each: conversations.of_member(tx, each) for each in members}
            return {
                member: each.place.partition("@")[2]
                for member, each in found.items()
                if each is not None and "@" in each.place
            }

        users = await asyncio.wrap_future(self._database.submit_read(look))
        missing = [each for each in members if each not in users]
        if missing:
            asked = await asyncio.gather(*(self._who(each, sender, where) for each in missing))
            users |= {member: user for member, user in zip(missing, asked, strict=True) if user}
        return words.known(users)

    async def _who(self, member: str, sender: Sender, where: Where) -> str:
        """Return the object id of somebody by Teams' own id, and remember the pair."""
        try:
            async with asyncio.timeout(LIMIT):
                found = await self._look(member, where)
        except (Undelivered, TimeoutError):
            return ""
        user = str(found.get("aadObjectId") or found.get("objectId") or "").lower()
        if user:

            def work(tx: Tx) -> None:
                conversations.hear(
                    tx.within(self._workspace),
                    PlaceId(f"teams:@{user}"),
                    conversation=None,
                    service_url=where.service_url,
                    tenant=sender.tenant,
                    member=member,
                    now=as_moment(tx.real_now()),
                )

            await asyncio.wrap_future(self._database.submit(work))
        return user


def kind_of(found: Mapping[str, Any], tenant: str) -> PersonKind:
    """Return member, guest or external, by what the roster says of somebody."""
    own = str(found.get("tenantId") or tenant).lower()
    if own != tenant:
        return PersonKind.EXTERNAL
    role = str(found.get("userRole") or "").lower()
    name = str(found.get("userPrincipalName") or "").upper()
    if role in ("guest", "anonymous") or "#EXT#" in name:
        return PersonKind.GUEST
    return PersonKind.MEMBER
