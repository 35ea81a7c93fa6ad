"""What the example company tries out: what gets in the way, three patterns, and a pilot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

PILOT = "Reparatur-Triage"
ENDED = "Termine aus Mails"  # the other one: from the problem to the decision, and its result


@dataclass(frozen=True, slots=True)
class Press:
    """Something that was pressed or sent in the past: working days ago, by whom, what.

    `{pilot}` and `{pattern}` in its values stand for the pilot and for the newest pattern.
    """

    days: int
    at: time
    who: str
    word: str
    args: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gather:
    """Notes that were called a pattern: those that say one of `words`."""

    days: int
    at: time
    title: str
    area: str
    words: tuple[str, ...]


BEGIN: tuple[Press | Gather, ...] = (  # at the very first moment, in this order
    Press(25, time(8), "chris", "mandate edit", {
        "goals": "Schneller reparieren\nWeniger abtippen", "focus": "Service\nEinkauf",
    }),
    Press(25, time(8), "chris", "friction rule", {"area": "Versand", "words": "Lieferscheine"}),
    Press(25, time(8), "chris", "pilot new", {
        "name": PILOT, "problem": "Reparaturanfragen liegen zwei Tage, bis jemand sie zuordnet.",
        "workflow": "Reparaturanfragen sortieren", "takes": "Anfrage aus dem Sammelpostfach",
        "gives": "Anfrage beim richtigen Team", "area": "Service", "goal": "Schneller reparieren",
    }),
    Press(25, time(8), "chris", "pilot measure", {
        "pilot": "{pilot}", "metric": "Tage bis zur fertigen Reparatur", "unit": "Tage",
        "better": "lower", "baseline": "8", "number": "40", "period": "drei Monate davor",
        "source": "Warenwirtschaft", "target": "6", "guard": "Beschwerden in der Woche",
    }),
    Press(25, time(8), "chris", "pilot people", {
        "pilot": "{pilot}", "champion": "chris", "modeler": "carla", "integrator": "ben",
    }),
    Press(25, time(8), "carla", "pilot accept", {"pilot": "{pilot}", "role": "modeler"}),
    Press(25, time(8), "ben", "pilot accept", {"pilot": "{pilot}", "role": "integrator"}),
    Press(25, time(8), "chris", "pilot users", {"pilot": "{pilot}", "who": "alle"}),
    Press(25, time(8), "chris", "pilot start", {"pilot": "{pilot}"}),
    Press(25, time(8, 1), "anna", "friction", {
        "sentence": "Liefertermine werden dreimal abgetippt", "area": "Einkauf",
    }),
    Press(25, time(8, 1), "ben", "friction", {
        "sentence": "Ich tippe jeden Liefertermin noch einmal ab", "area": "Einkauf",
    }),
    Press(25, time(8, 1), "carla", "friction", {
        "sentence": "Liefertermine aus Mails übertrage ich von Hand", "area": "Einkauf",
        "hint": "again",
    }),
    Gather(25, time(8, 1), "Liefertermine abtippen", "Einkauf", ("Liefertermin",)),
    Press(25, time(8, 1), "chris", "pattern estimate", {
        "pattern": "{pattern}", "per_month": "120", "minutes": "4",
    }),
    Press(25, time(8, 1), "chris", "pattern taps", {
        "pattern": "{pattern}", "regular": "yes", "structured": "yes", "ruled": "yes",
        "context": "partly", "judgement": "no", "responsibility": "no", "relationship": "no",
        "changing": "no", "written": "no",
    }),
    Press(25, time(8, 1), "chris", "pattern answer", {
        "pattern": "{pattern}", "result": "suitable", "reason": "Immer gleich und nach Regeln.",
    }),
    Press(25, time(8, 1), "chris", "pilot new", {
        "pattern": "{pattern}",
        "name": ENDED, "problem": "Liefertermine aus Mails kommen erst am nächsten Tag ins Lager.",
        "workflow": "Termine aus Mails übernehmen", "takes": "Mail mit Liefertermin",
        "gives": "Termin im Kalender des Lagers", "area": "Einkauf", "goal": "Weniger abtippen",
    }),
    Press(25, time(8, 1), "chris", "pilot measure", {
        "pilot": ENDED, "metric": "Stunden, bis der Termin im Kalender steht", "unit": "Stunden",
        "better": "lower", "baseline": "20", "number": "30", "period": "zwei Wochen davor",
        "source": "Postfach und Kalender", "target": "4", "guard": "Falsche Termine in der Woche",
    }),
    Press(25, time(8, 1), "chris", "pilot people", {
        "pilot": ENDED, "champion": "chris", "modeler": "ben", "integrator": "carla",
    }),
    Press(25, time(8, 1), "ben", "pilot accept", {"pilot": ENDED, "role": "modeler"}),
    Press(25, time(8, 1), "carla", "pilot accept", {"pilot": ENDED, "role": "integrator"}),
    Press(25, time(8, 1), "chris", "pilot users", {"pilot": ENDED, "who": "Carla"}),
    Press(25, time(8, 1), "chris", "pilot start", {"pilot": ENDED}),
)  # fmt: skip
ALONG: tuple[Press | Gather, ...] = (
    Press(22, time(15), "ben", "pilot value", {"pilot": ENDED, "value": "18", "number": "9"}),
    Press(17, time(15), "ben", "pilot value", {"pilot": ENDED, "value": "17", "number": "8"}),
    Press(14, time(11), "carla", "pilot improved",
          {"pilot": ENDED, "kind": "rules", "words": "Nur noch Mails der drei großen Lieferanten"}),
    Press(12, time(15), "ben", "pilot value", {"pilot": ENDED, "value": "16", "number": "10"}),
    Press(8, time(16), "chris", "pilot decide", {
        "pilot": ENDED, "decision": "stop",
        "reason": "Die Lieferanten schreiben Termine zu verschieden.",
        "learnt": "Erst eine gemeinsame Form vereinbaren, dann übernehmen.",
    }),
    Press(8, time(16, 5), "chris", "pilot post", {"pilot": ENDED}),
    Press(20, time(16, 10), "carla", "pilot value",
          {"pilot": "{pilot}", "value": "7.6", "number": "11"}),
    Press(17, time(9, 40), "anna", "pilot obstacle",
          {"pilot": "{pilot}", "words": "Zugriff auf die Warenwirtschaft fehlt", "due": "Freitag"}),
    Press(15, time(16, 10), "carla", "pilot value",
          {"pilot": "{pilot}", "value": "7.1", "number": "12"}),
    Press(12, time(11), "chris", "pilot sourcing", {"pilot": "{pilot}", "who": "internal"}),
    Press(11, time(10), "ben", "pilot improved",
          {"pilot": "{pilot}", "kind": "rules", "words": "Dringende Anfragen kommen zuerst"}),
    Press(10, time(16, 10), "carla", "pilot value",
          {"pilot": "{pilot}", "value": "6.6", "number": "10"}),
    Press(5, time(16, 10), "carla", "pilot value",
          {"pilot": "{pilot}", "value": "6.3", "number": "13"}),
    Gather(6, time(10), "Wo bleibt meine Reparatur", "Service", ("Reparatur fertig", "Stand der")),
    Press(6, time(10, 5), "chris", "pattern estimate", {
        "pattern": "{pattern}", "per_month": "90", "minutes": "6",
    }),
    Gather(5, time(10), "Papiere zusammensuchen", "Versand", ("Lieferscheine suche",)),
    Press(5, time(10, 5), "chris", "pattern park", {
        "pattern": "{pattern}", "reason": "Versand liegt außerhalb des Fokus: Service und Einkauf.",
    }),
    Gather(3, time(10), "Urlaub auf Papier", "Büro", ("Urlaub",)),
)  # fmt: skip
NOTES = (  # beside those of the history: working days ago, by whom, what
    (17, time(10, 20), "ben", "reibung Jeder zweite Anruf: Wann ist meine Reparatur fertig?"),
    (12, time(14, 40), "carla", "reibung Liefertermine stehen in drei Listen"),
    (10, time(11, 15), "anna", "reibung Drei Leute frage ich nach dem Stand der Reparatur"),
    (9, time(9, 50), "ben", "reibung Urlaub beantragen dauert länger als der Urlaub"),
    (7, time(10, 5), "carla", "reibung Kunden fragen dauernd, ob ihre Reparatur fertig ist"),
)
