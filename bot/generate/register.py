"""`python -m bot register`: the register of automations as CSV or Markdown, and the AI register."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime

from bot.config import Settings
from bot.delivery.clock import Clock
from bot.delivery.ids import new_id
from bot.lotse import DEMO, MAIN, running_url
from handlers import FEATURES
from handlers.automations import export
from handlers.kit.context import LOTSE, Context
from storage import workspaces
from storage.engine import Tx, opening


def write(settings: Settings, *, csv: bool, ai_only: bool) -> int:
    """Write it to the standard output, in the company's language, also beside a running Lotse.

    Raises `StorageError` when the store cannot be used.
    """
    with opening.look_into(running_url(settings)) as tx:
        sys.stdout.write(text(tx, settings, csv=csv, ai_only=ai_only))
    return 0


def company(settings: Settings) -> str:
    """Return the id of the company of the environment."""
    return DEMO if settings.demo else MAIN


def text(tx: Tx, settings: Settings, *, csv: bool, ai_only: bool, language: str = "") -> str:
    """Return the register, in the company's language or another."""
    name = company(settings)
    if not workspaces.known(tx, name):
        return ""
    inside = tx.within(name)
    now: datetime = Clock().now().astimezone(UTC)
    ours = workspaces.get(inside)
    if language:
        ours = replace(ours, language=language)
    ctx = Context(
        tx=inside,
        workspace=ours,
        person=LOTSE,
        place=None,
        now=now,
        new_id=new_id,
        new_secret=new_id,
        address=settings.url,
        features=FEATURES,
    )
    if csv:
        return export.csv_text(ctx, ai_only=ai_only)
    return export.markdown(ctx, ai_only=ai_only)
