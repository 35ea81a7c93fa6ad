"""A short name behind what somebody has done: "behoben Beamer", "done, till", "übernehme Kasse".

Is it the thing that works again, or what helped? Where it names one incident, that one is meant;
where no incident says it, it is asked, and nothing changes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from handlers import rights
from handlers.conversation import phrases
from handlers.conversation.answers import Answer, ask_which
from handlers.conversation.asked import about
from handlers.conversation.questions import DAYS
from handlers.help import replies as help_replies
from handlers.incidents import channels as incident_channels
from handlers.incidents.cards import headline
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.folding import folded, plain, words
from handlers.kit.messages import Button, Call, Reply, line
from handlers.kit.readers import members
from handlers.kit.words import _, shortened
from storage.incidents import Incident
from storage.incidents import lists as incident_lists
from storage.incidents.states import IncidentState

SHOWN = 3  # incidents that are asked about
COMMON = 4  # letters that a part of a longer word must have, such as the "Drucker" of a "Druckerei"
WORD = re.compile(r"[\w+]+")
ARTICLES = words("der die das den dem des ein eine einen einem the a an unser unsere my our")
# What stands before a thing that helped, or belongs to a sentence.
NO_NAME = words(
    """
    mit durch dank wegen nach per ohne von vom by with via after thanks because due war was ist is
    es it ich wir i we hat has habe have nicht not noch aber but nur only war jetzt now wieder again
    nichts nothing alles all das that this same selbst fast doch auch schon just fuer for heute
    today morgen tomorrow mal gleich machen make sein be hier here bei beim an on am im in um bis
    und and oder or sie er he she they du you soon spaeter later bald gestern yesterday
    team leute kollegen kolleginnen kollege kollegin chef chefin alle zusammen folks guys everyone
    """
)
# "getauscht", "nachgefüllt", "erneuert", "angeschlossen", "repariert", "replaced", "rebooting"
VERB = re.compile(
    r"\w*ge(?!raet)\w{3,}(?:t|en)|(?:er|ver|be|ent|zer|ueber)\w{3,}(?:t|en)|\w+iert|\w+ieren"
    r"|\w{3,}ed|\w{3,}ing|\w{3,}tauschen|lief"
)
# What helps and is no thing that breaks: "Neustart", "reset", "Akkuwechsel".
REMEDY = re.compile(
    r"(?:neu|kalt|warm)?start|restart|reboot|reset|update|rollback|patch|hotfix|workaround"
    r"|\w*(?:wechsel|tausch|reparatur|reinigung|neustart)|technik(?:er(?:in)?)?|technician"
)
HELPED = re.compile(  # "durch Neustart", "with a new cable"
    r"(?:durch|mit|dank|nach|by|with|after|via)"
    r"(?: (?!nicht|noch|nichts|not|only|nur|aber|but)\w+){1,3}"
)
HAS = r"(?:(?:ich|i|wir|we)\s+)?(?:(?:habe|hab|have|ist|is)\s+)?"
WORKS = re.compile(
    HAS + r"(?:behoben|erledigt|repariert|geloest|gefixt|fixed|solved|resolved|restored"
    r"|done|fertig)(?:\s*[,:.;–-]\s*|\s+)(.+)"
)
TAKES = re.compile(
    r"(?:(?:ich|i)\s+)?(?:uebernehme?|annehmen|nehme?|ack|acknowledge|taking|take)"
    r"(?:\s*[,:.;–-]\s*|\s+)(.+)"
)


def name_in(text: str) -> str:
    """Return the one or two words of a bare name; empty where a text says something else."""
    typed = WORD.findall(text)
    if len(typed) > 1 and typed[-1].islower() and not typed[-2].islower():
        return ""  # "Zertifikat erneuert", "Kabel fest"
    found = [each for each in plain(text).split() if each not in ARTICLES]
    if not 1 <= len(found) <= 2 or any(each.isdigit() for each in found[:1]):
        return ""
    if any(each in NO_NAME or VERB.fullmatch(each) for each in found) or REMEDY.fullmatch(
        found[-1]
    ):
        return ""
    name = " ".join(found)
    return "" if phrases.understood(name) is not None else name


def _thing(ctx: Context, text: str) -> str:
    """Return the bare name of a thing; empty also where it is somebody, or a day."""
    name = name_in(text)
    people = {part for each in members(ctx.tx) for part in plain(each.name).split()}
    return "" if set(name.split()) & (people | DAYS) else name


def says(ctx: Context, incident: Incident, name: str) -> bool:
    """Say whether an incident, or its service, says a word of a name, if only as a part."""
    service = ctx.service_of(incident.service)
    own = [service.name, *service.words] if service is not None and not service.fallback else []
    theirs = plain(" ".join((incident.title, incident.body or "", *own))).split()
    return any(
        one == other or (min(len(one), len(other)) >= COMMON and (one in other or other in one))
        for one in name.split()
        for other in theirs
    )


def of_news(ctx: Context, incident: Incident, text: str) -> Reply | None:
    """Ask what a bare name behind "restored" is, where it does not stand in what is meant.

    In an incident's own channel or thread it is what helped.
    """
    name = _thing(ctx, text)
    if not name or incident_channels.about(ctx) is not None or says(ctx, incident, name):
        return None
    return _what_is_it(ctx, (incident,), name, text)


def answer(ctx: Context, said: str) -> Answer | None:
    """Answer a line that is no command: what was done, and a bare name. None for other lines."""
    line_ = folded(said).strip(" .!")
    takes = TAKES.fullmatch(line_)
    found = takes or WORKS.fullmatch(line_)
    if found is None or "?" in line_:
        return None
    if not takes and HELPED.fullmatch(plain(found[1])):
        mine = about(ctx).open
        return _way(ctx, mine[0], _behind(said)) if len(mine) == 1 else None
    behind = len(plain(found[1]).split())
    name = _thing(ctx, " ".join(WORD.findall(said)[-behind:]))
    if not name:
        return None
    return _taken(ctx, name) if takes else _works(ctx, name, said)


def _taken(ctx: Context, name: str) -> Answer | None:
    asked = about(ctx).asked
    named = [each for each in asked if says(ctx, each, name)]
    if len(named) == 1:
        return call("ack", number=named[0].number)
    if not asked:
        return None
    return ask_which(named or asked, "ack", help_replies.declare_button(ctx, ctx.typed))


def _works(ctx: Context, name: str, said: str) -> Answer | None:
    found = about(ctx)
    mine = found.open or tuple(
        each for each in incident_lists.open_ones(ctx.tx) if rights.may_for(ctx, "restored", each)
    )
    named = [each for each in mine if says(ctx, each, name)]
    if len(named) == 1 and found.open:
        return _way(ctx, named[0])
    if named:
        return ask_which(named, "restored", help_replies.declare_button(ctx, ctx.typed))
    over = [each for each in found.restored if says(ctx, each, name)]
    if len(over) == 1 and rights.may_for(ctx, "done", over[0]):
        return call("done", number=over[0].number)
    return _what_is_it(ctx, mine, name, _behind(said)) if mine else None


def _behind(said: str) -> str:
    """Return what stands behind the first word, as it was typed."""
    return re.sub(r"^\s*\S+?[\s,:.;–-]+", "", said.strip(), count=1)


def _what_is_it(ctx: Context, likely: Sequence[Incident], name: str, text: str) -> Reply:
    """Ask whether a name is what helped, or another incident, or one that nobody has declared."""
    others = [
        each
        for each in incident_lists.open_ones(ctx.tx)
        if each.number not in {one.number for one in likely} and says(ctx, each, name)
    ]
    ways = [
        Button(headline(each), _way(ctx, each), "primary")
        for each in others[:SHOWN]
        if each.state == IncidentState.OPEN
    ]
    declare = help_replies.declare_button(ctx, ctx.typed)
    if len(likely) == 1 and not others:
        question = _(
            "Did “{what}” help with {incident}? Nothing has changed yet.",
            what=text.strip()[:80],
            incident=shortened(headline(likely[0])),
        )
        helped = Button(_("Yes, it works again"), _way(ctx, likely[0], text.strip()))
        return Reply(line(question, *ways, helped, declare))
    ways += [Button(headline(each), _way(ctx, each, text.strip())) for each in likely[:SHOWN]]
    question = _(
        "“{what}” stands in none of the open incidents. With which one did it help?",
        what=text.strip()[:80],
    )
    if others:
        question = _("Which one do you mean?")
    return Reply(line(question, *ways, declare))


def _way(ctx: Context, incident: Incident, text: str = "") -> Call:
    """Return what says that it works again, or tells whoever may say so."""
    word = "restored" if rights.may_for(ctx, "restored", incident) else "update"
    told = text or (ctx.typed.strip() if word == "update" else "")
    return call(word, number=incident.number, **({"text": told} if told else {}))
