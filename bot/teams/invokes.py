"""What Teams asks and waits for: buttons, dialogs, message extensions and a search."""

from __future__ import annotations

import logging
from typing import Any

from botbuilder.schema import Activity

from bot.delivery.background import Background
from bot.delivery.edge_texts import not_stored, words_of
from bot.delivery.requests import Response
from bot.delivery.shortcuts import shortcut
from bot.teams import cards, dialogs, payloads, search
from bot.teams.intake import Intake
from bot.teams.payloads import Sender, Unreadable, Where
from bot.teams.sender import REFRESH, refresh_of
from handlers.kit import commands
from handlers.kit.messages import Buttons, Call, Field, Form, Message, load
from handlers.kit.readers import folded
from handlers.kit.words import LANGUAGES, _, shortened, text
from storage.delivery import outbox
from storage.engine import StorageError, Tx
from storage.engine.ids import PlaceId
from storage.incidents import lists as incident_lists

log = logging.getLogger("lotse.teams")

Json = dict[str, Any]

CARD = "application/vnd.microsoft.card.adaptive"
WORDS = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"
FOUND = 10  # cards that a search shows at most
MORE = "find more"  # the command that searches through everything, page by page
PAGES = 2
ERROR_WORDS = 500


class Invokes:
    """Answers invokes; what follows an answer is done `later`."""

    def __init__(self, intake: Intake, later: Background) -> None:
        self._intake, self._later = intake, later

    async def answer(self, activity: Activity) -> Json | None:
        """Return the body of the answer to an invoke; None for those that we do not know."""
        sender = payloads.sender_of(activity)
        where = payloads.where_of(activity, sender)
        match activity.name:
            case "adaptiveCard/action":
                return await self._acted(activity, sender, where)
            case "task/fetch":
                return await self._fetched(activity, sender, where, self._call(activity))
            case "task/submit" | "composeExtension/submitAction":
                return await self._submitted(activity, sender, where)
            case "composeExtension/fetchTask":
                return await self._shortcut(activity, sender, where)
            case "composeExtension/query":
                return await self._searched(activity, sender, where)
            case "application/search":
                return await self._chosen(activity, sender)
            case _:
                pass
        return None

    def _call(self, activity: Activity) -> Call:
        try:
            return cards.call_of(payloads.data_of(activity))
        except ValueError as error:
            raise Unreadable("a button that is not ours") from error

    async def _acted(self, activity: Activity, sender: Sender, where: Where) -> Json:
        """Answer a button on a card: the card as it is now, with the answer above it.

        Where both find no room in one card, the answer goes before.
        """
        call = self._call(activity)
        if call.word == REFRESH:
            return await self._viewed(call, sender)
        request = self._intake.pressed(activity, sender, where, call)
        try:
            answer = await self._intake.handle(request, sender, where)
        except StorageError as error:
            log.error("A button could not be stored: %s", error)
            return {"statusCode": 200, "type": WORDS, "value": words_of(not_stored(call.word))}
        self._later.soon(self._intake.look_up(request, sender, where))
        said = answer.message
        if answer.form is not None:
            said = await self._intake.reopening(answer, sender)
        pressed_on = payloads.pressed_on(activity, where)
        written = await self._intake.read(lambda tx: outbox.standing(tx, pressed_on))
        if written is not None:
            now = load(written)
            both = Message(((said.parts if said else ()) + now.parts), now.tone)
            said = both if said is None or cards.fits(both) else said
        if said is None:
            return {"statusCode": 200, "type": WORDS, "value": ""}
        again = refresh_of(load(written)) if written is not None else None
        shown = cards.card(said, again, (sender.member,) if again is not None else ())
        return {"statusCode": 200, "type": CARD, "value": shown}

    async def _viewed(self, call: Call, sender: Sender) -> Json:
        """Answer with the reader's own view of an incident's card; nothing changes."""
        number = call.args.get("number", "")
        answer = await self._intake.dispatcher.look(
            self._intake.workspace, sender.identity, "show", number=number
        )
        if answer is None or answer.message is None or not answer.is_done:
            return {"statusCode": 404, "type": ERROR, "value": {"code": "404", "message": ""}}
        shown = cards.card(answer.message, call, (sender.member,))
        return {"statusCode": 200, "type": CARD, "value": shown}

    async def _shortcut(self, activity: Activity, sender: Sender, where: Where) -> Json | None:
        command, _searched = payloads.command_of(activity)
        call = shortcut(command, payloads.payload_words(activity.value or {}))
        return None if call is None else await self._fetched(activity, sender, where, call)

    async def _fetched(self, activity: Activity, sender: Sender, where: Where, call: Call) -> Json:
        """Open a form as a dialog, or show in it what is said instead."""
        request = self._intake.pressed(activity, sender, where, call)
        try:
            answer = await self._intake.handle(request, sender, where)
        except StorageError as error:
            log.error("A form could not be opened: %s", error)
            return dialogs.answer_dialog(not_stored(call.word))
        self._later.soon(self._intake.look_up(request, sender, where))
        return self._shown(answer, where.place)

    async def _submitted(self, activity: Activity, sender: Sender, where: Where) -> Json:
        """Complete a form, or carry out a button that stood in a dialog."""
        data, call = payloads.data_of(activity), self._call(activity)
        place = dialogs.place_of(data) or where.place
        values = dialogs.values_of(data)
        form = None
        if any(cards.ENTRA.fullmatch(each) for each in values.values()):
            form = await self._form(call, sender)
        chosen = dialogs.chosen_people(form, data) if form is not None else []
        request = self._intake.pressed(
            activity,
            sender,
            where,
            Call(call.word, {**call.args, **values}),
            submitted=bool(dialogs.place_of(data)),
            chosen=chosen,
            place=place,
        )
        try:
            answer = await self._intake.handle(request, sender, where)
        except StorageError as error:
            log.error("A form could not be stored: %s", error)
            return dialogs.answer_dialog(not_stored("\n".join(values.values())))
        self._later.soon(self._intake.look_up(request, sender, where))
        if answer.field is not None and answer.message is not None:
            form = form or await self._form(call, sender)
            if form is not None:
                words = shortened(words_of(answer.message), ERROR_WORDS)
                kept = dialogs.filled(form, values)
                others = {name: shortened(said, ERROR_WORDS) for name, said in answer.faults}
                faults = {**others, answer.field: words}
                return dialogs.dialog_error(kept, place, answer.language, faults)
        return self._shown(answer, place)

    async def _form(self, call: Call, sender: Sender) -> Form | None:
        """Return the form that was filled in, as it was opened."""
        intake = self._intake
        found = await intake.dispatcher.form_of(intake.workspace, sender.identity, call)
        return found.form if found is not None else None

    def _shown(self, answer: Response, place: PlaceId) -> Json:
        if answer.form is not None:
            return dialogs.dialog(answer.form, place, answer.language)
        if answer.message is not None:
            return dialogs.answer_dialog(answer.message)
        return {}  # closes the dialog

    async def _chosen(self, activity: Activity, sender: Sender) -> Json:
        """Answer what somebody types in a field with many choices; nothing is stored."""
        asked = activity.value if isinstance(activity.value, dict) else {}
        try:
            call, name = dialogs.asked_by(asked.get("dataset"))
        except ValueError as error:
            raise Unreadable("a search that is not ours") from error
        form = await self._form(call, sender)
        fields = form.fields if form is not None else ()
        field = next((each for each in fields if each.name == name), Field("", ""))
        typed = asked.get("queryText")
        return dialogs.found_choices(field, typed if isinstance(typed, str) else "")

    async def _searched(self, activity: Activity, sender: Sender, where: Where) -> Json:
        """Answer a search from the compose box: a number, open incidents, or all that says it."""
        _command, words = payloads.command_of(activity)
        shown: list[Message] = []
        for word, args in await self._fitting(sender, words.strip()):
            intake = self._intake
            answer = await intake.dispatcher.look(intake.workspace, sender.identity, word, **args)
            if answer is None:
                return self._unknown(sender)
            if answer.is_done and answer.message is not None:
                shown.append(answer.message)
        if not shown:
            said = _("I found nothing that fits.")
            return search.nothing_found(text(said, spoken_by(sender)))
        return search.search_results(shown)

    async def _fitting(self, sender: Sender, words: str) -> list[tuple[str, dict[str, str]]]:
        """Return what to show: which commands, with what they are about."""
        intake, wanted = self._intake, folded(words.removeprefix("INC-").removeprefix("#"))

        def look(tx: Tx) -> list[int]:
            return [
                each.number
                for each in incident_lists.open_ones(tx)
                if wanted in folded(each.title) or wanted == str(each.number)
            ]

        numbers = await intake.read(look)
        found = [("show", {"number": str(number)}) for number in numbers]
        if wanted and not wanted.isdigit():
            found += [each for each in await self._saying(sender, words) if each not in found]
        return found[:FOUND]

    async def _saying(self, sender: Sender, words: str) -> list[tuple[str, dict[str, str]]]:
        """Return what the answer to `find` opens; not what only the asker knows of."""
        intake, opened = self._intake, []
        for page in range(1, PAGES + 1):
            answer = await intake.dispatcher.look(
                intake.workspace, sender.identity, MORE, words=words, page=str(page)
            )
            if answer is None or answer.message is None:
                break
            for part in answer.message.parts:
                for button in part.buttons if isinstance(part, Buttons) else ():
                    command = commands.by_name(button.call.word, intake.dispatcher.features)
                    if command and command.reads and not command.nameless:
                        opened.append((button.call.word, dict(button.call.args)))
        return [each for each in opened if each[0] != MORE]

    def _unknown(self, sender: Sender) -> Json:
        said = _("Lotse does not know you yet. Write to it once, then search again.")
        return search.nothing_found(text(said, spoken_by(sender)))


def spoken_by(sender: Sender) -> str:
    """Return the language of somebody's Teams, if we speak it."""
    return sender.language if sender.language in LANGUAGES else "de"
