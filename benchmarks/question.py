"""The product's own question: one line, no service; what the card asks, and whom it alarms.

Each report is declared in turn, by its title alone, in a company with a catalogue of
services; what people would correct afterwards is left as Lotse guessed it.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from benchmarks import catalogues
from benchmarks.repeats import HISTORY, Report, reports
from bot.delivery.ids import new_id
from handlers import similarity
from handlers.incidents import recurrence, triage
from handlers.incidents.lookup import note
from handlers.incidents.recurrence import Ahead
from handlers.kit.context import Context
from handlers.rules import meaning
from handlers.similarity import Match
from handlers.similarity.meaning import BESIDE, Meanings, Model, installed
from storage import incidents, people, services, workspaces
from storage.engine import Tx
from storage.engine.ids import IncidentNumber, PersonId, ServiceId
from storage.engine.sqlite import Sqlite
from storage.incidents import Incident
from storage.incidents.states import Severity, TimelineKind
from storage.services import Service
from storage.workspaces import Workspace

SETS = ("deen_public.csv", "trades.csv")
WORKSPACE = "bench"
CASES = (  # a catalogue, and whether people put right what is about another service
    ("none", False),
    ("6 with words", False),
    ("6 with words", True),
    ("28 names", False),
    ("28 names", True),
)
THRESHOLDS = (0.16, 0.20, 0.24, 0.28, 0.32, 0.36, 0.40)


@dataclass(slots=True)
class Asked:
    """What came of a set: ranks of repeats, questions right and wrong, alarms right and wrong."""

    ranks: list[int | None] = field(default_factory=list)
    across: list[int | None] = field(default_factory=list)
    right: int = 0
    wrong: int = 0
    alarms: Counter[str] = field(default_factory=Counter)
    firsts: list[tuple[float, bool, str, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of the repeats about which the card asks, and about a right one."""
        return self.right / len(self.ranks)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    def recall(self, k: int, *, across: bool = False) -> float:
        ranks = self.across if across else self.ranks
        return sum(1 for each in ranks if each is not None and each <= k) / max(1, len(ranks))

    def alarmed(self, how: str) -> float:
        return self.alarms[how] / max(1, self.alarms.total())


def catalogue(which: str, found: list[Report]) -> tuple[list[Service], dict[str, str]]:
    """Return a company's services, and by report which of them it is about, if that is known."""
    fallback = Service(
        ServiceId("rest"), "Alles andere", (), PersonId("one"), PersonId("two"), fallback=True
    )
    if which == "28 names":
        listed = [
            Service(ServiceId(name), name, (), PersonId("one"), PersonId("two"), fallback=False)
            for name in catalogues.MANY
        ]
        about = {each.id: catalogues.ABOUT.get(each.cluster, "") for each in found}
        return [*listed, fallback], about
    if which == "6 with words":
        listed = [
            Service(ServiceId(id), name, words, PersonId("one"), PersonId("two"), fallback=False)
            for id, (name, words) in catalogues.SIX.items()
        ]
        by_cluster: dict[str, Counter[str]] = defaultdict(Counter)
        for each in found:
            if each.service:
                by_cluster[each.cluster][each.service] += 1
        most = {cluster: all.most_common(1)[0][0] for cluster, all in by_cluster.items()}
        # Where nobody said which service it was, nobody can say that it is wrong.
        return [*listed, fallback], {
            each.id: most[each.cluster] for each in found if each.cluster in most
        }
    return [fallback], {}


def declared_in_turn(
    found: list[Report],
    which: str,
    meanings: Meanings | None = None,
    *,
    corrected: bool = False,
) -> Asked:
    """Declare every report by its title, and look at what Lotse makes of it.

    Where it is `corrected`, people put right what is about another service, with one tap.
    """
    listed, about = catalogue(which, found)
    with closing(Sqlite()) as database:
        if meanings is not None:
            database.beside[BESIDE] = meanings
        return database.transact(lambda tx: _declared(tx, found, listed, about, corrected))


def _declared(
    tx: Tx, found: list[Report], listed: list[Service], about: dict[str, str], corrected: bool
) -> Asked:
    workspace = Workspace(WORKSPACE, "Bench", "de", "Europe/Berlin", "DE")
    workspaces.ensure(tx, workspace, found[0].at)
    tx = tx.within(WORKSPACE)
    for id in ("one", "two"):
        people.find_or_create(
            tx,
            f"local:{id}",
            id,
            id=PersonId(id),
            key=id,
            now=found[0].at,
            language=None,
            manager=False,
        )
    for service in listed:
        services.add(tx, service, name_key=service.name.lower(), now=found[0].at)
    person = people.find(tx, PersonId("one"))
    assert person is not None
    got = Asked()
    earlier: dict[str, list[Report]] = defaultdict(list)
    begin = int(len(found) * HISTORY)
    for number, report in enumerate(found, 1):
        ctx = Context(
            tx,
            workspace,
            person,
            None,
            report.at,
            new_id,
            new_id,
            "",
            (),
        )
        ahead = triage.look_ahead.look(ctx, report.title)
        incident = _add(ctx, number, report, ahead)
        if number > begin:
            _judge(got, report, earlier[report.cluster], found, ahead, _asked(ctx, incident, ahead))
            if report.id in about:
                _alarmed(got, about[report.id], ahead)
        if corrected and about.get(report.id):
            _correct(ctx, incident, about[report.id])
        earlier[report.cluster].append(report)
    return got


def _add(ctx: Context, number: int, report: Report, ahead: Ahead) -> Incident:
    service = ahead.service if ahead.sure else None
    return incidents.add(
        ctx.tx,
        number=IncidentNumber(number),
        title=report.title,
        service=service.id if service else ServiceId("rest"),
        gap=service is None,
        severity=Severity.NORMAL,
        declared_by=PersonId("one"),
        declared_in=None,
        responsible=PersonId("one"),
        now=report.at,
    )


def _correct(ctx: Context, incident: Incident, service: str) -> None:
    """Move an incident to the service that it is about, as its button does."""
    right = ctx.service_of(ServiceId(service))
    if right is not None and incident.service != service:
        incidents.move(ctx.tx, incident.number, ServiceId(service), PersonId("one"))
        note(ctx, incident.number, TimelineKind.MOVED, service)
        meaning.learn(ctx, incident.number, incident.title, right)


def _asked(ctx: Context, incident: Incident, ahead: Ahead) -> Match | None:
    worth = [each for each in ahead.matches if recurrence.worth_asking(ctx, incident, each)]
    return next((each for each in worth if not each.device), None)


def _judge(
    got: Asked,
    report: Report,
    earlier: list[Report],
    found: list[Report],
    ahead: Ahead,
    asked: Match | None,
) -> None:
    same = [found[each.number - 1].cluster == report.cluster for each in ahead.matches]
    rank = same.index(True) + 1 if True in same else None
    if earlier:
        got.ranks.append(rank)
        if all(each.language != report.language for each in earlier):
            got.across.append(rank)
    if asked is not None:
        other = found[asked.number - 1]
        right = other.cluster == report.cluster
        got.right += right
        got.wrong += not right
        got.firsts.append((asked.score, right, report.title, other.title))


def _alarmed(got: Asked, truth: str, ahead: Ahead) -> None:
    if ahead.service is None and ahead.rule is None:
        got.alarms["fallback"] += 1
        return
    if ahead.service is None and ahead.rule is not None:
        got.alarms["asked right" if ahead.rule.target == truth else "asked wrong"] += 1
        return
    assert ahead.service is not None
    right = "right" if ahead.service.id == truth else "wrong"
    got.alarms[right if ahead.sure else f"asked {right}"] += 1


def curve() -> Iterator[str]:
    """Give the lines of a table: share and precision of the question by the threshold of *sure*."""
    yield "| set, catalogue | " + " | ".join(f"{each:.2f}" for each in THRESHOLDS) + " |"
    yield "| --- |" + " --- |" * len(THRESHOLDS)
    for name, which in (
        (SETS[0], "6 with words"),
        (SETS[0], "28 names"),
        (SETS[1], "none"),
    ):
        found = reports(name)
        shown = []
        for threshold in THRESHOLDS:
            with sure_from(threshold):
                got = declared_in_turn(found, which)
            shown.append(f"{got.share:.2f} / {got.precision:.2f}")
        yield f"| {called(name)}, {which} | {' | '.join(shown)} |"


@contextmanager
def sure_from(threshold: float) -> Iterator[None]:
    """Let a similarity be sure from another score on."""
    before = similarity.SURE, similarity.SURE_MEANT
    similarity.SURE = similarity.SURE_MEANT = threshold
    try:
        yield
    finally:
        similarity.SURE, similarity.SURE_MEANT = before


def called(name: str) -> str:
    """Return how a set is called in tables."""
    return name.removesuffix(".csv").partition("_")[0]


def table(sets: Sequence[str] = SETS) -> Iterator[str]:
    """Give the lines of a table: the question as people ask it, without the extra and with it."""
    yield (
        "| set | catalogue | [meaning] | R@1 | R@5 | across R@5 | asks about a right one "
        "| precision | alarmed right | wrong | asked right | wrong |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    models = (None, Model()) if installed() else (None,)
    for name, model in itertools.product(sets, models):
        found = reports(name)
        for which, corrected in CASES if name == SETS[0] else CASES[:1]:
            got = declared_in_turn(found, which, model, corrected=corrected)
            figures = [
                got.recall(1),
                got.recall(5),
                got.recall(5, across=True),
                got.share,
                got.precision,
            ]
            if which != "none":
                figures += [
                    got.alarmed(how) for how in ("right", "wrong", "asked right", "asked wrong")
                ]
            shown = [f"{each:.2f}" for each in figures] + ["–"] * (9 - len(figures))
            extra = "with" if model else "without"
            put_right = ", corrected" if corrected else ""
            yield f"| {called(name)} | {which}{put_right} | {extra} | {' | '.join(shown)} |"
