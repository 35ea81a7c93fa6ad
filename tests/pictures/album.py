"""An album of what people see: each card and form as Slack and Teams get it.

What is played for it is in tests/pictures/cards.py and tests/pictures/cards_later.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.slack import blocks as slack_blocks
from bot.teams import cards as teams_cards
from bot.teams import dialogs as teams_dialogs
from handlers.kit.messages import Form, Message
from handlers.kit.readers import folded
from handlers.kit.words import _, text
from storage.engine.ids import PlaceId
from tests.pretend import adaptive_card, block_kit
from tests.pretend.company import NAMES
from tests.pretend.stage import Say, Stage

Json = dict[str, Any]

PEOPLE = NAMES


@dataclass(frozen=True, slots=True)
class Card:
    """Something that people see: a message, a form or a home tab, and who sees it.

    `shown` is what Slack gets; nothing of what only Teams has. `teams` is what Teams gets: a
    message, a dialog or the results of a search; for the home tab, a message in the personal
    chat.
    """

    caption: str
    seen: str
    shown: Json
    teams: Json


@dataclass(slots=True)
class Album:
    """Keeps what is seen in one language. `said` is what people write."""

    language: str
    stage: Stage
    said: dict[str, str]
    cards: list[Card] = field(default_factory=list)
    _people: dict[str, Say] = field(default_factory=dict)

    def people(self) -> list[Say]:
        """Return Anna, Ben, Carla and Chris."""
        keys = [folded(each) for each in PEOPLE]
        return [self._people.setdefault(key, Say(self.stage, key)) for key in keys]

    def answered(self, me: Say, caption: str) -> None:
        """Keep what somebody was just answered: a message, a form, or both."""
        assert me.answer is not None
        if me.answer.message is not None:
            self.message(f"only for @{me.id}", caption, me.answer.message)
        if me.answer.form is not None:
            self._form(f"@{me.id}", caption, me.answer.form)

    def told(self, me: Say, caption: str) -> None:
        """Keep the answer to a form, which takes the form's place."""
        assert me.answer is not None and me.answer.message is not None, caption
        close = text(_("Close"), self.language)
        view = slack_blocks.answer_view(me.answer.message, close)
        dialog = teams_dialogs.answer_dialog(adaptive_card.mentioning(me.answer.message))
        self._keep(Card(caption, f"@{me.id}", view, dialog))

    def stands(self, place: str, caption: str, about: str = "") -> None:
        """Keep the newest message of a channel, or of somebody's direct place."""
        where = f"local:{place}" if place[0] == "@" else f"local:{self.said[place]}"
        found = [each for each in self.stage.chat.at(where) if about in str(each.message)]
        assert found, f"nothing stands in {place} for {caption}"
        self.message(
            place if place[0] == "@" else f"#{self.said[place]}", caption, found[-1].message
        )

    def home(self, me: Say, caption: str) -> None:
        """Keep somebody's home tab."""
        stage = self.stage
        seen = stage.run(stage.dispatcher.look(stage.workspace, f"local:{me.id}", "home"))
        assert seen is not None and seen.message is not None
        view = slack_blocks.home_view(seen.message)
        self._keep(Card(caption, f"@{me.id}", view, _sent(seen.message)))

    def message(self, seen: str, caption: str, message: Message) -> None:
        """Keep a message that is spoken in the album's language."""
        self._keep(Card(caption, seen, slack_blocks.private(message), _sent(message)))

    def in_teams(self, seen: str, caption: str, shown: Json) -> None:
        """Keep what only Teams has."""
        self.cards.append(Card(caption, seen, {}, shown))

    def _form(self, seen: str, caption: str, form: Form) -> None:
        private = slack_blocks.private_call(form.call, PlaceId("slack:C1"))
        view = slack_blocks.view(form, private, text(_("Cancel"), self.language))
        dialog = teams_dialogs.dialog(form, PlaceId("teams:19:1"), self.language)
        self._keep(Card(caption, seen, view, dialog))

    def _keep(self, card: Card) -> None:
        assert block_kit.mistakes(card.shown) == [], card
        task = "task" in card.teams
        wrong = adaptive_card.in_task if task else adaptive_card.in_activity
        assert wrong(card.teams) == [], card
        self.cards.append(card)


def _sent(message: Message) -> Json:
    """Return a message as Teams gets it, among people of Teams."""
    shown = adaptive_card.mentioning(message)
    card = teams_cards.attachment(teams_cards.card(shown))
    return {"type": "message", "summary": teams_cards.summary(shown), "attachments": [card]}
