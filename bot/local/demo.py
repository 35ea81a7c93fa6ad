"""The demo: an example company, made by playing its past weeks through the one road in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot import app
from bot.delivery import standing
from bot.delivery.clock import HandClock
from bot.delivery.ids import new_id
from bot.delivery.requests import Request, Response
from bot.local.demo_automations import PROFILES, Profile
from bot.local.demo_pilot import ALONG, BEGIN, NOTES, PILOT, Gather, Press
from bot.lotse import DEMO, Lotse
from handlers.kit import calendar
from handlers.kit.messages import Call, Text
from handlers.kit.readers import folded
from handlers.kit.readers.timestamps import written
from handlers.kit.words import flat
from storage import friction, incidents, local, pilots, services, workspaces
from storage import people as storage_people
from storage.delivery import places, timers
from storage.delivery.places import PlaceKind
from storage.engine import Tx
from storage.engine.ids import IncidentNumber, PersonId, PlaceId, ServiceId
from storage.friction import patterns
from storage.services import Service
from storage.workspaces import Workspace

PEOPLE = (("anna", "Anna"), ("ben", "Ben"), ("carla", "Carla"), ("chris", "Chris"))
MANAGER = "chris"
CHANNELS = (
    ("local:allgemein", "allgemein", places.PlaceRole.GENERAL),
    ("local:stoerungen", "störungen", places.PlaceRole.INCIDENTS),
    ("local:leitung", "leitung", places.PlaceRole.MANAGERS),
)
SERVICES = (
    # name, other words, accountable, deputy
    ("Kasse", "Kassen, Kassensystem, Bondrucker", "ben", "carla"),
    ("Etikettendrucker", "Etiketten, Labeldrucker", "ben", "carla"),
    ("Warenwirtschaft", "ERP, Wawi, Lieferschein, Lieferscheine", "carla", "ben"),
    ("Webshop", "Shop, Onlineshop, Bestellseite", "ben", "carla"),
    ("E-Mail", "Mail, Mails, Outlook, Postfach", "ben", "carla"),
    ("Telefonanlage", "Telefon, Telefone, Hotline", "carla", "ben"),
    ("WLAN Lager", "WLAN, Wifi, Handscanner", "ben", "carla"),
    ("VPN", "Homeoffice, Fernzugriff", "carla", "ben"),
    ("Zeiterfassung", "Stempeluhr, Stempelterminal", "carla", "ben"),
    ("Dateiablage", "Laufwerk, Netzlaufwerk, Server", "ben", "carla"),
    ("CNC-Fräse", "Fräse, CNC", "carla", "ben"),
    ("Kundenportal", "Portal", "ben", "carla"),
)
RUNBOOKS = {"Webshop": "https://wiki.example.com/webshop", "VPN": "https://wiki.example.com/vpn"}
SERIOUS = {
    "Kasse": "wenn an keiner Kasse mehr kassiert werden kann",
    "Webshop": "wenn niemand bestellen kann, oder eine Zahlung verloren geht",
}
SEASON = "season"  # stands for one that was over a week before the demo is begun
# Each state once: name, purpose, what it is not for, accountable, deputy, rhythm, and its runs:
# days ago, and what was reported (nothing is a good run, "0" one that found nothing to do).
AUTOMATIONS: tuple[tuple[str, str, str, str, str, str, tuple[tuple[float, str], ...]], ...] = (
    ("Rechnungsabgleich", "Gleicht Zahlungseingänge mit offenen Rechnungen ab.",
     "Mahnungen schreibt weiter ein Mensch.", "carla", "ben", "täglich",
     tuple((day, "") for day in (34, 33, 32))),
    ("Mail-Sortierung", "Legt Bestellungen aus dem Sammelpostfach in den richtigen Ordner.",
     "Reklamationen bleiben im Postfach.", "ben", "carla", "wöchentlich",
     tuple((day, "") for day in (30, 27, 24, 20, 17, 13, 10, 6, 3, 1))),
    ("Urlaubsliste", "Schickt montags die Abwesenheiten an die Schichtleitung.",
     "Genehmigt keinen Urlaub.", "carla", "ben", "wöchentlich",
     tuple((day, "") for day in (33, 26, 19, 13))),
    ("Lieferschein-Export", "Überträgt Lieferscheine an den Spediteur.",
     "Ändert keine Lieferadressen.", "ben", "carla", "alle 2 Tage", ()),
    ("Datensicherung", "Sichert nachts die Dateiablage.", "Ersetzt kein Archiv.", "ben", "carla",
     "täglich", (*((day, "") for day in range(34, 3, -1)), (3, "fail"), (2, "fail"), (1, "fail"))),
    ("Bestandswarnung", "Meldet Artikel unter dem Mindestbestand.", "Bestellt nichts nach.",
     "carla", "ben", "täglich", (*((day, "") for day in range(34, 9, -1)),
                                 *((day, "0") for day in range(9, 0, -1)))),
    ("Inventurabgleich", "Gleicht Zähllisten mit der Warenwirtschaft ab.",
     "Bucht keine Differenzen.", "ben", "carla", SEASON, ((34, ""), (27, ""), (20, ""), (13, ""))),
    ("Kassensturz", "Fasst am ersten Samstag die Kassen des Monats zusammen.",
     "Prüft keine einzelnen Bons.", "carla", "ben", "erster Samstag",
     ((32, ""), (20, ""), (4, ""))),
    ("Newsletter", "Verschickt die Angebote der Woche.", "Schreibt keine Texte.", "ben", "carla",
     "wöchentlich", ((33, ""), (26, ""))),
    ("Faxeingang", "Legt Faxe als Datei ab.", "Beantwortet nichts.", "carla", "ben", "täglich",
     ((34, ""), (33, ""))),
    ("Notstrom-Meldung", "Ruft im Notfall die Haustechnik.", "Schaltet nichts um.", "ben", "carla",
     "Notfall", ((30, ""),)),
    ("Preislisten-Skript", "Holte Preise vom Lieferanten.", "Änderte keine Verkaufspreise.",
     "ben", "carla", "wöchentlich", ((34, ""),)),
)  # fmt: skip
NEW = ("Angebots-Vorlage", "Füllt Angebote mit Kundendaten vor.", "Rechnet keine Rabatte.",
       "ben", "carla", "bei Bedarf", ((8, ""), (5, ""), (2, "")))  # fmt: skip
NEW_FOR = 10  # days


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was typed in the past: working days ago, at a local time, by whom, what."""

    days: int
    at: time
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """An incident was finished: all its points said by one, checked by another."""

    days: int
    at: time
    number: int
    who: str
    checker: str
    kind: str
    cause: str


@dataclass(frozen=True, slots=True)
class Run:
    """An automation reports a run to its secret address."""

    secret: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Enter:
    """An automation is entered, and reports its runs from then on."""

    what: tuple[str, str, str, str, str, str, tuple[tuple[float, str], ...]]


@dataclass(frozen=True, slots=True)
class Taps:
    """What the four people tap about the pilot, in their order."""

    answers: tuple[str, ...]


def _life(
    days: int,
    at: time,
    title: str,
    minutes: tuple[int, int],
    cure: str,
    owner: str = "ben",
    who: str = "anna",
) -> Iterator[Step]:
    """Yield an incident: declared, acknowledged and restored so many minutes later."""
    yield Step(days, at, who, f"störung {title}")
    for later, text in zip(minutes, ("annehmen", f"behoben {cure}"), strict=True):
        moment = datetime.combine(date(2000, 1, 1), at) + timedelta(minutes=later)
        yield Step(days, moment.time(), owner, text)


HISTORY: tuple[Step, ...] = (
    *_life(24, time(9, 12), "Telefonanlage rauscht bei allen Anrufen", (4, 71),
           "Anbieter hat die Leitung getauscht", "carla"),
    *_life(19, time(7, 48), "Etikettendrucker offline", (6, 33), "Neustart", "ben"),
    Step(18, time(11, 5), "anna", "reibung Urlaubszettel liegen eine Woche beim Chef"),
    *_life(16, time(14, 20), "Webshop: Bezahlung hängt beim letzten Schritt", (3, 95),
           "Zertifikat erneuert", "ben", "chris"),
    Step(14, time(10, 30), "carla", "reibung Drei Formulare für jeden Urlaub"),
    *_life(13, time(8, 2), "Etikettendrucker ist wieder offline", (12, 40), "Neustart", "ben"),
    Step(11, time(15, 45), "ben", "reibung Passwort vom Lieferantenportal kennt nur einer"),
    *_life(9, time(16, 10), "VPN bricht alle zehn Minuten ab", (5, 64), "Gegenstelle neu gestartet",
           "carla"),
    *_life(8, time(10, 40), "Kasse 2 nimmt keine Karten", (2, 22), "Netzkabel steckte lose"),
    Step(7, time(13, 15), "anna", "reibung Lieferscheine suche ich jeden Morgen in drei Ordnern"),
    Step(5, time(9, 20), "anna", "feedback Reparatur-Triage Die Vorschläge stimmen meistens"),
    *_life(4, time(9, 5), "Warenwirtschaft sehr langsam", (7, 120), "Sicherung lief am Tag",
           "carla"),
    *_life(2, time(11, 30), "Licht an Regal 7 flackert", (8, 60), "Hausmeister hat getauscht",
           "chris"),
    Step(2, time(14, 0), "carla", "reibung Wer eine Maschine bucht, ruft erst drei Leute an"),
    *_life(1, time(13, 40), "WLAN Lager: Scanner verlieren die Verbindung", (3, 45),
           "Kanal gewechselt"),
)  # fmt: skip


# The numbers are those of HISTORY, in the order of time. The label printer keeps coming back.
FINISHED = (
    Done(23, time(10), 1, "carla", "ben", "supplier", "Eine Ader der Leitung war gebrochen"),
    Done(15, time(9, 30), 3, "ben", "carla", "configuration", "Zertifikat lief unbemerkt ab"),
    Done(8, time(15), 5, "carla", "ben", "supplier", "Gegenstelle verlor ihre Adresse"),
    Done(7, time(9), 6, "ben", "carla", "hardware", "Netzkabel steckte lose im Tresen"),
    Done(3, time(11), 7, "carla", "ben", "change", "Sicherung war auf den Tag verlegt worden"),
)


TAPS = (
    (20, Taps(("relieved", "partly", "relieved"))),
    (15, Taps(("partly", "relieved", "no", "relieved"))),
    (10, Taps(("relieved", "relieved", "partly"))),
)


async def prepare(lotse: Lotse, *, empty: bool) -> None:
    """Make the demo's workspace; on its first start, fill it with the example unless `empty`."""
    settings = lotse.settings
    now = lotse.clock.now()
    company = Workspace(
        id=DEMO,
        name="Musterwerk",
        language=settings.language,
        zone=settings.zone,
        region=settings.region,
    )
    if empty or lotse.database.read(lambda tx: workspaces.known(tx, company.id)):
        lotse.database.transact(lambda tx: found(tx, company, now))
        lotse.database.transact(lambda tx: _plan(tx, company, now))
        return
    begin = _moment(25, time(8), now, company)
    lotse.database.transact(lambda tx: found(tx, company, begin))
    clock = HandClock(begin)
    past = app.build(settings, lotse.database, clock, demo=True)
    await _Player(past, clock, company, now).play()


def found(tx: Tx, company: Workspace, now: datetime) -> bool:
    """Store the company with its people, channels and fallback; False when it is there."""
    if not workspaces.ensure(tx, company, now):
        return False
    tx = tx.within(company.id)
    for id, name in PEOPLE:
        storage_people.find_or_create(
            tx, f"local:{id}", name, id=PersonId(id), key=new_id(), now=now, manager=id == MANAGER
        )
        storage_people.inform(tx, PersonId(id), now.date())
        places.ensure(tx, PlaceId(f"local:@{id}"), PlaceKind.DIRECT, name, person=PersonId(id))
    for id, name, role in CHANNELS:
        places.ensure(tx, PlaceId(id), PlaceKind.CHANNEL, name, role=role)
    _enter(tx, "Alles andere", (), PersonId(MANAGER), PersonId("carla"), now, fallback=True)
    return True


def _enter(
    tx: Tx,
    name: str,
    words: tuple[str, ...],
    accountable: PersonId,
    deputy: PersonId,
    now: datetime,
    *,
    fallback: bool = False,
) -> None:
    """Store a service that its two people have taken over long ago."""
    service = Service(
        ServiceId(new_id()),
        name,
        words,
        accountable,
        deputy,
        fallback=fallback,
        accountable_accepted_at=now,
        deputy_accepted_at=now,
        runbook=RUNBOOKS.get(name),
        serious_when=SERIOUS.get(name, ""),
    )
    services.add(tx, service, name_key=folded(name), now=now)


def _plan(tx: Tx, company: Workspace, now: datetime) -> None:
    standing.plan(tx.within(company.id), now=now, zone=company.zone, region=company.region)


def _moment(days: int, at: time, now: datetime, company: Workspace) -> datetime:
    """Return a local time so many working days before `now`."""
    day = now.astimezone(ZoneInfo(company.zone)).date()
    while days:
        day -= timedelta(days=1)
        days -= calendar.is_working_day(day, company.region)
    return calendar.at(day, at, company.zone)


class _Player:
    """Plays the past: what people typed, what machines reported, and every timer in between."""

    def __init__(self, lotse: Lotse, clock: HandClock, company: Workspace, now: datetime) -> None:
        self._lotse = lotse
        self._clock = clock
        self._company = company
        self._now = now

    async def play(self) -> None:
        self._lotse.database.transact(lambda tx: _plan(tx, self._company, self._clock.now()))
        self._lotse.database.transact(self._services)
        for first in BEGIN:
            await (self._gather(first) if isinstance(first, Gather) else self._press(first))
        past: list[tuple[datetime, Step | Done | Run | Taps | Enter | Press | Gather]] = []
        for each in AUTOMATIONS:
            past += await self._enter(each)
        past.append((self._now - timedelta(days=NEW_FOR), Enter(NEW)))
        past += [(self._when(each.days, each.at), each) for each in (*HISTORY, *self._today())]
        past += [(self._when(each.days, each.at), each) for each in FINISHED]
        past += [(self._when(days, time(16)), taps) for days, taps in TAPS]
        past += [(self._when(each.days, each.at), each) for each in ALONG]
        past += [(self._when(note[0], note[1]), Step(*note)) for note in NOTES]
        past.sort(key=lambda each: each[0])
        while past:
            moment, what = past.pop(0)
            if not self._clock.now() <= moment <= self._now:
                continue
            await self._forward(moment)
            match what:
                case Step():
                    await self._type(what)
                case Done():
                    await self._finish(what, moment)
                case Run(secret, said):
                    await self._run(secret, said)
                case Enter(new):
                    past += await self._enter(new)
                    past.sort(key=lambda each: each[0])
                case Taps(answers):
                    await self._tap(answers)
                case Press():
                    await self._press(what)
                case Gather():
                    await self._gather(what)
        await self._forward(self._now)
        await self._decide()
        self._lotse.database.transact(lambda tx: local.read_everything(tx.within(self._company.id)))

    def _services(self, tx: Tx) -> None:
        for name, words, accountable, deputy in SERVICES:
            _enter(
                tx.within(self._company.id),
                name,
                tuple(words.split(", ")),
                PersonId(accountable),
                PersonId(deputy),
                self._clock.now(),
            )

    def _today(self) -> Iterator[Step]:
        """Yield what has come back today: the digest of the week that is running tells of it."""
        here = self._now.astimezone(ZoneInfo(self._company.zone))
        at = max(here - timedelta(hours=2), here.replace(hour=0, minute=0)).time()
        return _life(0, at, "Etikettendrucker offline, Versand steht", (9, 51), "Neustart")

    def _when(self, days: int, at: time) -> datetime:
        return _moment(days, at, self._now, self._company)

    async def _forward(self, to: datetime) -> None:
        """Let every timer until `to` happen at its own time."""
        while True:
            due = self._lotse.database.read(timers.next_due)
            if due is None or due > to:
                break
            await self._lotse.scheduler.wound(due)
            self._clock.wind(due)
            await self._lotse.settle()
        await self._lotse.scheduler.wound(to)
        self._clock.wind(to)
        await self._lotse.settle()

    async def _type(self, step: Step) -> None:
        place = "local:stoerungen" if step.text.startswith("störung") else f"local:@{step.who}"
        await self._handle(step.who, PlaceId(place), text=step.text)

    async def _finish(self, what: Done, moment: datetime) -> None:
        number = str(what.number)
        await self._call(
            what.who,
            "fill",
            number=number,
            kind=what.kind,
            cause=what.cause,
            evidence=f"IT-{400 + what.number}",
            ending="fixed",
            fixer=what.who,
            on=moment.astimezone(ZoneInfo(self._company.zone)).date().isoformat(),
            runbook="noch keins",
            ended=self._restored(IncidentNumber(what.number)),
        )
        await self._call(what.checker, "checked", number=number)

    def _restored(self, number: IncidentNumber) -> str:
        """Return when an incident worked again, as a form has it."""

        def read(tx: Tx) -> str:
            found = incidents.find(tx.within(self._company.id), number)
            assert found is not None and found.restored_at is not None, "it was restored before"
            return written(found.restored_at, self._company.zone, "en")

        return self._lotse.database.read(read)

    async def _call(self, who: str, word: str, **args: str) -> Response:
        return await self._handle(who, PlaceId(f"local:@{who}"), call=Call(word, args))

    async def _handle(
        self, who: str, place: PlaceId, text: str = "", call: Call | None = None
    ) -> Response:
        answer = await self._lotse.dispatcher.handle(
            Request(
                identity=new_id(),
                workspace=DEMO,
                person=f"local:{who}",
                name=who,
                place=place,
                text=text,
                call=call,
            )
        )
        await self._lotse.settle()
        return answer

    async def _enter(
        self, what: tuple[str, str, str, str, str, str, tuple[tuple[float, str], ...]]
    ) -> list[tuple[datetime, Step | Done | Run | Taps | Enter]]:
        """Enter an automation, let its deputy accept; return the runs that it reports."""
        name, purpose, not_for, accountable, deputy, rhythm, runs = what
        if rhythm == SEASON:
            begin, end = (self._now - timedelta(days=each) for each in (60, 8))
            rhythm = f"wöchentlich vom {begin:%d.%m}.-{end:%d.%m}."
        values = {"accountable": accountable, "deputy": deputy, "rhythm": rhythm}
        answer = await self._call(
            accountable, "auto new", name=name, purpose=purpose, not_for=not_for, **values
        )
        assert answer.message is not None
        texts = [flat(part.words) for part in answer.message.parts if isinstance(part, Text)]
        secret = next(text for text in texts if "/ping/" in text).rpartition("/")[2]
        await self._call(deputy, "auto accept", automation=name)
        if name in PROFILES:
            about = {"purpose": purpose, "not_for": not_for}
            await self._complete(accountable, name, PROFILES[name], about)
        return [(self._now - timedelta(days=ago, hours=1), Run(secret, said)) for ago, said in runs]

    async def _complete(
        self, accountable: str, name: str, profile: Profile, about: Mapping[str, str]
    ) -> None:
        """Say everything of an automation, and put it into operation where it serves a goal."""
        steps: dict[str, Mapping[str, str]] = {
            "auto complete": {**about, **profile.said},
            "auto rules": profile.rules,
        }
        if profile.serves:
            steps |= {"mandate link": {"goal": profile.serves}, "auto live": {}}
        for word, given in steps.items():
            answer = await self._call(accountable, word, automation=name, **given)
            assert answer.is_done, answer

    async def _run(self, secret: str, said: str) -> None:
        hook = next(hook for feature in self._lotse.dispatcher.features for hook in feature.hooks)
        query = {"items": "0"} if said == "0" else {"kind": said}
        await self._lotse.dispatcher.run_hook(hook, secret, None, query)

    async def _decide(self) -> None:
        """Let people say what only people say: paused, unused, retired."""
        until = (self._now + timedelta(days=21)).date().isoformat()
        await self._call("ben", "auto pause", automation="Newsletter", until=until)
        because = "Faxe kommen seit dem Herbst als E-Mail"
        await self._call("carla", "auto around", automation="Faxeingang", because=because)
        await self._call("ben", "auto retire", automation="Preislisten-Skript")
        week = (self._now + timedelta(days=7)).date().isoformat()
        await self._call("carla", "auto snooze", automation="Kassensturz", until=week)

    async def _tap(self, answers: tuple[str, ...]) -> None:
        for (who, _name), answer in zip(PEOPLE, answers, strict=False):
            await self._call(who, "relief", pilot=PILOT, answer=answer)

    async def _press(self, what: Press) -> None:
        def read(tx: Tx) -> dict[str, str]:
            tx = tx.within(self._company.id)
            pilot, pattern = pilots.all(tx), patterns.all(tx)
            return {
                "pilot": pilot[0].id if pilot else "",
                "pattern": pattern[0].id if pattern else "",
            }

        names = self._lotse.database.read(read)
        args = {name: value.format(**names) for name, value in what.args.items()}
        answer = await self._handle(
            what.who, PlaceId(f"local:@{what.who}"), call=Call(what.word, args)
        )
        assert answer.is_done, what

    async def _gather(self, what: Gather) -> None:
        def read(tx: Tx) -> list[str]:
            notes = friction.all(tx.within(self._company.id))
            return [each.id for each in notes if any(word in each.sentence for word in what.words)]

        notes = ",".join(self._lotse.database.read(read))
        await self._call(MANAGER, "pattern confirm", notes=notes, title=what.title, area=what.area)
