"""Home tabs: shown when they are opened, and kept current for an hour after that."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from dataclasses import dataclass

from bot.delivery.background import Background
from bot.delivery.dispatch import Dispatcher
from bot.slack import blocks
from bot.slack.installations import Installation
from bot.slack.payloads import Sender
from bot.slack.sender import Slack

SETTLE = 1.0  # seconds in which changes are gathered before home tabs are shown anew
LOOKED_AT = 3600.0  # seconds for which a home tab is kept current after it was opened
MOST_HOME_TABS = 50  # in all workspaces together


@dataclass(slots=True)
class _HomeTab:
    """A home tab that somebody opened at a time, and how it looked when it was last shown."""

    at: Installation
    sender: Sender
    opened: float
    looks: str = ""


class HomeTabs:
    """The home tabs that were opened lately, by workspace and person."""

    def __init__(
        self, dispatcher: Dispatcher, slack: Slack, later: Background, settle: float = SETTLE
    ) -> None:
        self._dispatcher = dispatcher
        self._slack = slack
        self._later = later
        self._settle = settle
        self._home_tabs: OrderedDict[tuple[str, str], _HomeTab] = OrderedDict()
        self._refreshing: asyncio.Task[None] | None = None

    async def opened(self, at: Installation, sender: Sender) -> None:
        """Show the home tab to somebody who opened it, and keep it current from now on."""
        key = (at.workspace, sender.identity)
        self._home_tabs[key] = _HomeTab(at, sender, time.monotonic())
        self._home_tabs.move_to_end(key)
        if len(self._home_tabs) > MOST_HOME_TABS:
            self._home_tabs.popitem(last=False)
        await self.publish(at, sender)

    def refresh_home_tabs(self) -> None:
        """Something was committed: home tabs that were opened lately may have changed."""
        if self._home_tabs and (self._refreshing is None or self._refreshing.done()):
            self._refreshing = asyncio.create_task(self._show_all())

    async def stop(self) -> None:
        """Show nothing more."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)

    async def _show_all(self) -> None:
        await asyncio.sleep(self._settle)
        for key, home in list(self._home_tabs.items()):
            if time.monotonic() - home.opened > LOOKED_AT:
                del self._home_tabs[key]
            else:
                self._later.soon(self.publish(home.at, home.sender, changed=True))

    async def publish(self, at: Installation, sender: Sender, *, changed: bool = False) -> None:
        """Show the home tab as it is now; with `changed`, only if it looks different."""
        answer = await self._dispatcher.look(at.workspace, sender.identity, "home")
        if answer is None or answer.message is None:
            return
        view = blocks.home_view(answer.message)
        looks = json.dumps(view)
        home = self._home_tabs.get((at.workspace, sender.identity))
        if changed and home is not None and home.looks == looks:
            return
        await self._slack.call(at, "views.publish", user_id=sender.user, view=view)
        if home is not None:
            home.looks = looks
