"""What `bot/teams/botbuilder.py` would be on the Microsoft 365 Agents SDK: the rehearsal's twin.

Nobody imports it but `tests/teams/swapped.py`; decision 13 says what it has shown.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from microsoft_agents.activity import (
    Activity,
    ActivityTypes,
    ConversationReference,
    InvokeResponse,
    ResourceResponse,
)
from microsoft_agents.hosting.core import ActivityHandler, ChannelAdapter, TurnContext

from bot.teams.connector import Connector

Json = dict[str, Any]
ANSWER = "lotse.answer"
Hears = Callable[[Activity], Awaitable[None]]


# What cannot be read would be written there as it came, words of people included.
logging.getLogger("microsoft_agents.activity.activity").disabled = True


class Reader:
    """Reads activities: an empty text is none, as botbuilder has it; this SDK refuses it.

    Entities stay as they came: the SDK refuses a whole message for a mention of nobody.
    """

    def read(self, data: Json) -> Activity:
        """Return an activity; its value stays as it came. Raises ValueError and its like."""
        value, entities = data.pop("value", None), data.pop("entities", None)
        activity = Activity.model_validate(without_empty(data))
        activity.value = value
        activity.entities = [as_entity(each) for each in entities or []]
        return activity


def as_entity(data: Any) -> Any:
    """Return an entity as `payloads.py` reads it."""
    if data is None:
        return None
    if not isinstance(data, dict):
        raise TypeError("not an entity")
    rest = {key: each for key, each in data.items() if key != "type"}
    return SimpleNamespace(type=data.get("type"), additional_properties=rest)


def without_empty(data: Any) -> Any:
    """Return the same without keys whose text is empty or that are null."""
    if isinstance(data, dict):
        return {key: without_empty(each) for key, each in data.items() if each not in ("", None)}
    return [without_empty(each) for each in data] if isinstance(data, list) else data


class Turns(ChannelAdapter):  # type: ignore[misc]  # it need not be installed
    """Carries activities out through the SDK, and what it sends through our connector."""

    def __init__(
        self,
        connector: Connector,
        said: Hears,
        changed: Hears,
        installed: Hears,
        asked: Callable[[Activity], Awaitable[Json | None]],
    ) -> None:
        super().__init__()
        self._connector = connector
        self._handler = _Handler(said, changed, installed, asked)

    async def run(self, activity: Activity) -> tuple[int, Json | None]:
        """Carry an activity out; return the answer's status and body."""
        activity.delivery_mode = None
        context = TurnContext(self, activity)
        await self.run_pipeline(context, self._handler.on_turn)
        answer = context.turn_state.get(ANSWER)
        if activity.type != ActivityTypes.invoke:
            return 200, None
        return (501, None) if answer is None else (answer.status, answer.body)

    async def send_activities(
        self, context: TurnContext, activities: list[Activity]
    ) -> list[ResourceResponse]:
        """Send activities."""
        return [
            ResourceResponse(
                id=await self._connector.post(each.service_url, each.conversation.id, wire(each))
            )
            for each in activities
        ]

    async def update_activity(self, context: TurnContext, activity: Activity) -> ResourceResponse:
        """Replace an activity."""
        await self._connector.put(
            activity.service_url, activity.conversation.id, activity.id, wire(activity)
        )
        return ResourceResponse(id=activity.id)

    async def delete_activity(self, context: TurnContext, reference: ConversationReference) -> None:
        """Refuse: Lotse takes nothing away that it has said."""
        raise NotImplementedError


class _Handler(ActivityHandler):  # type: ignore[misc]
    def __init__(
        self,
        said: Hears,
        changed: Hears,
        installed: Hears,
        asked: Callable[[Activity], Awaitable[Json | None]],
    ) -> None:
        self._said, self._changed, self._installed, self._asked = said, changed, installed, asked

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await self._said(turn_context.activity)

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        await self._changed(turn_context.activity)

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        await self._installed(turn_context.activity)

    async def on_message_reaction_activity(self, turn_context: TurnContext) -> None:
        return None

    async def on_invoke_activity(self, turn_context: TurnContext) -> None:
        answer = await self._asked(turn_context.activity)
        if answer is not None:
            turn_context.turn_state[ANSWER] = InvokeResponse(status=200, body=answer)


def wire(model: Any) -> Json:
    """Return a model as it is sent."""
    found: Json = model.model_dump(by_alias=True, exclude_none=True, mode="json")
    return found
