"""House rules, read from the syntax trees: where arrows point, and who may know what."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from handlers import FEATURES

ROOT = Path(__file__).parent.parent.parent
LAYERS = ("storage", "handlers", "bot")  # each may use those before it
Trees = dict[str, ast.Module]
Arrows = dict[str, set[str]]  # modules and what they import


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
    "storage/engine/copying.py": set(),
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
    "bot/delivery/clock.py": {"datetime.now"},
    "bot/slack/socket_mode.py": {"time.time"},  # Slack's library tells its last pong in wall time
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
            assert name.startswith(f"bot/{PLATFORMS[package]}/"), f"{name} imports {package}"


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


AT_MOST = 6  # values that a call may give by their place alone
STRINGS = 4  # of them plain strings, which the type checker cannot tell apart
PLAIN = ("str", "str | None")


def plain_strings(sources: Trees) -> dict[str, list[list[bool]]]:
    """Return for each function and each record by name which of its parameters are strings.

    Ids, states and kinds have types of their own, and a mistaken order of them is noticed.
    """
    found: dict[str, list[list[bool]]] = {}
    for node in (node for tree in sources.values() for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [each for each in (*node.args.posonlyargs, *node.args.args)]
            kinds = [each.annotation for each in given if each.arg not in ("self", "cls")]
        elif isinstance(node, ast.ClassDef) and node.decorator_list:
            kinds = [each.annotation for each in node.body if isinstance(each, ast.AnnAssign)]
        else:
            continue
        is_plain = [each is not None and ast.unparse(each) in PLAIN for each in kinds]
        found.setdefault(node.name, []).append(is_plain)
    return found


def by_place_alone(tree: ast.Module, plain: dict[str, list[list[bool]]]) -> list[int]:
    """Return the lines of calls whose values nobody can tell apart.

    Tables of a module are read like tables, and a declaration may list what it is about.
    """

    def too_many(call: ast.Call) -> bool:
        given = len(call.args)
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
        strings = max((sum(each[:given]) for each in plain.get(name, ())), default=0)
        return given > AT_MOST or strings > STRINGS

    tables = {
        each
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for each in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            tables |= set(node.decorator_list)
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node not in tables and too_many(node)
    ]


def test_long_calls_name_their_values() -> None:
    assert by_place_alone(ast.parse("def f():\n    g(1, 2, 3, 4, 5, 6, 7)"), {}) == [2]
    named = "def g(a: str, b: str | None, c: str, n: int, d: str, e: str): ...\n"
    strings = pretend(x=named + "def f():\n    g(a, b, c, 1, d, e)\n    g(a, b, c, 1, d, e=e)")
    assert by_place_alone(strings["x.py"], plain_strings(strings)) == [3]
    sources = trees("bot", "handlers", "storage")
    plain = plain_strings(sources)
    found = {
        name: lines for name, tree in sources.items() if (lines := by_place_alone(tree, plain))
    }
    assert not found


# What a closed set of words is kept in.
CLOSED = {"state", "phase", "severity", "kind", "role", "ending", "closed_as", "outcome"}
OURS = {"severity", "closed_as"}  # of them, what no platform's word is called, nor a file's


def compared_with_text(tree: ast.Module) -> list[int]:
    """Return where a state, a kind, a role or the like is compared with a string.

    Such a string may be misspelt: the type checker takes it for a member.
    """

    def texts(node: ast.AST) -> bool:
        return any(
            isinstance(each, ast.Constant) and isinstance(each.value, str)
            for each in (node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node])
        )

    def named(node: ast.AST) -> str:
        if isinstance(node, ast.Attribute):
            return node.attr
        return node.id if isinstance(node, ast.Name) and node.id in OURS else ""

    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if {named(each) for each in sides} & CLOSED and any(map(texts, sides)):
                found.append(node.lineno)
        elif isinstance(node, ast.Match):
            cases = [each for case in node.cases for each in ast.walk(case.pattern)]
            values = [each.value for each in cases if isinstance(each, ast.MatchValue)]
            if named(node.subject) in CLOSED and any(map(texts, values)):
                found.append(node.lineno)
    return found


def test_states_are_compared_with_their_members() -> None:
    for planted in (
        "x.state == 'opne'", "x.state in ('open', 'doen')", "'draft' != x.phase",
        "x.kind == 'alarmd'", "x.kind not in {'moved'}", "x.role != 'manager'",
        "match x.kind:\n    case 'a' | 'b':\n        pass", "severity == 'seriuos'",
        "i.closed_as == 'duplicat'", "closing.ending != 'workaround'",
        "match x.state:\n    case State.OPEN:\n        pass\n    case 'doen':\n        pass",
    ):  # fmt: skip
        assert compared_with_text(ast.parse(planted)) == [1], planted
    for fine in (
        "x.state is State.OPEN and x.name == 'open'",
        "match x.kind:\n    case K.A:\n        1",
    ):
        assert compared_with_text(ast.parse(fine)) == [], fine
    found = {name: lines for name, tree in trees().items() if (lines := compared_with_text(tree))}
    assert not found


OF_OTHERS = {  # records whose word is not ours, or carries a part
    # "" or what a platform says of a person; the audit's word for how it went
    "bot/delivery/requests.py": {"kind", "outcome"}, "handlers/kit/messages.py": {"outcome"},
    "bot/http/dialects.py": {"kind"},  # a word of a caller
    "bot/local/demo.py": {"kind"},  # typed into a form
    "bot/mail/reading.py": {"kind"},  # a word of a caller
    "storage/automations/history.py": {"kind", "role"},  # `review done`, `day 30`
    "storage/delivery/timers.py": {"kind"},  # another version may have set it
    "storage/operations/hold.py": {"kind"},  # as that of a timer
    "storage/pilots/log.py": {"kind"},  # `accepted champion`, `improved rules`
}  # fmt: skip


def kept_as_text(tree: ast.Module) -> set[str]:
    """Return which closed words the records of a module keep as plain text."""
    return {
        field.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.decorator_list
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if field.target.id in CLOSED and ast.unparse(field.annotation) in PLAIN
    }


def test_records_keep_closed_words_as_enums() -> None:
    planted = "@dataclass\nclass A:\n    kind: str\n    role: str | None\n    state: State\n"
    assert kept_as_text(ast.parse(planted)) == {"kind", "role"}
    sources = trees("bot", "handlers", "storage")
    found = {name: said for name, tree in sources.items() if (said := kept_as_text(tree))}
    assert found == OF_OTHERS


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
    """Also one that shares its file's name with others: the objects are compared, not words."""
    found = 0
    for name, tree in trees("handlers").items():
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Feature("):
                found += 1
                module = importlib.import_module(dotted(name))
                assert any(each is module.feature for each in FEATURES), name
    assert found == len(FEATURES)


# --- rooms -------------------------------------------------------------------------------

# From the ground up: a room of handlers/ may use those before it.
ORDER = tuple((ROOT / "tests/house/order_of_rooms.txt").read_text(encoding="utf-8").split())

# Who imports a `commands.py` of another room all the same. This list may only get shorter.
MAY_IMPORT_COMMANDS = ROOT / "tests" / "house" / "imports_of_commands.txt"
MOST = {"bot": 20, "handlers": 16, "storage": 14}  # modules in a room
ENTRIES = 30  # files and folders in a layer


def dotted(name: str) -> str:
    """Return how a file is imported: `handlers/bans/cards.py` as `handlers.bans.cards`."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room(module: str) -> str:
    """Return the room of a module: its folder in the layer, or the file itself."""
    return (module.split(".") + [""])[1]


def at_runtime(tree: ast.Module) -> ast.Module:
    """Return a tree without what is only imported for the type checker."""
    kept = [
        node
        for node in tree.body
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    return ast.Module(kept, [])


def arrows(sources: Trees, look: Callable[[ast.Module], ast.AST] = at_runtime) -> Arrows:
    """Return for each module of ours the modules of ours that it imports."""
    known = {dotted(name) for name in sources}
    return {
        dotted(name): {each for each in modules(look(tree), known) if each in known}
        - {dotted(name)}
        for name, tree in sources.items()
    }


def whole(tree: ast.Module) -> ast.Module:
    """Return all of a tree, also what is only imported for the type checker."""
    return tree


def modules(tree: ast.AST, known: set[str]) -> Iterator[str]:
    """Give what is imported: of `from a import b` the module a.b, or a if b is a name in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                inside = f"{node.module}.{each.name}"
                yield inside if inside in known else node.module or ""


def ring(graph: Mapping[str, set[str]]) -> list[str]:
    """Return one circle of a graph, empty when there is none."""
    done: set[str] = set()

    def walk(node: str, path: list[str]) -> list[str]:
        if node in path:
            return path[path.index(node) :]
        if node in done:
            return []
        for each in sorted(graph.get(node, ())):
            if found := walk(each, [*path, node]):
                return found
        done.add(node)
        return []

    return next((found for each in sorted(graph) if (found := walk(each, []))), [])


def between_rooms(sources: Trees) -> dict[str, set[str]]:
    """Return the arrows between folders; files that lie beside them put things together."""
    folders = {room(dotted(name)) for name in sources if name.count("/") > 1}
    found: dict[str, set[str]] = {each: set() for each in folders}
    for module, used in arrows(sources, whole).items():
        if room(module) in folders:
            found[room(module)] |= {room(each) for each in used} & folders - {room(module)}
    return found


def uses_above(sources: Trees, order: Sequence[str]) -> set[tuple[str, str]]:
    """Return what uses something that lies above it in an order of rooms."""
    return {
        (module, each)
        for module, used in arrows(sources, whole).items()
        for each in used
        if room(module) and room(each) and order.index(room(each)) > order.index(room(module))
    }


def commands_imported(sources: Trees) -> set[str]:
    """Return who imports a `commands.py` of another room, as `module -> commands`."""
    return {
        f"{module} -> {each}"
        for module, used in arrows(sources).items()
        for each in used
        if each.startswith("handlers.") and each.endswith(".commands")
        if room(each) != "kit" and module != "handlers"
    }


def pretend(**files: str) -> Trees:
    """Return a small house: `handlers_bans_cards="import …"`, to try the rules on."""
    return {f"{name.replace('__', '/')}.py": ast.parse(text) for name, text in files.items()}


def test_the_rules_of_the_rooms_notice_what_they_forbid() -> None:
    house = pretend(
        handlers__a__commands="from handlers.b import cards",
        handlers__b__cards="from handlers.c import commands",
        handlers__c__commands="from handlers.a.commands import f",
    )
    assert ring(between_rooms(house)) == ["a", "b", "c"]
    assert ring(arrows(house)) == [f"handlers.{each}" for each in
                                   ("a.commands", "b.cards", "c.commands")]  # fmt: skip
    assert uses_above(house, ("a", "b", "c")) == {
        ("handlers.a.commands", "handlers.b.cards"),
        ("handlers.b.cards", "handlers.c.commands"),
    }
    assert commands_imported(house) == {
        "handlers.b.cards -> handlers.c.commands",
        "handlers.c.commands -> handlers.a.commands",
    }
    typed = pretend(handlers__a__cards="if TYPE_CHECKING:\n    from handlers.b import cards",
                    handlers__b__cards="from handlers.a import cards")  # fmt: skip
    assert ring(arrows(typed)) == [] and ring(between_rooms(typed)) == ["a", "b"]


@pytest.mark.parametrize("layer", LAYERS)
def test_neither_files_nor_rooms_use_each_other_in_a_circle(layer: str) -> None:
    sources = trees(layer)
    assert sum(map(len, arrows(sources).values())) > 30, "the rule looks at nothing"
    assert ring(arrows(sources)) == []
    assert ring(between_rooms(sources)) == []


# Of which modules of ours others know only the type. In kit the context, the doors and the table
# of contents describe each other; bot does not load the edge of a platform that is not used.
TYPED_ONLY = {
    "bot.lotse -> bot.meanings", "bot.lotse -> bot.slack.edge", "bot.lotse -> bot.teams.edge",
    "bot.serving -> bot.slack.edge", "bot.serving -> bot.teams.edge",
    "handlers.kit.ahead -> handlers.kit.context", "handlers.kit.context -> handlers.kit.commands",
    "handlers.kit.doors -> handlers.kit.context",
    "handlers.kit.working_hours -> handlers.kit.context",
    "handlers.kit.working_hours -> storage.services",
    "handlers.similarity -> handlers.similarity.index",
}  # fmt: skip


def test_few_modules_are_known_by_their_type_alone() -> None:
    sources = trees()
    now, later = arrows(sources, whole), arrows(sources)
    found = {f"{each} -> {used}" for each in now for used in now[each] - later[each]}
    assert found == TYPED_ONLY


def test_rooms_of_handlers_stand_in_one_order() -> None:
    sources = {name: tree for name, tree in trees("handlers").items() if name.count("/") > 0}
    del sources["handlers/__init__.py"]
    assert {room(dotted(each)) for each in sources} == set(ORDER)
    assert uses_above(sources, ORDER) == set()


def test_the_digest_and_help_know_no_feature() -> None:
    """They walk the doors of the table of contents; a new room needs no line in them."""
    may = {"", "digest", "help", "kit", "rights", "attention"}
    for module, used in arrows(trees("handlers")).items():
        if room(module) in ("digest", "help"):
            known = {room(each) for each in used if each.startswith("handlers.")}
            assert known <= may, (module, known - may)


def test_slack_and_teams_do_not_know_each_other() -> None:
    for module, used in arrows(trees("bot")).items():
        other = {"slack": "teams", "teams": "slack"}.get(room(module))
        assert other not in {room(each) for each in used}, module


def test_nobody_imports_the_commands_of_another_room() -> None:
    allowed = set(MAY_IMPORT_COMMANDS.read_text(encoding="utf-8").split("\n")) - {""}
    assert commands_imported(trees("handlers", "bot")) == allowed


def test_a_room_s_own_file_holds_one_sentence() -> None:
    speaking = {"handlers/__init__.py", "handlers/kit/readers/__init__.py",
                "handlers/similarity/__init__.py"}  # fmt: skip
    for name, tree in trees("handlers", "bot").items():
        if name.endswith("/__init__.py") and name not in speaking:
            assert len(tree.body) == 1 and ast.get_docstring(tree), name


@pytest.mark.parametrize("layer", LAYERS)
def test_no_room_is_a_hall(layer: str) -> None:
    names = [name for name in trees(layer) if not name.endswith("__init__.py")]
    entries = {name.split("/")[1] for name in names}
    assert len(entries) <= ENTRIES, f"{layer} has {len(entries)} entries: which are a family?"
    rooms = Counter(name.rpartition("/")[0] for name in names)
    del rooms[layer]
    for each, count in rooms.items():
        assert count <= MOST[layer], f"{each} has {count} modules: which are a family?"


LINES = 450
LONGER = {"bot/local/demo.py": 490, "handlers/kit/commands.py": 477}  # may only shrink


def too_long(files: Mapping[str, str]) -> dict[str, int]:
    """Return which files have more lines than one reads at a time."""
    lines = {name: text.count("\n") for name, text in files.items()}
    return {name: count for name, count in lines.items() if count > LONGER.get(name, LINES)}


def test_no_file_is_too_long_to_be_read() -> None:
    planted = {"a.py": "\n" * 451, "b.py": "\n" * 450, "bot/local/demo.py": "\n" * 480}
    assert too_long(planted) == {"a.py": 451}
    found = {name: (ROOT / name).read_text(encoding="utf-8") for name in trees()}
    assert not too_long(found)
    needless = [name for name in LONGER if found[name].count("\n") <= LINES]
    assert not needless, "these need no exception any more"


def test_a_room_has_one_name_in_every_layer() -> None:
    """What is decided in a room is remembered under its name, and tried under its name."""
    decided = {room(dotted(name)) for name in trees("handlers")} - {"", "kit", "rights"}
    remembered = {room(dotted(name)) for name in trees("storage")} - {""}
    own = {"engine", "delivery", "slack", "teams", "local", "workspaces", "audit"}
    assert remembered <= decided | own, remembered - decided - own
    tried = {each.name for each in (ROOT / "tests").iterdir() if each.is_dir()}
    untried = {each for each in decided if each not in tried}
    assert untried <= {"bans"}, untried  # their rooms' neighbours try them


# A newcomer looks for the field's word, and finds a module of that name (docs/words.md).
WORDS = {
    "escalation": "handlers/incidents/escalation.py",
    "on_call": "handlers/on_call/duty.py",
    "encryption": "bot/encryption.py",
    "retry_after": "bot/delivery/retry_after.py",
    "identify": "bot/delivery/senders/identify.py",
    "transitions": "handlers/incidents/transitions.py",
    "stand_ins": "handlers/on_call/stand_ins.py",
    "outbox": "storage/delivery/outbox.py",
    "signature": "bot/slack/signature.py",
    "sender": "bot/teams/sender.py",
}


@pytest.mark.parametrize("word", WORDS)
def test_the_field_s_word_finds_its_module(word: str) -> None:
    assert WORDS[word] in trees() and word in WORDS[word]


BY_HAND = re.compile(r"#\s*fmt:\s*(?:skip|off|on)")


def test_tables_alone_are_set_by_hand() -> None:
    """Fewer than sixty outside tests; name a sentence first, and let the formatter set it."""
    folders = [ROOT / each for each in ("bot", "handlers", "storage", "benchmarks")]
    files = [each for folder in folders for each in folder.rglob("*.py")]
    by_hand = sum(len(BY_HAND.findall(each.read_text("utf-8"))) for each in files)
    assert 0 < by_hand < 60
    assert len(BY_HAND.findall("x  # fmt: skip\n# fmt: off\ny  # fmt:skip\n#fmt:on")) == 4
