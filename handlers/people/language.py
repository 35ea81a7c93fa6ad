"""People: my language."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.messages import Message, Reply, Text
from handlers.kit.readers import ChoiceReader
from handlers.kit.words import _, speak
from storage import people

feature = Feature(_("Me"))


class Language(StrEnum):
    """What Lotse speaks; AUTO follows the company."""

    DE = "de"
    EN = "en"
    AUTO = "auto"


LANGUAGE = ChoiceReader(
    Language,
    {"de": "Deutsch", "en": "English", "auto": _("Like the company")},
    {"de": ("deutsch", "german"), "en": ("englisch", "english"), "auto": ()},
)


@feature.command(
    "language", "sprache", help=_("The language that Lotse speaks with you."), needs="language"
)
def language(ctx: Context, choice: Annotated[Language, LANGUAGE, Ask(_("Language"))]) -> Reply:
    chosen = None if choice is Language.AUTO else choice.value
    people.set_language(ctx.tx, ctx.person.id, chosen)
    spoken = chosen or ctx.workspace.language
    # In the new language already: the answer is the proof.
    said = speak(_("From now on I speak English with you."), spoken)
    return Reply(Message((Text(said),)))
