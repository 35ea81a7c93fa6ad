"""What people ask to see in words of their own: the labels of the menu, and names of lists.

A line means one of these only as a whole, and what it opens changes nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

from handlers.kit.commands import call
from handlers.kit.folding import folded, plain
from handlers.kit.messages import Call
from handlers.kit.words import LANGUAGES, Words, _, text

# The labels that stand in the menu and on the home tab, also where nobody sees them just now.
LABELS: tuple[tuple[Words, Call], ...] = (
    (_("Declare an incident"), call("incident")),
    (_("Note what is in the way"), call("friction")),
    (_("What is waiting for me"), call("status")),
    (_("Open incidents"), call("incidents")),
    (_("All services"), call("service")),
    (_("Services"), call("service")),
    (_("This week so far"), call("digest")),
    (_("Settings"), call("settings")),
)
PHRASES: tuple[tuple[str, Call], ...] = (
    ("dienste | alle dienste | welche dienste gibt es | services | all services", call("service")),
    (
        "offene stoerungen | offenen stoerungen | was ist offen | was ist noch offen | was ist los"
        " | was liegt an | welche stoerungen gibt es | open incidents | what is open | whats open",
        call("incidents"),
    ),
    ("alle stoerungen | all incidents", call("incidents", which="all")),
    ("meine stoerungen | my incidents", call("incidents", which="mine")),
    (
        "was wartet auf mich | was muss ich tun | was steht an | what is waiting for me"
        " | whats waiting for me",
        call("status"),
    ),
    (
        "was war letzte woche los | was war letzte woche | was war diese woche los"
        " | what happened last week | what happened this week",
        call("digest"),
    ),
    ("probleme | offene probleme | problems | open problems", call("problem")),
    ("pilotprojekte | piloten | alle pilotprojekte | pilots", call("pilot")),
    ("automatisierungen | alle automatisierungen | automations", call("auto")),
    (
        "hilf mir | was kannst du | was kannst du alles | was kann ich tun | wer bist du"
        " | wie geht das | wie funktioniert das | wie funktionierst du | what can you do"
        " | who are you | how does this work | help me",
        call("help"),
    ),
    ("einen fehler melden | eine stoerung melden | ich moechte eine stoerung melden"
     " | ich will eine stoerung melden | i want to declare an incident", call("incident")),
)  # fmt: skip
# What Lotse is for, whatever the words: answered by the list of what can be typed.
HOW = re.compile(
    r"was kann ich(?: hier| denn| mit dir| alles| so)+ (?:machen|tun|eingeben|schreiben)"
    r"|what can i (?:do|type|say)(?: here)?|how does (?:it|this|that) work"
    r"|wofuer bist du(?: da)?|was machst du(?: hier| so)?|what do you do"
)
SHOW = re.compile(r"(?:zeig|zeige|show)(?: mir| me| uns| us)?(?: mal)?(?: bitte)? (.+)")
# Somebody calls Lotse by its name before they say what they want.
ADDRESSED = re.compile(
    r"(?:(?:hey|hallo|hi|moin|hello)[\s,]+)?@lotse[\s,:!]+(?=\W*\w)"
    r"|(?:(?:hey|hallo|hi|moin|hello)[\s,]+)lotse[\s,:!]+(?=\W*\w)"
    r"|lotse[,:!]\s*(?=\W*\w)",
    re.IGNORECASE,
)
COURTESY = re.compile(r"^(?:bitte|please)[\s,]+|[\s,]+(?:bitte|please|pls|danke|thanks)\W*$", re.I)


def wish(line: str) -> Call | None:
    """Return what a line asks to see, None when it says something else."""
    said = plain(without_courtesy(line))
    found = _book().get(said)
    if found is None and (shows := SHOW.fullmatch(said)):
        rest = re.sub(r"^(?:die|alle|alle die|meine|the|all|all the|my|das|den) ", "", shows[1])
        found = _book().get(shows[1]) or _book().get(rest)
    if found is None and HOW.fullmatch(said):
        return call("help")
    return found


def without_name(line: str) -> str:
    """Return a line without the name of Lotse before it."""
    addressed = ADDRESSED.match(line.strip())
    return line.strip()[addressed.end() :] if addressed else line


def without_courtesy(line: str) -> str:
    """Return a line without the please around it."""
    return COURTESY.sub("", line.strip())


@lru_cache(maxsize=1)
def _book() -> dict[str, Call]:
    labels = {plain(text(each, way)): call_ for each, call_ in LABELS for way in LANGUAGES}
    said = {folded(each): call_ for each_line, call_ in PHRASES for each in each_line.split(" | ")}
    return {**said, **labels}
