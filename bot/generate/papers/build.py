"""Fills the papers: what is stored comes from the schema and the rooms' doors, not from memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bot.config import Settings
from bot.delivery import scheduler
from handlers import FEATURES
from handlers.kit.doors import Keeps
from handlers.kit.words import text
from handlers.rights import RIGHTS, Tie
from storage.engine import Tx
from storage.engine.sqlite import Sqlite

FOLDER = Path(__file__).parent
PLACE = re.compile(r"\{\{(\w+)\}\}")
LANGUAGES = ("de", "en")

Said = Mapping[str, str]
MADE = {"de": "Erzeugt aus dem Programm und seinem Datenbankschema.",
        "en": "Made from the program and the schema of its database."}  # fmt: skip
COMPANY = {"de": "⟨Unternehmen⟩", "en": "⟨company⟩"}
DAYS = {"de": ("1 Tag", "{n} Tage"), "en": ("1 day", "{n} days")}
DELETED = {"de": "gelöscht", "en": "deleted"}
LASTS = {"de": "solange es die Sache gibt, zu der es gehört",
         "en": "as long as the thing that it belongs to"}  # fmt: skip
REPLACED = {"de": "Personen werden auf Wunsch ersetzt", "en": "people are replaced on request"}
HEADS: dict[str, dict[str, tuple[str, ...]]] = {
    "tables": {"de": ("Bereich", "Tabelle", "Spalten mit Personen", "Frist", "danach"),
               "en": ("Area", "Table", "Columns with people", "Period", "Then")},
    "retention": {"de": ("Was", "Tabellen", "Frist", "danach"),
                  "en": ("What", "Tables", "Period", "Then")},
    "road": {"de": ("Was", "Frist"), "en": ("What", "Period")},
    "ageless": {"de": ("Tabelle", "Spalten mit Personen"), "en": ("Table", "Columns with people")},
}  # fmt: skip
ROAD = (
    ("Antworten auf Eingaben (dass sie kamen: 30 Tage)",
     "answers to deliveries (that they came: 30 days)", scheduler.ANSWERS_KEPT),
    ("Texte zugestellter Nachrichten", "texts of messages that were delivered",
     scheduler.TEXTS_KEPT),
    ("Entwürfe", "drafts", scheduler.DRAFTS_KEPT),
    ("wer für wen vertrat, nach dem Ende", "who stood in for whom, after its end",
     scheduler.COVERS_KEPT),
    ("einzelne Alarme, nach der Erledigung", "single alarms, once they are settled",
     scheduler.ALARMS_KEPT),
    ("Druck auf einen Knopf, gegen Wiederholung", "presses of a button, against repetition",
     scheduler.PRESSES_KEPT),
    ("Stillstände von Lotse", "standstills of Lotse", scheduler.STANDSTILLS_KEPT),
)  # fmt: skip
PLATFORMS = {
    "slack": {"de": "Slack als Auftragsverarbeiter (Nachrichten liegen auch dort)",
              "en": "Slack as processor (messages lie there, too)"},
    "teams": {"de": "Microsoft (Teams) als Auftragsverarbeiter (Nachrichten liegen auch dort)",
              "en": "Microsoft (Teams) as processor (messages lie there, too)"},
    "": {"de": "keine weiteren, solange keine Chat-Plattform eingerichtet ist",
         "en": "nobody else while no chat platform is configured"},
}  # fmt: skip
BACKUPS = {
    "de": "Sicherungen werden {days} Tage aufbewahrt, {when}, {sealed}.",
    "en": "Backups are kept for {days} days, {when}, {sealed}.",
}
WHEN = {"de": ("auf Befehl genommen", "täglich um {at} Uhr genommen"),
        "en": ("taken by command", "taken each day at {at}")}  # fmt: skip
SEALED = {"de": ("nicht verschlüsselt", "verschlüsselt"), "en": ("not sealed", "sealed")}


# Of them, the tables that name people: the scheduler lets go of their rows by itself.
LET_GO = {
    "alarms": scheduler.ALARMS_KEPT,
    "covers": scheduler.COVERS_KEPT,
    "drafts": scheduler.DRAFTS_KEPT,
    "lost_answers": scheduler.ANSWERS_KEPT,
    "presses": scheduler.PRESSES_KEPT,
}


def papers(settings: Settings, company: str = "", ai: Said | None = None) -> dict[str, str]:
    """Return every paper by its path, `de/loeschkonzept.md` and so on.

    `ai` is the register of automations that use AI, by language.
    """
    columns = person_columns()
    found: dict[str, str] = {}
    for language in LANGUAGES:
        fill = _filling(settings, language, company, (ai or {}).get(language, ""), columns)
        for path in sorted((FOLDER / language).glob("*.md")):
            written = PLACE.sub(lambda place: fill[place[1]](), path.read_text(encoding="utf-8"))  # noqa: B023
            found[f"{language}/{path.name}"] = written
    return found


def person_columns() -> dict[str, tuple[str, ...]]:
    """Return the columns of each table that name a person, from the schema and the doors.

    The doors are held against the schema by a test, so that no column is missing in both.
    """
    known: dict[str, set[str]] = {}
    for feature in FEATURES:
        for each in feature.all_knows:
            for table, columns in each.tables.items():
                known.setdefault(table, set()).update(columns)
    for table, more in _foreign_keys().items():
        known.setdefault(table, set()).update(more)
    return {table: tuple(sorted(columns)) for table, columns in sorted(known.items()) if columns}


def _foreign_keys() -> dict[str, set[str]]:
    def look(tx: Tx) -> dict[str, set[str]]:
        names = tx.rows("select name from sqlite_schema where type = 'table'")
        return {
            each["name"]: {
                row["from"]
                for row in tx.rows(f"pragma foreign_key_list({each['name']})")
                if row["table"] == "people" and row["from"] != "workspace"
            }
            for each in names
        }

    database = Sqlite()
    try:
        return database.read(look)
    finally:
        database.close()


def _filling(
    settings: Settings,
    language: str,
    company: str,
    ai: str,
    columns: Mapping[str, tuple[str, ...]],
) -> dict[str, Callable[[], str]]:
    keeps = {
        table: each for feature in FEATURES for each in feature.all_keeps for table in each.tables
    }
    friction = keeps["friction"].days
    none = {"de": "Bisher ist keine eingetragen.", "en": "None is entered so far."}[language]
    return {
        "made": lambda: MADE[language],
        "company": lambda: company or COMPANY[language],
        "processors": lambda: _processors(settings, language),
        "tables": lambda: _table("tables", language, _areas(columns, keeps, language)),
        "columns": lambda: _lines(columns),
        "retention": lambda: _table("retention", language, _retention(language)),
        "road": lambda: _table("road", language, _road(language)),
        "ageless": lambda: _table("ageless", language, _ageless(columns, keeps)),
        "backups": lambda: _backups(settings, language),
        "backup_days": lambda: str(settings.backup_days),
        "alarm_days": lambda: str(keeps["timeline"].days),
        "friction_days": lambda: str(friction),
        "rights": _rights,
        "ai": lambda: ai.strip() or none,
    }


def _areas(
    columns: Mapping[str, tuple[str, ...]], keeps: Mapping[str, Keeps], language: str
) -> Iterator[tuple[str, ...]]:
    told: set[str] = set()
    for feature in FEATURES:
        for each in feature.all_knows:
            for table in each.tables:
                told.add(table)
                yield (
                    text(each.title, language),
                    f"`{table}`",
                    ", ".join(f"`{column}`" for column in columns[table]),
                    *_period(table, keeps.get(table), language),
                )
    for table in columns.keys() - told:
        yield ("Lotse", f"`{table}`", ", ".join(f"`{each}`" for each in columns[table]),
               *_period(table, keeps.get(table), language))  # fmt: skip


def _days(n: int, language: str) -> str:
    one, several = DAYS[language]
    return one if n == 1 else several.format(n=n)


def _period(table: str, keeps: Keeps | None, language: str) -> tuple[str, str]:
    if table in LET_GO:
        return _days(LET_GO[table].days, language), DELETED[language]
    if keeps is None:
        return LASTS[language], REPLACED[language]
    then = text(keeps.then, language)
    if keeps.days is None:
        return LASTS[language], then
    return _days(keeps.days, language), then


def _retention(language: str) -> Iterator[tuple[str, ...]]:
    for feature in FEATURES:
        for each in feature.all_keeps:
            tables = ", ".join(f"`{table}`" for table in each.tables)
            yield text(each.what, language), tables, *_period("", each, language)


def _road(language: str) -> Iterator[tuple[str, ...]]:
    for german, english, kept in ROAD:
        yield (german if language == "de" else english, _days(kept.days, language))


def _ageless(
    columns: Mapping[str, tuple[str, ...]], keeps: Mapping[str, Keeps]
) -> Iterator[tuple[str, ...]]:
    for table, found in columns.items():
        if table not in LET_GO and (table not in keeps or keeps[table].days is None):
            yield f"`{table}`", ", ".join(f"`{each}`" for each in found)


def _rights() -> str:
    ties = list(Tie)
    lines = [
        "| | " + " | ".join(each.name.lower() for each in ties) + " |",
        "| --- |" + " --- |" * len(ties),
    ]
    for action, may in RIGHTS.items():
        lines.append(
            f"| {action} | " + " | ".join("×" if each in may else "" for each in ties) + " |"
        )
    return "\n".join(lines)


def _processors(settings: Settings, language: str) -> str:
    used = [name for name in ("slack", "teams") if getattr(settings, name)] or [""]
    return "; ".join(PLATFORMS[each][language] for each in used)


def _backups(settings: Settings, language: str) -> str:
    by_hand, daily = WHEN[language]
    return BACKUPS[language].format(
        days=settings.backup_days,
        when=daily.format(at=settings.backup_at) if settings.backup_at else by_hand,
        sealed=SEALED[language][bool(settings.backup_key)],
    )


def _lines(columns: Mapping[str, tuple[str, ...]]) -> str:
    return "\n".join(
        f"- `{table}`: {', '.join(f'`{each}`' for each in found)}"
        for table, found in columns.items()
    )


def _table(name: str, language: str, rows: Iterator[tuple[str, ...]]) -> str:
    head = HEADS[name][language]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(each)} |" for each in rows]
    return "\n".join(lines)
