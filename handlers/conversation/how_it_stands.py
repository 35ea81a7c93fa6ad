"""Questions about how an incident stands: "ist das behoben?", "any news?", "geht es wieder?".

They are answered with what is open, with its buttons. With nothing open, what was restored lately
is named; else the line is offered as any other.
"""

from __future__ import annotations

import re

from handlers import rights
from handlers.conversation.answers import about_service
from handlers.conversation.asked import LATELY, about
from handlers.conversation.bare_names import says
from handlers.conversation.questions import service_in
from handlers.help import replies as help_replies
from handlers.incidents import channels as incident_channels
from handlers.incidents.cards import headline, label, standing, take, works_again
from handlers.incidents.lookup import find, waits_for_me
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text
from handlers.kit.words import shortened
from storage.incidents import Incident
from storage.incidents import lists as incident_lists
from storage.incidents.states import IncidentState

SHOWN = 5  # incidents in one answer
ART = r"(?:die|der|das|den|dem|the|unsere?|our) "
IT = (
    r"(?:das|es|dies|die|der|alles|die stoerung|das problem|der ausfall"
    rf"|it|this|that|everything|the incident|(?:{ART})?@)"
)
WHEN = (
    r"(?: (?:jetzt|schon|denn|nun|endlich|inzwischen|mittlerweile|eigentlich|noch|wieder"
    r"|now|already|still|finally|back|all))*"
)
OVER = (
    r"(?:behoben|erledigt|geloest|repariert|gefixt|in ordnung|ok|okay|fertig|vorbei|da|offen|online"
    r"|fixed|done|resolved|solved|restored|working|up|back|back up|over|open|sorted)"
)
YET = r"(?: (?:yet|again|now|already|wieder|worden))*"
ABOUT = rf"(?: (?:bei|mit|von|zu|zur|zum|beim|vom|um|on|of|with|about|for) (?:{ART})?(?:@|\w+))?"
STATE = re.compile(
    rf"(?:(?:ist|sind|wurde|war|is|are|has) {IT}{WHEN}(?: been)? {OVER}{YET}"
    rf"|(?:laeuft|geht|funktioniert|klappt|tut) {IT}(?: (?:jetzt|schon|denn|nun|endlich))*"
    rf" (?:wieder|schon)(?: wieder)?"
    rf"|(?:does|do) {IT} work(?: again| now| yet)+"
    r"|(?:wie|was) ist (?:(?:denn|da|gerade|jetzt|hier) )*der (?:aktuelle )?stand"
    rf"(?: der dinge)?{ABOUT}"
    rf"|wie (?:steht es|stehts|sieht es|siehts)(?: (?:aus|jetzt|denn))*{ABOUT}"
    rf"|(?:gibt es|gibts)(?: (?:schon|denn|da))* (?:was|etwas|irgendwas) neues{ABOUT}"
    rf"|(?:gibt es|gibts)(?: (?:schon|denn|da))* (?:neuigkeiten|news|infos){ABOUT}"
    rf"|(?:any|some) (?:news|updates?|progress){ABOUT}"
    rf"|(?:what is|whats) the (?:status|state|latest){ABOUT}"
    r"|how (?:is it going|does it look|are things)"
    rf"|wie lange (?:dauert|braucht) {IT}(?: (?:noch|denn|ungefaehr|etwa|wohl))*"
    rf"|wann (?:geht|laeuft|funktioniert) {IT}(?: (?:denn|endlich|wohl))* wieder"
    rf"|how (?:much longer|long) (?:will|does) {IT} take"
    rf"|when (?:will|does) {IT} (?:be )?(?:work|working|fixed|back|up)(?: again)?"
    r"|kommt (?:(?:da|denn|heute|noch|schon|gleich) )*jemand(?: (?:noch|heute|vorbei))*"
    r"|(?:kuemmert sich|ist|schaut) (?:(?:da|denn|schon|eigentlich) )*jemand"
    r"(?: (?:schon|bereits|drum|darum|dran|danach))*"
    r"|is (?:anyone|anybody|someone|somebody) (?:already )?(?:on it|looking (?:at|into) (?:it|this)"
    r"|working on (?:it|this)|coming)"
    r")"
)


def answer(ctx: Context, said: str) -> Reply | None:
    """Answer a question about how something stands; None for other lines, and where nothing is."""
    service, asked = service_in(said, ctx.services())
    if STATE.fullmatch(asked) is None:
        return None
    number = incident_channels.about(ctx)
    if number is not None:
        found: tuple[Incident, ...] = (find(ctx, number),)
    else:
        open_ones = tuple(incident_lists.open_ones(ctx.tx))
        found = about(ctx).open or open_ones
        if service is not None:
            found = about_service(ctx, open_ones, service.name)
        else:  # "any news on the printer?"
            last = asked.rpartition(" ")[2]
            found = tuple(each for each in open_ones if says(ctx, each, last)) or found
        found = found or _lately(ctx, "" if service is None else service.name)
    return Reply(_shown(ctx, found)) if found else None


def _lately(ctx: Context, name: str) -> tuple[Incident, ...]:
    """Return the incident that works again since lately, of a service if one is named."""
    undone = [
        each
        for each in incident_lists.undone(ctx.tx)
        if each.restored_at is not None and each.restored_at >= ctx.now - LATELY
    ]
    undone.sort(key=lambda each: each.restored_at or ctx.now)
    return (about_service(ctx, undone, name) if name else tuple(undone))[-1:]


def _shown(ctx: Context, found: tuple[Incident, ...]) -> Message:
    parts: list[Part] = []
    opens: list[Button] = []
    for each in found[:SHOWN]:
        parts.append(Text(shortened(headline(each))))
        parts.append(Text(standing(ctx, each, pings=False), small=True))
        opens.append(Button(label(each.number), call("show", number=each.number), "quiet"))
    first: tuple[Button, ...] = ()
    if len(found) == 1 and found[0].state == IncidentState.OPEN:
        if waits_for_me(ctx, found[0]):
            first += (take(found[0].number),)
        if rights.may_for(ctx, "restored", found[0]):
            first += (works_again(found[0].number),)
    declare = help_replies.declare_button(ctx, ctx.typed)
    return Message((*parts, Buttons((*first, *opens, declare))))
