"""Transparency in Slack and in Teams: who does which step, what Lotse writes, what has changed."""

from __future__ import annotations

from typing import Any

import pytest

from storage.engine.sqlite import Sqlite
from tests.pretend.adaptive_card import user_id
from tests.pretend.slack_person import Client as SlackClient
from tests.pretend.slack_stage import slack_stage, user
from tests.pretend.teams_peer import Peer
from tests.pretend.teams_stage import teams_stage

STEPS = "automatisch: sortieren\nMensch: freigeben"
# With these a bot takes another name or picture, or writes as somebody.
DISGUISES = {"username", "icon_url", "icon_emoji", "as_user", "onBehalfOf", "from", "channelData"}


async def entered(who: Any, names: tuple[str, ...], accountable: str, deputy: str) -> None:
    """Enter automations of one area by form, and say their steps."""
    for name in names:
        await who("auto neu")
        await who.fill(name=name, purpose="Sortiert Bestellungen", not_for="Reklamationen",
                       accountable=accountable, deputy=deputy, rhythm="täglich")  # fmt: skip
        await who(f"auto {name}")
        await who.press(calls="auto complete")
        await who.fill(steps=STEPS, area="Einkauf")


class Typing:
    """Somebody in either chat who types to Lotse alone."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def __call__(self, line: str) -> str:
        if isinstance(self.client, SlackClient):
            return str(await self.client.types(f"/lotse {line}"))
        shown = str(await self.client.says(line))
        for opens in ("Open the form", "Formular öffnen"):
            if f"[{opens}]" in shown:  # a bot in Teams may not open one by itself
                return str(await self.client.press(opens))
        return shown

    async def press(self, label: str = "", *, calls: str = "", about: str = "") -> str:
        return str(await self.client.press(label, calls=calls, about=about))

    async def fill(self, **values: str) -> str:
        return str(await self.client.fill(**values))


def sent(peer: Any) -> list[dict[str, Any]]:
    """Return everything that was ever sent to a chat, as it went out."""
    if isinstance(peer, Peer):
        return [each.data for each in peer.ledger]
    ways = ("chat.postMessage", "chat.update", "chat.postEphemeral", "response_url")
    return [data for method, data in peer.calls if method in ways]


async def told(stage: Any, ids: dict[str, str]) -> None:
    """Play it: Ben enters three, everybody reads their steps, and prices change."""
    at = {name: Typing(stage.client(name)) for name in ("Anna", "Ben", "Carla", "Chris")}
    names = ("Mail-Sortierung", "Preisabgleich", "Bestellungen")
    await entered(at["Ben"], names, ids["Ben"], ids["Carla"])
    for each in ("Anna", "Ben", "Carla", "Chris"):
        for name in names:
            shown = await at[each](f"auto {name}")
            assert "automatisch: sortieren" in shown and "Mensch: freigeben" in shown, each
    await at["Anna"]("auto")
    form = await at["Anna"].press("Something has changed")
    assert "What has changed?" in form
    said = await at["Anna"].fill(kind="Prices", area="einkauf", words="Neue Preisliste")
    assert "3 automations are reviewed: Bestellungen, Mail-Sortierung, and Preisabgleich." in said
    rows = stage.rows("select why from automation_reviews where workspace = :workspace")
    assert [each["why"] for each in rows] == ["change: price"] * 3
    status = await at["Ben"]("status")
    assert status.count("Etwas hat sich geändert (Preise)") == 3
    assert "Etwas hat sich geändert" in await at["Carla"]("auto"), "its button, in German"
    form = await at["Carla"].press("Etwas hat sich geändert")
    assert "Was hat sich geändert?" in form
    said = await at["Carla"].fill(kind="Preise", area="Verkauf")
    assert "Bekannte Bereiche: Einkauf." in said
    messages = sent(stage.peer)
    assert len(messages) >= 3
    for message in messages:
        assert not DISGUISES & set(message), message


@pytest.mark.parametrize("language", ["en", "de"])
async def test_c27_and_e06_in_slack(sqlite: Sqlite, language: str) -> None:
    async with slack_stage(sqlite, language=language, strict=False) as stage:
        await told(stage, {name: user(name.lower()) for name in ("Ben", "Carla")})


@pytest.mark.parametrize("language", ["en", "de"])
async def test_c27_and_e06_in_teams(sqlite: Sqlite, language: str) -> None:
    async with teams_stage(sqlite, language=language, strict=False) as stage:
        await told(stage, {name: user_id(name) for name in ("Ben", "Carla")})
