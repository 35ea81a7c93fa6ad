"""`python -m bot retention`: what is kept, and what would go by a day. Nothing changes."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, date, datetime

from bot.config import Settings, operator_language
from bot.delivery.clock import Clock
from bot.delivery.ids import new_id
from bot.lotse import DEMO, MAIN, running_url
from handlers import FEATURES
from handlers.kit import calendar
from handlers.kit.context import LOTSE, Context
from handlers.kit.words import _
from handlers.privacy import retention
from storage import workspaces
from storage.engine import AlreadyRunning, Tx, opening


def write(settings: Settings, *, by: date | None, workspace: str) -> int:
    """Write the table to the standard output; return the exit status.

    It speaks the language of whoever runs it, as the terminal says, else the company's.

    Raises `StorageError` when the database cannot be used.
    """
    url = running_url(settings)
    company = workspace or (DEMO if settings.demo else MAIN)
    try:
        database = opening.open_database(url)
    except AlreadyRunning:
        print(
            "A Lotse runs on this database. Ask in the chat: retention (aufbewahrung).",
            file=sys.stderr,
        )
        return 1
    try:
        said = database.transact(lambda tx: _table(tx, company, settings.url, by))
    finally:
        database.close()
    if said is None:
        print(f"There is no company “{company}” yet.", file=sys.stderr)
        return 1
    sys.stdout.write(said)
    return 0


def _table(tx: Tx, company: str, address: str, by: date | None) -> str | None:
    if not workspaces.known(tx, company):
        return None
    inside = tx.within(company)
    ours = workspaces.get(inside)
    now: datetime = Clock().now().astimezone(UTC)
    ctx = Context(
        tx=inside,
        workspace=ours,
        person=replace(LOTSE, language=operator_language(os.environ)),
        place=None,
        now=now,
        new_id=new_id,
        new_secret=new_id,
        address=address,
        features=FEATURES,
    )
    day = by or calendar.day_of(retention.next_night(now, ours.zone), ours.zone)
    end = retention.end_of(day, ours.zone)
    goes = {retention.kind(each.keeps): each.rows for each in retention.would_go(ctx, end)}
    due = retention.next_due(ctx)
    heads = [ctx.text(each) for each in (_("days"), _("next"), _("what, and what then"))]
    lines = [f"{heads[0]:>5}  {day.isoformat():>10}  {heads[1]:>10}  {heads[2]}\n"]
    for each in sorted(retention.kept(ctx), key=lambda each: (each.days is None, each.days or 0)):
        kind = retention.kind(each)
        days = "–" if each.days is None else str(each.days)
        after = due[kind].isoformat() if kind in due else "–"
        what, then = ctx.text(each.what), ctx.text(each.then)
        lines.append(f"{days:>5}  {goes.get(kind, 0):>10}  {after:>10}  {what}: {then}\n")
    return "".join(lines)
