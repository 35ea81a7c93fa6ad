"""House rules, read from the syntax trees: where arrows point, and who may know what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = ("storage", "handlers", "bot")  # each may use those before it
Trees = dict[str, ast.Module]


def trees(*layers: str) -> Trees:
    """Return every file of these layers with its syntax tree."""
    return {
        path.relative_to(ROOT).as_posix(): parsed(path)
        for layer in layers or LAYERS
        for path in sorted((ROOT / layer).rglob("*.py"))
    }


@cache
def parsed(path: Path) -> ast.Module:
    """Return a file's syntax tree, for looking at only; several tests look at all of them."""
    return ast.parse(path.read_text(encoding="utf-8"))


def layer(name: str) -> str:
    """Return the layer that a file is in."""
    return name.partition("/")[0]


def imported(tree: ast.AST) -> Iterator[str]:
    """Give the full names of everything that is imported, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out"
            yield node.module or ""
            yield from (f"{node.module}.{each.name}" for each in node.names)


def packages(tree: ast.AST) -> set[str]:
    """Return the top-level packages that are imported."""
    return {each.partition(".")[0] for each in imported(tree)}


def called(tree: ast.AST) -> set[str]:
    """Return the dotted names of everything that is called: `datetime.now`, `time.time`."""
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_the_rules_below_notice_what_they_forbid() -> None:
    tree = ast.parse("def f():\n    from bot.app import build\n    return time.time()")
    assert set(imported(tree)) == {"bot.app", "bot.app.build"}
    assert called(tree) == {"time.time"}
    assert len(trees()) > 40
    assert {layer(name) for name in trees()} == set(LAYERS)


def test_imports_only_point_downward() -> None:
    for name, tree in trees().items():
        above = {*LAYERS[LAYERS.index(layer(name)) + 1 :], "tests", "benchmarks"}
        assert not above & packages(tree), name


def test_async_stays_in_bot() -> None:
    kinds = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    for name, tree in trees("storage", "handlers").items():
        assert not [node for node in ast.walk(tree) if isinstance(node, kinds)], name
        assert not {"asyncio", "aiohttp"} & packages(tree), name


# The engine asks for the store's real time: leases go by it, and the ledger of migrations.
ENGINES = {  # leases and migrations go by real time
    "storage/engine/jobs.py": {"time.monotonic"},
    "storage/engine/pool.py": {"time.monotonic"},
    "storage/engine/postgres.py": {"time.monotonic"},
    "storage/engine/postgres_tx.py": {"time.monotonic"},
    "storage/engine/sqlite.py": {"datetime.now", "time.monotonic"},
    "storage/engine/sqlite_tx.py": {"datetime.now", "time.monotonic"},
}
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic", "monotonic_ns", "perf_counter"}


def test_handlers_and_storage_ask_no_clock() -> None:
    for name, tree in trees("storage", "handlers").items():
        asked = {each for each in called(tree) if each.rpartition(".")[2] in CLOCKS}
        asked |= {"time.time", "time.sleep"} & called(tree)
        assert asked == ENGINES.get(name, set()), name


WALL = {
    "bot/clock.py": {"datetime.now"},
    "bot/slack_socket.py": {"time.time"},  # Slack's library tells its last pong in wall time
}


def test_only_the_clock_asks_for_the_wall_time() -> None:
    wall = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    for name, tree in trees("bot").items():
        assert wall & called(tree) == WALL.get(name, set()), name


PLATFORMS = {
    "slack_bolt": "slack",
    "slack_sdk": "slack",
    "botbuilder": "teams",
    "botframework": "teams",
}


def test_only_a_platform_s_own_files_know_its_library() -> None:
    for name, tree in trees().items():
        for package in PLATFORMS.keys() & packages(tree):
            assert name.startswith(f"bot/{PLATFORMS[package]}"), f"{name} imports {package}"


def test_only_the_engines_know_their_drivers() -> None:
    drivers = {"sqlite3", "sqlite_utils", "psycopg"}
    for name, tree in trees().items():
        if name not in (*ENGINES, "storage/engine/migrate.py"):
            assert not drivers & packages(tree), name


def test_handlers_and_storage_neither_log_nor_reach_out() -> None:
    wrong = {"logging", "socket", "urllib", "http", "subprocess", "requests"}
    reads = {"storage/engine/address.py": {"urllib"}}  # an address, and asks nobody
    for name, tree in trees("storage", "handlers").items():
        assert wrong & packages(tree) == reads.get(name, set()), name


def test_only_bot_chooses_the_workspace() -> None:
    for name, tree in trees("storage", "handlers").items():
        if not name.startswith("storage/engine/"):
            inside = {each for each in called(tree) if each.endswith(".within")}
            assert inside == set(), f"{name} leaves the workspace that it was given"


def test_every_module_begins_with_a_sentence() -> None:
    for name, tree in trees().items():
        said = ast.get_docstring(tree) or ""
        assert said.splitlines()[:1] and said.splitlines()[0].endswith((".", "?")), name


def test_nothing_happens_at_import() -> None:
    declares = (
        ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
        ast.Assign, ast.AnnAssign,
    )  # fmt: skip
    for name, tree in trees().items():
        for node in tree.body[1:]:  # the first is the docstring
            if isinstance(node, ast.If):
                asked = ast.unparse(node.test)
                assert asked in ("TYPE_CHECKING", "__name__ == '__main__'"), name
            elif isinstance(node, ast.Expr):  # the engine tells the driver how texts are sent
                assert name in ENGINES, f"{name}: {ast.unparse(node)[:80]}"
            else:
                assert isinstance(node, declares), f"{name}: {ast.unparse(node)[:80]}"


def test_every_feature_stands_in_the_table_of_contents() -> None:
    listed = (ROOT / "handlers" / "__init__.py").read_text(encoding="utf-8")
    found = 0
    for name, tree in trees("handlers").items():
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Feature("):
                found += 1
                assert f"{Path(name).stem}.feature," in listed, name
    assert found > 4
