"""What is said of the example company's automations that are in operation: their job profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """What the two forms of an automation take, by their fields, and the goal that it serves.

    Without a goal it is complete but for that, and not in operation.
    """

    said: Mapping[str, str]
    rules: Mapping[str, str]
    serves: str = ""


# Those that are not here are ideas and older things that were only entered.
PROFILES = {
    "Mail-Sortierung": Profile(
        {
            "steps": "automatisch: Postfach lesen\nautomatisch: Bestellungen erkennen und ablegen\n"
            "Mensch: Unklare Mails zuordnen",
            "does": "structures",
            "category": "service",
            "decision": "Bei jeder Mail, die sich nicht zuordnen lässt.",
            "fallback": "Carla sortiert morgens von Hand.",
            "measure": "falsch abgelegte Mails in der Woche",
            "limit": "5",
            "ai": "yes",
            "data": "Bestellmails mit Namen und Anschrift",
            "retention": "90 Tage im Ordner",
            "docs": "https://wiki.example.com/mail-sortierung",
            "version": "1.2",
            "check_days": "30",
            "area": "Vertrieb",
            "minutes": "20",
            "share": "70",
            "tool": "n8n",
            "training": "Vertrieb, eine halbe Stunde zum Start",
        },
        {
            "roles": "Ben pflegt die Regeln, Carla beantwortet Fragen.",
            "priorities": "Eilbestellungen zuerst.",
            "consequences": "Liegt sie zwei Wochen lang über der Grenze, pausieren wir sie.",
        },
        "Weniger abtippen",
    ),
    "Datensicherung": Profile(
        {
            "steps": "automatisch: Ablage kopieren\nautomatisch: Kopie prüfen\n"
            "Mensch: Einmal im Monat etwas zurückholen",
            "does": "rules",
            "category": "data",
            "decision": "Bevor etwas zurückgespielt wird.",
            "fallback": "Ben kopiert die Ablage auf die zweite Platte.",
            "measure": "Stunden seit der letzten guten Sicherung",
            "limit": "30",
            "ai": "no",
            "data": "Alle Dateien der Ablage",
            "retention": "30 Tage",
            "docs": "https://wiki.example.com/datensicherung",
            "version": "3",
            "check_days": "30",
            "area": "IT",
            "tool": "cron",
            "training": "IT, einmal im Jahr",
        },
        {
            "roles": "Ben sichert, Carla prüft das Zurückholen.",
            "priorities": "Buchhaltung vor allem anderen.",
            "consequences": "Ohne gute Sicherung wird nichts an der Ablage geändert.",
        },
    ),
    "Inventurabgleich": Profile(
        {
            "steps": "automatisch: Listen einlesen\nautomatisch: Unterschiede zeigen\n"
            "Mensch: Unterschiede klären und buchen",
            "does": "prepares",
            "category": "workflow",
            "decision": "Vor jeder Buchung.",
            "fallback": "Wir vergleichen die Listen von Hand.",
            "measure": "Unterschiede je Zählung",
            "limit": "40",
            "ai": "no",
            "data": "Artikel und Mengen",
            "docs": "https://wiki.example.com/inventur",
            "version": "2.1",
            "check_days": "30",
            "area": "Lager",
            "minutes": "60",
            "share": "80",
            "tool": "excel",
        },
        {
            "roles": "Ben pflegt die Listen, das Lager zählt.",
            "priorities": "Teure Artikel zuerst.",
            "consequences": "Bei mehr als 40 Unterschieden zählen wir noch einmal.",
        },
        "Weniger abtippen",
    ),
}
