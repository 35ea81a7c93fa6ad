"""What a line that is no command may be as well: an answer, news of an incident, a note."""

from __future__ import annotations

import re

from handlers import rights
from handlers.conversation import outages, phrases
from handlers.conversation.answers import about_service, news_button
from handlers.conversation.asked import about
from handlers.incidents.cards import take, works_again
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.folding import folded
from handlers.kit.messages import Button
from handlers.kit.words import _

MOST = 2  # incidents that a line may be news of
# Words for what gets in the way every day, and is no outage.
TIRESOME = re.compile(
    r"\b(?:nervt|nervend\w*|nervig\w*|genervt|umstaendlich\w*|muehsam\w*|laestig\w*|aergert"
    r"|doppelt eintippen|doppelt eingeben|von hand abtippen|abtippen|zettelwirtschaft"
    r"|annoy\w*|tedious|cumbersome|frustrating|fed up)\b"
)


def meant(ctx: Context, text: str) -> list[Button]:
    """Return what a line may be besides an outage, as buttons."""
    found: list[Button] = []
    if TIRESOME.search(folded(text)):
        note = call("friction", sentence=text) if len(text) <= outages.SHORT else call("friction")
        found.append(Button(_("Note what is in the way"), note))
    near = about(ctx)
    # Trouble that somebody tells who looks after nothing is more likely an outage of its own.
    theirs = near.mine if outages.in_trouble(text) else near.open
    theirs = tuple(each for each in theirs if each not in near.asked)
    return [*found, *(news_button(each, text) for each in theirs[:MOST])]


def waiting(ctx: Context, typed: str) -> tuple[Button, ...]:
    """Return what answers an incident that a line may be about: it stands before all else.

    It works again, where the line says so of something; else the one alarm that waits.
    """
    found = about(ctx)
    works = phrases.one_works(typed)
    if works:
        named = about_service(ctx, found.open, works)
        if len(named) == 1 and rights.may_for(ctx, "restored", named[0]):
            return (works_again(named[0].number),)
        if len(named) == 1:
            told = call("update", number=named[0].number, text=typed.strip())
            return (Button(_("Tell them"), told, "primary"),)
    return (take(found.asked[0].number),) if len(found.asked) == 1 else ()
