"""What the type checker can only mind where it is told: ids by their types, columns by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NewType, get_type_hints

import pytest
from mypy import api

from storage.automations import Automation
from storage.automations.columns import AutomationChanges
from storage.engine import ids
from storage.pilots import Pilot
from storage.pilots.columns import PilotChanges
from tests.house.test_layers import ROOT, Trees, pretend, trees

TYPES = {each: made for each, made in vars(ids).items() if isinstance(made, NewType)}
# What is named as an id and is none: a role or `direct:<person>`, somebody as their platform
# names them, the start of a place's id that stands for all of a platform, a service that a
# platform offers, words, how many there are.
OTHERS = {
    "handlers/kit/messages.py: place",
    "bot/delivery/dispatch.py: person", "bot/delivery/requests.py: person",
    "bot/local/chat.py: person",
    "bot/delivery/outages/pace.py: place", "storage/delivery/claims.py: place",
    "bot/doctor/findings.py: service", "storage/automations/learning.py: note",
    "storage/incidents/pages.py: number",
}  # fmt: skip


def names(kind: str) -> set[str]:
    """Return how what has an id of this type is called: `PilotId` is pilot and pilot_id."""
    word = kind.removesuffix("Id").lower()
    return {word, f"{word}_id"}


NAMED = {name for kind in TYPES if kind.endswith("Id") for name in names(kind)}
# Incidents and problems are both counted from 1.
NUMBERED = {"incident", "problem", "incident_number", "problem_number", "root", "earlier", "later"}
COUNTING = ("incidents", "closing", "problems", "bans", "repeats")  # rooms in which `number` is one


def annotated(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Give every parameter, and every field of a class, with its annotation."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            yield node.arg, node.annotation
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                    yield each.target.id, each.annotation


def plain_ids(sources: Trees) -> set[str]:
    """Return what is called as something with an id type, and is plain text or a plain number."""
    found: set[str] = set()
    for path, tree in sources.items():
        counts = path.removesuffix(".py").split("/")[1] in COUNTING
        for name, annotation in annotated(tree):
            plain = ast.unparse(annotation).removesuffix(" | None")
            if (plain == "str" and name in NAMED) or (
                plain == "int" and (name in NUMBERED or (counts and name == "number"))
            ):
                found.add(f"{path}: {name}")
    return found


def loose_values(sources: Trees) -> set[str]:
    """Return the public functions of storage that take anything by any name.

    The engine may: its names are those of one statement, which a test reads.
    """
    return {
        f"{path}: {node.name}"
        for path, tree in sources.items()
        if not path.startswith("storage/engine/")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if node.args.kwarg is not None and node.args.kwarg.annotation is not None
        if ast.unparse(node.args.kwarg.annotation) in ("object", "Any", "typing.Any")
    }


def test_what_has_an_id_type_is_never_plain_text() -> None:
    assert {"PersonId", "PlaceId", "ServiceId", "PilotId", "AutomationId"} <= TYPES.keys()
    assert plain_ids(trees()) == OTHERS


def test_storage_takes_columns_that_the_type_checker_knows() -> None:
    assert loose_values(trees("storage")) == set()


def test_the_rules_of_ids_notice_what_they_forbid() -> None:
    house = pretend(
        storage__pilots="def find(tx: Tx, pilot: str) -> None: ...",
        storage__a="def f(tx: Tx, *, automation_id: str | None = None) -> None: ...",
        storage__b="class C:\n    person: str\n    name: str",
        storage__c="def f(tx: Tx, pilot: PilotId, title: str, number: int) -> None: ...",
        storage__closing="def f(tx: Tx, incident: int) -> None: ...",
        handlers__problems__cards="def f(number: int, page: int) -> None: ...",
        handlers__repeats="def f(number: IncidentNumber, root: int | None) -> None: ...",
    )
    assert plain_ids(house) == {
        "storage/pilots.py: pilot", "storage/a.py: automation_id", "storage/b.py: person",
        "storage/closing.py: incident", "handlers/problems/cards.py: number",
        "handlers/repeats.py: root",
    }  # fmt: skip
    loose = pretend(
        storage__a="def change(tx: Tx, **values: object) -> None: ...",
        storage__b="def change(tx: Tx, **values: Unpack[Changes]) -> None: ...",
        storage__c="def change(tx: Tx, **values: Any) -> None: ...",
        storage__d="def _change(tx: Tx, **values: object) -> None: ...",
        storage__engine__sql="def run(sql: str, **values: object) -> None: ...",
    )
    assert loose_values(loose) == {"storage/a.py: change", "storage/c.py: change"}


@pytest.mark.parametrize(
    ("changes", "whole", "fixed", "more"),
    [
        (PilotChanges, Pilot, {"id"}, {}),
        (
            AutomationChanges,
            Automation,
            {"id", "registered_at"},
            {"name_key", "retired_called_at"},
        ),
    ],
)
def test_what_may_change_are_the_columns_with_their_types(
    changes: type, whole: type, fixed: set[str], more: set[str]
) -> None:
    named, read = get_type_hints(changes), get_type_hints(whole)
    assert named.keys() - more == read.keys() - fixed
    nobody = {"accountable", "deputy"} if whole is Automation else set()  # stored as null, read ""
    for name in read.keys() - fixed:
        expected = read[name] | None if name in nobody else read[name]
        assert named[name] == expected, name


WRONG = """
from storage import automations, incidents, pilots, problems
from storage.engine import Tx
from storage.engine.ids import AutomationId, IncidentNumber, PilotId, ProblemNumber


def swapped(tx: Tx, pilot: PilotId, automation: AutomationId) -> None:
    pilots.find(tx, automation)
    automations.find(tx, pilot)
    pilots.change(tx, pilot, automation=pilot)
    pilots.change(tx, pilot, gaol="misspelt")
    automations.change(tx, automation, phase="pilot")
    pilots.change(tx, pilot, automation=automation, reason="right")


def mixed(tx: Tx, incident: IncidentNumber, problem: ProblemNumber) -> None:
    incidents.find(tx, incident)
    incidents.find(tx, problem)
    problems.find(tx, incident)
    problems.of_group(tx, problem)
"""


@pytest.mark.slow
def test_the_type_checker_notices_swapped_ids_and_wrong_columns(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG, encoding="utf-8")
    config = str(ROOT / "pyproject.toml")
    said, _errors, code = api.run(
        [str(wrong), "--config-file", config, "--cache-dir", str(tmp_path / "cache")]
    )
    assert code == 1, said
    found = {int(each.split(":")[1]) for each in said.splitlines() if ": error:" in each}
    lines = WRONG.splitlines()
    first = lines.index("    pilots.find(tx, automation)") + 1
    second = lines.index("    incidents.find(tx, problem)") + 1
    assert found == {*range(first, first + 5), *range(second, second + 3)}, said
