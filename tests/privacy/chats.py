"""Who is known in which chat: only one in Slack and one in Teams can be linked."""

from __future__ import annotations

from storage import people
from storage.engine import Tx
from storage.engine.ids import PersonId
from tests.pretend.stage import Stage


def in_chats(bot: Stage, **chats: str) -> None:
    """Let people be known in Slack or in Teams as well: `ben="slack"`."""

    def known(tx: Tx) -> None:
        for name, chat in chats.items():
            person = people.find_or_create(
                tx,
                f"local:{name}",
                name.title(),
                id=PersonId(name),
                key=name.encode().hex(),  # a pseudonym: it stays, and says nothing of her
                now=bot.clock.now(),
            )
            tx.insert("identities", identity=f"{chat}:T1:{name}", person=person.id)

    bot.store(known)
