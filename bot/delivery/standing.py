"""The timers that every company has from its first day: the digest and retention."""

from __future__ import annotations

from datetime import datetime

from bot.delivery.ids import new_id
from handlers.digest import schedule
from handlers.privacy import retention
from storage.engine import Tx


def plan(tx: Tx, *, now: datetime, zone: str, region: str) -> None:
    """Set those that are not set; to be called inside the company's workspace."""
    schedule.plan(tx, id=new_id(), now=now, zone=zone, region=region)
    retention.plan(tx, id=new_id(), now=now, zone=zone)
