"""Commands for whoever operates Lotse: backup, restore, and what is held since."""

from __future__ import annotations

import argparse
import contextlib
import csv
import re
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from bot import config_values
from bot.config import Settings
from bot.delivery.clock import utc
from bot.lotse import store_url
from handlers.kit.context import LOTSE
from handlers.kit.tables import defused
from handlers.kit.words import text
from handlers.operations import held
from storage import audit, operations, people, workspaces
from storage.engine import AlreadyRunning, Database, StorageError, Tx, moving, opening
from storage.engine.sql import as_text
from storage.operations import hold, seals

AUDIT_KEPT = timedelta(days=360)  # of younger days no row is ever gone

COMMANDS = {
    "backup": "take a backup, also beside a running Lotse",
    "restore": "bring a backup back, held until somebody says what goes out",
    "held": "show what is held back since a restore",
    "release": "say what of what is held back goes out",
    "sbom": "write what Lotse is made of, as CycloneDX",
    "papers": "write the papers of data protection, in German and English",
    "move": "move everything into another store, SQLite or PostgreSQL",
    "audit": "write the audit trail of some days, as CSV",
    "verify": "look whether the audit trail is as it was sealed",
}


def add_options(name: str, command: argparse.ArgumentParser) -> None:
    """Add the options of one of these commands, and of `key`."""
    if name == "key":
        command.add_argument(
            "--backup", action="store_true", help="a pair of keys that backups are sealed with"
        )
    if name == "restore":
        command.add_argument("file", type=Path, help="the backup")
        command.add_argument("--key-file", type=Path, help="the file with the private key")
        command.add_argument(
            "--replace", action="store_true", help="put the SQLite file aside that is there"
        )
    if name == "sbom":
        command.add_argument("--licences", action="store_true", help="as a table of licences")
    if name == "papers":
        command.add_argument("--out", type=Path, default=Path("papers"), help="the folder")
    if name == "move":
        command.add_argument("to", help="where to, as in DATABASE_URL; an empty store")
    if name == "audit":
        command.add_argument("--since", type=day, help="the first day, 2026-11-23")
        command.add_argument("--until", type=day, help="the last day")
        command.add_argument(
            "--keys", action="store_true", help="with the pseudonymous key of who did it"
        )
    if name == "verify":
        command.add_argument("--head", default="", help="a hash that was kept elsewhere")
    if name == "release":
        command.add_argument("choice", choices=list(held.CHOICES), help="what of it goes out")


def day(typed: str) -> date:
    """Read a day of an option, or say how one is written."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"“{typed}” is not a day; it is written 2026-11-23 (year, month, day)"
        ) from None


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Carry out one of these commands; return the exit status. Raises `StorageError`.

    Without a platform they are about the demo's store, as it runs beside them.
    """
    settings = replace(settings, database_url=store_url(settings))
    match options.what:
        case "backup":
            return _backup(settings)
        case "restore":
            return _restore(options, settings)
        case "held":
            return _held(settings)
        case "sbom":
            from bot.operations import supply

            sys.stdout.write(supply.licences() if options.licences else supply.sbom())
            return 0
        case "papers":
            from bot.generate.papers import write

            return write.write(settings, options.out)
        case "move":
            return _move(settings, options.to)
        case "audit":
            return _audit(settings, options)
        case "verify":
            return _verify(settings, options.head)
        case _:
            return _release(settings, options.choice)


def hold_if_copy(database: Database, settings: Settings) -> None:
    """Hold a store that is a copy which somebody put in its place by hand."""
    from bot.operations import restore

    restore.came_back(database, settings, utc())


def _backup(settings: Settings) -> int:
    from bot.operations import backup

    file = backup.take(settings, utc())
    sqlite = settings.database_url.startswith(backup.SQLITE)
    of = settings.database_url.removeprefix(backup.SQLITE) if sqlite else "the database"
    print(f"{file} is written and whole ({file.stat().st_size // 1024} KB): a copy of {of}.")
    if not settings.backup_key:
        print("It is not sealed: python -m bot key --backup makes a key.", file=sys.stderr)
    return 0


def _restore(options: argparse.Namespace, settings: Settings) -> int:
    from bot.operations import restore

    key = restore.read_key(options.key_file)
    erased = restore.restore(settings, options.file, key, replace=options.replace)
    print(f"{options.file.name} is restored.")
    if erased:
        print(f"{erased} who had been erased since {'is' if erased == 1 else 'are'} erased again.")
    print(
        "Nothing from before goes out: python -m bot held shows what would have, and "
        "python -m bot release (all, alarms, nothing) ends it. In chat a manager does the same "
        "with “held”."
    )
    return 0


def _held(settings: Settings) -> int:
    def look(tx: Tx) -> list[str]:
        lines: list[str] = []
        for workspace in hold.everywhere(tx):
            inside = tx.within(workspace)
            zone = workspaces.get(inside).zone
            found = hold.listed(inside, utc())
            lines.append(f"{workspace}: {len(found)} held back")
            lines += [f"  {text(held.held_line(each), 'en', zone)}" for each in found]
        return lines or ["Nothing is held back."]

    with opening.look_into(settings.database_url) as tx:
        print("\n".join(look(tx)))
    return 0


def _release(settings: Settings, choice: str) -> int:
    try:
        database = opening.open_database(settings.database_url)
    except AlreadyRunning:
        print("A Lotse runs on this database. A manager releases in chat: “held”.", file=sys.stderr)
        return 1
    try:
        ended = database.transact(partial(_release_all, choice=choice))
    finally:
        database.close()
    print(f"Released in {ended} of the companies." if ended else "Nothing is held back.")
    return 0


def _move(settings: Settings, to: str) -> int:
    """Move, and say how many rows of each table are in both stores."""
    try:
        target = replace(settings, database_url=config_values.database(to)).database_url
    except config_values.Wrong as wrong:
        raise StorageError(f"The other store cannot be named so; it takes {wrong}.") from None
    with contextlib.ExitStack() as open_ones:
        source = open_ones.enter_context(
            contextlib.closing(opening.open_database(settings.database_url))
        )
        there = open_ones.enter_context(contextlib.closing(opening.open_database(target)))
        found = moving.move(source, there)
        # Whoever starts the old one by mistake begins with a hold: nothing goes out twice.
        source.transact(partial(operations.note, name=operations.COPIED, value=as_text(utc())))
    for each in found:
        if each.before:
            print(f"{each.table:<28}{each.before:>9}{each.after:>9}")
    rows = sum(each.after for each in found)
    print(f"{rows} rows in {len(found)} tables are the same in both stores.")
    print("Name the new one in DATABASE_URL now. The old one holds everything if it is started.")
    return 0


def _audit(settings: Settings, options: argparse.Namespace) -> int:
    """Write who did what: by default only whether a person or Lotse did, for a works council."""
    today = utc().date()
    begin = datetime.combine(options.since or today - timedelta(days=30), time(), UTC)
    end = datetime.combine((options.until or today) + timedelta(days=1), time(), UTC)
    out = csv.writer(sys.stdout)
    out.writerow(("company", "day" if not options.keys else "at", "who", "what", "of", "outcome"))
    with opening.look_into(settings.database_url) as tx:
        for workspace in workspaces.all_ids(tx):
            known = [each.person_key for each in people.everyone(tx.within(workspace))]
            named = re.compile("|".join(map(re.escape, known)) or r"(?!)")
            for row in audit.between(tx.within(workspace), begin, end):
                of = row["subject"] if options.keys else named.sub("a person", row["subject"])
                who = "Lotse" if row["person_key"] == LOTSE.person_key else "a person"
                out.writerow(
                    (
                        workspace,
                        row["at"] if options.keys else row["at"][:10],
                        row["person_key"] if options.keys else who,
                        row["command"],
                        defused(of),
                        row["outcome"],
                    )
                )
    return 0


def _verify(settings: Settings, kept: str) -> int:
    """Say what became of each company's trail; the status is 1 when one was changed."""
    today = utc().date()
    with opening.look_into(settings.database_url) as tx:
        found = {
            each: seals.verify(tx.within(each), today - AUDIT_KEPT)
            for each in workspaces.all_ids(tx)
        }
        known = not kept or any(seals.has(tx.within(each), kept) for each in found)
    for workspace, verdict in found.items():
        state = "was changed" if verdict.faults else "is as it was sealed"
        print(f"{workspace}: {verdict.days} days, {verdict.rows} rows, {state}; {verdict.head}")
        for fault in verdict.faults:
            print(f"  {fault}")
    if not known:
        print("No seal has the hash that was kept: the chain was made anew.")
    return 1 if not known or any(each.faults for each in found.values()) else 0


def _release_all(tx: Tx, choice: str) -> int:
    return sum(hold.release(tx.within(each), choice, utc()) for each in hold.everywhere(tx))
