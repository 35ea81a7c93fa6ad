"""botbuilder's part: an activity is read, goes to the handler of its type, and may be answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from botbuilder import schema
from botbuilder.core import ActivityHandler, BotAdapter, InvokeResponse, TurnContext
from botbuilder.schema import Activity, ActivityTypes, ConversationReference, ResourceResponse
from msrest.serialization import Deserializer, rest_key_extractor

from bot.teams.connector import Connector

Json = dict[str, Any]
ANSWER = "lotse.answer"  # where a turn keeps the answer to an invoke
Hears = Callable[[Activity], Awaitable[None]]


class Reader:
    """Reads activities: one reader for all of them, and for JSON only."""

    def __init__(self) -> None:
        models = {name: each for name, each in vars(schema).items() if isinstance(each, type)}
        self._read = Deserializer(models)  # type: ignore[no-untyped-call]  # it has no types
        self._read.key_extractors = [rest_key_extractor]

    def read(self, data: Json) -> Activity:
        """Return an activity; its value stays as it came. Raises ValueError and its like."""
        value = data.pop("value", None)
        activity = self._read("Activity", data)
        activity.value = value
        return activity


class Turns(BotAdapter):  # type: ignore[misc]  # the library has no types
    """Carries activities out through botbuilder, and what it sends through our connector."""

    def __init__(
        self,
        connector: Connector,
        said: Hears,
        changed: Hears,
        installed: Hears,
        asked: Callable[[Activity], Awaitable[Json | None]],
    ) -> None:
        """`said` hears messages, `changed` who comes and goes, `installed` the app itself.

        `asked` answers invokes; None for those that we do not know.
        """
        super().__init__()
        self._connector = connector
        self._handler = _Handler(said, changed, installed, asked)

    async def run(self, activity: Activity) -> tuple[int, Json | None]:
        """Carry an activity out; return the answer's status and body."""
        activity.delivery_mode = None  # answers go their own way, whatever was asked for
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
        sent = []
        for each in activities:
            id = await self._connector.post(
                each.service_url, each.conversation.id, each.serialize()
            )
            sent.append(ResourceResponse(id=id))
        return sent

    async def update_activity(self, context: TurnContext, activity: Activity) -> ResourceResponse:
        """Replace an activity."""
        await self._connector.put(
            activity.service_url, activity.conversation.id, activity.id, activity.serialize()
        )
        return ResourceResponse(id=activity.id)

    async def delete_activity(self, context: TurnContext, reference: ConversationReference) -> None:
        """Refuse: Lotse takes nothing away that it has said."""
        raise NotImplementedError


class _Handler(ActivityHandler):  # type: ignore[misc]  # the library has no types
    """Hears four types of activities. Edits, deletions, reactions and the rest do nothing."""

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
        if answer is not None:  # sent as an activity, it would be copied as a whole first
            turn_context.turn_state[ANSWER] = InvokeResponse(status=200, body=answer)
