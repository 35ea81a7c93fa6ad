"""Context: who, where, when, in which language, and the open transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from handlers.kit import calendar
from handlers.kit.ahead import Read
from handlers.kit.doors import Event, Question
from handlers.kit.messages import Post
from handlers.kit.words import Who, Words, text
from storage import on_call as stand_ins
from storage import people, services
from storage.delivery.places import Place
from storage.engine import Tx
from storage.engine.ids import PersonId, ServiceId
from storage.on_call import Cover
from storage.people import Person, PersonKind
from storage.services import Service
from storage.workspaces import Workspace

if TYPE_CHECKING:
    from handlers.kit.commands import Feature

LOTSE = Person(
    id=PersonId("lotse"),
    name="Lotse",
    language=None,
    kind=PersonKind.BOT,
    manager=False,
    active=True,
    admin=False,
    person_key="lotse",
)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a handler may know. `now` is one instant for the whole request.

    `new_id` gives ids in the order of time, `new_secret` gives random ones (uuid4) that
    tell nothing. `address` is where machines reach Lotse, without a slash at its end.
    `typed` is what the person typed, from the first word to the last; empty for
    buttons, forms, timers and hooks. `source` is a link to the message in which something
    came with it that is not taken along. `mentions` are the people whom the platform
    recognised in it: how each is shown, and the person's id. `thread` is the platform's
    id of the message that it answers. `ahead` is what the command has read before it
    began to write, None when there was no time for it. `mails` says whether mail is sent.
    """

    tx: Tx
    workspace: Workspace
    person: Person
    place: Place | None
    now: datetime
    new_id: Callable[[], str]
    new_secret: Callable[[], str]
    address: str
    features: tuple[Feature, ...]
    typed: str = ""
    source: str = ""
    mentions: Mapping[str, str] = field(default_factory=dict)
    thread: str = ""
    ahead: Read[Any] | None = None
    mails: bool = False
    _people: dict[str, Person | None] = field(default_factory=dict)
    _services: dict[str, Service | None] = field(default_factory=dict)
    _covers: list[dict[PersonId, Cover]] = field(default_factory=list)

    @property
    def language(self) -> str:
        """The asker's language: chosen, or the workspace's."""
        return self.person.language or self.workspace.language

    @property
    def zone(self) -> str:
        """The asker's time zone: of the profile, or the workspace's."""
        return self.person.zone or self.workspace.zone

    @property
    def who(self) -> Who:
        """The asker, for a sentence."""
        return Who(self.person.id, self.person.name)

    @property
    def year(self) -> int:
        """The year that it is for the asker; days of other years are told with theirs."""
        return calendar.day_of(self.now, self.zone).year

    def person_of(self, id: PersonId) -> Person | None:
        """Return somebody by id, read once in this request."""
        if id not in self._people:
            me = self.person
            self._people[id] = me if id == me.id else people.find(self.tx, id)
        return self._people[id]

    def forget_people(self) -> None:
        """Read people anew: something about them was changed in this request."""
        self._people.clear()

    def services(self) -> list[Service]:
        """Return every service, the fallback last; `service_of` asks for none of them again."""
        found = services.all(self.tx)
        self._services.update((each.id, each) for each in found)
        return found

    def service_of(self, id: ServiceId) -> Service | None:
        """Return a service by id, read once in this request."""
        if id not in self._services:
            self._services[id] = services.find(self.tx, id)
        return self._services[id]

    def cover_of(self, id: PersonId) -> Cover | None:
        """Return who stands in for somebody now, read once in this request."""
        return self.covers().get(id)

    def covers(self) -> dict[PersonId, Cover]:
        """Return the covers of now by whoever is away, read once in this request."""
        if not self._covers:
            self._covers.append(
                {each.person: each for each in stand_ins.current(self.tx, self.now)}
            )
        return self._covers[0]

    def follow(self, event: Event, subject: str | Question) -> tuple[Post, ...]:
        """Return what other rooms say about something that has just happened in this one."""
        return tuple(
            post
            for feature in self.features
            for each in feature.all_follows
            if each.event is event
            for post in each.run(self, subject)
        )

    def elsewhere(self, workspace: Workspace) -> Context:
        """Return the same request in a company whose zone or region has just been changed."""
        return replace(self, workspace=workspace)

    def text(self, words: Words) -> str:
        """Put words into the asker's language, as plain text."""
        return text(words, self.language, self.zone, self.year)
