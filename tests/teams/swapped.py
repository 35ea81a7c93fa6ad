"""A plugin of pytest: the Microsoft 365 Agents SDK in botbuilder's place.

`python -m pytest -p tests.teams.swapped tests/teams/test_edge.py`, where the packages
microsoft-agents-activity and microsoft-agents-hosting-core are installed, rehearses the swap of
decision 13: what `bot/teams` imports of botbuilder is the SDK's, `bot/teams/botbuilder.py` is
its twin, and the tests are the same. What stands here is what the swap has to change elsewhere.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from microsoft_agents import activity as sdk
from pydantic import BaseModel


class ConversationParameters(sdk.ConversationParameters):  # type: ignore[misc]
    """`sender.py`: the models of the SDK are written by `model_dump`."""

    def serialize(self) -> dict[str, Any]:
        found: dict[str, Any] = self.model_dump(by_alias=True, exclude_none=True, mode="json")
        return found


class Roles:
    """`edge.py`: the role of a bot is called agent; on the wire it is what it was."""

    bot = "bot"


def additional_properties(model: BaseModel) -> dict[str, Any]:
    """`payloads.py`: what a model does not name stands in `model_extra`."""
    return model.model_extra or {}


schema = ModuleType("botbuilder.schema")
for name in ("Activity", "ActivityTypes", "ChannelAccount", "TextFormatTypes"):
    setattr(schema, name, getattr(sdk, name))
vars(schema).update(ConversationParameters=ConversationParameters, RoleTypes=Roles)
sdk.ChannelAccount.additional_properties = property(additional_properties)
botbuilder = ModuleType("botbuilder")
vars(botbuilder).update(schema=schema)
sys.modules.update({"botbuilder": botbuilder, "botbuilder.schema": schema})

from tests.teams import agents_sdk  # noqa: E402  # only now can what it imports be imported

sys.modules["bot.teams.botbuilder"] = agents_sdk
