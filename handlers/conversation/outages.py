"""Whether a line that was read as news, a note or a search may be somebody's new outage.

What is written out stays what it is (docs/rules.md, typing), but keeps a way to declare it; what
speaks of danger, of another service, or of trouble behind "restored" is asked about first.
"""

from __future__ import annotations

import re
from dataclasses import replace

from handlers.conversation import bare_names
from handlers.help import replies as help_replies
from handlers.incidents import triage
from handlers.incidents.cards import headline
from handlers.incidents.lookup import meant
from handlers.kit.arguments import Parsed
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.folding import folded
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text
from handlers.kit.readers.emergencies import call_first, in_danger
from handlers.kit.words import Words, _, shortened
from storage.incidents import Incident

NEWS = ("update", "restored")
SHORT = 150  # characters of a nameless note that a button may hold; more is kept with a name
TROUBLE = re.compile(
    r"\b(?:kaputt|defekt|tot|gestoert|stoerung|ausfall|ausgefallen|abgestuerzt|fehlgeschlagen"
    r"|haengt|brennt|glueht|raucht|qualmt|gluehen|streikt|steht still|geht nicht|gehen nicht"
    r"|laeuft nicht|funktioniert nicht|nicht erreichbar|corrupt\w*|broken|dead|down|failed|fails"
    r"|failing|crash\w*|burn\w*|offline|not working|does not work|doesnt work|unreachable)\b"
)


def in_trouble(text: str) -> bool:
    """Say whether words speak of something that does not work, or of danger."""
    said = folded(text).replace("'", "").replace("’", "")
    return TROUBLE.search(said) is not None or in_danger(text)


def doubtful(ctx: Context, parsed: Parsed) -> Reply | None:
    """Ask before news is written that may be an outage of its own; None where it is plain news.

    News that names its incident is never asked about.
    """
    text = str(parsed.values.get("text", ""))
    if parsed.command.name not in NEWS or not text or "number" in parsed.values:
        return None
    incident = meant(ctx, parsed.command.name, None, text)
    if parsed.command.name == "restored":
        asked = bare_names.of_news(ctx, incident, text)
        if asked is not None:
            return asked
    if not (_elsewhere(ctx, incident, text) or in_danger(text)
            or (parsed.command.name == "restored" and in_trouble(text))):  # fmt: skip
        return None
    return _ask(ctx, incident, parsed.command.name, text)


def _elsewhere(ctx: Context, incident: Incident, text: str) -> bool:
    """Say whether words name another service than the incident's."""
    service, _rule = triage.named(ctx, text)
    return service is not None and service.id != incident.service


def _ask(ctx: Context, incident: Incident, word: str, text: str) -> Reply:
    question: Words = _("Is this an update on {incident}?", incident=shortened(headline(incident)))
    news = Button(_("Yes, an update"), call("update", number=incident.number, text=text))
    ways: tuple[Button, ...] = (help_replies.declare_button(ctx, text, "primary"), news)
    if word == "restored":
        works = call("restored", number=incident.number, text=text)
        ways += (Button(_("It works again"), works),)
    first = (call_first(),) if in_danger(text) else ()
    return Reply(Message((*first, Text(question), Buttons(ways))))


def declarable(ctx: Context, parsed: Parsed, reply: Reply) -> Reply:
    """Return an answer with a way to declare the words, where they may be an outage."""
    text = _own_words(parsed)
    if reply.message is None or not text:
        return reply
    ways: tuple[Button, ...] = (help_replies.declare_button(ctx, text),)
    if parsed.command.nameless and len(text) > SHORT:
        ways = (Button(_("Declare this as an incident"), call("incident"), "quiet"),)
    if parsed.command.name == "update":
        number = int(reply.subject.removeprefix("INC-"))
        ways = (*ways, Button(_("Take the update back"), call("update back", number=number)))
    first: tuple[Part, ...] = (call_first(),) if in_danger(text) else ()
    shown = Message((*first, *reply.message.parts, Buttons(ways)), reply.message.tone)
    return replace(reply, message=shown)


def _own_words(parsed: Parsed) -> str:
    """Return the words behind a command that may be an outage; empty where they are none."""
    name, values = parsed.command.name, parsed.values
    if name == "update" and "number" not in values:
        return str(values.get("text", ""))
    text = str(values.get("sentence" if name == "friction" else "words", ""))
    return text if name in ("friction", "find") and in_trouble(text) else ""
