"""What a transaction of the road in begins with: the store, the clock, and its context."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.delivery.clock import Clock
from bot.delivery.transactions import erasures
from handlers.kit.ahead import Read
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from storage import workspaces
from storage.delivery.places import Place
from storage.engine import Database, Tx
from storage.people import Person

PATIENCE = 0.5  # seconds that reading ahead of a command may take


class Contexts:
    """Makes the context of a request, a timer or a call of a machine."""

    def __init__(
        self,
        database: Database,
        features: tuple[Feature, ...],
        clock: Clock,
        new_id: Callable[[], str],
        committed: Callable[[], None] = lambda: None,
        new_secret: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._database = database
        self.features = features
        self._clock = clock
        self._new_id = new_id
        self._committed = committed
        self._new_secret = new_secret
        self.patience = PATIENCE
        self.address = "http://127.0.0.1:3000"  # the edge corrects it once it listens
        self.keep_erasures: erasures.Keep = erasures.not_kept  # whoever keeps backups sets it
        self.mails = False  # whether mail is sent from here
        self._timers = {str(each.kind): each for feature in features for each in feature.timers}

    def now(self) -> datetime:
        """Return the moment as people see it."""
        return self._clock.now()

    def context(self, tx: Tx, person: Person, now: datetime) -> Context:
        """Return what a handler may know, for a page that only reads."""
        return self._context(tx, person, None, now)

    def _context(
        self,
        tx: Tx,
        person: Person,
        place: Place | None,
        now: datetime,
        typed: str = "",
        source: str = "",
        mentions: Mapping[str, str] | None = None,
        thread: str = "",
        ahead: Read[Any] | None = None,
    ) -> Context:
        return Context(
            tx=tx,
            workspace=workspaces.get(tx),
            person=person,
            place=place,
            now=now,
            new_id=self._new_id,
            new_secret=self._new_secret,
            address=self.address,
            features=self.features,
            typed=typed,
            source=source,
            mentions=mentions or {},
            thread=thread,
            ahead=ahead,
            mails=self.mails,
        )
